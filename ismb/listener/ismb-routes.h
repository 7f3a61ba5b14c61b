/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-sink.h"
#include "ismb/store/ismb-blocklists.h"

G_BEGIN_DECLS

/* Who is reached where. Addresses are prepared. Holds no reference: who puts itself in takes itself
 * out. */
#define ISMB_TYPE_ROUTES (ismb_routes_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRoutes, ismb_routes, ISMB, ROUTES, GObject)

/* A bound resource of a local account. */
typedef struct
{
  char *account;          /* local part */
  char *resource;
  char *full;             /* local@domain/resource */
  IsmbSink *sink;
  gboolean available;     /* has sent initial presence and not taken it back */
  gboolean interested;    /* has asked for the roster: gets pushes */
  gboolean knows_blocked; /* has asked for the block list: gets pushes */
  gboolean certified;     /* its session was opened by a certificate, which ends before the account */
  gboolean waiting;       /* the mailbox delivers older messages: newer ones go behind them */
  gint8 priority;
  IsmbFrame *presence;    /* the last broadcast one, or NULL */
  const IsmbBlocklist *blocks; /* whom the account has blocked; NULL, as mostly: nobody */
} IsmbResource;

IsmbRoutes   *ismb_routes_new           (const char *domain);
const char   *ismb_routes_get_domain    (IsmbRoutes *self);
/* Remote domains, connected or not. `sink` NULL takes it out. */
void          ismb_routes_set_domain    (IsmbRoutes *self, const char *domain, IsmbSink *sink);
IsmbSink     *ismb_routes_get_domain_sink (IsmbRoutes *self, const char *domain);
/* Their names, in no order, borrowed. (transfer container) */
GPtrArray    *ismb_routes_list_domains  (IsmbRoutes *self);
/* Why no other domain is reached now: a sentence for people; NULL: nothing is wrong with all of
 * them. */
const char   *ismb_routes_get_trouble   (IsmbRoutes *self);
void          ismb_routes_set_trouble   (IsmbRoutes *self, const char *trouble);
/* The new resource; NULL if that full address is taken. */
IsmbResource *ismb_routes_add_resource  (IsmbRoutes *self, const char *account,
                                         const char *resource, IsmbSink *sink);
void          ismb_routes_remove_resource (IsmbRoutes *self, IsmbResource *resource);
/* How many there are. */
guint         ismb_routes_count_resources (IsmbRoutes *self);
/* Is told of each that comes, once it is there, and of each that goes, before it is not. It adds
 * and removes none. NULL: nobody is. */
typedef void (*IsmbRoutesWatcher) (const IsmbResource *resource, gboolean comes,
                                   gpointer user_data);
void          ismb_routes_set_watcher   (IsmbRoutes *self, IsmbRoutesWatcher watcher,
                                         gpointer user_data);
IsmbResource *ismb_routes_lookup        (IsmbRoutes *self, const char *full);
/* The resources of an account (account NULL: of all), a snapshot; of borrowed IsmbResource.
 * (transfer container) */
GPtrArray    *ismb_routes_list_resources (IsmbRoutes *self, const char *account);
/* The same without a copy, for who adds and removes none meanwhile; NULL where there is none.
 * (transfer none) */
GPtrArray    *ismb_routes_peek_resources (IsmbRoutes *self, const char *account);
/* Whom accounts have blocked (XEP-0191); none where this is not called. */
void          ismb_routes_set_blocklists (IsmbRoutes *self, IsmbBlocklists *lists);
/* Another list holds for the account from now on. */
void          ismb_routes_renew_blocks  (IsmbRoutes *self, const char *account);
/* Has the account of `own`, an address of ours, blocked `other`? For those who have no resource of
 * it at hand; any other address has blocked nobody. */
gboolean      ismb_routes_is_blocked    (IsmbRoutes *self, const char *own, const char *other);
/* To wherever frame->to leads: a local full address, or another domain's sink. FALSE: nobody there.
 * The services that answer for bare addresses use it for what they send; they never call the
 * router. */
gboolean      ismb_routes_deliver       (IsmbRoutes *self, IsmbFrame *frame);

/* A part of a prepared address as a string of its own, without allocating: no part is longer. */
#define ISMB_PART_SIZE 1024
typedef char IsmbPart[ISMB_PART_SIZE];
const char   *ismb_routes_copy_part     (IsmbPart out, const char *start, gsize length);

G_END_DECLS
