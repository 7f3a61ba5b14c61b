/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-disco.h"
#include "tests/support/ismb-test-result.h"
#include "tests/support/ismb-test-stock.h"

#define DOMAIN "switch.test"

static const char *const accounts[] = { "alice", "bob", "carol", NULL };
static IsmbTestServer *server;
static IsmbTestGuest *alice, *bob;

static IsmbDisco *
disco_of (IsmbTestGuest *guest)
{
  return ISMB_DISCO (ismb_client_get_plugin (ismb_test_guest_get_client (guest), "xep_0030"));
}

static IsmbJid *
jid_of (IsmbTestGuest *guest)
{
  return ismb_client_get_bound_jid (ismb_test_guest_get_client (guest));
}

static IsmbDiscoInfo *
get_info (IsmbJid *jid, const char *node, gboolean cached, GError **error)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_disco_get_info_async (disco_of (alice), jid, node, cached, NULL, ismb_test_keep_result,
                             &slot);
  result = ismb_test_await_result (&slot);
  return ismb_disco_get_info_finish (disco_of (alice), result, error);
}

static IsmbDiscoItems *
get_items (IsmbJid *jid, const char *node, GError **error)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_disco_get_items_async (disco_of (alice), jid, node, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_disco_get_items_finish (disco_of (alice), result, error);
}

static gboolean
supports (IsmbJid *jid, const char *feature)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean answer;

  ismb_disco_supports_async (disco_of (alice), jid, feature, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  answer = ismb_disco_supports_finish (disco_of (alice), result, &error);
  g_assert_no_error (error);
  return answer;
}

static void
test_what_a_client_is (void)
{
  g_autoptr (GError) error = NULL;
  guint events = ismb_test_guest_count (alice, "disco_info");
  g_autoptr (IsmbDiscoInfo) info = get_info (jid_of (bob), NULL, FALSE, &error);
  g_autoptr (IsmbPayload) heard = NULL;

  g_assert_no_error (error);
  g_assert_true (ismb_disco_info_has_identity (info, "client", "bot"));
  g_assert_true (ismb_disco_info_has_feature (info, "http://jabber.org/protocol/disco#info"));
  g_assert_true (ismb_disco_info_has_feature (info, "urn:xmpp:ping"));
  g_assert_false (ismb_disco_info_has_feature (info, "urn:example:lights"));
  g_assert_null (ismb_disco_info_get_node (info));
  ismb_test_guest_await (alice, "disco_info", events + 1);
  heard = ismb_stanza_get_payload (ISMB_STANZA (ismb_test_guest_get_payload (alice, "disco_info")),
                                   ISMB_TYPE_DISCO_INFO);
  g_assert_true (ismb_disco_info_has_feature (ISMB_DISCO_INFO (heard), "urn:xmpp:ping"));
}

static void
test_what_is_added (void)
{
  IsmbDisco *disco = disco_of (bob);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoInfo) info = NULL;
  g_autoptr (IsmbDiscoInfo) later = NULL;
  g_autolist (IsmbDiscoIdentity) identities = NULL;

  ismb_disco_add_identity (disco, NULL, "automation", "switch", "leaf 3", NULL);
  ismb_disco_add_identity (disco, NULL, "automation", "switch", "leaf 4", NULL);
  ismb_disco_add_feature (disco, NULL, "urn:example:lights");
  info = get_info (jid_of (bob), NULL, FALSE, &error);
  identities = ismb_disco_info_list_identities (info);
  g_assert_cmpuint (g_list_length (identities), ==, 1);
  g_assert_cmpstr (ismb_disco_identity_get_name (identities->data), ==, "leaf 4");
  g_assert_true (ismb_disco_info_has_feature (info, "urn:example:lights"));
  ismb_disco_remove_identity (disco, NULL, "automation", "switch");
  ismb_disco_remove_feature (disco, NULL, "urn:example:lights");
  later = get_info (jid_of (bob), NULL, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_disco_info_has_identity (later, "client", NULL));
  g_assert_false (ismb_disco_info_has_identity (later, "automation", NULL));
  g_assert_false (ismb_disco_info_has_feature (later, "urn:example:lights"));
}

