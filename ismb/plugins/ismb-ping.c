/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.ping"

#include "config.h"
#include "ismb/plugins/ismb-ping.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/plugins/ismb-answer.h"

/**
 * IsmbPing:
 *
 * XMPP Ping (XEP-0199), `xep_0199`: answers pings, and asks others. Each client has it enabled.
 *
 * ```c
 * ismb_ping_ping_async (ping, jid, 0, NULL, on_pong, NULL);
 * ```
 *
 * With [property@Ismb.Ping:keepalive] it asks the client's own server now and then, and a
 * connection on which no answer comes is made anew. The client's own spaces
 * ([property@Ismb.Client:whitespace-keepalive-interval]) need no answer, so they notice that later.
 *
 * ```c
 * ismb_client_enable_plugin (client, "xep_0199",
 *                            g_variant_new_parsed ("{'keepalive': <true>, 'interval': <60>}"), NULL);
 * ```
 */
struct _IsmbPing
{
  IsmbPlugin parent_instance;
  gboolean keepalive, session;
  guint interval, timeout; /* seconds */
  GCancellable *watch;     /* of the ping under way; NULL: none */
};

G_DEFINE_FINAL_TYPE (IsmbPing, ismb_ping, ISMB_TYPE_PLUGIN)

enum
{
  PROP_KEEPALIVE = 1,
  PROP_INTERVAL,
  PROP_TIMEOUT,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

#define TASK "xep_0199 keepalive"

static gboolean
on_ping (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  return ismb_answer_send (client, stanza, NULL, error);
}

/* Whether the own server is there */

static void
stop (IsmbPing *self)
{
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));

  if (client != NULL)
    ismb_client_unschedule (client, TASK);
  if (self->watch != NULL)
    g_cancellable_cancel (self->watch);
  g_clear_object (&self->watch);
}

/* Any answer is one, an error too: the server lives. */
static void
on_watched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (IsmbPing) self = user_data;
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_autoptr (GError) error = NULL;

  ismb_ping_ping_finish (self, result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->watch);
  if (client == NULL || !self->session || !g_error_matches (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT))
    return;
  g_message ("%s; the connection is made anew", error->message);
  ismb_client_reconnect (client);
}

static void
watch (IsmbClient *client, gpointer user_data)
{
  IsmbPing *self = user_data;

  if (self->watch != NULL)
    return;
  self->watch = g_cancellable_new ();
  ismb_ping_ping_async (self, NULL, self->timeout * 1000, self->watch, on_watched,
                        g_object_ref (self));
}

static void
begin (IsmbPing *self)
{
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));

  stop (self);
  if (client != NULL && self->session && self->keepalive)
    ismb_client_schedule (client, TASK, self->interval * 1000, TRUE, watch, self, NULL, NULL);
}

static void
on_session (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbPing *self = user_data;

  self->session = !g_str_equal (event, "disconnected");
  begin (self);
}

static void
ismb_ping_enabled (IsmbPlugin *plugin)
{
  static const char *const events[] = { "session_start", "session_resumed", "disconnected" };
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/{urn:xmpp:ping}ping", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_ping, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_PING);
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    ismb_plugin_add_event_handler (plugin, events[i], ISMB_EVENT_DEFAULT, on_session, plugin, NULL);
}

static void
ismb_ping_disabled (IsmbPlugin *plugin)
{
  stop (ISMB_PING (plugin));
}

static void
ismb_ping_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbPing *self = ISMB_PING (object);

  switch (id)
    {
    case PROP_KEEPALIVE: g_value_set_boolean (value, self->keepalive); break;
    case PROP_INTERVAL: g_value_set_uint (value, self->interval); break;
    case PROP_TIMEOUT: g_value_set_uint (value, self->timeout); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_ping_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbPing *self = ISMB_PING (object);

  switch (id)
    {
    case PROP_KEEPALIVE: self->keepalive = g_value_get_boolean (value); break;
    case PROP_INTERVAL: self->interval = g_value_get_uint (value); break;
    case PROP_TIMEOUT: self->timeout = g_value_get_uint (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
  begin (self);
}

static void
ismb_ping_class_init (IsmbPingClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ismb_ping_get_property;
  object_class->set_property = ismb_ping_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_ping_enabled;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_ping_disabled;

  /**
   * IsmbPing:keepalive:
   *
   * Whether the client's own server is asked now and then, and the connection is made anew where it
   * does not answer.
   */
  properties[PROP_KEEPALIVE] = g_param_spec_boolean ("keepalive", NULL, NULL, FALSE, flags);
  /**
   * IsmbPing:interval:
   *
   * How long between two questions, in seconds.
   */
  properties[PROP_INTERVAL] =
      g_param_spec_uint ("interval", NULL, NULL, 1, G_MAXUINT / 1000, 300, flags);
  /**
   * IsmbPing:timeout:
   *
   * How long an answer may take, in seconds.
   */
  properties[PROP_TIMEOUT] =
      g_param_spec_uint ("timeout", NULL, NULL, 1, G_MAXUINT / 1000, 30, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_ping_init (IsmbPing *self)
{
  self->interval = 300;
  self->timeout = 30;
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
