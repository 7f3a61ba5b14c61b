/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-redaction.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

#define DEPTH_MAX 64
#define ELLIPSIS "…"

/* A piece of the text. */
typedef struct
{
  const char *start;
  gsize length;
} Piece;

typedef enum
{
  TEXT_MASKED,  /* shown where it is open */
  TEXT_SHOWN,   /* the protocol's own */
  TEXT_SIZE,    /* never shown, for it is long */
  TEXT_SECRET,  /* and so is all that is inside */
} Text;

typedef struct
{
  Piece ns;
  Text text;    /* of what is directly inside */
} Level;

typedef struct
{
  const char *at, *end;
  GString *out;
  gboolean open;
  guint depth;
  Level levels[DEPTH_MAX + 1]; /* the first is outside of everything */
} Masking;

/* What else makes a difference of an element: its attributes, as far as they matter here. */
typedef struct
{
  Piece name, ns, var, type;
} Tag;

static gboolean
is_text (const Piece *piece, const char *text)
{
  return piece->length == strlen (text) && memcmp (piece->start, text, piece->length) == 0;
}

static gboolean
is_one_of (const Piece *piece, const char *const *texts)
{
  for (; *texts != NULL; texts++)
    if (is_text (piece, *texts))
      return TRUE;
  return FALSE;
}

static gboolean
has_word (const Piece *piece, const char *word)
{
  gsize length = strlen (word);

  for (gsize i = 0; i + length <= piece->length; i++)
    if (g_ascii_strncasecmp (piece->start + i, word, length) == 0)
      return TRUE;
  return FALSE;
}

/* Whoever makes such a name up means it so: an element's, an attribute's, or that of a field. */
static gboolean
is_secret_name (const Piece *name)
{
  static const char *const words[]
    = { "password", "passwd", "passphrase", "secret", "token", "proof", "credential", NULL };

  for (guint i = 0; words[i] != NULL; i++)
    if (has_word (name, words[i]))
      return TRUE;
  return FALSE;
}

/* What may be seen of a secret element's attributes. */
static gboolean
is_plain_attribute (const Piece *name)
{
  static const char *const names[] = { "xmlns", "mechanism", "from", "to", "id",   "type",
                                       "var",   "label",     "user", "xml:lang", NULL };

  return is_one_of (name, names) || (name->length > 6 && memcmp (name->start, "xmlns:", 6) == 0);
}

/* Namespaces in which all text is what proves who one is. */
static gboolean
is_secret_ns (const Piece *ns)
{
  static const char *const namespaces[]
    = { ISMB_NS_SASL, "urn:xmpp:sasl:2", ISMB_NS_DIALBACK, NULL };

  return is_one_of (ns, namespaces);
}

static gboolean
is_secret (const Tag *tag)
{
  static const char *const names[] = { "handshake", "digest", NULL };
  static const char *const harmless[] = { "mechanism", "mechanisms", "text", "failure", NULL };
  gboolean dialback = tag->name.length > 3 && memcmp (tag->name.start, "db:", 3) == 0;

  if (is_secret_name (&tag->name) || is_one_of (&tag->name, names) || dialback)
    return TRUE;
  if (is_text (&tag->name, "field"))
    return is_text (&tag->type, "text-private") || is_secret_name (&tag->var);
  return is_secret_ns (&tag->ns) && !is_one_of (&tag->name, harmless);
}

