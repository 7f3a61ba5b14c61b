/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-source.h"

G_BEGIN_DECLS

/* Those who came in by one kind of door and have not said yet who they are: at most 1,024, and an
 * eighth of the descriptors this process may have. Each source has a share of the places, its own
 * host a bigger one. Where all are taken the oldest makes room: whoever is in earnest is done soon.
 * From another host 250 may come at once, and then 50 a second: each may have a TLS handshake done
 * for nothing. */
typedef struct _IsmbCrowd IsmbCrowd;

/* In the struct of whoever waits, zeroed at first. */
typedef struct
{
  IsmbCrowd *crowd; /* NULL: waits no more */
  char *source;
  GList link;
} IsmbCrowdPlace;

IsmbCrowd *ismb_crowd_new        (void);
/* Nobody may be in it any more. */
void       ismb_crowd_free       (IsmbCrowd *self);
/* Has the source places left? */
gboolean   ismb_crowd_admits     (IsmbCrowd *self, const IsmbSource *source);
/* The same for one who has guessed wrong too often: an eighth of that share. */
gboolean   ismb_crowd_admits_suspect (IsmbCrowd *self, const IsmbSource *source);
void       ismb_crowd_join       (IsmbCrowd *self, IsmbCrowdPlace *place, gpointer who,
                                  const IsmbSource *source);
void       ismb_crowd_leave      (IsmbCrowdPlace *place); /* twice is fine */
guint      ismb_crowd_get_count  (IsmbCrowd *self);
/* `who`, or NULL where there is nobody; and where there is room for one more. */
gpointer   ismb_crowd_get_oldest (IsmbCrowd *self);
gpointer   ismb_crowd_get_excess (IsmbCrowd *self);

/* The most descriptors that this process may have, as far as `guint` goes. */
guint      ismb_crowd_count_descriptors (void);

G_END_DECLS
