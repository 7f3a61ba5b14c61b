/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the other side hears of what the handlers of its stanza do. */
#include "config.h"
#include "ismb/client/ismb-takers.h"

#include <string.h>

#include "ismb/client/ismb-waiter.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-failure.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-tree-reader.h"

typedef struct
{
  IsmbTakers *takers;
  IsmbStanza *stanza;
  GString *called;
  GString *sent;
  GString *failed;
} Fixture;

static void
on_event (gpointer client, const char *event, GObject *payload)
{
  g_assert_cmpstr (event, ==, "handler_failed");
  g_string_append (((Fixture *) client)->failed, ismb_failure_get_message (ISMB_FAILURE (payload)));
}

static void
on_send (gpointer client, IsmbStanza *stanza)
{
  g_autofree char *xml = ismb_stanza_to_string (stanza);

  g_string_append (((Fixture *) client)->sent, xml);
  if (((Fixture *) client)->takers != NULL)
    ismb_takers_note_sent (((Fixture *) client)->takers, stanza);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const IsmbTakersCallbacks callbacks = { on_event, on_send };

  fixture->takers = ismb_takers_new (fixture, &callbacks);
  fixture->called = g_string_new (NULL);
  fixture->sent = g_string_new (NULL);
  fixture->failed = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->takers, ismb_takers_free);
  g_string_free (fixture->called, TRUE);
  g_string_free (fixture->sent, TRUE);
  g_string_free (fixture->failed, TRUE);
}

/* The handlers; the letter of each says that it was called. */

static gboolean
take (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_string_append_c (((Fixture *) client)->called, 't');
  return TRUE;
}

static gboolean
leave (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_string_append_c (((Fixture *) client)->called, 'l');
  return FALSE;
}

/* Spoils what it got, as one who turns it into its answer does. */
static gboolean
spoil (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_string_append (((Fixture *) client)->called, "s");
  ismb_stanza_set_id (stanza, "spoilt");
  ismb_stanza_set_from_jid (stanza, NULL);
  ismb_stanza_set_stanza_type (stanza, "error");
  return FALSE;
}

static gboolean
see (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_string_append (((Fixture *) client)->called, ismb_stanza_get_id (stanza));
  return FALSE;
}

static gboolean
say_no (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  spoil (client, stanza, user_data, error);
  g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "no such vlan");
  return FALSE;
}

static gboolean
say_no_more (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FORBIDDEN, "forbidden");
  return FALSE;
}

static gboolean
fail (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_string_append_c (((Fixture *) client)->called, 'f');
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED, "the password is secret");
  return FALSE;
}

static gboolean
answer_and_fail (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  on_send (client, ISMB_STANZA (ismb_iq_reply (ISMB_IQ (stanza))));
  return fail (client, stanza, user_data, error);
}

static gboolean
end (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_clear_pointer (&((Fixture *) client)->takers, ismb_takers_free);
  return fail (client, stanza, user_data, error);
}

static void
add (Fixture *fixture, IsmbHandlerFunc func)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("*", NULL);

  ismb_handlers_add (ismb_takers_get_handlers (fixture->takers), "mine", matcher,
                     ISMB_HANDLER_WAY_STAYS, func, NULL, NULL);
}

static gboolean
offer (Fixture *fixture, const char *xml)
{
  g_autoptr (IsmbStanza) stanza
      = _ismb_stanza_new_from_tree (ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL), NULL);
  g_autoptr (GPtrArray) found = ismb_takers_find (fixture->takers, stanza);

  return found != NULL && ismb_takers_offer (fixture->takers, found, stanza);
}

#define GET "<iq id='7' type='get' from='ada@sw1.001122/here'><x xmlns='urn:x'/></iq>"
#define RESULT "<iq id='7' type='result' from='ada@sw1.001122/here'/>"
#define ERROR "<iq id='7' type='error' from='ada@sw1.001122/here'><error type='cancel'/></iq>"
#define MESSAGE "<message id='7' from='ada@sw1.001122/here'><body>hi</body></message>"
#define BOUNCE "<message id='7' type='error' from='ada@sw1.001122/here'/>"
#define PRESENCE "<presence id='7' from='ada@sw1.001122/here'/>"

