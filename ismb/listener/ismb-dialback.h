/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* The words of server dialback (XEP-0220), and its keys (XEP-0185). `receiving` is whom a stream
 * was opened to, `originating` whoever says to have opened it, `id` what `receiving` called it. */

/* 64 hex digits. */
char    *ismb_dialback_derive_key (const char *secret, const char *receiving,
                                   const char *originating, const char *id);
/* With a secret that this process made up, and that nobody else knows. */
char    *ismb_dialback_make_key   (const char *receiving, const char *originating, const char *id);
/* Did we make it? Takes as long whatever is wrong with it. */
gboolean ismb_dialback_check_key  (const char *key, const char *receiving, const char *originating,
                                   const char *id);

/* `name` is "result" or "verify". Is this a request, or the answer to one? */
gboolean ismb_dialback_is_request (const IsmbFrame *frame, const char *name);
gboolean ismb_dialback_is_answer  (const IsmbFrame *frame, const char *name);
/* The key in a request, without the space around it. */
char    *ismb_dialback_dup_key    (const IsmbFrame *request);
/* What an answer of type `error` says (XEP-0220, 2.5), or NULL. */
char    *ismb_dialback_dup_condition (const IsmbFrame *answer);

/* On a stream that declares dialback; `id` NULL: none. */
void     ismb_dialback_ask        (IsmbStream *stream, const char *name, const char *from,
                                   const char *to, const char *id, const char *key);
/* To whom the request came from. */
void     ismb_dialback_answer     (IsmbStream *stream, const IsmbFrame *request,
                                   gboolean valid);
void     ismb_dialback_fail       (IsmbStream *stream, const IsmbFrame *request,
                                   const char *condition);

G_END_DECLS
