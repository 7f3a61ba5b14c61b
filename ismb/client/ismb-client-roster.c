/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's functions about the roster, and who is let into it. */
#define G_LOG_DOMAIN "ismb.client.roster"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

/* What those below ask of the client */

static void
emit (gpointer client, const char *event, GObject *payload)
{
  ismb_client_emit_event (client, event, payload);
}

static gboolean
send_or_fail (gpointer client, IsmbStanza *stanza, GError **error)
{
  g_autoptr (IsmbClient) alive = g_object_ref (client);

  return ismb_client_send (alive, stanza, error);
}

static void
send_answer (gpointer client, IsmbStanza *stanza)
{
  g_autoptr (GError) error = NULL;

  if (!send_or_fail (client, stanza, &error))
    g_debug ("an answer was not sent: %s", error->message);
}

static IsmbJid *
get_own (gpointer client)
{
  return ismb_client_get_bound_jid (client);
}

static IsmbPeer *
find_peer (IsmbClient *self, IsmbJid *jid)
{
  IsmbConnection *connection = _ismb_client_get_parts (self)->connection;

  return connection != NULL
             ? g_hash_table_lookup (ismb_home_get_peers (ismb_connection_get_home (connection)),
                                    ismb_jid_get_domain (jid))
             : NULL;
}

gboolean
_ismb_client_is_member (IsmbClient *self, IsmbJid *jid)
{
  IsmbPeer *peer = find_peer (self, jid);

  return peer != NULL && ismb_peer_get_trust (peer) != ISMB_TRUST_OPEN
         && (ismb_peer_get_local (peer) || ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER);
}

/* Of our own server, and of the fabric's members. */
static gboolean
is_of_member (IsmbClient *self, IsmbJid *jid)
{
  IsmbJid *own = ismb_client_get_bound_jid (self);
  IsmbPeer *peer;

  if (own != NULL && g_str_equal (ismb_jid_get_domain (own), ismb_jid_get_domain (jid)))
    return TRUE;
  peer = find_peer (self, jid);
  return peer != NULL
         && (ismb_peer_get_local (peer) || ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER
             || ismb_peer_get_trust (peer) == ISMB_TRUST_OPEN);
}

static IsmbAdmission
judge (gpointer client, IsmbJid *from)
{
  switch (_ismb_client_get_parts (client)->habits.auto_authorize)
    {
    case ISMB_AUTHORIZE_EVERYBODY: return ISMB_ADMISSION_APPROVE;
    case ISMB_AUTHORIZE_NOBODY: return ISMB_ADMISSION_REFUSE;
    case ISMB_AUTHORIZE_ASK: return ISMB_ADMISSION_LEAVE;
    case ISMB_AUTHORIZE_MEMBERS: break;
    }
  return is_of_member (client, from) ? ISMB_ADMISSION_APPROVE : ISMB_ADMISSION_LEAVE;
}

static gboolean
asks_back (gpointer client)
{
  return _ismb_client_get_parts (client)->habits.auto_subscribe;
}

void
_ismb_client_make_roster (IsmbClient *self)
{
  static const IsmbSubscribersCallbacks for_subscribers = { emit, send_answer, get_own, judge,
                                                            asks_back };
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  parts->own_presence = ismb_own_presence_new (self, send_or_fail);
  parts->roster = _ismb_roster_new (parts->own_presence);
  parts->wishes = ismb_roster_wishes_new ();
  parts->subscribers =
      ismb_subscribers_new (self, parts->roster, parts->own_presence, &for_subscribers);
}

/* A program may keep the roster, and a contact. */
void
_ismb_client_drop_roster (IsmbClient *self)
{
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  if (parts->own_presence != NULL)
    ismb_own_presence_mute (parts->own_presence);
  if (parts->presence_told != NULL)
    g_source_destroy (parts->presence_told);
  g_clear_pointer (&parts->presence_told, g_source_unref);
  g_clear_pointer (&parts->subscribers, ismb_subscribers_free);
  g_clear_pointer (&parts->wishes, ismb_roster_wishes_free);
  g_clear_object (&parts->roster);
  g_clear_pointer (&parts->own_presence, ismb_own_presence_unref);
}

