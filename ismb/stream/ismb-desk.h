/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <expat.h>

#include "ismb/stream/ismb-scribe.h"

G_BEGIN_DECLS

/* What a stream needs while it has something to read, and only then: a parser and a scribe. To make
 * them costs more than to read a stanza, so those that are given back are had again. */
typedef struct
{
  XML_Parser parser; /* of namespaces, without handlers */
  IsmbScribe *scribe;
  gulong salt;            /* of expat's hash tables: names cannot be chosen to collide */
  gsize fed;              /* bytes, since this parser began */
  const char *content_ns; /* interned */
} IsmbDesk;

IsmbDesk *ismb_desk_take      (const char *content_ns);
void      ismb_desk_give_back (IsmbDesk *self);

G_END_DECLS
