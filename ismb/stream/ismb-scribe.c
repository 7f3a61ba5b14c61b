/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.scribe"
#include "config.h"
#include "ismb/stream/ismb-scribe.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"

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
  guint ns;   /* offset in `namespaces` of the one in force; 0 is the stream's own, never written */
  guint mark; /* length of `namespaces` before this level */
} Level;

struct _IsmbScribe
{
  const char *content_ns;
  gsize content_length; /* of content_ns */
  gsize room;
  GString *out;         /* the element so far */
  GString *notes;       /* NUL-ended strings */
  guint noted[N_NOTES]; /* offsets in `notes`; 0 is absent */
  GString *namespaces;  /* NUL-ended, of the open levels */
  Level levels[ISMB_SCRIBE_DEPTH_MAX + 1];
  guint depth; /* of open levels; the element itself is 1 */
  guint skipped; /* levels of a child that is left out */
  guint32 head;
  IsmbFrameKind kind;
  gboolean bad_address, has_more, tag_open, over, guards_ids, stamped;
};

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

/* What ismb_xml_escape () writes, for text expat found valid: one scan, a small table. */
enum
{
  IN_TEXT = 1,
  IN_VALUE = 2,
};

static const guint8 escaped[256] = {
  ['&'] = IN_TEXT | IN_VALUE,  ['<'] = IN_TEXT | IN_VALUE, ['>'] = IN_TEXT | IN_VALUE,
  ['\r'] = IN_TEXT | IN_VALUE, ['\n'] = IN_VALUE,          ['\t'] = IN_VALUE,
  ['\''] = IN_VALUE,           ['"'] = IN_VALUE,
};

static void
put_escape (GString *out, char c)
{
  switch (c)
    {
    case '&':
      PUT (out, "&amp;");
      break;
    case '<':
      PUT (out, "&lt;");
      break;
    case '>':
      PUT (out, "&gt;");
      break;
    case '\r':
      PUT (out, "&#13;");
      break;
    case '\n':
      PUT (out, "&#10;");
      break;
    case '\t':
      PUT (out, "&#9;");
      break;
    case '\'':
      PUT (out, "&apos;");
      break;
    default:
      PUT (out, "&quot;");
      break;
    }
}

#define LONG 64 /* bytes of text */

/* The C library looks for a byte many times faster than a loop does, and most long text has none of
 * these. */
static gboolean
is_plain (const char *text, gsize length)
{
  return memchr (text, '>', length) == NULL && memchr (text, '&', length) == NULL &&
         memchr (text, '<', length) == NULL && memchr (text, '\r', length) == NULL;
}

