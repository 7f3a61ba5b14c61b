/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-link.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-dialler.h"
#include "ismb/listener/ismb-heartbeat.h"
#include "ismb/listener/ismb-mooring.h"
#include "ismb/listener/ismb-peer-stream.h"
#include "ismb/listener/ismb-warrant.h"

/* The other side can have it said as often as it likes. */
#define SAY(self, level, reason, ...)                                                              \
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_##level, (self)->domain, reason, __VA_ARGS__)
#define SILENCE 10000        /* ms; see IsmbLinkContext */
#define IDLE 60000
#define STEADY (10 * G_USEC_PER_SEC) /* a stream that lived so long was no failure */
#define SUSPENSE 500 /* ms for which a stream that broke may be resumed before it is lost */

struct _IsmbLink
{
  GObject parent_instance;

  IsmbLinkContext *context;
  char *domain;
  IsmbWarrant warrant;
  IsmbLinkState state;
  gboolean persistent;
  gboolean remembered;   /* it was a member before we started, and may not have proven it since */

  IsmbDialler dialler;
  gboolean proving;          /* to be dialled though there is nothing to say */
  gboolean healthy;          /* something came since a stream was last in use */
  IsmbLanes lanes;
  IsmbMooring mooring;

  IsmbOutbox outbox;
  IsmbWatch watch;           /* no descriptor: the link's timer */
  IsmbWatch suspense;        /* no descriptor: is what broke lost? */
  gboolean suspended;
  IsmbHeartbeat heartbeat;
  guint64 traffic;           /* stanzas sent and bytes heard, when it was last looked at */
};

static void ismb_link_sink_init (IsmbSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbLink, ismb_link, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, ismb_link_sink_init))

static void plan (IsmbLink *self);

/* State */

static void
set_state (IsmbLink *self, IsmbLinkState state)
{
  self->suspended = FALSE;
  if (self->state == state)
    return;
  self->state = state;
  SAY (self, INFO, ismb_link_state_to_string (state), "the link to %s is %s", self->domain,
       ismb_link_state_to_string (state));
  self->context->state (self, state, self->context->user_data);
}

/* Streams */

typedef enum
{
  ENDED,  /* in order */
  BROKEN, /* another may go on where it stopped */
  GONE,   /* whoever was there is not, or is not to be believed */
} Loss;

/* What can be resumed is not lost yet. An orderly end counts as a loss where presence is shared: a
 * daemon that is stopped goes that way. */
