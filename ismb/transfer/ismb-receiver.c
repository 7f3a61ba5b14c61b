/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.receiver"
#include "config.h"
#include "ismb/transfer/ismb-receiver.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-bytestreams-private.h"
#include "ismb/transfer/ismb-incoming.h"
#include "ismb/transfer/ismb-outgoing.h"
#include "ismb/transfer/ismb-transfer-outcome-private.h"

/* How many files at once: one sender's must not keep out all others' */
#define INCOMING_MAX 16
#define OTHERS_MAX 12  /* of other domains; the rest is kept for accounts of ours */
#define UNPROVEN_MAX 8 /* of an account, and of another domain, that the gate has not let through */

struct _IsmbReceiver
{
  GObject parent_instance;
  IsmbClient *client; /* weak */
  IsmbBeneath *beneath;
  IsmbGate *gate;
  GCancellable *cancellable;
  GHashTable *incoming; /* by key */
  IsmbBytestreams *streams;
  guint handler;
};

/* What a callback needs. */
typedef struct
{
  IsmbReceiver *self;
  IsmbIncoming *incoming;
} Step;

enum
{
  SIGNAL_RECEIVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbReceiver, ismb_receiver, G_TYPE_OBJECT)

static void
remove_handler (IsmbReceiver *self)
{
  if (self->client != NULL && self->handler != 0)
    ismb_client_remove_stanza_handler (self->client, self->handler);
  g_clear_weak_pointer (&self->client);
}

static void
ismb_receiver_dispose (GObject *object)
{
  IsmbReceiver *self = ISMB_RECEIVER (object);

  remove_handler (self);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->gate);
  g_clear_pointer (&self->incoming, g_hash_table_unref);
  g_clear_object (&self->streams);
  g_clear_pointer (&self->beneath, ismb_beneath_unref);
  G_OBJECT_CLASS (ismb_receiver_parent_class)->dispose (object);
}

static void
ismb_receiver_class_init (IsmbReceiverClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_receiver_dispose;
  /* Each offer ends in one of these, with what the sender was told: the sender's full JID, the name
   * (relative to the root, or as it was offered if it is no name), the offered size, the outcome */
  signals[SIGNAL_RECEIVED]
    = g_signal_new ("received", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 4, ISMB_TYPE_JID, G_TYPE_STRING, G_TYPE_UINT64, G_TYPE_STRING);
}

/* The table's entries end with their timers and streams. */
static void
drop_incoming (gpointer data)
{
  IsmbIncoming *incoming = data;

  ismb_incoming_end (incoming);
  ismb_incoming_unref (incoming);
}

static void
ismb_receiver_init (IsmbReceiver *self)
{
  self->cancellable = g_cancellable_new ();
  self->incoming = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, drop_incoming);
}

static void
answer (IsmbReceiver *self, IsmbIq *reply)
{
  g_autoptr (GError) error = NULL;

  if (self->client != NULL && !ismb_client_send (self->client, ISMB_STANZA (reply), &error))
    g_debug ("an answer got lost: %s", error->message);
}

static void
tell (IsmbReceiver *self, IsmbIncoming *incoming, IsmbTransferOutcome outcome)
{
  g_signal_emit (self, signals[SIGNAL_RECEIVED], 0, incoming->from,
                 incoming->name != NULL ? incoming->name : incoming->offer->path,
                 incoming->offer->size, ismb_transfer_outcome_to_string (outcome));
  if (self->gate != NULL)
    ismb_gate_ended (self->gate, incoming->from, incoming->offer,
                     ismb_transfer_outcome_to_string (outcome));
}

/* The end of one that is not stored: answers the request that waits, and forgets all. */
static void
fail (IsmbReceiver *self, IsmbIncoming *incoming, IsmbTransferOutcome outcome, const char *text)
{
  g_autoptr (IsmbIncoming) kept = ismb_incoming_ref (incoming);

  if (kept->request != NULL)
    answer (self, _ismb_outcome_reply (kept->request, outcome, text));
  g_hash_table_remove (self->incoming, kept->key);
  tell (self, kept, outcome);
}

static void
fail_with (IsmbReceiver *self, IsmbIncoming *incoming, const GError *error)
{
  fail (self, incoming, _ismb_outcome_of_error (error), error->message);
}

static Step *
step_new (IsmbReceiver *self, IsmbIncoming *incoming)
{
  Step *step = g_new0 (Step, 1);

  step->self = g_object_ref (self);
  step->incoming = ismb_incoming_ref (incoming);
  return step;
}

static void
step_free (Step *step)
{
  g_object_unref (step->self);
  ismb_incoming_unref (step->incoming);
  g_free (step);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Step, step_free)

/* Nothing came for a while: the sender is gone. */
static gboolean
on_silence (gpointer user_data)
{
  Step *step = user_data;

  fail (step->self, step->incoming, ISMB_TRANSFER_OUTCOME_TIMEOUT, NULL);
  return G_SOURCE_REMOVE;
}

