/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.vr"

#include "config.h"
#include "switchctl/daemon/vr.h"

#include "ismb/core/ismb-error.h"
#include "ismb/discovery/ismb-mdns-embedded.h"
#include "ismb/listener/ismb-listener-private.h"
#include "ismb/net/ismb-virtual-router.h"
#include "switchctl/daemon/folder.h"
#include "switchctl/daemon/strangers.h"

struct _SwitchVr
{
  GObject parent_instance;

  const SwitchVrConfig *config;
  char *domain;
  char *state_dir;   /* <state-dir>/<vr> */
  char *runtime_dir; /* <runtime-dir>/<vr> */
  char *c2s_path;
  guint audit_rows;
  gboolean durable;
  IsmbFabric *fabric;
  SwitchStrangers *strangers; /* outlives every listener, which reports to it */

  IsmbVirtualRouter *place;
  IsmbStore *store;
  IsmbAudit *audit;
  IsmbListener *listener;      /* NULL while down */
  gboolean enabled;
  char *fault;                 /* why it is down though it is enabled, or NULL */
  IsmbMdnsEmbedded *discovery; /* NULL where there is none */
  char *announced_id;          /* the device's, while discovery runs */
};

G_DEFINE_FINAL_TYPE (SwitchVr, switch_vr, G_TYPE_OBJECT)

