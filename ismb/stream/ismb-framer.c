/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.framer"
#include "config.h"
#include "ismb/stream/ismb-framer.h"

#include <expat.h>
#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"

#define SEPARATOR '\f'    /* between namespace and name in expat's strings; XML cannot contain it in any spelling */
#define HEADER_MAX 4096   /* bytes up to the end of <stream:stream> */
#define DEPTH_MAX 64      /* levels, the stream's own among them */
#define ATTRIBUTES_MAX 64 /* of one element; as many namespace declarations */
#define ELEMENTS_MAX 10000

/* Expat scans a tag from its beginning each time more of it comes: a big tag in small pieces costs its
 * square. So much scanning, in multiples of the limit, does an element get. */
#define RESCANS_MAX 128

/* What is noted of an element besides its bytes. */
typedef enum
{
  NAME,
  NS,
  FROM,
  TO,
  ID,
  TYPE,
  PAYLOAD_NAME,
  PAYLOAD_NS,
  N_NOTES,
} Note;

typedef struct
{
  guint ns;   /* offset in `namespaces` of the one in force; 0 is the stream's own, which is never written */
  guint mark; /* length of `namespaces` before this level */
} Level;

/* What only a stream with something to read needs; sleep frees it. */
typedef struct
{
  XML_Parser parser;
  gsize fed;           /* bytes, since this parser began */
  GString *out;        /* the element in canonical form, so far */
  GString *notes;      /* NUL-ended strings; of the header, its namespace declarations as text */
  guint noted[N_NOTES];/* offsets in `notes`; 0 is absent */
  GString *namespaces; /* NUL-ended, of the open levels */
  Level levels[DEPTH_MAX + 1];
} Desk;

struct _IsmbFramer
{
  const IsmbFramerCallbacks *callbacks;
  gpointer user_data;
  const char *content_ns;
  gsize content_length; /* of content_ns */
  char *stamp;
  gsize limit;
  char *header;         /* a start tag with the header's namespaces, for a new parser; NULL before the header */
  Desk *desk;           /* NULL while asleep */
  GString *unread;      /* behind a stop; or NULL */
  const char *condition;/* the stream error; nothing is read any more */
  guint depth;          /* of open elements */
  gsize element_start, stop_at; /* counted like `fed` */
  gsize rescanned;
  guint elements, declared;
  guint32 head;
  IsmbFrameKind kind;
  gboolean bad_address, tag_open, content_declared, foreign_prefix, stopping, stopped, ended;
};

static void on_start (void *user_data, const char *name, const char **attributes);
static void on_end (void *user_data, const char *name);
static void on_text (void *user_data, const char *text, int length);
static void on_namespace (void *user_data, const char *prefix, const char *uri);
static void on_declaration (void *user_data, const char *version, const char *encoding, int standalone);
static void on_doctype (void *user_data, const char *name, const char *system_id, const char *public_id,
                        int has_internal_subset);
static void on_instruction (void *user_data, const char *target, const char *data);
static void on_comment (void *user_data, const char *data);

static inline void
put (GString *out, const char *bytes, gsize length)
{
  if (G_UNLIKELY (out->len + length >= out->allocated_len))
    {
      g_string_append_len (out, bytes, length);
      return;
    }
  memcpy (out->str + out->len, bytes, length);
  out->len += length;
}

#define PUT(out, literal) put (out, literal, sizeof (literal) - 1)

/* What ismb_xml_escape () writes, for text that expat has found valid: one scan with a small table. */
enum
{
  IN_TEXT = 1,
  IN_VALUE = 2,
};

static const guint8 escaped[256] = {
  ['&'] = IN_TEXT | IN_VALUE, ['<'] = IN_TEXT | IN_VALUE, ['>'] = IN_TEXT | IN_VALUE,
  ['\r'] = IN_TEXT | IN_VALUE, ['\n'] = IN_VALUE, ['\t'] = IN_VALUE, ['\''] = IN_VALUE, ['"'] = IN_VALUE,
};

