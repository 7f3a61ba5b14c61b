/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.subscribers"

#include "config.h"
#include "ismb/client/ismb-subscribers.h"

#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/* Whoever is approved without being asked for fills a roster, and whoever rules a domain has all
 * the addresses there: so those of one other domain, and all together, are not approved beyond. */
#define SUBSCRIBERS_OF_DOMAIN_MAX 64
#define SUBSCRIBERS_MAX 1000

struct _IsmbSubscribers
{
  gpointer client; /* borrowed: it owns us; NULL: we are gone */
  IsmbRoster *roster;
  IsmbOwnPresence *own;
  IsmbSubscribersCallbacks callbacks;
};

static gboolean
is_of_domain (IsmbRosterItem *item, const char *domain)
{
  return domain == NULL
         || g_str_equal (ismb_jid_get_domain (ismb_roster_item_get_jid (item)), domain);
}

/* At that domain; NULL: all. */
static guint
count_subscribers (IsmbSubscribers *self, const char *domain)
{
  GListModel *items = G_LIST_MODEL (self->roster);
  guint count = 0;

  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    {
      g_autoptr (IsmbRosterItem) item = g_list_model_get_item (items, i);

      if (_ismb_roster_item_sees_us (item) && is_of_domain (item, domain))
        count++;
    }
  return count;
}

static gboolean
has_room_for (IsmbSubscribers *self, IsmbJid *from)
{
  IsmbJid *own = self->callbacks.get_own (self->client);
  IsmbRosterItem *item = _ismb_roster_find (self->roster, from);
  const char *domain = ismb_jid_get_domain (from);

  if ((item != NULL
       && (ismb_roster_item_get_whitelisted (item) || _ismb_roster_item_sees_us (item)))
      || (own != NULL && g_str_equal (ismb_jid_get_domain (own), domain)))
    return TRUE;
  return count_subscribers (self, domain) < SUBSCRIBERS_OF_DOMAIN_MAX
         && count_subscribers (self, NULL) < SUBSCRIBERS_MAX;
}

static void
send_type (IsmbSubscribers *self, IsmbJid *to, const char *type)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_own_presence_ask (self->own, to, type, &error))
    g_debug ("\"%s\" was not sent: %s", type, error->message);
}

static void
approve (IsmbSubscribers *self, IsmbRosterItem *item)
{
  IsmbJid *jid = ismb_roster_item_get_jid (item);
  gboolean ask_back = self->callbacks.asks_back (self->client)
                      && !ismb_roster_item_get_subscription_to (item);
  g_autoptr (GError) error = NULL;

  _ismb_roster_item_set_sight (item, ISMB_SIGHT_GRANTED);
  if (ask_back)
    _ismb_roster_item_set_asked_back (item, TRUE);
  if (!ismb_own_presence_authorize (self->own, jid, &error))
    g_debug ("%s was not approved: %s", ismb_jid_get_bare (jid), error->message);
  else if (ask_back && self->client != NULL)
    send_type (self, jid, "subscribe");
}

static IsmbAdmission
judge (IsmbSubscribers *self, IsmbJid *from)
{
  IsmbRosterItem *item = _ismb_roster_find (self->roster, from);

  return item != NULL && ismb_roster_item_get_whitelisted (item)
             ? ISMB_ADMISSION_APPROVE
             : self->callbacks.judge (self->client, from);
}

/* What waits for the program's answer is seen in the roster. */
static void
leave (IsmbSubscribers *self, IsmbJid *from)
{
  IsmbRosterItem *item = _ismb_roster_ensure (self->roster, from, TRUE);

  if (item != NULL)
    _ismb_roster_item_set_pending_in (item, TRUE);
}

static void
refuse (IsmbSubscribers *self, IsmbJid *from)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_own_presence_unauthorize (self->own, from, &error))
    g_debug ("%s was not refused: %s", ismb_jid_get_bare (from), error->message);
}

static void
answer_subscription (IsmbSubscribers *self, IsmbJid *from)
{
  IsmbAdmission admission = judge (self, from);
  g_autoptr (IsmbRosterItem) item = NULL;

  if (admission == ISMB_ADMISSION_LEAVE)
    leave (self, from);
  else if (admission == ISMB_ADMISSION_REFUSE)
    refuse (self, from);
  else if (has_room_for (self, from)
           && g_set_object (&item, _ismb_roster_ensure (self->roster, from, FALSE)))
    approve (self, item);
  else
    {
      g_info ("%s is not approved: there are too many subscribers", ismb_jid_get_bare (from));
      send_type (self, from, "unsubscribed");
    }
}

