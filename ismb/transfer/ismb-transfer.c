/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer"
#include "config.h"
#include "ismb/transfer/ismb-transfer.h"

#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/transfer/ismb-beneath.h"
#include "ismb/transfer/ismb-offer.h"
#include "ismb/transfer/ismb-outgoing.h"
#include "ismb/transfer/ismb-transfer-outcome-private.h"
#include "ismb/transfer/ismb-transfer-private.h"

/* The name under which every switch takes files. */
#define RECEIVER_NAME "switch"
#define AT_ONCE 8
/* The receiver asks our listener for our role before it answers. */
#define OFFER_MS 60000

/* The data of the task: one file, all peers. */
typedef struct
{
  char *root;
  char *fname;
  char *sent_name; /* NULL: the name relative to the root */
  gboolean overwrite;
  char *name;      /* what is offered */
  int descriptor;
  guint64 size;
  char *sha256;
  GQueue peers;    /* domains that wait for their turn */
  guint under_way;
  GHashTable *outcomes;
} Transfer;

/* One peer's part. */
typedef struct
{
  GTask *task;
  char *domain;
  IsmbJid *to;
  IsmbOffer *offer;
} Delivery;

static void
transfer_free (gpointer data)
{
  Transfer *transfer = data;

  if (transfer->descriptor >= 0)
    close (transfer->descriptor);
  g_queue_clear_full (&transfer->peers, g_free);
  g_hash_table_unref (transfer->outcomes);
  g_free (transfer->root);
  g_free (transfer->fname);
  g_free (transfer->sent_name);
  g_free (transfer->name);
  g_free (transfer->sha256);
  g_free (transfer);
}

static void
delivery_free (Delivery *delivery)
{
  g_object_unref (delivery->task);
  g_clear_object (&delivery->to);
  g_clear_pointer (&delivery->offer, ismb_offer_free);
  g_free (delivery->domain);
  g_free (delivery);
}

static void start_more (GTask *task);

static void
settle (Transfer *transfer, const char *domain, IsmbTransferOutcome outcome)
{
  g_debug ("%s: %s: %s", domain, transfer->name, ismb_transfer_outcome_to_string (outcome));
  g_hash_table_insert (transfer->outcomes, g_strdup (domain),
                       g_strdup (ismb_transfer_outcome_to_string (outcome)));
}

/* The end of one peer's part, and the next one's turn. Takes it. */
static void
finish_delivery (Delivery *delivery, IsmbTransferOutcome outcome)
{
  g_autoptr (GTask) task = g_object_ref (delivery->task);
  Transfer *transfer = g_task_get_task_data (task);

  settle (transfer, delivery->domain, outcome);
  transfer->under_way--;
  delivery_free (delivery);
  start_more (task);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean stored = ismb_outgoing_send_finish (result, &error);

  finish_delivery (user_data,
                   stored ? ISMB_TRANSFER_OUTCOME_STORED : _ismb_outcome_of_error (error));
}

static void
on_offer_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Delivery *delivery = user_data;
  Transfer *transfer = g_task_get_task_data (delivery->task);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (answer == NULL)
    finish_delivery (delivery, _ismb_outcome_of_error (error));
  else if (!ismb_offer_is_accepted (answer))
    finish_delivery (delivery, ISMB_TRANSFER_OUTCOME_REFUSED);
  else
    ismb_outgoing_send_async (ISMB_CLIENT (source), delivery->to, delivery->offer->sid,
                              transfer->descriptor, transfer->size,
                              g_task_get_cancellable (delivery->task), on_sent, delivery);
}

/* The peer's receiver as presence shows it; NULL and the outcome where there is none. */
static IsmbJid *
find_receiver (IsmbClient *client, const char *domain, IsmbTransferOutcome *outcome)
{
  g_autoptr (IsmbJid) bare = ismb_jid_new_from_parts (RECEIVER_NAME, domain, NULL, NULL);
  g_autofree char *resource = NULL;

  *outcome = ISMB_TRANSFER_OUTCOME_UNREACHABLE;
  if (bare == NULL)
    return NULL;
  *outcome = ISMB_TRANSFER_OUTCOME_NOT_PRESENT;
  resource
    = ismb_roster_get_best_resource (ismb_client_get_roster (client), ismb_jid_get_bare (bare));
  return resource != NULL ? ismb_jid_with_resource (bare, resource, NULL) : NULL;
}

static void
start_delivery (GTask *task, const char *domain)
{
  IsmbClient *client = g_task_get_source_object (task);
  Transfer *transfer = g_task_get_task_data (task);
  IsmbTransferOutcome outcome;
  IsmbJid *to = find_receiver (client, domain, &outcome);
  g_autoptr (IsmbIq) request = NULL;
  Delivery *delivery;

  if (to == NULL)
    {
      settle (transfer, domain, outcome);
      return;
    }
  delivery = g_new0 (Delivery, 1);
  delivery->task = g_object_ref (task);
  delivery->domain = g_strdup (domain);
  delivery->to = to;
  delivery->offer
    = ismb_offer_new (transfer->name, transfer->size, transfer->sha256, transfer->overwrite);
  transfer->under_way++;
  request = ismb_offer_to_iq (delivery->offer, to);
  ismb_client_query_async (client, request, OFFER_MS, g_task_get_cancellable (task),
                             on_offer_answered, delivery);
}

