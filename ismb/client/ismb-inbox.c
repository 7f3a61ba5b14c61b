/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.inbox"

#include "config.h"
#include "ismb/client/ismb-inbox.h"

#include "ismb/client/ismb-roster-private.h"
#include "ismb/client/ismb-repeats.h"
#include "ismb/client/ismb-subscribers.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

typedef struct
{
  guint id;
  char *name, *ns;
  IsmbInboxHandler handler;
  gpointer user_data;
  GDestroyNotify destroy;
  gboolean removed;
} IqHandler;

struct _IsmbInbox
{
  gpointer client; /* borrowed: it owns us */
  IsmbRoster *roster;
  IsmbRequests *requests;
  GPtrArray *iq_handlers;
  guint last_id;
  IsmbInboxCallbacks callbacks;
  IsmbSubscribers *subscribers;
  GPtrArray *features;
  IsmbRepeats *repeats;
};

static void
emit (IsmbInbox *self, const char *event, gpointer payload)
{
  self->callbacks.event (self->client, event, payload);
}

static void
answer (IsmbInbox *self, IsmbIq *reply)
{
  if (reply != NULL)
    self->callbacks.send (self->client, ISMB_STANZA (reply));
}

/* Messages */

static void
take_message (IsmbInbox *self, IsmbMessage *message)
{
  if (ismb_repeats_note (self->repeats, message))
    return;
  if (ismb_message_get_body (message) != NULL)
    emit (self, "message", message);
  if (ismb_stanza_is_error (ISMB_STANZA (message)))
    emit (self, "message_error", message);
}

/* Presence, in SleekXMPP's order: the two events of the stanza, then what it changed. */

static gboolean
is_subscription (const char *type)
{
  static const char *const types[] = { "subscribe", "subscribed", "unsubscribe", "unsubscribed",
                                       NULL };

  return g_strv_contains (types, type);
}

static gboolean
is_known_type (const char *type)
{
  static const char *const types[] = { "available",   "away",  "chat",  "dnd", "xa",
                                       "unavailable", "probe", "error", NULL };

  return is_subscription (type) || g_strv_contains (types, type);
}

static void
emit_changes (IsmbInbox *self, IsmbRosterChange change, GObject *presence)
{
  if (change & ISMB_ROSTER_GOT_ONLINE)
    emit (self, "got_online", presence);
  if (change & ISMB_ROSTER_CHANGED_STATUS)
    emit (self, "changed_status", presence);
  if (change & ISMB_ROSTER_GOT_OFFLINE)
    emit (self, "got_offline", presence);
}

static void
take_presence (IsmbInbox *self, IsmbPresence *presence)
{
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));
  g_autofree char *event = g_strconcat ("presence_", type, NULL);
  IsmbRosterChange change = _ismb_roster_take_presence (self->roster, presence);

  emit (self, "presence", presence);
  if (is_known_type (type))
    emit (self, event, presence);
  if (is_subscription (type))
    emit (self, "changed_subscription", presence);
  emit_changes (self, change, G_OBJECT (presence));
  ismb_subscribers_take (self->subscribers, presence);
}

/* iq */

/* RFC 6121, 2.1.6: from nobody else than our own account. */
static void
take_roster_push (IsmbInbox *self, IsmbIq *push)
{
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (push));
  IsmbJid *own = self->callbacks.get_own (self->client);
  g_autoptr (IsmbIq) reply = NULL;

  if (from != NULL &&
      (own == NULL || g_strcmp0 (ismb_jid_get_full (from), ismb_jid_get_bare (own)) != 0))
    {
      reply = ismb_iq_reply_error (push, "service-unavailable", NULL);
      answer (self, reply);
      return;
    }
  _ismb_roster_take_items (self->roster, push, FALSE);
  reply = ismb_iq_reply (push);
  answer (self, reply);
  emit (self, "roster_update", push);
}

