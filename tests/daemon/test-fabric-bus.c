/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* net.ismb.Fabric1 of a real switchctld that is alone on its link. */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"
#include "ismb/trust/ismb-token.h"

#define CA "5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f"

typedef struct
{
  char *folder, *runtime_dir, *config, *log;
  GSocket *notes;
  GSubprocess *daemon;
  GDBusConnection *connection;
  IsmbDBusFabric1 *fabric;
} Fixture;

static void
start (Fixture *fixture)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *notes = g_build_filename (fixture->folder, "notes", NULL);
  g_autoptr (GError) error = NULL;
  char note[64] = "";

  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", notes, TRUE);
  g_subprocess_launcher_set_stderr_file_path (launcher, fixture->log);
  fixture->daemon = g_subprocess_launcher_spawn (launcher, &error, SWITCHCTLD, "--config",
                                                 fixture->config, NULL);
  g_assert_no_error (error);
  g_socket_receive (fixture->notes, note, sizeof note - 1, NULL, &error);
  g_assert_cmpstr (note, ==, "READY=1");
  fixture->connection = ismb_control_connect_sync (fixture->runtime_dir, NULL, &error);
  g_assert_no_error (error);
  fixture->fabric = ismb_dbus_fabric1_proxy_new_sync (fixture->connection, 0, NULL,
                                                      ISMB_CONTROL_FABRIC_PATH, NULL, &error);
  g_assert_no_error (error);
}

static void
stop (Fixture *fixture)
{
  char note[64] = "";

  g_clear_object (&fixture->fabric);
  g_clear_object (&fixture->connection);
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (fixture->daemon), ==, 0);
  g_clear_object (&fixture->daemon);
  g_socket_receive (fixture->notes, note, sizeof note - 1, NULL, NULL);
  g_assert_cmpstr (note, ==, "STOPPING=1");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *notes = NULL;
  g_autofree char *text = NULL;

  fixture->folder = g_dir_make_tmp ("ismb-fabric-bus-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->runtime_dir = g_build_filename (fixture->folder, "run", NULL);
  fixture->config = g_build_filename (fixture->folder, "switchctld.conf", NULL);
  fixture->log = g_build_filename (fixture->folder, "log", NULL);
  notes = g_build_filename (fixture->folder, "notes", NULL);
  address = g_unix_socket_address_new (notes);
  fixture->notes = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_true (g_socket_bind (fixture->notes, address, FALSE, NULL));
  g_socket_set_timeout (fixture->notes, 60);
  text = g_strdup_printf ("[daemon]\ndomain=sw1.001122\nstate-dir=%s/state\nruntime-dir=%s\n"
                          "[vr VR-Mgmt]\nlisten=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n",
                          fixture->folder, fixture->runtime_dir);
  g_assert_true (g_file_set_contents (fixture->config, text, -1, NULL));
  ismb_control_register_errors ();
  start (fixture);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

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
  stop (fixture);
  g_clear_object (&fixture->notes);
  remove_all (fixture->folder);
  g_free (fixture->log);
  g_free (fixture->config);
  g_free (fixture->runtime_dir);
  g_free (fixture->folder);
}

static GVariant *
with_number (const char *name, guint number)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, name, "u", number);
  return g_variant_dict_end (&options);
}

static void
assert_status (Fixture *fixture, const char *name, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) status = NULL;
  const char *text = "";

  ismb_dbus_fabric1_call_status_sync (fixture->fabric, &status, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (status, name, "&s", &text));
  g_assert_cmpstr (text, ==, expected);
}

static void
init (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = NULL;

  ismb_dbus_fabric1_call_init_sync (fixture->fabric, "lab", &hash, NULL, &error);
  g_assert_no_error (error);
}

static char *
make_token (void)
{
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", CA);

  return ismb_token_to_text (token);
}

/* A Join call under way. */
typedef struct
{
  gboolean done;
  GError *error;
} Joining;

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Joining *joining = user_data;

  ismb_dbus_fabric1_call_join_finish (ISMB_DBUS_FABRIC1 (source), result, &joining->error);
  joining->done = TRUE;
}

