/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/plugins/ismb-capabilities.h"
#include "ismb/plugins/ismb-caps-hash.h"
#include "ismb/plugins/ismb-disco.h"
#include "tests/plugins/stage.h"

#define CAPS "http://jabber.org/protocol/caps"

static IsmbDiscoInfo *
read_info (const char *inside)
{
  g_autofree char *xml = g_strdup_printf (
      "<query xmlns='http://jabber.org/protocol/disco#info'>%s</query>", inside);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbElement) element = ismb_element_new_from_string (xml, &error);

  g_assert_no_error (error);
  return g_object_new (ISMB_TYPE_DISCO_INFO, "element", element, NULL);
}

#define EXODUS                                                                                     \
  "<feature var='http://jabber.org/protocol/muc'/>"                                                \
  "<feature var='http://jabber.org/protocol/disco#info'/>"                                         \
  "<feature var='http://jabber.org/protocol/disco#items'/>"                                        \
  "<feature var='http://jabber.org/protocol/caps'/>"
#define PSI                                                                                        \
  "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"                          \
  "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>"                            \
  EXODUS "<x xmlns='jabber:x:data' type='result'>"                                                 \
         "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value>"     \
         "</field><field var='ip_version'><value>ipv4</value><value>ipv6</value></field>"          \
         "<field var='os'><value>Mac</value></field><field var='os_version'>"                      \
         "<value>10.5.1</value></field><field var='software'><value>Psi</value></field>"           \
         "<field var='software_version'><value>0.11</value></field></x>"

/* The examples of XEP-0115, 5.2 and 5.3. */
static void
test_examples (void)
{
  g_autoptr (IsmbDiscoInfo) exodus =
      read_info ("<identity category='client' name='Exodus 0.9.1' type='pc'/>" EXODUS);
  g_autoptr (IsmbDiscoInfo) psi = read_info (PSI);
  g_autofree char *first = ismb_caps_hash_compute (exodus, "sha-1");
  g_autofree char *second = ismb_caps_hash_compute (psi, "sha-1");

  g_assert_cmpstr (first, ==, "QgayPKawpkPSDYmwT/WM94uAlu0=");
  g_assert_cmpstr (second, ==, "q07IKJEyjvHSyhy//CH0CxmKi8w=");
  g_assert_null (ismb_caps_hash_compute (psi, "md4"));
}

static void
test_ill_formed (void)
{
#define ME "<identity category='client' type='pc'/>"
#define TYPED "<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>a</value></field></x>"
  static const char *const ill[] = {
    "",
    ME ME,
    ME "<feature var='a'/><feature var='a'/>",
    ME TYPED TYPED,
    ME "<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>a</value>"
       "<value>b</value></field></x>",
    ME "<feature var='a&lt;b'/>",
    "<identity category='client' type='pc' name='a&lt;b'/>",
    "<identity category='http:' type='x' name='b'/>",
    "<identity category='client' type='' name='b'/>",
  };
  g_autoptr (IsmbDiscoInfo) plain = read_info (ME);
  g_autoptr (IsmbDiscoInfo) untyped = read_info (
      ME "<x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>a</value></field></x>");
  g_autofree char *first = ismb_caps_hash_compute (plain, "sha-256");
  g_autofree char *second = ismb_caps_hash_compute (untyped, "sha-256");

  for (gsize i = 0; i < G_N_ELEMENTS (ill); i++)
    {
      g_autoptr (IsmbDiscoInfo) info = read_info (ill[i]);

      g_assert_null (ismb_caps_hash_compute (info, "sha-1"));
    }
  g_assert_nonnull (first);
  g_assert_cmpstr (first, ==, second);
}

/* On a stage */

static IsmbCapabilities *
caps_of (IsmbTestGuest *guest)
{
  return stage_enable (guest, "xep_0115");
}

static gboolean
is_known (gpointer data)
{
  g_autoptr (IsmbDiscoInfo) info = ismb_capabilities_get_info (caps_of (alice), data);

  return info != NULL;
}