static void
settle_after_loss (IsmbLink *self, Loss loss)
{
  gboolean resumable = self->mooring.loose != NULL && self->state == ISMB_LINK_STATE_UP;

  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL)
    ismb_outbox_flush (&self->outbox, self->lanes.sending);
  if (loss == BROKEN && resumable && self->lanes.sending == NULL)
    {
      self->suspended = TRUE;
      ismb_poller_set_deadline (self->context->poller, &self->suspense, SUSPENSE);
    }
  else if (loss != ENDED || (self->persistent && !ismb_lanes_is_open (&self->lanes)))
    set_state (self, ISMB_LINK_STATE_LOST);
  else if (!ismb_lanes_is_open (&self->lanes) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
  if (self->lanes.sending != NULL)
    set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

static void
on_suspense (IsmbWatch *watch)
{
  g_autoptr (IsmbLink) self
    = g_object_ref ((IsmbLink *) ((char *) watch - G_STRUCT_OFFSET (IsmbLink, suspense)));

  if (self->suspended)
    set_state (self, ISMB_LINK_STATE_LOST);
}

static gboolean
is_in_use (const IsmbLane *lane)
{
  return lane->stage == ISMB_LANE_PLAIN || lane->stage == ISMB_LANE_MANAGED;
}

static void
note_end (IsmbLink *self, const IsmbLane *lane)
{
  if (is_in_use (lane)
      && (self->healthy || g_get_monotonic_time () - lane->since > STEADY))
    ismb_candidate_note_steady (&self->dialler.candidate);
  self->healthy = FALSE;
}

/* The caller frees it; its tether stays. */
static void
take_out (IsmbLink *self, IsmbLane *lane)
{
  note_end (self, lane);
  ismb_mooring_keep (&self->mooring, lane);
  ismb_lanes_take_out (&self->lanes, lane);
}

/* Those we ended are heard no more either. `condition`: as of ismb_peer_stream_part (). */
static void
end_all (IsmbLink *self, const char *condition)
{
  while (ismb_lanes_count (&self->lanes) > 0)
    {
      IsmbLane *lane = ismb_lanes_get (&self->lanes, 0);

      take_out (self, lane);
      ismb_lane_part (lane, condition);
    }
}

/* One that was never in use takes nothing away. */
static void
settle_without (IsmbLink *self, IsmbLaneStage stage, Loss loss)
{
  gboolean used = stage == ISMB_LANE_PLAIN || stage == ISMB_LANE_MANAGED;
  gboolean bare = self->state == ISMB_LINK_STATE_UP && !self->suspended
                  && !ismb_lanes_is_open (&self->lanes);

  if (used || bare)
    settle_after_loss (self, loss);
  else
    plan (self);
}

/* One side has broken the rules; there is nothing more to hear from it. */
static void
break_off (IsmbLink *self, IsmbLane *lane, const char *condition)
{
  IsmbLaneStage stage = lane->stage;

  take_out (self, lane);
  ismb_lane_part (lane, condition);
  ismb_mooring_start_over (&self->mooring);
  settle_without (self, stage, GONE);
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
hear_error (IsmbLink *self, IsmbLane *lane, const IsmbFrame *frame)
{
  IsmbLaneStage stage = lane->stage;

  SAY (self, INFO, "error", "%s ends its stream: %s", self->domain,
       frame->payload_name != NULL ? frame->payload_name : "no reason given");
  take_out (self, lane);
  ismb_lane_part (lane, NULL);
  if (is_our_fault (frame->payload_name))
    ismb_mooring_give_up (&self->mooring, "remote-server-timeout");
  settle_without (self, stage, GONE);
}

/* Nothing that is said or heard rests on a certificate that has ended. */
static gboolean
is_entitled (IsmbLink *self)
{
  if (ismb_warrant_holds (&self->warrant, self->context))
    return TRUE;
  SAY (self, MESSAGE, "expired", "the certificate of %s has ended: its streams are closed",
       self->domain);
  end_all (self, "not-authorized");
  settle_after_loss (self, GONE);
  return FALSE;
}

static void
hear_stanza (IsmbLink *self, IsmbLane *lane, IsmbFrame *frame)
{
  if (lane->stage == ISMB_LANE_FRESH)
    ismb_mooring_do_without (&self->mooring, lane);
  self->healthy = TRUE;
  if (lane->tether != NULL && !ismb_tether_receive (lane->tether, frame))
    return;
  if (!ismb_heartbeat_takes (&self->heartbeat, frame, self->domain))
    self->context->frame (self, frame, self->context->user_data);
}

static const char *
check_frame (IsmbLink *self, const IsmbLane *lane, const IsmbFrame *frame)
{
  if (!ismb_lane_receives (lane))
    return "not-authorized";
  return ismb_peer_stream_check (frame, self->domain, self->context->domain);
}

static gboolean
knows_word (IsmbLink *self, IsmbStream *stream, IsmbFrame *frame)
{
  return self->context->word != NULL &&
         self->context->word (self, stream, frame, self->context->user_data);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbLane *lane = owner;
  g_autoptr (IsmbLink) self = g_object_ref (lane->link);
  const char *condition = NULL;
  IsmbSmWord word;

  if (!is_entitled (self))
    return;
  if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    {
      hear_error (self, lane, frame);
      return;
    }
  if (ismb_sm_word_read (&word, frame))
    condition = ismb_mooring_hear (&self->mooring, lane, &word, frame);
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
  g_autoptr (IsmbLink) self = g_object_ref (lane->link);

  break_off (self, lane, "bad-format");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbLane *lane = owner;
  g_autoptr (IsmbLink) self = g_object_ref (lane->link);
  IsmbLaneStage stage = lane->stage;

  if (error != NULL)
    SAY (self, INFO, "ended", "a stream to %s ended: %s", self->domain, error->message);
  take_out (self, lane);
  ismb_lane_free (lane);
  settle_without (self, stage, error != NULL ? BROKEN : ENDED);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static void
on_impatient (IsmbLane *lane)
{
  g_autoptr (IsmbLink) self = g_object_ref (lane->link);
  IsmbLaneStage stage = lane->stage;

  if (stage == ISMB_LANE_FRESH)
    {
      ismb_mooring_do_without (&self->mooring, lane);
      return;
    }
  SAY (self, INFO, "ended", "%s does not answer on its stream", self->domain);
  take_out (self, lane);
  ismb_lane_free (lane);
  settle_without (self, stage, BROKEN);
}

static guint
silence_of (IsmbLink *self)
{
  return self->context->silence > 0 ? self->context->silence : SILENCE;
}

/* What another device of that name was told, this one was not; and nothing more is heard of that. */
static void
part_from_former (IsmbLink *self)
{
  end_all (self, "not-authorized");
  ismb_mooring_start_over (&self->mooring);
  set_state (self, ISMB_LINK_STATE_LOST);
}

/* An authenticated stream becomes ours. */
static IsmbLane *
take_in (IsmbLink *self, IsmbStream *stream, gboolean ours, gboolean duplex,
         const IsmbProof *proof)
{
  IsmbLane *lane
    = ismb_lane_new (self, self->context->poller, stream, ours, duplex, on_impatient);

  if (ismb_warrant_take (&self->warrant, self->context, proof))
    part_from_former (self);
  ismb_lanes_add (&self->lanes, lane);
  ismb_stream_set_owner (stream, &stream_callbacks, lane);
  ismb_peer_stream_settle (stream, silence_of (self));
  if (self->context->stanza_max > 0)
    ismb_stream_set_limit (stream, self->context->stanza_max);
  ismb_heartbeat_reset (&self->heartbeat);
  self->proving = FALSE;
  return lane;
}

static void
on_in_use (IsmbLane *lane, gpointer owner)
{
  IsmbLink *self = owner;

  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL)
    ismb_outbox_flush (&self->outbox, self->lanes.sending);
  set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

static void
on_begun_anew (gpointer owner)
{
  set_state (owner, ISMB_LINK_STATE_LOST);
}

static const IsmbMooringCallbacks mooring_callbacks = {
  .in_use = on_in_use,
  .begun_anew = on_begun_anew,
};

/* Dialling */

static gboolean
can_dial (IsmbLink *self)
{
  return ismb_dialler_can_dial (&self->dialler, ismb_warrant_get_device_id (&self->warrant));
}

static gboolean
is_known (IsmbLink *self)
{
  gboolean proven = ismb_warrant_is_given (&self->warrant)
                    && ismb_warrant_holds (&self->warrant, self->context);

  return (proven || self->remembered)
         && !ismb_dialler_is_barred (&self->dialler, ismb_warrant_get_device_id (&self->warrant));
}

/* The other end may have been quicker: then there is one, and one is enough. */
static void
on_established (IsmbStream *stream, gboolean receives, gboolean managed, const IsmbProof *proof,
                gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  IsmbLane *lane;

  lane = take_in (self, stream, TRUE, receives, proof);
  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL)
    {
      ismb_lanes_take_out (&self->lanes, lane);
      ismb_lane_part (lane, NULL);
    }
  else
    ismb_mooring_begin (&self->mooring, lane, managed);
  plan (self);
}

static void
on_failed (const GError *error, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  const char *condition = ismb_outbound_name_condition (error);

  SAY (self, INFO, "unreachable", "cannot reach %s: %s", self->domain, error->message);
  if (!ismb_lanes_is_open (&self->lanes) &&
      (self->persistent || ismb_warrant_is_given (&self->warrant)))
    set_state (self, ISMB_LINK_STATE_LOST);
  if (is_known (self) && !g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED))
    ismb_outbox_bounce_passing (&self->outbox, condition);
  else
    ismb_outbox_bounce_all (&self->outbox, condition);
  plan (self);
}

static const IsmbDiallerCallbacks dialler_callbacks = {
  .established = on_established,
  .failed = on_failed,
};

/* What there is no place for yet, plan () tries again. */
static void
dial (IsmbLink *self)
{
  gboolean known = self->context->foreign || ismb_warrant_is_given (&self->warrant);

  ismb_dialler_dial (&self->dialler, self->domain, known,
                     !ismb_outbox_is_empty (&self->outbox));
  if (self->dialler.outbound != NULL)
    self->proving = FALSE;
}

/* The timer */

static void
lose (IsmbLink *self)
{
  g_message ("%s has fallen silent", self->domain);
  while (ismb_lanes_count (&self->lanes) > 0)
    {
      IsmbLane *lane = ismb_lanes_get (&self->lanes, 0);

      take_out (self, lane);
      ismb_lane_free (lane);
    }
  ismb_candidate_note_steady (&self->dialler.candidate);
  settle_after_loss (self, GONE);
}

/* Who manages the stream has to answer how far it is; a request to somebody's services costs more. */
static void
ask_for_life (IsmbLink *self)
{
  g_autoptr (IsmbFrame) ping = NULL;

  if (self->lanes.sending->tether != NULL)
    {
      ismb_tether_ask (self->lanes.sending->tether);
      return;
    }
  ping = ismb_heartbeat_make_ping (&self->heartbeat, self->context->domain, self->domain);
  ismb_lane_send (self->lanes.sending, ping);
}

static void
look_for_life (IsmbLink *self)
{
  guint64 heard = ismb_lanes_count_heard (&self->lanes);
  IsmbHeartbeatVerdict verdict = ismb_heartbeat_look (&self->heartbeat, heard);

  if (verdict == ISMB_HEARTBEAT_DEAD)
    {
      lose (self);
      return;
    }
  if (verdict == ISMB_HEARTBEAT_PING)
    ask_for_life (self);
  plan (self);
}

static void
leave_all (IsmbLink *self)
{
  for (guint i = 0; i < ismb_lanes_count (&self->lanes); i++)
    if (ismb_lanes_get (&self->lanes, i)->stage != ISMB_LANE_LEAVING)
      ismb_lanes_leave (&self->lanes, ismb_lanes_get (&self->lanes, i));
}

static void
look_for_traffic (IsmbLink *self)
{
  guint64 traffic = self->outbox.sent + ismb_lanes_count_heard (&self->lanes);
  gboolean quiet = traffic == self->traffic;

  self->traffic = traffic;
  if (quiet && ismb_lanes_are_even (&self->lanes) && !ismb_lanes_is_rising (&self->lanes))
    leave_all (self);
  if (!ismb_lanes_is_open (&self->lanes) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
  plan (self);
}

static gboolean
is_watched (IsmbLink *self)
{
  return self->persistent && self->lanes.sending != NULL;
}

static gboolean
wants_stream (IsmbLink *self)
{
  return self->lanes.sending == NULL && !ismb_lanes_is_rising (&self->lanes) &&
         (self->persistent || self->proving || ismb_mooring_owes (&self->mooring) ||
          !ismb_outbox_is_empty (&self->outbox));
}

/* What the link waits for next, from what it is now. */
static void
plan (IsmbLink *self)
{
  guint milliseconds = 0;

  if (is_watched (self))
    milliseconds = silence_of (self) / ISMB_HEARTBEAT_LOOKS;
  else if (wants_stream (self) && self->dialler.outbound == NULL && can_dial (self))
    milliseconds = ismb_dialler_get_pause (&self->dialler, !ismb_outbox_is_empty (&self->outbox));
  else if (!self->persistent && ismb_lanes_is_open (&self->lanes))
    milliseconds = self->context->idle > 0 ? self->context->idle : IDLE;
  ismb_poller_set_deadline (self->context->poller, &self->watch, milliseconds);
}

static void
on_deadline (IsmbWatch *watch)
{
  g_autoptr (IsmbLink) self
    = g_object_ref ((IsmbLink *) ((char *) watch - G_STRUCT_OFFSET (IsmbLink, watch)));

  if (ismb_lanes_is_open (&self->lanes) && !is_entitled (self))
    return;
  if (is_watched (self))
    look_for_life (self);
  else if (wants_stream (self))
    {
      if (self->dialler.outbound == NULL && can_dial (self))
        dial (self);
      plan (self);
    }
  else
    look_for_traffic (self);
}

/* The sink */

static gboolean
is_under_way (IsmbLink *self)
{
  return self->dialler.outbound != NULL || ismb_lanes_is_rising (&self->lanes);
}

/* Why nobody waits, or NULL: a member that is down may be back before long, and what is to arrive
 * waits for it; somebody whom we never saw has one dial's time. */
static const char *
find_reason (IsmbLink *self, const IsmbFrame *frame)
{
  gboolean known = is_known (self);

  if (is_under_way (self) || (known && ismb_outbox_is_lasting (frame)))
    return NULL;
  if (!can_dial (self))
    return known ? "remote-server-timeout" : "remote-server-not-found";
  return ismb_candidate_has_just_failed (&self->dialler.candidate) ? "remote-server-timeout" : NULL;
}

static void
wait_or_bounce (IsmbLink *self, IsmbFrame *frame)
{
  const char *reason = find_reason (self, frame);

  if (reason != NULL)
    {
      g_debug ("%s cannot be reached: %s", self->domain, reason);
      ismb_outbox_bounce (&self->outbox, frame, reason);
      return;
    }
  ismb_outbox_keep (&self->outbox, frame);
  if (!is_under_way (self) && can_dial (self)
      && (!is_known (self) || ismb_dialler_get_pause (&self->dialler, TRUE) <= 1))
    dial (self);
  plan (self);
}

static void
ismb_link_deliver (IsmbSink *sink, IsmbFrame *frame)
{
  IsmbLink *self = ISMB_LINK (sink);

  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL && is_entitled (self))
    ismb_outbox_send (&self->outbox, self->lanes.sending, frame);
  else
    wait_or_bounce (self, frame);
}

static void
ismb_link_sink_init (IsmbSinkInterface *iface)
{
  iface->deliver = ismb_link_deliver;
}

/* The object */

static void
ismb_link_dispose (GObject *object)
{
  IsmbLink *self = ISMB_LINK (object);

  ismb_poller_remove (self->context->poller, &self->watch);
  ismb_poller_remove (self->context->poller, &self->suspense);
  ismb_dialler_stop (&self->dialler);
  ismb_lanes_clear (&self->lanes);
  ismb_mooring_clear (&self->mooring);
  ismb_outbox_clear (&self->outbox);
  G_OBJECT_CLASS (ismb_link_parent_class)->dispose (object);
}

static void
ismb_link_finalize (GObject *object)
{
  IsmbLink *self = ISMB_LINK (object);

  ismb_heartbeat_reset (&self->heartbeat);
  ismb_warrant_clear (&self->warrant);
  ismb_candidate_clear (&self->dialler.candidate);
  g_clear_pointer (&self->domain, g_free);
  G_OBJECT_CLASS (ismb_link_parent_class)->finalize (object);
}

static void
ismb_link_class_init (IsmbLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_link_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_link_finalize;
}

static void
ismb_link_init (IsmbLink *self)
{
  self->watch = (IsmbWatch) { .deadline = on_deadline };
  self->suspense = (IsmbWatch) { .deadline = on_suspense };
}

IsmbLink *
ismb_link_new (IsmbLinkContext *context, const char *domain)
{
  IsmbLink *self = g_object_new (ISMB_TYPE_LINK, NULL);

  self->context = context;
  self->domain = g_strdup (domain);
  ismb_dialler_init (&self->dialler, context, &dialler_callbacks, self);
  ismb_outbox_init (&self->outbox, self, context, self->domain);
  ismb_mooring_init (&self->mooring, context, self->domain, &self->lanes, &self->outbox,
                     &mooring_callbacks, self);
  return self;
}

const char *
ismb_link_get_domain (IsmbLink *self)
{
  return self->domain;
}

void
ismb_link_set_candidate (IsmbLink *self, const char *const *addresses, guint16 port,
                         const char *device_id)
{
  ismb_candidate_set (&self->dialler.candidate, addresses, port, device_id);
  /* The name of one that is out is another device's now. */
  if (self->warrant.trust == ISMB_TRUST_REVOKED
      && !ismb_dialler_is_barred (&self->dialler, ismb_warrant_get_device_id (&self->warrant)))
    ismb_warrant_clear (&self->warrant);
  plan (self);
}

IsmbCandidate *
ismb_link_get_candidate (IsmbLink *self)
{
  return &self->dialler.candidate;
}

const char *const *
ismb_link_get_addresses (IsmbLink *self)
{
  return ismb_candidate_get_addresses (&self->dialler.candidate);
}

guint16
ismb_link_get_port (IsmbLink *self)
{
  return self->dialler.candidate.ports[0];
}

const char *
ismb_link_get_device_id (IsmbLink *self)
{
  return ismb_warrant_get_device_id (&self->warrant) ?: self->dialler.candidate.device_id;
}

void
ismb_link_set_remembered (IsmbLink *self, gboolean remembered)
{
  self->remembered = remembered;
}

gboolean
ismb_link_is_wanted (IsmbLink *self)
{
  return self->persistent || ismb_lanes_is_open (&self->lanes) ||
         ismb_mooring_owes (&self->mooring) || !ismb_outbox_is_empty (&self->outbox);
}

gboolean
ismb_link_keeps_something (IsmbLink *self)
{
  return self->mooring.loose != NULL || !ismb_outbox_is_empty (&self->outbox);
}

const IsmbProof *
ismb_link_get_proof (IsmbLink *self)
{
  return self->warrant.proof;
}

IsmbLinkState
ismb_link_get_state (IsmbLink *self)
{
  return self->state;
}

IsmbTrust
ismb_link_get_trust (IsmbLink *self)
{
  if (self->warrant.trust == ISMB_TRUST_PENDING &&
      ismb_dialler_is_barred (&self->dialler, NULL))
    return ISMB_TRUST_REVOKED;
  return self->warrant.trust;
}

void
ismb_link_set_persistent (IsmbLink *self, gboolean persistent)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  if (self->persistent == persistent)
    return;
  self->persistent = persistent;
  ismb_heartbeat_reset (&self->heartbeat);
  if (persistent && !ismb_lanes_is_open (&self->lanes) && self->dialler.outbound == NULL &&
      !can_dial (self))
    set_state (self, ISMB_LINK_STATE_LOST);
  plan (self);
}

