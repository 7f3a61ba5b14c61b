/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-traffic.h"

#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-peer-stream.h"

/* The other side can have it said as often as it likes. */
#define SAY(self, level, reason, ...)                                                              \
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_##level, (self)->domain, reason, __VA_ARGS__)
#define STEADY (10 * G_USEC_PER_SEC) /* a stream that lived so long was no failure */

/* The end of a stream */

static gboolean
is_in_use (const IsmbLane *lane)
{
  return lane->stage == ISMB_LANE_PLAIN || lane->stage == ISMB_LANE_MANAGED;
}

static void
note_end (IsmbTraffic *self, const IsmbLane *lane)
{
  if (is_in_use (lane)
      && (self->healthy || g_get_monotonic_time () - lane->since > STEADY))
    self->callbacks->steady (self->link);
  self->healthy = FALSE;
}

/* The caller frees it; its tether stays. */
static void
take_out (IsmbTraffic *self, IsmbLane *lane)
{
  note_end (self, lane);
  ismb_mooring_keep (&self->mooring, lane);
  ismb_lanes_take_out (&self->lanes, lane);
  if (ismb_lanes_count (&self->lanes) == 0)
    ismb_round_trip_forget (&self->round_trip);
}

void
ismb_traffic_end_all (IsmbTraffic *self, const char *condition)
{
  while (ismb_lanes_count (&self->lanes) > 0)
    {
      IsmbLane *lane = ismb_lanes_get (&self->lanes, 0);

      take_out (self, lane);
      ismb_lane_part (lane, condition);
    }
}

/* One side has broken the rules; there is nothing more to hear from it. */
static void
break_off (IsmbTraffic *self, IsmbLane *lane, const char *condition)
{
  gboolean used = is_in_use (lane);

  take_out (self, lane);
  ismb_lane_part (lane, condition);
  ismb_mooring_start_over (&self->mooring);
  self->callbacks->lost (used, ISMB_LOSS_GONE, self->link);
}

static void
lose (IsmbTraffic *self, IsmbLane *lane, IsmbLoss loss)
{
  gboolean used = is_in_use (lane);

  take_out (self, lane);
  ismb_lane_free (lane);
  self->callbacks->lost (used, loss, self->link);
}

/* What is said to be wrong would be wrong again. */
static gboolean
is_our_fault (const char *condition)
{
  static const char *const others[]
      = { "system-shutdown",       "reset",     "conflict",      "connection-timeout",
          "resource-constraint",   "host-gone", "not-authorized", "see-other-host",
          "internal-server-error", NULL };

  return condition == NULL || !g_strv_contains (others, condition);
}

static void
hear_error (IsmbTraffic *self, IsmbLane *lane, const IsmbFrame *frame)
{
  gboolean used = is_in_use (lane);

  SAY (self, INFO, "error", "%s ends its stream: %s", self->domain,
       frame->payload_name != NULL ? frame->payload_name : "no reason given");
  take_out (self, lane);
  ismb_lane_part (lane, NULL);
  if (is_our_fault (frame->payload_name))
    ismb_mooring_give_up (&self->mooring, "remote-server-timeout");
  self->callbacks->lost (used, ISMB_LOSS_GONE, self->link);
}

/* Hearing */

gboolean
ismb_traffic_is_entitled (IsmbTraffic *self)
{
  if (ismb_warrant_holds (&self->warrant, self->context))
    return TRUE;
  SAY (self, MESSAGE, "expired", "the certificate of %s has ended: its streams are closed",
       self->domain);
  ismb_traffic_end_all (self, "not-authorized");
  self->callbacks->lost (TRUE, ISMB_LOSS_GONE, self->link);
  return FALSE;
}

static void
hear_answer (IsmbTraffic *self)
{
  if (ismb_round_trip_answer (&self->round_trip, g_get_monotonic_time ())
      && self->context->measured != NULL)
    self->context->measured (self->link, self->context->user_data);
}

/* Who is asked to manage the stream, or how far he is, says so at once. */
static gboolean
is_answer (const IsmbSmWord *word)
{
  return word->verb == ISMB_SM_ACK || word->verb == ISMB_SM_ENABLED
         || word->verb == ISMB_SM_RESUMED;
}

static void
hear_stanza (IsmbTraffic *self, IsmbLane *lane, IsmbFrame *frame)
{
  if (lane->stage == ISMB_LANE_FRESH)
    ismb_mooring_do_without (&self->mooring, lane);
  self->healthy = TRUE;
  if (lane->tether != NULL && !ismb_tether_receive (lane->tether, frame))
    return;
  if (ismb_heartbeat_takes (&self->heartbeat, frame, self->domain))
    hear_answer (self);
  else
    self->context->frame (self->link, frame, self->context->user_data);
}

