/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listener as its user sees it: starting, stopping, its doors, its peers. */
#include "config.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"
#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

typedef struct
{
  IsmbListener *listener;
  char *folder;
  char *path;         /* of the unix socket */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->listener);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static guint16
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint16 port = ismb_listener_start (fixture->listener, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (port, !=, 0);
  return port;
}

static void
test_stops_and_starts_again (Fixture *fixture, gconstpointer data)
{
  guint16 port = start (fixture);
  g_autoptr (XmppClient) client = xmpp_client_new (port), again = NULL;
  g_autofree char *end = NULL;

  g_assert_cmpuint (ismb_listener_get_c2s_port (fixture->listener), ==, port);
  g_assert_cmpuint (ismb_listener_get_s2s_port (fixture->listener), ==, 0);
  g_assert_cmpuint (ismb_listener_start (fixture->listener, 0, NULL), ==, port);   /* as it is */
  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "desk");
  ismb_listener_stop (fixture->listener);
  ismb_listener_stop (fixture->listener);
  end = xmpp_client_expect_end (client);
  g_assert_nonnull (strstr (end, "<system-shutdown"));
  g_assert_nonnull (strstr (end, "</stream:stream>"));
  g_assert_cmpuint (ismb_listener_get_c2s_port (fixture->listener), ==, 0);
  g_assert_cmpuint (ismb_listener_get_sessions (fixture->listener), ==, 0);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));

  again = xmpp_client_new (start (fixture));
  xmpp_client_sign_in (again, "ada", DOMAIN, "secret", "desk");
}

static void
test_refuses_after_stop (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketClient) socket = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  guint16 port = start (fixture);

  ismb_listener_stop (fixture->listener);
  connection = g_socket_client_connect_to_host (socket, "127.0.0.1", port, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_port_taken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbListener) second = ismb_listener_new ("blue");
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (ismb_listener_start (second, start (fixture), &error), ==, 0);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_assert_cmpuint (ismb_listener_get_c2s_port (second), ==, 0);
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbListener) plain = NULL;
  g_autofree char *domain = NULL, *router = NULL;
  g_autoptr (GError) error = NULL;
  guint max_stanza = 0;

  g_test_expect_message ("GLib-GObject", G_LOG_LEVEL_WARNING, "*out of range*");
  plain = g_object_new (ISMB_TYPE_LISTENER, "virtual-router", NULL, "domain", NULL, "max-stanza", 5,
                        NULL);
  g_test_assert_expected_messages ();
  g_object_get (plain, "virtual-router", &router, "domain", &domain, "max-stanza", &max_stanza, NULL);
  g_assert_cmpstr (router, ==, "VR-Default");
  g_assert_cmpstr (domain, ==, "localhost");
  g_assert_cmpuint (max_stanza, ==, 262144);
  ismb_listener_create_account (plain, "ann", "pencil", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ismb_listener_start (plain, 0, &error), >, 0);
  ismb_listener_stop (plain);
}

