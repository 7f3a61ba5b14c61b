/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a stanza: RFC 6120, 10, and RFC 6121, 8, as clients of one listener see them. */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-listener.h"
#include "ismb/listener/ismb-router.h"
#include "sink-spy.h"
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
                    "<message type='chat' to='bob@" DOMAIN
                    "/gone'><body>still reaches him</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "still reaches him"));
  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/gone'><body>does not</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "<service-unavailable"));
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

/* bob is signed in and not available: what is for him waits; carol is no account. */
static const Case cases[] = {
  { "<message to='bob@" DOMAIN "'><body>x</body></message>", NULL },
  { "<message type='chat' to='carol@" DOMAIN "'><body>x</body></message>", "service-unavailable" },
  { "<message type='whatever' to='bob@" DOMAIN "/gone'><body>x</body></message>", NULL },
  { "<message type='chat' to='bob@" DOMAIN "'><body>x</body><no-store xmlns='urn:xmpp:hints'/>"
    "</message>", "service-unavailable" },
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

/* XEP-0160: until he comes with a priority that is not negative; then first what is older. */
static void
test_waits_for_who_is_not_there (Fixture *fixture, gconstpointer data)
{
  g_autofree char *came = NULL;

  become_available (fixture->bob, "<presence><priority>-1</priority></presence>");
  xmpp_client_send (fixture->ada, "<message to='bob@" DOMAIN "' id='w1'><body>1</body></message>");
  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/gone' id='w2'><body>2</body></message>");
  g_free (xmpp_client_settle (fixture->ada));
  assert_receives_nothing (fixture->bob, "<message");
  xmpp_client_send (fixture->bob, "<presence/>");
  g_free (xmpp_client_expect (fixture->bob, "<presence "));
  xmpp_client_send (fixture->ada,
                    "<message to='bob@" DOMAIN "/desk' id='w3'><body>3</body></message>");
  came = xmpp_client_expect (fixture->bob, "id='w3'");
  g_assert_nonnull (strstr (came, "id='w1'"));
  g_assert_nonnull (strstr (strstr (came, "id='w1'"), "id='w2'"));
  g_assert_nonnull (strstr (came, "<delay xmlns='urn:xmpp:delay' from='" DOMAIN "' stamp='"));
  become_available (fixture->bob, "<presence/>");
  assert_receives_nothing (fixture->bob, "<message");
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

/* A router alone, with sessions that hold what they get. */
typedef struct
{
  IsmbStore *store;
  IsmbAccounts *accounts;
  IsmbRoutes *routes;
  IsmbRouter *router;
  SinkSpy *ada;     /* ada@here/desk, who sent it */
} Bare;

static IsmbRouter *
make_router (Bare *bare)
{
  g_autoptr (IsmbRosters) rosters = ismb_rosters_load (bare->store, bare->accounts, NULL);
  g_autoptr (IsmbPresenceService) presence =
      ismb_presence_service_new (bare->routes, rosters, bare->accounts);
  g_autoptr (IsmbRosterService) roster = ismb_roster_service_new (bare->routes, rosters, presence);
  g_autoptr (IsmbProfiles) profiles = ismb_profiles_load (bare->store, bare->accounts, NULL);
  g_autoptr (IsmbBlocklists) blocklists = ismb_blocklists_load (bare->store, bare->accounts, NULL);
  g_autoptr (IsmbRegistration) registration =
      ismb_registration_new (bare->routes, bare->accounts, ISMB_REGISTRATION_CLOSED);
  IsmbServicesParts parts = { bare->store, bare->routes, bare->accounts, rosters, profiles, blocklists,
                              presence, roster, registration };
  g_autoptr (IsmbServices) services = ismb_services_new (&parts);

  return ismb_router_new (bare->routes, presence, services);
}

static IsmbResource *
add_resource (Bare *bare, const char *account, const char *name, SinkSpy *sink)
{
  IsmbResource *resource =
      ismb_routes_add_resource (bare->routes, account, name, ISMB_SINK (sink));

  resource->available = TRUE;
  return resource;
}

static void
set_up_bare (Bare *bare, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bare->store = ismb_store_open (NULL, &error);
  g_assert_no_error (error);
  bare->accounts = ismb_accounts_load (bare->store, &error);
  g_assert_true (ismb_accounts_create (bare->accounts, "bob", "secret", ISMB_ROLE_CLIENT, TRUE,
                                       &error));
  bare->routes = ismb_routes_new ("here");
  bare->router = make_router (bare);
  bare->ada = sink_spy_new ();
  add_resource (bare, "ada", "desk", bare->ada);
}

static void
tear_down_bare (Bare *bare, gconstpointer data)
{
  g_assert_finalize_object (bare->router);
  g_assert_finalize_object (bare->routes);
  g_assert_finalize_object (bare->accounts);
  g_assert_finalize_object (bare->store);
  g_assert_finalize_object (bare->ada);
}

/* Gives one back that was bob's. */
static void
give_back (Bare *bare, const char *name, const char *type, const char *to)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (name, ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) frame = NULL;
  IsmbNode *root = ismb_tree_root (tree);

  ismb_tree_set (tree, root, "from", "ada@here/desk");
  ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", type);
  ismb_tree_set (tree, root, "id", "back");
  frame = ismb_frame_new_from_tree (tree);
  ismb_router_return (bare->router, frame);
}

static void
assert_ada_hears (Bare *bare, const char *condition)
{
  g_autoptr (IsmbFrame) frame = sink_spy_take (bare->ada);

  g_assert_cmpuint (sink_spy_count (bare->ada), ==, 0);
  if (condition == NULL)
    g_assert_null (frame);
  else
    g_assert_nonnull (strstr (frame->data, condition));
}

static void
test_returned_to_nobody (Bare *bare, gconstpointer data)
{
  static const struct
  {
    const char *name, *type, *condition;
  } given[] = {
    { "message", "normal", "service-unavailable" },
    { "message", "chat", "service-unavailable" },
    { "message", "groupchat", "service-unavailable" },
    { "message", "headline", NULL },
    { "message", "error", NULL },
    { "iq", "get", "service-unavailable" },
    { "iq", "set", "service-unavailable" },
    { "iq", "result", NULL },
    { "iq", "error", NULL },
    { "presence", "unavailable", NULL },
    { "presence", "subscribe", NULL }, /* it waits in the roster */
  };
  static const char *const addresses[] = { "bob@here", "bob@here/desk" };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (given); i++)
    {
      g_test_message ("%s %s", given[i / 2].name, given[i / 2].type);
      give_back (bare, given[i / 2].name, given[i / 2].type, addresses[i % 2]);
      assert_ada_hears (bare, given[i / 2].condition);
    }
}