static const char *
check_frame (IsmbTraffic *self, const IsmbLane *lane, const IsmbFrame *frame)
{
  if (!ismb_lane_receives (lane))
    return "not-authorized";
  return ismb_peer_stream_check (frame, self->domain, self->context->domain);
}

static gboolean
knows_word (IsmbTraffic *self, IsmbStream *stream, IsmbFrame *frame)
{
  return self->context->word != NULL &&
         self->context->word (self->link, stream, frame, self->context->user_data);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbLane *lane = owner;
  IsmbTraffic *self = lane->owner;
  g_autoptr (GObject) alive = g_object_ref ((GObject *) self->link);
  const char *condition = NULL;
  IsmbSmWord word;

  if (!ismb_traffic_is_entitled (self))
    return;
  if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    {
      hear_error (self, lane, frame);
      return;
    }
  if (ismb_sm_word_read (&word, frame))
    {
      if (is_answer (&word))
        hear_answer (self);
      condition = ismb_mooring_hear (&self->mooring, lane, &word, frame);
    }
  else if (frame->kind == ISMB_FRAME_OTHER && knows_word (self, stream, frame))
    return;
  else if ((condition = check_frame (self, lane, frame)) == NULL)
    hear_stanza (self, lane, frame);
  if (condition == NULL)
    return;
  SAY (self, MESSAGE, condition, "%s breaks the rules of its stream: %s", self->domain, condition);
  break_off (self, lane, condition);
}

/* Nobody opens another stream in an open one. */
static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbLane *lane = owner;
  IsmbTraffic *self = lane->owner;
  g_autoptr (GObject) alive = g_object_ref ((GObject *) self->link);

  break_off (self, lane, "bad-format");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbLane *lane = owner;
  IsmbTraffic *self = lane->owner;
  g_autoptr (GObject) alive = g_object_ref ((GObject *) self->link);

  if (error != NULL)
    SAY (self, INFO, "ended", "a stream to %s ended: %s", self->domain, error->message);
  lose (self, lane, error != NULL ? ISMB_LOSS_BROKEN : ISMB_LOSS_ENDED);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static void
on_impatient (IsmbLane *lane)
{
  IsmbTraffic *self = lane->owner;
  g_autoptr (GObject) alive = g_object_ref ((GObject *) self->link);

  if (lane->stage == ISMB_LANE_FRESH)
    {
      ismb_mooring_do_without (&self->mooring, lane);
      return;
    }
  SAY (self, INFO, "ended", "%s does not answer on its stream", self->domain);
  lose (self, lane, ISMB_LOSS_BROKEN);
}

/* Taking in */

static void
on_in_use (IsmbLane *lane, gpointer owner)
{
  IsmbTraffic *self = owner;

  ismb_lanes_choose (&self->lanes);
  self->callbacks->in_use (self->link);
}

static void
on_begun_anew (gpointer owner)
{
  IsmbTraffic *self = owner;

  self->callbacks->begun_anew (self->link);
}

static const IsmbMooringCallbacks mooring_callbacks = {
  .in_use = on_in_use,
  .begun_anew = on_begun_anew,
};

void
ismb_traffic_init (IsmbTraffic *self, IsmbLink *link, IsmbLinkContext *context, const char *domain,
                   IsmbOutbox *outbox, const IsmbTrafficCallbacks *callbacks)
{
  self->link = link;
  self->context = context;
  self->domain = domain;
  self->callbacks = callbacks;
  ismb_mooring_init (&self->mooring, context, domain, &self->lanes, outbox, &mooring_callbacks,
                     self);
}

void
ismb_traffic_clear (IsmbTraffic *self)
{
  ismb_lanes_clear (&self->lanes);
  ismb_mooring_clear (&self->mooring);
  ismb_heartbeat_reset (&self->heartbeat);
  ismb_warrant_clear (&self->warrant);
}

/* What another device of that name was told, this one was not; nothing more is heard of that. */
static void
part_from_former (IsmbTraffic *self)
{
  ismb_traffic_end_all (self, "not-authorized");
  ismb_mooring_start_over (&self->mooring);
  self->callbacks->begun_anew (self->link);
}

