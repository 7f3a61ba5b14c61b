/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-peer-stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-parts.h"

/* What a client may send, and what two listeners make of it: the sender's puts addresses in and
 * escapes, for each subscriber of a presence once more. */
#define STANZA_BYTES (262144 + 2 * ISMB_FRAMER_GROWTH)

typedef struct
{
  const IsmbStreamCallbacks *callbacks;
  gpointer owner;
} Hands;

static void
on_connected (IsmbStream *stream, gpointer data)
{
  Hands *hands = data;

  if (hands->callbacks->connected != NULL)
    hands->callbacks->connected (stream, hands->owner);
}

static void
on_secured (IsmbStream *stream, gpointer data)
{
  Hands *hands = data;

  if (hands->callbacks->secured != NULL)
    hands->callbacks->secured (stream, hands->owner);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer data)
{
  Hands *hands = data;

  if (hands->callbacks->header != NULL)
    hands->callbacks->header (stream, header, hands->owner);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer data)
{
  Hands *hands = data;

  if (hands->callbacks->frame != NULL)
    hands->callbacks->frame (stream, frame, hands->owner);
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer data)
{
  Hands *hands = data;

  hands->callbacks->closed (stream, error, hands->owner);
}

static const IsmbStreamCallbacks forwarding = { on_connected, on_secured, on_header, on_frame,
                                                on_closed };

static GQuark
hands_quark (void)
{
  static GQuark quark;

  if (quark == 0)
    quark = g_quark_from_static_string ("ismb-peer-stream-hands");
  return quark;
}

IsmbStream *
ismb_peer_stream_new (IsmbLinkContext *context, int fd, IsmbStreamFlags flags,
                      const char *server_name, const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  static const char *const alpn[] = { "xmpp-server", NULL };
  Hands *hands = g_new0 (Hands, 1);
  IsmbStream *stream = ismb_stream_new (context->poller, fd, flags, ISMB_NS_SERVER, context->tls,
                                        alpn, server_name, &forwarding, hands);

  hands->callbacks = callbacks;
  hands->owner = owner;
  g_object_set_qdata_full (G_OBJECT (stream), hands_quark (), hands, g_free);
  ismb_stream_set_limit (stream, ISMB_FRAMER_LIMIT);
  return stream;
}

void
ismb_peer_stream_set_owner (IsmbStream *stream, const IsmbStreamCallbacks *callbacks,
                            gpointer owner)
{
  Hands *hands = g_object_get_qdata (G_OBJECT (stream), hands_quark ());

  hands->callbacks = callbacks;
  hands->owner = owner;
}

static void
on_nothing (IsmbStream *stream, const GError *error, gpointer owner)
{
}

void
ismb_peer_stream_part (IsmbStream *stream, const char *condition)
{
  static const IsmbStreamCallbacks nobody = { .closed = on_nothing };

  ismb_peer_stream_set_owner (stream, &nobody, NULL);
  ismb_stream_close (stream, condition, NULL);
  g_object_unref (stream);
}

void
ismb_peer_stream_settle (IsmbStream *stream, guint milliseconds)
{
  int fd = ismb_stream_get_fd (stream), on = 1;

  ismb_stream_set_limit (stream, STANZA_BYTES);
  ismb_stream_set_deadline (stream, 0);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

const char *
ismb_peer_stream_check (const IsmbFrame *frame, const char *domain, const char *us)
{
  if (frame->kind == ISMB_FRAME_OTHER)
    return "unsupported-stanza-type";
  if (frame->from == NULL || frame->to == NULL || frame->bad_address)
    return "improper-addressing";
  if (!ismb_parts_is_at (frame->from, domain))
    return "invalid-from";
  return ismb_parts_is_at (frame->to, us) ? NULL : "improper-addressing";
}

gboolean
ismb_peer_stream_is (const IsmbFrame *frame, const char *name, const char *ns)
{
  return frame->kind == ISMB_FRAME_OTHER && g_str_equal (frame->name, name) &&
         g_strcmp0 (frame->ns, ns) == 0;
}
