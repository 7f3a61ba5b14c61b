/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* XEP-0198 for one client: counts what comes and what goes, keeps what the client has not
 * acknowledged, tells it how far we answer for what it sent, and asks it now and then. It outlives
 * the stream: without one it keeps what is sent until there is another. */
typedef struct _IsmbAcks IsmbAcks;

/* Never from inside a call. */
typedef struct
{
  /* The client lets us wait for its answer; or it sleeps, and not only for a moment. */
  void (*slow) (gpointer owner);
  /* It has not answered in time, or the time of ismb_acks_sleep () is over. */
  void (*late) (gpointer owner);
} IsmbAcksCallbacks;

IsmbAcks *ismb_acks_new    (IsmbPoller *poller, IsmbStream *stream,
                            const IsmbAcksCallbacks *callbacks, gpointer owner);
void      ismb_acks_free   (IsmbAcks *self);   /* allows NULL */
/* A stanza came. FALSE: a repeat of one that we have. */
gboolean  ismb_acks_count  (IsmbAcks *self, IsmbFrame *frame);
/* So much came behind a message that waits that no more is remembered. */
gboolean  ismb_acks_is_full (IsmbAcks *self);
void      ismb_acks_send   (IsmbAcks *self, IsmbFrame *frame);
/* <r/> came: it is answered at the end of the turn, and once more when we can answer for more. */
void      ismb_acks_answer (IsmbAcks *self);
/* <a/> came. FALSE: it is for more than was sent. */
gboolean  ismb_acks_hear   (IsmbAcks *self, guint32 h);
/* Is all that the client lacks by this count still here? */
gboolean  ismb_acks_covers (IsmbAcks *self, guint32 h);
/* There is no stream any more; `late` follows unless there is another before. */
void      ismb_acks_sleep  (IsmbAcks *self, guint milliseconds);
/* <resume/> came: answers it on the new stream and sends what the client lacks. `h` is covered. */
void      ismb_acks_resume (IsmbAcks *self, IsmbStream *stream, guint32 h, const char *id);

gboolean  ismb_acks_is_slow (IsmbAcks *self); /* from `slow` on, until it answers or sleeps */
guint32   ismb_acks_get_handled (IsmbAcks *self); /* our `h` */
guint32   ismb_acks_get_sent    (IsmbAcks *self);
guint32   ismb_acks_get_acked   (IsmbAcks *self);
gsize     ismb_acks_get_bytes   (IsmbAcks *self); /* not acknowledged */
guint     ismb_acks_get_count   (IsmbAcks *self); /* not acknowledged */
/* The oldest that is not acknowledged, and is ours no longer; NULL: none. (transfer full) */
IsmbFrame *ismb_acks_pop        (IsmbAcks *self);
/* What was popped, or a frame for it, behind all others: each in its turn, they are as they
 * were. */
void      ismb_acks_put_back    (IsmbAcks *self, IsmbFrame *frame);
/* It is a request (iq), and the client has answered it. */
gboolean  ismb_acks_is_answered (IsmbAcks *self, const IsmbFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbAcks, ismb_acks_free)

G_END_DECLS