static void
put_escape (GString *out, char c)
{
  switch (c)
    {
    case '&': PUT (out, "&amp;"); break;
    case '<': PUT (out, "&lt;"); break;
    case '>': PUT (out, "&gt;"); break;
    case '\r': PUT (out, "&#13;"); break;
    case '\n': PUT (out, "&#10;"); break;
    case '\t': PUT (out, "&#9;"); break;
    case '\'': PUT (out, "&apos;"); break;
    default: PUT (out, "&quot;"); break;
    }
}

static void
put_escaped (GString *out, const char *text, gsize length, guint8 where)
{
  const char *run = text, *end = text + length;
  for (; text < end; text++)
    if (G_UNLIKELY ((escaped[(guchar) *text] & where) != 0))
      {
        put (out, run, text - run);
        put_escape (out, *text);
        run = text + 1;
      }
  put (out, run, end - run);
}

static void
put_value (GString *out, const char *value)
{
  put_escaped (out, value, strlen (value), IN_VALUE);
}

static void
put_attribute (GString *out, const char *name, gsize name_length, const char *value)
{
  PUT (out, " ");
  put (out, name, name_length);
  PUT (out, "='");
  put_value (out, value);
  PUT (out, "'");
}

static const char *
noted (IsmbFramer *self, Note note)
{
  Desk *desk = self->desk;
  return desk->noted[note] != 0 ? desk->notes->str + desk->noted[note] : NULL;
}

static void
take_note (IsmbFramer *self, Note note, const char *text, gsize length)
{
  Desk *desk = self->desk;
  desk->noted[note] = desk->notes->len;
  put (desk->notes, text, length);
  put (desk->notes, "", 1);
}

static gboolean
is_over (IsmbFramer *self)
{
  return self->condition != NULL || self->stopping || self->ended;
}

static void
refuse (IsmbFramer *self, const char *condition)
{
  if (self->condition == NULL)
    self->condition = condition;
  XML_StopParser (self->desk->parser, XML_FALSE);
}

/* Where the tag that is being reported ends, in bytes fed. */
static gsize
event_end (IsmbFramer *self)
{
  return XML_GetCurrentByteIndex (self->desk->parser) + XML_GetCurrentByteCount (self->desk->parser);
}

/* Called when a callback came back: it may have asked to stop here. */
static void
stop_if_asked (IsmbFramer *self)
{
  if (!self->stopping && !self->ended)
    return;
  self->stop_at = event_end (self);
  XML_StopParser (self->desk->parser, XML_FALSE);
}

static void
begin_notes (Desk *desk)
{
  g_string_truncate (desk->out, 0);
  g_string_truncate (desk->notes, 1); /* offset 0 means absent */
  g_string_truncate (desk->namespaces, 1);
  memset (desk->noted, 0, sizeof desk->noted);
}

static void
free_desk (Desk *desk)
{
  XML_ParserFree (desk->parser);
  g_string_free (desk->out, TRUE);
  g_string_free (desk->notes, TRUE);
  g_string_free (desk->namespaces, TRUE);
  g_free (desk);
}

static void
set_handlers (IsmbFramer *self, XML_Parser parser)
{
  XML_SetUserData (parser, self);
  XML_SetElementHandler (parser, on_start, on_end);
  XML_SetCharacterDataHandler (parser, on_text);
  XML_SetStartNamespaceDeclHandler (parser, on_namespace);
  XML_SetXmlDeclHandler (parser, on_declaration);
  XML_SetStartDoctypeDeclHandler (parser, on_doctype);
  XML_SetProcessingInstructionHandler (parser, on_instruction);
  XML_SetCommentHandler (parser, on_comment);
}

static void
wake (IsmbFramer *self)
{
  Desk *desk;
  if (self->desk != NULL)
    return;
  desk = self->desk = g_new0 (Desk, 1);
  desk->parser = XML_ParserCreateNS ("UTF-8", SEPARATOR);
  if (desk->parser == NULL)
    g_error ("no memory for an XML parser");
  desk->out = g_string_sized_new (512);
  desk->notes = g_string_new_len ("", 1);
  desk->namespaces = g_string_new_len ("", 1);
#ifdef HAVE_XML_SETREPARSEDEFERRALENABLED
  /* With it on, expat holds complete stanzas back until more bytes come; the cost that deferral
   * saves is bounded by RESCANS_MAX here. */
  XML_SetReparseDeferralEnabled (desk->parser, XML_FALSE);
#endif
  if (self->header != NULL)
    {
      desk->fed = strlen (self->header);
      XML_Parse (desk->parser, self->header, (int) desk->fed, XML_FALSE);
    }
  set_handlers (self, desk->parser);
}

