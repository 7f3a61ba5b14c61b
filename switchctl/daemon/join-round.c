/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.join-round"

#include "config.h"
#include "switchctl/daemon/join-round.h"

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-listener-private.h"

typedef struct
{
  guint outstanding;
  gboolean joined, waits;
  GError *refusal;
  GError *nobody; /* why there was none to ask */
  GCancellable *others; /* cancelled once one has led into the fabric */
  GCancellable *caller; /* or NULL */
  gulong caller_id;
} Round;

static void
round_free (Round *round)
{
  if (round->caller != NULL)
    g_signal_handler_disconnect (round->caller, round->caller_id);
  g_clear_object (&round->caller);
  g_clear_error (&round->refusal);
  g_clear_error (&round->nobody);
  g_object_unref (round->others);
  g_free (round);
}

static void
keep_first (GError **kept, GError *error)
{
  if (*kept == NULL)
    *kept = error;
  else
    g_error_free (error);
}

static void
conclude (GTask *task, Round *round)
{
  if (round->joined)
    g_task_return_boolean (task, TRUE);
  else if (round->refusal != NULL)
    g_task_return_error (task, g_steal_pointer (&round->refusal));
  else if (round->waits)
    g_task_return_boolean (task, FALSE);
  else if (round->nobody != NULL)
    g_task_return_error (task, g_steal_pointer (&round->nobody));
  else
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                             "no virtual router is up: enable one with `switchctl vr enable NAME`");
}

static void
on_tried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Round *round = g_task_get_task_data (task);
  GError *error = NULL;

  if (_ismb_listener_join_finish (ISMB_LISTENER (source), result, &error))
    {
      round->joined = TRUE;
      g_cancellable_cancel (round->others);
    }
  else if (error == NULL)
    round->waits = TRUE;
  else if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    keep_first (&round->nobody, error);
  else
    keep_first (&round->refusal, error);
  if (--round->outstanding == 0)
    conclude (task, round);
}

static void
on_cancelled (GCancellable *caller, GCancellable *others)
{
  g_cancellable_cancel (others);
}

static Round *
round_new (GCancellable *cancellable)
{
  Round *round = g_new0 (Round, 1);

  round->others = g_cancellable_new ();
  if (cancellable == NULL)
    return round;
  round->caller = g_object_ref (cancellable);
  round->caller_id
    = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), round->others);
  return round;
}

void
switch_join_round_async (GPtrArray *vrs, const char *ca_hash, const IsmbToken *token,
                         GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Round *round = round_new (cancellable);

  g_task_set_source_tag (task, switch_join_round_async);
  g_task_set_task_data (task, round, (GDestroyNotify) round_free);
  for (guint i = 0; i < vrs->len; i++)
    {
      IsmbListener *listener = switch_vr_get_listener (g_ptr_array_index (vrs, i));

      if (listener == NULL)
        continue;
      round->outstanding++;
      _ismb_listener_join_async (listener, ca_hash, token, round->others, on_tried,
                                 g_object_ref (task));
    }
  if (round->outstanding == 0)
    conclude (task, round);
}

gboolean
switch_join_round_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

guint
switch_join_round_count_seen (GPtrArray *vrs)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < vrs->len; i++)
    {
      IsmbListener *listener = switch_vr_get_listener (g_ptr_array_index (vrs, i));
      GList *peers = listener != NULL ? ismb_listener_list_peers (listener) : NULL;

      for (GList *each = peers; each != NULL; each = each->next)
        if (!ismb_peer_get_local (each->data))
          g_hash_table_add (seen, g_strdup (ismb_peer_get_domain (each->data)));
      g_list_free_full (peers, g_object_unref);
    }
  return g_hash_table_size (seen);
}