/* The timer ends with the table's entry at the latest, so it needs to keep nobody alive. */
static void
expect_more (IsmbReceiver *self, IsmbIncoming *incoming)
{
  Step *step = g_new0 (Step, 1);

  step->self = self;
  step->incoming = incoming;
  ismb_incoming_expect (incoming, ISMB_OUTGOING_SILENCE_MS, on_silence, step, g_free);
}

/* Whether it still goes on: the receiver may have been disposed meanwhile. */
static gboolean
is_current (Step *step)
{
  return step->self->incoming != NULL
         && g_hash_table_lookup (step->self->incoming, step->incoming->key) == step->incoming;
}

/* The stream */

static void
on_opened (gpointer user_data)
{
  Step *step = user_data;

  expect_more (step->self, step->incoming);
}

/* A block that does not follow is the end of the whole. */
static void
on_refused (gpointer user_data)
{
  Step *step = user_data;

  fail (step->self, step->incoming, ISMB_TRANSFER_OUTCOME_CORRUPT, NULL);
}

/* One that cannot be written is the end as well. */
static void
on_block (IsmbIq *request, GBytes *bytes, gpointer user_data)
{
  Step *step = user_data;
  IsmbIncoming *incoming = step->incoming;
  g_autoptr (GError) error = NULL;

  if (ismb_draft_write (incoming->draft, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                        &error))
    {
      answer (step->self, ismb_iq_reply (request));
      expect_more (step->self, incoming);
      return;
    }
  incoming->request = g_object_ref (request);
  fail_with (step->self, incoming, error);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  g_autoptr (GError) error = NULL;
  gboolean stored = ismb_incoming_finish (result, &error);
  IsmbReceiver *self = step->self;

  if (!is_current (step))
    return;
  if (!stored)
    {
      fail_with (self, step->incoming, error);
      return;
    }
  answer (self, ismb_iq_reply (step->incoming->request));
  g_hash_table_remove (self->incoming, step->incoming->key);
  tell (self, step->incoming, ISMB_TRANSFER_OUTCOME_STORED);
}

/* Answered only when the file is in its place, or when it is certain that it will not be. */
static void
on_closed (IsmbIq *request, gpointer user_data)
{
  Step *step = user_data;
  IsmbIncoming *incoming = step->incoming;

  ismb_incoming_expect_nothing (incoming);
  incoming->request = g_object_ref (request);
  ismb_incoming_store_async (incoming, G_OBJECT (step->self), on_stored,
                             step_new (step->self, incoming));
}

/* The stream is over at the latest when the table lets go of what it is for, as the receiver does
 * when it goes; so it needs to keep nobody alive. */
static void
expect_stream (IsmbReceiver *self, IsmbIncoming *incoming)
{
  static const IsmbBytestreamTerms terms = { .ours = TRUE };
  static const IsmbBytestreamTaker taker = { on_opened, on_block, on_closed, on_refused };
  Step *step = g_new0 (Step, 1);

  step->self = self;
  step->incoming = incoming;
  incoming->stream
    = _ismb_bytestream_new (self->client, incoming->from, incoming->offer->sid, &terms);
  _ismb_bytestream_set_taker (incoming->stream, &taker, step, g_free);
  _ismb_bytestreams_add (self->streams, incoming->stream);
  expect_more (self, incoming);
}

/* The offer */

static void
on_draft_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  g_autoptr (GError) error = NULL;
  gboolean opened = ismb_incoming_finish (result, &error);

  if (!is_current (step))
    return;
  if (!opened)
    {
      fail_with (step->self, step->incoming, error);
      return;
    }
  if (step->self->client == NULL)
    return;
  expect_stream (step->self, step->incoming);
  answer (step->self, ismb_offer_accept (step->incoming->request));
  g_clear_object (&step->incoming->request);
}

typedef struct
{
  guint of_account, of_domain; /* unproven */
  guint of_others;             /* of all other domains, proven or not */
  gboolean proven;             /* the account is */
} Tally;

static Tally
count_incoming (IsmbReceiver *self, IsmbJid *account, const char *ours)
{
  const char *domain = ismb_jid_get_domain (account);
  Tally tally = { 0 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->incoming);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const IsmbIncoming *incoming = value;
      const char *other = ismb_jid_get_domain (incoming->account);
      gboolean same = ismb_jid_equal (incoming->account, account);

      tally.proven |= same && incoming->proven;
      tally.of_account += same && !incoming->proven;
      tally.of_domain += !incoming->proven && g_str_equal (other, domain);
      tally.of_others += !g_str_equal (other, ours);
    }
  return tally;
}

static void
prove (IsmbReceiver *self, IsmbJid *account)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->incoming);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (ismb_jid_equal (((IsmbIncoming *) value)->account, account))
      ((IsmbIncoming *) value)->proven = TRUE;
}

static void
on_gate_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  g_autoptr (GError) error = NULL;
  gboolean allowed = ismb_gate_check_finish (ISMB_GATE (source), result, &error);
  IsmbReceiver *self = step->self;
  IsmbIncoming *incoming = step->incoming;

  if (!is_current (step))
    return;
  if (!allowed)
    {
      fail (self, incoming, ISMB_TRANSFER_OUTCOME_REFUSED, error->message);
      return;
    }
  prove (self, incoming->account);
  ismb_incoming_open_async (incoming, G_OBJECT (self), self->beneath, on_draft_open,
                            g_steal_pointer (&step));
}

