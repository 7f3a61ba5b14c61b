/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dialback.h"

#include <string.h>

#include "foreign-hub.h"
#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-foreigners.h"
#include "lab-switch.h"

#define US "sw1.001122"
#define HUB "hub.test"
#define HUB_ADDRESS "127.0.0.2" /* whoever comes from 127.0.0.1 comes from elsewhere */
#define KEY "cafe"
#define DB "xmlns:db='jabber:server:dialback'" /* where the header does not declare it */

/* Keys */

/* The examples of XEP-0185, 3, and of XEP-0220, 2.1.1. */
static void
test_known_keys (void)
{
  g_autofree char *one = ismb_dialback_derive_key ("s3cr3tf0rd14lb4ck", "xmpp.example.com",
                                                   "example.org", "D60000229F");
  g_autofree char *two = ismb_dialback_derive_key ("s3cr3tf0rd14lb4ck", "montague.example",
                                                   "capulet.example", "D60000229F");

  g_assert_cmpstr (one, ==, "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643");
  g_assert_cmpstr (two, ==, "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3");
}

static void
test_own_keys (void)
{
  g_autofree char *key = ismb_dialback_make_key (HUB, US, "id");
  g_autofree char *upper = g_ascii_strup (key, -1);
  g_autofree char *cut = g_strndup (key, 63);

  g_assert_true (ismb_dialback_check_key (key, HUB, US, "id"));
  g_assert_false (ismb_dialback_check_key (key, US, HUB, "id"));
  g_assert_false (ismb_dialback_check_key (key, "other.test", US, "id"));
  g_assert_false (ismb_dialback_check_key (key, HUB, US, "ie"));
  g_assert_false (ismb_dialback_check_key (cut, HUB, US, "id"));
  g_assert_false (ismb_dialback_check_key ("", HUB, US, "id"));
  g_assert_true (g_str_equal (upper, key) || !ismb_dialback_check_key (upper, HUB, US, "id"));
}

/* Who is foreign */

static void
test_parse (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbForeigners) all = ismb_foreigners_new (
    " Example.NET=192.0.2.1:5269; ;b.test = [2001:DB8:0::1]:1 ", &error);
  IsmbForeigner *one, *two;

  g_assert_no_error (error);
  g_assert_cmpuint (ismb_foreigners_get_count (all), ==, 2);
  one = ismb_foreigners_find (all, "example.net");
  two = ismb_foreigners_find (all, "b.test");
  g_assert_cmpstr (one->address, ==, "192.0.2.1");
  g_assert_cmpuint (one->port, ==, 5269);
  g_assert_cmpstr (two->address, ==, "2001:db8::1");
  g_assert_cmpuint (two->port, ==, 1);
  g_assert_null (ismb_foreigners_find (all, "c.test"));
  g_assert_null (ismb_foreigners_find (all, NULL));
  g_assert_null (ismb_foreigners_find (NULL, "b.test"));
}

