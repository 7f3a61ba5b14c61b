/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.peers"

#include "config.h"
#include "ismb/listener/ismb-peers.h"

#include <string.h>

#include "ismb/listener/ismb-arrivals.h"
#include "ismb/listener/ismb-federation.h"
#include "ismb/listener/ismb-joining-desk.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-peer-book.h"
#include "ismb/listener/ismb-registrars.h"

struct _IsmbPeers
{
  GObject parent_instance;

  IsmbLinkContext context;
  IsmbRoutes *routes;
  IsmbPresenceService *presence;
  IsmbRouter *router;
  IsmbPeerBook book;
  const IsmbPeersService *service; /* or NULL */
  gpointer service_data;
  IsmbFederation *federation;  /* or NULL */
  IsmbArrivals arrivals;
  guint16 port;                /* ours; 0: none */
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

static void
ismb_peers_dispose (GObject *object)
{
  IsmbPeers *self = ISMB_PEERS (object);

  if (self->book.entries != NULL)
    ismb_peers_close (self, NULL);
  ismb_peer_book_clear (&self->book);
  ismb_arrivals_clear (&self->arrivals);
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
}

static void
announce (IsmbPeers *self, guint signal, IsmbLink *link)
{
  g_autoptr (IsmbPeer) peer = ismb_link_describe (link);

  g_signal_emit (self, signals[signal], 0, peer);
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
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  if (peer == NULL)
    return;
  if (state == ISMB_LINK_STATE_UP)
    {
      ismb_peer_book_trust (&self->book, peer);
      ismb_presence_service_domain_up (self->presence, domain);
    }
  else if (state == ISMB_LINK_STATE_LOST)
    ismb_presence_service_domain_lost (self->presence, domain);
  ismb_peer_book_review (&self->book, peer);
  announce (self, CHANGED, link);
  if (state == ISMB_LINK_STATE_UP && self->service != NULL)
    self->service->up (domain, self->service_data);
}

/* Before the link is up nobody is told: that it is up, they are told then. */
static void
on_measured (IsmbLink *link, gpointer user_data)
{
  IsmbPeers *self = user_data;

  if (ismb_link_get_state (link) == ISMB_LINK_STATE_UP
      && ismb_peer_book_find (&self->book, ismb_link_get_domain (link)) != NULL)
    announce (self, CHANGED, link);
}

static void
on_shared (IsmbPeers *self, const char *domain, gboolean shared)
{
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  if (peer == NULL)
    return;
  ismb_link_set_persistent (peer->link, shared);
  ismb_peer_book_review (&self->book, peer);
}

static GList *
list_registrars (gpointer user_data)
{
  return ismb_peers_list_registrars (user_data);
}

static void
mistrust (IsmbPeers *self, const char *domain)
{
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  if (peer != NULL)
    ismb_peer_book_mistrust (&self->book, peer);
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
  ismb_arrivals_close (&self->arrivals);
}

/* It hears why, as far as there is a stream for it. */
static void
bar (IsmbPeers *self, IsmbLink *link, const char *device_id)
{
  const char *domain = ismb_link_get_domain (link);
  const IsmbReport line = { "revoked", domain, device_id, NULL, FALSE, "revocation",
                            "its streams end, and it is heard no more" };

  g_message ("%s was revoked: it is heard no more", domain);
  if (ismb_link_get_proof (link) != NULL)
    ismb_link_context_report (&self->context, &line);
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

/* A stream has proven to be that domain's, whether discovery knows of it or not. */
static IsmbLink *
adopt (const char *domain, gpointer user_data)
{
  IsmbPeers *self = user_data;
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  if (ismb_foreigners_find (self->context.foreigners, domain) != NULL)
    return ismb_federation_find_link (self->federation, domain);
  if (strcmp (domain, self->context.domain) == 0)
    return NULL;
  if (peer == NULL)
    {
      peer = ismb_peer_book_add (&self->book, domain);
      peer->withdrawn = TRUE;    /* it was never announced, and goes when it hangs up */
      announce (self, FOUND, peer->link);
    }
  return peer->link;
}

static void
on_doubted (const char *domain, const char *device_id, gpointer user_data)
{
  IsmbPeers *self = user_data;
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  if (peer != NULL)
    ismb_link_doubt (peer->link, device_id);
}

static void
on_forgotten (const char *domain, gpointer user_data)
{
  g_signal_emit (user_data, signals[LOST], 0, domain);
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
  self->context.measured = on_measured;
  self->context.doubted = on_doubted;
  self->context.user_data = self;
  ismb_peer_book_init (&self->book, &self->context, routes, presence, on_forgotten, self);
  ismb_arrivals_init (&self->arrivals, &self->context, adopt, self);
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
  ismb_strangers_dial (&self->book.strangers);
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

void
ismb_peers_accept (int fd, const struct sockaddr *address, gpointer user_data)
{
  IsmbPeers *self = ISMB_PEERS (user_data);

  ismb_arrivals_accept (&self->arrivals, fd, address);
}

void
ismb_peers_add (IsmbPeers *self, const char *domain, const char *const *addresses, guint16 port,
                const char *device_id)
{
  g_autofree char *name = ismb_parts_prepare_domain (domain);
  IsmbPeerEntry *peer = name != NULL ? ismb_peer_book_find (&self->book, name) : NULL;
  gboolean new = peer == NULL;

  if (name == NULL || strcmp (name, self->context.domain) == 0 ||
      ismb_foreigners_find (self->context.foreigners, name) != NULL ||
      (new && !ismb_peer_book_make_room (&self->book, name)))
    return;
  if (new)
    {
      peer = ismb_peer_book_add (&self->book, name);
      ismb_peer_book_mistrust (&self->book, peer);
    }
  peer->withdrawn = FALSE;
  ismb_link_set_candidate (peer->link, addresses, port, device_id);
  announce (self, new ? FOUND : CHANGED, peer->link);
  if (ismb_peer_book_find (&self->book, name) != peer)
    return;      /* whoever heard of it wants none of it */
  if (self->context.tls != NULL && ismb_link_get_trust (peer->link) == ISMB_TRUST_PENDING)
    ismb_link_dial (peer->link);
}

void
ismb_peers_remove (IsmbPeers *self, const char *domain)
{
  g_autofree char *name = ismb_parts_prepare_domain (domain);
  IsmbPeerEntry *peer = name != NULL ? ismb_peer_book_find (&self->book, name) : NULL;

  if (peer != NULL)
    ismb_peer_book_withdraw (&self->book, peer);
}

GList *
ismb_peers_list (IsmbPeers *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);
  GList *list = NULL;

  for (guint i = 0; i < links->len; i++)
    list = g_list_prepend (list, ismb_link_describe (g_ptr_array_index (links, i)));
  return list;
}

GPtrArray *
ismb_peers_list_links (IsmbPeers *self)
{
  return ismb_peer_book_list_links (&self->book);
}

IsmbLink *
ismb_peers_find_link (IsmbPeers *self, const char *domain)
{
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

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
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  return peer != NULL ? ismb_link_get_proof (peer->link) : NULL;
}

void
ismb_peers_renew (IsmbPeers *self, const char *domain, const IsmbProof *proof)
{
  IsmbPeerEntry *peer = ismb_peer_book_find (&self->book, domain);

  g_return_if_fail (peer != NULL);
  ismb_link_renew (peer->link, proof);
}

GPtrArray *
ismb_peers_list_members (IsmbPeers *self, gboolean idle_too)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self);
  GPtrArray *domains = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < links->len; i++)
    {
      IsmbLink *link = g_ptr_array_index (links, i);

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

  ismb_arrivals_close (&self->arrivals);
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
  return g_hash_table_size (self->book.entries);
}

void
ismb_peers_close (IsmbPeers *self, const char *condition)
{
  g_signal_emit (self, signals[CLOSING], 0);
  ismb_arrivals_close (&self->arrivals);
  ismb_peer_book_close (&self->book, condition);
}
