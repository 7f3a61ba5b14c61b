/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "tests/net/make-certificate.h"

#define HEADER                                                                                     \
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "          \
  "version='1.0'>"

/* One end: a stream, its story so far, and what to do when something comes. */
typedef struct _Party Party;
struct _Party
{
  IsmbStream *stream;
  GString *story;
  guint frames, closings;
  guint unsent; /* when it was closed */
  char last[16]; /* id */
  gsize bytes; /* of all frames' data */
  GError *error;
  void (*on_header) (Party *self);
  void (*on_secured) (Party *self);
  void (*on_frame) (Party *self, IsmbFrame *frame);
};

static void
party_connected (IsmbStream *stream, gpointer owner)
{
  Party *self = owner;
  g_string_append (self->story, "connected;");
  ismb_stream_send_header (stream, NULL, "sw1", NULL);
}

static void
party_secured (IsmbStream *stream, gpointer owner)
{
  Party *self = owner;
  g_string_append (self->story, "secured;");
  if (self->on_secured != NULL)
    self->on_secured (self);
}

static void
party_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  Party *self = owner;
  g_string_append (self->story, "header;");
  if (self->on_header != NULL)
    self->on_header (self);
}

static void
party_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  Party *self = owner;
  g_assert_cmpuint (self->closings, ==, 0);
  if (self->frames++ < 10)
    g_string_append_printf (self->story, "%s;", frame->name);
  g_strlcpy (self->last, frame->id != NULL ? frame->id : "", sizeof self->last);
  self->bytes += frame->length;
  if (self->on_frame != NULL)
    self->on_frame (self, frame);
}

static void
party_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  Party *self = owner;
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (stream);
  g_string_append (self->story, error != NULL ? "failed;" : "closed;");
  self->unsent = unsent != NULL ? unsent->len : 0;
  self->closings++;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
party_ending (IsmbStream *stream, const char *condition, gpointer owner)
{
  Party *self = owner;
  g_string_append_printf (self->story, "ending%s%s;", condition != NULL ? " " : "",
                          condition != NULL ? condition : "");
}

static const IsmbStreamCallbacks callbacks = { party_connected, party_secured, party_header,
                                               party_frame, party_closed, party_ending };

typedef struct
{
  IsmbPoller *poller;
  IsmbTlsContext *clients, *peers;
  Party server, client;
  int raw; /* the other end of the server, where there is no client; or -1 */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL, *certificate = NULL;
  make_certificate ("sw1.001122", &key, &certificate);
  fixture->poller = ismb_poller_new (NULL);
  fixture->clients = ismb_tls_context_new (ISMB_TLS_CLIENTS, key, certificate, &error);
  g_assert_no_error (error);
  fixture->peers = ismb_tls_context_new (ISMB_TLS_PEERS, key, certificate, &error);
  g_assert_no_error (error);
  fixture->server.story = g_string_new (NULL);
  fixture->client.story = g_string_new (NULL);
  fixture->raw = -1;
}

static void
turn (void)
{
  g_main_context_iteration (NULL, TRUE);
}

