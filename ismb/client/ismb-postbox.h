/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* What a client sends, from the call that sends it until nobody has to care for it any more: first
 * it waits for a session, then it is sent and waits for the server's word (XEP-0198), or, where the
 * server gives none, for the network to take it. What a lost session leaves waits for the next. */
typedef struct _IsmbPostbox IsmbPostbox;

#define ISMB_POSTBOX_STANZAS_MAX 16384
#define ISMB_POSTBOX_BYTES_MAX (16 * 1024 * 1024)

IsmbPostbox *ismb_postbox_new (void);
void ismb_postbox_free (IsmbPostbox *self);
/* `xml` is what goes out; takes it. FAILED: it is full. */
gboolean ismb_postbox_put (IsmbPostbox *self, IsmbStanza *stanza, char *xml, gsize length,
                           GError **error);
/* The text of the next that waits, which is now sent; NULL: none waits. Good until the next call.
 */
const char *ismb_postbox_next (IsmbPostbox *self, gsize *length);
/* The server has handled `h` of what was sent since ismb_postbox_renew (), modulo 2^32. These are
 * done and, unless it is NULL, added to `acked`, a queue of IsmbStanza (transfer full). FALSE: it
 * counts more than was sent; nothing is changed. An `h` from before is nothing new. */
gboolean ismb_postbox_ack (IsmbPostbox *self, guint32 h, GQueue *acked);
/* For a server that counts nothing: all but the last `left` bytes of what was sent are on the
 * network. These are done. */
void ismb_postbox_trim (IsmbPostbox *self, gsize left);

/* Whether an iq of type get or set, not heard of by the server as far as we know, is worth sending
 * in another session. */
typedef gboolean (*IsmbPostboxWanted) (IsmbStanza *request, gpointer user_data);

/* The session goes on, on a new stream: what was sent and not acknowledged waits again, in front.
 * It counts as it did. */
void ismb_postbox_resume (IsmbPostbox *self);
/* A new session: likewise, but counted anew, and only what still makes sense there: messages,
 * changes of subscriptions, wanted requests; and answers where `same_address`, as whoever asked
 * knows us by that. The rest is added to `dropped`, a queue of IsmbStanza (transfer full). */
void ismb_postbox_renew (IsmbPostbox *self, gboolean same_address, IsmbPostboxWanted wanted,
                         gpointer user_data, GQueue *dropped);
/* Gives all of it up. */
void ismb_postbox_clear (IsmbPostbox *self, GQueue *dropped);

guint ismb_postbox_count (const IsmbPostbox *self);      /* all that is in it */
guint ismb_postbox_count_sent (const IsmbPostbox *self); /* of these, not waiting any more */
/* Whether an iq of that id is in it. */
gboolean ismb_postbox_has_request (IsmbPostbox *self, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPostbox, ismb_postbox_free)

G_END_DECLS