static void
start_more (GTask *task)
{
  Transfer *transfer = g_task_get_task_data (task);

  while (transfer->under_way < AT_ONCE && !g_queue_is_empty (&transfer->peers))
    {
      g_autofree char *domain = g_queue_pop_head (&transfer->peers);

      start_delivery (task, domain);
    }
  if (transfer->under_way == 0)
    g_task_return_pointer (task, g_hash_table_ref (transfer->outcomes),
                           (GDestroyNotify) g_hash_table_unref);
}

/* Opening and hashing, off the loop. */

static gboolean
read_file (Transfer *transfer, GCancellable *cancellable, GError **error)
{
  g_autoptr (IsmbBeneath) beneath = ismb_beneath_new (transfer->root, error);
  g_autofree char *relative
    = beneath != NULL ? ismb_beneath_name (beneath, transfer->fname, error) : NULL;

  if (relative == NULL)
    return FALSE;
  transfer->descriptor = ismb_beneath_open (beneath, relative, &transfer->size, error);
  if (transfer->descriptor < 0)
    return FALSE;
  transfer->name = g_strdup (transfer->sent_name != NULL ? transfer->sent_name : relative);
  transfer->sha256 = ismb_beneath_hash (transfer->descriptor, cancellable, error);
  return transfer->sha256 != NULL;
}

static void
read_file_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (read_file (data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_file_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    start_more (task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
queue_peers (Transfer *transfer, const char *const *peers)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; peers[i] != NULL; i++)
    if (g_hash_table_add (seen, (gpointer) peers[i]))
      g_queue_push_tail (&transfer->peers, g_strdup (peers[i]));
}

static Transfer *
transfer_new (const char *root, const char *fname, const char *const *peers, const char *sent_name,
              gboolean overwrite)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->root = g_strdup (root);
  transfer->fname = g_strdup (fname);
  transfer->sent_name = g_strdup (sent_name);
  transfer->overwrite = overwrite;
  transfer->descriptor = -1;
  transfer->outcomes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  queue_peers (transfer, peers);
  return transfer;
}

void
_ismb_client_send_file_from_async (IsmbClient *self, const char *root, const char *fname,
                                   const char *const *peers, const char *sent_name,
                                   gboolean overwrite, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GTask) reading = NULL;

  g_task_set_source_tag (task, _ismb_client_send_file_from_async);
  if (root == NULL)
    {
      g_task_return_new_error (
          task, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
          "%s cannot be sent: open the client on a switch first, which has a files root", fname);
      return;
    }
  g_task_set_task_data (task, transfer_new (root, fname, peers, sent_name, overwrite),
                        transfer_free);
  reading = g_task_new (self, cancellable, on_file_read, g_object_ref (task));
  g_task_set_source_tag (reading, read_file_in_thread);
  g_task_set_task_data (reading, g_task_get_task_data (task), NULL);
  g_task_run_in_thread (reading, read_file_in_thread);
}

/**
 * ismb_client_send_file_to_peers_async:
 * @self: a client whose session has started
 * @fname: the file: a path relative to the files root of this switch (`/usr/local` by default) or
 *   an absolute path below it
 * @peers: (array zero-terminated=1): domain-parts of the switches it goes to
 * @sent_name: (nullable): the name or path below the files root of each receiver; %NULL for that
 *   of @fname relative to the files root
 * @overwrite: whether a file of that name may be replaced
 * @cancellable: (nullable): ends it; peers that have the whole file by then keep it
 * @callback: (scope async) (nullable): called in the main context this was called in
 * @user_data: data for @callback
 *
 * Sends a file to the Switch Control of many switches, `switch@` each domain-part. The resource is
 * looked up in the roster, so presence must have been asked for and received; a peer without it
 * gets the outcome `not-present`. A file appears at a peer whole and verified (size and SHA-256),
 * or not at all.
 */
void
ismb_client_send_file_to_peers_async (IsmbClient *self, const char *fname, const char *const *peers,
                                      const char *sent_name, gboolean overwrite,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  g_return_if_fail (fname != NULL);
  g_return_if_fail (peers != NULL);
  _ismb_client_send_file_from_async (self, ismb_client_get_files_root (self), fname, peers,
                                     sent_name, overwrite, cancellable, callback, user_data);
}

/**
 * ismb_client_send_file_to_peers_finish:
 * @self: the client
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends ismb_client_send_file_to_peers_async(). What became of the file at a peer is no error, but
 * its outcome: one of `stored`, `conflict`, `refused`, `not-present`, `corrupt`, `no-space`,
 * `timeout` and `unreachable` (see [enum@Ismb.TransferOutcome]), exactly one for each peer.
 *
 * Fails with [error@Ismb.Error.NOT_FOUND] where the file is missing,
 * [error@Ismb.Error.NOT_ALLOWED] where it is no regular file below the files root,
 * [error@Ismb.Error.NOT_CONNECTED] where the client was never open on a switch, and with
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (element-type utf8 utf8): domain-parts and their outcomes
 */
GHashTable *
ismb_client_send_file_to_peers_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
