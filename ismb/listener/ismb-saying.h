/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What a presence stanza says, by its type. */
typedef enum
{
  ISMB_SAYING_SHOWN,        /* available, unavailable or an error: somebody's clients see it */
  ISMB_SAYING_SUBSCRIPTION,
  ISMB_SAYING_PROBE,
  ISMB_SAYING_NONSENSE,     /* RFC 6121, 4.7.1 */
} IsmbSaying;

IsmbSaying ismb_saying_of (const IsmbFrame *presence);

G_END_DECLS
