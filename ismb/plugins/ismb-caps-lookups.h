/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-disco.h"

G_BEGIN_DECLS

/* Asking what a verification string of others stands for: once for each, of one after the other of
 * those who show it, until an answer has that hash. So many at a time, and so many that wait. */
typedef struct _IsmbCapsLookups IsmbCapsLookups;

/* What was found, and proved; or NULL, and nobody had it. */
typedef void (*IsmbCapsFound) (gpointer owner, const char *key, IsmbDiscoInfo *info);

/* The plugin must outlive it. */
IsmbCapsLookups *ismb_caps_lookups_new (IsmbDisco *disco, gpointer owner, IsmbCapsFound found);
/* What is under way is cancelled. */
void ismb_caps_lookups_free (IsmbCapsLookups *self);
/* `key`: the hash's name, a space and the string. */
void ismb_caps_lookups_add (IsmbCapsLookups *self, const char *key, const char *node, IsmbJid *jid);

G_END_DECLS
