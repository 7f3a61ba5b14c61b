/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which remote resources which local accounts have seen come and not yet seen go: what has to be
 * taken back in their name when the way to their domain is lost. At most 10,000 sightings a domain:
 * beyond, no more are remembered. */
typedef struct _IsmbSightings IsmbSightings;

IsmbSightings *ismb_sightings_new    (void);
void           ismb_sightings_free   (IsmbSightings *self);
/* `full`: a prepared full address; `account`: a local part of ours. */
void           ismb_sightings_add    (IsmbSightings *self, const char *full, const char *account);
void           ismb_sightings_remove (IsmbSightings *self, const char *full, const char *account);
/* Forgets a domain, after calling back for each sighting of it. */
void ismb_sightings_forget (IsmbSightings *self, const char *domain,
                            void (*func) (const char *full, const char *account, gpointer data),
                            gpointer data);

G_END_DECLS
