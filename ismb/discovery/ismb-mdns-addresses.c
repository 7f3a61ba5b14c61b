/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.discovery.addresses"

#include "config.h"
#include "ismb/discovery/ismb-mdns-addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <avahi-common/error.h>
#include <avahi-core/publish.h>
#include <glib-unix.h>

#include "ismb/core/ismb-error.h"
#include "ismb/discovery/ismb-mdns-record.h"

#define PUBLISHED_MAX 1024

struct _IsmbMdnsAddresses
{
  AvahiServer *server;
  char *host;
  char *bind_device; /* or NULL */
  IsmbRunInside run_inside;
  gpointer place;
  int netlink; /* or -1 */
  int netlink_errno;
  guint source_id;
  GHashTable *published; /* "index address" -> AvahiSEntryGroup, owned */
};

/* One address of one interface, as the kernel lists it. */
typedef struct
{
  AvahiIfIndex interface;
  AvahiAddress address;
} OwnAddress;

typedef struct
{
  IsmbMdnsAddresses *self;
  GHashTable *found; /* "index address" -> OwnAddress */
} Listing;

static gboolean
is_wanted (IsmbMdnsAddresses *self, const struct ifaddrs *entry)
{
  if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0
      || (entry->ifa_flags & IFF_LOOPBACK) != 0)
    return FALSE;
  return self->bind_device == NULL || g_str_equal (self->bind_device, entry->ifa_name);
}

static gboolean
read_address (const struct sockaddr *from, AvahiAddress *to)
{
  switch (from->sa_family)
    {
    case AF_INET:
      to->proto = AVAHI_PROTO_INET;
      memcpy (&to->data.ipv4, &((const struct sockaddr_in *) from)->sin_addr, sizeof to->data.ipv4);
      return TRUE;
    case AF_INET6:
      to->proto = AVAHI_PROTO_INET6;
      memcpy (&to->data.ipv6, &((const struct sockaddr_in6 *) from)->sin6_addr,
              sizeof to->data.ipv6);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
note_address (Listing *listing, const struct ifaddrs *entry)
{
  g_autofree char *text = NULL;
  OwnAddress own = { .interface = (AvahiIfIndex) if_nametoindex (entry->ifa_name) };

  if (own.interface == 0 || !read_address (entry->ifa_addr, &own.address))
    return;
  text = ismb_mdns_dup_address (&own.address, entry->ifa_name);
  if (text != NULL && g_hash_table_size (listing->found) < PUBLISHED_MAX)
    g_hash_table_insert (listing->found, g_strdup_printf ("%d %s", own.interface, text),
                         g_memdup2 (&own, sizeof own));
}

/* Inside the namespace. */
static void
list_addresses (gpointer data)
{
  Listing *listing = data;
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) < 0)
    {
      g_warning ("cannot list our addresses: %s", g_strerror (errno));
      return;
    }
  for (const struct ifaddrs *entry = all; entry != NULL; entry = entry->ifa_next)
    if (is_wanted (listing->self, entry))
      note_address (listing, entry);
  freeifaddrs (all);
}

static gboolean
publish (IsmbMdnsAddresses *self, AvahiSEntryGroup *group, OwnAddress *own)
{
  /* NO_REVERSE: an avahi-daemon beside us claims the reverse name of the same address, and both
   * would withdraw for ever. */
  return avahi_server_add_address (self->server, group, own->interface, AVAHI_PROTO_UNSPEC,
                                   AVAHI_PUBLISH_NO_REVERSE, self->host, &own->address)
             >= 0
         && avahi_s_entry_group_commit (group) >= 0;
}

static void
add_new (IsmbMdnsAddresses *self, GHashTable *found)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      AvahiSEntryGroup *group;

      if (g_hash_table_contains (self->published, key))
        continue;
      group = avahi_s_entry_group_new (self->server, NULL, NULL);
      if (group == NULL)
        return;
      if (!publish (self, group, value))
        g_warning ("cannot announce the address %s: %s", (const char *) key,
                   avahi_strerror (avahi_server_errno (self->server)));
      g_hash_table_insert (self->published, g_strdup (key), group);
    }
}

static void
refresh (IsmbMdnsAddresses *self)
{
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GError) error = NULL;
  Listing listing = { self, found };
  GHashTableIter iter;
  gpointer key;

  if (!self->run_inside (list_addresses, &listing, self->place, &error))
    {
      g_warning ("cannot list our addresses: %s", error->message);
      return;
    }
  g_hash_table_iter_init (&iter, self->published);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!g_hash_table_contains (found, key))
      g_hash_table_iter_remove (&iter);
  add_new (self, found);
}

/* What changed does not matter, only that something did: a notice may be lost (ENOBUFS), a listing
 * is whole. */
static gboolean
on_netlink (int fd, GIOCondition condition, gpointer user_data)
{
  IsmbMdnsAddresses *self = user_data;
  char notices[8192];

  while (recv (fd, notices, sizeof notices, 0) > 0)
    ;
  refresh (self);
  return G_SOURCE_CONTINUE;
}

/* Inside the namespace: the socket hears of that one for good. */
static void
open_netlink (gpointer data)
{
  IsmbMdnsAddresses *self = data;
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
  };

  self->netlink = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (self->netlink >= 0 && bind (self->netlink, (struct sockaddr *) &address, sizeof address) == 0)
    return;
  self->netlink_errno = errno;
  if (self->netlink >= 0)
    close (self->netlink);
  self->netlink = -1;
}

IsmbMdnsAddresses *
ismb_mdns_addresses_new (AvahiServer *server, const char *host, const char *bind_device,
                         IsmbRunInside run_inside, gpointer place, GError **error)
{
  IsmbMdnsAddresses *self = g_new0 (IsmbMdnsAddresses, 1);

  self->server = server;
  self->host = g_strdup (host);
  self->bind_device = g_strdup (bind_device);
  self->run_inside = run_inside;
  self->place = place;
  self->netlink = -1;
  self->published = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) avahi_s_entry_group_free);
  if (!run_inside (open_netlink, self, place, error))
    {
      ismb_mdns_addresses_free (self);
      return NULL;
    }
  if (self->netlink < 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot watch our addresses: %s",
                   g_strerror (self->netlink_errno));
      ismb_mdns_addresses_free (self);
      return NULL;
    }
  self->source_id = g_unix_fd_add (self->netlink, G_IO_IN, on_netlink, self);
  refresh (self);
  return self;
}

void
ismb_mdns_addresses_free (IsmbMdnsAddresses *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->netlink >= 0)
    close (self->netlink);
  g_clear_pointer (&self->published, g_hash_table_unref);
  g_free (self->host);
  g_free (self->bind_device);
  g_free (self);
}
