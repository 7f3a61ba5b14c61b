/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/transfer/ismb-beneath.h"

G_BEGIN_DECLS

/* Temporary names: the prefix and sixteen hex digits. */
#define ISMB_BENEATH_TEMPORARY ".ismb-"
gboolean _ismb_beneath_is_temporary (const char *component);

/* A descriptor of what stands at `path` below the root; -1 and errno. */
int _ismb_beneath_open_at (IsmbBeneath *self, const char *path, int flags);
/* The folder that `name` stands in, made where it is missing; -1 with an error. */
int _ismb_beneath_open_folder (IsmbBeneath *self, const char *name, GError **error);
/* A GError for errno after a deed at `name`. */
void _ismb_beneath_set_error (GError **error, const char *name, int error_number);

G_END_DECLS
