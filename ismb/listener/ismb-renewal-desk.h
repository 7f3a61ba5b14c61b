/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"
#include "ismb/listener/ismb-peers.h"

G_BEGIN_DECLS

/* The certificates of members that are known: a registrar signs them new ones, and each of us
 * believes the new one that a member shows. IsmbRenewal is who asks here. */
typedef struct _IsmbRenewalDesk IsmbRenewalDesk;

/* The peers outlive it. `vr`: whose members they are. */
IsmbRenewalDesk *ismb_renewal_desk_new  (IsmbFabric *fabric, IsmbPeers *peers, const char *vr);
void             ismb_renewal_desk_free (IsmbRenewalDesk *self);
/* Both of a domain that has proven who it is. NULL, or the condition of the error that the request
 * earns; `text` may say more to it. (transfer none) */
const char *ismb_renewal_desk_believe   (IsmbRenewalDesk *self, const char *domain,
                                         const IsmbNode *certificate);
const char *ismb_renewal_desk_serve     (IsmbRenewalDesk *self, const char *domain,
                                         const IsmbNode *renew, IsmbTree *reply, char **text);

G_END_DECLS
