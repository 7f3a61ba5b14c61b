/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-random.h"

#include <sys/random.h>

char *
ismb_random_token (void)
{
  guint8 bytes[16];
  GString *token = g_string_sized_new (2 * sizeof bytes);
  gssize got = getrandom (bytes, sizeof bytes, 0);
  gsize i;

  g_assert (got == sizeof bytes); /* so few bytes are never given in part */
  for (i = 0; i < sizeof bytes; i++)
    g_string_append_printf (token, "%02x", bytes[i]);
  return g_string_free (token, FALSE);
}
