/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XEP-0198 as a client sees it: counts in both directions, and a stream that is cut loses
 * nothing. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define SM "xmlns='urn:xmpp:sm:3'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"

typedef struct
{
  IsmbListener *listener;
  guint16 port;
  XmppClient *ada, *bob;   /* ada/desk, bob/desk */
  char *id;                /* of ada's session, once enabled */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_true (ismb_listener_create_account (fixture->listener, "bob", "secret", &error));
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  fixture->ada = xmpp_client_new (fixture->port);
  fixture->bob = xmpp_client_new (fixture->port);
  xmpp_client_sign_in (fixture->ada, "ada", DOMAIN, "secret", "desk");
  xmpp_client_sign_in (fixture->bob, "bob", DOMAIN, "secret", "desk");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  g_clear_pointer (&fixture->bob, xmpp_client_free);
  g_free (fixture->id);
  g_assert_finalize_object (fixture->listener);
}

static char *
find_value (const char *xml, const char *name)
{
  g_autofree char *start = g_strdup_printf (" %s='", name);
  const char *value = strstr (xml, start);

  if (value == NULL)
    return NULL;
  value += strlen (start);
  return g_strndup (value, strcspn (value, "'"));
}

/* The id of a session that may be resumed. */
static char *
enable (XmppClient *client, const char *attributes)
{
  g_autofree char *text = g_strdup_printf ("<enable " SM " %s/>", attributes);
  g_autofree char *answer = NULL;

  xmpp_client_send (client, text);
  g_free (xmpp_client_expect (client, "<enabled "));
  answer = xmpp_client_expect (client, "/>");
  return find_value (answer, "id");
}

static void
enable_ada (Fixture *fixture)
{
  fixture->id = enable (fixture->ada, "resume='true'");
  g_assert_nonnull (fixture->id);
}

static XmppClient *
authenticate (Fixture *fixture, const char *name)
{
  XmppClient *client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_true (xmpp_client_authenticate (client, name, "secret"));
  g_free (xmpp_client_open (client, DOMAIN));
  return client;
}

static void
ask_to_resume (XmppClient *client, const char *id, guint h)
{
  g_autofree char *text = g_strdup_printf ("<resume " SM " h='%u' previd='%s'/>", h, id);

  xmpp_client_send (client, text);
}

