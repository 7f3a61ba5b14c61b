/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.door"

#include "config.h"
#include "ismb/listener/ismb-door.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"

#define ACCEPTS_PER_TURN 64
#define PORT_TRIES 8          /* for one port that is free on several addresses */
#define PAUSE 200 /* milliseconds, where not even the spare descriptor could be had again */

struct _IsmbDoor
{
  IsmbWatch watch;            /* first: the callbacks get its address */
  IsmbPoller *poller;
  int fd;
  int spare; /* let go of to accept, and refuse, when descriptors run out; -1: gone */
  IsmbDoorEnter enter;
  gpointer user_data;
};

static int
open_spare (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Level-triggered and unable to accept, we would be woken for ever: refuse the waiting one, or look
 * away. */
static void
refuse_one (IsmbDoor *self)
{
  int fd;

  if (self->spare >= 0)
    {
      close (self->spare);
      fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC);
      if (fd >= 0)
        close (fd);
    }
  self->spare = open_spare ();
  if (self->spare >= 0)
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
      self->enter (fd, (const struct sockaddr *) &address, self->user_data);
      return TRUE;
    }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
    {
      ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "door", "full",
                         "a connection is refused: %s", g_strerror (errno));
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

gboolean
ismb_door_open (GPtrArray *doors, IsmbPoller *poller, int fd, IsmbDoorEnter enter,
                gpointer user_data, GError **error)
{
  IsmbDoor *door = ismb_door_new (poller, fd, enter, user_data, error);

  if (door == NULL)
    return FALSE;
  g_ptr_array_add (doors, door);
  return TRUE;
}

/* What is wrong with one address alone: this host has not got it, or not its family. */
static gboolean
may_be_passed_over (const GError *error)
{
  return g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND) ||
         g_error_matches (error, ISMB_ERROR, ISMB_ERROR_FAILED);
}

static gboolean
try_port (GPtrArray *doors, IsmbPoller *poller, IsmbVirtualRouter *place, char **addresses,
          guint16 port, IsmbDoorEnter enter, gpointer user_data, guint16 *actual, GError **error)
{
  guint before = doors->len;
  g_autoptr (GError) passed = NULL;

  *actual = port;
  for (char **address = addresses; address != NULL && *address != NULL; address++)
    {
      g_autoptr (GError) local = NULL;
      int fd = ismb_virtual_router_listen (place, *address, *actual, actual, &local);

      if (fd >= 0 && ismb_door_open (doors, poller, fd, enter, user_data, &local))
        continue;
      if (fd >= 0 || !may_be_passed_over (local))
        {
          g_ptr_array_set_size (doors, (int) before);
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      g_message ("%s", local->message);
      g_clear_error (&passed);
      passed = g_steal_pointer (&local);
    }
  if (passed == NULL || doors->len > before)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&passed));
  return FALSE;
}

gboolean
ismb_door_open_port (GPtrArray *doors, IsmbPoller *poller, IsmbVirtualRouter *place,
                     char **addresses, guint16 port, IsmbDoorEnter enter, gpointer user_data,
                     guint16 *actual, GError **error)
{
  g_autoptr (GError) failure = NULL;

  *actual = 0;
  if (addresses == NULL || *addresses == NULL)
    return TRUE;
  for (guint tries = port == 0 ? PORT_TRIES : 1; tries > 0; tries--)
    {
      g_clear_error (&failure);
      if (try_port (doors, poller, place, addresses, port, enter, user_data, actual, &failure))
        return TRUE;
      if (!g_error_matches (failure, ISMB_ERROR, ISMB_ERROR_EXISTS))
        break;
    }
  *actual = 0;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
