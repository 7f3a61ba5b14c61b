/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Writes one element in canonical form while expat reports it, and notes what its frame's head
 * shall say. Names are expat's, `namespace SEPARATOR local`; text is what expat has found valid. */
#define ISMB_SCRIBE_SEPARATOR '\f' /* XML cannot contain it, in any spelling */
#define ISMB_SCRIBE_XML_LANG ISMB_NS_XML "\f" "lang"
#define ISMB_SCRIBE_DEPTH_MAX 63   /* levels of one element, its own among them */
#define ISMB_SCRIBE_ATTRIBUTES_MAX 64

typedef struct _IsmbScribe IsmbScribe;

IsmbScribe *ismb_scribe_new   (const char *content_ns);
void        ismb_scribe_free  (IsmbScribe *scribe);
/* A new element, in at most `room` bytes. `stamp`: a stanza's `from`, or NULL for what was sent;
 * `language`: the xml:lang of a stanza that has none, or NULL. */
void        ismb_scribe_begin (IsmbScribe *scribe, gsize room, const char *stamp,
                               const char *language, const char *name, const char **attributes);
/* After that: a <stanza-id/> (XEP-0359) that says to be of whom the stanza is for is left out, as
 * only its own server may make one; from a client, which is stamped, every one. So is a <delay/>
 * (XEP-0203) that says to be of the receiver's domain. */
void        ismb_scribe_guard_ids (IsmbScribe *scribe);
void        ismb_scribe_open  (IsmbScribe *scribe, const char *name, const char **attributes);
void        ismb_scribe_text  (IsmbScribe *scribe, const char *text, gsize length);
void        ismb_scribe_close (IsmbScribe *scribe, const char *name);
/* Too many levels or attributes, or out of room. Nothing may be written any more. */
gboolean    ismb_scribe_is_over (IsmbScribe *scribe);
/* It is that for the room. */
gboolean    ismb_scribe_is_full (IsmbScribe *scribe);
/* After the last close. */
IsmbFrame  *ismb_scribe_dup_frame (IsmbScribe *scribe);

/* The local part of an expat name; the length of its namespace is 0 where there is none. */
const char *ismb_scribe_split (const char *name, gsize *ns_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbScribe, ismb_scribe_free)

G_END_DECLS
