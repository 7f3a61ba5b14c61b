/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-client.h>
#include <ismb/client/ismb-matcher.h>

G_BEGIN_DECLS

#define ISMB_TYPE_PLUGIN (ismb_plugin_get_type ())
G_DECLARE_DERIVABLE_TYPE (IsmbPlugin, ismb_plugin, ISMB, PLUGIN, GObject)

/**
 * IsmbPluginClass:
 * @parent_class: the parent class
 * @enabled: the client has taken it in: the place to add handlers and features
 * @disabled: the client lets it go; what it added through its own functions is gone already
 * @session_bind: a session has its address: before the event `session_start`, and not when a
 *   session is resumed
 *
 * The class of what teaches a client a protocol.
 */
struct _IsmbPluginClass
{
  GObjectClass parent_class;

  void (*enabled) (IsmbPlugin *self);
  void (*disabled) (IsmbPlugin *self);
  void (*session_bind) (IsmbPlugin *self, IsmbJid *jid);

  gpointer padding[8];
};

gboolean ismb_plugin_register (const char *name, const char *description, GType type,
                               const char *const *needs);
char **ismb_plugin_list_registered (void);

IsmbClient *ismb_plugin_get_client (IsmbPlugin *self);
const char *ismb_plugin_get_name (IsmbPlugin *self);
guint ismb_plugin_add_stanza_handler (IsmbPlugin *self, IsmbMatcher *matcher,
                                      IsmbStanzaFunc callback, gpointer user_data,
                                      GDestroyNotify destroy);
guint ismb_plugin_add_event_handler (IsmbPlugin *self, const char *event, IsmbEventFlags flags,
                                     IsmbEventFunc callback, gpointer user_data,
                                     GDestroyNotify destroy);
void ismb_plugin_add_feature (IsmbPlugin *self, const char *feature);

IsmbPlugin *ismb_client_enable_plugin (IsmbClient *self, const char *name, GVariant *config,
                                       GError **error);
gboolean ismb_client_disable_plugin (IsmbClient *self, const char *name);
IsmbPlugin *ismb_client_get_plugin (IsmbClient *self, const char *name);

G_END_DECLS
