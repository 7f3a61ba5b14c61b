/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client of this switch's daemon: a control bus of the test's own, and behind its unix socket a
 * real Prosody. */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-peer.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"
#include "tests/support/ismb-test-prosody.h"

#define DOMAIN "switch.test"

static IsmbTestProsody *prosody;

typedef struct
{
  char *runtime_dir, *control_path, *c2s_path;
  GDBusServer *server;
  IsmbDBusManager1 *manager;
  IsmbDBusVirtualRouter1 *blue, *red;
  GPtrArray *connections;
  GSocketService *relay;
  GPtrArray *events; /* of the client: "peer_found sw2.test" */
} Fixture;

/* The daemon's side */

static char asked[64]; /* the name of the account that was asked for last */

static gboolean
on_create_account (IsmbDBusVirtualRouter1 *blue, GDBusMethodInvocation *invocation,
                   const char *name, const char *password, GVariant *options, gpointer user_data)
{
  gboolean transient = FALSE;
  g_autofree char *jid = NULL;

  g_variant_lookup (options, "transient", "b", &transient);
  g_assert_true (transient == (*name == '\0' || g_str_equal (name, "made-up")));
  g_strlcpy (asked, name, sizeof asked);
  if (g_str_equal (name, "taken"))
    {
      g_dbus_method_invocation_return_error (invocation, ISMB_ERROR, ISMB_ERROR_EXISTS,
                                             "taken has another password");
      return TRUE;
    }
  if (transient)
    g_assert_cmpuint (strlen (password), >=, 20);
  jid = g_strdup_printf ("%s@" DOMAIN, transient ? "made-up" : name);
  ismb_dbus_virtual_router1_complete_create_account (blue, invocation, jid);
  return TRUE;
}

static GVariant *
peer_variant (const char *domain, IsmbTrust trust, gboolean local)
{
  static const char *const addresses[] = { "fe80::1", "192.0.2.7", NULL };
  g_autoptr (IsmbPeer) peer =
      ismb_peer_new (domain, "VR-Blue", "id", addresses, 5269, trust, ISMB_LINK_STATE_IDLE, local);

  return ismb_peer_to_variant (peer);
}

static gboolean
on_list_peers (IsmbDBusVirtualRouter1 *blue, GDBusMethodInvocation *invocation, gpointer user_data)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_builder_add_value (&list, peer_variant (DOMAIN, ISMB_TRUST_MEMBER, TRUE));
  g_variant_builder_add_value (&list, peer_variant ("stranger.test", ISMB_TRUST_PENDING, FALSE));
  ismb_dbus_virtual_router1_complete_list_peers (blue, invocation, g_variant_builder_end (&list));
  return TRUE;
}

static void
export (gpointer skeleton, GDBusConnection *connection, const char *path)
{
  g_autoptr (GError) error = NULL;

  g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (skeleton), connection, path, &error);
  g_assert_no_error (error);
}

static gboolean
on_new_connection (GDBusServer *server, GDBusConnection *connection, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *blue_path = ismb_control_vr_path ("VR-Blue");
  g_autofree char *red_path = ismb_control_vr_path ("VR-Red");

  export (fixture->manager, connection, ISMB_CONTROL_MANAGER_PATH);
  export (fixture->blue, connection, blue_path);
  export (fixture->red, connection, red_path);
  g_ptr_array_add (fixture->connections, g_object_ref (connection));
  return TRUE;
}

/* From the unix socket to Prosody and back */
static void
on_spliced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GIOStream) one = user_data;

  g_io_stream_splice_finish (result, NULL);
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *incoming, GObject *source,
             gpointer user_data)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) outgoing = NULL;

  outgoing = g_socket_client_connect_to_host (client, "127.0.0.1",
                                              ismb_test_prosody_get_port (prosody), NULL, NULL);
  g_assert_nonnull (outgoing);
  g_io_stream_splice_async (G_IO_STREAM (incoming), G_IO_STREAM (outgoing),
                            G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2,
                            G_PRIORITY_DEFAULT, NULL, on_spliced, g_object_ref (incoming));
  return TRUE;
}