#define REFUSED(kind, error_type, condition, text)                                                 \
  "<" kind " type='error' to='ada@sw1.001122/here' id='7'><error type='" error_type "'>"           \
  "<" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" text "</error></" kind ">"
#define TEXT(text)                                                                                 \
  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" text "</text>"
#define APOLOGY                                                                                    \
  TEXT ("Something went wrong with this request; the program that serves it knows more")

typedef struct
{
  const char *path;
  IsmbHandlerFunc handlers[3];
  const char *stanza;
  gboolean taken;
  const char *called;
  const char *sent;
  gboolean fails; /* a fault, not an answer */
} Case;

static const Case cases[] = {
  { "first-takes", { take, take }, GET, TRUE, "t", "" },
  { "leaves-to-the-next", { leave, take, take }, GET, TRUE, "lt", "" },
  { "nobody-takes", { leave, leave }, GET, FALSE, "ll", "" },
  { "all-get-a-message", { take, leave, take }, MESSAGE, FALSE, "tlt", "" },
  { "all-get-a-result", { take, take }, RESULT, FALSE, "tt", "" },
  { "each-has-its-own", { spoil, see }, MESSAGE, FALSE, "s7", "" },
  { "each-has-its-own-of-a-request", { spoil, see }, GET, FALSE, "s7", "" },
  { "no-to-a-request", { say_no, take }, GET, TRUE, "s",
    REFUSED ("iq", "cancel", "item-not-found", TEXT ("no such vlan")) },
  { "no-of-the-last", { say_no }, GET, TRUE, "s",
    REFUSED ("iq", "cancel", "item-not-found", TEXT ("no such vlan")) },
  { "no-without-a-text", { say_no_more }, GET, TRUE, "", REFUSED ("iq", "auth", "forbidden", "") },
  { "no-to-a-message", { say_no }, MESSAGE, FALSE, "s",
    REFUSED ("message", "cancel", "item-not-found", TEXT ("no such vlan")) },
  { "no-to-a-bounce", { say_no }, BOUNCE, FALSE, "s", "" },
  { "no-to-a-presence", { say_no_more }, PRESENCE, FALSE, "", "" },
  { "no-to-a-result", { say_no }, RESULT, FALSE, "s", "" },
  { "no-to-an-error", { say_no }, ERROR, FALSE, "s", "" },
  { "fails-at-a-request", { fail, take }, GET, TRUE, "f",
    REFUSED ("iq", "cancel", "undefined-condition", APOLOGY), TRUE },
  { "fails-at-a-message", { fail, take }, MESSAGE, FALSE, "ft", "", TRUE },
  { "fails-at-a-presence", { fail }, PRESENCE, FALSE, "f", "", TRUE },
  { "fails-at-a-result", { fail }, RESULT, FALSE, "f", "", TRUE },
  { "fails-after-its-answer", { answer_and_fail }, GET, TRUE, "f",
    "<iq type='result' to='ada@sw1.001122/here' id='7'/>", TRUE },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *wanted = data;

  for (guint i = 0; i < G_N_ELEMENTS (wanted->handlers) && wanted->handlers[i] != NULL; i++)
    add (fixture, wanted->handlers[i]);
  g_assert_cmpint (offer (fixture, wanted->stanza), ==, wanted->taken);
  g_assert_cmpstr (fixture->called->str, ==, wanted->called);
  g_assert_cmpstr (fixture->sent->str, ==, wanted->sent);
  g_assert_cmpstr (fixture->failed->str, ==, wanted->fails ? "the password is secret" : "");
}

