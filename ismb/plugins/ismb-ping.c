/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.ping"

#include "config.h"
#include "ismb/plugins/ismb-ping.h"

#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbPing:
 *
 * XMPP Ping (XEP-0199), `xep_0199`: answers pings, and asks others. Each client has it enabled.
 */
struct _IsmbPing
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbPing, ismb_ping, ISMB_TYPE_PLUGIN)

static gboolean
on_ping (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbIq *reply = ismb_iq_reply (ISMB_IQ (stanza));

  return reply != NULL && ismb_client_send (client, ISMB_STANZA (reply), error);
}

static void
ismb_ping_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/{urn:xmpp:ping}ping", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_ping, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_PING);
}

static void
ismb_ping_class_init (IsmbPingClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_ping_enabled;
}

static void
ismb_ping_init (IsmbPing *self)
{
}

typedef struct
{
  GTask *task;
  gint64 sent;
} Ping;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Ping *ping = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&ping->task);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (answer != NULL)
    g_task_return_int (task, g_get_monotonic_time () - ping->sent);
  else
    g_task_return_error (task, error);
}

/**
 * ismb_ping_ping_async:
 * @self: the plugin, enabled
 * @to: (nullable): whom; %NULL for the client's own server
 * @timeout_ms: milliseconds to wait; 0 for [property@Ismb.Client:response-timeout]
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks whether somebody is there.
 */
void
ismb_ping_ping_async (IsmbPing *self, IsmbJid *to, guint timeout_ms, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  Ping *ping;

  g_return_if_fail (ISMB_IS_PING (self) && ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  iq = ismb_iq_new (to, "get");
  ismb_iq_set_payload (iq, "ping", ISMB_NS_PING);
  ping = g_new0 (Ping, 1);
  ping->task = g_task_new (self, cancellable, callback, user_data);
  ping->sent = g_get_monotonic_time ();
  g_task_set_source_tag (ping->task, ismb_ping_ping_async);
  ismb_client_query_async (ismb_plugin_get_client (ISMB_PLUGIN (self)), iq, timeout_ms, cancellable,
                           on_answer, ping);
}

/**
 * ismb_ping_ping_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Ping.ping_async]. Fails as [method@Ismb.Client.query_finish] does.
 *
 * Returns: the round trip in microseconds; -1 where it failed
 */
gint64
ismb_ping_ping_finish (IsmbPing *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);
  return g_task_propagate_int (G_TASK (result), error);
}
