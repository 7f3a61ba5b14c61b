/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.peers"

#include "config.h"
#include "ismb/listener/ismb-peers.h"

#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-log-gate.h"
#include "ismb/listener/ismb-federation.h"
#include "ismb/listener/ismb-inbound.h"
#include "ismb/listener/ismb-joining-desk.h"
#include "ismb/listener/ismb-link.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-registrars.h"
#include "ismb/listener/ismb-strangers.h"

#define TIDY_AGAIN 2 /* seconds; see ismb_link_keeps_something () */

struct _IsmbPeers
{
  GObject parent_instance;

  IsmbLinkContext context;
  IsmbRoutes *routes;
  IsmbPresenceService *presence;
  IsmbRouter *router;
  GHashTable *peers;           /* domain, its link's, to Peer, owned */
  IsmbStrangers strangers;
  const IsmbPeersService *service; /* or NULL */
  gpointer service_data;
  IsmbFederation *federation;  /* or NULL */
  IsmbCrowd *inbounds;         /* of IsmbInbound, which come and go by themselves */
  guint16 port;                /* ours; 0: none */
  GSource *tidying;            /* pending, to forget who is withdrawn */
};

G_DEFINE_FINAL_TYPE (IsmbPeers, ismb_peers, G_TYPE_OBJECT)

enum
{
  FOUND,
  CHANGED,
  LOST,
  CLOSING,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

typedef struct
{
  IsmbLink *link;
  GList *place;                /* among the strangers, or NULL */
  gboolean withdrawn;          /* discovery sees it no more */
} Peer;

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  g_object_unref (peer->link);
  g_free (peer);
}

static void
ismb_peers_dispose (GObject *object)
{
  IsmbPeers *self = ISMB_PEERS (object);

  if (self->peers != NULL)
    ismb_peers_close (self, NULL);
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_clear_pointer (&self->inbounds, ismb_crowd_free);
  g_clear_pointer (&self->context.desk, ismb_joining_desk_free);
  self->context.foreigners = NULL;
  g_clear_object (&self->federation);
  g_clear_object (&self->router);
  g_clear_object (&self->presence);
  g_clear_object (&self->routes);
  g_clear_object (&self->context.poller);
  g_clear_object (&self->context.place);
  g_clear_object (&self->context.fabric);
  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  G_OBJECT_CLASS (ismb_peers_parent_class)->dispose (object);
}

