/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.mailbox"

#include "config.h"
#include "ismb/listener/ismb-opening.h"

#include "ismb/listener/ismb-envelope.h"

#define BEHIND_MAX (512 * 1024) /* bytes; a session is thought slow from twice as many */
#define AGAIN 1000 /* milliseconds; should nothing tell that a slow reader has read */

/* Counted for the sake of a read that is under way. */
struct _IsmbOpening
{
  guint ref_count;
  IsmbRoutes *routes;
  IsmbOffline *offline;
  IsmbSlips *slips;
  const IsmbOpeningCallbacks *callbacks;
  gpointer owner; /* NULL: it is gone */
  char *account;
  char *full;     /* of the resource */
  GQueue rows;    /* of Row, read and not delivered */
  GQueue behind;  /* of IsmbFrame */
  gsize behind_bytes;
  gint64 last;    /* number that was read */
  const IsmbFrame *given; /* while the sink looks at it */
  gboolean reading, all_read, refused, found;
  GSource *source;
};

typedef struct
{
  IsmbFrame *frame;
  gint64 number;
  gsize length;
} Row;

static void
row_free (gpointer data)
{
  Row *row = data;

  ismb_frame_unref (row->frame);
  g_free (row);
}

static void
opening_unref (IsmbOpening *self)
{
  if (--self->ref_count > 0)
    return;
  g_object_unref (self->offline);
  g_object_unref (self->routes);
  g_free (self->account);
  g_free (self->full);
  g_free (self);
}

