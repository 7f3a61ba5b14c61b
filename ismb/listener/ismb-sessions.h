/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-router.h"
#include "ismb/listener/ismb-session.h"

G_BEGIN_DECLS

/* Where a client must be inside TLS. A unix socket is no wire: there it never is. */
typedef enum
{
  ISMB_REQUIRE_TLS_NEVER,
  ISMB_REQUIRE_TLS_REMOTE,   /* from anywhere but this host */
  ISMB_REQUIRE_TLS_ALWAYS,
} IsmbRequireTls;

/* All clients of a listener: who may come in, how many, and the joint between each session and the
 * router. */
#define ISMB_TYPE_SESSIONS (ismb_sessions_get_type ())
G_DECLARE_FINAL_TYPE (IsmbSessions, ismb_sessions, ISMB, SESSIONS, GObject)

IsmbSessions *ismb_sessions_new           (IsmbPoller *poller, IsmbRoutes *routes,
                                           IsmbAccounts *accounts, IsmbPresenceService *presence,
                                           IsmbRouter *router, IsmbRequireTls require_tls);
/* For sessions to come; NULL: none is offered. */
void          ismb_sessions_set_tls       (IsmbSessions *self, IsmbTlsContext *tls);
/* Who may make himself an account; before the first session. */
void          ismb_sessions_set_registration (IsmbSessions *self, IsmbRegistration *registration);
/* What the domain offers, as XEP-0115 hashes it; told to those who have signed in. */
void          ismb_sessions_set_capabilities (IsmbSessions *self, const char *hash);
/* Bytes of an element that an account sends, in sessions to come; ISMB_SESSION_LIMIT_ACCOUNT unless
 * set. */
void          ismb_sessions_set_stanza_max (IsmbSessions *self, gsize bytes);
/* Clients may sign in by certificates of its CA, in that virtual router. */
void          ismb_sessions_set_fabric    (IsmbSessions *self, IsmbFabric *fabric,
                                           const char *virtual_router);
/* An IsmbDoorEnter whose user data are the sessions. */
void          ismb_sessions_accept        (int fd, const struct sockaddr *address, gpointer self);
/* For sessions to come: seconds in which a lost stream may be resumed; 0: not at all. */
void          ismb_sessions_set_resume_time (IsmbSessions *self, guint seconds);
guint         ismb_sessions_get_sleeping  (IsmbSessions *self); /* those that lost their stream */
/* Their network is gone, but for these addresses, or NULL: all on it, and so none on the unix
 * socket, end as if the clients were gone. */
void          ismb_sessions_cut           (IsmbSessions *self, IsmbOwnAddresses *remaining);
/* Ends those of the account whose password has changed, but for the one that did it. */
void          ismb_sessions_close_others  (IsmbSessions *self, const char *account,
                                           IsmbSink *spared);
/* Ends the sessions of an account, NULL: everybody's, strangers' too. */
void          ismb_sessions_close         (IsmbSessions *self, const char *account,
                                           const char *condition, const char *text);

G_END_DECLS
