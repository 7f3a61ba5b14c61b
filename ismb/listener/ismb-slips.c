/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-slips.h"

/* Shared with the slips that are out. */
struct _IsmbSlips
{
  guint ref_count;
  IsmbOffline *offline; /* NULL: closed */
  void (*settled) (const char *account, gpointer owner);
  gpointer owner;
  GHashTable *out; /* set of Slip, by number: those whose row goes with them */
};

typedef struct
{
  IsmbReceipt receipt;
  gint64 number;
  IsmbSlips *slips;
  char *account;
  gsize length;
  gboolean leaves;     /* the row goes with it */
  IsmbReceipt *before; /* until the commit; or NULL */
} Slip;

static guint
hash_slip (gconstpointer slip)
{
  return g_int64_hash (&((const Slip *) slip)->number);
}

static gboolean
equal_slips (gconstpointer one, gconstpointer other)
{
  return ((const Slip *) one)->number == ((const Slip *) other)->number;
}

static void
unref_slips (IsmbSlips *self)
{
  if (--self->ref_count > 0)
    return;
  g_hash_table_unref (self->out);
  g_free (self);
}

static void
stay (Slip *slip)
{
  if (slip->leaves)
    g_hash_table_remove (slip->slips->out, slip);
  slip->leaves = FALSE;
}

static void
settle (IsmbReceipt *receipt)
{
  Slip *slip = (Slip *) receipt;
  IsmbSlips *self = slip->slips;
  gboolean arrived = slip->leaves && self->offline != NULL;

  stay (slip);
  if (arrived)
    ismb_offline_drop (self->offline, slip->account, slip->number, slip->length);
  g_clear_pointer (&slip->before, ismb_receipt_unref);
  if (self->offline != NULL)
    self->settled (slip->account, self->owner);
  g_free (slip->account);
  g_free (slip);
  unref_slips (self);
}

static Slip *
get_slip (IsmbSlips *self, const IsmbFrame *frame)
{
  Slip *slip = (Slip *) frame->receipt;

  return slip != NULL && slip->receipt.settle == settle && slip->slips == self ? slip : NULL;
}

IsmbSlips *
ismb_slips_new (IsmbOffline *offline, void (*settled) (const char *account, gpointer owner),
                gpointer owner)
{
  IsmbSlips *self = g_new0 (IsmbSlips, 1);

  self->ref_count = 1;
  self->offline = g_object_ref (offline);
  self->settled = settled;
  self->owner = owner;
  self->out = g_hash_table_new (hash_slip, equal_slips);
  return self;
}

void
ismb_slips_close (IsmbSlips *self)
{
  g_clear_object (&self->offline);
  unref_slips (self);
}

void
ismb_slips_attach (IsmbSlips *self, IsmbFrame *frame, const char *account, gint64 number,
                   gsize length)
{
  Slip *slip = g_new0 (Slip, 1);

  *slip = (Slip){ .number = number,
                  .slips = self,
                  .account = g_strdup (account),
                  .length = length,
                  .leaves = TRUE,
                  .before = frame->receipt != NULL ? ismb_receipt_ref (frame->receipt) : NULL };
  self->ref_count++;
  g_hash_table_replace (self->out, slip, slip);
  ismb_receipt_init (&slip->receipt, settle);
  ismb_frame_set_receipt (frame, &slip->receipt);
  ismb_receipt_unref (&slip->receipt);
}

gboolean
ismb_slips_is_out (IsmbSlips *self, gint64 number)
{
  Slip slip = { .number = number };

  return g_hash_table_contains (self->out, &slip);
}

const char *
ismb_slips_get_account (IsmbSlips *self, const IsmbFrame *frame)
{
  const Slip *slip = get_slip (self, frame);

  return slip != NULL ? slip->account : NULL;
}

void
ismb_slips_commit (IsmbSlips *self, IsmbFrame *frame)
{
  Slip *slip = get_slip (self, frame);
  g_autoptr (IsmbReceipt) before = slip != NULL ? g_steal_pointer (&slip->before) : NULL;
}

gboolean
ismb_slips_fail (IsmbSlips *self, IsmbFrame *frame)
{
  Slip *slip = get_slip (self, frame);
  gboolean relied = slip != NULL && !slip->leaves;

  if (slip == NULL)
    return TRUE;
  stay (slip);
  ismb_frame_set_receipt (frame, slip->before);
  return !relied;
}

void
ismb_slips_leave (IsmbSlips *self, const IsmbFrame *frame)
{
  Slip *slip = get_slip (self, frame);

  if (slip != NULL)
    stay (slip);
}
