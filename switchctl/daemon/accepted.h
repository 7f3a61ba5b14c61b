/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The CA that somebody accepted on this switch, kept in <state-dir>/accepted: a certificate of
 * it is taken when it is offered. */

/* NULL without an error: none. */
char    *switch_accepted_load (const char *state_dir, GError **error);
/* `ca_hash` NULL: none from now on. */
gboolean switch_accepted_keep (const char *state_dir, const char *ca_hash, GError **error);
/* 64 hex digits in lower case; NULL and ISMB_ERROR_BAD_CONFIG if it is no CA hash. */
char    *switch_accepted_read (const char *text, GError **error);

G_END_DECLS
