/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <expat.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The floor under every server: what cannot be had for less on this machine. Each two connections
 * are a pair, and what one says is said to the other; with --parse, after expat has read it and it
 * was written anew. No addresses, no accounts, no limits, no second thoughts. */

#define READ_SIZE 65536
#define BATCH 64

typedef struct _Connection Connection;
struct _Connection
{
  int fd;
  Connection *partner; /* NULL: it waits for one */
  XML_Parser parser;   /* NULL: bytes are passed on as they come */
  GString *out;
  gboolean tag_open;   /* whether what closes it is a ">" or a "/>" is not known yet */
};

static gboolean parse;
static int epoll_fd;
static Connection *single; /* the last one, if it has no partner */

static void
die (const char *what)
{
  fprintf (stderr, "bench-relay: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

/* ------------------------------------------------------------------ what was read, written anew */

static const char *
escape_of (char character)
{
  switch (character)
    {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '\'':
      return "&apos;";
    default:
      return NULL;
    }
}

static void
escape (GString *out, const char *text, gsize length)
{
  gsize start = 0;

  for (gsize i = 0; i < length; i++)
    {
      const char *escaped = escape_of (text[i]);

      if (escaped == NULL)
        continue;
      g_string_append_len (out, text + start, i - start);
      g_string_append (out, escaped);
      start = i + 1;
    }
  g_string_append_len (out, text + start, length - start);
}

static GString *
begin_writing (Connection *self)
{
  GString *out = self->partner->out;

  if (self->tag_open)
    g_string_append_c (out, '>');
  self->tag_open = FALSE;
  return out;
}

static void
on_start (void *data, const char *name, const char **attributes)
{
  Connection *self = data;
  GString *out = begin_writing (self);

  g_string_append_c (out, '<');
  g_string_append (out, name);
  for (; attributes[0] != NULL; attributes += 2)
    {
      g_string_append_c (out, ' ');
      g_string_append (out, attributes[0]);
      g_string_append (out, "='");
      escape (out, attributes[1], strlen (attributes[1]));
      g_string_append_c (out, '\'');
    }
  self->tag_open = TRUE;
}

static void
on_end (void *data, const char *name)
{
  Connection *self = data;
  GString *out = self->partner->out;

  if (self->tag_open)
    g_string_append (out, "/>");
  else
    {
      g_string_append (out, "</");
      g_string_append (out, name);
      g_string_append_c (out, '>');
    }
  self->tag_open = FALSE;
}

static void
on_text (void *data, const char *text, int length)
{
  escape (begin_writing (data), text, length);
}

/* ------------------------------------------------------------------ connections */

static void
flush (Connection *self)
{
  gssize n;

  if (self->out->len == 0)
    return;
  n = send (self->fd, self->out->str, self->out->len, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN)
    die ("send");
  g_string_erase (self->out, 0, MAX (n, 0));
}

static void
watch (Connection *self)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };

  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, self->fd, &event) < 0)
    die ("epoll_ctl");
}

/* It is heard once there is somebody to pass that on to. */
static void
pair_up (Connection *self)
{
  if (single == NULL)
    {
      single = self;
      return;
    }
  self->partner = single;
  single->partner = self;
  watch (g_steal_pointer (&single));
  watch (self);
}

static void
accept_one (int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
  Connection *self = g_new0 (Connection, 1);

  if (fd < 0)
    die ("accept");
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  self->fd = fd;
  self->out = g_string_sized_new (READ_SIZE);
  if (parse)
    {
      self->parser = XML_ParserCreate ("UTF-8");
      XML_SetUserData (self->parser, self);
      XML_SetElementHandler (self->parser, on_start, on_end);
      XML_SetCharacterDataHandler (self->parser, on_text);
    }
  pair_up (self);
}

/* A load that has ended: so have we. */
static void
pass_on (Connection *self)
{
  static char buffer[READ_SIZE];
  gssize n = recv (self->fd, buffer, sizeof buffer, 0);

  if (n == 0 || (n < 0 && errno == ECONNRESET))
    exit (0);
  if (n < 0)
    return;
  if (self->parser == NULL)
    g_string_append_len (self->partner->out, buffer, n);
  else if (XML_Parse (self->parser, buffer, (int) n, XML_FALSE) != XML_STATUS_OK)
    die ("not well-formed");
  if (self->tag_open)
    begin_writing (self);   /* of a stream's header: nothing closes it soon */
  flush (self->partner);
}

static int
listen_anywhere (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) < 0 ||
      listen (fd, SOMAXCONN) < 0 || getsockname (fd, (struct sockaddr *) &address, &length) < 0)
    die ("listen");
  printf ("%u\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

int
main (int argc, char **argv)
{
  struct epoll_event events[BATCH], event = { .events = EPOLLIN };
  int listener = listen_anywhere ();

  parse = argc > 1 && strcmp (argv[1], "--parse") == 0;
  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, listener, &event) < 0)
    die ("epoll_ctl");
  for (;;)
    {
      int n = epoll_wait (epoll_fd, events, BATCH, -1);

      for (int i = 0; i < n; i++)
        if (events[i].data.ptr == NULL)
          accept_one (listener);
        else
          pass_on (events[i].data.ptr);
    }
}
