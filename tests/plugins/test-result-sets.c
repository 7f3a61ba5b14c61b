/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-result-sets.h"
#include "tests/plugins/stage.h"

#define NS "urn:example:numbers"
#define NUMBERS 7

/* Bob knows the numbers 0 to 6, and tells them in pages, as his manner is. */
typedef enum
{
  WELL,
  ALL_AT_ONCE,
  IN_A_RING,
  BADLY,
} Manner;

static Manner manner;
static guint asked;

static void
add_number (IsmbElement *query, int number)
{
  g_autofree char *text = g_strdup_printf ("%d", number);
  g_autoptr (IsmbElement) element = ismb_element_add_child (query, "number", NS);

  ismb_element_set_text (element, text);
}

/* The numbers from `first` up to, but not with, `end`. */
static void
add_page (IsmbElement *query, int first, int end)
{
  g_autoptr (IsmbResultSet) set = ismb_result_set_new ();
  g_autofree char *first_id = g_strdup_printf ("%d", first);
  g_autofree char *last_id = g_strdup_printf ("%d", end - 1);

  for (int number = first; number < end; number++)
    add_number (query, number);
  ismb_result_set_set_count (set, NUMBERS);
  if (end > first)
    {
      ismb_result_set_set_first (set, first_id, first);
      ismb_result_set_set_last (set, last_id);
    }
  if (manner != ALL_AT_ONCE)
    ismb_element_append (query, ismb_payload_get_element (ISMB_PAYLOAD (set)));
}

static void
choose (IsmbResultSet *set, int *first, int *end)
{
  int max = ismb_result_set_get_max (set);
  g_autofree char *after = ismb_result_set_get_after (set);
  g_autofree char *before = ismb_result_set_get_before (set);

  *first = after != NULL && manner == WELL ? atoi (after) + 1 : 0;
  *end = MIN (*first + max, NUMBERS);
  if (before != NULL)
    {
      *end = before[0] != '\0' ? atoi (before) : NUMBERS;
      *first = MAX (*end - max, 0);
    }
}

static gboolean
on_query (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbResultSet) set = ismb_result_set_find (ISMB_IQ (stanza));
  g_autoptr (IsmbElement) query = ismb_element_new ("query", NS);
  g_autoptr (IsmbElement) root = NULL;
  int first = 0, end = NUMBERS;

  asked++;
  if (manner != ALL_AT_ONCE)
    choose (set, &first, &end);
  if (manner == BADLY)
    {
      g_autoptr (IsmbElement) odd = ismb_element_new_from_string (
          "<set xmlns='http://jabber.org/protocol/rsm'><first index='x'/><count>-1</count></set>",
          NULL);

      ismb_element_append (query, odd);
    }
  else
    add_page (query, first, end);
  ismb_iq_reply (ISMB_IQ (stanza));
  root = ismb_stanza_get_element (stanza);
  ismb_element_append (root, query);
  return ismb_client_send (client, stanza, error);
}

/* What alice reads */

static IsmbIq *
next (IsmbResultPager *pager, GError **error)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_result_pager_next_async (pager, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_result_pager_next_finish (pager, result, error);
}

static void
read_page (GString *out, IsmbIq *page)
{
  g_autoptr (IsmbElement) root = ismb_stanza_get_element (ISMB_STANZA (page));
  g_autoptr (IsmbElement) query = ismb_element_find (root, "query", NS);
  g_autolist (IsmbElement) children = ismb_element_list_children (query);

  for (GList *at = children; at != NULL; at = at->next)
    {
      g_autofree char *text = ismb_element_get_text (at->data);

      if (g_str_equal (ismb_element_get_name (at->data), "number"))
        g_string_append (out, text);
    }
  g_string_append_c (out, ' ');
}

static char *
read_all (guint page_size, gboolean backwards, GError **error)
{
  IsmbResultSets *plugin = stage_enable (alice, "xep_0059");
  g_autoptr (IsmbIq) query = ismb_iq_new (stage_jid (bob), "get");
  g_autoptr (IsmbResultPager) pager = NULL;
  GString *out = g_string_new (NULL);
  IsmbIq *page;

  ismb_iq_set_payload (query, "query", NS);
  pager = ismb_result_sets_iterate (plugin, query, page_size, backwards);
  while ((page = next (pager, error)) != NULL)
    {
      read_page (out, page);
      g_object_unref (page);
    }
  g_assert_null (next (pager, NULL));
  return g_string_free (out, FALSE);
}

static void
test_pages (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *forwards = read_all (3, FALSE, &error);
  g_autofree char *backwards = read_all (3, TRUE, &error);
  g_autofree char *one = read_all (10, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (forwards, ==, "012 345 6 ");
  g_assert_cmpstr (backwards, ==, "456 123 0 ");
  g_assert_cmpstr (one, ==, "0123456 ");
}

static void
test_without_pages (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;

  manner = ALL_AT_ONCE;
  all = read_all (3, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (all, ==, "0123456 ");
}

static void
test_without_end (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;

  manner = IN_A_RING;
  asked = 0;
  all = read_all (3, FALSE, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
  g_assert_cmpuint (asked, ==, 2);
}

static void
test_nonsense (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;

  manner = BADLY;
  all = read_all (3, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (all, ==, "");
}

static void
test_numbers (void)
{
  g_autoptr (IsmbElement) element = ismb_element_new_from_string (
      "<set xmlns='http://jabber.org/protocol/rsm'><first index='12'>a</first><last>b</last>"
      "<count>99999999999</count><max>-3</max></set>",
      NULL);
  g_autoptr (IsmbResultSet) set = g_object_new (ISMB_TYPE_RESULT_SET, "element", element, NULL);
  g_autofree char *first = ismb_result_set_get_first (set);

  g_assert_cmpstr (first, ==, "a");
  g_assert_cmpint (ismb_result_set_get_first_index (set), ==, 12);
  g_assert_cmpint (ismb_result_set_get_count (set), ==, -1);
  g_assert_cmpint (ismb_result_set_get_max (set), ==, -1);
  g_assert_cmpint (ismb_result_set_get_index (set), ==, -1);
  g_assert_null (ismb_result_set_get_after (set));
}

static void
test_nobody_there (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;

  ismb_client_remove_stanza_handler_by_name (ismb_test_guest_get_client (bob), "numbers");
  all = read_all (3, FALSE, &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED);
}

int
main (int argc, char *argv[])
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/{" NS "}query", NULL);
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!stage_set_up (argc, argv))
    return 0;
  ismb_client_add_stanza_handler (ismb_test_guest_get_client (bob), "numbers", matcher,
                                  ISMB_HANDLER_DEFAULT, on_query, NULL, NULL);
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_test_add_func ("/result-sets/pages", test_pages);
  g_test_add_func ("/result-sets/without-pages", test_without_pages);
  g_test_add_func ("/result-sets/without-end", test_without_end);
  g_test_add_func ("/result-sets/nonsense", test_nonsense);
  g_test_add_func ("/result-sets/numbers", test_numbers);
  g_test_add_func ("/result-sets/nobody-there", test_nobody_there);
  status = g_test_run ();
  stage_tear_down ();
  return status;
}
