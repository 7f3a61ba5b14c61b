/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-repeats.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

static gboolean
note (IsmbRepeats *repeats, const char *from, const char *type, const char *origin_id)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "x");
  g_autoptr (IsmbJid) jid = ismb_jid_new (from, NULL);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (message));
  IsmbNode *root = ismb_tree_root (tree);

  ismb_stanza_set_from_jid (ISMB_STANZA (message), jid);
  ismb_stanza_set_id (ISMB_STANZA (message), "same");
  ismb_stanza_set_stanza_type (ISMB_STANZA (message), type);
  if (origin_id != NULL)
    ismb_tree_set (tree, ismb_tree_add (tree, root, "origin-id", ISMB_NS_STANZA_ID), "id",
                   origin_id);
  return ismb_repeats_note (repeats, message);
}

static void
test_knows_again (void)
{
  g_autoptr (IsmbRepeats) repeats = ismb_repeats_new ();

  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "one"));
  g_assert_true (note (repeats, "ada@sw1/desk", "chat", "one"));
  g_assert_true (note (repeats, "ada@sw1/desk", "normal", "one"));
  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "two"));
  g_assert_true (note (repeats, "ada@sw1/desk", "chat", "one"));
}

/* Nobody makes another's message a repeat. */
static void
test_of_whom (void)
{
  g_autoptr (IsmbRepeats) repeats = ismb_repeats_new ();

  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "one"));
  g_assert_false (note (repeats, "ada@sw1/other", "chat", "one"));
  g_assert_false (note (repeats, "ada@sw1", "chat", "one"));
  g_assert_false (note (repeats, "ada@sw2/desk", "chat", "one"));
  g_assert_false (note (repeats, "eve@sw1/desk", "chat", "one"));
  g_assert_false (note (repeats, "ada@sw1/desk", "error", "one"));
  g_assert_true (note (repeats, "sw1", "error", "one"));
}

static void
test_without_an_id (void)
{
  g_autoptr (IsmbRepeats) repeats = ismb_repeats_new ();

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (note (repeats, "ada@sw1/desk", "chat", NULL));
      g_assert_false (note (repeats, "ada@sw1/desk", "chat", ""));
    }
}

static void
test_is_bounded (void)
{
  g_autoptr (IsmbRepeats) repeats = ismb_repeats_new ();

  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "first"));
  for (guint i = 0; i < 4095; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);
      g_assert_false (note (repeats, "ada@sw1/desk", "chat", id));
    }
  g_assert_true (note (repeats, "ada@sw1/desk", "chat", "first"));
  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "one more"));
  g_assert_false (note (repeats, "ada@sw1/desk", "chat", "first"));
  g_assert_true (note (repeats, "ada@sw1/desk", "chat", "4094"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/repeats/knows-again", test_knows_again);
  g_test_add_func ("/repeats/of-whom", test_of_whom);
  g_test_add_func ("/repeats/without-an-id", test_without_an_id);
  g_test_add_func ("/repeats/is-bounded", test_is_bounded);
  return g_test_run ();
}
