/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-authorize.h>
#include <ismb/client/ismb-matcher.h>
#include <ismb/client/ismb-roster.h>
#include <ismb/core/ismb-failure.h>
#include <ismb/core/ismb-iq.h>
#include <ismb/core/ismb-message.h>
#include <ismb/core/ismb-peer.h>
#include <ismb/core/ismb-presence.h>

G_BEGIN_DECLS

#define ISMB_TYPE_CLIENT (ismb_client_get_type ())
G_DECLARE_DERIVABLE_TYPE (IsmbClient, ismb_client, ISMB, CLIENT, GObject)

struct _IsmbClientClass
{
  GObjectClass parent_class;

  void (*session_start) (IsmbClient *self);
  void (*session_resumed) (IsmbClient *self);
  void (*connected) (IsmbClient *self);
  void (*disconnected) (IsmbClient *self, IsmbFailure *reason);
  void (*connection_failed) (IsmbClient *self, IsmbFailure *reason);
  void (*failed_auth) (IsmbClient *self, IsmbFailure *reason);
  void (*message) (IsmbClient *self, IsmbMessage *message);
  void (*message_error) (IsmbClient *self, IsmbMessage *message);
  void (*presence) (IsmbClient *self, IsmbPresence *presence);
  void (*presence_available) (IsmbClient *self, IsmbPresence *presence);
  void (*got_online) (IsmbClient *self, IsmbPresence *presence);
  void (*got_offline) (IsmbClient *self, IsmbPresence *presence);
  void (*changed_status) (IsmbClient *self, IsmbPresence *presence);
  void (*roster_update) (IsmbClient *self, IsmbIq *iq);
  void (*peer_found) (IsmbClient *self, IsmbPeer *peer);
  void (*peer_changed) (IsmbClient *self, IsmbPeer *peer);
  void (*peer_lost) (IsmbClient *self, IsmbPeer *peer);
  void (*handler_failed) (IsmbClient *self, IsmbFailure *reason);
  void (*event) (IsmbClient *self, const char *event, GObject *payload);

  gpointer padding[12];
};

/**
 * IsmbEventFlags:
 * @ISMB_EVENT_DEFAULT: the handler stays until it is removed
 * @ISMB_EVENT_DISPOSABLE: it is removed when the event comes, before it runs
 *
 * How a handler of events is kept.
 */
typedef enum /*< flags >*/
{
  ISMB_EVENT_DEFAULT = 0,
  ISMB_EVENT_DISPOSABLE = 1 << 0,
} IsmbEventFlags;

#define ISMB_TYPE_EVENT_FLAGS (ismb_event_flags_get_type ())
GType ismb_event_flags_get_type (void);

/**
 * IsmbEventFunc:
 * @client: the client
 * @event: the event's name
 * @payload: (nullable): what it is about; %NULL where there is nothing to say (SleekXMPP's `{}`)
 * @user_data: what was given with the handler
 *
 * A handler of events, called in the main context of [method@Ismb.Client.open_async].
 */
typedef void (*IsmbEventFunc) (IsmbClient *client, const char *event, GObject *payload,
                               gpointer user_data);

/**
 * IsmbHandlerFlags:
 * @ISMB_HANDLER_DEFAULT: the handler stays until it is removed
 * @ISMB_HANDLER_ONCE: it is removed when a stanza matches, before it runs
 *
 * How a handler of stanzas is kept.
 */
typedef enum /*< flags >*/
{
  ISMB_HANDLER_DEFAULT = 0,
  ISMB_HANDLER_ONCE = 1 << 0,
} IsmbHandlerFlags;

#define ISMB_TYPE_HANDLER_FLAGS (ismb_handler_flags_get_type ())
GType ismb_handler_flags_get_type (void);

/**
 * IsmbStanzaFunc:
 * @client: the client
 * @stanza: what came; the handler may change it, for instance into its reply
 * @user_data: what was given with the handler
 * @error: return location for a #GError
 *
 * A handler of stanzas, called in the main context of [method@Ismb.Client.open_async].
 *
 * An iq of type `get` or `set` goes to one handler after the other until one takes it: that one
 * sends the answer, now or later. If a handler fails, the error of
 * [error@Ismb.StanzaError] that it sets is the answer; any other error is answered with
 * `undefined-condition`, logged, and told by [signal@Ismb.Client::handler-failed]. A message that
 * is no error itself is answered with an error of [error@Ismb.StanzaError], too; nothing else is.
 *
 * All other stanzas go to all handlers, whatever they return.
 *
 * Returns: %TRUE to take a request; %FALSE to leave it to others
 */
typedef gboolean (*IsmbStanzaFunc) (IsmbClient *client, IsmbStanza *stanza, gpointer user_data,
                                    GError **error);

/**
 * IsmbFilterMode:
 * @ISMB_FILTER_IN: what comes, before anybody else sees it
 * @ISMB_FILTER_OUT: what is sent, before it leaves
 *
 * Which way a filter stands in.
 */
typedef enum
{
  ISMB_FILTER_IN,
  ISMB_FILTER_OUT,
} IsmbFilterMode;

#define ISMB_TYPE_FILTER_MODE (ismb_filter_mode_get_type ())
GType ismb_filter_mode_get_type (void);

/**
 * IsmbFilterFunc:
 * @client: the client
 * @stanza: what comes or leaves; the filter may change it
 * @user_data: what was given with the filter
 *
 * A filter of stanzas.
 *
 * Returns: %TRUE to let it pass; %FALSE to drop it
 */
