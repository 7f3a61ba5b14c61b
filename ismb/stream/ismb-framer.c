/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.framer"
#include "config.h"
#include "ismb/stream/ismb-framer.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-desk.h"

#define HEADER_MAX 4096     /* bytes up to the end of <stream:stream> */
#define DECLARATIONS_MAX 64 /* of namespaces, by one element */
#define ELEMENTS_MAX 10000
#define ADDED_MAX 16 /* elements, by servers on its way */
#define BLANKS_MAX 64 /* before a stream begins */
#define ID_MAX 1024         /* bytes; whoever answers a stanza repeats its id */

/* Expat scans a tag from its beginning each time more of it comes: a big tag in small pieces costs
 * its square. So much scanning, in multiples of the limit, does an element get. */
#define RESCANS_MAX 128

struct _IsmbFramer
{
  const IsmbFramerCallbacks *callbacks;
  gpointer user_data;
  const char *content_ns;
  char *stamp;
  char *language; /* of the stream, and so of stanzas that name none; NULL: the one we speak */
  gsize limit;
  GString *header;       /* a start tag with the header's namespaces, for a new parser; or NULL */
  IsmbDesk *desk;        /* NULL while asleep */
  GString *unread;       /* behind a stop; or NULL */
  const char *condition; /* the stream error; nothing is read any more */
  guint depth;           /* of open elements, the stream's among them */
  guint elements, declared, blanks;
  guint elements_max;
  gsize element_start, stop_at; /* counted like `fed` */
  gsize rescanned;
  gboolean content_declared, foreign_prefix, stopping, stopped, ended, too_big, guards_ids;
};

static void on_start (void *user_data, const char *name, const char **attributes);
static void on_end (void *user_data, const char *name);
static void on_text (void *user_data, const char *text, int length);
static void on_namespace (void *user_data, const char *prefix, const char *uri);
static void on_declaration (void *user_data, const char *version, const char *encoding,
                            int standalone);
static void on_doctype (void *user_data, const char *name, const char *system_id,
                        const char *public_id, int has_internal_subset);
static void on_instruction (void *user_data, const char *target, const char *data);
static void on_comment (void *user_data, const char *data);

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
  return XML_GetCurrentByteIndex (self->desk->parser) +
         XML_GetCurrentByteCount (self->desk->parser);
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
  IsmbDesk *desk;
  if (self->desk != NULL)
    return;
  desk = self->desk = ismb_desk_take (self->content_ns);
  if (self->header != NULL)
    {
      desk->fed = self->header->len;
      XML_Parse (desk->parser, self->header->str, (int) desk->fed, XML_FALSE);
    }
  set_handlers (self, desk->parser);
}

/* ------------------------------------------------------------------ the header */

static gboolean
is_stream_ns (const char *name, gsize ns_length)
{
  return ns_length == strlen (ISMB_NS_STREAM) && memcmp (name, ISMB_NS_STREAM, ns_length) == 0;
}

static const char *
check_header (IsmbFramer *self, const char *name)
{
  gsize ns_length;
  const char *local = ismb_scribe_split (name, &ns_length);
  if (!is_stream_ns (name, ns_length) || !self->content_declared)
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
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], "id") == 0)
      header.id = attributes[1];
    else if (strcmp (attributes[0], "version") == 0)
      header.version = attributes[1];
    else if (strcmp (attributes[0], ISMB_SCRIBE_XML_LANG) == 0)
      header.lang = attributes[1];
    else if ((strcmp (attributes[0], "from") == 0 &&
              !prepare_header_address (attributes[1], &from)) ||
             (strcmp (attributes[0], "to") == 0 && !prepare_header_address (attributes[1], &to)))
      {
        refuse (self, "improper-addressing");
        return;
      }
  self->language = ismb_stream_header_dup_language (&header);
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
  g_string_append_c (self->header, '>');
  report_header (self, attributes);
  if (self->condition == NULL)
    stop_if_asked (self);
}

