/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.discovery.mdns"

#include "config.h"
#include "ismb/discovery/ismb-mdns-embedded.h"

#include <string.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/publish.h>

#include "ismb/core/ismb-error.h"
#include "ismb/discovery/ismb-mdns-addresses.h"
#include "ismb/discovery/ismb-mdns-peers.h"
#include "ismb/discovery/ismb-mdns-poll.h"
#include "ismb/discovery/ismb-mdns-record.h"

/* Of each interface and protocol; beyond it avahi hears of nothing new until old records end.
 * Ten thousand names that somebody forged, at five records each, leave room for a thousand true
 * switches and other services. A record takes some 400 bytes, so that the worst is 26 MB. Where
 * more is forged than that, a newcomer is not heard here until the forger's records end; but he
 * hears us, and dials us. */
#define CACHE_ENTRIES_MAX 65536
/* The name was somebody else's; by then they may have left. */
#define COLLISION_RETRY_SECONDS 60
/* Interfaces that change faster than we read may go on doing so. */
#define RENEWAL_SECONDS 1
/* By then who is still there has answered a server made anew. */
#define ROLL_CALL_SECONDS 5

struct _IsmbMdnsEmbedded
{
  GObject parent_instance;

  char *domain;
  char *vr;
  guint16 port;
  char *device_id;   /* or NULL */
  char *fabric_id;   /* or NULL */
  char *bind_device; /* or NULL */
  IsmbRunInside run_inside;
  gpointer place;
  GDestroyNotify place_free;

  char *host;
  IsmbMdnsPoll *poll;
  AvahiServer *server; /* NULL while stopped */
  int server_error;
  AvahiSEntryGroup *group;
  IsmbMdnsAddresses *addresses;
  IsmbMdnsPeers *peers;
  gboolean collided;
  gboolean txt_is_stale; /* the fabric changed while the name was probed for */
  guint retry_id;
  guint renewal_id;
  char **missing; /* heard of by the server that was replaced */
  guint roll_call_id;
};

static void ismb_mdns_embedded_iface_init (IsmbDiscoveryInterface *iface);

G_DEFINE_TYPE_WITH_CODE (IsmbMdnsEmbedded, ismb_mdns_embedded, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (ISMB_TYPE_DISCOVERY, ismb_mdns_embedded_iface_init))

static void
on_avahi_log (AvahiLogLevel level, const char *text)
{
  GLogLevelFlags our_level = G_LOG_LEVEL_DEBUG;

  if (level == AVAHI_LOG_ERROR)
    our_level = G_LOG_LEVEL_WARNING;
  else if (level == AVAHI_LOG_WARN)
    our_level = G_LOG_LEVEL_INFO;
  g_log ("ismb.discovery.avahi", our_level, "%s", text);
}

static void
on_server_state (AvahiServer *server, AvahiServerState state, void *user_data)
{
  IsmbMdnsEmbedded *self = user_data;

  if (state == AVAHI_SERVER_FAILURE)
    g_warning ("discovery on %s failed: %s", self->vr,
               avahi_strerror (avahi_server_errno (server)));
}

/* Nothing of its own accord: no host records that a daemon beside us would fight over, no
 * workstation, no domain, no unicast DNS. */
static void
configure (IsmbMdnsEmbedded *self, AvahiServerConfig *config)
{
  avahi_server_config_init (config);
  avahi_free (config->host_name);
  config->host_name = avahi_strndup (self->host, strcspn (self->host, "."));
  config->publish_hinfo = 0;
  config->publish_addresses = 0;
  config->publish_workstation = 0;
  config->publish_domain = 0;
  config->enable_wide_area = 0;
  config->use_iff_running = 1;
  config->n_cache_entries_max = CACHE_ENTRIES_MAX;
  config->deny_interfaces = avahi_string_list_new ("lo", NULL);
  if (self->bind_device != NULL)
    config->allow_interfaces = avahi_string_list_new (self->bind_device, NULL);
}

/* Inside the namespace: its sockets stay there. */
static void
make_server (gpointer data)
{
  IsmbMdnsEmbedded *self = data;
  AvahiServerConfig config;

  configure (self, &config);
  self->server = avahi_server_new (ismb_mdns_poll_get (self->poll), &config, on_server_state, self,
                                   &self->server_error);
  avahi_server_config_free (&config);
}

static void publish (IsmbMdnsEmbedded *self);

static gboolean
on_retry (gpointer user_data)
{
  IsmbMdnsEmbedded *self = user_data;

  self->retry_id = 0;
  publish (self);
  return G_SOURCE_REMOVE;
}

static void
on_collision (IsmbMdnsEmbedded *self)
{
  if (!self->collided)
    g_warning ("another switch on %s calls itself %s: this one is not announced and the others "
               "cannot find "
               "it; give one of the two another name with domain=",
               self->vr, self->domain);
  self->collided = TRUE;
  if (self->retry_id == 0)
    self->retry_id = g_timeout_add_seconds (COLLISION_RETRY_SECONDS, on_retry, self);
}

