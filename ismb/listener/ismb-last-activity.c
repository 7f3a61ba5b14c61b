/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-last-activity.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-attendance.h"

struct _IsmbLastActivity
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbProfiles *profiles;
  gint64 start; /* monotonic */
};

G_DEFINE_FINAL_TYPE (IsmbLastActivity, ismb_last_activity, G_TYPE_OBJECT)

static void
ismb_last_activity_dispose (GObject *object)
{
  IsmbLastActivity *self = ISMB_LAST_ACTIVITY (object);

  g_clear_object (&self->profiles);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_last_activity_parent_class)->dispose (object);
}

static void
ismb_last_activity_class_init (IsmbLastActivityClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_last_activity_dispose;
}

static void
ismb_last_activity_init (IsmbLastActivity *self)
{
  self->start = g_get_monotonic_time ();
}

static void
on_departed (IsmbLastActivity *self, const char *account, const IsmbFrame *presence)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (presence);
  g_autofree char *status
    = ismb_node_dup_child_text (ismb_tree_root (tree), "status", ISMB_NS_CLIENT);

  ismb_profiles_depart (self->profiles, account, g_get_real_time () / G_USEC_PER_SEC, status);
}

IsmbLastActivity *
ismb_last_activity_new (IsmbRoutes *routes, IsmbProfiles *profiles, IsmbPresenceService *presence)
{
  IsmbLastActivity *self = g_object_new (ISMB_TYPE_LAST_ACTIVITY, NULL);

  self->routes = g_object_ref (routes);
  self->profiles = g_object_ref (profiles);
  g_signal_connect_object (presence, "departed", G_CALLBACK (on_departed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

static void
tell (IsmbTree *reply, gint64 seconds, const char *status)
{
  IsmbNode *query = ismb_tree_add_leaf (reply, ismb_tree_root (reply), "query", ISMB_NS_LAST,
                                        status);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, MAX (seconds, 0));

  ismb_tree_set (reply, query, "seconds", text);
}

/* Whose client is there is not away, whatever it was before. */
static const char *
tell_of_account (IsmbLastActivity *self, const char *account, IsmbTree *reply)
{
  const IsmbDeparture *departure = ismb_profiles_get_departure (self->profiles, account);

  if (ismb_attendance_is_present (self->routes, account))
    tell (reply, 0, NULL);
  else if (departure == NULL)
    return "item-not-found";
  else
    tell (reply, g_get_real_time () / G_USEC_PER_SEC - departure->time, departure->status);
  return NULL;
}

const char *
ismb_last_activity_answer (IsmbLastActivity *self, const IsmbQuestion *question, IsmbTree *reply)
{
  if (question->place == ISMB_PLACE_STRANGER)
    return "forbidden";
  if (question->place != ISMB_PLACE_DOMAIN)
    return tell_of_account (self, question->account, reply);
  tell (reply, (g_get_monotonic_time () - self->start) / G_USEC_PER_SEC, NULL);
  return NULL;
}
