/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The device's own key (ECDSA P-256), made at first start, kept as <state-dir>/device.key (mode
 * 0600). The device id is the SHA-256 of the public key (SPKI), in base32 groups of four with
 * dashes. */
#define ISMB_TYPE_IDENTITY (ismb_identity_get_type ())
G_DECLARE_FINAL_TYPE (IsmbIdentity, ismb_identity, ISMB, IDENTITY, GObject)

/* Loads the key, or makes it. A file that others may read is refused: ISMB_ERROR_NOT_ALLOWED. */
IsmbIdentity *ismb_identity_load (const char *state_dir, GError **error);
/* Makes another device of this one: a new key takes the place of the former, which is wiped. */
IsmbIdentity *ismb_identity_replace (const char *state_dir, GError **error);
const char *ismb_identity_get_id (IsmbIdentity *self); /* "ABCD-EFGH-..." the short form */
const char *ismb_identity_get_full_id (
    IsmbIdentity *self); /* the whole hash, base32 without dashes, 52 characters */
char *ismb_identity_dup_key_pem (IsmbIdentity *self); /* PKCS#8; wipe it after use */
/* A certificate signed by the device's own key, with the same names a fabric's would have. `now`:
 * unix seconds. */
char *ismb_identity_self_sign (IsmbIdentity *self, const char *domain, const char *const *vrs,
                               gint64 now, GError **error);
/* A certificate request with SAN dNSName, xmppAddr, URI `ismb:id:`, one URI `ismb:vr:` for each VR.
 */
char *ismb_identity_request (IsmbIdentity *self, const char *domain, const char *const *vrs,
                             GError **error);

G_END_DECLS
