/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What plugins there are in this process, by name. Records are never taken back: types are not
 * either. From any thread. */
typedef struct
{
  char *name, *description;
  GType type;
  GStrv needs; /* names of those it stands on */
} IsmbPluginRecord;

/* One that the library brings along. All of it is static. */
typedef struct
{
  const char *name, *description;
  GType (*get_type) (void); /* asked when the plugin is wanted */
  const char *const *needs; /* NULL: none */
} IsmbBuiltinPlugin;

/* Those of the folder above this one, before main (): a client finds them by name. `equip` gives a
 * new client those that each has. */
void _ismb_plugin_registry_set_builtin (const IsmbBuiltinPlugin *plugins, gsize count,
                                       void (*equip) (gpointer client));
void _ismb_plugin_registry_equip (gpointer client);
/* FALSE: there is another one of that name. */
gboolean _ismb_plugin_registry_add (const char *name, const char *description, GType type,
                                   const char *const *needs);
/* NULL: there is none. */
const IsmbPluginRecord *_ismb_plugin_registry_find (const char *name);
/* Sorted. (transfer full) */
GStrv _ismb_plugin_registry_list (void);

G_END_DECLS
