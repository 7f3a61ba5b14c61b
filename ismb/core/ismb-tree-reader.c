/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.tree-reader"
#include "config.h"
#include "ismb/core/ismb-tree-reader.h"

#include <expat.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define SEPARATOR '\f'      /* XML cannot contain it, in any spelling */
#define FED_MAX (64 * 1024) /* bytes; a parser that has read more is given back */
#define FOREIGN_MAX 64      /* namespaces of attributes, in one element */

struct _IsmbTreeReader
{
  char *opening;
  char *content_ns;
  IsmbTreeLimits limits;
  XML_Parser parser; /* NULL: the next element gets one */
  gsize fed;         /* bytes, to this parser */
  gboolean inside;   /* the opening */
  /* of the element in hand */
  char *problem;     /* beyond what expat sees */
  IsmbTree *tree;
  IsmbNode *open;    /* the innermost element that has not ended */
  const char *foreign[FOREIGN_MAX]; /* what its prefixes stand for, beginning with ns1 */
  guint n_foreign;
  guint depth, elements;
  gsize bytes;       /* as it would be written again: short prefixes may stand for long names */
};

static void G_GNUC_PRINTF (2, 3)
refuse (IsmbTreeReader *self, const char *problem, ...)
{
  va_list arguments;

  va_start (arguments, problem);
  if (self->problem == NULL)
    self->problem = g_strdup_vprintf (problem, arguments);
  va_end (arguments);
  XML_StopParser (self->parser, XML_FALSE);
}

static void
count_bytes (IsmbTreeReader *self, gsize bytes)
{
  self->bytes += bytes;
  if (self->bytes > self->limits.bytes)
    refuse (self, "more than %" G_GSIZE_FORMAT " MiB", self->limits.bytes >> 20);
}

/* Names */

/* Cuts expat's name at its namespace; returns what is behind it. */
static const char *
split_name (const char *name, gsize *ns_length)
{
  const char *separator = strchr (name, SEPARATOR);

  *ns_length = separator != NULL ? separator - name : 0;
  return separator != NULL ? separator + 1 : name;
}

static gboolean
is_ns (const char *ns, const char *name, gsize ns_length)
{
  return strncmp (ns, name, ns_length) == 0 && ns[ns_length] == '\0';
}

/* 0: there are too many. */
static guint
number_namespace (IsmbTreeReader *self, IsmbNode *node, const char *ns)
{
  char declaration[16];

  for (guint i = 0; i < self->n_foreign; i++)
    if (g_str_equal (self->foreign[i], ns))
      return i + 1;
  if (self->n_foreign == FOREIGN_MAX)
    return 0;
  count_bytes (self, strlen (ns));
  g_snprintf (declaration, sizeof declaration, "xmlns:ns%u", self->n_foreign + 1);
  ismb_tree_add_attribute (self->tree, node, declaration, ns);
  self->foreign[self->n_foreign++] = ismb_node_get (node, declaration);
  return self->n_foreign;
}

/* An attribute in a namespace gets a prefix of ours, declared beside it, as on a stream. NULL: it
 * is left out. */
static char *
prefix_attribute (IsmbTreeReader *self, IsmbNode *node, const char *local, const char *ns)
{
  guint number = g_str_equal (ns, ISMB_NS_XML) ? 0 : number_namespace (self, node, ns);

  if (number > 0)
    return g_strdup_printf ("ns%u:%s", number, local);
  return g_str_equal (ns, ISMB_NS_XML) ? g_strconcat ("xml:", local, NULL) : NULL;
}

static void
set_foreign_attribute (IsmbTreeReader *self, IsmbNode *node, const char *name, gsize ns_length,
                       const char *value)
{
  g_autofree char *ns = g_strndup (name, ns_length);
  g_autofree char *prefixed = prefix_attribute (self, node, name + ns_length + 1, ns);

  if (prefixed != NULL)
    ismb_tree_add_attribute (self->tree, node, prefixed, value);
}

static void
set_attribute (IsmbTreeReader *self, IsmbNode *node, const char *name, const char *value)
{
  gsize ns_length;
  const char *local = split_name (name, &ns_length);

  count_bytes (self, strlen (local) + strlen (value));
  if (ns_length > 0)
    set_foreign_attribute (self, node, name, ns_length, value);
  else
    ismb_tree_add_attribute (self->tree, node, name, value);
}

static void
set_attributes (IsmbTreeReader *self, IsmbNode *node, const char **attributes)
{
  guint count = 0;

  self->n_foreign = 0;
  for (; attributes[0] != NULL && self->problem == NULL; attributes += 2)
    {
      if (count++ == self->limits.attributes)
        refuse (self, "an element with more than %u attributes", self->limits.attributes);
      else
        set_attribute (self, node, attributes[0], attributes[1]);
    }
}

/* Elements */

static IsmbNode *
add_to_tree (IsmbTreeReader *self, const char *local, const char *ns)
{
  if (self->open != NULL)
    return ismb_tree_add (self->tree, self->open, local, ns);
  self->tree = ismb_tree_new (local, ns);
  return ismb_tree_root (self->tree);
}

/* Most are in the namespace of what is around them. */
static IsmbNode *
add_element (IsmbTreeReader *self, const char *name)
{
  gsize ns_length;
  const char *local = split_name (name, &ns_length);
  const char *around = self->open != NULL ? ismb_node_ns (self->open) : self->content_ns;
  g_autofree char *stated = NULL;

  count_bytes (self, strlen (local));
  if (is_ns (around, name, ns_length))
    return add_to_tree (self, local, around);
  count_bytes (self, ns_length);
  stated = g_strndup (name, ns_length);
  return add_to_tree (self, local, stated);
}

