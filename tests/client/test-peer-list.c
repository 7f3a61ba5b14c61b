/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/client/ismb-peer-list.h"

static IsmbPeer *
peer_new (const char *domain)
{
  return ismb_peer_new (domain, NULL, NULL, NULL, 0, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_IDLE,
                        FALSE);
}

static void
add (IsmbPeerList *list, const char *domain)
{
  g_autoptr (IsmbPeer) peer = peer_new (domain);

  ismb_peer_list_add (list, peer);
}

static void
note_change (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_string_append_printf (user_data, "%u-%u+%u ", position, removed, added);
}

/* What who only follows the changes takes the list for is what it is. */
static void
mirror (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  GListStore *store = user_data;
  g_autoptr (GPtrArray) news = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < added; i++)
    g_ptr_array_add (news, g_list_model_get_item (model, position + i));
  g_list_store_splice (store, position, removed, news->pdata, added);
}

static char *
write_domains (GListModel *model)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (IsmbPeer) peer = g_list_model_get_item (model, i);

      g_string_append_printf (text, "%s ", ismb_peer_get_domain (peer));
    }
  return g_string_free (text, FALSE);
}

static void
test_in_order (void)
{
  g_autoptr (IsmbPeerList) list = ismb_peer_list_new ();
  g_autoptr (GListStore) store = g_list_store_new (ISMB_TYPE_PEER);
  g_autoptr (GString) changes = g_string_new (NULL);
  g_autofree char *domains = NULL;
  g_autofree char *mirrored = NULL;

  g_signal_connect (list, "items-changed", G_CALLBACK (note_change), changes);
  g_signal_connect (list, "items-changed", G_CALLBACK (mirror), store);
  add (list, "sw2");
  add (list, "sw1");
  add (list, "sw3");
  add (list, "sw10");
  ismb_peer_list_remove (list, ismb_peer_list_find (list, "sw2"));
  g_assert_cmpstr (changes->str, ==, "0-0+1 0-0+1 2-0+1 1-0+1 2-1+0 ");
  domains = write_domains (G_LIST_MODEL (list));
  mirrored = write_domains (G_LIST_MODEL (store));
  g_assert_cmpstr (domains, ==, "sw1 sw10 sw3 ");
  g_assert_cmpstr (mirrored, ==, domains);
  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (list)) == ISMB_TYPE_PEER);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (list), 3));
  g_assert_null (ismb_peer_list_find (list, "sw2"));
  g_assert_cmpuint (g_hash_table_size (ismb_peer_list_get_table (list)), ==, 3);
  ismb_peer_list_clear (list);
  g_assert_true (g_str_has_suffix (changes->str, " 0-3+0 "));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 0);
}

static void
test_others (void)
{
  g_autoptr (IsmbPeerList) list = ismb_peer_list_new ();
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) others = NULL;

  add (list, "sw1");
  add (list, "sw2");
  g_hash_table_add (known, (gpointer) "sw1");
  others = ismb_peer_list_find_others (list, known);
  g_assert_cmpuint (others->len, ==, 1);
  g_assert_cmpstr (ismb_peer_get_domain (g_ptr_array_index (others, 0)), ==, "sw2");
}

static void
remove_all (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (model, remove_all, user_data);
  ismb_peer_list_clear (ISMB_PEER_LIST (model));
}

/* Whoever hears of a change may make another. */
static void
test_changed_meanwhile (void)
{
  g_autoptr (IsmbPeerList) list = ismb_peer_list_new ();

  add (list, "sw1");
  g_signal_connect (list, "items-changed", G_CALLBACK (remove_all), NULL);
  add (list, "sw2");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/peer-list/in-order", test_in_order);
  g_test_add_func ("/peer-list/others", test_others);
  g_test_add_func ("/peer-list/changed-meanwhile", test_changed_meanwhile);
  return g_test_run ();
}
