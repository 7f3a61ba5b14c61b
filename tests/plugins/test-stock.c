/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins of ours and of a stock client, slixmpp, with each other, in both directions. */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-block-list.h"
#include "ismb/plugins/ismb-bytestreams.h"
#include "ismb/plugins/ismb-chat-states.h"
#include "ismb/plugins/ismb-delay.h"
#include "ismb/plugins/ismb-hash.h"
#include "ismb/plugins/ismb-out-of-band.h"
#include "ismb/plugins/ismb-receipts.h"
#include "ismb/plugins/ismb-vcards.h"
#include "tests/plugins/stage.h"

#define STREAMED 50003

static IsmbTestStock *stock;

static GBytes *
make_bytes (void)
{
  guint8 *bytes = g_malloc (STREAMED);

  for (gsize i = 0; i < STREAMED; i++)
    bytes[i] = (guint8) (i * 7 + i / 251);
  return g_bytes_new_take (bytes, STREAMED);
}

static IsmbMessage *
make_message (const char *check)
{
  return ismb_message_new (ismb_test_stock_get_jid (stock), check);
}

/* Has the stock client look at the message, which names a check; returns its answer. */
static IsmbStanza *
show (IsmbMessage *message)
{
  guint heard = ismb_test_guest_count_bodies (alice);
  g_autoptr (GError) error = NULL;

  ismb_client_send (ismb_test_guest_get_client (alice), ISMB_STANZA (message), &error);
  g_assert_no_error (error);
  ismb_test_guest_await_bodies (alice, heard + 1);
  g_assert_cmpstr (ismb_test_guest_get_body (alice, heard), ==, "fine");
  return ISMB_STANZA (ismb_test_guest_get_payload (alice, "message"));
}

static IsmbStanza *
show_payload (const char *check, gpointer payload)
{
  g_autoptr (IsmbMessage) message = make_message (check);

  ismb_stanza_add_payload (ISMB_STANZA (message), payload);
  return show (message);
}

static void
test_their_stream (void)
{
  IsmbBytestreams *streams = stage_enable (alice, "xep_0047");
  guint started = ismb_test_guest_count (alice, "ibb_stream_start");
  g_autoptr (GByteArray) came = g_byte_array_new ();
  g_autoptr (GBytes) expected = make_bytes ();
  g_autoptr (IsmbBytestream) stream = NULL;
  gsize length = 1;

  g_object_set (streams, "auto-accept", TRUE, NULL);
  ismb_test_stock_check (stock, "streaming");
  g_assert_cmpuint (ismb_test_guest_count (alice, "ibb_stream_start"), ==, started + 1);
  stream = g_object_ref (
      ISMB_BYTESTREAM (ismb_test_guest_get_payload (alice, "ibb_stream_start")));
  g_assert_cmpstr (ismb_bytestream_get_sid (stream), ==, "theirs");
  while (length > 0)
    {
      GAsyncResult *slot = NULL;
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      ismb_bytestream_read_async (stream, NULL, ismb_test_keep_result, &slot);
      result = ismb_test_await_result (&slot);
      bytes = ismb_bytestream_read_finish (stream, result, &error);
      g_assert_no_error (error);
      length = g_bytes_get_size (bytes);
      g_byte_array_append (came, g_bytes_get_data (bytes, NULL), length);
    }
  g_assert_cmpmem (came->data, came->len, g_bytes_get_data (expected, NULL), STREAMED);
  g_object_set (streams, "auto-accept", FALSE, NULL);
  ismb_test_stock_check (stock, "unexpected_stream");
}

