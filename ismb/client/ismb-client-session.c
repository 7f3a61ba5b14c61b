/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's account and session, and what it learns of its switch. */
#define G_LOG_DOMAIN "ismb.client.session"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include <string.h>

#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-error.h"

/**
 * ismb_client_create_account_async:
 * @self: a client of the daemon on this switch
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Makes the account over the control bus, and learns the address, [property@Ismb.Client:auto-jid],
 * the files root and the peers. An account that is there with the same password is taken as it is.
 */
void
ismb_client_create_account_async (IsmbClient *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_create_account_async);
  ismb_connection_make_account (_ismb_client_get_parts (self)->connection, task);
}

/**
 * ismb_client_create_account_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.create_account_async].
 *
 * Fails with [error@Ismb.Error.NO_DAEMON], with [error@Ismb.Error.NO_VIRTUAL_ROUTER], with
 * [error@Ismb.Error.AUTH_FAILED] where the account has another password, and with
 * [error@Ismb.Error.NOT_ALLOWED].
 *
 * Returns: whether the account is there
 */
gboolean
ismb_client_create_account_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_sync_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/**
 * ismb_client_create_account_sync:
 * @self: a client of the daemon on this switch
 * @cancellable: (nullable): to stop
 * @error: return location for a #GError
 *
 * [method@Ismb.Client.create_account_async] for scripts: runs the thread's default main context
 * until it is done.
 *
 * Returns: whether the account is there
 */
gboolean
ismb_client_create_account_sync (IsmbClient *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  if (!g_main_context_acquire (context))
    {
      g_set_error_literal (
          error, ISMB_ERROR, ISMB_ERROR_FAILED,
          "another thread runs this thread's main context: use create_account_async there");
      return FALSE;
    }
  ismb_client_create_account_async (self, cancellable, on_sync_done, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_release (context);
  return ismb_client_create_account_finish (self, result, error);
}

/**
 * ismb_client_open_async:
 * @self: the client
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when the session has started, or why it could not
 * @user_data: for @callback
 *
 * Signs in: makes the account if that was not done, connects, authenticates and binds a resource.
 * From then on signals and events come in the main context that is this thread's default now.
 *
 * What may pass is tried again, as long as [property@Ismb.Client:auto-reconnect] is set: no daemon
 * or server there, a name server that is down, a refused or broken connection, a virtual router
 * that is disabled, a server that is stopped. So it is after the session has started: the client
 * signs in again by itself, until it is closed. Where the server can (XEP-0198), a lost session
 * goes on then, which the event `session_resumed` tells; else there is a new one. Without that
 * property the first failure is the last.
 *
 * After it ended, by a failure or by [method@Ismb.Client.close], the same client may be opened
 * again. Opened while it waits to try again, it does so at once.
 */
void
ismb_client_open_async (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_open_async);
  ismb_connection_open (_ismb_client_get_parts (self)->connection, task);
}

/**
 * ismb_client_open_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.open_async].
 *
 * Fails as [method@Ismb.Client.create_account_finish] does; with [error@Ismb.Error.AUTH_FAILED]
 * where the server refuses name or password; with [error@Ismb.Error.UNTRUSTED] where the server's
 * certificate does not hold or it does not prove that it knows the password; with
 * [error@Ismb.Error.EXISTS] where another client signed in under the same full address; and, once
 * [property@Ismb.Client:reconnect-max-attempts] are used up, with [error@Ismb.Error.TIMEOUT],
 * [error@Ismb.Error.STREAM] or whatever else the last attempt failed with.
 *
 * Returns: whether the session has started
 */
gboolean
ismb_client_open_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_client_close:
 * @self: the client
 *
 * Ends the session in order: what was sent leaves, then the stream is closed, then the event
 * `disconnected` comes. An opening that is under way ends with [error@Gio.IOErrorEnum.CANCELLED],
 * and what waits for a session is given up, which the event `stanza_not_sent` tells of each.
 * Nothing happens without either. [method@Ismb.Client.close_async] waits until the server has
 * everything.
 */
void
ismb_client_close (IsmbClient *self)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  ismb_connection_close (_ismb_client_get_parts (self)->connection);
}

/**
 * ismb_client_close_async:
 * @self: the client
 * @cancellable: (nullable): to close without waiting any longer
 * @callback: (scope async): called when it is closed
 * @user_data: for @callback
 *
 * Ends the session once the server has all that was sent: what waits for a session still gets one,
 * and where the server acknowledges stanzas (XEP-0198), it has said so of each. That may last 15
 * seconds at most. Then it goes on as [method@Ismb.Client.close] does.
 */
void
ismb_client_close_async (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_close_async);
  ismb_connection_drain (_ismb_client_get_parts (self)->connection, task);
}

/**
 * ismb_client_close_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.close_async]. The client is closed in any case.
 *
 * Fails with [error@Ismb.Error.FAILED] where something was not sent, or the server did not say that
 * it has it: the message says how many stanzas, and the event `stanza_not_sent` told of each.
 *
 * Returns: whether the server has all that was sent
 */
gboolean
ismb_client_close_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_client_abort:
 * @self: the client
 *
 * Ends it at once: nothing more is sent, not even a farewell, so that the server may take the
 * session for a broken one for a while. The event `killed` comes first, and all else as with
 * [method@Ismb.Client.close]. Nothing happens where it is closed already.
 */
void
ismb_client_abort (IsmbClient *self)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  ismb_connection_abort (_ismb_client_get_parts (self)->connection);
}

/**
 * ismb_client_reconnect:
 * @self: the client
 *
 * Drops the connection and makes another. A session that can be resumed goes on; any other ends in
 * order first. A client that waits to try again does so at once, and one that is closed is opened.
 */
void
ismb_client_reconnect (IsmbClient *self)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  ismb_connection_reconnect (_ismb_client_get_parts (self)->connection);
}

/**
 * ismb_client_get_auto_jid: (get-property auto-jid)
 * @self: the client
 *
 * The account's bare address.
 *
 * Returns: (nullable): the address; %NULL before the account is made
 */
const char *
ismb_client_get_auto_jid (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return ismb_connection_get_auto_jid (_ismb_client_get_parts (self)->connection);
}

/**
 * ismb_client_get_bound_jid: (get-property bound-jid)
 * @self: the client
 *
 * The session's full address, as the server assigned it. It stays while a lost session may be
 * resumed.
 *
 * Returns: (transfer none) (nullable): the address; %NULL without a session
 */
IsmbJid *
ismb_client_get_bound_jid (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return ismb_connection_get_bound_jid (_ismb_client_get_parts (self)->connection);
}

/**
 * ismb_client_get_files_root: (get-property files-root)
 * @self: the client
 *
 * The folder on this switch that files are stored beneath.
 *
 * Returns: (nullable): its path; %NULL before the account is made, and for a client of another
 * server
 */
const char *
ismb_client_get_files_root (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return ismb_home_get_files_root (
      ismb_connection_get_home (_ismb_client_get_parts (self)->connection));
}
