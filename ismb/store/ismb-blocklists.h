/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* Whom each account wants to hear nothing of (XEP-0191), in memory, and for kept accounts in the
 * store; gone with the account. Addresses are prepared. */
#define ISMB_TYPE_BLOCKLISTS (ismb_blocklists_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBlocklists, ismb_blocklists, ISMB, BLOCKLISTS, GObject)

/* One account's; valid until its next change. */
typedef struct _IsmbBlocklist IsmbBlocklist;

/* What is stored for accounts that are not there is dropped. */
IsmbBlocklists      *ismb_blocklists_load   (IsmbStore *store, IsmbAccounts *accounts,
                                             GError **error);
gboolean             ismb_blocklists_is_empty (IsmbBlocklists *self); /* as it mostly is */
/* NULL where nobody is blocked. */
const IsmbBlocklist *ismb_blocklists_lookup (IsmbBlocklists *self, const char *account);
/* At most 1,000 addresses an account, and 64 KiB: FALSE beyond. One that is there already is fine.
 * `has_room`: could all of these be added? */
gboolean             ismb_blocklists_has_room (IsmbBlocklists *self, const char *account,
                                               const char *const *addresses);
gboolean             ismb_blocklists_add    (IsmbBlocklists *self, const char *account,
                                             const char *address);
void                 ismb_blocklists_remove (IsmbBlocklists *self, const char *account,
                                             const char *address);
/* Signal `restored` (account, address, whether it is blocked): a change that could not be committed
 * is taken back. */
/* In order; empty for NULL. (transfer full) */
char               **ismb_blocklist_list    (const IsmbBlocklist *list);
gboolean             ismb_blocklist_has     (const IsmbBlocklist *list, const char *address);
/* Is the address blocked, by itself, its bare form or its domain? */
gboolean             ismb_blocklist_matches (const IsmbBlocklist *list, const char *address);
/* The same for one blocked address. */
gboolean             ismb_blocklist_covers  (const char *blocked, const char *address);

G_END_DECLS
