/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.exchange"

#include "config.h"
#include "ismb/client/ismb-exchange.h"

#include <string.h>

#include "ismb/client/ismb-postbox.h"
#include "ismb/client/ismb-stream-management.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-sm-word.h"

#define ANSWERS_MAX 1000 /* to a server that asks, and takes none of them */

struct _IsmbExchange
{
  IsmbChannel *channel; /* borrowed */
  IsmbExchangeCallbacks callbacks;
  gpointer user_data;
  IsmbPostbox *postbox;
  IsmbStreamManagement *management;
  GSource *keepalive;
  gsize queued;      /* in the channel when the server was asked last */
  guint64 said;      /* bytes, to the channel */
  guint64 answered;  /* where the first of `answers` ended among them */
  guint answers;     /* of which the network has not taken the first */
  gboolean open;
  gboolean settling;
  gboolean spoke;    /* since the last beat of the keepalive */
};

static void
say (IsmbExchange *self, const char *text, gsize length)
{
  self->spoke = TRUE;
  self->said += length;
  ismb_channel_send (self->channel, text, length);
}

static void
on_say (const char *text, gsize length, gpointer user_data)
{
  IsmbExchange *self = user_data;

  self->queued = ismb_channel_get_queued (self->channel);
  say (self, text, length);
}

/* Each stanza once, from a queue of their own, as a handler may do anything. */
static void
tell (IsmbExchange *self, const char *event, GQueue *stanzas)
{
  IsmbExchangeCallbacks callbacks = self->callbacks;
  gpointer user_data = self->user_data;
  IsmbStanza *stanza;

  while ((stanza = g_queue_pop_head (stanzas)) != NULL)
    {
      callbacks.event (event, stanza, user_data);
      g_object_unref (stanza);
    }
}

/* Where the server acknowledges nothing, all that is left to do is in the channel. */
static void
check_settled (IsmbExchange *self)
{
  if (!self->settling || !self->open
      || (ismb_stream_management_is_on (self->management)
          && ismb_postbox_count (self->postbox) > 0))
    return;
  self->settling = FALSE;
  self->callbacks.settled (self->user_data);
}

/* A slow line is not a dead one: as long as the network takes something, the answer may be behind
 * it. */
static gboolean
on_silent (gpointer user_data)
{
  IsmbExchange *self = user_data;
  gsize queued = ismb_channel_get_queued (self->channel);
  g_autoptr (GError) error = NULL;

  if (queued < self->queued)
    {
      self->queued = queued;
      return TRUE;
    }
  error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                               "the server does not answer any more");
  self->callbacks.broken (error, self->user_data);
  return FALSE;
}

IsmbExchange *
ismb_exchange_new (IsmbChannel *channel, const IsmbExchangeCallbacks *callbacks, gpointer user_data)
{
  static const IsmbStreamManagementCallbacks from_management = { on_say, on_silent };
  IsmbExchange *self = g_new0 (IsmbExchange, 1);

  self->channel = channel;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->postbox = ismb_postbox_new ();
  self->management = ismb_stream_management_new (&from_management, self);
  return self;
}

static void
drop_keepalive (IsmbExchange *self)
{
  if (self->keepalive != NULL)
    g_source_destroy (self->keepalive);
  g_clear_pointer (&self->keepalive, g_source_unref);
}

void
ismb_exchange_free (IsmbExchange *self)
{
  guint count = ismb_postbox_count (self->postbox);

  if (count > 0)
    g_info ("the client goes, and with it %u stanzas that the server has not taken", count);
  drop_keepalive (self);
  ismb_stream_management_free (self->management);
  ismb_postbox_free (self->postbox);
  g_free (self);
}

/* Going out */

static void
flush (IsmbExchange *self)
{
  const char *text;
  gsize length;

  while (self->open && (text = ismb_postbox_next (self->postbox, &length)) != NULL)
    {
      say (self, text, length);
      ismb_stream_management_note_sent (self->management, length);
    }
}

/* Where the server acknowledges nothing, our care ends with the network's taking it. */
static void
trim (IsmbExchange *self)
{
  if (!ismb_stream_management_is_on (self->management))
    ismb_postbox_trim (self->postbox, ismb_channel_get_queued (self->channel));
}

gboolean
ismb_exchange_put (IsmbExchange *self, IsmbStanza *stanza, GString *xml, GError **error)
{
  gsize length = xml->len;

  if (self->open)
    trim (self);
  if (!ismb_postbox_put (self->postbox, stanza, g_string_free (xml, FALSE), length, error))
    return FALSE;
  flush (self);
  return TRUE;
}

static void
end_miscounted (IsmbExchange *self, guint32 h)
{
  guint sent = ismb_postbox_count_sent (self->postbox);
  g_autofree char *word = ismb_sm_word_write_too_high (h, sent);
  g_autoptr (GError) error
      = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                             "the server acknowledges more than it was sent");

  say (self, word, strlen (word));
  ismb_stream_management_forget (self->management);
  self->callbacks.broken (error, self->user_data);
}

/* `resumed`: what is not acknowledged goes again, and before what a handler sends now. */
static void
take_ack (IsmbExchange *self, guint32 h, gboolean resumed)
{
  gboolean heard = self->callbacks.is_heard ("stanza_acked", self->user_data);
  GQueue acked = G_QUEUE_INIT;

  if (!ismb_postbox_ack (self->postbox, h, heard ? &acked : NULL))
    {
      end_miscounted (self, h);
      return;
    }
  if (resumed)
    ismb_postbox_resume (self->postbox);
  ismb_stream_management_note_acked (self->management, ismb_postbox_count_sent (self->postbox));
  tell (self, "stanza_acked", &acked);
  check_settled (self);
}

