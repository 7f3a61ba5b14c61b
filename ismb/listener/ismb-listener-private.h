/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-listener.h"
#include "ismb/listener/ismb-report.h"
#include "ismb/listener/ismb-switchboard.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-store.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* The daemon's back door: where the parts of one switch are shared. Before start; each is optional:
 * an in-memory store, our own namespace, and no fabric (then no s2s and no TLS). */
void          _ismb_listener_set_place    (IsmbListener *self, IsmbVirtualRouter *place);
/* Starts even where its place, or every address to listen on, is missing, and waits for it;
 * start then returns 0 without an error. */
void          _ismb_listener_set_patient  (IsmbListener *self, gboolean patient);
void          _ismb_listener_set_store    (IsmbListener *self, IsmbStore *store);
void          _ismb_listener_set_fabric   (IsmbListener *self, IsmbFabric *fabric);
/* Foreign domains and who vouches for their servers, as federate= and federate-ca= have them;
 * each may be NULL. Before start, which fails with ISMB_ERROR_BAD_CONFIG where they are no good. */
void          _ismb_listener_set_federation (IsmbListener *self, const char *federate,
                                             const char *federate_ca);
/* Told of strangers; before start. `user_data` outlives the listener. */
void          _ismb_listener_set_reporter (IsmbListener *self, IsmbReporter reporter,
                                           gpointer user_data);
/* Which fabric a peer is announced to be of: the first digits of its id, a hint to whom to ask
 * first. */
void          _ismb_listener_hint_fabric  (IsmbListener *self, const char *domain,
                                           const char *fabric);
/* Looks for a way into the fabric whose CA has that hash, once, at all who are announced now,
 * those of that fabric first, and takes the certificate it gets. `token`: NULL to be approved.
 * Outcome: TRUE, joined; FALSE without an error: a registrar knows us now and waits for an
 * approval; ISMB_ERROR_NOT_FOUND: nobody of that fabric is here; any other error is a
 * registrar's word, and final (TIMEOUT: the token expired, NOT_ALLOWED: is used up, AUTH_FAILED,
 * EXISTS: another device has our name, ...), or ours. */
void          _ismb_listener_join_async   (IsmbListener *self, const char *ca_hash,
                                           const IsmbToken *token, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean      _ismb_listener_join_finish  (IsmbListener *self, GAsyncResult *result, GError **error);
/* Asks a registrar over its link for a certificate, as ours ends or VRs changed, and takes it.
 * FALSE with ISMB_ERROR_NOT_FOUND: no registrar can be reached from here now. */
void          _ismb_listener_renew_async  (IsmbListener *self, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean      _ismb_listener_renew_finish (IsmbListener *self, GAsyncResult *result, GError **error);
/* The members that are registrars, ourselves too; see ismb_peers_list_registrars (). */
GList        *_ismb_listener_list_registrars (IsmbListener *self);
/* Or NULL. */
IsmbFabric   *_ismb_listener_get_fabric   (IsmbListener *self);
/* NULL while it does not run. */
IsmbSwitchboard *_ismb_listener_get_board (IsmbListener *self);
/* after start, or after the first account was made */
/* Of the sessions those that have lost their stream, and may resume it. */
guint _ismb_listener_count_sleeping (IsmbListener *self);
IsmbAccounts *_ismb_listener_get_accounts (IsmbListener *self);

G_END_DECLS
