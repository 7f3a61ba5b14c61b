/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/stream/ismb-resume-watch.h"

#define HEADER                                                                                     \
  "<stream:stream from='switch.test' id='2' version='1.0' xmlns='jabber:client' "                  \
  "xmlns:stream='http://etherx.jabber.org/streams' xmlns:s='urn:xmpp:sm:3'>"
#define BIND "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
#define SM "<sm xmlns='urn:xmpp:sm:3'/>"
#define SESSION "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
#define OPTIONAL                                                                                   \
  "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
#define FEATURES(what) "<stream:features>" what "</stream:features>"
#define REQUEST                                                                                    \
  "<iq id=\"_xmpp_bind1\" type=\"set\"><bind "                                                     \
  "xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><resource>work</resource></bind></iq>"
#define BOUND                                                                                      \
  "<iq type='result' id='_xmpp_bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"             \
  "<jid>alice@switch.test/old</jid></bind></iq>"
#define BIND_FEATURE                                                                               \
  "<features xmlns='http://etherx.jabber.org/streams'><bind "                                      \
  "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></features>"
#define RESUME "<resume xmlns='urn:xmpp:sm:3' previd='a&amp;&apos;b' h='7'/>"
#define RESUMED "<resumed xmlns='urn:xmpp:sm:3' previd='a&amp;&apos;b' h='4294967295'/>"
#define NOT_FOUND "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
#define SESSION_RESULT "<iq type='result' id='ismb-session'/>"

static const IsmbResume resume = { "a&'b", 7, "alice@switch.test/old" };

typedef struct
{
  IsmbResumeWatch *watch;
  GString *inward, *outward;
  GError *error;
  IsmbResumeWatchVerdict verdict;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->watch = ismb_resume_watch_new (data);
  fixture->inward = g_string_new (NULL);
  fixture->outward = g_string_new (NULL);
  ismb_resume_watch_opened (fixture->watch, "<?xml version='1.0'?>", 21);
  ismb_resume_watch_opened (fixture->watch, HEADER, strlen (HEADER));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_resume_watch_free (fixture->watch);
  g_string_free (fixture->inward, TRUE);
  g_string_free (fixture->outward, TRUE);
  g_clear_error (&fixture->error);
}

static void
start (Fixture *fixture)
{
  g_assert_no_error (fixture->error);
  g_string_truncate (fixture->inward, 0);
  g_string_truncate (fixture->outward, 0);
}

static void
came (Fixture *fixture, const char *element)
{
  start (fixture);
  fixture->verdict =
      ismb_resume_watch_came (fixture->watch, element, strlen (element), fixture->inward,
                              fixture->outward, &fixture->error);
}

static void
sent (Fixture *fixture, const char *element)
{
  start (fixture);
  fixture->verdict = ismb_resume_watch_sent (fixture->watch, element, strlen (element),
                                             fixture->outward, &fixture->error);
}

/* What went on in its place. */
static void
check (Fixture *fixture, IsmbResumeWatchVerdict verdict, const char *inward, const char *outward)
{
  g_assert_no_error (fixture->error);
  g_assert_cmpint (fixture->verdict, ==, verdict);
  g_assert_cmpstr (fixture->inward->str, ==, inward);
  g_assert_cmpstr (fixture->outward->str, ==, outward);
}

static const IsmbSession *
session (Fixture *fixture)
{
  return ismb_resume_watch_get_session (fixture->watch);
}

static void
test_binds (Fixture *fixture, gconstpointer data)
{
  const IsmbNode *features;

  came (fixture, FEATURES (SM BIND OPTIONAL "<ver xmlns='urn:xmpp:features:rosterver'/>"));
  check (fixture, ISMB_RESUME_WATCH_GO_ON, BIND_FEATURE, "");
  sent (fixture, REQUEST);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", REQUEST);
  came (fixture, BOUND);
  check (fixture, ISMB_RESUME_WATCH_BOUND, BOUND, "");
  g_assert_true (session (fixture)->offers_sm);
  g_assert_false (session (fixture)->resumed);
  g_assert_false (session (fixture)->resume_failed);
  features = ismb_tree_root (session (fixture)->features);
  g_assert_true (ismb_node_is (features, "features", "http://etherx.jabber.org/streams"));
  g_assert_nonnull (ismb_node_find (features, "ver", "urn:xmpp:features:rosterver"));
}

/* Prefixes of the stream's header hold in what it contains. */
static void
test_knows_prefixes (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (BIND "<s:sm/>"));
  sent (fixture, REQUEST);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", RESUME);
}

static void
test_resumes (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (SM BIND SESSION));
  sent (fixture, REQUEST);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", RESUME);
  came (fixture, RESUMED);
  check (fixture, ISMB_RESUME_WATCH_BOUND, BOUND, "");
  g_assert_true (session (fixture)->resumed);
  g_assert_false (session (fixture)->resume_failed);
  g_assert_cmpuint (session (fixture)->acked, ==, G_MAXUINT32);
}

