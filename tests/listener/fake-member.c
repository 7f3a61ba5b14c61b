/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "fake-member.h"

#include <glib-unix.h>
#include <unistd.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/stream/ismb-stream.h"

#define FEATURES "<stream:features><join xmlns='" ISMB_NS_JOIN "'/></stream:features>"

struct _FakeMember
{
  char *domain, *answer, *heard;
  IsmbTlsContext *tls;
  IsmbPoller *poller;
  int fd;
  guint16 port;
  guint source;
  GList *streams;
  guint over, joins;
  guint64 bytes;
};

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  FakeMember *self = owner;

  ismb_stream_send_header (stream, self->domain, header->from, "1");
  ismb_stream_send_text (stream, FEATURES, -1);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  FakeMember *self = owner;

  self->joins++;
  g_free (self->heard);
  self->heard = g_strdup (frame->data);
  if (self->answer != NULL)
    ismb_stream_send_text (stream, self->answer, -1);
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  FakeMember *self = owner;

  self->over++;
  self->bytes += ismb_stream_get_received (stream);
  self->streams = g_list_remove (self->streams, stream);
  g_object_unref (stream);
}

static const IsmbStreamCallbacks callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  static const char *const alpn[] = { "xmpp-server", NULL };
  FakeMember *self = user_data;
  int accepted = accept4 (fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  IsmbStream *stream = ismb_stream_new (self->poller, accepted, ISMB_STREAM_DETECT_TLS,
                                        ISMB_NS_SERVER, self->tls, alpn, NULL, &callbacks, self);

  self->streams = g_list_prepend (self->streams, stream);
  return G_SOURCE_CONTINUE;
}

FakeMember *
fake_member_new (const char *domain, IsmbTlsContext *tls, const char *answer)
{
  g_autoptr (IsmbVirtualRouter) place = ismb_virtual_router_new ("blue", NULL, NULL);
  FakeMember *self = g_new0 (FakeMember, 1);
  g_autoptr (GError) error = NULL;

  self->domain = g_strdup (domain);
  self->answer = g_strdup (answer);
  self->tls = ismb_tls_context_ref (tls);
  self->poller = ismb_poller_new (NULL);
  self->fd = ismb_virtual_router_listen (place, "0.0.0.0", 0, &self->port, &error);
  g_assert_no_error (error);
  self->source = g_unix_fd_add (self->fd, G_IO_IN, on_connection, self);
  return self;
}

static void
drop_stream (gpointer data)
{
  ismb_stream_abandon (data);
  g_object_unref (data);
}

void
fake_member_free (FakeMember *self)
{
  g_source_remove (self->source);
  close (self->fd);
  g_list_free_full (self->streams, drop_stream);
  g_object_unref (self->poller);
  ismb_tls_context_unref (self->tls);
  g_free (self->domain);
  g_free (self->answer);
  g_free (self->heard);
  g_free (self);
}

void
fake_member_set_answer (FakeMember *self, const char *answer)
{
  g_free (self->answer);
  self->answer = g_strdup (answer);
}

guint16
fake_member_get_port (FakeMember *self)
{
  return self->port;
}

guint
fake_member_count_streams (FakeMember *self)
{
  return self->over;
}

guint
fake_member_count_joins (FakeMember *self)
{
  return self->joins;
}

guint64
fake_member_count_bytes (FakeMember *self)
{
  return self->bytes;
}

const char *
fake_member_get_heard (FakeMember *self)
{
  return self->heard;
}
