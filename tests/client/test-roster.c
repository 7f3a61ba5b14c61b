/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The roster as a list of lists, and what of it one can rely on. */
#include "config.h"
#include "ismb/client/ismb-roster.h"

#include <string.h>

#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/* A list that somebody keeps by its changes alone. */
typedef struct
{
  GListModel *model;
  GPtrArray *items;
  guint changes;
} Mirror;

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, Mirror *mirror)
{
  mirror->changes++;
  g_assert_cmpuint (position + removed, <=, mirror->items->len);
  if (removed > 0)
    g_ptr_array_remove_range (mirror->items, position, removed);
  for (guint i = 0; i < added; i++)
    {
      gpointer item = g_list_model_get_item (model, position + i);

      g_assert_nonnull (item);
      g_ptr_array_insert (mirror->items, position + i, item);
    }
}

static Mirror *
mirror_new (gpointer model)
{
  Mirror *mirror = g_new0 (Mirror, 1);

  mirror->model = g_object_ref (model);
  mirror->items = g_ptr_array_new_with_free_func (g_object_unref);
  on_items_changed (model, 0, 0, g_list_model_get_n_items (model), mirror);
  mirror->changes = 0;
  g_signal_connect (model, "items-changed", G_CALLBACK (on_items_changed), mirror);
  return mirror;
}

static void
mirror_free (gpointer data)
{
  Mirror *mirror = data;

  g_signal_handlers_disconnect_by_data (mirror->model, mirror);
  g_object_unref (mirror->model);
  g_ptr_array_unref (mirror->items);
  g_free (mirror);
}

static void
mirror_check (Mirror *mirror)
{
  g_assert_cmpuint (g_list_model_get_n_items (mirror->model), ==, mirror->items->len);
  for (guint i = 0; i < mirror->items->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (mirror->model, i);

      g_assert_true (item == mirror->items->pdata[i]);
    }
  g_assert_null (g_list_model_get_item (mirror->model, mirror->items->len));
}

/* What a server says */

static gboolean
send_nothing (gpointer client, IsmbStanza *stanza, GError **error)
{
  g_assert_not_reached ();
}

static IsmbRoster *
make_roster (void)
{
  g_autoptr (IsmbOwnPresence) own = ismb_own_presence_new (NULL, send_nothing);

  return _ismb_roster_new (own);
}

static IsmbIq *
start_items (IsmbNode **query)
{
  IsmbIq *iq = ismb_iq_new (NULL, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  return iq;
}

static IsmbNode *
add_item (IsmbIq *iq, IsmbNode *query, const char *jid, const char *subscription)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);

  ismb_tree_set (tree, item, "jid", jid);
  ismb_tree_set (tree, item, "subscription", subscription);
  return item;
}

static void
push (IsmbRoster *roster, const char *jid, const char *subscription)
{
  IsmbNode *query;
  g_autoptr (IsmbIq) iq = start_items (&query);

  add_item (iq, query, jid, subscription);
  _ismb_roster_take_items (roster, iq, FALSE);
}

/* `jids`: NULL at the end. */
static void
fetch (IsmbRoster *roster, const char *const *jids)
{
  IsmbNode *query;
  g_autoptr (IsmbIq) iq = start_items (&query);

  for (guint i = 0; jids[i] != NULL; i++)
    add_item (iq, query, jids[i], "both");
  _ismb_roster_take_items (roster, iq, TRUE);
}

static IsmbPresence *
make_presence (const char *from, const char *type)
{
  IsmbPresence *presence = ismb_presence_new (NULL, type);
  g_autoptr (IsmbJid) jid = ismb_jid_new (from, NULL);

  ismb_stanza_set_from_jid (ISMB_STANZA (presence), jid);
  return presence;
}

static IsmbRosterChange
come (IsmbRoster *roster, const char *from, const char *type)
{
  g_autoptr (IsmbPresence) presence = make_presence (from, type);

  return _ismb_roster_take_presence (roster, presence);
}

/* The list */

static char *
join_jids (IsmbRoster *roster)
{
  g_auto (GStrv) jids = ismb_roster_list_jids (roster);

  return g_strjoinv (" ", jids);
}

static void
assert_jids (IsmbRoster *roster, const char *expected)
{
  g_autofree char *jids = join_jids (roster);

  g_assert_cmpstr (jids, ==, expected);
}

