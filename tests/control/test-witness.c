/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the witness is told of all that is asked of Switch Control, over a real listener. */
#include "config.h"
#include "switchctl/control/witness.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/transfer/ismb-transfer-private.h"
#include "switchctl/control/engine-exec.h"
#include "switchctl/control/switch-control.h"
#include "tests/transfer/scene.h"

#define SWITCH_JID "switch@" SCENE_DOMAIN

/* Keeps what it is told as lines; cannot keep a decision while `broken`. */
#define TEST_TYPE_RECORDER (test_recorder_get_type ())
G_DECLARE_FINAL_TYPE (TestRecorder, test_recorder, TEST, RECORDER, GObject)

struct _TestRecorder
{
  GObject parent_instance;
  GString *lines;
  gint64 records;
  gboolean broken;
};

static void test_recorder_witness_init (SwitchWitnessInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestRecorder, test_recorder, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SWITCH_TYPE_WITNESS, test_recorder_witness_init))

typedef struct
{
  SwitchWitnessed done;
  gpointer user_data;
  gboolean broken;
} Notice;

static gboolean
on_idle (gpointer user_data)
{
  Notice *notice = user_data;
  g_autoptr (GError) error = NULL;

  if (notice->broken)
    g_set_error (&error, ISMB_ERROR, ISMB_ERROR_FAILED, "the disk is full");
  notice->done (error, notice->user_data);
  return G_SOURCE_REMOVE;
}

static gint64
test_recorder_decided (SwitchWitness *witness, const SwitchTestimony *testimony, SwitchWitnessed done,
                       gpointer user_data)
{
  TestRecorder *self = TEST_RECORDER (witness);
  Notice *notice;

  g_string_append_printf (self->lines, "%" G_GINT64_FORMAT " %s %s %s(%s) %s", ++self->records,
                          testimony->kind, testimony->allowed ? "allowed" : "refused",
                          ismb_jid_get_bare (testimony->from),
                          testimony->role != NULL ? testimony->role : "", testimony->what);
  if (testimony->size >= 0)
    g_string_append_printf (self->lines, " %" G_GINT64_FORMAT " %zu", testimony->size,
                            strlen (testimony->sha256));
  g_string_append_printf (self->lines, " by %s\n", testimony->rule);
  g_assert_nonnull (ismb_jid_get_resource (testimony->from));
  if (done == NULL)
    return self->records;
  notice = g_new0 (Notice, 1);
  notice->done = done;
  notice->user_data = user_data;
  notice->broken = self->broken;
  g_idle_add_full (G_PRIORITY_DEFAULT, on_idle, notice, g_free);
  return self->records;
}

static void
test_recorder_ended (SwitchWitness *witness, gint64 record, const char *outcome)
{
  g_string_append_printf (TEST_RECORDER (witness)->lines, "%" G_GINT64_FORMAT " ended: %s\n", record,
                          outcome);
}

static void
test_recorder_witness_init (SwitchWitnessInterface *iface)
{
  iface->decided = test_recorder_decided;
  iface->ended = test_recorder_ended;
}

static void
test_recorder_finalize (GObject *object)
{
  g_string_free (TEST_RECORDER (object)->lines, TRUE);
  G_OBJECT_CLASS (test_recorder_parent_class)->finalize (object);
}

static void
test_recorder_class_init (TestRecorderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_recorder_finalize;
}

static void
test_recorder_init (TestRecorder *self)
{
  self->lines = g_string_new (NULL);
}

typedef struct
{
  Scene scene;
  char *here; /* the sender's files root */
  char *root; /* Switch Control's */
  TestRecorder *recorder;
  SwitchControl *control;
  IsmbClient *sender;
  GQueue answers; /* of IsmbMessage */
} Fixture;

static void
on_message (IsmbClient *client, IsmbMessage *message, Fixture *fixture)
{
  g_queue_push_tail (&fixture->answers, g_object_ref (message));
}

static SwitchPolicyFile *
make_policy (Fixture *fixture, const char *text)
{
  g_autofree char *folder = scene_make_folder (&fixture->scene, "etc");
  g_autofree char *path = g_build_filename (folder, "policy.conf", NULL);
  g_autoptr (GError) error = NULL;
  SwitchPolicyFile *file;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  file = switch_policy_file_new (path, &error);
  g_assert_no_error (error);
  return file;
}

