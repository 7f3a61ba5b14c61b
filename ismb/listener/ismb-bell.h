/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-switchboard.h"

G_BEGIN_DECLS

/* Rings when somebody comes to a running listener, or goes: its signals, and the changes of its
 * properties `session-count` and `peer-count`. Those are gathered: a thousand who come at once are
 * one change, told when nothing else is to do. */
typedef struct _IsmbBell IsmbBell;

/* The properties by which a listener tells of itself; what it is told is its settings'. */
enum
{
  ISMB_BELL_SESSION_COUNT = ISMB_LISTENER_SETTINGS_END,
  ISMB_BELL_PEER_COUNT,
  ISMB_BELL_WAITING_FOR,
};

/* These properties, and the signals of the class. */
void      ismb_bell_install (GObjectClass *listener);
/* `listener` outlives it. */
IsmbBell *ismb_bell_new     (GObject *listener, IsmbSwitchboard *board);
void      ismb_bell_free    (IsmbBell *self);

G_END_DECLS
