/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-postbox.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-presence.h"

/* `text` stands for what goes out. */
static void
put (IsmbPostbox *box, IsmbStanza *stanza, const char *text)
{
  g_autoptr (IsmbStanza) own = stanza;
  g_autoptr (GError) error = NULL;

  ismb_postbox_put (box, own, g_strdup (text), strlen (text), &error);
  g_assert_no_error (error);
}

static void
put_messages (IsmbPostbox *box, const char *texts)
{
  g_auto (GStrv) words = g_strsplit (texts, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    put (box, ISMB_STANZA (ismb_message_new (NULL, words[i])), words[i]);
}

/* All that waits goes out; what that is. */
static char *
send_all (IsmbPostbox *box)
{
  GString *out = g_string_new (NULL);
  const char *text;
  gsize length;

  while ((text = ismb_postbox_next (box, &length)) != NULL)
    {
      g_assert_cmpuint (length, ==, strlen (text));
      g_string_append_printf (out, "%s%s", out->len > 0 ? " " : "", text);
    }
  return g_string_free (out, FALSE);
}

#define assert_sends(box, expected)              \
  G_STMT_START                                   \
  {                                              \
    g_autofree char *sent = send_all (box);      \
    g_assert_cmpstr (sent, ==, expected);        \
  }                                              \
  G_STMT_END

static char *
name_all (GQueue *stanzas)
{
  GString *out = g_string_new (NULL);
  IsmbStanza *stanza;

  while ((stanza = g_queue_pop_head (stanzas)) != NULL)
    {
      if (ISMB_IS_MESSAGE (stanza))
        g_string_append_printf (out, "%s ", ismb_message_get_body (ISMB_MESSAGE (stanza)));
      else
        g_string_append_printf (out, "%s:%s ", ISMB_IS_IQ (stanza) ? "iq" : "presence",
                                ismb_stanza_get_stanza_type (stanza));
      g_object_unref (stanza);
    }
  return g_string_free (out, FALSE);
}

static gboolean
everything_is_wanted (IsmbStanza *request, gpointer user_data)
{
  return TRUE;
}

static gboolean
is_called (IsmbStanza *request, gpointer id)
{
  return g_strcmp0 (ismb_stanza_get_id (request), id) == 0;
}

static void
test_in_order (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();

  put_messages (box, "one two three");
  g_assert_cmpuint (ismb_postbox_count (box), ==, 3);
  g_assert_cmpuint (ismb_postbox_count_sent (box), ==, 0);
  assert_sends (box, "one two three");
  g_assert_cmpuint (ismb_postbox_count_sent (box), ==, 3);
}

static void
test_acknowledged (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  GQueue acked = G_QUEUE_INIT;
  g_autofree char *names = NULL;

  put_messages (box, "one two three");
  assert_sends (box, "one two three");
  g_assert_true (ismb_postbox_ack (box, 2, &acked));
  g_assert_false (ismb_postbox_ack (box, 4, &acked)); /* more than was sent */
  g_assert_true (ismb_postbox_ack (box, 1, &acked));  /* late */
  names = name_all (&acked);
  g_assert_cmpstr (names, ==, "one two ");
  g_assert_cmpuint (ismb_postbox_count (box), ==, 1);
  g_assert_true (ismb_postbox_ack (box, 3, NULL));
  g_assert_cmpuint (ismb_postbox_count (box), ==, 0);
}

static void
test_resumed (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();

  put_messages (box, "one two three");
  assert_sends (box, "one two three");
  put_messages (box, "four");
  g_assert_true (ismb_postbox_ack (box, 1, NULL));
  ismb_postbox_resume (box);
  assert_sends (box, "two three four");
  g_assert_true (ismb_postbox_ack (box, 4, NULL)); /* counted on */
  g_assert_cmpuint (ismb_postbox_count (box), ==, 0);
}

/* Over the end of 32 bits. */
static void
test_counts_round (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  guint32 h = 0;

  for (guint i = 0; i < 70000; i++)
    {
      put_messages (box, "x");
      assert_sends (box, "x");
      g_assert_true (ismb_postbox_ack (box, ++h, NULL));
    }
  g_assert_false (ismb_postbox_ack (box, h + 1, NULL));
  g_assert_true (ismb_postbox_ack (box, h - 70000, NULL));
}

static void
test_renewed (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  IsmbIq *asked = ismb_iq_new (NULL, "get");
  GQueue dropped = G_QUEUE_INIT;
  g_autofree char *names = NULL;

  ismb_stanza_set_id (ISMB_STANZA (asked), "wanted");
  put_messages (box, "one");
  put (box, ISMB_STANZA (ismb_presence_new (NULL, NULL)), "available");
  put (box, ISMB_STANZA (asked), "asked");
  put (box, ISMB_STANZA (ismb_presence_new (NULL, "subscribe")), "subscribe");
  put (box, ISMB_STANZA (ismb_iq_new (NULL, "set")), "forgotten");
  put (box, ISMB_STANZA (ismb_iq_new (NULL, "result")), "answer");
  put_messages (box, "two");
  g_free (send_all (box));
  put (box, ISMB_STANZA (ismb_presence_new (NULL, NULL)), "fresh");
  g_assert_true (ismb_postbox_has_request (box, "wanted"));
  g_assert_false (ismb_postbox_has_request (box, "another"));
  ismb_postbox_renew (box, FALSE, is_called, "wanted", &dropped);
  assert_sends (box, "one asked subscribe two fresh");
  names = name_all (&dropped);
  g_assert_cmpstr (names, ==, "presence:available iq:set iq:result ");
  g_assert_true (ismb_postbox_ack (box, 5, NULL)); /* counted anew */
  g_assert_cmpuint (ismb_postbox_count (box), ==, 0);
}

static void
test_renewed_under_the_same_address (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  GQueue dropped = G_QUEUE_INIT;

  put (box, ISMB_STANZA (ismb_iq_new (NULL, "result")), "answer");
  g_free (send_all (box));
  ismb_postbox_renew (box, TRUE, everything_is_wanted, NULL, &dropped);
  assert_sends (box, "answer");
  g_assert_cmpuint (dropped.length, ==, 0);
}

/* Without a word of the server: what the network took is gone, and nothing else. */
static void
test_trimmed (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  GQueue dropped = G_QUEUE_INIT;

  put_messages (box, "one two three four");
  assert_sends (box, "one two three four");
  ismb_postbox_trim (box, 7); /* "hree" and "four" are not on it, so "three" is torn */
  g_assert_cmpuint (ismb_postbox_count (box), ==, 2);
  ismb_postbox_renew (box, TRUE, everything_is_wanted, NULL, &dropped);
  assert_sends (box, "three four");
  ismb_postbox_trim (box, 0);
  g_assert_cmpuint (ismb_postbox_count (box), ==, 0);
}

static void
test_full (void)
{
  g_autoptr (IsmbPostbox) box = ismb_postbox_new ();
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "x");
  g_autoptr (GError) error = NULL;
  GQueue dropped = G_QUEUE_INIT;
  gsize large = ISMB_POSTBOX_BYTES_MAX / 4;

  for (guint i = 0; i < 4; i++)
    g_assert_true (
        ismb_postbox_put (box, ISMB_STANZA (message), g_strnfill (large, 'x'), large, NULL));
  g_assert_false (ismb_postbox_put (box, ISMB_STANZA (message), g_strdup ("x"), 1, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_clear_error (&error);
  ismb_postbox_clear (box, &dropped);
  g_assert_cmpuint (dropped.length, ==, 4);
  g_queue_clear_full (&dropped, g_object_unref);
  for (guint i = 0; i < ISMB_POSTBOX_STANZAS_MAX; i++)
    g_assert_true (ismb_postbox_put (box, ISMB_STANZA (message), g_strdup ("x"), 1, NULL));
  g_assert_false (ismb_postbox_put (box, ISMB_STANZA (message), g_strdup ("x"), 1, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/postbox/in-order", test_in_order);
  g_test_add_func ("/postbox/acknowledged", test_acknowledged);
  g_test_add_func ("/postbox/resumed", test_resumed);
  g_test_add_func ("/postbox/counts-round", test_counts_round);
  g_test_add_func ("/postbox/renewed", test_renewed);
  g_test_add_func ("/postbox/renewed-under-the-same-address", test_renewed_under_the_same_address);
  g_test_add_func ("/postbox/trimmed", test_trimmed);
  g_test_add_func ("/postbox/full", test_full);
  return g_test_run ();
}