/* `policy` NULL: the built-in one. */
static void
begin (Fixture *fixture, const char *account, const char *policy)
{
  static const char *const allow[] = { "/bin/echo", "/bin/sh", NULL };
  g_autoptr (SwitchEngine) engine = switch_engine_exec_new (allow, NULL, NULL);
  g_autoptr (SwitchPolicyFile) file = NULL;
  g_autoptr (GError) error = NULL;

  scene_set_up (&fixture->scene);
  file = policy != NULL ? make_policy (fixture, policy) : NULL;
  fixture->here = scene_make_folder (&fixture->scene, "here");
  fixture->root = scene_make_folder (&fixture->scene, "root");
  fixture->recorder = g_object_new (TEST_TYPE_RECORDER, NULL);
  g_queue_init (&fixture->answers);
  fixture->control = scene_make_client (&fixture->scene, SWITCH_TYPE_CONTROL, "switch");
  switch_control_set_witness (fixture->control, SWITCH_WITNESS (fixture->recorder));
  switch_control_serve (fixture->control, SCENE_DOMAIN, engine, fixture->root, file, FALSE, &error);
  g_assert_no_error (error);
  scene_open (fixture->control);
  fixture->sender = scene_make_client (&fixture->scene, ISMB_TYPE_CLIENT, account);
  g_signal_connect (fixture->sender, "message", G_CALLBACK (on_message), fixture);
  scene_open (fixture->sender);
}

static void
set_up (Fixture *fixture, gconstpointer account)
{
  begin (fixture, account, NULL);
}

static void
set_up_ruled (Fixture *fixture, gconstpointer account)
{
  begin (fixture, account,
         "[rule no-shell]\naction=deny\ncommand=*/sh **\n\n"
         "[rule run]\naction=allow\ncommand=*/echo **\n");
}

static void
tear_down (Fixture *fixture, gconstpointer account)
{
  g_queue_clear_full (&fixture->answers, g_object_unref);
  scene_close (fixture->sender);
  if (fixture->control != NULL)
    scene_close (fixture->control);
  scene_finalize (fixture->recorder);
  scene_tear_down (&fixture->scene);
  g_free (fixture->here);
  g_free (fixture->root);
}

static void
send_list (Fixture *fixture, const char *list)
{
  g_autoptr (IsmbJid) to = ismb_jid_new (SWITCH_JID, NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (to, list);

  ismb_message_set_subject (message, "command");
  g_assert_true (ismb_client_send (fixture->sender, ISMB_STANZA (message), NULL));
}

static IsmbMessage *
run_list (Fixture *fixture, const char *list)
{
  send_list (fixture, list);
  SCENE_WAIT (!g_queue_is_empty (&fixture->answers));
  return g_queue_pop_head (&fixture->answers);
}

static void
assert_told (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->recorder->lines->str, ==, expected);
}

static void
test_commands (Fixture *fixture, gconstpointer account)
{
  g_autoptr (IsmbMessage) well = run_list (fixture, "['echo one', 'echo two']");
  g_autoptr (IsmbMessage) failed
    = run_list (fixture, "['echo one', 'sh -c \"exit 3\"', 'echo never']");
  g_autoptr (IsmbMessage) wrong = run_list (fixture, "['echo");

  assert_told (fixture,
               "1 commands allowed operator@sw1.test(operator) ['echo one', 'echo two'] by built-in\n"
               "1 ended: 0 0\n"
               "2 commands allowed operator@sw1.test(operator)"
               " ['echo one', 'sh -c \"exit 3\"', 'echo never'] by built-in\n"
               "2 ended: 0 3\n"
               "3 commands refused operator@sw1.test() ['echo by syntax\n");
}

static void
test_refused_commands (Fixture *fixture, gconstpointer account)
{
  g_autoptr (IsmbMessage) answer = run_list (fixture, "['echo one']");

  g_assert_true (ismb_stanza_is_error (ISMB_STANZA (answer)));
  assert_told (fixture, "1 commands refused client@sw1.test(client) ['echo one'] by built-in\n");
}

static void
assert_decided (Fixture *fixture, const char *list, const char *verdict, const char *rule)
{
  g_autoptr (IsmbMessage) answer = NULL;
  g_autofree char *told = NULL;

  g_string_truncate (fixture->recorder->lines, 0);
  answer = run_list (fixture, list);
  told = g_strdup_printf ("%" G_GINT64_FORMAT
                          " commands %s operator@sw1.test(operator) %s by %s/etc/%s\n",
                          fixture->recorder->records, verdict, list, fixture->scene.folder, rule);
  g_assert_true (g_str_has_prefix (fixture->recorder->lines->str, told));
}

