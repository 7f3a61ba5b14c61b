/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "stream-end.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/stream/ismb-stream.h"

struct _StreamEnd
{
  IsmbPoller *poller;
  IsmbStream *stream;
  GString *heard;
  gboolean connected, ended;
};

static void
on_connected (IsmbStream *stream, gpointer owner)
{
  StreamEnd *self = owner;

  self->connected = TRUE;
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  StreamEnd *self = owner;

  g_string_append_printf (self->heard, "%s\n", frame->data);
  if (g_str_equal (frame->name, "success"))
    ismb_stream_restart (stream);
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  StreamEnd *self = owner;

  self->ended = TRUE;
}

static const IsmbStreamCallbacks callbacks = {
  .connected = on_connected,
  .frame = on_frame,
  .closed = on_closed,
};

StreamEnd *
stream_end_new (guint16 port, IsmbTlsContext *tls)
{
  static const char *const alpn[] = { "xmpp-server", NULL };
  g_autoptr (IsmbVirtualRouter) place = ismb_virtual_router_new ("blue", NULL, NULL);
  IsmbStreamFlags flags = ISMB_STREAM_OUTGOING | (tls != NULL ? ISMB_STREAM_DIRECT_TLS : 0);
  StreamEnd *self = g_new0 (StreamEnd, 1);
  g_autoptr (GError) error = NULL;
  int fd = ismb_virtual_router_connect (place, "127.0.0.1", port, &error);

  g_assert_no_error (error);
  self->poller = ismb_poller_new (NULL);
  self->heard = g_string_new (NULL);
  self->stream =
      ismb_stream_new (self->poller, fd, flags, ISMB_NS_SERVER, tls, alpn, NULL, &callbacks, self);
  ismb_stream_set_limit (self->stream, 65536);
  while (!self->connected && !self->ended)
    g_main_context_iteration (NULL, TRUE);
  return self;
}

void
stream_end_free (StreamEnd *self)
{
  ismb_stream_abandon (self->stream);
  g_assert_finalize_object (self->stream);
  g_object_unref (self->poller);
  g_string_free (self->heard, TRUE);
  g_free (self);
}

void
stream_end_say (StreamEnd *self, const char *bytes, gssize length)
{
  ismb_stream_send_text (self->stream, bytes, length);
}

void
stream_end_say_torn (StreamEnd *self, const char *bytes, gsize at)
{
  stream_end_say (self, bytes, (gssize) at);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  stream_end_say (self, bytes + at, -1);
}

void
stream_end_open (StreamEnd *self, const char *from, const char *to)
{
  ismb_stream_send_header (self->stream, from, to, NULL);
}

void
stream_end_expect (StreamEnd *self, const char *text)
{
  while (strstr (self->heard->str, text) == NULL)
    {
      if (self->ended)
        g_error ("the stream ended before “%s”; there was “%s”", text, self->heard->str);
      g_main_context_iteration (NULL, TRUE);
    }
}

const char *
stream_end_expect_end (StreamEnd *self)
{
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
  return self->heard->str;
}

GBytes *
stream_end_dup_exporter (StreamEnd *self)
{
  return ismb_tls_dup_exporter (ismb_stream_get_tls (self->stream));
}
