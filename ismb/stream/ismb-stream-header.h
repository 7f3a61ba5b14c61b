/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the other side's <stream:stream> says. */
typedef struct
{
  const char *to, *from, *id, *version, *lang; /* as sent, or NULL; `to` and `from` prepared */
  const char *ns;                              /* the stream's content namespace */
} IsmbStreamHeader;

/* Of version 1.0, or a later one, which goes on by 1.0 where that is what it hears (RFC
 * 6120, 4.7.5). Before that there were neither versions nor features. */
gboolean ismb_stream_header_has_features (const IsmbStreamHeader *header);
/* What stands for the xml:lang of a stanza without one, where it is told to others; NULL: nothing
 * needs to. */
char    *ismb_stream_header_dup_language (const IsmbStreamHeader *header);

G_END_DECLS