/* The namespace part of an expat name; its length is 0 where there is none. Returns the local name. */
static const char *
split_name (const char *name, gsize *ns_length)
{
  const char *separator = strchr (name, SEPARATOR);
  *ns_length = separator != NULL ? (gsize) (separator - name) : 0;
  return separator != NULL ? separator + 1 : name;
}

static gboolean
is_content (IsmbFramer *self, const char *name, gsize ns_length)
{
  return ns_length == self->content_length && memcmp (name, self->content_ns, ns_length) == 0;
}

static gboolean
is_ns (const char *name, gsize ns_length, const char *ns)
{
  return strlen (ns) == ns_length && memcmp (name, ns, ns_length) == 0;
}

/* ------------------------------------------------------------------ the header */

/* A new parser must know every prefix of the header, since elements may use them. */
static void
keep_header (IsmbFramer *self)
{
  self->header = g_strdup_printf ("<stream:stream%s>", self->desk->notes->str + 1);
}

static const char *
check_header (IsmbFramer *self, const char *name)
{
  gsize ns_length;
  const char *local = split_name (name, &ns_length);
  if (!is_ns (name, ns_length, ISMB_NS_STREAM) || !self->content_declared)
    return "invalid-namespace";
  if (self->foreign_prefix)
    return "bad-namespace-prefix";
  if (strcmp (local, "stream") != 0)
    return "bad-format";
  if (event_end (self) > HEADER_MAX)
    return "policy-violation";
  return NULL;
}

static gboolean
prepare_header_address (const char *value, char **address)
{
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts;
  if (!ismb_address_prepare (value, strlen (value), prepared, &parts, NULL))
    return FALSE;
  *address = g_strdup (prepared->str);
  return TRUE;
}

static void
report_header (IsmbFramer *self, const char **attributes)
{
  g_autofree char *from = NULL, *to = NULL;
  IsmbStreamHeader header = { .ns = self->content_ns };
  const char xml_lang[] = { ISMB_NS_XML "\flang" };
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], "id") == 0)
      header.id = attributes[1];
    else if (strcmp (attributes[0], "version") == 0)
      header.version = attributes[1];
    else if (strcmp (attributes[0], xml_lang) == 0)
      header.lang = attributes[1];
    else if ((strcmp (attributes[0], "from") == 0 && !prepare_header_address (attributes[1], &from)) ||
             (strcmp (attributes[0], "to") == 0 && !prepare_header_address (attributes[1], &to)))
      {
        refuse (self, "improper-addressing");
        return;
      }
  header.from = from;
  header.to = to;
  self->callbacks->header (&header, self->user_data);
}

static void
read_header (IsmbFramer *self, const char *name, const char **attributes)
{
  const char *condition = check_header (self, name);
  if (condition != NULL)
    {
      refuse (self, condition);
      return;
    }
  keep_header (self);
  report_header (self, attributes);
  if (self->condition == NULL)
    stop_if_asked (self);
}

static void
on_namespace (void *user_data, const char *prefix, const char *uri)
{
  IsmbFramer *self = user_data;
  GString *notes = self->desk->notes;
  self->declared++;
  if (self->depth > 0 || is_over (self) || g_strcmp0 (prefix, "xml") == 0)
    return;
  if (g_strcmp0 (uri, ISMB_NS_STREAM) == 0 && g_strcmp0 (prefix, "stream") != 0)
    self->foreign_prefix = TRUE; /* RFC 6120, 4.8.5: `stream:` alone is sure to be understood */
  if (prefix == NULL && g_strcmp0 (uri, self->content_ns) == 0)
    self->content_declared = TRUE;
  g_string_append (notes, prefix != NULL ? " xmlns:" : " xmlns");
  g_string_append (notes, prefix != NULL ? prefix : "");
  g_string_append (notes, "='");
  put_value (notes, uri != NULL ? uri : "");
  g_string_append_c (notes, '\'');
}

