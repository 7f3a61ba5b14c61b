/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.net.poller"
#include "config.h"
#include "ismb/net/ismb-poller.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define TURN_MAX 64 /* events handled before other sources get their turn */

/* Watches that wait for the end of a turn */
typedef struct
{
  IsmbWatch *first, **tail;
} Queue;

struct _IsmbPoller
{
  GObject parent_instance;
  int epoll;
  GSource *source;
  struct epoll_event
      batch[TURN_MAX]; /* of the running turn; data.ptr is NULL once handled or removed */
  int batched;
  gboolean in_turn, hushed;
  gpointer tag; /* of the descriptor in the source */
  Queue early, late;
  IsmbWatch *flushing;  /* being flushed: what joins their queue now waits for the next turn */
  GSequence *deadlines; /* of IsmbWatch, soonest first */
};

typedef struct
{
  GSource source;
  IsmbPoller *poller;
} PollerSource;

G_DEFINE_FINAL_TYPE (IsmbPoller, ismb_poller, G_TYPE_OBJECT)

/* Setting it wakes the context, which takes calls to the system: so it is done for news alone, and
 * one that moves away, as a deadline does with each stanza, is left to come too early once. */
static void
set_ready_time (IsmbPoller *self, gint64 ready)
{
  gint64 set = g_source_get_ready_time (self->source);
  gboolean later = ready > set && set > 0;

  if (ready != set && !(later && set > g_source_get_time (self->source)))
    g_source_set_ready_time (self->source, ready);
}

static void
update_ready_time (IsmbPoller *self)
{
  gint64 ready = -1;
  if (self->source == NULL || self->in_turn || g_source_is_destroyed (self->source))
    return;
  if (self->early.first != NULL || self->late.first != NULL)
    ready = 0;
  else if (!g_sequence_is_empty (self->deadlines))
    ready = ((IsmbWatch *) g_sequence_get (g_sequence_get_begin_iter (self->deadlines)))->due;
  set_ready_time (self, ready);
}

static void
handle_events (IsmbPoller *self)
{
  int i;
  self->batched = epoll_wait (self->epoll, self->batch, TURN_MAX, 0);
  for (i = 0; i < self->batched; i++)
    {
      IsmbWatch *watch = self->batch[i].data.ptr;
      self->batch[i].data.ptr = NULL;
      if (watch != NULL)
        watch->ready (watch, self->batch[i].events);
    }
  self->batched = 0;
}

/* `now` is taken once: a deadline that a callback sets anew belongs to a later turn. */
static void
handle_deadlines (IsmbPoller *self)
{
  gint64 now;
  if (g_sequence_is_empty (self->deadlines))
    return;
  now = g_get_monotonic_time ();
  while (!g_sequence_is_empty (self->deadlines))
    {
      GSequenceIter *first = g_sequence_get_begin_iter (self->deadlines);
      IsmbWatch *watch = g_sequence_get (first);
      if (watch->due > now)
        break;
      g_sequence_remove (first);
      watch->deadline_place = NULL;
      watch->deadline (watch);
    }
}

static Queue *
queue_of (IsmbPoller *self, const IsmbWatch *watch)
{
  return watch->early ? &self->early : &self->late;
}

static void
unlink_dirty (IsmbPoller *self, IsmbWatch *watch)
{
  if (watch->prev_dirty == NULL)
    return;
  *watch->prev_dirty = watch->next_dirty;
  if (watch->next_dirty != NULL)
    watch->next_dirty->prev_dirty = watch->prev_dirty;
  else if (queue_of (self, watch)->tail == &watch->next_dirty)
    queue_of (self, watch)->tail = watch->prev_dirty;
  watch->next_dirty = NULL;
  watch->prev_dirty = NULL;
}

static void
flush_queue (IsmbPoller *self, Queue *queue)
{
  if (queue->first == NULL)
    return;
  self->flushing = queue->first;
  self->flushing->prev_dirty = &self->flushing;
  queue->first = NULL;
  queue->tail = &queue->first;
  while (self->flushing != NULL)
    {
      IsmbWatch *watch = self->flushing;
      unlink_dirty (self, watch);
      watch->flush (watch);
    }
}