static void
take_offer (IsmbReceiver *self, IsmbIncoming *incoming)
{
  g_autoptr (GError) error = NULL;

  incoming->proven = count_incoming (self, incoming->account, "").proven;
  g_hash_table_insert (self->incoming, incoming->key, incoming);
  incoming->name = ismb_beneath_name (self->beneath, incoming->offer->path, &error);
  if (incoming->name == NULL)
    fail_with (self, incoming, error);
  else
    ismb_gate_check_async (self->gate, incoming->from, incoming->name, incoming->offer,
                           self->cancellable, on_gate_checked, step_new (self, incoming));
}

/* For one more of that account. */
static gboolean
has_room (IsmbReceiver *self, IsmbJid *account)
{
  const char *ours = ismb_jid_get_domain (ismb_client_get_bound_jid (self->client));
  gboolean local = g_str_equal (ismb_jid_get_domain (account), ours);
  Tally tally = count_incoming (self, account, ours);

  if (g_hash_table_size (self->incoming) >= INCOMING_MAX
      || (!local && tally.of_others >= OTHERS_MAX))
    return FALSE;
  return tally.proven
         || (tally.of_account < UNPROVEN_MAX && (local || tally.of_domain < UNPROVEN_MAX));
}

/* SleekXMPP's event; whoever hears it looks on. */
static void
tell_offer (IsmbClient *client, IsmbStanza *request)
{
  g_autoptr (IsmbStanza) copy = NULL;

  if (ismb_client_count_event_handlers (client, "si_request") == 0)
    return;
  copy = ismb_stanza_copy (request);
  ismb_client_emit_event (client, "si_request", G_OBJECT (copy));
}

static gboolean
on_offer (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbReceiver) self = g_object_ref (user_data);
  IsmbIq *request = ISMB_IQ (stanza);
  g_autoptr (GError) problem = NULL;
  g_autoptr (IsmbIncoming) incoming = NULL;
  IsmbOffer *offer;

  if (ismb_stanza_get_from_jid (stanza) == NULL)
    return FALSE;
  offer = ismb_offer_parse (request, &problem);
  if (offer == NULL)
    {
      answer (self, ismb_iq_reply_error (request, "bad-request", problem->message));
      return TRUE;
    }
  incoming = ismb_incoming_new (request, offer);
  tell_offer (client, stanza);
  if (self->client == NULL || ismb_client_get_bound_jid (client) == NULL)
    return TRUE; /* whoever heard it ended the session */
  if (g_hash_table_contains (self->incoming, incoming->key))
    answer (self, ismb_iq_reply_error (request, "unexpected-request", "that id is in use"));
  else if (!has_room (self, incoming->account))
    {
      answer (self, _ismb_outcome_reply (request, ISMB_TRANSFER_OUTCOME_REFUSED,
                                         "too many files at once"));
      tell (self, incoming, ISMB_TRANSFER_OUTCOME_REFUSED);
    }
  else
    take_offer (self, g_steal_pointer (&incoming));
  return TRUE;
}

static void
clean_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  ismb_beneath_clean (data);
  g_task_return_boolean (task, TRUE);
}

static void
clean (IsmbReceiver *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_source_tag (task, clean);
  g_task_set_task_data (task, ismb_beneath_ref (self->beneath),
                        (GDestroyNotify) ismb_beneath_unref);
  g_task_run_in_thread (task, clean_in_thread);
}

static void
add_handler (IsmbReceiver *self)
{
  static const char *const features[] = { ISMB_NS_SI, ISMB_NS_SI_FILE, ISMB_NS_FILE };
  static const char path[] = "iq@type=set/{" ISMB_NS_SI "}si";
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path (path, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (features); i++)
    ismb_client_add_feature (self->client, features[i]);
  self->handler = ismb_client_add_stanza_handler (self->client, path, matcher,
                                                  ISMB_HANDLER_DEFAULT, on_offer, self, NULL);
}

/* Senders of files take item-not-found for one that was given up. */
static gboolean
enable_streams (IsmbReceiver *self, GError **error)
{
  IsmbPlugin *streams = ismb_client_enable_plugin (self->client, "xep_0047", NULL, error);

  if (streams == NULL)
    return FALSE;
  self->streams = g_object_ref (ISMB_BYTESTREAMS (streams));
  _ismb_bytestreams_set_unexpected (self->streams, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
  return TRUE;
}

IsmbReceiver *
ismb_receiver_new (IsmbClient *client, const char *root, IsmbGate *gate, GError **error)
{
  g_autoptr (IsmbReceiver) self = g_object_new (ISMB_TYPE_RECEIVER, NULL);

  self->beneath = ismb_beneath_new (root, error);
  if (self->beneath == NULL)
    return NULL;
  g_set_weak_pointer (&self->client, client);
  self->gate = g_object_ref (gate);
  if (!enable_streams (self, error))
    return NULL;
  add_handler (self);
  clean (self);
  return g_steal_pointer (&self);
}