static void
test_refused_to_resume (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (SM BIND));
  sent (fixture, REQUEST);
  came (fixture, "<failed xmlns='urn:xmpp:sm:3' h='12'>" NOT_FOUND "</failed>");
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", REQUEST);
  came (fixture, BOUND);
  check (fixture, ISMB_RESUME_WATCH_BOUND, BOUND, "");
  g_assert_true (session (fixture)->resume_failed);
  g_assert_false (session (fixture)->resumed);
  g_assert_true (session (fixture)->has_failed_h);
  g_assert_cmpuint (session (fixture)->failed_h, ==, 12);
}

static void
test_failed_without_number (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (SM BIND));
  sent (fixture, REQUEST);
  came (fixture, "<failed xmlns='urn:xmpp:sm:3'/>");
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", REQUEST);
  g_assert_false (session (fixture)->has_failed_h);
}

static void
test_cannot_resume (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (BIND));
  sent (fixture, REQUEST);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", REQUEST);
  g_assert_false (session (fixture)->offers_sm);
  g_assert_true (session (fixture)->resume_failed);
}

/* Before it has started others may write to the session; libstrophe would lose that. */
static void
test_legacy_session (Fixture *fixture, gconstpointer data)
{
  came (fixture, FEATURES (BIND SESSION));
  check (fixture, ISMB_RESUME_WATCH_GO_ON, BIND_FEATURE, "");
  sent (fixture, REQUEST);
  came (fixture, BOUND);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "",
         "<iq type='set' id='ismb-session'><session "
         "xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
  came (fixture, "<message id='early'/>");
  check (fixture, ISMB_RESUME_WATCH_GO_ON, "", "");
  came (fixture, SESSION_RESULT);
  check (fixture, ISMB_RESUME_WATCH_BOUND, BOUND, "");
  g_assert_cmpstr (ismb_resume_watch_get_early (fixture->watch)->str, ==, "<message id='early'/>");
}

/* libstrophe hears of the error, and tells. */
static void
test_stream_error_at_any_time (Fixture *fixture, gconstpointer data)
{
  static const char error[] = "<stream:error><conflict "
                              "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
  static const char *const steps[] = { FEATURES (SM BIND SESSION), NULL,
                                       "<failed xmlns='urn:xmpp:sm:3'/>", BOUND };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      came (fixture, error);
      check (fixture, ISMB_RESUME_WATCH_GO_ON, error, "");
      if (steps[i] != NULL)
        came (fixture, steps[i]);
      else
        sent (fixture, REQUEST);
    }
  came (fixture, error);
  check (fixture, ISMB_RESUME_WATCH_GO_ON, error, "");
}

/* Servers that break the rules: what they say in turn, the last of which is one too much. "-"
 * stands for libstrophe's request. */
