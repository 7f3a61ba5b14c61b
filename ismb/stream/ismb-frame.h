/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"
#include "ismb/stream/ismb-receipt.h"

G_BEGIN_DECLS

/* One element of a stream, in canonical form: checked, its addresses prepared, written by our own
 * serialiser, the stream's own namespace left out, so that the same bytes serve every stream they
 * go to. Never changed once made; counted (one thread). In the bytes, `from` and `to` are the first
 * attributes, in that order, so that an address can be put in without parsing. */
typedef enum
{
  ISMB_FRAME_MESSAGE,
  ISMB_FRAME_PRESENCE,
  ISMB_FRAME_IQ,
  ISMB_FRAME_OTHER, /* what negotiates the stream: auth, starttls, bidi, ... */
} IsmbFrameKind;

typedef struct
{
  IsmbFrameKind kind;
  guint32 length;           /* of data */
  const char *name, *ns;    /* ns is "jabber:client" for a stanza, on any stream */
  const char *from, *to;    /* prepared addresses, or NULL */
  gboolean bad_address; /* a `from` or `to` was sent that is no address: that one is NULL here and
                         * left out of data. Answer with jid-malformed; without a `from` nobody can
                         * be answered. */
  const char *id, *type;    /* or NULL */
  const char *payload_name, *payload_ns; /* the first child element, or NULL */
  gboolean has_more;        /* child elements beside that one */
  const char *data;
  /*< private >*/
  guint ref_count;
  IsmbReceipt *receipt;     /* or NULL */
  guint32 head;             /* offset behind from and to */
} IsmbFrame;

IsmbFrame *ismb_frame_ref       (IsmbFrame *frame);
void       ismb_frame_unref     (IsmbFrame *frame);
/* In whose custody the stanza is, beside who has it already; takes a reference of its own. Only who
 * has just made the frame, or keeps it for another, sets one: a new one replaces the old, so what
 * takes the old one over refers to it. NULL: nobody waits to hear of it any more. */
void       ismb_frame_set_receipt (IsmbFrame *frame, IsmbReceipt *receipt);
/* The same frame with other addresses, and the same receipt; NULL leaves the attribute out. Both
 * must be prepared. */
IsmbFrame *ismb_frame_readdress (const IsmbFrame *frame, const char *from, const char *to);
/* A tree to read and to make an answer of; for what the listener itself answers. */
IsmbTree  *ismb_frame_to_tree   (const IsmbFrame *frame);
/* Copies `parts`, whose data is canonical, whose head is set, and whose strings may be anywhere. */
IsmbFrame *ismb_frame_new        (const IsmbFrame *parts);
/* Bytes that are no element, for the write queue: a stream header, an end. Only data and length are
 * set. */
IsmbFrame *ismb_frame_new_text   (const char *text, gssize length);
/* From a tree of ours; its addresses must be prepared. Takes nothing. */
IsmbFrame *ismb_frame_new_from_tree (IsmbTree *tree);
/* The error that answers `frame`, from whom it was sent to, or NULL where RFC 6120 wants none
 * (errors, results, presence that is no request). The payload is left out. */
IsmbFrame *ismb_frame_make_error (const IsmbFrame *frame, const char *condition, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbFrame, ismb_frame_unref)

G_END_DECLS