/* A main loop that runs inside a turn is not woken for what the turn alone may handle. */
static void
set_hushed (IsmbPoller *self, gboolean hushed)
{
  if (self->hushed == hushed)
    return;
  self->hushed = hushed;
  g_source_modify_unix_fd (self->source, self->tag, hushed ? 0 : G_IO_IN);
  if (hushed)
    g_source_set_ready_time (self->source, -1);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_autoptr (IsmbPoller) self = g_object_ref (((PollerSource *) source)->poller);
  if (self->in_turn)
    {
      set_hushed (self, TRUE);
      return G_SOURCE_CONTINUE;
    }
  self->in_turn = TRUE;
  handle_events (self);
  handle_deadlines (self);
  flush_queue (self, &self->early);
  flush_queue (self, &self->late);
  self->in_turn = FALSE;
  set_hushed (self, FALSE);
  update_ready_time (self);
  return G_SOURCE_CONTINUE;
}

/* Without prepare and check GLib goes by the descriptor and the ready time alone. */
static GSourceFuncs source_funcs = { .dispatch = dispatch };

static void
ismb_poller_finalize (GObject *object)
{
  IsmbPoller *self = ISMB_POLLER (object);
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_sequence_free (self->deadlines);
  close (self->epoll);
  G_OBJECT_CLASS (ismb_poller_parent_class)->finalize (object);
}

static void
ismb_poller_class_init (IsmbPollerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_poller_finalize;
}

static void
ismb_poller_init (IsmbPoller *self)
{
  self->early.tail = &self->early.first;
  self->late.tail = &self->late.first;
  self->deadlines = g_sequence_new (NULL);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll < 0)
    g_error ("no epoll descriptor: %s; raise the limit of open files", g_strerror (errno));
}

IsmbPoller *
ismb_poller_new (GMainContext *context)
{
  IsmbPoller *self = g_object_new (ISMB_TYPE_POLLER, NULL);
  g_autoptr (GMainContext) own =
      context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
  self->source = g_source_new (&source_funcs, sizeof (PollerSource));
  ((PollerSource *) self->source)->poller = self;
  g_source_set_static_name (self->source, "IsmbPoller");
  self->tag = g_source_add_unix_fd (self->source, self->epoll, G_IO_IN);
  /* Else GLib takes the descriptor out of its poll for each dispatch and wakes itself twice for it:
   * three system calls a turn. */
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, own);
  return self;
}

gboolean
ismb_poller_add (IsmbPoller *self, IsmbWatch *watch, int fd, guint32 events, GError **error)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };
  g_return_val_if_fail (watch->poller == NULL, FALSE);
  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
    {
      int saved = errno;
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot watch descriptor %d: %s", fd,
                   g_strerror (saved));
      return FALSE;
    }
  watch->poller = self;
  watch->fd = fd;
  watch->events = events;
  return TRUE;
}

void
ismb_poller_modify (IsmbPoller *self, IsmbWatch *watch, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };
  g_return_if_fail (watch->poller == self);
  if (watch->events == events)
    return;
  watch->events = events;
  if (epoll_ctl (self->epoll, EPOLL_CTL_MOD, watch->fd, &event) < 0)
    g_critical ("cannot change the watch on descriptor %d: %s", watch->fd, g_strerror (errno));
}

/* Events of this watch that the running turn has fetched and not handled yet must not reach it. */
static void
forget_batched (IsmbPoller *self, IsmbWatch *watch)
{
  int i;
  for (i = 0; i < self->batched; i++)
    if (self->batch[i].data.ptr == watch)
      self->batch[i].data.ptr = NULL;
}

void
ismb_poller_remove (IsmbPoller *self, IsmbWatch *watch)
{
  unlink_dirty (self, watch);
  ismb_poller_set_deadline (self, watch, 0);
  if (watch->poller == NULL)
    return;
  forget_batched (self, watch);
  epoll_ctl (self->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
  watch->poller = NULL;
}

void
ismb_poller_flush_later (IsmbPoller *self, IsmbWatch *watch)
{
  Queue *queue = queue_of (self, watch);

  if (watch->prev_dirty != NULL)
    return;
  watch->next_dirty = NULL;
  watch->prev_dirty = queue->tail;
  *queue->tail = watch;
  queue->tail = &watch->next_dirty;
  update_ready_time (self);
}

static int
compare_due (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = ((const IsmbWatch *) a)->due, second = ((const IsmbWatch *) b)->due;
  return (first > second) - (first < second);
}

void
ismb_poller_set_deadline (IsmbPoller *self, IsmbWatch *watch, guint milliseconds)
{
  if (watch->deadline_place == NULL && milliseconds == 0)
    return;
  if (watch->deadline_place != NULL)
    g_sequence_remove (watch->deadline_place);
  watch->deadline_place = NULL;
  if (milliseconds > 0)
    {
      watch->due = g_get_monotonic_time () + (gint64) milliseconds * 1000;
      watch->deadline_place = g_sequence_insert_sorted (self->deadlines, watch, compare_due, NULL);
    }
  update_ready_time (self);
}
