/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"
#include "ismb/trust/ismb-identity.h"

/* A real switchctld in folders of its own, on loopback, told to be ready by its note to systemd. */
typedef struct
{
  char *folder;
  char *runtime_dir;
  char *config;
  GSocket *notes;
  GSubprocess *daemon;
} Fixture;

static void
write_config (Fixture *fixture, const char *extra)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  text = g_strdup_printf ("[daemon]\ndomain=sw1.001122\nstate-dir=%s/state\nruntime-dir=%s\n"
                          "[switch-control]\nfiles-root=%s\n"
                          "[vr VR-Mgmt]\nlisten=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n"
                          "[vr blue]\nlisten=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n%s",
                          fixture->folder, fixture->runtime_dir, fixture->folder, extra);
  g_file_set_contents (fixture->config, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *notes = NULL;

  fixture->folder = g_dir_make_tmp ("ismb-daemon-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->runtime_dir = g_build_filename (fixture->folder, "run", NULL);
  fixture->config = g_build_filename (fixture->folder, "switchctld.conf", NULL);
  notes = g_build_filename (fixture->folder, "notes", NULL);
  address = g_unix_socket_address_new (notes);
  fixture->notes = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->notes, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (fixture->notes, 60);
  write_config (fixture, "");
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->daemon != NULL)
    {
      g_subprocess_send_signal (fixture->daemon, SIGTERM);
      g_subprocess_wait (fixture->daemon, NULL, NULL);
    }
  g_clear_object (&fixture->daemon);
  g_clear_object (&fixture->notes);
  remove_all (fixture->folder);
  g_free (fixture->config);
  g_free (fixture->runtime_dir);
  g_free (fixture->folder);
}

static void
wait_for_note (Fixture *fixture, const char *expected)
{
  g_autoptr (GError) error = NULL;
  char note[64];
  gssize length = g_socket_receive (fixture->notes, note, sizeof note - 1, NULL, &error);

  g_assert_no_error (error);
  note[length] = '\0';
  g_assert_cmpstr (note, ==, expected);
}

static GSubprocess *
spawn (Fixture *fixture, GSubprocessFlags flags, const char *option)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autofree char *notes = g_build_filename (fixture->folder, "notes", NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *daemon;

  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", notes, TRUE);
  daemon = g_subprocess_launcher_spawn (launcher, &error, SWITCHCTLD, "--config", fixture->config,
                                        option, NULL);
  g_assert_no_error (error);
  return daemon;
}