/* Ada is cut off. */
static void
cut (Fixture *fixture)
{
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  while (_ismb_listener_count_sleeping (fixture->listener) == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* And comes back, having got `h` stanzas; returns how many of hers are handled. */
static guint
come_back (Fixture *fixture, guint h)
{
  g_autofree char *answer = NULL, *count = NULL, *id = NULL;

  g_clear_pointer (&fixture->ada, xmpp_client_free);
  fixture->ada = authenticate (fixture, "ada");
  ask_to_resume (fixture->ada, fixture->id, h);
  g_free (xmpp_client_expect (fixture->ada, "<resumed "));
  answer = xmpp_client_expect (fixture->ada, "/>");
  count = find_value (answer, "h");
  id = find_value (answer, "previd");
  g_assert_cmpstr (id, ==, fixture->id);
  return (guint) g_ascii_strtoull (count, NULL, 10);
}

static void
send_message (XmppClient *client, const char *to, guint number)
{
  g_autofree char *text = g_strdup_printf (
      "<message to='%s@" DOMAIN "/desk' id='m%u'><body>%u</body></message>", to, number, number);

  xmpp_client_send (client, text);
}

static void
expect_message (XmppClient *client, guint number)
{
  g_autofree char *id = g_strdup_printf (" id='m%u'", number);
  g_autofree char *text = xmpp_client_expect (client, id);

  if (strstr (text, "</message>") != NULL)
    g_error ("before message %u came %s", number, text); /* it is not the next one */
  g_free (xmpp_client_expect (client, "</message>"));
}

/* All that bob has sent is with ada's session. */
static void
settle_bob (Fixture *fixture)
{
  g_free (xmpp_client_settle (fixture->bob));
}

static char *
ask_count (XmppClient *client)
{
  g_autofree char *answer = NULL;

  xmpp_client_send (client, "<r " SM "/>");
  g_free (xmpp_client_expect (client, "<a "));
  answer = xmpp_client_expect (client, "/>");
  return find_value (answer, "h");
}

static void
assert_count (XmppClient *client, const char *expected)
{
  g_autofree char *h = ask_count (client);

  g_assert_cmpstr (h, ==, expected);
}

static void
assert_fails (XmppClient *client, const char *condition)
{
  g_autofree char *failed = xmpp_client_expect (client, "</failed>");

  g_assert_nonnull (strstr (failed, "<failed " SM));
  g_assert_nonnull (strstr (failed, condition));
}

static void
test_offered (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *before = xmpp_client_open (client, DOMAIN);
  g_autofree char *after = NULL;

  g_assert_null (strstr (before, "<sm "));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  after = xmpp_client_open (client, DOMAIN);
  g_assert_nonnull (strstr (after, "<sm " SM "/>"));
}

static void
test_before_bind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = authenticate (fixture, "ada");

  xmpp_client_send (client, "<enable " SM "/>");
  assert_fails (client, "<unexpected-request");
  xmpp_client_send (client, "<r " SM "/>");
  assert_fails (client, "<unexpected-request");
  xmpp_client_send (client, "<iq type='set' id='1'><bind " BIND "/></iq>");
  g_free (xmpp_client_expect (client, "</jid>"));
  g_free (enable (client, ""));
}

static void
test_enabled (Fixture *fixture, gconstpointer data)
{
  g_autofree char *answer = NULL, *id = NULL;

  xmpp_client_send (fixture->ada, "<enable " SM " resume='1' max='7'/>");
  g_free (xmpp_client_expect (fixture->ada, "<enabled "));
  answer = xmpp_client_expect (fixture->ada, "/>");
  g_assert_nonnull (strstr (answer, "resume='true'"));
  g_assert_nonnull (strstr (answer, "max='7'"));
  id = enable (fixture->bob, "");
  g_assert_null (id);
}

static void
test_enabled_twice (Fixture *fixture, gconstpointer data)
{
  g_autofree char *rest = NULL;

  enable_ada (fixture);
  xmpp_client_send (fixture->ada, "<enable " SM "/>");
  assert_fails (fixture->ada, "<unexpected-request");
  rest = xmpp_client_expect_end (fixture->ada);
  g_assert_nonnull (strstr (rest, "<stream:error><policy-violation"));
}

/* Without <enable/> there is nothing to acknowledge. */
static void
test_not_enabled (Fixture *fixture, gconstpointer data)
{
  xmpp_client_send (fixture->ada, "<r " SM "/>");
  assert_fails (fixture->ada, "<unexpected-request");
  xmpp_client_send (fixture->ada, "<a " SM " h='0'/>");
  assert_fails (fixture->ada, "<unexpected-request");
  xmpp_client_send (fixture->ada, "<resume " SM " h='0' previd='x'/>");
  assert_fails (fixture->ada, "<unexpected-request");
  g_free (xmpp_client_settle (fixture->ada));
}

static void
test_counts (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  assert_count (fixture->ada, "0");
  xmpp_client_send (fixture->ada, "<presence/>");
  send_message (fixture->ada, "bob", 1);
  assert_count (fixture->ada, "2");
  send_message (fixture->ada, "nobody", 2);
  g_free (xmpp_client_expect (fixture->ada, "<service-unavailable"));
  assert_count (fixture->ada, "2");
  /* Its own presence, and the error, which is an answer once it is here. */
  xmpp_client_send (fixture->ada, "<a " SM " h='2'/>");
  g_free (xmpp_client_expect (fixture->ada, "<a " SM " h='3'/>"));
  expect_message (fixture->bob, 1);
}

/* What is with another client that acknowledges is acknowledged when that one does. */
static void
test_custody (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->ada, "bob", 1);
  send_message (fixture->ada, "bob", 2);
  expect_message (fixture->bob, 1);
  assert_count (fixture->ada, "0");
  xmpp_client_send (fixture->bob, "<a " SM " h='1'/>");
  g_free (xmpp_client_expect (fixture->ada, "<a " SM " h='1'/>"));
  xmpp_client_send (fixture->bob, "<a " SM " h='2'/>");
  g_free (xmpp_client_expect (fixture->ada, "<a " SM " h='2'/>"));
}

