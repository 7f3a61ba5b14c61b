/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Parts of prepared addresses, as text. */
char    *ismb_parts_dup_bare   (const char *address);
char    *ismb_parts_dup_domain (const char *address);
/* Of what a stranger sent: the prepared domain, or NULL where there is more or less to it. */
char    *ismb_parts_prepare_domain (const char *text);
gboolean ismb_parts_is_at      (const char *address, const char *domain);
gboolean ismb_parts_is_full    (const char *address);

G_END_DECLS