/* An authenticated stream becomes ours. */
static IsmbLane *
take_in (IsmbTraffic *self, IsmbStream *stream, gboolean ours, gboolean duplex,
         const IsmbProof *proof)
{
  IsmbLane *lane
    = ismb_lane_new (self, self->context->poller, stream, ours, duplex, on_impatient);

  if (ismb_warrant_take (&self->warrant, self->context, proof))
    part_from_former (self);
  ismb_lanes_add (&self->lanes, lane);
  ismb_stream_set_owner (stream, &stream_callbacks, lane);
  ismb_peer_stream_settle (stream, ismb_link_context_get_silence (self->context));
  if (self->context->stanza_max > 0)
    ismb_stream_set_limit (stream, self->context->stanza_max);
  ismb_heartbeat_reset (&self->heartbeat);
  return lane;
}

void
ismb_traffic_begin (IsmbTraffic *self, IsmbStream *stream, gboolean duplex, gboolean managed,
                    const IsmbProof *proof)
{
  IsmbLane *lane = take_in (self, stream, TRUE, duplex, proof);

  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL)
    {
      ismb_lanes_take_out (&self->lanes, lane);
      ismb_lane_part (lane, NULL);
    }
  else
    {
      if (managed)
        ismb_round_trip_ask (&self->round_trip, g_get_monotonic_time ());
      ismb_mooring_begin (&self->mooring, lane, managed);
    }
}

/* Who opens a second stream has begun anew, and knows nothing of what it was told on the first; but
 * where the two are agreed upon, that is told by what is said on the second. */
static void
leave_older (IsmbTraffic *self, gboolean duplex)
{
  gboolean used = FALSE;

  for (guint i = 0; i < ismb_lanes_count (&self->lanes); i++)
    {
      IsmbLane *lane = ismb_lanes_get (&self->lanes, i);

      if (lane->ours || lane->stage == ISMB_LANE_LEAVING
          || (duplex && lane->stage == ISMB_LANE_MANAGED))
        continue;
      used |= is_in_use (lane);
      ismb_lanes_leave (&self->lanes, lane);
    }
  if (used)
    self->callbacks->begun_anew (self->link);
}

void
ismb_traffic_adopt (IsmbTraffic *self, IsmbStream *stream, gboolean duplex, gint64 since,
                    const IsmbProof *proof)
{
  IsmbLane *lane;

  leave_older (self, duplex);
  lane = take_in (self, stream, FALSE, duplex, proof);
  lane->since = since;
  ismb_mooring_await (&self->mooring, lane);
}

/* Silence */

/* Who manages the stream has to answer how far it is; a request to services costs more. What it
 * says while it has something of ours may be no answer. */
static void
ask_for_life (IsmbTraffic *self)
{
  IsmbTether *tether = self->lanes.sending->tether;
  g_autoptr (IsmbFrame) ping = NULL;

  if (tether == NULL || ismb_tether_count_unacked (tether) == 0)
    ismb_round_trip_ask (&self->round_trip, g_get_monotonic_time ());
  if (tether != NULL)
    {
      ismb_tether_ask (tether);
      return;
    }
  ping = ismb_heartbeat_make_ping (&self->heartbeat, self->context->domain, self->domain);
  ismb_lane_send (self->lanes.sending, ping);
}

static void
give_up_all (IsmbTraffic *self)
{
  g_message ("%s has fallen silent", self->domain);
  while (ismb_lanes_count (&self->lanes) > 0)
    {
      IsmbLane *lane = ismb_lanes_get (&self->lanes, 0);

      take_out (self, lane);
      ismb_lane_free (lane);
    }
  self->callbacks->steady (self->link);
  self->callbacks->lost (TRUE, ISMB_LOSS_GONE, self->link);
}

void
ismb_traffic_look_for_life (IsmbTraffic *self)
{
  guint64 heard = ismb_lanes_count_heard (&self->lanes);
  IsmbHeartbeatVerdict verdict = ismb_heartbeat_look (&self->heartbeat, heard);

  if (verdict == ISMB_HEARTBEAT_DEAD)
    give_up_all (self);
  else if (verdict == ISMB_HEARTBEAT_PING)
    ask_for_life (self);
}

static void
leave_all (IsmbTraffic *self)
{
  for (guint i = 0; i < ismb_lanes_count (&self->lanes); i++)
    if (ismb_lanes_get (&self->lanes, i)->stage != ISMB_LANE_LEAVING)
      ismb_lanes_leave (&self->lanes, ismb_lanes_get (&self->lanes, i));
}

void
ismb_traffic_rest (IsmbTraffic *self, guint64 sent)
{
  guint64 seen = sent + ismb_lanes_count_heard (&self->lanes);
  gboolean quiet = seen == self->seen;

  self->seen = seen;
  if (quiet && ismb_lanes_are_even (&self->lanes) && !ismb_lanes_is_rising (&self->lanes))
    leave_all (self);
}
