/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient against a real Prosody. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "tests/support/ismb-test-prosody.h"

#define DOMAIN "switch.test"

static IsmbTestProsody *prosody;

/* Waiting, always for something that happens */

static void
wait_for (gboolean *flag)
{
  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
}

typedef struct
{
  gboolean done;
  GError *error;
  IsmbIq *iq;
} Outcome;

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_close_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static IsmbClient *
make_client (const char *name)
{
  g_autofree char *jid = g_strdup_printf ("%s@%s", name, DOMAIN);
  IsmbClient *client = ismb_client_new_for_jid (jid, name);

  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_prosody_get_port (prosody), "ca-file",
                ismb_test_prosody_get_ca_file (prosody), NULL);
  return client;
}

static GError *
try_to_open (IsmbClient *client)
{
  Outcome outcome = { FALSE };

  ismb_client_open_async (client, NULL, on_opened, &outcome);
  wait_for (&outcome.done);
  return outcome.error;
}

static IsmbClient *
open_client (const char *name)
{
  IsmbClient *client = make_client (name);
  g_autoptr (GError) error = try_to_open (client);

  g_assert_no_error (error);
  return client;
}

/* In order, and then nothing of it is left. */
static void
close_client (IsmbClient *client)
{
  gboolean disconnected = FALSE;

  ismb_client_add_event_handler (client, "disconnected",
                                 ISMB_EVENT_DEFAULT, on_event, &disconnected, NULL);
  ismb_client_close (client);
  wait_for (&disconnected);
  g_assert_null (ismb_client_get_bound_jid (client));
  g_object_add_weak_pointer (G_OBJECT (client), (gpointer *) &client);
  g_object_unref (client);
  while (client != NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
note_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", event);
}

static void
test_sign_in (void)
{
  IsmbClient *client = make_client ("alice");
  g_autoptr (GString) events = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const char *names[] = { "connected", "session_bind", "session_start", "session_end",
                          "disconnected" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    ismb_client_add_event_handler (client, names[i], ISMB_EVENT_DEFAULT, note_event, events, NULL);
  error = try_to_open (client);
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_jid_get_bare (ismb_client_get_bound_jid (client)), ==, "alice@" DOMAIN);
  g_object_ref (client);
  {
    gboolean disconnected = FALSE;

    ismb_client_add_event_handler (client, "disconnected",
                                   ISMB_EVENT_DEFAULT, on_event, &disconnected, NULL);
    ismb_client_close (client);
    wait_for (&disconnected);
  }
  g_assert_cmpstr (events->str, ==,
                   "connected session_bind session_start session_end disconnected ");
  g_object_unref (client);
  g_assert_finalize_object (client);
}

static void
test_opens_again (void)
{
  IsmbClient *client = open_client ("alice");
  gboolean disconnected = FALSE;
  guint id = ismb_client_add_event_handler (client, "disconnected",
                                            ISMB_EVENT_DEFAULT, on_event, &disconnected, NULL);
  g_autoptr (GError) error = NULL;

  ismb_client_close (client);
  wait_for (&disconnected);
  ismb_client_remove_event_handler (client, id);
  error = try_to_open (client);
  g_assert_no_error (error);
  close_client (client);
}

static void
test_wrong_ca (void)
{
  IsmbClient *client = make_client ("alice");
  g_autoptr (GError) error = NULL;

  g_object_set (client, "ca-file", ismb_test_prosody_get_wrong_ca_file (prosody), NULL);
  error = try_to_open (client);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  g_assert_nonnull (strstr (error->message, DOMAIN));
  g_assert_finalize_object (client);
}

/* As one would write it in the folder where it lies. */
static void
test_ca_in_this_folder (void)
{
  IsmbClient *client = make_client ("alice");
  const char *path = ismb_test_prosody_get_ca_file (prosody);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *before = g_get_current_dir ();
  g_autoptr (GError) error = NULL;

  g_object_set (client, "ca-file", name, NULL);
  g_assert_cmpint (g_chdir (folder), ==, 0);
  error = try_to_open (client);
  g_assert_cmpint (g_chdir (before), ==, 0);
  g_assert_no_error (error);
  close_client (client);
}

static void
test_wrong_password (void)
{
  IsmbClient *client = ismb_client_new_for_jid ("alice@" DOMAIN, "wrong");
  g_autoptr (GError) error = NULL;
  gboolean failed_auth = FALSE;

  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_prosody_get_port (prosody), "ca-file",
                ismb_test_prosody_get_ca_file (prosody), NULL);
  ismb_client_add_event_handler (client, "failed_auth",
                                 ISMB_EVENT_DEFAULT, on_event, &failed_auth, NULL);
  g_test_expect_message ("ismb.client.connection", G_LOG_LEVEL_MESSAGE, "*alice*gave up*");
  error = try_to_open (client);
  g_test_assert_expected_messages ();
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  g_assert_nonnull (strstr (error->message, "alice"));
  g_assert_true (failed_auth);
  g_assert_finalize_object (client);
}

