/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same of IsmbClient against each kind of real server. */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "tests/support/ismb-test-against.h"
#include "tests/support/ismb-test-cutter.h"
#include "tests/support/ismb-test-guest.h"

#define DOMAIN "switch.test"
#define MANY 200

static const char *const accounts[] = { "alice", "bob", "carol", "dave", "erin", NULL };
static IsmbTestServer *server; /* the one it is about */

/* Signing in */

static void
test_starttls (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  IsmbJid *bound;

  ismb_test_guest_open (alice, FALSE);
  bound = ismb_client_get_bound_jid (ismb_test_guest_get_client (alice));
  g_assert_cmpstr (ismb_jid_get_bare (bound), ==, "alice@" DOMAIN);
  g_assert_nonnull (ismb_jid_get_resource (bound));
}

static void
test_direct_tls (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_server_get_tls_port (server), "direct-tls", TRUE, NULL);
  ismb_test_guest_open (alice, FALSE);
}

static void
test_in_the_clear (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");

  g_object_set (ismb_test_guest_get_client (alice), "require-tls", FALSE, NULL);
  ismb_test_guest_open (alice, FALSE);
}

static void
check_untrusted (gboolean direct, guint16 port)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (GError) error = NULL;

  g_object_set (ismb_test_guest_get_client (alice), "ca-file",
                ismb_test_server_get_wrong_ca_file (server), "server-port", (guint) port,
                "direct-tls", direct, NULL);
  error = ismb_test_guest_try_to_open (alice);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  g_assert_nonnull (strstr (error->message, DOMAIN));
}

static void
test_wrong_ca (void)
{
  check_untrusted (FALSE, ismb_test_server_get_port (server));
  check_untrusted (TRUE, ismb_test_server_get_tls_port (server));
}

static void
test_wrong_password (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new_mistaken (server, "alice", "wrong");
  g_autoptr (GError) error = NULL;

  error = ismb_test_guest_try_to_open (alice);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  g_assert_nonnull (strstr (error->message, "alice"));
  g_assert_cmpuint (ismb_test_guest_count (alice, "failed_auth"), >, 0);
  g_assert_cmpuint (ismb_test_guest_count (alice, "session_start"), ==, 0);
}

/* Messages */

static void
exchange (IsmbTestGuest *from, IsmbTestGuest *to, const char *body)
{
  guint before = ismb_test_guest_count_bodies (to);

  ismb_test_guest_say (from, ismb_test_guest_get_full_jid (to), body);
  ismb_test_guest_await_bodies (to, before + 1);
  g_assert_cmpstr (ismb_test_guest_get_body (to, before), ==, body);
}

static void
test_messages (void)
{
  static const char *const bodies[] = {
    "hello",
    "<hello> & \"good\" 'bye' ]]>",
    "\xc3\xa4 \xe4\xb8\xad \xf0\x9f\x98\x80 \xef\xbf\xbd",
    " leading, trailing, \t tab and \n line ",
    "%s %n %%",
  };
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      exchange (alice, bob, bodies[i]);
      exchange (bob, alice, bodies[i]);
    }
}

/* An answer to each from inside its handler, so that something waits to be written whenever the
 * server asks how much came. */

#define ECHOES 1200

static void
on_echo (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  guint *count = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (message));
  g_autoptr (GError) error = NULL;

  if (++*count > ECHOES)
    return;
  ismb_client_send_message (client, ismb_jid_get_full (from), "echo", NULL, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
is_echoed (gpointer data)
{
  guint *count = data;

  return count[0] >= ECHOES && count[1] > ECHOES;
}

static void
test_echoes (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");
  guint count[2] = { 0, 0 };

  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_signal_connect (ismb_test_guest_get_client (alice), "message", G_CALLBACK (on_echo), &count[0]);
  g_signal_connect (ismb_test_guest_get_client (bob), "message", G_CALLBACK (on_echo), &count[1]);
  ismb_test_guest_say (alice, ismb_test_guest_get_full_jid (bob), "echo");
  ismb_test_wait_until (is_echoed, count, "each to have the other's echoes");
}

static void
test_large_messages (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");
  gsize most = MIN (ismb_test_server_get_stanza_max (server) - 1024, 2 * 1024 * 1024);

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  for (gsize size = 4000; size < most; size *= 5)
    {
      g_autofree char *body = g_strnfill (size, 'x');

      exchange (alice, bob, body);
      exchange (bob, alice, "small");
    }
  {
    g_autofree char *body = g_strnfill (most, 'y');

    exchange (bob, alice, body);
  }
}

/* What is said before the session is there goes out with it. */
static void
test_early_message (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");

  ismb_test_guest_open (bob, TRUE);
  ismb_test_guest_start (alice, FALSE);
  ismb_test_guest_say (alice, ismb_test_guest_get_full_jid (bob), "early");
  ismb_test_guest_await_bodies (bob, 1);
  g_assert_cmpstr (ismb_test_guest_get_body (bob, 0), ==, "early");
}

static void
say_many (IsmbTestGuest *from, IsmbTestGuest *to, guint first, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *body = g_strdup_printf ("%u", first + i);

      ismb_test_guest_say (from, ismb_test_guest_get_bare_jid (to), body);
    }
}

