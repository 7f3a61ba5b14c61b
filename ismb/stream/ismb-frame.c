/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.frame"
#include "config.h"
#include "ismb/stream/ismb-frame.h"

#include <expat.h>
#include <string.h>

#include "ismb/core/ismb-namespaces.h"

IsmbFrame *
ismb_frame_ref (IsmbFrame *frame)
{
  frame->ref_count++;
  return frame;
}

void
ismb_frame_unref (IsmbFrame *frame)
{
  if (--frame->ref_count > 0)
    return;
  g_clear_pointer (&frame->receipt, ismb_receipt_unref);
  g_free (frame);
}

void
ismb_frame_set_receipt (IsmbFrame *frame, IsmbReceipt *receipt)
{
  IsmbReceipt *old = frame->receipt;

  frame->receipt = receipt != NULL ? ismb_receipt_ref (receipt) : NULL;
  g_clear_pointer (&old, ismb_receipt_unref);
}

static gsize
room_for (const char *string)
{
  return string != NULL ? strlen (string) + 1 : 0;
}

static const char *
place (char **end, const char *string, gsize room)
{
  char *here = *end;
  if (room == 0)
    return NULL;
  memcpy (here, string, room);
  *end += room;
  return here;
}

/* One allocation: the struct, its strings, its data. */
IsmbFrame *
ismb_frame_new (const IsmbFrame *parts)
{
  const char *const strings[] = {
    parts->name, parts->ns,   parts->from,         parts->to,
    parts->id,   parts->type, parts->payload_name, parts->payload_ns
  };
  const char *placed[G_N_ELEMENTS (strings)];
  gsize rooms[G_N_ELEMENTS (strings)], total = sizeof (IsmbFrame) + parts->length + 1, i;
  IsmbFrame *frame;
  char *end;
  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    total += rooms[i] = room_for (strings[i]);
  frame = g_malloc (total);
  end = (char *) (frame + 1);
  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    placed[i] = place (&end, strings[i], rooms[i]);
  memcpy (end, parts->data, parts->length);
  end[parts->length] = '\0';
  *frame = (IsmbFrame){
    .kind = parts->kind,
    .length = parts->length,
    .head = parts->head,
    .bad_address = parts->bad_address,
    .has_more = parts->has_more,
    .name = placed[0],
    .ns = placed[1],
    .from = placed[2],
    .to = placed[3],
    .id = placed[4],
    .type = placed[5],
    .payload_name = placed[6],
    .payload_ns = placed[7],
    .data = end,
    .ref_count = 1,
    .receipt = parts->receipt != NULL ? ismb_receipt_ref (parts->receipt) : NULL,
  };
  return frame;
}

IsmbFrame *
ismb_frame_new_text (const char *text, gssize length)
{
  IsmbFrame parts = { .kind = ISMB_FRAME_OTHER, .data = text };
  parts.length = length < 0 ? strlen (text) : (gsize) length;
  return ismb_frame_new (&parts);
}

static void
write_attribute (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_c (out, ' ');
  g_string_append (out, name);
  g_string_append (out, "='");
  ismb_xml_escape (out, value, -1, TRUE);
  g_string_append_c (out, '\'');
}

/* What every frame's data begins with; its length is the frame's `head`. */
static void
write_head (GString *out, const char *name, const char *from, const char *to)
{
  g_string_append_c (out, '<');
  g_string_append (out, name);
  write_attribute (out, "from", from);
  write_attribute (out, "to", to);
}

IsmbFrame *
ismb_frame_readdress (const IsmbFrame *frame, const char *from, const char *to)
{
  g_autoptr (GString) out = g_string_sized_new (frame->length + 128);
  IsmbFrame parts = *frame;
  write_head (out, frame->name, from, to);
  parts.head = out->len;
  g_string_append_len (out, frame->data + frame->head, frame->length - frame->head);
  parts.from = from;
  parts.to = to;
  parts.data = out->str;
  parts.length = out->len;
  parts.bad_address = FALSE;
  return ismb_frame_new (&parts);
}

