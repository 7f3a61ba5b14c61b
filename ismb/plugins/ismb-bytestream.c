/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.bytestream"

#include "config.h"
#include "ismb/plugins/ismb-bytestream-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-ibb.h"
#include "ismb/plugins/ismb-writings.h"

#define UNREAD_MAX (256 * 1024) /* bytes; a block beyond is acknowledged when somebody reads */
#define HELD_MAX 64             /* blocks; as many as a window may have */
#define BLOCK_WEIGHT 64         /* bytes, of one with hardly anything in it */

/**
 * IsmbBytestream:
 *
 * Bytes between two clients, in both directions, inside stanzas (XEP-0047). What is written arrives
 * in order and whole, or the writing fails; who reads slowly slows the writer down.
 */
struct _IsmbBytestream
{
  GObject parent_instance;
  IsmbClient *client; /* weak */
  IsmbJid *peer;
  char *sid;
  IsmbBytestreamTerms terms;
  const IsmbBytestreamTaker *taker; /* NULL: readers and handlers */
  gpointer taker_data;
  GDestroyNotify taker_destroy;
  guint16 sent, received; /* the sequence numbers that come next (XEP-0047, 2.2) */
  IsmbWritings writings;
  GQueue unread;          /* of GBytes */
  gsize unread_bytes;
  GQueue held;            /* of IsmbIq: blocks that are not acknowledged yet */
  GTask *reading;
  GTask *closing;
  gboolean over;
  GError *error;
};

enum { BLOCK, ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbBytestream, ismb_bytestream, G_TYPE_OBJECT)

static void
ismb_bytestream_finalize (GObject *object)
{
  IsmbBytestream *self = ISMB_BYTESTREAM (object);

  if (self->taker_destroy != NULL)
    self->taker_destroy (self->taker_data);
  g_clear_weak_pointer (&self->client);
  g_clear_object (&self->peer);
  ismb_writings_clear (&self->writings);
  g_queue_clear_full (&self->unread, (GDestroyNotify) g_bytes_unref);
  g_queue_clear_full (&self->held, g_object_unref);
  g_clear_error (&self->error);
  g_free (self->sid);
  G_OBJECT_CLASS (ismb_bytestream_parent_class)->finalize (object);
}