/* Which line to look at; and the file alone where nothing in it matches. */
static void
test_rules (Fixture *fixture, gconstpointer account)
{
  assert_decided (fixture, "['echo one', 'sh -c exit']", "refused", "policy.conf:1 no-shell");
  assert_decided (fixture, "['echo one']", "allowed", "policy.conf:5 run");
  assert_decided (fixture, "['reboot']", "refused", "policy.conf");
}

/* What cannot be written down does not happen. */
static void
test_nothing_runs_unseen (Fixture *fixture, gconstpointer account)
{
  g_autofree char *proof = g_build_filename (fixture->root, "proof", NULL);
  g_autofree char *list = g_strdup_printf ("['sh -c \"echo >%s\"']", proof);
  g_autoptr (IsmbMessage) answer = NULL;
  g_autofree char *condition = NULL;

  fixture->recorder->broken = TRUE;
  answer = run_list (fixture, list);
  condition = ismb_stanza_get_error_condition (ISMB_STANZA (answer));
  g_assert_cmpstr (condition, ==, "internal-server-error");
  g_assert_false (g_file_test (proof, G_FILE_TEST_EXISTS));
  g_assert_null (strstr (fixture->recorder->lines->str, "ended"));
}

static void
test_goes_while_busy (Fixture *fixture, gconstpointer account)
{
  g_autofree char *busy = g_build_filename (fixture->root, "busy", NULL);
  g_autofree char *list = g_strdup_printf ("[\"sh -c 'echo >%s; sleep 1000'\"]", busy);

  send_list (fixture, list);
  SCENE_POLL (g_file_test (busy, G_FILE_TEST_EXISTS));
  scene_close (g_steal_pointer (&fixture->control));
  g_assert_nonnull (strstr (fixture->recorder->lines->str, "1 ended: cancelled"));
}

static void
push (Fixture *fixture, const char *name, gboolean overwrite, const char *outcome)
{
  static const char *const peers[] = { SCENE_DOMAIN, NULL };
  SceneAnswer answer = { NULL };
  g_autoptr (GHashTable) outcomes = NULL;
  g_autoptr (GError) error = NULL;

  _ismb_client_send_file_from_async (fixture->sender, fixture->here, "file", peers, name, overwrite,
                                     NULL, scene_on_done, &answer);
  SCENE_WAIT (answer.result != NULL);
  outcomes = ismb_client_send_file_to_peers_finish (fixture->sender, answer.result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (outcomes, SCENE_DOMAIN), ==, outcome);
  g_object_unref (answer.result);
}

static void
write_file (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->here, "file", NULL);

  g_assert_true (g_file_set_contents (path, "hello", 5, NULL));
  scene_subscribe (fixture->sender);
}

static void
test_files (Fixture *fixture, gconstpointer account)
{
  write_file (fixture);
  push (fixture, "a/b", FALSE, "stored");
  push (fixture, "a/b", FALSE, "conflict");
  push (fixture, "../b", FALSE, "refused");
  assert_told (fixture, "1 file allowed operator@sw1.test(operator) a/b 5 64 by built-in\n"
                        "1 ended: stored\n"
                        "2 file allowed operator@sw1.test(operator) a/b 5 64 by built-in\n"
                        "2 ended: conflict\n"
                        "3 file refused operator@sw1.test() ../b 5 64 by receiver\n");
}

static void
test_refused_files (Fixture *fixture, gconstpointer account)
{
  write_file (fixture);
  push (fixture, "a/b", FALSE, "refused");
  assert_told (fixture, "1 file refused client@sw1.test(client) a/b 5 64 by built-in\n");
}

static void
test_nothing_is_stored_unseen (Fixture *fixture, gconstpointer account)
{
  g_autofree char *path = g_build_filename (fixture->root, "b", NULL);

  write_file (fixture);
  fixture->recorder->broken = TRUE;
  push (fixture, "b", FALSE, "refused");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_null (strstr (fixture->recorder->lines->str, "ended"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, account, func) \
  g_test_add ("/control/witness/" name, Fixture, account, set_up, func, tear_down)
  ADD ("commands", "operator", test_commands);
  ADD ("refused-commands", "client", test_refused_commands);
  ADD ("nothing-runs-unseen", "operator", test_nothing_runs_unseen);
  g_test_add ("/control/witness/rules", Fixture, "operator", set_up_ruled, test_rules, tear_down);
  ADD ("goes-while-busy", "operator", test_goes_while_busy);
  ADD ("files", "operator", test_files);
  ADD ("refused-files", "client", test_refused_files);
  ADD ("nothing-is-stored-unseen", "operator", test_nothing_is_stored_unseen);
#undef ADD
  return g_test_run ();
}