void
ismb_link_dial (IsmbLink *self)
{
  if (self->lanes.sending != NULL || is_under_way (self) || !can_dial (self))
    return;
  self->proving = TRUE;
  plan (self);
}

/* Who opens a second stream has begun anew, and knows nothing of what it was told on the first; but
 * where the two are agreed upon, that is told by what is said on the second. */
static void
leave_older (IsmbLink *self, gboolean duplex)
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
    set_state (self, ISMB_LINK_STATE_LOST);
}

void
ismb_link_adopt (IsmbLink *self, IsmbStream *stream, gboolean sends, gint64 since,
                 const IsmbProof *proof)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);
  IsmbLane *lane;

  leave_older (self, sends);
  lane = take_in (self, stream, FALSE, sends, proof);
  lane->since = since;
  ismb_mooring_await (&self->mooring, lane);
  plan (self);
}

void
ismb_link_renew (IsmbLink *self, const IsmbProof *proof)
{
  ismb_warrant_take (&self->warrant, self->context, proof);
}

static void
end (IsmbLink *self, const char *condition)
{
  gboolean was_up = self->state == ISMB_LINK_STATE_UP;

  ismb_dialler_stop (&self->dialler);
  self->proving = FALSE;
  end_all (self, condition);
  ismb_mooring_give_up (&self->mooring, "remote-server-not-found");
  ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
  settle_after_loss (self, was_up ? GONE : ENDED);
}