static void
test_sorted (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();

  push (roster, "eve@b", "both");
  push (roster, "ada@b", "both");
  come (roster, "bob@b/x", NULL);
  push (roster, "ada@a", "both");
  push (roster, "EVE@B", "to"); /* the same */
  push (roster, "", "both");    /* none */
  assert_jids (roster, "ada@a ada@b bob@b eve@b");
  push (roster, "ada@b", "remove");
  push (roster, "nobody@b", "remove");
  assert_jids (roster, "ada@a bob@b eve@b");
  g_assert_cmpstr (ismb_roster_get_subscription (roster, "eve@b/any"), ==, "to");
}

static void
test_fetch_is_one_change (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  Mirror *mirror = mirror_new (roster);

  fetch (roster, (const char *[]){ "c@x", "a@x", "b@x", "a@x", NULL });
  assert_jids (roster, "a@x b@x c@x");
  g_assert_cmpuint (mirror->changes, ==, 1);
  fetch (roster, (const char *[]){ "b@x", "c@x", "a@x", NULL });
  g_assert_cmpuint (mirror->changes, ==, 1);
  fetch (roster, (const char *[]){ "a@x", "d@x", "c@x", NULL });
  assert_jids (roster, "a@x c@x d@x");
  g_assert_cmpuint (mirror->changes, ==, 2);
  mirror_check (mirror);
  mirror_free (mirror);
}

static void
test_fetch_keeps_who_is_there (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbRosterItem) here = NULL;

  fetch (roster, (const char *[]){ "here@x", "away@x", "white@x", NULL });
  come (roster, "here@x/1", NULL);
  come (roster, "stranger@x/1", NULL);
  ismb_roster_item_set_whitelisted (ismb_roster_lookup (roster, "white@x"), TRUE);
  g_set_object (&here, ismb_roster_lookup (roster, "here@x"));
  fetch (roster, (const char *[]){ "new@x", NULL });
  assert_jids (roster, "here@x new@x stranger@x white@x");
  g_assert_true (ismb_roster_lookup (roster, "here@x") == here);
  g_assert_false (ismb_roster_item_get_listed (here));
  g_assert_cmpstr (ismb_roster_item_get_subscription (here), ==, "none");
}

/* XEP-0237: the roster is the one that was told last. */
static void
test_empty_result_keeps_all (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbIq) empty = ismb_iq_new (NULL, "result");
  IsmbNode *query;
  g_autoptr (IsmbIq) iq = start_items (&query);

  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), query, "ver", "v1");
  add_item (iq, query, "a@x", "both");
  g_assert_null (ismb_roster_get_version (roster));
  _ismb_roster_take_items (roster, iq, TRUE);
  _ismb_roster_take_items (roster, empty, TRUE);
  assert_jids (roster, "a@x");
  g_assert_cmpstr (ismb_roster_get_version (roster), ==, "v1");
}

/* Contacts */

static void
count_notify (GObject *object, GParamSpec *pspec, GString *told)
{
  g_string_append_printf (told, "%s ", pspec->name);
}

static void
test_item_tells_changes (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (GString) told = g_string_new (NULL);
  IsmbNode *query;
  g_autoptr (IsmbIq) iq = start_items (&query);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *node = add_item (iq, query, "a@x", "from");
  IsmbRosterItem *item;

  push (roster, "a@x", "from");
  item = ismb_roster_lookup (roster, "a@x");
  g_signal_connect (item, "notify", G_CALLBACK (count_notify), told);
  _ismb_roster_take_items (roster, iq, FALSE);
  g_assert_cmpstr (told->str, ==, "");
  ismb_tree_set (tree, node, "name", "Ada");
  ismb_tree_set (tree, node, "subscription", "both");
  ismb_tree_set (tree, node, "ask", "subscribe");
  ismb_tree_add_leaf (tree, node, "group", ISMB_NS_ROSTER, "friends");
  _ismb_roster_take_items (roster, iq, FALSE);
  g_assert_cmpstr (told->str, ==, "subscription-to subscription pending-out groups name ");
  g_assert_cmpstr (ismb_roster_item_get_name (item), ==, "Ada");
  g_assert_cmpstr (ismb_roster_item_get_groups (item)[0], ==, "friends");
  g_assert_true (ismb_roster_item_get_subscription_from (item));
  g_assert_true (ismb_roster_item_get_subscription_to (item));
  g_assert_true (ismb_roster_item_get_pending_out (item));
}