static const struct
{
  const char *path;
  gconstpointer resume;
  const char *says[5];
  const char *expected;
} breaches[] = {
  { "no-binding", NULL, { FEATURES (SM) }, "no resource binding" },
  { "foreign-binding", NULL, { FEATURES ("<bind xmlns='urn:x'/>") }, "no resource binding" },
  { "foreign-features", NULL, { "<features xmlns='urn:x'>" BIND "</features>" },
    "it sent <features/>" },
  { "stanza-before-features", NULL, { "<message/>" }, "<message/> before it was asked" },
  { "resumed-before-features", &resume, { RESUMED }, "<resumed/> before it was asked" },
  { "features-twice", NULL, { FEATURES (BIND), FEATURES (BIND) }, "<features/> before" },
  { "stanza-before-request", NULL, { FEATURES (BIND), "<message/>" }, "<message/> before" },
  { "resumed-before-request", &resume, { FEATURES (SM BIND), RESUMED }, "<resumed/> before" },
  { "resumed-unasked", NULL, { FEATURES (SM BIND), "-", RESUMED },
    "<resumed/> before the session was bound" },
  { "stanza-before-bound", NULL, { FEATURES (BIND), "-", "<message/>" },
    "<message/> before the session was bound" },
  { "other-iq-before-bound", NULL, { FEATURES (BIND), "-", "<iq type='result' id='x'/>" },
    "<iq/> before the session was bound" },
  { "request-before-bound", NULL, { FEATURES (BIND), "-", "<iq type='get' id='_xmpp_bind1'/>" },
    "<iq/> before the session was bound" },
  { "binding-refused", NULL,
    { FEATURES (BIND), "-",
      "<iq type='error' id='_xmpp_bind1'><error type='cancel'><conflict "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" },
    "refused the resource: conflict" },
  { "session-refused", NULL,
    { FEATURES (BIND SESSION), "-", BOUND, "<iq type='error' id='ismb-session'/>" },
    "refused the session: undefined-condition" },
  { "wrong-previd", &resume,
    { FEATURES (SM BIND), "-", "<resumed xmlns='urn:xmpp:sm:3' previd='b' h='1'/>" },
    "another stream" },
  { "no-previd", &resume, { FEATURES (SM BIND), "-", "<resumed xmlns='urn:xmpp:sm:3' h='1'/>" },
    "another stream" },
  { "no-h", &resume,
    { FEATURES (SM BIND), "-", "<resumed xmlns='urn:xmpp:sm:3' previd='a&amp;&apos;b'/>" },
    "how much" },
  { "h-too-high", &resume,
    { FEATURES (SM BIND), "-",
      "<resumed xmlns='urn:xmpp:sm:3' previd='a&amp;&apos;b' h='4294967296'/>" },
    "how much" },
  { "h-negative", &resume,
    { FEATURES (SM BIND), "-", "<resumed xmlns='urn:xmpp:sm:3' previd='a&amp;&apos;b' h='-1'/>" },
    "how much" },
  { "failed-h-is-text", &resume,
    { FEATURES (SM BIND), "-", "<failed xmlns='urn:xmpp:sm:3' h='many'/>" }, "in a number" },
  { "bound-instead-of-resumed", &resume, { FEATURES (SM BIND), "-", BOUND },
    "<iq/> in answer to <resume/>" },
  { "stanza-instead-of-resumed", &resume, { FEATURES (SM BIND), "-", "<message/>" },
    "<message/> in answer to <resume/>" },
  { "foreign-resumed", &resume, { FEATURES (SM BIND), "-", "<resumed xmlns='urn:x'/>" },
    "<resumed/> in answer to <resume/>" },
  { "torn", NULL, { "<stream:features>" }, "cannot be read" },
  { "mismatched", NULL, { "<stream:features></message>" }, "cannot be read" },
  { "unknown-prefix", NULL, { "<x:features/>" }, "cannot be read" },
  { "nothing", NULL, { " " }, "no element" },
};

static void
test_breach (gconstpointer data)
{
  const typeof (breaches[0]) *breach = data;
  Fixture fixture = { NULL };

  set_up (&fixture, breach->resume);
  for (guint i = 0; breach->says[i] != NULL; i++)
    if (g_str_equal (breach->says[i], "-"))
      sent (&fixture, REQUEST);
    else
      came (&fixture, breach->says[i]);
  g_assert_cmpint (fixture.verdict, ==, ISMB_RESUME_WATCH_REFUSED);
  g_assert_nonnull (fixture.error);
  if (strstr (fixture.error->message, breach->expected) == NULL)
    g_error ("'%s' does not say '%s'", fixture.error->message, breach->expected);
  tear_down (&fixture, NULL);
}

/* Whatever is missing at the end. */
static void
test_cut_short (Fixture *fixture, gconstpointer data)
{
  static const char features[] = FEATURES (SM BIND SESSION);

  for (gsize length = 1; length < strlen (features); length++)
    {
      g_autoptr (IsmbResumeWatch) watch = ismb_resume_watch_new (data);
      g_autoptr (GError) error = NULL;

      ismb_resume_watch_opened (watch, HEADER, strlen (HEADER));
      g_assert_cmpint (ismb_resume_watch_came (watch, features, length, fixture->inward,
                                               fixture->outward, &error),
                       ==, ISMB_RESUME_WATCH_REFUSED);
      g_assert_nonnull (error);
    }
  g_assert_cmpuint (fixture->inward->len + fixture->outward->len, ==, 0);
}

/* A name as long as it may be is not told again. */
static void
test_long_names (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strnfill (60000, 'n');
  g_autofree char *element = g_strdup_printf ("<%s/>", name);

  came (fixture, element);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (strlen (fixture->error->message), <, 200);
}

static void
test_holds_little (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = g_strnfill (60000, 'b');
  g_autofree char *message = g_strdup_printf ("<message><body>%s</body></message>", body);
  guint count = 0;

  came (fixture, FEATURES (BIND SESSION));
  sent (fixture, REQUEST);
  came (fixture, BOUND);
  while (fixture->error == NULL && count++ < 100)
    came (fixture, message);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (count, <, 10);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, resume, function)                                                                \
  g_test_add ("/resume-watch/" path, Fixture, resume, set_up, function, tear_down)
  ADD ("binds", NULL, test_binds);
  ADD ("knows-prefixes", &resume, test_knows_prefixes);
  ADD ("resumes", &resume, test_resumes);
  ADD ("refused-to-resume", &resume, test_refused_to_resume);
  ADD ("failed-without-number", &resume, test_failed_without_number);
  ADD ("cannot-resume", &resume, test_cannot_resume);
  ADD ("legacy-session", NULL, test_legacy_session);
  ADD ("stream-error-at-any-time", &resume, test_stream_error_at_any_time);
  ADD ("cut-short", &resume, test_cut_short);
  ADD ("long-names", NULL, test_long_names);
  ADD ("holds-little", NULL, test_holds_little);
  for (gsize i = 0; i < G_N_ELEMENTS (breaches); i++)
    {
      g_autofree char *path = g_strconcat ("/resume-watch/breach/", breaches[i].path, NULL);

      g_test_add_data_func (path, &breaches[i], test_breach);
    }
  return g_test_run ();
}
