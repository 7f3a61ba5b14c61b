/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-virtual-router.h"

G_BEGIN_DECLS

/* Sees a virtual router's place go, come back and change: a namespace that is deleted and made
 * again, an interface that is removed and added, addresses and links. The kernel tells of each
 * (mount table, inotify, rtnetlink inside the place), and nothing wakes up in between; what
 * comes at once is looked at once. */
typedef struct _IsmbPlaceWatch IsmbPlaceWatch;

typedef enum
{
  ISMB_PLACE_GONE,    /* no socket in it may stay; or it lacks something else now. Where another one
                       * has taken its place, CAME follows. */
  ISMB_PLACE_CAME,
  ISMB_PLACE_CHANGED, /* addresses or links of it, perhaps */
} IsmbPlaceEvent;

/* May free the watch. */
typedef void (*IsmbPlaceHandler) (IsmbPlaceEvent event, gpointer user_data);

/* In the thread's default main context of now. What the place lacks is looked at at once, and kept
 * there (ismb_virtual_router_get_lack ()); the handler is not called for it. */
IsmbPlaceWatch *ismb_place_watch_new  (IsmbVirtualRouter *place, IsmbPlaceHandler handler,
                                       gpointer user_data);
void            ismb_place_watch_free (IsmbPlaceWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPlaceWatch, ismb_place_watch_free)

G_END_DECLS
