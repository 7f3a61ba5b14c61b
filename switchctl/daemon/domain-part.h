/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The domain-part of this switch: `configured`, else the one kept in <state-dir>/domain, else a new
 * one, `<hostname>.<last six hex digits of the MAC>`, which is kept: a new host name must not
 * orphan accounts. */
char *switch_domain_part (const char *state_dir, const char *configured, GError **error);
/* The host's name as the first part of a domain: lower case, letters, digits and dashes. */
char *switch_domain_part_label (const char *host_name);

G_END_DECLS