enum
{
  STATE_CHANGED,
  COUNTED,
  HEARD,
  PEER_FOUND,
  PEER_CHANGED,
  PEER_LOST,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void take_down (SwitchVr *self);

static void
switch_vr_dispose (GObject *object)
{
  SwitchVr *self = SWITCH_VR (object);

  take_down (self);
  g_clear_object (&self->fabric);
  G_OBJECT_CLASS (switch_vr_parent_class)->dispose (object);
}

static void
switch_vr_finalize (GObject *object)
{
  SwitchVr *self = SWITCH_VR (object);

  g_free (self->domain);
  g_free (self->state_dir);
  g_free (self->runtime_dir);
  g_free (self->c2s_path);
  g_free (self->announced_id);
  g_free (self->fault);
  switch_strangers_free (self->strangers);
  G_OBJECT_CLASS (switch_vr_parent_class)->finalize (object);
}

static void
switch_vr_class_init (SwitchVrClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = switch_vr_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_vr_finalize;
  signals[STATE_CHANGED] =
      g_signal_new ("state-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[COUNTED] =
      g_signal_new ("counted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[HEARD] =
      g_signal_new ("heard", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[PEER_FOUND] = g_signal_new ("peer-found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, ISMB_TYPE_PEER);
  signals[PEER_CHANGED] = g_signal_new ("peer-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, ISMB_TYPE_PEER);
  signals[PEER_LOST] = g_signal_new ("peer-lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
switch_vr_init (SwitchVr *self)
{
  self->strangers = switch_strangers_new ();
}

/* `fab=` tells which fabric someone belongs to, and `vr=` is what the two must have in common: the
 * same link may carry more than one virtual router. */
static void
on_candidate (SwitchVr *self, const IsmbCandidate *candidate)
{
  if (!g_str_equal (candidate->vr, self->config->name))
    {
      g_debug ("%s is passed over: it is announced for the virtual router `%s`", candidate->domain,
               candidate->vr);
      return;
    }
  ismb_listener_add_peer (self->listener, candidate->domain, candidate->addresses, candidate->port,
                          candidate->id[0] != '\0' ? candidate->id : NULL);
  _ismb_listener_hint_fabric (self->listener, candidate->domain, candidate->fabric);
  g_signal_emit (self, signals[HEARD], 0);
}

static void
on_lost (SwitchVr *self, const char *domain)
{
  ismb_listener_remove_peer (self->listener, domain);
}

static void
on_peer_found (SwitchVr *self, IsmbPeer *peer)
{
  g_signal_emit (self, signals[PEER_FOUND], 0, peer);
}

static void
on_peer_changed (SwitchVr *self, IsmbPeer *peer)
{
  if (ismb_peer_get_local (peer))
    g_signal_emit (self, signals[STATE_CHANGED], 0);
  g_signal_emit (self, signals[PEER_CHANGED], 0, peer);
}

static void
on_peer_lost (SwitchVr *self, const char *domain)
{
  g_signal_emit (self, signals[PEER_LOST], 0, domain);
}

static gboolean
run_inside (void (*func) (gpointer data), gpointer data, gpointer place, GError **error)
{
  return ismb_virtual_router_run (ISMB_VIRTUAL_ROUTER (place), func, data, error);
}

/* A bus without discovery is still a bus: others may find us. */
static void
start_discovery (SwitchVr *self)
{
  const char *id = ismb_identity_get_full_id (ismb_fabric_get_identity (self->fabric));
  g_autoptr (GError) error = NULL;

  if (!self->config->mdns || self->discovery != NULL || switch_vr_get_lack (self) != NULL)
    return;
  g_free (self->announced_id);
  self->announced_id = g_strdup (id);
  self->discovery = ismb_mdns_embedded_new (
      self->domain, self->config->name, ismb_listener_get_s2s_port (self->listener), id,
      ismb_fabric_get_id (self->fabric), self->config->bind_device, run_inside,
      g_object_ref (self->place), g_object_unref);
  g_signal_connect_object (self->discovery, "found", G_CALLBACK (on_candidate), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->discovery, "changed", G_CALLBACK (on_candidate), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->discovery, "lost", G_CALLBACK (on_lost), self, G_CONNECT_SWAPPED);
  if (ismb_discovery_start (ISMB_DISCOVERY (self->discovery), &error))
    return;
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "ISMB_VIRTUAL_ROUTER", self->config->name,
                    "MESSAGE", "%s; other switches are not found", error->message);
  g_clear_object (&self->discovery);
}

static void
stop_discovery (SwitchVr *self)
{
  if (self->discovery != NULL)
    ismb_discovery_stop (ISMB_DISCOVERY (self->discovery));
  g_clear_object (&self->discovery);
}

/* A switch that has a new key announces itself as another device. */
static void
on_fabric_changed (SwitchVr *self)
{
  const char *id = ismb_identity_get_full_id (ismb_fabric_get_identity (self->fabric));

  if (self->discovery == NULL)
    return;
  if (g_str_equal (id, self->announced_id))
    {
      ismb_mdns_embedded_set_fabric_id (self->discovery, ismb_fabric_get_id (self->fabric));
      return;
    }
  stop_discovery (self);
  start_discovery (self);
}

/* A namespace made anew is another network. */
static void
on_waiting (SwitchVr *self)
{
  stop_discovery (self);
  start_discovery (self);
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

static void
on_counted (SwitchVr *self)
{
  g_signal_emit (self, signals[COUNTED], 0);
}

/* Where the place is the daemon's own, what is missing is a mistake, and VR-Mgmt says so at
 * once. */
static gboolean
is_patient (SwitchVr *self)
{
  return self->config->netns != NULL || self->config->bind_device != NULL
         || !g_str_equal (self->config->name, SWITCH_VR_MGMT);
}

static gboolean
start_listener (SwitchVr *self, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *database = g_build_filename (self->state_dir, "bus.db", NULL);

  if (!switch_folder_make (self->state_dir, 0700, error)
      || !switch_folder_make (self->runtime_dir, 0755, error))
    return FALSE;
  self->store = self->durable ? ismb_store_open_durable (database, error)
                              : ismb_store_open (database, error);
  if (self->store == NULL)
    return FALSE;
  self->audit = ismb_audit_load (self->store, self->audit_rows, error);
  if (self->audit == NULL)
    return FALSE;
  switch_strangers_set_audit (self->strangers, self->audit);
  self->place =
      ismb_virtual_router_new (self->config->name, self->config->netns, self->config->bind_device);
  self->listener = ismb_listener_new (self->config->name);
  g_object_set (self->listener, "domain", self->domain, "listen", self->config->listen, "s2s-port",
                (int) self->config->s2s_port, "c2s-path", self->c2s_path, "require-tls",
                self->config->require_tls, "max-stanza", self->config->max_stanza, "registration",
                self->config->registration, "peer-queue", self->config->peer_queue,
                "peer-queue-time", (guint) self->config->peer_queue_time, "offline-messages",
                self->config->offline_messages, "offline-bytes", self->config->offline_bytes,
                "resume-time", (guint) self->config->resume_time, NULL);
  _ismb_listener_set_place (self->listener, self->place);
  _ismb_listener_set_store (self->listener, self->store);
  _ismb_listener_set_fabric (self->listener, self->fabric);
  _ismb_listener_set_federation (self->listener, self->config->federate, self->config->federate_ca);
  _ismb_listener_set_reporter (self->listener, switch_strangers_report, self->strangers);
  _ismb_listener_set_patient (self->listener, is_patient (self));
  ismb_listener_start (self->listener, (guint16) self->config->c2s_port, &cause);
  if (cause == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static void
watch_listener (SwitchVr *self)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } handlers[] = {
    { "peer-found", G_CALLBACK (on_peer_found) },
    { "peer-changed", G_CALLBACK (on_peer_changed) },
    { "peer-lost", G_CALLBACK (on_peer_lost) },
    { "notify::waiting-for", G_CALLBACK (on_waiting) },
    { "notify::session-count", G_CALLBACK (on_counted) },
    { "notify::peer-count", G_CALLBACK (on_counted) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (self->listener, handlers[i].signal, handlers[i].handler, self,
                             G_CONNECT_SWAPPED);
}

gboolean
switch_vr_start (SwitchVr *self, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (self->listener != NULL)
    return TRUE;
  self->enabled = TRUE;
  g_clear_pointer (&self->fault, g_free);
  if (!start_listener (self, &cause))
    {
      switch_vr_fail (self, cause);
      g_propagate_prefixed_error (error, g_steal_pointer (&cause), "%s: ", self->config->name);
      return FALSE;
    }
  watch_listener (self);
  start_discovery (self);
  g_signal_emit (self, signals[STATE_CHANGED], 0);
  return TRUE;
}

static void
take_down (SwitchVr *self)
{
  g_autoptr (IsmbListener) listener = g_steal_pointer (&self->listener);
  g_autoptr (GError) error = NULL;

  stop_discovery (self);
  if (listener != NULL)
    {
      g_signal_handlers_disconnect_by_data (listener, self);
      ismb_listener_stop (listener);
    }
  switch_strangers_set_audit (self->strangers, NULL);
  if (self->store != NULL && !ismb_store_sync (self->store, &error))
    g_warning ("%s: %s", self->config->name, error->message);
  g_clear_object (&self->audit);
  g_clear_object (&self->store);
  g_clear_object (&self->place);
}

void
switch_vr_stop (SwitchVr *self)
{
  self->enabled = FALSE;
  g_clear_pointer (&self->fault, g_free);
  take_down (self);
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

void
switch_vr_fail (SwitchVr *self, const GError *error)
{
  take_down (self);
  g_free (self->fault);
  self->fault = g_strdup (error->message);
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

SwitchVr *
switch_vr_new (const SwitchVrConfig *config, const SwitchConfig *whole, const char *domain,
               IsmbFabric *fabric)
{
  SwitchVr *self = g_object_new (SWITCH_TYPE_VR, NULL);

  self->config = config;
  self->domain = g_strdup (domain);
  self->state_dir = g_build_filename (whole->state_dir, config->name, NULL);
  self->runtime_dir = g_build_filename (whole->runtime_dir, config->name, NULL);
  self->audit_rows = whole->audit_rows;
  self->durable = whole->durable;
  self->c2s_path = g_build_filename (self->runtime_dir, "c2s", NULL);
  self->fabric = g_object_ref (fabric);
  g_signal_connect_object (fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

gboolean
switch_vr_get_enabled (SwitchVr *self)
{
  return self->enabled;
}

const char *
switch_vr_get_state (SwitchVr *self)
{
  if (self->listener == NULL)
    return "down";
  return switch_vr_get_lack (self) != NULL ? "waiting" : "up";
}

const char *
switch_vr_get_lack (SwitchVr *self)
{
  return self->place != NULL ? ismb_virtual_router_get_lack (self->place) : NULL;
}

char *
switch_vr_dup_reason (SwitchVr *self)
{
  const char *lack = switch_vr_get_lack (self);

  if (!self->enabled)
    return g_strdup_printf ("is disabled; `switchctl vr enable %s` enables it",
                            self->config->name);
  if (self->fault != NULL)
    return g_strdup_printf ("is down: %s; when that is cured, `switchctl vr enable %s`",
                            self->fault, self->config->name);
  return lack != NULL ? g_strdup_printf ("waits for %s", lack) : g_strdup ("");
}

void
switch_vr_set_error (SwitchVr *self, GError **error)
{
  g_autofree char *reason = switch_vr_dup_reason (self);

  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER, "the virtual router %s %s",
               self->config->name, reason);
}

char *
switch_vr_dup_place (SwitchVr *self)
{
  g_autoptr (GString) place = g_string_new (NULL);

  if (self->config->netns != NULL)
    g_string_append_printf (place, "netns %s", self->config->netns);
  if (self->config->bind_device != NULL)
    g_string_append_printf (place, "%sdevice %s", place->len > 0 ? " " : "",
                            self->config->bind_device);
  return g_strdup (place->len > 0 ? place->str : "host");
}

char **
switch_vr_list_addresses (SwitchVr *self)
{
  if (self->place == NULL || switch_vr_get_lack (self) != NULL)
    return g_new0 (char *, 1);
  return ismb_virtual_router_list_addresses (self->place);
}

const SwitchVrConfig *
switch_vr_get_config (SwitchVr *self)
{
  return self->config;
}

const char *
switch_vr_get_name (SwitchVr *self)
{
  return self->config->name;
}

const char *
switch_vr_get_domain (SwitchVr *self)
{
  return self->domain;
}

const char *
switch_vr_get_c2s_path (SwitchVr *self)
{
  return self->c2s_path;
}

IsmbListener *
switch_vr_get_listener (SwitchVr *self)
{
  return self->listener;
}

IsmbAccounts *
switch_vr_get_accounts (SwitchVr *self)
{
  return self->listener != NULL ? _ismb_listener_get_accounts (self->listener) : NULL;
}

IsmbAudit *
switch_vr_get_audit (SwitchVr *self)
{
  return self->audit;
}
