/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An element as a client wrote it; a prefix is part of its name, xmlns an attribute. */
typedef struct _IsmbTestElement IsmbTestElement;

struct _IsmbTestElement
{
  char *name;
  GHashTable *attributes; /* of char *, by name */
  GString *text;          /* its own, of all pieces */
  GPtrArray *children;    /* of IsmbTestElement */
};

void ismb_test_element_free (IsmbTestElement *self);
IsmbTestElement *ismb_test_element_parse (const char *xml);
const char *ismb_test_element_get (IsmbTestElement *self, const char *attribute);
/* NULL: it has none of that name. */
IsmbTestElement *ismb_test_element_find (IsmbTestElement *self, const char *name);
/* Whether all of `mask` is in it: name, attributes, text, and a child for each child. An attribute
 * or text `%word%` of the mask is anything, and is noted as that word in `words`. */
gboolean ismb_test_element_match (IsmbTestElement *self, IsmbTestElement *mask, GHashTable *words);
char *ismb_test_element_to_string (IsmbTestElement *self);

/* A stream of them: what comes is put in piece by piece. */
typedef struct _IsmbTestStream IsmbTestStream;

typedef enum
{
  ISMB_TEST_STREAM_NOTHING, /* yet */
  ISMB_TEST_STREAM_HEADER,
  ISMB_TEST_STREAM_ELEMENT,
  ISMB_TEST_STREAM_END,
} IsmbTestStreamEvent;

IsmbTestStream *ismb_test_stream_new (void);
void ismb_test_stream_free (IsmbTestStream *self);
void ismb_test_stream_put (IsmbTestStream *self, const char *bytes, gsize length);
/* `element`: of a header too, and the caller's. */
IsmbTestStreamEvent ismb_test_stream_next (IsmbTestStream *self, IsmbTestElement **element);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestElement, ismb_test_element_free)

G_END_DECLS
