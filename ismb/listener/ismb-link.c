/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-link.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-peer-private.h"
#include "ismb/listener/ismb-dialler.h"
#include "ismb/listener/ismb-traffic.h"

/* The other side can have it said as often as it likes. */
#define SAY(self, level, reason, ...)                                                              \
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_##level, (self)->domain, reason, __VA_ARGS__)
#define IDLE 60000   /* ms; see IsmbLinkContext */
#define SUSPENSE 500 /* ms for which a stream that broke may be resumed before it is lost */

struct _IsmbLink
{
  GObject parent_instance;

  IsmbLinkContext *context;
  char *domain;
  IsmbLinkState state;
  gboolean persistent;
  gboolean remembered;   /* it was a member before we started, and may not have proven it since */

  IsmbDialler dialler;
  gboolean proving;          /* to be dialled though there is nothing to say */
  IsmbTraffic traffic;
  IsmbOutbox outbox;
  IsmbWatch watch;           /* no descriptor: the link's timer */
  IsmbWatch suspense;        /* no descriptor: is what broke lost? */
  gboolean suspended;
};

static void ismb_link_sink_init (IsmbSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbLink, ismb_link, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, ismb_link_sink_init))

static void plan (IsmbLink *self);

static gboolean
is_open (IsmbLink *self)
{
  return ismb_lanes_is_open (&self->traffic.lanes);
}

static const char *
get_proven_id (IsmbLink *self)
{
  return ismb_warrant_get_device_id (&self->traffic.warrant);
}

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

/* What can be resumed is not lost yet. An orderly end counts as a loss where presence is shared: a
 * daemon that is stopped goes that way. */
