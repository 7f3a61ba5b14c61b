/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.net.place-watch"

#include "config.h"
#include "ismb/net/ismb-place-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/inotify.h>
#include <unistd.h>

#define GATHER 20 /* milliseconds: what belongs together comes in several notices */
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* A descriptor that tells that something happened, and its source. */
typedef struct
{
  int fd; /* or -1 */
  GSource *source;
} Teller;

struct _IsmbPlaceWatch
{
  IsmbVirtualRouter *place;
  IsmbPlaceHandler handler;
  gpointer user_data;
  GMainContext *context;
  Teller mounts, names, network;
  int folder;         /* inotify's number for the folder whose names are watched, or -1 */
  IsmbPlaceIdentity identity; /* when it was last looked at */
  gboolean there;
  GSource *looking;   /* pending */
};

static void
teller_close (Teller *teller)
{
  if (teller->source != NULL)
    g_source_destroy (teller->source);
  g_clear_pointer (&teller->source, g_source_unref);
  if (teller->fd >= 0)
    close (teller->fd);
  teller->fd = -1;
}

/* A change of the mount table is told once, to whoever polls first: before all others, lest GLib
 * leaves us out of a turn that had it. */
static void
teller_open (IsmbPlaceWatch *self, Teller *teller, int fd, GIOCondition condition,
             GUnixFDSourceFunc func)
{
  teller->fd = fd;
  if (fd < 0)
    return;
  teller->source = g_unix_fd_source_new (fd, condition);
  g_source_set_priority (teller->source, G_PRIORITY_HIGH);
  g_source_set_callback (teller->source, (GSourceFunc) func, self, NULL);
  g_source_attach (teller->source, self->context);
}

static gboolean look (gpointer user_data);

static void
look_soon (IsmbPlaceWatch *self)
{
  if (self->looking != NULL)
    return;
  self->looking = g_timeout_source_new (GATHER);
  g_source_set_callback (self->looking, look, self, NULL);
  g_source_attach (self->looking, self->context);
}

static gboolean
on_mounts (int fd, GIOCondition condition, gpointer user_data)
{
  look_soon (user_data);
  return G_SOURCE_CONTINUE;
}

/* What is in a notice does not matter, only that there is one: some may be lost, a look is
 * whole. */
static gboolean
on_notices (int fd, GIOCondition condition, gpointer user_data)
{
  char notices[8192];

  while (read (fd, notices, sizeof notices) > 0)
    ;
  look_soon (user_data);
  return G_SOURCE_CONTINUE;
}

/* --- names: the folder of the namespace's file, or as much of the way there as there is --- */

static void
watch_names (IsmbPlaceWatch *self)
{
  g_autofree char *folder = g_path_get_dirname (ismb_virtual_router_get_netns (self->place));
  int former = self->folder;

  if (self->names.fd < 0)
    return;
  while ((self->folder = inotify_add_watch (self->names.fd, folder, NAMES | IN_ONLYDIR)) < 0
         && !g_str_equal (folder, "/"))
    {
      g_autofree char *above = g_path_get_dirname (folder);

      g_free (folder);
      folder = g_steal_pointer (&above);
    }
  if (former >= 0 && former != self->folder)
    inotify_rm_watch (self->names.fd, former);
}

/* `ip netns add` makes the file first and mounts the namespace on it then: both are told. */
static void
watch_namespace (IsmbPlaceWatch *self)
{
  if (ismb_virtual_router_get_netns (self->place) == NULL)
    return;
  teller_open (self, &self->mounts, open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC),
               G_IO_ERR | G_IO_PRI, on_mounts);
  teller_open (self, &self->names, inotify_init1 (IN_NONBLOCK | IN_CLOEXEC), G_IO_IN, on_notices);
  if (self->mounts.fd < 0 || self->names.fd < 0)
    g_warning ("virtual router %s: the return of its namespace may go unnoticed: %s",
               ismb_virtual_router_get_name (self->place), g_strerror (errno));
  watch_names (self);
}

