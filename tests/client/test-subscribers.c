/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client answers by itself to those who want to see its presence. */
#include "config.h"
#include "ismb/client/ismb-subscribers.h"

#include <string.h>

#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

#define OWN "sw1.001122"

typedef struct
{
  IsmbJid *own;
  IsmbOwnPresence *presence;
  IsmbRoster *roster;
  IsmbSubscribers *subscribers;
  GString *sent; /* "type address\n"; "remove address\n" */
  GString *events;
  IsmbAdmission admission;
  gboolean asks_back;
} Fixture;

static void
on_event (gpointer client, const char *event, GObject *payload)
{
  g_string_append_printf (((Fixture *) client)->events, "%s ", event);
}

static void
on_send (gpointer client, IsmbStanza *stanza)
{
  Fixture *fixture = client;
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *query = ismb_node_find (ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  IsmbNode *item = query != NULL ? ismb_node_find (query, "item", ISMB_NS_ROSTER) : NULL;

  if (item == NULL)
    g_string_append_printf (fixture->sent, "%s %s\n", ismb_stanza_get_stanza_type (stanza),
                            ismb_jid_get_full (ismb_stanza_get_to_jid (stanza)));
  else
    g_string_append_printf (fixture->sent, "%s %s\n", ismb_node_get (item, "subscription"),
                            ismb_node_get (item, "jid"));
}

static IsmbJid *
on_get_own (gpointer client)
{
  return ((Fixture *) client)->own;
}

/* As a client does. */
static gboolean
on_presence (gpointer client, IsmbStanza *stanza, GError **error)
{
  Fixture *fixture = client;

  on_send (client, stanza);
  ismb_subscribers_note (fixture->subscribers, ISMB_PRESENCE (stanza));
  ismb_own_presence_note (fixture->presence, ISMB_PRESENCE (stanza));
  return TRUE;
}

static IsmbAdmission
on_judge (gpointer client, IsmbJid *from)
{
  return ((Fixture *) client)->admission;
}

static gboolean
on_asks_back (gpointer client)
{
  return ((Fixture *) client)->asks_back;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const IsmbSubscribersCallbacks callbacks = { on_event, on_send, on_get_own, on_judge,
                                                      on_asks_back };

  fixture->own = ismb_jid_new ("switch@" OWN "/here", NULL);
  fixture->presence = ismb_own_presence_new (fixture, on_presence);
  fixture->roster = _ismb_roster_new (fixture->presence);
  fixture->sent = g_string_new (NULL);
  fixture->events = g_string_new (NULL);
  fixture->subscribers =
      ismb_subscribers_new (fixture, fixture->roster, fixture->presence, &callbacks);
  fixture->admission = ISMB_ADMISSION_APPROVE;
  fixture->asks_back = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_subscribers_free (fixture->subscribers);
  g_assert_finalize_object (fixture->roster);
  ismb_own_presence_unref (fixture->presence);
  g_object_unref (fixture->own);
  g_string_free (fixture->sent, TRUE);
  g_string_free (fixture->events, TRUE);
}

static void
take (Fixture *fixture, const char *from, const char *type)
{
  g_autoptr (IsmbPresence) presence = ismb_presence_new (fixture->own, type);
  g_autoptr (IsmbJid) jid = ismb_jid_new (from, NULL);

  ismb_stanza_set_from_jid (ISMB_STANZA (presence), jid);
  g_string_truncate (fixture->sent, 0);
  g_string_truncate (fixture->events, 0);
  ismb_subscribers_take (fixture->subscribers, type, jid, presence);
}

static guint
count_approved (Fixture *fixture, const char *domain, guint asking)
{
  guint approved = 0;

  for (guint i = 0; i < asking; i++)
    {
      g_autofree char *from = g_strdup_printf ("a%u@%s", i, domain);

      take (fixture, from, "subscribe");
      if (g_str_has_prefix (fixture->sent->str, "subscribed "))
        approved++;
      else
        g_assert_true (g_str_has_prefix (fixture->sent->str, "unsubscribed "));
    }
  return approved;
}

/* A whole domain is one switch's to invent addresses in; it gets a share and no more. */
static void
test_domains_have_shares (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (count_approved (fixture, "evil.000000", 100), ==, 64);
  g_assert_cmpuint (count_approved (fixture, "sw2.001122", 3), ==, 3);
  g_assert_cmpuint (count_approved (fixture, OWN, 100), ==, 100);
  take (fixture, "a7@evil.000000", "subscribe"); /* who is there, stays there */
  g_assert_true (g_str_has_prefix (fixture->sent->str, "subscribed a7@evil.000000\n"));
  take (fixture, "a7@evil.000000", "unsubscribe");
  take (fixture, "a99@evil.000000", "subscribe");
  g_assert_true (g_str_has_prefix (fixture->sent->str, "subscribed "));
}

static void
test_all_domains_have_a_share (Fixture *fixture, gconstpointer data)
{
  guint approved = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *domain = g_strdup_printf ("sw%u.000000", i);

      approved += count_approved (fixture, domain, 64);
    }
  g_assert_cmpuint (approved, ==, 1000);
  g_assert_cmpuint (count_approved (fixture, OWN, 1), ==, 1);
}

