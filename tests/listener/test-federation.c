/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole switches of one fabric, as their clients see them: what passes between them, who is present
 * where, and what is left when one of them goes. */
#include "config.h"

#include <string.h>

#include "lab-switch.h"

#define LEAF "leaf1.0a1b2c"
#define SPINE "spine1.0d0e0f"
#define THIRD "leaf2.0a1b2d"
#define STANZA_MAX 262144 /* bytes that a client may send in one */
#define GROWTH 8192       /* by which what the listener makes of them may be longer */

typedef struct
{
  LabSwitch *leaf, *spine;
  XmppClient *ada; /* ada@LEAF/desk */
  XmppClient *bob; /* bob@SPINE/desk */
} Fixture;

/* `data` "apart": the spine has a process of its own. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->leaf = lab_switch_new (LEAF);
  fixture->spine = lab_switch_new (SPINE);
  lab_switch_found (fixture->leaf);
  lab_switch_join (fixture->spine, fixture->leaf);
  lab_switch_start (fixture->leaf, "ada");
  if (data != NULL)
    lab_switch_start_apart (fixture->spine, "bob");
  else
    lab_switch_start (fixture->spine, "bob");
  fixture->ada = lab_switch_sign_in (fixture->leaf, "ada", "desk");
  fixture->bob = lab_switch_sign_in (fixture->spine, "bob", "desk");
  lab_switch_tell (fixture->leaf, fixture->spine);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  g_clear_pointer (&fixture->bob, xmpp_client_free);
  lab_switch_free (fixture->leaf);
  lab_switch_free (fixture->spine);
}

/* What comes up to `text`, of which nothing is to be missing. */
static void
expect_with (XmppClient *client, const char *text, const char *const *parts)
{
  g_autofree char *passed = xmpp_client_expect (client, text);

  for (; *parts != NULL; parts++)
    if (strstr (passed, *parts) == NULL)
      g_error ("“%s” is missing in “%s”", *parts, passed);
}

#define EXPECT(client, text, ...) \
  expect_with (client, text, (const char *const[]) { __VA_ARGS__, NULL })

static void
assert_proven (LabSwitch *self, LabSwitch *other)
{
  g_autoptr (IsmbPeer) peer = NULL;

  lab_switch_wait_for (self, other, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  peer = lab_switch_dup_peer (self, other);
  g_assert_cmpstr (ismb_peer_get_id (peer), ==, lab_switch_get_device_id (other));
}

static void
test_both_prove_themselves (Fixture *fixture, gconstpointer data)
{
  assert_proven (fixture->leaf, fixture->spine);
  assert_proven (fixture->spine, fixture->leaf);
}

/* Discovery tells both at once: whoever dials first, no message is lost or overtaken. */
static void
test_both_dial (Fixture *fixture, gconstpointer data)
{
  lab_switch_tell (fixture->spine, fixture->leaf);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *there = g_strdup_printf (
          "<message to='bob@" SPINE "/desk' id='a%u'><body>%u</body></message>", i, i);
      g_autofree char *back = g_strdup_printf (
          "<message to='ada@" LEAF "/desk' id='b%u'><body>%u</body></message>", i, i);

      xmpp_client_send (fixture->ada, there);
      xmpp_client_send (fixture->bob, back);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *body = g_strdup_printf ("<body>%u</body></message>", i);
      g_autofree char *there = g_strdup_printf ("id='a%u'", i);
      g_autofree char *back = g_strdup_printf ("id='b%u'", i);

      EXPECT (fixture->bob, body, there);
      EXPECT (fixture->ada, body, back);
    }
  assert_proven (fixture->leaf, fixture->spine);
  assert_proven (fixture->spine, fixture->leaf);
}

