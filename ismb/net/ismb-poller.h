/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

/* One epoll set behind one GSource: a wake-up costs the same with 5 descriptors or 5,000, where a
 * GSource each costs in proportion. Level-triggered; a turn handles 64 events at most, so that
 * other sources get theirs, and ends with the flush of every watch that asked for it during the
 * turn: first of the early ones, so that what they send leaves with the turn too. */
#define ISMB_TYPE_POLLER (ismb_poller_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPoller, ismb_poller, ISMB, POLLER, GObject)

/* Lives inside the struct of whoever owns the descriptor; zeroed before first use. A callback may
 * remove any watch, its own too. Flush and deadline also serve a watch that has no descriptor (any
 * more). Its owner removes it before it, or the poller, goes away. */
typedef struct _IsmbWatch IsmbWatch;
struct _IsmbWatch
{
  void (*ready)    (IsmbWatch *watch, guint32 events);  /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
  void (*flush) (IsmbWatch *watch);    /* end of the turn, after ismb_poller_flush_later () */
  void (*deadline) (IsmbWatch *watch); /* once, after ismb_poller_set_deadline () */
  gboolean early;                      /* what it does in its flush makes others want theirs */
  /*< private >*/
  IsmbPoller *poller;
  int fd;
  guint32 events;
  IsmbWatch *next_dirty, **prev_dirty;
  gint64 due;
  gpointer deadline_place;
};

IsmbPoller *ismb_poller_new          (GMainContext *context); /* NULL: the thread-default one */
gboolean ismb_poller_add (IsmbPoller *self, IsmbWatch *watch, int fd, guint32 events,
                          GError **error);
void        ismb_poller_modify       (IsmbPoller *self, IsmbWatch *watch, guint32 events);
void ismb_poller_remove (IsmbPoller *self,
                         IsmbWatch *watch); /* deadline and flush too; idempotent */
void        ismb_poller_flush_later  (IsmbPoller *self, IsmbWatch *watch);
/* One timer serves all: without a deadline pending there is none. milliseconds 0 clears. */
void        ismb_poller_set_deadline (IsmbPoller *self, IsmbWatch *watch, guint milliseconds);

G_END_DECLS
