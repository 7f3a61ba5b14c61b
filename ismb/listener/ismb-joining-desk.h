/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-source.h"

G_BEGIN_DECLS

/* Where a member answers those who are in no fabric and want to be in this one: a registrar decides
 * (invitations, approvals), any other member says where a registrar is. Whoever guesses wrong has
 * to wait. Everything it is told comes from strangers. */

/* (element-type IsmbPeer) (transfer full) */
typedef GList *(*IsmbJoiningDeskRegistrars) (gpointer user_data);

/* Who asks: the TLS session has proven the device's key, and nothing else. */
typedef struct
{
  const char *domain;    /* it claims */
  const char *device_id; /* full */
  const IsmbSource *source;
  GBytes *exporter;      /* of the session, or NULL */
} IsmbVisitor;

IsmbJoiningDesk *ismb_joining_desk_new  (IsmbLinkContext *context,
                                         IsmbJoiningDeskRegistrars registrars, gpointer user_data);
void             ismb_joining_desk_free (IsmbJoiningDesk *self);
/* Is there a fabric to join, and are we in it? */
gboolean         ismb_joining_desk_is_open (IsmbJoiningDesk *self);
/* The same, and is the certificate (DER, leaf first) in the name of who speaks? */
gboolean         ismb_joining_desk_hears (IsmbJoiningDesk *self, GPtrArray *chain,
                                          const char *domain);
/* What to say to this <join/>, after which the stream is to be closed. */
IsmbFrame       *ismb_joining_desk_answer (IsmbJoiningDesk *self, const IsmbFrame *join,
                                           const IsmbVisitor *visitor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbJoiningDesk, ismb_joining_desk_free)

G_END_DECLS