/* A new parser must know every prefix of the header, since elements may use them. */
static void
keep_declaration (IsmbFramer *self, const char *prefix, const char *uri)
{
  if (self->header == NULL)
    self->header = g_string_new ("<stream:stream");
  g_string_append (self->header, prefix != NULL ? " xmlns:" : " xmlns");
  g_string_append (self->header, prefix != NULL ? prefix : "");
  g_string_append (self->header, "='");
  ismb_xml_escape (self->header, uri != NULL ? uri : "", -1, TRUE);
  g_string_append_c (self->header, '\'');
}

static void
on_namespace (void *user_data, const char *prefix, const char *uri)
{
  IsmbFramer *self = user_data;
  self->declared++;
  if (self->depth > 0 || is_over (self) || g_strcmp0 (prefix, "xml") == 0)
    return;
  if (g_strcmp0 (uri, ISMB_NS_STREAM) == 0 && g_strcmp0 (prefix, "stream") != 0)
    self->foreign_prefix = TRUE; /* RFC 6120, 4.8.5: `stream:` alone is sure to be understood */
  if (prefix == NULL && g_strcmp0 (uri, self->content_ns) == 0)
    self->content_declared = TRUE;
  keep_declaration (self, prefix, uri);
}

/* ------------------------------------------------------------------ elements */

static void
refuse_size (IsmbFramer *self)
{
  self->too_big = self->condition == NULL;
  refuse (self, "policy-violation");
}

static void
check_scribe (IsmbFramer *self)
{
  if (ismb_scribe_is_full (self->desk->scribe))
    refuse_size (self);
  else if (ismb_scribe_is_over (self->desk->scribe))
    refuse (self, "policy-violation");
}

static void
begin_element (IsmbFramer *self, const char *name, const char **attributes)
{
  self->element_start = XML_GetCurrentByteIndex (self->desk->parser);
  ismb_scribe_begin (self->desk->scribe, self->limit + ISMB_FRAMER_GROWTH, self->stamp,
                     self->language, name, attributes);
  if (self->guards_ids)
    ismb_scribe_guard_ids (self->desk->scribe);
}

static void
on_start (void *user_data, const char *name, const char **attributes)
{
  IsmbFramer *self = user_data;
  gboolean crowded = self->declared > DECLARATIONS_MAX || self->elements >= self->elements_max;
  self->declared = 0;
  if (is_over (self))
    return;
  self->depth++;
  if (self->depth == 1)
    {
      read_header (self, name, attributes);
      return;
    }
  self->elements++;
  if (self->depth == 2)
    begin_element (self, name, attributes);
  else
    ismb_scribe_open (self->desk->scribe, name, attributes);
  if (crowded)
    refuse (self, "policy-violation");
  check_scribe (self);
}

static gboolean
has_long_id (const IsmbFrame *frame)
{
  return frame->id != NULL && strnlen (frame->id, ID_MAX + 1) > ID_MAX;
}

static void
report_frame (IsmbFramer *self)
{
  g_autoptr (IsmbFrame) frame = NULL;
  self->elements = 0;
  if (event_end (self) - self->element_start > self->limit)
    refuse_size (self);
  if (self->condition != NULL)
    return;
  frame = ismb_scribe_dup_frame (self->desk->scribe);
  if (has_long_id (frame))
    {
      refuse (self, "policy-violation");
      return;
    }
  self->rescanned = 0;
  self->callbacks->frame (frame, self->user_data);
  stop_if_asked (self);
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
  ismb_scribe_close (self->desk->scribe, name);
  check_scribe (self);
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
      ismb_scribe_text (self->desk->scribe, text, length);
      check_scribe (self);
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
  IsmbDesk *desk = self->desk;
  gsize token = desk->fed - XML_GetCurrentByteIndex (desk->parser);
  gsize limit = self->depth == 0 ? HEADER_MAX : self->limit;
  gsize size = self->depth >= 2   ? desk->fed - self->element_start
               : self->depth == 0 ? desk->fed
                                  : token;
  self->rescanned += token;
  if (size > limit || self->rescanned > RESCANS_MAX * limit)
    {
      self->condition = "policy-violation";
      self->too_big = size > limit && self->depth > 0;
    }
  else if (size == 0)
    self->rescanned = 0;
}