static void
test_nobody_there (void)
{
  IsmbClient *client = make_client ("alice");
  g_autoptr (GError) error = NULL;

  g_object_set (client, "server-port", 1, "auto-reconnect", FALSE, NULL);
  error = try_to_open (client);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_finalize_object (client);
}

static void
on_message (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  *(IsmbMessage **) user_data = g_object_ref (message);
}

static IsmbMessage *
send_and_get (IsmbClient *from, IsmbClient *to, const char *body)
{
  IsmbMessage *message = NULL;
  gulong id = g_signal_connect (to, "message", G_CALLBACK (on_message), &message);
  g_autoptr (GError) error = NULL;

  ismb_client_send_message (from, ismb_jid_get_full (ismb_client_get_bound_jid (to)), body,
                            "greeting", "chat", &error);
  g_assert_no_error (error);
  while (message == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handler_disconnect (to, id);
  return message;
}

static void
test_message (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  g_autoptr (IsmbMessage) message = send_and_get (alice, bob, "<hello> & \"good\" 'bye' \xc3\xa4");

  g_assert_cmpstr (ismb_message_get_body (message), ==, "<hello> & \"good\" 'bye' \xc3\xa4");
  g_assert_cmpstr (ismb_message_get_subject (message), ==, "greeting");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (message)), ==, "chat");
  g_assert_true (ismb_jid_equal (ismb_stanza_get_from_jid (ISMB_STANZA (message)),
                                 ismb_client_get_bound_jid (alice)));
  close_client (alice);
  close_client (bob);
}

static void
test_megabyte (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  g_autofree char *body = g_strnfill (1024 * 1024, 'x');

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (IsmbMessage) message = send_and_get (alice, bob, body);
      g_autoptr (IsmbMessage) small = send_and_get (bob, alice, "small");

      g_assert_cmpstr (ismb_message_get_body (message), ==, body);
      g_assert_cmpstr (ismb_message_get_body (small), ==, "small");
    }
  close_client (alice);
  close_client (bob);
}

/* Several sizes around those of reads, since a tag may be torn at each. */
static void
test_all_sizes (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");

  for (gsize size = 3700; size < 4300; size += 7)
    {
      g_autofree char *body = g_strnfill (size, 'y');
      g_autoptr (IsmbMessage) message = send_and_get (alice, bob, body);

      g_assert_cmpuint (strlen (ismb_message_get_body (message)), ==, size);
    }
  close_client (alice);
  close_client (bob);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->iq = ismb_client_query_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static Outcome
ask (IsmbClient *client, IsmbJid *to, const char *name, const char *ns, guint timeout_ms)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (to, "get");
  Outcome outcome = { FALSE };

  ismb_iq_set_payload (iq, name, ns);
  ismb_client_query_async (client, iq, timeout_ms, NULL, on_answer, &outcome);
  wait_for (&outcome.done);
  return outcome;
}

static void
test_requests (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  IsmbJid *to = ismb_client_get_bound_jid (bob);
  Outcome outcome = ask (alice, to, "query", ISMB_NS_DISCO_INFO, 0);
  g_autoptr (IsmbIq) answer = ismb_iq_new (to, "result");

  g_assert_no_error (outcome.error);
  g_assert_cmpstr (ismb_iq_get_payload_ns (outcome.iq), ==, ISMB_NS_DISCO_INFO);
  g_clear_object (&outcome.iq);
  outcome = ask (alice, to, "ping", ISMB_NS_PING, 0);
  g_assert_no_error (outcome.error);
  g_clear_object (&outcome.iq);
  outcome = ask (alice, to, "query", "urn:example:unknown", 0);
  g_assert_error (outcome.error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED);
  g_clear_error (&outcome.error);
  outcome = ask (alice, NULL, "query", ISMB_NS_ROSTER, 0);
  g_assert_no_error (outcome.error);
  g_clear_object (&outcome.iq);
  outcome = (Outcome) { FALSE };
  ismb_client_query_async (alice, answer, 0, NULL, on_answer, &outcome);
  wait_for (&outcome.done);
  g_assert_error (outcome.error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
  g_clear_error (&outcome.error);
  close_client (alice);
  close_client (bob);
}

/* Who waits for an answer is told when the session ends. */
static void
test_requests_end_with_the_session (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_client_get_bound_jid (bob), "get");
  Outcome outcome = { FALSE };

  ismb_iq_set_payload (iq, "ping", ISMB_NS_PING);
  ismb_client_query_async (alice, iq, 0, NULL, on_answer, &outcome);
  close_client (alice);
  wait_for (&outcome.done);
  g_assert_true (outcome.iq != NULL ||
                 g_error_matches (outcome.error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED));
  g_clear_object (&outcome.iq);
  g_clear_error (&outcome.error);
  close_client (bob);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_fetch_roster_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
fetch_roster (IsmbClient *client)
{
  Outcome outcome = { FALSE };

  ismb_client_fetch_roster_async (client, NULL, on_fetched, &outcome);
  wait_for (&outcome.done);
  g_assert_no_error (outcome.error);
}

typedef struct
{
  const char *bare;
  gboolean *seen;
} Expected;

static void
on_presence_of (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Expected *expected = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));

  if (g_strcmp0 (ismb_jid_get_bare (from), expected->bare) == 0)
    *expected->seen = TRUE;
}

