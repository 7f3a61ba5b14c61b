/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-handlers.h"

G_BEGIN_DECLS

/* Those whom a stanza that came is offered to one after the other; answers for who of them fails. */
typedef struct _IsmbTakers IsmbTakers;

/* What it asks of the client. */
typedef struct
{
  void (*event) (gpointer client, const char *event, GObject *payload);
  void (*send) (gpointer client, IsmbStanza *stanza);
} IsmbTakersCallbacks;

IsmbTakers *ismb_takers_new (gpointer client, const IsmbTakersCallbacks *callbacks);
/* May be called by one of them. */
void ismb_takers_free (IsmbTakers *self);
IsmbHandlers *ismb_takers_get_handlers (IsmbTakers *self);
/* Those who want the stanza; NULL: nobody does. */
GPtrArray *ismb_takers_find (IsmbTakers *self, IsmbStanza *stanza);
/* Offers it to those found, whom a request is offered to only until one takes it. They may change
 * what they get, so that it is a copy for all but the last one of a request. TRUE: a request was
 * taken, or answered for one who failed. */
gboolean ismb_takers_offer (IsmbTakers *self, GPtrArray *found, IsmbStanza *stanza);
/* Something was sent: it may be the answer of one of them. */
void ismb_takers_note_sent (IsmbTakers *self, IsmbStanza *stanza);

G_END_DECLS
