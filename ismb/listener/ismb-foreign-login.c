/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.federation"

#include "config.h"
#include "ismb/listener/ismb-foreign-login.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-dialback.h"
#include "ismb/listener/ismb-foreign-stream.h"
#include "ismb/listener/ismb-peer-stream.h"

#define PATIENCE 30000 /* ms: their server may look around for us before it answers */

typedef enum
{
  BEGINNING,
  EXTERNAL, /* our certificate was shown for a login */
  RESTARTED,
  DIALBACK, /* a key was sent */
} Step;

struct _IsmbForeignLogin
{
  IsmbLinkContext *context;
  IsmbForeigner *foreigner;
  const IsmbForeignLoginCallbacks *callbacks;
  gpointer owner;
  IsmbForeignStream *stream;
  Step step;
  gboolean receives;
  gboolean spurned; /* it hung up on our certificate */
};

static void
fail (IsmbForeignLogin *self, IsmbError code, const char *reason)
{
  g_autoptr (GError) error
    = g_error_new (ISMB_ERROR, code, "%s %s", self->foreigner->domain, reason);

  self->callbacks->failed (self, error, self->owner);
}

static void
finish (IsmbForeignLogin *self, gboolean managed)
{
  IsmbStream *stream = ismb_foreign_stream_take (self->stream);

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, self->foreigner->domain, "known",
                     "%s knows us by %s", self->foreigner->domain,
                     self->step == RESTARTED ? "our certificate" : "dialback");
  self->callbacks->done (self, stream, self->receives, managed, self->owner);
  g_object_unref (stream);
}

/* Our name in the clear text of it, as older servers want it (XEP-0178, 3). */
static void
show_certificate (IsmbForeignLogin *self)
{
  const char *us = self->context->domain;
  g_autofree char *name = g_base64_encode ((const guchar *) us, strlen (us));
  g_autofree char *auth
    = g_strdup_printf ("<auth xmlns='" ISMB_NS_SASL "' mechanism='EXTERNAL'>%s</auth>", name);

  self->step = EXTERNAL;
  ismb_stream_send_text (ismb_foreign_stream_get (self->stream), auth, -1);
}

static void
send_key (IsmbForeignLogin *self)
{
  const char *id = ismb_foreign_stream_get_id (self->stream);
  const char *us = self->context->domain, *them = self->foreigner->domain;
  g_autofree char *key = ismb_dialback_make_key (them, us, id);

  self->step = DIALBACK;
  ismb_foreigner_await (self->foreigner, id);
  ismb_dialback_ask (ismb_foreign_stream_get (self->stream), "result", us, them, NULL, key);
}

/* XEP-0288 wants <bidi/> before authentication. */
static void
ask_for_bidi (IsmbForeignLogin *self, const IsmbNode *features)
{
  self->receives = ismb_node_find (features, "bidi", ISMB_NS_BIDI_FEATURE) != NULL;
  if (self->receives)
    ismb_stream_send_text (ismb_foreign_stream_get (self->stream),
                           "<bidi xmlns='" ISMB_NS_BIDI "'/>", -1);
}

static void
on_ready (IsmbForeignStream *stream, const IsmbNode *features, gpointer owner)
{
  IsmbForeignLogin *self = owner;

  if (self->step == RESTARTED)
    {
      finish (self, ismb_node_find (features, "sm", ISMB_NS_SM) != NULL);
      return;
    }
  ask_for_bidi (self, features);
  if (!self->spurned && ismb_peer_stream_offers_external (features))
    show_certificate (self);
  else
    send_key (self);
}

static gboolean
is_between_us (IsmbForeignLogin *self, const IsmbFrame *frame)
{
  return g_strcmp0 (frame->from, self->foreigner->domain) == 0 &&
         g_strcmp0 (frame->to, self->context->domain) == 0;
}

static void
take_result (IsmbForeignLogin *self, const IsmbFrame *frame)
{
  g_autofree char *condition = NULL;
  g_autofree char *reason = NULL;

  if (g_str_equal (frame->type, "valid"))
    {
      finish (self, FALSE);
      return;
    }
  if (g_str_equal (frame->type, "invalid"))
    {
      fail (self, ISMB_ERROR_AUTH_FAILED, "says that our dialback key is not ours");
      return;
    }
  condition = ismb_dialback_dup_condition (frame);
  reason = g_strdup_printf ("could not verify our dialback key: %s",
                            condition != NULL ? condition : "it does not say why");
  fail (self, ISMB_ERROR_TIMEOUT, reason);
}

static void
on_frame (IsmbForeignStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbForeignLogin *self = owner;

  if (self->step == EXTERNAL && ismb_peer_stream_is (frame, "success", ISMB_NS_SASL))
    {
      self->step = RESTARTED;
      ismb_foreign_stream_restart (stream);
    }
  else if (self->step == EXTERNAL && ismb_peer_stream_is (frame, "failure", ISMB_NS_SASL))
    send_key (self);
  else if (self->step == DIALBACK && ismb_dialback_is_answer (frame, "result") &&
           is_between_us (self, frame))
    take_result (self, frame);
  else
    fail (self, ISMB_ERROR_STREAM, "sends what has no place before the login is done");
}

static gboolean begin (IsmbForeignLogin *self, GError **error);

/* ejabberd 23.01 breaks off where a certificate has an xmppAddr, which ours have, but takes
 * dialback from the same server. */
static gboolean
try_again (IsmbForeignLogin *self)
{
  if (self->step != EXTERNAL)
    return FALSE;
  g_debug ("%s hangs up on our certificate: by dialback, then", self->foreigner->domain);
  g_clear_pointer (&self->stream, ismb_foreign_stream_free);
  self->step = BEGINNING;
  self->spurned = TRUE;
  return begin (self, NULL);
}

static void
on_failed (IsmbForeignStream *stream, const GError *error, gpointer owner)
{
  IsmbForeignLogin *self = owner;

  if (!try_again (self))
    self->callbacks->failed (self, error, self->owner);
}

static const IsmbForeignStreamCallbacks stream_callbacks = {
  .ready = on_ready,
  .frame = on_frame,
  .failed = on_failed,
};

static gboolean
begin (IsmbForeignLogin *self, GError **error)
{
  self->stream = ismb_foreign_stream_new (self->context, self->foreigner, PATIENCE,
                                          &stream_callbacks, self, error);
  return self->stream != NULL;
}

IsmbForeignLogin *
ismb_foreign_login_new (IsmbLinkContext *context, const char *domain,
                        const IsmbForeignLoginCallbacks *callbacks, gpointer owner, GError **error)
{
  g_autoptr (IsmbForeignLogin) self = g_new0 (IsmbForeignLogin, 1);

  self->context = context;
  self->foreigner = ismb_foreigners_find (context->foreigners, domain);
  self->callbacks = callbacks;
  self->owner = owner;
  return begin (self, error) ? g_steal_pointer (&self) : NULL;
}

void
ismb_foreign_login_free (IsmbForeignLogin *self)
{
  ismb_foreigner_await (self->foreigner, NULL);
  g_clear_pointer (&self->stream, ismb_foreign_stream_free);
  g_free (self);
}
