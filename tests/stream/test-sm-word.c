/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-sm-word.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-framer.h"

static void
keep (IsmbFrame *frame, gpointer user_data)
{
  *(IsmbFrame **) user_data = ismb_frame_ref (frame);
}

static void
pass_over (const IsmbStreamHeader *header, gpointer user_data)
{
}

/* As it comes off a stream. */
static IsmbFrame *
parse (const char *xml)
{
  static const IsmbFramerCallbacks callbacks = { .header = pass_over, .frame = keep };
  IsmbFrame *frame = NULL;
  IsmbFramer *framer = ismb_framer_new (ISMB_NS_SERVER, &callbacks, &frame);
  g_autofree char *all = g_strconcat ("<stream:stream xmlns='" ISMB_NS_SERVER
                                      "' xmlns:stream='" ISMB_NS_STREAM "' version='1.0'>",
                                      xml, NULL);
  const char *condition = NULL;

  g_assert_true (ismb_framer_feed (framer, all, strlen (all), &condition));
  ismb_framer_free (framer);
  g_assert_nonnull (frame);
  return frame;
}

static IsmbSmWord
read_word (const char *xml)
{
  g_autoptr (IsmbFrame) frame = parse (xml);
  IsmbSmWord word;

  g_assert_true (ismb_sm_word_read (&word, frame));
  return word;
}

static void
test_acks (void)
{
  IsmbSmWord word = read_word ("<a xmlns='urn:xmpp:sm:3' h='4294967295'/>");

  g_assert_cmpint (word.verb, ==, ISMB_SM_ACK);
  g_assert_true (word.has_h);
  g_assert_cmpuint (word.h, ==, G_MAXUINT32);
  g_assert_cmpint (read_word ("<r xmlns='urn:xmpp:sm:3'/>").verb, ==, ISMB_SM_REQUEST);
}

static void
test_no_number (void)
{
  static const char *const numbers[] = { "", "-1", "+1", "4294967296", "00000000001", "1 ", "x" };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *xml
          = g_strdup_printf ("<a xmlns='urn:xmpp:sm:3' h='%s'>h='7'</a>", numbers[i]);

      g_assert_false (read_word (xml).has_h);
    }
  g_assert_false (read_word ("<a xmlns='urn:xmpp:sm:3' x=\" h='7'\"/>").has_h);
}

static void
test_negotiation (void)
{
  g_assert_true (read_word ("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").resume);
  g_assert_true (read_word ("<enable xmlns='urn:xmpp:sm:3' resume='1'/>").resume);
  g_assert_false (read_word ("<enable xmlns='urn:xmpp:sm:3' resume='false'/>").resume);
  g_assert_cmpint (read_word ("<failed xmlns='urn:xmpp:sm:3'/>").verb, ==, ISMB_SM_FAILED);
  g_assert_cmpint (read_word ("<other xmlns='urn:xmpp:sm:3'/>").verb, ==, ISMB_SM_OTHER);
}

static void
test_other_namespace (void)
{
  g_autoptr (IsmbFrame) old = parse ("<a xmlns='urn:xmpp:sm:2' h='1'/>");
  g_autoptr (IsmbFrame) stanza = parse ("<message><a xmlns='urn:xmpp:sm:3' h='1'/></message>");
  IsmbSmWord word;

  g_assert_false (ismb_sm_word_read (&word, old));
  g_assert_false (ismb_sm_word_read (&word, stanza));
}

/* Another server's id may hold anything. */
static void
test_written_and_read (void)
{
  g_autofree char *resume = ismb_sm_word_write (ISMB_SM_RESUME, 7, "a'b\"<&> h='9'", 0);
  g_autofree char *enabled = ismb_sm_word_write (ISMB_SM_ENABLED, 0, "x", 60);
  g_autoptr (IsmbFrame) first = parse (resume);
  g_autoptr (IsmbFrame) second = parse (enabled);
  g_autofree char *id = ismb_sm_word_dup_id (first);
  g_autofree char *other = ismb_sm_word_dup_id (second);

  g_assert_cmpint (read_word (resume).verb, ==, ISMB_SM_RESUME);
  g_assert_cmpuint (read_word (resume).h, ==, 7);
  g_assert_cmpstr (id, ==, "a'b\"<&> h='9'");
  g_assert_cmpstr (other, ==, "x");
  g_assert_true (read_word (enabled).resume);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sm-word/acks", test_acks);
  g_test_add_func ("/sm-word/no-number", test_no_number);
  g_test_add_func ("/sm-word/negotiation", test_negotiation);
  g_test_add_func ("/sm-word/other-namespace", test_other_namespace);
  g_test_add_func ("/sm-word/written-and-read", test_written_and_read);
  return g_test_run ();
}