static void
test_nodes (void)
{
  IsmbDisco *disco = disco_of (bob);
  g_autoptr (IsmbJid) jid = ismb_jid_new ("sw2.test/x", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoItems) items = NULL;
  g_autoptr (IsmbDiscoInfo) info = NULL;
  g_autolist (IsmbDiscoItem) list = NULL;
  g_autoptr (IsmbJid) item_jid = NULL;

  g_assert_null (get_info (jid_of (bob), "ports", FALSE, &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
  g_clear_error (&error);
  ismb_disco_add_item (disco, "ports", jid, "port/1", "Port 1");
  ismb_disco_add_identity (disco, "ports", "automation", "list", NULL, NULL);
  info = get_info (jid_of (bob), "ports", FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_disco_info_get_node (info), ==, "ports");
  g_assert_false (ismb_disco_info_has_identity (info, "client", NULL));
  items = get_items (jid_of (bob), "ports", &error);
  g_assert_no_error (error);
  list = ismb_disco_items_list_items (items);
  g_assert_cmpuint (g_list_length (list), ==, 1);
  item_jid = ismb_disco_item_get_jid (list->data);
  g_assert_true (ismb_jid_equal (item_jid, jid));
  g_assert_cmpstr (ismb_disco_item_get_node (list->data), ==, "port/1");
  g_assert_cmpstr (ismb_disco_item_get_name (list->data), ==, "Port 1");
  ismb_disco_remove_item (disco, "ports", jid, "port/1");
  ismb_disco_remove_identity (disco, "ports", "automation", "list");
  g_assert_null (get_items (jid_of (bob), "ports", &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
}

static gboolean
on_info_requested (IsmbDisco *disco, const char *node, IsmbIq *request, IsmbDiscoInfo *info,
                   gpointer user_data)
{
  if (g_strcmp0 (node, "who") != 0)
    return FALSE;
  ismb_disco_info_add_identity (
      info, "automation", "told",
      ismb_jid_get_full (ismb_stanza_get_from_jid (ISMB_STANZA (request))), NULL);
  return TRUE;
}

static void
test_dynamic_nodes (void)
{
  gulong id =
      g_signal_connect (disco_of (bob), "info-requested", G_CALLBACK (on_info_requested), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoInfo) info = get_info (jid_of (bob), "who", FALSE, &error);
  g_autolist (IsmbDiscoIdentity) identities = NULL;

  g_assert_no_error (error);
  identities = ismb_disco_info_list_identities (info);
  g_assert_cmpstr (ismb_disco_identity_get_name (identities->data), ==,
                   ismb_test_guest_get_full_jid (alice));
  g_signal_handler_disconnect (disco_of (bob), id);
  g_assert_null (get_info (jid_of (bob), "who", FALSE, &error));
}

static void
test_is_remembered (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoInfo) first = get_info (jid_of (bob), NULL, FALSE, &error);
  g_autoptr (IsmbDiscoInfo) second = get_info (jid_of (bob), NULL, TRUE, &error);

  g_assert_true (first == second);
  g_assert_true (supports (jid_of (bob), "urn:xmpp:ping"));
  ismb_disco_add_feature (disco_of (bob), NULL, "urn:example:lights");
  g_assert_false (supports (jid_of (bob), "urn:example:lights"));
  ismb_client_send_presence_full (ismb_test_guest_get_client (bob), NULL, NULL, 0,
                                  ismb_test_guest_get_full_jid (alice), NULL, NULL);
  ismb_test_guest_await (alice, "presence_available",
                         ismb_test_guest_count (alice, "presence_available") + 1);
  g_assert_true (supports (jid_of (bob), "urn:example:lights"));
  ismb_disco_remove_feature (disco_of (bob), NULL, "urn:example:lights");
}

static void
test_own_server (void)
{
  g_autoptr (IsmbJid) domain = ismb_jid_new (DOMAIN, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoInfo) info = get_info (domain, NULL, TRUE, &error);
  g_autoptr (IsmbDiscoInfo) account = NULL;

  g_assert_no_error (error);
  g_assert_true (ismb_disco_info_has_identity (info, "server", "im"));
  account = get_info (NULL, NULL, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_disco_info_has_identity (account, "account", NULL));
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ismb_disco_get_items_async (disco_of (alice), jid_of (bob), NULL, cancellable,
                              ismb_test_keep_result, &slot);
  g_cancellable_cancel (cancellable);
  result = ismb_test_await_result (&slot);
  g_assert_null (ismb_disco_get_items_finish (disco_of (alice), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_stock_client (void)
{
  g_autoptr (IsmbTestStock) stock = ismb_test_stock_new (server, "carol", alice);
  IsmbDisco *disco = disco_of (alice);
  g_autoptr (IsmbJid) domain = ismb_jid_new (DOMAIN, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDiscoInfo) info = NULL;
  g_autoptr (IsmbDiscoItems) items = NULL;
  g_autolist (IsmbDiscoItem) list = NULL;

  if (stock == NULL)
    {
      g_test_skip ("slixmpp is not installed");
      return;
    }
  info = get_info (ismb_test_stock_get_jid (stock), "ports", FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_disco_info_has_identity (info, "automation", "switch"));
  items = get_items (ismb_test_stock_get_jid (stock), "ports", &error);
  g_assert_no_error (error);
  list = ismb_disco_items_list_items (items);
  g_assert_cmpstr (ismb_disco_item_get_name (list->data), ==, "Port 1");
  g_signal_connect (disco, "info-requested", G_CALLBACK (on_info_requested), NULL);
  ismb_disco_add_identity (disco, NULL, "automation", "switch", "leaf 4", NULL);
  ismb_disco_add_feature (disco, NULL, "urn:example:lights");
  ismb_disco_add_item (disco, NULL, domain, "door", "The door");
  ismb_test_stock_check (stock, "disco");
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  alice = ismb_test_guest_new (server, "alice");
  bob = ismb_test_guest_new (server, "bob");
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_test_add_func ("/disco/what-a-client-is", test_what_a_client_is);
  g_test_add_func ("/disco/what-is-added", test_what_is_added);
  g_test_add_func ("/disco/nodes", test_nodes);
  g_test_add_func ("/disco/dynamic-nodes", test_dynamic_nodes);
  g_test_add_func ("/disco/is-remembered", test_is_remembered);
  g_test_add_func ("/disco/own-server", test_own_server);
  g_test_add_func ("/disco/cancelled", test_cancelled);
  g_test_add_func ("/disco/stock-client", test_stock_client);
  status = g_test_run ();
  ismb_test_guest_free (alice);
  ismb_test_guest_free (bob);
  ismb_test_server_free (server);
  return status;
}
