/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-mooring.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"

#define FRESH 5000   /* ms until who came is believed to do without XEP-0198 */
#define ANSWER 10000 /* until who was asked is believed gone */

#define ENABLE "<enable xmlns='" ISMB_NS_SM "' resume='true'/>"
#define FAILED(condition)                                                                          \
  "<failed xmlns='" ISMB_NS_SM "'><" condition " xmlns='" ISMB_NS_STANZAS "'/></failed>"

void
ismb_mooring_init (IsmbMooring *self, IsmbLinkContext *context, const char *domain,
                   IsmbLanes *lanes, IsmbOutbox *outbox, const IsmbMooringCallbacks *callbacks,
                   gpointer owner)
{
  self->context = context;
  self->domain = domain;
  self->lanes = lanes;
  self->outbox = outbox;
  self->callbacks = callbacks;
  self->owner = owner;
}

void
ismb_mooring_clear (IsmbMooring *self)
{
  g_clear_pointer (&self->loose, ismb_tether_free);
}

/* The tether */

static void
on_expired (IsmbTether *tether, gpointer owner)
{
  IsmbMooring *self = owner;

  if (ismb_lanes_is_rising (self->lanes))
    ismb_tether_loose (tether); /* it may be resumed at this moment */
  else
    ismb_mooring_give_up (self, "remote-server-timeout");
}

static IsmbTether *
make_tether (IsmbMooring *self, const char *id)
{
  return ismb_tether_new (self->context->poller, id,
                          ismb_link_context_get_queue_time (self->context), on_expired, self);
}

void
ismb_mooring_keep (IsmbMooring *self, IsmbLane *lane)
{
  IsmbTether *tether = ismb_lane_take_tether (lane);

  if (lane->stage == ISMB_LANE_PLAIN)
    ismb_outbox_take_unsent (self->outbox, lane->stream);
  if (tether == NULL)
    return;
  ismb_mooring_start_over (self);
  self->loose = tether;
  if (ismb_tether_get_id (tether) == NULL)
    ismb_mooring_start_over (self);
}

void
ismb_mooring_start_over (IsmbMooring *self)
{
  if (self->loose != NULL)
    ismb_outbox_take_back (self->outbox, g_steal_pointer (&self->loose));
}

void
ismb_mooring_give_up (IsmbMooring *self, const char *condition)
{
  if (self->loose != NULL)
    ismb_outbox_bounce_unacked (self->outbox, g_steal_pointer (&self->loose), condition);
}

gboolean
ismb_mooring_owes (const IsmbMooring *self)
{
  return self->loose != NULL && ismb_tether_count_unacked (self->loose) > 0;
}

/* Lanes in each other's way */

static void
part (IsmbMooring *self, IsmbLane *lane)
{
  ismb_mooring_keep (self, lane);
  ismb_lanes_take_out (self->lanes, lane);
  ismb_lane_part (lane, NULL);
}

/* All that carry both directions make room for one. TRUE: something was said on them. */
static gboolean
clear_the_way (IsmbMooring *self, const IsmbLane *lane)
{
  gboolean used = FALSE;

  for (guint i = ismb_lanes_count (self->lanes); i > 0; i--)
    {
      IsmbLane *other = ismb_lanes_get (self->lanes, i - 1);

      if (other == lane || !other->duplex)
        continue;
      used |= other->stage == ISMB_LANE_PLAIN || other->stage == ISMB_LANE_MANAGED;
      part (self, other);
    }
  return used;
}

/* The other end has opened a stream while we opened ours, and asks on it before it hears us ask.
 * Who opens one after ours was in use has lost ours. */
static gboolean
is_crossed (const IsmbMooring *self, const IsmbLane *lane)
{
  if (!lane->duplex || strcmp (self->context->domain, self->domain) > 0)
    return FALSE;
  for (guint i = 0; i < ismb_lanes_count (self->lanes); i++)
    {
      const IsmbLane *other = ismb_lanes_get (self->lanes, i);

      if (!other->ours || !other->duplex)
        continue;
      if (other->stage == ISMB_LANE_ENABLING || other->stage == ISMB_LANE_RESUMING
          || (ismb_lane_sends (other) && other->since > lane->since))
        return TRUE;
    }
  return FALSE;
}

