/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-expression.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

#define ENDS_OF_NAMES "|/@=!{}[]()'\"*<>&, \t\r\n"

gboolean
ismb_expression_skip (IsmbExpression *self, char c)
{
  if (*self->at != c)
    return FALSE;
  self->at++;
  return TRUE;
}

gboolean
ismb_expression_fail (IsmbExpression *self, const char *expected, GError **error)
{
  if (*self->at == '\0')
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_EXPRESSION,
                 "\"%s\" cannot be matched by: %s is missing at its end", self->text, expected);
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_EXPRESSION,
                 "\"%s\" cannot be matched by: %s is expected in front of \"%.40s\"", self->text,
                 expected, self->at);
  return FALSE;
}

static gboolean
read_until (IsmbExpression *self, char end, char **text)
{
  const char *last = strchr (self->at, end);

  if (last == NULL)
    return FALSE;
  *text = g_strndup (self->at, (gsize) (last - self->at));
  self->at = last + 1;
  return TRUE;
}

gboolean
ismb_expression_read_ns (IsmbExpression *self, char **ns, GError **error)
{
  *ns = NULL;
  if (!ismb_expression_skip (self, '{'))
    return TRUE;
  if (!read_until (self, '}', ns) || **ns == '\0')
    return ismb_expression_fail (self, "a namespace and a \"}\"", error);
  return TRUE;
}

gboolean
ismb_expression_read_name (IsmbExpression *self, char **name, GError **error)
{
  gsize length;

  *name = NULL;
  if (ismb_expression_skip (self, '*'))
    return TRUE;
  length = strcspn (self->at, ENDS_OF_NAMES);
  if (length == 0)
    return ismb_expression_fail (self, "a name", error);
  *name = g_strndup (self->at, length);
  self->at += length;
  return TRUE;
}

gboolean
ismb_expression_read_quoted (IsmbExpression *self, char **text, GError **error)
{
  char quote = *self->at;

  *text = NULL;
  if (quote != '\'' && quote != '"')
    return ismb_expression_fail (self, "a text in quotes", error);
  self->at++;
  return read_until (self, quote, text) || ismb_expression_fail (self, "a closing quote", error);
}