static void
test_our_stream (void)
{
  IsmbBytestreams *streams = stage_enable (alice, "xep_0047");
  GAsyncResult *opened = NULL, *written = NULL, *closed = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (IsmbBytestream) stream = NULL;
  g_autoptr (GBytes) bytes = make_bytes ();
  g_autoptr (GError) error = NULL;

  ismb_bytestreams_open_async (streams, ismb_test_stock_get_jid (stock), "ours", NULL,
                               ismb_test_keep_result, &opened);
  result = ismb_test_await_result (&opened);
  stream = ismb_bytestreams_open_finish (streams, result, &error);
  g_assert_no_error (error);
  ismb_bytestream_write_async (stream, bytes, NULL, ismb_test_keep_result, &written);
  ismb_bytestream_close_async (stream, NULL, ismb_test_keep_result, &closed);
  g_clear_object (&result);
  result = ismb_test_await_result (&written);
  g_assert_true (ismb_bytestream_write_finish (stream, result, &error));
  g_clear_object (&result);
  result = ismb_test_await_result (&closed);
  g_assert_true (ismb_bytestream_close_finish (stream, result, &error));
  ismb_test_stock_check (stock, "streamed");
}

static void
test_vcards (void)
{
  IsmbVCards *vcards = stage_enable (alice, "xep_0054");
  g_autoptr (IsmbVCard) ours = ismb_vcard_new ();
  g_autoptr (IsmbVCard) theirs = NULL;
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (ismb_test_stock_get_jid (stock));
  GAsyncResult *published = NULL, *fetched = NULL;
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autofree char *name = NULL;
  g_autofree char *family = NULL;
  g_autoptr (GError) error = NULL;

  ismb_vcard_set_field (ours, "FN", "Alice <of> Switch 1");
  ismb_vcard_set_field (ours, "N/FAMILY", "Switch");
  ismb_vcards_publish_async (vcards, ours, NULL, ismb_test_keep_result, &published);
  first = ismb_test_await_result (&published);
  g_assert_true (ismb_vcards_publish_finish (vcards, first, &error));
  ismb_test_stock_check (stock, "vcard");
  ismb_vcards_fetch_async (vcards, bare, NULL, ismb_test_keep_result, &fetched);
  second = ismb_test_await_result (&fetched);
  theirs = ismb_vcards_fetch_finish (vcards, second, &error);
  g_assert_no_error (error);
  name = ismb_vcard_get_field (theirs, "FN");
  family = ismb_vcard_get_field (theirs, "N/FAMILY");
  g_assert_cmpstr (name, ==, "Stock & <Co>");
  g_assert_cmpstr (family, ==, "Stock");
}

static gboolean
offer_url (IsmbOutOfBand *plugin, const char *url, const char *description, GError **error)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_out_of_band_offer_async (plugin, ismb_test_stock_get_jid (stock), url, description, NULL,
                                ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_out_of_band_offer_finish (plugin, result, error);
}

static gboolean
on_offered (IsmbOutOfBand *plugin, IsmbIq *request, const char *url, const char *description,
            gpointer user_data)
{
  IsmbIq *reply = g_str_has_suffix (url, "missing")
                      ? ismb_iq_reply_error (request, "item-not-found", NULL)
                      : ismb_iq_reply (request);

  g_string_append_printf (user_data, "%s %s\n", url, description);
  ismb_client_send (ismb_test_guest_get_client (alice), ISMB_STANZA (reply), NULL);
  return TRUE;
}

