/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-ad-hoc.h"
#include "tests/plugins/stage.h"

#define COMMANDS "http://jabber.org/protocol/commands"

static GString *deeds;               /* what bob did */
static IsmbCommandSession *waiting;  /* bob's, held */

static IsmbForm *
make_form (const char *var)
{
  IsmbForm *form = ismb_form_new ("form");
  g_autoptr (IsmbFormField) field = ismb_form_add_field (form, var, "text-single", NULL, NULL);

  ismb_form_field_set_required (field, TRUE);
  return form;
}

static gboolean ask_port (IsmbCommandSession *session, gpointer data, GError **error);

static gboolean
blink (IsmbCommandSession *session, gpointer data, GError **error)
{
  g_autofree char *colour =
      ismb_form_get_value (ismb_command_session_get_answer (session), "colour");
  g_autofree char *note = g_strdup_printf ("it blinks %s", colour);

  g_string_append_printf (deeds, "%s:%s ", ismb_command_session_get_action (session), colour);
  ismb_command_session_add_note (session, "info", note);
  return TRUE;
}

static gboolean
ask_colour (IsmbCommandSession *session, gpointer data, GError **error)
{
  g_autofree char *port = ismb_form_get_value (ismb_command_session_get_answer (session), "port");
  g_autoptr (IsmbForm) form = make_form ("colour");

  g_string_append_printf (deeds, "%s:%s ", ismb_command_session_get_action (session), port);
  ismb_command_session_set_form (session, form);
  ismb_command_session_set_next (session, blink, NULL, NULL);
  ismb_command_session_set_prev (session, ask_port, NULL, NULL);
  return TRUE;
}

static gboolean
on_cancel (IsmbCommandSession *session, gpointer data, GError **error)
{
  g_string_append (deeds, "cancel ");
  return TRUE;
}

static gboolean
ask_port (IsmbCommandSession *session, gpointer data, GError **error)
{
  g_autoptr (IsmbForm) form = make_form ("port");

  g_string_append_printf (deeds, "%s ", ismb_command_session_get_action (session));
  ismb_command_session_set_form (session, form);
  ismb_command_session_set_next (session, ask_colour, NULL, NULL);
  ismb_command_session_set_has_next (session, TRUE);
  ismb_command_session_set_cancel (session, on_cancel, NULL, NULL);
  return TRUE;
}

static gboolean
fail (IsmbCommandSession *session, gpointer data, GError **error)
{
  g_set_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_CONFLICT, "somebody else does");
  return FALSE;
}

static gboolean
wait (IsmbCommandSession *session, gpointer data, GError **error)
{
  ismb_command_session_hold (session);
  g_set_object (&waiting, session);
  return TRUE;
}

static gboolean
everybody (IsmbAdHoc *ad_hoc, IsmbJid *from, const char *node, gpointer user_data)
{
  return !g_str_equal (node, "secret");
}

/* What alice does */

static IsmbAdHoc *
ad_hoc_of (IsmbTestGuest *guest)
{
  return stage_enable (guest, "xep_0050");
}

static IsmbCommandRun *
start (IsmbJid *jid, const char *node, GError **error)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_ad_hoc_start_async (ad_hoc_of (alice), jid, node, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_ad_hoc_start_finish (ad_hoc_of (alice), result, error);
}

static IsmbCommandRun *
start_well (const char *node)
{
  g_autoptr (GError) error = NULL;
  IsmbCommandRun *run = start (stage_jid (bob), node, &error);

  g_assert_no_error (error);
  return run;
}

