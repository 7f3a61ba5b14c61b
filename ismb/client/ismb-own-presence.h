/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-presence.h"

G_BEGIN_DECLS

/* What a client tells of itself: its presence, to all or to one, and whose presence it asks for
 * and who sees its own. Counted, since each item of the roster has it for its own functions. */
typedef struct _IsmbOwnPresence IsmbOwnPresence;

typedef gboolean (*IsmbOwnPresenceSend) (gpointer client, IsmbStanza *stanza, GError **error);

IsmbOwnPresence *ismb_own_presence_new (gpointer client, IsmbOwnPresenceSend send);
IsmbOwnPresence *ismb_own_presence_ref (IsmbOwnPresence *self);
void ismb_own_presence_unref (IsmbOwnPresence *self);
/* The client is gone: all that would be sent fails from now on. */
void ismb_own_presence_mute (IsmbOwnPresence *self);
/* A presence that left the client, made here or elsewhere. TRUE for the first that says that we are
 * available. */
gboolean ismb_own_presence_note (IsmbOwnPresence *self, IsmbPresence *presence);
/* The presence that went to all, once more, to one alone; plainly available if there was none. To
 * all again if `to` is NULL. */
gboolean ismb_own_presence_repeat (IsmbOwnPresence *self, IsmbJid *to, GError **error);
/* A presence of that type to the bare address. */
gboolean ismb_own_presence_ask (IsmbOwnPresence *self, IsmbJid *to, const char *type,
                                GError **error);
/* They may see our presence, and do: what went to all goes to them. */
gboolean ismb_own_presence_authorize (IsmbOwnPresence *self, IsmbJid *to, GError **error);
/* They may not, and see us leave. */
gboolean ismb_own_presence_unauthorize (IsmbOwnPresence *self, IsmbJid *to, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOwnPresence, ismb_own_presence_unref)

G_END_DECLS