static void
test_urls (void)
{
  IsmbOutOfBand *plugin = stage_enable (alice, "xep_0066");
  g_autoptr (GString) offered = g_string_new (NULL);
  g_autoptr (IsmbMessage) message = make_message ("urls");
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;
  gulong handler = g_signal_connect (plugin, "offered", G_CALLBACK (on_offered), offered);

  g_assert_true (offer_url (plugin, "http://switch.test/table", "a table", &error));
  g_assert_false (offer_url (plugin, "http://switch.test/missing", NULL, &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
  ismb_out_of_band_set_url (message, "http://switch.test/here", "here");
  url = ismb_out_of_band_get_url (ISMB_MESSAGE (show (message)));
  g_assert_cmpstr (url, ==, "http://stock.test/there");
  g_assert_true (g_str_has_prefix (offered->str, "http://stock.test/table a table\n"
                                                 "http://stock.test/missing "));
  g_signal_handler_disconnect (plugin, handler);
}

static void
test_chat_states (void)
{
  IsmbChatStates *plugin = stage_enable (alice, "xep_0085");
  g_autoptr (IsmbMessage) message = make_message ("state");
  guint gone = ismb_test_guest_count (alice, "chatstate_gone");
  g_autoptr (GError) error = NULL;

  ismb_chat_states_send (plugin, ismb_test_stock_get_jid (stock), "composing", &error);
  g_assert_no_error (error);
  ismb_chat_states_set_state (message, "paused");
  g_assert_cmpstr (ismb_chat_states_get_state (ISMB_MESSAGE (show (message))), ==, "gone");
  ismb_test_guest_await (alice, "chatstate_gone", gone + 1);
}

static void
test_receipts (void)
{
  g_autoptr (IsmbMessage) message = make_message ("receipt");
  g_autofree char *id = NULL;

  stage_enable (alice, "xep_0184");
  ismb_stanza_set_id (ISMB_STANZA (message), "r0");
  ismb_receipts_request (message);
  g_assert_true (ismb_receipts_is_requested (ISMB_MESSAGE (show (message))));
  ismb_test_guest_await (alice, "receipt_received", 1);
  id = ismb_receipts_get_receipt (
      ISMB_MESSAGE (ismb_test_guest_get_payload (alice, "receipt_received")));
  g_assert_cmpstr (id, ==, "r0");
  ismb_test_stock_check (stock, "received");
}

/* Of a third domain: what claims to be of its receiver's, the listener takes out. */
static void
test_delay (void)
{
  g_autoptr (GTimeZone) east = g_time_zone_new_offset (7200);
  g_autoptr (GDateTime) sent = g_date_time_new (east, 2026, 7, 1, 14, 30, 5);
  g_autoptr (IsmbJid) keeper = ismb_jid_new ("relay.test", NULL);
  g_autoptr (IsmbDelay) ours = ismb_delay_new (sent, keeper, "kept");
  IsmbStanza *answer = show_payload ("delay", ours);
  g_autoptr (IsmbPayload) theirs = ismb_stanza_get_payload (answer, ISMB_TYPE_DELAY);
  g_autoptr (GDateTime) stamp = ismb_delay_get_stamp (ISMB_DELAY (theirs));
  g_autoptr (IsmbJid) from = ismb_delay_get_from (ISMB_DELAY (theirs));
  g_autoptr (GDateTime) expected = g_date_time_new_utc (2025, 12, 24, 18, 0, 0.25);

  g_assert_true (g_date_time_equal (stamp, expected));
  g_assert_cmpstr (ismb_jid_get_full (from), ==, "room@relay.test/carol");
}

/* What the stock client sends while the other is away tells when it was sent. */
static void
test_kept_message (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (IsmbPayload) delay = NULL;
  g_autoptr (GDateTime) stamp = NULL;

  ismb_test_stock_check (stock, "post");
  ismb_test_guest_open (bob, TRUE);
  ismb_test_guest_await_bodies (bob, 1);
  g_assert_cmpstr (ismb_test_guest_get_body (bob, 0), ==, "while you were away");
  delay = ismb_stanza_get_payload (ISMB_STANZA (ismb_test_guest_get_payload (bob, "message")),
                                   ISMB_TYPE_DELAY);
  g_assert_nonnull (delay);
  stamp = ismb_delay_get_stamp (ISMB_DELAY (delay));
  g_assert_cmpint (ABS (g_date_time_difference (stamp, now)), <, 60 * G_TIME_SPAN_SECOND);
}

static void
test_hash (void)
{
  g_autoptr (GBytes) table = g_bytes_new_static ("a table", strlen ("a table"));
  g_autoptr (GBytes) another = g_bytes_new_static ("another", strlen ("another"));
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbHash) ours = ismb_hash_new ("sha-512", table, &error);
  g_autoptr (IsmbPayload) theirs
      = ismb_stanza_get_payload (show_payload ("hash", ours), ISMB_TYPE_HASH);

  g_assert_no_error (error);
  g_assert_cmpstr (ismb_hash_get_algorithm (ISMB_HASH (theirs)), ==, "sha-256");
  g_assert_true (ismb_hash_matches (ISMB_HASH (theirs), another));
  g_assert_false (ismb_hash_matches (ISMB_HASH (theirs), table));
}

static void
change_list (IsmbBlockList *list, const char *jid, gboolean block)
{
  const char *const jids[] = { jid, NULL };
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (block)
    ismb_block_list_block_async (list, jids, NULL, ismb_test_keep_result, &slot);
  else
    ismb_block_list_unblock_async (list, jids, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  if (block)
    ismb_block_list_block_finish (list, result, &error);
  else
    ismb_block_list_unblock_finish (list, result, &error);
  g_assert_no_error (error);
}

static void
assert_told (const char *event, guint count, const char *jid)
{
  g_auto (GStrv) jids = NULL;

  ismb_test_guest_await (alice, event, count);
  jids = ismb_block_list_get_jids (ISMB_IQ (ismb_test_guest_get_payload (alice, event)));
  g_assert_cmpstr (jids[0], ==, jid);
}

/* Two programs of one account, ours and a stock client, hear of each other's changes. */
static void
test_block_list (void)
{
  IsmbBlockList *list = stage_enable (alice, "xep_0191");
  g_autoptr (IsmbTestStock) fellow = ismb_test_stock_new (server, "alice", alice);
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_auto (GStrv) jids = NULL;

  change_list (list, "erin@" DOMAIN, TRUE);
  ismb_block_list_fetch_async (list, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  jids = ismb_block_list_fetch_finish (list, result, NULL);
  g_assert_cmpstr (jids[0], ==, "erin@" DOMAIN);
  ismb_test_stock_check (fellow, "list");
  change_list (list, "mallory@" DOMAIN, TRUE);
  assert_told ("blocked", 1, "mallory@" DOMAIN);
  ismb_test_stock_check (fellow, "blocking");
  assert_told ("blocked", 2, "dave@" DOMAIN);
  change_list (list, "mallory@" DOMAIN, FALSE);
  assert_told ("unblocked", 1, "mallory@" DOMAIN);
  ismb_test_stock_check (fellow, "unblocking");
  ismb_test_guest_await (alice, "unblocked", 2);
  g_clear_pointer (&jids, g_strfreev);
  jids = ismb_block_list_get_jids (
      ISMB_IQ (ismb_test_guest_get_payload (alice, "unblocked")));
  g_assert_cmpuint (g_strv_length (jids), ==, 0); /* all */
}

static void
add (const char *name, void (*test) (void))
{
  g_autofree char *path = g_strconcat ("/plugins/stock/", name, NULL);

  g_test_add_func (path, test);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!stage_set_up (argc, argv))
    return 0;
  ismb_test_guest_open (alice, TRUE);
  stock = ismb_test_stock_new (server, "carol", alice);
  if (stock != NULL)
    {
      add ("their-stream", test_their_stream);
      add ("our-stream", test_our_stream);
      add ("vcards", test_vcards);
      add ("urls", test_urls);
      add ("chat-states", test_chat_states);
      add ("receipts", test_receipts);
      add ("delay", test_delay);
      add ("kept-message", test_kept_message);
      add ("hash", test_hash);
      add ("block-list", test_block_list);
    }
  else
    g_print ("# slixmpp is not installed\n");
  status = g_test_run ();
  g_clear_pointer (&stock, ismb_test_stock_free);
  stage_tear_down ();
  return status;
}
