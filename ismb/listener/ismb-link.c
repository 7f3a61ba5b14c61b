/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-link.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-dialler.h"
#include "ismb/listener/ismb-heartbeat.h"
#include "ismb/listener/ismb-lanes.h"
#include "ismb/listener/ismb-outbox.h"
#include "ismb/listener/ismb-peer-stream.h"
#include "ismb/listener/ismb-warrant.h"

/* The other side can have it said as often as it likes. */
#define SAY(self, level, reason, ...)                                                              \
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_##level, (self)->domain, reason, __VA_ARGS__)
#define SILENCE 10000        /* ms; see IsmbLinkContext */
#define IDLE 60000
#define STEADY (10 * G_USEC_PER_SEC) /* a stream that lived so long was no failure */

struct _IsmbLink
{
  GObject parent_instance;

  IsmbLinkContext *context;
  char *domain;
  IsmbWarrant warrant;
  IsmbLinkState state;
  gboolean persistent;

  IsmbDialler dialler;
  gboolean proving;          /* to be dialled though there is nothing to say */
  IsmbLanes lanes;
  gint64 opened;

  IsmbOutbox outbox;
  IsmbWatch watch;           /* no descriptor: the link's one timer */
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
  if (self->state == state)
    return;
  self->state = state;
  SAY (self, INFO, ismb_link_state_to_string (state), "the link to %s is %s", self->domain,
       ismb_link_state_to_string (state));
  self->context->state (self, state, self->context->user_data);
}

/* Streams */

/* Whatever was said last on a broken stream may not have arrived, so the state goes by `lost` even
 * where another stream remains: who shares presence says it again then. An orderly end counts as a
 * loss where presence is shared: a daemon that is stopped goes that way. */
static void
settle_after_loss (IsmbLink *self, gboolean broken)
{
  gboolean remains = ismb_lanes_is_open (&self->lanes);

  ismb_lanes_choose (&self->lanes);
  if (broken || (!remains && self->persistent))
    set_state (self, ISMB_LINK_STATE_LOST);
  if (!ismb_lanes_is_open (&self->lanes) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
  if (remains && ismb_lanes_is_open (&self->lanes))
    set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

static void
note_end (IsmbLink *self)
{
  if (g_get_monotonic_time () - self->opened > STEADY)
    ismb_candidate_note_steady (&self->dialler.candidate);
}

/* One side has broken the rules; there is nothing more to hear from it. */
static void
break_off (IsmbLink *self, IsmbStream *stream, const char *condition)
{
  if (!ismb_lanes_take_out (&self->lanes, stream))
    {
      ismb_stream_close (stream, condition, NULL); /* one that is leaving anyway */
      return;
    }
  ismb_peer_stream_part (stream, condition);
  note_end (self);
  settle_after_loss (self, TRUE);
}

/* Nothing that is said or heard rests on a certificate that has ended. */
static gboolean
is_entitled (IsmbLink *self)
{
  if (ismb_warrant_holds (&self->warrant, self->context))
    return TRUE;
  SAY (self, MESSAGE, "expired", "the certificate of %s has ended: its streams are closed",
       self->domain);
  note_end (self);
  ismb_lanes_end (&self->lanes, "not-authorized");
  settle_after_loss (self, TRUE);
  return FALSE;
}

static const char *
check_frame (IsmbLink *self, IsmbStream *stream, const IsmbFrame *frame)
{
  if (stream == self->lanes.outgoing && !self->lanes.outgoing_receives)
    return "not-authorized";
  return ismb_peer_stream_check (frame, self->domain, self->context->domain);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  const char *condition = NULL;

  if (!is_entitled (self))
    return;
  if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    {
      SAY (self, INFO, "error", "%s ends its stream: %s", self->domain,
           frame->payload_name != NULL ? frame->payload_name : "no reason given");
      break_off (self, stream, NULL);
    }
  else if ((condition = check_frame (self, stream, frame)) != NULL)
    {
      SAY (self, MESSAGE, condition, "%s breaks the rules of its stream: %s", self->domain,
           condition);
      break_off (self, stream, condition);
    }
  else if (!ismb_heartbeat_takes (&self->heartbeat, frame, self->domain))
    self->context->frame (self, frame, self->context->user_data);
}

/* Nobody opens another stream in an open one. */
static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);

  break_off (self, stream, "bad-format");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  g_autoptr (IsmbStream) gone = NULL;

  if (error != NULL)
    SAY (self, INFO, "ended", "a stream to %s ended: %s", self->domain, error->message);
  if (ismb_lanes_forget (&self->lanes, stream) || !ismb_lanes_take_out (&self->lanes, stream))
    return;
  gone = stream;
  note_end (self);
  settle_after_loss (self, error != NULL);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static guint
silence_of (IsmbLink *self)
{
  return self->context->silence > 0 ? self->context->silence : SILENCE;
}

/* What another device of that name was told, this one was not; and nothing more is heard of that. */
static void
part_from_former (IsmbLink *self, IsmbStream *stream)
{
  ismb_lanes_end_other (&self->lanes, stream, "not-authorized");
  set_state (self, ISMB_LINK_STATE_LOST);
}

/* An authenticated stream becomes ours. */
static void
take_in (IsmbLink *self, IsmbStream **slot, IsmbStream *stream, const IsmbProof *proof)
{
  ismb_lanes_put (&self->lanes, slot, stream);
  ismb_stream_set_owner (stream, &stream_callbacks, self);
  ismb_peer_stream_settle (stream, silence_of (self));
  self->opened = g_get_monotonic_time ();
  ismb_heartbeat_reset (&self->heartbeat);
  if (ismb_warrant_take (&self->warrant, self->context, proof))
    part_from_former (self, stream);
  self->proving = FALSE;
  ismb_lanes_choose (&self->lanes);
  if (self->lanes.sending != NULL)
    ismb_outbox_flush (&self->outbox, self->lanes.sending);
  set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

/* Dialling */

static gboolean
can_dial (IsmbLink *self)
{
  return ismb_dialler_can_dial (&self->dialler, ismb_warrant_get_device_id (&self->warrant));
}

static void
on_established (IsmbStream *stream, gboolean receives, const IsmbProof *proof, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);

  self->lanes.outgoing_receives = receives;
  take_in (self, &self->lanes.outgoing, stream, proof);
}

static void
on_failed (const GError *error, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);

  SAY (self, INFO, "unreachable", "cannot reach %s: %s", self->domain, error->message);
  if (!ismb_lanes_is_open (&self->lanes) &&
      (self->persistent || ismb_warrant_is_given (&self->warrant)))
    set_state (self, ISMB_LINK_STATE_LOST);
  ismb_outbox_bounce_all (&self->outbox, ismb_outbound_name_condition (error));
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
  ismb_dialler_dial (&self->dialler, self->domain, ismb_warrant_is_given (&self->warrant),
                     !ismb_outbox_is_empty (&self->outbox));
  if (self->dialler.outbound != NULL)
    self->proving = FALSE;
}

