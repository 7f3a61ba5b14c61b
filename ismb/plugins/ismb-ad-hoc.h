/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-command-run.h>
#include <ismb/plugins/ismb-command-session.h>
#include <ismb/plugins/ismb-disco-items.h>

G_BEGIN_DECLS

#define ISMB_TYPE_AD_HOC (ismb_ad_hoc_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAdHoc, ismb_ad_hoc, ISMB, AD_HOC, IsmbPlugin)

/**
 * IsmbCommandAccessFunc:
 * @ad_hoc: the plugin
 * @from: who wants to run a command, or to know of it
 * @node: the command's node
 * @user_data: what was given with the function
 *
 * Says who may run which command.
 *
 * Returns: whether @from may
 */
typedef gboolean (*IsmbCommandAccessFunc) (IsmbAdHoc *ad_hoc, IsmbJid *from, const char *node,
                                           gpointer user_data);

void ismb_ad_hoc_add_command (IsmbAdHoc *self, const char *node, const char *name,
                              IsmbCommandFunc callback, gpointer user_data, GDestroyNotify destroy);
gboolean ismb_ad_hoc_remove_command (IsmbAdHoc *self, const char *node);
void ismb_ad_hoc_set_access_func (IsmbAdHoc *self, IsmbCommandAccessFunc callback,
                                  gpointer user_data, GDestroyNotify destroy);
void ismb_ad_hoc_get_commands_async (IsmbAdHoc *self, IsmbJid *jid, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
IsmbDiscoItems *ismb_ad_hoc_get_commands_finish (IsmbAdHoc *self, GAsyncResult *result,
                                                 GError **error);
void ismb_ad_hoc_start_async (IsmbAdHoc *self, IsmbJid *jid, const char *node,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
IsmbCommandRun *ismb_ad_hoc_start_finish (IsmbAdHoc *self, GAsyncResult *result, GError **error);

G_END_DECLS
