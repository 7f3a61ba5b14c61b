/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.bell"

#include "config.h"
#include "ismb/listener/ismb-bell.h"

#include "ismb/core/ismb-jid.h"

struct _IsmbBell
{
  GObject *listener;
  IsmbRoutes *routes;
  IsmbPeers *peers;
  GMainContext *context;
  guint sessions_told, peers_told;
  GSource *telling; /* pending */
};

enum
{
  PEER_FOUND,
  PEER_CHANGED,
  PEER_LOST,
  SESSION_STARTED,
  SESSION_ENDED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
install_peers (GType type)
{
  /**
   * IsmbListener::peer-found:
   * @self: the listener
   * @peer: the new peer
   *
   * Another listener is known now: it was added, or it connected and proved who it is. Emitted in
   * the main context of [method@Ismb.Listener.start].
   */
  signals[PEER_FOUND] = g_signal_new ("peer-found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, ISMB_TYPE_PEER);
  /**
   * IsmbListener::peer-changed:
   * @self: the listener
   * @peer: the peer as it is now
   *
   * Addresses, trust or link of a known peer changed, or this switch itself has other addresses
   * ([method@Ismb.Peer.get_local]). Emitted in the main context of [method@Ismb.Listener.start].
   */
  signals[PEER_CHANGED] = g_signal_new ("peer-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, ISMB_TYPE_PEER);
  /**
   * IsmbListener::peer-lost:
   * @self: the listener
   * @domain: the domain-part of the peer
   *
   * A peer is forgotten: discovery sees it no more, and no stream to it is open. Emitted in the
   * main context of [method@Ismb.Listener.start].
   */
  signals[PEER_LOST] = g_signal_new ("peer-lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
install_sessions (GType type)
{
  /**
   * IsmbListener::session-started:
   * @self: the listener
   * @jid: the client's full address, `name@domain/resource`
   *
   * A client has signed in: it can be reached at that address from now on. An account may have
   * several sessions, one for each of its clients. Emitted in the main context of
   * [method@Ismb.Listener.start].
   */
  signals[SESSION_STARTED] = g_signal_new ("session-started", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 1, ISMB_TYPE_JID);
  /**
   * IsmbListener::session-ended:
   * @self: the listener
   * @jid: the full address it had
   *
   * A session is over: its client left, or was cut off for longer than a session waits for it; also
   * each one that there is when the listener stops. Emitted in the main context of
   * [method@Ismb.Listener.start].
   */
  signals[SESSION_ENDED] = g_signal_new ("session-ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, ISMB_TYPE_JID);
}

static void
install_state (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * IsmbListener:session-count:
   *
   * How many sessions there are, one for each signed in client. Changes are told gathered, once
   * nothing more urgent is to do.
   */
  g_object_class_install_property (
      object_class, ISMB_BELL_SESSION_COUNT,
      g_param_spec_uint ("session-count", NULL, NULL, 0, G_MAXUINT, 0, flags));
  /**
   * IsmbListener:peer-count:
   *
   * How many other listeners are known, whether a stream to them is open or not. Changes are told
   * gathered, once nothing more urgent is to do.
   */
  g_object_class_install_property (
      object_class, ISMB_BELL_PEER_COUNT,
      g_param_spec_uint ("peer-count", NULL, NULL, 0, G_MAXUINT, 0, flags));
  /**
   * IsmbListener:waiting-for:
   *
   * What it waits for until it is on the network again, in words for people: the network namespace
   * that was deleted, say. %NULL where it listens on all its ports, or does not run. Who is on
   * [property@Ismb.Listener:c2s-path] is not concerned by that.
   */
  g_object_class_install_property (
      object_class, ISMB_BELL_WAITING_FOR,
      g_param_spec_string ("waiting-for", NULL, NULL, NULL, flags));
}

void
ismb_bell_install (GObjectClass *listener)
{
  install_state (listener);
  install_peers (G_TYPE_FROM_CLASS (listener));
  install_sessions (G_TYPE_FROM_CLASS (listener));
}

/* --- counts --- */

static gboolean
tell_counts (gpointer user_data)
{
  IsmbBell *self = user_data;
  g_autoptr (GObject) listener = g_object_ref (self->listener);
  guint sessions = ismb_routes_count_resources (self->routes);
  guint peers = ismb_peers_get_count (self->peers);
  gboolean other_sessions = sessions != self->sessions_told;
  gboolean other_peers = peers != self->peers_told;

  g_clear_pointer (&self->telling, g_source_unref);
  self->sessions_told = sessions;
  self->peers_told = peers;
  /* A handler may stop the listener, and end us. */
  if (other_sessions)
    g_object_notify (listener, "session-count");
  if (other_peers)
    g_object_notify (listener, "peer-count");
  return G_SOURCE_REMOVE;
}

static void
count_later (IsmbBell *self)
{
  if (self->telling != NULL)
    return;
  self->telling = g_idle_source_new ();
  g_source_set_callback (self->telling, tell_counts, self, NULL);
  g_source_attach (self->telling, self->context);
}

/* --- who comes and goes --- */

static void
on_session (const IsmbResource *resource, gboolean comes, gpointer user_data)
{
  IsmbBell *self = user_data;
  guint signal = signals[comes ? SESSION_STARTED : SESSION_ENDED];
  g_autoptr (IsmbJid) jid = NULL;

  count_later (self);
  /* Who listens to nothing pays for nothing. */
  if (!g_signal_has_handler_pending (self->listener, signal, 0, FALSE))
    return;
  jid = ismb_jid_new (resource->full, NULL);
  g_signal_emit (self->listener, signal, 0, jid);
}

static void
on_peer_found (IsmbBell *self, IsmbPeer *peer)
{
  count_later (self);
  g_signal_emit (self->listener, signals[PEER_FOUND], 0, peer);
}

static void
on_peer_changed (IsmbBell *self, IsmbPeer *peer)
{
  g_signal_emit (self->listener, signals[PEER_CHANGED], 0, peer);
}

static void
on_peer_lost (IsmbBell *self, const char *domain)
{
  count_later (self);
  g_signal_emit (self->listener, signals[PEER_LOST], 0, domain);
}

IsmbBell *
ismb_bell_new (GObject *listener, IsmbSwitchboard *board)
{
  IsmbBell *self = g_new0 (IsmbBell, 1);

  self->listener = listener;
  self->context = g_main_context_ref_thread_default ();
  self->routes = g_object_ref (ismb_switchboard_get_routes (board));
  self->peers = g_object_ref (ismb_switchboard_get_peers (board));
  ismb_routes_set_watcher (self->routes, on_session, self);
  g_signal_connect_swapped (self->peers, "found", G_CALLBACK (on_peer_found), self);
  g_signal_connect_swapped (self->peers, "changed", G_CALLBACK (on_peer_changed), self);
  g_signal_connect_swapped (self->peers, "lost", G_CALLBACK (on_peer_lost), self);
  return self;
}

void
ismb_bell_free (IsmbBell *self)
{
  ismb_routes_set_watcher (self->routes, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->peers, self);
  if (self->telling != NULL)
    g_source_destroy (self->telling);
  g_clear_pointer (&self->telling, g_source_unref);
  g_main_context_unref (self->context);
  g_object_unref (self->peers);
  g_object_unref (self->routes);
  g_free (self);
}
