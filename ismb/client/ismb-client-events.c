/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's events, and the signals that the most used ones are as well. */
#define G_LOG_DOMAIN "ismb.client.events"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-failure.h"
#include "ismb/core/ismb-peer.h"

G_DEFINE_FLAGS_TYPE (IsmbEventFlags, ismb_event_flags,
                     G_DEFINE_ENUM_VALUE (ISMB_EVENT_DEFAULT, "default"),
                     G_DEFINE_ENUM_VALUE (ISMB_EVENT_DISPOSABLE, "disposable"))

typedef struct
{
  GType type;    /* of the payload; G_TYPE_NONE: there is none */
  guint offset;  /* of the virtual function */
  guint id;
} Signal;

/* Of all clients, by the event's name; made with the class. */
static GHashTable *signals;
static guint event_signal;

/**
 * IsmbClient::session-start:
 * @self: the client
 *
 * The session is there: stanzas go out, others come. The place to send presence and fetch the
 * roster. In the main context of [method@Ismb.Client.open_async], as all signals and events.
 */
/**
 * IsmbClient::session-resumed:
 * @self: the client
 *
 * A broken session goes on (XEP-0198): presence, roster and requests are what they were, and
 * nothing was lost. `session-start` does not come.
 */
/**
 * IsmbClient::connected:
 * @self: the client
 *
 * The connection to the server is there; nobody is signed in yet. Again with each reconnection.
 */
/**
 * IsmbClient::disconnected:
 * @self: the client
 * @reason: (nullable): why; %NULL where the client was closed
 *
 * The connection is gone: once for each `connected`, also where another one follows by itself.
 */
/**
 * IsmbClient::connection-failed:
 * @self: the client
 * @reason: why
 *
 * The client gave up: what went wrong cannot pass by itself, or the attempts are used up.
 */
/**
 * IsmbClient::failed-auth:
 * @self: the client
 * @reason: (nullable): what the server said to one mechanism; %NULL: no further one is left
 *
 * The server refused to sign the client in.
 */
/**
 * IsmbClient::message:
 * @self: the client
 * @message: what came, its sender stamped by the listener
 *
 * A message with a body came, of any type, errors that echo a body among them.
 */
/**
 * IsmbClient::message-error:
 * @self: the client
 * @message: the error, its sender the one it did not reach
 *
 * A message came back, with or without its body.
 */
/**
 * IsmbClient::presence:
 * @self: the client
 * @presence: the presence
 *
 * A presence of any type came.
 */
/**
 * IsmbClient::presence-available:
 * @self: the client
 * @presence: the presence
 *
 * A resource is plainly available: no `away`, `chat`, `dnd` or `xa`. The client's own is told
 * too.
 */
/**
 * IsmbClient::got-online:
 * @self: the client
 * @presence: the presence that told it
 *
 * An account that had no resource present has one now.
 */
/**
 * IsmbClient::got-offline:
 * @self: the client
 * @presence: the presence that told it
 *
 * The last resource of an account that was present left.
 */
/**
 * IsmbClient::changed-status:
 * @self: the client
 * @presence: the presence that told it
 *
 * A resource came, left, or shows another state or text than before.
 */
/**
 * IsmbClient::roster-update:
 * @self: the client
 * @iq: the roster, or what of it changed
 *
 * The roster that the server keeps was fetched, or changed. [method@Ismb.Client.get_roster] is up
 * to date.
 */
/**
 * IsmbClient::peer-found:
 * @self: the client
 * @peer: the peer
 *
 * A switch was found on this virtual router.
 */
/**
 * IsmbClient::peer-changed:
 * @self: the client
 * @peer: the peer, as it is now
 *
 * What is known of a switch changed: its addresses, trust or link.
 */
/**
 * IsmbClient::peer-lost:
 * @self: the client
 * @peer: the peer, as it was last known
 *
 * A switch is no longer known on this virtual router.
 */
/**
 * IsmbClient::handler-failed:
 * @self: the client
 * @reason: what the handler said
 *
 * A handler of stanzas failed; a request that it was for was answered so. SleekXMPP's
 * `exception ()`.
 */
/**
 * IsmbClient::event:
 * @self: the client
 * @event: the event's name
 * @payload: (nullable): what it is about
 *
 * Any event, behind its handlers: for programs that hear of them all, or by a name they do not know
 * yet.
 */

static void
add_signal (IsmbClientClass *klass, const char *event, GType type, guint offset)
{
  g_autofree char *name = g_strdelimit (g_strdup (event), "_", '-');
  Signal *signal = g_new (Signal, 1);

  signal->type = type;
  signal->offset = offset;
  signal->id = type == G_TYPE_NONE
                   ? g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, offset, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0)
                   : g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, offset, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, type);
  g_hash_table_insert (signals, (gpointer) event, signal);
}

