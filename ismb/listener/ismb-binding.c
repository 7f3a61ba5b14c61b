/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-binding.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/listener/ismb-parts.h"

gboolean
ismb_binding_is_asked (const IsmbFrame *frame)
{
  return frame->kind == ISMB_FRAME_IQ && g_strcmp0 (frame->type, "set") == 0 && frame->id != NULL &&
         g_strcmp0 (frame->payload_ns, ISMB_NS_BIND) == 0 &&
         g_strcmp0 (frame->payload_name, "bind") == 0;
}

/* NULL: no resource can be made of the wish. */
static char *
choose (const IsmbSessionContext *context, const IsmbFrame *request)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (request);
  IsmbNode *bind = ismb_node_find (ismb_tree_root (tree), "bind", ISMB_NS_BIND);
  g_autofree char *wish = ismb_node_dup_child_text (bind, "resource", ISMB_NS_BIND);
  g_autofree char *text = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (wish == NULL || *wish == '\0')
    return ismb_random_token ();
  text = g_strconcat (ismb_routes_get_domain (context->routes), "/", wish, NULL);
  if (!ismb_address_prepare (text, strlen (text), out, &parts, NULL) || parts.resource == 0)
    return NULL;
  return g_strdup (out->str + out->len - parts.resource);
}

/* RFC 6120, 7.6.2.1: no account takes the places of all others. To replace one is always fine. */
static gboolean
has_room_for (const IsmbSessionContext *context, const char *account, const char *resource)
{
  GPtrArray *bound = ismb_routes_peek_resources (context->routes, account);
  guint count = bound != NULL ? bound->len : 0;

  if (count < context->resources_max)
    return TRUE;
  for (guint i = 0; i < count; i++)
    if (strcmp (((IsmbResource *) g_ptr_array_index (bound, i))->resource, resource) == 0)
      return TRUE;
  return FALSE;
}

char *
ismb_binding_choose (const IsmbSessionContext *context, const char *account,
                     const IsmbFrame *request, IsmbFrame **error)
{
  g_autofree char *resource = choose (context, request);

  if (resource == NULL)
    *error = ismb_frame_make_error (request, "bad-request", "no such resource can be");
  else if (!has_room_for (context, account, resource))
    *error = ismb_frame_make_error (request, "resource-constraint",
                                    "the account has too many sessions");
  else
    return g_steal_pointer (&resource);
  return NULL;
}

IsmbFrame *
ismb_binding_answer (const IsmbFrame *request, const char *full)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *bind = ismb_tree_add (tree, root, "bind", ISMB_NS_BIND);

  ismb_tree_set (tree, root, "type", "result");
  ismb_tree_set (tree, root, "id", request->id);
  ismb_tree_add_leaf (tree, bind, "jid", ISMB_NS_BIND, full);
  return ismb_frame_new_from_tree (tree);
}

gboolean
ismb_binding_is_of_account (const IsmbSessionContext *context, const char *account,
                            const char *from)
{
  IsmbAddressParts parts;
  gsize length = strlen (account);

  if (from == NULL)
    return TRUE;
  ismb_address_split (from, &parts);
  return parts.local == length && strncmp (from, account, length) == 0 &&
         ismb_parts_is_at (from, ismb_routes_get_domain (context->routes));
}