static void
test_groups (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  IsmbNode *query;
  g_autoptr (IsmbIq) iq = start_items (&query);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *node = add_item (iq, query, "b@x", "both");
  g_auto (GStrv) groups = NULL;
  g_autofree char *joined = NULL;
  g_auto (GStrv) work = NULL, none = NULL;

  ismb_tree_add_leaf (tree, node, "group", ISMB_NS_ROSTER, "work");
  ismb_tree_add_leaf (tree, node, "group", ISMB_NS_ROSTER, "friends");
  node = add_item (iq, query, "a@x", "both");
  ismb_tree_add_leaf (tree, node, "group", ISMB_NS_ROSTER, "work");
  add_item (iq, query, "c@x", "both");
  _ismb_roster_take_items (roster, iq, TRUE);
  groups = ismb_roster_list_groups (roster);
  joined = g_strjoinv (" ", groups);
  g_assert_cmpstr (joined, ==, "friends work");
  work = ismb_roster_list_group_jids (roster, "work");
  g_assert_cmpstrv (work, ((const char *[]){ "a@x", "b@x", NULL }));
  none = ismb_roster_list_group_jids (roster, NULL);
  g_assert_cmpstrv (none, ((const char *[]){ "c@x", NULL }));
}

static void
test_add (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  IsmbRosterItem *item = ismb_roster_add (roster, "Ada@x/1", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ismb_jid_get_full (ismb_roster_item_get_jid (item)), ==, "ada@x");
  g_assert_true (ismb_roster_add (roster, "ada@x", NULL) == item);
  g_assert_true (ismb_roster_lookup (roster, "ADA@x/other") == item);
  g_assert_null (ismb_roster_lookup (roster, "bob@x"));
  g_assert_null (ismb_roster_add (roster, "@", &error));
  g_assert_nonnull (error);
}

/* Presence */

static void
test_changes_of_presence (void)
{
  const IsmbRosterChange status = ISMB_ROSTER_CHANGED_STATUS;
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbPresence) busy = make_presence ("a@x/1", "dnd");

  g_assert_cmpuint (come (roster, "a@x/1", "unavailable"), ==, 0);
  g_assert_cmpuint (come (roster, "a@x/1", NULL), ==, ISMB_ROSTER_GOT_ONLINE | status);
  g_assert_cmpuint (come (roster, "a@x/1", NULL), ==, 0);
  g_assert_cmpuint (come (roster, "a@x/2", "away"), ==, status);
  g_assert_cmpuint (come (roster, "a@x/1", "dnd"), ==, status);
  ismb_presence_set_priority (busy, 3); /* no status */
  g_assert_cmpuint (_ismb_roster_take_presence (roster, busy), ==, 0);
  ismb_presence_set_status (busy, "later");
  g_assert_cmpuint (_ismb_roster_take_presence (roster, busy), ==, status);
  g_assert_cmpuint (come (roster, "a@x", "unavailable"), ==, 0);
  g_assert_cmpuint (come (roster, "a@x/1", "unavailable"), ==, status);
  g_assert_cmpuint (come (roster, "a@x/1", "unavailable"), ==, 0);
  g_assert_cmpuint (come (roster, "a@x/2", "unavailable"), ==, ISMB_ROSTER_GOT_OFFLINE | status);
  g_assert_cmpuint (come (roster, "a@x/1", "subscribe"), ==, 0);
  g_assert_cmpuint (come (roster, "a@x/1", "error"), ==, 0);
}

static void
test_resource_is_described (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbPresence) presence = make_presence ("a@x/1", "away");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (presence));
  IsmbNode *node = ismb_tree_add (tree, ismb_tree_root (tree), "c", ISMB_NS_CAPS);
  g_autofree char *long_text = g_strnfill (1022, 'x');
  g_autofree char *status = g_strconcat (long_text, "\xc3\xa4 and more", NULL);
  IsmbRosterResource *resource;

  ismb_tree_set (tree, node, "node", "urn:some:client");
  ismb_tree_set (tree, node, "ver", "abc=");
  ismb_tree_set (tree, node, "hash", "sha-1");
  node = ismb_tree_add (tree, ismb_tree_root (tree), "idle", ISMB_NS_IDLE);
  ismb_tree_set (tree, node, "since", "2026-01-02T03:04:05Z");
  node = ismb_tree_add (tree, ismb_tree_root (tree), "delay", ISMB_NS_DELAY);
  ismb_tree_set (tree, node, "stamp", "2026-01-02T03:05:05Z");
  ismb_presence_set_status (presence, status);
  ismb_presence_set_priority (presence, -5);
  _ismb_roster_take_presence (roster, presence);
  resource = ismb_roster_item_get_best_resource (ismb_roster_lookup (roster, "a@x"));
  g_assert_cmpstr (ismb_jid_get_full (ismb_roster_resource_get_jid (resource)), ==, "a@x/1");
  g_assert_cmpstr (ismb_roster_resource_get_show (resource), ==, "away");
  g_assert_cmpstr (ismb_roster_resource_get_status (resource), ==, long_text);
  g_assert_cmpint (ismb_roster_resource_get_priority (resource), ==, -5);
  g_assert_cmpstr (ismb_roster_resource_get_caps_node (resource), ==, "urn:some:client");
  g_assert_cmpstr (ismb_roster_resource_get_caps_ver (resource), ==, "abc=");
  g_assert_cmpstr (ismb_roster_resource_get_caps_hash (resource), ==, "sha-1");
  g_assert_cmpint (ismb_roster_resource_get_idle_since (resource), ==, 1767323045);
  g_assert_cmpint (ismb_roster_resource_get_changed_at (resource), ==, 1767323105);
  come (roster, "a@x/1", NULL);
  g_assert_null (ismb_roster_resource_get_caps_node (resource));
  g_assert_cmpint (ismb_roster_resource_get_idle_since (resource), ==, 0);
  g_assert_cmpint (ismb_roster_resource_get_changed_at (resource), >, 1767323105);
}

