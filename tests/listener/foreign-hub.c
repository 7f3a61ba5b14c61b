/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "foreign-hub.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-peer-stream.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/stream/ismb-stream.h"

#define STARTTLS "<starttls xmlns='" ISMB_NS_TLS "'/>"
#define FEATURES_CLEAR "<stream:features>" STARTTLS "</stream:features>"
#define FEATURES                                                                                   \
  "<stream:features><dialback xmlns='" ISMB_NS_DIALBACK_FEATURE "'><errors/></dialback>"          \
  "</stream:features>"

struct _ForeignLine
{
  IsmbPoller *poller; /* ours, where we dial */
  IsmbStream *stream; /* NULL: over */
  IsmbTlsContext *tls;
  gboolean dials;
  char *from, *to, *id;
  GPtrArray *heard; /* what came, as text */
};

struct _ForeignHub
{
  IsmbPoller *poller;
  char *domain;
  IsmbTlsContext *tls;
  int fd;
  guint16 port;
  guint source, count;
  GPtrArray *lines;
};

static void
send_header (ForeignLine *self)
{
  ismb_stream_send_header (self->stream, self->from, self->to, self->dials ? NULL : self->id);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  ForeignLine *self = owner;
  static guint ids = 0;

  g_free (self->id);
  if (self->dials)
    {
      self->id = g_strdup (header->id);
      return;
    }
  self->id = g_strdup_printf ("hub-%u", ++ids);
  g_free (self->to);
  self->to = g_strdup (header->from);
  send_header (self);
  ismb_stream_send_text (stream,
                         ismb_stream_get_tls (stream) != NULL || self->tls == NULL ? FEATURES
                                                                                   : FEATURES_CLEAR,
                         -1);
}

static void
on_connected (IsmbStream *stream, gpointer owner)
{
  send_header (owner);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  ForeignLine *self = owner;
  gboolean clear = ismb_stream_get_tls (stream) == NULL && self->tls != NULL;

  if (clear && ismb_peer_stream_is (frame, "features", ISMB_NS_STREAM))
    ismb_stream_send_text (stream, STARTTLS, -1);
  else if (clear && ismb_peer_stream_is (frame, "proceed", ISMB_NS_TLS))
    ismb_stream_start_tls (stream);
  else if (clear && ismb_peer_stream_is (frame, "starttls", ISMB_NS_TLS))
    {
      ismb_stream_send_text (stream, "<proceed xmlns='" ISMB_NS_TLS "'/>", -1);
      ismb_stream_start_tls (stream);
    }
  else
    g_ptr_array_add (self->heard, g_strndup (frame->data, frame->length));
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  ForeignLine *self = owner;

  g_clear_object (&self->stream);
}

static void
on_secured (IsmbStream *stream, gpointer owner)
{
  ForeignLine *self = owner;

  if (self->dials)
    send_header (self);
}

static const IsmbStreamCallbacks callbacks = {
  .connected = on_connected,
  .secured = on_secured,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static ForeignLine *
line_new (IsmbPoller *poller, int fd, gboolean dials, const char *from, const char *to,
          IsmbTlsContext *tls)
{
  ForeignLine *self = g_new0 (ForeignLine, 1);

  self->dials = dials;
  self->from = g_strdup (from);
  self->to = g_strdup (to);
  self->tls = tls != NULL ? ismb_tls_context_ref (tls) : NULL;
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->stream = ismb_stream_new (poller, fd, dials ? ISMB_STREAM_OUTGOING : ISMB_STREAM_ACCEPTED,
                                  ISMB_NS_SERVER, tls, NULL, NULL, &callbacks, self);
  if (tls != NULL)
    ismb_stream_speak_dialback (self->stream, tls);
  return self;
}

static int
connect_from (const char *source, guint16 port)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in from = { .sin_family = AF_INET };
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (port) };

  inet_pton (AF_INET, source, &from.sin_addr);
  inet_pton (AF_INET, "127.0.0.1", &to.sin_addr);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &from, sizeof from), ==, 0);
  connect (fd, (struct sockaddr *) &to, sizeof to);
  return fd;
}

static ForeignLine *
dial (const char *source, guint16 port, const char *from, const char *to, IsmbTlsContext *tls)
{
  IsmbPoller *poller = ismb_poller_new (NULL);
  ForeignLine *self = line_new (poller, connect_from (source, port), TRUE, from, to, tls);

  self->poller = poller;
  g_free (foreign_line_expect (self, "<features"));
  return self;
}

ForeignLine *
foreign_line_dial (const char *source, guint16 port, const char *from, const char *to,
                   IsmbTlsContext *tls)
{
  return dial (source, port, from, to, tls);
}

ForeignLine *
foreign_line_dial_clear (guint16 port, const char *from, const char *to)
{
  return dial ("127.0.0.1", port, from, to, NULL);
}