/* What the protocol says of itself. */
static gboolean
is_protocol (const Tag *tag)
{
  static const struct
  {
    const char *ns;
    const char *names[4];
  } own[] = {
    { ISMB_NS_CLIENT, { "show", "priority", "thread" } },
    { ISMB_NS_BIND, { "jid", "resource" } },
    { ISMB_NS_STANZAS, { "text", "gone", "redirect" } },
    { ISMB_NS_STREAMS, { "text", "see-other-host" } },
    { ISMB_NS_SASL, { "mechanism", "text" } },
    { ISMB_NS_LIMITS, { "max-bytes", "idle-seconds" } },
    { ISMB_NS_ROSTER, { "group" } },
    { ISMB_NS_VERSION, { "name", "version", "os" } },
    { ISMB_NS_TIME, { "tzo", "utc" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    if (is_text (&tag->ns, own[i].ns))
      return is_one_of (&tag->name, own[i].names);
  return FALSE;
}

static Text
judge (const Tag *tag, Text outer)
{
  if (outer == TEXT_SECRET || is_secret (tag))
    return TEXT_SECRET;
  if (is_text (&tag->name, "BINVAL") || is_text (&tag->ns, "urn:xmpp:avatar:data"))
    return TEXT_SIZE;
  return is_protocol (tag) ? TEXT_SHOWN : TEXT_MASKED;
}

/* Reading */

static void
append (Masking *self, const Piece *piece)
{
  g_string_append_len (self->out, piece->start, (gssize) piece->length);
}

static gboolean
is_name_byte (char c)
{
  return !g_ascii_isspace (c) && strchr ("<>/='\"&!?[", c) == NULL;
}

static Piece
read_name (Masking *self)
{
  Piece name = { self->at, 0 };

  while (self->at < self->end && *self->at != '\0' && is_name_byte (*self->at))
    self->at++;
  name.length = self->at - name.start;
  return name;
}

static void
skip_space (Masking *self)
{
  while (self->at < self->end && g_ascii_isspace (*self->at))
    self->at++;
}

static gboolean
take (Masking *self, char expected)
{
  if (self->at >= self->end || *self->at != expected)
    return FALSE;
  self->at++;
  return TRUE;
}

/* ='value' */
static gboolean
read_value (Masking *self, Piece *value)
{
  const char *close;
  char quote;

  if (!take (self, '=') || self->at >= self->end || (*self->at != '\'' && *self->at != '"'))
    return FALSE;
  quote = *self->at++;
  close = memchr (self->at, quote, self->end - self->at);
  if (close == NULL)
    return FALSE;
  *value = (Piece) { self->at, close - self->at };
  self->at = close + 1;
  return TRUE;
}

static void
note_attribute (Tag *tag, const Piece *name, const Piece *value)
{
  if (is_text (name, "xmlns"))
    tag->ns = *value;
  else if (is_text (name, "var"))
    tag->var = *value;
  else if (is_text (name, "type"))
    tag->type = *value;
}

/* The attributes, up to what ends the tag. FALSE: they cannot be read. */
static gboolean
read_attributes (Masking *self, Tag *tag, void (*each) (Masking *, Tag *, Piece, Piece))
{
  Piece name, value;

  for (skip_space (self); self->at < self->end && *self->at != '>' && *self->at != '/';
       skip_space (self))
    {
      name = read_name (self);
      if (name.length == 0 || !read_value (self, &value))
        return FALSE;
      each (self, tag, name, value);
    }
  return self->at < self->end;
}

static void
look_at_attribute (Masking *self, Tag *tag, Piece name, Piece value)
{
  note_attribute (tag, &name, &value);
}

static void
write_attribute (Masking *self, Tag *tag, Piece name, Piece value)
{
  static const Piece masked = { ELLIPSIS, sizeof ELLIPSIS - 1 };
  gboolean secret = is_secret_name (&name)
                    || (self->levels[self->depth].text == TEXT_SECRET
                        && !is_plain_attribute (&name));

  g_string_append_c (self->out, ' ');
  append (self, &name);
  g_string_append (self->out, "='");
  append (self, secret ? &masked : &value);
  g_string_append_c (self->out, '\'');
}

/* Behind its `<`. */
static gboolean
mask_start (Masking *self)
{
  const Level *outer = &self->levels[self->depth];
  Tag tag = { .name = read_name (self), .ns = outer->ns };
  const char *attributes = self->at;
  gboolean empty;

  if (tag.name.length == 0 || self->depth == DEPTH_MAX
      || !read_attributes (self, &tag, look_at_attribute))
    return FALSE;
  self->levels[++self->depth] = (Level) { tag.ns, judge (&tag, outer->text) };
  g_string_append_c (self->out, '<');
  append (self, &tag.name);
  self->at = attributes;
  read_attributes (self, &tag, write_attribute);
  empty = take (self, '/');
  g_string_append (self->out, empty ? "/>" : ">");
  self->depth -= empty ? 1 : 0;
  return take (self, '>');
}

/* Behind its `</`. A stream's own end has no beginning here. */
static gboolean
mask_end (Masking *self)
{
  Piece name = read_name (self);

  skip_space (self);
  if (name.length == 0 || !take (self, '>'))
    return FALSE;
  self->depth -= self->depth > 0 ? 1 : 0;
  g_string_append (self->out, "</");
  append (self, &name);
  g_string_append_c (self->out, '>');
  return TRUE;
}

/* Behind the `<?` of the declaration before a stream. */
static gboolean
skip_declaration (Masking *self)
{
  const char *close = memchr (self->at, '>', self->end - self->at);

  if (close == NULL || close[-1] != '?')
    return FALSE;
  self->at = close + 1;
  return TRUE;
}

static guint
count_characters (const Piece *text)
{
  guint count = 0;

  for (gsize i = 0; i < text->length; i++)
    {
      const char *semicolon = text->start[i] == '&'
                                ? memchr (text->start + i, ';', text->length - i)
                                : NULL;

      if (((guchar) text->start[i] & 0xc0) != 0x80)
        count++;
      if (semicolon != NULL)
        i = semicolon - text->start;
    }
  return count;
}

static gboolean
is_space (const Piece *text)
{
  for (gsize i = 0; i < text->length; i++)
    if (!g_ascii_isspace (text->start[i]))
      return FALSE;
  return TRUE;
}

static void
write_text (Masking *self, const Piece *text)
{
  Text kind = self->levels[self->depth].text;
  guint count;

  if (is_space (text))
    return;
  if (kind == TEXT_SECRET)
    g_string_append (self->out, ELLIPSIS);
  else if (kind == TEXT_SHOWN || (kind == TEXT_MASKED && self->open))
    append (self, text);
  else
    {
      count = count_characters (text);
      g_string_append_printf (self->out, ELLIPSIS " %u character%s", count,
                              count == 1 ? "" : "s");
    }
}

/* FALSE: it is nothing that is known. */
static gboolean
mask_next (Masking *self)
{
  const char *tag = memchr (self->at, '<', self->end - self->at);
  Piece text = { self->at, (tag != NULL ? tag : self->end) - self->at };

  write_text (self, &text);
  self->at = text.start + text.length;
  if (tag == NULL)
    return TRUE;
  self->at++;
  if (take (self, '/'))
    return mask_end (self);
  return take (self, '?') ? skip_declaration (self) : mask_start (self);
}

char *
ismb_redact_xml (const char *xml, gsize length, gboolean open, gsize most)
{
  Masking self = { .at = xml, .end = xml + length, .open = open };
  const char *known = xml;

  self.out = g_string_sized_new (MIN (length, most) + 64);
  self.levels[0] = (Level) { { ISMB_NS_CLIENT, strlen (ISMB_NS_CLIENT) }, TEXT_MASKED };
  while (self.at < self.end && self.out->len < most && mask_next (&self))
    known = self.at;
  if (known < self.end)
    g_string_append_printf (self.out, ELLIPSIS " %" G_GSIZE_FORMAT " bytes more",
                            (gsize) (self.end - known));
  return g_string_free (self.out, FALSE);
}