static void
test_best_resource (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbPresence) first = make_presence ("a@x/1", NULL);
  g_autofree char *best = NULL;
  g_autoptr (GString) told = g_string_new (NULL);
  IsmbRosterItem *item;

  ismb_presence_set_priority (first, 1);
  _ismb_roster_take_presence (roster, first);
  item = ismb_roster_lookup (roster, "a@x");
  g_signal_connect (item, "notify", G_CALLBACK (count_notify), told);
  come (roster, "a@x/2", NULL);
  come (roster, "a@x/3", NULL);
  g_assert_cmpstr (told->str, ==, "");
  come (roster, "a@x/1", NULL);
  g_assert_cmpstr (told->str, ==, "");
  come (roster, "a@x/2", NULL); /* the newest of equals */
  g_assert_cmpstr (told->str, ==, "best-resource ");
  best = ismb_roster_get_best_resource (roster, "a@x");
  g_assert_cmpstr (best, ==, "2");
}

static void
test_end_of_session (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (IsmbRosterResource) gone = NULL;
  g_autoptr (GString) told = g_string_new (NULL);
  IsmbRosterItem *item;

  push (roster, "a@x", "both");
  come (roster, "a@x/1", NULL);
  item = ismb_roster_lookup (roster, "a@x");
  g_set_object (&gone, ismb_roster_item_get_best_resource (item));
  g_signal_connect (item, "notify", G_CALLBACK (count_notify), told);
  _ismb_roster_end_session (roster);
  g_assert_cmpstr (told->str, ==, "online best-resource ");
  g_assert_true (ismb_roster_lookup (roster, "a@x") == item);
  g_assert_false (ismb_roster_item_get_online (item));
  come (roster, "a@x/1", NULL);
  g_assert_true (ismb_roster_item_get_best_resource (item) != gone);
}

/* Bounds: a stranger has as many addresses and resources as it likes. */

static void
test_bounds (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_auto (GStrv) resources = NULL;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *from = g_strdup_printf ("a@x/%u", i);

      come (roster, from, NULL);
    }
  resources = ismb_roster_list_resources (roster, "a@x");
  g_assert_cmpuint (g_strv_length (resources), ==, 64);
  for (guint i = 0; i < 12000; i++)
    {
      g_autofree char *from = g_strdup_printf ("s%u@evil/1", i);

      come (roster, from, NULL);
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (roster)), ==, 10000);
  push (roster, "friend@x", "both");
  g_assert_nonnull (ismb_roster_lookup (roster, "friend@x"));
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *from = g_strdup_printf ("s%u@evil/%u", i % 5000, 2 + i / 5000);

      come (roster, from, NULL);
    }
  g_assert_cmpuint (come (roster, "friend@x/1", NULL), ==, 0); /* 20,000 resources are there */
  come (roster, "s1@evil/1", "unavailable");
  g_assert_cmpuint (come (roster, "friend@x/1", NULL), !=, 0);
  _ismb_roster_end_session (roster);
  g_assert_cmpuint (come (roster, "friend@x/1", NULL), !=, 0);
}

/* Everything at random, and a mirror of all of it. */

typedef struct
{
  IsmbRoster *roster;
  Mirror *items;
  GHashTable *resources; /* item to Mirror */
} Watch;

