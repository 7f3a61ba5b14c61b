/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-tls.h"

G_BEGIN_DECLS

/* Somebody at a port of this host who behaves as a member that lets others join, for tests: shows
 * the certificate he was given, offers to be joined, and answers every question with the same
 * words. It lives in the test's own main context. */
typedef struct _FakeMember FakeMember;

/* Takes a reference of `tls`. `answer` NULL: none, ever. */
FakeMember *fake_member_new  (const char *domain, IsmbTlsContext *tls, const char *answer);
void        fake_member_free (FakeMember *self);
void        fake_member_set_answer (FakeMember *self, const char *answer);
guint16     fake_member_get_port   (FakeMember *self);
guint       fake_member_count_streams (FakeMember *self); /* that came, and are over */
guint       fake_member_count_joins   (FakeMember *self); /* <join/>s heard */
guint64     fake_member_count_bytes   (FakeMember *self); /* heard inside TLS */
const char *fake_member_get_heard     (FakeMember *self); /* the last <join/>, or NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeMember, fake_member_free)

G_END_DECLS
