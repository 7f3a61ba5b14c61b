/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/listener/ismb-parts.h"

/* Any bytes as an address. It must not crash; what is prepared is bounded, is prepared already
 * when it comes again, splits where it was joined, and says the same when its parts are given
 * one by one. */

static void
check_parts (const char *prepared, const IsmbAddressParts *parts)
{
  g_autofree char *bare = ismb_parts_dup_bare (prepared), *domain = ismb_parts_dup_domain (prepared);
  gsize length = ismb_address_bare_length (parts) + (parts->resource > 0 ? parts->resource + 1u : 0);

  g_assert_cmpuint (strlen (prepared), ==, length);
  g_assert_cmpuint (length, <=, ISMB_ADDRESS_MAX);
  g_assert_cmpuint (parts->domain, >, 0);
  g_assert_cmpuint (strlen (bare), ==, ismb_address_bare_length (parts));
  g_assert_true (strncmp (prepared, bare, strlen (bare)) == 0);
  g_assert_true (ismb_parts_is_at (prepared, domain));
  g_assert_true (ismb_parts_is_full (prepared) == (parts->resource > 0));
  g_assert_true (g_utf8_validate (prepared, -1, NULL));
}

static void
check_again (const char *prepared)
{
  g_autoptr (GString) again = g_string_new (NULL);
  IsmbAddressParts parts, split;

  g_assert_true (ismb_address_prepare (prepared, strlen (prepared), again, &parts, NULL));
  g_assert_cmpstr (again->str, ==, prepared);
  ismb_address_split (prepared, &split);
  g_assert_cmpuint (split.local, ==, parts.local);
  g_assert_cmpuint (split.domain, ==, parts.domain);
  g_assert_cmpuint (split.resource, ==, parts.resource);
}

static void
check_joined (const char *prepared, const IsmbAddressParts *parts)
{
  gsize at = ismb_address_domain_offset (parts);
  g_autofree char *local = parts->local > 0 ? g_strndup (prepared, parts->local) : NULL;
  g_autofree char *domain = g_strndup (prepared + at, parts->domain);
  const char *resource = parts->resource > 0 ? prepared + at + parts->domain + 1 : NULL;
  g_autoptr (GString) joined = g_string_new ("before:");
  IsmbAddressParts same;

  g_assert_true (ismb_address_join (local, domain, resource, joined, &same, NULL));
  g_assert_cmpstr (joined->str + strlen ("before:"), ==, prepared);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GString) prepared = g_string_new ("x");
  g_autoptr (GError) error = NULL;
  IsmbAddressParts parts = { 0 };
  gboolean good;

  /* Whoever calls has found the text valid UTF-8 without NUL: expat has, or libdbus. */
  if (strlen (text) != size || !g_utf8_validate (text, -1, NULL))
    return 0;
  good = ismb_address_prepare (text, size, prepared, &parts, &error);
  g_assert_true (good == (error == NULL));
  if (!good)
    {
      g_assert_cmpstr (prepared->str, ==, "x");
      return 0;
    }
  check_parts (prepared->str + 1, &parts);
  check_again (prepared->str + 1);
  check_joined (prepared->str + 1, &parts);
  return 0;
}
