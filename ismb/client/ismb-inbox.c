/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.inbox"

#include "config.h"
#include "ismb/client/ismb-inbox.h"

#include "ismb/client/ismb-content-events.h"
#include "ismb/client/ismb-repeats.h"
#include "ismb/client/ismb-roster-private.h"
#include "ismb/client/ismb-takers.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-stanza-private.h"

struct _IsmbInbox
{
  gpointer client; /* borrowed: it owns us; NULL: we are gone */
  IsmbRoster *roster;
  IsmbRequests *requests;
  IsmbTakers *takers;
  IsmbInboxCallbacks callbacks;
  IsmbSubscribers *subscribers;
  IsmbRepeats *repeats;
  IsmbContentEvents *content;
};

/* Whoever was told or sent something before may have ended the client. */
static void
emit (IsmbInbox *self, const char *event, gpointer payload)
{
  if (self->client != NULL)
    self->callbacks.event (self->client, event, payload);
}

/* For a stanza of which more than this event is told, or that we look at afterwards: a handler may
 * turn what it gets into its reply. */
static void
emit_copy (IsmbInbox *self, const char *event, gpointer stanza)
{
  g_autoptr (IsmbStanza) copy = NULL;

  if (self->client == NULL || !self->callbacks.is_heard (self->client, event))
    return;
  copy = ismb_stanza_copy (stanza);
  emit (self, event, copy);
}

/* Whether one of them has a handler. `content` may be NULL: there are none. `last`: nothing else
 * becomes of the stanza. */
static gboolean
emit_content (IsmbInbox *self, const GPtrArray *content, gboolean last)
{
  gboolean heard = FALSE;

  for (guint i = 0; content != NULL && i < content->len && self->client != NULL; i++)
    {
      const IsmbContentEvent *event = content->pdata[i];

      if (self->callbacks.count_handlers (self->client, event->event) > 0)
        heard = TRUE;
      (last && i + 1 == content->len ? emit : emit_copy) (self, event->event, event->stanza);
    }
  return heard;
}

static void
answer (IsmbInbox *self, IsmbIq *reply)
{
  if (reply != NULL && self->client != NULL)
    self->callbacks.send (self->client, ISMB_STANZA (reply));
}

/* Messages */

static void
take_message (IsmbInbox *self, IsmbMessage *message, const GPtrArray *content)
{
  gboolean is_error = ismb_stanza_is_error (ISMB_STANZA (message));

  if (ismb_message_get_body (message) != NULL)
    (is_error || content != NULL ? emit_copy : emit) (self, "message", message);
  if (is_error)
    (content != NULL ? emit_copy : emit) (self, "message_error", message);
  emit_content (self, content, TRUE);
}

/* Presence, in SleekXMPP's order: the events of the stanza, those of what it carries, and then what
 * it changed. */

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
emit_changes (IsmbInbox *self, IsmbRosterChange change, IsmbPresence *presence)
{
  if (change & ISMB_ROSTER_GOT_ONLINE)
    emit_copy (self, "got_online", presence);
  if (change & ISMB_ROSTER_CHANGED_STATUS)
    emit_copy (self, "changed_status", presence);
  if (change & ISMB_ROSTER_GOT_OFFLINE)
    emit_copy (self, "got_offline", presence);
}

static void
take_presence (IsmbInbox *self, IsmbPresence *presence, const GPtrArray *content)
{
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));
  g_autofree char *event = g_strconcat ("presence_", type, NULL);
  IsmbRosterChange change = _ismb_roster_take_presence (self->roster, presence);

  emit_copy (self, "presence", presence);
  if (is_known_type (type))
    emit_copy (self, event, presence);
  if (is_subscription (type))
    emit_copy (self, "changed_subscription", presence);
  emit_content (self, content, FALSE);
  emit_changes (self, change, presence);
  if (self->client != NULL)
    ismb_subscribers_take (self->subscribers, type, ismb_stanza_get_from_jid (ISMB_STANZA (presence)),
                           presence);
}

/* iq */

/* RFC 6120, 8.2.3: a request has one payload. */
static void
refuse (IsmbInbox *self, IsmbIq *request)
{
  const char *condition = ismb_iq_get_payload_name (request) != NULL ? "feature-not-implemented"
                                                                      : "bad-request";

  answer (self, ismb_iq_reply_error (request, condition, NULL));
}

