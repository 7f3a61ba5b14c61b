/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands from client to client over a real listener, run for real. */
#include "config.h"
#include "switchctl/control/switch-control.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "switchctl/control/engine-exec.h"
#include "tests/transfer/scene.h"

#define SWITCH_JID "switch@" SCENE_DOMAIN
#define ID "order-1"

typedef struct
{
  Scene scene;
  char *root;
  SwitchControl *control;
  IsmbClient *sender;
  GQueue answers; /* of IsmbMessage */
} Fixture;

static void
on_message (IsmbClient *client, IsmbMessage *message, Fixture *fixture)
{
  g_queue_push_tail (&fixture->answers, g_object_ref (message));
}

static SwitchEngine *
make_engine (void)
{
  static const char *const allow[] = { "/bin/echo", "/bin/false", "/bin/sh", "/bin/cat", NULL };
  g_autoptr (GError) error = NULL;
  SwitchEngine *engine = switch_engine_exec_new (allow, NULL, &error);

  g_assert_no_error (error);
  return engine;
}

static IsmbClient *
add_sender (Fixture *fixture, const char *name)
{
  IsmbClient *sender = scene_make_client (&fixture->scene, ISMB_TYPE_CLIENT, name);

  g_signal_connect (sender, "message", G_CALLBACK (on_message), fixture);
  scene_open (sender);
  return sender;
}

static void
set_up_with (Fixture *fixture, const char *account, gboolean trust_open)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (GError) error = NULL;

  scene_set_up (&fixture->scene);
  fixture->root = scene_make_folder (&fixture->scene, "root");
  g_queue_init (&fixture->answers);
  fixture->control = scene_make_client (&fixture->scene, SWITCH_TYPE_CONTROL, "switch");
  switch_control_serve (fixture->control, SCENE_DOMAIN, engine, fixture->root, NULL, trust_open, &error);
  g_assert_no_error (error);
  scene_open (fixture->control);
  fixture->sender = add_sender (fixture, account);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  set_up_with (fixture, data != NULL ? data : "operator", FALSE);
}

static void
set_up_open (Fixture *fixture, gconstpointer data)
{
  set_up_with (fixture, "operator", TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_queue_clear_full (&fixture->answers, g_object_unref);
  scene_close (fixture->sender);
  scene_close (fixture->control);
  scene_tear_down (&fixture->scene);
  g_free (fixture->root);
}

static void
send_message (IsmbClient *sender, const char *id, const char *type, const char *subject,
              const char *body)
{
  g_autoptr (IsmbJid) to = ismb_jid_new (SWITCH_JID, NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (to, body);
  g_autoptr (GError) error = NULL;

  ismb_stanza_set_id (ISMB_STANZA (message), id);
  if (type != NULL)
    ismb_stanza_set_stanza_type (ISMB_STANZA (message), type);
  if (subject != NULL)
    ismb_message_set_subject (message, subject);
  ismb_message_set_thread (message, "thread-1");
  ismb_client_send (sender, ISMB_STANZA (message), &error);
  g_assert_no_error (error);
}

static IsmbMessage *
next_answer (Fixture *fixture)
{
  SCENE_WAIT (!g_queue_is_empty (&fixture->answers));
  return g_queue_pop_head (&fixture->answers);
}

/* What the original promises: type, body, no subject; and thread and id of what is answered. */
static void
assert_answer (Fixture *fixture, const char *type, const char *body, const char *condition)
{
  g_autoptr (IsmbMessage) answer = next_answer (fixture);
  g_autofree char *found = ismb_stanza_get_error_condition (ISMB_STANZA (answer));

  g_assert_cmpstr (ismb_message_get_body (answer), ==, body);
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (answer)), ==, type);
  g_assert_null (ismb_message_get_subject (answer));
  g_assert_cmpstr (ismb_message_get_thread (answer), ==, "thread-1");
  g_assert_cmpstr (ismb_stanza_get_id (ISMB_STANZA (answer)), ==, ID);
  g_assert_cmpstr (ismb_jid_get_bare (ismb_stanza_get_from_jid (ISMB_STANZA (answer))), ==,
                   SWITCH_JID);
  g_assert_cmpstr (found, ==, condition);
}

