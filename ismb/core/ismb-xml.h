/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Appends a text as XML. What XML does not allow (controls, bad UTF-8) becomes U+FFFD. `length`
 * is in bytes, -1 for up to the NUL. Attributes are meant to stand in single quotes. */
void     ismb_xml_escape  (GString *out, const char *text, gssize length, gboolean in_attribute);
/* Whether a program may use it as a name: ASCII letters, digits, `-_.`; a letter or `_` first. */
gboolean ismb_xml_is_name (const char *text);
/* Whether a program may put elements into it: not those two that belong to XML itself, with which
 * no parser would go on. */
gboolean ismb_xml_is_namespace (const char *text);

G_END_DECLS