static void
assert_too_high (XmppClient *client, const char *h, const char *sent)
{
  g_autofree char *rest = xmpp_client_expect_end (client);
  g_autofree char *element =
      g_strdup_printf ("<handled-count-too-high " SM " h='%s' send-count='%s'/>", h, sent);

  g_assert_nonnull (strstr (rest, "<stream:error><undefined-condition"));
  g_assert_nonnull (strstr (rest, element));
  g_assert_nonnull (strstr (rest, "</stream:stream>"));
}

static void
test_too_high (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  send_message (fixture->bob, "ada", 1);
  expect_message (fixture->ada, 1);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/><a " SM " h='0'/>"); /* late, and harmless */
  g_free (xmpp_client_settle (fixture->ada));
  xmpp_client_send (fixture->ada, "<a " SM " h='9'/>");
  assert_too_high (fixture->ada, "9", "2");
}

static void
test_no_count (Fixture *fixture, gconstpointer data)
{
  g_autofree char *rest = NULL;

  enable_ada (fixture);
  xmpp_client_send (fixture->ada, "<a " SM " h='many'/>");
  rest = xmpp_client_expect_end (fixture->ada);
  g_assert_nonnull (strstr (rest, "<bad-format"));
}

static guint
count (const char *text, const char *part)
{
  guint found = 0;

  for (; (text = strstr (text, part)) != NULL; text += strlen (part))
    found++;
  return found;
}

/* We ask for few by and by, for many at once, and never twice without an answer. */
static void
test_asks (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  send_message (fixture->bob, "ada", 0);
  expect_message (fixture->ada, 0);
  g_free (xmpp_client_expect (fixture->ada, "<r " SM "/>"));
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/>");
  for (guint i = 1; i <= 200; i++)
    send_message (fixture->bob, "ada", i);
  settle_bob (fixture);
  came = xmpp_client_settle (fixture->ada);
  g_assert_cmpuint (count (came, "</message>"), ==, 200);
  g_assert_cmpuint (count (came, "<r " SM "/>"), ==, 1);
}

/* Where the sender waits to hear of it, we do not wait for more: once for what went out
 * together. */
static void
test_asks_at_once (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->bob, "ada", 1);
  g_free (xmpp_client_settle (fixture->bob));
  came = xmpp_client_settle (fixture->ada);
  g_assert_cmpuint (count (came, "<r " SM "/>"), ==, 1);
  send_message (fixture->bob, "ada", 2);
  g_free (xmpp_client_settle (fixture->bob));
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/>");
  g_free (xmpp_client_expect (fixture->ada, "<r " SM "/>"));
}

/* The question comes in one piece with what it is about, so that whoever answers wakes up once. */
static void
test_asks_in_one_piece (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->bob, "ada", 1);
  while (*xmpp_client_peek (fixture->ada) == '\0')
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_suffix (xmpp_client_peek (fixture->ada), "</message><r " SM "/>"));
}

/* Ada leaves in the turn in which she would be asked. */
static void
test_leaves_unasked (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->bob, "ada", 1);
  xmpp_client_send (fixture->ada, "</stream:stream>");
  g_free (xmpp_client_expect_end (fixture->ada));
  settle_bob (fixture);
}

/* An error waits for ada alone: behind it all is remembered that bob goes on to say, to a bound. */
static void
test_too_much (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) thousand = g_string_new (NULL);

  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  for (guint i = 0; i < 1000; i++)
    g_string_append (thousand, "<presence to='nobody.example'/>");
  xmpp_client_send (fixture->bob, "<message to='ada@" DOMAIN "/desk' type='error'/>");
  for (guint i = 0; i < 99; i++)
    {
      xmpp_client_send (fixture->bob, thousand->str);
      settle_bob (fixture);
    }
  xmpp_client_send (fixture->bob, thousand->str);
  g_free (xmpp_client_expect (fixture->bob, "<resource-constraint "));
}

