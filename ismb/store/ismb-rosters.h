/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* Subscription states of RFC 6121, appendix A. */
typedef enum
{
  ISMB_SUBSCRIPTION_TO = 1 << 0,
  ISMB_SUBSCRIPTION_FROM = 1 << 1,
  ISMB_SUBSCRIPTION_PENDING_OUT = 1 << 2,
  ISMB_SUBSCRIPTION_PENDING_IN = 1 << 3,   /* kept, shown to no client as roster item */
  ISMB_SUBSCRIPTION_APPROVED = 1 << 4,     /* said yes before it was asked (RFC 6121, 3.4) */
  ISMB_SUBSCRIPTION_LISTED = 1 << 5,       /* an item, although nothing but a request is left */
} IsmbSubscription;

typedef struct
{
  char *contact;               /* bare JID */
  char *name;                  /* or NULL */
  char **groups;               /* or NULL */
  IsmbSubscription subscription;
  char *request;               /* that waits: its stanza, as it came; or NULL */
} IsmbRosterEntry;

#define ISMB_ROSTERS_REQUEST_MAX 4096 /* bytes */

/* The rosters of a virtual router's accounts, in memory, and those of kept accounts in the store.
 * Whoever makes a new account finds its roster empty: what a transient one left behind is nobody's.
 * A change that cannot be committed is taken back. */
#define ISMB_TYPE_ROSTERS (ismb_rosters_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRosters, ismb_rosters, ISMB, ROSTERS, GObject)

/* What is stored for accounts that are not there is dropped. `accounts` are those of the same
 * store. */
IsmbRosters *ismb_rosters_load (IsmbStore *store, IsmbAccounts *accounts, GError **error);
/* NULL where absent; valid until the next change of that account's roster. */
const IsmbRosterEntry *ismb_rosters_lookup (IsmbRosters *self, const char *account,
                                            const char *contact);
/* `func` must not change the roster it walks. */
typedef void (*IsmbRosterFunc) (const IsmbRosterEntry *entry, gpointer data);
void                   ismb_rosters_foreach (IsmbRosters *self, const char *account,
                                             IsmbRosterFunc func, gpointer data);
/* Makes or changes an entry. At most 10,000 contacts an account, and 1 MiB of addresses,
 * names and groups: FALSE beyond, and nothing is changed. */
gboolean               ismb_rosters_put    (IsmbRosters *self, const char *account,
                                            const char *contact, const char *name,
                                            const char *const *groups,
                                            IsmbSubscription subscription);
gboolean               ismb_rosters_set_subscription (IsmbRosters *self, const char *account,
                                                      const char *contact,
                                                      IsmbSubscription subscription);
/* What a request that waits is made of, until it is answered; without, if it is longer, or all
 * of the account's are longer than 256 KiB. */
void                   ismb_rosters_set_request (IsmbRosters *self, const char *account,
                                                 const char *contact, const char *stanza,
                                                 gsize length);
gboolean               ismb_rosters_remove (IsmbRosters *self, const char *account,
                                            const char *contact);
void                   ismb_rosters_remove_account (IsmbRosters *self, const char *account);
/* Another one after each change, never one that the account's name had before; 0: nothing was ever
 * in it. (XEP-0237) */
gint64                 ismb_rosters_get_version (IsmbRosters *self, const char *account);
/* Signal `restored` (account, contact, the subscription that was taken back): the entry is, or is
 * not, as before a change that could not be committed. */

G_END_DECLS
