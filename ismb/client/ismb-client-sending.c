/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's functions that send. */
#define G_LOG_DOMAIN "ismb.client.sending"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/core/ismb-stanza-private.h"

static const char *const message_types[]
    = { "normal", "chat", "headline", "groupchat", "error", NULL };
static const char *const request_types[] = { "get", "set", NULL };

gboolean
_ismb_client_check_word (const char *word, const char *const *known, const char *what,
                         GError **error)
{
  g_autofree char *list = NULL;

  if (word == NULL || g_strv_contains (known, word))
    return TRUE;
  list = g_strjoinv (", ", (char **) known);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "\"%s\" is no %s: take one of %s", word,
               what, list);
  return FALSE;
}

/* XEP-0359: so that who gets it twice, as nobody knew of the first time, sees it once. Of the
 * writing and not of the stanza: one that a program sends twice is two messages. */
static void
write_stanza (IsmbStanza *stanza, GString *xml)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *root = ismb_tree_root (tree);
  g_autofree char *id = NULL;
  IsmbNode *origin = NULL;

  if (ISMB_IS_MESSAGE (stanza) && !ismb_stanza_is_error (stanza) &&
      ismb_node_find (root, "origin-id", ISMB_NS_STANZA_ID) == NULL)
    {
      id = ismb_random_token ();
      origin = ismb_tree_add (tree, root, "origin-id", ISMB_NS_STANZA_ID);
      ismb_tree_set (tree, origin, "id", id);
    }
  ismb_node_write (root, ISMB_NS_CLIENT, xml);
  if (origin != NULL)
    ismb_tree_remove (tree, origin);
}

/* Stays on the stanza, so that whoever sent it knows its id. */
static void
stamp (IsmbClientParts *parts, IsmbStanza *stanza, gboolean with_id)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *root = ismb_tree_root (tree);
  g_autofree char *id = NULL;

  if (parts->habits.default_lang != NULL && ismb_node_get (root, "xml:lang") == NULL)
    ismb_tree_set (tree, root, "xml:lang", parts->habits.default_lang);
  if (!with_id || ismb_stanza_get_id (stanza) != NULL)
    return;
  id = ismb_requests_new_id (parts->requests);
  ismb_stanza_set_id (stanza, id);
}

/* FALSE: a filter dropped it. */
static gboolean
prepare (IsmbClient *self, IsmbStanza *stanza)
{
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  if (ISMB_IS_MESSAGE (stanza))
    stamp (parts, stanza, parts->habits.use_message_ids);
  else if (ISMB_IS_PRESENCE (stanza))
    stamp (parts, stanza, parts->habits.use_presence_ids);
  else
    ismb_inbox_note_sent (parts->inbox, stanza);
  return ismb_filters_run (parts->filters, TRUE, self, stanza);
}

/* Nobody would answer another. */
static gboolean
is_request (IsmbIq *iq, GError **error)
{
  return _ismb_client_check_word (ismb_stanza_get_stanza_type (ISMB_STANZA (iq)), request_types,
                                  "type of a request", error);
}

static gboolean
is_there (IsmbClientParts *parts, GError **error)
{
  if (parts->connection == NULL)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");
  return parts->connection != NULL;
}