static void
party_clear (Party *party)
{
  if (party->stream != NULL && party->closings == 0)
    ismb_stream_abandon (party->stream);
  if (party->stream != NULL)
    g_assert_finalize_object (party->stream);
  g_string_free (party->story, TRUE);
  g_clear_error (&party->error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  party_clear (&fixture->server);
  party_clear (&fixture->client);
  if (fixture->raw >= 0)
    close (fixture->raw);
  ismb_tls_context_unref (fixture->clients);
  ismb_tls_context_unref (fixture->peers);
  g_assert_finalize_object (fixture->poller);
}

static void
make_pair (int fds[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
}

static void
join (Fixture *fixture, IsmbTlsContext *tls, IsmbStreamFlags server, IsmbStreamFlags client)
{
  static const char *const alpn[] = { "xmpp-server", NULL };
  int fds[2];
  make_pair (fds);
  fixture->server.stream = ismb_stream_new (fixture->poller, fds[0], server, "jabber:client", tls,
                                            alpn, NULL, &callbacks, &fixture->server);
  fixture->client.stream =
      ismb_stream_new (fixture->poller, fds[1], client | ISMB_STREAM_OUTGOING, "jabber:client", tls,
                       alpn, "sw1.001122", &callbacks, &fixture->client);
}

/* A server whose other end is a bare socket. */
static void
join_raw (Fixture *fixture, IsmbTlsContext *tls)
{
  int fds[2];
  make_pair (fds);
  fixture->server.stream =
      ismb_stream_new (fixture->poller, fds[0], ISMB_STREAM_DETECT_TLS, "jabber:client", tls, NULL,
                       NULL, &callbacks, &fixture->server);
  fixture->raw = fds[1];
}

static void
write_raw (Fixture *fixture, const char *text)
{
  g_assert_cmpint (write (fixture->raw, text, strlen (text)), ==, strlen (text));
}

/* Everything the server says until it hangs up. */
static char *
read_raw (Fixture *fixture)
{
  GString *out = g_string_new (NULL);
  char buffer[4096];
  gssize n;
  do
    {
      n = read (fixture->raw, buffer, sizeof buffer);
      if (n > 0)
        g_string_append_len (out, buffer, n);
      else if (n < 0)
        turn ();
    }
  while (n != 0);
  return g_string_free (out, FALSE);
}

static void
answer_header (Party *self)
{
  ismb_stream_send_header (self->stream, "sw1", NULL, "id1");
}

static void
send_message (Party *self)
{
  ismb_stream_send_text (self->stream, "<message><body>hi</body></message>", -1);
}

static void
send_back (Party *self, IsmbFrame *frame)
{
  ismb_stream_send_frame (self->stream, frame);
}

static void
close_stream (Party *self, IsmbFrame *frame)
{
  ismb_stream_close (self->stream, NULL, NULL);
}

static void
test_plain (Fixture *fixture, gconstpointer data)
{
  join (fixture, NULL, ISMB_STREAM_DETECT_TLS, 0);
  fixture->server.on_header = answer_header;
  fixture->server.on_frame = send_back;
  fixture->client.on_header = send_message;
  fixture->client.on_frame = close_stream;
  while (fixture->server.closings == 0 || fixture->client.closings == 0)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "header;message;ending;closed;");
  g_assert_cmpstr (fixture->client.story->str, ==, "connected;header;message;closed;");
}

/* RFC 6120, 5: <starttls/>, <proceed/>, then new streams inside. */
static void
starttls_server_header (Party *self)
{
  answer_header (self);
  if (ismb_stream_get_tls (self->stream) == NULL)
    ismb_stream_send_text (self->stream, "<stream:features/>", -1);
}

static void
starttls_server_frame (Party *self, IsmbFrame *frame)
{
  if (strcmp (frame->name, "starttls") != 0)
    {
      send_back (self, frame);
      return;
    }
  ismb_stream_send_text (self->stream, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", -1);
  ismb_stream_start_tls (self->stream);
}

static void
starttls_client_header (Party *self)
{
  if (ismb_stream_get_tls (self->stream) != NULL)
    send_message (self);
}

static void
starttls_client_frame (Party *self, IsmbFrame *frame)
{
  if (strcmp (frame->name, "features") == 0)
    ismb_stream_send_text (self->stream, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", -1);
  else if (strcmp (frame->name, "proceed") == 0)
    ismb_stream_start_tls (self->stream);
}

static void
begin_inside (Party *self)
{
  ismb_stream_send_header (self->stream, NULL, "sw1", NULL);
}

static void
test_starttls (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) server = NULL, client = NULL;
  join (fixture, fixture->clients, ISMB_STREAM_DETECT_TLS, 0);
  fixture->server.on_header = starttls_server_header;
  fixture->server.on_frame = starttls_server_frame;
  fixture->client.on_header = starttls_client_header;
  fixture->client.on_frame = starttls_client_frame;
  fixture->client.on_secured = begin_inside;
  while (strstr (fixture->client.story->str, "message;") == NULL)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "header;starttls;secured;header;message;");
  g_assert_cmpstr (fixture->client.story->str, ==,
                   "connected;header;features;proceed;secured;header;message;");
  server = ismb_tls_dup_exporter (ismb_stream_get_tls (fixture->server.stream));
  client = ismb_tls_dup_exporter (ismb_stream_get_tls (fixture->client.stream));
  g_assert_cmpuint (g_bytes_get_size (server), ==, 32);
  g_assert_true (g_bytes_equal (server, client));
  ismb_stream_close (fixture->client.stream, NULL, NULL);
  while (fixture->server.closings == 0 || fixture->client.closings == 0)
    turn ();
  g_assert_no_error (fixture->server.error);
  g_assert_no_error (fixture->client.error);
}

static void
test_direct_tls (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = NULL;
  join (fixture, fixture->peers, ISMB_STREAM_DETECT_TLS, ISMB_STREAM_DIRECT_TLS);
  fixture->server.on_header = answer_header;
  fixture->client.on_header = send_message;
  while (fixture->server.frames == 0)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "secured;header;message;");
  g_assert_cmpstr (fixture->client.story->str, ==, "connected;header;");
  g_assert_cmpstr (ismb_tls_get_version (ismb_stream_get_tls (fixture->server.stream)), ==,
                   "TLS1.3");
  g_assert_cmpstr (ismb_tls_get_alpn (ismb_stream_get_tls (fixture->server.stream)), ==,
                   "xmpp-server");
  chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (fixture->server.stream));
  g_assert_cmpuint (chain->len, ==, 1);
}

