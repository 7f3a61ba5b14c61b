/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A registrar and a member, spoken to by hand: what strangers may say. */
#include "config.h"
#include "ismb/listener/ismb-joining-desk.h"

#include <string.h>
#include <unistd.h>

#include "ismb/net/ismb-virtual-router.h"
#include "joining-lab.h"
#include "scratch.h"
#include "stream-end.h"

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  for (; (text = strstr (text, word)) != NULL; text++)
    n++;
  return n;
}

static StreamEnd *
come_to (JoiningLab *lab, LabSwitch *to)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->joiner);
  StreamEnd *end = stream_end_new (lab_switch_get_s2s_port (to), tls);

  stream_end_open (end, JOINER, lab_switch_get_domain (to));
  stream_end_expect (end, "<join xmlns='urn:ismb:join:1'/>");
  return end;
}

static char *
make_request (JoiningLab *lab)
{
  g_autoptr (GError) error = NULL;
  char *request = ismb_fabric_request (lab_switch_get_fabric (lab->joiner), &error);

  g_assert_no_error (error);
  return request;
}

static char *
make_join (JoiningLab *lab, StreamEnd *end, const IsmbToken *token)
{
  g_autofree char *request = make_request (lab);
  g_autofree char *id = ismb_token_dup_id (token);
  g_autoptr (GBytes) exporter = stream_end_dup_exporter (end);
  g_autofree char *proof = ismb_token_prove (token, exporter, request);

  return g_strdup_printf ("<join " NS " token='%s' proof='%s'><request>%s</request></join>", id,
                          proof, request);
}

static void
assert_says (JoiningLab *lab, LabSwitch *to, const char *xml, const char *answer)
{
  g_autoptr (StreamEnd) end = come_to (lab, to);
  const char *heard = NULL;

  stream_end_say (end, xml, -1);
  heard = stream_end_expect_end (end);
  if (strstr (heard, answer) == NULL)
    g_error ("“%s” is missing in “%s”, which answers “%s”", answer, heard, xml);
}

/* Whoever has seen one join can use it for nothing. */
static void
test_replay (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 2, joining_lab_now () + HOUR);
  g_autoptr (StreamEnd) first = come_to (lab, lab->registrar);
  g_autofree char *join = make_join (lab, first, token);

  stream_end_say (first, join, -1);
  stream_end_expect (first, "<joined ");
  assert_says (lab, lab->registrar, join, "reason='wrong-proof'");
}

/* The proof is good for one request. */
static void
test_other_request (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autoptr (StreamEnd) end = come_to (lab, lab->registrar);
  g_autofree char *join = make_join (lab, end, token);
  g_auto (GStrv) parts = g_strsplit (join, "</request>", 2);
  g_autofree char *changed = g_strjoinv ("\n</request>", parts);

  stream_end_say (end, changed, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "reason='wrong-proof'"));
}

static void
test_too_many_tries (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autoptr (StreamEnd) end = NULL;
  g_autofree char *wrong = NULL, *right = NULL;

  {
    g_autoptr (StreamEnd) elsewhere = come_to (lab, lab->registrar);

    wrong = make_join (lab, elsewhere, token);
  }
  for (guint i = 0; i < 5; i++)
    assert_says (lab, lab->registrar, wrong, "reason='wrong-proof'");
  end = come_to (lab, lab->registrar);
  right = make_join (lab, end, token);
  stream_end_say (end, right, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "reason='too-many-tries'"));
  joining_lab_assert_reported (lab, "join " JOINER " refused token ");
  g_assert_false (joining_lab_is_member (lab->joiner));
}

/* Certificate, stream and request are in one name. */
static void
test_other_name (JoiningLab *lab, gconstpointer data)
{
  g_autofree char *request = make_request (lab);
  g_autofree char *join = g_strdup_printf ("<join " NS "><request>%s</request></join>", request);
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");
  g_autoptr (IsmbTlsContext) other_tls = joining_lab_make_own_tls (other);
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->joiner);
  guint16 port = lab_switch_get_s2s_port (lab->registrar);
  g_autoptr (StreamEnd) with_other_certificate = stream_end_new (port, other_tls);
  g_autoptr (StreamEnd) with_other_name = stream_end_new (port, tls);
  g_autoptr (StreamEnd) with_other_request = stream_end_new (port, other_tls);

  stream_end_open (with_other_certificate, JOINER, REGISTRAR);
  g_assert_nonnull (strstr (stream_end_expect_end (with_other_certificate), "<not-authorized"));
  stream_end_open (with_other_name, MEMBER, REGISTRAR);
  g_assert_nonnull (strstr (stream_end_expect_end (with_other_name), "<not-authorized"));
  stream_end_open (with_other_request, "leaf3.0a1b2e", REGISTRAR);
  stream_end_say (with_other_request, join, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (with_other_request), "reason='bad-request'"));
  lab_switch_free (other);
}

