/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.dormitory"

#include "config.h"
#include "ismb/listener/ismb-dormitory.h"

#include <string.h>

#include "ismb/core/ismb-random.h"

#define GONE_MAX 1024 /* ended sessions that are remembered */

struct _IsmbDormitory
{
  IsmbDormitoryBounds bounds;
  void (*evict) (gpointer session);
  GHashTable *beds;     /* id to IsmbBed */
  GHashTable *accounts; /* name, owned, to Share */
  GHashTable *gone;     /* id to Gone, owned */
  GQueue leavers;       /* of Gone, in the order in which they left */
  GQueue sleepers;      /* of IsmbBed, in the order in which they fell asleep */
  gsize bytes;
};

/* What the sleepers of one account have. */
typedef struct
{
  guint sleepers;
  gsize bytes;
} Share;

typedef struct
{
  char *id, *account;
  guint32 h;
} Gone;

static void
gone_free (gpointer data)
{
  Gone *gone = data;

  g_free (gone->id);
  g_free (gone->account);
  g_free (gone);
}

IsmbDormitory *
ismb_dormitory_new (const IsmbDormitoryBounds *bounds, void (*evict) (gpointer session))
{
  IsmbDormitory *self = g_new0 (IsmbDormitory, 1);

  self->bounds = *bounds;
  self->evict = evict;
  self->beds = g_hash_table_new (g_str_hash, g_str_equal);
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->gone = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, gone_free);
  return self;
}

void
ismb_dormitory_free (IsmbDormitory *self)
{
  g_hash_table_unref (self->beds);
  g_hash_table_unref (self->accounts);
  g_hash_table_unref (self->gone);
  g_queue_clear (&self->leavers);
  g_free (self);
}

void
ismb_dormitory_enter (IsmbDormitory *self, IsmbBed *bed, gpointer session, const char *account)
{
  *bed = (IsmbBed){
    .dormitory = self, .id = ismb_random_token (), .session = session, .account = account
  };
  g_hash_table_insert (self->beds, bed->id, bed);
}

static void
remember (IsmbDormitory *self, IsmbBed *bed, guint32 h)
{
  Gone *gone = g_new (Gone, 1);

  *gone = (Gone){ g_steal_pointer (&bed->id), g_strdup (bed->account), h };
  g_hash_table_insert (self->gone, gone->id, gone);
  g_queue_push_tail (&self->leavers, gone);
  if (self->leavers.length > GONE_MAX)
    g_hash_table_remove (self->gone, ((Gone *) g_queue_pop_head (&self->leavers))->id);
}

void
ismb_dormitory_leave (IsmbBed *bed, guint32 h)
{
  if (bed->dormitory == NULL)
    return;
  ismb_dormitory_wake (bed);
  g_hash_table_remove (bed->dormitory->beds, bed->id);
  remember (bed->dormitory, bed, h);
  bed->dormitory = NULL;
}

static Share *
ensure_share (IsmbDormitory *self, const char *account)
{
  Share *share = g_hash_table_lookup (self->accounts, account);

  if (share == NULL)
    {
      share = g_new0 (Share, 1);
      g_hash_table_insert (self->accounts, g_strdup (account), share);
    }
  return share;
}

static gboolean
account_has_too_much (IsmbDormitory *self, const Share *share)
{
  return share->sleepers > self->bounds.account_sleepers ||
         share->bytes > self->bounds.account_bytes;
}

static gboolean
is_overfull (IsmbDormitory *self)
{
  return self->sleepers.length > self->bounds.sleepers || self->bytes > self->bounds.bytes;
}

/* Of the account, NULL: of all. There is one. */
static IsmbBed *
find_oldest (IsmbDormitory *self, const char *account)
{
  GList *place = self->sleepers.head;

  while (account != NULL && strcmp (((IsmbBed *) place->data)->account, account) != 0)
    place = place->next;
  return place->data;
}

static void
turn_out (IsmbDormitory *self, IsmbBed *bed)
{
  g_debug ("a session of %s that slept has no place any more", bed->account);
  ismb_dormitory_wake (bed);
  self->evict (bed->session);
}

static void
make_room (IsmbDormitory *self, const char *account)
{
  const Share *share;

  while ((share = g_hash_table_lookup (self->accounts, account)) != NULL &&
         account_has_too_much (self, share))
    turn_out (self, find_oldest (self, account));
  while (is_overfull (self))
    turn_out (self, find_oldest (self, NULL));
}

void
ismb_dormitory_sleep (IsmbBed *bed, gsize bytes)
{
  IsmbDormitory *self = bed->dormitory;

  bed->place.data = bed;
  g_queue_push_tail_link (&self->sleepers, &bed->place);
  ensure_share (self, bed->account)->sleepers++;
  bed->bytes = 0;
  ismb_dormitory_add (bed, bytes);
}

void
ismb_dormitory_add (IsmbBed *bed, gsize bytes)
{
  IsmbDormitory *self = bed->dormitory;

  if (self == NULL || bed->place.data == NULL)
    return;
  bed->bytes += bytes;
  self->bytes += bytes;
  ensure_share (self, bed->account)->bytes += bytes;
  make_room (self, bed->account);
}

void
ismb_dormitory_wake (IsmbBed *bed)
{
  IsmbDormitory *self = bed->dormitory;
  Share *share;

  if (self == NULL || bed->place.data == NULL)
    return;
  bed->place.data = NULL;
  g_queue_unlink (&self->sleepers, &bed->place);
  self->bytes -= bed->bytes;
  share = ensure_share (self, bed->account);
  share->bytes -= bed->bytes;
  if (--share->sleepers == 0)
    g_hash_table_remove (self->accounts, bed->account);
}

gpointer
ismb_dormitory_find (IsmbDormitory *self, const char *account, const char *id)
{
  IsmbBed *bed = g_hash_table_lookup (self->beds, id);

  return bed != NULL && strcmp (bed->account, account) == 0 ? bed->session : NULL;
}

gboolean
ismb_dormitory_recall (IsmbDormitory *self, const char *account, const char *id, guint32 *h)
{
  Gone *gone = g_hash_table_lookup (self->gone, id);

  if (gone == NULL || strcmp (gone->account, account) != 0)
    return FALSE;
  *h = gone->h;
  return TRUE;
}

guint
ismb_dormitory_count (IsmbDormitory *self)
{
  return self->sleepers.length;
}
