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
  gpointer client; /* borrowed: it owns us */
  IsmbRoster *roster;
  IsmbSubscribersCallbacks callbacks;
  IsmbSubscribersAuthorize authorize;
  gpointer authorize_data;
  gboolean auto_subscribe;
};

static void
send_subscription (IsmbSubscribers *self, IsmbJid *to, const char *type)
{
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (to);
  g_autoptr (IsmbPresence) presence = ismb_presence_new (bare, type);

  self->callbacks.send (self->client, ISMB_STANZA (presence));
}

static gboolean
has_room_for (IsmbSubscribers *self, IsmbJid *from)
{
  const char *subscription = ismb_roster_get_subscription (self->roster, ismb_jid_get_bare (from));
  IsmbJid *own = self->callbacks.get_own (self->client);
  const char *domain = ismb_jid_get_domain (from);

  if (g_str_equal (subscription, "from") || g_str_equal (subscription, "both")
      || (own != NULL && g_str_equal (ismb_jid_get_domain (own), domain)))
    return TRUE;
  return _ismb_roster_count_subscribers (self->roster, domain) < SUBSCRIBERS_OF_DOMAIN_MAX
         && _ismb_roster_count_subscribers (self->roster, NULL) < SUBSCRIBERS_MAX;
}

static void
answer_subscription (IsmbSubscribers *self, IsmbJid *from)
{
  const char *subscription = ismb_roster_get_subscription (self->roster, ismb_jid_get_bare (from));
  gboolean ask_back = self->auto_subscribe && !g_str_equal (subscription, "to")
                      && !g_str_equal (subscription, "both");

  if (!self->authorize (self->client, from, self->authorize_data))
    return;
  if (!has_room_for (self, from) || !_ismb_roster_approve (self->roster, from, ask_back))
    {
      g_info ("%s is not approved: there are too many subscribers", ismb_jid_get_bare (from));
      send_subscription (self, from, "unsubscribed");
      return;
    }
  send_subscription (self, from, "subscribed");
  if (ask_back)
    send_subscription (self, from, "subscribe");
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
end_subscription (IsmbSubscribers *self, IsmbJid *from)
{
  gboolean asked_back;

  if (!self->authorize (self->client, from, self->authorize_data))
    return;
  if (_ismb_roster_withdraw (self->roster, from, &asked_back))
    remove_item (self, from);
  else if (asked_back)
    send_subscription (self, from, "unsubscribe");
}

IsmbSubscribers *
ismb_subscribers_new (gpointer client, IsmbRoster *roster,
                      const IsmbSubscribersCallbacks *callbacks)
{
  IsmbSubscribers *self = g_new0 (IsmbSubscribers, 1);

  self->client = client;
  self->roster = roster;
  self->callbacks = *callbacks;
  self->authorize = callbacks->authorize;
  self->auto_subscribe = TRUE;
  return self;
}

void
ismb_subscribers_free (IsmbSubscribers *self)
{
  g_free (self);
}

void
ismb_subscribers_take (IsmbSubscribers *self, IsmbPresence *presence)
{
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (presence));

  if (from != NULL && g_str_equal (type, "subscribe"))
    answer_subscription (self, from);
  else if (from != NULL && g_str_equal (type, "unsubscribe"))
    end_subscription (self, from);
}

void
ismb_subscribers_set_authorize (IsmbSubscribers *self, IsmbSubscribersAuthorize authorize,
                                gpointer user_data)
{
  self->authorize = authorize != NULL ? authorize : self->callbacks.authorize;
  self->authorize_data = user_data;
}

void
ismb_subscribers_set_auto_subscribe (IsmbSubscribers *self, gboolean auto_subscribe)
{
  self->auto_subscribe = auto_subscribe;
}