void
foreign_line_free (ForeignLine *self)
{
  if (self->stream != NULL)
    ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  g_clear_object (&self->poller);
  g_clear_pointer (&self->tls, ismb_tls_context_unref);
  g_ptr_array_unref (self->heard);
  g_free (self->from);
  g_free (self->to);
  g_free (self->id);
  g_free (self);
}

void
foreign_line_say (ForeignLine *self, const char *xml)
{
  g_assert_nonnull (self->stream);
  ismb_stream_send_text (self->stream, xml, -1);
}

/* All that came up to the first element with that text, or NULL. */
static char *
take (ForeignLine *self, const char *text)
{
  g_autoptr (GString) taken = NULL;

  for (guint i = 0; i < self->heard->len; i++)
    if (strstr (g_ptr_array_index (self->heard, i), text) != NULL)
      {
        taken = g_string_new (NULL);
        for (guint j = 0; j <= i; j++)
          g_string_append (taken, g_ptr_array_index (self->heard, j));
        g_ptr_array_remove_range (self->heard, 0, i + 1);
        return g_string_free (g_steal_pointer (&taken), FALSE);
      }
  return NULL;
}

char *
foreign_line_expect (ForeignLine *self, const char *text)
{
  char *taken;

  while ((taken = take (self, text)) == NULL)
    {
      if (self->stream == NULL)
        g_error ("the stream ended, and no %s came", text);
      g_main_context_iteration (NULL, TRUE);
    }
  return taken;
}

char *
foreign_line_expect_end (ForeignLine *self)
{
  GString *all = g_string_new (NULL);

  while (self->stream != NULL)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < self->heard->len; i++)
    g_string_append (all, g_ptr_array_index (self->heard, i));
  return g_string_free (all, FALSE);
}

const char *
foreign_line_get_id (ForeignLine *self)
{
  return self->id;
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  ForeignHub *self = user_data;
  int accepted = accept4 (fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  self->count++;
  g_ptr_array_add (self->lines,
                   line_new (self->poller, accepted, FALSE, self->domain, NULL, self->tls));
  return G_SOURCE_CONTINUE;
}

ForeignHub *
foreign_hub_new (const char *address, const char *domain, IsmbTlsContext *tls)
{
  g_autoptr (IsmbVirtualRouter) place = ismb_virtual_router_new ("blue", NULL, NULL);
  ForeignHub *self = g_new0 (ForeignHub, 1);
  g_autoptr (GError) error = NULL;

  self->domain = g_strdup (domain);
  self->tls = tls != NULL ? ismb_tls_context_ref (tls) : NULL;
  self->poller = ismb_poller_new (NULL);
  self->lines = g_ptr_array_new_with_free_func ((GDestroyNotify) foreign_line_free);
  self->fd = ismb_virtual_router_listen (place, address, 0, &self->port, &error);
  g_assert_no_error (error);
  self->source = g_unix_fd_add (self->fd, G_IO_IN, on_connection, self);
  return self;
}

void
foreign_hub_free (ForeignHub *self)
{
  g_source_remove (self->source);
  close (self->fd);
  g_ptr_array_unref (self->lines);
  g_object_unref (self->poller);
  g_clear_pointer (&self->tls, ismb_tls_context_unref);
  g_free (self->domain);
  g_free (self);
}

guint16
foreign_hub_get_port (ForeignHub *self)
{
  return self->port;
}

static ForeignLine *
find_line (ForeignHub *self, const char *text)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      g_autofree char *taken = take (g_ptr_array_index (self->lines, i), text);

      if (taken != NULL)
        return g_ptr_array_index (self->lines, i);
    }
  return NULL;
}

ForeignLine *
foreign_hub_expect (ForeignHub *self, const char *text)
{
  ForeignLine *line;

  while ((line = find_line (self, text)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  return line;
}

static guint
count (ForeignLine *line, const char *text)
{
  guint found = 0;

  for (guint i = 0; i < line->heard->len; i++)
    found += strstr (g_ptr_array_index (line->heard, i), text) != NULL ? 1 : 0;
  return found;
}

ForeignLine *
foreign_hub_await (ForeignHub *self, const char *text)
{
  for (;;)
    {
      for (guint i = 0; i < self->lines->len; i++)
        if (count (g_ptr_array_index (self->lines, i), text) > 0)
          return g_ptr_array_index (self->lines, i);
      g_main_context_iteration (NULL, TRUE);
    }
}

guint
foreign_hub_count (ForeignHub *self, const char *text)
{
  guint found = 0;

  for (guint i = 0; i < self->lines->len; i++)
    found += count (g_ptr_array_index (self->lines, i), text);
  return found;
}

guint
foreign_hub_count_lines (ForeignHub *self)
{
  return self->count;
}
