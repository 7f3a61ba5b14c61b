/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-store.h"

G_BEGIN_DECLS

/* Rows of a table in memory that are on their way to the disk. A change counts at once; one that
 * could not be committed is taken back, once nothing newer of that row is on its way: what the disk
 * has is what is there. */
typedef struct _IsmbDrafts IsmbDrafts;

/* `row`: as the disk has it; NULL: it has none. */
typedef void (*IsmbDraftsRestore) (const char *account, const char *key, GVariant *row,
                                   gpointer owner);

IsmbDrafts *ismb_drafts_new   (IsmbStore *store, IsmbDraftsRestore restore, gpointer owner);
/* The owner goes; writes that are on their way go on. */
void        ismb_drafts_close (IsmbDrafts *self);
/* Runs a statement that makes of the row `before` the row `after`, as they are in memory (NULL:
 * there is none). Rows and parameters may be floating. */
void        ismb_drafts_write (IsmbDrafts *self, const char *account, const char *key,
                               GVariant *before, GVariant *after, const char *sql,
                               GVariant *parameters);
/* The account is gone: of its rows none comes back. */
void        ismb_drafts_forget (IsmbDrafts *self, const char *account);

G_END_DECLS
