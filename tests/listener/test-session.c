/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client meets at the door: sign-in, its limits, and what is not let through. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#include "ismb/listener/ismb-listener.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define STREAM_ERROR(condition) "<stream:error><" condition

typedef struct
{
  IsmbListener *listener;
  guint16 port;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "require-tls", data != NULL ? data : "remote",
                NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_no_error (error);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->listener);
}

static void
wait_for_sessions (Fixture *fixture, guint count)
{
  while (ismb_listener_get_sessions (fixture->listener) != count)
    g_main_context_iteration (NULL, TRUE);
}

static void
assert_ends_with (XmppClient *client, const char *condition)
{
  g_autofree char *error = xmpp_client_expect (client, "<stream:error>");
  g_autofree char *rest = xmpp_client_expect_end (client);

  g_assert_nonnull (strstr (rest, condition));
  g_assert_nonnull (strstr (rest, "</stream:stream>"));
}

static void
test_signs_in (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "desk");
  g_assert_cmpuint (ismb_listener_get_sessions (fixture->listener), ==, 1);
  xmpp_client_send (client, "</stream:stream>");
  g_free (xmpp_client_expect (client, "</stream:stream>"));
  g_free (xmpp_client_expect_end (client));
  wait_for_sessions (fixture, 0);
}

static void
test_offers_what_fits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *stranger = xmpp_client_open (client, DOMAIN);
  g_autofree char *known = NULL;

  g_assert_nonnull (strstr (stranger, "<mechanism>SCRAM-SHA-256</mechanism>"));
  g_assert_null (strstr (stranger, "PLAIN"));      /* not in the clear */
  g_assert_null (strstr (stranger, "starttls"));   /* there is no certificate */
  g_assert_null (strstr (stranger, "bind"));
  g_assert_nonnull (strstr (stranger, "<max-bytes>10000</max-bytes>"));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  known = xmpp_client_open (client, DOMAIN);
  g_assert_nonnull (strstr (known, "<bind "));
  g_assert_nonnull (strstr (known, "<ver xmlns='urn:xmpp:features:rosterver'/>"));
  g_assert_nonnull (strstr (known, "<sub xmlns='urn:xmpp:features:pre-approval'/>"));
  g_assert_nonnull (strstr (known, "<max-bytes>262144</max-bytes>"));
  g_assert_null (strstr (known, "mechanism"));
}

static void
test_names_resource (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *answer = NULL;

  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<iq type='set' id='1'><bind " BIND "/></iq>");
  answer = xmpp_client_expect (client, "</jid>");
  g_assert_true (g_regex_match_simple ("ada@leaf1.0a1b2c/[0-9a-f]{32}</jid>", answer, 0, 0));
}

static void
test_refuses_wrong_password_five_times (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  for (guint i = 0; i < 4; i++)
    {
      g_assert_false (xmpp_client_authenticate (client, "ada", "wrong"));
      g_free (xmpp_client_expect (client, "<not-authorized/></failure>"));
    }
  g_assert_false (xmpp_client_authenticate (client, "nobody", "secret"));
  assert_ends_with (client, "policy-violation");
  g_assert_cmpuint (ismb_listener_get_sessions (fixture->listener), ==, 0);
}

/* Guesses cost the time of all who come from there, never their place; who is on the unix socket is
 * somebody else. */