/* RFC 6121, 2.1.6: from nobody else than our own account. */
static gboolean
is_of_own_account (IsmbClient *self, IsmbStanza *push)
{
  IsmbJid *from = ismb_stanza_get_from_jid (push);
  IsmbJid *own = ismb_client_get_bound_jid (self);

  return from == NULL
         || (own != NULL && g_str_equal (ismb_jid_get_full (from), ismb_jid_get_bare (own)));
}

static gboolean
on_push (IsmbClient *self, IsmbStanza *push, gpointer user_data, GError **error)
{
  g_autoptr (IsmbStanza) reply = NULL;

  if (!is_of_own_account (self, push))
    {
      g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE,
                           "a roster is changed by nobody but its owner's server");
      return FALSE;
    }
  reply = ismb_stanza_copy (push);
  ismb_iq_reply (ISMB_IQ (reply));
  send_answer (self, reply);
  if (_ismb_client_get_parts (self)->roster != NULL)
    _ismb_roster_take_items (_ismb_client_get_parts (self)->roster, ISMB_IQ (push), FALSE);
  ismb_client_emit_event (self, "roster_update", G_OBJECT (push));
  return TRUE;
}

void
_ismb_client_hear_roster (IsmbClient *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbMatcher) pushes =
      ismb_matcher_new_path ("iq@type=set/{" ISMB_NS_ROSTER "}query", &error);

  g_assert_no_error (error);
  ismb_client_add_stanza_handler (self, "roster", pushes, ISMB_HANDLER_DEFAULT, on_push, NULL,
                                  NULL);
}

/**
 * ismb_client_get_roster:
 * @self: the client
 *
 * The contacts and who of them is present.
 *
 * Returns: (transfer none): the roster, which lives and changes with the client
 */
IsmbRoster *
ismb_client_get_roster (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return _ismb_client_get_parts (self)->roster;
}

static void
on_roster (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbClient *self = ISMB_CLIENT (source);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (self, result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (_ismb_client_get_parts (self)->roster != NULL)
    _ismb_roster_take_items (_ismb_client_get_parts (self)->roster, answer, TRUE);
  ismb_client_emit_event (self, "roster_update", G_OBJECT (answer));
  g_task_return_boolean (task, TRUE);
}

static IsmbIq *
make_query (const char *type, IsmbNode **query)
{
  IsmbIq *iq = ismb_iq_new (NULL, type);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  return iq;
}

/* XEP-0237: a server that has versions tells no more than what changed; the first time none is
 * known, which the empty one says. */
static IsmbIq *
make_fetch (IsmbClient *self)
{
  IsmbClientParts *parts = _ismb_client_get_parts (self);
  IsmbNode *query;
  IsmbIq *iq = make_query ("get", &query);
  const char *version = parts->roster != NULL ? ismb_roster_get_version (parts->roster) : NULL;

  if (parts->connection != NULL
      && ismb_connection_offers (parts->connection, "ver", ISMB_NS_ROSTER_VERSIONS))
    ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), query, "ver",
                   version != NULL ? version : "");
  return iq;
}

/**
 * ismb_client_fetch_roster_async:
 * @self: the client
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when the roster is there
 * @user_data: for @callback
 *
 * Fetches the roster that the server keeps, and has the server tell its changes from now on, for as
 * long as the session lasts. The event `roster_update` comes with each. A server that knows of
 * versions (RFC 6121, 2.6) is asked for what has changed since the last one alone.
 */
void
ismb_client_fetch_roster_async (IsmbClient *self, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_fetch_roster_async);
  iq = make_fetch (self);
  ismb_client_query_async (self, iq, 0, cancellable, on_roster, task);
}

/**
 * ismb_client_fetch_roster_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.fetch_roster_async]. Fails as [method@Ismb.Client.query_finish] does.
 *
 * Returns: whether the roster is there
 */
gboolean
ismb_client_fetch_roster_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static IsmbIq *
make_change (IsmbJid *jid, IsmbNode **item)
{
  IsmbNode *query;
  IsmbIq *iq = make_query ("set", &query);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);
  ismb_tree_set (tree, *item, "jid", ismb_jid_get_bare (jid));
  return iq;
}

