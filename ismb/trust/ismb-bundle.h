/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/x509.h>

#include "ismb/trust/ismb-clock.h"

G_BEGIN_DECLS

#define ISMB_BUNDLE_MAX 5 /* certificates */

/* A switch's certificate and the CA behind it, in one PEM text and one file, so that a crash cannot
 * leave halves of two. */
typedef struct
{
  gnutls_x509_crt_t leaf;
  GPtrArray *roots; /* see ismb-roots.h; all of one name */
  char *ca_hash;    /* the anchor's, 64 hex digits */
} IsmbBundle;

/* Taken apart, and nothing of it is believed yet; but the anchor must be a self-signed CA, and what
 * is behind it CAs of its name. ISMB_ERROR_UNTRUSTED. */
IsmbBundle *ismb_bundle_parse (const char *pem, GError **error);
void ismb_bundle_free (IsmbBundle *self);
/* No file: NULL, and no error. */
IsmbBundle *ismb_bundle_load (const char *path, GError **error);
/* On disk when it returns; CAs that have ended are left out. */
gboolean ismb_bundle_save (IsmbBundle *self, const char *path, IsmbClock *clock, GError **error);
char *ismb_bundle_to_pem (IsmbBundle *self, GError **error);
/* Does the anchor vouch for the switch's certificate? */
gboolean ismb_bundle_check (IsmbBundle *self, IsmbClock *clock, GError **error);
/* Takes a copy of the CA's certificate, not yet on disk. FALSE where it was there already. */
gboolean ismb_bundle_learn (IsmbBundle *self, gnutls_x509_crt_t ca);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbBundle, ismb_bundle_free)

G_END_DECLS
