/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pump and libstrophe together in a channel, the test playing the server byte by byte. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/client/ismb-channel.h"
#include "ismb/core/ismb-error.h"

#define HEADER                                                                                     \
  "<?xml version='1.0'?><stream:stream from='switch.test' id='1' version='1.0' "                   \
  "xmlns='jabber:client' "                                                                         \
  "xmlns:stream='http://etherx.jabber.org/streams'>"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"

typedef struct
{
  IsmbChannel *channel;
  int server;
  GString *heard;
  char *bound;
  GPtrArray *stanzas; /* as XML */
  GPtrArray *refusals;
  guint authenticated;
  gboolean closed;
  GError *error;
} Fixture;

static void
on_ready (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data)
{
  ((Fixture *) user_data)->bound = g_strdup (ismb_jid_get_full (bound_jid));
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  GString *xml = g_string_new (NULL);

  ismb_node_write (ismb_tree_root (tree), "jabber:client", xml);
  g_ptr_array_add (((Fixture *) user_data)->stanzas, g_string_free (xml, FALSE));
  ismb_tree_free (tree);
}

static void
on_closed (const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->closed = TRUE;
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
on_authenticated (gpointer user_data)
{
  ((Fixture *) user_data)->authenticated++;
}

static void
on_auth_refused (const char *condition, gpointer user_data)
{
  g_ptr_array_add (((Fixture *) user_data)->refusals, g_strdup (condition));
}

static void
begin (Fixture *fixture, const IsmbResume *resume)
{
  static const IsmbChannelCallbacks callbacks = { on_authenticated, on_auth_refused, on_ready,
                                                  on_stanza, on_closed };
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  fixture->server = ends[0];
  socket = g_socket_new_from_fd (ends[1], &error);
  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (socket);
  fixture->heard = g_string_new (NULL);
  fixture->stanzas = g_ptr_array_new_with_free_func (g_free);
  fixture->refusals = g_ptr_array_new_with_free_func (g_free);
  fixture->channel = ismb_channel_new (&callbacks, fixture);
  ismb_channel_start (fixture->channel, G_IO_STREAM (connection), TRUE, "alice@switch.test/work",
                      "secret", resume, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  begin (fixture, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_channel_free (fixture->channel);
  close (fixture->server);
  g_string_free (fixture->heard, TRUE);
  g_ptr_array_unref (fixture->stanzas);
  g_ptr_array_unref (fixture->refusals);
  g_free (fixture->bound);
  g_clear_error (&fixture->error);
}

static void
hear (Fixture *fixture)
{
  char bytes[65536];
  gssize count;

  while ((count = recv (fixture->server, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
    g_string_append_len (fixture->heard, bytes, count);
}

/* Until nothing moves any more. */
static void
settle (Fixture *fixture)
{
  do
    hear (fixture);
  while (g_main_context_iteration (NULL, FALSE));
  hear (fixture);
}

static void
say_bytes (Fixture *fixture, const char *bytes, gsize length)
{
  while (length > 0)
    {
      gssize count = send (fixture->server, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (count < 0)
        g_assert_cmpint (errno, ==, EAGAIN);
      else
        bytes += count, length -= count;
      settle (fixture);
    }
}

static void
say (Fixture *fixture, const char *text)
{
  say_bytes (fixture, text, strlen (text));
}

static void
wait_to_hear (Fixture *fixture, const char *text)
{
  while (strstr (fixture->heard->str, text) == NULL)
    {
      g_main_context_iteration (NULL, FALSE);
      hear (fixture);
    }
  g_string_truncate (fixture->heard, 0);
}

static void
sign_in (Fixture *fixture)
{
  wait_to_hear (fixture, "version=\"1.0\"");
  say (fixture, HEADER "<stream:features><mechanisms " SASL
                       "><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
  wait_to_hear (fixture, "</auth>");
  say (fixture, "<success " SASL "/>");
  wait_to_hear (fixture, "version=\"1.0\"");
  say (fixture, HEADER "<stream:features><bind " BIND "/></stream:features>");
  wait_to_hear (fixture, "</iq>");
  say (fixture, "<iq type='result' id='_xmpp_bind1'><bind " BIND
                "><jid>alice@switch.test/work</jid></bind></iq>");
  while (fixture->bound == NULL)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpstr (fixture->bound, ==, "alice@switch.test/work");
  g_assert_cmpuint (fixture->stanzas->len, ==, 0); /* the answer to bind is libstrophe's */
}

#define TORN "<message from='bob@switch.test/a' id='m1' xml:lang='de'><body>hello &gt; you</body>" \
             "<x xmlns='urn:x' a='&gt;'><y>1</y></x></message>"

/* Cut anywhere, it arrives without anything behind it: expat's deferral of torn tags does not show.
 */
static void
test_torn_anywhere (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  for (gsize cut = 1; cut < strlen (TORN); cut++)
    {
      say_bytes (fixture, TORN, cut);
      g_assert_cmpuint (fixture->stanzas->len, ==, cut - 1);
      say (fixture, TORN + cut);
      g_assert_cmpuint (fixture->stanzas->len, ==, cut);
      g_assert_nonnull (strstr (fixture->stanzas->pdata[cut - 1], "xml:lang"));
    }
}

static void
test_byte_by_byte (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  for (gsize i = 0; i < strlen (TORN); i++)
    say_bytes (fixture, TORN + i, 1);
  g_assert_cmpuint (fixture->stanzas->len, ==, 1);
}

/* A tag longer than libstrophe's reads. */
static void
test_long_tags (Fixture *fixture, gconstpointer data)
{
  guint count = 0;

  sign_in (fixture);
  for (gsize size = 4000; size < 40000; size += 1237)
    {
      g_autofree char *value = g_strnfill (size, 'v');
      g_autofree char *text = g_strdup_printf ("<message a='%s'/>", value);

      say (fixture, text);
      g_assert_cmpuint (fixture->stanzas->len, ==, ++count);
    }
}

static void
test_large_stanzas_both_ways (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = g_strnfill (2 * 1024 * 1024, 'b');
  g_autofree char *text = g_strdup_printf ("<message><body>%s</body></message>", body);
  gsize heard = 0;

  sign_in (fixture);
  for (int i = 0; i < 3; i++)
    {
      say (fixture, text);
      ismb_channel_send (fixture->channel, text, strlen (text));
    }
  while (heard < 3 * strlen (text))
    {
      g_main_context_iteration (NULL, FALSE);
      hear (fixture);
      heard += fixture->heard->len;
      g_string_truncate (fixture->heard, 0);
    }
  settle (fixture);
  g_assert_cmpuint (fixture->stanzas->len, ==, 3);
  g_assert_cmpuint (ismb_channel_get_queued (fixture->channel), ==, 0);
}

/* Many in one piece: none is lost where reading pauses. */
static void
test_burst (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  sign_in (fixture);
  for (int i = 0; i < 5000; i++)
    g_string_append_printf (text, "<message id='%d'><body>x</body></message>", i);
  say (fixture, text->str);
  settle (fixture);
  g_assert_cmpuint (fixture->stanzas->len, ==, 5000);
  g_assert_nonnull (strstr (fixture->stanzas->pdata[4999], "4999"));
}

static void
wait_until_closed (Fixture *fixture)
{
  while (!fixture->closed)
    {
      g_main_context_iteration (NULL, TRUE);
      hear (fixture);
    }
}

static void
test_server_closes (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  say (fixture, "<message id='last'/></stream:stream>");
  wait_until_closed (fixture);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (fixture->stanzas->len, ==, 1);
}

static void
test_connection_breaks (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  say (fixture, "<message id='last'/><message id='to");
  shutdown (fixture->server, SHUT_RDWR);
  wait_until_closed (fixture);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (fixture->stanzas->len, ==, 1);
}

static void
test_server_says_why (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  say (
      fixture,
      "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text "
      "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>replaced</text></stream:error></stream:stream>");
  wait_until_closed (fixture);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (fixture->error->message, "conflict (replaced)"));
}

/* libstrophe 0.12 follows a NULL there. */
static void
test_empty_stream_error (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  say (fixture, data);
  wait_until_closed (fixture);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (fixture->error->message, "did not say why"));
}

static void
test_refuses (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) deep = g_string_new ("<message>");

  sign_in (fixture);
  if (g_str_equal (data, "deep"))
    for (int i = 0; i < 200; i++)
      g_string_append (deep, "<a>");
  else
    g_string_assign (deep, data);
  say (fixture, deep->str);
  wait_until_closed (fixture);
  g_assert_error (fixture->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (fixture->stanzas->len, ==, 0);
}

static void
test_orderly_close (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  ismb_channel_send (fixture->channel, "<presence/>", 11);
  ismb_channel_close (fixture->channel);
  wait_to_hear (fixture, "<presence/></stream:stream>");
  say (fixture, "</stream:stream>");
  wait_until_closed (fixture);
  g_assert_no_error (fixture->error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                                                  \
  g_test_add ("/pump/" path, Fixture, data, set_up, function, tear_down)
  ADD ("torn-anywhere", NULL, test_torn_anywhere);
  ADD ("byte-by-byte", NULL, test_byte_by_byte);
  ADD ("long-tags", NULL, test_long_tags);
  ADD ("large-stanzas-both-ways", NULL, test_large_stanzas_both_ways);
  ADD ("burst", NULL, test_burst);
  ADD ("server-closes", NULL, test_server_closes);
  ADD ("connection-breaks", NULL, test_connection_breaks);
  ADD ("server-says-why", NULL, test_server_says_why);
  ADD ("empty-stream-error", "<stream:error/></stream:stream>", test_empty_stream_error);
  ADD ("hollow-stream-error", "<stream:error ></stream:error ></stream:stream>",
       test_empty_stream_error);
  ADD ("refuses/comment", "<message><!-- x --></message>", test_refuses);
  ADD ("refuses/processing-instruction", "<message><?php x?></message>", test_refuses);
  ADD ("refuses/depth", "deep", test_refuses);
  ADD ("refuses/text-between", "<message/>x<message/>", test_refuses);
  ADD ("orderly-close", NULL, test_orderly_close);
  return g_test_run ();
}