static void
update_txt (IsmbMdnsEmbedded *self)
{
  g_autoptr (AvahiStringList) txt = ismb_mdns_txt_new (self->vr, self->device_id, self->fabric_id);

  self->txt_is_stale = FALSE;
  if (avahi_server_update_service_txt_strlst (self->server, self->group, AVAHI_IF_UNSPEC,
                                              AVAHI_PROTO_UNSPEC, 0, self->domain,
                                              ISMB_MDNS_SERVICE, ISMB_MDNS_DOMAIN, txt)
      < 0)
    g_warning ("cannot announce the new fabric of %s on %s: %s", self->domain, self->vr,
               avahi_strerror (avahi_server_errno (self->server)));
}

static void
on_group_state (AvahiServer *server, AvahiSEntryGroup *group, AvahiEntryGroupState state,
                void *user_data)
{
  IsmbMdnsEmbedded *self = user_data;

  if (state == AVAHI_ENTRY_GROUP_COLLISION)
    on_collision (self);
  else if (state == AVAHI_ENTRY_GROUP_FAILURE)
    g_warning ("cannot announce %s on %s: %s", self->domain, self->vr,
               avahi_strerror (avahi_server_errno (server)));
  else if (state == AVAHI_ENTRY_GROUP_ESTABLISHED)
    {
      self->collided = FALSE;
      g_info ("announced as %s on %s", self->domain, self->vr);
      if (self->txt_is_stale)
        update_txt (self);
    }
}

static void
publish (IsmbMdnsEmbedded *self)
{
  g_autoptr (AvahiStringList) txt = ismb_mdns_txt_new (self->vr, self->device_id, self->fabric_id);

  if (self->group == NULL)
    self->group = avahi_s_entry_group_new (self->server, on_group_state, self);
  else
    avahi_s_entry_group_reset (self->group);
  if (self->group == NULL
      || avahi_server_add_service_strlst (self->server, self->group, AVAHI_IF_UNSPEC,
                                          AVAHI_PROTO_UNSPEC, 0, self->domain, ISMB_MDNS_SERVICE,
                                          ISMB_MDNS_DOMAIN, self->host, self->port, txt)
             < 0
      || avahi_s_entry_group_commit (self->group) < 0)
    g_warning ("cannot announce %s on %s: %s", self->domain, self->vr,
               avahi_strerror (avahi_server_errno (self->server)));
}

static void
leave (IsmbMdnsEmbedded *self)
{
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_pointer (&self->peers, ismb_mdns_peers_free);
  g_clear_pointer (&self->addresses, ismb_mdns_addresses_free);
  self->group = NULL;
  g_clear_pointer (&self->server, avahi_server_free);
  g_clear_pointer (&self->poll, ismb_mdns_poll_free);
}

static void on_behind (gpointer user_data);

static gboolean
join (IsmbMdnsEmbedded *self, GError **error)
{
  self->poll = ismb_mdns_poll_new (on_behind, self);
  if (!self->run_inside (make_server, self, self->place, error))
    return FALSE;
  if (self->server == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "multicast DNS does not start: %s",
                   avahi_strerror (self->server_error));
      return FALSE;
    }
  self->addresses = ismb_mdns_addresses_new (self->server, self->host, self->bind_device,
                                             self->run_inside, self->place, error);
  if (self->addresses == NULL)
    return FALSE;
  publish (self);
  self->peers = ismb_mdns_peers_new (self->server, ISMB_DISCOVERY (self), self->domain,
                                     self->run_inside, self->place, error);
  return self->peers != NULL;
}

/* --- a server made anew: what it does not hear of again has gone --- */

/* The last may make an end of us. */
static gboolean
call_the_roll (gpointer user_data)
{
  g_autoptr (IsmbMdnsEmbedded) self = g_object_ref (user_data);
  g_auto (GStrv) missing = g_steal_pointer (&self->missing);

  self->roll_call_id = 0;
  for (char **domain = missing; *domain != NULL && self->peers != NULL; domain++)
    if (!ismb_mdns_peers_have (self->peers, *domain))
      ismb_discovery_emit_lost (ISMB_DISCOVERY (self), *domain);
  return G_SOURCE_REMOVE;
}

/* Who was missing at the last renewal and still is stays so until the roll is called. */
static void
note_missing (IsmbMdnsEmbedded *self)
{
  g_auto (GStrv) heard = ismb_mdns_peers_dup_domains (self->peers);
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  g_strv_builder_addv (all, (const char **) heard);
  for (char **domain = self->missing; domain != NULL && *domain != NULL; domain++)
    if (!g_strv_contains ((const char *const *) heard, *domain))
      g_strv_builder_add (all, *domain);
  g_strfreev (self->missing);
  self->missing = g_strv_builder_end (all);
  g_clear_handle_id (&self->roll_call_id, g_source_remove);
  self->roll_call_id = g_timeout_add_seconds (ROLL_CALL_SECONDS, call_the_roll, self);
}