static void
test_guesses_take_time (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (folder, "c2s", NULL);
  g_autoptr (XmppClient) guest = NULL, neighbour = NULL;
  g_autoptr (GError) error = NULL;

  ismb_listener_stop (fixture->listener);
  g_object_set (fixture->listener, "c2s-path", path, NULL);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 11; i++)
    {
      if (i % 4 == 0)
        {
          g_clear_pointer (&guest, xmpp_client_free);
          guest = xmpp_client_new (fixture->port);
          g_free (xmpp_client_open (guest, DOMAIN));
        }
      g_assert_false (xmpp_client_authenticate (guest, "ada", "wrong"));
      g_free (xmpp_client_expect (guest, "</failure>"));
    }
  g_clear_pointer (&guest, xmpp_client_free);
  guest = xmpp_client_new (fixture->port);
  g_free (xmpp_client_open (guest, DOMAIN));
  xmpp_client_send (guest, "<auth " SASL " mechanism='SCRAM-SHA-1'>biwsbj1hZGEscj1hYmM=</auth>");
  neighbour = xmpp_client_new_unix (path);
  xmpp_client_sign_in (neighbour, "ada", DOMAIN, "secret", "desk");
  g_assert_null (strstr (xmpp_client_peek (guest), "challenge"));   /* while he was served */
  g_free (xmpp_client_expect (guest, "</challenge>"));
  g_clear_pointer (&neighbour, xmpp_client_free);
  ismb_listener_stop (fixture->listener);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Whoever does not wait for the answer gets none. */
static void
test_impatient_guess (Fixture *fixture, gconstpointer data)
{
  const char *guess = "<auth " SASL " mechanism='SCRAM-SHA-1'>biwsbj1hZGEscj1hYmM=</auth>"
                      "<abort " SASL "/>";
  g_autoptr (XmppClient) guest = NULL;

  for (guint i = 0; i < 11; i++)
    {
      if (i % 4 == 0)
        {
          g_clear_pointer (&guest, xmpp_client_free);
          guest = xmpp_client_new (fixture->port);
          g_free (xmpp_client_open (guest, DOMAIN));
        }
      xmpp_client_send (guest, guess);
      g_free (xmpp_client_expect (guest, i < 10 ? "<aborted/></failure>" : "policy-violation"));
    }
}

static void
test_newcomer_replaces (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) old = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) new = xmpp_client_new (fixture->port);
  g_autofree char *came = NULL;

  xmpp_client_sign_in (old, "ada", DOMAIN, "secret", "desk");
  xmpp_client_sign_in (new, "ada", DOMAIN, "secret", "desk");
  assert_ends_with (old, "conflict");
  xmpp_client_send (new, "<message to='ada@" DOMAIN "/desk'><body>still here</body></message>");
  came = xmpp_client_expect (new, "still here");
}

typedef struct
{
  const char *sent;        /* after the features */
  const char *condition;
} Refusal;

static const Refusal strangers[] = {
  { "<message to='ada@" DOMAIN "'><body>let me in</body></message>", "not-authorized" },
  { "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "not-authorized" },
  { "<presence/>", "not-authorized" },
  { "<iq type='set' id='1'><bind " BIND "/></iq>", "not-authorized" },
  { "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>",
    "not-well-formed" }, /* it stands nowhere but before the root */
  { "<auth " SASL " mechanism='PLAIN'>&unknown;</auth>", "stream:error" },
  { "<!-- nothing to see -->", "restricted-xml" },
  { "<a></b>", "not-well-formed" },
};

static void
test_strangers_get_nowhere (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
      g_autofree char *rest = NULL;

      g_free (xmpp_client_open (client, DOMAIN));
      xmpp_client_send (client, strangers[i].sent);
      rest = xmpp_client_expect_end (client);
      g_assert_nonnull (strstr (rest, strangers[i].condition));
    }
}

/* Once it is known who it is, the next stream is from nobody else. */
static void
test_other_name (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "eve@" DOMAIN, "adam@" DOMAIN, DOMAIN, "ada@elsewhere.example" };

  for (gsize i = 0; i <= G_N_ELEMENTS (names); i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
      g_autofree char *opening = g_strdup_printf (
          "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          "version='1.0' to='" DOMAIN "' from='%s'>",
          i < G_N_ELEMENTS (names) ? names[i] : "Ada@" DOMAIN);

      g_free (xmpp_client_open (client, DOMAIN));
      g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
      xmpp_client_send (client, opening);
      if (i < G_N_ELEMENTS (names))
        assert_ends_with (client, "invalid-from");
      else
        g_free (xmpp_client_expect (client, "</stream:features>"));
    }
}

