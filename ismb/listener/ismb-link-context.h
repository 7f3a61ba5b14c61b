/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"
#include "ismb/listener/ismb-dials.h"
#include "ismb/listener/ismb-report.h"
#include "ismb/net/ismb-poller.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/stream/ismb-frame.h"
#include "ismb/stream/ismb-stream.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

typedef struct _IsmbLink IsmbLink;
typedef struct _IsmbJoiningDesk IsmbJoiningDesk;
typedef struct _IsmbForeigners IsmbForeigners;

/* What all links of a listener share; it outlives them. The callbacks go upwards and may do what
 * they like, except take the last reference of the link. */
typedef struct
{
  IsmbPoller *poller;
  IsmbVirtualRouter *place;
  IsmbFabric *fabric;
  IsmbTlsContext *tls;       /* ISMB_TLS_PEERS; replaced when certificates change; NULL: no s2s */
  const char *domain;        /* ours */
  guint stanza_max;          /* bytes that may come; 0: what listeners of our kind send */
  guint silence;             /* ms without a byte until a watched link is lost; 0: 10,000 */
  IsmbDials dials;           /* under way, to whom nobody has proven to be yet */
  guint idle;                /* ms without traffic until an unshared link closes; 0: 60,000 */
  guint rest;                /* ms between two dials at least; 0: 250 */
  gsize queue_bytes;         /* that may wait for one that cannot be reached; 0: 1 MiB */
  guint queue_time;          /* ms that each may; 0: 60,000 */
  IsmbJoiningDesk *desk;     /* for those who are no members; NULL: they are sent away */
  IsmbForeigners *foreigners; /* domains of federate=; NULL: none */
  gboolean foreign;          /* these links are theirs: no fabric vouches for them */
  IsmbReporter reporter;     /* is told of strangers; or NULL */
  gpointer reporter_data;

  /* Came: its `from` is of the link's domain, its `to` is ours. Borrowed. */
  void (*frame)         (IsmbLink *link, IsmbFrame *frame, gpointer user_data);
  /* Came on one of its streams, and is no stanza. FALSE: nobody knows it, and that breaks the
   * rules; NULL: nobody ever does. */
  gboolean (*word)      (IsmbLink *link, IsmbStream *stream, IsmbFrame *frame, gpointer user_data);
  /* Could not be sent; may come from inside ismb_sink_deliver (). `condition`: what the bounce
   * should say. */
  void (*undeliverable) (IsmbLink *link, IsmbFrame *frame, const char *condition,
                         gpointer user_data);
  /* What was queued has been sent before `up` is told, and is bounced after `lost`. */
  void (*state)         (IsmbLink *link, IsmbLinkState state, gpointer user_data);
  /* How long the other end takes to answer is known, or has changed much. Or NULL. */
  void (*measured)      (IsmbLink *link, gpointer user_data);
  /* Who came as `domain` holds that device's key, and is a member in other virtual routers only. Or
   * NULL. */
  void (*doubted)       (const char *domain, const char *device_id, gpointer user_data);
  gpointer user_data;
} IsmbLinkContext;

static inline guint
ismb_link_context_get_silence (const IsmbLinkContext *self)
{
  return self->silence > 0 ? self->silence : 10000;
}

static inline gsize
ismb_link_context_get_queue_bytes (const IsmbLinkContext *self)
{
  return self->queue_bytes > 0 ? self->queue_bytes : 1024 * 1024;
}

static inline guint
ismb_link_context_get_queue_time (const IsmbLinkContext *self)
{
  return self->queue_time > 0 ? self->queue_time : 60000;
}

static inline void
ismb_link_context_report (const IsmbLinkContext *self, const IsmbReport *report)
{
  if (self->reporter != NULL)
    self->reporter (report, self->reporter_data);
}

G_END_DECLS
