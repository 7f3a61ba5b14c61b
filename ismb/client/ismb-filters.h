/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* Those who may change or drop each stanza, before others see it or it leaves. */
typedef struct _IsmbFilters IsmbFilters;

/* IsmbFilterFunc, before there is a client. */
typedef gboolean (*IsmbFiltersFunc) (gpointer client, IsmbStanza *stanza, gpointer user_data);

IsmbFilters *ismb_filters_new (void);
void ismb_filters_free (IsmbFilters *self);
/* In the order of `order`, and those of the same as they were added. Returns an id, never 0. */
guint ismb_filters_add (IsmbFilters *self, gboolean outgoing, int order, IsmbFiltersFunc func,
                        gpointer user_data, GDestroyNotify destroy);
gboolean ismb_filters_remove (IsmbFilters *self, guint id);
/* FALSE: one of them drops it; those behind were not asked. */
gboolean ismb_filters_run (IsmbFilters *self, gboolean outgoing, gpointer client,
                           IsmbStanza *stanza);

G_END_DECLS