/* 0, 1, 2, ... and nothing else. */
static void
check_many (IsmbTestGuest *guest, guint count)
{
  ismb_test_guest_await_bodies (guest, count);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *body = g_strdup_printf ("%u", i);

      g_assert_cmpstr (ismb_test_guest_get_body (guest, i), ==, body);
    }
  g_assert_cmpuint (ismb_test_guest_count_bodies (guest), ==, count);
}

static void
test_close_drains (void)
{
  IsmbTestGuest *alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");

  ismb_test_guest_open (bob, TRUE);
  ismb_test_guest_open (alice, FALSE);
  say_many (alice, bob, 0, MANY);
  ismb_test_guest_free (alice);
  check_many (bob, MANY);
}

static void
test_several_clients (void)
{
  IsmbTestGuest *guests[G_N_ELEMENTS (accounts) - 1];
  const guint count = G_N_ELEMENTS (guests);

  for (guint i = 0; i < count; i++)
    {
      guests[i] = ismb_test_guest_new (server, accounts[i]);
      ismb_test_guest_open (guests[i], FALSE);
    }
  for (guint i = 0; i < count; i++)
    for (guint j = 0; j < count; j++)
      exchange (guests[i], guests[j], accounts[i]);
  for (guint i = 0; i < count; i++)
    ismb_test_guest_free (guests[i]);
}

/* Requests */

typedef struct
{
  gboolean done;
  IsmbIq *answer;
  GError *error;
} Outcome;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static gboolean
is_done (gpointer data)
{
  return ((Outcome *) data)->done;
}

static Outcome
ask (IsmbTestGuest *guest, const char *to, const char *name, const char *ns, guint timeout_ms)
{
  g_autoptr (IsmbJid) jid = to != NULL ? ismb_jid_new (to, NULL) : NULL;
  g_autoptr (IsmbIq) iq = ismb_iq_new (jid, "get");
  Outcome outcome = { FALSE };

  ismb_iq_set_payload (iq, name, ns);
  ismb_client_query_async (ismb_test_guest_get_client (guest), iq, timeout_ms, NULL, on_answer,
                           &outcome);
  ismb_test_wait_until (is_done, &outcome, "an answer");
  return outcome;
}

static void
check_answer (Outcome outcome, const char *payload_ns)
{
  g_assert_no_error (outcome.error);
  g_assert_cmpstr (ismb_iq_get_payload_ns (outcome.answer), ==, payload_ns);
  g_object_unref (outcome.answer);
}

static void
check_error (Outcome outcome, GQuark domain, int code)
{
  g_assert_error (outcome.error, domain, code);
  g_error_free (outcome.error);
}

static void
test_queries (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");
  const char *to;

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  to = ismb_test_guest_get_full_jid (bob);
  check_answer (ask (alice, to, "query", ISMB_NS_DISCO_INFO, 0), ISMB_NS_DISCO_INFO);
  check_answer (ask (alice, DOMAIN, "query", ISMB_NS_DISCO_INFO, 0), ISMB_NS_DISCO_INFO);
  check_answer (ask (alice, DOMAIN, "ping", ISMB_NS_PING, 0), NULL);
  check_answer (ask (alice, NULL, "query", ISMB_NS_ROSTER, 0), ISMB_NS_ROSTER);
  check_error (ask (alice, to, "query", "urn:example:unknown", 0), ISMB_STANZA_ERROR,
               ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED);
  check_error (ask (alice, "bob@" DOMAIN "/nowhere", "ping", ISMB_NS_PING, 0), ISMB_STANZA_ERROR,
               ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE);
}

static gboolean
take_and_keep_silent (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  return TRUE;
}

/* Who takes a request and never answers it. */
static void
test_no_answer (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get", NULL);

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  ismb_client_add_stanza_handler (ismb_test_guest_get_client (bob), "silence", matcher,
                                  ISMB_HANDLER_DEFAULT, take_and_keep_silent, NULL, NULL);
  check_error (ask (alice, ismb_test_guest_get_full_jid (bob), "query", "urn:example:q", 200),
               ISMB_ERROR, ISMB_ERROR_TIMEOUT);
  exchange (alice, bob, "still there?");
}

/* To an account that is not there. */
static void
test_message_error (void)
{
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  IsmbMessage *bounce;

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_say (alice, "nobody@" DOMAIN, "is anybody there?");
  ismb_test_guest_await (alice, "message_error", 1);
  bounce = ISMB_MESSAGE (ismb_test_guest_get_payload (alice, "message_error"));
  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_from_jid (ISMB_STANZA (bounce))), ==,
                   "nobody@" DOMAIN);
}

/* The server goes and comes back */

/* Alice comes back once bob is there: what a server makes of a message while its receiver signs in
 * is the server's matter. */