/* A request that somebody else's key has signed. */
static void
test_other_device (JoiningLab *lab, gconstpointer data)
{
  LabSwitch *other = lab_switch_new (JOINER);
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (lab_switch_get_fabric (other), &error);
  g_autofree char *join = g_strdup_printf ("<join " NS "><request>%s</request></join>", request);

  joining_lab_approve (lab->registrar, other);
  assert_says (lab, lab->registrar, join, "reason='bad-request'");
  lab_switch_free (other);
}

static void
test_malformed (JoiningLab *lab, gconstpointer data)
{
  g_autofree char *filling = g_strnfill (9800, 'a');
  g_autofree char *more = g_strnfill (20000, 'a');
  g_autofree char *long_text =
      g_strdup_printf ("<join " NS "><request>%s</request></join>", filling);
  g_autofree char *long_attribute = g_strdup_printf (
      "<join " NS " token='0123456789abcdef' proof='%s'><request>x</request></join>", filling);
  g_autofree char *too_long = g_strdup_printf ("<join " NS "><request>%s</request></join>", more);

  assert_says (lab, lab->registrar, "<join " NS "/>", "reason='bad-request'");
  assert_says (lab, lab->registrar, long_text, "reason='bad-request'");
  assert_says (lab, lab->registrar, long_attribute, "reason='bad-request'");
  assert_says (lab, lab->registrar, "<join " NS "><request>a</request><request>b</request></join>",
               "reason='bad-request'");
  assert_says (lab, lab->registrar, "<join " NS "><request/></join>", "reason='bad-request'");
  assert_says (lab, lab->member, "<join " NS " token='x'/>", "reason='bad-request'");
  assert_says (lab, lab->registrar, too_long, "<policy-violation");
  assert_says (lab, lab->registrar, "<join xmlns='urn:other'/>", "<not-authorized");
  assert_says (lab, lab->registrar, "<join/>", "<not-authorized");
  assert_says (lab, lab->registrar,
               "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
               "<not-authorized");
  assert_says (lab, lab->registrar,
               "<message from='eve@" JOINER "' to='ada@" REGISTRAR "'><body>x</body></message>",
               "<not-authorized");
  assert_says (lab, lab->registrar,
               "<iq type='get' id='1' from='" JOINER "' to='" REGISTRAR "'><join " NS "/></iq>",
               "<not-authorized");
  assert_says (lab, lab->registrar, "<join <", "<not-well-formed");
}

/* One question, and one answer. */
static void
test_second_join_is_not_heard (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (StreamEnd) end = come_to (lab, lab->member);
  const char *heard = NULL;

  stream_end_say (end, "<join " NS "/><join " NS "/><message/>", -1);
  stream_end_expect (end, "<refer ");
  stream_end_say (end, "<join " NS "/></stream:stream>", -1);
  heard = stream_end_expect_end (end);
  g_assert_cmpuint (count (heard, "<refer "), ==, 1);
  g_assert_cmpuint (count (heard, "error"), ==, 0);
}

/* Nothing is said to who does not hide it. */
static void
test_in_the_clear (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (StreamEnd) end = stream_end_new (lab_switch_get_s2s_port (lab->registrar), NULL);
  const char *heard = NULL;

  stream_end_open (end, JOINER, REGISTRAR);
  stream_end_say (end, "<join " NS "/>", -1);
  heard = stream_end_expect_end (end);
  g_assert_nonnull (strstr (heard, "<not-authorized"));
  g_assert_null (strstr (heard, "urn:ismb:join:1"));
  joining_lab_await_report (lab, "stream " JOINER " refused stream: ");
}

static void
test_without_a_name (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->joiner);
  g_autoptr (StreamEnd) end = stream_end_new (lab_switch_get_s2s_port (lab->registrar), tls);

  stream_end_open (end, NULL, REGISTRAR);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "<not-authorized"));
}

/* Who is in no fabric has nobody let into it. */
static void
test_no_member_has_no_desk (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->member);
  g_autoptr (StreamEnd) end = stream_end_new (lab_switch_get_s2s_port (lab->joiner), tls);
  const char *heard = NULL;

  stream_end_open (end, MEMBER, JOINER);
  heard = stream_end_expect_end (end);
  g_assert_nonnull (strstr (heard, "<not-authorized"));
  g_assert_null (strstr (heard, "urn:ismb:join:1"));
}

