/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-join-answer.h"

#include "ismb/core/ismb-error.h"
#include "read-frame.h"

#define NS "xmlns='urn:ismb:join:1'"

static IsmbJoinAnswer *
read_answer (const char *xml)
{
  g_autoptr (IsmbFrame) frame = read_frame (xml);
  g_autoptr (GError) error = NULL;
  IsmbJoinAnswer *answer = NULL;

  g_assert_nonnull (frame);
  answer = ismb_join_answer_parse (frame, &error);
  g_assert_no_error (error);
  return answer;
}

static IsmbJoinAnswer *
pass (IsmbJoinAnswer *answer)
{
  g_autoptr (IsmbFrame) frame = ismb_join_answer_to_frame (answer);

  ismb_join_answer_free (answer);
  return read_answer (frame->data);
}

static void
test_grant (void)
{
  const char *bundle = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
  g_autoptr (IsmbJoinAnswer) answer = pass (ismb_join_answer_grant (bundle, NULL));

  g_assert_cmpint (answer->verdict, ==, ISMB_JOIN_JOINED);
  g_assert_cmpstr (answer->bundle, ==, bundle);
  g_assert_true (ismb_join_answer_is_final (answer));
}

static void
test_wait (void)
{
  g_autoptr (IsmbJoinAnswer) answer = pass (ismb_join_answer_wait ());

  g_assert_cmpint (answer->verdict, ==, ISMB_JOIN_WAITS);
  g_assert_false (ismb_join_answer_is_final (answer));
}

static void
test_reasons (void)
{
  static const struct
  {
    IsmbJoinReason reason;
    const char *word;
    IsmbError code;
  } table[] = {
    { ISMB_JOIN_EXPIRED, "expired", ISMB_ERROR_TIMEOUT },
    { ISMB_JOIN_USED_UP, "used-up", ISMB_ERROR_NOT_ALLOWED },
    { ISMB_JOIN_UNKNOWN_TOKEN, "unknown-token", ISMB_ERROR_AUTH_FAILED },
    { ISMB_JOIN_WRONG_PROOF, "wrong-proof", ISMB_ERROR_AUTH_FAILED },
    { ISMB_JOIN_NAME_TAKEN, "name-taken", ISMB_ERROR_EXISTS },
    { ISMB_JOIN_REVOKED, "revoked", ISMB_ERROR_NOT_ALLOWED },
    { ISMB_JOIN_BAD_REQUEST, "bad-request", ISMB_ERROR_BAD_STANZA },
    { ISMB_JOIN_TOO_MANY_TRIES, "too-many-tries", ISMB_ERROR_NOT_ALLOWED },
    { ISMB_JOIN_INTERNAL, "internal", ISMB_ERROR_FAILED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (IsmbJoinAnswer) answer =
          pass (ismb_join_answer_refuse (table[i].reason, "because <so> it is"));
      g_autoptr (GError) error = ismb_join_answer_to_error (answer);

      g_assert_cmpint (answer->reason, ==, table[i].reason);
      g_assert_cmpstr (ismb_join_reason_to_string (answer->reason), ==, table[i].word);
      g_assert_error (error, ISMB_ERROR, (int) table[i].code);
      g_assert_cmpstr (error->message, ==, "because <so> it is");
    }
}

static void
test_unknown_reason (void)
{
  g_autoptr (IsmbJoinAnswer) answer = read_answer ("<refused " NS " reason='moon'>full</refused>");
  g_autoptr (IsmbJoinAnswer) mute = read_answer ("<refused " NS "/>");
  g_autoptr (GError) error = ismb_join_answer_to_error (answer);
  g_autoptr (GError) mute_error = ismb_join_answer_to_error (mute);

  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "full");
  g_assert_cmpstr (mute_error->message, !=, "");
}

/* It is shown on a terminal. */
static void
test_sentence_is_harmless (void)
{
  g_autofree char *long_one = g_strnfill (1000, 'a');
  g_autofree char *wide =
      g_strdup_printf ("<refused " NS " reason='expired'>%.199s\303\274</refused>", long_one);
  g_autofree char *refused =
      g_strdup_printf ("<refused " NS " reason='expired'>%s</refused>", long_one);
  g_autoptr (IsmbJoinAnswer) cut = read_answer (refused);
  g_autoptr (IsmbJoinAnswer) whole = read_answer (wide);
  g_autoptr (IsmbJoinAnswer) cleaned = read_answer (
      "<refused " NS " reason='expired'>a\n\tb&#x9b;c&#x202e;d&#x200b;e&#xe000;</refused>");
  g_autoptr (IsmbJoinAnswer) blank =
      read_answer ("<refused " NS " reason='expired'>&#10; &#13;</refused>");

  g_assert_cmpuint (strlen (cut->sentence), ==, 200);
  g_assert_cmpuint (strlen (whole->sentence), ==, 199);
  g_assert_true (g_utf8_validate (whole->sentence, -1, NULL));
  g_assert_cmpstr (cleaned->sentence, ==, "a  b c d e");
  g_assert_cmpstr (blank->sentence, ==, "the token has expired");
}

static IsmbPeer *
make_registrar (const char *domain, const char *const *addresses, guint16 port)
{
  return ismb_peer_new (domain, "blue", NULL, addresses, port, ISMB_TRUST_MEMBER,
                        ISMB_LINK_STATE_UP, FALSE);
}

