/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-message.h"

G_BEGIN_DECLS

/* Which messages were seen. What nobody knows to have arrived is sent again, with the id that its
 * sender gave it (XEP-0359), and so a client sees each message once. The last 4,096 are known;
 * one whose sender gives no id is never a repeat. */
typedef struct _IsmbRepeats IsmbRepeats;

IsmbRepeats *ismb_repeats_new  (void);
void         ismb_repeats_free (IsmbRepeats *self);
/* Whether it was noted before; it is from now on. */
gboolean     ismb_repeats_note (IsmbRepeats *self, IsmbMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbRepeats, ismb_repeats_free)

G_END_DECLS
