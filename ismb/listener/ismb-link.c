/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-outbound.h"
#include "ismb/listener/ismb-peer-stream.h"

#define QUEUE_FRAMES 1000
#define QUEUE_BYTES (1u << 20)
#define STANZA_BYTES 262144

#define TICK 2000            /* ms between looks at a link that is watched */
#define TICKS_TO_PING 2      /* without a byte */
#define TICKS_TO_LOSE 4
#define IDLE 60000           /* ms without traffic until an unshared link closes */
#define LEAVE_PATIENCE 5000  /* ms for the other side's last words */
#define RETRY_MIN 1000       /* ms; doubles with each failure */
#define RETRY_MAX 60000
#define NEWS_PAUSE 250       /* ms between two dials, whatever discovery says */
#define STEADY (10 * G_USEC_PER_SEC) /* a stream that lived so long was no failure */

struct _IsmbLink
{
  GObject parent_instance;

  IsmbLinkContext *context;
  char *domain;
  char **addresses;
  guint16 port;
  char *announced_id, *proven_id;
  IsmbTrust trust;
  IsmbLinkState state;
  gboolean persistent;

  IsmbOutbound *dialling;
  guint dials;               /* since the last steady stream */
  gint64 dialled;            /* when, monotonic */
  IsmbStream *outgoing, *incoming;
  gboolean outgoing_receives, incoming_sends; /* XEP-0288 */
  IsmbStream *sending;       /* the one of the two that stanzas go out on, borrowed: as long as it
                              * stands the same one, so that they stay in order */
  GPtrArray *leaving;        /* streams that we ended, and whose last stanzas still come */
  gint64 opened;

  GQueue queue;              /* of IsmbFrame */
  gsize queued;              /* bytes */
  IsmbWatch watch;           /* no descriptor: the link's one timer */
  guint64 heard, sent;       /* bytes and stanzas, at the last tick */
  guint64 sent_now;
  guint silent_ticks;
  char *ping_id;
};

static void ismb_link_sink_init (IsmbSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbLink, ismb_link, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, ismb_link_sink_init))

static void plan (IsmbLink *self);

/* Queue */

static void
drop_queue (IsmbLink *self)
{
  g_queue_clear_full (&self->queue, (GDestroyNotify) ismb_frame_unref);
  self->queued = 0;
}

static void
bounce (IsmbLink *self, IsmbFrame *frame, const char *condition)
{
  self->context->undeliverable (self, frame, condition, self->context->user_data);
}

static void
bounce_queue (IsmbLink *self, const char *condition)
{
  GQueue queue = self->queue;
  IsmbFrame *frame;

  g_queue_init (&self->queue);
  self->queued = 0;
  while ((frame = g_queue_pop_head (&queue)) != NULL)
    {
      bounce (self, frame, condition);
      ismb_frame_unref (frame);
    }
}

static void
enqueue (IsmbLink *self, IsmbFrame *frame)
{
  if (self->queue.length >= QUEUE_FRAMES || self->queued + frame->length > QUEUE_BYTES)
    {
      bounce (self, frame, "resource-constraint");
      return;
    }
  g_queue_push_tail (&self->queue, ismb_frame_ref (frame));
  self->queued += frame->length;
}

static void
send_queue (IsmbLink *self)
{
  IsmbFrame *frame;

  while ((frame = g_queue_pop_head (&self->queue)) != NULL)
    {
      self->sent_now++;
      ismb_stream_send_frame (self->sending, frame);
      ismb_frame_unref (frame);
    }
  self->queued = 0;
}

/* State */

static void
set_state (IsmbLink *self, IsmbLinkState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_info ("the link to %s is %s", self->domain, ismb_link_state_to_string (state));
  self->context->state (self, state, self->context->user_data);
}

static void
remember_proof (IsmbLink *self, const char *device_id)
{
  gboolean open = ismb_fabric_get_mode (self->context->fabric) == ISMB_FABRIC_OPEN;

  g_free (self->proven_id);
  self->proven_id = g_strdup (device_id);
  self->trust = open ? ISMB_TRUST_OPEN : ISMB_TRUST_MEMBER;
}

/* Streams */

static gboolean
is_usable (IsmbStream *stream)
{
  return stream != NULL && !ismb_stream_is_closing (stream);
}

static void
choose_sending (IsmbLink *self)
{
  if (is_usable (self->sending))
    return;
  self->sending = NULL;
  if (is_usable (self->outgoing))
    self->sending = self->outgoing;
  else if (self->incoming_sends && is_usable (self->incoming))
    self->sending = self->incoming;
}