static gboolean
renew (gpointer user_data)
{
  IsmbMdnsEmbedded *self = user_data;
  g_autoptr (GError) error = NULL;

  if (self->peers != NULL)
    note_missing (self);
  leave (self);
  if (join (self, &error))
    {
      self->renewal_id = 0;
      return G_SOURCE_REMOVE;
    }
  g_warning ("discovery on %s does not start again: %s", self->vr, error->message);
  leave (self);
  return G_SOURCE_CONTINUE;
}

static void
on_behind (gpointer user_data)
{
  IsmbMdnsEmbedded *self = user_data;

  if (self->renewal_id != 0)
    return;
  g_info ("the interfaces of %s changed faster than could be followed: discovery starts anew",
          self->vr);
  self->renewal_id = g_timeout_add_seconds (RENEWAL_SECONDS, renew, self);
}

static void
ismb_mdns_embedded_stop (IsmbDiscovery *discovery)
{
  IsmbMdnsEmbedded *self = ISMB_MDNS_EMBEDDED (discovery);

  g_clear_handle_id (&self->renewal_id, g_source_remove);
  g_clear_handle_id (&self->roll_call_id, g_source_remove);
  g_clear_pointer (&self->missing, g_strfreev);
  leave (self);
}

static gboolean
ismb_mdns_embedded_start (IsmbDiscovery *discovery, GError **error)
{
  IsmbMdnsEmbedded *self = ISMB_MDNS_EMBEDDED (discovery);

  if (self->server != NULL || join (self, error))
    return TRUE;
  g_prefix_error (error, "discovery on %s: ", self->vr);
  ismb_mdns_embedded_stop (discovery);
  return FALSE;
}

static void
ismb_mdns_embedded_dispose (GObject *object)
{
  IsmbMdnsEmbedded *self = ISMB_MDNS_EMBEDDED (object);

  ismb_mdns_embedded_stop (ISMB_DISCOVERY (self));
  if (self->place_free != NULL)
    g_clear_pointer (&self->place, self->place_free);
  G_OBJECT_CLASS (ismb_mdns_embedded_parent_class)->dispose (object);
}

static void
ismb_mdns_embedded_finalize (GObject *object)
{
  IsmbMdnsEmbedded *self = ISMB_MDNS_EMBEDDED (object);

  g_free (self->domain);
  g_free (self->vr);
  g_free (self->device_id);
  g_free (self->fabric_id);
  g_free (self->bind_device);
  g_free (self->host);
  G_OBJECT_CLASS (ismb_mdns_embedded_parent_class)->finalize (object);
}

static void
ismb_mdns_embedded_iface_init (IsmbDiscoveryInterface *iface)
{
  iface->start = ismb_mdns_embedded_start;
  iface->stop = ismb_mdns_embedded_stop;
}

static void
ismb_mdns_embedded_class_init (IsmbMdnsEmbeddedClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_mdns_embedded_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_mdns_embedded_finalize;
  avahi_set_log_function (on_avahi_log);
}

static void
ismb_mdns_embedded_init (IsmbMdnsEmbedded *self)
{
}

IsmbMdnsEmbedded *
ismb_mdns_embedded_new (const char *domain, const char *vr, guint16 port, const char *device_id,
                        const char *fabric_id, const char *bind_device, IsmbRunInside run_inside,
                        gpointer place, GDestroyNotify place_free)
{
  IsmbMdnsEmbedded *self = g_object_new (ISMB_TYPE_MDNS_EMBEDDED, NULL);

  self->domain = g_strdup (domain);
  self->vr = g_strdup (vr);
  self->port = port;
  self->device_id = g_strdup (device_id);
  self->fabric_id = g_strdup (fabric_id);
  self->bind_device = g_strdup (bind_device);
  self->host = ismb_mdns_host_name (domain, vr, device_id);
  self->run_inside = run_inside;
  self->place = place;
  self->place_free = place_free;
  return self;
}

void
ismb_mdns_embedded_set_fabric_id (IsmbMdnsEmbedded *self, const char *fabric_id)
{
  g_return_if_fail (ISMB_IS_MDNS_EMBEDDED (self));

  if (g_strcmp0 (self->fabric_id, fabric_id) == 0)
    return;
  g_free (self->fabric_id);
  self->fabric_id = g_strdup (fabric_id);
  if (self->group == NULL || self->collided)
    return;
  /* While it is still probed for, the name would collide with the old record that our own probes
   * carry. */
  self->txt_is_stale = avahi_s_entry_group_get_state (self->group) != AVAHI_ENTRY_GROUP_ESTABLISHED;
  if (!self->txt_is_stale)
    update_txt (self);
}