/* Who says that something is wrong is believed, and hears nothing more than the end. */
static void
test_stream_error (Fixture *fixture, gconstpointer data)
{
  const char *error = "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                      "</stream:error></stream:stream>";

  for (guint bound = 0; bound < 2; bound++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
      g_autofree char *rest = NULL;

      if (bound)
        xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "desk");
      else
        g_free (xmpp_client_open (client, DOMAIN));
      xmpp_client_send (client, error);
      rest = xmpp_client_expect_end (client);
      g_assert_cmpstr (rest, ==, "</stream:stream>");
    }
}

static const Refusal openings[] = {
  { "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='1.0' "
    "to='elsewhere.example'>",
    "host-unknown" },
  { "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "to='" DOMAIN "'>",
    "unsupported-version" },
  { "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='0.9' to='" DOMAIN "'>",
    "unsupported-version" },
  { "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='1.0' "
    "to='" DOMAIN "'>",
    "invalid-namespace" },
  { "<stream:stream xmlns='jabber:client' xmlns:stream='urn:wrong' version='1.0' to='" DOMAIN "'>",
    "invalid-namespace" },
  { "GET / HTTP/1.1\r\n\r\n", "not-well-formed" },
};

/* RFC 6120, 4.7.5. */
static void
test_later_versions (Fixture *fixture, gconstpointer data)
{
  static const char *const versions[] = { "1.0", "1.1", "2.0", "10.12", "01.0" };

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
      g_autofree char *answer = NULL;
      g_autofree char *opening =
          g_strdup_printf ("<stream:stream xmlns='jabber:client' to='" DOMAIN "' version='%s' "
                           "xmlns:stream='http://etherx.jabber.org/streams'>",
                           versions[i]);

      xmpp_client_send (client, opening);
      answer = xmpp_client_expect (client, "</stream:features>");
      g_assert_nonnull (strstr (answer, "version='1.0'"));
    }
}

static void
test_openings_that_fail (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (openings); i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

      xmpp_client_send (client, openings[i].sent);
      assert_ends_with (client, openings[i].condition);
    }
}

static void
test_stanza_before_bind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<message to='ada@" DOMAIN "'/>");
  assert_ends_with (client, "not-authorized");
}

static void
test_impossible_resource (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *long_name = g_strnfill (1024, 'x');
  g_autofree char *bind = g_strdup_printf (
      "<iq type='set' id='1'><bind " BIND "><resource>%s</resource></bind></iq>", long_name);

  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, bind);
  g_free (xmpp_client_expect (client, "<bad-request"));
  g_free (xmpp_client_expect (client, "</iq>"));
  xmpp_client_send (client,
                    "<iq type='set' id='2'><bind " BIND "><resource>short</resource></bind></iq>");
  g_free (xmpp_client_expect (client, "ada@" DOMAIN "/short"));
}

/* 10,000 bytes to a stranger, 262,144 to an account. */
static void
test_sizes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) stranger = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) ada = xmpp_client_new (fixture->port);
  g_autofree char *much = g_strnfill (12000, 'A');
  g_autofree char *more = g_strnfill (300000, 'A');
  g_autofree char *auth = g_strdup_printf ("<auth " SASL " mechanism='SCRAM-SHA-1'>%s", much);
  g_autofree char *fits =
      g_strdup_printf ("<message to='ada@" DOMAIN "/a'><body>%s</body></message>", much);
  g_autofree char *too_big =
      g_strdup_printf ("<message to='ada@" DOMAIN "/a'><body>%s</body></message>", more);

  g_free (xmpp_client_open (stranger, DOMAIN));
  xmpp_client_send (stranger, auth);
  assert_ends_with (stranger, "<stanza-too-big xmlns='urn:xmpp:errors'/></stream:error>");

  xmpp_client_sign_in (ada, "ada", DOMAIN, "secret", "a");
  xmpp_client_send (ada, fits);
  g_free (xmpp_client_expect (ada, "</message>"));
  xmpp_client_send (ada, too_big);
  assert_ends_with (ada, "policy-violation");
}