static void
start (Fixture *fixture)
{
  fixture->daemon = spawn (fixture, G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
  wait_for_note (fixture, "READY=1");
}

/* It must not come up: its exit status and what it says. */
static char *
refuse (Fixture *fixture, const char *option, int expected_status)
{
  g_autoptr (GSubprocess) daemon =
      spawn (fixture, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, option);
  g_autoptr (GError) error = NULL;
  char *said = NULL;

  g_subprocess_communicate_utf8 (daemon, NULL, NULL, NULL, &said, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (daemon), ==, expected_status);
  return said;
}

static GDBusConnection *
reach (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = ismb_control_connect_sync (fixture->runtime_dir, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static IsmbDBusManager1 *
manager_of (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  IsmbDBusManager1 *manager = ismb_dbus_manager1_proxy_new_sync (
      connection, 0, NULL, ISMB_CONTROL_MANAGER_PATH, NULL, &error);

  g_assert_no_error (error);
  return manager;
}

static IsmbDBusVirtualRouter1 *
vr_of (GDBusConnection *connection, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = ismb_control_vr_path (name);
  IsmbDBusVirtualRouter1 *vr =
      ismb_dbus_virtual_router1_proxy_new_sync (connection, 0, NULL, path, NULL, &error);

  g_assert_no_error (error);
  return vr;
}

static char *
create_account (IsmbDBusVirtualRouter1 *vr, const char *name, const char *password,
                gboolean transient, const char *role, GError **error)
{
  GVariantDict options;
  char *jid = NULL;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "transient", "b", transient);
  if (role != NULL)
    g_variant_dict_insert (&options, "role", "s", role);
  ismb_dbus_virtual_router1_call_create_account_sync (
      vr, name, password, g_variant_dict_end (&options), &jid, NULL, error);
  return jid;
}

static gboolean
has_account (IsmbDBusVirtualRouter1 *vr, const char *name, const char *role)
{
  g_autoptr (GVariant) accounts = NULL;
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  const char *each, *its_role;

  ismb_dbus_virtual_router1_call_list_accounts_sync (vr, &accounts, NULL, &error);
  g_assert_no_error (error);
  g_variant_iter_init (&iter, accounts);
  while (g_variant_iter_next (&iter, "(&s&s)", &each, &its_role))
    if (g_str_equal (each, name))
      {
        g_assert_cmpstr (its_role, ==, role);
        return TRUE;
      }
  return FALSE;
}

static void
test_status (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) blue = NULL;

  start (fixture);
  connection = reach (fixture);
  manager = manager_of (connection);
  mgmt = vr_of (connection, "VR-Mgmt");
  blue = vr_of (connection, "blue");
  g_assert_cmpstr (ismb_dbus_manager1_get_version (manager), ==, ISMB_VERSION);
  g_assert_cmpstr (ismb_dbus_manager1_get_domain (manager), ==, "sw1.001122");
  g_assert_cmpstr (ismb_dbus_manager1_get_trust (manager), ==, "fabric");
  g_assert_cmpstr (ismb_dbus_manager1_get_files_root (manager), ==, fixture->folder);
  g_assert_cmpstr (ismb_dbus_manager1_get_virtual_routers (manager)[0], ==, "VR-Mgmt");
  g_assert_cmpstr (ismb_dbus_manager1_get_virtual_routers (manager)[1], ==, "blue");
  g_assert_true (ismb_dbus_virtual_router1_get_enabled (mgmt));
  g_assert_cmpuint (ismb_dbus_virtual_router1_get_c2s_port (mgmt), !=, 0);
  g_assert_cmpuint (ismb_dbus_virtual_router1_get_s2s_port (mgmt), !=, 0);
  g_assert_true (g_file_test (ismb_dbus_virtual_router1_get_c2s_path (mgmt), G_FILE_TEST_EXISTS));
  g_assert_false (ismb_dbus_virtual_router1_get_enabled (blue));
}

static void
test_peers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GVariant) peers = NULL;
  g_autoptr (GVariant) own = NULL;
  g_autoptr (GError) error = NULL;
  const char *domain;

  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  ismb_dbus_virtual_router1_call_list_peers_sync (mgmt, &peers, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (peers), ==, 1);
  own = g_variant_get_child_value (peers, 0);
  g_assert_true (g_variant_lookup (own, "domain", "&s", &domain));
  g_assert_cmpstr (domain, ==, "sw1.001122");
}