static void
act (IsmbCommandRun *run, const char *action, const char *values, GError **error)
{
  g_autoptr (IsmbForm) answer = values != NULL ? ismb_form_new ("submit") : NULL;
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  if (values != NULL)
    ismb_form_set_values (answer, g_variant_new_parsed (values));
  ismb_command_run_act_async (run, action, answer, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  ismb_command_run_act_finish (run, result, error);
}

static void
act_well (IsmbCommandRun *run, const char *action, const char *values)
{
  g_autoptr (GError) error = NULL;

  act (run, action, values, &error);
  g_assert_no_error (error);
}

static void
assert_actions (IsmbCommandRun *run, const char *expected)
{
  g_auto (GStrv) actions = ismb_command_list_actions (ismb_command_run_get_command (run));
  g_autofree char *joined = g_strjoinv (" ", actions);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_steps (void)
{
  g_autoptr (IsmbCommandRun) run = start_well ("blink");
  g_autoptr (IsmbForm) form = ismb_command_run_get_form (run);
  g_autoptr (IsmbFormField) port = ismb_form_get_field (form, "port");
  g_autoptr (GVariant) notes = NULL;
  g_autofree char *printed = NULL;

  g_assert_nonnull (port);
  g_assert_cmpstr (ismb_command_run_get_status (run), ==, "executing");
  assert_actions (run, "next");
  act_well (run, "next", "{'port': <'7'>}");
  assert_actions (run, "prev complete");
  act_well (run, "prev", NULL);
  assert_actions (run, "next");
  act_well (run, NULL, "{'port': <'8'>}");
  g_assert_cmpstr (ismb_command_get_default_action (ismb_command_run_get_command (run)), ==,
                   "complete");
  act_well (run, "execute", "{'colour': <'red'>}");
  g_assert_cmpstr (ismb_command_run_get_status (run), ==, "completed");
  notes = ismb_command_list_notes (ismb_command_run_get_command (run));
  printed = g_variant_print (notes, FALSE);
  g_assert_cmpstr (printed, ==, "[('info', 'it blinks red')]");
  g_assert_cmpstr (deeds->str, ==, "execute next:7 prev next:8 complete:red ");
  g_assert_cmpuint (ismb_test_guest_count (bob, "command_next"), ==, 2);
  g_assert_cmpuint (ismb_test_guest_count (bob, "command_prev"), ==, 1);
}

static void
test_cancel (void)
{
  g_autoptr (IsmbCommandRun) run = start_well ("blink");
  g_autoptr (GError) error = NULL;

  act_well (run, "next", "{'port': <'7'>}");
  g_string_truncate (deeds, 0);
  act_well (run, "cancel", NULL);
  g_assert_cmpstr (ismb_command_run_get_status (run), ==, "canceled");
  g_assert_cmpstr (deeds->str, ==, "cancel ");
  act (run, "next", NULL, &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_BAD_REQUEST);
}

static void
test_wrong_steps (void)
{
  g_autoptr (IsmbCommandRun) run = start_well ("blink");
  g_autoptr (GError) bad_action = NULL;
  g_autoptr (GError) bad_payload = NULL;
  g_autoptr (GError) malformed = NULL;

  act (run, "complete", "{'port': <'7'>}", &bad_action);
  g_assert_error (bad_action, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_BAD_REQUEST);
  act (run, "next", "{'colour': <'7'>}", &bad_payload);
  g_assert_error (bad_payload, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_BAD_REQUEST);
  g_assert_cmpstr (bad_payload->message, ==, "the field port is required, and has no value");
  act (run, "dance", NULL, &malformed);
  g_assert_error (malformed, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_BAD_REQUEST);
  act_well (run, "next", "{'port': <'7'>}"); /* all of that has done no harm */
  act_well (run, "cancel", NULL);
}

static void
test_failures (void)
{
  g_autoptr (GError) failed = NULL;
  g_autoptr (GError) unknown = NULL;
  g_autoptr (GError) forbidden = NULL;

  g_assert_null (start (stage_jid (bob), "fail", &failed));
  g_assert_error (failed, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_CONFLICT);
  g_assert_cmpstr (failed->message, ==, "somebody else does");
  g_assert_null (start (stage_jid (bob), "nothing", &unknown));
  g_assert_error (unknown, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
  g_assert_null (start (stage_jid (bob), "secret", &forbidden));
  g_assert_error (forbidden, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FORBIDDEN);
}

/* By default nobody but the own account and members of a fabric, which over TCP alice is not known
 * to be. */
static void
test_who_may (void)
{
  g_autoptr (GError) forbidden = NULL;
  g_autoptr (IsmbCommandRun) run = NULL;

  ismb_ad_hoc_set_access_func (ad_hoc_of (bob), NULL, NULL, NULL);
  g_assert_null (start (stage_jid (bob), "blink", &forbidden));
  g_assert_error (forbidden, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FORBIDDEN);
  g_object_set (ad_hoc_of (bob), "access", ISMB_AUTHORIZE_EVERYBODY, NULL);
  run = start_well ("blink");
  act_well (run, "cancel", NULL);
  g_object_set (ad_hoc_of (bob), "access", ISMB_AUTHORIZE_MEMBERS, NULL);
  ismb_ad_hoc_set_access_func (ad_hoc_of (bob), everybody, NULL, NULL);
}

static gboolean
is_waiting (gpointer data)
{
  return waiting != NULL;
}

static void
test_takes_its_time (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbCommandRun) run = NULL;

  ismb_ad_hoc_start_async (ad_hoc_of (alice), stage_jid (bob), "wait", NULL, ismb_test_keep_result,
                           &slot);
  ismb_test_wait_until (is_waiting, NULL, "the command");
  ismb_command_session_add_note (waiting, "info", "at last");
  ismb_command_session_release (waiting, NULL);
  ismb_command_session_release (waiting, NULL); /* once is enough */
  g_clear_object (&waiting);
  result = ismb_test_await_result (&slot);
  run = ismb_ad_hoc_start_finish (ad_hoc_of (alice), result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_command_run_get_status (run), ==, "completed");
}

static void
test_is_listed (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoItems) items = NULL;
  g_autolist (IsmbDiscoItem) list = NULL;

  ismb_ad_hoc_get_commands_async (ad_hoc_of (alice), stage_jid (bob), NULL, ismb_test_keep_result,
                                  &slot);
  result = ismb_test_await_result (&slot);
  items = ismb_ad_hoc_get_commands_finish (ad_hoc_of (alice), result, &error);
  g_assert_no_error (error);
  list = ismb_disco_items_list_items (items);
  g_assert_cmpuint (g_list_length (list), ==, 3); /* but the secret one */
  g_assert_cmpstr (ismb_disco_item_get_node (list->data), ==, "blink");
  g_assert_cmpstr (ismb_disco_item_get_name (list->data), ==, "Blink a light");
}

static void
test_too_many (void)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  IsmbCommandRun *run;

  while ((run = start (stage_jid (bob), "blink", &error)) != NULL)
    g_ptr_array_add (runs, run);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT);
  g_assert_cmpuint (runs->len, ==, 16);
  for (guint i = 0; i < runs->len; i++)
    act_well (runs->pdata[i], "cancel", NULL);
}

