/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-ibb.h"

#include "ismb/core/ismb-namespaces.h"

static IsmbNode *
find_element (IsmbStanza *request)
{
  return ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (request)), NULL, ISMB_NS_IBB);
}

/* GLib's decoder skips what is no base64, so what it read is encoded again and compared. */
static GBytes *
decode (const char *text)
{
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (text, &length);
  g_autofree char *again = g_base64_encode (bytes, length);

  return g_str_equal (again, text) ? g_bytes_new_take (g_steal_pointer (&bytes), length) : NULL;
}

IsmbIq *
ismb_ibb_new (IsmbJid *to, const char *name, const char *sid, IsmbNode **element)
{
  IsmbIq *iq = ismb_iq_new (to, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  *element = ismb_tree_add (tree, ismb_tree_root (tree), name, ISMB_NS_IBB);
  ismb_tree_set (tree, *element, "sid", sid);
  return iq;
}

void
ismb_ibb_set_number (IsmbIq *request, IsmbNode *element, const char *attribute, guint number)
{
  char text[16];

  g_snprintf (text, sizeof text, "%u", number);
  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (request)), element, attribute, text);
}

const char *
ismb_ibb_get (IsmbStanza *request, const char *attribute)
{
  IsmbNode *element = find_element (request);

  return element != NULL ? ismb_node_get (element, attribute) : NULL;
}

gboolean
ismb_ibb_get_number (IsmbStanza *request, const char *attribute, guint *number)
{
  const char *text = ismb_ibb_get (request, attribute);
  guint64 value;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT16, &value, NULL))
    return FALSE;
  *number = (guint) value;
  return TRUE;
}

GBytes *
ismb_ibb_get_bytes (IsmbStanza *request)
{
  g_autofree char *text = ismb_node_dup_text (find_element (request));

  return text != NULL ? decode (g_strstrip (text)) : NULL;
}
