/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-source.h"

#include <arpa/inet.h>
#include <string.h>

static void
init_unix (IsmbSource *self, int fd)
{
  struct ucred peer = { .uid = (uid_t) -1 };
  socklen_t length = sizeof peer;

  getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  self->uid = peer.uid;
  self->unix_socket = self->local = TRUE;
  g_snprintf (self->address, sizeof self->address, "uid %u", (guint) peer.uid);
  g_strlcpy (self->key, self->address, sizeof self->key);
}

static void
init_v4 (IsmbSource *self, const struct in_addr *address)
{
  inet_ntop (AF_INET, address, self->address, sizeof self->address);
  g_strlcpy (self->key, self->address, sizeof self->key);
  self->local = ntohl (address->s_addr) >> 24 == 127;
}

static void
init_v6 (IsmbSource *self, const struct in6_addr *address)
{
  struct in6_addr network = *address;
  struct in_addr mapped;

  if (IN6_IS_ADDR_V4MAPPED (address))
    {
      memcpy (&mapped, address->s6_addr + 12, sizeof mapped);
      init_v4 (self, &mapped);
      return;
    }
  self->local = IN6_IS_ADDR_LOOPBACK (address);
  if (!self->local && !IN6_IS_ADDR_LINKLOCAL (address))
    memset (network.s6_addr + 8, 0, 8);
  inet_ntop (AF_INET6, address, self->address, sizeof self->address);
  inet_ntop (AF_INET6, &network, self->key, sizeof self->key);
}

void
ismb_source_init (IsmbSource *self, int fd, const struct sockaddr *address)
{
  *self = (IsmbSource) { .uid = (uid_t) -1 };
  if (address->sa_family == AF_INET)
    init_v4 (self, &((const struct sockaddr_in *) (const void *) address)->sin_addr);
  else if (address->sa_family == AF_INET6)
    init_v6 (self, &((const struct sockaddr_in6 *) (const void *) address)->sin6_addr);
  else
    init_unix (self, fd);
}