static gboolean
is_open (IsmbLink *self)
{
  return self->outgoing != NULL || self->incoming != NULL;
}

static gboolean
is_at (const char *address, const char *domain)
{
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return strlen (domain) == parts.domain
         && memcmp (address + ismb_address_domain_offset (&parts), domain, parts.domain) == 0;
}

static gboolean
is_pong (IsmbLink *self, const IsmbFrame *frame)
{
  return self->ping_id != NULL && frame->kind == ISMB_FRAME_IQ && g_strcmp0 (frame->id, self->ping_id) == 0
         && (g_strcmp0 (frame->type, "result") == 0 || g_strcmp0 (frame->type, "error") == 0)
         && g_str_equal (frame->from, self->domain);
}

/* RFC 6120, 8.1.1.2 and 8.1.2.2; what to close with, or NULL. */
static const char *
check_frame (IsmbLink *self, IsmbStream *stream, const IsmbFrame *frame)
{
  if (frame->kind == ISMB_FRAME_OTHER)
    return "unsupported-stanza-type";
  if (frame->from == NULL || frame->to == NULL || frame->bad_address)
    return "improper-addressing";
  if (!is_at (frame->from, self->domain))
    return "invalid-from";
  if (!is_at (frame->to, self->context->domain))
    return "improper-addressing";
  if (stream == self->outgoing && !self->outgoing_receives)
    return "not-authorized";
  return NULL;
}

/* Out of the two slots; TRUE if it was there. */
static gboolean
take_out (IsmbLink *self, IsmbStream *stream)
{
  if (stream != self->outgoing && stream != self->incoming)
    return FALSE;
  if (stream == self->sending)
    self->sending = NULL;
  if (stream == self->outgoing)
    self->outgoing = NULL;
  else
    self->incoming = NULL;
  return TRUE;
}

/* Whatever was said last on a broken stream may not have arrived, so the state goes by `lost` even where
 * another stream remains: who shares presence says it again then. An orderly end counts as a loss where
 * presence is shared: a daemon that is stopped goes that way. */
static void
settle_after_loss (IsmbLink *self, gboolean broken)
{
  gboolean remains = is_open (self);

  choose_sending (self);
  if (broken || (!remains && self->persistent))
    set_state (self, ISMB_LINK_STATE_LOST);
  if (!is_open (self) && self->state == ISMB_LINK_STATE_UP)
    set_state (self, ISMB_LINK_STATE_IDLE);
  if (remains && is_open (self))
    set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

static void
on_nothing (IsmbStream *stream, const GError *error, gpointer owner)
{
}

/* Says goodbye, and lives on only for that. */
static void
part_with (IsmbStream *stream, const char *condition)
{
  static const IsmbStreamCallbacks nobody = { .closed = on_nothing };

  ismb_peer_stream_set_owner (stream, &nobody, NULL);
  ismb_stream_close (stream, condition, NULL);
  g_object_unref (stream);
}

static void
note_end (IsmbLink *self)
{
  if (g_get_monotonic_time () - self->opened > STEADY)
    self->dials = 0;
}

/* One side has broken the rules; there is nothing more to hear from it. */
static void
break_off (IsmbLink *self, IsmbStream *stream, const char *condition)
{
  if (!take_out (self, stream))
    {
      ismb_stream_close (stream, condition, NULL); /* one that is leaving anyway */
      return;
    }
  part_with (stream, condition);
  note_end (self);
  settle_after_loss (self, TRUE);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  const char *condition = check_frame (self, stream, frame);

  if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_STREAM) == 0)
    {
      g_info ("%s ends its stream: %s", self->domain,
              frame->payload_name != NULL ? frame->payload_name : frame->name);
      break_off (self, stream, NULL);
    }
  else if (condition != NULL)
    {
      g_message ("%s breaks the rules of its stream: %s", self->domain, condition);
      break_off (self, stream, condition);
    }
  else if (is_pong (self, frame))
    g_clear_pointer (&self->ping_id, g_free);
  else
    self->context->frame (self, frame, self->context->user_data);
}

/* Nobody opens another stream in an open one. */
static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  break_off (owner, stream, "bad-format");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  g_autoptr (IsmbStream) gone = stream;

  if (error != NULL)
    g_info ("a stream to %s ended: %s", self->domain, error->message);
  if (g_ptr_array_find (self->leaving, stream, NULL))
    {
      g_ptr_array_remove (self->leaving, g_steal_pointer (&gone));
      return;
    }
  if (!take_out (self, stream))
    {
      g_steal_pointer (&gone);
      return;
    }
  note_end (self);
  settle_after_loss (self, error != NULL);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static void
