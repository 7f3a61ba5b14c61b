/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "ismb/plugins/ismb-bytestream.h"

G_BEGIN_DECLS

/* What one stream is like. */
typedef struct
{
  guint block_size; /* bytes before base64; 0: the other side is to say it when it opens */
  guint window;     /* blocks under way that are not acknowledged */
  guint answer_ms;  /* for the answer to a block or an opening; 0: the client's own */
  guint close_ms;   /* for that to the closing, which may be the word about the whole */
  gboolean ours;    /* a part of the library's own: no event tells of it, and its closing fails
                     * where the other side knows no such stream */
} IsmbBytestreamTerms;

/* Who takes what comes on a stream in the place of its readers, and gives the answers, now or
 * later. */
typedef struct
{
  void (*opened)  (gpointer user_data);
  void (*block)   (IsmbIq *request, GBytes *bytes, gpointer user_data);
  void (*closed)  (IsmbIq *request, gpointer user_data); /* the stream is over by then */
  void (*refused) (gpointer user_data); /* a block broke the rules: that was the end of it */
} IsmbBytestreamTaker;

IsmbBytestream *_ismb_bytestream_new (IsmbClient *client, IsmbJid *peer, const char *sid,
                                      const IsmbBytestreamTerms *terms);
void _ismb_bytestream_set_taker (IsmbBytestream *self, const IsmbBytestreamTaker *taker,
                                 gpointer user_data, GDestroyNotify destroy);
gboolean _ismb_bytestream_is_ours (IsmbBytestream *self);
/* The other side opens it, which it waited for. FALSE: it does not wait any more. */
gboolean _ismb_bytestream_begin (IsmbBytestream *self, guint block_size);
/* A block came: it is answered now, or later where its reader is slow. FALSE: it breaks the rules,
 * with the error to answer, and the stream is over. */
gboolean _ismb_bytestream_take (IsmbBytestream *self, IsmbIq *request, GError **error);
/* The other side closes it. FALSE: that is to be answered; else a taker does so. The caller holds
 * the stream, which may be let go meanwhile. */
gboolean _ismb_bytestream_take_close (IsmbBytestream *self, IsmbIq *request);
/* It is over, on the other side or with the session; NULL: in order. Who reads gets what came
 * before. Does nothing where it is over already. */
void _ismb_bytestream_end (IsmbBytestream *self, const GError *error);
/* Ends it in the middle; the other side is told, and its answer not waited for. */
void _ismb_bytestream_abandon (IsmbBytestream *self);

G_END_DECLS
