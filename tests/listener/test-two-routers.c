/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual routers whose places touch: whoever is led from one into the other goes no further. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define LEAF "leaf1.0a1b2c"
#define SPINE "spine1.0d0e0f"

static const char *const both[] = { "blue", "red", NULL };
static const char *const here[] = { "127.0.0.1", NULL };

/* A switch with a listener in each of two virtual routers, all of them at 127.0.0.1. */
typedef struct
{
  char *folder;
  IsmbFabric *fabric;
  IsmbListener *listeners[2]; /* of both, in their order */
} Host;

typedef struct
{
  Host leaf, spine;
} Fixture;

static IsmbListener *
start (Host *self, const char *domain, const char *vr, const char *account)
{
  g_autoptr (GError) error = NULL;
  IsmbListener *listener = ismb_listener_new (vr);

  g_object_set (listener, "domain", domain, "s2s-port", 0, "peer-queue-time", 2, NULL);
  _ismb_listener_set_fabric (listener, self->fabric);
  ismb_listener_create_account (listener, account, "secret", &error);
  g_assert_no_error (error);
  ismb_listener_start (listener, 0, &error);
  g_assert_no_error (error);
  return listener;
}

static void
load (Host *self, const char *domain)
{
  g_autoptr (GError) error = NULL;

  self->folder = scratch_new ();
  self->fabric = ismb_fabric_load (self->folder, domain, both, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
}

static void
join (Host *self, Host *registrar)
{
  g_autoptr (GError) error = NULL;
  IsmbAuthority *authority = ismb_fabric_get_authority (registrar->fabric);
  g_autofree char *request = ismb_fabric_request (self->fabric, &error);
  g_autofree char *bundle = ismb_authority_sign (authority, request, &error);

  ismb_fabric_install (self->fabric, bundle, ismb_authority_get_ca_hash (authority), &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  load (&fixture->leaf, LEAF);
  load (&fixture->spine, SPINE);
  g_assert_true (ismb_fabric_establish (fixture->leaf.fabric, "lab", NULL));
  join (&fixture->spine, &fixture->leaf);
  for (guint i = 0; i < 2; i++)
    {
      fixture->leaf.listeners[i] = start (&fixture->leaf, LEAF, both[i], "ada");
      fixture->spine.listeners[i] = start (&fixture->spine, SPINE, both[i], "bob");
    }
}

static void
clear (Host *self)
{
  for (guint i = 0; i < 2; i++)
    g_assert_finalize_object (self->listeners[i]);
  g_assert_finalize_object (self->fabric);
  scratch_remove (self->folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  clear (&fixture->leaf);
  clear (&fixture->spine);
}

/* As discovery does, be it true or not. */
static void
announce (IsmbListener *to, IsmbListener *who)
{
  ismb_listener_add_peer (to, SPINE, here, ismb_listener_get_s2s_port (who), NULL);
}

static XmppClient *
sign_in (IsmbListener *listener, const char *name, const char *domain)
{
  XmppClient *client = xmpp_client_new (ismb_listener_get_c2s_port (listener));

  xmpp_client_sign_in (client, name, domain, "secret", "x");
  return client;
}

static gboolean
has_met_anybody (IsmbListener *self)
{
  g_autolist (IsmbPeer) peers = ismb_listener_list_peers (self);

  for (GList *each = peers; each != NULL; each = each->next)
    if (!ismb_peer_get_local (each->data) && ismb_peer_get_trust (each->data) == ISMB_TRUST_MEMBER)
      return TRUE;
  return FALSE;
}

static void
test_other_router_is_refused (Fixture *fixture, gconstpointer data)
{
  IsmbListener *blue = fixture->leaf.listeners[0], *red = fixture->spine.listeners[1];
  g_autoptr (XmppClient) ada = sign_in (blue, "ada", LEAF);
  g_autofree char *refusal = NULL;

  announce (blue, red);
  xmpp_client_send (ada, "<message to='bob@" SPINE "' id='m'><body>hello</body></message>");
  refusal = xmpp_client_expect (ada, "</error></message>");
  g_assert_nonnull (strstr (refusal, "<remote-server-not-found "));
  g_assert_false (has_met_anybody (red));
}

/* And is no hindrance to the way that leads there. */
static void
test_right_way_is_found_beside (Fixture *fixture, gconstpointer data)
{
  IsmbListener *blue = fixture->leaf.listeners[0];
  g_autoptr (XmppClient) ada = sign_in (blue, "ada", LEAF);
  g_autoptr (XmppClient) bob = sign_in (fixture->spine.listeners[0], "bob", SPINE);

  announce (blue, fixture->spine.listeners[0]);
  announce (blue, fixture->spine.listeners[1]); /* the news is tried first */
  xmpp_client_send (ada, "<message to='bob@" SPINE "/x' id='m'><body>hello</body></message>");
  g_free (xmpp_client_expect (bob, "<body>hello</body>"));
}

#define ADD(name, test) g_test_add ("/two-routers/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("other-router-is-refused", test_other_router_is_refused);
  ADD ("right-way-is-found-beside", test_right_way_is_found_beside);
  return g_test_run ();
}
