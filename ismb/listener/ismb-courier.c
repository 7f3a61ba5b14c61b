/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-courier.h"

#include "ismb/listener/ismb-attendance.h"
#include "ismb/listener/ismb-parts.h"

struct _IsmbCourier
{
  IsmbRoutes *routes;
  IsmbAudience *audience;   /* the owner's */
  IsmbCourierLocal local;
  gpointer owner;
};

IsmbCourier *
ismb_courier_new (IsmbRoutes *routes, IsmbAudience *audience, IsmbCourierLocal local,
                  gpointer owner)
{
  IsmbCourier *self = g_new0 (IsmbCourier, 1);

  self->routes = g_object_ref (routes);
  self->audience = audience;
  self->local = local;
  self->owner = owner;
  return self;
}

void
ismb_courier_free (IsmbCourier *self)
{
  g_object_unref (self->routes);
  g_free (self);
}

gboolean
ismb_courier_send (IsmbCourier *self, IsmbFrame *presence)
{
  if (ismb_routes_is_blocked (self->routes, presence->from, presence->to))
    return TRUE; /* the account hides from whom it has blocked */
  if (ismb_parts_is_at (presence->to, ismb_routes_get_domain (self->routes)))
    self->local (presence, self->owner);
  else if (!ismb_routes_deliver (self->routes, presence))
    {
      ismb_courier_note_missed (self, presence->to);
      return FALSE;
    }
  return TRUE;
}

void
ismb_courier_send_as (IsmbCourier *self, const IsmbFrame *presence, const char *from,
                      const char *to)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_readdress (presence, from, to);

  ismb_courier_send (self, frame);
}

void
ismb_courier_send_new (IsmbCourier *self, const char *type, const char *from, const char *to)
{
  g_autoptr (IsmbFrame) frame = ismb_attendance_make (type, from, to);

  ismb_courier_send (self, frame);
}

void
ismb_courier_send_current (IsmbCourier *self, const char *account, const char *to, gboolean ended)
{
  g_autoptr (GPtrArray) resources = ismb_routes_list_resources (self->routes, account);

  for (guint i = 0; i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available && ended)
        ismb_courier_send_new (self, "unavailable", resource->full, to);
      else if (resource->available)
        ismb_courier_send_as (self, resource->presence, resource->full, to);
    }
}

void
ismb_courier_send_back (IsmbCourier *self, const IsmbFrame *presence, const char *condition)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (presence, condition, NULL);

  if (error != NULL)
    ismb_courier_send (self, error);
}

void
ismb_courier_note_missed (IsmbCourier *self, const char *address)
{
  g_autofree char *domain = ismb_parts_dup_domain (address);

  ismb_audience_note_missed (self->audience, domain);
}