static void
ismb_peers_class_init (IsmbPeersClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ismb_peers_dispose;

  signals[FOUND] = g_signal_new ("found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, ISMB_TYPE_PEER);
  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, ISMB_TYPE_PEER);
  signals[LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);
  signals[CLOSING] = g_signal_new ("closing", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
ismb_peers_init (IsmbPeers *self)
{
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, peer_free);
  self->inbounds = ismb_crowd_new ();
}

static IsmbPeer *
describe (IsmbPeers *self, IsmbLink *link)
{
  return ismb_peer_new (
      ismb_link_get_domain (link), ismb_virtual_router_get_name (self->context.place),
      ismb_link_get_device_id (link), ismb_link_get_addresses (link), ismb_link_get_port (link),
      ismb_link_get_trust (link), ismb_link_get_state (link), FALSE);
}

static void
close_inbounds (IsmbPeers *self)
{
  IsmbInbound *inbound;

  while ((inbound = ismb_crowd_get_oldest (self->inbounds)) != NULL)
    ismb_inbound_close (inbound);
}

static void
announce (IsmbPeers *self, guint signal, IsmbLink *link)
{
  g_autoptr (IsmbPeer) peer = describe (self, link);

  g_signal_emit (self, signals[signal], 0, peer);
}

static void
forget (IsmbPeers *self, const char *domain)
{
  g_autofree char *name = g_strdup (domain);
  Peer *peer = g_hash_table_lookup (self->peers, name);

  ismb_strangers_remove (&self->strangers, &peer->place);
  ismb_routes_set_domain (self->routes, name, NULL);
  ismb_link_close (peer->link, NULL);
  g_hash_table_remove (self->peers, name);
  g_debug ("%s is forgotten", name);
  g_signal_emit (self, signals[LOST], 0, name);
}

/* Gone but for what may be resumed with it, or waits for it. */
static gboolean
is_nearly_over (IsmbPeers *self, const Peer *peer)
{
  return peer->withdrawn && ismb_link_get_state (peer->link) != ISMB_LINK_STATE_UP &&
         !ismb_presence_service_shares (self->presence, ismb_link_get_domain (peer->link));
}

static gboolean
is_over (IsmbPeers *self, const Peer *peer)
{
  return is_nearly_over (self, peer) && !ismb_link_keeps_something (peer->link);
}

static void tidy_in (IsmbPeers *self, guint seconds);

static gboolean
tidy (gpointer user_data)
{
  IsmbPeers *self = user_data;
  g_autoptr (GList) all = g_hash_table_get_values (self->peers);

  g_clear_pointer (&self->tidying, g_source_unref);
  for (GList *each = all; each != NULL; each = each->next)
    {
      Peer *peer = each->data;

      if (is_over (self, peer))
        forget (self, ismb_link_get_domain (peer->link));
      else if (is_nearly_over (self, peer))
        tidy_in (self, TIDY_AGAIN);
    }
  return G_SOURCE_REMOVE;
}

static void
tidy_in (IsmbPeers *self, guint seconds)
{
  if (self->tidying != NULL)
    {
      if (seconds > 0)
        return;
      g_source_destroy (self->tidying);
      g_source_unref (self->tidying);
    }
  self->tidying = seconds > 0 ? g_timeout_source_new_seconds (seconds) : g_idle_source_new ();
  g_source_set_callback (self->tidying, tidy, self, NULL);
  g_source_attach (self->tidying, g_main_context_get_thread_default ());
}

/* Later, as it may be a link of theirs that calls. */
static void
tidy_later (IsmbPeers *self)
{
  tidy_in (self, 0);
}

/* An iq, whose one address is the other domain itself, and whose other one is ours. */
static gboolean
is_between_domains (IsmbPeers *self, const IsmbFrame *frame, const char *theirs,
                    const char *domain, const char *ours)
{
  return frame->kind == ISMB_FRAME_IQ && self->service != NULL && g_strcmp0 (theirs, domain) == 0 &&
         g_strcmp0 (ours, self->context.domain) == 0;
}

static void
on_frame (IsmbLink *link, IsmbFrame *frame, gpointer user_data)
{
  IsmbPeers *self = user_data;
  const char *domain = ismb_link_get_domain (link);

  if (is_between_domains (self, frame, frame->from, domain, frame->to) &&
      self->service->frame (domain, frame, self->service_data))
    return;
  ismb_router_from_link (self->router, frame);
}

static void
on_undeliverable (IsmbLink *link, IsmbFrame *frame, const char *condition, gpointer user_data)
{
  IsmbPeers *self = user_data;
  const char *domain = ismb_link_get_domain (link);

  if (is_between_domains (self, frame, frame->to, domain, frame->from) &&
      self->service->undeliverable (frame, self->service_data))
    return;
  ismb_router_bounce (self->router, frame, condition, ismb_routes_get_trouble (self->routes));
}

static void
on_state (IsmbLink *link, IsmbLinkState state, gpointer user_data)
{
  IsmbPeers *self = user_data;
  const char *domain = ismb_link_get_domain (link);
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  if (peer == NULL)
    return;
  if (state == ISMB_LINK_STATE_UP)
    {
      ismb_strangers_remove (&self->strangers, &peer->place);
      ismb_presence_service_domain_up (self->presence, domain);
    }
  else if (state == ISMB_LINK_STATE_LOST)
    ismb_presence_service_domain_lost (self->presence, domain);
  if (peer->withdrawn)
    tidy_later (self);
  announce (self, CHANGED, link);
  if (state == ISMB_LINK_STATE_UP && self->service != NULL)
    self->service->up (domain, self->service_data);
}

static void
on_shared (IsmbPeers *self, const char *domain, gboolean shared)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  if (peer == NULL)
    return;
  ismb_link_set_persistent (peer->link, shared);
  if (peer->withdrawn)
    tidy_later (self);
}

