/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-plugin.h"

G_BEGIN_DECLS

/* The client takes it in: `enabled` runs. The plugin does not keep the client alive. */
void _ismb_plugin_attach (IsmbPlugin *self, IsmbClient *client, const char *name);
/* It lets it go: what the plugin added is taken away, then `disabled` runs. */
void _ismb_plugin_detach (IsmbPlugin *self);
/* Takes the properties that `config` (a{sv}) names; what it does not have is left out. */
void _ismb_plugin_configure (IsmbPlugin *self, GVariant *config);

/* What an answer says, as a task returns it: NULL with the error where it is not what was asked for.
 */
typedef gpointer (*IsmbAnswerReader) (IsmbIq *answer, GError **error);
/* Asks, and has the task return what `read` makes of the answer (freed with `destroy`), or, without
 * `read`, TRUE. Takes the task, whose cancellable ends the waiting. */
void _ismb_plugin_ask (IsmbPlugin *self, IsmbIq *iq, GTask *task, IsmbAnswerReader read,
                       GDestroyNotify destroy);

G_END_DECLS
