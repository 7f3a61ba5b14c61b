/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-bytestream-block-private.h"

struct _IsmbBytestreamBlock
{
  GObject parent_instance;
  IsmbBytestream *stream;
  GBytes *bytes;
};

/**
 * IsmbBytestreamBlock:
 *
 * A block of bytes that came on a stream, with the event `ibb_stream_data`.
 */
G_DEFINE_FINAL_TYPE (IsmbBytestreamBlock, ismb_bytestream_block, G_TYPE_OBJECT)

static void
ismb_bytestream_block_finalize (GObject *object)
{
  IsmbBytestreamBlock *self = ISMB_BYTESTREAM_BLOCK (object);

  g_clear_object (&self->stream);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  G_OBJECT_CLASS (ismb_bytestream_block_parent_class)->finalize (object);
}

static void
ismb_bytestream_block_class_init (IsmbBytestreamBlockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_bytestream_block_finalize;
}

static void
ismb_bytestream_block_init (IsmbBytestreamBlock *self)
{
}

IsmbBytestreamBlock *
_ismb_bytestream_block_new (IsmbBytestream *stream, GBytes *bytes)
{
  IsmbBytestreamBlock *self = g_object_new (ISMB_TYPE_BYTESTREAM_BLOCK, NULL);

  self->stream = g_object_ref (stream);
  self->bytes = g_bytes_ref (bytes);
  return self;
}

/**
 * ismb_bytestream_block_get_stream:
 * @self: a block
 *
 * The stream it came on.
 *
 * Returns: (transfer none): the stream
 */
IsmbBytestream *
ismb_bytestream_block_get_stream (IsmbBytestreamBlock *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM_BLOCK (self), NULL);
  return self->stream;
}

/**
 * ismb_bytestream_block_get_bytes:
 * @self: a block
 *
 * What came.
 *
 * Returns: (transfer none): the bytes
 */
GBytes *
ismb_bytestream_block_get_bytes (IsmbBytestreamBlock *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM_BLOCK (self), NULL);
  return self->bytes;
}
