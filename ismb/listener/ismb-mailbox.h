/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-offline.h"

G_BEGIN_DECLS

/* What waits for the clients of an account: messages that found nobody (XEP-0160), and those of a
 * session whose stream was cut and that may come back (XEP-0198, 5). Both lie in the store, so the
 * sender may forget them as soon as they are committed, and neither a crash nor the session's end
 * loses one. Nothing is written for an account that ends with the process: it would be settled
 * with, and nobody could ever read it. */
#define ISMB_TYPE_MAILBOX (ismb_mailbox_get_type ())
G_DECLARE_FINAL_TYPE (IsmbMailbox, ismb_mailbox, ISMB, MAILBOX, GObject)

typedef struct
{
  /* Could not be kept after all. `condition`: what the bounce should say. */
  void (*undeliverable) (IsmbFrame *frame, const char *condition, gpointer owner);
  /* Waited for a resource that has left. */
  void (*returned)      (IsmbFrame *frame, gpointer owner);
} IsmbMailboxCallbacks;

IsmbMailbox *ismb_mailbox_new  (IsmbRoutes *routes, IsmbOffline *offline,
                                const IsmbMailboxCallbacks *callbacks, gpointer owner);
/* The owner is gone: what is let go of from here on stays in the store. */
void         ismb_mailbox_close (IsmbMailbox *self);
/* Keeps a message until a client of the account takes it; its receipt is settled when it is on
 * the disk. NULL, or the condition of the error it earns: no account, no room, nothing worth
 * keeping. */
const char  *ismb_mailbox_keep (IsmbMailbox *self, const char *account, IsmbFrame *message);
/* The same beside a holder who goes on holding the frame: once it is on the disk the sender is
 * settled with, and what lies there is dropped when the frame is let go of, as it has arrived then.
 * Where it cannot be kept, nothing changes: the frame is in memory as before; a headline or
 * a mere chat state then keeps no sender waiting for a client that may never come back. FALSE: it
 * cannot, as too much of the account's is here already. */
gboolean     ismb_mailbox_hold (IsmbMailbox *self, const char *account, IsmbFrame *message);
/* Its holder is away for long. What may not be kept here is in memory alone: to wait for that would
 * hold up all that its sender has sent since, and over a link everybody behind him. A crash loses
 * it now. For what the disk would not have, and what had no room, he goes on waiting. */
void         ismb_mailbox_release (IsmbMailbox *self, const char *account, IsmbFrame *message);
/* A client with a priority that is not negative: delivers what waits, in its order, with XEP-0203;
 * each is dropped when it has arrived. While that lasts the resource is `waiting`. */
void         ismb_mailbox_open (IsmbMailbox *self, IsmbResource *resource);
/* For a `waiting` resource: goes behind what waits. NULL, or the condition of the error. */
const char  *ismb_mailbox_queue (IsmbMailbox *self, IsmbResource *resource, IsmbFrame *message);
/* A message that a sink would not take. TRUE: it lies in the store, and stays there; else it is to
 * be sent back. */
gboolean     ismb_mailbox_take_back (IsmbMailbox *self, const IsmbFrame *message);
guint        ismb_mailbox_count (IsmbMailbox *self, const char *account);

G_END_DECLS
