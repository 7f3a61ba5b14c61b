/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-session-context.h"
#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What is said to bind a resource (RFC 6120, 7). */

/* Is it a <bind/> request? */
gboolean   ismb_binding_is_asked (const IsmbFrame *frame);
/* The prepared resource that the request wishes, or one of our making. NULL: `error` refuses it. */
char      *ismb_binding_choose   (const IsmbSessionContext *context, const char *account,
                                  const IsmbFrame *request, IsmbFrame **error);
/* (transfer full) */
IsmbFrame *ismb_binding_answer   (const IsmbFrame *request, const char *full);

/* RFC 6120, 4.9.3.9: whoever has signed in calls himself nobody else in a stream's header. `from`
 * may be missing. */
gboolean ismb_binding_is_of_account (const IsmbSessionContext *context, const char *account,
                                     const char *from);

G_END_DECLS
