/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-connection-config.h"
#include "ismb/client/ismb-dialer.h"
#include "ismb/client/ismb-home.h"

G_BEGIN_DECLS

/* One attempt to reach a client's server: the account on this switch, where it is a client of this
 * switch, and the connection up to a stream on which to sign in. */
typedef struct _IsmbApproach IsmbApproach;

typedef struct
{
  /* The account is known, which is before anything is dialled. */
  void (*account) (const char *bare_jid, gpointer user_data);
  /* Once, and the last. `stream` is NULL where it failed. */
  void (*done) (GIOStream *stream, const IsmbDialOutcome *outcome, const GError *error,
                gpointer user_data);
} IsmbApproachCallbacks;

/* `owner` is kept alive while the daemon is asked. `via`: a host and perhaps a port that the server
 * has sent us to, else NULL. */
IsmbApproach *ismb_approach_new (GObject *owner, IsmbHome *home, const IsmbConnectionConfig *config,
                                 const char *via, const IsmbApproachCallbacks *callbacks,
                                 gpointer user_data);
/* No callback any more, and what is under way ends. */
void ismb_approach_free (IsmbApproach *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbApproach, ismb_approach_free)

G_END_DECLS
