/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/bench/bench-session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench-scram.h"

#define READ_SIZE 65536
#define RECORD_SIZE 16384
#define BATCH 64
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_MANAGEMENT "urn:xmpp:sm:3"
#define ERROR_START "<error"
#define HEADER_START "<stream:stream"
#define ASK_EVERY 10 /* stanzas, until an acknowledgement is asked for */

struct _BenchLoop
{
  const BenchCallbacks *callbacks;
  BenchScram *scram;
  gnutls_certificate_credentials_t credentials;
  int epoll;
  GPtrArray *dirty; /* sessions with something to write */
  guint nonces;
  char buffer[READ_SIZE];
};

typedef enum
{
  FEATURES, /* of the stream in the clear */
  PROCEED,
  HANDSHAKE,
  SECURED_FEATURES,
  CHALLENGE,
  SUCCESS,
  FINAL_FEATURES,
  BINDING,
  ENABLING, /* XEP-0198 */
  BOUND,
} State;

typedef struct
{
  BenchSession public;
  BenchLoop *loop;
  State state;
  int fd;
  gnutls_session_t tls; /* NULL in the clear */
  GString *in; /* until it is bound what was read, then the beginning of an element */
  GString *out;
  gsize written; /* of out */
  gboolean is_dirty;
  gboolean is_full; /* the socket: epoll tells when it takes more */
  gboolean blocked; /* GnuTLS keeps a record that the socket did not take */
  guint32 handled, unasked; /* XEP-0198: stanzas that came; that were sent since the last <r/> */
  char nonce[24];
  char *expected; /* the server's proof */
} Session;

void
bench_die (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  fputs ("bench-load: ", stderr);
  vfprintf (stderr, format, arguments);
  fputc ('\n', stderr);
  va_end (arguments);
  exit (1);
}

/* ------------------------------------------------------------------ writing */

static void
mark_dirty (Session *self)
{
  if (!self->is_dirty)
    g_ptr_array_add (self->loop->dirty, self);
  self->is_dirty = TRUE;
}

void
bench_session_send (BenchSession *session, const char *xml, gsize length)
{
  Session *self = (Session *) session;

  g_string_append_len (self->out, xml, length);
  mark_dirty (self);
}

static void
say (Session *self, const char *xml)
{
  bench_session_send (&self->public, xml, strlen (xml));
}

void
bench_session_sent (BenchSession *session)
{
  Session *self = (Session *) session;

  if (!session->server->managed || ++self->unasked < ASK_EVERY)
    return;
  self->unasked = 0;
  say (self, "<r xmlns='" NS_MANAGEMENT "'/>");
}

/* What moved; 0 when the socket takes no more now. */
static gssize
write_some (Session *self)
{
  const char *bytes = self->out->str + self->written;
  gsize left = self->out->len - self->written;
  gssize n;

  if (self->tls == NULL)
    {
      n = send (self->fd, bytes, left, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN)
        bench_die ("%s: cannot write: %s", self->public.account, g_strerror (errno));
      return MAX (n, 0);
    }
  n = gnutls_record_send (self->tls, self->blocked ? NULL : bytes,
                          self->blocked ? 0 : MIN (left, RECORD_SIZE));
  if (n < 0 && n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
    bench_die ("%s: cannot write: %s", self->public.account, gnutls_strerror (n));
  self->blocked = n < 0;
  return MAX (n, 0);
}

static void
watch (Session *self, int operation)
{
  struct epoll_event event = { .events = EPOLLIN | (self->is_full ? EPOLLOUT : 0),
                               .data.ptr = self };

  if (epoll_ctl (self->loop->epoll, operation, self->fd, &event) < 0)
    bench_die ("cannot watch a socket: %s", g_strerror (errno));
}

static void
flush (Session *self)
{
  gboolean was_full = self->is_full;
  gssize n = 1;

  self->is_dirty = FALSE;
  while (n > 0 && self->written < self->out->len)
    {
      n = write_some (self);
      self->written += n;
    }
  self->is_full = self->written < self->out->len;
  if (self->is_full != was_full)
    watch (self, EPOLL_CTL_MOD);
  if (self->is_full)
    return;
  g_string_truncate (self->out, 0);
  self->written = 0;
}

/* ------------------------------------------------------------------ signing in */

static void
open_stream (Session *self)
{
  g_autofree char *header =
      g_strdup_printf ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                       "xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
                       self->public.server->domain);

  say (self, header);
}

