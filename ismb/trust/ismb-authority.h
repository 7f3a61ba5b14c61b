/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A fabric's CA, on a registrar: <state-dir>/ca.key (0600) and ca.pem, and `issued` (0600): what it
 * signed. */
#define ISMB_TYPE_AUTHORITY (ismb_authority_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAuthority, ismb_authority, ISMB, AUTHORITY, GObject)

/* ISMB_ERROR_EXISTS where there is a CA already; ISMB_ERROR_NOT_FOUND where there is none to load.
 */
IsmbAuthority *ismb_authority_create (const char *state_dir, const char *fabric_name,
                                      GError **error);
IsmbAuthority *ismb_authority_load         (const char *state_dir, GError **error);
/* Takes back a CA that has certified nobody. Its key stays, for the next one. */
void           ismb_authority_discard      (const char *state_dir);
const char    *ismb_authority_get_ca_pem   (IsmbAuthority *self);
const char *
ismb_authority_get_ca_hash (IsmbAuthority *self); /* 64 hex digits: SHA-256 of the CA's SPKI */
/* Checks the request's self-signature and its names (exactly one domain, the id of its key) and
 * certifies it for 90 days. Returns the certificate followed by the CA's, both PEM.
 * ISMB_ERROR_EXISTS where another device holds the domain-part: with a name goes the trust of all
 * others. */
char *ismb_authority_sign (IsmbAuthority *self, const char *request_pem, GError **error);
/* The same, and takes the domain-part from whoever holds it. There is no revocation: the members
 * believe the former one's certificate until it ends. */
char *ismb_authority_replace (IsmbAuthority *self, const char *request_pem, GError **error);

G_END_DECLS
