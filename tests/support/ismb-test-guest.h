/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "tests/support/ismb-test-server.h"

G_BEGIN_DECLS

/* An IsmbClient of one of a test's servers, and what it has heard so far. What waits runs the
 * default main context, and fails the test when nothing comes for long. */
typedef struct _IsmbTestGuest IsmbTestGuest;

/* Whose account is `name`, of the password `name`. Not opened yet; its properties are still to be
 * set by whoever wants others. */
IsmbTestGuest *ismb_test_guest_new (IsmbTestServer *server, const char *name);
/* Who tries another password. */
IsmbTestGuest *ismb_test_guest_new_mistaken (IsmbTestServer *server, const char *name,
                                             const char *password);
/* Closes it in order; nothing of the client may be left then. */
void ismb_test_guest_free (IsmbTestGuest *self);
IsmbClient *ismb_test_guest_get_client (IsmbTestGuest *self);
/* Of the session, or the account's before there is one. */
const char *ismb_test_guest_get_full_jid (IsmbTestGuest *self);
const char *ismb_test_guest_get_bare_jid (IsmbTestGuest *self);
/* Begins to open it. */
void ismb_test_guest_start (IsmbTestGuest *self, gboolean present);
/* NULL: it is open. */
GError *ismb_test_guest_try_to_open (IsmbTestGuest *self);
/* It must be possible; then it sends presence, if it is to be present, with each session. */
void ismb_test_guest_open (IsmbTestGuest *self, gboolean present);

/* How often an event came. */
guint ismb_test_guest_count (IsmbTestGuest *self, const char *event);
/* Until it came that often. */
void ismb_test_guest_await (IsmbTestGuest *self, const char *event, guint count);
/* The last one's payload; borrowed, NULL where there was none. */
GObject *ismb_test_guest_get_payload (IsmbTestGuest *self, const char *event);
/* Bodies of messages, in the order they came: until there are so many; and each. */
void ismb_test_guest_await_bodies (IsmbTestGuest *self, guint count);
guint ismb_test_guest_count_bodies (IsmbTestGuest *self);
const char *ismb_test_guest_get_body (IsmbTestGuest *self, guint i);
void ismb_test_guest_say (IsmbTestGuest *self, const char *to, const char *body);
/* Until `condition` holds. */
void ismb_test_wait_until (gboolean (*condition) (gpointer data), gpointer data, const char *what);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestGuest, ismb_test_guest_free)

G_END_DECLS
