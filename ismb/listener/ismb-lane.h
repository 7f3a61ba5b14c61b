/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-tether.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* One authenticated stream of a link, from the moment it is the link's. */
typedef enum
{
  ISMB_LANE_FRESH,    /* it came, and the other side has not said whether it is to be managed */
  ISMB_LANE_ENABLING, /* we have asked for XEP-0198, and wait for the answer */
  ISMB_LANE_RESUMING,
  ISMB_LANE_PLAIN,    /* in use, without XEP-0198 */
  ISMB_LANE_MANAGED,  /* in use, with a tether */
  ISMB_LANE_LEAVING,  /* we have ended it; what comes until the other side's end is still taken */
} IsmbLaneStage;

typedef struct _IsmbLane IsmbLane;

struct _IsmbLane
{
  gpointer owner;
  IsmbStream *stream;
  IsmbLaneStage stage;
  gboolean ours;      /* we have dialled it */
  gboolean duplex;    /* stanzas go both ways (XEP-0288) */
  gint64 since;       /* monotonic: accepted; from being in use on, since when that is */
  IsmbTether *tether; /* while it is managed; the link's to take */
  IsmbWatch watch;    /* no descriptor: patience with the negotiation */
  IsmbPoller *poller;
  void (*impatient) (IsmbLane *self);
};

/* `impatient`: nothing was said, or answered, in time. */
IsmbLane *ismb_lane_new      (gpointer owner, IsmbPoller *poller, IsmbStream *stream,
                              gboolean ours, gboolean duplex,
                              void (*impatient) (IsmbLane *self));
/* Gives the stream up at once. */
void      ismb_lane_free     (IsmbLane *self);
/* The stream says goodbye (a stream error condition, or NULL) and is heard no more. */
void      ismb_lane_part     (IsmbLane *self, const char *condition);
/* A new stage, with patience for `milliseconds`; 0: without end. */
void      ismb_lane_enter    (IsmbLane *self, IsmbLaneStage stage, guint milliseconds);
/* In use from now on; `tether` NULL: without XEP-0198. */
void      ismb_lane_use      (IsmbLane *self, IsmbTether *tether);
/* Can stanzas go out on it, now? */
gboolean  ismb_lane_sends    (const IsmbLane *self);
gboolean  ismb_lane_receives (const IsmbLane *self);
void      ismb_lane_send     (IsmbLane *self, IsmbFrame *frame);
/* Bytes that wait for a slow reader, there or behind it. */
gsize     ismb_lane_get_waiting (const IsmbLane *self);
/* Loose, for another stream; NULL: there is none. (transfer full) */
IsmbTether *ismb_lane_take_tether (IsmbLane *self);

G_END_DECLS