static void
ismb_bytestream_class_init (IsmbBytestreamClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ismb_bytestream_finalize;
  /**
   * IsmbBytestream::block:
   * @self: the stream
   * @bytes: what came
   *
   * Bytes came, and no [method@Ismb.Bytestream.read_async] waits for them.
   *
   * Returns: %TRUE: they are taken; else they wait for a reader
   */
  signals[BLOCK] = g_signal_new ("block", type, G_SIGNAL_RUN_LAST, 0,
                                 g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 1,
                                 G_TYPE_BYTES);
  /**
   * IsmbBytestream::ended:
   * @self: the stream
   *
   * The stream is over, by either side or with the session. Comes once.
   */
  signals[ENDED]
      = g_signal_new ("ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ismb_bytestream_init (IsmbBytestream *self)
{
}

IsmbBytestream *
_ismb_bytestream_new (IsmbClient *client, IsmbJid *peer, const char *sid,
                      const IsmbBytestreamTerms *terms)
{
  IsmbBytestream *self = g_object_new (ISMB_TYPE_BYTESTREAM, NULL);

  g_set_weak_pointer (&self->client, client);
  self->peer = g_object_ref (peer);
  self->sid = g_strdup (sid);
  self->terms = *terms;
  return self;
}

void
_ismb_bytestream_set_taker (IsmbBytestream *self, const IsmbBytestreamTaker *taker,
                            gpointer user_data, GDestroyNotify destroy)
{
  self->taker = taker;
  self->taker_data = user_data;
  self->taker_destroy = destroy;
}

gboolean
_ismb_bytestream_is_ours (IsmbBytestream *self)
{
  return self->terms.ours;
}

gboolean
_ismb_bytestream_begin (IsmbBytestream *self, guint block_size)
{
  if (self->terms.block_size != 0)
    return FALSE;
  self->terms.block_size = block_size;
  if (self->taker != NULL)
    self->taker->opened (self->taker_data);
  return TRUE;
}

static void
acknowledge (IsmbBytestream *self, IsmbIq *request)
{
  g_autoptr (IsmbIq) answer
      = ismb_iq_new (ismb_stanza_get_from_jid (ISMB_STANZA (request)), "result");
  g_autoptr (GError) error = NULL;

  ismb_stanza_set_id (ISMB_STANZA (answer), ismb_stanza_get_id (ISMB_STANZA (request)));
  if (self->client != NULL && !ismb_client_send (self->client, ISMB_STANZA (answer), &error))
    g_debug ("a block was not acknowledged: %s", error->message);
}

/* The end */

static GError *
copy_error (IsmbBytestream *self)
{
  return self->error != NULL ? g_error_copy (self->error)
                             : g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                                                    "the bytestream is closed");
}

static void
end_waiting (IsmbBytestream *self)
{
  g_autoptr (GTask) closing = g_steal_pointer (&self->closing);
  g_autoptr (GTask) task = g_steal_pointer (&self->reading);

  if (closing != NULL && self->error != NULL)
    g_task_return_error (closing, g_error_copy (self->error));
  else if (closing != NULL)
    g_task_return_boolean (closing, TRUE);
  if (task != NULL && self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else if (task != NULL)
    g_task_return_pointer (task, g_bytes_new_static ("", 0), (GDestroyNotify) g_bytes_unref);
}

void
_ismb_bytestream_end (IsmbBytestream *self, const GError *error)
{
  g_autoptr (IsmbBytestream) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (GError) unwritten = NULL;

  if (self->over)
    return;
  self->over = TRUE;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  g_queue_clear_full (&self->held, g_object_unref);
  g_signal_emit (self, signals[ENDED], 0);
  unwritten = copy_error (self);
  ismb_writings_fail (&self->writings, unwritten);
  end_waiting (self);
}

/* Inwards */

static gboolean
refuse (IsmbBytestream *self, GError **error, int code, const char *text)
{
  g_autoptr (GError) cause = g_error_new_literal (ISMB_STANZA_ERROR, code, text);

  if (!self->over && self->taker != NULL)
    self->taker->refused (self->taker_data);
  _ismb_bytestream_end (self, cause);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static gsize
weigh (GBytes *bytes)
{
  return g_bytes_get_size (bytes) + BLOCK_WEIGHT;
}

static void
hand_out (IsmbBytestream *self, IsmbIq *request, GBytes *bytes)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->reading);
  gboolean taken = FALSE;

  if (task != NULL)
    g_task_return_pointer (task, g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref);
  else
    g_signal_emit (self, signals[BLOCK], 0, bytes, &taken);
  if (task == NULL && !taken)
    {
      g_queue_push_tail (&self->unread, g_bytes_ref (bytes));
      self->unread_bytes += weigh (bytes);
    }
  if (self->unread_bytes > UNREAD_MAX && !self->over)
    g_queue_push_tail (&self->held, g_object_ref (request));
  else
    acknowledge (self, request);
}

gboolean
_ismb_bytestream_take (IsmbBytestream *self, IsmbIq *request, GError **error)
{
  g_autoptr (IsmbBytestream) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (GBytes) bytes = NULL;
  guint seq;

  if (self->over)
    return refuse (self, error, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "the stream is closed");
  if (!ismb_ibb_get_number (ISMB_STANZA (request), "seq", &seq) || seq != self->received
      || self->terms.block_size == 0)
    return refuse (self, error, ISMB_STANZA_ERROR_UNEXPECTED_REQUEST, "a block is missing");
  bytes = ismb_ibb_get_bytes (ISMB_STANZA (request));
  if (bytes == NULL || g_bytes_get_size (bytes) > self->terms.block_size)
    return refuse (self, error, ISMB_STANZA_ERROR_BAD_REQUEST, "no base64, or too large");
  if (self->held.length >= HELD_MAX)
    return refuse (self, error, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT,
                   "so many blocks that are not acknowledged");
  self->received++;
  if (self->taker != NULL)
    self->taker->block (request, bytes, self->taker_data);
  /* Nobody reads it, and what is still to be written goes on; or a reader would take it for the
   * end. */
  else if (self->closing != NULL || g_bytes_get_size (bytes) == 0)
    acknowledge (self, request);
  else
    hand_out (self, request, bytes);
  return TRUE;
}

gboolean
_ismb_bytestream_take_close (IsmbBytestream *self, IsmbIq *request)
{
  if (self->taker == NULL)
    return FALSE;
  _ismb_bytestream_end (self, NULL);
  self->taker->closed (request, self->taker_data);
  return TRUE;
}

/* Outwards */

static void push_on (IsmbBytestream *self);

static void
on_block_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (IsmbBytestream) self = ISMB_BYTESTREAM (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (answer == NULL)
    _ismb_bytestream_end (self, error);
  if (self->over)
    return;
  ismb_writings_answered (&self->writings);
  push_on (self);
}

static void
send_block (IsmbBytestream *self, const guchar *bytes, gsize length)
{
  IsmbNode *data;
  g_autoptr (IsmbIq) iq = ismb_ibb_new (self->peer, "data", self->sid, &data);
  g_autofree char *text = g_base64_encode (bytes, length);

  ismb_ibb_set_number (iq, data, "seq", self->sent++);
  ismb_tree_add_text (_ismb_stanza_get_tree (ISMB_STANZA (iq)), data, text, -1);
  ismb_client_query_async (self->client, iq, self->terms.answer_ms, NULL, on_block_answered,
                           g_object_ref (self));
}

/* Where the other side knows no such stream any more, it is closed as well. */
static void
on_close_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbBytestream *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (!self->terms.ours
      && g_error_matches (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND))
    g_clear_error (&error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* SleekXMPP tells the end before the other side's answer. */
static void
begin_closing (IsmbBytestream *self)
{
  IsmbNode *node;
  g_autoptr (IsmbIq) iq = ismb_ibb_new (self->peer, "close", self->sid, &node);
  GTask *task = g_steal_pointer (&self->closing);
  g_autoptr (IsmbClient) client = g_object_ref (self->client);
  GCancellable *cancellable = g_task_get_cancellable (task);

  ismb_client_query_async (client, iq, self->terms.close_ms, cancellable, on_close_answered, task);
  _ismb_bytestream_end (self, NULL);
}

static void
push_on (IsmbBytestream *self)
{
  const guchar *block;
  gsize length;

  while (!self->over && self->client != NULL && self->writings.under_way < self->terms.window
         && ismb_writings_next (&self->writings, self->terms.block_size, &block, &length))
    send_block (self, block, length);
  if (!self->over && self->closing != NULL && ismb_writings_is_empty (&self->writings))
    begin_closing (self);
}

void
_ismb_bytestream_abandon (IsmbBytestream *self)
{
  IsmbNode *node;
  g_autoptr (IsmbIq) iq = ismb_ibb_new (self->peer, "close", self->sid, &node);

  if (!self->over && self->client != NULL)
    ismb_client_send (self->client, ISMB_STANZA (iq), NULL);
  _ismb_bytestream_end (self, NULL);
}

/**
 * ismb_bytestream_get_sid:
 * @self: a stream
 *
 * The stream's id, chosen by who opened it.
 *
 * Returns: the id
 */
const char *
ismb_bytestream_get_sid (IsmbBytestream *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM (self), NULL);
  return self->sid;
}

/**
 * ismb_bytestream_get_peer_jid:
 * @self: a stream
 *
 * Who is at the other end.
 *
 * Returns: (transfer none): the full address
 */
IsmbJid *
ismb_bytestream_get_peer_jid (IsmbBytestream *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM (self), NULL);
  return self->peer;
}