/* Expat goes by the first two bytes even where it was told UTF-8: a NUL or a byte order mark there
 * would make it read UTF-16. */
static gboolean
begins_in_utf16 (IsmbFramer *self, const char *bytes, gsize length)
{
  gsize at, end = self->desk->fed < 2 ? MIN (2 - self->desk->fed, length) : 0;
  for (at = 0; at < end; at++)
    if (bytes[at] == '\0' || (guchar) bytes[at] >= 0xfe)
      return TRUE;
  return FALSE;
}

/* Some clients end each element with a line end, also where RFC 6120 (5.3.3, 6.3.5) wants none: a
 * new stream's XML declaration has to be the very first. */
static void
skip_blanks (IsmbFramer *self, const char **bytes, gsize *length)
{
  for (; self->blanks < BLANKS_MAX && *length > 0 && g_ascii_isspace (**bytes); self->blanks++)
    (*bytes)++, (*length)--;
}

static void
keep_unread (IsmbFramer *self, const char *bytes, gsize length)
{
  if (self->unread->len == 0)
    skip_blanks (self, &bytes, &length);
  g_string_append_len (self->unread, bytes, length);
}

static void
parse (IsmbFramer *self, const char *bytes, gsize length)
{
  gsize before;
  enum XML_Status status;
  if (self->desk == NULL && self->depth == 0)
    skip_blanks (self, &bytes, &length);
  if (length == 0)
    return;
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
      self->unread = g_string_new (NULL);
      keep_unread (self, bytes + (self->stop_at - before), length - (self->stop_at - before));
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
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->limit = ISMB_FRAMER_LIMIT;
  self->elements_max = ELEMENTS_MAX;
  return self;
}

void
ismb_framer_free (IsmbFramer *self)
{
  g_clear_pointer (&self->desk, ismb_desk_give_back);
  if (self->unread != NULL)
    g_string_free (self->unread, TRUE);
  if (self->header != NULL)
    g_string_free (self->header, TRUE);
  g_free (self->stamp);
  g_free (self->language);
  g_free (self);
}

void
ismb_framer_set_limit (IsmbFramer *self, gsize bytes)
{
  self->limit = bytes;
}

void
ismb_framer_let_add (IsmbFramer *self)
{
  self->elements_max = ELEMENTS_MAX + ADDED_MAX;
}

void
ismb_framer_set_stamp (IsmbFramer *self, const char *from)
{
  g_free (self->stamp);
  self->stamp = g_strdup (from);
}

void
ismb_framer_guard_ids (IsmbFramer *self)
{
  self->guards_ids = TRUE;
}

gboolean
ismb_framer_feed (IsmbFramer *self, const char *bytes, gsize length, const char **condition)
{
  if (self->stopped)
    keep_unread (self, bytes, length);
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

const char *
ismb_framer_get_detail (IsmbFramer *self)
{
  return self->too_big ? "stanza-too-big" : NULL;
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
  g_clear_pointer (&self->desk, ismb_desk_give_back);
  if (self->header != NULL)
    g_string_free (g_steal_pointer (&self->header), TRUE);
  if (self->unread != NULL && (discard || self->unread->len == 0))
    g_string_free (g_steal_pointer (&self->unread), TRUE);
  g_clear_pointer (&self->language, g_free);
  self->condition = NULL;
  self->too_big = FALSE;
  self->depth = 0;
  self->rescanned = 0;
  self->declared = self->blanks = 0;
  self->content_declared = self->foreign_prefix = FALSE;
  self->elements = 0;
  self->stopping = self->stopped = self->ended = FALSE;
}

void
ismb_framer_sleep (IsmbFramer *self)
{
  IsmbDesk *desk = self->desk;
  if (desk == NULL || self->depth != 1 || is_over (self) ||
      desk->fed != (gsize) XML_GetCurrentByteIndex (desk->parser))
    return;
  g_clear_pointer (&self->desk, ismb_desk_give_back);
}