/* Bytes in the clear behind <starttls/> must not be taken for encrypted ones. */
static void
test_starttls_injection (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, fixture->clients);
  fixture->server.on_header = answer_header;
  fixture->server.on_frame = starttls_server_frame;
  write_raw (fixture, HEADER "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message/>");
  said = read_raw (fixture);
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpstr (fixture->server.story->str, ==, "header;starttls;failed;");
}

static void
test_no_tls_here (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, NULL);
  g_assert_cmpint (write (fixture->raw, "\x16\x03\x01\x00\x05hello", 10), ==, 10);
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
}

/* RFC 6120, 4.9.1.2: an error before our header still stands inside a stream. */
static void
test_stream_error (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  write_raw (fixture, "GET / HTTP/1.0\r\n\r\n");
  said = read_raw (fixture);
  g_assert_true (
      g_str_has_prefix (said, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "));
  g_assert_nonnull (strstr (said, " id='"));
  g_assert_true (g_str_has_suffix (
      said, "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "</stream:error></stream:stream>"));
  g_assert_cmpstr (fixture->server.story->str, ==, "ending not-well-formed;");
  close (fixture->raw);
  fixture->raw = -1;
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (fixture->server.error->message, "not-well-formed"));
}

static void
test_hang_up (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, NULL);
  write_raw (fixture, HEADER);
  close (fixture->raw);
  fixture->raw = -1;
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
}

static void
test_deadline (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  fixture->server.on_header = answer_header;
  ismb_stream_set_deadline (fixture->server.stream, 60000);
  write_raw (fixture, HEADER);
  while (fixture->server.story->len == 0)
    turn ();
  ismb_stream_set_deadline (fixture->server.stream, 1);
  said = read_raw (fixture);
  g_assert_nonnull (strstr (said, "<connection-timeout xmlns="));
}

static void
test_deadline_of_handshake (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, fixture->clients);
  ismb_stream_set_deadline (fixture->server.stream, 1);
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_TIMEOUT);
}

/* A reader that does not read costs its queue and no more. */
static void
test_slow_reader (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (4000, ' ');
  g_autoptr (IsmbFrame) frame = ismb_frame_new_text (text, 4000);
  gsize sent = 0;
  join_raw (fixture, NULL);
  write_raw (fixture, HEADER);
  while (fixture->server.story->len == 0)
    turn ();
  ismb_stream_set_queue_limit (fixture->server.stream, 100000);
  for (; fixture->server.closings == 0 && sent < 100000000; sent += 4000)
    {
      ismb_stream_send_frame (fixture->server.stream, frame);
      turn ();
    }
  g_assert_cmpuint (fixture->server.closings, ==, 1);
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
}

static void
send_numbered (Fixture *fixture, guint count)
{
  g_autofree char *body = g_strnfill (5000, 'x');
  guint i;
  for (i = 1; i <= count; i++)
    {
      g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
      g_autoptr (IsmbFrame) frame = NULL;
      g_autofree char *id = g_strdup_printf ("%u", i);
      ismb_tree_set (tree, ismb_tree_root (tree), "id", id);
      ismb_tree_add_leaf (tree, ismb_tree_root (tree), "body", ISMB_NS_CLIENT, body);
      frame = ismb_frame_new_from_tree (tree);
      ismb_stream_send_frame (fixture->server.stream, frame);
    }
}

/* What a stream that ends has not sent is given back, each once: nothing is lost, and nothing that
 * arrives is given back. */