static void
test_messages (Fixture *fixture, gconstpointer data)
{
  xmpp_client_send (fixture->ada, "<message to='bob@" SPINE "/desk' type='chat' id='m1'>"
                                  "<body>5 &lt; 6 &amp; ü</body><x xmlns='urn:x'/></message>");
  EXPECT (fixture->bob, "</message>", "from='ada@" LEAF "/desk'", "to='bob@" SPINE "/desk'",
          "type='chat'", "id='m1'", "<body>5 &lt; 6 &amp; ü</body>", "<x xmlns='urn:x'/>");
  /* To whoever of the account is there. */
  xmpp_client_send (fixture->ada, "<presence/>");
  g_free (xmpp_client_settle (fixture->ada));
  xmpp_client_send (fixture->bob, "<message to='ada@" LEAF "'><body>hello</body></message>");
  EXPECT (fixture->ada, "</message>", "from='bob@" SPINE "/desk'", "<body>hello</body>");
}

/* A client forges no sender, not even one of its own switch. */
static void
test_sender_is_stamped (Fixture *fixture, gconstpointer data)
{
  xmpp_client_send (fixture->ada, "<message from='root@" LEAF "/x' to='bob@" SPINE "/desk'>"
                                  "<body>trust me</body></message>");
  EXPECT (fixture->bob, "</message>", "from='ada@" LEAF "/desk'");
}

