/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"
#include "tests/stream/sluice-opening.h"

/* Any server, once a session is bound: the first byte says in how many pieces the others come.
 * Whatever it sends is read as a stanza that can be written and read again, is libstrophe's because
 * it is the stream's own, or ends the stream and says why; how it is torn changes nothing. */

static void
on_authenticated (gpointer seen)
{
}

static void
on_refused (const char *condition, gpointer seen)
{
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  static const IsmbTreeLimits limits = { 1 << 30, 128, 1 << 20, 1 << 20 };
  g_autoptr (IsmbTreeReader) reader
      = ismb_tree_reader_new ("<x xmlns='jabber:client'>", ISMB_NS_CLIENT, &limits);
  g_autoptr (IsmbTree) taken = tree, again = NULL;
  GString *seen = user_data;
  gsize start = seen->len;

  g_assert_cmpstr (ismb_node_ns (ismb_tree_root (tree)), !=, ISMB_NS_STREAM);
  ismb_node_write (ismb_tree_root (tree), ISMB_NS_CLIENT, seen);
  again = ismb_tree_reader_read (reader, seen->str + start, seen->len - start, NULL);
  g_assert_nonnull (again);
}

static IsmbSluice *
make_bound (GString *seen)
{
  static const IsmbSluiceCallbacks callbacks = { on_authenticated, on_refused, on_stanza };
  static const IsmbSluicePlan plan = { "b", TRUE, NULL };
  IsmbSluice *sluice = ismb_sluice_new (&plan, &callbacks, seen);

  sluice_open (sluice, G_N_ELEMENTS (sluice_opening));
  sluice_pass_on (sluice);
  g_assert_true (ismb_sluice_is_bound (sluice));
  g_assert_true (ismb_sluice_begin_session (sluice, NULL));
  return sluice;
}

static void
check_refused (IsmbSluice *sluice, const GError *error)
{
  gsize length;

  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 400);
  ismb_sluice_peek_inward (sluice, &length);
  g_assert_cmpuint (length, ==, 0);
}

/* All that was seen: the stanzas, then what is libstrophe's without its space, then the end. */
static char *
try (const char *bytes, gsize length, gsize piece)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (IsmbSluice) sluice = make_bound (seen);
  g_autoptr (GError) error = NULL;
  const char *inward;
  gsize inward_length;

  for (gsize done = 0; done < length && error == NULL; done += piece)
    if (!ismb_sluice_came (sluice, bytes + done, MIN (piece, length - done), &error))
      check_refused (sluice, error);
  inward = ismb_sluice_peek_inward (sluice, &inward_length);
  for (gsize i = 0; i < inward_length; i++)
    if (!g_ascii_isspace (inward[i]))
      g_string_append_c (seen, inward[i]);
  g_string_append (seen, error != NULL ? "refused" : "");
  return g_strndup (seen->str, seen->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *bytes = (const char *) data + 1;
  g_autofree char *whole = NULL, *torn = NULL;

  if (size < 2)
    return 0;
  whole = try (bytes, size - 1, size);
  torn = try (bytes, size - 1, 1 + size / (1 + data[0]));
  g_assert_cmpstr (whole, ==, torn);
  return 0;
}
