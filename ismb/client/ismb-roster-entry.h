/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* What the server's roster says of a contact (RFC 6121, 2.1.2). */
typedef struct
{
  char *name;               /* NULL: none */
  GStrv groups;             /* never NULL */
  const char *subscription; /* static; `none`, `to`, `from` or `both` */
  gboolean pending_out, listed;
} IsmbRosterEntry;

/* Of an `<item/>`; NULL: of none, as one that is not listed. */
void ismb_roster_entry_read (IsmbRosterEntry *self, const IsmbNode *item);
void ismb_roster_entry_clear (IsmbRosterEntry *self);
/* `direction` is `from` or `to`. */
gboolean ismb_roster_entry_says (const IsmbRosterEntry *self, const char *direction);

/* A copy of at most 1,023 bytes, which is what the roster keeps of a text that somebody else
 * wrote; NULL of NULL. */
char *ismb_roster_cut (const char *text);

G_END_DECLS
