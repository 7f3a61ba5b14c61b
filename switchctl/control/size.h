/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "10000", "256k", "1M": bytes as the configuration writes them; k and M are powers of 1024. At
 * most 1,048,576M. */
gboolean switch_size_parse (const char *text, guint64 *bytes);

G_END_DECLS