/* As configured, and said so; the last byte that fits, and one more. */
static void
test_configured_size (Fixture *fixture, gconstpointer data)
{
  const guint bytes = 10000, frame = strlen ("<message to='ada@" DOMAIN "/b'></message>");
  g_autoptr (XmppClient) ada = NULL;
  g_autofree char *features = NULL, *filling = g_strnfill (bytes - frame, 'x');
  g_autofree char *fits = g_strdup_printf ("<message to='ada@" DOMAIN "/b'>%s</message>", filling);
  g_autofree char *too_big = g_strdup_printf ("<message to='ada@" DOMAIN "/b'>x%s</message>", filling);
  g_autoptr (GError) error = NULL;

  ismb_listener_stop (fixture->listener);
  g_object_set (fixture->listener, "max-stanza", bytes, NULL);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  ada = xmpp_client_new (fixture->port);
  g_free (xmpp_client_open (ada, DOMAIN));
  g_assert_true (xmpp_client_authenticate (ada, "ada", "secret"));
  features = xmpp_client_open (ada, DOMAIN);
  g_assert_nonnull (strstr (features, "<max-bytes>10000</max-bytes>"));
  xmpp_client_send (ada, "<iq type='set' id='1'><bind " BIND "><resource>b</resource></bind></iq>");
  g_free (xmpp_client_expect (ada, "</jid>"));
  xmpp_client_send (ada, fits);
  g_free (xmpp_client_expect (ada, filling));
  xmpp_client_send (ada, too_big);
  assert_ends_with (ada, "<stanza-too-big xmlns='urn:xmpp:errors'/></stream:error>");
}

static void
test_torn_bytes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  const char *stanza = "<iq type='get' id='torn'><ping xmlns='urn:xmpp:ping'/></iq>";

  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "a");
  for (const char *c = stanza; *c != '\0'; c++)
    {
      char byte[] = { *c, '\0' };

      xmpp_client_send (client, byte);
      g_main_context_iteration (NULL, FALSE);
    }
  g_free (xmpp_client_expect (client, "torn"));
}

static void
test_sasl_out_of_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<response " SASL ">AAAA</response>");
  g_free (xmpp_client_expect (client, "<malformed-request/></failure>"));
  xmpp_client_send (client, "<auth " SASL " mechanism='ANONYMOUS'/>");
  g_free (xmpp_client_expect (client, "<invalid-mechanism/></failure>"));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));   /* a third try is allowed */
}

static void
test_starttls_without_certificate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *rest = NULL;

  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
  rest = xmpp_client_expect_end (client);
  g_assert_nonnull (strstr (rest, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
}

static void
test_tls_required_and_impossible (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  xmpp_client_send (
      client,
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0' to='" DOMAIN "'>");
  assert_ends_with (client, "policy-violation");
}

static guint
count_ended (GPtrArray *crowd)
{
  guint ended = 0;

  for (guint i = 0; i < crowd->len; i++)
    ended += xmpp_client_has_ended (g_ptr_array_index (crowd, i));
  return ended;
}

/* A crowd that says nothing keeps nobody out for long, and holds no more places than it is given.
 * */
static void
test_crowd_of_strangers (Fixture *fixture, gconstpointer data)
{
  const guint crowd_size = 700, places = 512;
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) xmpp_client_free);
  g_autoptr (XmppClient) ada = NULL;

  for (guint i = 0; i < crowd_size; i++)
    {
      g_ptr_array_add (crowd, xmpp_client_new (fixture->port));
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  while (count_ended (crowd) < crowd_size - places)
    g_main_context_iteration (NULL, TRUE);
  g_ptr_array_set_size (crowd, 10);
  ada = xmpp_client_new (fixture->port);
  xmpp_client_sign_in (ada, "ada", DOMAIN, "secret", "a");
  g_assert_cmpuint (ismb_listener_get_sessions (fixture->listener), ==, 1);
}

/* With as few descriptors as services have where nobody gave them more. They cannot be had back, so
 * this is the last test. */
static void
set_up_small (Fixture *fixture, gconstpointer data)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max = MIN (limit.rlim_max, 1024);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  set_up (fixture, data);
}