static void
clear_source (IsmbOpening *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean on_turn (gpointer data);

/* From a turn of its own: what asks for it may be in the middle of a delivery. */
static void
ask_for_turn (IsmbOpening *self, guint milliseconds)
{
  clear_source (self);
  self->source = g_timeout_source_new (milliseconds);
  g_source_set_callback (self->source, on_turn, self, NULL);
  g_source_set_static_name (self->source, "ismb-opening");
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

/* Reading */

static void
on_message (const IsmbOfflineMessage *message, gpointer user_data)
{
  IsmbOpening *self = user_data;
  g_autoptr (IsmbFrame) frame = NULL;
  Row *row;

  self->found = TRUE;
  self->last = message->number;
  if (self->owner == NULL || ismb_slips_is_out (self->slips, message->number))
    return;
  frame = ismb_envelope_open (message, ismb_routes_get_domain (self->routes));
  if (frame == NULL)
    {
      g_warning ("a stored message for %s is damaged and left out", self->account);
      ismb_offline_drop (self->offline, self->account, message->number, message->length);
      return;
    }
  row = g_new0 (Row, 1);
  *row = (Row){ g_steal_pointer (&frame), message->number, message->length };
  g_queue_push_tail (&self->rows, row);
}

static void
on_read (const GError *error, gpointer user_data)
{
  IsmbOpening *self = user_data;

  self->reading = FALSE;
  self->all_read = error != NULL || !self->found;
  if (error != NULL)
    g_warning ("what waits for %s cannot be read: %s", self->account, error->message);
  if (self->owner != NULL)
    ask_for_turn (self, 0);
  opening_unref (self);
}

static void
read_more (IsmbOpening *self)
{
  self->reading = TRUE;
  self->found = FALSE;
  self->ref_count++;
  ismb_offline_read (self->offline, self->account, self->last, on_message, on_read, self);
}

/* Delivering */

/* The one that is waiting: another may have taken its name. */
static IsmbResource *
find_resource (IsmbOpening *self)
{
  IsmbResource *resource = ismb_routes_lookup (self->routes, self->full);

  return resource != NULL && resource->waiting ? resource : NULL;
}

/* XEP-0191, 3.3: whom the account has blocked since is heard of no more, not even late. */
static gboolean
is_welcome (const IsmbResource *resource, const IsmbFrame *message)
{
  return resource->blocks == NULL || message->from == NULL ||
         !ismb_blocklist_matches (resource->blocks, message->from);
}

static void
deliver_rows (IsmbOpening *self, IsmbResource *resource)
{
  self->refused = FALSE;
  while (!self->refused && !g_queue_is_empty (&self->rows))
    {
      Row *row = g_queue_pop_head (&self->rows);

      ismb_slips_attach (self->slips, row->frame, self->account, row->number, row->length);
      self->given = row->frame;
      if (is_welcome (resource, row->frame))
        ismb_sink_deliver (resource->sink, row->frame);
      self->given = NULL;
      if (!self->refused)
        {
          row_free (row);
          continue;
        }
      ismb_frame_set_receipt (row->frame, NULL);
      g_queue_push_head (&self->rows, row);
    }
}

static void
deliver_behind (IsmbOpening *self, IsmbResource *resource)
{
  IsmbFrame *frame;

  resource->waiting = FALSE;
  while ((frame = g_queue_pop_head (&self->behind)) != NULL)
    {
      ismb_sink_deliver (resource->sink, frame);
      ismb_frame_unref (frame);
    }
}

/* Others of the account may have what was for this resource, once they have what is older. */
static void
give_back (IsmbOpening *self, gpointer owner)
{
  IsmbFrame *frame;

  while ((frame = g_queue_pop_head (&self->behind)) != NULL)
    {
      self->callbacks->returned (frame, owner);
      ismb_frame_unref (frame);
    }
}

static void
end (IsmbOpening *self, IsmbResource *resource)
{
  if (resource != NULL)
    deliver_behind (self, resource);
  self->callbacks->ended (self, resource == NULL, self->owner);
}

static void
turn (IsmbOpening *self)
{
  IsmbResource *resource = find_resource (self);

  if (resource != NULL)
    deliver_rows (self, resource);
  if (resource != NULL && self->refused)
    ask_for_turn (self, AGAIN);
  else if (resource != NULL && !self->all_read)
    read_more (self);
  else
    end (self, resource);
}

static gboolean
on_turn (gpointer data)
{
  IsmbOpening *self = data;

  clear_source (self);
  turn (self);
  return G_SOURCE_REMOVE;
}

IsmbOpening *
ismb_opening_new (IsmbRoutes *routes, IsmbOffline *offline, IsmbSlips *slips,
                  IsmbResource *resource, const IsmbOpeningCallbacks *callbacks, gpointer owner)
{
  IsmbOpening *self = g_new0 (IsmbOpening, 1);

  self->ref_count = 1;
  self->routes = g_object_ref (routes);
  self->offline = g_object_ref (offline);
  self->slips = slips;
  self->callbacks = callbacks;
  self->owner = owner;
  self->account = g_strdup (resource->account);
  self->full = g_strdup (resource->full);
  resource->waiting = TRUE;
  read_more (self);
  return self;
}

void
ismb_opening_free (IsmbOpening *self)
{
  gpointer owner = g_steal_pointer (&self->owner);

  clear_source (self);
  g_queue_clear_full (&self->rows, row_free);
  give_back (self, owner);
  opening_unref (self);
}

const char *
ismb_opening_get_account (IsmbOpening *self)
{
  return self->account;
}

gboolean
ismb_opening_queue (IsmbOpening *self, IsmbFrame *frame)
{
  if (self->behind_bytes + frame->length > BEHIND_MAX)
    return FALSE;
  self->behind_bytes += frame->length;
  g_queue_push_tail (&self->behind, ismb_frame_ref (frame));
  return TRUE;
}

void
ismb_opening_refuse (IsmbOpening *self, const IsmbFrame *frame)
{
  self->refused |= frame == self->given;
}

void
ismb_opening_nudge (IsmbOpening *self)
{
  if (self->refused && self->source != NULL) /* it is waiting, and not in the middle of a turn */
    ask_for_turn (self, 0);
}
