/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-bytestream-block.h"
#include "ismb/plugins/ismb-bytestreams.h"
#include "tests/plugins/pair.h"

static IsmbBytestream *
open_stream (IsmbBytestreams *from, IsmbClient *to, const char *sid, GError **error)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ismb_bytestreams_open_async (from, ismb_client_get_bound_jid (to), sid, NULL, scene_on_done,
                               &done);
  result = pair_wait (&done);
  return ismb_bytestreams_open_finish (from, result, error);
}

static GBytes *
read_stream (IsmbBytestream *stream, GError **error)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ismb_bytestream_read_async (stream, NULL, scene_on_done, &done);
  result = pair_wait (&done);
  return ismb_bytestream_read_finish (stream, result, error);
}

static GBytes *
make_bytes (gsize size)
{
  guint8 *bytes = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 7 + i / 251);
  return g_bytes_new_take (bytes, size);
}

static void
close_stream (IsmbBytestream *stream)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ismb_bytestream_close_async (stream, NULL, scene_on_done, &done);
  result = pair_wait (&done);
  ismb_bytestream_close_finish (stream, result, &error);
  g_assert_no_error (error);
}

static void
test_whole_and_in_order (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GBytes) sent = make_bytes (1000003); /* no multiple of a block */
  g_autoptr (GByteArray) came = g_byte_array_new ();
  Heard started = { NULL }, ended = { NULL };
  SceneAnswer written = { NULL };
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  pair_listen (pair->bob, "ibb_stream_start", &started);
  pair_listen (pair->bob, "ibb_stream_end", &ended);
  ismb_bytestreams_expect (to, ismb_client_get_bound_jid (pair->alice), "s1");
  out = open_stream (from, pair->bob, "s1", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_bytestream_get_sid (out), ==, "s1");
  ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written);
  SCENE_WAIT (started.count == 1);
  while (came->len < g_bytes_get_size (sent))
    {
      g_autoptr (GBytes) bytes = read_stream (ISMB_BYTESTREAM (started.payload), &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), <=, ismb_bytestream_get_block_size (out));
      g_byte_array_append (came, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
  g_assert_cmpmem (came->data, came->len, g_bytes_get_data (sent, NULL), g_bytes_get_size (sent));
  result = pair_wait (&written);
  g_assert_true (ismb_bytestream_write_finish (out, result, &error));
  close_stream (out);
  SCENE_WAIT (ended.count == 1);
  {
    g_autoptr (GBytes) rest = read_stream (ISMB_BYTESTREAM (started.payload), &error);

    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (rest), ==, 0);
  }
  g_assert_false (ismb_bytestream_is_open (out));
  g_clear_object (&started.payload);
  g_clear_object (&ended.payload);
}

/* Who does not read is not flooded: the writer waits. */
static void
test_slow_reader (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GBytes) sent = make_bytes (600000);
  Heard started = { NULL };
  SceneAnswer written = { NULL };
  gsize came = 0;
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (to, "auto-accept", TRUE, NULL);
  pair_listen (pair->bob, "ibb_stream_start", &started);
  out = open_stream (from, pair->bob, NULL, &error);
  g_assert_no_error (error);
  ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written);
  SCENE_WAIT (started.count == 1);
  while (written.result == NULL || came < g_bytes_get_size (sent))
    {
      g_autoptr (GBytes) bytes = NULL;

      g_assert_true (written.result == NULL || came > 0); /* not before anybody has read */
      bytes = read_stream (ISMB_BYTESTREAM (started.payload), &error);
      came += g_bytes_get_size (bytes);
      if (came == g_bytes_get_size (sent))
        SCENE_WAIT (written.result != NULL);
    }
  g_clear_object (&written.result);
  g_clear_object (&started.payload);
}

static gsize event_bytes;

static void
on_data (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbBytestreamBlock *block = ISMB_BYTESTREAM_BLOCK (payload);

  g_assert_true (ISMB_IS_BYTESTREAM (ismb_bytestream_block_get_stream (block)));
  event_bytes += g_bytes_get_size (ismb_bytestream_block_get_bytes (block));
}

