/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.discovery.peers"

#include "config.h"
#include "ismb/discovery/ismb-mdns-peers.h"

#include <net/if.h>
#include <avahi-common/domain.h>
#include <avahi-common/error.h>
#include <avahi-core/lookup.h>

#include "ismb/core/ismb-error.h"
#include "ismb/discovery/ismb-mdns-record.h"

/* Anybody can announce names. The first OLD_MAX that are there are followed for as long as they
 * are; the others take turns: a new one takes the place of that which came first among the
 * NEW_MAX. It is followed until a thousand others have come, and to resolve it takes a second at
 * most, so that who comes in the midst of ten thousand forged names is found. What made room is
 * not said to be lost: whoever has heard of it knows better than a crowd whether it is there.
 * When there is room again, all that avahi knows are heard of anew. */
#define OLD_MAX 3072
#define NEW_MAX 1024
#define ADDRESSES_MAX 8
#define HANDFUL 20     /* ms */
#define RECORDS_MAX 64 /* of one domain; each is heard once for every interface and protocol */

struct _IsmbMdnsPeers
{
  AvahiServer *server;
  IsmbDiscovery *owner; /* owns us */
  char *own_domain;
  IsmbRunInside run_inside;
  gpointer place;
  AvahiSServiceBrowser *browser;
  GHashTable *peers; /* domain -> Peer */
  GQueue new;        /* of Peer, in the order of their coming: those behind the first OLD_MAX */
  gboolean full;     /* some made room */
  guint again_id;
};

/* A record as it came, on one interface by one protocol. */
typedef struct
{
  AvahiIfIndex interface;
  AvahiProtocol protocol;
  AvahiRecord *record;
} Heard;

/* One instance name. The browsers stay open for as long as it is announced, so that changes are
 * heard; avahi's own resolver would give one address where a switch has many. */
typedef struct
{
  IsmbMdnsPeers *peers;
  char *domain;
  GList *place;    /* among the new ones, or NULL */
  guint sightings; /* announcements: interfaces times protocols */
  char *host;      /* what the A and AAAA browsers ask for, or NULL */
  AvahiSRecordBrowser *srv, *txt, *a, *aaaa;
  GArray *heard;       /* of Heard, in order of arrival */
  IsmbCandidate *said; /* what was emitted last, or NULL */
  guint update_id;
} Peer;

static void
heard_clear (Heard *heard)
{
  avahi_record_unref (heard->record);
}

static void
peer_stop_addresses (Peer *peer)
{
  g_clear_pointer (&peer->a, avahi_s_record_browser_free);
  g_clear_pointer (&peer->aaaa, avahi_s_record_browser_free);
  g_clear_pointer (&peer->host, g_free);
  for (guint i = peer->heard->len; i-- > 0;)
    {
      guint16 type = g_array_index (peer->heard, Heard, i).record->key->type;

      if (type == AVAHI_DNS_TYPE_A || type == AVAHI_DNS_TYPE_AAAA)
        g_array_remove_index (peer->heard, i);
    }
}

static void
peer_free (Peer *peer)
{
  g_clear_handle_id (&peer->update_id, g_source_remove);
  peer_stop_addresses (peer);
  g_clear_pointer (&peer->srv, avahi_s_record_browser_free);
  g_clear_pointer (&peer->txt, avahi_s_record_browser_free);
  g_array_unref (peer->heard);
  g_clear_pointer (&peer->said, ismb_candidate_free);
  g_free (peer->domain);
  g_free (peer);
}

/* The newest one: while a record changes, the old one is still there for a second. */
static AvahiRecord *
peer_latest (Peer *peer, guint16 type)
{
  for (guint i = peer->heard->len; i-- > 0;)
    {
      AvahiRecord *record = g_array_index (peer->heard, Heard, i).record;

      if (record->key->type == type)
        return record;
    }
  return NULL;
}

typedef struct
{
  AvahiIfIndex interface;
  char name[IF_NAMESIZE];
} Naming;

static void
name_interface (gpointer data)
{
  Naming *naming = data;

  if (if_indextoname ((guint) naming->interface, naming->name) == NULL)
    naming->name[0] = '\0';
}