static void
settle_after_loss (IsmbLink *self, IsmbLoss loss)
{
  gboolean resumable = self->traffic.mooring.loose != NULL && self->state == ISMB_LINK_STATE_UP;

  ismb_lanes_choose (&self->traffic.lanes);
  if (self->traffic.lanes.sending != NULL)
    ismb_outbox_flush (&self->outbox, self->traffic.lanes.sending);
  if (loss == ISMB_LOSS_BROKEN && resumable && self->traffic.lanes.sending == NULL)
    {
      self->suspended = TRUE;
      ismb_poller_set_deadline (self->context->poller, &self->suspense, SUSPENSE);
    }
  else if (loss != ISMB_LOSS_ENDED || (self->persistent && !is_open (self)))
    set_state (self, ISMB_LINK_STATE_LOST);
  else if (!is_open (self) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
  if (self->traffic.lanes.sending != NULL)
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

/* One that was never in use takes nothing away. */
static void
on_lost (gboolean used, IsmbLoss loss, gpointer owner)
{
  IsmbLink *self = owner;
  gboolean bare = self->state == ISMB_LINK_STATE_UP && !self->suspended && !is_open (self);

  if (used || bare)
    settle_after_loss (self, loss);
  else
    plan (self);
}

static void
on_in_use (gpointer owner)
{
  IsmbLink *self = owner;

  if (self->traffic.lanes.sending != NULL)
    ismb_outbox_flush (&self->outbox, self->traffic.lanes.sending);
  set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

static void
on_begun_anew (gpointer owner)
{
  set_state (owner, ISMB_LINK_STATE_LOST);
}

static void
on_steady (gpointer owner)
{
  IsmbLink *self = owner;

  ismb_candidate_note_steady (&self->dialler.candidate);
}

static const IsmbTrafficCallbacks traffic_callbacks = {
  .in_use = on_in_use,
  .begun_anew = on_begun_anew,
  .lost = on_lost,
  .steady = on_steady,
};

/* Dialling */

static gboolean
can_dial (IsmbLink *self)
{
  return ismb_dialler_can_dial (&self->dialler, get_proven_id (self));
}

static gboolean
is_known (IsmbLink *self)
{
  gboolean proven = ismb_warrant_is_given (&self->traffic.warrant)
                    && ismb_warrant_holds (&self->traffic.warrant, self->context);

  return (proven || self->remembered)
         && !ismb_dialler_is_barred (&self->dialler, get_proven_id (self));
}

static void
on_established (IsmbStream *stream, gboolean receives, gboolean managed, const IsmbProof *proof,
                gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);

  self->proving = FALSE;
  ismb_traffic_begin (&self->traffic, stream, receives, managed, proof);
  plan (self);
}

static void
on_failed (const GError *error, const char *stranger, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  const char *condition = ismb_outbound_name_condition (error);

  SAY (self, INFO, "unreachable", "cannot reach %s: %s", self->domain, error->message);
  if (stranger != NULL)
    ismb_link_doubt (self, stranger);
  if (!is_open (self) && (self->persistent || ismb_warrant_is_given (&self->traffic.warrant)))
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
  gboolean known = self->context->foreign || ismb_warrant_is_given (&self->traffic.warrant);

  ismb_dialler_dial (&self->dialler, self->domain, known,
                     !ismb_outbox_is_empty (&self->outbox));
  if (self->dialler.outbound != NULL)
    self->proving = FALSE;
}

/* The timer */

static void
look_for_traffic (IsmbLink *self)
{
  ismb_traffic_rest (&self->traffic, self->outbox.sent);
  if (!is_open (self) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
}

static gboolean
is_watched (IsmbLink *self)
{
  return self->persistent && self->traffic.lanes.sending != NULL;
}

static gboolean
wants_stream (IsmbLink *self)
{
  return self->traffic.lanes.sending == NULL && !ismb_lanes_is_rising (&self->traffic.lanes) &&
         (self->persistent || self->proving || ismb_mooring_owes (&self->traffic.mooring) ||
          !ismb_outbox_is_empty (&self->outbox));
}

/* What the link waits for next, from what it is now. */
static void
plan (IsmbLink *self)
{
  guint milliseconds = 0;

  if (is_watched (self))
    milliseconds = ismb_link_context_get_silence (self->context) / ISMB_HEARTBEAT_LOOKS;
  else if (wants_stream (self) && self->dialler.outbound == NULL && can_dial (self))
    milliseconds = ismb_dialler_get_pause (&self->dialler, !ismb_outbox_is_empty (&self->outbox));
  else if (!self->persistent && is_open (self))
    milliseconds = self->context->idle > 0 ? self->context->idle : IDLE;
  ismb_poller_set_deadline (self->context->poller, &self->watch, milliseconds);
}

static void
on_deadline (IsmbWatch *watch)
{
  g_autoptr (IsmbLink) self
    = g_object_ref ((IsmbLink *) ((char *) watch - G_STRUCT_OFFSET (IsmbLink, watch)));

  if (is_open (self) && !ismb_traffic_is_entitled (&self->traffic))
    return;
  if (is_watched (self))
    ismb_traffic_look_for_life (&self->traffic);
  else if (!wants_stream (self))
    look_for_traffic (self);
  else if (self->dialler.outbound == NULL && can_dial (self))
    dial (self);
  plan (self);
}

/* The sink */

static gboolean
is_under_way (IsmbLink *self)
{
  return self->dialler.outbound != NULL || ismb_lanes_is_rising (&self->traffic.lanes);
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

  ismb_lanes_choose (&self->traffic.lanes);
  if (self->traffic.lanes.sending != NULL && ismb_traffic_is_entitled (&self->traffic))
    ismb_outbox_send (&self->outbox, self->traffic.lanes.sending, frame);
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
  ismb_traffic_clear (&self->traffic);
  ismb_outbox_clear (&self->outbox);
  G_OBJECT_CLASS (ismb_link_parent_class)->dispose (object);
}

static void
ismb_link_finalize (GObject *object)
{
  IsmbLink *self = ISMB_LINK (object);

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
  ismb_traffic_init (&self->traffic, self, context, self->domain, &self->outbox,
                     &traffic_callbacks);
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
  if (self->traffic.warrant.trust == ISMB_TRUST_REVOKED
      && !ismb_dialler_is_barred (&self->dialler, get_proven_id (self)))
    ismb_warrant_clear (&self->traffic.warrant);
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
  return get_proven_id (self) ?: self->dialler.candidate.device_id;
}

void
ismb_link_doubt (IsmbLink *self, const char *device_id)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  if (is_open (self) || !ismb_warrant_is_given (&self->traffic.warrant) ||
      g_strcmp0 (device_id, get_proven_id (self)) != 0)
    return;
  ismb_warrant_clear (&self->traffic.warrant);
  self->remembered = FALSE;
  self->state = self->persistent ? ISMB_LINK_STATE_LOST : ISMB_LINK_STATE_IDLE;
  self->context->state (self, self->state, self->context->user_data);
  ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
  plan (self);
}

void
ismb_link_set_remembered (IsmbLink *self, gboolean remembered)
{
  self->remembered = remembered;
}

gboolean
ismb_link_is_wanted (IsmbLink *self)
{
  return self->persistent || is_open (self) ||
         ismb_mooring_owes (&self->traffic.mooring) || !ismb_outbox_is_empty (&self->outbox);
}

gboolean
ismb_link_keeps_something (IsmbLink *self)
{
  return self->traffic.mooring.loose != NULL || !ismb_outbox_is_empty (&self->outbox);
}

const IsmbProof *
ismb_link_get_proof (IsmbLink *self)
{
  return self->traffic.warrant.proof;
}

IsmbLinkState
ismb_link_get_state (IsmbLink *self)
{
  return self->state;
}

IsmbTrust
ismb_link_get_trust (IsmbLink *self)
{
  if (self->traffic.warrant.trust == ISMB_TRUST_PENDING &&
      ismb_dialler_is_barred (&self->dialler, NULL))
    return ISMB_TRUST_REVOKED;
  return self->traffic.warrant.trust;
}

IsmbPeer *
ismb_link_describe (IsmbLink *self)
{
  IsmbPeer *peer = ismb_peer_new (
    self->domain, ismb_virtual_router_get_name (self->context->place),
    ismb_link_get_device_id (self), ismb_link_get_addresses (self), ismb_link_get_port (self),
    ismb_link_get_trust (self), self->state, FALSE);

  _ismb_peer_set_round_trip (peer, self->traffic.round_trip.last);
  return peer;
}

void
ismb_link_set_persistent (IsmbLink *self, gboolean persistent)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  if (self->persistent == persistent)
    return;
  self->persistent = persistent;
  ismb_heartbeat_reset (&self->traffic.heartbeat);
  if (persistent && !is_open (self) && self->dialler.outbound == NULL && !can_dial (self))
    set_state (self, ISMB_LINK_STATE_LOST);
  plan (self);
}

void
ismb_link_dial (IsmbLink *self)
{
  if (self->traffic.lanes.sending != NULL || is_under_way (self) || !can_dial (self))
    return;
  self->proving = TRUE;
  plan (self);
}

void
ismb_link_adopt (IsmbLink *self, IsmbStream *stream, gboolean sends, gint64 since,
                 const IsmbProof *proof)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  self->proving = FALSE;
  ismb_traffic_adopt (&self->traffic, stream, sends, since, proof);
  plan (self);
}