/* SleekXMPP's way: nobody reads, the event tells each block; both sides have a named event. */
static void
test_events (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  const char *alice = ismb_jid_get_full (ismb_client_get_bound_jid (pair->alice));
  const char *bob = ismb_jid_get_full (ismb_client_get_bound_jid (pair->bob));
  g_autofree char *on_alice = g_strconcat ("stream:s2:", bob, NULL);
  g_autofree char *on_bob = g_strconcat ("stream:s2:", alice, NULL);
  g_autoptr (GBytes) sent = make_bytes (10000);
  Heard named_alice = { NULL }, named_bob = { NULL }, ended = { NULL };
  SceneAnswer written = { NULL };
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GError) error = NULL;

  event_bytes = 0;
  pair_listen (pair->alice, on_alice, &named_alice);
  pair_listen (pair->bob, on_bob, &named_bob);
  pair_listen (pair->alice, "ibb_stream_end", &ended);
  ismb_client_add_event_handler (pair->bob, "ibb_stream_data", ISMB_EVENT_DEFAULT, on_data, NULL,
                                 NULL);
  ismb_bytestreams_expect (to, ismb_client_get_bound_jid (pair->alice), "s2");
  out = open_stream (from, pair->bob, "s2", &error);
  g_assert_no_error (error);
  ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written);
  SCENE_WAIT (written.result != NULL);
  g_assert_cmpuint (event_bytes, ==, 10000);
  g_assert_cmpuint (named_alice.count, ==, 1);
  g_assert_cmpuint (named_bob.count, ==, 1);
  close_stream (ISMB_BYTESTREAM (named_bob.payload)); /* the other side ends it */
  SCENE_WAIT (ended.count == 1);
  g_assert_false (ismb_bytestream_is_open (out));
  g_clear_object (&written.result);
  g_clear_object (&named_alice.payload);
  g_clear_object (&named_bob.payload);
  g_clear_object (&ended.payload);
}

/* Each is told when its own bytes are there. */
static void
test_many_writings (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GBytes) sent = make_bytes (1001);
  SceneAnswer written[40] = { { NULL } };
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GError) error = NULL;

  event_bytes = 0;
  g_object_set (to, "auto-accept", TRUE, NULL);
  g_object_set (from, "block-size", 500, NULL);
  ismb_client_add_event_handler (pair->bob, "ibb_stream_data", ISMB_EVENT_DEFAULT, on_data, NULL,
                                 NULL);
  out = open_stream (from, pair->bob, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (written); i++)
    ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written[i]);
  close_stream (out); /* behind all of them */
  for (gsize i = 0; i < G_N_ELEMENTS (written); i++)
    {
      g_assert_true (ismb_bytestream_write_finish (out, written[i].result, &error));
      g_clear_object (&written[i].result);
    }
  g_assert_cmpuint (event_bytes, ==, 40 * 1001);
}

/* After 65535 comes 0 (XEP-0047, 2.2). */
static void
test_number_goes_round (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GBytes) sent = make_bytes (65537);
  SceneAnswer written = { NULL };
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GError) error = NULL;

  event_bytes = 0;
  g_object_set (to, "auto-accept", TRUE, NULL);
  g_object_set (from, "block-size", 1, "window-size", 64, NULL);
  ismb_client_add_event_handler (pair->bob, "ibb_stream_data", ISMB_EVENT_DEFAULT, on_data, NULL,
                                 NULL);
  out = open_stream (from, pair->bob, NULL, &error);
  g_assert_no_error (error);
  ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written);
  SCENE_WAIT (written.result != NULL);
  g_assert_true (ismb_bytestream_write_finish (out, written.result, &error));
  g_assert_cmpuint (event_bytes, ==, 65537);
  g_clear_object (&written.result);
}

/* Who closes still gets out what he wrote, while the other side goes on sending. */
static void
test_closes_while_the_other_writes (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GBytes) sent = make_bytes (100000);
  Heard started = { NULL };
  SceneAnswer written = { NULL }, against = { NULL };
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GError) error = NULL;

  event_bytes = 0;
  g_object_set (to, "auto-accept", TRUE, NULL);
  pair_listen (pair->bob, "ibb_stream_start", &started);
  ismb_client_add_event_handler (pair->bob, "ibb_stream_data", ISMB_EVENT_DEFAULT, on_data, NULL,
                                 NULL);
  out = open_stream (from, pair->bob, NULL, &error);
  g_assert_no_error (error);
  ismb_bytestream_write_async (ISMB_BYTESTREAM (started.payload), sent, NULL, scene_on_done,
                               &against);
  ismb_bytestream_write_async (out, sent, NULL, scene_on_done, &written);
  close_stream (out);
  g_assert_true (ismb_bytestream_write_finish (out, written.result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (event_bytes, ==, 100000);
  SCENE_WAIT (against.result != NULL);
  g_clear_object (&written.result);
  g_clear_object (&against.result);
  g_clear_object (&started.payload);
}

static void
test_refuses (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbBytestream) out = open_stream (from, pair->bob, "s3", &error);

  g_assert_null (out);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE);
  g_clear_error (&error);
  g_object_set (to, "auto-accept", TRUE, "max-block-size", 1000, NULL);
  out = open_stream (from, pair->bob, "s3", &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT);
  g_clear_error (&error);
  g_object_set (to, "max-block-size", 5000, NULL);
  g_object_set (from, "block-size", 6000, NULL);
  out = open_stream (from, pair->bob, "s3", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ismb_bytestream_get_block_size (out), ==, 4096);
}

