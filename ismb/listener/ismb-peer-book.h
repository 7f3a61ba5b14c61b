/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-strangers.h"

G_BEGIN_DECLS

typedef struct
{
  IsmbLink *link;
  GList *place;       /* among the strangers, or NULL */
  gboolean withdrawn; /* discovery sees it no more, or never did */
} IsmbPeerEntry;

/* Who is known, and for how long: a link for each, which stands in the routes as long as it does
 * here. Whoever is withdrawn is forgotten as soon as no stream to it is up, no presence shared, and
 * nothing kept for it. */
typedef struct
{
  IsmbLinkContext *context;
  IsmbRoutes *routes;            /* borrowed, as all that follows */
  IsmbPresenceService *presence;
  GHashTable *entries;           /* domain, its link's, to IsmbPeerEntry; owned */
  IsmbStrangers strangers;
  GSource *tidying;              /* pending, to forget who is withdrawn */
  void (*forgotten) (const char *domain, gpointer user_data);
  gpointer user_data;
} IsmbPeerBook;

void ismb_peer_book_init  (IsmbPeerBook *self, IsmbLinkContext *context, IsmbRoutes *routes,
                           IsmbPresenceService *presence,
                           void (*forgotten) (const char *domain, gpointer user_data),
                           gpointer user_data);
/* After ismb_peer_book_close (). */
void ismb_peer_book_clear (IsmbPeerBook *self);
/* NULL: it is not known. */
IsmbPeerEntry *ismb_peer_book_find (IsmbPeerBook *self, const char *domain);
/* One that is not known yet. */
IsmbPeerEntry *ismb_peer_book_add  (IsmbPeerBook *self, const char *domain);
/* For one more stranger. FALSE: there is no room. */
gboolean ismb_peer_book_make_room  (IsmbPeerBook *self, const char *domain);
/* It has proven nothing; or it has. */
void ismb_peer_book_mistrust (IsmbPeerBook *self, IsmbPeerEntry *entry);
void ismb_peer_book_trust    (IsmbPeerBook *self, IsmbPeerEntry *entry);
void ismb_peer_book_withdraw (IsmbPeerBook *self, IsmbPeerEntry *entry);
/* What kept a withdrawn one may have gone: it is looked at later, as its link may be what calls. */
void ismb_peer_book_review   (IsmbPeerBook *self, const IsmbPeerEntry *entry);
/* In no order; what is done to them may make them forgotten. (of IsmbLink) (transfer full) */
GPtrArray *ismb_peer_book_list_links (IsmbPeerBook *self);
/* Ends all streams, saying why, and forgets everybody, telling nobody. */
void ismb_peer_book_close (IsmbPeerBook *self, const char *condition);

G_END_DECLS
