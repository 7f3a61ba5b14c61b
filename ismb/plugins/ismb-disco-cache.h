/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-disco-info.h"

G_BEGIN_DECLS

/* What others told of themselves, by whatever names it; up to so many bytes, and then what was not
 * asked for the longest goes first. */
typedef struct _IsmbDiscoCache IsmbDiscoCache;

IsmbDiscoCache *ismb_disco_cache_new (gsize bytes_max);
void ismb_disco_cache_free (IsmbDiscoCache *self);
void ismb_disco_cache_put (IsmbDiscoCache *self, const char *key, IsmbDiscoInfo *info);
/* NULL: it is not there. (transfer none) */
IsmbDiscoInfo *ismb_disco_cache_get (IsmbDiscoCache *self, const char *key);
void ismb_disco_cache_drop (IsmbDiscoCache *self, const char *key);
void ismb_disco_cache_clear (IsmbDiscoCache *self);
gboolean ismb_disco_cache_is_empty (IsmbDiscoCache *self);

G_END_DECLS
