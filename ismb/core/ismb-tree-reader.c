/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.tree-reader"
#include "config.h"
#include "ismb/core/ismb-tree-reader.h"

#include <expat.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define SEPARATOR '\f' /* XML cannot contain it, in any spelling */

typedef struct
{
  XML_Parser parser;
  const char *default_ns;
  const char *problem; /* beyond what expat sees */
  IsmbTree *tree;
  IsmbNode *path[ISMB_TREE_READ_DEPTH_MAX]; /* the open elements, outermost first */
  guint depth, elements;
  gsize bytes; /* as it would be written again: a short prefix may stand for a long namespace */
  gboolean inside;
} Reader;

static void
refuse (Reader *reader, const char *problem)
{
  if (reader->problem == NULL)
    reader->problem = problem;
  XML_StopParser (reader->parser, XML_FALSE);
}

static void
count_bytes (Reader *reader, gsize bytes)
{
  reader->bytes += bytes;
  if (reader->bytes > ISMB_TREE_READ_BYTES_MAX)
    refuse (reader, "more than 1 MiB");
}

/* Names */

/* Cuts expat's name at its namespace, which is left in `ns`; NULL where there is none. */
static const char *
split_name (const char *name, char **ns)
{
  const char *separator = strchr (name, SEPARATOR);

  *ns = separator != NULL ? g_strndup (name, separator - name) : NULL;
  return separator != NULL ? separator + 1 : name;
}

/* An attribute in a namespace gets a prefix of ours, declared beside it, as on a stream. */
static char *
prefix_attribute (Reader *reader, IsmbNode *node, const char *local, const char *ns)
{
  for (guint i = 1;; i++)
    {
      g_autofree char *declaration = g_strdup_printf ("xmlns:ns%u", i);
      const char *declared = ismb_node_get (node, declaration);

      if (declared == NULL)
        {
          count_bytes (reader, strlen (ns));
          ismb_tree_set (reader->tree, node, declaration, declared = ns);
        }
      if (g_str_equal (declared, ns))
        return g_strdup_printf ("ns%u:%s", i, local);
    }
}

static void
set_attribute (Reader *reader, IsmbNode *node, const char *name, const char *value)
{
  g_autofree char *ns = NULL;
  const char *local = split_name (name, &ns);
  g_autofree char *prefixed = NULL;

  if (ns != NULL && g_str_equal (ns, ISMB_NS_XML))
    prefixed = g_strconcat ("xml:", local, NULL);
  else if (ns != NULL)
    prefixed = prefix_attribute (reader, node, local, ns);
  count_bytes (reader, strlen (local) + strlen (value));
  ismb_tree_set (reader->tree, node, prefixed != NULL ? prefixed : local, value);
}

static void
set_attributes (Reader *reader, IsmbNode *node, const char **attributes)
{
  guint count = 0;

  for (; attributes[0] != NULL && reader->problem == NULL; attributes += 2)
    {
      if (count++ == ISMB_TREE_READ_ATTRIBUTES_MAX)
        refuse (reader, "an element with more than 64 attributes");
      else
        set_attribute (reader, node, attributes[0], attributes[1]);
    }
}

/* Elements */

static IsmbNode *
add_element (Reader *reader, const char *name)
{
  g_autofree char *stated = NULL;
  const char *local = split_name (name, &stated);
  const char *ns = stated != NULL ? stated : "";
  IsmbNode *parent = reader->depth > 0 ? reader->path[reader->depth - 1] : NULL;
  const char *around = parent != NULL ? ismb_node_ns (parent) : reader->default_ns;

  count_bytes (reader, strlen (local) + (g_str_equal (ns, around) ? 0 : strlen (ns)));
  if (parent != NULL)
    return ismb_tree_add (reader->tree, parent, local, ns);
  reader->tree = ismb_tree_new (local, ns);
  return ismb_tree_root (reader->tree);
}

static void
on_start (void *user_data, const char *name, const char **attributes)
{
  Reader *reader = user_data;

  if (!reader->inside)
    reader->inside = TRUE; /* the element around it, which is ours */
  else if (reader->depth == 0 && reader->tree != NULL)
    refuse (reader, "more than one element");
  else if (reader->depth == ISMB_TREE_READ_DEPTH_MAX)
    refuse (reader, "elements nested deeper than 64 levels");
  else if (reader->elements++ == ISMB_TREE_READ_ELEMENTS_MAX)
    refuse (reader, "more than 10000 elements");
  else
    {
      reader->path[reader->depth] = add_element (reader, name);
      set_attributes (reader, reader->path[reader->depth++], attributes);
    }
}

static void
on_end (void *user_data, const char *name)
{
  Reader *reader = user_data;

  if (reader->depth > 0)
    reader->depth--;
}

static gboolean
is_blank (const char *text, int length)
{
  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;
  return length == 0;
}

static void
on_text (void *user_data, const char *text, int length)
{
  Reader *reader = user_data;

  if (reader->depth > 0)
    ismb_tree_add_text (reader->tree, reader->path[reader->depth - 1], text, length);
  else if (!is_blank (text, length))
    refuse (reader, "text beside the element");
}

static void
on_instruction (void *user_data, const char *target, const char *data)
{
  refuse (user_data, "a processing instruction");
}

static void
on_comment (void *user_data, const char *data)
{
  refuse (user_data, "a comment");
}

/* The whole */

static void
set_handlers (Reader *reader)
{
  XML_SetUserData (reader->parser, reader);
  XML_SetElementHandler (reader->parser, on_start, on_end);
  XML_SetCharacterDataHandler (reader->parser, on_text);
  XML_SetProcessingInstructionHandler (reader->parser, on_instruction);
  XML_SetCommentHandler (reader->parser, on_comment);
}

/* Inside an element that states the default namespace. There can be no document type either. */
static gboolean
parse (Reader *reader, const char *xml, gsize length)
{
  g_autoptr (GString) opening = g_string_new ("<x xmlns='");

  ismb_xml_escape (opening, reader->default_ns, -1, TRUE);
  g_string_append (opening, "'>");
  return XML_Parse (reader->parser, opening->str, (int) opening->len, XML_FALSE) == XML_STATUS_OK
         && XML_Parse (reader->parser, xml, (int) length, XML_FALSE) == XML_STATUS_OK
         && XML_Parse (reader->parser, "</x>", 4, XML_TRUE) == XML_STATUS_OK;
}

static void
report (Reader *reader, GError **error)
{
  const char *problem = reader->problem;

  if (problem == NULL)
    problem = XML_ErrorString (XML_GetErrorCode (reader->parser));
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "The XML is not one element: %s", problem);
}

IsmbTree *
ismb_tree_read (const char *xml, gssize length, const char *default_ns, GError **error)
{
  gsize bytes = length < 0 ? strlen (xml) : (gsize) length;
  Reader reader = { .default_ns = default_ns };
  gboolean good = FALSE;

  reader.parser = XML_ParserCreateNS ("UTF-8", SEPARATOR);
  set_handlers (&reader);
  if (bytes > ISMB_TREE_READ_BYTES_MAX)
    reader.problem = "more than 1 MiB";
  else if (parse (&reader, xml, bytes) && reader.tree == NULL)
    reader.problem = "there is none";
  else
    good = reader.problem == NULL
           && XML_GetErrorCode (reader.parser) == XML_ERROR_NONE;
  if (!good)
    {
      report (&reader, error);
      g_clear_pointer (&reader.tree, ismb_tree_unref);
    }
  XML_ParserFree (reader.parser);
  return reader.tree;
}