/* The timer */

static void
lose (IsmbLink *self)
{
  g_message ("%s has fallen silent", self->domain);
  ismb_lanes_drop (&self->lanes);
  ismb_candidate_note_steady (&self->dialler.candidate);
  settle_after_loss (self, TRUE);
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
    {
      g_autoptr (IsmbFrame) ping
        = ismb_heartbeat_make_ping (&self->heartbeat, self->context->domain, self->domain);

      ismb_stream_send_frame (self->lanes.sending, ping);
    }
  plan (self);
}

static void
look_for_traffic (IsmbLink *self)
{
  guint64 traffic = self->outbox.sent + ismb_lanes_count_heard (&self->lanes);
  gboolean quiet = traffic == self->traffic;

  self->traffic = traffic;
  if (quiet)
    ismb_lanes_leave_both (&self->lanes);
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
  return self->lanes.sending == NULL &&
         (self->persistent || self->proving || !ismb_outbox_is_empty (&self->outbox));
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

static void
deliver_by_dialling (IsmbLink *self, IsmbFrame *frame)
{
  if (!can_dial (self))
    {
      g_debug ("%s cannot be reached: no address of it is known, or it or we are no member",
               self->domain);
      ismb_outbox_bounce (&self->outbox, frame, "remote-server-not-found");
      return;
    }
  if (ismb_candidate_has_just_failed (&self->dialler.candidate))
    {
      ismb_outbox_bounce (&self->outbox, frame, "remote-server-timeout");
      return;
    }
  ismb_outbox_keep (&self->outbox, frame);
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
  else if (self->dialler.outbound != NULL)
    ismb_outbox_keep (&self->outbox, frame);
  else
    deliver_by_dialling (self, frame);
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
  ismb_dialler_stop (&self->dialler);
  ismb_lanes_clear (&self->lanes);
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
}

IsmbLink *
ismb_link_new (IsmbLinkContext *context, const char *domain)
{
  IsmbLink *self = g_object_new (ISMB_TYPE_LINK, NULL);

  self->context = context;
  self->domain = g_strdup (domain);
  ismb_dialler_init (&self->dialler, context, &dialler_callbacks, self);
  ismb_outbox_init (&self->outbox, self, context, self->domain);
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

gboolean
ismb_link_is_wanted (IsmbLink *self)
{
  return self->persistent || ismb_lanes_is_open (&self->lanes) ||
         !ismb_outbox_is_empty (&self->outbox);
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
  if (self->lanes.sending != NULL || self->dialler.outbound != NULL || !can_dial (self))
    return;
  self->proving = TRUE;
  plan (self);
}

void
ismb_link_adopt (IsmbLink *self, IsmbStream *stream, gboolean sends, const IsmbProof *proof)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  /* The other side opens no second stream while it has one: it has begun anew, and knows nothing of
   * what it was told before. */
  if (self->lanes.incoming != NULL)
    {
      ismb_lanes_leave (&self->lanes, self->lanes.incoming);
      set_state (self, ISMB_LINK_STATE_LOST);
    }
  self->lanes.incoming_sends = sends;
  take_in (self, &self->lanes.incoming, stream, proof);
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
  ismb_lanes_end (&self->lanes, condition);
  ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
  settle_after_loss (self, was_up);
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

static void
cut (IsmbStream *stream)
{
  if (stream != NULL)
    ismb_socket_cut (ismb_stream_get_fd (stream));
}

void
ismb_link_cut (IsmbLink *self)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);
  g_autoptr (GError) error = NULL;

  cut (self->lanes.outgoing);
  cut (self->lanes.incoming);
  if (self->dialler.outbound == NULL)
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
  ismb_lanes_end (&self->lanes, condition);
  ismb_outbox_clear (&self->outbox);
  self->persistent = FALSE;
  self->state = ISMB_LINK_STATE_IDLE;
  plan (self);
}
