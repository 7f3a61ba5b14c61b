/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_HASH (ismb_hash_get_type ())
G_DECLARE_FINAL_TYPE (IsmbHash, ismb_hash, ISMB, HASH, IsmbPayload)

IsmbHash   *ismb_hash_new           (const char *algorithm, GBytes *content, GError **error);
void        ismb_hash_of_file_async  (GFile *file, const char *algorithm,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
IsmbHash   *ismb_hash_of_file_finish (GAsyncResult *result, GError **error);
const char *ismb_hash_get_algorithm (IsmbHash *self);
GBytes     *ismb_hash_get_digest    (IsmbHash *self);
gboolean    ismb_hash_matches       (IsmbHash *self, GBytes *content);

#define ISMB_TYPE_HASHES (ismb_hashes_get_type ())
G_DECLARE_FINAL_TYPE (IsmbHashes, ismb_hashes, ISMB, HASHES, IsmbPlugin)

G_END_DECLS
