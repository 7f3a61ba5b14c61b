/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-plugin-registry.h"

#include <string.h>

static GMutex mutex;
static GHashTable *records; /* name to IsmbPluginRecord */
static const IsmbBuiltinPlugin *builtin;
static gsize builtin_count;
static void (*equip_client) (gpointer client);

static void
add (const char *name, const char *description, GType type, const char *const *needs)
{
  static const char *const none[] = { NULL };
  IsmbPluginRecord *record = g_new0 (IsmbPluginRecord, 1);

  record->name = g_strdup (name);
  record->description = g_strdup (description);
  record->type = type;
  record->needs = g_strdupv ((char **) (needs != NULL ? needs : none));
  if (records == NULL)
    records = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (records, record->name, record);
}

static const IsmbPluginRecord *
find (const char *name)
{
  const IsmbPluginRecord *record = records != NULL ? g_hash_table_lookup (records, name) : NULL;

  for (gsize i = 0; i < builtin_count && record == NULL; i++)
    if (g_str_equal (builtin[i].name, name))
      {
        add (name, builtin[i].description, builtin[i].get_type (), builtin[i].needs);
        record = g_hash_table_lookup (records, name);
      }
  return record;
}

void
_ismb_plugin_registry_set_builtin (const IsmbBuiltinPlugin *plugins, gsize count,
                                  void (*equip) (gpointer client))
{
  builtin = plugins;
  builtin_count = count;
  equip_client = equip;
}

void
_ismb_plugin_registry_equip (gpointer client)
{
  if (equip_client != NULL)
    equip_client (client);
}

gboolean
_ismb_plugin_registry_add (const char *name, const char *description, GType type,
                          const char *const *needs)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&mutex);
  const IsmbPluginRecord *known = find (name);

  if (known == NULL)
    add (name, description, type, needs);
  return known == NULL || known->type == type;
}

const IsmbPluginRecord *
_ismb_plugin_registry_find (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&mutex);

  return find (name);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GStrv
_ismb_plugin_registry_list (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&mutex);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  for (gsize i = 0; i < builtin_count; i++)
    find (builtin[i].name);
  if (records != NULL)
    g_hash_table_iter_init (&iter, records);
  while (records != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
