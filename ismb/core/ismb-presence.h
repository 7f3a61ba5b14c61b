/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-stanza.h>

G_BEGIN_DECLS

#define ISMB_TYPE_PRESENCE (ismb_presence_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPresence, ismb_presence, ISMB, PRESENCE, IsmbStanza)

IsmbPresence *ismb_presence_new          (IsmbJid *to, const char *stanza_type);
const char   *ismb_presence_get_show     (IsmbPresence *self);
void          ismb_presence_set_show     (IsmbPresence *self, const char *show);
const char   *ismb_presence_get_status   (IsmbPresence *self);
void          ismb_presence_set_status   (IsmbPresence *self, const char *status);
int           ismb_presence_get_priority (IsmbPresence *self);
void          ismb_presence_set_priority (IsmbPresence *self, int priority);
IsmbPresence *ismb_presence_reply (IsmbPresence *self);

G_END_DECLS
