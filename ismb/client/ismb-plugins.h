/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-plugin.h"

G_BEGIN_DECLS

/* The plugins that one client has enabled. */
typedef struct _IsmbPlugins IsmbPlugins;

IsmbPlugins *ismb_plugins_new (IsmbClient *client);
/* Disables them, those that others stand on last. */
void ismb_plugins_free (IsmbPlugins *self);
/* Those it needs first. NULL with ISMB_ERROR_NOT_FOUND where one of them is not registered. */
IsmbPlugin *ismb_plugins_enable (IsmbPlugins *self, const char *name, GVariant *config,
                                 GError **error);
/* Those that need it first. FALSE: it was not enabled. */
gboolean ismb_plugins_disable (IsmbPlugins *self, const char *name);
IsmbPlugin *ismb_plugins_find (IsmbPlugins *self, const char *name);

G_END_DECLS