/* --- the network inside --- */

static void
open_netlink (gpointer data)
{
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
  };
  int *fd = data;

  *fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (*fd < 0 || bind (*fd, (struct sockaddr *) &address, sizeof address) == 0)
    return;
  close (*fd);
  *fd = -1;
}

/* The socket keeps the namespace it was made in alive, so it goes with the place. */
static void
watch_network (IsmbPlaceWatch *self)
{
  int fd = -1;

  teller_close (&self->network);
  ismb_virtual_router_run (self->place, open_netlink, &fd, NULL);
  teller_open (self, &self->network, fd, G_IO_IN, on_notices);
}

/* --- looking --- */

static gboolean
identify (IsmbPlaceWatch *self)
{
  g_autofree char *lack = ismb_virtual_router_identify (self->place, &self->identity);

  ismb_virtual_router_set_lack (self->place, lack);
  return lack == NULL;
}

static gboolean
is_same (const IsmbPlaceIdentity *one, const IsmbPlaceIdentity *other)
{
  return one->device == other->device && one->inode == other->inode
         && one->interface == other->interface;
}

/* An interface may come back in a namespace that stayed, so that is listened to in any case; then
 * looked at once more, for what happened before. TRUE: the place is there. */
static gboolean
follow (IsmbPlaceWatch *self)
{
  IsmbPlaceIdentity former = self->identity;
  gboolean there = identify (self);
  gboolean same = former.device == self->identity.device && former.inode == self->identity.inode;

  if (self->identity.inode == 0)
    teller_close (&self->network);
  if (self->identity.inode == 0 || (same && self->network.fd >= 0))
    return there;
  watch_network (self);
  return identify (self);
}

/* The handler may free us: it is called last. */
static void
tell (IsmbPlaceWatch *self, gboolean was_there, gboolean same, gboolean other_lack)
{
  if (self->there && was_there && same)
    self->handler (ISMB_PLACE_CHANGED, self->user_data);
  else if (self->there && !was_there)
    self->handler (ISMB_PLACE_CAME, self->user_data);
  else if (self->there)
    {
      self->there = FALSE;
      look_soon (self);
      ismb_virtual_router_set_lack (self->place, "its place, which was made anew just now");
      self->handler (ISMB_PLACE_GONE, self->user_data);
    }
  else if (was_there || other_lack)
    self->handler (ISMB_PLACE_GONE, self->user_data);
}

static gboolean
look (gpointer user_data)
{
  IsmbPlaceWatch *self = user_data;
  g_autofree char *lack = g_strdup (ismb_virtual_router_get_lack (self->place));
  IsmbPlaceIdentity former = self->identity;
  gboolean was_there = self->there;

  g_clear_pointer (&self->looking, g_source_unref);
  if (self->names.fd >= 0)
    watch_names (self);
  self->there = follow (self);
  tell (self, was_there, is_same (&former, &self->identity),
        g_strcmp0 (lack, ismb_virtual_router_get_lack (self->place)) != 0);
  return G_SOURCE_REMOVE;
}

IsmbPlaceWatch *
ismb_place_watch_new (IsmbVirtualRouter *place, IsmbPlaceHandler handler, gpointer user_data)
{
  IsmbPlaceWatch *self = g_new0 (IsmbPlaceWatch, 1);

  self->place = g_object_ref (place);
  self->handler = handler;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->mounts.fd = self->names.fd = self->network.fd = self->folder = -1;
  watch_namespace (self);
  self->there = follow (self);
  return self;
}

void
ismb_place_watch_free (IsmbPlaceWatch *self)
{
  if (self->looking != NULL)
    g_source_destroy (self->looking);
  g_clear_pointer (&self->looking, g_source_unref);
  teller_close (&self->network);
  teller_close (&self->names);
  teller_close (&self->mounts);
  g_main_context_unref (self->context);
  g_object_unref (self->place);
  g_free (self);
}
