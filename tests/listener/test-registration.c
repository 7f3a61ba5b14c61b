/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accounts made, changed and ended in band (XEP-0077). */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define QUERY "<query xmlns='jabber:iq:register'>"
#define FEATURE "http://jabber.org/features/iq-register"

typedef struct
{
  IsmbListener *listener;
  char *folder;
  char *path;         /* of the unix socket */
  guint16 port;
} Fixture;

/* `data`: what registration= says. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, "registration",
                data, NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->listener);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static IsmbAccounts *
accounts_of (Fixture *fixture)
{
  return _ismb_listener_get_accounts (fixture->listener);
}

static void
ask (XmppClient *client, const char *type, const char *content, const char *expected)
{
  g_autofree char *iq
    = g_strdup_printf ("<iq type='%s' id='1'>" QUERY "%s</query></iq>", type, content);
  g_autofree char *answer = NULL;

  xmpp_client_send (client, iq);
  answer = xmpp_client_expect (client, expected);
}

#define DONE "type='result' id='1'/>"
#define BILL "<username>bill</username><password>pencil</password>"

/* From nothing to signed in, on one connection. */
static void
test_makes_an_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *features = xmpp_client_open (client, DOMAIN);
  IsmbRole role;

  g_assert_nonnull (strstr (features, FEATURE));
  ask (client, "get", "", "<username/><password/></query></iq>");
  ask (client, "set", "<username>Bill</username><password>pencil</password>", DONE);
  g_assert_true (xmpp_client_authenticate (client, "bill", "pencil"));
  g_assert_true (ismb_accounts_get_role (accounts_of (fixture), "bill", &role));
  g_assert_cmpint (role, ==, ISMB_ROLE_CLIENT);
  g_assert_true (ismb_accounts_is_kept (accounts_of (fixture), "bill"));
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  ask (client, "set", "<username>bill</username>", "<not-acceptable");
  ask (client, "set", "<username>bill</username><password/>", "<not-acceptable");
  ask (client, "set", "<username/><password>pencil</password>", "<not-acceptable");
  ask (client, "set", "<username>b@d</username><password>pencil</password>", "<not-acceptable");
  /* a Cyrillic letter; full width ones that are folded into others */
  ask (client, "set", "<username>sw\xd1\x96tch</username><password>mine</password>", "<not-acc");
  ask (client, "set", "<remove/>", "<unexpected-request");
  ask (client, "set", "<username>ada</username><password>mine</password>", "<conflict");
  ask (client, "set", "<username>switch</username><password>mine</password>", "<conflict");
  ask (client, "set", "<username>root</username><password>mine</password>", "<conflict");
  ask (client, "set", "<username>\xef\xbc\xb2oot</username><password>mine</password>", "<conflict");
  g_assert_false (ismb_accounts_has (accounts_of (fixture), "bill"));
  g_assert_true (ismb_accounts_check (accounts_of (fixture), "ada", "secret"));
}

/* A source that makes one after the other has to wait, on whichever connection. */
static void
test_is_paced (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 8; i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
      g_autofree char *wish
        = g_strdup_printf ("<username>t%u</username><password>pencil</password>", i);

      g_free (xmpp_client_open (client, DOMAIN));
      ask (client, "set", wish, i < 5 ? DONE : "<resource-constraint");
    }
  g_assert_cmpuint (ismb_accounts_count (accounts_of (fixture), ISMB_ROLE_CLIENT), ==, 5);
}

static void
test_is_bounded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("t%u", i);

      g_assert_true (ismb_accounts_create (accounts_of (fixture), name, "pencil", ISMB_ROLE_CLIENT,
                                           TRUE, NULL));
    }
  g_free (xmpp_client_open (client, DOMAIN));
  ask (client, "set", BILL, "<resource-constraint");
  g_assert_false (ismb_accounts_has (accounts_of (fixture), "bill"));
}

static void
assert_closed (XmppClient *client)
{
  g_autofree char *features = xmpp_client_open (client, DOMAIN);

  g_assert_null (strstr (features, FEATURE));
  ask (client, "set", BILL, "<not-authorized");
  g_free (xmpp_client_expect_end (client));
}

static void
test_is_local (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) tcp = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) local = xmpp_client_new_unix (fixture->path);
  g_autofree char *features = NULL;

  assert_closed (tcp);
  features = xmpp_client_open (local, DOMAIN);
  g_assert_nonnull (strstr (features, FEATURE));
  ask (local, "set", BILL, DONE);
  g_assert_true (ismb_accounts_has (accounts_of (fixture), "bill"));
}