static void
test_gives_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) unsent = NULL;
  gsize all;
  guint first;
  join (fixture, data != NULL ? fixture->clients : NULL, ISMB_STREAM_DETECT_TLS,
        data != NULL ? ISMB_STREAM_DIRECT_TLS : 0);
  fixture->server.on_header = answer_header;
  while (strstr (fixture->client.story->str, "header;") == NULL)
    turn ();
  send_numbered (fixture, 400);
  all = ismb_stream_get_queued (fixture->server.stream);
  while (ismb_stream_get_queued (fixture->server.stream) == all)
    turn ();
  unsent = ismb_stream_take_unsent (fixture->server.stream);
  g_assert_nonnull (unsent);
  ismb_stream_close (fixture->server.stream, NULL, NULL);
  while (fixture->server.closings == 0 || fixture->client.closings == 0)
    turn ();
  g_assert_cmpuint (fixture->client.frames, >, 0);
  first = atoi (((IsmbFrame *) g_ptr_array_index (unsent, 0))->id);
  g_assert_cmpuint (first, ==, atoi (fixture->client.last) + 1);
  g_assert_cmpuint (fixture->client.frames + unsent->len, ==, 400);
  g_assert_cmpuint (fixture->server.unsent, ==, 0);
}

static guint
count_text (const char *text, gsize length, const char *part)
{
  const char *end = text + length;
  guint count = 0;
  while ((text = memmem (text, (gsize) (end - text), part, strlen (part))) != NULL)
    {
      text += strlen (part);
      count++;
    }
  return count;
}

/* Of one that is cut nothing is kept back because a part of it went out. */
static void
test_gives_back_after_cut (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) came = g_string_new (NULL);
  char buffer[65536];
  gssize n;
  join_raw (fixture, NULL);
  write_raw (fixture, HEADER);
  while (fixture->server.story->len == 0)
    turn ();
  send_numbered (fixture, 400);
  turn ();
  while ((n = read (fixture->raw, buffer, sizeof buffer)) > 0)
    g_string_append_len (came, buffer, n);
  close (g_steal_fd (&fixture->raw));
  while (fixture->server.closings == 0)
    turn ();
  g_assert_cmpuint (count_text (came->str, came->len, "</message>"), >, 0);
  g_assert_cmpuint (count_text (came->str, came->len, "</message>") + fixture->server.unsent, ==,
                    400);
}

/* Nobody knows that it is closed before it is told. */
static void
test_gives_back_what_came_late (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, NULL);
  write_raw (fixture, HEADER);
  while (fixture->server.story->len == 0)
    turn ();
  ismb_stream_set_queue_limit (fixture->server.stream, 20000);
  send_numbered (fixture, 40);
  while (fixture->server.closings == 0)
    turn ();
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (fixture->server.unsent, ==, 40);
}

static int
option_of (Fixture *fixture, int level, int option)
{
  int fd = ismb_stream_get_fd (fixture->server.stream), value = -1;
  socklen_t size = sizeof value;
  g_assert_cmpint (getsockopt (fd, level, option, &value, &size), ==, 0);
  return value;
}

/* What the kernel then does takes as long as it says. */
static void
test_patience (Fixture *fixture, gconstpointer data)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  fixture->server.stream =
      ismb_stream_new (fixture->poller, fd, ISMB_STREAM_ACCEPTED, "jabber:client", NULL, NULL, NULL,
                       &callbacks, &fixture->server);
  ismb_stream_set_patience (fixture->server.stream, 120000);
  g_assert_cmpint (option_of (fixture, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
  g_assert_cmpint (option_of (fixture, IPPROTO_TCP, TCP_KEEPIDLE), ==, 60);
  g_assert_cmpint (option_of (fixture, IPPROTO_TCP, TCP_KEEPINTVL), ==, 15);
  g_assert_cmpint (option_of (fixture, IPPROTO_TCP, TCP_USER_TIMEOUT), ==, 120000);
}

/* SASL: what a client sends in one go with <auth/> belongs to the stream that begins then. */
static void
restart_on_auth (Party *self, IsmbFrame *frame)
{
  if (strcmp (frame->name, "auth") == 0)
    ismb_stream_restart (self->stream);
}

static void
test_restart (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, NULL);
  fixture->server.on_frame = restart_on_auth;
  write_raw (fixture,
             HEADER "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" HEADER "<presence/>");
  while (fixture->server.frames < 2)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "header;auth;header;presence;");
}

/* RFC 6120, 4.4: who has ended its half hears the other one out, and says nothing more. */
static void
close_and_talk_on (Party *self, IsmbFrame *frame)
{
  ismb_stream_close (self->stream, NULL, NULL);
  send_back (self, frame);
}

