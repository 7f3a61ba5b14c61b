/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-element.h"

#include <string.h>

struct _IsmbTestStream
{
  GMarkupParseContext *parser;
  GPtrArray *open; /* of IsmbTestElement, the header first; borrowed */
  GQueue events;   /* of Event */
};

typedef struct
{
  IsmbTestStreamEvent event;
  IsmbTestElement *element; /* owned */
} Event;

static IsmbTestElement *
element_new (const char *name, const char **names, const char **values)
{
  IsmbTestElement *self = g_new0 (IsmbTestElement, 1);

  self->name = g_strdup (name);
  self->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->text = g_string_new (NULL);
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_test_element_free);
  for (; *names != NULL; names++, values++)
    g_hash_table_insert (self->attributes, g_strdup (*names), g_strdup (*values));
  return self;
}

void
ismb_test_element_free (IsmbTestElement *self)
{
  g_free (self->name);
  g_hash_table_unref (self->attributes);
  g_string_free (self->text, TRUE);
  g_ptr_array_unref (self->children);
  g_free (self);
}

/* The parser */

static void
push (IsmbTestStream *self, IsmbTestStreamEvent what, IsmbTestElement *element)
{
  Event *event = g_new (Event, 1);

  *event = (Event){ what, element };
  g_queue_push_tail (&self->events, event);
}

static void
on_start (GMarkupParseContext *context, const char *name, const char **names, const char **values,
          gpointer user_data, GError **error)
{
  IsmbTestStream *self = user_data;
  IsmbTestElement *element = element_new (name, names, values);

  if (self->open->len == 0)
    push (self, ISMB_TEST_STREAM_HEADER, element);
  else if (self->open->len > 1)
    g_ptr_array_add (((IsmbTestElement *) self->open->pdata[self->open->len - 1])->children,
                     element);
  g_ptr_array_add (self->open, element);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  IsmbTestStream *self = user_data;
  IsmbTestElement *element = g_ptr_array_steal_index (self->open, self->open->len - 1);

  if (self->open->len == 0)
    push (self, ISMB_TEST_STREAM_END, NULL);
  else if (self->open->len == 1)
    push (self, ISMB_TEST_STREAM_ELEMENT, element);
}

/* The header may have been taken and freed, and has no text that counts. */
static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer user_data,
         GError **error)
{
  IsmbTestStream *self = user_data;

  if (self->open->len > 1)
    g_string_append_len (((IsmbTestElement *) self->open->pdata[self->open->len - 1])->text, text,
                         length);
}

IsmbTestStream *
ismb_test_stream_new (void)
{
  static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
  IsmbTestStream *self = g_new0 (IsmbTestStream, 1);

  self->parser = g_markup_parse_context_new (&parser, 0, self, NULL);
  self->open = g_ptr_array_new ();
  g_queue_init (&self->events);
  return self;
}

void
ismb_test_stream_free (IsmbTestStream *self)
{
  IsmbTestElement *element;

  if (self->open->len > 1) /* one that never ended */
    ismb_test_element_free (self->open->pdata[1]);
  while (!g_queue_is_empty (&self->events))
    {
      element = NULL;
      ismb_test_stream_next (self, &element);
      g_clear_pointer (&element, ismb_test_element_free);
    }
  g_markup_parse_context_free (self->parser);
  g_ptr_array_unref (self->open);
  g_free (self);
}

void
ismb_test_stream_put (IsmbTestStream *self, const char *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;

  if (!g_markup_parse_context_parse (self->parser, bytes, length, &error))
    g_error ("what the client wrote is no XML: %s: %.*s", error->message, (int) length, bytes);
}

IsmbTestStreamEvent
ismb_test_stream_next (IsmbTestStream *self, IsmbTestElement **element)
{
  g_autofree Event *event = g_queue_pop_head (&self->events);

  if (event == NULL)
    return ISMB_TEST_STREAM_NOTHING;
  *element = event->element;
  return event->event;
}

/* The element */

IsmbTestElement *
ismb_test_element_parse (const char *xml)
{
  IsmbTestStream *stream = ismb_test_stream_new ();
  g_autoptr (IsmbTestElement) header = NULL;
  IsmbTestElement *element = NULL;

  ismb_test_stream_put (stream, "<_>", 3);
  ismb_test_stream_put (stream, xml, strlen (xml));
  ismb_test_stream_next (stream, &header);
  if (ismb_test_stream_next (stream, &element) != ISMB_TEST_STREAM_ELEMENT)
    g_error ("no element: %s", xml);
  ismb_test_stream_free (stream);
  return element;
}

const char *
ismb_test_element_get (IsmbTestElement *self, const char *attribute)
{
  return g_hash_table_lookup (self->attributes, attribute);
}

IsmbTestElement *
ismb_test_element_find (IsmbTestElement *self, const char *name)
{
  for (guint i = 0; i < self->children->len; i++)
    {
      IsmbTestElement *child = self->children->pdata[i];

      if (g_str_equal (child->name, name))
        return child;
    }
  return NULL;
}

static gboolean
match_text (const char *text, const char *mask, GHashTable *words)
{
  gsize length = strlen (mask);

  if (text == NULL)
    return FALSE;
  if (length < 3 || mask[0] != '%' || mask[length - 1] != '%')
    return g_str_equal (text, mask);
  g_hash_table_insert (words, g_strndup (mask + 1, length - 2), g_strdup (text));
  return TRUE;
}

static gboolean
match_attributes (IsmbTestElement *self, IsmbTestElement *mask, GHashTable *words)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, mask->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (!match_text (ismb_test_element_get (self, name), value, words))
      return FALSE;
  return TRUE;
}

static gboolean
match_a_child (IsmbTestElement *self, IsmbTestElement *mask, GHashTable *words)
{
  for (guint i = 0; i < self->children->len; i++)
    if (ismb_test_element_match (self->children->pdata[i], mask, words))
      return TRUE;
  return FALSE;
}

gboolean
ismb_test_element_match (IsmbTestElement *self, IsmbTestElement *mask, GHashTable *words)
{
  if (!g_str_equal (self->name, mask->name) || !match_attributes (self, mask, words))
    return FALSE;
  if (mask->text->len > 0 && !match_text (self->text->str, mask->text->str, words))
    return FALSE;
  for (guint i = 0; i < mask->children->len; i++)
    if (!match_a_child (self, mask->children->pdata[i], words))
      return FALSE;
  return TRUE;
}

static void
write_element (IsmbTestElement *self, GString *out)
{
  g_autofree char *text = g_markup_escape_text (self->text->str, -1);
  GHashTableIter iter;
  gpointer name, value;

  g_string_append_printf (out, "<%s", self->name);
  g_hash_table_iter_init (&iter, self->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_string_append_printf (out, " %s='%s'", (char *) name, (char *) value);
  g_string_append_printf (out, ">%s", text);
  for (guint i = 0; i < self->children->len; i++)
    write_element (self->children->pdata[i], out);
  g_string_append_printf (out, "</%s>", self->name);
}

char *
ismb_test_element_to_string (IsmbTestElement *self)
{
  GString *out = g_string_new (NULL);

  write_element (self, out);
  return g_string_free (out, FALSE);
}
