/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-scram.h"
#include "ismb/store/ismb-store.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_ROLE_CLIENT,
  ISMB_ROLE_OPERATOR,
  ISMB_ROLE_SWITCH,
} IsmbRole;

const char *ismb_role_to_string   (IsmbRole role);   /* "client", "operator", "switch" */
gboolean    ismb_role_from_string (const char *text, IsmbRole *role);

#define ISMB_TYPE_ACCOUNTS (ismb_accounts_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAccounts, ismb_accounts, ISMB, ACCOUNTS, GObject)

IsmbAccounts        *ismb_accounts_load     (IsmbStore *store, GError **error);
/* `name`: a local part, prepared. The same name with the same password and role is fine; with
 * another, ISMB_ERROR_EXISTS. A transient account is never written: it ends with the process at the
 * latest. */
gboolean             ismb_accounts_create   (IsmbAccounts *self, const char *name,
                                             const char *password, IsmbRole role,
                                             gboolean transient, GError **error);
/* A kept account of this password and role, whatever it had before: for a program that makes up a
 * new password each time, and whose roster stays. */
gboolean             ismb_accounts_renew    (IsmbAccounts *self, const char *name,
                                             const char *password, IsmbRole role, GError **error);
gboolean             ismb_accounts_remove   (IsmbAccounts *self, const char *name, GError **error);
gboolean             ismb_accounts_has      (IsmbAccounts *self, const char *name);
gboolean             ismb_accounts_get_role (IsmbAccounts *self, const char *name, IsmbRole *role);
guint                ismb_accounts_count    (IsmbAccounts *self, IsmbRole role);
/* There, and not transient: made by somebody, for somebody. */
gboolean             ismb_accounts_is_kept  (IsmbAccounts *self, const char *name);
/* NULL where there is no such account: SASL then goes on with invented keys, so that nobody learns
 * which names exist. (transfer none) */
const IsmbScramKeys *ismb_accounts_get_keys (IsmbAccounts *self, const char *name,
                                             GChecksumType hash);
/* For a name that is no account's: the same keys each time, after a restart too, as an account's
 * salt stays. `keys` is to be cleared. */
void                 ismb_accounts_invent_keys (IsmbAccounts *self, const char *name,
                                                GChecksumType hash, IsmbScramKeys *keys);
/* For PLAIN. */
gboolean             ismb_accounts_check    (IsmbAccounts *self, const char *name,
                                             const char *password);
char               **ismb_accounts_list     (IsmbAccounts *self);
/* Signals `removed` (name): sessions of it must end; `kept` (name): it was transient until now. */

G_END_DECLS
