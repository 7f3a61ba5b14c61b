/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a registrar has signed: which device holds which domain-part, and until when; in a file of
 * lines "domain id expiry" (unix seconds), mode 0600. A certificate that has ended holds nothing.
 */
typedef struct _IsmbLedger IsmbLedger;

/* No file: nothing was signed yet. */
IsmbLedger *ismb_ledger_load  (const char *path, GError **error);
void        ismb_ledger_free  (IsmbLedger *self);
/* ISMB_ERROR_EXISTS where another device holds the domain-part. */
gboolean ismb_ledger_check (IsmbLedger *self, const char *domain, const char *device_id,
                            GError **error);
/* On disk when it returns; whoever held the domain-part before holds it no more. */
gboolean ismb_ledger_enter (IsmbLedger *self, const char *domain, const char *device_id,
                            gint64 expiry, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbLedger, ismb_ledger_free)

G_END_DECLS
