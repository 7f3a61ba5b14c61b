/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters, subscriptions and presence of IsmbClient, against each kind of real server. */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "tests/support/ismb-test-against.h"
#include "tests/support/ismb-test-cutter.h"
#include "tests/support/ismb-test-guest.h"

#define DOMAIN "switch.test"

static const char *const accounts[] = { "alice", "bob", "carol", "dave", "erin", "frank", NULL };
static IsmbTestServer *server; /* the one it is about */

static IsmbTestGuest *
make_guest (const char *name)
{
  IsmbTestGuest *guest = ismb_test_guest_new (server, name);

  g_object_set (ismb_test_guest_get_client (guest), "auto-authorize", ISMB_AUTHORIZE_ASK, NULL);
  return guest;
}

static IsmbRoster *
roster_of (IsmbTestGuest *guest)
{
  return ismb_client_get_roster (ismb_test_guest_get_client (guest));
}

static IsmbRosterItem *
item_of (IsmbTestGuest *guest, const char *name)
{
  g_autofree char *jid = g_strdup_printf ("%s@" DOMAIN, name);

  return ismb_roster_lookup (roster_of (guest), jid);
}

/* Without it a server tells us of no change (RFC 6121, 2.2). */
static void
fetch (IsmbTestGuest *guest)
{
  guint before = ismb_test_guest_count (guest, "roster_update");

  ismb_client_fetch_roster_async (ismb_test_guest_get_client (guest), NULL, NULL, NULL);
  ismb_test_guest_await (guest, "roster_update", before + 1);
}

static IsmbTestGuest *
open_guest (const char *name)
{
  IsmbTestGuest *guest = make_guest (name);

  ismb_test_guest_open (guest, TRUE);
  fetch (guest);
  return guest;
}

/* Entries */

typedef struct
{
  guint waiting;
  GError *error; /* of the last one */
} Outcome;

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_clear_error (&outcome->error);
  ismb_client_update_roster_item_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->waiting--;
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_clear_error (&outcome->error);
  ismb_client_remove_roster_item_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->waiting--;
}

static gboolean
is_done (gpointer data)
{
  return ((Outcome *) data)->waiting == 0;
}

static void
update (IsmbTestGuest *guest, const char *jid, const char *name, const char *const *groups,
        Outcome *outcome)
{
  outcome->waiting++;
  ismb_client_update_roster_item_async (ismb_test_guest_get_client (guest), jid, name, groups, NULL,
                                        on_updated, outcome);
}

static GError *
remove_item (IsmbTestGuest *guest, const char *jid)
{
  Outcome outcome = { 1 };

  ismb_client_remove_roster_item_async (ismb_test_guest_get_client (guest), jid, NULL, on_removed,
                                        &outcome);
  ismb_test_wait_until (is_done, &outcome, "the removal");
  return outcome.error;
}

/* What the roster is to say of carol; groups sorted, with a blank between. */
typedef struct
{
  IsmbTestGuest *guest;
  const char *name, *groups;
} Wanted;

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
says_of_carol (gpointer data)
{
  Wanted *wanted = data;
  IsmbRosterItem *item = item_of (wanted->guest, "carol");
  g_auto (GStrv) groups = NULL;
  g_autofree char *joined = NULL;

  if (item == NULL)
    return wanted->groups == NULL;
  groups = g_strdupv ((char **) ismb_roster_item_get_groups (item));
  qsort (groups, g_strv_length (groups), sizeof (char *), compare);
  joined = g_strjoinv (" ", groups);
  return g_strcmp0 (ismb_roster_item_get_name (item), wanted->name) == 0
         && g_strcmp0 (joined, wanted->groups) == 0;
}

static void
await_carol (IsmbTestGuest *guest, const char *name, const char *groups)
{
  Wanted wanted = { guest, name, groups };

  ismb_test_wait_until (says_of_carol, &wanted, "the roster to say so");
}

