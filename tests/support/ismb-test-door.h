/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "tests/support/ismb-test-element.h"

G_BEGIN_DECLS

/* A port of 127.0.0.1, and whoever came through it last, one at a time. What needs somebody there
 * waits for him; FALSE: he is gone, or it was cancelled. Blocks: for a thread. */
typedef struct _IsmbTestDoor IsmbTestDoor;

/* Of a certificate; the authority is the certificate itself. */
IsmbTestDoor *ismb_test_door_new (const char *certificate_file, const char *key_file,
                                  GCancellable *cancellable);
void ismb_test_door_free (IsmbTestDoor *self);
guint16 ismb_test_door_get_port (IsmbTestDoor *self);
guint ismb_test_door_count (IsmbTestDoor *self); /* who came, so far; from any thread */
/* Nobody can come in until it is open again. */
void ismb_test_door_set_open (IsmbTestDoor *self, gboolean open);

gboolean ismb_test_door_say (IsmbTestDoor *self, const char *text);
gboolean ismb_test_door_hear (IsmbTestDoor *self, IsmbTestStreamEvent *event,
                              IsmbTestElement **element);
/* What is heard from now on begins with a header. */
void ismb_test_door_restart (IsmbTestDoor *self);
gboolean ismb_test_door_start_tls (IsmbTestDoor *self);
/* Until he leaves. */
gboolean ismb_test_door_drain (IsmbTestDoor *self);
gboolean ismb_test_door_cut (IsmbTestDoor *self);
gboolean ismb_test_door_reset (IsmbTestDoor *self);

G_END_DECLS