static gboolean
is_answer (IsmbStanza *stanza)
{
  const char *type = ISMB_IS_IQ (stanza) ? ismb_stanza_get_stanza_type (stanza) : "";

  return g_str_equal (type, "result") || g_str_equal (type, "error");
}

/* Whoever asked may do with the answer what he likes. */
static void
take_answer (IsmbInbox *self, IsmbIq *iq, gboolean shared)
{
  g_autoptr (IsmbStanza) own = shared ? ismb_stanza_copy (ISMB_STANZA (iq))
                                      : g_object_ref (ISMB_STANZA (iq));

  ismb_requests_answer (self->requests, ISMB_IQ (own), self->callbacks.get_own (self->client));
}

static gboolean
offer (IsmbInbox *self, IsmbStanza *stanza, const GPtrArray *content)
{
  g_autoptr (GPtrArray) found = ismb_takers_find (self->takers, stanza);

  if (is_answer (stanza))
    take_answer (self, ISMB_IQ (stanza), found != NULL || content != NULL);
  return found != NULL && self->client != NULL
         && ismb_takers_offer (self->takers, found, stanza);
}

/* Whoever handles an event that a request makes has taken it. */
static void
take_iq (IsmbInbox *self, IsmbIq *iq, const GPtrArray *content)
{
  gboolean asks = !is_answer (ISMB_STANZA (iq));

  if (!emit_content (self, content, TRUE) && asks)
    refuse (self, iq);
}

/* What a client does with what nobody took from it. */
static void
take (IsmbInbox *self, IsmbStanza *stanza, const GPtrArray *content)
{
  if (ISMB_IS_MESSAGE (stanza))
    take_message (self, ISMB_MESSAGE (stanza), content);
  else if (ISMB_IS_PRESENCE (stanza))
    take_presence (self, ISMB_PRESENCE (stanza), content);
  else
    take_iq (self, ISMB_IQ (stanza), content);
}

static void
take_admitted (IsmbInbox *self, IsmbStanza *stanza)
{
  IsmbJid *own = self->callbacks.get_own (self->client);
  g_autoptr (GPtrArray) content = ismb_content_events_find (self->content, stanza, own);

  if (!offer (self, stanza, content) && self->client != NULL)
    take (self, stanza, content);
}

void
ismb_inbox_take (IsmbInbox *self, IsmbStanza *stanza)
{
  if (ISMB_IS_MESSAGE (stanza) && ismb_repeats_note (self->repeats, ISMB_MESSAGE (stanza)))
    return;
  if (ismb_stanza_get_to_jid (stanza) == NULL)
    ismb_stanza_set_to_jid (stanza, self->callbacks.get_own (self->client));
  g_rc_box_acquire (self);
  if (self->callbacks.admit (self->client, stanza) && self->client != NULL)
    take_admitted (self, stanza);
  g_rc_box_release (self);
}

IsmbInbox *
ismb_inbox_new (gpointer client, IsmbRoster *roster, IsmbSubscribers *subscribers,
                IsmbRequests *requests, const IsmbInboxCallbacks *callbacks)
{
  const IsmbTakersCallbacks for_takers = { callbacks->event, callbacks->send };
  IsmbInbox *self = g_rc_box_new0 (IsmbInbox);

  self->client = client;
  self->roster = roster;
  self->subscribers = subscribers;
  self->requests = requests;
  self->takers = ismb_takers_new (client, &for_takers);
  self->repeats = ismb_repeats_new ();
  self->content = ismb_content_events_new ();
  self->callbacks = *callbacks;
  return self;
}

void
ismb_inbox_free (IsmbInbox *self)
{
  self->client = NULL;
  ismb_takers_free (self->takers);
  ismb_repeats_free (self->repeats);
  ismb_content_events_free (self->content);
  g_rc_box_release (self);
}

IsmbHandlers *
ismb_inbox_get_handlers (IsmbInbox *self)
{
  return ismb_takers_get_handlers (self->takers);
}

void
ismb_inbox_map_node (IsmbInbox *self, const char *node, const char *name)
{
  ismb_content_events_map_node (self->content, node, name);
}

void
ismb_inbox_note_sent (IsmbInbox *self, IsmbStanza *stanza)
{
  ismb_takers_note_sent (self->takers, stanza);
}
