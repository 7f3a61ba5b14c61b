/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-failure.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"

static void
test_of_error (void)
{
  g_autoptr (GError) error = g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT, "nobody after %d s", 30);
  g_autoptr (IsmbFailure) failure = ismb_failure_new (error);
  g_autoptr (GError) back = NULL;

  g_clear_error (&error);
  g_assert_cmpstr (ismb_failure_get_message (failure), ==, "nobody after 30 s");
  g_assert_null (ismb_failure_get_condition (failure));
  g_assert_true (ismb_failure_matches (failure, ISMB_ERROR, ISMB_ERROR_TIMEOUT));
  g_assert_false (ismb_failure_matches (failure, ISMB_ERROR, ISMB_ERROR_STREAM));
  back = ismb_failure_to_error (failure);
  g_assert_error (back, ISMB_ERROR, ISMB_ERROR_TIMEOUT);
  g_assert_cmpstr (back->message, ==, "nobody after 30 s");
}

static void
test_condition (void)
{
  g_autoptr (GError) stanza =
      g_error_new_literal (ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "no such node");
  g_autoptr (GError) refused = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED, "refused");
  g_autoptr (IsmbFailure) of_stanza = ismb_failure_new (stanza);
  g_autoptr (IsmbFailure) of_login = ismb_failure_new_with_condition (refused, "not-authorized");
  g_autofree char *condition = NULL, *message = NULL;

  g_assert_cmpstr (ismb_failure_get_condition (of_stanza), ==, "item-not-found");
  g_object_get (of_login, "condition", &condition, "message", &message, NULL);
  g_assert_cmpstr (condition, ==, "not-authorized");
  g_assert_cmpstr (message, ==, "refused");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure/of-error", test_of_error);
  g_test_add_func ("/failure/condition", test_condition);
  return g_test_run ();
}