#define ADD(event, type) \
  add_signal (klass, #event, type, G_STRUCT_OFFSET (IsmbClientClass, event))

void
_ismb_client_install_signals (gpointer client_class)
{
  IsmbClientClass *klass = client_class;

  signals = g_hash_table_new (g_str_hash, g_str_equal);
  ADD (session_start, G_TYPE_NONE);
  ADD (session_resumed, G_TYPE_NONE);
  ADD (connected, G_TYPE_NONE);
  ADD (disconnected, ISMB_TYPE_FAILURE);
  ADD (connection_failed, ISMB_TYPE_FAILURE);
  ADD (failed_auth, ISMB_TYPE_FAILURE);
  ADD (message, ISMB_TYPE_MESSAGE);
  ADD (message_error, ISMB_TYPE_MESSAGE);
  ADD (presence, ISMB_TYPE_PRESENCE);
  ADD (presence_available, ISMB_TYPE_PRESENCE);
  ADD (got_online, ISMB_TYPE_PRESENCE);
  ADD (got_offline, ISMB_TYPE_PRESENCE);
  ADD (changed_status, ISMB_TYPE_PRESENCE);
  ADD (roster_update, ISMB_TYPE_IQ);
  ADD (peer_found, ISMB_TYPE_PEER);
  ADD (peer_changed, ISMB_TYPE_PEER);
  ADD (peer_lost, ISMB_TYPE_PEER);
  ADD (handler_failed, ISMB_TYPE_FAILURE);
  event_signal = g_signal_new ("event", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                               G_STRUCT_OFFSET (IsmbClientClass, event), NULL, NULL, NULL,
                               G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_OBJECT);
}

static gboolean
is_overridden (IsmbClient *self, const Signal *signal)
{
  return G_STRUCT_MEMBER (gpointer, ISMB_CLIENT_GET_CLASS (self), signal->offset) != NULL;
}

/* A program may emit an event of that name with another payload: that is not for the signal. */
static gboolean
suits (const Signal *signal, GObject *payload)
{
  if (payload == NULL)
    return signal->type == G_TYPE_NONE || signal->type == ISMB_TYPE_FAILURE;
  return g_type_is_a (G_OBJECT_TYPE (payload), signal->type);
}

static gboolean
is_wanted (IsmbClient *self, const Signal *signal)
{
  return is_overridden (self, signal) || g_signal_has_handler_pending (self, signal->id, 0, TRUE);
}

static gboolean
is_followed (IsmbClient *self)
{
  return ISMB_CLIENT_GET_CLASS (self)->event != NULL
         || g_signal_has_handler_pending (self, event_signal, 0, TRUE);
}

/* NULL: nobody would get it. */
static const Signal *
find_signal (IsmbClient *self, const char *event, GObject *payload)
{
  const Signal *signal = g_hash_table_lookup (signals, event);

  if (signal == NULL || !suits (signal, payload))
    return NULL;
  return is_wanted (self, signal) ? signal : NULL;
}

gboolean
_ismb_client_is_heard (IsmbClient *self, const char *event)
{
  IsmbEvents *events = _ismb_client_get_parts (self)->events;
  const Signal *signal = g_hash_table_lookup (signals, event);

  return (events != NULL && ismb_events_count (events, event) > 0) || is_followed (self)
         || (signal != NULL && is_wanted (self, signal));
}

/**
 * ismb_client_emit_event:
 * @self: the client
 * @event: its name
 * @payload: (nullable): what the handlers get
 *
 * Calls the handlers of an event, at once, and then the signals that tell it. A stanza that several
 * get is copied, so that each may turn it into its reply.
 */
void
ismb_client_emit_event (IsmbClient *self, const char *event, GObject *payload)
{
  IsmbClientParts *parts;
  g_autoptr (IsmbClient) alive = NULL;
  const Signal *signal;
  gboolean followed;

  g_return_if_fail (ISMB_IS_CLIENT (self) && event != NULL);
  parts = _ismb_client_get_parts (self);
  if (parts->events == NULL)
    return;
  alive = g_object_ref (self);
  signal = find_signal (self, event, payload);
  followed = is_followed (self);
  ismb_events_emit (parts->events, self, event, payload, signal != NULL || followed);
  if (signal != NULL && signal->type == G_TYPE_NONE)
    g_signal_emit (self, signal->id, 0);
  else if (signal != NULL)
    g_signal_emit (self, signal->id, 0, payload);
  if (followed)
    g_signal_emit (self, event_signal, 0, event, payload);
}

/**
 * ismb_client_add_event_handler:
 * @self: the client
 * @event: a name, of ours or your own
 * @flags: %ISMB_EVENT_DISPOSABLE for a handler that runs once
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each event of that
 * name
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Handlers of one event run in the order they were added; they may add and remove others, which
 * then holds from the next event on. Names and payloads are SleekXMPP's: `connected`,
 * `failed_auth`, `session_bind` (an #IsmbJid), `session_start`, `session_end`, `disconnected`,
 * `message` and `message_error` (an #IsmbMessage), `presence`, `presence_available` and so on for
 * each type and show, `changed_subscription`, `got_online`, `changed_status`, `got_offline` (an
 * #IsmbPresence), `roster_update` (an #IsmbIq); and ours: `peer_found`, `peer_changed`, `peer_lost`
 * (an #IsmbPeer).
 *
 * Of a session, in this order: `connected` (with TLS already, where it is wanted), `ssl_cert` (the
 * server's #GTlsCertificate), `auth_success`, `session_bind`, `session_start`,
 * `stream_negotiated`; or, where a lost one goes on, `connected`, `auth_success`,
 * `session_resumed`. `failed_auth` comes for each mechanism that the server refused (an
 * #IsmbFailure with its condition), then `no_auth` and `failed_auth` with nothing. What broke or
 * kept the connection is told by one of `socket_error`, `stream_error` (with the server's
 * condition), `ssl_invalid_chain` (an #IsmbFailure), `ssl_invalid_cert` and `ssl_expired_cert`
 * (the #GTlsCertificate); none of these is accepted because it has a handler. Each `connected` is
 * followed by one `disconnected` (an #IsmbFailure that says why; nothing where the program wanted
 * it), and `session_end` comes right before that, whether or not a session had begun: but for a
 * session that is to be resumed only when that fails or is given up. Then comes `reconnect_delay`,
 * where it is tried again, or `connection_failed` (both an #IsmbFailure). `sm_enabled` and
 * `sm_failed` tell whether stanzas are acknowledged, `stanza_acked` and `stanza_not_sent` what
 * became of one, `killed` that the client is aborted.
 *
 * What a stanza carries makes events too, with that stanza: `message_xform`, `message_correction`,
 * `attention`, `forwarded_stanza`, `encrypted_message`, `carbon_received`, `carbon_sent`,
 * `amp_error`, `amp_alert`, `amp_notify`, `bob`; `pubsub_publish`, `_retract`, `_purge`, `_delete`,
 * `_config` and `_subscription` (see [method@Ismb.Client.map_node_event]), one for each item;
 * `unverified_signed_presence`, `vcard_avatar_update`, `presence_idle`; `http_request`,
 * `http_response`, `jabber_rpc_method_call`, `_response`, `_fault` and `jabber_rpc_error`. A
 * request that an event with a handler tells of is taken: the handler answers it.
 *
 * Returns: an id for [method@Ismb.Client.remove_event_handler]
 */
guint
ismb_client_add_event_handler (IsmbClient *self, const char *event, IsmbEventFlags flags,
                               IsmbEventFunc callback, gpointer user_data, GDestroyNotify destroy)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && event != NULL && callback != NULL, 0);
  return ismb_events_add (_ismb_client_get_parts (self)->events, event,
                          (flags & ISMB_EVENT_DISPOSABLE) != 0, (IsmbEventHandler) callback,
                          user_data, destroy);
}