/* One stanza of the protocol, as anybody could send it. */
static const struct
{
  const char *payload;
  int code;
} wrong[] = {
  { "<open xmlns='http://jabber.org/protocol/ibb' sid='x'/>", ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<open xmlns='http://jabber.org/protocol/ibb' block-size='10'/>",
    ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<open xmlns='http://jabber.org/protocol/ibb' sid='x' block-size='-1'/>",
    ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<open xmlns='http://jabber.org/protocol/ibb' sid='x' block-size='10' stanza='message'/>",
    ISMB_STANZA_ERROR_NOT_ACCEPTABLE },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='nobody' seq='0'>AAAA</data>",
    ISMB_STANZA_ERROR_ITEM_NOT_FOUND },
  { "<close xmlns='http://jabber.org/protocol/ibb' sid='nobody'/>",
    ISMB_STANZA_ERROR_ITEM_NOT_FOUND },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4' seq='7'>AAAA</data>",
    ISMB_STANZA_ERROR_UNEXPECTED_REQUEST },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4'>AAAA</data>",
    ISMB_STANZA_ERROR_UNEXPECTED_REQUEST },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4' seq='0'>not base64!</data>",
    ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4' seq='0'>YQ==YQ==</data>",
    ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4' seq='0'>YR==</data>",
    ISMB_STANZA_ERROR_BAD_REQUEST },
  { "<data xmlns='http://jabber.org/protocol/ibb' sid='s4' seq='0'>YWFhYWE=</data>",
    ISMB_STANZA_ERROR_BAD_REQUEST }, /* five bytes */
  { "<open xmlns='http://jabber.org/protocol/ibb' sid='s4' block-size='4'/>",
    ISMB_STANZA_ERROR_UNEXPECTED_REQUEST },
};

static void
test_wrong (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");

  g_object_set (to, "auto-accept", TRUE, NULL);
  g_object_set (from, "block-size", 4, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (IsmbBytestream) out = open_stream (from, pair->bob, "s4", &error);
      g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_client_get_bound_jid (pair->bob), "set");
      g_autoptr (IsmbElement) element = ismb_stanza_get_element (ISMB_STANZA (iq));
      g_autoptr (IsmbElement) payload = ismb_element_new_from_string (wrong[i].payload, NULL);
      SceneAnswer done = { NULL };
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (IsmbIq) answer = NULL;

      g_assert_no_error (error);
      ismb_element_append (element, payload);
      ismb_client_query_async (pair->alice, iq, 0, NULL, scene_on_done, &done);
      result = pair_wait (&done);
      answer = ismb_client_query_finish (pair->alice, result, &error);
      g_assert_error (error, ISMB_STANZA_ERROR, wrong[i].code);
      close_stream (out);
    }
}

static void
send_block (Pair *pair, guint seq, const char *text, SceneAnswer *done)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_client_get_bound_jid (pair->bob), "set");
  g_autoptr (IsmbElement) element = ismb_stanza_get_element (ISMB_STANZA (iq));
  g_autofree char *xml = g_strdup_printf (
      "<data xmlns='http://jabber.org/protocol/ibb' sid='s6' seq='%u'>%s</data>", seq, text);
  g_autoptr (IsmbElement) payload = ismb_element_new_from_string (xml, NULL);

  ismb_element_append (element, payload);
  if (done != NULL)
    ismb_client_query_async (pair->alice, iq, 10000, NULL, scene_on_done, done);
  else
    g_assert_true (ismb_client_send (pair->alice, ISMB_STANZA (iq), NULL));
}

