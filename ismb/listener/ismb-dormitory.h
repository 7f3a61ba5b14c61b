/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The sessions of a listener that may be resumed (XEP-0198, 5), by their ids, and how many of them
 * may sleep, which is to be without a stream, and on how much. Where too much is kept, the one that
 * has slept longest goes: of the account that has too much, else of all. */
typedef struct _IsmbDormitory IsmbDormitory;

/* A session's place, in its struct; zeroed, it has none. */
typedef struct
{
  IsmbDormitory *dormitory;
  char *id;            /* unguessable; of this session and never of another */
  gpointer session;
  const char *account; /* the session's */
  gsize bytes;         /* kept for it while it sleeps */
  GList place;         /* of the sleepers; data is NULL while it is awake */
} IsmbBed;

/* Bounds of all, and of one account. */
typedef struct
{
  guint sleepers, account_sleepers;
  gsize bytes, account_bytes;
} IsmbDormitoryBounds;

/* `evict`: the session has no place any more, as if its time were over; it may still be in use by
 * the caller of the caller, so it ends later. */
IsmbDormitory *ismb_dormitory_new    (const IsmbDormitoryBounds *bounds,
                                      void (*evict) (gpointer session));
void           ismb_dormitory_free   (IsmbDormitory *self); /* when all have left */
void           ismb_dormitory_enter  (IsmbDormitory *self, IsmbBed *bed, gpointer session,
                                      const char *account);
/* `h`: what was handled, for a client that asks for it later. Nothing for one that has no place. */
void           ismb_dormitory_leave  (IsmbBed *bed, guint32 h);
void           ismb_dormitory_sleep  (IsmbBed *bed, gsize bytes);
void           ismb_dormitory_add    (IsmbBed *bed, gsize bytes); /* more, while it sleeps */
void           ismb_dormitory_wake   (IsmbBed *bed);
/* The session of that account with this id, asleep or not; NULL. */
gpointer       ismb_dormitory_find   (IsmbDormitory *self, const char *account, const char *id);
/* Has it ended not long ago? Then `h` is what it handled. */
gboolean       ismb_dormitory_recall (IsmbDormitory *self, const char *account, const char *id,
                                      guint32 *h);
guint          ismb_dormitory_count  (IsmbDormitory *self); /* sleepers */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbDormitory, ismb_dormitory_free)

G_END_DECLS