/* Of a fault that comes back with each stanza, the log has one line. */
static void
test_log (Fixture *fixture, gconstpointer data)
{
  add (fixture, fail);
  g_test_expect_message ("ismb.client.takers", G_LOG_LEVEL_WARNING,
                         "the stanza handler \"mine\" failed: the password is secret");
  offer (fixture, MESSAGE);
  g_test_assert_expected_messages ();
  offer (fixture, MESSAGE);
}

static void
test_ends_within (Fixture *fixture, gconstpointer data)
{
  add (fixture, end);
  add (fixture, take);
  offer (fixture, MESSAGE);
  g_assert_null (fixture->takers);
  g_assert_cmpstr (fixture->called->str, ==, "f");
  g_assert_cmpstr (fixture->sent->str, ==, "");
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for (Fixture *fixture, const char *path, guint timeout_ms, GCancellable *cancellable,
          GAsyncResult **result)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path (path, NULL);

  ismb_waiter_add (ismb_takers_get_handlers (fixture->takers), matcher, timeout_ms,
                   g_task_new (NULL, cancellable, on_waited, result));
}

static IsmbStanza *
run_until (GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) got = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  got = g_steal_pointer (result);
  return g_task_propagate_pointer (G_TASK (got), error);
}

static void
test_waits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) one = NULL;
  g_autoptr (GAsyncResult) other = NULL;
  g_autoptr (IsmbStanza) first = NULL;
  g_autoptr (IsmbStanza) second = NULL;

  wait_for (fixture, "message", 60000, NULL, &one);
  wait_for (fixture, "iq", 60000, NULL, &other);
  add (fixture, spoil);
  g_assert_false (offer (fixture, MESSAGE));
  first = run_until (&one, NULL);
  g_assert_cmpstr (ismb_stanza_get_id (first), ==, "7");
  /* who waited for a request has it, though others were asked, too */
  g_assert_true (offer (fixture, GET));
  second = run_until (&other, NULL);
  g_assert_true (ISMB_IS_IQ (second));
  g_assert_false (offer (fixture, MESSAGE));
  g_assert_cmpstr (fixture->called->str, ==, "sss");
}

static void
test_waits_in_vain (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GAsyncResult *results[3] = { NULL };
  g_autoptr (GError) error = NULL;

  wait_for (fixture, "message", 1, NULL, &results[0]);
  wait_for (fixture, "message", 60000, cancellable, &results[1]);
  wait_for (fixture, "message", 60000, NULL, &results[2]);
  g_assert_null (run_until (&results[0], &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT);
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (run_until (&results[1], &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_clear_pointer (&fixture->takers, ismb_takers_free);
  g_assert_null (run_until (&results[2], &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
}

static void
on_waited_cancel (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_cancellable_cancel (g_task_get_cancellable (G_TASK (result)));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  on_waited (source, result, user_data);
}

static gboolean
offer_one (gpointer fixture)
{
  offer (fixture, MESSAGE);
  return G_SOURCE_REMOVE;
}

/* It has ended before what it calls back runs a loop, in which it would end otherwise. */
static void
test_waits_with_a_loop_inside (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("message", NULL);
  GAsyncResult *result = NULL;

  ismb_waiter_add (ismb_takers_get_handlers (fixture->takers), matcher, 60000,
                   g_task_new (NULL, cancellable, on_waited_cancel, &result));
  g_main_context_iteration (NULL, FALSE); /* a task does not return where it was made */
  g_idle_add (offer_one, fixture);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (result);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* faults are logged */
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/takers/log", test_log);
  ADD ("/takers/ends-within", test_ends_within);
  ADD ("/takers/waits", test_waits);
  ADD ("/takers/waits-in-vain", test_waits_in_vain);
  ADD ("/takers/waits-with-a-loop-inside", test_waits_with_a_loop_inside);
#undef ADD
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/takers/", cases[i].path, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_case, tear_down);
    }
  return g_test_run ();
}
