/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-random.h"

#include <sys/random.h>

char *
ismb_random_token (void)
{
  static const char digits[] = "0123456789abcdef";
  guint8 bytes[16];
  char *token = g_malloc (2 * sizeof bytes + 1);

  ismb_random_fill (bytes, sizeof bytes);
  for (gsize i = 0; i < sizeof bytes; i++)
    {
      token[2 * i] = digits[bytes[i] >> 4];
      token[2 * i + 1] = digits[bytes[i] & 15];
    }
  token[2 * sizeof bytes] = '\0';
  return token;
}

void
ismb_random_fill (gpointer bytes, gsize size)
{
  gssize got = getrandom (bytes, size, 0);

  g_assert (got == (gssize) size); /* so few bytes are never given in part */
}
