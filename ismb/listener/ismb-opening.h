/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/listener/ismb-slips.h"

G_BEGIN_DECLS

/* The delivery of what waits for an account to the resource that takes it: a piece at a time from
 * the store, as fast as the client reads. The resource is `waiting` while it lasts, and what comes
 * for it meanwhile stands behind. */
typedef struct _IsmbOpening IsmbOpening;

typedef struct
{
  /* All was delivered; or not (`left`): the resource has left. The owner frees it. Never from
   * inside a call. */
  void (*ended)    (IsmbOpening *opening, gboolean left, gpointer owner);
  /* Stood behind, and goes elsewhere; from inside ismb_opening_free (). */
  void (*returned) (IsmbFrame *frame, gpointer owner);
} IsmbOpeningCallbacks;

IsmbOpening *ismb_opening_new    (IsmbRoutes *routes, IsmbOffline *offline, IsmbSlips *slips,
                                  IsmbResource *resource, const IsmbOpeningCallbacks *callbacks,
                                  gpointer owner);
void         ismb_opening_free   (IsmbOpening *self);
const char  *ismb_opening_get_account (IsmbOpening *self);
/* FALSE: no room; it stands nowhere. */
gboolean     ismb_opening_queue  (IsmbOpening *self, IsmbFrame *frame);
/* The sink would not take it. If it was given that by us just now: again when it has read. */
void         ismb_opening_refuse (IsmbOpening *self, const IsmbFrame *frame);
/* Something of that account has arrived. */
void         ismb_opening_nudge  (IsmbOpening *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOpening, ismb_opening_free)

G_END_DECLS