static void
test_parse_nonsense (void)
{
  static const char *const cases[] = {
    "example.net",
    "=192.0.2.1:5269",
    "user@example.net=192.0.2.1:5269",
    "example.net=192.0.2.1",
    "example.net=192.0.2.1:",
    "example.net=192.0.2.1:0",
    "example.net=192.0.2.1:65536",
    "example.net=:5269",
    "example.net=hub:5269",
    "example.net=2001:db8::1:5269",
    "example.net=[2001:db8::1]5269",
    "example.net=[192.0.2.1]:5269",
    "example.net=[]:5269",
    "example.net=[:5269",
    "a.test=192.0.2.1:1;A.test=192.0.2.2:1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i]);
      g_assert_null (ismb_foreigners_new (cases[i], &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
    }
}

/* What a test is given; NULL: nothing. */
typedef struct
{
  gboolean clear; /* the hub offers no STARTTLS */
  const char *word, *condition;
} Case;

/* A switch, a foreign domain's server, and a client on the switch. */
typedef struct
{
  LabSwitch *us, *elsewhere; /* the other one lends its key to whoever comes from elsewhere */
  IsmbTlsContext *tls;
  ForeignHub *hub;
  XmppClient *client;
} Fixture;

static IsmbTlsContext *
make_tls (LabSwitch *lab)
{
  IsmbFabric *fabric = lab_switch_get_fabric (lab);
  g_autofree char *chain = ismb_fabric_dup_chain_pem (fabric);
  g_autofree char *key = ismb_identity_dup_key_pem (ismb_fabric_get_identity (fabric));
  g_autoptr (GError) error = NULL;
  IsmbTlsContext *tls = ismb_tls_context_new (ISMB_TLS_FOREIGN, key, chain, &error);

  g_assert_no_error (error);
  return tls;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const Case *given = data;
  gboolean clear = given != NULL && given->clear;
  g_autofree char *federate = NULL;

  fixture->us = lab_switch_new (US);
  fixture->elsewhere = lab_switch_new (HUB);
  lab_switch_found (fixture->us);
  fixture->tls = make_tls (fixture->elsewhere);
  fixture->hub = foreign_hub_new (HUB_ADDRESS, HUB, clear ? NULL : fixture->tls);
  federate
    = g_strdup_printf (HUB "=" HUB_ADDRESS ":%u", foreign_hub_get_port (fixture->hub));
  lab_switch_set_federation (fixture->us, federate);
  lab_switch_start (fixture->us, "clara");
  fixture->client = lab_switch_sign_in (fixture->us, "clara", "desk");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  xmpp_client_free (fixture->client);
  lab_switch_free (fixture->us);
  foreign_hub_free (fixture->hub);
  ismb_tls_context_unref (fixture->tls);
  lab_switch_free (fixture->elsewhere);
}

static ForeignLine *
come_from (Fixture *fixture, const char *source)
{
  return foreign_line_dial (source, lab_switch_get_s2s_port (fixture->us), HUB, US, fixture->tls);
}

static void
say (ForeignLine *line, const char *format, ...)
{
  va_list arguments;
  g_autofree char *xml = NULL;

  va_start (arguments, format);
  xml = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  foreign_line_say (line, xml);
}

/* Nothing that this stream says gets to anybody. */
static void
assert_not_heard (Fixture *fixture, ForeignLine *line)
{
  g_autofree char *heard = NULL;
  g_autofree char *end = NULL;

  foreign_line_say (line, "<message from='al@" HUB "' to='clara@" US "/desk'><body>evil</body></message>");
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "not-authorized"));
  heard = xmpp_client_settle (fixture->client);
  g_assert_null (strstr (heard, "evil"));
}

/* Their login at us */

static void
test_good_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, HUB_ADDRESS);
  ForeignLine *asked;
  g_autofree char *id = NULL;

  say (line, "<db:result from='" HUB "' to='" US "'> " KEY " </db:result>");
  id = g_strdup_printf ("id='%s'", foreign_line_get_id (line));
  asked = foreign_hub_expect (fixture->hub, id);
  say (asked, "<db:verify from='" HUB "' to='" US "' id='%s' type='valid'/>",
       foreign_line_get_id (line));
  g_free (foreign_line_expect (line, "type='valid'"));
  say (line, "<message from='al@" HUB "' to='clara@" US "/desk'><body>good</body></message>");
  g_free (xmpp_client_expect (fixture->client, "good"));
}

static void
test_forged_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");
  ForeignLine *asked;
  g_autofree char *end = NULL;

  say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
  asked = foreign_hub_expect (fixture->hub, ">" KEY "</verify>");
  say (asked, "<db:verify from='" HUB "' to='" US "' id='%s' type='invalid'/>",
       foreign_line_get_id (line));
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "type='invalid'"));
  g_assert_null (strstr (end, "type='valid'"));
}