static char *
peer_dup_address (Peer *peer, const Heard *heard)
{
  Naming naming = { .interface = heard->interface };
  AvahiAddress address = { 0 };

  if (heard->record->key->type == AVAHI_DNS_TYPE_A)
    {
      address.proto = AVAHI_PROTO_INET;
      address.data.ipv4 = heard->record->data.a.address;
    }
  else
    {
      address.proto = AVAHI_PROTO_INET6;
      address.data.ipv6 = heard->record->data.aaaa.address;
    }
  if (ismb_mdns_needs_scope (&address)
      && !peer->peers->run_inside (name_interface, &naming, peer->peers->place, NULL))
    return NULL;
  return ismb_mdns_dup_address (&address, naming.name[0] != '\0' ? naming.name : NULL);
}

/* Sorted, without repeats, at most ADDRESSES_MAX. */
static GPtrArray *
peer_list_addresses (Peer *peer)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < peer->heard->len; i++)
    {
      const Heard *heard = &g_array_index (peer->heard, Heard, i);
      g_autofree char *text = NULL;

      if (heard->record->key->type != AVAHI_DNS_TYPE_A
          && heard->record->key->type != AVAHI_DNS_TYPE_AAAA)
        continue;
      text = peer_dup_address (peer, heard);
      if (text != NULL && !g_ptr_array_find_with_equal_func (addresses, text, g_str_equal, NULL))
        g_ptr_array_add (addresses, g_steal_pointer (&text));
    }
  g_ptr_array_sort (addresses, ismb_mdns_compare_addresses);
  if (addresses->len > ADDRESSES_MAX)
    g_ptr_array_set_size (addresses, ADDRESSES_MAX);
  return g_steal_pointer (&addresses);
}

/* What all that was heard amounts to; NULL while a part is missing. */
static IsmbCandidate *
peer_candidate (Peer *peer)
{
  g_autoptr (GPtrArray) addresses = peer_list_addresses (peer);
  AvahiRecord *srv = peer_latest (peer, AVAHI_DNS_TYPE_SRV);
  AvahiRecord *txt = peer_latest (peer, AVAHI_DNS_TYPE_TXT);
  IsmbCandidate *candidate;

  if (srv == NULL || txt == NULL || srv->data.srv.port == 0 || addresses->len == 0)
    return NULL;
  g_ptr_array_add (addresses, NULL);
  candidate = g_new0 (IsmbCandidate, 1);
  candidate->domain = g_strdup (peer->domain);
  candidate->port = srv->data.srv.port;
  candidate->addresses =
      (const char *const *) g_ptr_array_free (g_steal_pointer (&addresses), FALSE);
  candidate->vr = ismb_mdns_dup_vr (txt->data.txt.string_list);
  candidate->id = ismb_mdns_dup_id (txt->data.txt.string_list);
  candidate->fabric = ismb_mdns_dup_fabric (txt->data.txt.string_list);
  return candidate;
}

static gboolean peer_update (gpointer user_data);

static void
on_record (AvahiSRecordBrowser *browser, AvahiIfIndex interface, AvahiProtocol protocol,
           AvahiBrowserEvent event, AvahiRecord *record, AvahiLookupResultFlags flags,
           void *user_data)
{
  Peer *peer = user_data;

  if (event == AVAHI_BROWSER_NEW && peer->heard->len < RECORDS_MAX)
    {
      Heard heard = { interface, protocol, avahi_record_ref (record) };

      g_array_append_val (peer->heard, heard);
    }
  else if (event == AVAHI_BROWSER_REMOVE)
    for (guint i = 0; i < peer->heard->len; i++)
      {
        const Heard *heard = &g_array_index (peer->heard, Heard, i);

        if (heard->interface == interface && heard->protocol == protocol
            && avahi_record_equal_no_ttl (heard->record, record))
          {
            g_array_remove_index (peer->heard, i);
            break;
          }
      }
  else
    return;
  /* Records come in handfuls; what they amount to is seen when the handful is complete. Not when we
   * are idle: who floods the link would see to it that we never are. */
  if (peer->update_id == 0)
    peer->update_id = g_timeout_add (HANDFUL, peer_update, peer);
}

