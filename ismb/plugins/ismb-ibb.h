/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-stanza-private.h"

G_BEGIN_DECLS

/* The elements of XEP-0047: <open/>, <data/>, <close/>, each in an iq of type set. */
IsmbIq     *ismb_ibb_new        (IsmbJid *to, const char *name, const char *sid,
                                 IsmbNode **element);
void        ismb_ibb_set_number (IsmbIq *request, IsmbNode *element, const char *attribute,
                                 guint number);
const char *ismb_ibb_get        (IsmbStanza *request, const char *attribute);
/* FALSE where it is none of 16 bits. */
gboolean    ismb_ibb_get_number (IsmbStanza *request, const char *attribute, guint *number);
/* What a <data/> holds; NULL where that is no base64. */
GBytes     *ismb_ibb_get_bytes  (IsmbStanza *request);

G_END_DECLS
