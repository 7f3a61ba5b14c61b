/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two switches of one fabric, and one of none: who reaches whom, through listeners alone. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define LEAF "leaf1.0a1b2c"
#define SPINE "spine1.0d0e0f"

typedef struct
{
  IsmbListener *listener;
  IsmbFabric *fabric;
  char *folder;
} Switch;

typedef struct
{
  Switch leaf, spine;
  XmppClient *ada; /* ada@LEAF/desk */
  XmppClient *bob; /* bob@SPINE/desk */
} Fixture;

static void
load (Switch *self, const char *domain)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;

  self->folder = scratch_new ();
  self->fabric = ismb_fabric_load (self->folder, domain, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
}

/* `registrar` certifies `joiner`, as by hand. */
static void
certify (Switch *registrar, Switch *joiner)
{
  g_autoptr (GError) error = NULL;
  IsmbAuthority *authority = ismb_fabric_get_authority (registrar->fabric);
  g_autofree char *request = ismb_fabric_request (joiner->fabric, &error);
  g_autofree char *bundle = ismb_authority_sign (authority, request, &error);

  g_assert_no_error (error);
  ismb_fabric_install (joiner->fabric, bundle, ismb_authority_get_ca_hash (authority), &error);
  g_assert_no_error (error);
}

static void
start (Switch *self, const char *domain, const char *account)
{
  g_autoptr (GError) error = NULL;

  self->listener = ismb_listener_new ("blue");
  g_object_set (self->listener, "domain", domain, "s2s-port", 0, NULL);
  _ismb_listener_set_fabric (self->listener, self->fabric);
  g_assert_true (ismb_listener_create_account (self->listener, account, "secret", &error));
  ismb_listener_start (self->listener, 0, &error);
  g_assert_no_error (error);
}

static XmppClient *
sign_in (Switch *self, const char *name, const char *domain)
{
  XmppClient *client = xmpp_client_new (ismb_listener_get_c2s_port (self->listener));

  xmpp_client_sign_in (client, name, domain, "secret", "desk");
  return client;
}

/* `data` is "members", or "strangers": then the spine is of no fabric. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  load (&fixture->leaf, LEAF);
  load (&fixture->spine, SPINE);
  g_assert_true (ismb_fabric_establish (fixture->leaf.fabric, "test", &error));
  g_assert_no_error (error);
  if (g_str_equal (data, "members"))
    certify (&fixture->leaf, &fixture->spine);
  start (&fixture->leaf, LEAF, "ada");
  start (&fixture->spine, SPINE, "bob");
  fixture->ada = sign_in (&fixture->leaf, "ada", LEAF);
  fixture->bob = sign_in (&fixture->spine, "bob", SPINE);
}

static void
switch_clear (Switch *self)
{
  g_assert_finalize_object (self->listener);
  g_assert_finalize_object (self->fabric);
  scratch_remove (self->folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  xmpp_client_free (fixture->ada);
  xmpp_client_free (fixture->bob);
  switch_clear (&fixture->leaf);
  switch_clear (&fixture->spine);
}

static void
tell (Switch *self, Switch *other, const char *domain)
{
  static const char *const here[] = { "127.0.0.1", NULL };

  ismb_listener_add_peer (self->listener, domain, here,
                          ismb_listener_get_s2s_port (other->listener), NULL);
}

static IsmbPeer *
find_peer (Switch *self, const char *domain)
{
  g_autolist (IsmbPeer) peers = ismb_listener_list_peers (self->listener);

  for (GList *each = peers; each != NULL; each = each->next)
    if (g_str_equal (ismb_peer_get_domain (each->data), domain))
      return g_object_ref (each->data);
  return NULL;
}

static void
wait_for_trust (Switch *self, const char *domain, IsmbTrust trust)
{
  for (;;)
    {
      g_autoptr (IsmbPeer) peer = find_peer (self, domain);

      if (peer != NULL && ismb_peer_get_trust (peer) == trust)
        return;
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
test_members_exchange_messages (Fixture *fixture, gconstpointer data)
{
  g_autofree char *there = NULL, *back = NULL;

  tell (&fixture->leaf, &fixture->spine, SPINE);
  xmpp_client_send (fixture->ada, "<message to='bob@" SPINE "/desk'><body>hi</body></message>");
  there = xmpp_client_expect (fixture->bob, "</message>");
  g_assert_nonnull (strstr (there, "from='ada@" LEAF "/desk'"));
  wait_for_trust (&fixture->leaf, SPINE, ISMB_TRUST_MEMBER);
  /* The spine was told of nobody: it knows the leaf by its certificate. */
  wait_for_trust (&fixture->spine, LEAF, ISMB_TRUST_MEMBER);
  xmpp_client_send (fixture->bob, "<message to='ada@" LEAF "/desk'><body>hello</body></message>");
  back = xmpp_client_expect (fixture->ada, "<body>hello</body>");
}

