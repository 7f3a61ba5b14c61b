/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/net/ismb-own-addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

struct _IsmbOwnAddresses
{
  GHashTable *all; /* set of GBytes: 16 bytes, IPv4 mapped to IPv6 */
};

/* NULL: neither IPv4 nor IPv6. */
static GBytes *
make_key (const struct sockaddr *address)
{
  struct in6_addr key = { 0 };

  if (address->sa_family == AF_INET6)
    return g_bytes_new (&((const struct sockaddr_in6 *) address)->sin6_addr, sizeof key);
  if (address->sa_family != AF_INET)
    return NULL;
  key.s6_addr[10] = key.s6_addr[11] = 0xff;
  memcpy (&key.s6_addr[12], &((const struct sockaddr_in *) address)->sin_addr, 4);
  return g_bytes_new (&key, sizeof key);
}

static void
list_inside (gpointer data)
{
  IsmbOwnAddresses *self = data;
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) < 0)
    return;
  self->all = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                     NULL);
  for (struct ifaddrs *entry = all; entry != NULL; entry = entry->ifa_next)
    {
      GBytes *key = entry->ifa_addr != NULL ? make_key (entry->ifa_addr) : NULL;

      if (key != NULL)
        g_hash_table_add (self->all, key);
    }
  freeifaddrs (all);
}

IsmbOwnAddresses *
ismb_own_addresses_new (IsmbVirtualRouter *place)
{
  g_autoptr (IsmbOwnAddresses) self = g_new0 (IsmbOwnAddresses, 1);

  if (!ismb_virtual_router_run (place, list_inside, self, NULL) || self->all == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

void
ismb_own_addresses_free (IsmbOwnAddresses *self)
{
  g_clear_pointer (&self->all, g_hash_table_unref);
  g_free (self);
}

/* All of 127.0.0.0/8 is the loopback interface's, which lists one address. */
static gboolean
is_loopback (const struct sockaddr_storage *address)
{
  const struct sockaddr_in *v4 = (const struct sockaddr_in *) address;

  return address->ss_family == AF_INET && g_ntohl (v4->sin_addr.s_addr) >> 24 == 127;
}

gboolean
ismb_own_addresses_have (IsmbOwnAddresses *self, int fd)
{
  struct sockaddr_storage address = { 0 };
  socklen_t size = sizeof address;
  g_autoptr (GBytes) key = NULL;

  if (getsockname (fd, (struct sockaddr *) &address, &size) < 0 || is_loopback (&address))
    return TRUE;
  key = make_key ((const struct sockaddr *) &address);
  return key == NULL || g_hash_table_contains (self->all, key);
}

void
ismb_own_addresses_cut (IsmbOwnAddresses *self, int fd)
{
  if (fd >= 0 && (self == NULL || !ismb_own_addresses_have (self, fd)))
    ismb_socket_cut (fd);
}
