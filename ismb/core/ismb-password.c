/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-password.h"

#include <string.h>
#include <stringprep.h>

#define PASSWORD_MAX 1023 /* bytes */

/* Plain ASCII is prepared already. */
static gboolean
is_plain (const char *password)
{
  while (g_ascii_isprint (*password))
    password++;
  return *password == '\0';
}

/* Characters newer than the Unicode of 2002 pass, as clients send them. */
char *
ismb_password_prepare (const char *password)
{
  char buffer[PASSWORD_MAX + 1];
  char *prepared = NULL;
  gsize length = strlen (password);

  if (length == 0 || length > PASSWORD_MAX || !g_utf8_validate (password, length, NULL))
    return NULL;
  if (is_plain (password))
    return g_strdup (password);
  memcpy (buffer, password, length + 1);
  if (stringprep (buffer, sizeof buffer, 0, stringprep_saslprep) == STRINGPREP_OK &&
      buffer[0] != '\0')
    prepared = g_strdup (buffer);
  explicit_bzero (buffer, sizeof buffer);
  return prepared;
}