static void
test_accounts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;
  g_autofree char *again = NULL;
  g_autofree char *wrong = NULL;

  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  jid = create_account (mgmt, "Bob", "secret", FALSE, "client", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (jid, ==, "bob@sw1.001122");
  g_assert_true (has_account (mgmt, "bob", "client"));
  again = create_account (mgmt, "bob", "secret", FALSE, NULL, &error);
  g_assert_cmpstr (again, ==, "bob@sw1.001122");
  wrong = create_account (mgmt, "bob", "guess", FALSE, NULL, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (ismb_dbus_virtual_router1_call_remove_account_sync (mgmt, "bob", NULL, &error));
  g_assert_false (has_account (mgmt, "bob", "client"));
  g_assert_false (ismb_dbus_virtual_router1_call_remove_account_sync (mgmt, "bob", NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

static void
test_refused_accounts (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *name, *password, *role;
    gboolean transient;
    int code;
  } cases[] = {
    { "switch", "x", NULL, FALSE, ISMB_ERROR_NOT_ALLOWED },
    { "eve", "x", "switch", FALSE, ISMB_ERROR_NOT_ALLOWED },
    { "eve", "x", "king", FALSE, ISMB_ERROR_NOT_ALLOWED },
    { "eve", "", NULL, FALSE, ISMB_ERROR_NOT_ALLOWED },
    { "", "x", NULL, FALSE, ISMB_ERROR_NOT_ALLOWED },
    { "e v e", "x", NULL, FALSE, ISMB_ERROR_BAD_ADDRESS },
    { "eve@sw1", "x", NULL, TRUE, ISMB_ERROR_BAD_ADDRESS },
  };
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GError) removal = NULL;

  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *jid = create_account (mgmt, cases[i].name, cases[i].password,
                                             cases[i].transient, cases[i].role, &error);

      g_assert_null (jid);
      g_assert_error (error, ISMB_ERROR, cases[i].code);
    }
  g_assert_false (
      ismb_dbus_virtual_router1_call_remove_account_sync (mgmt, "switch", NULL, &removal));
  g_assert_error (removal, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
}

/* Another program's look: the daemon may hear of the end of a connection after a call of ours. */
static void
wait_until_gone (IsmbDBusVirtualRouter1 *vr, const char *name)
{
  while (has_account (vr, name, "operator"))
    g_usleep (1000);
}

static void
test_transient_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GDBusConnection) program = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) theirs = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *named = NULL;
  g_autofree char *made_up = NULL;
  g_autofree char *stays = NULL;
  g_autofree char *name = NULL;

  start (fixture);
  connection = reach (fixture);
  program = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  theirs = vr_of (program, "VR-Mgmt");
  named = create_account (theirs, "guest", "secret", TRUE, NULL, &error);
  g_assert_no_error (error);
  made_up = create_account (theirs, "", "secret", TRUE, NULL, &error);
  g_assert_no_error (error);
  name = g_strndup (made_up, strcspn (made_up, "@"));
  g_assert_true (has_account (mgmt, "guest", "operator"));
  g_assert_true (has_account (mgmt, name, "operator"));
  stays = create_account (mgmt, "guest", "secret", FALSE, NULL, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (g_dbus_connection_close_sync (program, NULL, &error));
  wait_until_gone (mgmt, "guest");
  wait_until_gone (mgmt, name);
}

static void
test_too_many_transient (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GError) error = NULL;
  guint made = 0;

  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  while (made < 100)
    {
      g_autofree char *jid = create_account (mgmt, "", "secret", TRUE, NULL, &error);

      if (jid == NULL)
        break;
      made++;
    }
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
  g_assert_cmpuint (made, ==, 64);
}

static void
test_vr_enable_disable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) before = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) after = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;

  start (fixture);
  connection = reach (fixture);
  manager = manager_of (connection);
  before = vr_of (connection, "blue");
  jid = create_account (before, "bob", "secret", FALSE, NULL, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER);
  g_clear_error (&error);
  ismb_dbus_manager1_call_enable_virtual_router_sync (manager, "blue", NULL, &error);
  g_assert_no_error (error);
  /* The proxy hears of it by the property's change. */
  while (!ismb_dbus_virtual_router1_get_enabled (before))
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (
      ismb_dbus_manager1_call_enable_virtual_router_sync (manager, "red", NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER);
  g_assert_nonnull (strstr (error->message, "VR-Mgmt, blue"));
  g_clear_error (&error);
  ismb_dbus_manager1_call_disable_virtual_router_sync (manager, "VR-Mgmt", NULL, &error);
  g_assert_no_error (error);
  after = vr_of (connection, "VR-Mgmt");
  g_assert_false (ismb_dbus_virtual_router1_get_enabled (after));
  g_assert_false (g_file_test (ismb_dbus_virtual_router1_get_c2s_path (after), G_FILE_TEST_EXISTS));
}

