/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ISMB_SCRAM_ITERATIONS 4096 /* RFC 7677, section 4 */
#define ISMB_SCRAM_SALT_SIZE 16
#define ISMB_SCRAM_MAX_SIZE 32 /* of a hash */

/* What SCRAM (RFC 5802, 7677) needs of an account, for one hash. No password is kept. */
typedef struct
{
  GChecksumType hash;        /* G_CHECKSUM_SHA1 or G_CHECKSUM_SHA256 */
  guint iterations;
  GBytes *salt, *stored_key, *server_key;
} IsmbScramKeys;

gsize    ismb_scram_size      (GChecksumType hash);
/* HMAC, and the plain hash, of `size` bytes; `out` takes ismb_scram_size () bytes. */
void     ismb_scram_hmac      (GChecksumType hash, const void *key, gsize key_size,
                               const void *data, gsize size, guint8 *out);
void     ismb_scram_hash      (GChecksumType hash, const void *data, gsize size, guint8 *out);
/* Stored and server key of a prepared password (RFC 5802, section 3). Half a millisecond. */
void     ismb_scram_derive    (IsmbScramKeys *keys, GChecksumType hash, guint iterations,
                               GBytes *salt, const char *password);
gboolean ismb_scram_check     (const IsmbScramKeys *keys, const char *password);
void     ismb_scram_clear     (IsmbScramKeys *keys);
/* Keys that no password opens, the same each time for a name and a secret. */
void     ismb_scram_invent    (IsmbScramKeys *keys, GChecksumType hash, GBytes *secret,
                               const char *name);
void     ismb_scram_copy      (IsmbScramKeys *keys, const IsmbScramKeys *from);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (IsmbScramKeys, ismb_scram_clear)

G_END_DECLS
