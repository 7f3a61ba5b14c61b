/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"
#include "ismb/trust/ismb-revocations.h"

G_BEGIN_DECLS

#define ISMB_BULLETIN_MAX 500 /* statements in one stanza */

/* Revocations as they stand in a stanza: <revocation device='' time='' ca=''>signature</revocation>
 * in urn:ismb:fabric:1. (of IsmbRevocation) */
void       ismb_bulletin_write (GPtrArray *revocations, IsmbTree *tree, IsmbNode *parent);
/* NULL: they are not of that shape, or too many. Nothing of them is believed yet. */
GPtrArray *ismb_bulletin_read  (const IsmbNode *parent);

G_END_DECLS
