/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-disco.h"

G_BEGIN_DECLS

/* What is known of an address without asking it; (transfer none), NULL: nothing. */
typedef IsmbDiscoInfo *(*IsmbDiscoKnown) (gpointer who, IsmbJid *jid);

/* Whoever knows more than what was asked for; NULL: nobody. */
void _ismb_disco_set_known (IsmbDisco *self, IsmbDiscoKnown known, gpointer who);
/* What is known already; (transfer none), NULL: nothing. */
IsmbDiscoInfo *_ismb_disco_look_up (IsmbDisco *self, IsmbJid *jid, const char *node);
void _ismb_disco_note (IsmbDisco *self, IsmbJid *jid, const char *node, IsmbDiscoInfo *info);

G_END_DECLS
