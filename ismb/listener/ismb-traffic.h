/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-heartbeat.h"
#include "ismb/listener/ismb-mooring.h"
#include "ismb/listener/ismb-round-trip.h"
#include "ismb/listener/ismb-warrant.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_LOSS_ENDED,  /* in order */
  ISMB_LOSS_BROKEN, /* another stream may go on where it stopped */
  ISMB_LOSS_GONE,   /* whoever was there is not, or is not to be believed */
} IsmbLoss;

/* May come from inside any call of the owner's. */
typedef struct
{
  /* What waits may go out, if a lane sends. */
  void (*in_use)     (gpointer owner);
  /* Who is there knows nothing of what was said before. */
  void (*begun_anew) (gpointer owner);
  /* A stream ended that the owner did not end. `used`: something may have been said on it. */
  void (*lost)       (gboolean used, IsmbLoss loss, gpointer owner);
  /* What has just ended was no failure of the way there. */
  void (*steady)     (gpointer owner);
} IsmbTrafficCallbacks;

/* What goes on on a link's lanes: takes in each stream that is proven, hears what comes on it as
 * long as the other side is entitled to speak, tells silence from death, and sees the stream to its
 * end. What is to be said is the outbox's. */
typedef struct
{
  IsmbLink *link;     /* whose it is */
  IsmbLinkContext *context;
  const char *domain; /* the other end's */
  const IsmbTrafficCallbacks *callbacks;
  IsmbWarrant warrant;
  IsmbLanes lanes;
  IsmbMooring mooring;
  IsmbHeartbeat heartbeat;
  IsmbRoundTrip round_trip; /* known while there is a lane */
  gboolean healthy;   /* something came since a stream was last in use */
  guint64 seen;       /* stanzas sent and bytes heard, when it was last looked at */
} IsmbTraffic;

void ismb_traffic_init  (IsmbTraffic *self, IsmbLink *link, IsmbLinkContext *context,
                         const char *domain, IsmbOutbox *outbox,
                         const IsmbTrafficCallbacks *callbacks);
/* Abandons all streams, and forgets what was proven. */
void ismb_traffic_clear (IsmbTraffic *self);
/* An authenticated stream that we have dialled. The other end may have been quicker: then there is
 * one, and one is enough. `duplex`: stanzas go both ways; `managed`: XEP-0198 is offered. */
void ismb_traffic_begin (IsmbTraffic *self, IsmbStream *stream, gboolean duplex, gboolean managed,
                         const IsmbProof *proof);
/* One that came to us, and was accepted `since` (monotonic). */
void ismb_traffic_adopt (IsmbTraffic *self, IsmbStream *stream, gboolean duplex, gint64 since,
                         const IsmbProof *proof);
/* Nothing that is said or heard rests on a certificate that has ended: then all streams are lost,
 * and FALSE. */
gboolean ismb_traffic_is_entitled (IsmbTraffic *self);
/* To be called ISMB_HEARTBEAT_LOOKS times in the span of silence that means death, while a lane
 * sends: asks the other side where it is in doubt; if it is dead, all streams are lost. */
void ismb_traffic_look_for_life (IsmbTraffic *self);
/* Ends what is open in order, where nothing was said or heard since the last call: `sent` counts
 * stanzas. */
void ismb_traffic_rest    (IsmbTraffic *self, guint64 sent);
/* Those we ended are heard no more either. `condition`: as of ismb_peer_stream_part (). */
void ismb_traffic_end_all (IsmbTraffic *self, const char *condition);

G_END_DECLS
