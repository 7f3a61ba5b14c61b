/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the owner of an IsmbConnection asks of it. */
#define G_LOG_DOMAIN "ismb.client.connection"

#include "config.h"
#include "ismb/client/ismb-connection.h"

#include "ismb/client/ismb-connection-parts.h"
#include "ismb/core/ismb-error.h"

static void
on_account_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbConnection *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ismb_home_enter_finish (source, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  ismb_herald_set_auto_jid (self->herald, ismb_home_get_account (self->home));
  g_task_return_boolean (task, TRUE);
}

void
ismb_connection_make_account (IsmbConnection *self, GTask *task)
{
  const IsmbConnectionConfig *config = self->config;

  if (config->server_jid != NULL)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                               "accounts are made on this switch only; %s is another server's",
                               config->server_jid);
      g_object_unref (task);
      return;
    }
  g_task_set_task_data (task, self, NULL); /* the task keeps the owner, and with it us */
  ismb_home_enter_async (self->home, self->owner, config->runtime_dir, config->vr, config->name,
                         config->password, g_task_get_cancellable (task), on_account_made, task);
}

/* Opening */

static void
begin (IsmbConnection *self)
{
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = g_main_context_ref_thread_default ();
  ismb_retries_clear (&self->retries);
}

void
ismb_connection_open (IsmbConnection *self, GTask *task)
{
  g_autoptr (GTask) own = task;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (ismb_waiters_has_opening (self->waiters) || self->state == OPEN || self->state == CLOSING)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                               "the client is open already, or still closing");
      return;
    }
  if (self->state == CLOSED)
    begin (self);
  ismb_waiters_add_opening (self->waiters, g_steal_pointer (&own));
  if (self->state == CLOSED || self->state == WAITING)
    _ismb_connection_attempt (self);
}

void
ismb_connection_reconnect (IsmbConnection *self)
{
  IsmbResume resume;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == CLOSED)
    begin (self);
  if (self->state == CLOSED || self->state == WAITING)
    _ismb_connection_attempt (self);
  else if (self->state == OPEN && ismb_exchange_get_resume (self->exchange, &resume))
    {
      _ismb_connection_leave_stream (self, TRUE);
      _ismb_connection_set_state (self, WAITING, 1);
      ismb_herald_tell_disconnected (self->herald, NULL);
    }
  else if (self->state == OPEN || self->state == CLOSING)
    {
      self->reopening = TRUE;
      ismb_connection_close (self);
    }
}

/* Closing */

void
ismb_connection_close (IsmbConnection *self)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    _ismb_connection_start_closing (self);
  else if (self->state != CLOSED && self->state != CLOSING)
    _ismb_connection_shut (self, _ismb_connection_closed_error ());
}

void
ismb_connection_abort (IsmbConnection *self)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == CLOSED || !ismb_herald_tell (self->herald, "killed", NULL))
    return;
  _ismb_connection_shut (self, _ismb_connection_closed_error ());
}

void
ismb_connection_drain (IsmbConnection *self, GTask *task)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  ismb_waiters_add_closing (self->waiters, task);
  if (self->state == OPEN)
    ismb_exchange_settle (self->exchange);
  else if (self->state == CLOSED
           || (self->state != CLOSING && ismb_exchange_count (self->exchange) == 0))
    _ismb_connection_shut (self, _ismb_connection_closed_error ());
  else if (self->state != CLOSING)
    ismb_exchange_settle (self->exchange); /* once it is open */
}

gboolean
ismb_connection_send (IsmbConnection *self, IsmbStanza *stanza, GString *xml, GError **error)
{
  gboolean was_open = self->context != NULL;

  /* Before the first opening it waits; behind the end it might do so for ever. */
  if (self->state == CLOSING || (self->state == CLOSED && was_open))
    {
      g_string_free (xml, TRUE);
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                           "the client is closed; open it again first");
      return FALSE;
    }
  return ismb_exchange_put (self->exchange, stanza, xml, error);
}

gboolean
ismb_connection_has_request (IsmbConnection *self, const char *id)
{
  return ismb_exchange_has_request (self->exchange, id);
}

const char *
ismb_connection_get_auto_jid (IsmbConnection *self)
{
  return self->herald->auto_jid;
}

IsmbJid *
ismb_connection_get_bound_jid (IsmbConnection *self)
{
  return self->herald->bound_jid;
}

gboolean
ismb_connection_offers (IsmbConnection *self, const char *name, const char *ns)
{
  return self->features != NULL
         && ismb_node_find (ismb_tree_root (self->features), name, ns) != NULL;
}

IsmbHome *
ismb_connection_get_home (IsmbConnection *self)
{
  return self->home;
}

void
ismb_connection_set_pace (IsmbConnection *self, guint window, guint quiet, guint patience)
{
  ismb_exchange_set_pace (self->exchange, window, quiet, patience);
}
