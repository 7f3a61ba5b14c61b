/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-roster.h>
#include <ismb/core/ismb-iq.h>
#include <ismb/core/ismb-message.h>
#include <ismb/core/ismb-presence.h>

G_BEGIN_DECLS

#define ISMB_TYPE_CLIENT (ismb_client_get_type ())
G_DECLARE_DERIVABLE_TYPE (IsmbClient, ismb_client, ISMB, CLIENT, GObject)

struct _IsmbClientClass
{
  GObjectClass parent_class;

  void (*session_start) (IsmbClient *self);
  void (*message) (IsmbClient *self, IsmbMessage *message);
  void (*presence_available) (IsmbClient *self, IsmbPresence *presence);

  gpointer padding[12];
};

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

IsmbClient *ismb_client_new (const char *name, const char *password, const char *vr);
IsmbClient *ismb_client_new_for_server (const char *jid, const char *password);

void ismb_client_create_account_async (IsmbClient *self, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_create_account_finish (IsmbClient *self, GAsyncResult *result, GError **error);
gboolean ismb_client_create_account_sync (IsmbClient *self, GCancellable *cancellable,
                                          GError **error);
void ismb_client_open_async (IsmbClient *self, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_open_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_close (IsmbClient *self);

const char *ismb_client_get_auto_jid (IsmbClient *self);
IsmbJid *ismb_client_get_bound_jid (IsmbClient *self);
const char *ismb_client_get_vr (IsmbClient *self);
IsmbRoster *ismb_client_get_roster (IsmbClient *self);
const char *ismb_client_get_files_root (IsmbClient *self);

guint ismb_client_add_event_handler (IsmbClient *self, const char *event, IsmbEventFunc callback,
                                     gpointer user_data, GDestroyNotify destroy);
void ismb_client_remove_event_handler (IsmbClient *self, guint id);
void ismb_client_emit_event (IsmbClient *self, const char *event, GObject *payload);

gboolean ismb_client_send (IsmbClient *self, IsmbStanza *stanza, GError **error);
gboolean ismb_client_send_message (IsmbClient *self, const char *to, const char *body,
                                   const char *subject, const char *stanza_type, GError **error);
gboolean ismb_client_send_presence (IsmbClient *self, const char *show, const char *status,
                                    GError **error);
gboolean ismb_client_send_presence_subscription (IsmbClient *self, const char *to,
                                                 const char *stanza_type, GError **error);
void ismb_client_send_iq_async (IsmbClient *self, IsmbIq *iq, guint timeout_ms,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
IsmbIq *ismb_client_send_iq_finish (IsmbClient *self, GAsyncResult *result, GError **error);
void ismb_client_fetch_roster_async (IsmbClient *self, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_client_fetch_roster_finish (IsmbClient *self, GAsyncResult *result, GError **error);

GHashTable *ismb_client_get_peer_domains (IsmbClient *self, gboolean include_ip);

char *ismb_get_domain_part (GError **error);

G_END_DECLS
