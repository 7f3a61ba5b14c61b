/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-stream-management.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

typedef struct
{
  IsmbStreamManagement *management;
  GString *said;
  guint silences;
  gboolean patient;
} Fixture;

static void
on_send (const char *text, gsize length, gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *end = strpbrk (text + 1, " />");
  const char *h = g_strstr_len (text, length, " h='");

  g_string_append_len (fixture->said, text + 1, end - text - 1);
  if (h != NULL)
    g_string_append_len (fixture->said, h + 4, strchr (h + 4, '\'') - h - 4);
  g_string_append_c (fixture->said, ' ');
}

static gboolean
on_silent (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->silences++;
  return fixture->patient;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const IsmbStreamManagementCallbacks callbacks = { on_send, on_silent };

  fixture->management = ismb_stream_management_new (&callbacks, fixture);
  fixture->said = g_string_new (NULL);
  ismb_stream_management_set_pace (fixture->management, 4, 1, 60000);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_free (fixture->management);
  g_string_free (fixture->said, TRUE);
}

static IsmbSmHeard
hear (Fixture *fixture, const char *name, const char *attribute, const char *value)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (name, ISMB_NS_SM);
  guint32 h = G_MAXUINT32;
  IsmbSmHeard heard;

  if (attribute != NULL)
    ismb_tree_set (tree, ismb_tree_root (tree), attribute, value);
  if (g_strcmp0 (attribute, "id") == 0)
    ismb_tree_set (tree, ismb_tree_root (tree), "resume", "true");
  heard = ismb_stream_management_take (fixture->management, tree, &h);
  if (heard == ISMB_SM_HEARD_ACK)
    g_assert_cmpuint (h, ==, g_ascii_strtoull (value, NULL, 10));
  if (heard == ISMB_SM_HEARD_REQUEST)
    ismb_stream_management_tell (fixture->management);
  return heard;
}

static void
enable (Fixture *fixture)
{
  ismb_stream_management_enable (fixture->management);
  g_assert_true (ismb_stream_management_is_on (fixture->management));
  g_assert_null (ismb_stream_management_get_id (fixture->management));
  g_assert_cmpint (hear (fixture, "enabled", "id", "some"), ==, ISMB_SM_HEARD_ENABLED);
  g_assert_cmpstr (ismb_stream_management_get_id (fixture->management), ==, "some");
  g_string_truncate (fixture->said, 0);
}

static void
send (Fixture *fixture, guint count)
{
  while (count-- > 0)
    ismb_stream_management_note_sent (fixture->management, 100);
}