static void
kill_hard (Fixture *fixture)
{
  g_subprocess_force_exit (fixture->daemon);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  g_clear_object (&fixture->daemon);
}

static void
test_survives_kill (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  start (fixture);
  {
    g_autoptr (GDBusConnection) connection = reach (fixture);
    g_autoptr (IsmbDBusManager1) manager = manager_of (connection);
    g_autoptr (IsmbDBusVirtualRouter1) blue = vr_of (connection, "blue");
    g_autofree char *jid = NULL;

    id = g_strdup (ismb_dbus_manager1_get_device_id (manager));
    ismb_dbus_manager1_call_enable_virtual_router_sync (manager, "blue", NULL, &error);
    g_assert_no_error (error);
    jid = create_account (blue, "bob", "secret", FALSE, NULL, &error);
    g_assert_no_error (error);
  }
  kill_hard (fixture);
  start (fixture);
  {
    g_autoptr (GDBusConnection) connection = reach (fixture);
    g_autoptr (IsmbDBusManager1) manager = manager_of (connection);
    g_autoptr (IsmbDBusVirtualRouter1) blue = vr_of (connection, "blue");

    g_assert_cmpstr (ismb_dbus_manager1_get_device_id (manager), ==, id);
    g_assert_true (ismb_dbus_virtual_router1_get_enabled (blue));
    g_assert_true (has_account (blue, "bob", "operator"));
  }
}

/* Makes one account or removes another, and kills the daemon as soon as it says that it is done. */
static void
change_and_kill (Fixture *fixture, const char *made, const char *removed)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;

  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  if (removed != NULL)
    ismb_dbus_virtual_router1_call_remove_account_sync (mgmt, removed, NULL, &error);
  else
    jid = create_account (mgmt, made, "secret", FALSE, "client", &error);
  kill_hard (fixture);
  g_assert_no_error (error);
}

static void
test_answers_after_the_commit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) mgmt = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *same = NULL;
  g_autofree char *other = NULL;

  change_and_kill (fixture, "bob", NULL);
  change_and_kill (fixture, "carol", NULL);
  change_and_kill (fixture, NULL, "carol");
  start (fixture);
  connection = reach (fixture);
  mgmt = vr_of (connection, "VR-Mgmt");
  g_assert_true (has_account (mgmt, "bob", "client"));
  g_assert_false (has_account (mgmt, "carol", "client"));
  same = create_account (mgmt, "bob", "secret", FALSE, NULL, &error);
  g_assert_no_error (error);
  other = create_account (mgmt, "bob", "guess", FALSE, NULL, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
}

static IsmbDBusFabric1 *
fabric_of (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  IsmbDBusFabric1 *fabric = ismb_dbus_fabric1_proxy_new_sync (
    connection, 0, NULL, ISMB_CONTROL_FABRIC_PATH, NULL, &error);

  g_assert_no_error (error);
  return fabric;
}

static char *
sign (IsmbDBusFabric1 *fabric, const char *request, gboolean replace, GError **error)
{
  GVariantDict options;
  char *certificate = NULL;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "replace", "b", replace);
  ismb_dbus_fabric1_call_sign_sync (fabric, request, g_variant_dict_end (&options), &certificate,
                                    NULL, error);
  return certificate;
}

/* A request of a new device that calls itself so. */
static char *
request_of_another (Fixture *fixture, const char *device, const char *domain)
{
  static const char *const vrs[] = { "VR-Mgmt", NULL };
  g_autofree char *folder = g_build_filename (fixture->folder, device, NULL);
  g_autoptr (IsmbIdentity) identity = NULL;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  identity = ismb_identity_load (folder, NULL);
  return ismb_identity_request (identity, domain, vrs, NULL);
}

