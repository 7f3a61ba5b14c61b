/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's functions for those who want stanzas. */
#define G_LOG_DOMAIN "ismb.client.handlers"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/client/ismb-waiter.h"
#include "ismb/core/ismb-error.h"

G_DEFINE_FLAGS_TYPE (IsmbHandlerFlags, ismb_handler_flags,
                     G_DEFINE_ENUM_VALUE (ISMB_HANDLER_DEFAULT, "default"),
                     G_DEFINE_ENUM_VALUE (ISMB_HANDLER_ONCE, "once"))

/* NULL once the client is disposed of. */
static IsmbHandlers *
get_handlers (IsmbClient *self)
{
  IsmbInbox *inbox = _ismb_client_get_parts (self)->inbox;

  return inbox != NULL ? ismb_inbox_get_handlers (inbox) : NULL;
}

/**
 * ismb_client_add_stanza_handler:
 * @self: the client
 * @name: (nullable): what the log calls it, and it can be removed by; need not be unique
 * @matcher: which stanzas it wants
 * @flags: %ISMB_HANDLER_ONCE for a handler that runs once
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each of them
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Handlers see a stanza before the events that it makes, in the order they were added; they may add
 * and remove others, which then holds from the next stanza on. Each has a copy of its own, but the
 * last one of a request. How many there are costs little where @matcher names an id, or the kind of
 * stanza and an element directly in it. SleekXMPP's `register_handler ()`.
 *
 * Returns: an id for [method@Ismb.Client.remove_stanza_handler]
 */
guint
ismb_client_add_stanza_handler (IsmbClient *self, const char *name, IsmbMatcher *matcher,
                                IsmbHandlerFlags flags, IsmbStanzaFunc callback,
                                gpointer user_data, GDestroyNotify destroy)
{
  IsmbHandlerWay way = flags & ISMB_HANDLER_ONCE ? ISMB_HANDLER_WAY_ONCE : ISMB_HANDLER_WAY_STAYS;
  IsmbHandlers *handlers;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_MATCHER (matcher), 0);
  g_return_val_if_fail (callback != NULL, 0);
  handlers = get_handlers (self);
  g_return_val_if_fail (handlers != NULL, 0);
  return ismb_handlers_add (handlers, name, matcher, way, (IsmbHandlerFunc) callback, user_data,
                            destroy);
}

/**
 * ismb_client_remove_stanza_handler:
 * @self: the client
 * @id: what [method@Ismb.Client.add_stanza_handler] returned
 *
 * Removes a handler.
 *
 * Returns: whether there was one of that id
 */
gboolean
ismb_client_remove_stanza_handler (IsmbClient *self, guint id)
{
  IsmbHandlers *handlers;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  handlers = get_handlers (self);
  return handlers != NULL && ismb_handlers_remove (handlers, id);
}

/**
 * ismb_client_remove_stanza_handler_by_name:
 * @self: the client
 * @name: what [method@Ismb.Client.add_stanza_handler] was told
 *
 * Removes the first handler of that name. SleekXMPP's `remove_handler ()`.
 *
 * Returns: whether there was one of that name
 */
gboolean
ismb_client_remove_stanza_handler_by_name (IsmbClient *self, const char *name)
{
  IsmbHandlers *handlers;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL, FALSE);
  handlers = get_handlers (self);
  return handlers != NULL && ismb_handlers_remove_named (handlers, name);
}

/**
 * ismb_client_wait_stanza_async:
 * @self: the client
 * @matcher: what to wait for
 * @timeout_ms: milliseconds to wait; 0 for [property@Ismb.Client:response-timeout]
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the stanza
 * @user_data: for @callback
 *
 * Waits for the first stanza that matches, from now on: begin before sending what it answers.
 * Others who want the stanza get it as well, after this one. A request (an iq of type `get` or
 * `set`) that was waited for is answered by nobody else if no handler takes it. SleekXMPP's
 * `Waiter`.
 */
void
ismb_client_wait_stanza_async (IsmbClient *self, IsmbMatcher *matcher, guint timeout_ms,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_MATCHER (matcher));
  g_return_if_fail (get_handlers (self) != NULL);
  if (timeout_ms == 0)
    timeout_ms = _ismb_client_get_parts (self)->habits.response_timeout;
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_wait_stanza_async);
  ismb_waiter_add (get_handlers (self), matcher, timeout_ms, task);
}

/**
 * ismb_client_wait_stanza_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.wait_stanza_async].
 *
 * Fails with [error@Ismb.Error.TIMEOUT] where no such stanza came in time.
 *
 * Returns: (transfer full): the stanza
 */
IsmbStanza *
ismb_client_wait_stanza_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