static void
test_hears_the_other_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  fixture->server.on_frame = close_and_talk_on;
  write_raw (fixture, HEADER "<presence/><message/>");
  while (fixture->server.frames < 2)
    turn ();
  write_raw (fixture, "<iq type='get' id='1'><a/></iq>");
  while (fixture->server.frames < 3)
    turn ();
  g_assert_cmpuint (fixture->server.closings, ==, 0);
  write_raw (fixture, "</stream:stream>");
  said = read_raw (fixture);
  while (fixture->server.closings == 0)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "header;presence;message;iq;closed;");
  g_assert_true (g_str_has_suffix (said, "</stream:stream>"));
  g_assert_null (strstr (said, "<presence"));
}

static void
close_with_error (Party *self, IsmbFrame *frame)
{
  ismb_stream_close (self->stream, "policy-violation", NULL);
}

static void
test_hears_nothing_after_error (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  fixture->server.on_frame = close_with_error;
  write_raw (fixture, HEADER "<presence/><message/><message/>");
  said = read_raw (fixture);
  g_assert_nonnull (strstr (said, "<policy-violation"));
  g_assert_cmpuint (fixture->server.frames, ==, 1);
}

/* It has said its end already; there is no room for a reason, only for not listening any more. */
static void
close_then_refuse (Party *self, IsmbFrame *frame)
{
  ismb_stream_close (self->stream, self->frames == 1 ? NULL : "policy-violation", NULL);
}

static void
test_stops_hearing_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  fixture->server.on_frame = close_then_refuse;
  write_raw (fixture, HEADER "<presence/><message/><message/>");
  said = read_raw (fixture);
  g_assert_true (g_str_has_suffix (said, "</stream:stream>"));
  g_assert_null (strstr (said, "policy-violation"));
  close (fixture->raw);
  fixture->raw = -1;
  while (fixture->server.closings == 0)
    turn ();
  g_assert_cmpuint (fixture->server.frames, ==, 2);
  g_assert_error (fixture->server.error, ISMB_ERROR, ISMB_ERROR_STREAM);
}

/* The next owner wants frames and nothing else. */
static void
heir_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  g_string_append_printf (owner, "%s;", frame->name);
}

static void
heir_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  g_string_append (owner, "closed;");
}

static const IsmbStreamCallbacks heir_callbacks = { .frame = heir_frame, .closed = heir_closed };

static void
bequeath (Party *self, IsmbFrame *frame)
{
  ismb_stream_set_owner (self->stream, &heir_callbacks, self->story);
  ismb_stream_restart (self->stream);
}

static void
test_changes_hands (Fixture *fixture, gconstpointer data)
{
  join_raw (fixture, NULL);
  fixture->server.on_frame = bequeath;
  write_raw (fixture, HEADER "<presence/>" HEADER "<message/></stream:stream>");
  while (strstr (fixture->server.story->str, "closed;") == NULL)
    turn ();
  g_assert_cmpstr (fixture->server.story->str, ==, "header;presence;message;closed;");
  fixture->server.closings = 1;
}

static void
abandon (Party *self, IsmbFrame *frame)
{
  ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
}

static void
test_abandon_in_callback (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  join_raw (fixture, NULL);
  fixture->server.on_frame = abandon;
  write_raw (fixture, HEADER "<presence/><presence/><presence/>");
  said = read_raw (fixture);
  g_assert_cmpuint (fixture->server.frames, ==, 1);
  g_assert_cmpuint (fixture->server.closings, ==, 0);
}

/* More than any socket buffer, from both sides at once, through partial writes: all of it, in
 * order. */
#define BULK 3000

static void
send_bulk (Party *self)
{
  g_autofree char *text = g_strnfill (3000, 'x');
  guint i;
  ismb_stream_set_queue_limit (self->stream, 64 << 20);
  for (i = 0; i < BULK; i++)
    {
      g_autofree char *stanza =
          g_strdup_printf ("<message id='%u'><body>%.*s</body></message>", i, i % 3000, text);
      ismb_stream_send_text (self->stream, stanza, -1);
    }
}

static void
check_order (Party *self, IsmbFrame *frame)
{
  g_assert_cmpuint (g_ascii_strtoull (frame->id, NULL, 10), ==, self->frames - 1);
}

static void
answer_with_bulk (Party *self)
{
  answer_header (self);
  send_bulk (self);
}

