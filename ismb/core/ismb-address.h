/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The text of a JID, prepared (nodeprep, nameprep, resourceprep; RFC 7622's lengths), for code that
 * routes many a second and wants no object for each: the parts are lengths into one string,
 * `local@domain/resource`. A part that is absent has length 0, and its separator is absent too. */
typedef struct
{
  guint16 local;
  guint16 domain;
  guint16 resource;
} IsmbAddressParts;

#define ISMB_ADDRESS_MAX 3071 /* bytes: three parts of 1023 and two separators */

/* Appends the prepared form of the first `length` bytes of `text` to `out`. Plain lower-case ASCII
 * takes a path without allocations. On failure `out` is as before and ISMB_ERROR_BAD_ADDRESS is
 * set. */
gboolean ismb_address_prepare (const char *text, gsize length, GString *out,
                               IsmbAddressParts *parts, GError **error);

/* The same for parts that were given one by one, whose text is never searched for separators. NULL
 * for `local` or `resource` means there is none. */
gboolean ismb_address_join (const char *local, const char *domain, const char *resource,
                            GString *out, IsmbAddressParts *parts, GError **error);

/* Splits a string that is known to be prepared. */
void ismb_address_split (const char *prepared, IsmbAddressParts *parts);

/* Where the parts of a prepared address begin, and how long its bare form is. */
static inline gsize
ismb_address_domain_offset (const IsmbAddressParts *parts)
{
  return parts->local > 0 ? parts->local + 1u : 0;
}

static inline gsize
ismb_address_bare_length (const IsmbAddressParts *parts)
{
  return ismb_address_domain_offset (parts) + parts->domain;
}

G_END_DECLS