static void
put_escaped (GString *out, const char *text, gsize length, guint8 where)
{
  const char *run = text, *end = text + length;
  if (where == IN_TEXT && length >= LONG && is_plain (text, length))
    text = end;
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
noted (IsmbScribe *self, Note note)
{
  return self->noted[note] != 0 ? self->notes->str + self->noted[note] : NULL;
}

static void
take_note (IsmbScribe *self, Note note, const char *text, gsize length)
{
  self->noted[note] = self->notes->len;
  put (self->notes, text, length);
  put (self->notes, "", 1);
}

static void
begin_anew (IsmbScribe *self)
{
  g_string_truncate (self->out, 0);
  g_string_truncate (self->notes, 1); /* offset 0 means absent */
  g_string_truncate (self->namespaces, 1);
  memset (self->noted, 0, sizeof self->noted);
  self->depth = 1;
  self->tag_open = TRUE;
  self->bad_address = FALSE;
  self->guards_ids = FALSE;
  self->skipped = 0;
  self->has_more = FALSE;
  self->over = FALSE;
}

const char *
ismb_scribe_split (const char *name, gsize *ns_length)
{
  const char *separator = strchr (name, ISMB_SCRIBE_SEPARATOR);
  *ns_length = separator != NULL ? (gsize) (separator - name) : 0;
  return separator != NULL ? separator + 1 : name;
}

static gboolean
is_content (IsmbScribe *self, const char *name, gsize ns_length)
{
  return ns_length == self->content_length && memcmp (name, self->content_ns, ns_length) == 0;
}

static gboolean
is_ns (const char *name, gsize ns_length, const char *ns)
{
  return strlen (ns) == ns_length && memcmp (name, ns, ns_length) == 0;
}

static void
close_tag (IsmbScribe *self)
{
  if (self->tag_open)
    PUT (self->out, ">");
  self->tag_open = FALSE;
}

/* What is written is bounded too: one long namespace behind many short prefixes would grow it. */
static void
check_room (IsmbScribe *self)
{
  if (ismb_scribe_is_full (self))
    self->over = TRUE;
}

static void
note_address (IsmbScribe *self, Note note, const char *value)
{
  GString *notes = self->notes;
  guint offset = notes->len;
  IsmbAddressParts parts;
  if (!ismb_address_prepare (value, strlen (value), notes, &parts, NULL))
    {
      self->bad_address = TRUE;
      return;
    }
  put (notes, "", 1);
  self->noted[note] = offset;
}

static void
note_attributes (IsmbScribe *self, const char *stamp, const char **attributes)
{
  gboolean stamped = stamp != NULL && self->kind != ISMB_FRAME_OTHER;
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
    take_note (self, FROM, stamp, strlen (stamp));
}

/* The namespaces of an element's attributes. */
typedef struct
{
  const char *names[ISMB_SCRIBE_ATTRIBUTES_MAX]; /* the first attribute of each */
  guint count;
} Foreign;

/* Counted from 1. */
static guint
number_namespace (Foreign *foreign, const char *name, gsize length, gboolean *is_new)
{
  *is_new = FALSE;
  for (guint i = 0; i < foreign->count; i++)
    if (strncmp (foreign->names[i], name, length + 1) == 0) /* up to the separator */
      return i + 1;
  *is_new = TRUE;
  foreign->names[foreign->count] = name;
  return ++foreign->count;
}

/* An attribute in a namespace gets a prefix of ours, declared on the spot. */
static void
put_foreign_attribute (GString *out, const char *name, const char *separator, const char *value,
                       Foreign *foreign)
{
  g_autofree char *ns = g_strndup (name, separator - name);
  char prefixed[16];
  if (strcmp (ns, ISMB_NS_XML) == 0)
    PUT (out, " xml:");
  else
    {
      gboolean is_new;
      guint number = number_namespace (foreign, name, separator - name, &is_new);
      int length = g_snprintf (prefixed, sizeof prefixed, "xmlns:ns%u", number);
      if (is_new)
        put_attribute (out, prefixed, length, ns);
      put (out, prefixed, g_snprintf (prefixed, sizeof prefixed, " ns%u:", number));
    }
  put (out, separator + 1, strlen (separator + 1));
  PUT (out, "='");
  put_value (out, value);
  PUT (out, "'");
}

/* RFC 6120, 8.1.5: where it goes, nobody knows what language its sender's stream is in. */
static void
put_language (IsmbScribe *self, const char *language, const char **attributes)
{
  if (language == NULL || self->kind == ISMB_FRAME_OTHER)
    return;
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], ISMB_SCRIBE_XML_LANG) == 0)
      return;
  put_attribute (self->out, "xml:lang", 8, language);
}

static gboolean
is_address (const char *attribute)
{
  return strcmp (attribute, "from") == 0 || strcmp (attribute, "to") == 0;
}

static void
put_any_attribute (IsmbScribe *self, const char **attribute, Foreign *foreign)
{
  const char *separator = strchr (attribute[0], ISMB_SCRIBE_SEPARATOR);
  if (separator != NULL)
    put_foreign_attribute (self->out, attribute[0], separator, attribute[1], foreign);
  else
    put_attribute (self->out, attribute[0], strlen (attribute[0]), attribute[1]);
}

/* What is let in once is let in wherever it is read next: so what we may add to a stanza does not
 * count, and one of the declarations is left for the element's own namespace. */
static void
put_attributes (IsmbScribe *self, const char **attributes, gboolean of_stanza)
{
  Foreign foreign = { .count = 0 };
  guint count = 0;
  for (; attributes[0] != NULL && !self->over; attributes += 2)
    {
      gboolean address = of_stanza && is_address (attributes[0]);
      if (!address && !(of_stanza && strcmp (attributes[0], ISMB_SCRIBE_XML_LANG) == 0))
        count++;
      if (count > ISMB_SCRIBE_ATTRIBUTES_MAX)
        self->over = TRUE;
      else if (!address)
        put_any_attribute (self, attributes, &foreign);
      if (foreign.count == ISMB_SCRIBE_ATTRIBUTES_MAX)
        self->over = TRUE;
      check_room (self);
    }
}