static GList *
list_registrars (gpointer user_data)
{
  return ismb_peers_list_registrars (user_data);
}

static void
mistrust (IsmbPeers *self, const char *domain)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  if (peer != NULL && peer->place == NULL)
    peer->place = ismb_strangers_add (&self->strangers, peer->link);
}

static void
disown_all (IsmbPeers *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  for (guint i = 0; i < links->len; i++)
    {
      IsmbLink *link = g_ptr_array_index (links, i);

      ismb_link_disown (link);
      mistrust (self, ismb_link_get_domain (link));
      announce (self, CHANGED, link);
    }
  close_inbounds (self);
}

static void
report (IsmbPeers *self, const char *what, const char *who, const char *device, const char *source,
        const char *outcome)
{
  const char *rule = device != NULL ? "revocation" : "limit";
  const IsmbReport line = { what, who, device, source, FALSE, rule, outcome };

  ismb_link_context_report (&self->context, &line);
}

/* It hears why, as far as there is a stream for it. */
static void
bar (IsmbPeers *self, IsmbLink *link, const char *device_id)
{
  const char *domain = ismb_link_get_domain (link);

  g_message ("%s was revoked: it is heard no more", domain);
  if (ismb_link_get_proof (link) != NULL)
    report (self, "revoked", domain, device_id, NULL,
            "its streams end, and it is heard no more");
  if (ismb_link_get_state (link) == ISMB_LINK_STATE_UP && self->service != NULL)
    self->service->farewell (domain, device_id, self->service_data);
  ismb_link_bar (link);
  announce (self, CHANGED, link);
}

static void
on_revoked (IsmbPeers *self, const char *device_id)
{
  IsmbIdentity *identity = ismb_fabric_get_identity (self->context.fabric);
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  if (g_str_equal (device_id, ismb_identity_get_full_id (identity)))
    disown_all (self);
  for (guint i = 0; i < links->len; i++)
    {
      IsmbLink *link = g_ptr_array_index (links, i);

      if (g_strcmp0 (ismb_link_get_device_id (link), device_id) == 0)
        bar (self, link, device_id);
    }
}

/* A new certificate changes nothing of what stands. */
static void
on_fabric_changed (IsmbPeers *self)
{
  if (ismb_fabric_get_mode (self->context.fabric) == ISMB_FABRIC_CLOSED &&
      !ismb_fabric_is_member (self->context.fabric))
    disown_all (self);
}