static AvahiSRecordBrowser *
peer_browse (Peer *peer, const char *name, guint16 type)
{
  AvahiKey *key = avahi_key_new (name, AVAHI_DNS_CLASS_IN, type);
  AvahiSRecordBrowser *browser;

  browser = avahi_s_record_browser_new (peer->peers->server, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                        key, AVAHI_LOOKUP_USE_MULTICAST, on_record, peer);
  avahi_key_unref (key);
  return browser;
}

static void
peer_follow_host (Peer *peer, const char *host)
{
  if (peer->host != NULL && avahi_domain_equal (peer->host, host))
    return;
  peer_stop_addresses (peer);
  peer->host = g_strdup (host);
  peer->a = peer_browse (peer, host, AVAHI_DNS_TYPE_A);
  peer->aaaa = peer_browse (peer, host, AVAHI_DNS_TYPE_AAAA);
}

/* Emitting comes last: a handler may stop us all. */
static void
peer_say_lost (Peer *peer)
{
  g_autoptr (IsmbCandidate) said = g_steal_pointer (&peer->said);

  if (said != NULL)
    ismb_discovery_emit_lost (peer->peers->owner, said->domain);
}

static void
peer_say (Peer *peer, IsmbCandidate *candidate)
{
  IsmbDiscovery *owner = peer->peers->owner;
  gboolean first = peer->said == NULL;
  g_autoptr (IsmbCandidate) mine = ismb_candidate_copy (candidate);

  g_clear_pointer (&peer->said, ismb_candidate_free);
  peer->said = candidate;
  if (first)
    ismb_discovery_emit_found (owner, mine);
  else
    ismb_discovery_emit_changed (owner, mine);
}

static gboolean
peer_update (gpointer user_data)
{
  Peer *peer = user_data;
  AvahiRecord *srv = peer_latest (peer, AVAHI_DNS_TYPE_SRV);
  g_autoptr (IsmbCandidate) candidate = NULL;

  peer->update_id = 0;
  if (srv == NULL)
    {
      peer_stop_addresses (peer);
      peer_say_lost (peer);
      return G_SOURCE_REMOVE;
    }
  peer_follow_host (peer, srv->data.srv.name);
  candidate = peer_candidate (peer);
  if (candidate != NULL && (peer->said == NULL || !ismb_candidate_equal (peer->said, candidate)))
    peer_say (peer, g_steal_pointer (&candidate));
  return G_SOURCE_REMOVE;
}

static Peer *
peer_new (IsmbMdnsPeers *peers, const char *domain, const char *instance)
{
  Peer *peer = g_new0 (Peer, 1);
  char name[AVAHI_DOMAIN_NAME_MAX];

  peer->peers = peers;
  peer->domain = g_strdup (domain);
  peer->heard = g_array_new (FALSE, FALSE, sizeof (Heard));
  g_array_set_clear_func (peer->heard, (GDestroyNotify) heard_clear);
  if (avahi_service_name_join (name, sizeof name, instance, ISMB_MDNS_SERVICE, ISMB_MDNS_DOMAIN)
      < 0)
    return peer;
  peer->srv = peer_browse (peer, name, AVAHI_DNS_TYPE_SRV);
  peer->txt = peer_browse (peer, name, AVAHI_DNS_TYPE_TXT);
  return peer;
}

static guint
count_old (IsmbMdnsPeers *self)
{
  return g_hash_table_size (self->peers) - self->new.length;
}

static void
forget (IsmbMdnsPeers *self, Peer *peer)
{
  if (peer->place != NULL)
    g_queue_delete_link (&self->new, peer->place);
  g_hash_table_remove (self->peers, peer->domain);
}

static void
make_room (IsmbMdnsPeers *self)
{
  if (count_old (self) < OLD_MAX || self->new.length < NEW_MAX)
    return;
  if (!self->full)
    g_warning ("more than %d switches are announced: they take turns", OLD_MAX + NEW_MAX);
  self->full = TRUE;
  forget (self, self->new.head->data);
}

