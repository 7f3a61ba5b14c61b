/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-acks.h"
#include "ismb/listener/ismb-congestion.h"
#include "ismb/listener/ismb-dormitory.h"

G_BEGIN_DECLS

/* What is on its way to one client: written, kept until it is acknowledged where the client does
 * that, held while there is no stream, and given back where it will not arrive. */
typedef struct
{
  /* Does not fit: the client reads too slowly. `condition`: what the bounce should say. */
  void (*undeliverable) (IsmbFrame *frame, const char *condition, gpointer owner);
  /* Will not reach the client; it cannot be reached any more. */
  void (*returned)      (IsmbFrame *frame, gpointer owner);
  /* A message is kept for a client that may come back, or answer: may be kept elsewhere too,
   * meanwhile. FALSE: there is no room for that. */
  gboolean (*hold)      (IsmbFrame *message, gpointer owner);
  /* The client is away for long: where it is kept nowhere else, its sender waits no longer. */
  void (*release)       (IsmbFrame *message, gpointer owner);
} IsmbDeliveryCallbacks;

/* In its session's struct. */
typedef struct
{
  IsmbStream *stream;         /* the session's; NULL while it sleeps */
  IsmbAcks *acks;             /* from <enable/> on; or NULL */
  IsmbBed *bed;               /* where it sleeps; NULL: it may not */
  IsmbCongestion *congestion; /* while the client reads too slowly */
  const IsmbDeliveryCallbacks *callbacks; /* NULL: nobody is left to be told */
  gpointer owner;
} IsmbDelivery;

void ismb_delivery_clear     (IsmbDelivery *self); /* what it has but the stream */
/* `target` is for logs, `domain` is ours. */
void ismb_delivery_send      (IsmbDelivery *self, IsmbFrame *frame, const char *target,
                              const char *domain);
/* The client does not say what it has got: whoever sent it need not wait for that. */
void ismb_delivery_entrust   (IsmbDelivery *self);
/* The client cannot be reached any more: what it has not got goes elsewhere. */
void ismb_delivery_give_back (IsmbDelivery *self);
/* The stream is lost, and may be replaced for so many milliseconds. */
void ismb_delivery_sleep     (IsmbDelivery *self, guint milliseconds);
/* It has been lost for more than a moment. */
void ismb_delivery_release   (IsmbDelivery *self);

G_END_DECLS