/* Whatever their server says, it is no answer to what it was asked. */
static void
test_other_answers (Fixture *fixture, gconstpointer data)
{
  static const char *const answers[] = {
    "<db:verify from='" HUB "' to='" US "' id='another' type='valid'/>",
    "<db:verify from='other.test' to='" US "' id='%s' type='valid'/>",
    "<db:verify from='" HUB "' to='other.test' id='%s' type='valid'/>",
    "<db:verify from='" HUB "' to='" US "' type='valid'/>",
    "<db:verify from='" HUB "' to='" US "' id='%s'>" KEY "</db:verify>",
    "<db:result from='" HUB "' to='" US "' id='%s' type='valid'/>",
    "<verify from='" HUB "' to='" US "' id='%s' type='valid'/>",
    "<db:verify from='" HUB "' to='" US "' id='%s' type='error'/>",
    "<db:verify from='" HUB "' to='" US "' id='%s' type='perhaps'/>",
    "</stream:stream>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");
      g_autofree char *answer = NULL;

      g_test_message ("%s", answers[i]);
      say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
      say (foreign_hub_expect (fixture->hub, KEY), answers[i], foreign_line_get_id (line));
      answer = foreign_line_expect (line, "<result");
      g_assert_nonnull (strstr (answer, "remote-server-timeout"));
      assert_not_heard (fixture, line);
    }
}

/* One that knows nothing of the domain. */
static void
test_not_served (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");
  g_autofree char *answer = NULL;

  say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
  say (foreign_hub_expect (fixture->hub, KEY),
       "<db:verify from='" HUB "' to='" US "' id='%s' type='error'><error type='cancel'>"
       "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:verify>",
       foreign_line_get_id (line));
  answer = foreign_line_expect (line, "<result");
  g_assert_nonnull (strstr (answer, "remote-server-not-found"));
}

static void
test_nobody_there (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");
  g_autofree char *answer = NULL;

  foreign_hub_free (g_steal_pointer (&fixture->hub));
  say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
  answer = foreign_line_expect (line, "<result");
  g_assert_nonnull (strstr (answer, "remote-connection-failed"));
  fixture->hub = foreign_hub_new (HUB_ADDRESS, HUB, fixture->tls);
}

/* Answers that nobody asked for authorise nothing, whichever way they come. */
static void
test_unrequested (Fixture *fixture, gconstpointer data)
{
  static const char *const words[] = {
    "<db:verify from='" HUB "' to='" US "' id='1' type='valid'/>",
    "<db:result from='" HUB "' to='" US "' type='valid'/>",
    "<db:result from='" US "' to='" HUB "' type='valid'/>",
    "<message from='al@" HUB "' to='clara@" US "/desk'/>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");

      foreign_line_say (line, words[i]);
      assert_not_heard (fixture, line);
    }
  g_assert_cmpuint (foreign_hub_count_lines (fixture->hub), ==, 0);
}

/* Only the stream's own domain, and nobody is asked about another one: a member's least of all. */
static void
test_other_domains (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, HUB_ADDRESS);
  g_autofree char *answer = NULL;

  say (line, "<db:result from='sw2.001122' to='" US "'>" KEY "</db:result>");
  answer = foreign_line_expect (line, "<result");
  g_assert_nonnull (strstr (answer, "type='error'"));
  g_assert_nonnull (strstr (answer, "not-authorized"));
  g_free (answer);
  say (line, "<db:result from='" HUB "' to='other.test'>" KEY "</db:result>");
  answer = foreign_line_expect (line, "<result");
  g_assert_nonnull (strstr (answer, "item-not-found"));
  g_assert_cmpuint (foreign_hub_count_lines (fixture->hub), ==, 0);
}

/* A member's domain, or anybody's that is not named, has no dialback at all. */
static void
test_not_named (Fixture *fixture, gconstpointer data)
{
  guint16 port = lab_switch_get_s2s_port (fixture->us);
  g_autoptr (ForeignLine) line = foreign_line_dial_clear (port, "sw2.001122", US);
  g_autofree char *end = NULL;

  say (line, "<db:result " DB " from='sw2.001122' to='" US "'>" KEY "</db:result>");
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "not-authorized"));
  g_assert_null (strstr (end, "<result"));
}

static void
test_in_the_clear (Fixture *fixture, gconstpointer data)
{
  guint16 port = lab_switch_get_s2s_port (fixture->us);
  g_autoptr (ForeignLine) line = foreign_line_dial_clear (port, HUB, US);
  g_autofree char *end = NULL;

  say (line, "<db:result " DB " from='" HUB "' to='" US "'>" KEY "</db:result>");
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "policy-violation"));
  g_assert_cmpuint (foreign_hub_count_lines (fixture->hub), ==, 0);
}