static void
begin_handshake (Session *self)
{
  int code = gnutls_init (&self->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

  if (code < 0 || gnutls_set_default_priority (self->tls) < 0 ||
      gnutls_credentials_set (self->tls, GNUTLS_CRD_CERTIFICATE, self->loop->credentials) < 0)
    bench_die ("cannot set up TLS");
  gnutls_transport_set_int (self->tls, self->fd);
  self->state = HANDSHAKE;
}

static void
continue_handshake (Session *self)
{
  int code = gnutls_handshake (self->tls);

  if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
    return;
  if (code < 0)
    bench_die ("%s: TLS handshake failed: %s", self->public.account, gnutls_strerror (code));
  self->state = SECURED_FEATURES;
  open_stream (self);
}

static void
begin_sasl (Session *self)
{
  g_autofree char *message = NULL;
  g_autofree char *auth = NULL;

  g_snprintf (self->nonce, sizeof self->nonce, "bench%u", ++self->loop->nonces);
  message = bench_scram_begin (self->public.account, self->nonce);
  auth = g_strdup_printf ("<auth xmlns='" NS_SASL "' mechanism='SCRAM-SHA-1'>%s</auth>", message);
  say (self, auth);
  self->state = CHALLENGE;
}

static void
answer_challenge (Session *self, const char *challenge)
{
  g_autofree char *answer = bench_scram_answer (self->loop->scram, self->public.account,
                                                self->nonce, challenge, &self->expected);
  g_autofree char *response = NULL;

  if (answer == NULL)
    bench_die ("%s: no SCRAM challenge: %s", self->public.account, self->in->str);
  response = g_strdup_printf ("<response xmlns='" NS_SASL "'>%s</response>", answer);
  say (self, response);
  self->state = SUCCESS;
}

static void
check_success (Session *self, const char *proof)
{
  if (g_strcmp0 (proof, self->expected) != 0)
    bench_die ("%s: the server does not prove that it knows the password", self->public.account);
  open_stream (self);
  self->state = FINAL_FEATURES;
}

static void
bind_resource (Session *self)
{
  g_autofree char *iq =
      g_strdup_printf ("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                       "<resource>%s</resource></bind></iq>",
                       self->public.resource);

  say (self, iq);
  self->state = BINDING;
}

static void
enable_management (Session *self)
{
  say (self, "<enable xmlns='" NS_MANAGEMENT "' resume='true'/>");
  self->state = ENABLING;
}

static void
become_bound (Session *self)
{
  self->state = BOUND;
  self->public.is_bound = TRUE;
  self->loop->callbacks->bound (&self->public);
}

/* The text of an element that was read whole; NULL while it was not. */
static char *
find_text (const char *in, const char *name)
{
  g_autofree char *start = g_strconcat ("<", name, NULL);
  g_autofree char *end = g_strconcat ("</", name, ">", NULL);
  const char *open = strstr (in, start), *text = open != NULL ? strchr (open, '>') : NULL;
  const char *close = text != NULL ? strstr (text, end) : NULL;

  return close != NULL ? g_strndup (text + 1, close - text - 1) : NULL;
}

static const char *
awaited (Session *self)
{
  switch (self->state)
    {
    case CHALLENGE:
      return "challenge";
    case SUCCESS:
      return "success";
    case BINDING:
      return "iq";
    default:
      return "stream:features";
    }
}

static void
refuse_failure (Session *self)
{
  if (strstr (self->in->str, "<failure") != NULL ||
      strstr (self->in->str, "<stream:error") != NULL ||
      strstr (self->in->str, "<failed") != NULL || strstr (self->in->str, ERROR_START) != NULL)
    bench_die ("%s cannot sign in: %s", self->public.account, self->in->str);
}

static void
take_step (Session *self, const char *text)
{
  gboolean encrypt = self->state == FEATURES && self->public.server->tls;

  if (encrypt)
    {
      say (self, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
      self->state = PROCEED;
    }
  else if (self->state == FEATURES || self->state == SECURED_FEATURES)
    begin_sasl (self);
  else if (self->state == CHALLENGE)
    answer_challenge (self, text);
  else if (self->state == SUCCESS)
    check_success (self, text);
  else if (self->state == FINAL_FEATURES)
    bind_resource (self);
  else if (self->public.server->managed)
    enable_management (self);
  else
    become_bound (self);
}

/* Every answer is awaited before more is said, so one read holds one step at most. */
static void
negotiate (Session *self, const char *bytes, gsize length)
{
  g_autofree char *text = NULL;

  g_string_append_len (self->in, bytes, length);
  refuse_failure (self);
  if (self->state == PROCEED && strstr (self->in->str, "<proceed") != NULL &&
      g_str_has_suffix (self->in->str, ">"))
    begin_handshake (self);
  else if (self->state == ENABLING && strstr (self->in->str, "<enabled") != NULL)
    become_bound (self);
  else if (self->state == PROCEED || self->state == ENABLING || (text = find_text (self->in->str, awaited (self))) == NULL)
    return;
  else
    take_step (self, text);
  g_string_truncate (self->in, 0);
  if (self->state == HANDSHAKE)
    continue_handshake (self);
}

/* ------------------------------------------------------------------ stanzas */

/* Behind the element that begins here, or NULL while it is not whole. A stream's header, which a
 * relay passes on, is none. */
static const char *
find_end (const char *at, const char *end)
{
  int depth = 0;

  while ((at = memchr (at, '<', end - at)) != NULL)
    {
      const char *close = memchr (at, '>', end - at);

      if (close == NULL)
        return NULL;
      if (at[1] == '/')
        depth--;
      else if (close[-1] != '/' && at[1] != '?' && !g_str_has_prefix (at, HEADER_START))
        depth++;
      at = close + 1;
      if (depth <= 0)
        return at;
    }
  return NULL;
}

static void
acknowledge (Session *self)
{
  g_autofree char *xml =
      g_strdup_printf ("<a xmlns='" NS_MANAGEMENT "' h='%u'/>", self->handled);

  say (self, xml);
}

static void
take_element (Session *self, const char *xml, gsize length)
{
  if (g_str_has_prefix (xml, "</stream") || g_str_has_prefix (xml, "<stream:error"))
    bench_die ("%s: the server ends the stream: %.*s", self->public.account, (int) length, xml);
  if (g_str_has_prefix (xml, "<r ") || g_str_has_prefix (xml, "<r/"))
    acknowledge (self);
  else if (g_str_has_prefix (xml, "<message") || g_str_has_prefix (xml, "<presence") ||
           g_str_has_prefix (xml, "<iq"))
    {
      self->handled++;
      self->loop->callbacks->stanza (&self->public, xml, length);
    }
}

/* Hands on what is whole; returns where that ends. */
static const char *
take_elements (Session *self, const char *at, const char *end)
{
  const char *next;

  while ((at = memchr (at, '<', end - at)) != NULL && (next = find_end (at, end)) != NULL)
    {
      take_element (self, at, next - at);
      at = next;
    }
  return at != NULL ? at : end;
}

static void
take_bytes (Session *self, gsize length)
{
  const char *buffer = self->loop->buffer, *rest;

  if (self->state != BOUND)
    {
      negotiate (self, buffer, length);
      return;
    }
  self->loop->buffer[length] = '\0';
  if (self->in->len == 0)
    {
      rest = take_elements (self, buffer, buffer + length);
      g_string_append_len (self->in, rest, buffer + length - rest);
      return;
    }
  g_string_append_len (self->in, buffer, length);
  rest = take_elements (self, self->in->str, self->in->str + self->in->len);
  g_string_erase (self->in, 0, rest - self->in->str);
}

static gssize
read_some (Session *self)
{
  gssize n;

  if (self->tls == NULL)
    n = recv (self->fd, self->loop->buffer, READ_SIZE - 1, 0);
  else
    n = gnutls_record_recv (self->tls, self->loop->buffer, READ_SIZE - 1);
  if (n == 0 || (self->tls == NULL && n < 0 && errno != EAGAIN) ||
      (self->tls != NULL && n < 0 && n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED))
    bench_die ("%s: the server hung up", self->public.account);
  return n;
}

/* Bytes that TLS holds, no event will announce. */
static void
on_readable (Session *self)
{
  gssize n = 1;

  if (self->state == HANDSHAKE)
    continue_handshake (self);
  while (n > 0 && self->state != HANDSHAKE)
    {
      n = read_some (self);
      if (n > 0)
        take_bytes (self, n);
      if (self->tls == NULL || gnutls_record_check_pending (self->tls) == 0)
        return;
    }
}

/* ------------------------------------------------------------------ sessions and their loop */

static int
connect_to (const BenchServer *server)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (server->port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    bench_die ("cannot connect to port %u: %s", server->port, g_strerror (errno));
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  return fd;
}

BenchSession *
bench_session_new (BenchLoop *loop, const BenchServer *server, const char *account,
                   const char *resource)
{
  Session *self = g_new0 (Session, 1);

  self->public.server = server;
  self->public.account = account;
  self->public.resource = g_strdup (resource);
  self->loop = loop;
  self->in = g_string_new (NULL);
  self->out = g_string_new (NULL);
  self->fd = connect_to (server);
  watch (self, EPOLL_CTL_ADD);
  open_stream (self);
  if (server->bare)
    become_bound (self);
  return &self->public;
}

void
bench_session_free (BenchSession *session)
{
  Session *self = (Session *) session;

  if (self->is_dirty)
    g_ptr_array_remove (self->loop->dirty, self);
  g_clear_pointer (&self->tls, gnutls_deinit);
  close (self->fd);
  g_string_free (self->in, TRUE);
  g_string_free (self->out, TRUE);
  g_free (self->expected);
  if (self->public.head != NULL)
    g_string_free (self->public.head, TRUE);
  g_free (self->public.resource);
  g_free (self);
}

BenchLoop *
bench_loop_new (const char *password, const BenchCallbacks *callbacks)
{
  BenchLoop *self = g_new0 (BenchLoop, 1);

  self->callbacks = callbacks;
  self->scram = bench_scram_new (password);
  self->dirty = g_ptr_array_new ();
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (gnutls_certificate_allocate_credentials (&self->credentials) < 0)
    bench_die ("cannot set up TLS");
  return self;
}

void
bench_loop_free (BenchLoop *self)
{
  g_ptr_array_unref (self->dirty);
  bench_scram_free (self->scram);
  gnutls_certificate_free_credentials (self->credentials);
  close (self->epoll);
  g_free (self);
}

void
bench_loop_turn (BenchLoop *self, int milliseconds)
{
  struct epoll_event events[BATCH];
  int n;

  while (self->dirty->len > 0)
    flush (g_ptr_array_steal_index_fast (self->dirty, self->dirty->len - 1));
  n = epoll_wait (self->epoll, events, BATCH, milliseconds);
  for (int i = 0; i < n; i++)
    {
      if ((events[i].events & ~EPOLLOUT) != 0)
        on_readable (events[i].data.ptr);
      if ((events[i].events & EPOLLOUT) != 0)
        mark_dirty (events[i].data.ptr);
    }
}
