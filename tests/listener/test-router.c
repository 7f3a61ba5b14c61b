/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a stanza: RFC 6120, 10, and RFC 6121, 8, as clients of one listener see them. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"

typedef struct
{
  IsmbListener *listener;
  guint16 port;
  XmppClient *ada, *bob;       /* ada@/desk, bob@/desk */
} Fixture;

static XmppClient *
sign_in (Fixture *fixture, const char *name, const char *resource)
{
  XmppClient *client = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (client, name, DOMAIN, "secret", resource);
  return client;
}

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
  fixture->ada = sign_in (fixture, "ada", "desk");
  fixture->bob = sign_in (fixture, "bob", "desk");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  xmpp_client_free (fixture->ada);
  xmpp_client_free (fixture->bob);
  g_assert_finalize_object (fixture->listener);
}

static void
become_available (XmppClient *client, const char *presence)
{
  xmpp_client_send (client, presence);
  g_free (xmpp_client_settle (client));
}

static void
assert_receives_nothing (XmppClient *client, const char *text)
{
  g_autofree char *came = xmpp_client_settle (client);

  g_assert_null (strstr (came, text));
}

static void
test_full_address (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/desk' id='m1'><body>a &lt; b</body></message>");
  came = xmpp_client_expect (fixture->bob, "</message>");
  g_assert_nonnull (strstr (came, "from='ada@" DOMAIN "/desk'"));
  g_assert_nonnull (strstr (came, "id='m1'"));
  g_assert_nonnull (strstr (came, "<body>a &lt; b</body>"));
}

static void
test_from_is_stamped (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  xmpp_client_send (
      fixture->ada,
      "<message from='root@elsewhere/x' to='BOB@LEAF1.0A1B2C/desk'><body>hi</body></message>");
  came = xmpp_client_expect (fixture->bob, "</message>");
  g_assert_nonnull (strstr (came, "from='ada@" DOMAIN "/desk'"));
  g_assert_null (strstr (came, "elsewhere"));
}

static void
test_order_is_kept (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *message =
          g_strdup_printf ("<message to='bob@" DOMAIN "/desk' id='n%u.'/>", i);

      xmpp_client_send (fixture->ada, message);
    }
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *id = g_strdup_printf ("id='n%u.'", i);
      g_autofree char *came = xmpp_client_expect (fixture->bob, id);

      g_assert_null (strstr (strstr (came, "<message") + 1, "<message"));
    }
}

static void
test_bare_goes_to_best (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) low = sign_in (fixture, "bob", "low");
  g_autoptr (XmppClient) shy = sign_in (fixture, "bob", "shy");

  become_available (fixture->bob, "<presence><priority>5</priority></presence>");
  become_available (low, "<presence/>");
  become_available (shy, "<presence><priority>-1</priority></presence>");
  xmpp_client_send (fixture->ada,
                    "<message type='chat' to='bob@" DOMAIN "'><body>one</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "<body>one</body>"));
  assert_receives_nothing (low, "<body>");
  assert_receives_nothing (shy, "<body>");

  xmpp_client_send (fixture->ada,
                    "<message type='headline' to='bob@" DOMAIN "'><body>all</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "<body>all</body>"));
  g_free (xmpp_client_expect (low, "<body>all</body>"));
  assert_receives_nothing (shy, "<body>");
}

static void
test_resource_that_left (Fixture *fixture, gconstpointer data)
{
  become_available (fixture->bob, "<presence/>");
  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/gone'><body>still reaches him</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "still reaches him"));
  xmpp_client_send (fixture->ada, "<message type='headline' to='bob@" DOMAIN
                                  "/gone'><body>does not</body></message>");
  g_free (xmpp_client_settle (fixture->ada));
  assert_receives_nothing (fixture->bob, "does not");
}

typedef struct
{
  const char *stanza;
  const char *condition;     /* of the one error that comes back; NULL: nothing comes */
} Case;

/* bob is signed in and not available; carol is no account. */
static const Case cases[] = {
  { "<message to='bob@" DOMAIN "'><body>x</body></message>", "service-unavailable" },
  { "<message type='chat' to='carol@" DOMAIN "'><body>x</body></message>", "service-unavailable" },
  { "<message type='whatever' to='bob@" DOMAIN "/gone'><body>x</body></message>",
    "service-unavailable" },
  { "<message type='headline' to='bob@" DOMAIN "'><body>x</body></message>", NULL },
  { "<message type='error' to='bob@" DOMAIN "'><error type='cancel'/></message>", NULL },
  { "<message type='error' to='bob@" DOMAIN "/gone'><error type='cancel'/></message>", NULL },
  { "<message type='groupchat' to='bob@" DOMAIN "'><body>x</body></message>",
    "service-unavailable" },
  { "<message type='groupchat' to='bob@" DOMAIN "/gone'><body>x</body></message>",
    "service-unavailable" },
  { "<message to='" DOMAIN "'><body>x</body></message>", "service-unavailable" },
  { "<message to='eve@elsewhere.ffffff'><body>x</body></message>", "remote-server-not-found" },
  { "<message type='error' to='eve@elsewhere.ffffff'><body>x</body></message>", NULL },
  { "<message to='eve@@elsewhere'><body>x</body></message>", "jid-malformed" },
  { "<iq type='get' id='q' to='eve@elsewhere.ffffff/x'><ping xmlns='urn:xmpp:ping'/></iq>",
    "remote-server-not-found" },
  { "<iq type='get' id='q' to='bob@" DOMAIN "/gone'><ping xmlns='urn:xmpp:ping'/></iq>",
    "service-unavailable" },
  { "<iq type='result' id='q' to='bob@" DOMAIN "/gone'/>", NULL },
  { "<iq type='get' id='q' to='bob@" DOMAIN "'><ping xmlns='urn:xmpp:ping'/></iq>",
    "service-unavailable" },
  { "<iq type='get' id='q' to='carol@" DOMAIN "'><ping xmlns='urn:xmpp:ping'/></iq>",
    "service-unavailable" },
  { "<iq type='get' id='q' to='" DOMAIN "/x'><ping xmlns='urn:xmpp:ping'/></iq>",
    "service-unavailable" },
  { "<iq type='get' id='q' to='" DOMAIN "'><x xmlns='urn:unknown'/></iq>", "service-unavailable" },
  { "<iq type='get' id='q' to='" DOMAIN "'/>", "bad-request" },
  { "<iq type='get' id='q' to='bob@" DOMAIN "/desk'/>", "bad-request" },
  { "<iq type='result' id='q' to='" DOMAIN "'/>", NULL },
  { "<iq type='what' id='q' to='" DOMAIN "'><ping xmlns='urn:xmpp:ping'/></iq>", "bad-request" },
};

static void
test_answers (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *came = NULL;

      g_test_message ("%s", cases[i].stanza);
      xmpp_client_send (fixture->ada, cases[i].stanza);
      came = xmpp_client_settle (fixture->ada);
      if (cases[i].condition == NULL)
        g_assert_null (strstr (came, "<error"));
      else
        g_assert_nonnull (strstr (came, cases[i].condition));
    }
  assert_receives_nothing (fixture->bob, "<message");
}