IsmbPeers *
ismb_peers_new (IsmbPoller *poller, IsmbVirtualRouter *place, IsmbFabric *fabric,
                IsmbRoutes *routes, IsmbPresenceService *presence, IsmbRouter *router)
{
  IsmbPeers *self = g_object_new (ISMB_TYPE_PEERS, NULL);

  self->routes = g_object_ref (routes);
  self->presence = g_object_ref (presence);
  self->router = g_object_ref (router);
  self->context.poller = g_object_ref (poller);
  self->context.place = g_object_ref (place);
  self->context.fabric = fabric != NULL ? g_object_ref (fabric) : NULL;
  self->context.domain = ismb_routes_get_domain (routes);
  self->context.frame = on_frame;
  self->context.undeliverable = on_undeliverable;
  self->context.state = on_state;
  self->context.user_data = self;
  self->context.desk = ismb_joining_desk_new (&self->context, list_registrars, self);
  g_signal_connect_object (presence, "shared", G_CALLBACK (on_shared), self, G_CONNECT_SWAPPED);
  if (fabric == NULL)
    return self;
  g_signal_connect_object (fabric, "revoked", G_CALLBACK (on_revoked), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

void
ismb_peers_set_tls (IsmbPeers *self, IsmbTlsContext *tls)
{
  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  if (tls == NULL)
    return;
  self->context.tls = ismb_tls_context_ref (tls);
  /* They may believe us now, and we them. */
  ismb_strangers_dial (&self->strangers);
}

void
ismb_peers_set_reporter (IsmbPeers *self, IsmbReporter reporter, gpointer user_data)
{
  self->context.reporter = reporter;
  self->context.reporter_data = user_data;
}

void
ismb_peers_set_queue (IsmbPeers *self, gsize bytes, guint milliseconds)
{
  self->context.queue_bytes = bytes;
  self->context.queue_time = milliseconds;
}

IsmbLinkContext *
ismb_peers_get_context (IsmbPeers *self)
{
  return &self->context;
}

void
ismb_peers_set_federation (IsmbPeers *self, IsmbFederation *federation)
{
  self->federation = g_object_ref (federation);
  self->context.foreigners = ismb_federation_get_foreigners (federation);
}

void
ismb_peers_set_port (IsmbPeers *self, guint16 port)
{
  self->port = port;
}

static Peer *
make_peer (IsmbPeers *self, const char *domain)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->link = ismb_link_new (&self->context, domain);
  g_hash_table_insert (self->peers, (gpointer) ismb_link_get_domain (peer->link), peer);
  ismb_routes_set_domain (self->routes, domain, ISMB_SINK (peer->link));
  ismb_link_set_persistent (peer->link, ismb_presence_service_shares (self->presence, domain));
  return peer;
}

/* IsmbInboundAdopt: a stream has proven to be that domain's, whether discovery knows of it or not.
 * */
static IsmbLink *
adopt (const char *domain, gpointer user_data)
{
  IsmbPeers *self = user_data;
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  if (ismb_foreigners_find (self->context.foreigners, domain) != NULL)
    return ismb_federation_find_link (self->federation, domain);
  if (strcmp (domain, self->context.domain) == 0)
    return NULL;
  if (peer == NULL)
    {
      peer = make_peer (self, domain);
      peer->withdrawn = TRUE;    /* it was never announced, and goes when it hangs up */
      announce (self, FOUND, peer->link);
    }
  return peer->link;
}

void
ismb_peers_accept (int fd, const struct sockaddr *address, gpointer user_data)
{
  IsmbPeers *self = ISMB_PEERS (user_data);
  IsmbInbound *excess;
  IsmbSource source;

  ismb_source_init (&source, fd, address);
  if (self->context.tls == NULL || !ismb_crowd_admits (self->inbounds, &source))
    {
      g_debug ("a connection of %s is refused", source.address);
      if (self->context.tls != NULL)
        report (self, "connections", NULL, NULL, source.address,
                "too many connections from there have not said who they are");
      close (fd);
      return;
    }
  excess = ismb_crowd_get_excess (self->inbounds);
  if (excess != NULL)
    {
      report (self, "connections", NULL, NULL, ismb_inbound_get_address (excess),
              "makes room: too many connections have not said who they are");
      ismb_inbound_close (excess);
    }
  ismb_inbound_new (&self->context, fd, self->inbounds, &source, adopt, self);
}

/* FALSE: there is no room for another one. */
static gboolean
make_room (IsmbPeers *self, const char *name)
{
  const char *outcome;
  IsmbLink *goes;

  if (!ismb_strangers_is_full (&self->strangers))
    return TRUE;
  goes = ismb_strangers_choose (&self->strangers);
  outcome = goes != NULL ? "too many names are announced: it takes another one's place"
                         : "too many names are announced: it is ignored";
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "peers", "full", "%s: %s", name, outcome);
  report (self, "names", name, NULL, NULL, outcome);
  if (goes != NULL)
    forget (self, ismb_link_get_domain (goes));
  return goes != NULL;
}

void
ismb_peers_add (IsmbPeers *self, const char *domain, const char *const *addresses, guint16 port,
                const char *device_id)
{
  g_autofree char *name = ismb_parts_prepare_domain (domain);
  Peer *peer = name != NULL ? g_hash_table_lookup (self->peers, name) : NULL;
  gboolean new = peer == NULL;

  if (name == NULL || strcmp (name, self->context.domain) == 0 ||
      ismb_foreigners_find (self->context.foreigners, name) != NULL ||
      (new && !make_room (self, name)))
    return;
  if (new)
    {
      peer = make_peer (self, name);
      peer->place = ismb_strangers_add (&self->strangers, peer->link);
    }
  peer->withdrawn = FALSE;
  ismb_link_set_candidate (peer->link, addresses, port, device_id);
  announce (self, new ? FOUND : CHANGED, peer->link);
  if (g_hash_table_lookup (self->peers, name) != peer)
    return;      /* whoever heard of it wants none of it */
  if (self->context.tls != NULL && ismb_link_get_trust (peer->link) == ISMB_TRUST_PENDING)
    ismb_link_dial (peer->link);
}

