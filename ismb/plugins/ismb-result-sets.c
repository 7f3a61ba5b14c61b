/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.result-sets"

#include "config.h"
#include "ismb/plugins/ismb-result-sets.h"

#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbResultSets:
 *
 * Result Set Management (XEP-0059), `xep_0059`: many results, page by page
 * ([class@Ismb.ResultPager], [class@Ismb.ResultSet]).
 */
struct _IsmbResultSets
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbResultSets, ismb_result_sets, ISMB_TYPE_PLUGIN)

static void
ismb_result_sets_enabled (IsmbPlugin *plugin)
{
  ismb_plugin_add_feature (plugin, ISMB_NS_RSM);
}

static void
ismb_result_sets_class_init (IsmbResultSetsClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_result_sets_enabled;
  ismb_payload_register (ISMB_TYPE_RESULT_SET, "rsm");
}

static void
ismb_result_sets_init (IsmbResultSets *self)
{
}

/**
 * ismb_result_sets_iterate:
 * @self: the plugin, enabled
 * @query: what is asked, with its payload; it is copied
 * @page_size: how many results a page has at most, more than 0
 * @backwards: whether the last page comes first
 *
 * [ctor@Ismb.ResultPager.new] for the plugin's client. SleekXMPP's `iterate`.
 *
 * Returns: (transfer full): the pager
 */
IsmbResultPager *
ismb_result_sets_iterate (IsmbResultSets *self, IsmbIq *query, guint page_size, gboolean backwards)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SETS (self), NULL);
  return ismb_result_pager_new (ismb_plugin_get_client (ISMB_PLUGIN (self)), query, page_size,
                                backwards);
}
