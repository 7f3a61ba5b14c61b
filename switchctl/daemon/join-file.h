/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-token.h"

G_BEGIN_DECLS

/* The token that an image brings along: a file beside the configuration. */

/* NULL without an error: there is none, or it is empty. One that others may read is warned of. */
IsmbToken *switch_join_file_read   (const char *path, GError **error);
/* The token is of no use any more: removes the file, or empties it where it cannot be removed. */
void       switch_join_file_remove (const char *path);

G_END_DECLS