/* One asks; both see each other, since they are of one domain. */
static void
test_presence (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  gboolean bob_seen = FALSE, alice_seen = FALSE, bob_gone = FALSE;
  Expected bob_there = { "bob@" DOMAIN, &bob_seen }, alice_there = { "alice@" DOMAIN, &alice_seen };
  Expected bob_left = { "bob@" DOMAIN, &bob_gone };
  IsmbRoster *roster = ismb_client_get_roster (alice);
  g_autofree char *resource = NULL;
  g_auto (GStrv) jids = NULL;

  fetch_roster (alice);
  fetch_roster (bob);
  ismb_client_add_event_handler (alice, "presence_available",
                                 ISMB_EVENT_DEFAULT, on_presence_of, &bob_there, NULL);
  ismb_client_add_event_handler (bob, "got_online",
                                 ISMB_EVENT_DEFAULT, on_presence_of, &alice_there, NULL);
  ismb_client_add_event_handler (alice, "got_offline",
                                 ISMB_EVENT_DEFAULT, on_presence_of, &bob_left, NULL);
  g_assert_true (ismb_client_send_presence (alice, NULL, "at work", NULL));
  g_assert_true (ismb_client_send_presence (bob, NULL, NULL, NULL));
  g_assert_true (ismb_client_send_presence_subscription (alice, "bob@" DOMAIN, NULL, NULL));
  wait_for (&bob_seen);
  wait_for (&alice_seen);
  while (!g_str_equal (ismb_roster_get_subscription (roster, "bob@" DOMAIN), "both"))
    g_main_context_iteration (NULL, TRUE);
  resource = ismb_roster_get_best_resource (roster, "bob@" DOMAIN);
  g_assert_cmpstr (resource, ==, ismb_jid_get_resource (ismb_client_get_bound_jid (bob)));
  g_assert_cmpstr (
      ismb_roster_get_status (ismb_client_get_roster (bob), "alice@" DOMAIN,
                              ismb_jid_get_resource (ismb_client_get_bound_jid (alice))),
      ==, "at work");
  jids = ismb_roster_list_jids (roster);
  g_assert_true (g_strv_contains ((const char *const *) jids, "bob@" DOMAIN));
  close_client (bob);
  wait_for (&bob_gone);
  close_client (alice);
}

/* Whoever let go of a client hears no more of it, its plugins' end included. */
static void
test_goes_in_silence (void)
{
  IsmbClient *client = open_client ("alice");
  gboolean told = FALSE;

  ismb_client_add_event_handler (client, "features_changed", ISMB_EVENT_DEFAULT, on_event, &told,
                                 NULL);
  ismb_client_add_feature (client, "urn:example:first");
  g_assert_true (told);
  told = FALSE;
  g_assert_finalize_object (client);
  g_assert_false (told);
}

/* Before it was ever opened, too; and who never opens it is told when it is closed. */
static void
test_not_open (void)
{
  IsmbClient *client = make_client ("alice");
  gboolean not_sent = FALSE;
  Outcome outcome = { FALSE };

  ismb_client_add_event_handler (client, "stanza_not_sent", ISMB_EVENT_DEFAULT, on_event, &not_sent,
                                 NULL);
  g_assert_true (ismb_client_send_message (client, "bob@" DOMAIN, "x", NULL, NULL, NULL));
  ismb_client_close_async (client, NULL, on_closed, &outcome);
  wait_for (&outcome.done);
  g_assert_error (outcome.error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (outcome.error->message, "1 stanza was"));
  g_assert_true (not_sent);
  g_error_free (outcome.error);
  g_assert_finalize_object (client);
}