static IsmbIq *
make_update (IsmbJid *jid, const IsmbRosterWish *wish)
{
  IsmbNode *item;
  IsmbIq *iq = make_change (jid, &item);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  if (wish->name != NULL && wish->name[0] != '\0')
    ismb_tree_set (tree, item, "name", wish->name);
  for (guint i = 0; wish->groups != NULL && wish->groups[i] != NULL; i++)
    ismb_tree_add_leaf (tree, item, "group", ISMB_NS_ROSTER, wish->groups[i]);
  return iq;
}

/* NULL, and the task has ended, where nothing can be asked for. */
static IsmbJid *
read_contact (IsmbClient *self, const char *text, GTask *task)
{
  GError *error = NULL;
  IsmbJid *jid = NULL;

  if (_ismb_client_get_parts (self)->wishes == NULL)
    g_set_error_literal (&error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");
  else
    jid = ismb_jid_new (text, &error);
  if (jid == NULL)
    g_task_return_error (task, error);
  return jid;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbClient *self = ISMB_CLIENT (source);
  IsmbRosterWishes *wishes = _ismb_client_get_parts (self)->wishes;
  IsmbJid *updated = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (self, result, &error);

  if (updated != NULL && wishes != NULL)
    ismb_roster_wishes_end (wishes, updated);
  if (answer == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * ismb_client_update_roster_item_async:
 * @self: the client
 * @jid: the contact's address; its resource is left out
 * @name: (nullable): a name for it, empty for none; %NULL for the one that it has
 * @groups: (nullable) (array zero-terminated=1): the groups it is to be in, empty for none; %NULL
 * for those that it is in
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when the server has written it
 * @user_data: for @callback
 *
 * Writes a contact into the roster that the server keeps, a new one or one that is there (RFC 6121,
 * 2.3 and 2.4). No subscription follows from that. [class@Ismb.Roster] changes when the server
 * tells of it, which it does to who has fetched the roster in this session; a contact that was not
 * fetched has neither a name nor groups to keep.
 */
void
ismb_client_update_roster_item_async (IsmbClient *self, const char *jid, const char *name,
                                      const char *const *groups, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (IsmbJid) parsed = NULL;
  g_autoptr (IsmbIq) iq = NULL;
  IsmbClientParts *parts;

  g_return_if_fail (ISMB_IS_CLIENT (self) && jid != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_update_roster_item_async);
  parsed = read_contact (self, jid, task);
  if (parsed == NULL)
    return;
  parts = _ismb_client_get_parts (self);
  iq = make_update (parsed, ismb_roster_wishes_add (parts->wishes, parts->roster, parsed, name,
                                                    groups));
  g_task_set_task_data (task, g_steal_pointer (&parsed), g_object_unref);
  ismb_client_query_async (self, iq, 0, cancellable, on_changed, g_steal_pointer (&task));
}

/**
 * ismb_client_update_roster_item_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.update_roster_item_async].
 *
 * Fails as [method@Ismb.Client.query_finish] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether the server has written it
 */
gboolean
ismb_client_update_roster_item_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_client_remove_roster_item_async:
 * @self: the client
 * @jid: the contact's address; its resource is left out
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when it is removed
 * @user_data: for @callback
 *
 * Removes a contact from the roster that the server keeps, which ends the subscriptions in both
 * directions (RFC 6121, 2.5).
 */
void
ismb_client_remove_roster_item_async (IsmbClient *self, const char *jid, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (IsmbJid) parsed = NULL;
  g_autoptr (IsmbIq) iq = NULL;
  IsmbNode *item;

  g_return_if_fail (ISMB_IS_CLIENT (self) && jid != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_remove_roster_item_async);
  parsed = read_contact (self, jid, task);
  if (parsed == NULL)
    return;
  iq = make_change (parsed, &item);
  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), item, "subscription", "remove");
  ismb_client_query_async (self, iq, 0, cancellable, on_changed, g_steal_pointer (&task));
}

/**
 * ismb_client_remove_roster_item_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.remove_roster_item_async].
 *
 * Fails as [method@Ismb.Client.query_finish] does, with [error@Ismb.StanzaError.ITEM_NOT_FOUND]
 * where the roster has no such contact, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is removed
 */
gboolean
ismb_client_remove_roster_item_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
