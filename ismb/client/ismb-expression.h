/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A text that is read from its start on, by those who make something of it. */
typedef struct
{
  const char *text; /* all of it, for errors */
  const char *at;
} IsmbExpression;

/* Steps over `c`, if that is what comes. */
gboolean ismb_expression_skip (IsmbExpression *self, char c);
/* `{namespace}` or nothing, which is a NULL `ns`; `{}` is an error. */
gboolean ismb_expression_read_ns (IsmbExpression *self, char **ns, GError **error);
/* A name of XML, or a NULL `name` for `*`. */
gboolean ismb_expression_read_name (IsmbExpression *self, char **name, GError **error);
/* A text in single or double quotes. */
gboolean ismb_expression_read_quoted (IsmbExpression *self, char **text, GError **error);
/* Always FALSE, with ISMB_ERROR_BAD_EXPRESSION: says what was expected, and where. */
gboolean ismb_expression_fail (IsmbExpression *self, const char *expected, GError **error);

G_END_DECLS
