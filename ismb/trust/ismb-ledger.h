/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a registrar has signed: which device holds which domain-part, and until when; in a file of
 * lines "domain id expiry" (unix seconds), mode 0600. A certificate that has ended holds nothing.
 */
typedef struct _IsmbLedger IsmbLedger;

/* No file: nothing was signed yet. */
IsmbLedger *ismb_ledger_load (const char *path, GError **error);
void ismb_ledger_free (IsmbLedger *self);
/* The device that holds the domain-part, or NULL. `now` here as below: unix seconds. */
const char *ismb_ledger_get_holder (IsmbLedger *self, const char *domain, gint64 now);
/* Does the device hold a domain-part, and not this one? */
gboolean ismb_ledger_has_other (IsmbLedger *self, const char *device_id, const char *domain,
                                gint64 now);
/* On disk when it returns; whoever held the domain-part before holds it no more. */
gboolean ismb_ledger_enter (IsmbLedger *self, const char *domain, const char *device_id,
                            gint64 expiry, gint64 now, GError **error);
/* The device holds nothing any more, even if that cannot be written. */
gboolean ismb_ledger_forget (IsmbLedger *self, const char *device_id, gint64 now, GError **error);

typedef void (*IsmbLedgerFunc) (const char *domain, const char *device_id, gint64 expiry,
                                gpointer user_data);
void ismb_ledger_foreach (IsmbLedger *self, gint64 now, IsmbLedgerFunc func, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbLedger, ismb_ledger_free)

G_END_DECLS