void
ismb_link_renew (IsmbLink *self, const IsmbProof *proof)
{
  ismb_warrant_take (&self->traffic.warrant, self->context, proof);
}

static void
end (IsmbLink *self, const char *condition)
{
  gboolean was_up = self->state == ISMB_LINK_STATE_UP;

  ismb_dialler_stop (&self->dialler);
  self->proving = FALSE;
  ismb_traffic_end_all (&self->traffic, condition);
  ismb_mooring_give_up (&self->traffic.mooring, "remote-server-not-found");
  ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
  settle_after_loss (self, was_up ? ISMB_LOSS_GONE : ISMB_LOSS_ENDED);
}

void
ismb_link_bar (IsmbLink *self)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  if (get_proven_id (self) != NULL)
    ismb_warrant_revoke (&self->traffic.warrant);
  end (self, "not-authorized");
}

void
ismb_link_disown (IsmbLink *self)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  ismb_warrant_clear (&self->traffic.warrant);
  end (self, NULL);
}

void
ismb_link_cut (IsmbLink *self, IsmbOwnAddresses *remaining)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ismb_lanes_count (&self->traffic.lanes); i++)
    ismb_own_addresses_cut (remaining,
                            ismb_stream_get_fd (ismb_lanes_get (&self->traffic.lanes, i)->stream));
  if (remaining != NULL || self->dialler.outbound == NULL)
    return;
  ismb_dialler_stop (&self->dialler);
  error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the network is gone");
  on_failed (error, NULL, self);
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
  ismb_traffic_end_all (&self->traffic, condition);
  if (condition == NULL)
    {
      ismb_mooring_give_up (&self->traffic.mooring, "remote-server-not-found");
      ismb_outbox_bounce_all (&self->outbox, "remote-server-not-found");
    }
  ismb_mooring_clear (&self->traffic.mooring);
  ismb_outbox_clear (&self->outbox);
  self->persistent = FALSE;
  self->state = ISMB_LINK_STATE_IDLE;
  plan (self);
}
