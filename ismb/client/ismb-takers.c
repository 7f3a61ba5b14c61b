/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.takers"

#include "config.h"
#include "ismb/client/ismb-takers.h"

#include "ismb/client/ismb-refusal.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-failure.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-factory.h"

/* A stanza on its way through them; a handler that runs a main loop has further ones within. What
 * it was is kept, since a handler may turn it into its reply. */
typedef struct _Round Round;
struct _Round
{
  Round *outer;
  GType kind;
  IsmbJid *from;
  const char *id;
  gboolean is_request;
  gboolean is_error;
  gboolean answered;
};

struct _IsmbTakers
{
  gpointer client; /* borrowed: it owns us; NULL: we are gone */
  IsmbTakersCallbacks callbacks;
  IsmbHandlers *handlers;
  Round *round; /* the innermost */
};

IsmbTakers *
ismb_takers_new (gpointer client, const IsmbTakersCallbacks *callbacks)
{
  IsmbTakers *self = g_rc_box_new0 (IsmbTakers);

  self->client = client;
  self->callbacks = *callbacks;
  self->handlers = ismb_handlers_new ();
  return self;
}

void
ismb_takers_free (IsmbTakers *self)
{
  self->client = NULL;
  g_clear_pointer (&self->handlers, ismb_handlers_free);
  g_rc_box_release (self);
}

IsmbHandlers *
ismb_takers_get_handlers (IsmbTakers *self)
{
  return self->handlers;
}

GPtrArray *
ismb_takers_find (IsmbTakers *self, IsmbStanza *stanza)
{
  return ismb_handlers_find (self->handlers, stanza);
}

/* Who is told of a failure: the other side, where it asked, or where the handler says what to tell
 * it; nobody by way of an error to an error. */
static gboolean
is_to_be_told (const Round *round, const GError *error)
{
  if (round->is_request)
    return !round->answered;
  return round->kind == ISMB_TYPE_MESSAGE && !round->is_error
         && error->domain == ISMB_STANZA_ERROR;
}

static void
report (IsmbTakers *self, const IsmbHandler *handler, const GError *error)
{
  g_autoptr (IsmbFailure) failure = ismb_failure_new (error);

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, ismb_handler_get_name (handler), "failed",
                     "the stanza handler \"%s\" failed: %s", ismb_handler_get_name (handler),
                     error->message);
  self->callbacks.event (self->client, "handler_failed", G_OBJECT (failure));
}

/* An error of ISMB_STANZA_ERROR is how a handler says no; without a session no answer could leave.
 * Any other one is a fault. */
static gboolean
is_fault (const GError *error)
{
  return error->domain != ISMB_STANZA_ERROR
         && !g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
}

static void
answer_for (IsmbTakers *self, Round *round, const IsmbHandler *handler, const GError *error)
{
  g_autoptr (IsmbStanza) refusal = NULL;

  if (is_to_be_told (round, error))
    {
      refusal = ismb_refusal_new (round->kind, round->from, round->id, error);
      self->callbacks.send (self->client, refusal);
    }
  if (is_fault (error) && self->client != NULL)
    report (self, handler, error);
}

static IsmbStanza *
share (IsmbStanza *stanza, gboolean alone)
{
  return alone ? g_object_ref (stanza) : ismb_stanza_copy (stanza);
}

/* Whether nobody else is to be asked. */
static gboolean
call (IsmbTakers *self, Round *round, IsmbHandler *handler, IsmbStanza *stanza)
{
  g_autoptr (GError) error = NULL;
  gboolean taken = ismb_handlers_call (self->handlers, handler, self->client, stanza, &error);

  if (self->client == NULL)
    return TRUE;
  if (error != NULL)
    answer_for (self, round, handler, error);
  return taken || error != NULL;
}

static gboolean
call_all (IsmbTakers *self, Round *round, GPtrArray *found, IsmbStanza *stanza)
{
  gboolean waited = FALSE;

  for (guint i = 0; i < found->len && self->client != NULL; i++)
    {
      IsmbHandler *handler = found->pdata[i];
      gboolean last = round->is_request && i + 1 == found->len;
      g_autoptr (IsmbStanza) own = share (stanza, last);
      gboolean taken = call (self, round, handler, own);

      if (ismb_handler_waits (handler))
        waited = TRUE;
      else if (taken && round->is_request)
        return TRUE;
    }
  return waited && round->is_request;
}

static gboolean
has_type (IsmbStanza *stanza, const char *type)
{
  return g_str_equal (ismb_stanza_get_stanza_type (stanza), type);
}

gboolean
ismb_takers_offer (IsmbTakers *self, GPtrArray *found, IsmbStanza *stanza)
{
  Round round = { .outer = self->round,
                  .kind = G_OBJECT_TYPE (stanza),
                  .from = ismb_stanza_get_from_jid (stanza),
                  .id = ismb_stanza_get_id (stanza),
                  .is_request = ISMB_IS_IQ (stanza)
                                && (has_type (stanza, "get") || has_type (stanza, "set")),
                  .is_error = ismb_stanza_is_error (stanza) };
  g_autoptr (IsmbStanza) alive = g_object_ref (stanza);
  g_autoptr (IsmbJid) from = round.from != NULL ? g_object_ref (round.from) : NULL;
  gboolean taken;

  g_rc_box_acquire (self);
  self->round = &round;
  taken = call_all (self, &round, found, stanza);
  self->round = round.outer;
  g_rc_box_release (self);
  return taken;
}

static gboolean
is_answer_to (IsmbStanza *stanza, const Round *round)
{
  IsmbJid *to = ismb_stanza_get_to_jid (stanza);

  return round->is_request && g_strcmp0 (ismb_stanza_get_id (stanza), round->id) == 0
         && (to == round->from
             || (to != NULL && round->from != NULL && ismb_jid_equal (to, round->from)));
}

void
ismb_takers_note_sent (IsmbTakers *self, IsmbStanza *stanza)
{
  if (self->round == NULL || !ISMB_IS_IQ (stanza)
      || (!has_type (stanza, "result") && !has_type (stanza, "error")))
    return;
  for (Round *round = self->round; round != NULL; round = round->outer)
    if (is_answer_to (stanza, round))
      round->answered = TRUE;
}
