/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/discovery/ismb-mdns-poll.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <avahi-glib/glib-watch.h>

struct _IsmbMdnsPoll
{
  AvahiPoll api; /* first: avahi hands it back to us */
  AvahiGLibPoll *poll;
  void (*behind) (gpointer user_data);
  gpointer user_data;
  /* avahi's own, of the socket for interfaces */
  AvahiWatchCallback callback;
  void *callback_data;
  guint32 dropped;
};

static gboolean
is_netlink (int fd)
{
  int domain = 0;
  socklen_t size = sizeof domain;

  return getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

static guint32
count_dropped (int fd)
{
  guint32 counts[SK_MEMINFO_VARS] = { 0 };
  socklen_t size = sizeof counts;

  getsockopt (fd, SOL_SOCKET, SO_MEMINFO, counts, &size);
  return counts[SK_MEMINFO_DROPS];
}

static void
on_notices (AvahiWatch *watch, int fd, AvahiWatchEvent event, void *user_data)
{
  IsmbMdnsPoll *self = user_data;
  guint32 dropped = count_dropped (fd);
  gboolean behind = dropped != self->dropped;

  self->dropped = dropped;
  self->callback (watch, fd, event, self->callback_data);
  if (behind)
    self->behind (self->user_data);
}

static AvahiWatch *
watch_new (const AvahiPoll *api, int fd, AvahiWatchEvent event, AvahiWatchCallback callback,
           void *user_data)
{
  IsmbMdnsPoll *self = (IsmbMdnsPoll *) api;
  const AvahiPoll *below = avahi_glib_poll_get (self->poll);

  if (!is_netlink (fd))
    return below->watch_new (below, fd, event, callback, user_data);
  self->callback = callback;
  self->callback_data = user_data;
  return below->watch_new (below, fd, event, on_notices, self);
}

static AvahiTimeout *
timeout_new (const AvahiPoll *api, const struct timeval *when, AvahiTimeoutCallback callback,
             void *user_data)
{
  const AvahiPoll *below = avahi_glib_poll_get (((IsmbMdnsPoll *) api)->poll);

  return below->timeout_new (below, when, callback, user_data);
}

IsmbMdnsPoll *
ismb_mdns_poll_new (void (*behind) (gpointer user_data), gpointer user_data)
{
  IsmbMdnsPoll *self = g_new0 (IsmbMdnsPoll, 1);

  self->poll = avahi_glib_poll_new (NULL, G_PRIORITY_DEFAULT);
  self->api = *avahi_glib_poll_get (self->poll);
  self->api.watch_new = watch_new;
  self->api.timeout_new = timeout_new;
  self->behind = behind;
  self->user_data = user_data;
  return self;
}

void
ismb_mdns_poll_free (IsmbMdnsPoll *self)
{
  avahi_glib_poll_free (self->poll);
  g_free (self);
}

const AvahiPoll *
ismb_mdns_poll_get (IsmbMdnsPoll *self)
{
  return &self->api;
}
