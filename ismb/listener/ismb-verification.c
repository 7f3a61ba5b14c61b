/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.federation"

#include "config.h"
#include "ismb/listener/ismb-verification.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-dialback.h"
#include "ismb/listener/ismb-foreign-stream.h"
#include "ismb/listener/ismb-peer-stream.h"

#define PATIENCE 10000 /* ms for all of it */

struct _IsmbVerification
{
  IsmbLinkContext *context;
  IsmbForeigner *foreigner;
  IsmbSource source;
  char *id, *key;
  gboolean placed; /* it has a place among those under way */
  IsmbVerificationAnswered answered;
  gpointer owner;
  IsmbForeignStream *stream;
};

static void
on_ready (IsmbForeignStream *stream, const IsmbNode *features, gpointer owner)
{
  IsmbVerification *self = owner;

  ismb_dialback_ask (ismb_foreign_stream_get (stream), "verify", self->context->domain,
                     self->foreigner->domain, self->id, self->key);
}

/* The answer to this question, and to no other one. */
static gboolean
is_ours (IsmbVerification *self, const IsmbFrame *frame)
{
  return ismb_dialback_is_answer (frame, "verify") && g_strcmp0 (frame->id, self->id) == 0 &&
         g_strcmp0 (frame->from, self->foreigner->domain) == 0 &&
         g_strcmp0 (frame->to, self->context->domain) == 0;
}

static const char *
name_condition (const IsmbFrame *answer)
{
  g_autofree char *condition = NULL;

  if (g_str_equal (answer->type, "valid") || g_str_equal (answer->type, "invalid"))
    return NULL;
  condition = ismb_dialback_dup_condition (answer);
  return g_strcmp0 (condition, "item-not-found") == 0 ? "remote-server-not-found"
                                                      : "remote-server-timeout";
}

/* It was opened for this alone. */
static void
part (IsmbVerification *self)
{
  ismb_peer_stream_part (ismb_foreign_stream_take (self->stream), NULL);
}

static void
on_frame (IsmbForeignStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbVerification *self = owner;

  if (!is_ours (self, frame))
    {
      g_message ("%s answers what was not asked: no dialback rests on that",
                 self->foreigner->domain);
      part (self);
      self->answered (self, FALSE, "remote-server-timeout", self->owner);
      return;
    }
  part (self);
  self->answered (self, g_str_equal (frame->type, "valid"), name_condition (frame), self->owner);
}

static void
on_failed (IsmbForeignStream *stream, const GError *error, gpointer owner)
{
  IsmbVerification *self = owner;
  const char *condition = "remote-server-timeout";

  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED) ||
      g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED))
    condition = "remote-connection-failed";
  else if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    condition = "remote-server-not-found";
  g_message ("%s could not be asked about a dialback key: %s", self->foreigner->domain,
             error->message);
  self->answered (self, FALSE, condition, self->owner);
}

static const IsmbForeignStreamCallbacks stream_callbacks = {
  .ready = on_ready,
  .frame = on_frame,
  .failed = on_failed,
};

IsmbVerification *
ismb_verification_new (IsmbLinkContext *context, IsmbForeigner *foreigner, const IsmbSource *source,
                  const char *id, const char *key, IsmbVerificationAnswered answered, gpointer owner)
{
  g_autoptr (IsmbVerification) self = g_new0 (IsmbVerification, 1);

  self->context = context;
  self->foreigner = foreigner;
  self->source = *source;
  self->id = g_strdup (id);
  self->key = g_strdup (key);
  self->answered = answered;
  self->owner = owner;
  self->placed = ismb_foreigner_begin (foreigner, source);
  if (!self->placed)
    return NULL;
  self->stream
    = ismb_foreign_stream_new (context, foreigner, PATIENCE, &stream_callbacks, self, NULL);
  return self->stream != NULL ? g_steal_pointer (&self) : NULL;
}

void
ismb_verification_free (IsmbVerification *self)
{
  if (self->placed)
    ismb_foreigner_end (self->foreigner, &self->source);
  g_clear_pointer (&self->stream, ismb_foreign_stream_free);
  g_free (self->id);
  g_free (self->key);
  g_free (self);
}
