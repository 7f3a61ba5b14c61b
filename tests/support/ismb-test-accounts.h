/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How accounts are made on servers that run; each has its name as the password, and may be there
 * already. */

/* Over the control bus of a switchctld, on its VR-Mgmt. */
void ismb_test_accounts_make (const char *runtime_dir, const char *const *accounts);
/* XEP-0077, in the clear. NULL: it is there; else what the server said instead. */
char *ismb_test_accounts_register (guint16 port, const char *domain, const char *account);
/* Who signed the certificate of a switchctld; it makes itself a fabric if it has none. */
void ismb_test_accounts_write_authority (const char *runtime_dir, const char *path);

G_END_DECLS
