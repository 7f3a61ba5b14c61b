/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/x509.h>

#include "ismb/trust/ismb-clock.h"

G_BEGIN_DECLS

/* Which CAs are believed. First in the array (gnutls_x509_crt_t) stands the anchor, whose key's
 * hash somebody has confirmed; behind it, after a rollover, certificates that join it to the CA
 * before or after it (RFC 4210, 4.4). Of those only kin are believed: what the anchor's own key has
 * signed. That another CA has signed the anchor's key says nothing: anybody can do that. */

GPtrArray *ismb_roots_new (void);
char *ismb_roots_to_pem (GPtrArray *self, GError **error);
/* Is this a CA of the anchor's name? Says nothing of who signed it. */
gboolean ismb_roots_are_akin (gnutls_x509_crt_t anchor, gnutls_x509_crt_t candidate);
/* Is this a CA of the anchor's name that the anchor's key has signed, in date? */
gboolean ismb_roots_is_kin (gnutls_x509_crt_t anchor, gnutls_x509_crt_t candidate,
                            IsmbClock *clock);
/* The one of them that has signed the switch's certificate `leaf`, whose dates and purposes must
 * hold, as must the CA's own. Teaches the clock when it was signed. ISMB_ERROR_UNTRUSTED says what
 * is not so. */
gnutls_x509_crt_t ismb_roots_vouch (GPtrArray *self, gnutls_x509_crt_t leaf, IsmbClock *clock,
                                    GError **error);
/* Kin of the anchor among certificates that a stranger sent, which has signed `leaf`; or NULL. */
gnutls_x509_crt_t ismb_roots_find_kin (GPtrArray *self, GPtrArray *strangers,
                                       gnutls_x509_crt_t leaf, IsmbClock *clock);
/* Of the CAs that are believed, the one with a key of that hash; or NULL. */
gnutls_x509_crt_t ismb_roots_get (GPtrArray *self, const char *ca_hash, IsmbClock *clock);
/* Is the anchor the CA of that hash, or does that one vouch for it? */
gboolean ismb_roots_lead_to (GPtrArray *self, const char *ca_hash, IsmbClock *clock);
/* Do those who believe us come to believe `others`? */
gboolean ismb_roots_agree (GPtrArray *self, GPtrArray *others, IsmbClock *clock);
/* Is there one that came after the anchor? */
gboolean ismb_roots_have_successor (GPtrArray *self, IsmbClock *clock);

G_END_DECLS
