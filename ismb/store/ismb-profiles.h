/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* What is told of an account that may be away: its card (XEP-0054), and when its last client left
 * (XEP-0012). In memory, and for kept accounts in the store; gone with the account. */
#define ISMB_TYPE_PROFILES (ismb_profiles_get_type ())
G_DECLARE_FINAL_TYPE (IsmbProfiles, ismb_profiles, ISMB, PROFILES, GObject)

#define ISMB_PROFILES_CARD_MAX 4096 /* bytes */

typedef struct
{
  gint64 time;    /* seconds since 1970 */
  char *status;   /* what it said at last, or NULL */
} IsmbDeparture;

/* What is stored for accounts that are not there is dropped. */
IsmbProfiles        *ismb_profiles_load          (IsmbStore *store, IsmbAccounts *accounts,
                                                  GError **error);
/* XML, as it was set; NULL where there is none. */
const char          *ismb_profiles_get_card      (IsmbProfiles *self, const char *account);
/* NULL takes it away. FALSE: it is too long, or all cards together are (4 MiB), or there is no such
 * account; nothing is changed then. One that cannot be committed is taken back. */
gboolean             ismb_profiles_set_card      (IsmbProfiles *self, const char *account,
                                                  const char *card);
/* NULL where nobody ever left. */
const IsmbDeparture *ismb_profiles_get_departure (IsmbProfiles *self, const char *account);
/* Of `status`, which may be NULL, 255 bytes are kept. */
void                 ismb_profiles_depart        (IsmbProfiles *self, const char *account,
                                                  gint64 time, const char *status);

G_END_DECLS
