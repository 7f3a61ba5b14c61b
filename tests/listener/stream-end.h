/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-tls.h"

G_BEGIN_DECLS

/* The dialling end of a stream between listeners, for tests: it says what it is told to, right or
 * wrong, and keeps what it hears. It lives in the test's own main context, beside the listener that
 * it talks to. */
typedef struct _StreamEnd StreamEnd;

/* Connected, and inside TLS unless `tls` is NULL, when it returns. */
StreamEnd  *stream_end_new    (guint16 port, IsmbTlsContext *tls);
void        stream_end_free   (StreamEnd *self);
void        stream_end_say    (StreamEnd *self, const char *bytes, gssize length);
/* The same in two records. */
void        stream_end_say_torn (StreamEnd *self, const char *bytes, gsize at);
/* A stream's beginning, `from` NULL: without a name. */
void        stream_end_open   (StreamEnd *self, const char *from, const char *to);
/* Runs the main context until a stanza with that text has come. */
void        stream_end_expect (StreamEnd *self, const char *text);
/* Until the other side has closed the stream; all stanzas that came. */
const char *stream_end_expect_end (StreamEnd *self);
GBytes     *stream_end_dup_exporter (StreamEnd *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StreamEnd, stream_end_free)

G_END_DECLS