static void
start_bus (Fixture *fixture)
{
  static const char *const names[] = { "VR-Blue", "VR-Red", NULL };
  g_autofree char *address = g_strconcat ("unix:path=", fixture->control_path, NULL);
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GError) error = NULL;

  fixture->manager = ismb_dbus_manager1_skeleton_new ();
  ismb_dbus_manager1_set_virtual_routers (fixture->manager, names);
  ismb_dbus_manager1_set_domain (fixture->manager, DOMAIN);
  ismb_dbus_manager1_set_files_root (fixture->manager, "/usr/local");
  fixture->blue = ismb_dbus_virtual_router1_skeleton_new ();
  ismb_dbus_virtual_router1_set_enabled (fixture->blue, TRUE);
  ismb_dbus_virtual_router1_set_c2s_path (fixture->blue, fixture->c2s_path);
  g_signal_connect (fixture->blue, "handle-create-account", G_CALLBACK (on_create_account),
                    fixture);
  g_signal_connect (fixture->blue, "handle-list-peers", G_CALLBACK (on_list_peers), fixture);
  fixture->red = ismb_dbus_virtual_router1_skeleton_new ();
  ismb_control_register_errors ();
  fixture->server =
      g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->server, "new-connection", G_CALLBACK (on_new_connection), fixture);
  g_dbus_server_start (fixture->server);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  fixture->runtime_dir = g_dir_make_tmp ("ismb-home-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->control_path = ismb_control_socket_path (fixture->runtime_dir);
  fixture->c2s_path = g_build_filename (fixture->runtime_dir, "c2s", NULL);
  fixture->connections = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->events = g_ptr_array_new_with_free_func (g_free);
  start_bus (fixture);
  fixture->relay = g_socket_service_new ();
  address = g_unix_socket_address_new (fixture->c2s_path);
  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (fixture->relay), address,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL, NULL, NULL));
  g_signal_connect (fixture->relay, "incoming", G_CALLBACK (on_incoming), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_dbus_server_stop (fixture->server);
  for (guint i = 0; i < fixture->connections->len; i++)
    g_dbus_connection_close_sync (fixture->connections->pdata[i], NULL, NULL);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (fixture->manager));
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (fixture->blue));
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (fixture->red));
  g_ptr_array_unref (fixture->connections);
  g_ptr_array_unref (fixture->events);
  g_object_unref (fixture->manager);
  g_object_unref (fixture->blue);
  g_object_unref (fixture->red);
  g_object_unref (fixture->server);
  g_socket_service_stop (fixture->relay);
  g_socket_listener_close (G_SOCKET_LISTENER (fixture->relay));
  g_object_unref (fixture->relay);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_unlink (fixture->control_path);
  g_unlink (fixture->c2s_path);
  g_assert_cmpint (g_rmdir (fixture->runtime_dir), ==, 0);
  g_free (fixture->runtime_dir);
  g_free (fixture->control_path);
  g_free (fixture->c2s_path);
}

/* The client's side */

static IsmbClient *
make_client (Fixture *fixture, const char *name, const char *vr)
{
  return g_object_new (ISMB_TYPE_CLIENT, "name", name, "password", name, "vr", vr, "runtime-dir",
                       fixture->runtime_dir, NULL);
}

static void
refuses_account (Fixture *fixture, const char *name, const char *vr, int code, const char *says)
{
  IsmbClient *client = make_client (fixture, name, vr);
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_client_create_account_sync (client, NULL, &error));
  g_assert_error (error, ISMB_ERROR, code);
  if (strstr (error->message, says) == NULL || strstr (error->message, "GDBus") != NULL)
    g_error ("'%s' does not say '%s'", error->message, says);
  g_assert_finalize_object (client);
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  refuses_account (fixture, "alice", "VR-Green", ISMB_ERROR_NO_VIRTUAL_ROUTER, "VR-Blue, VR-Red");
  refuses_account (fixture, "alice", "VR-Red", ISMB_ERROR_NO_VIRTUAL_ROUTER,
                   "switchctl vr enable VR-Red");
  refuses_account (fixture, "taken", "VR-Blue", ISMB_ERROR_AUTH_FAILED,
                   "the account taken exists on VR-Blue with another password: use that one, or "
                   "remove it with `switchctl --vr VR-Blue account remove taken`");
}