/* ------------------------------------------------------------------ elements */

static void
close_tag (IsmbFramer *self)
{
  if (self->tag_open)
    PUT (self->desk->out, ">");
  self->tag_open = FALSE;
}

/* The canonical form is bounded too: one long namespace behind many short prefixes would grow it. */
static void
check_growth (IsmbFramer *self)
{
  if (self->desk->out->len > self->limit + ISMB_FRAMER_GROWTH)
    refuse (self, "policy-violation");
}

static void
note_address (IsmbFramer *self, Note note, const char *value)
{
  GString *notes = self->desk->notes;
  guint offset = notes->len;
  IsmbAddressParts parts;
  if (!ismb_address_prepare (value, strlen (value), notes, &parts, NULL))
    {
      self->bad_address = TRUE;
      return;
    }
  put (notes, "", 1);
  self->desk->noted[note] = offset;
}

static void
note_attributes (IsmbFramer *self, const char **attributes)
{
  gboolean stamped = self->stamp != NULL && self->kind != ISMB_FRAME_OTHER;
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], "to") == 0)
      note_address (self, TO, attributes[1]);
    else if (strcmp (attributes[0], "from") == 0 && !stamped)
      note_address (self, FROM, attributes[1]);
    else if (strcmp (attributes[0], "id") == 0)
      take_note (self, ID, attributes[1], strlen (attributes[1]));
    else if (strcmp (attributes[0], "type") == 0)
      take_note (self, TYPE, attributes[1], strlen (attributes[1]));
  if (stamped)
    take_note (self, FROM, self->stamp, strlen (self->stamp));
}

/* An attribute in a namespace gets a prefix of ours, declared on the spot. */
static void
put_foreign_attribute (GString *out, const char *name, const char *separator, const char *value, guint number)
{
  g_autofree char *ns = g_strndup (name, separator - name);
  char prefixed[16];
  if (strcmp (ns, ISMB_NS_XML) == 0)
    PUT (out, " xml:");
  else
    {
      put_attribute (out, prefixed, g_snprintf (prefixed, sizeof prefixed, "xmlns:ns%u", number), ns);
      put (out, prefixed, g_snprintf (prefixed, sizeof prefixed, " ns%u:", number));
    }
  put (out, separator + 1, strlen (separator + 1));
  PUT (out, "='");
  put_value (out, value);
  PUT (out, "'");
}

static void
put_attributes (IsmbFramer *self, const char **attributes, gboolean skip_addresses)
{
  GString *out = self->desk->out;
  guint count = 0, foreign = 0;
  for (; attributes[0] != NULL && self->condition == NULL; attributes += 2)
    {
      const char *separator = strchr (attributes[0], SEPARATOR);
      if (++count > ATTRIBUTES_MAX)
        refuse (self, "policy-violation");
      else if (separator != NULL)
        put_foreign_attribute (out, attributes[0], separator, attributes[1], ++foreign);
      else if (!skip_addresses || (strcmp (attributes[0], "from") != 0 && strcmp (attributes[0], "to") != 0))
        put_attribute (out, attributes[0], strlen (attributes[0]), attributes[1]);
      check_growth (self);
    }
}

/* Makes `name`'s namespace the one in force at this depth, and states it. */
static void
open_namespace (IsmbFramer *self, const char *name, gsize length)
{
  Desk *desk = self->desk;
  Level *level = &desk->levels[self->depth];
  level->ns = desk->namespaces->len;
  put (desk->namespaces, name, length);
  put (desk->namespaces, "", 1);
  put_attribute (desk->out, "xmlns", 5, desk->namespaces->str + level->ns);
}

static IsmbFrameKind
kind_of (const char *local)
{
  if (strcmp (local, "message") == 0)
    return ISMB_FRAME_MESSAGE;
  if (strcmp (local, "presence") == 0)
    return ISMB_FRAME_PRESENCE;
  if (strcmp (local, "iq") == 0)
    return ISMB_FRAME_IQ;
  return ISMB_FRAME_OTHER;
}

static void
put_addresses (IsmbFramer *self)
{
  if (noted (self, FROM) != NULL)
    put_attribute (self->desk->out, "from", 4, noted (self, FROM));
  if (noted (self, TO) != NULL)
    put_attribute (self->desk->out, "to", 2, noted (self, TO));
  self->head = self->desk->out->len;
}

