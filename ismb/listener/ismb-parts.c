/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-parts.h"

#include <string.h>

#include "ismb/core/ismb-address.h"

char *
ismb_parts_dup_bare (const char *address)
{
  return g_strndup (address, strcspn (address, "/"));
}

char *
ismb_parts_dup_domain (const char *address)
{
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return g_strndup (address + ismb_address_domain_offset (&parts), parts.domain);
}

char *
ismb_parts_prepare_domain (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (!ismb_address_prepare (text, strlen (text), out, &parts, NULL) || parts.local > 0 ||
      parts.resource > 0)
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
ismb_parts_is_at (const char *address, const char *domain)
{
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return strlen (domain) == parts.domain
         && memcmp (address + ismb_address_domain_offset (&parts), domain, parts.domain) == 0;
}

gboolean
ismb_parts_is_full (const char *address)
{
  return strchr (address, '/') != NULL;
}