/* Their server is asked a few things at a time, and strangers leave some of them to itself. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) lines
    = g_ptr_array_new_with_free_func ((GDestroyNotify) foreign_line_free);
  g_autoptr (ForeignLine) own = NULL;
  guint refused = 0;

  for (guint i = 0; i < 12; i++)
    {
      ForeignLine *line = come_from (fixture, "127.0.0.1");

      g_ptr_array_add (lines, line);
      say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
      if (i >= 4)
        {
          g_autofree char *answer = foreign_line_expect (line, "<result");

          refused += strstr (answer, "resource-constraint") != NULL ? 1 : 0;
        }
    }
  g_assert_cmpuint (refused, ==, 8);
  own = come_from (fixture, HUB_ADDRESS);
  say (own, "<db:result from='" HUB "' to='" US "'>beef</db:result>");
  foreign_hub_expect (fixture->hub, "beef");
  while (foreign_hub_count (fixture->hub, KEY) < 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (foreign_hub_count_lines (fixture->hub), ==, 5);
}

static void
test_many_words (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, "127.0.0.1");
  g_autofree char *end = NULL;

  for (guint i = 0; i < 17; i++)
    say (line, "<db:verify from='" HUB "' to='" US "' id='%u'>" KEY "</db:verify>", i);
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "type='invalid'"));
  g_assert_nonnull (strstr (end, "policy-violation"));
}

/* Our login at them */

static char *
read_key (ForeignLine *line)
{
  g_autofree char *text = foreign_line_expect (line, "<result");
  const char *start = strchr (strstr (text, "<result"), '>') + 1;

  return g_strndup (start, strcspn (start, "<"));
}

/* Something is to be said to the hub: the line on which it is to be, and the key that came on
 * it. */
static ForeignLine *
be_dialled (Fixture *fixture, char **key)
{
  ForeignLine *line;

  xmpp_client_send (fixture->client,
                    "<message to='al@" HUB "' id='m1'><body>outgoing</body></message>");
  line = foreign_hub_await (fixture->hub, "<result");
  *key = read_key (line);
  return line;
}

static void
ask (ForeignLine *line, const char *from, const char *to, const char *id, const char *key,
     const char *expected)
{
  g_autofree char *answer = NULL;

  say (line, "<db:verify from='%s' to='%s' id='%s'>%s</db:verify>", from, to, id, key);
  answer = foreign_line_expect (line, "<verify");
  g_assert_nonnull (strstr (answer, expected));
}

/* Our key is ours for the stream that it was made for, as long as the login lasts, and for nobody
 * else. */
static void
test_own_login (Fixture *fixture, gconstpointer data)
{
  g_autofree char *key = NULL;
  ForeignLine *line = be_dialled (fixture, &key);
  const char *id = foreign_line_get_id (line);
  g_autoptr (ForeignLine) asker = come_from (fixture, HUB_ADDRESS);

  ask (asker, HUB, US, "another", key, "type='invalid'");
  ask (asker, HUB, US, id, KEY, "type='invalid'");
  ask (asker, "other.test", US, id, key, "not-authorized");
  ask (asker, HUB, "other.test", id, key, "item-not-found");
  ask (asker, HUB, US, id, key, "type='valid'");
  g_assert_cmpuint (foreign_hub_count (fixture->hub, "outgoing"), ==, 0);
  say (line, "<db:result from='" HUB "' to='" US "' type='valid'/>");
  g_free (foreign_line_expect (line, "outgoing"));
  ask (asker, HUB, US, id, key, "type='invalid'"); /* said again */
}