static void
test_name_is_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = NULL, *first = NULL, *second = NULL, *former = NULL, *latter = NULL;

  start (fixture);
  connection = reach (fixture);
  fabric = fabric_of (connection);
  first = request_of_another (fixture, "first", "sw2.001122");
  second = request_of_another (fixture, "second", "sw2.001122");
  ismb_dbus_fabric1_call_init_sync (fabric, "lab", &hash, NULL, &error);
  g_assert_no_error (error);
  former = sign (fabric, first, FALSE, &error);
  g_assert_no_error (error);
  g_assert_null (sign (fabric, second, FALSE, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  latter = sign (fabric, second, TRUE, &error);
  g_assert_no_error (error);
  g_assert_null (sign (fabric, first, FALSE, &error));
  g_assert_nonnull (error);
}

static void
test_fabric (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autoptr (GVariant) status = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *request = NULL;
  g_autofree char *hash = NULL;
  const char *known_hash = NULL;
  gboolean member = FALSE;

  start (fixture);
  connection = reach (fixture);
  fabric = fabric_of (connection);
  ismb_dbus_fabric1_call_request_sync (fabric, &request, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (sign (fabric, request, FALSE, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
  g_clear_error (&error);
  ismb_dbus_fabric1_call_init_sync (fabric, "lab", &hash, NULL, &error);
  g_assert_no_error (error);
  certificate = sign (fabric, request, FALSE, &error);
  g_assert_no_error (error);
  ismb_dbus_fabric1_call_status_sync (fabric, &status, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (status, "member", "b", &member) && member);
  g_assert_true (g_variant_lookup (status, "ca_hash", "&s", &known_hash));
  g_assert_cmpstr (known_hash, ==, hash);
}

static void
test_second_daemon (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  g_autoptr (GDBusConnection) connection = NULL;

  start (fixture);
  said = refuse (fixture, NULL, 1);
  g_assert_nonnull (strstr (said, "another switchctld runs in"));
  g_assert_nonnull (strstr (said, fixture->runtime_dir));
  connection = reach (fixture); /* the first one is as it was */
}

static void
test_port_in_use (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketListener) other = g_socket_listener_new ();
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) taken = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *extra = NULL;
  g_autofree char *port = NULL;
  g_autofree char *said = NULL;

  g_socket_listener_add_address (other, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &taken, &error);
  g_assert_no_error (error);
  port = g_strdup_printf ("%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (taken)));
  extra = g_strdup_printf ("[vr VR-Mgmt]\nc2s-port=%s\n", port);
  write_config (fixture, extra);
  said = refuse (fixture, NULL, 1);
  g_assert_nonnull (strstr (said, "VR-Mgmt"));
  g_assert_nonnull (strstr (said, port));
}

static void
test_other_vr_cannot_start (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) blue = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_build_filename (fixture->folder, "state", NULL);
  g_autofree char *blocked = g_build_filename (folder, "blue", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (blocked, "no folder", -1, NULL));
  write_config (fixture, "enabled=true\n");
  start (fixture);
  connection = reach (fixture);
  manager = manager_of (connection);
  blue = vr_of (connection, "blue");
  g_assert_true (ismb_dbus_virtual_router1_get_enabled (blue));
  g_assert_cmpstr (ismb_dbus_virtual_router1_get_state (blue), ==, "down");
  g_assert_nonnull (strstr (ismb_dbus_virtual_router1_get_reason (blue), blocked));
  g_assert_false (
      ismb_dbus_manager1_call_enable_virtual_router_sync (manager, "blue", NULL, &error));
  g_assert_nonnull (strstr (error->message, blocked));
}

/* Up for those on this host, and nobody is told that it is on the network. */
static void
test_vr_waits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) blue = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;

  write_config (fixture, "enabled=true\nnetns=no-such-namespace\n");
  start (fixture);
  connection = reach (fixture);
  blue = vr_of (connection, "blue");
  g_assert_true (ismb_dbus_virtual_router1_get_enabled (blue));
  g_assert_cmpstr (ismb_dbus_virtual_router1_get_state (blue), ==, "waiting");
  g_assert_nonnull (strstr (ismb_dbus_virtual_router1_get_reason (blue),
                            "`ip netns add no-such-namespace`"));
  g_assert_cmpstr (ismb_dbus_virtual_router1_get_place (blue), ==, "netns no-such-namespace");
  g_assert_cmpuint (ismb_dbus_virtual_router1_get_c2s_port (blue), ==, 0);
  g_assert_true (g_file_test (ismb_dbus_virtual_router1_get_c2s_path (blue), G_FILE_TEST_EXISTS));
  jid = create_account (blue, "bob", "secret", FALSE, NULL, &error);
  g_assert_cmpstr (jid, ==, "bob@sw1.001122");
}

