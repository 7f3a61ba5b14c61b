/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbAuthorize:
 * @ISMB_AUTHORIZE_MEMBERS: those of this switch and of the fabric's members; a stranger waits for
 *   the program's own answer
 * @ISMB_AUTHORIZE_EVERYBODY: everybody; SleekXMPP's `True`
 * @ISMB_AUTHORIZE_NOBODY: nobody, and who asks is told so; SleekXMPP's `False`
 * @ISMB_AUTHORIZE_ASK: who asks waits for the program's own answer; SleekXMPP's `None`
 *
 * Who may see a client's presence without the program being asked.
 */
typedef enum
{
  ISMB_AUTHORIZE_MEMBERS,
  ISMB_AUTHORIZE_EVERYBODY,
  ISMB_AUTHORIZE_NOBODY,
  ISMB_AUTHORIZE_ASK,
} IsmbAuthorize;

#define ISMB_TYPE_AUTHORIZE (ismb_authorize_get_type ())
GType ismb_authorize_get_type (void);

G_END_DECLS
