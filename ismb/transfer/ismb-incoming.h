/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-bytestream-private.h"
#include "ismb/transfer/ismb-beneath.h"
#include "ismb/transfer/ismb-offer.h"

G_BEGIN_DECLS

/* One file on its way in. Counted: the threads that open and store the draft hold it too. */
typedef struct
{
  gatomicrefcount references;
  char *key;       /* the sender's full JID and the stream's id */
  IsmbJid *from;
  IsmbJid *account; /* the sender's bare JID */
  gboolean proven;  /* the gate let one of this account's through that is still here */
  IsmbOffer *offer;
  char *name;      /* relative to the root */
  IsmbDraft *draft;
  IsmbBytestream *stream; /* NULL: not accepted yet */
  IsmbIq *request; /* that waits for our answer: the offer, then the closing */
  GSource *idle;   /* ends it when nothing comes; NULL while we are the ones who work */
} IsmbIncoming;

IsmbIncoming *ismb_incoming_new   (IsmbIq *request, IsmbOffer *offer); /* takes the offer */
IsmbIncoming *ismb_incoming_ref   (IsmbIncoming *self);
void          ismb_incoming_unref (IsmbIncoming *self);
/* It is not in the table any more: no timer runs, and the stream is over. */
void          ismb_incoming_end   (IsmbIncoming *self);

/* From now on the sender must send: `silence` is called with `user_data` unless something does. */
void     ismb_incoming_expect      (IsmbIncoming *self, guint milliseconds, GSourceFunc silence,
                                    gpointer user_data, GDestroyNotify destroy);
void     ismb_incoming_expect_nothing (IsmbIncoming *self);

/* In a thread each; `source` is kept alive. Errors are those of IsmbDraft. */
void     ismb_incoming_open_async  (IsmbIncoming *self, GObject *source, IsmbBeneath *beneath,
                                    GAsyncReadyCallback callback, gpointer user_data);
void     ismb_incoming_store_async (IsmbIncoming *self, GObject *source,
                                    GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_incoming_finish      (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbIncoming, ismb_incoming_unref)

G_END_DECLS
