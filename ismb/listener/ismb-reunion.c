/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener"

#include "config.h"
#include "ismb/listener/ismb-reunion.h"

#include "ismb/listener/ismb-link.h"

#define PATIENCE 60000 /* milliseconds */

struct _IsmbReunion
{
  IsmbPeers *peers;
  IsmbNeighbours *neighbours;
  IsmbPoller *poller;
  IsmbWatch watch;     /* no descriptor: the end of our patience */
  GHashTable *missing; /* domains, owned: neither reached nor announced since the start */
};

static void
dial (IsmbReunion *self, const IsmbNeighbour *neighbour)
{
  IsmbLink *link;

  ismb_peers_add (self->peers, neighbour->domain, (const char *const *) neighbour->addresses,
                  neighbour->port, neighbour->device_id);
  link = ismb_peers_find_link (self->peers, neighbour->domain);
  if (link == NULL)
    return;
  ismb_link_set_remembered (link, TRUE);
  g_hash_table_add (self->missing, g_strdup (neighbour->domain));
}

/* Discovery sees it no more, or never did. */
static void
forget (IsmbReunion *self, const char *domain)
{
  IsmbLink *link = ismb_peers_find_link (self->peers, domain);

  g_info ("%s is not where it was before the start, and is forgotten", domain);
  if (link != NULL)
    ismb_link_set_remembered (link, FALSE);
  ismb_peers_remove (self->peers, domain);
}

static gboolean
is_met (IsmbPeer *peer)
{
  const char *const *addresses = ismb_peer_get_addresses (peer);

  return ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER &&
         ismb_peer_get_link (peer) == ISMB_LINK_STATE_UP && addresses != NULL &&
         addresses[0] != NULL && ismb_peer_get_port (peer) != 0;
}

static void
on_changed (IsmbReunion *self, IsmbPeer *peer)
{
  const char *domain = ismb_peer_get_domain (peer);

  if (ismb_peer_get_trust (peer) == ISMB_TRUST_REVOKED)
    ismb_neighbours_remove (self->neighbours, domain);
  if (!is_met (peer))
    return;
  g_hash_table_remove (self->missing, domain);
  ismb_neighbours_put (self->neighbours, domain, ismb_peer_get_addresses (peer),
                       ismb_peer_get_port (peer), ismb_peer_get_id (peer));
}

static void
on_lost (IsmbReunion *self, const char *domain)
{
  ismb_neighbours_remove (self->neighbours, domain);
}

static void
on_deadline (IsmbWatch *watch)
{
  IsmbReunion *self = (IsmbReunion *) ((char *) watch - G_STRUCT_OFFSET (IsmbReunion, watch));
  GHashTableIter iter;
  gpointer domain;

  g_hash_table_iter_init (&iter, self->missing);
  while (g_hash_table_iter_next (&iter, &domain, NULL))
    forget (self, domain);
  g_hash_table_remove_all (self->missing);
}

IsmbReunion *
ismb_reunion_new (IsmbPeers *peers, IsmbNeighbours *neighbours, IsmbPoller *poller)
{
  IsmbReunion *self = g_new0 (IsmbReunion, 1);
  g_autoptr (GPtrArray) known = ismb_neighbours_list (neighbours);

  self->peers = g_object_ref (peers);
  self->neighbours = g_object_ref (neighbours);
  self->poller = g_object_ref (poller);
  self->watch = (IsmbWatch) { .deadline = on_deadline };
  self->missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < known->len; i++)
    dial (self, g_ptr_array_index (known, i));
  if (g_hash_table_size (self->missing) > 0)
    ismb_poller_set_deadline (poller, &self->watch, PATIENCE);
  g_signal_connect_swapped (peers, "found", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (peers, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (peers, "lost", G_CALLBACK (on_lost), self);
  return self;
}

void
ismb_reunion_free (IsmbReunion *self)
{
  g_signal_handlers_disconnect_by_data (self->peers, self);
  ismb_poller_remove (self->poller, &self->watch);
  g_hash_table_unref (self->missing);
  g_object_unref (self->peers);
  g_object_unref (self->neighbours);
  g_object_unref (self->poller);
  g_free (self);
}

void
ismb_reunion_note_announced (IsmbReunion *self, const char *domain)
{
  g_hash_table_remove (self->missing, domain);
}