static void
test_new_peer_proves_itself (Fixture *fixture, gconstpointer data)
{
  tell (&fixture->leaf, &fixture->spine, SPINE);
  wait_for_trust (&fixture->leaf, SPINE, ISMB_TRUST_MEMBER);
}

static void
test_services_answer_across (Fixture *fixture, gconstpointer data)
{
  tell (&fixture->leaf, &fixture->spine, SPINE);
  xmpp_client_send (fixture->ada, "<iq type='get' id='version' to='" SPINE "'>"
                                  "<query xmlns='jabber:iq:version'/></iq>");
  g_free (xmpp_client_expect (fixture->ada, "<name>ISMB</name>"));
  /* Roles are for Switch Control to know. */
  xmpp_client_send (fixture->ada, "<iq type='get' id='role' to='" SPINE "'>"
                                  "<role xmlns='urn:ismb:role:1' jid='bob@" SPINE "'/></iq>");
  g_free (xmpp_client_expect (fixture->ada, "<item-not-found"));
  xmpp_client_send (fixture->ada, "<message id='m1' to='nobody@" SPINE "'><body>x</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "<service-unavailable"));
}

static void
test_presence_holds_the_link (Fixture *fixture, gconstpointer data)
{
  tell (&fixture->leaf, &fixture->spine, SPINE);
  tell (&fixture->spine, &fixture->leaf, LEAF);
  xmpp_client_send (fixture->bob, "<presence/>");
  xmpp_client_send (fixture->ada, "<presence/><presence type='subscribe' to='bob@" SPINE "'/>");
  g_free (xmpp_client_expect (fixture->bob, "type='subscribe'"));
  xmpp_client_send (fixture->bob, "<presence type='subscribed' to='ada@" LEAF "'/>");
  g_free (xmpp_client_expect (fixture->ada, "from='bob@" SPINE "/desk'"));
  /* A switch that goes takes its accounts' presence with it. */
  ismb_listener_stop (fixture->spine.listener);
  g_free (xmpp_client_expect (fixture->ada, "type='unavailable'"));
}

static void
test_stranger_is_kept_out (Fixture *fixture, gconstpointer data)
{
  tell (&fixture->leaf, &fixture->spine, SPINE);
  tell (&fixture->spine, &fixture->leaf, LEAF);
  xmpp_client_send (fixture->bob, "<message to='ada@" LEAF "/desk'><body>hi</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "type='error'"));
  xmpp_client_send (fixture->ada, "<message to='bob@" SPINE "/desk'><body>hi</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "type='error'"));
  wait_for_trust (&fixture->leaf, SPINE, ISMB_TRUST_PENDING);
}

static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return (level & G_LOG_LEVEL_WARNING) == 0;
}

static void
keep_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_string_append (user_data, message);
}

/* Ten thousand names that nobody has: who is true among them is reached, and they make room. */
static void
test_forged_names (Fixture *fixture, gconstpointer data)
{
  static const char *const nowhere[] = { "127.0.0.1", NULL };
  g_autoptr (GString) warnings = g_string_new (NULL);
  guint handler = g_log_set_handler ("ismb.listener.peers",
                                     (GLogLevelFlags) (G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL),
                                     keep_warning, warnings);
  GList *peers;

  g_test_log_set_fatal_handler (is_fatal, NULL);
  for (guint i = 0; i < 10500; i++)
    {
      g_autofree char *name = g_strdup_printf ("forged%u.000001", i);

      ismb_listener_add_peer (fixture->leaf.listener, name, nowhere, 1, NULL);
    }
  tell (&fixture->leaf, &fixture->spine, SPINE);
  xmpp_client_send (fixture->ada, "<message to='bob@" SPINE "/desk'><body>hi</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "<body>hi</body></message>"));
  wait_for_trust (&fixture->leaf, SPINE, ISMB_TRUST_MEMBER);
  for (guint i = 0; i < 10500; i++)
    {
      g_autofree char *name = g_strdup_printf ("again%u.000001", i);

      ismb_listener_add_peer (fixture->leaf.listener, name, nowhere, 1, NULL);
    }
  wait_for_trust (&fixture->leaf, SPINE, ISMB_TRUST_MEMBER);
  peers = ismb_listener_list_peers (fixture->leaf.listener);
  g_assert_cmpuint (g_list_length (peers), ==, 10000 + 2);
  g_list_free_full (peers, g_object_unref);
  g_assert_nonnull (strstr (warnings->str, "too many names"));
  g_log_remove_handler ("ismb.listener.peers", handler);
}

#define ADD(name, data, test) g_test_add ("/peers/" name, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("members-exchange-messages", "members", test_members_exchange_messages);
  ADD ("new-peer-proves-itself", "members", test_new_peer_proves_itself);
  ADD ("services-answer-across", "members", test_services_answer_across);
  ADD ("presence-holds-the-link", "members", test_presence_holds_the_link);
  ADD ("forged-names", "members", test_forged_names);
  ADD ("stranger-is-kept-out", "strangers", test_stranger_is_kept_out);
  return g_test_run ();
}
