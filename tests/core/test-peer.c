/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-peer.h"

#include "ismb/core/ismb-peer-private.h"

static IsmbPeer *
leaf1 (void)
{
  static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", NULL };

  return ismb_peer_new ("leaf1.0a1b2c", "blue", "ab12", addresses, 5222, ISMB_TRUST_MEMBER,
                        ISMB_LINK_STATE_UP, TRUE);
}

static void
assert_is_leaf1 (IsmbPeer *peer)
{
  g_assert_cmpstr (ismb_peer_get_domain (peer), ==, "leaf1.0a1b2c");
  g_assert_cmpstr (ismb_peer_get_vr (peer), ==, "blue");
  g_assert_cmpstr (ismb_peer_get_id (peer), ==, "ab12");
  g_assert_cmpstr (ismb_peer_get_addresses (peer)[0], ==, "192.0.2.1");
  g_assert_cmpstr (ismb_peer_get_addresses (peer)[1], ==, "2001:db8::1");
  g_assert_null (ismb_peer_get_addresses (peer)[2]);
  g_assert_cmpuint (ismb_peer_get_port (peer), ==, 5222);
  g_assert_cmpint (ismb_peer_get_trust (peer), ==, ISMB_TRUST_MEMBER);
  g_assert_cmpint (ismb_peer_get_link (peer), ==, ISMB_LINK_STATE_UP);
  g_assert_true (ismb_peer_get_local (peer));
}

static void
test_getters (void)
{
  g_autoptr (IsmbPeer) peer = leaf1 ();

  assert_is_leaf1 (peer);
}

static void
test_properties (void)
{
  g_autoptr (IsmbPeer) peer = leaf1 ();
  g_autofree char *domain = NULL;
  g_auto (GStrv) addresses = NULL;
  IsmbTrust trust;
  gboolean local;
  guint port;

  g_object_get (peer, "domain", &domain, "addresses", &addresses, "port", &port, "trust", &trust,
                "is-local", &local, NULL);
  g_assert_cmpstr (domain, ==, "leaf1.0a1b2c");
  g_assert_cmpuint (g_strv_length (addresses), ==, 2);
  g_assert_cmpuint (port, ==, 5222);
  g_assert_cmpint (trust, ==, ISMB_TRUST_MEMBER);
  g_assert_true (local);
}

static void
test_unknown_is_empty (void)
{
  g_autoptr (IsmbPeer) peer = ismb_peer_new ("leaf2", NULL, NULL, NULL, 0, ISMB_TRUST_PENDING,
                                             ISMB_LINK_STATE_IDLE, FALSE);
  g_autoptr (GVariant) variant = g_variant_ref_sink (ismb_peer_to_variant (peer));
  g_autoptr (IsmbPeer) back = ismb_peer_new_from_variant (variant);

  g_assert_cmpstr (ismb_peer_get_vr (back), ==, "");
  g_assert_cmpstr (ismb_peer_get_id (back), ==, "");
  g_assert_null (ismb_peer_get_addresses (back)[0]);
  g_assert_cmpuint (ismb_peer_get_port (back), ==, 0);
}

static void
test_over_the_bus (void)
{
  g_autoptr (IsmbPeer) peer = leaf1 ();
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (IsmbPeer) back = NULL;

  _ismb_peer_set_round_trip (peer, 412);
  variant = g_variant_ref_sink (ismb_peer_to_variant (peer));
  back = ismb_peer_new_from_variant (variant);
  g_assert_cmpuint (ismb_peer_get_round_trip (back), ==, 412);

  g_assert_cmpstr (g_variant_get_type_string (variant), ==, "a{sv}");
  assert_is_leaf1 (back);
}

static void
note_property (GObject *peer, GParamSpec *pspec, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", pspec->name);
}

