/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-framer.h"
#include "ismb/stream/ismb-sm-word.h"

/* One element of a client's stream in Czech, of whatever shape. What becomes of it on its way is
 * the same wherever it is read: from us to another switch, back, answered with an error, made a
 * tree. And its head says what its bytes say. */

#define STAMP "me@sw1.001122/here"

typedef struct
{
  IsmbFrame *frame;
  guint count;
} Reader;

static void
on_header (const IsmbStreamHeader *header, gpointer user_data)
{
}

static void
on_frame (IsmbFrame *frame, gpointer user_data)
{
  Reader *reader = user_data;

  if (reader->count++ == 0)
    reader->frame = ismb_frame_ref (frame);
}

static void
on_end (gpointer user_data)
{
}

/* The one element of `text`, or NULL. */
static IsmbFrame *
read_element (const char *ns, const char *language, const char *stamp, const char *text,
              gsize length)
{
  static const IsmbFramerCallbacks callbacks = { on_header, on_frame, on_end };
  Reader reader = { NULL, 0 };
  g_autoptr (IsmbFramer) framer = ismb_framer_new (ns, &callbacks, &reader);
  g_autofree char *header = g_strdup_printf (
      "<stream:stream xmlns='%s' xmlns:stream='" ISMB_NS_STREAM "' xml:lang='%s'>", ns, language);
  const char *condition = NULL;

  ismb_framer_set_limit (framer, 1 << 20);
  ismb_framer_set_stamp (framer, stamp);
  ismb_framer_feed (framer, header, strlen (header), &condition);
  ismb_framer_feed (framer, text, length, &condition);
  if (condition != NULL || reader.count != 1)
    g_clear_pointer (&reader.frame, ismb_frame_unref);
  return reader.frame;
}

static void
assert_same_head (const IsmbFrame *a, const IsmbFrame *b)
{
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpstr (a->ns, ==, b->ns);
  g_assert_cmpstr (a->from, ==, b->from);
  g_assert_cmpstr (a->to, ==, b->to);
  g_assert_cmpstr (a->id, ==, b->id);
  g_assert_cmpstr (a->type, ==, b->type);
  g_assert_cmpstr (a->payload_name, ==, b->payload_name);
  g_assert_cmpstr (a->payload_ns, ==, b->payload_ns);
  g_assert_true (a->has_more == b->has_more);
  g_assert_cmpuint (a->head, ==, b->head);
}

/* As the next one reads it: a client, or a switch, to which what a client has put into the
 * namespace of switches' streams is the stream's own. */
static void
check_forwarded (const IsmbFrame *frame)
{
  static const char *const namespaces[] = { ISMB_NS_CLIENT, ISMB_NS_SERVER };
  guint count = strstr (frame->data, ISMB_NS_SERVER) == NULL ? 2 : 1;

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (IsmbFrame) next =
          read_element (namespaces[i], "en", NULL, frame->data, frame->length);

      g_assert_nonnull (next);
      g_assert_false (next->bad_address);
      g_assert_cmpstr (next->data, ==, frame->data);
      assert_same_head (next, frame);
    }
}

static void
check_tree (const IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  g_autoptr (IsmbFrame) again = ismb_frame_new_from_tree (tree);

  g_assert_cmpstr (again->data, ==, frame->data);
  assert_same_head (again, frame);
}

static void
check_readdressed (const IsmbFrame *frame)
{
  g_autoptr (IsmbFrame) moved = ismb_frame_readdress (frame, "a@b/'<&>\"", NULL);
  g_autoptr (IsmbFrame) back = ismb_frame_readdress (moved, frame->from, frame->to);

  check_forwarded (moved);
  check_tree (moved);
  g_assert_cmpstr (back->data, ==, frame->data);
  assert_same_head (back, frame);
}

static void
check_error (const IsmbFrame *frame)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (frame, "not-allowed", "a < b & 'c'");
  g_autoptr (IsmbFrame) another = NULL;

  if (error == NULL)
    return;
  g_assert_cmpstr (error->to, ==, frame->from);
  g_assert_cmpstr (error->id, ==, frame->id);
  check_forwarded (error);
  check_tree (error);
  another = ismb_frame_make_error (error, "not-allowed", NULL);
  g_assert_null (another); /* RFC 6120, 8.3.1 */
}

/* An element of XEP-0198 is read, or is not, and nothing of it is believed beyond 32 bits. */
static void
check_word (const IsmbFrame *frame)
{
  g_autofree char *id = ismb_sm_word_dup_id (frame), *text = NULL;
  g_autoptr (IsmbFrame) again = NULL;
  IsmbSmWord word, same;

  if (!ismb_sm_word_read (&word, frame) || word.verb != ISMB_SM_ACK || !word.has_h)
    return;
  text = ismb_sm_word_write (ISMB_SM_ACK, word.h, NULL, 0);
  again = read_element (ISMB_NS_CLIENT, "en", NULL, text, strlen (text));
  g_assert_true (ismb_sm_word_read (&same, again));
  g_assert_cmpuint (same.h, ==, word.h);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (IsmbFrame) frame =
      read_element (ISMB_NS_CLIENT, "cs", STAMP, (const char *) data, size);

  if (frame == NULL)
    return 0;
  if (frame->kind != ISMB_FRAME_OTHER)
    g_assert_cmpstr (frame->from, ==, STAMP);
  check_forwarded (frame);
  check_tree (frame);
  check_readdressed (frame);
  check_error (frame);
  check_word (frame);
  return 0;
}
