/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-stream-text.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"

static void
append_attribute (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (out, " %s='", name);
  ismb_xml_escape (out, value, -1, TRUE);
  g_string_append_c (out, '\'');
}

static void
append_header (GString *out, IsmbStreamText *self, const char *from, const char *to,
               const char *id)
{
  g_string_append (out, "<?xml version='1.0'?><stream:stream");
  append_attribute (out, "xmlns", self->content_ns);
  append_attribute (out, "xmlns:stream", ISMB_NS_STREAM);
  append_attribute (out, "xmlns:db", self->dialback ? ISMB_NS_DIALBACK : NULL);
  append_attribute (out, "from", from);
  append_attribute (out, "to", to);
  append_attribute (out, "id", id);
  g_string_append (out, " version='1.0' xml:lang='en'>");
  self->begun = TRUE;
}

IsmbFrame *
ismb_stream_text_begin (IsmbStreamText *self, const char *from, const char *to, const char *id)
{
  g_autoptr (GString) out = g_string_new (NULL);
  append_header (out, self, from, to, id);
  return ismb_frame_new_text (out->str, out->len);
}

static void
append_error (GString *out, const char *condition, const char *text, const char *detail)
{
  g_string_append_printf (out, "<stream:error><%s xmlns='" ISMB_NS_STREAMS "'/>", condition);
  if (text != NULL)
    {
      g_string_append (out, "<text xmlns='" ISMB_NS_STREAMS "' xml:lang='en'>");
      ismb_xml_escape (out, text, -1, FALSE);
      g_string_append (out, "</text>");
    }
  if (detail != NULL)
    g_string_append_printf (out, "<%s xmlns='" ISMB_NS_ERRORS "'/>", detail);
  g_string_append (out, "</stream:error>");
}

/* RFC 6120, 4.9.1.2: even an error that comes before it stands inside a stream. */
IsmbFrame *
ismb_stream_text_end (IsmbStreamText *self, const char *condition, const char *text,
                      const char *detail)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *id = self->begun ? NULL : ismb_random_token ();
  if (!self->begun)
    append_header (out, self, NULL, NULL, id);
  if (condition != NULL)
    append_error (out, condition, text, detail);
  g_string_append (out, "</stream:stream>");
  return ismb_frame_new_text (out->str, out->len);
}
