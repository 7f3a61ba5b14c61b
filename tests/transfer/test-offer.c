/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What strangers may say in offers. */
#include "config.h"
#include "ismb/transfer/ismb-offer.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

static IsmbIq *
make_offer (void)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "x", 1);
  g_autoptr (IsmbOffer) offer = ismb_offer_new ("a/b", 7, hash, TRUE);
  g_autoptr (IsmbJid) to = ismb_jid_new ("switch@sw1.test/x", NULL);

  return ismb_offer_to_iq (offer, to);
}

static void
test_offer (void)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "x", 1);
  g_autoptr (IsmbIq) iq = make_offer ();
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbOffer) offer = ismb_offer_parse (iq, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (offer->path, ==, "a/b");
  g_assert_cmpuint (offer->size, ==, 7);
  g_assert_cmpstr (offer->sha256, ==, hash);
  g_assert_true (offer->overwrite);
  g_assert_false (ismb_offer_is_accepted (iq));
  g_assert_true (ismb_offer_is_accepted (ismb_offer_accept (iq)));
}

static IsmbNode *
find_below (IsmbNode *node, const char *name)
{
  IsmbNode *found = ismb_node_find (node, name, NULL);

  for (IsmbNode *child = ismb_node_find (node, NULL, NULL); found == NULL && child != NULL;
       child = ismb_node_find_next (child, NULL, NULL))
    found = find_below (child, name);
  return found;
}

/* One thing wrong: an attribute of `element`, or (`attribute` NULL) its text; `value` NULL: the
 * element is missing. */
static void
assert_bad_offer (const char *element, const char *attribute, const char *value)
{
  g_autoptr (IsmbIq) iq = make_offer ();
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *node = find_below (ismb_tree_root (tree), element);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (node);
  if (value == NULL)
    ismb_tree_remove (tree, node);
  else if (attribute != NULL)
    ismb_tree_set (tree, node, attribute, value);
  else
    {
      ismb_tree_clear (tree, node);
      ismb_tree_add_text (tree, node, value, -1);
    }
  g_assert_null (ismb_offer_parse (iq, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static void
test_bad_offers (void)
{
  g_autofree char *long_id = g_strnfill (65, 'a');
  g_autofree char *long_path = g_strnfill (4096, 'a');

  assert_bad_offer ("si", "profile", "urn:other");
  assert_bad_offer ("si", "id", "");
  assert_bad_offer ("si", "id", "a b");
  assert_bad_offer ("si", "id", long_id);
  assert_bad_offer ("file", NULL, NULL);
  assert_bad_offer ("file", "size", "-1");
  assert_bad_offer ("file", "size", "1e3");
  assert_bad_offer ("file", "size", "9223372036854775808");
  assert_bad_offer ("hash", NULL, NULL);
  assert_bad_offer ("hash", "algo", "md5");
  assert_bad_offer ("hash", NULL, "YQ==");
  assert_bad_offer ("hash", NULL, "");
  assert_bad_offer ("path", NULL, long_path);
  assert_bad_offer ("feature", NULL, NULL);
  assert_bad_offer ("field", "var", "other");
  assert_bad_offer ("value", NULL, "http://jabber.org/protocol/bytestreams");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transfer/offer/whole", test_offer);
  g_test_add_func ("/transfer/offer/bad", test_bad_offers);
  return g_test_run ();
}
