/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.requests"

#include "config.h"
#include "ismb/client/ismb-requests.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-random.h"

struct _IsmbRequests
{
  GHashTable *waiting; /* id to Request */
  char *prefix;
  guint64 count;
};

typedef struct
{
  IsmbRequests *owner;
  char *id;
  IsmbJid *to; /* NULL: our own account */
  GTask *task;
  guint timeout_ms;
  GSource *timeout;
  GSource *cancel;
} Request;

static void
drop_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Before its task returns: what that calls back may run a loop, in which they would be due. */
static void
drop_sources (Request *request)
{
  g_clear_pointer (&request->timeout, drop_source);
  g_clear_pointer (&request->cancel, drop_source);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  drop_sources (request);
  g_clear_object (&request->to);
  g_clear_object (&request->task);
  g_free (request->id);
  g_free (request);
}

/* Out of the table first: what the task calls back may ask again, or free the table. */
static Request *
steal (IsmbRequests *self, const char *id)
{
  gpointer request = NULL;

  if (g_hash_table_steal_extended (self->waiting, id, NULL, &request))
    drop_sources (request);
  return request;
}

static gboolean
on_timeout (gpointer data)
{
  Request *request = data;

  steal (request->owner, request->id);
  g_task_return_new_error (
      request->task, ISMB_ERROR, ISMB_ERROR_TIMEOUT, "%s did not answer within %u ms",
      request->to != NULL ? ismb_jid_get_full (request->to) : "the server", request->timeout_ms);
  request_free (request);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Request *request = data;

  steal (request->owner, request->id);
  g_task_return_error_if_cancelled (request->task);
  request_free (request);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, GTask *task, gpointer callback, Request *request)
{
  g_source_set_callback (source, callback, request, NULL);
  g_source_attach (source, g_task_get_context (task));
  return source;
}

IsmbRequests *
ismb_requests_new (void)
{
  IsmbRequests *self = g_new0 (IsmbRequests, 1);

  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, request_free);
  self->prefix = ismb_random_token ();
  return self;
}

void
ismb_requests_free (IsmbRequests *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");

  ismb_requests_fail (self, NULL, error);
  g_hash_table_unref (self->waiting);
  g_free (self->prefix);
  g_free (self);
}

char *
ismb_requests_new_id (IsmbRequests *self)
{
  return g_strdup_printf ("%s-%" G_GINT64_MODIFIER "X", self->prefix, ++self->count);
}

gboolean
ismb_requests_add (IsmbRequests *self, IsmbIq *iq, guint timeout_ms, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Request *request;

  if (g_hash_table_size (self->waiting) >= ISMB_REQUESTS_MAX)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                               "%u requests wait for their answers already", ISMB_REQUESTS_MAX);
      g_object_unref (task);
      return FALSE;
    }
  request = g_new0 (Request, 1);
  request->owner = self;
  request->id = ismb_requests_new_id (self);
  request->to = ismb_stanza_get_to_jid (ISMB_STANZA (iq));
  if (request->to != NULL)
    g_object_ref (request->to);
  request->task = task;
  request->timeout_ms = timeout_ms;
  request->timeout = attach (g_timeout_source_new (timeout_ms), task, on_timeout, request);
  if (cancellable != NULL)
    request->cancel = attach (g_cancellable_source_new (cancellable), task, on_cancelled, request);
  ismb_stanza_set_id (ISMB_STANZA (iq), request->id);
  g_hash_table_insert (self->waiting, request->id, request);
  return TRUE;
}

static gboolean
is_own_account (IsmbJid *jid, IsmbJid *own)
{
  const char *full = jid != NULL ? ismb_jid_get_full (jid) : NULL;

  return jid == NULL || (own != NULL && (g_str_equal (full, ismb_jid_get_bare (own)) ||
                                         g_str_equal (full, ismb_jid_get_domain (own))));
}

/* The server may answer for our account under its name, the account's, or none (RFC 6120, 8.1.2.1).
 */
static gboolean
comes_from_target (Request *request, IsmbJid *from, IsmbJid *own)
{
  if (is_own_account (request->to, own))
    return is_own_account (from, own) || (own != NULL && ismb_jid_equal (from, own));
  return from != NULL && ismb_jid_equal (from, request->to);
}

static void
return_answer (Request *request, IsmbIq *answer)
{
  GError *error = ismb_stanza_get_error (ISMB_STANZA (answer));

  if (error != NULL)
    g_task_return_error (request->task, error);
  else
    g_task_return_pointer (request->task, g_object_ref (answer), g_object_unref);
}

gboolean
ismb_requests_answer (IsmbRequests *self, IsmbIq *answer, IsmbJid *own)
{
  const char *id = ismb_stanza_get_id (ISMB_STANZA (answer));
  Request *request = id != NULL ? g_hash_table_lookup (self->waiting, id) : NULL;

  if (request == NULL ||
      !comes_from_target (request, ismb_stanza_get_from_jid (ISMB_STANZA (answer)), own))
    return FALSE;
  steal (self, id);
  return_answer (request, answer);
  request_free (request);
  return TRUE;
}

gboolean
ismb_requests_has (IsmbRequests *self, const char *id)
{
  return g_hash_table_contains (self->waiting, id);
}

void
ismb_requests_fail (IsmbRequests *self, const char *id, const GError *error)
{
  Request *request;

  if (id == NULL)
    {
      ismb_requests_fail_others (self, NULL, NULL, error);
      return;
    }
  request = steal (self, id);
  if (request == NULL)
    return;
  g_task_return_error (request->task, g_error_copy (error));
  request_free (request);
}

void
ismb_requests_fail_others (IsmbRequests *self,
                           gboolean (*is_kept) (const char *id, gpointer user_data),
                           gpointer user_data, const GError *error)
{
  g_autoptr (GPtrArray) failed = g_ptr_array_new_with_free_func (request_free);
  GHashTableIter iter;
  gpointer id, request;

  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &id, &request))
    if (is_kept == NULL || !is_kept (id, user_data))
      {
        g_hash_table_iter_steal (&iter);
        drop_sources (request);
        g_ptr_array_add (failed, request);
      }
  for (guint i = 0; i < failed->len; i++)
    g_task_return_error (((Request *) failed->pdata[i])->task, g_error_copy (error));
}
