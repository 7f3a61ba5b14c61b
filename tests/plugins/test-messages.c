/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plugins put beside the text of a message. */
#include "config.h"

#include <glib/gstdio.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-chat-states.h"
#include "ismb/plugins/ismb-delay.h"
#include "ismb/plugins/ismb-hash.h"
#include "ismb/plugins/ismb-out-of-band.h"
#include "ismb/plugins/ismb-receipts.h"
#include "tests/plugins/pair.h"

static void
send_to (Pair *pair, IsmbMessage *message)
{
  g_autoptr (GError) error = NULL;

  ismb_client_send (pair->alice, ISMB_STANZA (message), &error);
  g_assert_no_error (error);
}

static void
test_chat_states (Pair *pair, gconstpointer data)
{
  IsmbChatStates *from = pair_enable (pair->alice, "xep_0085");
  Heard any = { NULL }, composing = { NULL }, gone = { NULL }, message = { NULL };
  IsmbJid *bob = ismb_client_get_bound_jid (pair->bob);
  g_autoptr (IsmbMessage) both = ismb_message_new (bob, "bye");
  g_autoptr (GError) error = NULL;

  pair_enable (pair->bob, "xep_0085");
  pair_listen (pair->bob, "chatstate", &any);
  pair_listen (pair->bob, "chatstate_composing", &composing);
  pair_listen (pair->bob, "chatstate_gone", &gone);
  pair_listen (pair->bob, "message", &message);
  g_assert_false (ismb_chat_states_send (from, bob, "shouting", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
  g_assert_true (ismb_chat_states_send (from, bob, "composing", NULL));
  g_assert_true (ismb_chat_states_set_state (both, "paused"));
  g_assert_true (ismb_chat_states_set_state (both, "gone"));
  send_to (pair, both);
  SCENE_WAIT (message.count == 1 && gone.count == 1);
  g_assert_cmpuint (any.count, ==, 2);
  g_assert_cmpuint (composing.count, ==, 1);
  g_assert_cmpstr (ismb_chat_states_get_state (ISMB_MESSAGE (composing.payload)), ==, "composing");
  g_assert_null (ismb_message_get_body (ISMB_MESSAGE (composing.payload)));
  g_assert_cmpstr (ismb_chat_states_get_state (ISMB_MESSAGE (message.payload)), ==, "gone");
  g_clear_object (&any.payload);
  g_clear_object (&composing.payload);
  g_clear_object (&gone.payload);
  g_clear_object (&message.payload);
}

static void
test_receipts (Pair *pair, gconstpointer data)
{
  IsmbReceipts *from = pair_enable (pair->alice, "xep_0184");
  g_autoptr (IsmbMessage) message = ismb_message_new (ismb_client_get_bound_jid (pair->bob), "hi");
  Heard receipt = { NULL }, came = { NULL };
  g_autofree char *id = NULL;

  g_object_set (from, "auto-request", TRUE, NULL);
  pair_enable (pair->bob, "xep_0184");
  pair_listen (pair->alice, "receipt_received", &receipt);
  pair_listen (pair->bob, "message", &came);
  ismb_stanza_set_id (ISMB_STANZA (message), "m1");
  send_to (pair, message);
  SCENE_WAIT (receipt.count == 1);
  id = ismb_receipts_get_receipt (ISMB_MESSAGE (receipt.payload));
  g_assert_cmpstr (id, ==, "m1");
  g_assert_true (ismb_receipts_is_requested (ISMB_MESSAGE (came.payload)));
  g_assert_true (ismb_jid_equal (ismb_stanza_get_from_jid (ISMB_STANZA (receipt.payload)),
                                 ismb_client_get_bound_jid (pair->bob)));
  g_clear_object (&receipt.payload);
  g_clear_object (&came.payload);
}

/* No receipt for an error, for a receipt, without an id, or where it is switched off: a later
 * message's comes, and it is the first. */
static void
test_no_receipt (Pair *pair, gconstpointer data)
{
  IsmbReceipts *to = pair_enable (pair->bob, "xep_0184");
  IsmbJid *bob = ismb_client_get_bound_jid (pair->bob);
  g_autoptr (IsmbMessage) error_message = ismb_message_new (bob, "an error");
  g_autoptr (IsmbMessage) silent = ismb_message_new (bob, "not now");
  g_autoptr (IsmbMessage) last = ismb_message_new (bob, "now");
  Heard receipt = { NULL }, came = { NULL };
  g_autofree char *id = NULL;

  pair_enable (pair->alice, "xep_0184");
  pair_listen (pair->alice, "receipt_received", &receipt);
  pair_listen (pair->bob, "message", &came);
  ismb_stanza_set_stanza_type (ISMB_STANZA (error_message), "error");
  ismb_stanza_set_id (ISMB_STANZA (error_message), "m2");
  ismb_receipts_request (error_message);
  send_to (pair, error_message);
  SCENE_WAIT (came.count == 1);
  g_object_set (to, "auto-ack", FALSE, NULL);
  ismb_stanza_set_id (ISMB_STANZA (silent), "m3");
  ismb_receipts_request (silent);
  send_to (pair, silent);
  SCENE_WAIT (came.count == 2);
  g_object_set (to, "auto-ack", TRUE, NULL);
  ismb_stanza_set_id (ISMB_STANZA (last), "m4");
  ismb_receipts_request (last);
  send_to (pair, last);
  SCENE_WAIT (receipt.count == 1);
  id = ismb_receipts_get_receipt (ISMB_MESSAGE (receipt.payload));
  g_assert_cmpstr (id, ==, "m4");
  g_clear_object (&receipt.payload);
  g_clear_object (&came.payload);
}

static void
test_delay (void)
{
  g_autoptr (GTimeZone) berlin = g_time_zone_new_offset (7200);
  g_autoptr (GDateTime) sent = g_date_time_new (berlin, 2026, 7, 1, 14, 30, 5);
  g_autoptr (IsmbJid) keeper = ismb_jid_new ("sw1.test", NULL);
  g_autoptr (IsmbDelay) delay = ismb_delay_new (sent, keeper, "kept");
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "late");
  g_autoptr (IsmbPayload) found = NULL;
  g_autoptr (GDateTime) stamp = NULL;
  g_autoptr (IsmbJid) from = NULL;
  g_autofree char *text = NULL;
  g_autofree char *xml = NULL;

  g_assert_null (ismb_stanza_get_payload (ISMB_STANZA (message), ISMB_TYPE_DELAY));
  ismb_stanza_add_payload (ISMB_STANZA (message), ISMB_PAYLOAD (delay));
  found = ismb_stanza_get_payload (ISMB_STANZA (message), ISMB_TYPE_DELAY);
  stamp = ismb_delay_get_stamp (ISMB_DELAY (found));
  from = ismb_delay_get_from (ISMB_DELAY (found));
  text = ismb_delay_get_text (ISMB_DELAY (found));
  xml = ismb_stanza_to_string (ISMB_STANZA (message));
  g_assert_true (g_date_time_equal (stamp, sent));
  g_assert_cmpstr (ismb_jid_get_full (from), ==, "sw1.test");
  g_assert_cmpstr (text, ==, "kept");
  g_assert_nonnull (g_strrstr (xml, "stamp='2026-07-01T12:30:05Z'"));
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* FIPS 180-2's example. */
static void
test_hash (void)
{
  static const char abc[] = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  g_autoptr (GBytes) content = g_bytes_new_static ("abc", 3);
  g_autoptr (GBytes) other = g_bytes_new_static ("abd", 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbHash) hash = ismb_hash_new ("sha-256", content, &error);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (IsmbHash) of_file = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GFile) file = NULL;

  g_assert_no_error (error);
  text = ismb_element_get_text (ismb_payload_get_element (ISMB_PAYLOAD (hash)));
  g_assert_cmpstr (text, ==, abc);
  g_assert_true (ismb_hash_matches (hash, content));
  g_assert_false (ismb_hash_matches (hash, other));
  g_assert_null (ismb_hash_new ("md5", content, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  g_clear_error (&error);
  close (g_file_open_tmp ("ismb-hash-XXXXXX", &path, &error));
  g_assert_true (g_file_set_contents (path, "abc", 3, NULL));
  file = g_file_new_for_path (path);
  ismb_hash_of_file_async (file, "sha-256", NULL, on_hashed, &result);
  SCENE_WAIT (result != NULL);
  of_file = ismb_hash_of_file_finish (result, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_hash_matches (of_file, content));
  g_unlink (path);
}

static gboolean
on_offered (IsmbOutOfBand *plugin, IsmbIq *request, const char *url, const char *description,
            gpointer user_data)
{
  g_autoptr (IsmbIq) answer
      = ismb_iq_new (ismb_stanza_get_from_jid (ISMB_STANZA (request)), "result");

  g_assert_cmpstr (url, ==, "https://sw1.test/image.bin");
  g_assert_cmpstr (description, ==, "an image");
  ismb_stanza_set_id (ISMB_STANZA (answer), ismb_stanza_get_id (ISMB_STANZA (request)));
  return ismb_client_send (ismb_plugin_get_client (ISMB_PLUGIN (plugin)), ISMB_STANZA (answer),
                           NULL);
}

static gboolean
offer (IsmbOutOfBand *from, IsmbJid *to, GError **error)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ismb_out_of_band_offer_async (from, to, "https://sw1.test/image.bin", "an image", NULL,
                                scene_on_done, &done);
  result = pair_wait (&done);
  return ismb_out_of_band_offer_finish (from, result, error);
}

static void
test_out_of_band (Pair *pair, gconstpointer data)
{
  IsmbOutOfBand *from = pair_enable (pair->alice, "xep_0066");
  IsmbOutOfBand *to = pair_enable (pair->bob, "xep_0066");
  IsmbJid *bob = ismb_client_get_bound_jid (pair->bob);
  g_autoptr (IsmbMessage) message = ismb_message_new (bob, "look");
  g_autofree char *url = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (offer (from, bob, &error)); /* nobody takes it: refused */
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE);
  g_clear_error (&error);
  g_signal_connect (to, "offered", G_CALLBACK (on_offered), NULL);
  g_assert_true (offer (from, bob, &error));
  g_assert_no_error (error);
  g_assert_null (ismb_out_of_band_get_url (message));
  ismb_out_of_band_set_url (message, "https://sw1.test/a", NULL);
  ismb_out_of_band_set_url (message, "https://sw1.test/b", "better");
  url = ismb_out_of_band_get_url (message);
  g_assert_cmpstr (url, ==, "https://sw1.test/b");
}

#define ADD(name, function)                                                                        \
  g_test_add ("/plugins/messages/" name, Pair, NULL, pair_set_up, function, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("chat-states", test_chat_states);
  ADD ("receipts", test_receipts);
  ADD ("no-receipt", test_no_receipt);
  ADD ("out-of-band", test_out_of_band);
  g_test_add_func ("/plugins/messages/delay", test_delay);
  g_test_add_func ("/plugins/messages/hash", test_hash);
  return g_test_run ();
}
