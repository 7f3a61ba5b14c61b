/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* Makes a new stanza what the tree's root says, which is of its kind. FALSE with
 * ISMB_ERROR_BAD_STANZA where an address in it is none. Takes the tree in any case. */
gboolean    _ismb_stanza_take_tree (IsmbStanza *self, IsmbTree *tree, GError **error);
IsmbTree   *_ismb_stanza_get_tree (IsmbStanza *self);
/* Makes it the answer to what it was: without children, and without any other attribute. `to` and
 * `id` may be NULL. What its getters have handed out stays. */
void        _ismb_stanza_turn_round (IsmbStanza *self, IsmbJid *to, const char *stanza_type,
                                     const char *id);
/* Turns the tree's root, a stanza received, into the error that answers it (RFC 6120, 8.3):
 * addresses swapped, type `error`. `error_type` is cancel, modify, auth, wait or continue; `text`
 * may be NULL. Returns the <error/> element, for an application's own condition beside it. */
IsmbNode   *_ismb_tree_make_error (IsmbTree *tree, const char *error_type, const char *condition,
                                   const char *text);
/* Adds such an <error/> to a stanza that has none yet. */
IsmbNode   *_ismb_tree_add_error (IsmbTree *tree, const char *error_type, const char *condition,
                                  const char *text);
/* Which error-type goes with an RFC 6120 condition, e.g. "cancel" for "item-not-found". NULL:
 * there is no such condition. */
const char *_ismb_stanza_error_type_of (const char *condition);

G_END_DECLS