static IsmbNode *
reply_query (IsmbIq *reply, const char *ns)
{
  ismb_iq_add_payload (reply, "query", ns);
  return ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (reply))), "query", ns);
}

static void
describe_us (IsmbInbox *self, IsmbIq *reply)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (reply));
  IsmbNode *query = reply_query (reply, ISMB_NS_DISCO_INFO);
  IsmbNode *node = ismb_tree_add (tree, query, "identity", ISMB_NS_DISCO_INFO);

  ismb_tree_set (tree, node, "category", "client");
  ismb_tree_set (tree, node, "type", "bot");
  ismb_tree_set (tree, node, "name", "ISMB");
  for (guint i = 0; i < self->features->len; i++)
    {
      node = ismb_tree_add (tree, query, "feature", ISMB_NS_DISCO_INFO);
      ismb_tree_set (tree, node, "var", self->features->pdata[i]);
    }
}

static void
tell_version (IsmbIq *reply)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (reply));
  IsmbNode *query = reply_query (reply, ISMB_NS_VERSION);

  ismb_tree_add_leaf (tree, query, "name", ISMB_NS_VERSION, "ISMB");
  ismb_tree_add_leaf (tree, query, "version", ISMB_NS_VERSION, ISMB_VERSION);
}

/* What every client answers for itself: XEP-0030, 0199, 0092; of its roster, only to its server. */
static gboolean
take_own_service (IsmbInbox *self, IsmbIq *request)
{
  gboolean get = g_str_equal (ismb_stanza_get_stanza_type (ISMB_STANZA (request)), "get");
  const char *ns = ismb_iq_get_payload_ns (request);
  g_autoptr (IsmbIq) reply = NULL;

  if (!get && g_strcmp0 (ns, ISMB_NS_ROSTER) == 0)
    {
      take_roster_push (self, request);
      return TRUE;
    }
  if (!get
      || (g_strcmp0 (ns, ISMB_NS_DISCO_INFO) != 0 && g_strcmp0 (ns, ISMB_NS_PING) != 0
          && g_strcmp0 (ns, ISMB_NS_VERSION) != 0))
    return FALSE;
  reply = ismb_iq_reply (request);
  if (g_str_equal (ns, ISMB_NS_DISCO_INFO))
    describe_us (self, reply);
  else if (g_str_equal (ns, ISMB_NS_VERSION))
    tell_version (reply);
  answer (self, reply);
  return TRUE;
}

static void
iq_handler_clear (gpointer data)
{
  IqHandler *handler = data;

  if (handler->destroy != NULL)
    handler->destroy (handler->user_data);
  g_free (handler->name);
  g_free (handler->ns);
}

static void
iq_handler_unref (gpointer data)
{
  g_rc_box_release_full (data, iq_handler_clear);
}

static gpointer
iq_handler_ref (gconstpointer source, gpointer data)
{
  return g_rc_box_acquire ((gpointer) source);
}

static gboolean
offer_to_handlers (IsmbInbox *self, IsmbIq *request)
{
  g_autoptr (GPtrArray) handlers = g_ptr_array_copy (self->iq_handlers, iq_handler_ref, NULL);
  const char *name = ismb_iq_get_payload_name (request);
  const char *ns = ismb_iq_get_payload_ns (request);

  g_ptr_array_set_free_func (handlers, iq_handler_unref);
  for (guint i = 0; i < handlers->len; i++)
    {
      IqHandler *handler = handlers->pdata[i];

      if (!handler->removed && g_strcmp0 (handler->name, name) == 0 &&
          g_strcmp0 (handler->ns, ns) == 0 &&
          handler->handler (self->client, request, handler->user_data))
        return TRUE;
    }
  return FALSE;
}

