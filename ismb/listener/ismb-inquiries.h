/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/net/ismb-poller.h"
#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What our domain has asked of others and waits to hear: at most 4,096 things, ten seconds each. An
 * answer counts if it bears the id, which cannot be guessed, and comes from whom was asked. */
typedef struct _IsmbInquiries IsmbInquiries;

/* `answer`: of type result or error; NULL: there will be none. Once. */
typedef void (*IsmbInquiryAnswered) (const char *domain, IsmbFrame *answer, gpointer user_data);

IsmbInquiries *ismb_inquiries_new   (IsmbPoller *poller, IsmbRoutes *routes);
void           ismb_inquiries_free  (IsmbInquiries *self);
/* Whoever waits hears that there will be no answer, and nothing can be asked any more. */
void           ismb_inquiries_close (IsmbInquiries *self);
/* An iq of our domain; `id` NULL: one that nobody waits for an answer to. */
IsmbTree      *ismb_inquiries_make  (IsmbInquiries *self, const char *to, const char *type,
                                     const char *id);
/* The same, whose answer is waited for. NULL: closed, or too much is asked already. */
IsmbTree      *ismb_inquiries_begin (IsmbInquiries *self, const char *domain, const char *type,
                                     IsmbInquiryAnswered answered, gpointer user_data);
/* If it cannot be sent, whoever waits hears it before this returns. */
void           ismb_inquiries_send  (IsmbInquiries *self, IsmbTree *iq);
/* A result or an error from that domain. FALSE: nobody waits for it. */
gboolean       ismb_inquiries_take (IsmbInquiries *self, const char *domain, IsmbFrame *answer);
/* What was asked under that id could not be sent. */
gboolean       ismb_inquiries_fail (IsmbInquiries *self, const char *id);

G_END_DECLS