/* What is sent while the client is being opened waits for the session. */
static void
test_early_message (void)
{
  IsmbClient *bob = open_client ("bob");
  IsmbClient *alice = make_client ("alice");
  Outcome outcome = { FALSE };
  IsmbMessage *message = NULL;

  g_signal_connect (bob, "message", G_CALLBACK (on_message), &message);
  ismb_client_open_async (alice, NULL, on_opened, &outcome);
  g_assert_true (ismb_client_send_message (
      alice, ismb_jid_get_full (ismb_client_get_bound_jid (bob)), "early", NULL, NULL, NULL));
  while (message == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (ismb_message_get_body (message), ==, "early");
  g_object_unref (message);
  wait_for (&outcome.done);
  g_assert_no_error (outcome.error);
  close_client (alice);
  close_client (bob);
}

static void
ask_inside (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  Outcome outcome =
      ask (client, ismb_stanza_get_from_jid (ISMB_STANZA (message)), "ping", ISMB_NS_PING, 0);

  g_assert_no_error (outcome.error);
  g_clear_object (&outcome.iq);
  *(gboolean *) user_data = TRUE;
}

static void
test_waits_inside_a_handler (void)
{
  IsmbClient *alice = open_client ("alice");
  IsmbClient *bob = open_client ("bob");
  gboolean answered = FALSE;

  g_signal_connect (bob, "message", G_CALLBACK (ask_inside), &answered);
  g_assert_true (ismb_client_send_message (
      alice, ismb_jid_get_full (ismb_client_get_bound_jid (bob)), "x", NULL, NULL, NULL));
  wait_for (&answered);
  close_client (alice);
  close_client (bob);
}

static void
test_twenty (void)
{
  IsmbClient *clients[20];

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = open_client (i % 2 == 0 ? "alice" : "bob");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (IsmbMessage) message =
          send_and_get (clients[i], clients[(i + 1) % G_N_ELEMENTS (clients)], "round");

      g_assert_cmpstr (ismb_message_get_body (message), ==, "round");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    close_client (clients[i]);
}

/* Closed and dropped after 0, 1, 2, ... turns of the loop, until one is open before that. */
static void
test_dropped_at_each_stage (void)
{
  gboolean was_open = FALSE;

  for (guint turns = 0; !was_open; turns++)
    {
      IsmbClient *client = make_client ("alice");
      Outcome outcome = { FALSE };

      ismb_client_open_async (client, NULL, on_opened, &outcome);
      for (guint i = 0; i < turns && !outcome.done; i++)
        g_main_context_iteration (NULL, TRUE);
      was_open = outcome.done;
      g_object_add_weak_pointer (G_OBJECT (client), (gpointer *) &client);
      if (!was_open)
        ismb_client_close (client); /* an opening keeps it alive */
      g_object_unref (client);
      while (client != NULL)
        g_main_context_iteration (NULL, TRUE);
      g_assert_true (outcome.done);
      if (!was_open)
        g_assert_true (outcome.error == NULL ||
                       g_error_matches (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
      g_clear_error (&outcome.error);
    }
}

static void
test_cancelled (void)
{
  IsmbClient *client = make_client ("alice");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { FALSE };

  ismb_client_open_async (client, cancellable, on_opened, &outcome);
  g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (cancellable);
  wait_for (&outcome.done);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  outcome.error = try_to_open (client);
  g_assert_no_error (outcome.error);
  close_client (client);
}

int
main (int argc, char *argv[])
{
  static const char *const accounts[] = { "alice", "bob", NULL };
  int status;

  g_test_init (&argc, &argv, NULL);
  prosody = ismb_test_prosody_new (DOMAIN, accounts);
  if (prosody == NULL)
    {
      g_print ("1..0 # SKIP prosody is not installed\n");
      return 0;
    }
  g_test_add_func ("/client/sign-in", test_sign_in);
  g_test_add_func ("/client/opens-again", test_opens_again);
  g_test_add_func ("/client/wrong-ca", test_wrong_ca);
  g_test_add_func ("/client/ca-in-this-folder", test_ca_in_this_folder);
  g_test_add_func ("/client/wrong-password", test_wrong_password);
  g_test_add_func ("/client/nobody-there", test_nobody_there);
  g_test_add_func ("/client/message", test_message);
  g_test_add_func ("/client/megabyte", test_megabyte);
  g_test_add_func ("/client/all-sizes", test_all_sizes);
  g_test_add_func ("/client/requests", test_requests);
  g_test_add_func ("/client/requests-end-with-the-session", test_requests_end_with_the_session);
  g_test_add_func ("/client/presence", test_presence);
  g_test_add_func ("/client/goes-in-silence", test_goes_in_silence);
  g_test_add_func ("/client/not-open", test_not_open);
  g_test_add_func ("/client/early-message", test_early_message);
  g_test_add_func ("/client/waits-inside-a-handler", test_waits_inside_a_handler);
  g_test_add_func ("/client/twenty", test_twenty);
  g_test_add_func ("/client/dropped-at-each-stage", test_dropped_at_each_stage);
  g_test_add_func ("/client/cancelled", test_cancelled);
  status = g_test_run ();
  ismb_test_prosody_free (prosody);
  return status;
}
