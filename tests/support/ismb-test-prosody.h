/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A real Prosody on a free port of 127.0.0.1, with its configuration, data and certificate in a
 * folder of its own, gone when it is freed. TLS is offered and not required. */
typedef struct _IsmbTestProsody IsmbTestProsody;

/* `accounts`: names, each with itself as the password, NULL at the end. NULL: no prosody here;
 * skip. */
IsmbTestProsody *ismb_test_prosody_new (const char *domain, const char *const *accounts);
void ismb_test_prosody_free (IsmbTestProsody *self);
guint16 ismb_test_prosody_get_port (IsmbTestProsody *self);
const char *ismb_test_prosody_get_folder (IsmbTestProsody *self);
const char *ismb_test_prosody_get_ca_file (IsmbTestProsody *self);
/* A CA that signed nothing. */
const char *ismb_test_prosody_get_wrong_ca_file (IsmbTestProsody *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestProsody, ismb_test_prosody_free)

G_END_DECLS
