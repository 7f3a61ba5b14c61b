/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The authorities that vouch for foreign XMPP servers, which are in no fabric. */
typedef struct _IsmbForeignCa IsmbForeignCa;

/* Of a PEM file: certificates of CAs, or of the very servers. ISMB_ERROR_BAD_CONFIG names it. */
IsmbForeignCa *ismb_foreign_ca_load    (const char *path, GError **error);
void           ismb_foreign_ca_free    (IsmbForeignCa *self);
/* Is this chain (DER, leaf first) the server's of `domain`, now? The domain is to stand in a
 * dNSName or an xmppAddr of the subjectAltName, as it is: no wildcard, no common name.
 * ISMB_ERROR_UNTRUSTED says what does not hold. */
gboolean       ismb_foreign_ca_vouches (IsmbForeignCa *self, GPtrArray *chain, const char *domain,
                                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbForeignCa, ismb_foreign_ca_free)

G_END_DECLS