static void
begin_element (IsmbFramer *self, const char *name, const char **attributes)
{
  Desk *desk = self->desk;
  gsize ns_length;
  const char *local = split_name (name, &ns_length);
  begin_notes (desk);
  self->bad_address = FALSE;
  self->element_start = XML_GetCurrentByteIndex (desk->parser);
  self->kind = is_content (self, name, ns_length) ? kind_of (local) : ISMB_FRAME_OTHER;
  take_note (self, NAME, local, strlen (local));
  if (self->kind == ISMB_FRAME_OTHER)
    take_note (self, NS, name, ns_length);
  else
    take_note (self, NS, ISMB_NS_CLIENT, strlen (ISMB_NS_CLIENT));
  note_attributes (self, attributes);
  PUT (desk->out, "<");
  put (desk->out, local, strlen (local));
  put_addresses (self);
  desk->levels[self->depth] = (Level) { .ns = 0, .mark = desk->namespaces->len };
  if (self->kind == ISMB_FRAME_OTHER)
    open_namespace (self, name, ns_length);
  put_attributes (self, attributes, TRUE);
}

static void
note_payload (IsmbFramer *self, const char *name, const char *local, gsize ns_length)
{
  take_note (self, PAYLOAD_NAME, local, strlen (local));
  if (self->kind != ISMB_FRAME_OTHER && is_content (self, name, ns_length))
    take_note (self, PAYLOAD_NS, ISMB_NS_CLIENT, strlen (ISMB_NS_CLIENT));
  else
    take_note (self, PAYLOAD_NS, name, ns_length);
}

/* Whether an element in `name`'s namespace needs no xmlns below a level where `ns` is in force. */
static gboolean
is_inherited (IsmbFramer *self, guint ns, const char *name, gsize ns_length)
{
  if (ns == 0)
    return is_content (self, name, ns_length);
  return is_ns (name, ns_length, self->desk->namespaces->str + ns);
}

static void
begin_child (IsmbFramer *self, const char *name, const char **attributes)
{
  Desk *desk = self->desk;
  guint inherited = desk->levels[self->depth - 1].ns;
  gsize ns_length;
  const char *local = split_name (name, &ns_length);
  if (self->depth == 3 && desk->noted[PAYLOAD_NAME] == 0)
    note_payload (self, name, local, ns_length);
  close_tag (self);
  PUT (desk->out, "<");
  put (desk->out, local, strlen (local));
  desk->levels[self->depth] = (Level) { .ns = inherited, .mark = desk->namespaces->len };
  if (!is_inherited (self, inherited, name, ns_length))
    open_namespace (self, name, ns_length);
  put_attributes (self, attributes, FALSE);
}

static void
on_start (void *user_data, const char *name, const char **attributes)
{
  IsmbFramer *self = user_data;
  guint declared = self->declared;
  self->declared = 0;
  if (is_over (self))
    return;
  self->depth++;
  if (self->depth == 1)
    {
      read_header (self, name, attributes);
      return;
    }
  self->elements = self->depth == 2 ? 1 : self->elements + 1;
  if (self->depth > DEPTH_MAX || self->elements > ELEMENTS_MAX || declared > ATTRIBUTES_MAX)
    {
      refuse (self, "policy-violation");
      return;
    }
  if (self->depth == 2)
    begin_element (self, name, attributes);
  else
    begin_child (self, name, attributes);
  self->tag_open = TRUE;
  check_growth (self);
}

static void
report_frame (IsmbFramer *self)
{
  g_autoptr (IsmbFrame) frame = NULL;
  IsmbFrame parts = {
    .kind = self->kind, .head = self->head, .bad_address = self->bad_address,
    .name = noted (self, NAME), .ns = noted (self, NS), .from = noted (self, FROM), .to = noted (self, TO),
    .id = noted (self, ID), .type = noted (self, TYPE),
    .payload_name = noted (self, PAYLOAD_NAME), .payload_ns = noted (self, PAYLOAD_NS),
    .data = self->desk->out->str, .length = self->desk->out->len,
  };
  check_growth (self);
  if (event_end (self) - self->element_start > self->limit)
    refuse (self, "policy-violation");
  if (self->condition != NULL)
    return;
  frame = ismb_frame_new (&parts);
  self->rescanned = 0;
  self->callbacks->frame (frame, self->user_data);
  stop_if_asked (self);
}

