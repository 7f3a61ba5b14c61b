/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.incoming"
#include "config.h"
#include "ismb/transfer/ismb-incoming.h"

/* The data of a thread's task. */
typedef struct
{
  IsmbIncoming *incoming;
  IsmbBeneath *beneath; /* where the draft is to be opened; NULL: it is to be stored */
} Work;

IsmbIncoming *
ismb_incoming_new (IsmbIq *request, IsmbOffer *offer)
{
  IsmbIncoming *self = g_new0 (IsmbIncoming, 1);

  g_atomic_ref_count_init (&self->references);
  self->from = g_object_ref (ismb_stanza_get_from_jid (ISMB_STANZA (request)));
  self->key = g_strconcat (ismb_jid_get_full (self->from), "\n", offer->sid, NULL);
  self->account = ismb_jid_to_bare (self->from);
  self->offer = offer;
  self->request = g_object_ref (request);
  return self;
}

IsmbIncoming *
ismb_incoming_ref (IsmbIncoming *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ismb_incoming_unref (IsmbIncoming *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->draft, ismb_draft_free);
  g_clear_object (&self->stream);
  g_clear_object (&self->request);
  g_object_unref (self->account);
  g_object_unref (self->from);
  ismb_offer_free (self->offer);
  g_free (self->name);
  g_free (self->key);
  g_free (self);
}

void
ismb_incoming_expect_nothing (IsmbIncoming *self)
{
  if (self->idle != NULL)
    g_source_destroy (self->idle);
  g_clear_pointer (&self->idle, g_source_unref);
}

void
ismb_incoming_end (IsmbIncoming *self)
{
  ismb_incoming_expect_nothing (self);
  if (self->stream != NULL)
    _ismb_bytestream_end (self->stream, NULL);
}

void
ismb_incoming_expect (IsmbIncoming *self, guint milliseconds, GSourceFunc silence,
                      gpointer user_data, GDestroyNotify destroy)
{
  ismb_incoming_expect_nothing (self);
  self->idle = g_timeout_source_new (milliseconds);
  g_source_set_callback (self->idle, silence, user_data, destroy);
  g_source_attach (self->idle, g_main_context_get_thread_default ());
}

static void
work_free (gpointer data)
{
  Work *work = data;

  ismb_incoming_unref (work->incoming);
  g_clear_pointer (&work->beneath, ismb_beneath_unref);
  g_free (work);
}

static gboolean
do_work (Work *work, GError **error)
{
  IsmbIncoming *incoming = work->incoming;
  IsmbOffer *offer = incoming->offer;

  if (work->beneath == NULL)
    return ismb_draft_store (incoming->draft, offer->sha256, error);
  incoming->draft
    = ismb_draft_new (work->beneath, incoming->name, offer->size, offer->overwrite, error);
  return incoming->draft != NULL;
}

static void
run_work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (do_work (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
start_work (IsmbIncoming *self, GObject *source, IsmbBeneath *beneath, GAsyncReadyCallback callback,
            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (source, NULL, callback, user_data);
  Work *work = g_new0 (Work, 1);

  work->incoming = ismb_incoming_ref (self);
  work->beneath = beneath != NULL ? ismb_beneath_ref (beneath) : NULL;
  g_task_set_source_tag (task, start_work);
  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, run_work);
}

void
ismb_incoming_open_async (IsmbIncoming *self, GObject *source, IsmbBeneath *beneath,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  start_work (self, source, beneath, callback, user_data);
}

void
ismb_incoming_store_async (IsmbIncoming *self, GObject *source, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  start_work (self, source, NULL, callback, user_data);
}

gboolean
ismb_incoming_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
