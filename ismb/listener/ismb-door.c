/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.door"

#include "config.h"
#include "ismb/listener/ismb-door.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ismb/core/ismb-log-gate.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE 200 /* milliseconds, where not even the spare descriptor could be had again */

struct _IsmbDoor
{
  IsmbWatch watch;            /* first: the callbacks get its address */
  IsmbPoller *poller;
  int fd;
  int spare; /* let go of to accept, and refuse, when descriptors run out; -1: gone */
  gboolean full; /* nobody got in since that was said */
  IsmbDoorEnter enter;
  gpointer user_data;
};

static int
open_spare (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static gboolean
refuse_with_spare (IsmbDoor *self)
{
  int fd = -1;

  if (self->spare < 0)
    return FALSE;
  close (self->spare);
  fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0)
    close (fd);
  self->spare = open_spare ();
  return fd >= 0 && self->spare >= 0;
}

/* Level-triggered and unable to accept, we would be woken for ever: refuse the waiting one, or look
 * away for a while. */
static void
refuse_one (IsmbDoor *self)
{
  if (refuse_with_spare (self))
    return;
  ismb_poller_modify (self->poller, &self->watch, 0);
  ismb_poller_set_deadline (self->poller, &self->watch, PAUSE);
}

/* FALSE: nobody waits any more. */
static gboolean
accept_one (IsmbDoor *self)
{
  struct sockaddr_storage address = { 0 };
  socklen_t length = sizeof address;
  int fd = accept4 (self->fd, (struct sockaddr *) &address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd >= 0)
    {
      self->full = FALSE;
      self->enter (fd, (const struct sockaddr *) &address, self->user_data);
      return TRUE;
    }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
    {
      if (!self->full)
        ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "door", "full",
                           "connections are refused until others end: %s", g_strerror (errno));
      self->full = TRUE;
      refuse_one (self);
      return FALSE;
    }
  /* What else fails belongs to the connection that was to be accepted (accept(2)), not to the door.
   * */
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

static void
on_ready (IsmbWatch *watch, guint32 events)
{
  IsmbDoor *self = (IsmbDoor *) watch;

  for (guint i = 0; i < ACCEPTS_PER_TURN && accept_one (self); i++)
    ;
}

static void
on_pause_over (IsmbWatch *watch)
{
  IsmbDoor *self = (IsmbDoor *) watch;

  if (self->spare < 0)
    self->spare = open_spare ();
  ismb_poller_modify (self->poller, watch, EPOLLIN);
}

IsmbDoor *
ismb_door_new (IsmbPoller *poller, int fd, IsmbDoorEnter enter, gpointer user_data, GError **error)
{
  g_autoptr (IsmbDoor) self = g_new0 (IsmbDoor, 1);

  self->poller = g_object_ref (poller);
  self->fd = fd;
  self->spare = open_spare ();
  self->enter = enter;
  self->user_data = user_data;
  self->watch.ready = on_ready;
  self->watch.deadline = on_pause_over;
  if (!ismb_poller_add (poller, &self->watch, fd, EPOLLIN, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ismb_door_free (IsmbDoor *self)
{
  ismb_poller_remove (self->poller, &self->watch);
  close (self->fd);
  if (self->spare >= 0)
    close (self->spare);
  g_object_unref (self->poller);
  g_free (self);
}
