/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-matcher-key.h"
#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* SleekXMPP's StanzaPath: `iq@type=set/roster`. */
typedef struct _IsmbPath IsmbPath;

/* Fails with ISMB_ERROR_BAD_EXPRESSION. */
IsmbPath *ismb_path_new (const char *text, GError **error);
void ismb_path_free (IsmbPath *self);
gboolean ismb_path_match (const IsmbPath *self, IsmbStanza *stanza);
/* How many there are. */
guint ismb_path_get_keys (const IsmbPath *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPath, ismb_path_free)

G_END_DECLS
