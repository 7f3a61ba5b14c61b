/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-disco-info.h>
#include <ismb/plugins/ismb-disco-items.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO (ismb_disco_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDisco, ismb_disco, ISMB, DISCO, IsmbPlugin)

void ismb_disco_get_info_async (IsmbDisco *self, IsmbJid *jid, const char *node, gboolean cached,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
IsmbDiscoInfo *ismb_disco_get_info_finish (IsmbDisco *self, GAsyncResult *result, GError **error);
void ismb_disco_get_items_async (IsmbDisco *self, IsmbJid *jid, const char *node,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
IsmbDiscoItems *ismb_disco_get_items_finish (IsmbDisco *self, GAsyncResult *result,
                                             GError **error);
void ismb_disco_supports_async (IsmbDisco *self, IsmbJid *jid, const char *feature,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean ismb_disco_supports_finish (IsmbDisco *self, GAsyncResult *result, GError **error);
void ismb_disco_has_identity_async (IsmbDisco *self, IsmbJid *jid, const char *category,
                                    const char *identity_type, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_disco_has_identity_finish (IsmbDisco *self, GAsyncResult *result, GError **error);

IsmbDiscoInfo *ismb_disco_get_own_info (IsmbDisco *self, const char *node);
void ismb_disco_add_identity (IsmbDisco *self, const char *node, const char *category,
                              const char *identity_type, const char *name, const char *lang);
void ismb_disco_remove_identity (IsmbDisco *self, const char *node, const char *category,
                                 const char *identity_type);
void ismb_disco_add_feature (IsmbDisco *self, const char *node, const char *feature);
void ismb_disco_remove_feature (IsmbDisco *self, const char *node, const char *feature);
void ismb_disco_add_form (IsmbDisco *self, const char *node, IsmbForm *form);
void ismb_disco_remove_form (IsmbDisco *self, const char *node, const char *form_type);
void ismb_disco_add_item (IsmbDisco *self, const char *node, IsmbJid *jid, const char *item_node,
                          const char *name);
void ismb_disco_remove_item (IsmbDisco *self, const char *node, IsmbJid *jid,
                             const char *item_node);

G_END_DECLS