static void
test_returned_to_another (Bare *bare, gconstpointer data)
{
  g_autoptr (SinkSpy) other = sink_spy_new ();
  static const char *const types[] = { "chat", "normal", "headline", "error" };

  add_resource (bare, "bob", "other", other);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    give_back (bare, "message", types[i], "bob@here/desk");
  g_assert_cmpuint (sink_spy_count (other), ==, 2);
  give_back (bare, "message", "headline", "bob@here"); /* it has that one */
  g_assert_cmpuint (sink_spy_count (other), ==, 2);
  assert_ada_hears (bare, NULL);
}

static void
test_returned_to_the_same (Bare *bare, gconstpointer data)
{
  g_autoptr (SinkSpy) again = sink_spy_new ();

  add_resource (bare, "bob", "desk", again)->available = FALSE;
  give_back (bare, "message", "headline", "bob@here/desk");
  g_assert_cmpuint (sink_spy_count (again), ==, 1);
  give_back (bare, "iq", "get", "bob@here/desk"); /* it was asked of another session */
  g_assert_cmpuint (sink_spy_count (again), ==, 1);
  assert_ada_hears (bare, "service-unavailable");
}

static void
test_returned_of_others (Bare *bare, gconstpointer data)
{
  give_back (bare, "message", "chat", "bob@elsewhere"); /* its link knows what to do */
  assert_ada_hears (bare, NULL);
}

#define ADD(name, test) g_test_add ("/router/" name, Fixture, NULL, set_up, test, tear_down)
#define ADD_BARE(name, test)                                                                       \
  g_test_add ("/router/" name, Bare, NULL, set_up_bare, test, tear_down_bare)

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
  ADD ("waits-for-who-is-not-there", test_waits_for_who_is_not_there);
  ADD ("without-to-is-own-account", test_without_to_is_own_account);
  ADD ("known-peer-out-of-reach", test_known_peer_out_of_reach);
  ADD ("slow-reader", test_slow_reader);
  ADD_BARE ("returned-to-nobody", test_returned_to_nobody);
  ADD_BARE ("returned-to-another", test_returned_to_another);
  ADD_BARE ("returned-to-the-same", test_returned_to_the_same);
  ADD_BARE ("returned-of-others", test_returned_of_others);
  return g_test_run ();
}