/**
 * ismb_bytestream_get_block_size:
 * @self: a stream
 *
 * How many bytes a block has at most, before base64.
 *
 * Returns: bytes
 */
guint
ismb_bytestream_get_block_size (IsmbBytestream *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM (self), 0);
  return self->terms.block_size;
}

/**
 * ismb_bytestream_is_open:
 * @self: a stream
 *
 * Whether neither side has ended it.
 *
 * Returns: %TRUE if it may be written to
 */
gboolean
ismb_bytestream_is_open (IsmbBytestream *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM (self), FALSE);
  return !self->over && self->closing == NULL && self->client != NULL;
}

/**
 * ismb_bytestream_write_async:
 * @self: a stream
 * @bytes: what to write
 * @cancellable: (nullable): looked at in the end: what was begun is sent whole
 * @callback: (scope async): called when the other side has all of it
 * @user_data: for @callback
 *
 * Writes bytes. Several writings may wait; they are done in order.
 */
void
ismb_bytestream_write_async (IsmbBytestream *self, GBytes *bytes, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (ISMB_IS_BYTESTREAM (self) && bytes != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_bytestream_write_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (!ismb_bytestream_is_open (self))
    g_task_return_error (task, copy_error (self));
  else if (g_bytes_get_size (bytes) == 0)
    g_task_return_boolean (task, TRUE);
  else
    {
      ismb_writings_add (&self->writings, g_steal_pointer (&task), bytes);
      push_on (self);
    }
}

/**
 * ismb_bytestream_write_finish:
 * @self: a stream
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Bytestream.write_async]. Fails as [method@Ismb.Client.query_finish] does; the
 * stream is over then.
 *
 * Returns: whether the other side has all of it
 */
gboolean
ismb_bytestream_write_finish (IsmbBytestream *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
take_unread (IsmbBytestream *self, GTask *task)
{
  GBytes *bytes = g_queue_pop_head (&self->unread);

  self->unread_bytes -= weigh (bytes);
  g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  while (self->unread_bytes <= UNREAD_MAX && !g_queue_is_empty (&self->held))
    {
      g_autoptr (IsmbIq) request = g_queue_pop_head (&self->held);

      acknowledge (self, request);
    }
}

static gboolean
on_reading_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GTask *waiting = user_data;
  IsmbBytestream *self = g_task_get_source_object (waiting);

  if (self->reading != waiting)
    return G_SOURCE_REMOVE;
  task = g_steal_pointer (&self->reading);
  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

static void
forget_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* The source ends with the task, which it does not hold. */
static void
wait_for_bytes (IsmbBytestream *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GSource *source;

  self->reading = g_object_ref (task);
  if (cancellable == NULL)
    return;
  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (on_reading_cancelled), task, NULL);
  g_source_attach (source, g_task_get_context (task));
  g_task_set_task_data (task, source, forget_source);
}

/**
 * ismb_bytestream_read_async:
 * @self: a stream
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the next bytes
 * @user_data: for @callback
 *
 * Reads the next bytes. One reading at a time.
 */
void
ismb_bytestream_read_async (IsmbBytestream *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (ISMB_IS_BYTESTREAM (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_bytestream_read_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->reading != NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, "somebody reads already");
  else if (!g_queue_is_empty (&self->unread))
    take_unread (self, task);
  else if (self->over && self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else if (self->over)
    g_task_return_pointer (task, g_bytes_new_static ("", 0), (GDestroyNotify) g_bytes_unref);
  else
    wait_for_bytes (self, task);
}

/**
 * ismb_bytestream_read_finish:
 * @self: a stream
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Bytestream.read_async]. Fails where the stream broke.
 *
 * Returns: (transfer full): the bytes; none of them at the end of the stream
 */
GBytes *
ismb_bytestream_read_finish (IsmbBytestream *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ismb_bytestream_close_async:
 * @self: a stream
 * @cancellable: (nullable): to stop waiting for the other side
 * @callback: (scope async): called when the other side knows
 * @user_data: for @callback
 *
 * Ends the stream behind what was written. Nothing more is read from it.
 */
void
ismb_bytestream_close_async (IsmbBytestream *self, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (ISMB_IS_BYTESTREAM (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_bytestream_close_async);
  if (!ismb_bytestream_is_open (self))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  self->closing = g_steal_pointer (&task);
  push_on (self);
}

/**
 * ismb_bytestream_close_finish:
 * @self: a stream
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Bytestream.close_async]. Fails as [method@Ismb.Client.query_finish] does.
 *
 * Returns: whether the other side knows
 */
gboolean
ismb_bytestream_close_finish (IsmbBytestream *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