static void
test_is_closed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) tcp = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) local = xmpp_client_new_unix (fixture->path);

  assert_closed (tcp);
  assert_closed (local);
}

/* Whoever made the account, its password is its client's. */
static void
test_changes_a_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) ada = xmpp_client_new (fixture->port);
  IsmbRole role;

  xmpp_client_sign_in (ada, "ada", DOMAIN, "secret", "desk");
  ask (ada, "get", "", "<registered/><username>ada</username><password/>");
  ask (ada, "set", "<username>bob</username><password>new</password>", "<not-allowed");
  ask (ada, "set", "<username>ada</username><password/>", "<bad-request");
  ask (ada, "set", "<password>new</password>", "<bad-request");
  g_assert_true (ismb_accounts_check (accounts_of (fixture), "ada", "secret"));
  ask (ada, "set", "<username>ada</username><password>new</password>", DONE);
  g_assert_true (ismb_accounts_check (accounts_of (fixture), "ada", "new"));
  g_assert_true (ismb_accounts_get_role (accounts_of (fixture), "ada", &role));
  g_assert_cmpint (role, ==, ISMB_ROLE_OPERATOR);
}

/* Who knew the old password is out, on whichever connection he was. */
static void
test_ends_other_sessions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) ada = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) thief = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) again = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (ada, "ada", DOMAIN, "secret", "desk");
  xmpp_client_sign_in (thief, "ada", DOMAIN, "secret", "hole");
  xmpp_client_send (thief, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  g_free (xmpp_client_expect (thief, "<enabled "));
  ask (ada, "set", "<username>ada</username><password>new</password>", DONE);
  g_free (xmpp_client_expect (thief, "<reset "));
  g_free (xmpp_client_expect_end (thief));
  g_free (xmpp_client_open (again, DOMAIN));
  g_assert_false (xmpp_client_authenticate (again, "ada", "secret"));
  g_free (xmpp_client_settle (ada));
}

static void
test_ends_an_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) ada = xmpp_client_new (fixture->port);
  g_autoptr (XmppClient) phone = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (ada, "ada", DOMAIN, "secret", "desk");
  xmpp_client_sign_in (phone, "ada", DOMAIN, "secret", "phone");
  ask (ada, "set", "<remove/><username>ada</username>", "<bad-request");
  ask (ada, "set", "<remove/>", DONE);
  g_free (xmpp_client_expect (ada, "<not-authorized"));
  g_free (xmpp_client_expect_end (ada));
  g_free (xmpp_client_expect_end (phone));
  g_assert_false (ismb_accounts_has (accounts_of (fixture), "ada"));
}

/* They belong to programs, which know the password that they made. */
static void
test_leaves_some_alone (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *name; IsmbRole role; gboolean transient; } cases[] = {
    { "switch", ISMB_ROLE_SWITCH, FALSE },
    { "agent", ISMB_ROLE_OPERATOR, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (XmppClient) client = xmpp_client_new_unix (fixture->path);
      g_autofree char *change = g_strdup_printf (
        "<username>%s</username><password>new</password>", cases[i].name);

      g_assert_true (ismb_accounts_create (accounts_of (fixture), cases[i].name, "secret",
                                           cases[i].role, cases[i].transient, NULL));
      xmpp_client_sign_in (client, cases[i].name, DOMAIN, "secret", "r");
      ask (client, "set", change, "<not-allowed");
      ask (client, "set", "<remove/>", "<not-allowed");
      g_assert_true (ismb_accounts_check (accounts_of (fixture), cases[i].name, "secret"));
    }
}

#define ADD(name, mode, test)                                                                      \
  g_test_add ("/registration/" name, Fixture, mode, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("makes-an-account", "open", test_makes_an_account);
  ADD ("refusals", "open", test_refusals);
  ADD ("is-paced", "open", test_is_paced);
  ADD ("is-bounded", "open", test_is_bounded);
  ADD ("is-local", "local", test_is_local);
  ADD ("is-closed", "closed", test_is_closed);
  ADD ("changes-a-password", "closed", test_changes_a_password);
  ADD ("ends-other-sessions", "closed", test_ends_other_sessions);
  ADD ("ends-an-account", "closed", test_ends_an_account);
  ADD ("leaves-some-alone", "open", test_leaves_some_alone);
  return g_test_run ();
}