void
ismb_peers_remove (IsmbPeers *self, const char *domain)
{
  g_autofree char *name = ismb_parts_prepare_domain (domain);
  Peer *peer = name != NULL ? g_hash_table_lookup (self->peers, name) : NULL;

  if (peer == NULL)
    return;
  peer->withdrawn = TRUE;
  if (is_over (self, peer))
    forget (self, name);
  else if (is_nearly_over (self, peer))
    tidy_in (self, TIDY_AGAIN);
}

GList *
ismb_peers_list (IsmbPeers *self)
{
  GList *list = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    list = g_list_prepend (list, describe (self, ((Peer *) value)->link));
  return list;
}

GPtrArray *
ismb_peers_list_links (IsmbPeers *self)
{
  GPtrArray *links = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (links, g_object_ref (((Peer *) value)->link));
  return links;
}

IsmbLink *
ismb_peers_find_link (IsmbPeers *self, const char *domain)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  return peer != NULL ? peer->link : NULL;
}

void
ismb_peers_set_service (IsmbPeers *self, const IsmbPeersService *service, gpointer user_data)
{
  self->service = service;
  self->service_data = user_data;
}

const IsmbProof *
ismb_peers_get_proof (IsmbPeers *self, const char *domain)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  return peer != NULL ? ismb_link_get_proof (peer->link) : NULL;
}

void
ismb_peers_renew (IsmbPeers *self, const char *domain, const IsmbProof *proof)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  g_return_if_fail (peer != NULL);
  ismb_link_renew (peer->link, proof);
}

GPtrArray *
ismb_peers_list_members (IsmbPeers *self, gboolean idle_too)
{
  GPtrArray *domains = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      IsmbLink *link = ((Peer *) value)->link;

      if (ismb_link_get_trust (link) == ISMB_TRUST_MEMBER &&
          (idle_too || ismb_link_get_state (link) == ISMB_LINK_STATE_UP))
        g_ptr_array_add (domains, g_strdup (ismb_link_get_domain (link)));
    }
  return domains;
}

GList *
ismb_peers_list_registrars (IsmbPeers *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  return ismb_registrars_list (&self->context, links, self->port);
}

void
ismb_peers_cut (IsmbPeers *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  close_inbounds (self);
  if (self->federation != NULL)
    ismb_federation_cut (self->federation, NULL);
  for (guint i = 0; i < links->len; i++)
    {
      ismb_link_cut (g_ptr_array_index (links, i), NULL);
      ismb_peers_remove (self, ismb_link_get_domain (g_ptr_array_index (links, i)));
    }
}

void
ismb_peers_settle (IsmbPeers *self, IsmbOwnAddresses *addresses)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  for (guint i = 0; i < links->len; i++)
    ismb_link_cut (g_ptr_array_index (links, i), addresses);
  if (self->federation != NULL)
    ismb_federation_cut (self->federation, addresses);
}

void
ismb_peers_resume (IsmbPeers *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);

  for (guint i = 0; i < links->len; i++)
    ismb_link_resume (g_ptr_array_index (links, i));
  if (self->federation != NULL)
    ismb_federation_resume (self->federation);
}

guint
ismb_peers_get_count (IsmbPeers *self)
{
  return g_hash_table_size (self->peers);
}

void
ismb_peers_close (IsmbPeers *self, const char *condition)
{
  GHashTableIter iter;
  gpointer key, value;

  g_signal_emit (self, signals[CLOSING], 0);
  close_inbounds (self);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      ismb_strangers_remove (&self->strangers, &((Peer *) value)->place);
      ismb_link_close (((Peer *) value)->link, condition);
      ismb_routes_set_domain (self->routes, key, NULL);
    }
  g_hash_table_remove_all (self->peers);
  if (self->tidying != NULL)
    g_source_destroy (self->tidying);
  g_clear_pointer (&self->tidying, g_source_unref);
}
