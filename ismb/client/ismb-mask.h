/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-matcher-key.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* A sample of what a stanza must have: SleekXMPP's MatchXMLMask. */
typedef struct _IsmbMask IsmbMask;

/* Fails with ISMB_ERROR_BAD_EXPRESSION. */
IsmbMask *ismb_mask_new (const char *xml, GError **error);
void ismb_mask_free (IsmbMask *self);
gboolean ismb_mask_match (const IsmbMask *self, IsmbTree *tree);
/* How many there are. */
guint ismb_mask_get_keys (const IsmbMask *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX]);

G_END_DECLS