static void
test_referral (void)
{
  static const char *const one[] = { "192.0.2.1", "2001:db8::1", "fe80::1%eth0", NULL };
  static const char *const two[] = { "192.0.2.2", NULL };
  GList *registrars = g_list_append (NULL, make_registrar ("sw1.001122", one, 5269));
  g_autoptr (IsmbJoinAnswer) answer = NULL;
  const char *const *addresses = NULL;

  registrars = g_list_append (registrars, make_registrar ("sw2.001122", two, 1));
  answer = pass (ismb_join_answer_refer (registrars));
  g_list_free_full (registrars, g_object_unref);
  g_assert_cmpint (answer->verdict, ==, ISMB_JOIN_REFERRED);
  g_assert_cmpuint (g_list_length (answer->registrars), ==, 2);
  g_assert_cmpstr (ismb_peer_get_domain (answer->registrars->data), ==, "sw1.001122");
  g_assert_cmpuint (ismb_peer_get_port (answer->registrars->data), ==, 5269);
  addresses = ismb_peer_get_addresses (answer->registrars->data);
  g_assert_cmpstr (addresses[0], ==, "192.0.2.1");
  g_assert_cmpstr (addresses[1], ==, "2001:db8::1");
  g_assert_null (addresses[2]); /* another host has another eth0 */
  g_assert_cmpstr (ismb_peer_get_domain (answer->registrars->next->data), ==, "sw2.001122");
}

static void
test_bounds (void)
{
  static const char *const many[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",
                                      "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8",
                                      "192.0.2.9", NULL };
  GList *registrars = NULL;
  g_autoptr (IsmbJoinAnswer) answer = NULL;
  const char *const *addresses = NULL;

  for (guint i = 0; i < 6; i++)
    registrars = g_list_append (registrars, make_registrar ("sw1.001122", many, 5269));
  answer = pass (ismb_join_answer_refer (registrars));
  g_list_free_full (registrars, g_object_unref);
  g_assert_cmpuint (g_list_length (answer->registrars), ==, ISMB_JOIN_REGISTRARS_MAX);
  addresses = ismb_peer_get_addresses (answer->registrars->data);
  g_assert_cmpuint (g_strv_length ((char **) addresses), ==, ISMB_JOIN_ADDRESSES_MAX);
}

/* The same from one who keeps no bound. */
static void
test_many_are_cut (void)
{
  g_autoptr (GString) xml = g_string_new ("<refer " NS ">");
  g_autoptr (IsmbJoinAnswer) answer = NULL;
  const char *const *addresses = NULL;

  for (guint i = 0; i < 6; i++)
    {
      g_string_append (xml, "<registrar domain='sw1.001122' port='1'>");
      for (guint j = 0; j < 10; j++)
        g_string_append_printf (xml, "<address>192.0.2.%u</address>", j);
      g_string_append (xml, "</registrar>");
    }
  g_string_append (xml, "</refer>");
  answer = read_answer (xml->str);
  g_assert_cmpuint (g_list_length (answer->registrars), ==, ISMB_JOIN_REGISTRARS_MAX);
  addresses = ismb_peer_get_addresses (answer->registrars->data);
  g_assert_cmpuint (g_strv_length ((char **) addresses), ==, ISMB_JOIN_ADDRESSES_MAX);
}

static void
test_impossible_registrars (void)
{
  static const char *const impossible[] = {
    "<registrar port='1'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122' port='0'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122' port='65536'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122' port='+1'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122' port='1x'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1 x' port='1'><address>192.0.2.1</address></registrar>",
    "<registrar domain='a@sw1.001122' port='1'><address>192.0.2.1</address></registrar>",
    "<registrar domain='sw1.001122' port='1'><address>example.net</address></registrar>",
    "<registrar domain='sw1.001122' port='1'><address>fe80::1%eth0</address></registrar>",
    "<registrar domain='sw1.001122' port='1'><address>/run/x</address></registrar>",
    "<registrar domain='sw1.001122' port='1'><address/></registrar>",
    "<registrar domain='sw1.001122' port='1'/>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (impossible); i++)
    {
      g_autofree char *xml = g_strdup_printf ("<refer " NS ">%s</refer>", impossible[i]);
      g_autoptr (IsmbJoinAnswer) answer = read_answer (xml);

      g_assert_cmpint (answer->verdict, ==, ISMB_JOIN_REFERRED);
      g_assert_null (answer->registrars);
    }
}

static void
test_no_answer (void)
{
  static const char *const others[] = {
    "<joined " NS "/>",
    "<refused xmlns='urn:other'/>",
    "<else " NS "/>",
    "<message><body>x</body></message>",
    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (IsmbFrame) frame = read_frame (others[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (ismb_join_answer_parse (frame, &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/join-answer/grant", test_grant);
  g_test_add_func ("/join-answer/wait", test_wait);
  g_test_add_func ("/join-answer/reasons", test_reasons);
  g_test_add_func ("/join-answer/unknown-reason", test_unknown_reason);
  g_test_add_func ("/join-answer/sentence-is-harmless", test_sentence_is_harmless);
  g_test_add_func ("/join-answer/referral", test_referral);
  g_test_add_func ("/join-answer/bounds", test_bounds);
  g_test_add_func ("/join-answer/many-are-cut", test_many_are_cut);
  g_test_add_func ("/join-answer/impossible-registrars", test_impossible_registrars);
  g_test_add_func ("/join-answer/no-answer", test_no_answer);
  return g_test_run ();
}
