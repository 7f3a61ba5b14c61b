/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* Messages that wait for an account (XEP-0160), in the store: kept with a number each, in the
 * order in which they came; gone with the account. In memory there are only counts, so that an
 * account's place is bounded in messages and bytes without a look at the disk. Kept accounts
 * only: what is written for one that ends with the process could be read by nobody. */
#define ISMB_TYPE_OFFLINE (ismb_offline_get_type ())
G_DECLARE_FINAL_TYPE (IsmbOffline, ismb_offline, ISMB, OFFLINE, GObject)

/* One that was kept. */
typedef struct
{
  gint64 number;   /* not 0; grows with each */
  gint64 time;     /* when it came: microseconds since 1970 */
  const char *stanza;
  gsize length;
} IsmbOfflineMessage;

/* What was kept for accounts that are not there is dropped. `messages`, `bytes`: of one account. */
IsmbOffline *ismb_offline_load (IsmbStore *store, IsmbAccounts *accounts, guint messages,
                                gsize bytes, GError **error);
/* Whether any account may have anything wait. */
gboolean     ismb_offline_has_room (IsmbOffline *self);
/* Whether this one may; there may be no room just now. */
gboolean     ismb_offline_takes    (IsmbOffline *self, const char *account);
/* Keeps one. Its number; 0: the account has no room, or there is no such account, and `done` does
 * not come. Else `done` tells, after the commit, or why there was none; then it is not kept. */
gint64       ismb_offline_keep (IsmbOffline *self, const char *account, gint64 time,
                                const char *stanza, gsize length, IsmbStoreDone done,
                                gpointer user_data);
/* It has arrived: `length` as it was kept. Said once of each, at any time, also before `done`.
 * Where the disk will not have it, it is not read again, and dropped later. */
void         ismb_offline_drop (IsmbOffline *self, const char *account, gint64 number,
                                gsize length);
/* How many wait for it. */
guint        ismb_offline_count (IsmbOffline *self, const char *account);
/* What waits behind `after` (0: all), oldest first, those included whose keeping was asked for
 * before: `each` for every one, in all about 1 MiB at most; then `done` (error NULL, or why nothing
 * could be read). Valid during the call. */
typedef void (*IsmbOfflineFunc) (const IsmbOfflineMessage *message, gpointer user_data);
void         ismb_offline_read (IsmbOffline *self, const char *account, gint64 after,
                                IsmbOfflineFunc each, IsmbStoreDone done, gpointer user_data);

G_END_DECLS