/* Streams that come and go */

void
ismb_exchange_renew (IsmbExchange *self, const IsmbSession *session, gboolean same_address,
                     GQueue *dropped)
{
  GQueue acked = G_QUEUE_INIT;

  if (session->has_failed_h)
    ismb_postbox_ack (self->postbox, session->failed_h, &acked);
  ismb_stream_management_forget (self->management);
  ismb_postbox_renew (self->postbox, same_address, self->callbacks.is_wanted, self->user_data,
                      dropped);
  tell (self, "stanza_acked", &acked);
}

static gboolean
on_keepalive (gpointer user_data)
{
  IsmbExchange *self = user_data;

  if (!self->spoke && ismb_stream_management_is_on (self->management))
    ismb_stream_management_probe (self->management);
  else if (!self->spoke)
    say (self, " ", 1);
  self->spoke = FALSE;
  return G_SOURCE_CONTINUE;
}

static void
start_keepalive (IsmbExchange *self, guint seconds)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  drop_keepalive (self);
  if (seconds == 0)
    return;
  self->keepalive = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (self->keepalive, on_keepalive, self, NULL);
  g_source_attach (self->keepalive, context);
}

void
ismb_exchange_open (IsmbExchange *self, const IsmbSession *session, gboolean manage,
                    guint keepalive)
{
  self->open = TRUE;
  start_keepalive (self, keepalive);
  if (session->resumed)
    {
      ismb_stream_management_resume (self->management);
      take_ack (self, session->acked, TRUE);
    }
  else if (manage && session->offers_sm)
    ismb_stream_management_enable (self->management);
  flush (self);
  if (self->settling)
    ismb_exchange_settle (self);
}

void
ismb_exchange_end (IsmbExchange *self, gboolean resumable)
{
  if (self->open)
    trim (self);
  self->open = FALSE;
  drop_keepalive (self);
  if (resumable)
    ismb_stream_management_pause (self->management);
  else
    ismb_stream_management_forget (self->management);
}

void
ismb_exchange_say_goodbye (IsmbExchange *self)
{
  flush (self);
  ismb_stream_management_tell (self->management);
}

void
ismb_exchange_give_up (IsmbExchange *self, GQueue *dropped)
{
  self->settling = FALSE;
  ismb_postbox_clear (self->postbox, dropped);
}

void
ismb_exchange_forget_sent (IsmbExchange *self)
{
  ismb_postbox_trim (self->postbox, 0);
}

/* Coming in */

static gboolean
is_stanza (const IsmbNode *root)
{
  return ismb_node_is (root, "message", ISMB_NS_CLIENT)
         || ismb_node_is (root, "presence", ISMB_NS_CLIENT)
         || ismb_node_is (root, "iq", ISMB_NS_CLIENT);
}

/* Something of ours may wait in the channel each time, and yet the answers go. What it is told
 * later counts for each time that it asked. */
static gboolean
asks_too_often (IsmbExchange *self)
{
  if (self->said - MIN (ismb_channel_get_queued (self->channel), self->said) >= self->answered)
    self->answers = 0;
  return self->answers >= ANSWERS_MAX;
}

static void
answer (IsmbExchange *self)
{
  if (asks_too_often (self))
    return;
  ismb_stream_management_tell (self->management);
  if (self->answers++ == 0)
    self->answered = self->said;
}

static void
take_word (IsmbExchange *self, IsmbTree *tree)
{
  guint32 h = 0;

  switch (ismb_stream_management_take (self->management, tree, &h))
    {
    case ISMB_SM_HEARD_ENABLED:
    case ISMB_SM_HEARD_FAILED:
      self->callbacks.event (ismb_stream_management_is_on (self->management) ? "sm_enabled"
                                                                             : "sm_failed",
                             NULL, self->user_data);
      if (self->settling)
        ismb_exchange_settle (self);
      break;
    case ISMB_SM_HEARD_ACK:
      take_ack (self, h, FALSE);
      break;
    case ISMB_SM_HEARD_REQUEST:
      answer (self);
      break;
    case ISMB_SM_HEARD_NOTHING:
      break;
    }
}

gboolean
ismb_exchange_take (IsmbExchange *self, IsmbTree *tree)
{
  const IsmbNode *root = ismb_tree_root (tree);

  if (is_stanza (root))
    {
      ismb_stream_management_count (self->management);
      return TRUE;
    }
  if (g_strcmp0 (ismb_node_ns (root), ISMB_NS_SM) == 0)
    take_word (self, tree);
  return FALSE;
}

void
ismb_exchange_settle (IsmbExchange *self)
{
  self->settling = TRUE;
  if (!self->open)
    return;
  if (ismb_postbox_count_sent (self->postbox) > 0)
    ismb_stream_management_ask (self->management);
  check_settled (self);
}

gboolean
ismb_exchange_get_resume (IsmbExchange *self, IsmbResume *resume)
{
  resume->id = ismb_stream_management_get_id (self->management);
  resume->handled = ismb_stream_management_get_handled (self->management);
  return resume->id != NULL;
}

guint
ismb_exchange_count (IsmbExchange *self)
{
  return ismb_postbox_count (self->postbox);
}

gboolean
ismb_exchange_has_request (IsmbExchange *self, const char *id)
{
  return ismb_postbox_has_request (self->postbox, id);
}

void
ismb_exchange_set_pace (IsmbExchange *self, guint window, guint quiet, guint patience)
{
  ismb_stream_management_set_pace (self->management, window, quiet, patience);
}
