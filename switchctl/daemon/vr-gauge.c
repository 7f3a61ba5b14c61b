/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/vr-gauge.h"

#define PAUSE 500 /* milliseconds between two words */

struct _SwitchVrGauge
{
  SwitchVr *vr;
  IsmbDBusVirtualRouter1 *skeleton;
  guint pause_id;
  gboolean stale; /* there was news in the pause */
};

static guint
read_count (SwitchVrGauge *self, const char *property)
{
  IsmbListener *listener = switch_vr_get_listener (self->vr);
  guint count = 0;

  if (listener != NULL)
    g_object_get (listener, property, &count, NULL);
  return count;
}

static GVariant *
describe (SwitchVrGauge *self)
{
  GVariantBuilder changed;

  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changed, "{sv}", "Sessions",
                         g_variant_new_uint32 (switch_vr_gauge_get_sessions (self)));
  g_variant_builder_add (&changed, "{sv}", "Peers",
                         g_variant_new_uint32 (switch_vr_gauge_get_peers (self)));
  return g_variant_new ("(sa{sv}as)", "net.ismb.VirtualRouter1", &changed, NULL);
}

/* FALSE: nobody listens. */
static gboolean
tell (SwitchVrGauge *self)
{
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self->skeleton);
  g_autolist (GDBusConnection) callers = g_dbus_interface_skeleton_get_connections (skeleton);
  g_autoptr (GVariant) word = callers != NULL ? g_variant_ref_sink (describe (self)) : NULL;

  self->stale = FALSE;
  for (GList *each = callers; each != NULL; each = each->next)
    g_dbus_connection_emit_signal (each->data, NULL,
                                   g_dbus_interface_skeleton_get_object_path (skeleton),
                                   "org.freedesktop.DBus.Properties", "PropertiesChanged", word,
                                   NULL);
  return callers != NULL;
}

static gboolean
on_pause_over (gpointer user_data)
{
  SwitchVrGauge *self = user_data;

  if (self->stale && tell (self))
    return G_SOURCE_CONTINUE;
  self->pause_id = 0;
  return G_SOURCE_REMOVE;
}

static void
on_counted (SwitchVrGauge *self)
{
  if (self->pause_id != 0)
    self->stale = TRUE;
  else if (tell (self))
    self->pause_id = g_timeout_add (PAUSE, on_pause_over, self);
}

SwitchVrGauge *
switch_vr_gauge_new (SwitchVr *vr, IsmbDBusVirtualRouter1 *skeleton)
{
  SwitchVrGauge *self = g_new0 (SwitchVrGauge, 1);

  self->vr = g_object_ref (vr);
  self->skeleton = skeleton;
  g_signal_connect_swapped (vr, "counted", G_CALLBACK (on_counted), self);
  return self;
}

void
switch_vr_gauge_free (SwitchVrGauge *self)
{
  g_clear_handle_id (&self->pause_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->vr, self);
  g_object_unref (self->vr);
  g_free (self);
}

guint
switch_vr_gauge_get_sessions (SwitchVrGauge *self)
{
  return read_count (self, "session-count");
}

guint
switch_vr_gauge_get_peers (SwitchVrGauge *self)
{
  return read_count (self, "peer-count");
}
