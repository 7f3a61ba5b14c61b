/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A folder of a test's own, and what servers want to find in it. */
char *ismb_test_folder_new (void);
/* With all that is in it. */
void ismb_test_folder_remove (const char *folder);
/* The path. */
char *ismb_test_folder_write (const char *folder, const char *name, const char *text);
/* NAME.pem, a certificate that is its own authority, and NAME-key.pem. */
void ismb_test_folder_certify (const char *folder, const char *name, const char *domain);

G_END_DECLS