static void
test_iq_between_clients (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = NULL, *answer = NULL;

  xmpp_client_send (fixture->ada, "<iq type='get' id='q7' to='bob@" DOMAIN
                                  "/desk'><query xmlns='urn:any'/></iq>");
  request = xmpp_client_expect (fixture->bob, "</iq>");
  g_assert_nonnull (strstr (request, "from='ada@" DOMAIN "/desk'"));
  g_assert_nonnull (strstr (request, "<query xmlns='urn:any'/>"));
  xmpp_client_send (fixture->bob, "<iq type='result' id='q7' to='ada@" DOMAIN "/desk'/>");
  answer = xmpp_client_expect (fixture->ada, "id='q7'");
  g_assert_nonnull (strstr (answer, "type='result'"));
}

static void
test_without_to_is_own_account (Fixture *fixture, gconstpointer data)
{
  become_available (fixture->ada, "<presence/>");
  xmpp_client_send (fixture->ada, "<message><body>note to self</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "note to self"));
}

static void
test_known_peer_out_of_reach (Fixture *fixture, gconstpointer data)
{
  static const char *const nowhere[] = { "127.0.0.1", NULL };

  ismb_listener_add_peer (fixture->listener, "leaf2.0d0e0f", nowhere, 1, NULL);
  xmpp_client_send (fixture->ada,
                    "<message id='far' to='eve@leaf2.0d0e0f'><body>x</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "<remote-server-not-found"));
}

/* Sends until something comes back; returns what. */
static char *
flood (XmppClient *client, const char *to)
{
  g_autofree char *body = g_strnfill (200000, 'x');
  g_autofree char *message =
      g_strdup_printf ("<message to='%s' id='flood'><body>%s</body></message>", to, body);

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *answer = NULL;

      xmpp_client_send (client, message);
      answer = xmpp_client_settle (client);
      if (strstr (answer, "flood") != NULL)
        return g_steal_pointer (&answer);
    }
  return g_strdup ("");
}

/* Whoever floods somebody who does not read takes him from nobody else, and ends no stream. */
static void
test_slow_reader (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (XmppClient) eve = NULL;
  g_autofree char *refusal = NULL, *nothing = NULL;

  g_assert_true (ismb_listener_create_account (fixture->listener, "eve", "secret", &error));
  eve = sign_in (fixture, "eve", "desk");
  xmpp_client_set_reading (fixture->bob, FALSE);
  refusal = flood (eve, "bob@" DOMAIN "/desk");
  g_assert_nonnull (strstr (refusal, "<error type='wait'><resource-constraint"));

  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/desk' id='calm'><body>to read</body></message>");
  nothing = xmpp_client_settle (fixture->ada);
  g_assert_null (strstr (nothing, "calm"));
  xmpp_client_set_reading (fixture->bob, TRUE);
  g_free (xmpp_client_expect (fixture->bob, "to read"));
  /* What was behind is read: there is room for everybody again. */
  g_free (xmpp_client_settle (fixture->bob));
  xmpp_client_send (eve, "<message to='bob@" DOMAIN "/desk'><body>sorry</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "sorry"));
}

#define ADD(name, test) g_test_add ("/router/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("full-address", test_full_address);
  ADD ("from-is-stamped", test_from_is_stamped);
  ADD ("order-is-kept", test_order_is_kept);
  ADD ("bare-goes-to-best", test_bare_goes_to_best);
  ADD ("resource-that-left", test_resource_that_left);
  ADD ("answers", test_answers);
  ADD ("iq-between-clients", test_iq_between_clients);
  ADD ("without-to-is-own-account", test_without_to_is_own_account);
  ADD ("known-peer-out-of-reach", test_known_peer_out_of_reach);
  ADD ("slow-reader", test_slow_reader);
  return g_test_run ();
}
