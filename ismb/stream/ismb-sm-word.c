/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-sm-word.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-xml.h"

#define DIGITS_MAX 10 /* of 2^32 - 1 */
#define ID_MAX 4000   /* bytes; XEP-0198, 5 */

static IsmbSmVerb
verb_of (const char *name)
{
  static const struct
  {
    const char *name;
    IsmbSmVerb verb;
  } verbs[] = {
    { "a", ISMB_SM_ACK },           { "r", ISMB_SM_REQUEST },       { "enable", ISMB_SM_ENABLE },
    { "enabled", ISMB_SM_ENABLED }, { "resume", ISMB_SM_RESUME },   { "resumed", ISMB_SM_RESUMED },
    { "failed", ISMB_SM_FAILED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (strcmp (name, verbs[i].name) == 0)
      return verbs[i].verb;
  return ISMB_SM_OTHER;
}

/* Of the root element, as it stands there; NULL: it has no such attribute. In canonical data a
 * quote inside a value is escaped, and so is `>`. */
static const char *
find_attribute (const IsmbFrame *frame, const char *name, gsize *length)
{
  const char *end = memchr (frame->data, '>', frame->length);
  char pattern[16];
  const char *value;

  g_snprintf (pattern, sizeof pattern, " %s='", name);
  value = end != NULL ? g_strstr_len (frame->data, end - frame->data, pattern) : NULL;
  if (value == NULL)
    return NULL;
  value += strlen (pattern);
  *length = (const char *) memchr (value, '\'', end - value) - value;
  return value;
}

static gboolean
parse_h (const IsmbFrame *frame, guint32 *h)
{
  gsize length = 0;
  const char *value = find_attribute (frame, "h", &length);
  guint64 number = 0;

  if (value == NULL || length == 0 || length > DIGITS_MAX)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (value[i]))
        return FALSE;
      number = 10 * number + (guint64) (value[i] - '0');
    }
  *h = (guint32) number;
  return number <= G_MAXUINT32;
}

static gboolean
is_true (const IsmbFrame *frame, const char *name)
{
  gsize length = 0;
  const char *value = find_attribute (frame, name, &length);

  return value != NULL
         && ((length == 4 && memcmp (value, "true", 4) == 0) || (length == 1 && *value == '1'));
}

gboolean
ismb_sm_word_read (IsmbSmWord *self, const IsmbFrame *frame)
{
  if (frame->kind != ISMB_FRAME_OTHER || g_strcmp0 (frame->ns, ISMB_NS_SM) != 0)
    return FALSE;
  *self = (IsmbSmWord) { .verb = verb_of (frame->name) };
  if (self->verb == ISMB_SM_REQUEST)
    return TRUE;
  self->has_h = parse_h (frame, &self->h);
  self->resume = self->verb != ISMB_SM_ACK && is_true (frame, "resume");
  return TRUE;
}

char *
ismb_sm_word_dup_id (const IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  const IsmbNode *root = ismb_tree_root (tree);
  const char *id = ismb_node_get (root, "id") ?: ismb_node_get (root, "previd");

  return id != NULL && *id != '\0' && strlen (id) <= ID_MAX ? g_strdup (id) : NULL;
}

static void
write_id (GString *out, const char *name, const char *id)
{
  if (id == NULL)
    return;
  g_string_append_printf (out, " %s='", name);
  ismb_xml_escape (out, id, -1, TRUE);
  g_string_append_c (out, '\'');
}

char *
ismb_sm_word_write (IsmbSmVerb verb, guint32 h, const char *id, guint max)
{
  GString *out = g_string_new ("<");

  switch (verb)
    {
    case ISMB_SM_ACK:
      g_string_append_printf (out, "a xmlns='" ISMB_NS_SM "' h='%u'", h);
      break;
    case ISMB_SM_RESUME:
    case ISMB_SM_RESUMED:
      g_string_append_printf (out, "%s xmlns='" ISMB_NS_SM "' h='%u'",
                              verb == ISMB_SM_RESUME ? "resume" : "resumed", h);
      write_id (out, "previd", id);
      break;
    case ISMB_SM_ENABLED:
      g_string_append (out, "enabled xmlns='" ISMB_NS_SM "'");
      write_id (out, "id", id);
      if (id != NULL)
        g_string_append_printf (out, " resume='true' max='%u'", max);
      break;
    case ISMB_SM_OTHER:
    case ISMB_SM_ENABLE:
    case ISMB_SM_FAILED:
    case ISMB_SM_REQUEST:
      g_assert_not_reached ();
    }
  g_string_append (out, "/>");
  return g_string_free (out, FALSE);
}

guint
ismb_sm_word_choose_max (const IsmbFrame *enable, guint max)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (enable);
  const char *wish = ismb_node_get (ismb_tree_root (tree), "max");
  guint64 seconds;

  if (wish != NULL && g_ascii_string_to_unsigned (wish, 10, 1, G_MAXUINT32, &seconds, NULL))
    return (guint) MIN (seconds, max);
  return max;
}

char *
ismb_sm_word_write_failed (const char *condition, const guint32 *h)
{
  g_autofree char *count = h != NULL ? g_strdup_printf (" h='%u'", *h) : g_strdup ("");

  return g_strdup_printf ("<failed xmlns='" ISMB_NS_SM "'%s><%s xmlns='" ISMB_NS_STANZAS
                          "'/></failed>", count, condition);
}

char *
ismb_sm_word_write_too_high (guint32 h, guint32 sent)
{
  return g_strdup_printf ("<stream:error><undefined-condition xmlns='" ISMB_NS_STREAMS "'/>"
                          "<text xmlns='" ISMB_NS_STREAMS "' xml:lang='en'>%u stanzas are "
                          "acknowledged, but only %u were sent</text><handled-count-too-high "
                          "xmlns='" ISMB_NS_SM "' h='%u' send-count='%u'/></stream:error>",
                          h, sent, h, sent);
}
