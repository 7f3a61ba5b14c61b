/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's plugins and features. */
#include "config.h"
#include "ismb/client/ismb-plugins.h"

#include <string.h>

#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-error.h"

static IsmbPlugins *
get_plugins (IsmbClient *self)
{
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  if (parts->plugins == NULL && parts->inbox != NULL)
    {
      parts->plugins = ismb_plugins_new (self);
      parts->free_plugins = (GDestroyNotify) ismb_plugins_free;
    }
  return parts->plugins;
}

/**
 * ismb_client_enable_plugin:
 * @self: the client
 * @name: the plugin's name, e.g. `xep_0050`
 * @config: (nullable): its settings (a{sv}): the names of its properties, with underscores or
 *   dashes; what it does not have, or cannot take as that type, is left out and logged
 * @error: return location for a #GError
 *
 * Teaches the client a protocol, and those that it stands on first. One that is enabled already
 * takes the settings and stays. A floating @config is consumed.
 *
 * Fails with [error@Ismb.Error.NOT_FOUND].
 *
 * Returns: (transfer none): the plugin, which lives until it is disabled or the client is gone
 */
IsmbPlugin *
ismb_client_enable_plugin (IsmbClient *self, const char *name, GVariant *config, GError **error)
{
  g_autoptr (GVariant) settings = config != NULL ? g_variant_ref_sink (config) : NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL, NULL);
  g_return_val_if_fail (config == NULL || g_variant_is_of_type (config, G_VARIANT_TYPE_VARDICT),
                        NULL);
  if (get_plugins (self) != NULL)
    return ismb_plugins_enable (get_plugins (self), name, settings, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");
  return NULL;
}

/**
 * ismb_client_disable_plugin:
 * @self: the client
 * @name: the plugin's name
 *
 * Lets a plugin go, and those that stand on it first.
 *
 * Returns: whether it was enabled
 */
gboolean
ismb_client_disable_plugin (IsmbClient *self, const char *name)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL, FALSE);
  return get_plugins (self) != NULL && ismb_plugins_disable (get_plugins (self), name);
}

/**
 * ismb_client_get_plugin:
 * @self: the client
 * @name: the plugin's name
 *
 * A plugin that is enabled; SleekXMPP's `client['xep_0030']`.
 *
 * Returns: (transfer none) (nullable): the plugin; %NULL where it is not enabled
 */
IsmbPlugin *
ismb_client_get_plugin (IsmbClient *self, const char *name)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL, NULL);
  return get_plugins (self) != NULL ? ismb_plugins_find (get_plugins (self), name) : NULL;
}

/**
 * ismb_client_add_feature:
 * @self: the client
 * @feature: what it can do, as others look it up (XEP-0030): a namespace as a rule
 *
 * Names a feature of the client. Named twice, it is to be removed twice.
 */
void
ismb_client_add_feature (IsmbClient *self, const char *feature)
{
  g_return_if_fail (ISMB_IS_CLIENT (self) && feature != NULL);
  if (_ismb_client_get_parts (self)->features == NULL)
    return;
  g_ptr_array_add (_ismb_client_get_parts (self)->features, g_strdup (feature));
  ismb_client_emit_event (self, "features_changed", NULL);
}

/**
 * ismb_client_remove_feature:
 * @self: the client
 * @feature: one that was added
 *
 * Names a feature no more. One that is not named is ignored.
 */
void
ismb_client_remove_feature (IsmbClient *self, const char *feature)
{
  GPtrArray *features;
  guint index;

  g_return_if_fail (ISMB_IS_CLIENT (self) && feature != NULL);
  features = _ismb_client_get_parts (self)->features;
  if (features == NULL || !g_ptr_array_find_with_equal_func (features, feature, g_str_equal, &index))
    return;
  g_ptr_array_remove_index (features, index);
  ismb_client_emit_event (self, "features_changed", NULL);
}

static int
compare_features (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * ismb_client_list_features:
 * @self: the client
 *
 * What the client names of itself. The event `features_changed` tells that it is different.
 *
 * Returns: (transfer full) (array zero-terminated=1): the features, sorted, each once
 */
char **
ismb_client_list_features (IsmbClient *self)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autoptr (GStrvBuilder) features = g_strv_builder_new ();
  IsmbClientParts *parts;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  parts = _ismb_client_get_parts (self);
  if (parts->features != NULL)
    g_ptr_array_extend (sorted, parts->features, NULL, NULL);
  g_ptr_array_sort (sorted, compare_features);
  for (guint i = 0; i < sorted->len; i++)
    if (i == 0 || !g_str_equal (sorted->pdata[i], sorted->pdata[i - 1]))
      g_strv_builder_add (features, sorted->pdata[i]);
  return g_strv_builder_end (features);
}