static void
test_resumed (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  send_message (fixture->ada, "bob", 100);
  expect_message (fixture->bob, 100);
  for (guint i = 1; i <= 3; i++)
    send_message (fixture->bob, "ada", i);
  expect_message (fixture->ada, 1);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/>");
  expect_message (fixture->ada, 3 - 1);
  cut (fixture);
  for (guint i = 4; i <= 5; i++)
    send_message (fixture->bob, "ada", i);
  settle_bob (fixture);
  g_assert_cmpuint (come_back (fixture, 2), ==, 1);
  for (guint i = 3; i <= 5; i++)
    expect_message (fixture->ada, i);
  xmpp_client_send (fixture->ada, "<a " SM " h='5'/>");
  send_message (fixture->bob, "ada", 6);
  expect_message (fixture->ada, 6);
  send_message (fixture->ada, "bob", 101);
  expect_message (fixture->bob, 101);
  assert_count (fixture->ada, "2");
  g_assert_cmpuint (ismb_listener_get_sessions (fixture->listener), ==, 2);
}

/* A client knows earlier than we do that its stream is dead. */
static void
test_takes_over (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) old = NULL;
  g_autofree char *rest = NULL;

  enable_ada (fixture);
  old = g_steal_pointer (&fixture->ada);
  send_message (fixture->bob, "ada", 1);
  settle_bob (fixture);
  g_assert_cmpuint (come_back (fixture, 0), ==, 0);
  expect_message (fixture->ada, 1);
  rest = xmpp_client_expect_end (old);
  g_assert_nonnull (strstr (rest, "<stream:error><conflict"));
  send_message (fixture->bob, "ada", 2);
  expect_message (fixture->ada, 2);
}

/* What was sent twice, as it was not acknowledged, arrives once; who waits for it goes on
 * waiting. */
static void
test_repeats (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  for (guint i = 1; i <= 3; i++)
    send_message (fixture->ada, "bob", i);
  for (guint i = 1; i <= 3; i++)
    expect_message (fixture->bob, i);
  xmpp_client_send (fixture->bob, "<a " SM " h='1'/>");
  g_free (xmpp_client_settle (fixture->bob));
  cut (fixture);
  g_assert_cmpuint (come_back (fixture, 0), ==, 1);
  for (guint i = 2; i <= 4; i++)
    send_message (fixture->ada, "bob", i);
  expect_message (fixture->bob, 4);
  assert_count (fixture->ada, "1");
  xmpp_client_send (fixture->bob, "<a " SM " h='2'/>"); /* and the answer to a ping */
  g_free (xmpp_client_expect (fixture->ada, "<a " SM " h='2'/>"));
}

static void
test_not_resumed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = authenticate (fixture, "bob");
  g_autofree char *other = NULL;

  enable_ada (fixture);
  ask_to_resume (client, "nothing", 0);
  assert_fails (client, "<item-not-found");
  ask_to_resume (client, fixture->id, 0); /* it is ada's */
  assert_fails (client, "<item-not-found");
  xmpp_client_send (client, "<resume " SM " h='0'/>");
  assert_fails (client, "<bad-request");
  xmpp_client_send (client, "<resume " SM " previd='x'/>");
  assert_fails (client, "<bad-request");
  xmpp_client_send (client, "<iq type='set' id='1'><bind " BIND "/></iq>");
  g_free (xmpp_client_expect (client, "</jid>"));
  g_free (xmpp_client_settle (fixture->ada)); /* nobody took it */
}

static void
test_resumed_too_high (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = NULL;

  enable_ada (fixture);
  send_message (fixture->bob, "ada", 1);
  expect_message (fixture->ada, 1);
  cut (fixture);
  client = authenticate (fixture, "ada");
  ask_to_resume (client, fixture->id, 2);
  assert_too_high (client, "2", "1");
  g_assert_cmpuint (come_back (fixture, 0), ==, 0);
  expect_message (fixture->ada, 1);
}

/* What it has said it had is here no more. */
static void
test_resumed_too_low (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = authenticate (fixture, "ada");

  enable_ada (fixture);
  send_message (fixture->bob, "ada", 1);
  expect_message (fixture->ada, 1);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/>");
  g_free (xmpp_client_settle (fixture->ada));
  ask_to_resume (client, fixture->id, 0);
  assert_fails (client, "<item-not-found");
  g_free (xmpp_client_settle (fixture->ada));
}

