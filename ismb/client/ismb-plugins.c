/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.plugin"

#include "config.h"
#include "ismb/client/ismb-plugins.h"

#include "ismb/client/ismb-plugin-private.h"
#include "ismb/client/ismb-plugin-registry.h"
#include "ismb/core/ismb-error.h"

#define DEPTH_MAX 16 /* of plugins that need each other in a ring */

struct _IsmbPlugins
{
  IsmbClient *client; /* borrowed: it owns us */
  GPtrArray *enabled; /* of IsmbPlugin, in the order they were */
};

IsmbPlugins *
ismb_plugins_new (IsmbClient *client)
{
  IsmbPlugins *self = g_new0 (IsmbPlugins, 1);

  self->client = client;
  self->enabled = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

static void
let_go (IsmbPlugins *self, guint index)
{
  g_autoptr (IsmbPlugin) plugin = g_ptr_array_steal_index (self->enabled, index);

  _ismb_plugin_detach (plugin);
}

void
ismb_plugins_free (IsmbPlugins *self)
{
  while (self->enabled->len > 0)
    let_go (self, self->enabled->len - 1);
  g_ptr_array_unref (self->enabled);
  g_free (self);
}

static gboolean
find_index (IsmbPlugins *self, const char *name, guint *index)
{
  for (guint i = 0; i < self->enabled->len; i++)
    if (g_strcmp0 (ismb_plugin_get_name (self->enabled->pdata[i]), name) == 0)
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

IsmbPlugin *
ismb_plugins_find (IsmbPlugins *self, const char *name)
{
  guint index;

  return find_index (self, name, &index) ? self->enabled->pdata[index] : NULL;
}

static IsmbPlugin *enable (IsmbPlugins *self, const char *name, GVariant *config, guint depth,
                           GError **error);

static gboolean
enable_needed (IsmbPlugins *self, const IsmbPluginRecord *record, guint depth, GError **error)
{
  for (guint i = 0; record->needs[i] != NULL; i++)
    if (enable (self, record->needs[i], NULL, depth + 1, error) == NULL)
      {
        g_prefix_error (error, "%s needs another plugin: ", record->name);
        return FALSE;
      }
  return TRUE;
}

static IsmbPlugin *
enable (IsmbPlugins *self, const char *name, GVariant *config, guint depth, GError **error)
{
  const IsmbPluginRecord *record = _ismb_plugin_registry_find (name);
  IsmbPlugin *plugin = ismb_plugins_find (self, name);

  if (plugin != NULL)
    return plugin;
  if (record == NULL || depth > DEPTH_MAX)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                   record == NULL ? "there is no plugin %s" : "%s needs itself", name);
      return NULL;
    }
  if (!enable_needed (self, record, depth, error))
    return NULL;
  plugin = g_object_new (record->type, NULL);
  g_ptr_array_add (self->enabled, plugin);
  _ismb_plugin_configure (plugin, config);
  _ismb_plugin_attach (plugin, self->client, record->name);
  g_debug ("enabled %s (%s)", record->name, record->description);
  return plugin;
}

IsmbPlugin *
ismb_plugins_enable (IsmbPlugins *self, const char *name, GVariant *config, GError **error)
{
  IsmbPlugin *plugin = ismb_plugins_find (self, name);

  if (plugin == NULL)
    return enable (self, name, config, 0, error);
  _ismb_plugin_configure (plugin, config);
  return plugin;
}

static gboolean
needs (IsmbPlugin *plugin, const char *name)
{
  const IsmbPluginRecord *record = _ismb_plugin_registry_find (ismb_plugin_get_name (plugin));

  return record != NULL && g_strv_contains ((const char *const *) record->needs, name);
}

gboolean
ismb_plugins_disable (IsmbPlugins *self, const char *name)
{
  guint index;

  if (!find_index (self, name, &index))
    return FALSE;
  for (guint i = self->enabled->len; i-- > 0;)
    if (i < self->enabled->len && needs (self->enabled->pdata[i], name))
      ismb_plugins_disable (self, ismb_plugin_get_name (self->enabled->pdata[i]));
  if (find_index (self, name, &index))
    let_go (self, index);
  return TRUE;
}
