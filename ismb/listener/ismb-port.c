/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.port"

#include "config.h"
#include "ismb/listener/ismb-port.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"

#define TRIES 8 /* for one number that is free on several addresses */

struct _IsmbPort
{
  IsmbPoller *poller;
  IsmbVirtualRouter *place;
  char **addresses;
  guint16 wanted; /* 0: any */
  guint16 number; /* the last one that was open */
  IsmbDoorEnter enter;
  gpointer user_data;
  IsmbDoor **doors;      /* of each address, NULL while closed */
  guint *interfaces;     /* that its zone meant then, or 0 */
  guint open;            /* doors */
};

IsmbPort *
ismb_port_new (IsmbPoller *poller, IsmbVirtualRouter *place, char **addresses, guint16 number,
               IsmbDoorEnter enter, gpointer user_data)
{
  IsmbPort *self = g_new0 (IsmbPort, 1);
  guint count;

  self->poller = g_object_ref (poller);
  self->place = g_object_ref (place);
  self->addresses = addresses != NULL ? g_strdupv (addresses) : g_new0 (char *, 1);
  self->wanted = number;
  self->enter = enter;
  self->user_data = user_data;
  count = g_strv_length (self->addresses);
  self->doors = g_new0 (IsmbDoor *, count);
  self->interfaces = g_new0 (guint, count);
  return self;
}

void
ismb_port_free (IsmbPort *self)
{
  ismb_port_close (self);
  g_free (self->doors);
  g_free (self->interfaces);
  g_strfreev (self->addresses);
  g_object_unref (self->place);
  g_object_unref (self->poller);
  g_free (self);
}

static void
close_door (IsmbPort *self, guint i)
{
  if (self->doors[i] == NULL)
    return;
  g_clear_pointer (&self->doors[i], ismb_door_free);
  self->open--;
}

/* The interface that an address like fe80::1%eth0 belongs to may have been made anew. */
static guint
find_interface (IsmbPort *self, guint i)
{
  const char *zone = strchr (self->addresses[i], '%');

  return zone != NULL ? ismb_virtual_router_find_interface (self->place, zone + 1) : 0;
}

static gboolean
open_door (IsmbPort *self, guint i, GError **error)
{
  int fd = ismb_virtual_router_listen (self->place, self->addresses[i], self->number,
                                       &self->number, error);

  if (fd < 0)
    return FALSE;
  self->doors[i] = ismb_door_new (self->poller, fd, self->enter, self->user_data, error);
  self->interfaces[i] = find_interface (self, i);
  self->open += self->doors[i] != NULL;
  return self->doors[i] != NULL;
}

/* What is wrong with one address alone: this host has not got it, or not its family. */
static gboolean
may_be_passed_over (const GError *error)
{
  return g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND) ||
         g_error_matches (error, ISMB_ERROR, ISMB_ERROR_FAILED);
}

static void
pass_over (IsmbPort *self, guint i, GError **passed, GError *error)
{
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->addresses[i], "passed-over", "%s",
                     error->message);
  g_clear_error (passed);
  *passed = error;
}

/* FALSE: what is wrong is wrong with all of them. `passed`: with the last one of some. */
static gboolean
try_all (IsmbPort *self, GError **passed, GError **error)
{
  guint before = self->open;

  for (guint i = 0; self->addresses[i] != NULL; i++)
    {
      GError *local = NULL;

      if (self->doors[i] != NULL && self->interfaces[i] != find_interface (self, i))
        close_door (self, i);
      if (self->doors[i] != NULL || open_door (self, i, &local))
        continue;
      if (before > 0 || may_be_passed_over (local))
        {
          pass_over (self, i, passed, local);
          continue;
        }
      ismb_port_close (self);
      g_propagate_error (error, local);
      return FALSE;
    }
  return TRUE;
}

/* The number of before, else a new one. */
static guint16
choose_number (IsmbPort *self, guint round)
{
  if (self->wanted != 0)
    return self->wanted;
  return self->open > 0 || round == 0 ? self->number : 0;
}

gboolean
ismb_port_open (IsmbPort *self, GError **error)
{
  guint rounds = self->wanted == 0 ? TRIES : 1;
  g_autoptr (GError) passed = NULL;
  g_autoptr (GError) failure = NULL;

  for (guint round = 0; round < rounds; round++)
    {
      g_clear_error (&failure);
      self->number = choose_number (self, round);
      if (try_all (self, &passed, &failure)
          || !g_error_matches (failure, ISMB_ERROR, ISMB_ERROR_EXISTS))
        break;
    }
  if (self->open > 0 || self->addresses[0] == NULL)
    return TRUE;
  if (failure == NULL)
    failure = g_steal_pointer (&passed);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

void
ismb_port_close (IsmbPort *self)
{
  for (guint i = 0; self->addresses[i] != NULL; i++)
    close_door (self, i);
}

guint16
ismb_port_get_number (IsmbPort *self)
{
  return self->open > 0 ? self->number : 0;
}