static void
end_element (IsmbFramer *self, const char *name)
{
  Desk *desk = self->desk;
  gsize ns_length;
  const char *local = split_name (name, &ns_length);
  if (self->tag_open)
    PUT (desk->out, "/>");
  else
    {
      PUT (desk->out, "</");
      put (desk->out, local, strlen (local));
      PUT (desk->out, ">");
    }
  self->tag_open = FALSE;
  desk->namespaces->len = desk->levels[self->depth].mark;
}

static void
on_end (void *user_data, const char *name)
{
  IsmbFramer *self = user_data;
  if (is_over (self))
    return;
  if (self->depth == 1)
    {
      self->ended = TRUE;
      self->callbacks->end (self->user_data);
      stop_if_asked (self);
      return;
    }
  end_element (self, name);
  self->depth--;
  if (self->depth == 1)
    report_frame (self);
}

static void
on_text (void *user_data, const char *text, int length)
{
  IsmbFramer *self = user_data;
  if (is_over (self))
    return;
  if (self->depth > 1)
    {
      close_tag (self);
      put_escaped (self->desk->out, text, length, IN_TEXT);
      check_growth (self);
      return;
    }
  while (length > 0 && strchr (" \t\r\n", text[length - 1]) != NULL)
    length--;
  if (length > 0)
    refuse (self, "bad-format");
}

static void
on_declaration (void *user_data, const char *version, const char *encoding, int standalone)
{
  if (encoding != NULL && g_ascii_strcasecmp (encoding, "UTF-8") != 0)
    refuse (user_data, "unsupported-encoding");
}

/* Stopped before any entity is read: a billion laughs never begins. */
static void
on_doctype (void *user_data, const char *name, const char *system_id, const char *public_id,
            int has_internal_subset)
{
  refuse (user_data, "restricted-xml");
}

static void
on_instruction (void *user_data, const char *target, const char *data)
{
  refuse (user_data, "restricted-xml");
}

static void
on_comment (void *user_data, const char *data)
{
  refuse (user_data, "restricted-xml");
}

/* ------------------------------------------------------------------ feeding */

/* Expat calls bad UTF-8 an invalid token like any other; RFC 6120, 4.9.3.22 has a name for it. */
static gboolean
fails_at_bad_utf8 (XML_Parser parser)
{
  int offset = 0, size = 0;
  const char *context = XML_GetInputContext (parser, &offset, &size), *end = NULL;
  gsize left;
  if (context == NULL || offset >= size || (context[offset] & 0x80) == 0)
    return FALSE;
  left = size - offset;
  g_utf8_validate_len (context + offset, MIN (left, 4), &end);
  return end == context + offset;
}

static const char *
condition_of_error (IsmbFramer *self)
{
  switch (XML_GetErrorCode (self->desk->parser))
    {
    case XML_ERROR_UNDEFINED_ENTITY:
      return "restricted-xml";
    case XML_ERROR_UNKNOWN_ENCODING:
    case XML_ERROR_INCORRECT_ENCODING:
      return "unsupported-encoding";
    case XML_ERROR_UNBOUND_PREFIX:
      return self->depth == 0 ? "bad-namespace-prefix" : "not-well-formed";
    case XML_ERROR_NO_MEMORY:
      return "internal-server-error";
    default:
      return fails_at_bad_utf8 (self->desk->parser) ? "unsupported-encoding" : "not-well-formed";
    }
}

/* An element is bounded while it is incomplete, not only when it is there. */
static void
check_unfinished (IsmbFramer *self)
{
  Desk *desk = self->desk;
  gsize token = desk->fed - XML_GetCurrentByteIndex (desk->parser);
  gsize limit = self->depth == 0 ? HEADER_MAX : self->limit;
  gsize size = self->depth >= 2 ? desk->fed - self->element_start : self->depth == 0 ? desk->fed : token;
  self->rescanned += token;
  if (size > limit || self->rescanned > RESCANS_MAX * limit)
    self->condition = "policy-violation";
  else if (size == 0)
    self->rescanned = 0;
}