/* Who does not wait to be told to go on fills nobody's memory. */
static void
test_ignores_the_window (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autofree char *text = g_strnfill (4096, 'A');
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (IsmbIq) answer = NULL;
  Heard ended = { NULL };
  SceneAnswer done = { NULL };

  g_object_set (to, "auto-accept", TRUE, NULL);
  pair_listen (pair->bob, "ibb_stream_end", &ended);
  out = open_stream (from, pair->bob, "s6", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 300; i++)
    send_block (pair, i, text, i == 299 ? &done : NULL);
  result = pair_wait (&done);
  answer = ismb_client_query_finish (pair->alice, result, &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
  g_assert_cmpuint (ended.count, ==, 1);
  g_clear_object (&ended.payload);
}

/* A block without bytes is not the end. */
static void
test_empty_block (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbBytestream) out = NULL;
  g_autoptr (GBytes) bytes = NULL;
  Heard started = { NULL };

  g_object_set (to, "auto-accept", TRUE, NULL);
  pair_listen (pair->bob, "ibb_stream_start", &started);
  out = open_stream (from, pair->bob, "s6", &error);
  g_assert_no_error (error);
  send_block (pair, 0, "", NULL);
  send_block (pair, 1, "AAAA", NULL);
  SCENE_WAIT (started.count == 1);
  bytes = read_stream (ISMB_BYTESTREAM (started.payload), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 3);
  g_clear_object (&started.payload);
}

static gboolean
disable_at_once (IsmbBytestreams *plugin, IsmbJid *from, const char *sid, gpointer client)
{
  ismb_client_disable_plugin (client, "xep_0047");
  return TRUE;
}

/* By the program that was asked whether a stream may come. */
static void
test_disabled_inside (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbBytestream) out = NULL;

  g_signal_connect (to, "incoming", G_CALLBACK (disable_at_once), pair->bob);
  out = open_stream (from, pair->bob, "s6", &error);
  g_assert_null (ismb_client_get_plugin (pair->bob, "xep_0047"));
}

/* What was under way fails, and who reads hears of it. */
static void
test_session_ends (Pair *pair, gconstpointer data)
{
  IsmbBytestreams *from = pair_enable (pair->alice, "xep_0047");
  IsmbBytestreams *to = pair_enable (pair->bob, "xep_0047");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbBytestream) out = NULL;
  Heard ended = { NULL };
  SceneAnswer reading = { NULL };
  gboolean gone = FALSE;

  g_object_set (to, "auto-accept", TRUE, NULL);
  pair_listen (pair->alice, "ibb_stream_end", &ended);
  out = open_stream (from, pair->bob, "s5", &error);
  g_assert_no_error (error);
  ismb_bytestream_read_async (out, NULL, scene_on_done, &reading);
  ismb_client_add_event_handler (pair->alice, "disconnected", ISMB_EVENT_DISPOSABLE, scene_on_event,
                                 &gone, NULL);
  ismb_client_close (pair->alice);
  SCENE_WAIT (reading.result != NULL);
  g_assert_null (ismb_bytestream_read_finish (out, reading.result, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
  g_assert_cmpuint (ended.count, ==, 1);
  SCENE_WAIT (gone);
  scene_open (pair->alice);
  g_clear_object (&reading.result);
  g_clear_object (&ended.payload);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/plugins/bytestreams/whole-and-in-order", Pair, NULL, pair_set_up,
              test_whole_and_in_order, pair_tear_down);
  g_test_add ("/plugins/bytestreams/slow-reader", Pair, NULL, pair_set_up, test_slow_reader,
              pair_tear_down);
  g_test_add ("/plugins/bytestreams/events", Pair, NULL, pair_set_up, test_events, pair_tear_down);
  g_test_add ("/plugins/bytestreams/many-writings", Pair, NULL, pair_set_up, test_many_writings,
              pair_tear_down);
  g_test_add ("/plugins/bytestreams/number-goes-round", Pair, NULL, pair_set_up,
              test_number_goes_round, pair_tear_down);
  g_test_add ("/plugins/bytestreams/closes-while-the-other-writes", Pair, NULL, pair_set_up,
              test_closes_while_the_other_writes, pair_tear_down);
  g_test_add ("/plugins/bytestreams/refuses", Pair, NULL, pair_set_up, test_refuses,
              pair_tear_down);
  g_test_add ("/plugins/bytestreams/wrong", Pair, NULL, pair_set_up, test_wrong, pair_tear_down);
  g_test_add ("/plugins/bytestreams/ignores-the-window", Pair, NULL, pair_set_up,
              test_ignores_the_window, pair_tear_down);
  g_test_add ("/plugins/bytestreams/empty-block", Pair, NULL, pair_set_up, test_empty_block,
              pair_tear_down);
  g_test_add ("/plugins/bytestreams/disabled-inside", Pair, NULL, pair_set_up,
              test_disabled_inside, pair_tear_down);
  g_test_add ("/plugins/bytestreams/session-ends", Pair, NULL, pair_set_up, test_session_ends,
              pair_tear_down);
  return g_test_run ();
}
