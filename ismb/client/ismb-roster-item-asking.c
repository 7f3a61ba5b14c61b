/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbRosterItem's functions that send. */
#include "config.h"
#include "ismb/client/ismb-roster-item-private.h"

static gboolean
ask (IsmbRosterItem *self, const char *type, GError **error)
{
  return ismb_own_presence_ask (_ismb_roster_item_peek_own (self), ismb_roster_item_get_jid (self),
                                type, error);
}

/**
 * ismb_roster_item_subscribe:
 * @self: a contact
 * @error: return location for a #GError
 *
 * Asks to see the contact's presence (RFC 6121, 3.1).
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_roster_item_subscribe (IsmbRosterItem *self, GError **error)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ask (self, "subscribe", error);
}

/**
 * ismb_roster_item_unsubscribe:
 * @self: a contact
 * @error: return location for a #GError
 *
 * Asks no longer to see the contact's presence (RFC 6121, 3.3).
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_roster_item_unsubscribe (IsmbRosterItem *self, GError **error)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ask (self, "unsubscribe", error);
}

/**
 * ismb_roster_item_authorize:
 * @self: a contact
 * @error: return location for a #GError
 *
 * Lets the contact see our presence, see [method@Ismb.Client.authorize].
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_roster_item_authorize (IsmbRosterItem *self, GError **error)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ismb_own_presence_authorize (_ismb_roster_item_peek_own (self),
                                      ismb_roster_item_get_jid (self), error);
}

/**
 * ismb_roster_item_unauthorize:
 * @self: a contact
 * @error: return location for a #GError
 *
 * Lets the contact see our presence no more, see [method@Ismb.Client.unauthorize].
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_roster_item_unauthorize (IsmbRosterItem *self, GError **error)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ismb_own_presence_unauthorize (_ismb_roster_item_peek_own (self),
                                        ismb_roster_item_get_jid (self), error);
}

/**
 * ismb_roster_item_send_last_presence:
 * @self: a contact
 * @error: return location for a #GError
 *
 * Sends the presence that went to everybody once more, to this contact alone, see
 * [method@Ismb.Client.send_last_presence].
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_roster_item_send_last_presence (IsmbRosterItem *self, GError **error)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ismb_own_presence_repeat (_ismb_roster_item_peek_own (self),
                                   ismb_roster_item_get_jid (self), error);
}
