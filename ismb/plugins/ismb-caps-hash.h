/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-disco-info.h"

G_BEGIN_DECLS

/* The verification string of XEP-0115, 5.1, hashed, in base64. `hash` is a name of IANA's, e.g.
 * `sha-1`. NULL: the hash is not known, or what is told is ill-formed (5.4), or is such that the same
 * string could mean something else. */
char *ismb_caps_hash_compute (IsmbDiscoInfo *info, const char *hash);
gboolean ismb_caps_hash_is_known (const char *hash);

G_END_DECLS
