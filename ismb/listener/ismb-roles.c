/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-roles.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-fellows.h"

/* The local part of an address of ours, or NULL. */
static const char *
parse_own_address (IsmbRoutes *routes, const char *jid, IsmbPart out)
{
  const char *domain = ismb_routes_get_domain (routes);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts;

  if (jid == NULL || !ismb_address_prepare (jid, strlen (jid), prepared, &parts, NULL) ||
      parts.local == 0)
    return NULL;
  if (parts.domain != strlen (domain) ||
      memcmp (prepared->str + ismb_address_domain_offset (&parts), domain, parts.domain) != 0)
    return NULL;
  return ismb_routes_copy_part (out, prepared->str, parts.local);
}

/* Whom the roles of our accounts concern: other listeners of the fabric, and the Switch Control of
 * each. Asked by anybody else, it is as if no account were there. */
static gboolean
may_know (IsmbRoutes *routes, const char *asker)
{
  IsmbAddressParts parts;

  if (!ismb_fellows_include_address (routes, asker))
    return FALSE;
  ismb_address_split (asker, &parts);
  if (parts.local == 0)
    return parts.resource == 0;
  return parts.local == strlen (ISMB_SWITCH_CONTROL) &&
         memcmp (asker, ISMB_SWITCH_CONTROL, parts.local) == 0;
}

const char *
ismb_roles_answer (IsmbRoutes *routes, IsmbAccounts *accounts, const IsmbQuestion *question,
                   IsmbTree *reply)
{
  const char *jid = ismb_node_get (question->payload, "jid");
  IsmbPart part;
  const char *name = parse_own_address (routes, jid, part);
  IsmbRole role;
  IsmbNode *answer;

  if (!may_know (routes, question->frame->from) || name == NULL ||
      !ismb_accounts_get_role (accounts, name, &role))
    return "item-not-found";
  answer = ismb_tree_add (reply, ismb_tree_root (reply), "role", ISMB_NS_ROLE);
  ismb_tree_set (reply, answer, "jid", jid);
  ismb_tree_set (reply, answer, "role", ismb_role_to_string (role));
  return NULL;
}