tune (IsmbStream *stream)
{
  int fd = ismb_stream_get_fd (stream), on = 1;
  guint patience = TICK * TICKS_TO_LOSE;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

/* An authenticated stream, with a reference, becomes ours. */
static void
take_in (IsmbLink *self, IsmbStream **slot, IsmbStream *stream, const char *device_id)
{
  *slot = g_object_ref (stream);
  ismb_peer_stream_set_owner (stream, &stream_callbacks, self);
  ismb_stream_set_limit (stream, STANZA_BYTES + ISMB_FRAMER_GROWTH);
  ismb_stream_set_deadline (stream, 0);
  tune (stream);
  self->opened = g_get_monotonic_time ();
  self->silent_ticks = 0;
  remember_proof (self, device_id);
  choose_sending (self);
  if (self->sending != NULL)
    send_queue (self);
  set_state (self, ISMB_LINK_STATE_UP);
  plan (self);
}

/* Ends a stream so that nothing is lost that is under way on it: its end is said, and what comes until
 * the other side's end is still taken. */
static void
leave (IsmbLink *self, IsmbStream *stream)
{
  take_out (self, stream);
  g_ptr_array_add (self->leaving, stream);
  ismb_stream_send_text (stream, "</stream:stream>", -1);
  ismb_stream_set_deadline (stream, LEAVE_PATIENCE);
}

/* Dialling */

static gboolean
has_somewhere_to_go (IsmbLink *self)
{
  return self->addresses != NULL && self->addresses[0] != NULL && self->port != 0;
}

static gboolean
has_something_to_show (IsmbLink *self)
{
  IsmbLinkContext *context = self->context;

  return context->tls != NULL && context->fabric != NULL
         && (ismb_fabric_get_mode (context->fabric) == ISMB_FABRIC_OPEN || ismb_fabric_is_member (context->fabric));
}

static gboolean
can_dial (IsmbLink *self)
{
  return has_somewhere_to_go (self) && has_something_to_show (self);
}

/* The address that worked is tried first from now on. */
static void
prefer_address (IsmbLink *self, const char *address)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GStrv addresses;

  g_strv_builder_add (builder, address);
  for (char **other = self->addresses; other != NULL && *other != NULL; other++)
    if (!g_str_equal (*other, address))
      g_strv_builder_add (builder, *other);
  addresses = g_strv_builder_end (builder);
  g_strfreev (self->addresses);
  self->addresses = addresses;
}

static void
on_established (IsmbOutbound *outbound, IsmbStream *stream, gboolean receives, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  g_autoptr (IsmbOutbound) done = g_steal_pointer (&self->dialling);

  prefer_address (self, ismb_outbound_get_address (done));
  self->outgoing_receives = receives;
  take_in (self, &self->outgoing, stream, ismb_outbound_get_device_id (done));
}

/* RFC 6120, 10.4: not-found where nobody, or somebody else, is; timeout where the way is. */
static const char *
describe_failure (const GError *error)
{
  gboolean absent = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED)
                    || g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);

  return absent ? "remote-server-not-found" : "remote-server-timeout";
}

static void
on_failed (IsmbOutbound *outbound, const GError *error, gpointer owner)
{
  g_autoptr (IsmbLink) self = g_object_ref (owner);
  g_autoptr (IsmbOutbound) done = g_steal_pointer (&self->dialling);

  g_info ("cannot reach %s: %s", self->domain, error->message);
  if (!is_open (self) && (self->persistent || self->trust != ISMB_TRUST_PENDING))
    set_state (self, ISMB_LINK_STATE_LOST);
  bounce_queue (self, describe_failure (error));
  plan (self);
}

static const IsmbOutboundCallbacks outbound_callbacks = {
  .established = on_established,
  .failed = on_failed,
};

static void
dial (IsmbLink *self)
{
  self->dials++;
  self->dialled = g_get_monotonic_time ();
  self->dialling = ismb_outbound_new (self->context, self->domain, (const char *const *) self->addresses, self->port,
                                      &outbound_callbacks, self);
}

/* ms since the last dial before the next may be. */
static guint
pause_before_dial (IsmbLink *self)
{
  guint pause;

  if (self->dials == 0)
    return NEWS_PAUSE;
  pause = self->dials > 6 ? RETRY_MAX : RETRY_MIN << (self->dials - 1);
  return MIN (pause + g_random_int_range (0, pause / 2), RETRY_MAX);
}