static void
watch_resources (Watch *watch)
{
  for (guint i = 0; i < watch->items->items->len; i++)
    {
      gpointer item = watch->items->items->pdata[i];

      if (!g_hash_table_contains (watch->resources, item))
        g_hash_table_insert (watch->resources, g_object_ref (item), mirror_new (item));
    }
}

static void
random_fetch (IsmbRoster *roster)
{
  g_autoptr (GPtrArray) jids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 40; i++)
    if (g_test_rand_int_range (0, 2))
      g_ptr_array_add (jids, g_strdup_printf ("c%u@x", i));
  g_ptr_array_add (jids, NULL);
  fetch (roster, (const char *const *) jids->pdata);
}

static void
random_step (IsmbRoster *roster)
{
  static const char *const subscriptions[] = { "none", "to", "from", "both", "remove" };
  static const char *const types[] = { "available", "away", "unavailable", "unavailable" };
  g_autofree char *jid = g_strdup_printf ("c%d@x", g_test_rand_int_range (0, 40));
  g_autofree char *full = g_strdup_printf ("%s/%d", jid, g_test_rand_int_range (0, 4));

  switch (g_test_rand_int_range (0, 100))
    {
    case 0: _ismb_roster_end_session (roster); break;
    case 1: random_fetch (roster); break;
    case 2: ismb_roster_add (roster, jid, NULL); break;
    default:
      if (g_test_rand_int_range (0, 3) == 0)
        push (roster, jid, subscriptions[g_test_rand_int_range (0, 5)]);
      else
        come (roster, full, types[g_test_rand_int_range (0, 4)]);
    }
}

static void
check_sorted (IsmbRoster *roster)
{
  g_auto (GStrv) jids = ismb_roster_list_jids (roster);

  for (guint i = 1; jids[0] != NULL && jids[i] != NULL; i++)
    g_assert_cmpstr (jids[i - 1], <, jids[i]);
}

static void
test_mirror (void)
{
  Watch watch = { make_roster (), NULL,
                  g_hash_table_new_full (NULL, NULL, g_object_unref, mirror_free) };
  GHashTableIter iter;
  gpointer mirror;

  watch.items = mirror_new (watch.roster);
  for (guint step = 0; step < 10000; step++)
    {
      random_step (watch.roster);
      mirror_check (watch.items);
      watch_resources (&watch);
      g_hash_table_iter_init (&iter, watch.resources);
      while (step % 10 == 0 && g_hash_table_iter_next (&iter, NULL, &mirror))
        mirror_check (mirror);
      check_sorted (watch.roster);
    }
  g_hash_table_unref (watch.resources);
  mirror_free (watch.items);
  g_assert_finalize_object (watch.roster);
}

/* A fabric that comes up: nobody hears of a list that is put together anew. */
static void
test_thousand_come_at_once (void)
{
  g_autoptr (IsmbRoster) roster = make_roster ();
  g_autoptr (GPtrArray) jids = g_ptr_array_new_with_free_func (g_free);
  Mirror *mirror = mirror_new (roster);
  gint64 started;

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (jids, g_strdup_printf ("switch@sw%u.001122", i));
  g_ptr_array_add (jids, NULL);
  fetch (roster, (const char *const *) jids->pdata);
  g_assert_cmpuint (mirror->changes, ==, 1);
  started = g_get_monotonic_time ();
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *from = g_strconcat (jids->pdata[i], "/control", NULL);

      g_assert_cmpuint (come (roster, from, NULL), !=, 0);
    }
  g_test_message ("1,000 came in %" G_GINT64_FORMAT " us", g_get_monotonic_time () - started);
  g_assert_cmpuint (mirror->changes, ==, 1);
  mirror_check (mirror);
  mirror_free (mirror);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add_func ("/roster/" path, func)
  ADD ("sorted", test_sorted);
  ADD ("fetch-is-one-change", test_fetch_is_one_change);
  ADD ("fetch-keeps-who-is-there", test_fetch_keeps_who_is_there);
  ADD ("empty-result-keeps-all", test_empty_result_keeps_all);
  ADD ("item-tells-changes", test_item_tells_changes);
  ADD ("groups", test_groups);
  ADD ("add", test_add);
  ADD ("changes-of-presence", test_changes_of_presence);
  ADD ("resource-is-described", test_resource_is_described);
  ADD ("best-resource", test_best_resource);
  ADD ("end-of-session", test_end_of_session);
  ADD ("bounds", test_bounds);
  ADD ("mirror", test_mirror);
  ADD ("thousand-come-at-once", test_thousand_come_at_once);
#undef ADD
  return g_test_run ();
}