static void
test_asks_back (Fixture *fixture, gconstpointer data)
{
  take (fixture, "ada@sw2.001122", "subscribe");
  g_assert_cmpstr (fixture->sent->str, ==,
                   "subscribed ada@sw2.001122\nsubscribe ada@sw2.001122\n");
  take (fixture, "ada@sw2.001122", "unsubscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "unsubscribe ada@sw2.001122\n");
  fixture->asks_back = FALSE;
  take (fixture, "ada@sw2.001122", "subscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "subscribed ada@sw2.001122\n");
}

static void
take_item (Fixture *fixture, const char *jid, const char *subscription, const char *name)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (NULL, "result");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);

  ismb_tree_set (tree, item, "jid", jid);
  ismb_tree_set (tree, item, "subscription", subscription);
  if (name != NULL)
    ismb_tree_set (tree, item, "name", name);
  _ismb_roster_take_items (fixture->roster, iq, FALSE);
}

/* Also those of an earlier session; what somebody named, or asked for, is not the automatism's. */
static void
test_clears_away (Fixture *fixture, gconstpointer data)
{
  take_item (fixture, "ada@sw2.001122", "from", NULL);
  take_item (fixture, "bob@sw2.001122", "from", "Bob");
  take_item (fixture, "eve@sw2.001122", "both", NULL);
  take (fixture, "ada@sw2.001122", "unsubscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "remove ada@sw2.001122\n");
  take (fixture, "bob@sw2.001122", "unsubscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "");
  take (fixture, "eve@sw2.001122", "unsubscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "");
}

/* Who is let see us, sees us at once as everybody else does. */
static void
test_tells_last_presence (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbPresence) presence = ismb_presence_new (NULL, "dnd");

  fixture->asks_back = FALSE;
  ismb_own_presence_note (fixture->presence, presence);
  take (fixture, "ada@sw2.001122/here", "subscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "subscribed ada@sw2.001122\ndnd ada@sw2.001122\n");
  g_assert_cmpstr (fixture->events->str, ==, "roster_subscription_request ");
}

static void
test_refuses (Fixture *fixture, gconstpointer data)
{
  fixture->admission = ISMB_ADMISSION_REFUSE;
  take (fixture, "ada@sw2.001122", "subscribe");
  g_assert_cmpstr (fixture->sent->str, ==,
                   "unsubscribed ada@sw2.001122\nunavailable ada@sw2.001122\n");
  g_assert_null (ismb_roster_lookup (fixture->roster, "ada@sw2.001122"));
}

static void
test_leaves_to_the_program (Fixture *fixture, gconstpointer data)
{
  IsmbRosterItem *item;
  g_autoptr (GError) error = NULL;

  fixture->admission = ISMB_ADMISSION_LEAVE;
  take (fixture, "ada@sw2.001122", "subscribe");
  g_assert_cmpstr (fixture->sent->str, ==, "");
  g_assert_cmpstr (fixture->events->str, ==, "roster_subscription_request ");
  item = ismb_roster_lookup (fixture->roster, "ada@sw2.001122");
  g_assert_true (ismb_roster_item_get_pending_in (item));
  ismb_roster_item_authorize (item, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->sent->str, ==, "subscribed ada@sw2.001122\n");
  g_assert_false (ismb_roster_item_get_pending_in (item));
  take (fixture, "ada@sw2.001122", "unsubscribe"); /* nor is it cleared away */
  g_assert_cmpstr (fixture->sent->str, ==, "");
  g_assert_cmpstr (fixture->events->str, ==, "roster_subscription_remove ");
}

static void
test_whitelist_beats_all (Fixture *fixture, gconstpointer data)
{
  IsmbRosterItem *item = ismb_roster_add (fixture->roster, "ada@sw2.001122", NULL);

  fixture->admission = ISMB_ADMISSION_REFUSE;
  ismb_roster_item_set_whitelisted (item, TRUE);
  take (fixture, "ada@sw2.001122", "subscribe");
  g_assert_true (g_str_has_prefix (fixture->sent->str, "subscribed ada@sw2.001122\n"));
}

static void
test_tells_answers (Fixture *fixture, gconstpointer data)
{
  take (fixture, "ada@sw2.001122", "subscribed");
  g_assert_cmpstr (fixture->events->str, ==, "roster_subscription_authorized ");
  take (fixture, "ada@sw2.001122", "unsubscribed");
  g_assert_cmpstr (fixture->events->str, ==, "roster_subscription_removed ");
  take (fixture, "ada@sw2.001122", "unavailable");
  g_assert_cmpstr (fixture->events->str, ==, "");
  g_assert_cmpstr (fixture->sent->str, ==, "");
}

/* A contact that outlives its client says so. */
static void
test_client_is_gone (Fixture *fixture, gconstpointer data)
{
  IsmbRosterItem *item = ismb_roster_add (fixture->roster, "ada@sw2.001122", NULL);
  g_autoptr (GError) error = NULL;

  ismb_own_presence_mute (fixture->presence);
  g_assert_false (ismb_roster_item_subscribe (item, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
  g_assert_cmpstr (fixture->sent->str, ==, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/subscribers/domains-have-shares", test_domains_have_shares);
  ADD ("/subscribers/all-domains-have-a-share", test_all_domains_have_a_share);
  ADD ("/subscribers/asks-back", test_asks_back);
  ADD ("/subscribers/clears-away", test_clears_away);
  ADD ("/subscribers/tells-last-presence", test_tells_last_presence);
  ADD ("/subscribers/refuses", test_refuses);
  ADD ("/subscribers/leaves-to-the-program", test_leaves_to_the_program);
  ADD ("/subscribers/whitelist-beats-all", test_whitelist_beats_all);
  ADD ("/subscribers/tells-answers", test_tells_answers);
  ADD ("/subscribers/client-is-gone", test_client_is_gone);
#undef ADD
  return g_test_run ();
}