static void
on_start (void *user_data, const char *name, const char **attributes)
{
  IsmbTreeReader *self = user_data;

  if (!self->inside)
    return;
  if (self->depth == 0 && self->tree != NULL)
    refuse (self, "more than one element");
  else if (self->depth == self->limits.depth)
    refuse (self, "elements nested deeper than %u levels", self->limits.depth);
  else if (self->elements++ == self->limits.elements)
    refuse (self, "more than %u elements", self->limits.elements);
  else
    {
      self->open = add_element (self, name);
      self->depth++;
      set_attributes (self, self->open, attributes);
    }
}

static void
on_end (void *user_data, const char *name)
{
  IsmbTreeReader *self = user_data;

  if (self->depth == 0)
    {
      self->inside = FALSE;
      return;
    }
  self->depth--;
  self->open = ismb_node_parent (self->open);
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
  IsmbTreeReader *self = user_data;

  if (self->open != NULL)
    ismb_tree_add_text (self->tree, self->open, text, length);
  else if (!is_blank (text, length))
    refuse (self, "text beside the element");
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

static gboolean
parse (IsmbTreeReader *self, const char *xml, gsize length, gboolean last)
{
  self->fed += length;
  return XML_Parse (self->parser, xml, (int) length, last) == XML_STATUS_OK;
}

/* Behind the opening there can be no document type. */
static gboolean
make_parser (IsmbTreeReader *self)
{
  self->parser = XML_ParserCreateNS ("UTF-8", SEPARATOR);
  if (self->parser == NULL)
    g_error ("no memory for an XML parser");
  XML_SetUserData (self->parser, self);
  XML_SetElementHandler (self->parser, on_start, on_end);
  XML_SetCharacterDataHandler (self->parser, on_text);
  XML_SetProcessingInstructionHandler (self->parser, on_instruction);
  XML_SetCommentHandler (self->parser, on_comment);
  self->inside = FALSE;
  if (!parse (self, self->opening, strlen (self->opening), FALSE))
    return FALSE;
  self->inside = TRUE;
  self->fed = 0;
  return TRUE;
}

static gboolean
require (IsmbTreeReader *self, gboolean good, const char *problem)
{
  if (!good)
    refuse (self, "%s", problem);
  return good;
}

static gboolean
read_element (IsmbTreeReader *self, const char *xml, gsize length)
{
  self->open = NULL;
  self->depth = self->elements = 0;
  self->bytes = 0;
  if (self->parser == NULL && !make_parser (self))
    return FALSE;
  if (length <= self->limits.bytes)
    return parse (self, xml, length, FALSE);
  count_bytes (self, length);
  return FALSE;
}

static void
report (IsmbTreeReader *self, GError **error)
{
  const char *problem = self->problem;

  if (problem == NULL)
    problem = XML_ErrorString (XML_GetErrorCode (self->parser));
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "The XML is not one element: %s", problem);
  g_clear_pointer (&self->problem, g_free);
}

/* A parser keeps room for the largest element it ever saw, and each name in it. */
static IsmbTree *
finish (IsmbTreeReader *self, gboolean good, GError **error)
{
  if (!good)
    {
      report (self, error);
      g_clear_pointer (&self->tree, ismb_tree_unref);
    }
  if (!good || self->fed > FED_MAX)
    g_clear_pointer (&self->parser, XML_ParserFree);
  return g_steal_pointer (&self->tree);
}

IsmbTree *
ismb_tree_read (const char *xml, gssize length, const char *default_ns, GError **error)
{
  static const IsmbTreeLimits limits = { ISMB_TREE_READ_BYTES_MAX, ISMB_TREE_READ_DEPTH_MAX,
                                         ISMB_TREE_READ_ELEMENTS_MAX,
                                         ISMB_TREE_READ_ATTRIBUTES_MAX };
  g_autoptr (GString) opening = g_string_new ("<x xmlns='");
  g_autoptr (IsmbTreeReader) self = NULL;
  gboolean good;

  ismb_xml_escape (opening, default_ns, -1, TRUE);
  g_string_append (opening, "'>");
  self = ismb_tree_reader_new (opening->str, default_ns, &limits);
  good = read_element (self, xml, length < 0 ? strlen (xml) : (gsize) length)
         && parse (self, "</x>", 4, TRUE)
         && require (self, self->tree != NULL, "there is none");
  return finish (self, good, error);
}

IsmbTreeReader *
ismb_tree_reader_new (const char *opening, const char *content_ns, const IsmbTreeLimits *limits)
{
  IsmbTreeReader *self = g_new0 (IsmbTreeReader, 1);

  self->opening = g_strdup (opening);
  self->content_ns = g_strdup (content_ns);
  self->limits = *limits;
  return self;
}

void
ismb_tree_reader_free (IsmbTreeReader *self)
{
  g_clear_pointer (&self->parser, XML_ParserFree);
  g_free (self->opening);
  g_free (self->content_ns);
  g_free (self);
}

IsmbTree *
ismb_tree_reader_read (IsmbTreeReader *self, const char *xml, gsize length, GError **error)
{
  gboolean good = read_element (self, xml, length)
                  && require (self, self->tree != NULL, "there is none")
                  && require (self, self->depth == 0 && self->inside, "it ends elsewhere");

  return finish (self, good, error);
}
