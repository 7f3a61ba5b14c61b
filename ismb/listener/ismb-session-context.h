/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-penalties.h"
#include "ismb/listener/ismb-dormitory.h"
#include "ismb/listener/ismb-registration.h"
#include "ismb/listener/ismb-routes.h"
#include "ismb/net/ismb-poller.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* Bytes of an element; for a stranger not lower, says RFC 6120, 13.12. */
#define ISMB_SESSION_LIMIT_STRANGER 10000u
/* For an account, unless configured otherwise, and at most: every switch takes that much of
 * another, so that no link ends for what one of them allows its clients. */
#define ISMB_SESSION_LIMIT_ACCOUNT (256u * 1024)
#define ISMB_SESSION_LIMIT_MOST (1024u * 1024)

/* What all sessions of a listener share; outlives them. */
typedef struct
{
  IsmbPoller *poller;
  IsmbTlsContext *tls;      /* ISMB_TLS_CLIENTS, or NULL: no TLS; replaced with the certificates */
  IsmbAccounts *accounts;
  IsmbRoutes *routes;
  IsmbFabric *fabric;       /* whose CA vouches for accounts' certificates; or NULL */
  const char *virtual_router; /* for which; or NULL without a fabric */
  IsmbPenalties *penalties; /* of those who failed to sign in, by their key */
  IsmbDormitory *dormitory;
  guint resume_time;        /* seconds in which a lost stream may be resumed; 0: not at all */
  guint resources_max;      /* of one account */
  gsize stanza_max;         /* bytes of an element that an account sends */
  IsmbRegistration *registration;
  const char *capabilities; /* the domain's, as XEP-0115 hashes them; or NULL: told to nobody */
} IsmbSessionContext;

/* What is known of an accepted socket. */
typedef struct
{
  int fd;                   /* taken */
  const char *source;       /* for logs: an address, or a user */
  const char *key;          /* by which its failures are counted; NULL: they are not */
  const char *external;     /* local part that peer credentials prove, or NULL */
  gboolean local;           /* a unix socket: TLS neither offered nor required */
  gboolean own;             /* that, and the other end is a process of our own user */
  gboolean require_tls;
} IsmbSessionOrigin;

G_END_DECLS
