/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-stanza.h>

G_BEGIN_DECLS

#define ISMB_TYPE_PRESENCE (ismb_presence_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPresence, ismb_presence, ISMB, PRESENCE, IsmbStanza)

IsmbPresence *ismb_presence_new               (IsmbJid *to, const char *stanza_type);
const char   *ismb_presence_get_show          (IsmbPresence *self);
void          ismb_presence_set_show          (IsmbPresence *self, const char *show);
const char   *ismb_presence_get_status        (IsmbPresence *self);
void          ismb_presence_set_status        (IsmbPresence *self, const char *status);
const char   *ismb_presence_get_status_in     (IsmbPresence *self, const char *lang);
void          ismb_presence_set_status_in     (IsmbPresence *self, const char *lang,
                                               const char *status);
char        **ismb_presence_list_status_langs (IsmbPresence *self);
int           ismb_presence_get_priority      (IsmbPresence *self);
void          ismb_presence_set_priority      (IsmbPresence *self, int priority);
const char   *ismb_presence_get_nick          (IsmbPresence *self);
void          ismb_presence_set_nick          (IsmbPresence *self, const char *nick);
IsmbPresence *ismb_presence_reply             (IsmbPresence *self);

G_END_DECLS
