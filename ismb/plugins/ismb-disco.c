/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.disco"

#include "config.h"
#include "ismb/plugins/ismb-disco.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbDisco:
 *
 * Service Discovery (XEP-0030), `xep_0030`: tells what the client is and can do. Each client has it
 * enabled.
 */
struct _IsmbDisco
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDisco, ismb_disco, ISMB_TYPE_PLUGIN)

static void
describe (IsmbIq *reply, const char *const *features)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (reply));
  IsmbNode *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_DISCO_INFO);
  IsmbNode *node = ismb_tree_add (tree, query, "identity", ISMB_NS_DISCO_INFO);

  ismb_tree_set (tree, node, "category", "client");
  ismb_tree_set (tree, node, "type", "bot");
  ismb_tree_set (tree, node, "name", "ISMB");
  for (; *features != NULL; features++)
    {
      node = ismb_tree_add (tree, query, "feature", ISMB_NS_DISCO_INFO);
      ismb_tree_set (tree, node, "var", *features);
    }
}

static gboolean
on_info (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbIq *reply = ismb_iq_reply (ISMB_IQ (stanza));
  g_auto (GStrv) features = ismb_client_list_features (client);

  if (reply == NULL)
    return FALSE;
  describe (reply, (const char *const *) features);
  return ismb_client_send (client, ISMB_STANZA (reply), error);
}

static void
ismb_disco_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher =
      ismb_matcher_new_path ("iq@type=get/{" ISMB_NS_DISCO_INFO "}query", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_info, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_DISCO_INFO);
}

static void
ismb_disco_class_init (IsmbDiscoClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_disco_enabled;
}

static void
ismb_disco_init (IsmbDisco *self)
{
}
