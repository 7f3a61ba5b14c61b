/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.outside"

#include "config.h"
#include "ismb/listener/ismb-outside.h"

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-port.h"
#include "ismb/net/ismb-place-watch.h"

/* Milliseconds until a connection whose address went ends: a link that flaps takes its IPv6
 * addresses away and gives them back. */
#define GRACE 1000

struct _IsmbOutside
{
  IsmbVirtualRouter *place;
  IsmbRoutes *routes;
  IsmbSessions *sessions;
  IsmbPeers *peers;
  IsmbPort *c2s;
  IsmbPort *s2s;         /* or NULL */
  IsmbPlaceWatch *watch;
  IsmbWatch grace;       /* no descriptor: the time until addresses that went are given up */
  IsmbPoller *poller;
  gboolean open;
  char **addresses;      /* by which others reach us, as of the last word */
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

static gboolean
open_ports (IsmbOutside *self, GError **error)
{
  if (!ismb_port_open (self->c2s, error))
    return FALSE;
  if (self->s2s != NULL && !ismb_port_open (self->s2s, error))
    {
      ismb_port_close (self->c2s);
      return FALSE;
    }
  ismb_peers_set_port (self->peers, ismb_outside_get_s2s_port (self));
  return TRUE;
}

static void
close_ports (IsmbOutside *self)
{
  ismb_port_close (self->c2s);
  if (self->s2s != NULL)
    ismb_port_close (self->s2s);
}

static void
say (IsmbOutside *self)
{
  const char *name = ismb_virtual_router_get_name (self->place);
  const char *lack = ismb_outside_get_lack (self);
  g_autofree char *line = NULL;

  if (lack != NULL)
    line = g_strdup_printf ("the virtual router %s waits for %s", name, lack);
  else if (ismb_outside_get_s2s_port (self) == 0)
    line = g_strdup_printf ("the virtual router %s listens for clients on port %u", name,
                            ismb_outside_get_c2s_port (self));
  else
    line = g_strdup_printf ("the virtual router %s listens for clients on port %u, for switches on "
                            "port %u", name, ismb_outside_get_c2s_port (self),
                            ismb_outside_get_s2s_port (self));
  ismb_routes_set_trouble (self->routes, lack != NULL ? line : NULL);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "ISMB_VIRTUAL_ROUTER", name, "MESSAGE", "%s",
                    line);
}

/* The place is there; it may have no address for us yet, or another program our port. */
static gboolean
enter (IsmbOutside *self, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *lack = NULL;

  self->open = open_ports (self, &cause);
  if (self->open)
    return TRUE;
  lack = g_strdup_printf ("a port: %s", cause->message);
  ismb_virtual_router_set_lack (self->place, lack);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static void
leave (IsmbOutside *self)
{
  self->open = FALSE;
  close_ports (self);
  ismb_poller_set_deadline (self->poller, &self->grace, 0);
  ismb_sessions_cut (self->sessions, NULL);
  ismb_peers_cut (self->peers);
}

static gboolean
has_other_addresses (IsmbOutside *self)
{
  char **addresses = ismb_virtual_router_list_addresses (self->place);
  gboolean other = !g_strv_equal ((const char *const *) addresses,
                                  (const char *const *) self->addresses);

  g_strfreev (self->addresses);
  self->addresses = addresses;
  return other;
}

/* TRUE: there is something to tell. */
static gboolean
refresh (IsmbOutside *self)
{
  guint16 c2s = ismb_outside_get_c2s_port (self), s2s = ismb_outside_get_s2s_port (self);
  g_autoptr (GError) error = NULL;
  gboolean was_open = self->open;

  if (!enter (self, &error))
    {
      g_debug ("%s", error->message);
      if (was_open)
        leave (self);
    }
  return has_other_addresses (self) || was_open != self->open
         || c2s != ismb_outside_get_c2s_port (self) || s2s != ismb_outside_get_s2s_port (self);
}

static void
on_grace_over (IsmbWatch *watch)
{
  IsmbOutside *self = (IsmbOutside *) ((char *) watch - G_STRUCT_OFFSET (IsmbOutside, grace));
  g_autoptr (IsmbOwnAddresses) addresses = ismb_own_addresses_new (self->place);

  if (addresses == NULL)
    return;
  ismb_sessions_cut (self->sessions, addresses);
  ismb_peers_settle (self->peers, addresses);
}

static void
on_place (IsmbPlaceEvent event, gpointer user_data)
{
  IsmbOutside *self = user_data;
  gboolean was_open = self->open;
  gboolean news = TRUE;

  if (event == ISMB_PLACE_GONE)
    leave (self);
  else
    news = refresh (self);
  if (self->open)
    ismb_peers_resume (self->peers);
  if (event == ISMB_PLACE_CHANGED && self->open && self->grace.deadline_place == NULL)
    ismb_poller_set_deadline (self->poller, &self->grace, GRACE);
  if (!news)
    return;
  if (was_open != self->open)
    say (self);
  self->changed (self->user_data);
}

static gboolean
is_there (IsmbOutside *self, GError **error)
{
  const char *lack = ismb_virtual_router_get_lack (self->place);

  if (lack != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "there is not yet %s", lack);
  return lack == NULL;
}

IsmbOutside *
ismb_outside_new (const IsmbOutsidePlan *plan, GError **error)
{
  g_autoptr (IsmbOutside) self = g_new0 (IsmbOutside, 1);
  g_autoptr (GError) cause = NULL;

  self->place = g_object_ref (plan->place);
  self->poller = g_object_ref (plan->poller);
  self->grace.deadline = on_grace_over;
  self->routes = plan->routes;
  self->sessions = plan->sessions;
  self->peers = plan->peers;
  self->c2s = ismb_port_new (plan->poller, plan->place, plan->listen, plan->c2s_port,
                             ismb_sessions_accept, plan->sessions);
  if (plan->s2s_port >= 0)
    self->s2s = ismb_port_new (plan->poller, plan->place, plan->listen, (guint16) plan->s2s_port,
                               ismb_peers_accept, plan->peers);
  self->watch = ismb_place_watch_new (plan->place, on_place, self);
  self->changed = plan->changed;
  self->user_data = plan->user_data;
  if ((!is_there (self, &cause) || !enter (self, &cause)) && !plan->patient)
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  self->addresses = ismb_virtual_router_list_addresses (self->place);
  say (self);
  return g_steal_pointer (&self);
}

void
ismb_outside_free (IsmbOutside *self)
{
  ismb_place_watch_free (self->watch);
  ismb_poller_remove (self->poller, &self->grace);
  g_object_unref (self->poller);
  ismb_port_free (self->c2s);
  g_strfreev (self->addresses);
  g_clear_pointer (&self->s2s, ismb_port_free);
  g_object_unref (self->place);
  g_free (self);
}

const char *
ismb_outside_get_lack (IsmbOutside *self)
{
  return ismb_virtual_router_get_lack (self->place);
}

guint16
ismb_outside_get_c2s_port (IsmbOutside *self)
{
  return ismb_port_get_number (self->c2s);
}

guint16
ismb_outside_get_s2s_port (IsmbOutside *self)
{
  return self->s2s != NULL ? ismb_port_get_number (self->s2s) : 0;
}
