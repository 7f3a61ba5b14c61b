/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener"

#include "config.h"
#include "ismb/listener/ismb-switchboard.h"

#include <string.h>
#include <unistd.h>

#include "ismb/listener/ismb-door.h"
#include "ismb/listener/ismb-federation.h"
#include "ismb/listener/ismb-outside.h"
#include "ismb/listener/ismb-reunion.h"

#define UNIX_MODE 0666 /* who may come in is the accounts' to say, and the folder's */

struct _IsmbSwitchboard
{
  GObject parent_instance;

  IsmbFabric *fabric;
  IsmbPoller *poller;
  IsmbRoutes *routes;
  IsmbPresenceService *presence;
  IsmbRegistration *registration;
  IsmbSessions *sessions;
  IsmbPeers *peers;
  IsmbReunion *reunion; /* or NULL: without a fabric */
  IsmbFederation *federation; /* or NULL: with nobody */
  IsmbFabricService *fabric_service; /* or NULL: without a fabric */
  IsmbOutside *outside;
  IsmbDoor *path_door; /* or NULL */
  char *c2s_path;      /* that we made, or NULL */
};

G_DEFINE_FINAL_TYPE (IsmbSwitchboard, ismb_switchboard, G_TYPE_OBJECT)

enum
{
  OUTSIDE_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
close_all (IsmbSwitchboard *self)
{
  g_clear_pointer (&self->outside, ismb_outside_free);
  g_clear_pointer (&self->path_door, ismb_door_free);
  g_clear_pointer (&self->reunion, ismb_reunion_free);
  if (self->fabric_service != NULL)
    g_object_run_dispose (G_OBJECT (self->fabric_service)); /* whoever waits keeps it alive */
  g_clear_object (&self->fabric_service);
  ismb_sessions_close (self->sessions, NULL, "system-shutdown", NULL);
  ismb_peers_close (self->peers, "system-shutdown");
  if (self->federation != NULL)
    ismb_federation_close (self->federation, "system-shutdown");
  if (self->c2s_path != NULL)
    unlink (self->c2s_path);
  g_clear_pointer (&self->c2s_path, g_free);
}

static void
ismb_switchboard_dispose (GObject *object)
{
  IsmbSwitchboard *self = ISMB_SWITCHBOARD (object);

  if (self->sessions != NULL)
    close_all (self);
  g_clear_object (&self->sessions);
  g_clear_object (&self->peers);
  g_clear_object (&self->registration);
  g_clear_object (&self->federation);
  g_clear_object (&self->presence);
  g_clear_object (&self->routes);
  g_clear_object (&self->poller);
  g_clear_object (&self->fabric);
  G_OBJECT_CLASS (ismb_switchboard_parent_class)->dispose (object);
}

static void
ismb_switchboard_class_init (IsmbSwitchboardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_switchboard_dispose;
  signals[OUTSIDE_CHANGED] = g_signal_new ("outside-changed", G_TYPE_FROM_CLASS (klass),
                                           G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ismb_switchboard_init (IsmbSwitchboard *self)
{
}

/* Its sessions end before what they stood on goes. */
static void
on_account_removed (IsmbSwitchboard *self, const char *name)
{
  ismb_sessions_close (self->sessions, name, "not-authorized", "the account was removed");
  ismb_presence_service_account_removed (self->presence, name);
}

static void
on_password_changed (IsmbSwitchboard *self, const char *name, gpointer sink)
{
  ismb_sessions_close_others (self->sessions, name, sink);
}

/* Streams to come use the certificate as it is now. */
static gboolean
renew_tls (IsmbSwitchboard *self, GError **error)
{
  g_autofree char *chain = ismb_fabric_dup_chain_pem (self->fabric);
  char *key = ismb_identity_dup_key_pem (ismb_fabric_get_identity (self->fabric));
  g_autoptr (IsmbTlsContext) clients =
      ismb_tls_context_new (ISMB_TLS_CLIENTS, key, chain, error);
  g_autoptr (IsmbTlsContext) peers =
      clients != NULL ? ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, error) : NULL;
  g_autoptr (IsmbTlsContext) foreign =
      peers != NULL ? ismb_tls_context_new (ISMB_TLS_FOREIGN, key, chain, error) : NULL;

  explicit_bzero (key, strlen (key));
  g_free (key);
  if (foreign == NULL)
    return FALSE;
  if (!ismb_fabric_is_member (self->fabric)) /* no CA: nobody signs in by a certificate */
    ismb_tls_context_ask_nobody (clients);
  ismb_sessions_set_tls (self->sessions, clients);
  ismb_peers_set_tls (self->peers, peers);
  if (self->federation != NULL)
    ismb_federation_set_tls (self->federation, foreign);
  return TRUE;
}

static void
on_fabric_changed (IsmbSwitchboard *self)
{
  g_autoptr (GError) error = NULL;

  if (!renew_tls (self, &error))
    g_warning ("the old certificate stays in use: %s", error->message);
}

static IsmbServices *
make_services (IsmbSwitchboard *self, const IsmbSwitchboardPlan *plan)
{
  g_autoptr (IsmbRosterService) roster =
      ismb_roster_service_new (self->routes, plan->rosters, self->presence);
  IsmbServicesParts parts = {
    .store = plan->store,
    .routes = self->routes,
    .accounts = plan->accounts,
    .rosters = plan->rosters,
    .profiles = plan->profiles,
    .blocklists = plan->blocklists,
    .presence = self->presence,
    .roster = roster,
    .registration = self->registration,
    .keeps_messages = ismb_offline_has_room (plan->offline),
  };

  return ismb_services_new (&parts);
}

static void
federate (IsmbSwitchboard *self, const IsmbSwitchboardPlan *plan, IsmbRouter *router)
{
  if (plan->foreigners == NULL)
    return;
  self->federation = ismb_federation_new (
    ismb_peers_get_context (self->peers), plan->settings->max_stanza, plan->foreigners,
    self->routes, self->presence, router);
  ismb_peers_set_federation (self->peers, self->federation);
}

static void
make_parts (IsmbSwitchboard *self, const IsmbSwitchboardPlan *plan)
{
  g_autoptr (IsmbServices) services = NULL;
  g_autoptr (IsmbRouter) router = NULL;

  self->poller = ismb_poller_new (NULL);
  self->routes = ismb_routes_new (plan->domain);
  self->registration =
      ismb_registration_new (self->routes, plan->accounts, plan->registration);
  ismb_registration_set_reporter (self->registration, plan->reporter, plan->reporter_data);
  self->presence = ismb_presence_service_new (self->routes, plan->rosters, plan->accounts);
  ismb_routes_set_blocklists (self->routes, plan->blocklists);
  services = make_services (self, plan);
  router = ismb_router_new (self->routes, self->presence, services);
  ismb_router_set_offline (router, plan->offline);
  self->sessions = ismb_sessions_new (self->poller, self->routes, plan->accounts, self->presence,
                                      router, plan->require_tls);
  ismb_sessions_set_stanza_max (self->sessions, plan->settings->max_stanza);
  ismb_sessions_set_resume_time (self->sessions, plan->settings->resume_time);
  ismb_sessions_set_registration (self->sessions, self->registration);
  g_signal_connect_object (self->registration, "password-changed",
                           G_CALLBACK (on_password_changed), self, G_CONNECT_SWAPPED);
  ismb_sessions_set_capabilities (self->sessions, ismb_services_get_capabilities (services));
  self->peers = ismb_peers_new (self->poller, plan->place, plan->fabric, self->routes,
                                self->presence, router);
  ismb_peers_set_reporter (self->peers, plan->reporter, plan->reporter_data);
  ismb_peers_set_queue (self->peers, plan->settings->peer_queue,
                        plan->settings->peer_queue_time * 1000);
  federate (self, plan, router);
}

static gboolean
open_path (IsmbSwitchboard *self, const char *path, GError **error)
{
  int fd;

  if (path == NULL)
    return TRUE;
  fd = ismb_unix_listen (path, UNIX_MODE, error);
  if (fd < 0)
    return FALSE;
  self->c2s_path = g_strdup (path);
  self->path_door = ismb_door_new (self->poller, fd, ismb_sessions_accept, self->sessions, error);
  return self->path_door != NULL;
}

static void
on_outside_changed (gpointer user_data)
{
  g_signal_emit (user_data, signals[OUTSIDE_CHANGED], 0);
}

static gboolean
open_outside (IsmbSwitchboard *self, const IsmbSwitchboardPlan *plan, GError **error)
{
  const IsmbOutsidePlan outside = {
    .poller = self->poller,
    .place = plan->place,
    .routes = self->routes,
    .sessions = self->sessions,
    .peers = self->peers,
    .listen = plan->settings->listen,
    .c2s_port = plan->c2s_port,
    .s2s_port = plan->settings->s2s_port,
    .patient = plan->patient,
    .changed = on_outside_changed,
    .user_data = self,
  };

  self->outside = ismb_outside_new (&outside, error);
  return self->outside != NULL;
}

IsmbSwitchboard *
ismb_switchboard_new (const IsmbSwitchboardPlan *plan, GError **error)
{
  g_autoptr (IsmbSwitchboard) self = g_object_new (ISMB_TYPE_SWITCHBOARD, NULL);

  make_parts (self, plan);
  g_signal_connect_object (plan->accounts, "removed", G_CALLBACK (on_account_removed), self,
                           G_CONNECT_SWAPPED);
  if (plan->fabric != NULL)
    {
      self->fabric = g_object_ref (plan->fabric);
      ismb_sessions_set_fabric (self->sessions, plan->fabric,
                                ismb_virtual_router_get_name (plan->place));
      self->fabric_service
          = ismb_fabric_service_new (self->poller, plan->fabric, self->peers, self->routes,
                                     ismb_virtual_router_get_name (plan->place));
      g_signal_connect_object (self->fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                               G_CONNECT_SWAPPED);
      if (!renew_tls (self, error))
        return NULL;
    }
  if (!open_outside (self, plan, error) || !open_path (self, plan->settings->c2s_path, error))
    return NULL;
  if (plan->fabric != NULL)
    self->reunion = ismb_reunion_new (self->peers, plan->neighbours, self->poller);
  return g_steal_pointer (&self);
}

void
ismb_switchboard_add_peer (IsmbSwitchboard *self, const char *domain, const char *const *addresses,
                           guint16 port, const char *device_id)
{
  ismb_peers_add (self->peers, domain, addresses, port, device_id);
  if (self->reunion != NULL)
    ismb_reunion_note_announced (self->reunion, domain);
}

const char *
ismb_switchboard_get_domain (IsmbSwitchboard *self)
{
  return ismb_routes_get_domain (self->routes);
}

IsmbRoutes *
ismb_switchboard_get_routes (IsmbSwitchboard *self)
{
  return self->routes;
}

IsmbSessions *
ismb_switchboard_get_sessions (IsmbSwitchboard *self)
{
  return self->sessions;
}

IsmbPeers *
ismb_switchboard_get_peers (IsmbSwitchboard *self)
{
  return self->peers;
}

IsmbFabricService *
ismb_switchboard_get_fabric_service (IsmbSwitchboard *self)
{
  return self->fabric_service;
}

const char *
ismb_switchboard_get_lack (IsmbSwitchboard *self)
{
  return ismb_outside_get_lack (self->outside);
}

guint16
ismb_switchboard_get_c2s_port (IsmbSwitchboard *self)
{
  return ismb_outside_get_c2s_port (self->outside);
}

guint16
ismb_switchboard_get_s2s_port (IsmbSwitchboard *self)
{
  return ismb_outside_get_s2s_port (self->outside);
}