/* No default namespace may be XML's own (Namespaces in XML, 3), so such an element cannot be written
 * as all others are; nor has any protocol one. */
static gboolean
is_in_xml (const char *name, gsize ns_length)
{
  return ns_length == strlen (ISMB_NS_XML) && memcmp (name, ISMB_NS_XML, ns_length) == 0;
}

/* Makes `name`'s namespace the one in force at this depth, and states it. */
static void
open_namespace (IsmbScribe *self, const char *name, gsize length)
{
  Level *level = &self->levels[self->depth];
  if (is_in_xml (name, length))
    self->over = TRUE;
  level->ns = self->namespaces->len;
  put (self->namespaces, name, length);
  put (self->namespaces, "", 1);
  put_attribute (self->out, "xmlns", 5, self->namespaces->str + level->ns);
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
put_addresses (IsmbScribe *self)
{
  if (noted (self, FROM) != NULL)
    put_attribute (self->out, "from", 4, noted (self, FROM));
  if (noted (self, TO) != NULL)
    put_attribute (self->out, "to", 2, noted (self, TO));
  self->head = self->out->len;
}

static void
note_payload (IsmbScribe *self, const char *name, const char *local, gsize ns_length)
{
  take_note (self, PAYLOAD_NAME, local, strlen (local));
  if (self->kind != ISMB_FRAME_OTHER && is_content (self, name, ns_length))
    take_note (self, PAYLOAD_NS, ISMB_NS_CLIENT, strlen (ISMB_NS_CLIENT));
  else
    take_note (self, PAYLOAD_NS, name, ns_length);
}

static void
note_child (IsmbScribe *self, const char *name, const char *local, gsize ns_length)
{
  if (self->noted[PAYLOAD_NAME] == 0)
    note_payload (self, name, local, ns_length);
  else
    self->has_more = TRUE;
}

/* Whether an element in `name`'s namespace needs no xmlns below a level where `ns` is in force. */
static gboolean
is_inherited (IsmbScribe *self, guint ns, const char *name, gsize ns_length)
{
  if (ns == 0)
    return is_content (self, name, ns_length);
  return is_ns (name, ns_length, self->namespaces->str + ns);
}

IsmbScribe *
ismb_scribe_new (const char *content_ns)
{
  IsmbScribe *self = g_new0 (IsmbScribe, 1);
  self->content_ns = g_intern_string (content_ns);
  self->content_length = strlen (content_ns);
  self->out = g_string_sized_new (512);
  self->notes = g_string_new_len ("", 1);
  self->namespaces = g_string_new_len ("", 1);
  return self;
}

void
ismb_scribe_free (IsmbScribe *self)
{
  g_string_free (self->out, TRUE);
  g_string_free (self->notes, TRUE);
  g_string_free (self->namespaces, TRUE);
  g_free (self);
}

void
ismb_scribe_begin (IsmbScribe *self, gsize room, const char *stamp, const char *language,
                   const char *name, const char **attributes)
{
  gsize ns_length;
  const char *local = ismb_scribe_split (name, &ns_length);
  begin_anew (self);
  self->room = room;
  self->kind = is_content (self, name, ns_length) ? kind_of (local) : ISMB_FRAME_OTHER;
  take_note (self, NAME, local, strlen (local));
  if (self->kind == ISMB_FRAME_OTHER)
    take_note (self, NS, name, ns_length);
  else
    take_note (self, NS, ISMB_NS_CLIENT, strlen (ISMB_NS_CLIENT));
  self->stamped = stamp != NULL;
  note_attributes (self, stamp, attributes);
  PUT (self->out, "<");
  put (self->out, local, strlen (local));
  put_addresses (self);
  self->levels[1] = (Level){ .ns = 0, .mark = self->namespaces->len };
  if (self->kind == ISMB_FRAME_OTHER)
    open_namespace (self, name, ns_length);
  put_attributes (self, attributes, TRUE);
  put_language (self, language, attributes);
}

void
ismb_scribe_guard_ids (IsmbScribe *self)
{
  self->guards_ids = self->kind != ISMB_FRAME_OTHER;
}

static const char *
find_attribute (const char **attributes, const char *name)
{
  for (; attributes[0] != NULL; attributes += 2)
    if (strcmp (attributes[0], name) == 0)
      return attributes[1];
  return NULL;
}

/* Whether `by` is in the domain that the stanza is for; what is no address is nobody's. */
static gboolean
is_receivers (IsmbScribe *self, const char *by)
{
  const char *to = noted (self, TO);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts, own;
  if (by == NULL || to == NULL ||
      !ismb_address_prepare (by, strlen (by), prepared, &parts, NULL))
    return TRUE;
  ismb_address_split (to, &own);
  return parts.domain == own.domain &&
         memcmp (prepared->str + ismb_address_domain_offset (&parts),
                 to + ismb_address_domain_offset (&own), own.domain) == 0;
}

/* XEP-0203: it says of its server when it came there. */
static gboolean
is_false_delay (IsmbScribe *self, const char *name, const char *local, gsize ns_length,
                const char **attributes)
{
  const char *from = find_attribute (attributes, "from");
  return from != NULL && strcmp (local, "delay") == 0 && is_ns (name, ns_length, ISMB_NS_DELAY)
         && is_receivers (self, from);
}

static inline gboolean
is_false_id (IsmbScribe *self, const char *name, const char *local, gsize ns_length,
             const char **attributes)
{
  return strcmp (local, "stanza-id") == 0 && is_ns (name, ns_length, ISMB_NS_STANZA_ID)
         && (self->stamped || is_receivers (self, find_attribute (attributes, "by")));
}

static inline gboolean
is_false (IsmbScribe *self, const char *name, const char *local, gsize ns_length,
          const char **attributes)
{
  return self->depth == 1 && self->guards_ids
         && (is_false_id (self, name, local, ns_length, attributes)
             || is_false_delay (self, name, local, ns_length, attributes));
}

void
ismb_scribe_open (IsmbScribe *self, const char *name, const char **attributes)
{
  guint inherited = self->levels[self->depth].ns;
  gsize ns_length;
  const char *local = ismb_scribe_split (name, &ns_length);
  if (self->depth + self->skipped == ISMB_SCRIBE_DEPTH_MAX)
    {
      self->over = TRUE;
      return;
    }
  if (G_UNLIKELY (self->skipped > 0 || is_false (self, name, local, ns_length, attributes)))
    {
      self->skipped++;
      return;
    }
  self->depth++;
  if (self->depth == 2)
    note_child (self, name, local, ns_length);
  close_tag (self);
  PUT (self->out, "<");
  put (self->out, local, strlen (local));
  self->levels[self->depth] = (Level){ .ns = inherited, .mark = self->namespaces->len };
  if (!is_inherited (self, inherited, name, ns_length))
    open_namespace (self, name, ns_length);
  put_attributes (self, attributes, FALSE);
  self->tag_open = TRUE;
}

void
ismb_scribe_text (IsmbScribe *self, const char *text, gsize length)
{
  if (G_UNLIKELY (self->skipped > 0))
    return;
  close_tag (self);
  put_escaped (self->out, text, length, IN_TEXT);
  check_room (self);
}

void
ismb_scribe_close (IsmbScribe *self, const char *name)
{
  gsize ns_length;
  const char *local = ismb_scribe_split (name, &ns_length);
  if (G_UNLIKELY (self->skipped > 0))
    {
      self->skipped--;
      return;
    }
  if (self->tag_open)
    PUT (self->out, "/>");
  else
    {
      PUT (self->out, "</");
      put (self->out, local, strlen (local));
      PUT (self->out, ">");
    }
  self->tag_open = FALSE;
  self->namespaces->len = self->levels[self->depth--].mark;
  check_room (self);
}

gboolean
ismb_scribe_is_over (IsmbScribe *self)
{
  return self->over;
}

gboolean
ismb_scribe_is_full (IsmbScribe *self)
{
  return self->out->len > self->room;
}

IsmbFrame *
ismb_scribe_dup_frame (IsmbScribe *self)
{
  IsmbFrame parts = {
    .kind = self->kind,
    .head = self->head,
    .bad_address = self->bad_address,
    .has_more = self->has_more,
    .name = noted (self, NAME),
    .ns = noted (self, NS),
    .from = noted (self, FROM),
    .to = noted (self, TO),
    .id = noted (self, ID),
    .type = noted (self, TYPE),
    .payload_name = noted (self, PAYLOAD_NAME),
    .payload_ns = noted (self, PAYLOAD_NS),
    .data = self->out->str,
    .length = self->out->len,
  };
  return ismb_frame_new (&parts);
}
