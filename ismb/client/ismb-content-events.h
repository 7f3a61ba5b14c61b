/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* Which events a stanza makes by what it carries, as SleekXMPP's plugins tell them: a table in the
 * source. */
typedef struct _IsmbContentEvents IsmbContentEvents;

typedef struct
{
  char *event;
  IsmbStanza *stanza; /* what it is about */
} IsmbContentEvent;

IsmbContentEvents *ismb_content_events_new (void);
void ismb_content_events_free (IsmbContentEvents *self);
/* What happens to that node of a publish-subscribe service is told as NAME_publish and so on, too.
 * A NULL `name`: no more. */
void ismb_content_events_map_node (IsmbContentEvents *self, const char *node, const char *name);
/* An array of IsmbContentEvent, or NULL for none; `own` is the bound address, or NULL. */
GPtrArray *ismb_content_events_find (const IsmbContentEvents *self, IsmbStanza *stanza,
                                     IsmbJid *own);

G_END_DECLS
