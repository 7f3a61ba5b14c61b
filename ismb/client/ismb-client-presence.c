/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's functions that say who may see it, and what they see. */
#define G_LOG_DOMAIN "ismb.client.presence"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-error.h"

static const char *const subscription_types[]
    = { "subscribe", "subscribed", "unsubscribe", "unsubscribed", NULL };
static const char *const presence_types[]
    = { "available",    "unavailable", "probe", "subscribe", "subscribed", "unsubscribe",
        "unsubscribed", NULL };
static const char *const shows[] = { "away", "chat", "dnd", "xa", NULL };

static gboolean
on_told (gpointer client)
{
  g_clear_pointer (&_ismb_client_get_parts (client)->presence_told, g_source_unref);
  ismb_client_emit_event (client, "sent_presence", NULL);
  return G_SOURCE_REMOVE;
}

/* One that a program makes by hand is known here too. The event comes behind those that made the
 * program send it, and before any that answers it. */
void
_ismb_client_note_presence (IsmbClient *self, IsmbPresence *presence)
{
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  if (ismb_own_presence_note (parts->own_presence, presence))
    {
      parts->presence_told = g_idle_source_new ();
      g_source_set_priority (parts->presence_told, G_PRIORITY_HIGH);
      g_source_set_callback (parts->presence_told, on_told, self, NULL);
      g_source_attach (parts->presence_told, g_main_context_get_thread_default ());
    }
  ismb_subscribers_note (parts->subscribers, presence);
}

static gboolean
check_priority (int priority, GError **error)
{
  if (priority >= G_MININT8 && priority <= G_MAXINT8)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
               "%d is no priority: take one from -128 to 127", priority);
  return FALSE;
}

static IsmbOwnPresence *
get_own_presence (IsmbClient *self, GError **error)
{
  IsmbOwnPresence *own = _ismb_client_get_parts (self)->own_presence;

  if (own == NULL)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");
  return own;
}

/**
 * ismb_client_send_presence:
 * @self: the client
 * @show: (nullable): `away`, `chat`, `dnd` or `xa`; %NULL for plainly available
 * @status: (nullable): a text
 * @error: return location for a #GError
 *
 * Tells everybody who is subscribed that this resource is available, with a priority of 0. More can
 * be said with [method@Ismb.Client.send_presence_full].
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_STANZA] for another show.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_presence (IsmbClient *self, const char *show, const char *status, GError **error)
{
  return ismb_client_send_presence_full (self, show, status, 0, NULL, NULL, error);
}

/**
 * ismb_client_send_presence_full:
 * @self: the client
 * @show: (nullable): `away`, `chat`, `dnd` or `xa`; %NULL for plainly available
 * @status: (nullable): a text
 * @priority: -128 to 127: which of the account's resources gets what is sent to the account; none
 * with a negative one
 * @to: (nullable): an address that alone is told (RFC 6121, 4.6); %NULL for everybody who is
 * subscribed
 * @stanza_type: (nullable): `unavailable`, `probe` or a type of subscription; %NULL for `available`
 * @error: return location for a #GError
 *
 * Sends a presence. The last one that went to everybody is remembered, for
 * [method@Ismb.Client.send_last_presence] and for those who are let see it from now on.
 *
 * With the first that says that the client is available comes the event `sent_presence`, once for
 * each client.
 *
 * Fails as [method@Ismb.Client.send] does, with [error@Ismb.Error.BAD_ADDRESS], and with
 * [error@Ismb.Error.BAD_STANZA] for a show, priority or type that there is not.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_presence_full (IsmbClient *self, const char *show, const char *status,
                                int priority, const char *to, const char *stanza_type,
                                GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (IsmbPresence) presence = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  if (!_ismb_client_check_word (show, shows, "show", error)
      || !_ismb_client_check_word (stanza_type, presence_types, "presence type", error)
      || !check_priority (priority, error))
    return FALSE;
  if (to != NULL && (jid = ismb_jid_new (to, error)) == NULL)
    return FALSE;
  presence = ismb_presence_new (jid, stanza_type);
  ismb_presence_set_show (presence, show);
  ismb_presence_set_status (presence, status);
  ismb_presence_set_priority (presence, priority);
  return ismb_client_send (self, ISMB_STANZA (presence), error);
}

/**
 * ismb_client_send_last_presence:
 * @self: the client
 * @to: (nullable): an address that alone is told; %NULL for everybody who is subscribed
 * @error: return location for a #GError
 *
 * Sends the presence that went to everybody once more. A client that has sent none says that it is
 * plainly available.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_last_presence (IsmbClient *self, const char *to, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  IsmbOwnPresence *own;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  own = get_own_presence (self, error);
  if (own == NULL || (to != NULL && (jid = ismb_jid_new (to, error)) == NULL))
    return FALSE;
  return ismb_own_presence_repeat (own, jid, error);
}

/**
 * ismb_client_send_presence_subscription:
 * @self: the client
 * @to: whose presence it is about; its resource is left out
 * @stanza_type: (nullable): `subscribe`, `subscribed`, `unsubscribe` or `unsubscribed`; %NULL for
 * `subscribe`
 * @error: return location for a #GError
 *
 * Asks for presence, or grants it, or ends either. To let somebody see this client as it is now
 * there is [method@Ismb.Client.authorize].
 *
 * Fails as [method@Ismb.Client.send] does, with [error@Ismb.Error.BAD_ADDRESS], and with
 * [error@Ismb.Error.BAD_STANZA] for another type.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_presence_subscription (IsmbClient *self, const char *to, const char *stanza_type,
                                        GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (IsmbJid) bare = NULL;
  g_autoptr (IsmbPresence) presence = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  jid = ismb_jid_new (to, error);
  if (jid == NULL)
    return FALSE;
  if (!_ismb_client_check_word (stanza_type, subscription_types, "subscription", error))
    return FALSE;
  bare = ismb_jid_to_bare (jid);
  presence = ismb_presence_new (bare, stanza_type != NULL ? stanza_type : "subscribe");
  return ismb_client_send (self, ISMB_STANZA (presence), error);
}

/**
 * ismb_client_authorize:
 * @self: the client
 * @to: whose request it answers; its resource is left out
 * @error: return location for a #GError
 *
 * Lets somebody see this client's presence (RFC 6121, 3.1), and then sends them the presence that
 * went to everybody, if any did. Who has not asked yet is approved for when they do (3.4). For
 * those whom [property@Ismb.Client:auto-authorize] and the roster's whitelist name it is done
 * without being asked for.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_authorize (IsmbClient *self, const char *to, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  IsmbOwnPresence *own;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  own = get_own_presence (self, error);
  jid = own != NULL ? ismb_jid_new (to, error) : NULL;
  return jid != NULL && ismb_own_presence_authorize (own, jid, error);
}

/**
 * ismb_client_unauthorize:
 * @self: the client
 * @to: whose request it refuses, or whose subscription it ends; its resource is left out
 * @error: return location for a #GError
 *
 * Lets somebody see this client's presence no more (RFC 6121, 3.2), and tells them that it is
 * unavailable.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_unauthorize (IsmbClient *self, const char *to, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  IsmbOwnPresence *own;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  own = get_own_presence (self, error);
  jid = own != NULL ? ismb_jid_new (to, error) : NULL;
  return jid != NULL && ismb_own_presence_unauthorize (own, jid, error);
}