static void
test_bad_properties (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_object_set (fixture->listener, "require-tls", "sometimes", NULL);
  g_assert_cmpuint (ismb_listener_start (fixture->listener, 0, &error), ==, 0);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_clear_error (&error);
  g_object_set (fixture->listener, "require-tls", "never", "domain", "ada@leaf1", NULL);
  g_assert_cmpuint (ismb_listener_start (fixture->listener, 0, &error), ==, 0);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
test_accounts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ismb_listener_create_account (fixture->listener, "Ada", "secret", &error)); /* the same */
  g_assert_no_error (error);
  g_assert_false (ismb_listener_create_account (fixture->listener, "ada", "other", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (ismb_listener_create_account (fixture->listener, "a@b", "secret", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_clear_error (&error);
  g_assert_false (ismb_listener_create_account (fixture->listener, "", "secret", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
test_removed_account_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (start (fixture));
  g_autoptr (GError) error = NULL;
  g_autofree char *end = NULL;

  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "desk");
  g_assert_true (
      ismb_accounts_remove (_ismb_listener_get_accounts (fixture->listener), "ada", &error));
  end = xmpp_client_expect_end (client);
  g_assert_nonnull (strstr (end, "<not-authorized"));
}

static void
test_unix_socket_knows_its_user (Fixture *fixture, gconstpointer data)
{
  const char *user = getpwuid (getuid ())->pw_name;
  g_autoptr (XmppClient) stranger = NULL, owner = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *without = NULL, *with = NULL, *bind = NULL, *features = NULL;

  start (fixture);
  stranger = xmpp_client_new_unix (fixture->path);
  without = xmpp_client_open (stranger, DOMAIN);
  g_assert_null (strstr (without, "EXTERNAL"));     /* there is no account of that name */
  g_assert_true (xmpp_client_authenticate (stranger, "ada", "secret"));

  g_assert_true (ismb_listener_create_account (fixture->listener, user, "never sent", &error));
  owner = xmpp_client_new_unix (fixture->path);
  with = xmpp_client_open (owner, DOMAIN);
  g_assert_nonnull (strstr (with, "<mechanism>EXTERNAL</mechanism>"));
  xmpp_client_send (owner,
                    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  g_free (xmpp_client_expect (owner, "<success"));
  g_free (xmpp_client_open (owner, DOMAIN));
  xmpp_client_send (owner,
                    "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  bind = g_strdup_printf ("<jid>%s@" DOMAIN "/", user);
  g_free (xmpp_client_expect (owner, bind));
}

/* The features that the user of that number is offered at the unix socket. */
static char *
features_of (Fixture *fixture, uid_t uid)
{
  g_autoptr (XmppClient) client = NULL;

  g_assert_cmpint (seteuid (uid), ==, 0);
  client = xmpp_client_new_unix (fixture->path);
  g_assert_cmpint (seteuid (0), ==, 0);
  return xmpp_client_open (client, DOMAIN);
}

/* An account that happens to be called like a user of the system is not his. */
static void
test_unix_socket_trusts_managers_only (Fixture *fixture, gconstpointer data)
{
  const struct passwd *nobody = getpwnam ("nobody");
  g_autoptr (GError) error = NULL;
  g_autofree char *features = NULL, *root = NULL;

  if (geteuid () != 0 || nobody == NULL)
    {
      g_test_skip ("only root can be somebody else");
      return;
    }
  start (fixture);
  g_assert_cmpint (chmod (fixture->folder, 0755), ==, 0);
  g_assert_true (ismb_listener_create_account (fixture->listener, "nobody", "x", &error));
  g_assert_true (ismb_listener_create_account (fixture->listener, "root", "x", &error));
  features = features_of (fixture, nobody->pw_uid);
  g_assert_null (strstr (features, "EXTERNAL"));
  root = features_of (fixture, 0);
  g_assert_nonnull (strstr (root, "EXTERNAL"));
}

typedef struct
{
  IsmbRole role;
  gboolean transient;
} Kind;

/* Neither the switch's own account nor one of a process is signed into by name. */
static void
test_unix_socket_spares (Fixture *fixture, gconstpointer data)
{
  const Kind *kind = data;
  const char *user = getpwuid (geteuid ())->pw_name;
  g_autoptr (XmppClient) client = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *features = NULL;

  start (fixture);
  g_assert_true (ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), user, "x",
                                       kind->role, kind->transient, &error));
  client = xmpp_client_new_unix (fixture->path);
  features = xmpp_client_open (client, DOMAIN);
  g_assert_null (strstr (features, "EXTERNAL"));
}

static void
add_switch_account (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), "switch", "secret",
                        ISMB_ROLE_SWITCH, TRUE, &error);
  g_assert_no_error (error);
}

/* The right password is not enough: others obey whoever is the switch. */
static void
test_network_is_never_the_switch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (start (fixture));

  add_switch_account (fixture);
  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_false (xmpp_client_authenticate (client, "switch", "secret"));
  g_free (xmpp_client_expect (client, "<not-authorized/></failure>"));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
}

/* As root, since nobody else can be somebody else. */
static void
test_own_user_is_the_switch (Fixture *fixture, gconstpointer data)
{
  const struct passwd *nobody = getpwnam ("nobody");
  g_autoptr (XmppClient) own = NULL, other = NULL;

  start (fixture);
  add_switch_account (fixture);
  own = xmpp_client_new_unix (fixture->path);
  xmpp_client_sign_in (own, "switch", DOMAIN, "secret", "control");
  if (geteuid () != 0 || nobody == NULL)
    return;
  g_assert_cmpint (chmod (fixture->folder, 0755), ==, 0);
  g_assert_cmpint (seteuid (nobody->pw_uid), ==, 0);
  other = xmpp_client_new_unix (fixture->path);
  g_assert_cmpint (seteuid (0), ==, 0);
  g_free (xmpp_client_open (other, DOMAIN));
  g_assert_false (xmpp_client_authenticate (other, "switch", "secret"));
}

static void
remember_peer (IsmbListener *listener, IsmbPeer *peer, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", ismb_peer_get_domain (peer));
}

static void
remember_domain (IsmbListener *listener, const char *domain, gpointer user_data)
{
  g_string_append_printf (user_data, "-%s ", domain);
}

static void
test_peers_come_and_go (Fixture *fixture, gconstpointer data)
{
  static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", NULL };
  g_autoptr (GString) found = g_string_new (NULL);
  g_autolist (IsmbPeer) before = NULL, with = NULL;
  IsmbPeer *peer;

  start (fixture);
  g_signal_connect (fixture->listener, "peer-found", G_CALLBACK (remember_peer), found);
  g_signal_connect (fixture->listener, "peer-lost", G_CALLBACK (remember_domain), found);
  before = ismb_listener_list_peers (fixture->listener);
  g_assert_cmpuint (g_list_length (before), ==, 1);
  g_assert_true (ismb_peer_get_local (before->data));
  g_assert_cmpstr (ismb_peer_get_domain (before->data), ==, DOMAIN);
  g_assert_cmpstr (ismb_peer_get_vr (before->data), ==, "blue");

  ismb_listener_add_peer (fixture->listener, "Leaf2.0D0E0F", addresses, 5269, NULL);
  ismb_listener_add_peer (fixture->listener, "leaf2.0d0e0f", addresses, 5270, NULL);
  ismb_listener_add_peer (fixture->listener, DOMAIN, addresses, 5269, NULL);
  ismb_listener_add_peer (fixture->listener, "not@a domain", addresses, 5269, NULL);
  with = ismb_listener_list_peers (fixture->listener);
  g_assert_cmpuint (g_list_length (with), ==, 2);
  peer = with->next->data;
  g_assert_false (ismb_peer_get_local (peer));
  g_assert_cmpstr (ismb_peer_get_domain (peer), ==, "leaf2.0d0e0f");
  g_assert_cmpstr (ismb_peer_get_addresses (peer)[0], ==, "192.0.2.1");
  g_assert_cmpuint (ismb_peer_get_port (peer), ==, 5270);
  g_assert_cmpint (ismb_peer_get_trust (peer), ==, ISMB_TRUST_PENDING);
  g_assert_cmpint (ismb_peer_get_link (peer), ==, ISMB_LINK_STATE_IDLE);
  ismb_listener_remove_peer (fixture->listener, "leaf2.0d0e0f");
  ismb_listener_remove_peer (fixture->listener, "leaf3.111111");
  g_assert_cmpstr (found->str, ==, "leaf2.0d0e0f -leaf2.0d0e0f ");
}

static void
remember_start (IsmbListener *listener, IsmbJid *jid, gpointer user_data)
{
  g_string_append_printf (user_data, "+%s ", ismb_jid_get_full (jid));
}

static void
remember_end (IsmbListener *listener, IsmbJid *jid, gpointer user_data)
{
  g_string_append_printf (user_data, "-%s ", ismb_jid_get_full (jid));
}

static void
test_sessions_come_and_go (Fixture *fixture, gconstpointer data)
{
  guint16 port = start (fixture);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (XmppClient) desk = xmpp_client_new (port), lap = xmpp_client_new (port);

  g_signal_connect (fixture->listener, "session-started", G_CALLBACK (remember_start), seen);
  g_signal_connect (fixture->listener, "session-ended", G_CALLBACK (remember_end), seen);
  xmpp_client_sign_in (desk, "ada", DOMAIN, "secret", "desk");
  xmpp_client_sign_in (lap, "ada", DOMAIN, "secret", "lap");
  g_assert_cmpstr (seen->str, ==, "+ada@" DOMAIN "/desk +ada@" DOMAIN "/lap ");
  g_string_truncate (seen, 0);
  g_clear_pointer (&lap, xmpp_client_free);
  while (seen->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (seen->str, ==, "-ada@" DOMAIN "/lap ");
  g_string_truncate (seen, 0);
  ismb_listener_stop (fixture->listener);
  g_assert_cmpstr (seen->str, ==, "-ada@" DOMAIN "/desk ");
}

typedef struct
{
  guint count, told;
} Telling;

static void
note_count (IsmbListener *listener, GParamSpec *property, gpointer user_data)
{
  Telling *telling = user_data;

  g_object_get (listener, property->name, &telling->count, NULL);
  telling->told++;
}

static void
expect_count (Telling *telling, guint count)
{
  while (telling->count != count)
    g_main_context_iteration (NULL, TRUE);
}

/* However many come at once, it is told once. */
static void
test_counts (Fixture *fixture, gconstpointer data)
{
  static const char *const addresses[] = { "192.0.2.1", NULL };
  guint16 port = start (fixture);
  g_autoptr (XmppClient) client = xmpp_client_new (port);
  Telling sessions = { 0 }, peers = { 0 };

  g_signal_connect (fixture->listener, "notify::session-count", G_CALLBACK (note_count), &sessions);
  g_signal_connect (fixture->listener, "notify::peer-count", G_CALLBACK (note_count), &peers);
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *domain = g_strdup_printf ("leaf%u.0d0e0f", i);

      ismb_listener_add_peer (fixture->listener, domain, addresses, 5269, NULL);
    }
  g_assert_cmpuint (peers.told, ==, 0);
  expect_count (&peers, 500);
  g_assert_cmpuint (peers.told, ==, 1);
  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "desk");
  expect_count (&sessions, 1);
  ismb_listener_stop (fixture->listener);
  g_assert_cmpuint (sessions.count, ==, 0);
  g_assert_cmpuint (peers.count, ==, 0);
}

