/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-tally.h"

/* Shared with the receipts that are out, and so counted. */
struct _IsmbTally
{
  guint ref_count;
  void (*advanced) (gpointer owner); /* NULL: the owner is gone */
  gpointer owner;
  guint32 counted; /* the number of the last that came */
  GQueue open;     /* of Ticket, in the order of their numbers: settled ones behind one that is not */
};

typedef struct
{
  IsmbReceipt receipt;
  IsmbTally *tally;
  guint32 number;
  gboolean settled;
  GList place; /* in `open` */
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

void
ismb_tally_free (IsmbTally *self)
{
  self->advanced = NULL;
  unref_tally (self);
}

void
ismb_tally_count (IsmbTally *self, IsmbFrame *frame)
{
  Ticket *ticket;

  self->counted++;
  if (frame->kind != ISMB_FRAME_MESSAGE)
    return;
  ticket = g_new0 (Ticket, 1);
  ismb_receipt_init (&ticket->receipt, settle);
  ticket->tally = self;
  ticket->number = self->counted;
  ticket->place.data = ticket;
  self->ref_count++;
  g_queue_push_tail_link (&self->open, &ticket->place);
  ismb_frame_set_receipt (frame, &ticket->receipt);
  ismb_receipt_unref (&ticket->receipt);
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
