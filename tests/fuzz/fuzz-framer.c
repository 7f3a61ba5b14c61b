/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/stream/ismb-framer.h"

/* The framer against any bytes. Whatever they are, it must not crash, and:
 * - in pieces they are the same frames as in one go,
 * - what it wrote it reads again as itself, so the next switch sees what this one saw,
 * - reading a frame into a tree and writing that loses nothing. */

#define HEADER                                                                                     \
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

typedef struct
{
  GString *log; /* of all data, a line each */
  gboolean check;
} Reader;

static const char *read_canonical (const char *data, GString *log);

static void
check_frame (const IsmbFrame *frame)
{
  g_autoptr (GString) again = g_string_new (NULL);
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  g_autoptr (IsmbFrame) written = ismb_frame_new_from_tree (tree);
  g_autoptr (IsmbFrame) moved = ismb_frame_readdress (frame, "a@b/c", "d@e");
  g_autoptr (IsmbFrame) back = ismb_frame_readdress (moved, frame->from, frame->to);
  g_assert_cmpuint (strlen (frame->data), ==, frame->length);
  g_assert_cmpstr (read_canonical (frame->data, again), ==, NULL);
  g_string_truncate (again, again->len - 1);
  g_assert_cmpstr (again->str, ==, frame->data);
  g_assert_cmpstr (written->data, ==, frame->data);
  g_assert_cmpstr (back->data, ==, frame->data);
}

static void
on_header (const IsmbStreamHeader *header, gpointer user_data)
{
}

static void
on_frame (IsmbFrame *frame, gpointer user_data)
{
  Reader *reader = user_data;
  g_string_append_printf (reader->log, "%s\n", frame->data);
  if (reader->check)
    check_frame (frame);
}

static void
on_end (gpointer user_data)
{
}

static const IsmbFramerCallbacks callbacks = { on_header, on_frame, on_end };

static const char *
feed (IsmbFramer *framer, const char *bytes, gsize length)
{
  const char *condition = NULL;
  ismb_framer_feed (framer, bytes, length, &condition);
  return condition;
}

static const char *
read_canonical (const char *data, GString *log)
{
  Reader reader = { .log = log };
  g_autoptr (IsmbFramer) framer = ismb_framer_new ("jabber:client", &callbacks, &reader);
  ismb_framer_set_limit (framer, 1 << 20);
  feed (framer, HEADER, strlen (HEADER));
  return feed (framer, data, strlen (data));
}

static gboolean
read_in_pieces (const char *bytes, gsize length, gsize piece, gboolean check, GString *log)
{
  Reader reader = { .log = log, .check = check };
  g_autoptr (IsmbFramer) framer = ismb_framer_new ("jabber:client", &callbacks, &reader);
  const char *condition = NULL;
  gsize at;
  for (at = 0; at < length && condition == NULL; at += piece)
    {
      condition = feed (framer, bytes + at, MIN (piece, length - at));
      ismb_framer_sleep (framer);
    }
  return condition == NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) whole = g_string_new (NULL), torn = g_string_new (NULL);
  /* A hundred of them at most: a tag in more pieces is refused for the work that it makes. */
  gsize piece = size > 0 ? 1 + data[0] % 16 + size / 100 : 1;
  gboolean fine = read_in_pieces ((const char *) data, size, size + 1, TRUE, whole);
  g_assert_true (read_in_pieces ((const char *) data, size, piece, FALSE, torn) == fine);
  g_assert_cmpstr (whole->str, ==, torn->str);
  return 0;
}
