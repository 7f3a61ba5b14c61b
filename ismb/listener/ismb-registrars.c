/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-registrars.h"

static IsmbPeer *
describe (const IsmbLinkContext *context, IsmbLink *link)
{
  const IsmbProof *proof = ismb_link_get_proof (link);
  g_auto (GStrv) addresses
      = ismb_candidate_dup_addresses_at_port (ismb_link_get_candidate (link));

  if (proof == NULL || !proof->names->registrar ||
      ismb_link_get_trust (link) != ISMB_TRUST_MEMBER || addresses[0] == NULL)
    return NULL;
  return ismb_peer_new (ismb_link_get_domain (link), ismb_virtual_router_get_name (context->place),
                        proof->names->device_id, (const char *const *) addresses,
                        ismb_link_get_port (link), ISMB_TRUST_MEMBER, ismb_link_get_state (link),
                        FALSE);
}

static IsmbPeer *
describe_own (const IsmbLinkContext *context, guint16 port)
{
  IsmbFabric *fabric = context->fabric;
  g_auto (GStrv) addresses = NULL;

  if (fabric == NULL || port == 0 || ismb_fabric_get_authority (fabric) == NULL ||
      !ismb_fabric_is_member (fabric))
    return NULL;
  addresses = ismb_virtual_router_list_addresses (context->place);
  if (addresses == NULL || addresses[0] == NULL)
    return NULL;
  return ismb_peer_new (context->domain, ismb_virtual_router_get_name (context->place),
                        ismb_identity_get_full_id (ismb_fabric_get_identity (fabric)),
                        (const char *const *) addresses, port, ISMB_TRUST_MEMBER,
                        ISMB_LINK_STATE_UP, TRUE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  static const int order[] = { [ISMB_LINK_STATE_UP] = 0,
                               [ISMB_LINK_STATE_IDLE] = 1,
                               [ISMB_LINK_STATE_LOST] = 2 };

  return order[ismb_peer_get_link ((IsmbPeer *) a)] - order[ismb_peer_get_link ((IsmbPeer *) b)];
}

GList *
ismb_registrars_list (const IsmbLinkContext *context, GPtrArray *links, guint16 port)
{
  IsmbPeer *own = describe_own (context, port);
  GList *list = NULL;

  for (guint i = 0; i < links->len; i++)
    {
      IsmbPeer *peer = describe (context, g_ptr_array_index (links, i));

      if (peer != NULL)
        list = g_list_prepend (list, peer);
    }
  list = g_list_sort (list, compare);
  return own != NULL ? g_list_prepend (list, own) : list;
}
