/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-stanza.h>

G_BEGIN_DECLS

#define ISMB_TYPE_MESSAGE (ismb_message_get_type ())
G_DECLARE_FINAL_TYPE (IsmbMessage, ismb_message, ISMB, MESSAGE, IsmbStanza)

IsmbMessage *ismb_message_new                (IsmbJid *to, const char *body);
const char  *ismb_message_get_body           (IsmbMessage *self);
void         ismb_message_set_body           (IsmbMessage *self, const char *body);
const char  *ismb_message_get_body_in        (IsmbMessage *self, const char *lang);
void         ismb_message_set_body_in        (IsmbMessage *self, const char *lang,
                                              const char *body);
char       **ismb_message_list_body_langs    (IsmbMessage *self);
const char  *ismb_message_get_subject        (IsmbMessage *self);
void         ismb_message_set_subject        (IsmbMessage *self, const char *subject);
const char  *ismb_message_get_subject_in     (IsmbMessage *self, const char *lang);
void         ismb_message_set_subject_in     (IsmbMessage *self, const char *lang,
                                              const char *subject);
char       **ismb_message_list_subject_langs (IsmbMessage *self);
const char  *ismb_message_get_thread         (IsmbMessage *self);
void         ismb_message_set_thread         (IsmbMessage *self, const char *thread);
const char  *ismb_message_get_parent_thread  (IsmbMessage *self);
void         ismb_message_set_parent_thread  (IsmbMessage *self, const char *parent_thread);
const char  *ismb_message_get_nick           (IsmbMessage *self);
void         ismb_message_set_nick           (IsmbMessage *self, const char *nick);
const char  *ismb_message_get_muc_room       (IsmbMessage *self);
const char  *ismb_message_get_muc_nick       (IsmbMessage *self);
IsmbMessage *ismb_message_reply              (IsmbMessage *self, const char *body);
IsmbMessage *ismb_message_reply_error        (IsmbMessage *self, const char *condition,
                                              const char *text);

G_END_DECLS
