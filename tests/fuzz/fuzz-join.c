/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "ismb/listener/ismb-join-answer.h"
#include "ismb/listener/ismb-join-request.h"
#include "tests/listener/read-frame.h"

/* Any stanza as what one who joins says, and as what he hears. It must not crash; what is taken is
 * the same when it is said again; and of an answer nothing is left that could do harm. */

static void
try_request (const IsmbFrame *frame)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJoinRequest) request = ismb_join_request_parse (frame, &error);
  g_autoptr (IsmbJoinRequest) again = NULL;
  g_autoptr (IsmbFrame) said = NULL, heard = NULL;

  g_assert_true ((request == NULL) == (error != NULL));
  if (request == NULL)
    return;
  said = ismb_join_request_to_frame (request);
  heard = read_frame (said->data);
  again = ismb_join_request_parse (heard, NULL);
  g_assert_cmpstr (again->request_pem, ==, request->request_pem);
  g_assert_cmpstr (again->token_id, ==, request->token_id);
  g_assert_cmpstr (again->proof, ==, request->proof);
}

static void
check_registrar (gpointer data, gpointer user_data)
{
  const char *const *addresses = ismb_peer_get_addresses (data);

  g_assert_cmpuint (ismb_peer_get_port (data), >, 0);
  g_assert_nonnull (addresses[0]);
  for (; *addresses != NULL; addresses++)
    g_assert_true (g_hostname_is_ip_address (*addresses));
}

static void
try_answer (const IsmbFrame *frame)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJoinAnswer) answer = ismb_join_answer_parse (frame, &error);
  g_autoptr (IsmbFrame) said = NULL;

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    return;
  g_assert_cmpuint (g_list_length (answer->registrars), <=, ISMB_JOIN_REGISTRARS_MAX);
  g_list_foreach (answer->registrars, check_registrar, NULL);
  if (answer->verdict == ISMB_JOIN_REFUSED)
    g_assert_cmpuint (strlen (answer->sentence), <=, 200);
  said = ismb_join_answer_to_frame (answer);
  g_assert_nonnull (said);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (IsmbFrame) frame = read_frame_of ((const char *) data, size);

  if (frame != NULL)
    {
      try_request (frame);
      try_answer (frame);
    }
  return 0;
}