static void
join (Fixture *fixture, const char *token, guint timeout, Joining *joining)
{
  *joining = (Joining){ 0 };
  ismb_dbus_fabric1_call_join (fixture->fabric, token, with_number ("timeout", timeout), NULL,
                               on_joined, joining);
}

static void
wait_for (Joining *joining, IsmbError code, const char *words)
{
  while (!joining->done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (joining->error, ISMB_ERROR, (int) code);
  g_assert_nonnull (strstr (joining->error->message, words));
  g_clear_error (&joining->error);
}

/* The same token waits with the first, another is turned away; and it is over when all were
 * told. */
static void
test_one_join_at_a_time (Fixture *fixture, gconstpointer data)
{
  g_autofree char *token = make_token ();
  g_autofree char *other = make_token ();
  Joining first, same, another;

  join (fixture, token, 2, &first);
  join (fixture, token, 1, &same);
  join (fixture, other, 1, &another);
  wait_for (&another, ISMB_ERROR_EXISTS, "another token");
  wait_for (&same, ISMB_ERROR_TIMEOUT, "no other switch at all");
  assert_status (fixture, "state", "looking");
  wait_for (&first, ISMB_ERROR_TIMEOUT, "no other switch at all");
  assert_status (fixture, "state", "none");
}

static void
test_no_token (Fixture *fixture, gconstpointer data)
{
  Joining joining;

  join (fixture, "hello", 1, &joining);
  wait_for (&joining, ISMB_ERROR_BAD_CONFIG, "ISMB1.");
}

static void
test_in_another_fabric (Fixture *fixture, gconstpointer data)
{
  g_autofree char *token = make_token ();
  Joining joining;

  init (fixture);
  join (fixture, token, 1, &joining);
  wait_for (&joining, ISMB_ERROR_EXISTS, "fabric leave");
}

static char *
accept_hash (Fixture *fixture, const char *hash, GError **error)
{
  char *state = NULL;

  ismb_dbus_fabric1_call_accept_sync (fixture->fabric, hash, with_number ("wait", 0), &state, NULL,
                                      error);
  return state;
}

static void
test_acceptance_is_remembered (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *looking = accept_hash (fixture, CA, &error);
  g_autofree char *bad = NULL;
  g_autofree char *none = NULL;

  g_assert_cmpstr (looking, ==, "looking");
  stop (fixture);
  start (fixture);
  assert_status (fixture, "accepted", CA);
  assert_status (fixture, "state", "looking");
  bad = accept_hash (fixture, "5b0f", &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_clear_error (&error);
  none = accept_hash (fixture, "", &error);
  g_assert_cmpstr (none, ==, "none");
  assert_status (fixture, "accepted", "");
}

static gboolean
log_says (Fixture *fixture, const char *words)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->log, &text, NULL, NULL));
  return strstr (text, words) != NULL;
}

static void
wait_for_log (Fixture *fixture, const char *words)
{
  while (!log_says (fixture, words))
    g_usleep (1000);
}

/* A token that is none is said, and one that is goes on being tried; a restart or SIGHUP reads
 * it. */