typedef gboolean (*IsmbFilterFunc) (IsmbClient *client, IsmbStanza *stanza, gpointer user_data);

/**
 * IsmbScheduleFunc:
 * @client: the client
 * @user_data: what was given with the task
 *
 * What is done when its time has come.
 */
typedef void (*IsmbScheduleFunc) (IsmbClient *client, gpointer user_data);

IsmbClient *ismb_client_new (const char *name, const char *password, const char *vr);
IsmbClient *ismb_client_new_for_jid (const char *jid, const char *password);

void ismb_client_create_account_async (IsmbClient *self, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_create_account_finish (IsmbClient *self, GAsyncResult *result, GError **error);
gboolean ismb_client_create_account_sync (IsmbClient *self, GCancellable *cancellable,
                                          GError **error);
void ismb_client_open_async (IsmbClient *self, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_open_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_close (IsmbClient *self);
void ismb_client_close_async (IsmbClient *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_close_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_abort (IsmbClient *self);
void ismb_client_reconnect (IsmbClient *self);

const char *ismb_client_get_auto_jid (IsmbClient *self);
IsmbJid *ismb_client_get_bound_jid (IsmbClient *self);
const char *ismb_client_get_vr (IsmbClient *self);
IsmbRoster *ismb_client_get_roster (IsmbClient *self);
const char *ismb_client_get_files_root (IsmbClient *self);

void ismb_client_emit_event (IsmbClient *self, const char *event, GObject *payload);
guint ismb_client_add_event_handler (IsmbClient *self, const char *event, IsmbEventFlags flags,
                                     IsmbEventFunc callback, gpointer user_data,
                                     GDestroyNotify destroy);
void ismb_client_remove_event_handler (IsmbClient *self, guint id);
guint ismb_client_remove_event_handlers_by_func (IsmbClient *self, const char *event,
                                                 IsmbEventFunc callback);
guint ismb_client_count_event_handlers (IsmbClient *self, const char *event);

guint ismb_client_add_stanza_handler (IsmbClient *self, const char *name, IsmbMatcher *matcher,
                                      IsmbHandlerFlags flags, IsmbStanzaFunc callback,
                                      gpointer user_data, GDestroyNotify destroy);
gboolean ismb_client_remove_stanza_handler (IsmbClient *self, guint id);
gboolean ismb_client_remove_stanza_handler_by_name (IsmbClient *self, const char *name);
void ismb_client_wait_stanza_async (IsmbClient *self, IsmbMatcher *matcher, guint timeout_ms,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);
IsmbStanza *ismb_client_wait_stanza_finish (IsmbClient *self, GAsyncResult *result,
                                            GError **error);
void ismb_client_map_node_event (IsmbClient *self, const char *node, const char *name);
guint ismb_client_add_filter (IsmbClient *self, IsmbFilterMode mode, int order,
                              IsmbFilterFunc callback, gpointer user_data, GDestroyNotify destroy);
gboolean ismb_client_remove_filter (IsmbClient *self, guint id);
gboolean ismb_client_schedule (IsmbClient *self, const char *name, guint milliseconds,
                               gboolean repeat, IsmbScheduleFunc callback, gpointer user_data,
                               GDestroyNotify destroy, GError **error);
gboolean ismb_client_unschedule (IsmbClient *self, const char *name);
char *ismb_client_new_id (IsmbClient *self);

void ismb_client_add_feature (IsmbClient *self, const char *feature);
void ismb_client_remove_feature (IsmbClient *self, const char *feature);
char **ismb_client_list_features (IsmbClient *self);

gboolean ismb_client_send (IsmbClient *self, IsmbStanza *stanza, GError **error);
gboolean ismb_client_send_message (IsmbClient *self, const char *to, const char *body,
                                   const char *subject, const char *stanza_type, GError **error);
gboolean ismb_client_send_presence (IsmbClient *self, const char *show, const char *status,
                                    GError **error);
gboolean ismb_client_send_presence_full (IsmbClient *self, const char *show, const char *status,
                                         int priority, const char *to, const char *stanza_type,
                                         GError **error);
gboolean ismb_client_send_last_presence (IsmbClient *self, const char *to, GError **error);
gboolean ismb_client_send_presence_subscription (IsmbClient *self, const char *to,
                                                 const char *stanza_type, GError **error);
gboolean ismb_client_authorize (IsmbClient *self, const char *to, GError **error);
gboolean ismb_client_unauthorize (IsmbClient *self, const char *to, GError **error);
void ismb_client_query_async (IsmbClient *self, IsmbIq *iq, guint timeout_ms,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
IsmbIq *ismb_client_query_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_fetch_roster_async (IsmbClient *self, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_fetch_roster_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_update_roster_item_async (IsmbClient *self, const char *jid, const char *name,
                                           const char *const *groups, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_update_roster_item_finish (IsmbClient *self, GAsyncResult *result,
                                                GError **error);
void ismb_client_remove_roster_item_async (IsmbClient *self, const char *jid,
                                           GCancellable *cancellable, GAsyncReadyCallback callback,
                                           gpointer user_data);
gboolean ismb_client_remove_roster_item_finish (IsmbClient *self, GAsyncResult *result,
                                                GError **error);

GHashTable *ismb_client_get_peer_domains (IsmbClient *self, gboolean include_ip);
GListModel *ismb_client_get_peers (IsmbClient *self);

char *ismb_get_domain_part (GError **error);

G_END_DECLS