/* However it comes in pieces, it is the same. */
static void
test_torn (JoiningLab *lab, gconstpointer data)
{
  g_autofree char *request = make_request (lab);
  g_autofree char *long_one =
      g_strdup_printf ("<join " NS "><request>%s</request></join>", request);
  const char *short_one = "<join " NS "/>";

  for (gsize i = 1; i < strlen (short_one); i++)
    {
      g_autoptr (StreamEnd) end = come_to (lab, lab->member);

      stream_end_say_torn (end, short_one, i);
      stream_end_expect (end, "<registrar domain='" REGISTRAR "'");
    }
  for (gsize i = 1; i < strlen (long_one); i += 29)
    {
      g_autoptr (StreamEnd) end = come_to (lab, lab->registrar);

      stream_end_say_torn (end, long_one, i);
      stream_end_expect (end, "<wait ");
    }
}

/* Whoever hangs up in the middle has said nothing, and leaves nothing behind. */
static void
test_cut (JoiningLab *lab, gconstpointer data)
{
  static const char join[] = "<join " NS "><request>x</request></join>";
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);

  for (gsize i = 0; i < strlen (join); i++)
    {
      g_autoptr (StreamEnd) end = come_to (lab, lab->registrar);

      stream_end_say (end, join, (gssize) i);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  g_assert_null (strstr (lab->reports->str, "join "));
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
}

/* Strangers are reported by those whom they come to, and who come to them. */
static void
test_strangers_are_reported (JoiningLab *lab, gconstpointer data)
{
  g_autofree char *where =
      g_strdup_printf (" at 127.0.0.1 device %s\n", lab_switch_get_device_id (lab->joiner));

  {
    g_autoptr (StreamEnd) end = come_to (lab, lab->member);

    stream_end_say (end, "</stream:stream>", -1);
    stream_end_expect_end (end);
  }
  joining_lab_await_report (lab, "stream " JOINER " refused certificate: ");
  joining_lab_assert_reported (lab, where);
  g_string_truncate (lab->reports, 0);
  lab_switch_tell (lab->member, lab->joiner);
  joining_lab_await_report (lab, "dial " JOINER " refused certificate: ");
  joining_lab_assert_reported (lab, where);
}

/* Who makes a crowd is reported, too. */
static void
test_crowds_are_reported (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbVirtualRouter) place = ismb_virtual_router_new ("blue", NULL, NULL);
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (int));
  guint16 port = lab_switch_get_s2s_port (lab->registrar);

  while (strstr (lab->reports->str, "connections - refused limit: ") == NULL)
    {
      g_autoptr (GError) error = NULL;
      int fd = ismb_virtual_router_connect (place, "127.0.0.1", port, &error);

      g_assert_no_error (error);
      g_array_append_val (sockets, fd);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  g_assert_cmpuint (sockets->len, >, 1);
  for (guint i = 0; i < sockets->len; i++)
    close (g_array_index (sockets, int, i));
}

/* Where nobody vouches for anybody there is nothing to join. */
static void
test_open_fabric_has_no_desk (void)
{
  char *folder = scratch_new ();
  g_autoptr (GError) error = NULL;
  IsmbLinkContext context = { NULL };
  g_autoptr (IsmbJoiningDesk) desk = ismb_joining_desk_new (&context, NULL, NULL);

  g_assert_false (ismb_joining_desk_is_open (desk));
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING, "trust=open*");
  context.fabric = ismb_fabric_load (folder, MEMBER, NULL, ISMB_FABRIC_OPEN, &error);
  g_assert_no_error (error);
  g_test_assert_expected_messages ();
  g_assert_false (ismb_joining_desk_is_open (desk));
  g_assert_finalize_object (context.fabric);
  scratch_remove (folder);
}

#define ADD(name, test)                                                                            \
  g_test_add ("/joining-desk/" name, JoiningLab, NULL, joining_lab_set_up, test,                   \
              joining_lab_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("replay", test_replay);
  ADD ("other-request", test_other_request);
  ADD ("too-many-tries", test_too_many_tries);
  ADD ("other-name", test_other_name);
  ADD ("other-device", test_other_device);
  ADD ("malformed", test_malformed);
  ADD ("second-join-is-not-heard", test_second_join_is_not_heard);
  ADD ("in-the-clear", test_in_the_clear);
  ADD ("without-a-name", test_without_a_name);
  ADD ("no-member-has-no-desk", test_no_member_has_no_desk);
  ADD ("torn", test_torn);
  ADD ("cut", test_cut);
  ADD ("strangers-are-reported", test_strangers_are_reported);
  ADD ("crowds-are-reported", test_crowds_are_reported);
  g_test_add_func ("/joining-desk/open-fabric-has-no-desk", test_open_fabric_has_no_desk);
  return g_test_run ();
}