static void
use (IsmbMooring *self, IsmbLane *lane, IsmbTether *tether)
{
  ismb_lane_use (lane, tether);
  self->callbacks->in_use (lane, self->owner);
}

/* Asking */

static void
ask_to_enable (IsmbMooring *self, IsmbLane *lane)
{
  ismb_lane_enter (lane, ISMB_LANE_ENABLING, ANSWER);
  ismb_stream_send_text (lane->stream, ENABLE, -1);
}

static void
ask_to_resume (IsmbMooring *self, IsmbLane *lane)
{
  g_autofree char *text
    = ismb_sm_word_write (ISMB_SM_RESUME, ismb_tether_tell_handled (self->loose),
                          ismb_tether_get_id (self->loose), 0);

  ismb_lane_enter (lane, ISMB_LANE_RESUMING, ANSWER);
  ismb_stream_send_text (lane->stream, text, -1);
}

/* One that we have ended, while the other end has not, or that is broken, which is told at the
 * end of the turn. */
static void
take_from_ending (IsmbMooring *self)
{
  for (guint i = ismb_lanes_count (self->lanes); i > 0; i--)
    {
      IsmbLane *other = ismb_lanes_get (self->lanes, i - 1);

      if (other->tether != NULL && other->duplex && !ismb_lane_sends (other))
        part (self, other);
    }
}

void
ismb_mooring_begin (IsmbMooring *self, IsmbLane *lane, gboolean managed)
{
  if (!managed)
    {
      ismb_mooring_do_without (self, lane);
      return;
    }
  take_from_ending (self);
  if (self->loose != NULL)
    ask_to_resume (self, lane);
  else
    ask_to_enable (self, lane);
}

void
ismb_mooring_await (IsmbMooring *self, IsmbLane *lane)
{
  if (lane->duplex)
    ismb_lane_enter (lane, ISMB_LANE_FRESH, FRESH);
  else
    use (self, lane, NULL);
}

void
ismb_mooring_do_without (IsmbMooring *self, IsmbLane *lane)
{
  if (self->loose != NULL && (lane->ours || lane->duplex))
    {
      ismb_mooring_start_over (self);
      self->callbacks->begun_anew (self->owner);
    }
  use (self, lane, NULL);
}

static const char *
hear_enabled (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word, const IsmbFrame *frame)
{
  g_autofree char *id = word->resume ? ismb_sm_word_dup_id (frame) : NULL;

  if (lane->stage != ISMB_LANE_ENABLING)
    return "policy-violation";
  ismb_mooring_start_over (self);
  use (self, lane, make_tether (self, id));
  return NULL;
}

static const char *
hear_resumed (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word)
{
  if (lane->stage != ISMB_LANE_RESUMING || self->loose == NULL)
    return "policy-violation";
  if (!word->has_h || !ismb_tether_acknowledged (self->loose, word->h))
    {
      ismb_mooring_start_over (self);
      return "undefined-condition";
    }
  use (self, lane, g_steal_pointer (&self->loose));
  return NULL;
}

/* What it has handled it may say all the same. */
static const char *
hear_failed (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word)
{
  if (lane->stage == ISMB_LANE_ENABLING)
    {
      ismb_mooring_do_without (self, lane);
      return NULL;
    }
  if (lane->stage != ISMB_LANE_RESUMING)
    return "policy-violation";
  if (word->has_h && self->loose != NULL)
    ismb_tether_acknowledged (self->loose, word->h);
  ismb_mooring_start_over (self);
  ask_to_enable (self, lane);
  self->callbacks->begun_anew (self->owner);
  return NULL;
}