/* Reading back. The data is our own writing: no prefixes on elements, a namespace stated wherever
 * it differs from the parent's. A parser without namespaces therefore shows all of it, and prefixes
 * of attributes stay what they are. */
typedef struct
{
  XML_Parser parser;
  const IsmbFrame *frame;
  IsmbTree *tree;
  GPtrArray *path; /* IsmbNode, outermost first */
} Reader;

static const char *
find_attribute (const char **attributes, const char *name)
{
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], name) == 0)
      return attributes[1];
  return NULL;
}

static IsmbNode *
read_element (Reader *reader, const char *name, const char *ns)
{
  IsmbNode *parent;
  if (reader->tree == NULL)
    {
      reader->tree = ismb_tree_new (name, ns != NULL ? ns : reader->frame->ns);
      return ismb_tree_root (reader->tree);
    }
  parent = g_ptr_array_index (reader->path, reader->path->len - 1);
  return ismb_tree_add (reader->tree, parent, name, ns != NULL ? ns : ismb_node_ns (parent));
}

static void
on_start (void *user_data, const char *name, const char **attributes)
{
  Reader *reader = user_data;
  IsmbNode *node = read_element (reader, name, find_attribute (attributes, "xmlns"));
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], "xmlns") != 0)
      ismb_tree_set (reader->tree, node, attributes[0], attributes[1]);
  g_ptr_array_add (reader->path, node);
}

static void
on_end (void *user_data, const char *name)
{
  Reader *reader = user_data;
  g_ptr_array_set_size (reader->path, reader->path->len - 1);
}

static void
on_text (void *user_data, const char *text, int length)
{
  Reader *reader = user_data;
  ismb_tree_add_text (reader->tree, g_ptr_array_index (reader->path, reader->path->len - 1), text,
                      length);
}

/* One for each thread: to make a parser costs more than most frames take to read. */
static XML_Parser
begin_parsing (void)
{
  static GPrivate own = G_PRIVATE_INIT ((GDestroyNotify) XML_ParserFree);
  XML_Parser parser = g_private_get (&own);
  if (parser == NULL)
    g_private_set (&own, parser = XML_ParserCreate ("UTF-8"));
  else
    XML_ParserReset (parser, "UTF-8");
  return parser;
}

IsmbTree *
ismb_frame_to_tree (const IsmbFrame *frame)
{
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  Reader reader = { .frame = frame, .path = path, .parser = begin_parsing () };
  enum XML_Status status;
  XML_SetUserData (reader.parser, &reader);
  XML_SetElementHandler (reader.parser, on_start, on_end);
  XML_SetCharacterDataHandler (reader.parser, on_text);
  status = XML_Parse (reader.parser, frame->data, (int) frame->length, XML_TRUE);
  g_assert (status == XML_STATUS_OK); /* ours: written by the framer or from a tree */
  return reader.tree;
}

static IsmbFrameKind
kind_of (const IsmbNode *root)
{
  if (ismb_node_is (root, "message", ISMB_NS_CLIENT))
    return ISMB_FRAME_MESSAGE;
  if (ismb_node_is (root, "presence", ISMB_NS_CLIENT))
    return ISMB_FRAME_PRESENCE;
  if (ismb_node_is (root, "iq", ISMB_NS_CLIENT))
    return ISMB_FRAME_IQ;
  return ISMB_FRAME_OTHER;
}

static void
write_other_attribute (const char *name, const char *value, gpointer data)
{
  if (strcmp (name, "from") != 0 && strcmp (name, "to") != 0)
    write_attribute (data, name, value);
}

static void
write_children (GString *out, const IsmbNode *root)
{
  const IsmbNode *child = ismb_node_first_child (root);
  if (child == NULL)
    {
      g_string_append (out, "/>");
      return;
    }
  g_string_append_c (out, '>');
  for (; child != NULL; child = ismb_node_next (child))
    ismb_node_write (child, ismb_node_ns (root), out);
  g_string_append (out, "</");
  g_string_append (out, ismb_node_name (root));
  g_string_append_c (out, '>');
}

