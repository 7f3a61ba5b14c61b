/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_VCARD (ismb_vcard_get_type ())
G_DECLARE_FINAL_TYPE (IsmbVCard, ismb_vcard, ISMB, VCARD, IsmbPayload)

IsmbVCard *ismb_vcard_new       (void);
char      *ismb_vcard_get_field (IsmbVCard *self, const char *field);
void       ismb_vcard_set_field (IsmbVCard *self, const char *field, const char *text);

#define ISMB_TYPE_VCARDS (ismb_vcards_get_type ())
G_DECLARE_FINAL_TYPE (IsmbVCards, ismb_vcards, ISMB, VCARDS, IsmbPlugin)

void       ismb_vcards_fetch_async    (IsmbVCards *self, IsmbJid *jid, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
IsmbVCard *ismb_vcards_fetch_finish   (IsmbVCards *self, GAsyncResult *result, GError **error);
void       ismb_vcards_publish_async  (IsmbVCards *self, IsmbVCard *vcard,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean   ismb_vcards_publish_finish (IsmbVCards *self, GAsyncResult *result, GError **error);

G_END_DECLS