/* The timer */

static void
send_ping (IsmbLink *self)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (IsmbFrame) frame = NULL;

  g_free (self->ping_id);
  self->ping_id = g_uuid_string_random ();
  ismb_tree_set (tree, root, "from", self->context->domain);
  ismb_tree_set (tree, root, "to", self->domain);
  ismb_tree_set (tree, root, "type", "get");
  ismb_tree_set (tree, root, "id", self->ping_id);
  ismb_tree_add (tree, root, "ping", ISMB_NS_PING);
  frame = ismb_frame_new_from_tree (tree);
  ismb_stream_send_frame (self->sending, frame);
}

static guint64
count_heard (IsmbLink *self)
{
  return (self->outgoing != NULL ? ismb_stream_get_received (self->outgoing) : 0)
         + (self->incoming != NULL ? ismb_stream_get_received (self->incoming) : 0);
}

/* Whether anything came, or (`either`) went, since the last call. */
static gboolean
was_quiet (IsmbLink *self, gboolean either)
{
  guint64 heard = count_heard (self);
  gboolean quiet = heard == self->heard && (!either || self->sent_now == self->sent);

  self->heard = heard;
  self->sent = self->sent_now;
  return quiet;
}

static void
drop_stream (IsmbLink *self, IsmbStream *stream)
{
  if (stream == NULL)
    return;
  take_out (self, stream);
  ismb_stream_abandon (stream);
  g_object_unref (stream);
}

static void
lose (IsmbLink *self)
{
  g_message ("%s has fallen silent", self->domain);
  drop_stream (self, self->outgoing);
  drop_stream (self, self->incoming);
  self->dials = 0;
  settle_after_loss (self, TRUE);
}

static void
look_for_life (IsmbLink *self)
{
  self->silent_ticks = was_quiet (self, FALSE) ? self->silent_ticks + 1 : 0;
  if (self->silent_ticks >= TICKS_TO_LOSE)
    {
      lose (self);
      return;
    }
  if (self->silent_ticks == TICKS_TO_PING)
    send_ping (self);
  plan (self);
}

static void
look_for_traffic (IsmbLink *self)
{
  if (was_quiet (self, TRUE))
    {
      if (self->outgoing != NULL)
        leave (self, self->outgoing);
      if (self->incoming != NULL)
        leave (self, self->incoming);
      set_state (self, ISMB_LINK_STATE_IDLE);
    }
  plan (self);
}

static gboolean
is_watched (IsmbLink *self)
{
  return self->persistent && self->sending != NULL;
}

/* What the link waits for next, from what it is now. */
static void
plan (IsmbLink *self)
{
  gboolean wanted = self->sending == NULL && (self->persistent || self->queue.length > 0);
  guint milliseconds = 0;

  if (is_watched (self))
    milliseconds = TICK;
  else if (wanted && self->dialling == NULL && can_dial (self))
    {
      gint64 due = self->dialled + pause_before_dial (self) * G_GINT64_CONSTANT (1000);

      milliseconds = MAX (1, (due - g_get_monotonic_time ()) / 1000);
    }
  else if (!self->persistent && is_open (self))
    milliseconds = IDLE;
  ismb_poller_set_deadline (self->context->poller, &self->watch, milliseconds);
}

static void
on_deadline (IsmbWatch *watch)
{
  g_autoptr (IsmbLink) self
    = g_object_ref ((IsmbLink *) ((char *) watch - G_STRUCT_OFFSET (IsmbLink, watch)));

  if (is_watched (self))
    look_for_life (self);
  else if (self->persistent || self->queue.length > 0)
    {
      if (self->dialling == NULL && self->sending == NULL && can_dial (self))
        dial (self);
    }
  else
    look_for_traffic (self);
}

/* The sink */

