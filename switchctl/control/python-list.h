/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SWITCH_PYTHON_LIST_TEXT_MAX (64 * 1024) /* bytes */
#define SWITCH_PYTHON_LIST_ITEMS_MAX 256
#define SWITCH_PYTHON_LIST_DEPTH_MAX 64 /* parentheses around a list or a string */

/* Reads a Python list display of strings, as str () of a list prints it and people write it.
 * Accepted is what CPython's ast.literal_eval () turns into a list of str, within the bounds above,
 * except \N{...}, NUL and lone surrogates. Data only: nothing is evaluated. ISMB_ERROR_BAD_STANZA
 * names the place. */
GStrv switch_python_list_parse (const char *text, gsize length, GError **error);
/* What str () of the list prints. */
char *switch_python_list_write (const char *const *items);

G_END_DECLS