/* Bytes that came in the clear right behind <starttls/> must not be taken for encrypted ones. */
static void
test_starttls_injection (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbFabric) fabric =
      ismb_fabric_load (fixture->folder, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_autoptr (XmppClient) client = NULL;
  g_autofree char *features = NULL, *end = NULL;

  g_assert_no_error (error);
  _ismb_listener_set_fabric (fixture->listener, fabric);
  g_object_set (fixture->listener, "require-tls", "always", NULL);
  client = xmpp_client_new (start (fixture));
  features = xmpp_client_open (client, DOMAIN);
  g_assert_nonnull (strstr (features, "<required/>"));
  g_assert_null (strstr (features, "<mechanisms"));
  xmpp_client_send (client,
                    STARTTLS "<stream:stream xmlns='jabber:client' to='" DOMAIN "' version='1.0' "
                             "xmlns:stream='http://etherx.jabber.org/streams'>");
  end = xmpp_client_expect_end (client);
  g_assert_null (strstr (end, "features"));
}

/* Where TLS is required, a password offered before it is not even looked at. */
static void
test_no_password_in_the_clear (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbFabric) fabric =
      ismb_fabric_load (fixture->folder, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_autoptr (XmppClient) client = NULL;

  g_assert_no_error (error);
  _ismb_listener_set_fabric (fixture->listener, fabric);
  g_object_set (fixture->listener, "require-tls", "always", NULL);
  client = xmpp_client_new (start (fixture));
  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (
      client,
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFkYQBzZWNyZXQ=</auth>");
  g_free (xmpp_client_expect (client, "<encryption-required/>"));
}

#define ADD(name, test) g_test_add ("/listener/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  static const Kind of_the_switch = { ISMB_ROLE_SWITCH, FALSE };
  static const Kind of_a_process = { ISMB_ROLE_OPERATOR, TRUE };

  g_test_init (&argc, &argv, NULL);
  ADD ("stops-and-starts-again", test_stops_and_starts_again);
  ADD ("refuses-after-stop", test_refuses_after_stop);
  ADD ("port-taken", test_port_taken);
  ADD ("sessions-come-and-go", test_sessions_come_and_go);
  ADD ("counts", test_counts);
  ADD ("defaults", test_defaults);
  ADD ("bad-properties", test_bad_properties);
  ADD ("accounts", test_accounts);
  ADD ("removed-account-ends", test_removed_account_ends);
  ADD ("unix-socket-knows-its-user", test_unix_socket_knows_its_user);
  ADD ("unix-socket-trusts-managers-only", test_unix_socket_trusts_managers_only);
  g_test_add ("/listener/unix-socket-spares-switch", Fixture, &of_the_switch, set_up,
              test_unix_socket_spares, tear_down);
  g_test_add ("/listener/unix-socket-spares-transient", Fixture, &of_a_process, set_up,
              test_unix_socket_spares, tear_down);
  ADD ("network-is-never-the-switch", test_network_is_never_the_switch);
  ADD ("own-user-is-the-switch", test_own_user_is_the_switch);
  ADD ("peers-come-and-go", test_peers_come_and_go);
  ADD ("starttls-injection", test_starttls_injection);
  ADD ("no-password-in-the-clear", test_no_password_in_the_clear);
  return g_test_run ();
}
