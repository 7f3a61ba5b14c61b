/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-fellows.h"

#include "ismb/listener/ismb-link.h"
#include "ismb/listener/ismb-parts.h"

static gboolean
includes (IsmbRoutes *routes, const char *domain)
{
  IsmbSink *sink = ismb_routes_get_domain_sink (routes, domain);
  IsmbTrust trust = ISMB_IS_LINK (sink) ? ismb_link_get_trust (ISMB_LINK (sink)) : ISMB_TRUST_OPEN;

  return sink != NULL && (trust == ISMB_TRUST_MEMBER || trust == ISMB_TRUST_OPEN);
}

gboolean
ismb_fellows_include_address (IsmbRoutes *routes, const char *address)
{
  g_autofree char *domain = ismb_parts_dup_domain (address);

  return g_str_equal (domain, ismb_routes_get_domain (routes)) || includes (routes, domain);
}

GPtrArray *
ismb_fellows_list (IsmbRoutes *routes)
{
  GPtrArray *domains = ismb_routes_list_domains (routes);

  for (guint i = domains->len; i-- > 0;)
    if (!includes (routes, g_ptr_array_index (domains, i)))
      g_ptr_array_remove_index_fast (domains, i);
  return domains;
}