static void
test_requests_and_results (Fixture *fixture, gconstpointer data)
{
  xmpp_client_send (fixture->ada, "<iq type='get' id='q1' to='bob@" SPINE "/desk'>"
                                  "<query xmlns='urn:question'/></iq>");
  EXPECT (fixture->bob, "</iq>", "from='ada@" LEAF "/desk'", "type='get'", "urn:question");
  xmpp_client_send (fixture->bob, "<iq type='result' id='q1' to='ada@" LEAF "/desk'>"
                                  "<query xmlns='urn:question'>42</query></iq>");
  EXPECT (fixture->ada, "</iq>", "from='bob@" SPINE "/desk'", "type='result'", ">42<");

  xmpp_client_send (fixture->bob, "<iq type='set' id='q2' to='ada@" LEAF "/desk'>"
                                  "<query xmlns='urn:question'/></iq>");
  EXPECT (fixture->ada, "</iq>", "from='bob@" SPINE "/desk'", "type='set'");
  xmpp_client_send (fixture->ada,
                    "<iq type='error' id='q2' to='bob@" SPINE "/desk'><error type='cancel'>"
                    "<feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                    "</error></iq>");
  EXPECT (fixture->bob, "</iq>", "from='ada@" LEAF "/desk'", "type='error'",
          "<feature-not-implemented");
}

/* What cannot be delivered over there comes back from there, in the name that it was sent to. */
static void
assert_bounces (XmppClient *client, const char *to)
{
  g_autofree char *message =
      g_strdup_printf ("<message to='%s' id='e1'><body>x</body></message>", to);
  g_autofree char *iq = g_strdup_printf (
      "<iq type='get' to='%s' id='e2'><query xmlns='urn:question'/></iq>", to);
  g_autofree char *from = g_strdup_printf ("from='%s'", to);

  xmpp_client_send (client, message);
  EXPECT (client, "</message>", from, "type='error'", "id='e1'", "<service-unavailable");
  xmpp_client_send (client, iq);
  EXPECT (client, "</iq>", from, "type='error'", "id='e2'", "<service-unavailable");
}

static void
test_errors_come_back (Fixture *fixture, gconstpointer data)
{
  assert_bounces (fixture->ada, "nobody@" SPINE "/desk");
  assert_bounces (fixture->bob, "nobody@" LEAF "/desk");
}

static void
test_unknown_domain (Fixture *fixture, gconstpointer data)
{
  const char *const senders[] = {
    "<message to='x@elsewhere.example' id='u1'><body>x</body></message>",
    "<iq to='elsewhere.example' type='get' id='u1'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<presence to='x@elsewhere.example' type='subscribe' id='u1'/>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      xmpp_client_send (fixture->ada, senders[i]);
      EXPECT (fixture->ada, "</error>", "id='u1'", "elsewhere.example'", "type='error'",
              "<remote-server-not-found");
    }
}

/* A stanza of the size that a client may send, and not a byte more; `sharp` of them are “>”,
 * which a client may leave as they are and the listener escapes. */
static char *
make_stanza (const char *start, const char *end, gsize sharp)
{
  gsize length = STANZA_MAX - strlen (start) - strlen (end);
  g_autofree char *filling = g_strnfill (length, 'x');

  memset (filling, '>', sharp);
  return g_strconcat (start, filling, end, NULL);
}

static void
assert_passes (XmppClient *from, XmppClient *to, const char *stanza, const char *end)
{
  g_autofree char *got = NULL;

  xmpp_client_send (from, stanza);
  got = xmpp_client_expect (to, end);
  g_assert_nonnull (strstr (got, "xxx"));
}

static void
test_largest_message (Fixture *fixture, gconstpointer data)
{
  const char *start = "<message to='bob@" SPINE "/desk'><body>", *end = "</body></message>";
  gsize room = GROWTH - strlen (" from='ada@" LEAF "/desk'");
  g_autofree char *plain = make_stanza (start, end, 0);
  g_autofree char *grown = make_stanza (start, end, room / strlen ("gt;"));

  assert_passes (fixture->ada, fixture->bob, plain, end);
  assert_passes (fixture->ada, fixture->bob, grown, end);
  assert_proven (fixture->leaf, fixture->spine);
}

/* Only who has asked for the roster is told of its changes (RFC 6121, 2.2). */
static void
become_available (XmppClient *client)
{
  xmpp_client_send (client, "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"
                            "<presence/>");
  g_free (xmpp_client_settle (client));
}

/* Ada asks to see bob, bob agrees, and is there. */
static void
subscribe (Fixture *fixture)
{
  become_available (fixture->ada);
  become_available (fixture->bob);
  xmpp_client_send (fixture->ada, "<presence type='subscribe' to='bob@" SPINE "'/>");
  EXPECT (fixture->bob, "type='subscribe'", "from='ada@" LEAF "'");
  xmpp_client_send (fixture->bob, "<presence type='subscribed' to='ada@" LEAF "'/>");
  EXPECT (fixture->ada, "type='subscribed'", "from='bob@" SPINE "'");
  g_free (xmpp_client_expect (fixture->ada, "from='bob@" SPINE "/desk'"));
}

static void
expect_unavailable (XmppClient *client, const char *from)
{
  g_autofree char *sender = g_strdup_printf ("from='%s'", from);

  EXPECT (client, "type='unavailable'", sender);
}

static void
expect_available (XmppClient *client, const char *from)
{
  g_autofree char *sender = g_strdup_printf ("<presence from='%s'", from);
  g_autofree char *rest = NULL;

  g_free (xmpp_client_expect (client, sender));
  rest = xmpp_client_expect (client, ">");
  g_assert_null (strstr (rest, "type="));
}

static void
test_presence_of_client (Fixture *fixture, gconstpointer data)
{
  subscribe (fixture);
  xmpp_client_send (fixture->bob, "<presence><show>away</show></presence>");
  EXPECT (fixture->ada, "<show>away</show>", "from='bob@" SPINE "/desk'");
  xmpp_client_send (fixture->bob, "<presence type='unavailable'/>");
  expect_unavailable (fixture->ada, "bob@" SPINE "/desk");
  xmpp_client_send (fixture->bob, "<presence/>");
  expect_available (fixture->ada, "bob@" SPINE "/desk");
  /* It hangs up without a word. */
  g_clear_pointer (&fixture->bob, xmpp_client_free);
  expect_unavailable (fixture->ada, "bob@" SPINE "/desk");
}

/* To each subscriber it goes with an address put in: it is the longest that one switch sends to
 * another, and no reason to end the stream. */
static void
test_largest_presence (Fixture *fixture, gconstpointer data)
{
  const char *start = "<presence><status>", *end = "</status></presence>";
  gsize room = GROWTH - strlen (" from='bob@" SPINE "/desk'");
  g_autofree char *grown = make_stanza (start, end, room / strlen ("gt;"));

  subscribe (fixture);
  assert_passes (fixture->bob, fixture->ada, grown, end);
  assert_proven (fixture->leaf, fixture->spine);
}

/* Who signs in later is told of whoever is there already. */
static void
test_presence_of_newcomer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) later = NULL;

  subscribe (fixture);
  later = lab_switch_sign_in (fixture->leaf, "ada", "phone");
  xmpp_client_send (later, "<presence/>");
  expect_available (later, "bob@" SPINE "/desk");
}