static void
make_friends (Fixture *fixture)
{
  xmpp_client_send (fixture->bob, "<presence/><presence type='subscribe' to='ada@" DOMAIN "'/>");
  xmpp_client_send (fixture->ada, "<presence/>");
  g_free (xmpp_client_expect (fixture->ada, "type='subscribe'"));
  xmpp_client_send (fixture->ada, "<presence type='subscribed' to='bob@" DOMAIN "'/>");
  g_free (xmpp_client_expect (fixture->bob, "<presence from='ada@" DOMAIN "/desk'"));
  g_free (xmpp_client_settle (fixture->bob));
}

/* Whoever is only cut off is still there; who does not come back in time is not, and what came for
 * him goes elsewhere. */
static void
test_too_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) phone = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) late = NULL;
  g_autofree char *nothing = NULL, *id = NULL, *error = NULL;

  make_friends (fixture);
  xmpp_client_sign_in (phone, "ada", DOMAIN, "secret", "phone");
  xmpp_client_send (phone, "<presence><priority>-1</priority></presence>");
  id = enable (fixture->ada, "resume='true' max='1'");
  xmpp_client_send (fixture->ada, "<presence/>");
  g_free (xmpp_client_settle (fixture->ada));
  send_message (fixture->bob, "ada", 1);
  settle_bob (fixture);
  cut (fixture);
  send_message (fixture->bob, "ada", 2);
  xmpp_client_send (fixture->bob, "<iq type='get' id='ask' to='ada@" DOMAIN "/desk'>"
                                  "<ping xmlns='urn:xmpp:ping'/></iq>");
  nothing = xmpp_client_settle (fixture->bob);
  g_assert_null (strstr (nothing, "unavailable"));
  xmpp_client_send (phone, "<presence><priority>1</priority></presence>");
  g_free (xmpp_client_settle (phone));

  error = xmpp_client_expect (fixture->bob, "</iq>");
  g_assert_nonnull (strstr (error, "<presence from='ada@" DOMAIN "/desk'"));
  g_assert_nonnull (strstr (error, "type='unavailable'"));
  g_assert_nonnull (strstr (error, "id='ask'"));
  g_assert_nonnull (strstr (error, "<service-unavailable"));
  expect_message (phone, 1);
  expect_message (phone, 2);
  late = authenticate (fixture, "ada");
  ask_to_resume (late, id, 0);
  error = (g_free (error), xmpp_client_expect (late, "</failed>"));
  g_assert_nonnull (strstr (error, " h='2'><item-not-found")); /* presence and a ping */
}

/* A new session of the same name is the client that lost the other one. */
static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) phone = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) newcomer = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) late = NULL;

  xmpp_client_sign_in (phone, "ada", DOMAIN, "secret", "phone");
  xmpp_client_send (phone, "<presence/>");
  g_free (xmpp_client_settle (phone));
  enable_ada (fixture);
  send_message (fixture->bob, "ada", 1);
  settle_bob (fixture);
  cut (fixture);
  send_message (fixture->bob, "ada", 2);
  settle_bob (fixture);
  xmpp_client_sign_in (newcomer, "ada", DOMAIN, "secret", "desk");
  expect_message (phone, 1);
  expect_message (phone, 2);
  send_message (fixture->bob, "ada", 3);
  expect_message (newcomer, 3);
  late = authenticate (fixture, "ada");
  ask_to_resume (late, fixture->id, 0);
  assert_fails (late, "<item-not-found");
}

/* Who says goodbye does not come back. */
static void
test_goodbye (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) phone = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) late = NULL;

  xmpp_client_sign_in (phone, "ada", DOMAIN, "secret", "phone");
  xmpp_client_send (phone, "<presence/>");
  g_free (xmpp_client_settle (phone));
  enable_ada (fixture);
  send_message (fixture->bob, "ada", 1);
  send_message (fixture->bob, "ada", 2);
  settle_bob (fixture);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/></stream:stream>");
  g_free (xmpp_client_expect (fixture->ada, "</stream:stream>"));
  expect_message (phone, 2);
  late = authenticate (fixture, "ada");
  ask_to_resume (late, fixture->id, 0);
  assert_fails (late, "<item-not-found");
}

