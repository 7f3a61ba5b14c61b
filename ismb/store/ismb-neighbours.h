/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-store.h"

G_BEGIN_DECLS

typedef struct
{
  char *domain;
  char **addresses;   /* numeric, best first */
  guint16 port;       /* of their listener, for other listeners */
  char *device_id;    /* or NULL */
} IsmbNeighbour;

/* The members that a listener has met and not forgotten, and where they were: what it knows of
 * others when it starts again. */
#define ISMB_TYPE_NEIGHBOURS (ismb_neighbours_get_type ())
G_DECLARE_FINAL_TYPE (IsmbNeighbours, ismb_neighbours, ISMB, NEIGHBOURS, GObject)

IsmbNeighbours *ismb_neighbours_load   (IsmbStore *store, GError **error);
/* Writes where that is news. */
void            ismb_neighbours_put    (IsmbNeighbours *self, const char *domain,
                                        const char *const *addresses, guint16 port,
                                        const char *device_id);
void            ismb_neighbours_remove (IsmbNeighbours *self, const char *domain);
/* In no order, borrowed. (element-type IsmbNeighbour) (transfer container) */
GPtrArray      *ismb_neighbours_list   (IsmbNeighbours *self);

G_END_DECLS