static void
test_no_daemon (void)
{
  IsmbClient *client = g_object_new (ISMB_TYPE_CLIENT, "runtime-dir", "/nonexistent", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_client_create_account_sync (client, NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NO_DAEMON);
  g_assert_nonnull (strstr (error->message, "/nonexistent/control"));
  g_assert_cmpstr (ismb_client_get_vr (client), ==, "VR-Mgmt");
  g_assert_finalize_object (client);
}

static void
test_account (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  g_autoptr (GHashTable) domains = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_client_create_account_sync (client, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_client_get_auto_jid (client), ==, "alice@" DOMAIN);
  g_assert_cmpstr (ismb_client_get_files_root (client), ==, "/usr/local");
  domains = ismb_client_get_peer_domains (client, TRUE);
  g_assert_cmpuint (g_hash_table_size (domains), ==, 1); /* a pending one is none of ours */
  g_assert_cmpstr (g_hash_table_lookup (domains, DOMAIN), ==, "192.0.2.7");
  g_assert_finalize_object (client);
}

static void
test_transient_account (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, NULL, "VR-Blue");

  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  g_assert_cmpstr (ismb_client_get_auto_jid (client), ==, "made-up@" DOMAIN);
  g_assert_finalize_object (client);
}

/* The daemon comes back; whoever knows the client by its address still does. */
static void
test_transient_account_again (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, NULL, "VR-Blue");
  GDBusConnection *first;

  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  g_assert_cmpstr (asked, ==, "");
  first = fixture->connections->pdata[0];
  g_assert_true (g_dbus_connection_close_sync (first, NULL, NULL));
  while (fixture->connections->len == 1)
    {
      g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpstr (asked, ==, "made-up");
  g_assert_cmpstr (ismb_client_get_auto_jid (client), ==, "made-up@" DOMAIN);
  g_assert_finalize_object (client);
}

static void
on_peer (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  g_ptr_array_add (user_data,
                   g_strdup_printf ("%s %s", event, ismb_peer_get_domain (ISMB_PEER (payload))));
}

static void
wait_for_event (Fixture *fixture, const char *text)
{
  guint seen = fixture->events->len;

  while (fixture->events->len == seen)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->events->pdata[seen], ==, text);
}

static void
test_peers_come_and_go (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  GHashTable *domains;

  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  ismb_client_add_event_handler (client, "peer_found",
                                 ISMB_EVENT_DEFAULT, on_peer, fixture->events, NULL);
  ismb_client_add_event_handler (client, "peer_changed",
                                 ISMB_EVENT_DEFAULT, on_peer, fixture->events, NULL);
  ismb_client_add_event_handler (client, "peer_lost",
                                 ISMB_EVENT_DEFAULT, on_peer, fixture->events, NULL);
  ismb_dbus_virtual_router1_emit_peer_found (fixture->blue,
                                             peer_variant ("sw2.test", ISMB_TRUST_PENDING, FALSE));
  wait_for_event (fixture, "peer_found sw2.test");
  ismb_dbus_virtual_router1_emit_peer_changed (fixture->blue,
                                               peer_variant ("sw2.test", ISMB_TRUST_MEMBER, FALSE));
  wait_for_event (fixture, "peer_changed sw2.test");
  domains = ismb_client_get_peer_domains (client, FALSE);
  g_assert_cmpstr (g_hash_table_lookup (domains, "sw2.test"), ==, "");
  g_hash_table_unref (domains);
  ismb_dbus_virtual_router1_emit_peer_lost (fixture->blue, "sw2.test");
  wait_for_event (fixture, "peer_lost sw2.test");
  domains = ismb_client_get_peer_domains (client, FALSE);
  g_assert_false (g_hash_table_contains (domains, "sw2.test"));
  g_hash_table_unref (domains);
  g_assert_finalize_object (client);
}

/* The client's list by domain and trust, as a view of it would show it. */
static char *
write_peers (GListModel *peers)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr (IsmbPeer) peer = g_list_model_get_item (peers, i);

      g_string_append_printf (text, "%s=%s ", ismb_peer_get_domain (peer),
                              ismb_trust_to_string (ismb_peer_get_trust (peer)));
    }
  return g_string_free (text, FALSE);
}

static void
assert_peers (GListModel *peers, const char *expected)
{
  g_autofree char *text = write_peers (peers);

  g_assert_cmpstr (text, ==, expected);
}

static void
note_items (GListModel *peers, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->events, g_strdup_printf ("items %u-%u+%u", position, removed, added));
}