/* Only what is new is told, and each time all of it is there. */
static void
test_update (void)
{
  static const char *const addresses[] = { "192.0.2.2", NULL };
  g_autoptr (IsmbPeer) peer = leaf1 ();
  g_autoptr (IsmbPeer) same = leaf1 ();
  g_autoptr (IsmbPeer) news = ismb_peer_new ("leaf1.0a1b2c", "blue", "ab12", addresses, 5222,
                                             ISMB_TRUST_REVOKED, ISMB_LINK_STATE_LOST, TRUE);
  g_autoptr (GString) told = g_string_new (NULL);
  guint round_trip = 0;

  g_signal_connect (peer, "notify", G_CALLBACK (note_property), told);
  g_assert_true (_ismb_peer_equal (peer, same));
  _ismb_peer_update (peer, same);
  g_assert_cmpstr (told->str, ==, "");
  _ismb_peer_set_round_trip (news, 412);
  g_assert_false (_ismb_peer_equal (peer, news));
  _ismb_peer_update (peer, news);
  g_assert_true (_ismb_peer_equal (peer, news));
  g_assert_nonnull (strstr (told->str, "addresses "));
  g_assert_nonnull (strstr (told->str, "trust "));
  g_assert_nonnull (strstr (told->str, "link "));
  g_assert_nonnull (strstr (told->str, "round-trip "));
  g_assert_null (strstr (told->str, "port"));
  g_object_get (peer, "round-trip", &round_trip, NULL);
  g_assert_cmpuint (round_trip, ==, 412);
  g_assert_cmpuint (ismb_peer_get_round_trip (peer), ==, 412);
  g_assert_cmpstr (ismb_peer_get_addresses (peer)[0], ==, "192.0.2.2");
}

static IsmbPeer *
from_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return ismb_peer_new_from_variant (variant);
}

#define REST "'vr': <''>, 'id': <''>, 'addresses': <@as []>, 'port': <uint16 1>, 'local': <true>, "

static void
test_nonsense (void)
{
  static const char *const nonsense[] = {
    "'leaf1'",
    "@a{sv} {}",
    "{" REST "'trust': <'member'>, 'link': <'up'>}",
    "{" REST "'domain': <1>, 'trust': <'member'>, 'link': <'up'>}",
    "{" REST "'domain': <'d'>, 'trust': <'friend'>, 'link': <'up'>}",
    "{" REST "'domain': <'d'>, 'trust': <'member'>, 'link': <'down'>}",
    "{" REST "'domain': <'d'>, 'trust': <uint32 1>, 'link': <'up'>}",
    "{'domain': <'d'>, 'vr': <''>, 'id': <''>, 'addresses': <'192.0.2.1'>, 'port': <uint16 1>, "
    "'local': <true>, 'trust': <'member'>, 'link': <'up'>}",
    "{'domain': <'d'>, 'vr': <''>, 'id': <''>, 'addresses': <@as []>, 'port': <1>, "
    "'local': <true>, 'trust': <'member'>, 'link': <'up'>}",
  };
  g_autoptr (IsmbPeer) good = from_text ("{" REST "'domain': <'d'>, 'trust': <'member'>, "
                                         "'link': <'up'>, 'of-tomorrow': <1>}");

  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (nonsense); i++)
    g_assert_null (from_text (nonsense[i]));
}

static void
test_words (void)
{
  g_assert_cmpstr (ismb_trust_to_string (ISMB_TRUST_PENDING), ==, "pending");
  g_assert_cmpstr (ismb_trust_to_string (ISMB_TRUST_MEMBER), ==, "member");
  g_assert_cmpstr (ismb_trust_to_string (ISMB_TRUST_REVOKED), ==, "revoked");
  g_assert_cmpstr (ismb_trust_to_string (ISMB_TRUST_OPEN), ==, "open");
  g_assert_cmpstr (ismb_link_state_to_string (ISMB_LINK_STATE_IDLE), ==, "idle");
  g_assert_cmpstr (ismb_link_state_to_string (ISMB_LINK_STATE_UP), ==, "up");
  g_assert_cmpstr (ismb_link_state_to_string (ISMB_LINK_STATE_LOST), ==, "lost");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/peer/getters", test_getters);
  g_test_add_func ("/peer/properties", test_properties);
  g_test_add_func ("/peer/unknown-is-empty", test_unknown_is_empty);
  g_test_add_func ("/peer/over-the-bus", test_over_the_bus);
  g_test_add_func ("/peer/update", test_update);
  g_test_add_func ("/peer/nonsense", test_nonsense);
  g_test_add_func ("/peer/words", test_words);
  return g_test_run ();
}