void
ismb_link_bar (IsmbLink *self)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  if (ismb_warrant_get_device_id (&self->warrant) != NULL)
    ismb_warrant_revoke (&self->warrant);
  end (self, "not-authorized");
}

void
ismb_link_disown (IsmbLink *self)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  ismb_warrant_clear (&self->warrant);
  end (self, NULL);
}

void
ismb_link_cut (IsmbLink *self, IsmbOwnAddresses *remaining)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ismb_lanes_count (&self->lanes); i++)
    ismb_own_addresses_cut (remaining,
                            ismb_stream_get_fd (ismb_lanes_get (&self->lanes, i)->stream));
  if (remaining != NULL || self->dialler.outbound == NULL)
    return;
  ismb_dialler_stop (&self->dialler);
  error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the network is gone");
  on_failed (error, self);
}

void
ismb_link_resume (IsmbLink *self)
{
  ismb_candidate_note_steady (&self->dialler.candidate);
  self->dialler.candidate.failed = 0;
  plan (self);
}

void
ismb_link_close (IsmbLink *self, const char *condition)
{
  ismb_dialler_stop (&self->dialler);
  self->proving = FALSE;
  self->suspended = FALSE;
  end_all (self, condition);
  if (condition == NULL)
    {
      ismb_mooring_give_up (&self->mooring, "remote-server-not-found");
      ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
    }
  ismb_mooring_clear (&self->mooring);
  ismb_outbox_clear (&self->outbox);
  self->persistent = FALSE;
  self->state = ISMB_LINK_STATE_IDLE;
  plan (self);
}
