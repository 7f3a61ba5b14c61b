/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-tally.h"

#include <string.h>

#define LOOK_AHEAD 32 /* repeats that may have been left out before one that comes */

/* Shared with the receipts that are out, and so counted. */
struct _IsmbTally
{
  guint ref_count;
  void (*advanced) (gpointer owner); /* NULL: the owner is gone */
  gpointer owner;
  guint32 counted; /* the number of the last that came */
  GQueue open;     /* of Ticket, in the order of their numbers: settled ones behind one that is not */
  GQueue awaited;  /* of Ticket: will be repeated, and has no number until it is */
  guint chances;   /* how many may still come before nothing is awaited any more */
};

typedef enum
{
  OPEN,
  AWAITED,
  FORGOTTEN, /* lives on for its receipt */
} Standing;

typedef struct
{
  IsmbReceipt receipt;
  IsmbTally *tally;
  guint32 number;
  Standing standing;
  gboolean settled;
  guint64 mark; /* of its bytes */
  GList place;  /* in `open` or `awaited` */
} Ticket;

static void
unref_tally (IsmbTally *self)
{
  if (--self->ref_count == 0)
    g_free (self);
}

static void
free_ticket (Ticket *ticket)
{
  IsmbTally *tally = ticket->tally;

  g_free (ticket);
  unref_tally (tally);
}

/* Whether `h` has grown: settled tickets at the front are done with. */
static gboolean
drop_settled (IsmbTally *self)
{
  gboolean dropped = FALSE;

  while (self->open.head != NULL && ((Ticket *) self->open.head->data)->settled)
    {
      Ticket *ticket = self->open.head->data;

      g_queue_unlink (&self->open, &ticket->place);
      free_ticket (ticket);
      dropped = TRUE;
    }
  return dropped;
}

static void
settle (IsmbReceipt *receipt)
{
  Ticket *ticket = (Ticket *) receipt;
  IsmbTally *self = ticket->tally;

  ticket->settled = TRUE;
  if (ticket->standing == FORGOTTEN)
    {
      free_ticket (ticket);
      return;
    }
  if (ticket->standing == AWAITED)
    return;
  self->ref_count++;
  if (drop_settled (self) && self->advanced != NULL)
    self->advanced (self->owner);
  unref_tally (self);
}

IsmbTally *
ismb_tally_new (void (*advanced) (gpointer owner), gpointer owner)
{
  IsmbTally *self = g_new0 (IsmbTally, 1);

  self->ref_count = 1;
  self->advanced = advanced;
  self->owner = owner;
  return self;
}

static void
forget_one (IsmbTally *self)
{
  Ticket *ticket = self->awaited.head->data;

  g_queue_unlink (&self->awaited, &ticket->place);
  ticket->standing = FORGOTTEN;
  if (ticket->settled)
    free_ticket (ticket);
}

static void
forget_awaited (IsmbTally *self)
{
  while (self->awaited.head != NULL)
    forget_one (self);
}

void
ismb_tally_free (IsmbTally *self)
{
  self->advanced = NULL;
  forget_awaited (self);
  unref_tally (self);
}

/* Tells one stanza from another; not to be relied on against whoever wants two to be taken for one,
 * as he fools himself. */
static guint64
mark_of (const IsmbFrame *frame)
{
  guint64 mark = frame->length, word;
  gsize i;

  for (i = 0; i + sizeof word <= frame->length; i += sizeof word)
    {
      memcpy (&word, frame->data + i, sizeof word);
      mark = (mark ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      mark ^= mark >> 29;
    }
  for (; i < frame->length; i++)
    mark = (mark ^ (guchar) frame->data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return mark;
}

static void
add_open (IsmbTally *self, Ticket *ticket)
{
  ticket->standing = OPEN;
  ticket->number = self->counted;
  g_queue_push_tail_link (&self->open, &ticket->place);
}

static Ticket *
add_ticket (IsmbTally *self, guint64 mark)
{
  Ticket *ticket = g_new0 (Ticket, 1);

  ticket->tally = self;
  ticket->mark = mark;
  ticket->place.data = ticket;
  self->ref_count++;
  add_open (self, ticket);
  return ticket;
}

static Ticket *
find_awaited (IsmbTally *self, guint64 mark)
{
  GList *place = self->awaited.head;

  for (guint i = 0; place != NULL && i < LOOK_AHEAD; i++, place = place->next)
    if (((Ticket *) place->data)->mark == mark)
      return place->data;
  return NULL;
}

/* Repeats come in their order, so what stands before this one does not come. */
static gboolean
take_repeat (IsmbTally *self, guint64 mark)
{
  Ticket *ticket = find_awaited (self, mark);

  if (ticket == NULL)
    {
      if (--self->chances == 0)
        forget_awaited (self);
      return FALSE;
    }
  while (self->awaited.head->data != ticket)
    forget_one (self);
  g_queue_unlink (&self->awaited, &ticket->place);
  add_open (self, ticket);
  drop_settled (self);
  return TRUE;
}

/* What is no message is handled as soon as it came. Behind a message that is not, it must be known
 * again when it is repeated. */
gboolean
ismb_tally_count (IsmbTally *self, IsmbFrame *frame)
{
  gboolean message = frame->kind == ISMB_FRAME_MESSAGE;
  guint64 mark;
  Ticket *ticket;

  self->counted++;
  if (!message && self->open.head == NULL && self->awaited.head == NULL)
    return TRUE;
  mark = mark_of (frame);
  if (self->awaited.head != NULL && take_repeat (self, mark))
    return FALSE;
  if (!message && self->open.head == NULL)
    return TRUE;
  ticket = add_ticket (self, mark);
  ticket->settled = !message;
  if (!message)
    return TRUE;
  ismb_receipt_init (&ticket->receipt, settle);
  ismb_frame_set_receipt (frame, &ticket->receipt);
  ismb_receipt_unref (&ticket->receipt);
  return TRUE;
}

void
ismb_tally_resume (IsmbTally *self)
{
  GList *place;

  self->counted = ismb_tally_get_handled (self);
  while ((place = g_queue_pop_tail_link (&self->open)) != NULL)
    {
      ((Ticket *) place->data)->standing = AWAITED;
      g_queue_push_head_link (&self->awaited, place);
    }
  self->chances = self->awaited.length;
}

guint32
ismb_tally_get_handled (IsmbTally *self)
{
  Ticket *first = g_queue_peek_head (&self->open);

  return first != NULL ? first->number - 1 : self->counted;
}

guint
ismb_tally_get_pending (IsmbTally *self)
{
  return self->counted - ismb_tally_get_handled (self);
}
