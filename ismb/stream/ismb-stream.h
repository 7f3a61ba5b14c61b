/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-poller.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/stream/ismb-framer.h"

G_BEGIN_DECLS

/* One XMPP stream on one socket: bytes in, through TLS and framer, to its owner's callbacks; frames
 * out, gathered and written once at the end of the turn. It knows no stanza's meaning. */
#define ISMB_TYPE_STREAM (ismb_stream_get_type ())
G_DECLARE_FINAL_TYPE (IsmbStream, ismb_stream, ISMB, STREAM, GObject)

/* Every callback may close the stream; one that is NULL is not missed, but for `closed`. That one
 * comes exactly once, never from inside a call of the owner's, and is the last: `error` is NULL
 * after an orderly close, whichever side began it. Until then the stream keeps itself alive,
 * besides the owner's reference; the owner must outlive it or call ismb_stream_abandon (). */
typedef struct
{
  /* Outgoing: TCP, and direct TLS, are up; once. */
  void (*connected) (IsmbStream *stream, gpointer owner);
  /* The handshake of start_tls, or a detected one, is done. */
  void (*secured)   (IsmbStream *stream, gpointer owner);
  void (*header)    (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner);
  void (*frame)     (IsmbStream *stream, IsmbFrame *frame, gpointer owner);
  void (*closed)    (IsmbStream *stream, const GError *error, gpointer owner);
  /* The other side has ended its half (`condition` NULL) or must not go on: our end follows when
   * this returns, so what still waits may be taken back. Not after ismb_stream_close (). */
  void (*ending)    (IsmbStream *stream, const char *condition, gpointer owner);
} IsmbStreamCallbacks;

typedef enum
{
  ISMB_STREAM_ACCEPTED = 0,
  ISMB_STREAM_OUTGOING = 1 << 0,    /* `fd` is connecting */
  ISMB_STREAM_DIRECT_TLS = 1 << 1,  /* outgoing: TLS from the first byte */
  ISMB_STREAM_DETECT_TLS = 1 << 2,  /* accepted: a first byte of 0x16 is a ClientHello */
} IsmbStreamFlags;

/* Takes `fd`; the caller owns the reference it gets. No callback before the next turn. `tls`: for
 * whichever TLS there will be, or NULL for none. */
IsmbStream *ismb_stream_new          (IsmbPoller *poller, int fd, IsmbStreamFlags flags,
                                      const char *content_ns, IsmbTlsContext *tls,
                                      const char *const *alpn, const char *server_name,
                                      const IsmbStreamCallbacks *callbacks, gpointer owner);
/* From now on these callbacks come and no others; allowed from inside one. */
void        ismb_stream_set_owner    (IsmbStream *self, const IsmbStreamCallbacks *callbacks,
                                      gpointer owner);
/* While it is in the clear: headers to come say that dialback is spoken (XEP-0220, 2.4.1), and
 * `tls` is what there will be. */
void        ismb_stream_speak_dialback (IsmbStream *self, IsmbTlsContext *tls);
void        ismb_stream_set_limit    (IsmbStream *self, gsize stanza_bytes);
void        ismb_stream_set_stamp    (IsmbStream *self, const char *from);
/* Bytes that may wait for a slow reader (4 MiB unless set) before the stream is cut: no error would
 * reach it. */
void        ismb_stream_set_queue_limit (IsmbStream *self, gsize bytes);
/* See ismb_socket_set_patience (). */
void        ismb_stream_set_patience (IsmbStream *self, guint milliseconds);
/* Closed with `connection-timeout` unless cleared (0) before. Traffic does not extend it. */
void        ismb_stream_set_deadline (IsmbStream *self, guint milliseconds);
void        ismb_stream_send_header  (IsmbStream *self, const char *from, const char *to,
                                      const char *id);
void        ismb_stream_send_frame   (IsmbStream *self, IsmbFrame *frame);
void        ismb_stream_send_text    (IsmbStream *self, const char *xml, gssize length);
/* Accepted: call in the callback that brought <starttls/>, after sending <proceed/>; bytes that
 * came behind <starttls/> are an attack and close the stream. Outgoing: on <proceed/>. A new
 * <stream:stream> follows the handshake; no restart needs to be asked for. */
void        ismb_stream_start_tls    (IsmbStream *self);
/* In a callback: what comes next is a new <stream:stream> (RFC 6120, 4.3.3). */
void        ismb_stream_restart      (IsmbStream *self);
/* Flushes, says why (a stream error condition, or NULL for an orderly end), and ends: nothing is
 * sent any more, and after an error nothing is heard. After an orderly end `frame` still comes
 * until the other side has ended its half too (RFC 6120, 4.4), or a while is over; to close once
 * more, with a condition, is to stop listening. */
void        ismb_stream_close        (IsmbStream *self, const char *condition, const char *text);
/* The stanzas that wait and will not go out: for who closes the stream next, and in `closed`, where
 * they are all that the other side cannot have got. While it is open the one that is going out, and
 * what is no stanza, stay. NULL: none. Of IsmbFrame, owned. (transfer full) */
GPtrArray  *ismb_stream_take_unsent  (IsmbStream *self);
/* No callback any more; closes at once. For an owner that goes away. */
void        ismb_stream_abandon      (IsmbStream *self);
IsmbTls    *ismb_stream_get_tls      (IsmbStream *self);  /* NULL while in the clear */
int         ismb_stream_get_fd       (IsmbStream *self);
guint64     ismb_stream_get_received (IsmbStream *self);  /* bytes, ever; tells silence */
gsize       ismb_stream_get_queued   (IsmbStream *self);  /* bytes that wait for a slow reader */
gboolean    ismb_stream_is_closing   (IsmbStream *self);

G_END_DECLS
