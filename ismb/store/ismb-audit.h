/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-store.h"

G_BEGIN_DECLS

#define ISMB_AUDIT_ROWS_MAX 100000
#define ISMB_AUDIT_PAGE_MAX 1000        /* rows of one listing */
#define ISMB_AUDIT_TEXT_MAX 4096        /* bytes of a column; more is cut, and its hash told */

/* A row to append. What began and what became of it are two rows, the second about the first:
 * nothing is ever changed, so that one without the other says what is true. NULL texts are empty
 * ones. */
typedef struct
{
  gint64 about; /* id of the row whose outcome this is; 0: a row of its own */
  const char *kind; /* "commands", "file", "fabric", "account" */
  const char *who;  /* a full JID, or a local caller */
  const char *role;
  const char *origin; /* domain-part */
  const char *device; /* its device id as proven */
  const char *what;   /* commands as they were sent; name of a file */
  gint64 size;        /* bytes of the file, -1 where it is none */
  const char *sha256;
  const char *verdict; /* "allowed", "refused"; empty where this is an outcome */
  const char *rule;
  const char *outcome;
} IsmbAuditEntry;

/* The audit table of a virtual router: each row carries the SHA-256 of the one before it. */
#define ISMB_TYPE_AUDIT (ismb_audit_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAudit, ismb_audit, ISMB, AUDIT, GObject)

/* Keeps `rows_max` rows, and up to a tenth more, before it prunes the oldest. */
IsmbAudit *ismb_audit_load          (IsmbStore *store, guint rows_max, GError **error);
/* Returns the row's id. `done` (nullable) comes after the commit or the failure; without it a
 * failure is logged. The row's time is now. */
gint64 ismb_audit_append (IsmbAudit *self, const IsmbAuditEntry *entry, IsmbStoreDone done,
                          gpointer user_data);
/* Rows behind `after` (an id) from the time `since` (unix microseconds) on, at most `limit` and
 * ISMB_AUDIT_PAGE_MAX, in their order: aa{sv} with id x, about x, time x, size x and the entry's
 * texts, without what is empty. */
void       ismb_audit_list_async    (IsmbAudit *self, gint64 after, gint64 since, guint limit,
                                     GAsyncReadyCallback callback, gpointer user_data);
GVariant  *ismb_audit_list_finish   (IsmbAudit *self, GAsyncResult *result, GError **error);
/* a{sv}: intact b; first x, last x: the rows that were found right; hash s: of the last one; where
 * something is wrong row x and problem s ("was changed", "is missing", ...). */
void       ismb_audit_verify_async  (IsmbAudit *self, GAsyncReadyCallback callback,
                                     gpointer user_data);
GVariant  *ismb_audit_verify_finish (IsmbAudit *self, GAsyncResult *result, GError **error);

G_END_DECLS
