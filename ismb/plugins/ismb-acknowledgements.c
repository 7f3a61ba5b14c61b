/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.acknowledgements"

#include "config.h"
#include "ismb/plugins/ismb-acknowledgements.h"

/**
 * IsmbAcknowledgements:
 *
 * Stream Management (XEP-0198), `xep_0198`. It is the connection's own, and in use wherever the
 * server offers it, with this plugin or without ([property@Ismb.Client:stream-management]): the
 * plugin is for programs that enable it by its name, as SleekXMPP's do, and for those that want to
 * do without, by disabling it. The events are `sm_enabled`, `sm_failed`, `session_resumed` and,
 * with each stanza that the server has taken, `stanza_acked`.
 */
struct _IsmbAcknowledgements
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbAcknowledgements, ismb_acknowledgements, ISMB_TYPE_PLUGIN)

static void
ismb_acknowledgements_enabled (IsmbPlugin *plugin)
{
  g_object_set (ismb_plugin_get_client (plugin), "stream-management", TRUE, NULL);
}

/* From the next session on. */
static void
ismb_acknowledgements_disabled (IsmbPlugin *plugin)
{
  g_object_set (ismb_plugin_get_client (plugin), "stream-management", FALSE, NULL);
}

static void
ismb_acknowledgements_class_init (IsmbAcknowledgementsClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_acknowledgements_enabled;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_acknowledgements_disabled;
}

static void
ismb_acknowledgements_init (IsmbAcknowledgements *self)
{
}