static void
note_trust (IsmbPeer *peer, GParamSpec *pspec, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->events,
                   g_strdup_printf ("trust %s", ismb_trust_to_string (ismb_peer_get_trust (peer))));
}

static void
on_peer_signal (IsmbClient *client, IsmbPeer *peer, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->events, g_strdup_printf ("signal %s", ismb_peer_get_domain (peer)));
}

/* The list is up to date before anybody is told, and a peer stays the same object. */
static void
test_live_list (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  GListModel *peers = ismb_client_get_peers (client);
  g_autoptr (IsmbPeer) stranger = NULL;
  g_autoptr (IsmbPeer) again = NULL;

  assert_peers (peers, "");
  g_signal_connect (peers, "items-changed", G_CALLBACK (note_items), fixture);
  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  assert_peers (peers, "stranger.test=pending " DOMAIN "=member ");
  g_ptr_array_set_size (fixture->events, 0);
  stranger = g_list_model_get_item (peers, 0);
  g_signal_connect (stranger, "notify::trust", G_CALLBACK (note_trust), fixture);
  g_signal_connect (client, "peer-found", G_CALLBACK (on_peer_signal), fixture);
  g_signal_connect (client, "peer-changed", G_CALLBACK (on_peer_signal), fixture);
  g_signal_connect (client, "peer-lost", G_CALLBACK (on_peer_signal), fixture);

  ismb_dbus_virtual_router1_emit_peer_found (fixture->blue,
                                             peer_variant ("sw2.test", ISMB_TRUST_MEMBER, FALSE));
  wait_for_event (fixture, "items 1-0+1");
  g_assert_cmpstr (fixture->events->pdata[1], ==, "signal sw2.test");
  assert_peers (peers, "stranger.test=pending sw2.test=member " DOMAIN "=member ");
  ismb_dbus_virtual_router1_emit_peer_changed (
    fixture->blue, peer_variant ("stranger.test", ISMB_TRUST_MEMBER, FALSE));
  wait_for_event (fixture, "trust member");
  g_assert_cmpstr (fixture->events->pdata[3], ==, "signal stranger.test");
  again = g_list_model_get_item (peers, 0);
  g_assert_true (again == stranger);
  ismb_dbus_virtual_router1_emit_peer_lost (fixture->blue, "stranger.test");
  wait_for_event (fixture, "items 0-1+0");
  g_assert_cmpstr (fixture->events->pdata[5], ==, "signal stranger.test");
  g_assert_cmpuint (fixture->events->len, ==, 6);
  g_signal_handlers_disconnect_by_data (stranger, fixture);
  g_object_add_weak_pointer (G_OBJECT (client), (gpointer *) &client);
  g_object_unref (client);
  g_assert_null (client);
}

static void
hang_up (Fixture *fixture)
{
  for (guint i = 0; i < fixture->connections->len; i++)
    g_dbus_connection_close_sync (fixture->connections->pdata[i], NULL, NULL);
  g_ptr_array_set_size (fixture->connections, 0);
}

static gboolean
on_list_other_peers (IsmbDBusVirtualRouter1 *blue, GDBusMethodInvocation *invocation,
                     gpointer user_data)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_builder_add_value (&list, peer_variant (DOMAIN, ISMB_TRUST_OPEN, TRUE));
  g_variant_builder_add_value (&list, peer_variant ("sw3.test", ISMB_TRUST_MEMBER, FALSE));
  ismb_dbus_virtual_router1_complete_list_peers (blue, invocation, g_variant_builder_end (&list));
  return TRUE;
}