/* What he has answered, and not acknowledged, is answered. */
static void
test_answered_once (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  xmpp_client_send (fixture->bob, "<iq type='get' to='ada@" DOMAIN "/desk' id='q1'>"
                                  "<ping xmlns='urn:xmpp:ping'/></iq>");
  g_free (xmpp_client_expect (fixture->ada, " id='q1'"));
  xmpp_client_send (fixture->ada, "<iq type='result' to='bob@" DOMAIN "/desk' id='q1'/>"
                                  "</stream:stream>");
  g_free (xmpp_client_expect (fixture->bob, " id='q1'"));
  g_free (xmpp_client_expect (fixture->ada, "</stream:stream>"));
  came = xmpp_client_settle (fixture->bob);
  g_assert_null (strstr (came, "q1"));
}

/* Without resumption what was not acknowledged goes elsewhere at once. */
static void
test_cut_without_resumption (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) phone = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (phone, "ada", DOMAIN, "secret", "phone");
  xmpp_client_send (phone, "<presence/>");
  g_free (xmpp_client_settle (phone));
  g_free (enable (fixture->ada, ""));
  send_message (fixture->bob, "ada", 1);
  expect_message (fixture->ada, 1);
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  expect_message (phone, 1);
}

/* Whoever writes to somebody who is cut off need not wait until he is back. */
static void
test_held (Fixture *fixture, gconstpointer data)
{
  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->bob, "ada", 1);
  xmpp_client_send (fixture->bob, "<r " SM "/>");
  expect_message (fixture->ada, 1);
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='0'/>"));
  cut (fixture);
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='1'/>"));
  send_message (fixture->bob, "ada", 2);
  xmpp_client_send (fixture->bob, "<r " SM "/>");
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='2'/>"));
  come_back (fixture, 1);
  expect_message (fixture->ada, 2);
}

/* Without presence, and not there: what comes for it waits. */
static void
sign_in_again (Fixture *fixture)
{
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  fixture->ada = xmpp_client_new (fixture->port);
  xmpp_client_sign_in (fixture->ada, "ada", DOMAIN, "secret", "desk");
}

/* Nor while he is there and does not say what he has got. That it was held brings it twice to
 * nobody. */
static void
test_slow (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  send_message (fixture->bob, "ada", 1);
  expect_message (fixture->ada, 1);
  xmpp_client_send (fixture->bob, "<r " SM "/>");
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='0'/>"));
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='1'/>"));
  send_message (fixture->bob, "ada", 2);
  xmpp_client_send (fixture->bob, "<r " SM "/>");
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='2'/>"));
  expect_message (fixture->ada, 2);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/></stream:stream>");
  g_free (xmpp_client_expect (fixture->ada, "</stream:stream>"));
  sign_in_again (fixture);
  xmpp_client_send (fixture->ada, "<presence/>");
  came = xmpp_client_expect (fixture->ada, " id='m2'");
  g_assert_null (strstr (came, " id='m1'"));
}

/* What is held waits for the account where the client does not come back, and is there once. */
static void
test_waits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  enable_ada (fixture);
  g_free (enable (fixture->bob, ""));
  for (guint i = 1; i <= 3; i++)
    send_message (fixture->bob, "ada", i);
  expect_message (fixture->ada, 1);
  xmpp_client_send (fixture->ada, "<a " SM " h='1'/>");
  g_free (xmpp_client_settle (fixture->ada));
  cut (fixture);
  send_message (fixture->bob, "ada", 4);
  xmpp_client_send (fixture->bob, "<r " SM "/>");
  g_free (xmpp_client_expect (fixture->bob, "<a " SM " h='4'/>"));
  g_assert_cmpuint (come_back (fixture, 2), ==, 1);
  expect_message (fixture->ada, 3);
  cut (fixture);
  sign_in_again (fixture);
  xmpp_client_send (fixture->ada, "<presence/>");
  expect_message (fixture->ada, 3);
  expect_message (fixture->ada, 4);
  g_free (xmpp_client_settle (fixture->ada));

  sign_in_again (fixture);
  xmpp_client_send (fixture->ada, "<presence/>");
  came = xmpp_client_settle (fixture->ada);
  g_assert_null (strstr (came, "<message"));
}

