/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose answer counts, and how a request ends without one. */
#include "config.h"
#include "ismb/client/ismb-requests.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"

#define OWN "alice@sw1.001122/desk"

typedef struct
{
  IsmbRequests *requests;
  IsmbJid *own;
  IsmbIq *request;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->requests = ismb_requests_new ();
  fixture->own = ismb_jid_new (OWN, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->requests, ismb_requests_free);
  g_clear_object (&fixture->request);
  g_clear_object (&fixture->result);
  g_object_unref (fixture->own);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_set_object (&((Fixture *) user_data)->result, result);
}

static IsmbJid *
jid_of (const char *text)
{
  return text != NULL ? ismb_jid_new (text, NULL) : NULL;
}

static void
ask (Fixture *fixture, const char *to, guint timeout_ms, GCancellable *cancellable)
{
  g_autoptr (IsmbJid) jid = jid_of (to);

  fixture->request = ismb_iq_new (jid, "get");
  g_assert_true (ismb_requests_add (fixture->requests, fixture->request, timeout_ms,
                                    g_task_new (NULL, cancellable, on_done, fixture)));
}

static gboolean
answer (Fixture *fixture, const char *from, const char *type)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (fixture->own, type);
  g_autoptr (IsmbJid) jid = jid_of (from);

  ismb_stanza_set_id (ISMB_STANZA (iq), ismb_stanza_get_id (ISMB_STANZA (fixture->request)));
  ismb_stanza_set_from_jid (ISMB_STANZA (iq), jid);
  return ismb_requests_answer (fixture->requests, iq, fixture->own);
}

static IsmbIq *
run (Fixture *fixture, GError **error)
{
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_task_propagate_pointer (G_TASK (fixture->result), error);
}

typedef struct
{
  const char *path;
  const char *to;
  const char *from;
  gboolean counts;
} Case;

static const Case cases[] = {
  { "peer", "bob@sw2.001122/x", "bob@sw2.001122/x", TRUE },
  { "another-resource", "bob@sw2.001122/x", "bob@sw2.001122/y", FALSE },
  { "bare-for-full", "bob@sw2.001122/x", "bob@sw2.001122", FALSE },
  { "domain-for-peer", "bob@sw2.001122/x", "sw2.001122", FALSE },
  { "nobody-for-peer", "bob@sw2.001122/x", NULL, FALSE },
  { "account-for-peer", "bob@sw2.001122/x", "alice@sw1.001122", FALSE },
  { "domain", "sw2.001122", "sw2.001122", TRUE },
  { "stranger-for-domain", "sw2.001122", "mallory@sw2.001122", FALSE },
  { "account-by-nobody", NULL, NULL, TRUE },
  { "account-by-account", NULL, "alice@sw1.001122", TRUE },
  { "account-by-server", NULL, "sw1.001122", TRUE },
  { "account-by-itself", NULL, OWN, TRUE },
  { "account-by-stranger", NULL, "mallory@sw1.001122", FALSE },
  { "account-by-other-resource", NULL, "alice@sw1.001122/phone", FALSE },
  { "server-by-nobody", "sw1.001122", NULL, TRUE },
  { "named-account-by-server", "alice@sw1.001122", "sw1.001122", TRUE },
  { "itself", OWN, OWN, TRUE },
  { "itself-by-account", OWN, "alice@sw1.001122", FALSE },
};

static void
test_sender (Fixture *fixture, gconstpointer data)
{
  const Case *wanted = data;
  g_autoptr (IsmbIq) got = NULL;

  ask (fixture, wanted->to, 60000, NULL);
  g_assert_cmpint (answer (fixture, wanted->from, "result"), ==, wanted->counts);
  /* it waits on, or has its answer and takes no second one */
  g_assert_cmpint (answer (fixture, wanted->to, "result"), ==, !wanted->counts);
  got = run (fixture, NULL);
  g_assert_nonnull (got);
}

static void
test_error (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ask (fixture, "bob@sw2.001122/x", 60000, NULL);
  g_assert_true (answer (fixture, "bob@sw2.001122/x", "error"));
  g_assert_null (run (fixture, &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_UNDEFINED_CONDITION);
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ask (fixture, "bob@sw2.001122/x", 1, NULL);
  g_assert_null (run (fixture, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT);
  g_assert_false (answer (fixture, "bob@sw2.001122/x", "result"));
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  ask (fixture, "bob@sw2.001122/x", 60000, cancellable);
  g_cancellable_cancel (cancellable);
  g_assert_null (run (fixture, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (answer (fixture, "bob@sw2.001122/x", "result"));
}

/* What a request's callback does: gives it up, and those that end with it, too late. */
static void
on_done_cancel (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_cancellable_cancel (g_task_get_cancellable (G_TASK (result)));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_add (user_data, g_object_ref (result));
}

static gboolean
end_session (gpointer requests)
{
  g_autoptr (GError) error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "over");

  ismb_requests_fail (requests, NULL, error);
  return G_SOURCE_REMOVE;
}

static void
test_loop_inside (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (IsmbIq) iq = ismb_iq_new (fixture->own, "get");

      g_assert_true (ismb_requests_add (fixture->requests, iq, 60000,
                                        g_task_new (NULL, cancellable, on_done_cancel, results)));
    }
  g_main_context_iteration (NULL, FALSE); /* a task does not return where it was made */
  g_idle_add (end_session, fixture->requests);
  while (results->len < 3)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (results->len, ==, 3);
}

static void
test_bounded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) one_more = ismb_iq_new (NULL, "get");
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < ISMB_REQUESTS_MAX; i++)
    {
      g_clear_object (&fixture->request);
      g_clear_object (&fixture->result);
      ask (fixture, NULL, 60000, NULL);
      g_assert_true (g_hash_table_add (
          ids, g_strdup (ismb_stanza_get_id (ISMB_STANZA (fixture->request)))));
    }
  g_assert_true (g_hash_table_add (ids, ismb_requests_new_id (fixture->requests)));
  g_assert_false (ismb_requests_add (fixture->requests, one_more, 60000,
                                     g_task_new (NULL, NULL, on_done, fixture)));
  g_assert_null (run (fixture, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_clear_object (&fixture->result);
  g_assert_true (answer (fixture, NULL, "result")); /* the others wait on */
  g_object_unref (run (fixture, NULL));
  g_clear_pointer (&fixture->requests, ismb_requests_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/requests/sender/", cases[i].path, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_sender, tear_down);
    }
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/requests/error", test_error);
  ADD ("/requests/timeout", test_timeout);
  ADD ("/requests/cancelled", test_cancelled);
  ADD ("/requests/loop-inside", test_loop_inside);
  ADD ("/requests/bounded", test_bounded);
#undef ADD
  return g_test_run ();
}