static const char *
get_ver (IsmbTestGuest *guest, const char *event)
{
  g_autoptr (IsmbElement) presence =
      ismb_stanza_get_element (ISMB_STANZA (ismb_test_guest_get_payload (guest, event)));
  g_autoptr (IsmbElement) caps = ismb_element_find (presence, "c", CAPS);

  return caps != NULL ? ismb_element_get_attribute (caps, "ver") : NULL;
}

static void
test_learns_from_presence (void)
{
  guint events = ismb_test_guest_count (alice, "entity_caps");
  g_autoptr (IsmbDiscoInfo) info = NULL;

  g_assert_null (ismb_capabilities_get_info (caps_of (alice), stage_jid (bob)));
  ismb_client_add_feature (ismb_test_guest_get_client (bob), "urn:example:lights");
  stage_show (bob, alice);
  ismb_test_wait_until (is_known, stage_jid (bob), "bob's capabilities");
  info = ismb_capabilities_get_info (caps_of (alice), stage_jid (bob));
  g_assert_true (ismb_disco_info_has_feature (info, "urn:example:lights"));
  g_assert_cmpstr (get_ver (alice, "entity_caps"), ==,
                   ismb_capabilities_get_ver (caps_of (bob)));
  g_assert_cmpuint (ismb_test_guest_count (alice, "entity_caps"), ==, events + 1);
}

static void
test_tells_of_a_change (void)
{
  guint told = ismb_test_guest_count (bob, "presence_available");
  g_autofree char *old = g_strdup (ismb_capabilities_get_ver (caps_of (bob)));

  ismb_client_add_feature (ismb_test_guest_get_client (bob), "urn:example:doors");
  ismb_client_add_feature (ismb_test_guest_get_client (bob), "urn:example:fans");
  g_assert_cmpstr (ismb_capabilities_get_ver (caps_of (bob)), !=, old);
  ismb_test_guest_await (bob, "presence_available", told + 1);
  g_assert_cmpstr (get_ver (bob, "presence_available"), ==,
                   ismb_capabilities_get_ver (caps_of (bob)));
  g_assert_cmpuint (ismb_test_guest_count (bob, "presence_available"), ==, told + 1);
}

static gboolean
lie (IsmbDisco *disco, const char *node, IsmbIq *request, IsmbDiscoInfo *info, gpointer user_data)
{
  ismb_disco_info_add_identity (info, "client", "liar", NULL, NULL);
  *(guint *) user_data += 1;
  return TRUE;
}

static gboolean
is_positive (gpointer data)
{
  return *(guint *) data > 0;
}

