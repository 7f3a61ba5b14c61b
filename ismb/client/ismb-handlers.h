/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-matcher.h"

G_BEGIN_DECLS

/* Who wants stanzas, found by what a stanza is and carries, so that it costs little how many there
 * are. */
typedef struct _IsmbHandlers IsmbHandlers;
typedef struct _IsmbHandler IsmbHandler;

/* IsmbStanzaFunc, before there is a client. */
typedef gboolean (*IsmbHandlerFunc) (gpointer client, IsmbStanza *stanza, gpointer user_data,
                                     GError **error);

typedef enum
{
  ISMB_HANDLER_WAY_STAYS,
  ISMB_HANDLER_WAY_ONCE,  /* removed as it is called */
  ISMB_HANDLER_WAY_WAITS, /* likewise, and called before those that do not wait */
} IsmbHandlerWay;

IsmbHandlers *ismb_handlers_new (void);
void ismb_handlers_free (IsmbHandlers *self);
/* `name` may be NULL. Returns an id, never 0. */
guint ismb_handlers_add (IsmbHandlers *self, const char *name, IsmbMatcher *matcher,
                         IsmbHandlerWay way, IsmbHandlerFunc func, gpointer user_data,
                         GDestroyNotify destroy);
gboolean ismb_handlers_remove (IsmbHandlers *self, guint id);
/* The first of that name. */
gboolean ismb_handlers_remove_named (IsmbHandlers *self, const char *name);
/* Those that match, in the order they are called, held; NULL where there are none. */
GPtrArray *ismb_handlers_find (IsmbHandlers *self, IsmbStanza *stanza);
/* What `func` returns; FALSE for one that was removed since it was found. */
gboolean ismb_handlers_call (IsmbHandlers *self, IsmbHandler *handler, gpointer client,
                             IsmbStanza *stanza, GError **error);
const char *ismb_handler_get_name (const IsmbHandler *handler); /* for a log */
gboolean ismb_handler_waits (const IsmbHandler *handler);

G_END_DECLS