static void
wait_for_word (Fixture *fixture)
{
  while (fixture->said->len == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_counts (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_count (fixture->management); /* before it is on: nobody's */
  ismb_stream_management_enable (fixture->management);
  ismb_stream_management_count (fixture->management);
  hear (fixture, "enabled", "id", "some");
  ismb_stream_management_count (fixture->management);
  hear (fixture, "r", NULL, NULL);
  ismb_stream_management_count (fixture->management);
  ismb_stream_management_count (fixture->management);
  hear (fixture, "r", NULL, NULL);
  g_assert_cmpstr (fixture->said->str, ==, "enable a1 a3 ");
  g_assert_cmpuint (ismb_stream_management_get_handled (fixture->management), ==, 3);
}

static void
test_asks_behind_a_burst (Fixture *fixture, gconstpointer data)
{
  enable (fixture);
  send (fixture, 3);
  g_assert_cmpstr (fixture->said->str, ==, "");
  wait_for_word (fixture);
  g_assert_cmpstr (fixture->said->str, ==, "r ");
}

/* However much is sent, one question is on its way at a time. */
static void
test_asks_once (Fixture *fixture, gconstpointer data)
{
  enable (fixture);
  send (fixture, 1000);
  g_assert_cmpstr (fixture->said->str, ==, "r ");
  g_assert_cmpint (hear (fixture, "a", "h", "4"), ==, ISMB_SM_HEARD_ACK);
  ismb_stream_management_note_acked (fixture->management, 996);
  g_assert_cmpstr (fixture->said->str, ==, "r r ");
  hear (fixture, "a", "h", "1000");
  ismb_stream_management_note_acked (fixture->management, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpstr (fixture->said->str, ==, "r r ");
}

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;
  return G_SOURCE_REMOVE;
}

/* With everything acknowledged, no timer is left: longer than any of its intervals. */
static void
test_sleeps (Fixture *fixture, gconstpointer data)
{
  gboolean over = FALSE;

  ismb_stream_management_set_pace (fixture->management, 0, 5, 5);
  enable (fixture);
  send (fixture, 4);
  hear (fixture, "a", "h", "4");
  ismb_stream_management_note_acked (fixture->management, 0);
  g_timeout_add (50, set_flag, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->said->str, ==, "r ");
  g_assert_cmpuint (fixture->silences, ==, 0);
}

static void
test_notices_silence (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_set_pace (fixture->management, 0, 1, 1);
  enable (fixture);
  fixture->patient = TRUE;
  send (fixture, 1);
  while (fixture->silences < 2)
    g_main_context_iteration (NULL, TRUE);
  fixture->patient = FALSE;
  while (fixture->silences < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->said->str, ==, "r ");
}

/* What was sent behind <enable/> counts, and is asked for when the server has agreed. */
static void
test_sent_before_enabled (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_enable (fixture->management);
  send (fixture, 5);
  g_assert_cmpstr (fixture->said->str, ==, "enable ");
  hear (fixture, "enabled", NULL, NULL);
  g_assert_cmpstr (fixture->said->str, ==, "enable r ");
  g_assert_null (ismb_stream_management_get_id (fixture->management));
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_enable (fixture->management);
  g_assert_cmpint (hear (fixture, "failed", NULL, NULL), ==, ISMB_SM_HEARD_FAILED);
  g_assert_false (ismb_stream_management_is_on (fixture->management));
  send (fixture, 100);
  hear (fixture, "r", NULL, NULL);
  g_assert_cmpint (hear (fixture, "a", "h", "1"), ==, ISMB_SM_HEARD_NOTHING);
  g_assert_cmpint (hear (fixture, "enabled", "id", "late"), ==, ISMB_SM_HEARD_NOTHING);
  g_assert_cmpstr (fixture->said->str, ==, "enable ");
}

static void
test_resumes (Fixture *fixture, gconstpointer data)
{
  enable (fixture);
  ismb_stream_management_count (fixture->management);
  send (fixture, 4);
  ismb_stream_management_pause (fixture->management);
  g_assert_cmpstr (ismb_stream_management_get_id (fixture->management), ==, "some");
  ismb_stream_management_resume (fixture->management);
  ismb_stream_management_count (fixture->management);
  send (fixture, 4);
  hear (fixture, "r", NULL, NULL);
  g_assert_cmpstr (fixture->said->str, ==, "r r a2 ");
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  ismb_stream_management_enable (fixture->management);
  ismb_stream_management_pause (fixture->management); /* nobody knows whether it was granted */
  g_assert_null (ismb_stream_management_get_id (fixture->management));
  g_assert_false (ismb_stream_management_is_on (fixture->management));
  enable (fixture);
  ismb_stream_management_count (fixture->management);
  ismb_stream_management_forget (fixture->management);
  g_assert_null (ismb_stream_management_get_id (fixture->management));
  g_assert_cmpuint (ismb_stream_management_get_handled (fixture->management), ==, 0);
}

static void
test_nonsense (Fixture *fixture, gconstpointer data)
{
  static const char *const numbers[] = { "", "-1", "1x", "4294967296", "99999999999999999999" };
  g_autofree char *long_id = g_strnfill (5000, 'x');

  ismb_stream_management_enable (fixture->management);
  g_assert_cmpint (hear (fixture, "enabled", "id", long_id), ==, ISMB_SM_HEARD_ENABLED);
  g_assert_null (ismb_stream_management_get_id (fixture->management));
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_cmpint (hear (fixture, "a", "h", numbers[i]), ==, ISMB_SM_HEARD_NOTHING);
  g_assert_cmpint (hear (fixture, "a", NULL, NULL), ==, ISMB_SM_HEARD_NOTHING);
  g_assert_cmpint (hear (fixture, "enable", NULL, NULL), ==, ISMB_SM_HEARD_NOTHING);
  g_assert_cmpint (hear (fixture, "enabled", "id", "again"), ==, ISMB_SM_HEARD_NOTHING);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "counts", test_counts },
    { "asks-behind-a-burst", test_asks_behind_a_burst },
    { "asks-once", test_asks_once },
    { "sleeps", test_sleeps },
    { "notices-silence", test_notices_silence },
    { "sent-before-enabled", test_sent_before_enabled },
    { "refused", test_refused },
    { "resumes", test_resumes },
    { "gone", test_gone },
    { "nonsense", test_nonsense },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/stream-management/", tests[i].path, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