static void
take_iq (IsmbInbox *self, IsmbIq *iq)
{
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (iq));
  g_autoptr (IsmbIq) refusal = NULL;

  if (g_str_equal (type, "result") || g_str_equal (type, "error"))
    {
      ismb_requests_answer (self->requests, iq, self->callbacks.get_own (self->client));
      return;
    }
  if (offer_to_handlers (self, iq) || take_own_service (self, iq))
    return;
  refusal = ismb_iq_reply_error (iq, "feature-not-implemented", NULL);
  answer (self, refusal);
}

void
ismb_inbox_take (IsmbInbox *self, IsmbStanza *stanza)
{
  if (ismb_stanza_get_to_jid (stanza) == NULL)
    ismb_stanza_set_to_jid (stanza, self->callbacks.get_own (self->client));
  if (ISMB_IS_MESSAGE (stanza))
    take_message (self, ISMB_MESSAGE (stanza));
  else if (ISMB_IS_PRESENCE (stanza))
    take_presence (self, ISMB_PRESENCE (stanza));
  else
    take_iq (self, ISMB_IQ (stanza));
}

IsmbInbox *
ismb_inbox_new (gpointer client, IsmbRoster *roster, IsmbRequests *requests,
                const IsmbInboxCallbacks *callbacks)
{
  const IsmbSubscribersCallbacks for_subscribers = { callbacks->send, callbacks->get_own,
                                                     callbacks->authorize };
  IsmbInbox *self = g_new0 (IsmbInbox, 1);

  self->client = client;
  self->roster = roster;
  self->requests = requests;
  self->iq_handlers = g_ptr_array_new_with_free_func (iq_handler_unref);
  self->features = g_ptr_array_new_with_free_func (g_free);
  self->repeats = ismb_repeats_new ();
  self->callbacks = *callbacks;
  self->subscribers = ismb_subscribers_new (client, roster, &for_subscribers);
  ismb_inbox_add_feature (self, ISMB_NS_DISCO_INFO);
  ismb_inbox_add_feature (self, ISMB_NS_PING);
  ismb_inbox_add_feature (self, ISMB_NS_VERSION);
  return self;
}

void
ismb_inbox_free (IsmbInbox *self)
{
  g_ptr_array_unref (self->iq_handlers);
  g_ptr_array_unref (self->features);
  ismb_repeats_free (self->repeats);
  ismb_subscribers_free (self->subscribers);
  g_free (self);
}

guint
ismb_inbox_add_iq_handler (IsmbInbox *self, const char *name, const char *ns,
                           IsmbInboxHandler callback, gpointer user_data, GDestroyNotify destroy)
{
  IqHandler *handler = g_rc_box_new0 (IqHandler);

  handler->id = ++self->last_id;
  handler->name = g_strdup (name);
  handler->ns = g_strdup (ns);
  handler->handler = callback;
  handler->user_data = user_data;
  handler->destroy = destroy;
  g_ptr_array_add (self->iq_handlers, handler);
  return handler->id;
}

void
ismb_inbox_remove_iq_handler (IsmbInbox *self, guint id)
{
  for (guint i = 0; i < self->iq_handlers->len; i++)
    {
      IqHandler *handler = self->iq_handlers->pdata[i];

      if (handler->id != id)
        continue;
      handler->removed = TRUE;
      g_ptr_array_remove_index (self->iq_handlers, i);
      return;
    }
}

void
ismb_inbox_set_authorize (IsmbInbox *self, IsmbInboxAuthorize authorize, gpointer user_data)
{
  ismb_subscribers_set_authorize (self->subscribers, authorize, user_data);
}

void
ismb_inbox_set_auto_subscribe (IsmbInbox *self, gboolean auto_subscribe)
{
  ismb_subscribers_set_auto_subscribe (self->subscribers, auto_subscribe);
}

void
ismb_inbox_add_feature (IsmbInbox *self, const char *feature)
{
  if (!g_ptr_array_find_with_equal_func (self->features, feature, g_str_equal, NULL))
    g_ptr_array_add (self->features, g_strdup (feature));
}