/* What became of them meanwhile is told; who is still there is the same object. */
static void
test_daemon_comes_again (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  GListModel *peers = ismb_client_get_peers (client);
  g_autoptr (IsmbPeer) own = NULL;
  g_autoptr (IsmbPeer) again = NULL;

  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  own = g_list_model_get_item (peers, 1);
  ismb_client_add_event_handler (client, "peer_found", ISMB_EVENT_DEFAULT, on_peer,
                                 fixture->events, NULL);
  ismb_client_add_event_handler (client, "peer_changed", ISMB_EVENT_DEFAULT, on_peer,
                                 fixture->events, NULL);
  ismb_client_add_event_handler (client, "peer_lost", ISMB_EVENT_DEFAULT, on_peer,
                                 fixture->events, NULL);
  g_signal_handlers_disconnect_by_func (fixture->blue, on_list_peers, fixture);
  g_signal_connect (fixture->blue, "handle-list-peers", G_CALLBACK (on_list_other_peers), fixture);
  hang_up (fixture);
  assert_peers (peers, "stranger.test=pending " DOMAIN "=member ");
  while (fixture->connections->len == 0)
    {
      g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
      g_main_context_iteration (NULL, FALSE);
    }
  assert_peers (peers, "sw3.test=member " DOMAIN "=open ");
  again = g_list_model_get_item (peers, 1);
  g_assert_true (again == own);
  g_assert_cmpuint (fixture->events->len, ==, 3);
  g_assert_cmpstr (fixture->events->pdata[0], ==, "peer_changed " DOMAIN);
  g_assert_cmpstr (fixture->events->pdata[1], ==, "peer_found sw3.test");
  g_assert_cmpstr (fixture->events->pdata[2], ==, "peer_lost stranger.test");
  g_assert_finalize_object (client);
}

static void
drop_client (GListModel *peers, guint position, guint removed, guint added, gpointer user_data)
{
  g_clear_object ((IsmbClient **) user_data);
}

/* Whoever hears of a peer may let go of the client. */
static void
test_dropped_by_a_listener (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  g_autoptr (GListModel) peers = g_object_ref (ismb_client_get_peers (client));

  g_assert_true (ismb_client_create_account_sync (client, NULL, NULL));
  g_signal_connect (peers, "items-changed", G_CALLBACK (drop_client), &client);
  ismb_dbus_virtual_router1_emit_peer_found (fixture->blue,
                                             peer_variant ("sw2.test", ISMB_TRUST_MEMBER, FALSE));
  while (client != NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_peers (peers, "");
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
on_flag (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* The account is made first, and the session is inside the host: no TLS. */
static void
test_opens (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  gboolean opened = FALSE, disconnected = FALSE;

  ismb_client_open_async (client, NULL, on_opened, &opened);
  while (!opened)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (ismb_jid_get_bare (ismb_client_get_bound_jid (client)), ==, "alice@" DOMAIN);
  ismb_client_add_event_handler (client, "disconnected",
                                 ISMB_EVENT_DEFAULT, on_flag, &disconnected, NULL);
  ismb_client_close (client);
  while (!disconnected)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (client);
}

static void
on_refused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_false (ismb_client_open_finish (ISMB_CLIENT (source), result, user_data));
}

/* The same words as for the account alone. */
static void
test_wrong_password (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "taken", "VR-Blue");
  g_autoptr (GError) error = NULL;

  ismb_client_open_async (client, NULL, on_refused, &error);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  g_assert_true (g_str_has_prefix (error->message, "the account taken exists on VR-Blue"));
  g_assert_finalize_object (client);
}

static void
on_account (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_client_create_account_finish (ISMB_CLIENT (source), result, &error));
  g_assert_no_error (error);
  ++*(guint *) user_data;
}

/* Two who want the account at once share its making. */
static void
test_account_twice (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = make_client (fixture, "alice", "VR-Blue");
  guint made = 0;

  ismb_client_create_account_async (client, NULL, on_account, &made);
  ismb_client_create_account_async (client, NULL, on_account, &made);
  while (made < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->connections->len, ==, 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (client);
}

int
main (int argc, char *argv[])
{
  static const char *const accounts[] = { "alice", NULL };
  int status;

  g_test_init (&argc, &argv, NULL);
  prosody = ismb_test_prosody_new (DOMAIN, accounts);
#define ADD(path, function) g_test_add ("/home/" path, Fixture, NULL, set_up, function, tear_down)
  g_test_add_func ("/home/no-daemon", test_no_daemon);
  ADD ("refusals", test_refusals);
  ADD ("account", test_account);
  ADD ("account-twice", test_account_twice);
  ADD ("transient-account", test_transient_account);
  ADD ("transient-account-again", test_transient_account_again);
  ADD ("wrong-password", test_wrong_password);
  ADD ("peers-come-and-go", test_peers_come_and_go);
  ADD ("live-list", test_live_list);
  ADD ("daemon-comes-again", test_daemon_comes_again);
  ADD ("dropped-by-a-listener", test_dropped_by_a_listener);
  if (prosody != NULL)
    ADD ("opens", test_opens);
  status = g_test_run ();
  g_clear_pointer (&prosody, ismb_test_prosody_free);
  return status;
}
