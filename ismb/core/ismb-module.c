/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-module.h"

#include <string.h>

#define NAME_MAX_BYTES 64

int _ismb_module_generation = 1;

gboolean
ismb_module_is_below (const char *module, const char *name)
{
  gsize length = strlen (name);

  return strncmp (name, module, length) == 0 && (module[length] == '\0' || module[length] == '.');
}

gboolean
ismb_module_is_name (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || length > NAME_MAX_BYTES || text[length - 1] == '.')
    return FALSE;
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '.' ? at == text || at[-1] == '.'
                   : !g_ascii_isalnum (*at) && *at != '-' && *at != '_')
      return FALSE;
  return TRUE;
}

const char *const *
ismb_module_find_alias (const char *name)
{
  static const char *const modules[] = { "ismb.client", "ismb.plugins", NULL };

  return ismb_module_is_below (name, "sleekxmpp") ? modules : NULL;
}

void
ismb_module_change (void)
{
  g_atomic_int_inc (&_ismb_module_generation);
}