static void
on_announced (IsmbMdnsPeers *self, const char *domain, const char *instance)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  if (peer == NULL)
    {
      make_room (self);
      peer = peer_new (self, domain, instance);
      if (count_old (self) >= OLD_MAX)
        {
          g_queue_push_tail (&self->new, peer);
          peer->place = self->new.tail;
        }
      g_hash_table_insert (self->peers, peer->domain, peer);
    }
  peer->sightings++;
}

static gboolean browse (IsmbMdnsPeers *self);

/* Not from inside a browser's own callback. */
static gboolean
browse_again (gpointer user_data)
{
  IsmbMdnsPeers *self = user_data;
  GHashTableIter iter;
  gpointer peer;

  self->again_id = 0;
  g_clear_pointer (&self->browser, avahi_s_service_browser_free);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    ((Peer *) peer)->sightings = 0;
  if (!browse (self))
    g_warning ("cannot browse for switches any more: %s",
               avahi_strerror (avahi_server_errno (self->server)));
  return G_SOURCE_REMOVE;
}

static void
on_withdrawn (IsmbMdnsPeers *self, const char *domain)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);
  g_autoptr (IsmbCandidate) said = NULL;

  if (peer == NULL || (peer->sightings > 0 && --peer->sightings > 0))
    return;
  said = g_steal_pointer (&peer->said);
  forget (self, peer);
  if (self->full && g_hash_table_size (self->peers) < OLD_MAX / 2 && self->again_id == 0)
    {
      self->full = FALSE;
      self->again_id = g_idle_add (browse_again, self);
    }
  if (said != NULL)
    ismb_discovery_emit_lost (self->owner, said->domain);
}

static void
on_service (AvahiSServiceBrowser *browser, AvahiIfIndex interface, AvahiProtocol protocol,
            AvahiBrowserEvent event, const char *name, const char *type, const char *domain,
            AvahiLookupResultFlags flags, void *user_data)
{
  IsmbMdnsPeers *self = user_data;
  g_autofree char *peer = NULL;

  if (event != AVAHI_BROWSER_NEW && event != AVAHI_BROWSER_REMOVE)
    return;
  peer = ismb_mdns_dup_domain (name);
  if (peer == NULL || g_str_equal (peer, self->own_domain))
    return;
  if (event == AVAHI_BROWSER_NEW)
    on_announced (self, peer, name);
  else
    on_withdrawn (self, peer);
}

static gboolean
browse (IsmbMdnsPeers *self)
{
  self->browser = avahi_s_service_browser_new (self->server, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                               ISMB_MDNS_SERVICE, ISMB_MDNS_DOMAIN,
                                               AVAHI_LOOKUP_USE_MULTICAST, on_service, self);
  return self->browser != NULL;
}

IsmbMdnsPeers *
ismb_mdns_peers_new (AvahiServer *server, IsmbDiscovery *owner, const char *own_domain,
                     IsmbRunInside run_inside, gpointer place, GError **error)
{
  IsmbMdnsPeers *self = g_new0 (IsmbMdnsPeers, 1);

  self->server = server;
  self->owner = owner;
  self->own_domain = g_strdup (own_domain);
  self->run_inside = run_inside;
  self->place = place;
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) peer_free);
  if (browse (self))
    return self;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot browse for switches: %s",
               avahi_strerror (avahi_server_errno (server)));
  ismb_mdns_peers_free (self);
  return NULL;
}

void
ismb_mdns_peers_free (IsmbMdnsPeers *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->again_id, g_source_remove);
  g_clear_pointer (&self->browser, avahi_s_service_browser_free);
  g_queue_clear (&self->new);
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_free (self->own_domain);
  g_free (self);
}

gboolean
ismb_mdns_peers_have (IsmbMdnsPeers *self, const char *domain)
{
  Peer *peer = g_hash_table_lookup (self->peers, domain);

  return peer != NULL && peer->said != NULL;
}

char **
ismb_mdns_peers_dup_domains (IsmbMdnsPeers *self)
{
  g_autoptr (GStrvBuilder) domains = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer domain, peer;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &domain, &peer))
    if (((Peer *) peer)->said != NULL)
      g_strv_builder_add (domains, domain);
  return g_strv_builder_end (domains);
}
