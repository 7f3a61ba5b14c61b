/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-presence.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-tree-reader.h"

/* A text that is to be one element. Whatever is read is written as another program reads it, and
 * read again it is the same; as a stanza it can be asked anything, copied, changed and answered. */

static char *
write_tree (IsmbTree *tree)
{
  GString *out = g_string_new (NULL);

  ismb_node_write (ismb_tree_root (tree), ISMB_NS_CLIENT, out);
  return g_string_free (out, FALSE);
}

static IsmbStanza *
assert_same (IsmbStanza *stanza)
{
  g_autofree char *xml = ismb_stanza_to_string (stanza);
  IsmbStanza *again = ismb_stanza_from_string (xml, NULL);
  g_autofree char *written = again != NULL ? ismb_stanza_to_string (again) : NULL;

  g_assert_cmpstr (written, ==, xml);
  return again;
}

static void
ask (IsmbStanza *stanza)
{
  g_autoptr (IsmbElement) element = ismb_stanza_get_element (stanza);
  g_autoptr (IsmbElement) deep = ismb_element_find_path (element, "{*}*/*/*");
  g_autolist (IsmbElement) children = ismb_element_list_children (element);
  g_autoptr (GError) error = ismb_stanza_get_error (stanza);

  g_assert_true ((error != NULL) == ismb_stanza_is_error (stanza));
  if (ISMB_IS_MESSAGE (stanza))
    {
      g_auto (GStrv) languages = ismb_message_list_body_langs (ISMB_MESSAGE (stanza));

      for (guint i = 0; languages[i] != NULL; i++)
        g_assert_nonnull (ismb_message_get_body_in (ISMB_MESSAGE (stanza), languages[i]));
    }
  if (ISMB_IS_PRESENCE (stanza))
    g_assert_cmpint (ABS (ismb_presence_get_priority (ISMB_PRESENCE (stanza))), <=, 128);
}

static void
answer (IsmbStanza *stanza)
{
  gboolean answered = FALSE;

  if (ISMB_IS_MESSAGE (stanza))
    answered = ismb_message_reply (ISMB_MESSAGE (stanza), "a < b & ']]>'") != NULL;
  else if (ISMB_IS_IQ (stanza))
    answered = ismb_iq_reply_error (ISMB_IQ (stanza), "item-not-found", "no <such>") != NULL;
  else
    answered = ismb_presence_reply (ISMB_PRESENCE (stanza)) != NULL;
  if (answered)
    g_assert_null (ismb_stanza_get_from_jid (stanza));
}

static void
check_stanza (IsmbTree *tree)
{
  g_autoptr (IsmbStanza) stanza = _ismb_stanza_new_from_tree (ismb_tree_ref (tree), NULL);
  g_autoptr (IsmbStanza) copy = NULL;
  g_autoptr (IsmbStanza) again = NULL;
  g_autoptr (IsmbStanza) answered = NULL;

  if (stanza == NULL)
    return;
  ask (stanza);
  copy = ismb_stanza_copy (stanza);
  again = assert_same (copy);
  answer (stanza);
  answered = assert_same (stanza);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (IsmbTree) tree = ismb_tree_read ((const char *) data, size, ISMB_NS_CLIENT, NULL);
  g_autoptr (IsmbTree) again = NULL;
  g_autofree char *xml = NULL, *written = NULL;

  if (tree == NULL)
    return 0;
  xml = write_tree (tree);
  again = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL);
  g_assert_nonnull (again);
  written = write_tree (again);
  g_assert_cmpstr (written, ==, xml);
  check_stanza (tree);
  return 0;
}