static gboolean
is_liar_noted (gpointer data)
{
  IsmbDisco *disco = stage_enable (alice, "xep_0030");
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (IsmbDiscoInfo) info = NULL;

  ismb_disco_get_info_async (disco, data, NULL, TRUE, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  info = ismb_disco_get_info_finish (disco, result, NULL);
  return ismb_disco_info_has_identity (info, "client", "liar");
}

/* Carol shows bob's string before he does, and says that another thing stands behind it. */
static void
test_is_not_poisoned (void)
{
  g_autoptr (IsmbTestGuest) carol = ismb_test_guest_new (server, "carol");
  g_autofree char *xml = NULL;
  g_autoptr (IsmbDiscoInfo) info = NULL;
  guint asked = 0;

  ismb_test_guest_open (carol, FALSE);
  ismb_client_add_feature (ismb_test_guest_get_client (bob), "urn:example:new");
  g_signal_connect (stage_enable (carol, "xep_0030"), "info-requested", G_CALLBACK (lie), &asked);
  xml = g_strdup_printf ("<c xmlns='" CAPS "' hash='sha-1' node='urn:ismb:client' ver='%s'/>",
                         ismb_capabilities_get_ver (caps_of (bob)));
  stage_show_with (carol, alice, xml);
  ismb_test_wait_until (is_positive, &asked, "the question to carol");
  stage_show (bob, alice);
  ismb_test_wait_until (is_known, stage_jid (bob), "bob's capabilities");
  info = ismb_capabilities_get_info (caps_of (alice), stage_jid (bob));
  g_assert_true (ismb_disco_info_has_feature (info, "urn:example:new"));
  g_assert_false (ismb_disco_info_has_identity (info, "client", "liar"));
}

/* Alone, she is what she says; of others that says nothing. */
static void
test_liar_lies_for_itself (void)
{
  g_autoptr (IsmbTestGuest) carol = ismb_test_guest_new (server, "carol");
  guint asked = 0;

  ismb_test_guest_open (carol, FALSE);
  g_signal_connect (stage_enable (carol, "xep_0030"), "info-requested", G_CALLBACK (lie), &asked);
  stage_show_with (carol, alice, "<c xmlns='" CAPS "' hash='sha-1' node='urn:x' ver='AAAA'/>");
  ismb_test_wait_until (is_positive, &asked, "the question to carol");
  ismb_test_wait_until (is_liar_noted, stage_jid (carol), "what carol said");
  g_assert_false (is_known (stage_jid (carol)));
}

static void
test_odd_presence (void)
{
  static const char *const odd[] = {
    "<c xmlns='" CAPS "'/>",
    "<c xmlns='" CAPS "' node='urn:x' ver='1.0' ext='a b'/>",
    "<c xmlns='" CAPS "' hash='sha-1'/>",
    "<c xmlns='" CAPS "' hash='sha 1' node='urn:x' ver='a'/>",
    "<c xmlns='" CAPS "' hash='whirlpool' node='urn:x' ver='a'/>",
  };
  guint legacy = ismb_test_guest_count (alice, "entity_caps_legacy");
  guint current = ismb_test_guest_count (alice, "entity_caps");

  ismb_client_disable_plugin (ismb_test_guest_get_client (bob), "xep_0115");
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    stage_show_with (bob, alice, odd[i]);
  stage_show (bob, alice);
  g_assert_cmpuint (ismb_test_guest_count (alice, "entity_caps_legacy"), ==, legacy + 2);
  g_assert_cmpuint (ismb_test_guest_count (alice, "entity_caps"), ==, current + 3);
}

static void
test_stock_client (void)
{
  g_autoptr (IsmbTestStock) stock = ismb_test_stock_new (server, "carol", alice);
  g_autoptr (IsmbDiscoInfo) info = NULL;

  if (stock == NULL)
    {
      g_test_skip ("slixmpp is not installed");
      return;
    }
  ismb_client_add_feature (ismb_test_guest_get_client (alice), "urn:example:lights");
  ismb_client_send_last_presence (ismb_test_guest_get_client (alice),
                                  ismb_jid_get_full (ismb_test_stock_get_jid (stock)), NULL);
  ismb_test_stock_check (stock, "capabilities");
  ismb_test_wait_until (is_known, ismb_test_stock_get_jid (stock), "the stock client's");
  info = ismb_capabilities_get_info (caps_of (alice), ismb_test_stock_get_jid (stock));
  g_assert_true (ismb_disco_info_has_feature (info, "jabber:iq:version"));
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!stage_set_up (argc, argv))
    return 0;
  stage_enable (alice, "xep_0115");
  stage_enable (bob, "xep_0115");
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_test_add_func ("/capabilities/examples", test_examples);
  g_test_add_func ("/capabilities/ill-formed", test_ill_formed);
  g_test_add_func ("/capabilities/learns-from-presence", test_learns_from_presence);
  g_test_add_func ("/capabilities/tells-of-a-change", test_tells_of_a_change);
  g_test_add_func ("/capabilities/is-not-poisoned", test_is_not_poisoned);
  g_test_add_func ("/capabilities/liar-lies-for-itself", test_liar_lies_for_itself);
  g_test_add_func ("/capabilities/odd-presence", test_odd_presence);
  g_test_add_func ("/capabilities/stock-client", test_stock_client);
  status = g_test_run ();
  stage_tear_down ();
  return status;
}