static void
assert_runs (Fixture *fixture, const char *list, const char *text)
{
  send_message (fixture->sender, ID, NULL, "command", list);
  assert_answer (fixture, "normal", text, NULL);
}

static void
assert_fails (Fixture *fixture, const char *list, const char *body, const char *condition)
{
  send_message (fixture->sender, ID, "normal", "command", list);
  assert_answer (fixture, "error", body, condition);
}

static void
test_runs (Fixture *fixture, gconstpointer data)
{
  assert_runs (fixture, "['echo one', \"echo 'two  words'\"]", "one\ntwo  words\n");
  assert_runs (fixture, "['sh -c \"printf three\"', 'echo four']", "three\nfour\n");
  assert_runs (fixture, "['echo \"<a> & \\u00e4\"']", "<a> & \303\244\n");
  assert_runs (fixture, "['cat']", "\n");
}

static void
test_stops_at_the_first_failure (Fixture *fixture, gconstpointer data)
{
  g_autofree char *proof = g_build_filename (fixture->root, "proof", NULL);
  g_autofree char *list = g_strdup_printf (
      "['echo fine', 'sh -c \"echo I have failed!; exit 2\"', 'sh -c \"echo >%s\"']", proof);

  assert_fails (fixture, list, "<CLICommandError>I have failed!</CLICommandError>",
                "not-acceptable");
  g_assert_false (g_file_test (proof, G_FILE_TEST_EXISTS));
  assert_fails (fixture, "['rm -rf /']", "<CLICommandError>unknown command: rm</CLICommandError>",
                "item-not-found");
}

/* What a sender of ours learns beside the original's answer. */
static void
test_results (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbJid) to = ismb_jid_new (SWITCH_JID, NULL);
  g_autoptr (IsmbMessage) message
    = ismb_message_new (to, "['echo \"<one>\"', 'sh -c \"echo two; exit 3\"', 'echo never']");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (message));
  g_autoptr (IsmbMessage) answer = NULL;
  IsmbNode *job = ismb_tree_add (tree, ismb_tree_root (tree), "job", ISMB_NS_JOB);
  g_autofree char *text = NULL;
  IsmbNode *results, *result;

  ismb_tree_set (tree, job, "id", "j1");
  ismb_message_set_subject (message, "command");
  g_assert_true (ismb_client_send (fixture->sender, ISMB_STANZA (message), NULL));
  answer = next_answer (fixture);
  g_assert_true (ismb_stanza_is_error (ISMB_STANZA (answer)));
  results = ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (answer))), "results", ISMB_NS_JOB);
  g_assert_nonnull (results);
  g_assert_cmpstr (ismb_node_get (results, "id"), ==, "j1");

  result = ismb_node_find (results, "result", ISMB_NS_JOB);
  g_assert_cmpstr (ismb_node_get (result, "status"), ==, "0");
  text = ismb_node_dup_text (result);
  g_assert_cmpstr (text, ==, "<one>\n");
  result = ismb_node_find_next (result, "result", ISMB_NS_JOB);
  g_assert_cmpstr (ismb_node_get (result, "status"), ==, "3");
  g_assert_nonnull (ismb_node_get (result, "duration"));
  g_assert_null (ismb_node_find_next (result, "result", ISMB_NS_JOB));
}

/* Words of the sender's are not repeated at any length: too long an answer would end our
 * session. */