/* Being asked. FALSE: this is not the moment, and that was said. */
static gboolean
may_ask (IsmbMooring *self, IsmbLane *lane)
{
  if (lane->ours || lane->tether != NULL || lane->stage == ISMB_LANE_LEAVING)
    {
      ismb_stream_send_text (lane->stream, FAILED ("unexpected-request"), -1);
      return FALSE;
    }
  if (!is_crossed (self, lane))
    return TRUE;
  part (self, lane);
  return FALSE;
}

static void
hear_enable (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word)
{
  g_autofree char *id = lane->duplex && word->resume ? ismb_random_token () : NULL;
  guint seconds = ismb_link_context_get_queue_time (self->context) / 1000;
  g_autofree char *text = ismb_sm_word_write (ISMB_SM_ENABLED, 0, id, seconds);
  gboolean anew = FALSE;

  if (!may_ask (self, lane))
    return;
  if (lane->duplex)
    {
      anew = clear_the_way (self, lane) || self->loose != NULL;
      ismb_mooring_start_over (self);
    }
  ismb_stream_send_text (lane->stream, text, -1);
  if (anew)
    self->callbacks->begun_anew (self->owner);
  use (self, lane, make_tether (self, id));
}

static gboolean
has_id (IsmbTether *tether, const char *id)
{
  return tether != NULL && id != NULL && g_strcmp0 (ismb_tether_get_id (tether), id) == 0;
}

/* Sees that it is loose. */
static gboolean
find_tether (IsmbMooring *self, const IsmbLane *lane, const char *id)
{
  if (has_id (self->loose, id))
    return TRUE;
  for (guint i = 0; i < ismb_lanes_count (self->lanes); i++)
    {
      IsmbLane *other = ismb_lanes_get (self->lanes, i);

      if (other == lane || !has_id (other->tether, id))
        continue;
      part (self, other);
      return TRUE;
    }
  return FALSE;
}

static void
hear_resume (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word, const IsmbFrame *frame)
{
  g_autofree char *id = ismb_sm_word_dup_id (frame);
  g_autofree char *text = NULL;
  IsmbTether *tether;

  if (!may_ask (self, lane))
    return;
  if (!word->has_h || !find_tether (self, lane, id)
      || !ismb_tether_acknowledged (self->loose, word->h))
    {
      ismb_stream_send_text (lane->stream, FAILED ("item-not-found"), -1);
      return;
    }
  tether = g_steal_pointer (&self->loose);
  clear_the_way (self, lane);
  ismb_mooring_start_over (self);
  text = ismb_sm_word_write (ISMB_SM_RESUMED, ismb_tether_tell_handled (tether), id, 0);
  ismb_stream_send_text (lane->stream, text, -1);
  use (self, lane, tether);
}

static const char *
hear_ack (IsmbLane *lane, const IsmbSmWord *word)
{
  if (lane->tether == NULL)
    return "policy-violation";
  return word->has_h && ismb_tether_acknowledged (lane->tether, word->h) ? NULL
                                                                         : "undefined-condition";
}

const char *
ismb_mooring_hear (IsmbMooring *self, IsmbLane *lane, const IsmbSmWord *word,
                   const IsmbFrame *frame)
{
  switch (word->verb)
    {
    case ISMB_SM_ACK:
      return hear_ack (lane, word);
    case ISMB_SM_REQUEST:
      if (lane->tether != NULL)
        ismb_tether_answer (lane->tether);
      return NULL;
    case ISMB_SM_ENABLE:
      hear_enable (self, lane, word);
      return NULL;
    case ISMB_SM_RESUME:
      hear_resume (self, lane, word, frame);
      return NULL;
    case ISMB_SM_ENABLED:
      return hear_enabled (self, lane, word, frame);
    case ISMB_SM_RESUMED:
      return hear_resumed (self, lane, word);
    case ISMB_SM_FAILED:
      return hear_failed (self, lane, word);
    case ISMB_SM_OTHER:
      break;
    }
  return "unsupported-stanza-type";
}