/**
 * ismb_client_remove_event_handler:
 * @self: the client
 * @id: what [method@Ismb.Client.add_event_handler] returned
 *
 * Removes a handler. An id that is not known is ignored.
 */
void
ismb_client_remove_event_handler (IsmbClient *self, guint id)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  if (_ismb_client_get_parts (self)->events != NULL)
    ismb_events_remove (_ismb_client_get_parts (self)->events, id);
}

/**
 * ismb_client_remove_event_handlers_by_func: (skip)
 * @self: the client
 * @event: its name
 * @callback: the function that was added
 *
 * Removes all handlers of an event that have that function; SleekXMPP's `del_event_handler ()`.
 *
 * Returns: how many they were
 */
guint
ismb_client_remove_event_handlers_by_func (IsmbClient *self, const char *event,
                                           IsmbEventFunc callback)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && event != NULL && callback != NULL, 0);
  if (_ismb_client_get_parts (self)->events == NULL)
    return 0;
  return ismb_events_remove_by_func (_ismb_client_get_parts (self)->events, event,
                                     (IsmbEventHandler) callback);
}

/**
 * ismb_client_count_event_handlers:
 * @self: the client
 * @event: its name
 *
 * How many handlers an event has; SleekXMPP's `event_handled ()`.
 *
 * Returns: their number
 */
guint
ismb_client_count_event_handlers (IsmbClient *self, const char *event)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && event != NULL, 0);
  if (_ismb_client_get_parts (self)->events == NULL)
    return 0;
  return ismb_events_count (_ismb_client_get_parts (self)->events, event);
}
