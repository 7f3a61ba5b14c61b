/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"
#include "ismb/stream/ismb-stream-header.h"

G_BEGIN_DECLS

/* Bytes of a stranger to frames: the one XML parser and the one gate. Refused, with the stream
 * error that RFC 6120 names: DTD, comments, PIs, entities (restricted-xml), malformed XML
 * (not-well-formed), too many bytes, levels, attributes or children in a stanza (policy-violation),
 * bad UTF-8 or another encoding (unsupported-encoding), a header in other namespaces
 * (invalid-namespace, bad-namespace-prefix) or with addresses that are none (improper-addressing),
 * text between stanzas that is no space (bad-format). A stanza with a bad address comes through,
 * marked: it deserves an answer. No function may be called from inside a callback but _stop (),
 * _set_limit () and _set_stamp (). */
typedef struct _IsmbFramer IsmbFramer;

typedef struct
{
  /* Both may call ismb_framer_stop (); then no byte after this element is looked at. */
  void (*header) (const IsmbStreamHeader *header, gpointer user_data);
  void (*frame)  (IsmbFrame *frame, gpointer user_data); /* borrowed */
  void (*end)    (gpointer user_data);                    /* </stream:stream> */
} IsmbFramerCallbacks;

/* `content_ns`: jabber:client or jabber:server. */
IsmbFramer *ismb_framer_new (const char *content_ns, const IsmbFramerCallbacks *callbacks,
                             gpointer user_data);
void        ismb_framer_free      (IsmbFramer *framer);
/* Bytes of one element; 10,000 before authentication (RFC 6120, 13.12), 262,144 and more after. The
 * canonical form may be ISMB_FRAMER_GROWTH longer (addresses put in, escapes), so allow that much
 * more where it is read next. */
#define ISMB_FRAMER_LIMIT 10000
#define ISMB_FRAMER_GROWTH 8192
void        ismb_framer_set_limit (IsmbFramer *framer, gsize bytes);
/* What comes has been let in before: servers may have added a few elements to it. */
void        ismb_framer_let_add (IsmbFramer *framer);
/* A prepared address: what every stanza's `from` is from now on, whatever was sent (RFC
 * 6120, 8.1.2.1). */
void        ismb_framer_set_stamp (IsmbFramer *framer, const char *from);
/* What says to be a server's, an id or a delay, and cannot be is left out from now on:
 * ismb_scribe_guard_ids (). */
void        ismb_framer_guard_ids (IsmbFramer *framer);
/* FALSE: `*condition` is the stream error to send, static. No bytes at all: what a stop left
 * unread. */
gboolean ismb_framer_feed (IsmbFramer *framer, const char *bytes, gsize length,
                           const char **condition);
/* The application's own condition (XEP-0182) that belongs to the stream error, or NULL. */
const char *ismb_framer_get_detail (IsmbFramer *framer);
/* From inside a callback: what follows in this feed is kept unread; its length is told by _unread
 * (). */
void        ismb_framer_stop      (IsmbFramer *framer);
gsize       ismb_framer_unread    (IsmbFramer *framer);
/* A new stream begins (after TLS, after SASL). Unread bytes of a stop are parsed by the next feed,
 * or dropped with `discard`. */
void        ismb_framer_reset     (IsmbFramer *framer, gboolean discard);
/* Gives expat's memory back until the next byte; nothing happens inside an element. */
void        ismb_framer_sleep     (IsmbFramer *framer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbFramer, ismb_framer_free)

G_END_DECLS