static void
test_long_words (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbJid) to = ismb_jid_new (SWITCH_JID, NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (to, "['echo here']");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (message));
  IsmbNode *job = ismb_tree_add (tree, ismb_tree_root (tree), "job", ISMB_NS_JOB);
  g_autofree char *words = g_strnfill (120 * 1024, 'w');
  g_autoptr (IsmbMessage) answer = NULL;

  ismb_tree_set (tree, job, "id", words);
  ismb_message_set_subject (message, "command");
  ismb_message_set_thread (message, words);
  g_assert_true (ismb_client_send (fixture->sender, ISMB_STANZA (message), NULL));
  answer = next_answer (fixture);
  g_assert_cmpstr (ismb_message_get_body (answer), ==, "here\n");
  g_assert_null (ismb_message_get_thread (answer));
}

static void
test_syntax_errors (Fixture *fixture, gconstpointer data)
{
  static const char *const bodies[] = {
    "['echo'", "echo hello", "[1]", "['a'].pop()", "[]]", "\\"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    assert_fails (fixture, bodies[i], "<PythonSyntaxError></PythonSyntaxError>", "bad-request");
}

/* Nobody runs these and nobody answers: the next answer is that of what follows them. */
static void
test_no_commands (Fixture *fixture, gconstpointer data)
{
  send_message (fixture->sender, "x", "chat", "command", "['echo wrong type']");
  send_message (fixture->sender, "x", "headline", "command", "['echo wrong type']");
  send_message (fixture->sender, "x", "error", "command", "['echo wrong type']");
  send_message (fixture->sender, "x", NULL, "Command", "['echo wrong subject']");
  send_message (fixture->sender, "x", NULL, NULL, "['echo no subject']");
  assert_runs (fixture, "['echo right']", "right\n");
  g_assert_true (g_queue_is_empty (&fixture->answers));
}

static void
test_one_after_the_other (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, "order", NULL);

  for (int i = 0; i < 5; i++)
    {
      g_autofree char *list = g_strdup_printf ("[\"sh -c 'echo %d >>%s; cat %s'\"]", i, file, file);

      send_message (fixture->sender, ID, NULL, "command", list);
    }
  assert_answer (fixture, "normal", "0\n", NULL);
  assert_answer (fixture, "normal", "0\n1\n", NULL);
  assert_answer (fixture, "normal", "0\n1\n2\n", NULL);
  assert_answer (fixture, "normal", "0\n1\n2\n3\n", NULL);
  assert_answer (fixture, "normal", "0\n1\n2\n3\n4\n", NULL);
}

/* While the first list, once allowed, waits for a file, at most 31 more may wait for it. */
static void
test_too_many (Fixture *fixture, gconstpointer data)
{
  g_autofree char *here = g_build_filename (fixture->root, "here", NULL);
  g_autofree char *go = g_build_filename (fixture->root, "go", NULL);
  g_autofree char *list = g_strdup_printf (
      "[\"sh -c 'echo >%s; while [ ! -e %s ]; do sleep 0.05; done; echo gone'\"]", here, go);

  send_message (fixture->sender, ID, NULL, "command", list);
  while (!g_file_test (here, G_FILE_TEST_EXISTS))
    g_main_context_iteration (NULL, FALSE);
  for (int i = 0; i < 32; i++)
    send_message (fixture->sender, ID, NULL, "command", "['echo']");
  assert_answer (fixture, "error",
                 "<CLICommandError>too many commands wait already</CLICommandError>",
                 "resource-constraint");
  g_assert_true (g_file_set_contents (go, "", 0, NULL));
  assert_answer (fixture, "normal", "gone\n", NULL);
  for (int i = 0; i < 31; i++)
    assert_answer (fixture, "normal", "\n", NULL);
}

