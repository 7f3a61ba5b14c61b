/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ismb/trust/ismb-request.h"
#include "ismb/trust/ismb-revocations.h"

G_BEGIN_DECLS

/* A fabric's CA: its key and its certificates, <state-dir>/ca.key (0600) and ca.pem. Times are unix
 * seconds. */
typedef struct _IsmbCa IsmbCa;

#define ISMB_CA_OVERLAP_MAX (10LL * 365 * 24 * 60 * 60) /* seconds */

/* ISMB_ERROR_EXISTS where there is one already. */
IsmbCa *ismb_ca_create (const char *state_dir, const char *fabric_name, GError **error);
/* ISMB_ERROR_NOT_FOUND where there is none. Ends a rollover that a crash cut short. */
IsmbCa *ismb_ca_load (const char *state_dir, GError **error);
void ismb_ca_free (IsmbCa *self);
/* Wipes the key, and removes the rest. */
gboolean ismb_ca_destroy (const char *state_dir, GError **error);
const char *ismb_ca_get_hash (IsmbCa *self);
/* The CA's certificate, and in an overlap those that join it to the former one. */
char *ismb_ca_dup_pem (IsmbCa *self, gint64 now, GError **error);
/* A certificate, PEM, without the CA's; it does not outlive the CA: `*until` is made to fit. */
char *ismb_ca_certify (IsmbCa *self, IsmbNames *names, gnutls_pubkey_t key, gint64 from,
                       gint64 *until, GError **error);
IsmbRevocation *ismb_ca_revoke (IsmbCa *self, const char *device_id, gint64 time, GError **error);
/* See ismb_authority_roll_over (). */
gboolean ismb_ca_roll_over (IsmbCa *self, gint64 now, gint64 overlap, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbCa, ismb_ca_free)

G_END_DECLS