/* RFC 6121, 2.5.1: ends what is left of the subscription as well. */
static void
remove_item (IsmbSubscribers *self, IsmbJid *contact)
{
  g_autoptr (IsmbIq) request = ismb_iq_new (NULL, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (request));
  IsmbNode *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);

  ismb_tree_set (tree, item, "jid", ismb_jid_get_bare (contact));
  ismb_tree_set (tree, item, "subscription", "remove");
  self->callbacks.send (self->client, ISMB_STANZA (request));
}

/* What an approval made goes with the subscription, or rosters would only ever grow. */
static void
clear_away (IsmbSubscribers *self, IsmbRosterItem *item)
{
  gboolean asked_back = _ismb_roster_item_get_asked_back (item);
  gboolean wanted = ismb_roster_item_get_subscription_to (item) && !asked_back;

  _ismb_roster_item_set_asked_back (item, FALSE);
  if (_ismb_roster_item_is_plain (item) && !wanted)
    remove_item (self, ismb_roster_item_get_jid (item));
  else if (asked_back)
    send_type (self, ismb_roster_item_get_jid (item), "unsubscribe");
}

static void
end_subscription (IsmbSubscribers *self, IsmbJid *from)
{
  IsmbRosterItem *known = _ismb_roster_find (self->roster, from);
  g_autoptr (IsmbRosterItem) item = known != NULL ? g_object_ref (known) : NULL;

  if (item == NULL)
    return;
  _ismb_roster_item_set_sight (item, ISMB_SIGHT_ENDED);
  _ismb_roster_item_set_pending_in (item, FALSE);
  if (self->client != NULL && judge (self, from) == ISMB_ADMISSION_APPROVE)
    clear_away (self, item);
}

IsmbSubscribers *
ismb_subscribers_new (gpointer client, IsmbRoster *roster, IsmbOwnPresence *own,
                      const IsmbSubscribersCallbacks *callbacks)
{
  IsmbSubscribers *self = g_rc_box_new0 (IsmbSubscribers);

  self->client = client;
  self->roster = roster;
  self->own = own;
  self->callbacks = *callbacks;
  return self;
}

void
ismb_subscribers_free (IsmbSubscribers *self)
{
  self->client = NULL;
  g_rc_box_release (self);
}

/* SleekXMPP's order: the answer, and then whoever hears of the request by this event. */
void
ismb_subscribers_take (IsmbSubscribers *self, const char *type, IsmbJid *from,
                       IsmbPresence *presence)
{
  static const char *const events[][2] = { { "subscribe", "roster_subscription_request" },
                                           { "subscribed", "roster_subscription_authorized" },
                                           { "unsubscribe", "roster_subscription_remove" },
                                           { "unsubscribed", "roster_subscription_removed" } };
  const char *event = NULL;

  for (gsize i = 0; event == NULL && i < G_N_ELEMENTS (events); i++)
    event = g_str_equal (type, events[i][0]) ? events[i][1] : NULL;
  if (event == NULL)
    return;
  g_rc_box_acquire (self);
  if (from != NULL && g_str_equal (type, "subscribe"))
    answer_subscription (self, from);
  else if (from != NULL && g_str_equal (type, "unsubscribe"))
    end_subscription (self, from);
  if (self->client != NULL)
    self->callbacks.event (self->client, event, G_OBJECT (presence));
  g_rc_box_release (self);
}

/* An answer by the program. What it says to who has not asked is no more than a word on account
 * (RFC 6121, 3.4). */
void
ismb_subscribers_note (IsmbSubscribers *self, IsmbPresence *presence)
{
  IsmbJid *to = ismb_stanza_get_to_jid (ISMB_STANZA (presence));
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));
  IsmbRosterItem *item = to != NULL ? _ismb_roster_find (self->roster, to) : NULL;
  gboolean refused = g_str_equal (type, "unsubscribed");

  if (item == NULL || (!refused && !g_str_equal (type, "subscribed")))
    return;
  if (refused || ismb_roster_item_get_pending_in (item))
    _ismb_roster_item_set_sight (item, refused ? ISMB_SIGHT_ENDED : ISMB_SIGHT_GRANTED);
  _ismb_roster_item_set_pending_in (item, FALSE);
}