/* Whoever may not run anything does not keep out those who may, however much it sends. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  IsmbClient *operator = add_sender (fixture, "operator");
  g_autoptr (IsmbMessage) refused = NULL;
  g_autofree char *condition = NULL;
  guint ran = 0;

  for (int i = 0; i < 40; i++)
    send_message (fixture->sender, ID, NULL, "command", "['echo']");
  send_message (operator, ID, NULL, "command", "['echo']");
  refused = next_answer (fixture);
  condition = ismb_stanza_get_error_condition (ISMB_STANZA (refused));
  g_assert_cmpstr (condition, ==, "resource-constraint");
  for (int i = 1; i < 41; i++)
    {
      g_autoptr (IsmbMessage) answer = next_answer (fixture);

      ran += !ismb_stanza_is_error (ISMB_STANZA (answer));
    }
  g_assert_cmpuint (ran, ==, 1);
  scene_close (operator);
}

static void
test_long_answer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbMessage) answer = NULL;

  send_message (fixture->sender, ID, NULL, "command",
                "[\"sh -c 'i=0; while [ $i -lt 3000 ]; do echo "
                "\\\"<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\\\"; "
                "i=$((i+1)); done'\"]");
  answer = next_answer (fixture);
  g_assert_true (g_str_has_suffix (ismb_message_get_body (answer), "\n[answer truncated]\n"));
}

static void
test_denied (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbMessage) answer = NULL;
  g_autofree char *condition = NULL;

  send_message (fixture->sender, ID, NULL, "command", "['echo hello']");
  answer = next_answer (fixture);
  condition = ismb_stanza_get_error_condition (ISMB_STANZA (answer));
  g_assert_cmpstr (condition, ==, "forbidden");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (answer)), ==, "error");
  g_assert_nonnull (strstr (ismb_message_get_body (answer), "may not run commands here"));
  g_assert_true (g_str_has_prefix (ismb_message_get_body (answer), "<CLICommandError>"));
}

/* Switch Control is present from the start, also after its stream was lost and opened again. */
static void
test_opens_again (Fixture *fixture, gconstpointer data)
{
  gboolean gone = FALSE;
  guint handler;

  scene_subscribe (fixture->sender);
  handler = ismb_client_add_event_handler (ISMB_CLIENT (fixture->control), "disconnected",
                                           ISMB_EVENT_DEFAULT, scene_on_event, &gone, NULL);
  ismb_client_close (ISMB_CLIENT (fixture->control));
  SCENE_WAIT (gone);
  ismb_client_remove_event_handler (ISMB_CLIENT (fixture->control), handler);
  scene_open (fixture->control);
  scene_subscribe (fixture->sender);
  assert_runs (fixture, "['echo again']", "again\n");
}

static void
test_goes_while_busy (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, "busy", NULL);
  g_autofree char *list = g_strdup_printf ("[\"sh -c 'echo >%s; sleep 1000'\"]", file);

  send_message (fixture->sender, ID, NULL, "command", list);
  while (!g_file_test (file, G_FILE_TEST_EXISTS))
    g_main_context_iteration (NULL, FALSE);
}

static void
add (const char *name, const char *account, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/control/switch-control/", name, NULL);

  g_test_add (path, Fixture, account, set_up, test, tear_down);
}

static void
test_no_root (void)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (GError) error = NULL;

  g_assert_null (switch_control_new ("secret", "VR-Mgmt", "/nonexistent", SCENE_DOMAIN, engine,
                                     NULL, "/nonexistent/root", NULL, FALSE, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("runs", NULL, test_runs);
  add ("stops-at-the-first-failure", NULL, test_stops_at_the_first_failure);
  add ("results", NULL, test_results);
  add ("long-words", NULL, test_long_words);
  add ("syntax-errors", NULL, test_syntax_errors);
  add ("no-commands", NULL, test_no_commands);
  add ("one-after-the-other", NULL, test_one_after_the_other);
  add ("too-many", NULL, test_too_many);
  add ("flood", "client", test_flood);
  add ("long-answer", NULL, test_long_answer);
  add ("denied", "client", test_denied);
  add ("opens-again", NULL, test_opens_again);
  add ("goes-while-busy", NULL, test_goes_while_busy);
  g_test_add ("/control/switch-control/denied-to-all", Fixture, NULL, set_up_open, test_denied,
              tear_down);
  g_test_add_func ("/control/switch-control/no-root", test_no_root);
  return g_test_run ();
}
