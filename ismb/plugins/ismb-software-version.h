/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_SOFTWARE_VERSION (ismb_software_version_get_type ())
G_DECLARE_FINAL_TYPE (IsmbSoftwareVersion, ismb_software_version, ISMB, SOFTWARE_VERSION,
                      IsmbPlugin)

void ismb_software_version_get_version_async (IsmbSoftwareVersion *self, IsmbJid *jid,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_software_version_get_version_finish (IsmbSoftwareVersion *self, GAsyncResult *result,
                                                   char **name, char **version, char **os,
                                                   GError **error);

G_END_DECLS
