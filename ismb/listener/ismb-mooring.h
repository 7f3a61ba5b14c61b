/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-lanes.h"
#include "ismb/listener/ismb-outbox.h"
#include "ismb/stream/ismb-sm-word.h"

G_BEGIN_DECLS

/* Never from inside a call of the owner's, but for hear and do_without. */
typedef struct
{
  /* The lane is in use from now on: what waits may go out on it, if it sends. */
  void (*in_use)     (IsmbLane *lane, gpointer owner);
  /* Who is there knows nothing of what was said before. Comes before `in_use`. */
  void (*begun_anew) (gpointer owner);
} IsmbMooringCallbacks;

/* How a link's streams come into use: agrees upon XEP-0198 with the other end, so that the
 * tether of a stream that broke is tied to the next one. Between two listeners either end may
 * resume, whoever had dialled before. Where both dial at once, the stream whose initiator's
 * domain sorts lower stays; what was said on neither is lost, as nothing is said before it is
 * agreed. */
typedef struct
{
  IsmbLinkContext *context;
  const char *domain;  /* the other end's */
  IsmbLanes *lanes;
  IsmbOutbox *outbox;
  IsmbTether *loose;   /* of a stream that is gone, or NULL */
  const IsmbMooringCallbacks *callbacks;
  gpointer owner;
} IsmbMooring;

void ismb_mooring_init  (IsmbMooring *self, IsmbLinkContext *context, const char *domain,
                         IsmbLanes *lanes, IsmbOutbox *outbox,
                         const IsmbMooringCallbacks *callbacks, gpointer owner);
void ismb_mooring_clear (IsmbMooring *self);
/* We have dialled the lane. `managed`: the other end offers XEP-0198. */
void ismb_mooring_begin (IsmbMooring *self, IsmbLane *lane, gboolean managed);
/* It has come to us; the other end is to speak. */
void ismb_mooring_await (IsmbMooring *self, IsmbLane *lane);
/* A word of XEP-0198 came. The stream error that it earns, or NULL: then the lane may be gone. */
const char *ismb_mooring_hear (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word,
                               const IsmbFrame *frame);
/* The other end does not care for XEP-0198. */
void ismb_mooring_do_without (IsmbMooring *self, IsmbLane *lane);
/* The stream has ended: its tether is kept for the next one, or what it did not send. */
void ismb_mooring_keep  (IsmbMooring *self, IsmbLane *lane);
/* Nothing is to be resumed: what is not acknowledged is to go out again. */
void ismb_mooring_start_over (IsmbMooring *self);
/* The same, and it goes back instead. */
void ismb_mooring_give_up (IsmbMooring *self, const char *condition);
gboolean ismb_mooring_owes (const IsmbMooring *self); /* is something loose to be sent again? */

G_END_DECLS