static void
test_join_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "join", NULL);
  g_autofree char *token = make_token ();

  g_assert_true (g_file_set_contents_full (path, "no token\n", -1, G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  g_subprocess_send_signal (fixture->daemon, SIGHUP);
  wait_for_log (fixture, "/join: this is no token");
  assert_status (fixture, "state", "none");
  g_assert_false (log_says (fixture, "chmod 600"));
  g_assert_true (g_file_set_contents (path, token, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  stop (fixture);
  start (fixture);
  g_assert_true (log_says (fixture, "chmod 600"));
  assert_status (fixture, "state", "looking");
  g_assert_false (log_says (fixture, token));
  g_unlink (path);
}

static void
revoke_device (Fixture *fixture, const char *id, GError **error)
{
  g_autoptr (GVariant) revoked = NULL;

  ismb_dbus_fabric1_call_revoke_sync (fixture->fabric, id, &revoked, NULL, error);
}

static char *
approve (Fixture *fixture, const char *id, GError **error)
{
  g_autofree char *domain = NULL;
  char *full_id = NULL;

  ismb_dbus_fabric1_call_approve_sync (fixture->fabric, id, with_number ("expires", 60), &full_id,
                                       &domain, NULL, error);
  return full_id;
}

/* In full, or as much of it as tells it from the others; dashes and case do not matter. */
static void
test_ids (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  static const char one[] = "AAAABBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
  static const char other[] = "AAAACCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *short_form = NULL;

  init (fixture);
  first = approve (fixture, one, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, one);
  second = approve (fixture, other, &error);
  g_assert_no_error (error);
  short_form = approve (fixture, "dddd-dddd-dddd-dddd", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (short_form, ==, "");
  revoke_device (fixture, "aaaa", &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  revoke_device (fixture, "aa-aab", &error);
  g_assert_no_error (error);
  revoke_device (fixture, one, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  revoke_device (fixture, "EEEEEEEEEEEEEEEE", &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (approve (fixture, one, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
}

/* The control bus tells the new id at once, to those too who asked before. */
static void
test_new_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = ismb_dbus_manager1_proxy_new_sync (
    fixture->connection, 0, NULL, ISMB_CONTROL_MANAGER_PATH, NULL, &error);
  g_autofree char *id = g_strdup (ismb_dbus_manager1_get_device_id (manager));
  GVariantDict options;

  init (fixture);
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "destroy", "b", TRUE);
  g_variant_dict_insert (&options, "new_key", "b", TRUE);
  ismb_dbus_fabric1_call_leave_sync (fixture->fabric, g_variant_dict_end (&options), NULL, &error);
  g_assert_no_error (error);
  while (g_str_equal (ismb_dbus_manager1_get_device_id (manager), id))
    g_main_context_iteration (NULL, TRUE);
  assert_status (fixture, "id", ismb_dbus_manager1_get_device_id (manager));
  assert_status (fixture, "state", "none");
}

static char *
dup_ca (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "state", "ca.pem", NULL);
  g_autoptr (GError) error = NULL;
  char *pem = NULL;

  g_file_get_contents (path, &pem, NULL, &error);
  g_assert_no_error (error);
  return pem;
}

/* Where there is a new CA, the call says so, even if the registrar has no certificate of it yet:
 * who hears of an error would make another one. */
static void
test_rollover_without_certificate (Fixture *fixture, gconstpointer data)
{
  g_autofree char *issued = g_build_filename (fixture->folder, "state", "issued", NULL);
  g_autofree char *former = NULL, *now = NULL, *hash = NULL;
  g_autoptr (GError) error = NULL;

  init (fixture);
  former = dup_ca (fixture);
  g_assert_cmpint (g_remove (issued), ==, 0);
  g_assert_cmpint (g_mkdir (issued, 0700), ==, 0); /* nothing can be written in its place */
  ismb_dbus_fabric1_call_roll_over_sync (fixture->fabric, with_number ("overlap", 3600), &hash, NULL,
                                         &error);
  g_assert_no_error (error);
  now = dup_ca (fixture);
  g_assert_cmpstr (now, !=, former);
  assert_status (fixture, "state", "member");
  g_assert_cmpint (g_rmdir (issued), ==, 0);
  stop (fixture);
  start (fixture);
  assert_status (fixture, "ca_hash", hash);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) \
  g_test_add ("/daemon/fabric-bus/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("one-join-at-a-time", test_one_join_at_a_time);
  ADD ("no-token", test_no_token);
  ADD ("in-another-fabric", test_in_another_fabric);
  ADD ("acceptance-is-remembered", test_acceptance_is_remembered);
  ADD ("join-file", test_join_file);
  ADD ("ids", test_ids);
  ADD ("new-key", test_new_key);
  ADD ("rollover-without-certificate", test_rollover_without_certificate);
#undef ADD
  return g_test_run ();
}