/**
 * ismb_client_send:
 * @self: the client
 * @stanza: a message, presence or iq
 * @error: return location for a #GError
 *
 * Sends a stanza, now or in the next session: what is sent before the client is opened, or while a
 * lost connection is made anew, waits. Where the server acknowledges stanzas (XEP-0198), each is
 * kept until it has, and sent again where it got lost; the event `stanza_acked` tells that it was
 * taken, `stanza_not_sent` that it was given up. Where the server does not, what the network took
 * when the connection broke may be lost.
 *
 * It gets an id and a language where it has none and [property@Ismb.Client:use-message-ids],
 * [property@Ismb.Client:use-presence-ids] and [property@Ismb.Client:default-lang] say so; then it
 * passes the filters ([method@Ismb.Client.add_filter]), which may drop it.
 *
 * A message that has no `<origin-id/>` (XEP-0359) goes out with one of its own, by which a receiver
 * knows a repeat; to send the same @stanza again is another message.
 *
 * Fails with [error@Ismb.Error.NOT_CONNECTED] where the client is closing, or closed and not opened
 * again, and with [error@Ismb.Error.FAILED] where 16,384 stanzas or 16 MB wait already.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send (IsmbClient *self, IsmbStanza *stanza, GError **error)
{
  IsmbClientParts *parts;
  GString *xml;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_STANZA (stanza), FALSE);
  parts = _ismb_client_get_parts (self);
  if (!is_there (parts, error))
    return FALSE;
  if (!prepare (self, stanza))
    return TRUE;
  if (!is_there (parts, error))
    return FALSE;
  xml = g_string_sized_new (256);
  write_stanza (stanza, xml);
  if (!ismb_connection_send (parts->connection, stanza, xml, error))
    return FALSE;
  if (ISMB_IS_PRESENCE (stanza))
    _ismb_client_note_presence (self, ISMB_PRESENCE (stanza));
  return TRUE;
}

/**
 * ismb_client_send_message:
 * @self: the client
 * @to: the receiver's address
 * @body: (nullable): the text
 * @subject: (nullable): the subject; `command` makes @body a list of commands for Switch Control
 * @stanza_type: (nullable): `chat`, `headline`, ...; %NULL for `normal`
 * @error: return location for a #GError
 *
 * Makes and sends a message.
 *
 * Fails as [method@Ismb.Client.send] does, with [error@Ismb.Error.BAD_ADDRESS], and with
 * [error@Ismb.Error.BAD_STANZA] for a type that there is not.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_message (IsmbClient *self, const char *to, const char *body, const char *subject,
                          const char *stanza_type, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (IsmbMessage) message = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  jid = ismb_jid_new (to, error);
  if (jid == NULL || !_ismb_client_check_word (stanza_type, message_types, "message type", error))
    return FALSE;
  message = ismb_message_new (jid, body);
  if (subject != NULL)
    ismb_message_set_subject (message, subject);
  if (stanza_type != NULL)
    ismb_stanza_set_stanza_type (ISMB_STANZA (message), stanza_type);
  return ismb_client_send (self, ISMB_STANZA (message), error);
}

/**
 * ismb_client_query_async:
 * @self: the client
 * @iq: a request, of type `get` or `set`; it gets an id
 * @timeout_ms: milliseconds to wait for the answer; 0 for [property@Ismb.Client:response-timeout]
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Sends a request and waits for its answer, which counts only if it comes from where the request
 * went. It waits on while the connection is away, if the session is resumed (XEP-0198). 1,000 may
 * wait at a time. Handlers and events that want the answer get it as well, afterwards.
 */
void
ismb_client_query_async (IsmbClient *self, IsmbIq *iq, guint timeout_ms, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  IsmbClientParts *parts;
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_IQ (iq));
  parts = _ismb_client_get_parts (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_query_async);
  if (!is_there (parts, &error) || !is_request (iq, &error) ||
      g_cancellable_set_error_if_cancelled (cancellable, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
      return;
    }
  if (timeout_ms == 0)
    timeout_ms = parts->habits.response_timeout;
  if (!ismb_requests_add (parts->requests, iq, timeout_ms, task))
    return;
  if (!ismb_client_send (self, ISMB_STANZA (iq), &error) && parts->requests != NULL)
    ismb_requests_fail (parts->requests, ismb_stanza_get_id (ISMB_STANZA (iq)), error);
}

/**
 * ismb_client_query_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.query_async].
 *
 * Fails with a [error@Ismb.StanzaError] where the answer is an error; with
 * [error@Ismb.Error.TIMEOUT]; with [error@Ismb.Error.NOT_CONNECTED]; and with
 * [error@Ismb.Error.BAD_STANZA] for an iq that is no request.
 *
 * Returns: (transfer full): the answer, of type `result`
 */
IsmbIq *
ismb_client_query_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