static void
check_comes_back (void (*end) (IsmbTestServer *server))
{
  g_autoptr (IsmbTestCutter) wire =
      ismb_test_cutter_new (NULL, ismb_test_server_get_port (server));
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_cutter_get_port (wire), NULL);
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  say_many (alice, bob, 0, MANY);
  check_many (bob, MANY);
  end (server);
  ismb_test_cutter_set_closed (wire, TRUE);
  say_many (alice, bob, MANY, MANY);
  ismb_test_guest_await (alice, "disconnected", 1);
  ismb_test_server_start (server);
  ismb_test_guest_await (bob, "presence_available", 2);
  ismb_test_cutter_set_closed (wire, FALSE);
  check_many (bob, 2 * MANY);
  g_assert_cmpuint (ismb_test_guest_count (alice, "session_start"), ==, 2);
}

static void
test_restart (void)
{
  check_comes_back (ismb_test_server_stop);
}

static void
test_killed (void)
{
  check_comes_back (ismb_test_server_kill);
}

/* The wire breaks, and the session goes on. */

static void
check_resumes (IsmbTestCut how)
{
  g_autoptr (IsmbTestCutter) wire =
      ismb_test_cutter_new (NULL, ismb_test_server_get_port (server));
  g_autoptr (IsmbTestGuest) alice = ismb_test_guest_new (server, "alice");
  g_autoptr (IsmbTestGuest) bob = ismb_test_guest_new (server, "bob");

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_cutter_get_port (wire), NULL);
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  exchange (alice, bob, "0");
  say_many (bob, alice, 0, 20);
  ismb_test_cutter_cut (wire, how);
  say_many (alice, bob, 1, 20);
  say_many (bob, alice, 20, 20);
  ismb_test_guest_await (alice, "session_resumed", 1);
  check_many (bob, 21);
  check_many (alice, 40);
  g_assert_cmpuint (ismb_test_guest_count (alice, "session_start"), ==, 1);
  g_assert_cmpuint (ismb_test_guest_count (alice, "connected"), ==, 2);
}

static void
test_resumes (void)
{
  check_resumes (ISMB_TEST_CUT_END);
}

static void
test_resumes_after_reset (void)
{
  check_resumes (ISMB_TEST_CUT_RESET);
}

/* Rosters */

static IsmbRoster *
roster_of (IsmbTestGuest *guest)
{
  return ismb_client_get_roster (ismb_test_guest_get_client (guest));
}

/* Without it a server tells us of no change (RFC 6121, 2.2). */
static void
fetch_roster (IsmbTestGuest *guest)
{
  ismb_client_fetch_roster_async (ismb_test_guest_get_client (guest), NULL, NULL, NULL);
  ismb_test_guest_await (guest, "roster_update", 1);
}

static gboolean
is_mutual (gpointer data)
{
  IsmbTestGuest **both = data;

  for (int i = 0; i < 2; i++)
    if (g_strcmp0 (ismb_roster_get_subscription (roster_of (both[i]),
                                                 ismb_test_guest_get_bare_jid (both[1 - i])),
                   "both") != 0)
      return FALSE;
  return TRUE;
}

static void
test_subscription (void)
{
  g_autoptr (IsmbTestGuest) carol = ismb_test_guest_new (server, "carol");
  IsmbTestGuest *dave = ismb_test_guest_new (server, "dave");
  IsmbTestGuest *both[] = { carol, dave };

  ismb_test_guest_open (carol, TRUE);
  ismb_test_guest_open (dave, TRUE);
  fetch_roster (carol);
  fetch_roster (dave);
  ismb_client_send_presence_subscription (ismb_test_guest_get_client (carol), "dave@" DOMAIN, NULL,
                                          NULL);
  ismb_test_wait_until (is_mutual, both, "each to see the other");
  ismb_test_guest_await (carol, "got_online", 2); /* oneself, and dave */
  ismb_test_guest_await (dave, "got_online", 2);
  ismb_client_send_presence (ismb_test_guest_get_client (dave), "dnd", "busy", NULL);
  ismb_test_guest_await (carol, "presence_dnd", 1);
  ismb_test_guest_free (dave);
  ismb_test_guest_await (carol, "got_offline", 1);
}

static const IsmbTestCase cases[] = {
  { "starttls", test_starttls },
  { "direct-tls", test_direct_tls },
  { "in-the-clear", test_in_the_clear },
  { "wrong-ca", test_wrong_ca },
  { "wrong-password", test_wrong_password },
  { "messages", test_messages },
  { "echoes", test_echoes },
  { "large-messages", test_large_messages },
  { "early-message", test_early_message },
  { "close-drains", test_close_drains },
  { "several-clients", test_several_clients },
  { "queries", test_queries },
  { "no-answer", test_no_answer },
  { "message-error", test_message_error },
  { "subscription", test_subscription },
  { "resumes", test_resumes },
  { "resumes-after-reset", test_resumes_after_reset },
  { "restart", test_restart },
  { "killed", test_killed },
  { NULL, NULL },
};

int
main (int argc, char *argv[])
{
  return ismb_test_run_against (argc, argv, "against", cases, DOMAIN, accounts, &server);
}