static void
test_entries (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  Outcome outcome = { 0 };
  g_autoptr (GError) again = NULL;

  update (alice, "carol@" DOMAIN "/anywhere", "Carol", (const char *[]){ "work", "old", NULL },
          &outcome);
  await_carol (alice, "Carol", "old work");
  g_assert_true (ismb_roster_item_get_listed (item_of (alice, "carol")));
  update (alice, "carol@" DOMAIN, NULL, (const char *[]){ "family", NULL }, &outcome);
  update (alice, "carol@" DOMAIN, "Caro", NULL, &outcome); /* and keeps the new group */
  await_carol (alice, "Caro", "family");
  update (alice, "carol@" DOMAIN, "", (const char *[]){ NULL }, &outcome);
  await_carol (alice, NULL, "");
  ismb_test_wait_until (is_done, &outcome, "the answers");
  g_assert_no_error (outcome.error);
  g_assert_no_error (remove_item (alice, "carol@" DOMAIN));
  await_carol (alice, NULL, NULL);
  again = remove_item (alice, "carol@" DOMAIN);
  if (again != NULL) /* some answer so, and some that all is well */
    g_assert_error (again, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
}

static void
test_bad_entries (void)
{
  g_autoptr (IsmbTestGuest) alice = make_guest ("alice");
  g_autoptr (GError) bad = remove_item (alice, "@");
  Outcome outcome = { 0 };

  g_assert_error (bad, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  update (alice, "", "x", NULL, &outcome);
  ismb_test_wait_until (is_done, &outcome, "the answer");
  g_assert_error (outcome.error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_clear_error (&outcome.error);
}

/* Subscriptions */

typedef struct
{
  IsmbTestGuest *guest;
  const char *name, *property;
  gboolean value;
} Fact;

static gboolean
is_so (gpointer data)
{
  Fact *fact = data;
  IsmbRosterItem *item = item_of (fact->guest, fact->name);
  gboolean value = FALSE;

  if (item != NULL)
    g_object_get (item, fact->property, &value, NULL);
  return value == fact->value;
}

static void
await (IsmbTestGuest *guest, const char *name, const char *property, gboolean value)
{
  Fact fact = { guest, name, property, value };

  ismb_test_wait_until (is_so, &fact, property);
}

static void
test_by_hand (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  g_autoptr (IsmbTestGuest) bob = open_guest ("bob");
  IsmbClient *client = ismb_test_guest_get_client (bob);
  g_autoptr (GError) error = NULL;
  IsmbRosterItem *item;

  ismb_client_send_presence_full (client, "dnd", "busy", 7, NULL, NULL, NULL);
  item = ismb_roster_add (roster_of (alice), "bob@" DOMAIN, NULL);
  g_assert_true (ismb_roster_item_subscribe (item, &error));
  await (bob, "alice", "pending-in", TRUE);
  await (alice, "bob", "pending-out", TRUE);
  g_assert_true (ismb_roster_item_authorize (item_of (bob, "alice"), &error));
  g_assert_false (ismb_roster_item_get_pending_in (item_of (bob, "alice")));
  await (alice, "bob", "online", TRUE);
  await (alice, "bob", "subscription-to", TRUE);
  await (bob, "alice", "subscription-from", TRUE);
  g_assert_true (item_of (alice, "bob") == item); /* all that time */
  g_assert_cmpstr (ismb_roster_resource_get_status (ismb_roster_item_get_best_resource (item)), ==,
                   "busy");
  g_assert_cmpint (ismb_roster_resource_get_priority (ismb_roster_item_get_best_resource (item)),
                   ==, 7);
  g_assert_true (ismb_client_unauthorize (client, "alice@" DOMAIN, &error));
  await (alice, "bob", "subscription-to", FALSE);
  await (alice, "bob", "online", FALSE);
  ismb_test_guest_await (alice, "roster_subscription_removed", 1);
  g_assert_no_error (remove_item (alice, "bob@" DOMAIN));
  g_clear_error (&error);
  error = remove_item (bob, "alice@" DOMAIN);
  g_clear_error (&error);
}

static void
test_nobody (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  g_autoptr (IsmbTestGuest) dave = open_guest ("dave");

  g_object_set (ismb_test_guest_get_client (dave), "auto-authorize", ISMB_AUTHORIZE_NOBODY, NULL);
  ismb_client_send_presence_subscription (ismb_test_guest_get_client (alice), "dave@" DOMAIN, NULL,
                                          NULL);
  ismb_test_guest_await (alice, "presence_unsubscribed", 1);
  await (alice, "dave", "pending-out", FALSE);
  g_assert_cmpstr (ismb_roster_get_subscription (roster_of (alice), "dave@" DOMAIN), ==, "none");
}

static gboolean
is_mutual (gpointer data)
{
  IsmbTestGuest **both = data;

  return g_strcmp0 (ismb_roster_get_subscription (roster_of (both[0]), "erin@" DOMAIN), "both") == 0
         && g_strcmp0 (ismb_roster_get_subscription (roster_of (both[1]), "alice@" DOMAIN), "both")
                == 0;
}

/* And asks back, without end of it. */
static void
test_whitelist (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  g_autoptr (IsmbTestGuest) erin = open_guest ("erin");
  IsmbTestGuest *both[] = { alice, erin };

  ismb_roster_item_set_whitelisted (ismb_roster_add (roster_of (alice), "erin@" DOMAIN, NULL),
                                    TRUE);
  ismb_roster_item_set_whitelisted (ismb_roster_add (roster_of (erin), "alice@" DOMAIN, NULL),
                                    TRUE);
  ismb_client_send_presence_subscription (ismb_test_guest_get_client (alice), "erin@" DOMAIN, NULL,
                                          NULL);
  ismb_test_wait_until (is_mutual, both, "each to see the other");
  await (alice, "erin", "online", TRUE);
  await (erin, "alice", "online", TRUE);
  g_assert_no_error (remove_item (alice, "erin@" DOMAIN));
  await (erin, "alice", "subscription-to", FALSE);
}

/* Presence */

/* Who was told of us alone hears of our leaving (RFC 6121, 4.6). */
static void
test_directed (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  IsmbTestGuest *frank = open_guest ("frank");

  ismb_client_send_presence_full (ismb_test_guest_get_client (frank), "away", NULL, 0,
                                  ismb_test_guest_get_full_jid (alice), NULL, NULL);
  await (alice, "frank", "online", TRUE);
  ismb_client_send_last_presence (ismb_test_guest_get_client (frank),
                                  ismb_test_guest_get_full_jid (alice), NULL);
  ismb_test_guest_await (alice, "presence_available", 2); /* its own, and this */
  g_assert_false (ismb_roster_item_get_listed (item_of (alice, "frank")));
  ismb_test_guest_free (frank);
  await (alice, "frank", "online", FALSE);
  ismb_test_guest_await (alice, "got_offline", 1);
}

static void
check_wrong_word (IsmbClient *client, const char *show, int priority, const char *type)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      ismb_client_send_presence_full (client, show, NULL, priority, NULL, type, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static void
test_wrong_words (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  IsmbClient *client = ismb_test_guest_get_client (alice);
  g_autoptr (GError) error = NULL;

  check_wrong_word (client, "here", 0, NULL);
  check_wrong_word (client, NULL, 128, NULL);
  check_wrong_word (client, NULL, -129, NULL);
  check_wrong_word (client, NULL, 0, "invisible");
  g_assert_false (ismb_client_send_last_presence (client, "@", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
on_change (GListModel *model, guint position, guint removed, guint added, guint *changes)
{
  (*changes)++;
}

/* Whoever is seen stays seen; nobody hears of it. */
static void
test_resumed (void)
{
  IsmbTestCutter *cutter = ismb_test_cutter_new (NULL, ismb_test_server_get_port (server));
  IsmbTestGuest *alice = make_guest ("alice");
  IsmbRoster *roster = roster_of (alice);
  guint changes = 0;

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_cutter_get_port (cutter), "reconnect-delay", 10, NULL);
  ismb_test_guest_open (alice, TRUE);
  fetch (alice);
  await (alice, "alice", "online", TRUE);
  g_signal_connect (roster, "items-changed", G_CALLBACK (on_change), &changes);
  g_signal_connect (item_of (alice, "alice"), "items-changed", G_CALLBACK (on_change), &changes);
  ismb_test_cutter_cut (cutter, ISMB_TEST_CUT_RESET);
  ismb_test_guest_await (alice, "session_resumed", 1);
  g_assert_true (ismb_roster_item_get_online (item_of (alice, "alice")));
  g_assert_cmpuint (changes, ==, 0);
  g_signal_handlers_disconnect_by_data (roster, &changes);
  g_signal_handlers_disconnect_by_data (item_of (alice, "alice"), &changes);
  ismb_test_guest_free (alice);
  ismb_test_cutter_free (cutter);
}

static void
reopen (IsmbTestGuest *guest)
{
  guint ended = ismb_test_guest_count (guest, "disconnected");

  ismb_client_close (ismb_test_guest_get_client (guest));
  ismb_test_guest_await (guest, "disconnected", ended + 1);
  ismb_test_guest_open (guest, TRUE);
}

/* The contacts outlive the session, their presence does not; then only changes are fetched. */
static void
test_next_session (void)
{
  g_autoptr (IsmbTestGuest) alice = open_guest ("alice");
  Outcome outcome = { 0 };
  g_autoptr (IsmbRosterItem) carol = NULL;
  g_autofree char *version = NULL;

  update (alice, "carol@" DOMAIN, "Carol", NULL, &outcome);
  await_carol (alice, "Carol", "");
  ismb_test_wait_until (is_done, &outcome, "the answer");
  g_set_object (&carol, item_of (alice, "carol"));
  await (alice, "alice", "online", TRUE);
  version = g_strdup (ismb_roster_get_version (roster_of (alice)));
  if (!g_str_equal (ismb_test_server_get_name (server), "ejabberd")) /* where it is off */
    g_assert_nonnull (version);
  reopen (alice);
  g_assert_true (item_of (alice, "carol") == carol);
  fetch (alice);
  g_assert_true (item_of (alice, "carol") == carol);
  g_assert_true (ismb_roster_item_get_listed (carol));
  g_assert_cmpstr (ismb_roster_get_version (roster_of (alice)), ==, version);
  g_assert_no_error (remove_item (alice, "carol@" DOMAIN));
  await_carol (alice, NULL, NULL);
}

static const IsmbTestCase cases[] = {
  { "entries", test_entries },
  { "bad-entries", test_bad_entries },
  { "by-hand", test_by_hand },
  { "nobody", test_nobody },
  { "whitelist", test_whitelist },
  { "directed", test_directed },
  { "wrong-words", test_wrong_words },
  { "resumed", test_resumed },
  { "next-session", test_next_session },
  { NULL, NULL },
};

int
main (int argc, char *argv[])
{
  return ismb_test_run_against (argc, argv, "presence", cases, DOMAIN, accounts, &server);
}
