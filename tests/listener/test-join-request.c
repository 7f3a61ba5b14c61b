/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-join-request.h"

#include "ismb/core/ismb-error.h"
#include "read-frame.h"

#define JOIN "<join xmlns='urn:ismb:join:1'"
#define ID "0123456789abcdef"

/* As it comes out at the other side of the wire. */
static IsmbJoinRequest *
pass (const IsmbJoinRequest *request)
{
  g_autoptr (IsmbFrame) said = ismb_join_request_to_frame (request);
  g_autoptr (IsmbFrame) heard = read_frame (said->data);
  g_autoptr (GError) error = NULL;
  IsmbJoinRequest *got = NULL;

  g_assert_nonnull (heard);
  got = ismb_join_request_parse (heard, &error);
  g_assert_no_error (error);
  return got;
}

/* The proof is over every byte of the request. */
static void
test_there_and_back (void)
{
  static const char *const requests[] = {
    "-----BEGIN NEW CERTIFICATE REQUEST-----\nMIIB+/=\n-----END NEW CERTIFICATE REQUEST-----\n",
    "\n\n leading and trailing \t\n",
    "carriage\r\nreturns\r",
    "<&>'\"",
    "ü",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (IsmbJoinRequest) request = ismb_join_request_new (ID, "cHJvb2Y=", requests[i]);
      g_autoptr (IsmbJoinRequest) got = pass (request);

      g_assert_cmpstr (got->request_pem, ==, requests[i]);
      g_assert_cmpstr (got->token_id, ==, ID);
      g_assert_cmpstr (got->proof, ==, "cHJvb2Y=");
    }
}

static void
test_without_token (void)
{
  g_autoptr (IsmbJoinRequest) way = ismb_join_request_new (NULL, NULL, NULL);
  g_autoptr (IsmbJoinRequest) approval = ismb_join_request_new (NULL, NULL, "PEM");
  g_autoptr (IsmbJoinRequest) got_way = pass (way);
  g_autoptr (IsmbJoinRequest) got_approval = pass (approval);

  g_assert_null (got_way->request_pem);
  g_assert_null (got_way->token_id);
  g_assert_cmpstr (got_approval->request_pem, ==, "PEM");
  g_assert_null (got_approval->token_id);
  g_assert_null (got_approval->proof);
}

static void
assert_bad (const char *xml)
{
  g_autoptr (IsmbFrame) frame = read_frame (xml);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (frame);
  g_assert_null (ismb_join_request_parse (frame, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static void
test_malformed (void)
{
  g_autofree char *filling = g_strnfill (9000, 'a');
  g_autofree char *giant_token =
      g_strdup_printf (JOIN " token='%s' proof='x'><request>PEM</request></join>", filling);
  g_autofree char *giant_proof =
      g_strdup_printf (JOIN " token='" ID "' proof='%s'><request>PEM</request></join>", filling);

  assert_bad (JOIN " token='" ID "' proof='x'/>");
  assert_bad (JOIN " token='" ID "'><request>PEM</request></join>");
  assert_bad (JOIN " proof='x'><request>PEM</request></join>");
  assert_bad (JOIN " token='0123456789abcdeg' proof='x'><request>PEM</request></join>");
  assert_bad (JOIN " token='' proof=''><request>PEM</request></join>");
  assert_bad (JOIN "><request/></join>");
  assert_bad (JOIN "><request>one</request><request>two</request></join>");
  assert_bad (JOIN "><request>PEM</request><other/></join>");
  assert_bad (JOIN "><request>P<b/>EM</request></join>");
  assert_bad (JOIN "><request xmlns='urn:other'>PEM</request></join>");
  assert_bad (JOIN "><other/></join>");
  assert_bad (giant_token);
  assert_bad (giant_proof);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/join-request/there-and-back", test_there_and_back);
  g_test_add_func ("/join-request/without-token", test_without_token);
  g_test_add_func ("/join-request/malformed", test_malformed);
  return g_test_run ();
}
