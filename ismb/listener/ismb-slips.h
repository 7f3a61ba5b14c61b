/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-offline.h"
#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Which of an account's stored messages are out, in a frame that somebody holds. A slip is the
 * receipt of such a frame: when the frame is let go of, the message has arrived, and its row is
 * dropped. It stands around the receipt that the frame had before. Counted; one thread. */
typedef struct _IsmbSlips IsmbSlips;

/* `settled`: a message of that account has arrived; may come from inside any call that lets go of a
 * frame. */
IsmbSlips *ismb_slips_new     (IsmbOffline *offline,
                               void (*settled) (const char *account, gpointer owner),
                               gpointer owner);
/* The owner lets go of it. The slips that are out drop nothing any more: who ends tells nobody what
 * has arrived. */
void       ismb_slips_close   (IsmbSlips *self);
/* The message in the frame is the stored one of that number. */
void       ismb_slips_attach  (IsmbSlips *self, IsmbFrame *frame, const char *account,
                               gint64 number, gsize length);
gboolean   ismb_slips_is_out  (IsmbSlips *self, gint64 number);
/* Whose message the frame's slip is of; NULL: it has none. */
const char *ismb_slips_get_account (IsmbSlips *self, const IsmbFrame *frame);
/* It is on the disk: what the receipt before stood for is settled with. */
void       ismb_slips_commit  (IsmbSlips *self, IsmbFrame *frame);
/* It is not. The receipt before stands as if there had been no slip. FALSE: somebody relied on
 * it, by ismb_slips_leave (). */
gboolean   ismb_slips_fail    (IsmbSlips *self, IsmbFrame *frame);
/* The frame is let go of, and has not arrived: its row stays. */
void       ismb_slips_leave   (IsmbSlips *self, const IsmbFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbSlips, ismb_slips_close)

G_END_DECLS
