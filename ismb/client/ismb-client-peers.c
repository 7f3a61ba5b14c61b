/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an IsmbClient knows of the other switches. */
#define G_LOG_DOMAIN "ismb.client"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include <string.h>

#include "ismb/client/ismb-client-parts.h"

static IsmbHome *
get_home (IsmbClient *self)
{
  return ismb_connection_get_home (_ismb_client_get_parts (self)->connection);
}

static const char *
first_address (IsmbPeer *peer)
{
  const char *const *addresses = ismb_peer_get_addresses (peer);

  for (guint i = 0; addresses != NULL && addresses[i] != NULL; i++)
    if (strchr (addresses[i], ':') == NULL)
      return addresses[i];
  return addresses != NULL && addresses[0] != NULL ? addresses[0] : "";
}

/**
 * ismb_client_get_peer_domains:
 * @self: the client
 * @include_ip: whether to tell addresses
 *
 * The switches one may talk to: the members of the fabric that are known on this virtual router,
 * and this switch itself. Answered at once, from a list that is kept up to date from the time the
 * account is made. A client of another server knows that server's domain alone.
 *
 * Returns: (transfer full) (element-type utf8 utf8): domain-part to address: the first IPv4
 * address, else the first of all; an empty string where none is known, and without @include_ip
 */
GHashTable *
ismb_client_get_peer_domains (IsmbClient *self, gboolean include_ip)
{
  GHashTable *domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (IsmbJid) own = NULL;
  const char *auto_jid;
  GHashTableIter iter;
  IsmbPeer *peer;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), domains);
  auto_jid = ismb_client_get_auto_jid (self);
  own = auto_jid != NULL ? ismb_jid_new (auto_jid, NULL) : NULL;
  if (own != NULL)
    g_hash_table_insert (domains, g_strdup (ismb_jid_get_domain (own)), g_strdup (""));
  g_hash_table_iter_init (&iter, ismb_home_get_peers (get_home (self)));
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &peer))
    if (ismb_peer_get_local (peer) || ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER
        || ismb_peer_get_trust (peer) == ISMB_TRUST_OPEN)
      g_hash_table_insert (domains, g_strdup (ismb_peer_get_domain (peer)),
                           g_strdup (include_ip ? first_address (peer) : ""));
  return domains;
}

/**
 * ismb_client_get_peers:
 * @self: the client
 *
 * The switches that are known on this virtual router, whatever they are to the fabric, and this
 * switch itself: a live list, by domain. It tells by `items-changed` who comes and who goes; an
 * #IsmbPeer stays the same object as long as it is known, and notifies of the properties that
 * change, so that both can be bound to a view. [signal@Ismb.Client::peer-found],
 * [signal@Ismb.Client::peer-changed] and [signal@Ismb.Client::peer-lost] tell the same.
 *
 * It is empty until the account is made. While the daemon is away, and the client not closed, it is
 * as it was last known. That of a client of another server stays empty.
 *
 * Returns: (transfer none): a list of [class@Ismb.Peer]
 */
GListModel *
ismb_client_get_peers (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return ismb_home_get_peer_list (get_home (self));
}