static void
test_refused_login (Fixture *fixture, gconstpointer data)
{
  const Case *given = data;
  g_autofree char *key = NULL;
  ForeignLine *line = be_dialled (fixture, &key);
  g_autofree char *bounced = NULL;

  foreign_line_say (line, given->word);
  bounced = xmpp_client_expect (fixture->client, "</message>");
  g_assert_nonnull (strstr (bounced, given->condition));
  g_assert_null (strstr (bounced, "evil"));
  g_assert_cmpuint (foreign_hub_count (fixture->hub, "outgoing"), ==, 0);
}

static void
test_no_tls (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bounced = NULL;

  xmpp_client_send (fixture->client,
                    "<message to='al@" HUB "' id='m1'><body>outgoing</body></message>");
  bounced = xmpp_client_expect (fixture->client, "</message>");
  g_assert_nonnull (strstr (bounced, "remote-server-timeout"));
  g_assert_cmpuint (foreign_hub_count (fixture->hub, "result"), ==, 0);
  g_assert_cmpuint (foreign_hub_count (fixture->hub, "outgoing"), ==, 0);
}

/* Longer than any stanza may be: the stream ends, and nobody is told half of it. */
static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ForeignLine) line = come_from (fixture, HUB_ADDRESS);
  g_autofree char *text = g_strnfill (300 * 1000, 'x');
  g_autofree char *end = NULL;

  say (line, "<db:result from='" HUB "' to='" US "'>" KEY "</db:result>");
  say (foreign_hub_expect (fixture->hub, KEY),
       "<db:verify from='" HUB "' to='" US "' id='%s' type='valid'/>", foreign_line_get_id (line));
  g_free (foreign_line_expect (line, "type='valid'"));
  say (line, "<message from='al@" HUB "' to='clara@" US "/desk'><body>%s</body></message>", text);
  end = foreign_line_expect_end (line);
  g_test_message ("%s", end);
  g_assert_nonnull (strstr (end, "policy-violation"));
}

static const Case clear = { .clear = TRUE };
static const Case refusals[] = {
  { .word = "<db:result from='" HUB "' to='" US "' type='invalid'/>",
    .condition = "internal-server-error" },
  { .word = "<db:result from='" HUB "' to='" US "' type='error'/>",
    .condition = "remote-server-timeout" },
  { .word = "<db:result from='other.test' to='" US "' type='valid'/>",
    .condition = "remote-server-timeout" },
  { .word = "<db:result from='" HUB "' to='other.test' type='valid'/>",
    .condition = "remote-server-timeout" },
  { .word = "<db:verify from='" HUB "' to='" US "' id='1' type='valid'/>",
    .condition = "remote-server-timeout" },
  { .word = "<message from='al@" HUB "' to='clara@" US "/desk'><body>evil</body></message>",
    .condition = "remote-server-timeout" },
  { .word = "</stream:stream>", .condition = "remote-server-timeout" },
};

#define ADD(name, data, func)                                                                      \
  g_test_add ("/listener/dialback/" name, Fixture, data, set_up, func, tear_down)

static void
add_refusals (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strdup_printf ("/listener/dialback/refused-login/%u", i);

      g_test_add (path, Fixture, &refusals[i], set_up, test_refused_login, tear_down);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/listener/dialback/known-keys", test_known_keys);
  g_test_add_func ("/listener/dialback/own-keys", test_own_keys);
  g_test_add_func ("/listener/dialback/parse", test_parse);
  g_test_add_func ("/listener/dialback/parse-nonsense", test_parse_nonsense);
  ADD ("good-key", NULL, test_good_key);
  ADD ("forged-key", NULL, test_forged_key);
  ADD ("other-answers", NULL, test_other_answers);
  ADD ("not-served", NULL, test_not_served);
  ADD ("nobody-there", NULL, test_nobody_there);
  ADD ("unrequested", NULL, test_unrequested);
  ADD ("other-domains", NULL, test_other_domains);
  ADD ("not-named", NULL, test_not_named);
  ADD ("in-the-clear", NULL, test_in_the_clear);
  ADD ("flood", NULL, test_flood);
  ADD ("many-words", NULL, test_many_words);
  ADD ("own-login", NULL, test_own_login);
  ADD ("no-tls", &clear, test_no_tls);
  ADD ("too-long", NULL, test_too_long);
  add_refusals ();
  return g_test_run ();
}