static void
test_no_files_root (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;

  write_config (fixture, "[switch-control]\nfiles-root=/nonexistent/files\n");
  said = refuse (fixture, NULL, 1);
  g_assert_nonnull (strstr (said, "/nonexistent/files"));
}

static void
test_bad_configuration (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = refuse (fixture, "--check", 0);
  g_autofree char *said = NULL;
  g_autofree char *checked = NULL;

  g_assert_cmpstr (good, ==, "");
  write_config (fixture, "c2s-prot=1\n");
  said = refuse (fixture, NULL, 2);
  checked = refuse (fixture, "--check", 2);
  g_assert_cmpstr (said, ==, checked);
  g_assert_nonnull (strstr (said, fixture->config));
  g_assert_nonnull (strstr (said, "did you mean c2s-port?"));
}

/* Whether an operator of this switch may run a command, and what the daemon says of it. */
static gboolean
may_run (IsmbDBusManager1 *manager, const char *command, char **why, char **stale)
{
  g_autoptr (GVariant) verdict = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict options;
  gboolean allowed = FALSE;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "role", "s", "operator");
  ismb_dbus_manager1_call_policy_check_sync (manager, "ann@sw1.001122", "command", command,
                                             g_variant_dict_end (&options), &verdict, NULL,
                                             &error);
  g_assert_no_error (error);
  g_clear_pointer (why, g_free);
  g_clear_pointer (stale, g_free);
  g_variant_lookup (verdict, "allowed", "b", &allowed);
  g_variant_lookup (verdict, "why", "s", why);
  g_variant_lookup (verdict, "stale", "s", stale);
  return allowed;
}

#define ALLOW_TRUE "[rule yes]\naction=allow\ncommand=/bin/true\n"

/* What is executed decides, however it is written; a policy gone bad leaves the last good one. */
static void
test_policy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autofree char *policy = g_build_filename (fixture->folder, "policy.conf", NULL);
  g_autofree char *extra
    = g_strdup_printf ("[switch-control]\nexec-allow=/bin/true\npolicy=%s\n", policy);
  g_autofree char *why = NULL;
  g_autofree char *stale = NULL;
  g_autofree char *said = NULL;

  write_config (fixture, extra);
  said = refuse (fixture, "--check", 2);
  g_assert_nonnull (strstr (said, "policy.conf:1: cannot read the policy"));
  g_assert_true (g_file_set_contents (policy, ALLOW_TRUE, -1, NULL));
  start (fixture);
  connection = reach (fixture);
  manager = manager_of (connection);
  g_assert_true (may_run (manager, "t\\r'ue'", &why, &stale));
  g_assert_cmpstr (why, ==, "policy.conf:1: [rule yes] allows it");
  g_assert_false (may_run (manager, "true; true", &why, &stale));
  g_assert_cmpstr (why, ==, "no rule of policy.conf allows it");

  g_assert_true (g_file_set_contents (policy, ALLOW_TRUE "nonsense\n", -1, NULL));
  g_subprocess_send_signal (fixture->daemon, SIGHUP);
  while (stale == NULL)
    g_assert_true (may_run (manager, "true", &why, &stale));
  g_assert_nonnull (strstr (stale, "policy.conf:4: "));

  g_assert_true (g_file_set_contents (policy, "[rule no]\naction=deny\n", -1, NULL));
  g_subprocess_send_signal (fixture->daemon, SIGHUP);
  while (may_run (manager, "true", &why, &stale))
    ;
  g_assert_cmpstr (why, ==, "policy.conf:1: [rule no] denies it");
  g_assert_null (stale);
}