/* The listener may go away while somebody sleeps, and while somebody has not acknowledged. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  enable_ada (fixture);
  g_free (enable (fixture->bob, "resume='true'"));
  send_message (fixture->bob, "ada", 1);
  settle_bob (fixture);
  cut (fixture);
  send_message (fixture->bob, "bob", 2);
  expect_message (fixture->bob, 2);
  ismb_listener_stop (fixture->listener);
  g_free (xmpp_client_expect_end (fixture->bob));
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  sign_in_again (fixture);
  xmpp_client_send (fixture->ada, "<presence/>");
  expect_message (fixture->ada, 1);
  g_clear_pointer (&fixture->bob, xmpp_client_free);
  fixture->bob = xmpp_client_new (fixture->port);
  xmpp_client_sign_in (fixture->bob, "bob", DOMAIN, "secret", "desk");
  xmpp_client_send (fixture->bob, "<presence/>");
  expect_message (fixture->bob, 2);
}

#define SCRIPT_MESSAGES 6

/* The client's half, cut at every byte: it repeats what was not handled, and each arrives once. */
static void
test_torn (Fixture *fixture, gconstpointer data)
{
  guint sent = 0;

  enable_ada (fixture);
  for (guint at = 0;; at++)
    {
      g_autoptr (GString) script = g_string_new (NULL);
      gsize starts[SCRIPT_MESSAGES + 1];
      guint first = sent + 1, handled;

      for (guint i = 0; i < SCRIPT_MESSAGES; i++)
        {
          starts[i] = script->len;
          g_string_append_printf (script, "<message to='bob@" DOMAIN "/desk' id='m%u'><body>%u"
                                  "</body></message><r " SM "/>", first + i, first + i);
        }
      if (at > script->len)
        return;
      {
        g_autofree char *piece = g_strndup (script->str, at);

        xmpp_client_send (fixture->ada, piece);
      }
      cut (fixture);
      handled = come_back (fixture, 0) - sent;
      g_assert_cmpuint (handled, <=, SCRIPT_MESSAGES);
      if (handled < SCRIPT_MESSAGES)
        xmpp_client_send (fixture->ada, script->str + starts[handled]);
      for (guint i = 0; i < SCRIPT_MESSAGES; i++)
        expect_message (fixture->bob, ++sent);
    }
}

#define ADD(name, test) g_test_add ("/resume/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("offered", test_offered);
  ADD ("before-bind", test_before_bind);
  ADD ("enabled", test_enabled);
  ADD ("enabled-twice", test_enabled_twice);
  ADD ("not-enabled", test_not_enabled);
  ADD ("counts", test_counts);
  ADD ("custody", test_custody);
  ADD ("too-high", test_too_high);
  ADD ("no-count", test_no_count);
  ADD ("asks", test_asks);
  ADD ("asks-at-once", test_asks_at_once);
  ADD ("asks-in-one-piece", test_asks_in_one_piece);
  ADD ("leaves-unasked", test_leaves_unasked);
  ADD ("too-much", test_too_much);
  ADD ("resumed", test_resumed);
  ADD ("takes-over", test_takes_over);
  ADD ("repeats", test_repeats);
  ADD ("not-resumed", test_not_resumed);
  ADD ("resumed-too-high", test_resumed_too_high);
  ADD ("resumed-too-low", test_resumed_too_low);
  ADD ("too-late", test_too_late);
  ADD ("replaced", test_replaced);
  ADD ("answered-once", test_answered_once);
  ADD ("slow", test_slow);
  ADD ("goodbye", test_goodbye);
  ADD ("cut-without-resumption", test_cut_without_resumption);
  ADD ("held", test_held);
  ADD ("waits", test_waits);
  ADD ("stopped", test_stopped);
  ADD ("torn", test_torn);
  return g_test_run ();
}