static void
count_destroyed (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

static gboolean gone;

static gboolean
idle_step (IsmbCommandSession *session, gpointer data, GError **error)
{
  ismb_command_session_set_next (session, blink, &gone, count_destroyed);
  return TRUE;
}

static void
test_expires (void)
{
  g_autoptr (IsmbCommandRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (ad_hoc_of (bob), "session-timeout", 1, NULL);
  ismb_ad_hoc_add_command (ad_hoc_of (bob), "idle", "Idle", idle_step, NULL, NULL);
  run = start_well ("idle");
  ismb_test_wait_until (is_set, &gone, "the end of the session");
  act (run, "complete", NULL, &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ALLOWED);
}

static void
test_stock_client (void)
{
  g_autoptr (IsmbTestStock) stock = ismb_test_stock_new (server, "carol", alice);
  g_autoptr (IsmbCommandRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbForm) form = NULL;
  g_autofree char *said = NULL;

  if (stock == NULL)
    {
      g_test_skip ("slixmpp is not installed");
      return;
    }
  run = start (ismb_test_stock_get_jid (stock), "greet", &error);
  g_assert_no_error (error);
  act_well (run, NULL, "{'name': <'Ada'>}");
  g_assert_cmpstr (ismb_command_run_get_status (run), ==, "completed");
  form = ismb_command_run_get_form (run);
  said = ismb_form_get_value (form, "said");
  g_assert_cmpstr (said, ==, "Hello Ada");
  ismb_ad_hoc_add_command (ad_hoc_of (alice), "blink", "Blink a light", ask_port, NULL, NULL);
  ismb_ad_hoc_set_access_func (ad_hoc_of (alice), everybody, NULL, NULL);
  g_string_truncate (deeds, 0);
  ismb_test_stock_check (stock, "commands");
  g_assert_cmpstr (deeds->str, ==, "execute next:7 complete:red ");
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  deeds = g_string_new (NULL);
  if (!stage_set_up (argc, argv))
    return 0;
  ismb_ad_hoc_add_command (ad_hoc_of (bob), "blink", "Blink a light", ask_port, NULL, NULL);
  ismb_ad_hoc_add_command (ad_hoc_of (bob), "fail", "Fail", fail, NULL, NULL);
  ismb_ad_hoc_add_command (ad_hoc_of (bob), "wait", "Wait", wait, NULL, NULL);
  ismb_ad_hoc_add_command (ad_hoc_of (bob), "secret", "Secret", fail, NULL, NULL);
  ismb_ad_hoc_set_access_func (ad_hoc_of (bob), everybody, NULL, NULL);
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_test_add_func ("/ad-hoc/steps", test_steps);
  g_test_add_func ("/ad-hoc/cancel", test_cancel);
  g_test_add_func ("/ad-hoc/wrong-steps", test_wrong_steps);
  g_test_add_func ("/ad-hoc/failures", test_failures);
  g_test_add_func ("/ad-hoc/who-may", test_who_may);
  g_test_add_func ("/ad-hoc/takes-its-time", test_takes_its_time);
  g_test_add_func ("/ad-hoc/is-listed", test_is_listed);
  g_test_add_func ("/ad-hoc/too-many", test_too_many);
  g_test_add_func ("/ad-hoc/expires", test_expires);
  g_test_add_func ("/ad-hoc/stock-client", test_stock_client);
  status = g_test_run ();
  stage_tear_down ();
  g_string_free (deeds, TRUE);
  return status;
}