static void
test_bad_option (Fixture *fixture, gconstpointer data)
{
  g_autofree char *unknown = refuse (fixture, "--nonsense", 2);
  g_autofree char *left_over = refuse (fixture, "nonsense", 2);

  g_assert_nonnull (strstr (unknown, "--nonsense"));
  g_assert_nonnull (strstr (left_over, "nonsense"));
}

static void
test_ends_in_order (Fixture *fixture, gconstpointer data)
{
  g_autofree char *socket = ismb_control_socket_path (fixture->runtime_dir);
  g_autofree char *c2s = g_build_filename (fixture->runtime_dir, "VR-Mgmt", "c2s", NULL);
  g_autoptr (GError) error = NULL;

  start (fixture);
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  wait_for_note (fixture, "STOPPING=1");
  g_subprocess_wait (fixture->daemon, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (fixture->daemon));
  g_assert_cmpint (g_subprocess_get_exit_status (fixture->daemon), ==, 0);
  g_assert_false (g_file_test (socket, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (c2s, G_FILE_TEST_EXISTS));
  g_clear_object (&fixture->daemon);
}

/* A daemon that goes says so to those who are there (RFC 6120, 4.9.3.20). */
static void
test_says_goodbye (Fixture *fixture, gconstpointer data)
{
  static const char header[] = "<stream:stream xmlns='jabber:client' version='1.0'"
                               " xmlns:stream='http://etherx.jabber.org/streams'>";
  g_autofree char *c2s = g_build_filename (fixture->runtime_dir, "VR-Mgmt", "c2s", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (c2s);
  g_autoptr (GSocketClient) maker = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GString) heard = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  GInputStream *in;
  char buffer[4096];
  gssize n;

  start (fixture);
  connection = g_socket_client_connect (maker, G_SOCKET_CONNECTABLE (address), NULL, &error);
  g_assert_no_error (error);
  in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), header,
                             sizeof header - 1, NULL, NULL, &error);
  g_assert_no_error (error);
  while (strstr (heard->str, "</stream:features>") == NULL
         && (n = g_input_stream_read (in, buffer, sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (heard, buffer, n);
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  while ((n = g_input_stream_read (in, buffer, sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (heard, buffer, n);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (heard->str, "<system-shutdown"));
  g_assert_true (g_str_has_suffix (heard->str, "</stream:stream>"));
}

static void
add (const char *name, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/daemon/switchctld/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("status", test_status);
  add ("peers", test_peers);
  add ("accounts", test_accounts);
  add ("refused-accounts", test_refused_accounts);
  add ("transient-account", test_transient_account);
  add ("too-many-transient", test_too_many_transient);
  add ("vr-enable-disable", test_vr_enable_disable);
  add ("survives-kill", test_survives_kill);
  add ("answers-after-the-commit", test_answers_after_the_commit);
  add ("fabric", test_fabric);
  add ("name-is-replaced", test_name_is_replaced);
  add ("second-daemon", test_second_daemon);
  add ("port-in-use", test_port_in_use);
  add ("other-vr-cannot-start", test_other_vr_cannot_start);
  add ("vr-waits", test_vr_waits);
  add ("no-files-root", test_no_files_root);
  add ("policy", test_policy);
  add ("bad-configuration", test_bad_configuration);
  add ("bad-option", test_bad_option);
  add ("says-goodbye", test_says_goodbye);
  add ("ends-in-order", test_ends_in_order);
  return g_test_run ();
}