static void
ismb_link_deliver (IsmbSink *sink, IsmbFrame *frame)
{
  IsmbLink *self = ISMB_LINK (sink);

  choose_sending (self);
  if (self->sending != NULL)
    {
      self->sent_now++;
      ismb_stream_send_frame (self->sending, frame);
    }
  else if (self->dialling != NULL)
    enqueue (self, frame);
  else if (!can_dial (self))
    {
      g_info ("%s cannot be reached: %s", self->domain, has_something_to_show (self) ? "no address of it is known"
                                                                                     : "this switch is in no fabric");
      bounce (self, frame, "remote-server-not-found");
    }
  else if (self->dials > 0 && g_get_monotonic_time () - self->dialled < RETRY_MIN * G_GINT64_CONSTANT (1000))
    bounce (self, frame, "remote-server-timeout"); /* it has just been tried */
  else
    {
      enqueue (self, frame);
      dial (self);
      plan (self);
    }
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
  g_clear_pointer (&self->dialling, ismb_outbound_free);
  drop_stream (self, self->outgoing);
  drop_stream (self, self->incoming);
  for (guint i = 0; i < self->leaving->len; i++)
    ismb_stream_abandon (g_ptr_array_index (self->leaving, i));
  g_ptr_array_set_size (self->leaving, 0);
  drop_queue (self);
  G_OBJECT_CLASS (ismb_link_parent_class)->dispose (object);
}

static void
ismb_link_finalize (GObject *object)
{
  IsmbLink *self = ISMB_LINK (object);

  g_clear_pointer (&self->leaving, g_ptr_array_unref);
  g_clear_pointer (&self->ping_id, g_free);
  g_clear_pointer (&self->proven_id, g_free);
  g_clear_pointer (&self->announced_id, g_free);
  g_clear_pointer (&self->addresses, g_strfreev);
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
  self->leaving = g_ptr_array_new_with_free_func (g_object_unref);
  self->watch = (IsmbWatch) { .deadline = on_deadline };
  self->dialled = -RETRY_MAX * G_GINT64_CONSTANT (1000);
  g_queue_init (&self->queue);
}

IsmbLink *
ismb_link_new (IsmbLinkContext *context, const char *domain)
{
  IsmbLink *self = g_object_new (ISMB_TYPE_LINK, NULL);

  self->context = context;
  self->domain = g_strdup (domain);
  return self;
}

const char *
ismb_link_get_domain (IsmbLink *self)
{
  return self->domain;
}

void
ismb_link_set_candidate (IsmbLink *self, const char *const *addresses, guint16 port, const char *device_id)
{
  g_strfreev (self->addresses);
  self->addresses = g_strdupv ((char **) addresses);
  self->port = port;
  g_free (self->announced_id);
  self->announced_id = g_strdup (device_id);
  self->dials = 0;
  plan (self);
}

const char *const *
ismb_link_get_addresses (IsmbLink *self)
{
  static const char *const none[] = { NULL };

  return self->addresses != NULL ? (const char *const *) self->addresses : none;
}

guint16
ismb_link_get_port (IsmbLink *self)
{
  return self->port;
}

const char *
ismb_link_get_device_id (IsmbLink *self)
{
  return self->proven_id != NULL ? self->proven_id : self->announced_id;
}

IsmbLinkState
ismb_link_get_state (IsmbLink *self)
{
  return self->state;
}

IsmbTrust
ismb_link_get_trust (IsmbLink *self)
{
  return self->trust;
}

void
ismb_link_set_persistent (IsmbLink *self, gboolean persistent)
{
  if (self->persistent == persistent)
    return;
  self->persistent = persistent;
  self->silent_ticks = 0;
  if (persistent && !is_open (self) && self->dialling == NULL && !can_dial (self))
    set_state (self, ISMB_LINK_STATE_LOST);
  plan (self);
}

void
ismb_link_dial (IsmbLink *self)
{
  if (self->sending != NULL || self->dialling != NULL || !can_dial (self))
    return;
  dial (self);
  plan (self);
}

void
ismb_link_adopt (IsmbLink *self, IsmbStream *stream, gboolean sends, const char *device_id)
{
  g_autoptr (IsmbLink) alive = g_object_ref (self);

  /* The other side opens no second stream while it has one: it has begun anew, and knows nothing of what
   * it was told before. */
  if (self->incoming != NULL)
    {
      leave (self, self->incoming);
      set_state (self, ISMB_LINK_STATE_LOST);
    }
  self->incoming_sends = sends;
  take_in (self, &self->incoming, stream, device_id);
}

void
ismb_link_close (IsmbLink *self, const char *condition)
{
  g_clear_pointer (&self->dialling, ismb_outbound_free);
  self->sending = NULL;
  if (self->outgoing != NULL)
    part_with (g_steal_pointer (&self->outgoing), condition);
  if (self->incoming != NULL)
    part_with (g_steal_pointer (&self->incoming), condition);
  drop_queue (self);
  self->persistent = FALSE;
  self->state = ISMB_LINK_STATE_IDLE;
  plan (self);
}