/* Expat goes by the first two bytes even where it was told UTF-8: a NUL or a byte order mark there would
 * make it read UTF-16. */
static gboolean
begins_in_utf16 (IsmbFramer *self, const char *bytes, gsize length)
{
  gsize at, end = self->desk->fed < 2 ? MIN (2 - self->desk->fed, length) : 0;
  for (at = 0; at < end; at++)
    if (bytes[at] == '\0' || (guchar) bytes[at] >= 0xfe)
      return TRUE;
  return FALSE;
}

static void
parse (IsmbFramer *self, const char *bytes, gsize length)
{
  gsize before;
  enum XML_Status status;
  wake (self);
  if (begins_in_utf16 (self, bytes, length))
    {
      self->condition = "unsupported-encoding";
      return;
    }
  before = self->desk->fed;
  self->desk->fed += length;
  status = XML_Parse (self->desk->parser, bytes, (int) length, XML_FALSE);
  if (self->condition != NULL || self->ended)
    return;
  if (self->stopping)
    {
      self->stopped = TRUE;
      self->unread = g_string_new_len (bytes + (self->stop_at - before),
                                       length - (self->stop_at - before));
    }
  else if (status == XML_STATUS_OK)
    check_unfinished (self);
  else
    self->condition = condition_of_error (self);
}

IsmbFramer *
ismb_framer_new (const char *content_ns, const IsmbFramerCallbacks *callbacks, gpointer user_data)
{
  IsmbFramer *self = g_new0 (IsmbFramer, 1);
  self->content_ns = g_intern_string (content_ns);
  self->content_length = strlen (content_ns);
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->limit = ISMB_FRAMER_LIMIT;
  return self;
}

void
ismb_framer_free (IsmbFramer *self)
{
  g_clear_pointer (&self->desk, free_desk);
  if (self->unread != NULL)
    g_string_free (self->unread, TRUE);
  g_free (self->header);
  g_free (self->stamp);
  g_free (self);
}

void
ismb_framer_set_limit (IsmbFramer *self, gsize bytes)
{
  self->limit = bytes;
}

void
ismb_framer_set_stamp (IsmbFramer *self, const char *from)
{
  g_free (self->stamp);
  self->stamp = g_strdup (from);
}

gboolean
ismb_framer_feed (IsmbFramer *self, const char *bytes, gsize length, const char **condition)
{
  if (self->stopped)
    g_string_append_len (self->unread, bytes, length);
  else if (self->condition == NULL && !self->ended)
    {
      g_autoptr (GString) unread = g_steal_pointer (&self->unread);
      if (unread == NULL)
        parse (self, bytes, length);
      else
        {
          g_string_append_len (unread, bytes, length);
          parse (self, unread->str, unread->len);
        }
    }
  *condition = self->condition;
  return self->condition == NULL;
}

void
ismb_framer_stop (IsmbFramer *self)
{
  self->stopping = TRUE;
}

gsize
ismb_framer_unread (IsmbFramer *self)
{
  return self->unread != NULL ? self->unread->len : 0;
}

void
ismb_framer_reset (IsmbFramer *self, gboolean discard)
{
  g_clear_pointer (&self->desk, free_desk);
  g_clear_pointer (&self->header, g_free);
  if (self->unread != NULL && (discard || self->unread->len == 0))
    g_string_free (g_steal_pointer (&self->unread), TRUE);
  self->condition = NULL;
  self->depth = 0;
  self->rescanned = 0;
  self->declared = 0;
  self->content_declared = FALSE;
  self->foreign_prefix = FALSE;
  self->tag_open = FALSE;
  self->stopping = FALSE;
  self->stopped = FALSE;
  self->ended = FALSE;
}

void
ismb_framer_sleep (IsmbFramer *self)
{
  Desk *desk = self->desk;
  if (desk == NULL || self->depth != 1 || is_over (self) ||
      desk->fed != (gsize) XML_GetCurrentByteIndex (desk->parser))
    return;
  g_clear_pointer (&self->desk, free_desk);
}