static void
test_bulk (Fixture *fixture, gconstpointer data)
{
  gboolean tls = GPOINTER_TO_INT (data);
  join (fixture, fixture->clients, ISMB_STREAM_DETECT_TLS, tls ? ISMB_STREAM_DIRECT_TLS : 0);
  fixture->server.on_header = answer_with_bulk;
  fixture->client.on_header = send_bulk;
  fixture->server.on_frame = check_order;
  fixture->client.on_frame = check_order;
  while (fixture->server.frames < BULK || fixture->client.frames < BULK)
    {
      g_assert_cmpuint (fixture->server.closings + fixture->client.closings, ==, 0);
      turn ();
    }
  g_assert_cmpuint (fixture->server.bytes, ==, fixture->client.bytes);
  g_assert_cmpuint (ismb_stream_get_received (fixture->server.stream), >, fixture->server.bytes);
}

static void
test_refused_connection (Fixture *fixture, gconstpointer data)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int taken = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  /* Bound and not listening: nobody else can take the port, and it refuses. */
  g_assert_cmpint (bind (taken, (struct sockaddr *) &address, sizeof address), ==, 0);
  getsockname (taken, (struct sockaddr *) &address, &size);
  (void) !connect (fd, (struct sockaddr *) &address, sizeof address);
  fixture->client.stream =
      ismb_stream_new (fixture->poller, fd, ISMB_STREAM_OUTGOING, "jabber:client", NULL, NULL, NULL,
                       &callbacks, &fixture->client);
  while (fixture->client.closings == 0)
    turn ();
  g_assert_error (fixture->client.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpstr (fixture->client.story->str, ==, "failed;");
  close (taken);
}

/* More streams than keep their parser: those that gave it back read on as if nothing had been. */
static void
test_many_streams (Fixture *fixture, gconstpointer data)
{
  Party parties[100] = { 0 };
  int ends[100];
  guint i, round;
  for (i = 0; i < G_N_ELEMENTS (parties); i++)
    {
      int fds[2];
      make_pair (fds);
      ends[i] = fds[1];
      parties[i].story = g_string_new (NULL);
      parties[i].stream = ismb_stream_new (fixture->poller, fds[0], 0, "jabber:client", NULL, NULL,
                                           NULL, &callbacks, &parties[i]);
      g_assert_cmpint (write (ends[i], HEADER, strlen (HEADER)), >, 0);
    }
  for (round = 1; round <= 3; round++)
    for (i = 0; i < G_N_ELEMENTS (parties); i++)
      {
        g_assert_cmpint (write (ends[i], "<presence", 9), ==, 9);
        turn ();
        g_assert_cmpint (write (ends[i], "/>", 2), ==, 2);
        while (parties[i].frames < round)
          turn ();
      }
  for (i = 0; i < G_N_ELEMENTS (parties); i++)
    {
      g_assert_cmpstr (parties[i].story->str, ==, "header;presence;presence;presence;");
      party_clear (&parties[i]);
      close (ends[i]);
    }
}

#define ADD(name, data, func)                                                                      \
  g_test_add ("/stream/stream/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("plain", NULL, test_plain);
  ADD ("starttls", NULL, test_starttls);
  ADD ("direct-tls", NULL, test_direct_tls);
  ADD ("starttls-injection", NULL, test_starttls_injection);
  ADD ("no-tls-here", NULL, test_no_tls_here);
  ADD ("stream-error", NULL, test_stream_error);
  ADD ("hang-up", NULL, test_hang_up);
  ADD ("deadline", NULL, test_deadline);
  ADD ("deadline-of-handshake", NULL, test_deadline_of_handshake);
  ADD ("slow-reader", NULL, test_slow_reader);
  ADD ("gives-back", NULL, test_gives_back);
  ADD ("gives-back-tls", "tls", test_gives_back);
  ADD ("gives-back-after-cut", NULL, test_gives_back_after_cut);
  ADD ("gives-back-what-came-late", NULL, test_gives_back_what_came_late);
  ADD ("patience", NULL, test_patience);
  ADD ("restart", NULL, test_restart);
  ADD ("hears-the-other-out", NULL, test_hears_the_other_out);
  ADD ("hears-nothing-after-error", NULL, test_hears_nothing_after_error);
  ADD ("stops-hearing-out", NULL, test_stops_hearing_out);
  ADD ("changes-hands", NULL, test_changes_hands);
  ADD ("abandon-in-callback", NULL, test_abandon_in_callback);
  ADD ("bulk", GINT_TO_POINTER (FALSE), test_bulk);
  ADD ("bulk-tls", GINT_TO_POINTER (TRUE), test_bulk);
  ADD ("refused-connection", NULL, test_refused_connection);
  ADD ("many-streams", NULL, test_many_streams);
  return g_test_run ();
}
