/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>

G_BEGIN_DECLS

/* What a fabric's CA has said of a device: out for ever. Signed (ECDSA, SHA-256) is the text
 * "ismb-revocation-1\n<CA hash>\n<device id>\n<time>\n". */
typedef struct
{
  char *device_id; /* full form */
  gint64 time;     /* unix seconds */
  char *ca_hash;   /* whose key it was signed with, 64 hex digits */
  char *signature; /* base64 of the DER */
} IsmbRevocation;

IsmbRevocation *ismb_revocation_new  (const char *device_id, gint64 time, const char *ca_hash,
                                      const char *signature);
IsmbRevocation *ismb_revocation_copy (const IsmbRevocation *self);
void            ismb_revocation_free (IsmbRevocation *self);
IsmbRevocation *ismb_revocation_sign (const char *device_id, gint64 time, const char *ca_hash,
                                      gnutls_privkey_t key, GError **error);
/* ISMB_ERROR_UNTRUSTED where it is no statement of that key, or none at all. */
gboolean        ismb_revocation_check (const IsmbRevocation *self, gnutls_pubkey_t key,
                                       GError **error);

/* All that are known, one for each device, in a file of lines "device-id time ca-hash signature"
 * (mode 0600). The set only ever grows, so that it may be put together in any order. */
typedef struct _IsmbRevocations IsmbRevocations;

#define ISMB_REVOCATIONS_MAX 10000

IsmbRevocations *ismb_revocations_load (const char *path, GError **error);
void             ismb_revocations_free (IsmbRevocations *self);
guint            ismb_revocations_get_count (IsmbRevocations *self);
gboolean         ismb_revocations_has  (IsmbRevocations *self, const char *device_id);
/* or NULL */
const IsmbRevocation *ismb_revocations_get (IsmbRevocations *self, const char *device_id);
/* Statements that were checked (IsmbRevocation). On disk when it returns; one of a device that
 * is in already takes the place of the former if another key has signed it. Returns those whose
 * device was not in, full; NULL with `error`, and then none was taken. */
GPtrArray       *ismb_revocations_add  (IsmbRevocations *self, GPtrArray *revocations,
                                        GError **error);
/* The same where there is no room to keep them: they hold until the next start, and are kept
 * with the next that are added. */
GPtrArray       *ismb_revocations_hold (IsmbRevocations *self, GPtrArray *revocations,
                                        GError **error);
/* SHA-256 of all device ids in their order, each followed by the hash of the CA that signed, 64
 * hex digits: equal sets have equal ones, and after a rollover what the new CA says again is
 * asked for. */
char            *ismb_revocations_dup_digest (IsmbRevocations *self);
/* Those with ids behind `after` (NULL: from the first), in their order, at most `most`;
 * borrowed. */
GPtrArray       *ismb_revocations_list (IsmbRevocations *self, const char *after, guint most);
/* Forgets all: the switch leaves the fabric. */
gboolean         ismb_revocations_clear (IsmbRevocations *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbRevocation, ismb_revocation_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbRevocations, ismb_revocations_free)

G_END_DECLS