static void
test_subscription_ends (Fixture *fixture, gconstpointer data)
{
  g_autofree char *after = NULL;

  subscribe (fixture);
  xmpp_client_send (fixture->bob, "<presence type='unsubscribed' to='ada@" LEAF "'/>");
  EXPECT (fixture->ada, "type='unsubscribed'", "from='bob@" SPINE "'");
  xmpp_client_send (fixture->bob, "<presence><show>dnd</show></presence>");
  xmpp_client_send (fixture->bob, "<message to='ada@" LEAF "/desk'><body>done</body></message>");
  after = xmpp_client_expect (fixture->ada, "<body>done</body>");
  g_assert_null (strstr (after, "dnd"));
}

/* The spine goes in order, and comes back on another port, of which discovery tells. */
static void
test_listener_stops_and_returns (Fixture *fixture, gconstpointer data)
{
  subscribe (fixture);
  lab_switch_stop (fixture->spine);
  expect_unavailable (fixture->ada, "bob@" SPINE "/desk");
  lab_switch_wait_for (fixture->leaf, fixture->spine, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_LOST);

  g_clear_pointer (&fixture->bob, xmpp_client_free);
  lab_switch_start (fixture->spine, "bob");
  lab_switch_tell (fixture->leaf, fixture->spine);
  lab_switch_wait_for (fixture->leaf, fixture->spine, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  fixture->bob = lab_switch_sign_in (fixture->spine, "bob", "desk");
  xmpp_client_send (fixture->bob, "<presence/>");
  expect_available (fixture->ada, "bob@" SPINE "/desk");
}

/* The same where nobody has time to say goodbye; ada is seen again by the one who returned. */
static void
test_process_dies_and_returns (Fixture *fixture, gconstpointer data)
{
  subscribe (fixture);
  xmpp_client_send (fixture->bob, "<presence type='subscribe' to='ada@" LEAF "'/>");
  EXPECT (fixture->ada, "type='subscribe'", "from='bob@" SPINE "'");
  xmpp_client_send (fixture->ada, "<presence type='subscribed' to='bob@" SPINE "'/>");
  expect_available (fixture->bob, "ada@" LEAF "/desk");

  lab_switch_sync (fixture->spine);
  lab_switch_kill (fixture->spine);
  expect_unavailable (fixture->ada, "bob@" SPINE "/desk");
  lab_switch_wait_for (fixture->leaf, fixture->spine, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_LOST);
  g_free (xmpp_client_expect_end (fixture->bob));
  g_clear_pointer (&fixture->bob, xmpp_client_free);

  lab_switch_start_apart (fixture->spine, "bob");
  lab_switch_tell (fixture->leaf, fixture->spine);
  lab_switch_wait_for (fixture->leaf, fixture->spine, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  fixture->bob = lab_switch_sign_in (fixture->spine, "bob", "desk");
  xmpp_client_send (fixture->bob, "<presence/>");
  expect_available (fixture->bob, "ada@" LEAF "/desk");
  expect_available (fixture->ada, "bob@" SPINE "/desk");
}

/* Nobody announces anything: the leaf knows by itself where the spine was. What is sent at once
 * waits for the link. */
static void
test_knows_who_was_there (Fixture *fixture, gconstpointer data)
{
  assert_proven (fixture->leaf, fixture->spine);
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  lab_switch_stop (fixture->leaf);
  lab_switch_start (fixture->leaf, "ada");
  fixture->ada = lab_switch_sign_in (fixture->leaf, "ada", "desk");
  xmpp_client_send (fixture->ada,
                    "<message id='m1' to='bob@" SPINE "/desk'><body>x</body></message>");
  EXPECT (fixture->bob, "</message>", "from='ada@" LEAF "/desk'", "id='m1'");
}

/* What was on its way to a switch that died is answered for, not swallowed. */
static void
test_dead_switch_bounces (Fixture *fixture, gconstpointer data)
{
  assert_proven (fixture->leaf, fixture->spine);
  lab_switch_kill (fixture->spine);
  lab_switch_wait_for (fixture->leaf, fixture->spine, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_LOST);
  xmpp_client_send (fixture->ada,
                    "<message id='m1' to='bob@" SPINE "/desk'><body>x</body></message>");
  EXPECT (fixture->ada, "</message>", "from='bob@" SPINE "/desk'", "type='error'", "id='m1'",
          "<remote-server-timeout");
}

/* Who loses one of two keeps the other. */
static void
test_three (Fixture *fixture, gconstpointer data)
{
  g_autoptr (LabSwitch) third = lab_switch_new (THIRD);
  g_autoptr (XmppClient) eve = NULL;

  lab_switch_join (third, fixture->leaf);
  lab_switch_start (third, "eve");
  lab_switch_tell (fixture->leaf, third);
  lab_switch_tell (third, fixture->spine);
  assert_proven (fixture->leaf, fixture->spine);
  assert_proven (fixture->leaf, third);
  assert_proven (third, fixture->spine);
  assert_proven (fixture->spine, third);
  eve = lab_switch_sign_in (third, "eve", "desk");
  xmpp_client_send (eve, "<presence/>");
  xmpp_client_send (eve, "<message to='bob@" SPINE "/desk'><body>from eve</body></message>");
  EXPECT (fixture->bob, "</message>", "from='eve@" THIRD "/desk'", "<body>from eve</body>");

  subscribe (fixture);
  xmpp_client_send (fixture->ada, "<presence type='subscribe' to='eve@" THIRD "'/>");
  EXPECT (eve, "type='subscribe'", "from='ada@" LEAF "'");
  xmpp_client_send (eve, "<presence type='subscribed' to='ada@" LEAF "'/>");
  expect_available (fixture->ada, "eve@" THIRD "/desk");
  lab_switch_stop (fixture->spine);
  expect_unavailable (fixture->ada, "bob@" SPINE "/desk");
  xmpp_client_send (eve, "<presence><show>chat</show></presence>");
  EXPECT (fixture->ada, "<show>chat</show>", "from='eve@" THIRD "/desk'");
  lab_switch_stop (third);
  expect_unavailable (fixture->ada, "eve@" THIRD "/desk");
}

#define ADD(name, data, test)                                                                      \
  g_test_add ("/federation/" name, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  if (lab_switch_main (argc, argv))
    return 0;
  g_test_init (&argc, &argv, NULL);
  ADD ("both-prove-themselves", NULL, test_both_prove_themselves);
  ADD ("both-dial", NULL, test_both_dial);
  ADD ("messages", NULL, test_messages);
  ADD ("sender-is-stamped", NULL, test_sender_is_stamped);
  ADD ("requests-and-results", NULL, test_requests_and_results);
  ADD ("errors-come-back", NULL, test_errors_come_back);
  ADD ("unknown-domain", NULL, test_unknown_domain);
  ADD ("largest-message", NULL, test_largest_message);
  ADD ("presence-of-client", NULL, test_presence_of_client);
  ADD ("largest-presence", NULL, test_largest_presence);
  ADD ("presence-of-newcomer", NULL, test_presence_of_newcomer);
  ADD ("subscription-ends", NULL, test_subscription_ends);
  ADD ("listener-stops-and-returns", NULL, test_listener_stops_and_returns);
  ADD ("process-dies-and-returns", "apart", test_process_dies_and_returns);
  ADD ("dead-switch-bounces", "apart", test_dead_switch_bounces);
  ADD ("knows-who-was-there", NULL, test_knows_who_was_there);
  ADD ("three", NULL, test_three);
  return g_test_run ();
}
