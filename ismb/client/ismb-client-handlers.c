/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's functions for those who want stanzas. */
#define G_LOG_DOMAIN "ismb.client.handlers"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/client/ismb-waiter.h"
#include "ismb/core/ismb-random.h"

G_DEFINE_FLAGS_TYPE (IsmbHandlerFlags, ismb_handler_flags,
                     G_DEFINE_ENUM_VALUE (ISMB_HANDLER_DEFAULT, "default"),
                     G_DEFINE_ENUM_VALUE (ISMB_HANDLER_ONCE, "once"))

G_DEFINE_ENUM_TYPE (IsmbFilterMode, ismb_filter_mode,
                    G_DEFINE_ENUM_VALUE (ISMB_FILTER_IN, "in"),
                    G_DEFINE_ENUM_VALUE (ISMB_FILTER_OUT, "out"))

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

/**
 * ismb_client_map_node_event:
 * @self: the client
 * @node: a node of a publish-subscribe service (XEP-0060), or of personal eventing (XEP-0163)
 * @name: (nullable): what it is called in events; %NULL for no more
 *
 * Has what happens to a node told by an event of its own, as well as by `pubsub_publish` and its
 * like: NAME and `_publish`, `_retract`, `_purge`, `_delete`, `_config` or `_subscription`, with
 * the #IsmbMessage. The nodes of bookmarks, user location, mood, activity, tune, nick and gaming,
 * reachability and avatars have SleekXMPP's names from the start: `user_tune_publish`.
 */
void
ismb_client_map_node_event (IsmbClient *self, const char *node, const char *name)
{
  g_return_if_fail (ISMB_IS_CLIENT (self) && node != NULL);
  g_return_if_fail (_ismb_client_get_parts (self)->inbox != NULL);
  ismb_inbox_map_node (_ismb_client_get_parts (self)->inbox, node, name);
}

/**
 * ismb_client_add_filter:
 * @self: the client
 * @mode: which way it stands in
 * @order: those of lower order are asked first, and those of the same as they were added
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each stanza
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * A filter sees each stanza that comes or is sent, may change it in place, and may drop it. What is
 * dropped on its way in nobody sees; on its way out, the function that sends says all is well, and
 * a request that waits for an answer waits in vain. A message that came already (XEP-0359) is not
 * shown to filters again. SleekXMPP's `add_filter ()`.
 *
 * Returns: an id for [method@Ismb.Client.remove_filter]
 */
guint
ismb_client_add_filter (IsmbClient *self, IsmbFilterMode mode, int order, IsmbFilterFunc callback,
                        gpointer user_data, GDestroyNotify destroy)
{
  IsmbFilters *filters;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && callback != NULL, 0);
  filters = _ismb_client_get_parts (self)->filters;
  g_return_val_if_fail (filters != NULL, 0);
  return ismb_filters_add (filters, mode == ISMB_FILTER_OUT, order, (IsmbFiltersFunc) callback,
                           user_data, destroy);
}

/**
 * ismb_client_remove_filter:
 * @self: the client
 * @id: what [method@Ismb.Client.add_filter] returned
 *
 * Removes a filter.
 *
 * Returns: whether there was one of that id
 */
gboolean
ismb_client_remove_filter (IsmbClient *self, guint id)
{
  IsmbFilters *filters;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  filters = _ismb_client_get_parts (self)->filters;
  return filters != NULL && ismb_filters_remove (filters, id);
}

/**
 * ismb_client_schedule:
 * @self: the client
 * @name: what it is called; no two at a time have the same name
 * @milliseconds: how long from now; more than 0 with @repeat
 * @repeat: whether again and again, or once
 * @callback: (scope notified) (closure user_data) (destroy destroy): what is to be done
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data, which happens at once where this fails
 * @error: return location for a #GError
 *
 * Has something done later, whether there is a session or not, in the main context that is the
 * thread's default now. It ends with the client. SleekXMPP's `schedule ()`.
 *
 * Fails with [error@Ismb.Error.EXISTS] for a name that is in use.
 *
 * Returns: whether it will be done
 */
gboolean
ismb_client_schedule (IsmbClient *self, const char *name, guint milliseconds, gboolean repeat,
                      IsmbScheduleFunc callback, gpointer user_data, GDestroyNotify destroy,
                      GError **error)
{
  IsmbSchedule *schedule;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL && callback != NULL, FALSE);
  g_return_val_if_fail (milliseconds > 0 || !repeat, FALSE);
  schedule = _ismb_client_get_parts (self)->schedule;
  g_return_val_if_fail (schedule != NULL, FALSE);
  return ismb_schedule_add (schedule, name, milliseconds, repeat, (IsmbScheduleCallback) callback,
                            user_data, destroy, error);
}

/**
 * ismb_client_unschedule:
 * @self: the client
 * @name: what [method@Ismb.Client.schedule] was told
 *
 * Has something not done any more.
 *
 * Returns: whether it would have been
 */
gboolean
ismb_client_unschedule (IsmbClient *self, const char *name)
{
  IsmbSchedule *schedule;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && name != NULL, FALSE);
  schedule = _ismb_client_get_parts (self)->schedule;
  return schedule != NULL && ismb_schedule_remove (schedule, name);
}

/**
 * ismb_client_new_id:
 * @self: the client
 *
 * An id for a stanza that this client has not had before, and nobody can guess.
 *
 * Returns: (transfer full): the id
 */
char *
ismb_client_new_id (IsmbClient *self)
{
  IsmbRequests *requests;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  requests = _ismb_client_get_parts (self)->requests;
  return requests != NULL ? ismb_requests_new_id (requests) : ismb_random_token ();
}
