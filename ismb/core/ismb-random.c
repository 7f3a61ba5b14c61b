/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-random.h"

#include <sys/random.h>

char *
ismb_random_token (void)
{
  guint8 bytes[16];
  GString *token = g_string_sized_new (2 * sizeof bytes);
  gsize i;

  ismb_random_fill (bytes, sizeof bytes);
  for (i = 0; i < sizeof bytes; i++)
    g_string_append_printf (token, "%02x", bytes[i]);
  return g_string_free (token, FALSE);
}

void
ismb_random_fill (gpointer bytes, gsize size)
{
  gssize got = getrandom (bytes, size, 0);

  g_assert (got == (gssize) size); /* so few bytes are never given in part */
}
