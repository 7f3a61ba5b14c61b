/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.version"

#include "config.h"
#include "ismb/plugins/ismb-software-version.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbSoftwareVersion:
 *
 * Software Version (XEP-0092), `xep_0092`: tells others what program this is. Each client has it
 * enabled.
 */
struct _IsmbSoftwareVersion
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbSoftwareVersion, ismb_software_version, ISMB_TYPE_PLUGIN)

static gboolean
on_version (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbIq *reply = ismb_iq_reply (ISMB_IQ (stanza));
  IsmbTree *tree = reply != NULL ? _ismb_stanza_get_tree (ISMB_STANZA (reply)) : NULL;
  IsmbNode *query;

  if (reply == NULL)
    return FALSE;
  query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_VERSION);
  ismb_tree_add_leaf (tree, query, "name", ISMB_NS_VERSION, "ISMB");
  ismb_tree_add_leaf (tree, query, "version", ISMB_NS_VERSION, ISMB_VERSION);
  return ismb_client_send (client, ISMB_STANZA (reply), error);
}

static void
ismb_software_version_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher =
      ismb_matcher_new_path ("iq@type=get/{" ISMB_NS_VERSION "}query", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_version, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_VERSION);
}

static void
ismb_software_version_class_init (IsmbSoftwareVersionClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_software_version_enabled;
}

static void
ismb_software_version_init (IsmbSoftwareVersion *self)
{
}
