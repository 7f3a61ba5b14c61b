/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* One element of XEP-0198, as it came and as it is written. */
typedef enum
{
  ISMB_SM_OTHER, /* of its namespace, but none of these */
  ISMB_SM_ENABLE,
  ISMB_SM_ENABLED,
  ISMB_SM_RESUME,
  ISMB_SM_RESUMED,
  ISMB_SM_FAILED,
  ISMB_SM_REQUEST, /* <r/> */
  ISMB_SM_ACK,     /* <a/> */
} IsmbSmVerb;

typedef struct
{
  IsmbSmVerb verb;
  gboolean has_h;
  guint32 h;
  gboolean resume; /* in <enable/>: asked for, in <enabled/>: granted */
} IsmbSmWord;

#define ISMB_SM_FEATURE "<sm xmlns='urn:xmpp:sm:3'/>"
#define ISMB_SM_REQUEST_TEXT "<r xmlns='urn:xmpp:sm:3'/>"

/* FALSE: it is of another namespace. An <a/>, which may come as often as a stanza does, costs no
 * allocation. */
gboolean ismb_sm_word_read     (IsmbSmWord *self, const IsmbFrame *frame);
/* The id that was given in <enabled/>, or is to be resumed (`previd`); NULL: none. (transfer
 * full) */
char    *ismb_sm_word_dup_id   (const IsmbFrame *frame);
/* One of <a/>, <resume/>, <resumed/>, <enabled/>. `h` is not in the last, and only there `max`
 * (seconds) is; `id` may be NULL: then nothing can be resumed. */
char    *ismb_sm_word_write    (IsmbSmVerb verb, guint32 h, const char *id, guint max);
/* Seconds in which the stream may be resumed: at most `max`, fewer where <enable/> wishes that. */
guint    ismb_sm_word_choose_max (const IsmbFrame *enable, guint max);
/* <failed/> with a stanza error's condition; `h`, or NULL: what was handled of a session that has
 * ended. */
char    *ismb_sm_word_write_failed (const char *condition, const guint32 *h);
/* The stream error for an `h` of more than was sent (XEP-0198, 6). */
char    *ismb_sm_word_write_too_high (guint32 h, guint32 sent);

G_END_DECLS