/* An account cannot take the places of all others; what it has stays, and can be replaced. */
static void
test_too_many_resources (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) sessions =
      g_ptr_array_new_with_free_func ((GDestroyNotify) xmpp_client_free);
  g_autoptr (XmppClient) more = NULL;
  g_autofree char *refusal = NULL;

  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *resource = g_strdup_printf ("r%u", i);
      XmppClient *client = xmpp_client_new (fixture->port);

      g_ptr_array_add (sessions, client);
      xmpp_client_sign_in (client, "ada", DOMAIN, "secret", resource);
    }
  more = xmpp_client_new (fixture->port);
  g_free (xmpp_client_open (more, DOMAIN));
  g_assert_true (xmpp_client_authenticate (more, "ada", "secret"));
  g_free (xmpp_client_open (more, DOMAIN));
  xmpp_client_send (more, "<iq type='set' id='1'><bind " BIND "/></iq>");
  refusal = xmpp_client_expect (more, "</iq>");
  g_assert_nonnull (strstr (refusal, "<error type='wait'><resource-constraint"));
  xmpp_client_send (more,
                    "<iq type='set' id='2'><bind " BIND "><resource>r7</resource></bind></iq>");
  g_free (xmpp_client_expect (more, "</jid>"));
}

static void
test_half_open_ends_with_listener (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) silent = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) halfway = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (halfway, DOMAIN));
  ismb_listener_stop (fixture->listener);
  g_free (xmpp_client_expect_end (silent));
  g_free (xmpp_client_expect_end (halfway));
}

#define ADD(name, data, test) g_test_add ("/session/" name, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("signs-in", NULL, test_signs_in);
  ADD ("offers-what-fits", NULL, test_offers_what_fits);
  ADD ("names-resource", NULL, test_names_resource);
  ADD ("refuses-wrong-password-five-times", NULL, test_refuses_wrong_password_five_times);
  ADD ("guesses-take-time", NULL, test_guesses_take_time);
  ADD ("impatient-guess", NULL, test_impatient_guess);
  ADD ("newcomer-replaces", NULL, test_newcomer_replaces);
  ADD ("strangers-get-nowhere", NULL, test_strangers_get_nowhere);
  ADD ("openings-that-fail", NULL, test_openings_that_fail);
  ADD ("later-versions", NULL, test_later_versions);
  ADD ("other-name", NULL, test_other_name);
  ADD ("stream-error", NULL, test_stream_error);
  ADD ("stanza-before-bind", NULL, test_stanza_before_bind);
  ADD ("impossible-resource", NULL, test_impossible_resource);
  ADD ("sizes", NULL, test_sizes);
  ADD ("configured-size", NULL, test_configured_size);
  ADD ("torn-bytes", NULL, test_torn_bytes);
  ADD ("sasl-out-of-order", NULL, test_sasl_out_of_order);
  ADD ("starttls-without-certificate", NULL, test_starttls_without_certificate);
  ADD ("tls-required-and-impossible", "always", test_tls_required_and_impossible);
  ADD ("crowd-of-strangers", NULL, test_crowd_of_strangers);
  ADD ("half-open-ends-with-listener", NULL, test_half_open_ends_with_listener);
  g_test_add ("/session/too-many-resources", Fixture, NULL, set_up_small, test_too_many_resources,
              tear_down);
  return g_test_run ();
}