IsmbFrame *
ismb_frame_new_from_tree (IsmbTree *tree)
{
  g_autoptr (GString) out = g_string_sized_new (512);
  const IsmbNode *root = ismb_tree_root (tree), *payload = ismb_node_find (root, NULL, NULL);
  IsmbFrame parts = {
    .kind = kind_of (root),
    .name = ismb_node_name (root),
    .ns = ismb_node_ns (root),
    .from = ismb_node_get (root, "from"),
    .to = ismb_node_get (root, "to"),
    .id = ismb_node_get (root, "id"),
    .type = ismb_node_get (root, "type"),
    .payload_name = payload != NULL ? ismb_node_name (payload) : NULL,
    .payload_ns = payload != NULL ? ismb_node_ns (payload) : NULL,
    .has_more = payload != NULL && ismb_node_find_next (payload, NULL, NULL) != NULL,
  };
  write_head (out, parts.name, parts.from, parts.to);
  parts.head = out->len;
  if (parts.kind == ISMB_FRAME_OTHER)
    write_attribute (out, "xmlns", parts.ns);
  ismb_node_foreach_attribute (root, write_other_attribute, out);
  write_children (out, root);
  parts.data = out->str;
  parts.length = out->len;
  return ismb_frame_new (&parts);
}

/* RFC 6120, 8.3.3: what the sender may do about it. */
static const char *
error_type (const char *condition)
{
  static const struct
  {
    const char *condition, *type;
  } types[] = {
    { "bad-request", "modify" },
    { "jid-malformed", "modify" },
    { "not-acceptable", "modify" },
    { "policy-violation", "modify" },
    { "redirect", "modify" },
    { "forbidden", "auth" },
    { "not-authorized", "auth" },
    { "registration-required", "auth" },
    { "subscription-required", "auth" },
    { "recipient-unavailable", "wait" },
    { "remote-server-timeout", "wait" },
    { "resource-constraint", "wait" },
    { "unexpected-request", "wait" },
  };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].condition, condition) == 0)
      return types[i].type;
  return "cancel";
}

/* RFC 6120, 8.3.1 and RFC 6121, 3 and 4: an error is never answered, nor an announcement.
 * Presence of a type that there is not is neither. */
static gboolean
wants_error (const IsmbFrame *frame)
{
  static const char *const announced[] = { "",           "unavailable", "probe",
                                           "subscribed", "unsubscribe", "unsubscribed",
                                           NULL };
  const char *type = frame->type != NULL ? frame->type : "";

  if (frame->kind == ISMB_FRAME_OTHER || strcmp (type, "error") == 0)
    return FALSE;
  if (frame->kind == ISMB_FRAME_IQ)
    return strcmp (type, "result") != 0;
  if (frame->kind == ISMB_FRAME_PRESENCE)
    return !g_strv_contains (announced, type);
  return TRUE;
}

IsmbFrame *
ismb_frame_make_error (const IsmbFrame *frame, const char *condition, const char *text)
{
  g_autoptr (GString) out = NULL;
  IsmbFrame parts = {
    .kind = frame->kind,
    .name = frame->name,
    .ns = frame->ns,
    .from = frame->to,
    .to = frame->from,
    .id = frame->id,
    .type = "error",
    .payload_name = "error",
    .payload_ns = ISMB_NS_CLIENT,
    .receipt = frame->receipt, /* the answer is as good as an arrival, once it has arrived */
  };
  if (!wants_error (frame))
    return NULL;
  out = g_string_sized_new (512);
  write_head (out, parts.name, parts.from, parts.to);
  parts.head = out->len;
  write_attribute (out, "id", parts.id);
  g_string_append_printf (out, " type='error'><error type='%s'><%s xmlns='" ISMB_NS_STANZAS "'/>",
                          error_type (condition), condition);
  if (text != NULL)
    {
      g_string_append (out, "<text xmlns='" ISMB_NS_STANZAS "' xml:lang='en'>");
      ismb_xml_escape (out, text, -1, FALSE);
      g_string_append (out, "</text>");
    }
  g_string_append_printf (out, "</error></%s>", parts.name);
  parts.data = out->str;
  parts.length = out->len;
  return ismb_frame_new (&parts);
}
