/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-accounts.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"

static GDBusConnection *
reach (const char *runtime_dir)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection;

  ismb_control_register_errors ();
  connection = ismb_control_connect_sync (runtime_dir, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

static void
make_one (IsmbDBusVirtualRouter1 *vr, const char *account)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;

  ismb_dbus_virtual_router1_call_create_account_sync (
      vr, account, account, g_variant_new_parsed ("{'role': <'client'>}"), &jid, NULL, &error);
  g_assert_no_error (error);
}

void
ismb_test_accounts_make (const char *runtime_dir, const char *const *accounts)
{
  g_autoptr (GDBusConnection) connection = reach (runtime_dir);
  g_autofree char *path = ismb_control_vr_path ("VR-Mgmt");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) vr =
      ismb_dbus_virtual_router1_proxy_new_sync (connection, 0, NULL, path, NULL, &error);

  g_assert_no_error (error);
  for (; *accounts != NULL; accounts++)
    make_one (vr, *accounts);
}

/* What it says up to an answer to the request. */
static char *
hear (GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GString *said = g_string_new (NULL);
  char bytes[4096];
  gssize count;

  while (strstr (said->str, "type='result'") == NULL && strstr (said->str, "</iq>") == NULL &&
         (count = g_input_stream_read (input, bytes, sizeof bytes, NULL, NULL)) > 0)
    g_string_append_len (said, bytes, count);
  return g_string_free (said, FALSE);
}

char *
ismb_test_accounts_register (guint16 port, const char *domain, const char *account)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *request = g_strdup_printf (
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='%s'"
      " version='1.0'><iq type='set' id='r'><query xmlns='jabber:iq:register'>"
      "<username>%s</username><password>%s</password></query></iq>",
      domain, account, account);
  g_autofree char *said = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                     request, strlen (request), NULL, NULL, &error))
    return g_strdup (error->message);
  said = hear (connection);
  if (strstr (said, "type='result'") != NULL || strstr (said, "conflict") != NULL)
    return NULL;
  return g_steal_pointer (&said);
}

void
ismb_test_accounts_write_authority (const char *runtime_dir, const char *path)
{
  g_autoptr (GDBusConnection) connection = reach (runtime_dir);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = ismb_dbus_fabric1_proxy_new_sync (
      connection, 0, NULL, ISMB_CONTROL_FABRIC_PATH, NULL, &error);
  g_autofree char *hash = NULL;
  g_autofree char *pem = NULL;

  g_assert_no_error (error);
  if (!ismb_dbus_fabric1_call_get_authority_sync (fabric, &pem, NULL, NULL) &&
      ismb_dbus_fabric1_call_init_sync (fabric, "test", &hash, NULL, &error))
    ismb_dbus_fabric1_call_get_authority_sync (fabric, &pem, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, pem, -1, NULL));
}
