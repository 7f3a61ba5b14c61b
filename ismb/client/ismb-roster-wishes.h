/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-roster.h"

G_BEGIN_DECLS

/* What a client has told its server to write into the roster, and has no answer for yet. A change
 * of a contact's name alone goes with its groups, and those may be on their way. */
typedef struct _IsmbRosterWishes IsmbRosterWishes;

/* What the roster is to say of a contact; NULL: nothing. */
typedef struct
{
  char *name;
  GStrv groups;
  guint waiting; /* answers */
} IsmbRosterWish;

IsmbRosterWishes *ismb_roster_wishes_new (void);
void ismb_roster_wishes_free (IsmbRosterWishes *self);
/* What is not said (NULL) is what is on its way, else what the roster says. The result stays until
 * the end of it. */
const IsmbRosterWish *ismb_roster_wishes_add (IsmbRosterWishes *self, IsmbRoster *roster,
                                              IsmbJid *jid, const char *name,
                                              const char *const *groups);
/* One of them is answered, whichever way. */
void ismb_roster_wishes_end (IsmbRosterWishes *self, IsmbJid *jid);

G_END_DECLS
