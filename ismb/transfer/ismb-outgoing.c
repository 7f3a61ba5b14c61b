/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.outgoing"
#include "config.h"
#include "ismb/transfer/ismb-outgoing.h"

#include <errno.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define BLOCK_SIZE 8192
#define WINDOW 16
/* The receiver reads the whole file again and waits for the disk before it answers. */
#define CLOSING_MS 120000
/* What is read at once: while one is acknowledged the next goes out. */
#define PIECE (WINDOW * BLOCK_SIZE / 2)
#define PIECES 3

/* The data of the task. */
typedef struct
{
  IsmbBytestream *stream;
  int descriptor;
  guint64 size;
  guint64 offset;
  guint waiting; /* pieces that are under way */
  GError *error; /* the first; nothing is sent after it */
  GSource *cancelled;
} Outgoing;

static void
outgoing_free (gpointer data)
{
  Outgoing *outgoing = data;

  if (outgoing->cancelled != NULL)
    g_source_destroy (outgoing->cancelled);
  g_clear_pointer (&outgoing->cancelled, g_source_unref);
  g_clear_object (&outgoing->stream);
  g_clear_error (&outgoing->error);
  g_free (outgoing);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ismb_bytestream_close_finish (ISMB_BYTESTREAM (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Once nothing is under way any more. The receiver, who has not the whole file, is told that no
 * more will come. */
static void
finish (GTask *task)
{
  Outgoing *outgoing = g_task_get_task_data (task);

  if (outgoing->error == NULL)
    {
      ismb_bytestream_close_async (outgoing->stream, g_task_get_cancellable (task), on_closed,
                                   g_object_ref (task));
      return;
    }
  _ismb_bytestream_abandon (outgoing->stream);
  g_task_return_error (task, g_steal_pointer (&outgoing->error));
}

/* A file that became shorter meanwhile ends early, and the receiver calls it corrupt. */
static GBytes *
read_piece (Outgoing *outgoing)
{
  gsize wanted = MIN (PIECE, outgoing->size - outgoing->offset);
  g_autofree guchar *piece = g_malloc (wanted);
  gssize length;

  do
    length = pread (outgoing->descriptor, piece, wanted, outgoing->offset);
  while (length < 0 && errno == EINTR);
  if (length < 0)
    g_set_error (&outgoing->error, ISMB_ERROR, ISMB_ERROR_FAILED, "reading failed: %s",
                 g_strerror (errno));
  if (length == 0)
    outgoing->size = outgoing->offset;
  return length > 0 ? g_bytes_new_take (g_steal_pointer (&piece), length) : NULL;
}

static void on_written (GObject *source, GAsyncResult *result, gpointer user_data);

static void
send_piece (GTask *task)
{
  Outgoing *outgoing = g_task_get_task_data (task);
  g_autoptr (GBytes) piece = read_piece (outgoing);

  if (piece == NULL)
    return;
  outgoing->offset += g_bytes_get_size (piece);
  outgoing->waiting++;
  ismb_bytestream_write_async (outgoing->stream, piece, g_task_get_cancellable (task), on_written,
                               g_object_ref (task));
}

static void
send_more (GTask *task)
{
  Outgoing *outgoing = g_task_get_task_data (task);

  while (outgoing->error == NULL && outgoing->offset < outgoing->size
         && outgoing->waiting < PIECES)
    send_piece (task);
  if (outgoing->waiting == 0)
    finish (task);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Outgoing *outgoing = g_task_get_task_data (task);

  outgoing->waiting--;
  ismb_bytestream_write_finish (ISMB_BYTESTREAM (source), result,
                                outgoing->error == NULL ? &outgoing->error : NULL);
  send_more (task);
}

/* What is under way fails then, which ends the task. */
static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  _ismb_bytestream_abandon (user_data);
  return G_SOURCE_REMOVE;
}

static void
watch_cancelling (GTask *task, Outgoing *outgoing)
{
  if (g_task_get_cancellable (task) == NULL)
    return;
  outgoing->cancelled = g_cancellable_source_new (g_task_get_cancellable (task));
  g_source_set_callback (outgoing->cancelled, G_SOURCE_FUNC (on_cancelled),
                         g_object_ref (outgoing->stream), g_object_unref);
  g_source_attach (outgoing->cancelled, g_task_get_context (task));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Outgoing *outgoing = g_task_get_task_data (task);
  GError *error = NULL;

  outgoing->stream = ismb_bytestreams_open_finish (ISMB_BYTESTREAMS (source), result, &error);
  if (outgoing->stream == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  watch_cancelling (task, outgoing);
  send_more (task);
}

void
ismb_outgoing_send_async (IsmbClient *client, IsmbJid *to, const char *sid, int descriptor,
                          guint64 size, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  static const IsmbBytestreamTerms terms
    = { BLOCK_SIZE, WINDOW, ISMB_OUTGOING_SILENCE_MS, CLOSING_MS, TRUE };
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  Outgoing *outgoing = g_new0 (Outgoing, 1);
  GError *error = NULL;
  IsmbPlugin *streams = ismb_client_enable_plugin (client, "xep_0047", NULL, &error);

  g_task_set_source_tag (task, ismb_outgoing_send_async);
  g_task_set_task_data (task, outgoing, outgoing_free);
  outgoing->descriptor = descriptor;
  outgoing->size = size;
  if (streams == NULL)
    g_task_return_error (task, error);
  else
    _ismb_bytestreams_open_async (ISMB_BYTESTREAMS (streams), to, sid, &terms, cancellable,
                                  on_opened, g_object_ref (task));
}

gboolean
ismb_outgoing_send_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
