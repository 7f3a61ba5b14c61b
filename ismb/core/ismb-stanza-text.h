/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

#define ISMB_STANZA_TEXT_LANGS_MAX 64 /* more of them are not listed */

/* Texts of a stanza that it may have in several languages, each a child in jabber:client (RFC 6121,
 * 5.2.3). A child that states no language is in the stanza's own, and a `language` of NULL means
 * that one. What is returned lives as long as the stanza. */

/* In the stanza's own language, else the first; NULL where there is none. */
const char *_ismb_stanza_peek_text       (IsmbStanza *self, const char *name);
/* In that language and no other. */
const char *_ismb_stanza_peek_text_in    (IsmbStanza *self, const char *name, const char *language);
/* Sets the one in the stanza's own language; a `text` of NULL removes all. */
void        _ismb_stanza_set_text        (IsmbStanza *self, const char *name, const char *text);
void        _ismb_stanza_set_text_in     (IsmbStanza *self, const char *name, const char *language,
                                          const char *text);
char      **_ismb_stanza_list_text_langs (IsmbStanza *self, const char *name);
/* The text of the first child of that name and namespace. */
const char *_ismb_stanza_peek_child      (IsmbStanza *self, const char *name, const char *ns);

G_END_DECLS
