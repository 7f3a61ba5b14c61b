/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a stanza must have at least so that a matcher can match it: by this a table of handlers
 * finds the few that it asks. NULL is anything. */
typedef struct
{
  const char *id;    /* the stanza's; then the others are NULL */
  const char *kind;  /* `message`, `presence` or `iq` */
  const char *child; /* the name of a child element; only with a kind */
  const char *ns;    /* that child's; only with a child */
} IsmbMatcherKey;

#define ISMB_MATCHER_KEYS_MAX 2 /* of one expression */

G_END_DECLS
