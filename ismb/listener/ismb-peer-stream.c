/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-peer-stream.h"

#include "ismb/core/ismb-namespaces.h"

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

static const IsmbStreamCallbacks forwarding = { on_connected, on_secured, on_header, on_frame, on_closed };

static GQuark
hands_quark (void)
{
  static GQuark quark;

  if (quark == 0)
    quark = g_quark_from_static_string ("ismb-peer-stream-hands");
  return quark;
}

IsmbStream *
ismb_peer_stream_new (IsmbLinkContext *context, int fd, IsmbStreamFlags flags, const char *server_name,
                      const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  static const char *const alpn[] = { "xmpp-server", NULL };
  Hands *hands = g_new0 (Hands, 1);
  IsmbStream *stream = ismb_stream_new (context->poller, fd, flags, ISMB_NS_SERVER, context->tls, alpn, server_name,
                                        &forwarding, hands);

  hands->callbacks = callbacks;
  hands->owner = owner;
  g_object_set_qdata_full (G_OBJECT (stream), hands_quark (), hands, g_free);
  ismb_stream_set_limit (stream, ISMB_FRAMER_LIMIT);
  return stream;
}

void
ismb_peer_stream_set_owner (IsmbStream *stream, const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  Hands *hands = g_object_get_qdata (G_OBJECT (stream), hands_quark ());

  hands->callbacks = callbacks;
  hands->owner = owner;
}

gboolean
ismb_peer_stream_is (const IsmbFrame *frame, const char *name, const char *ns)
{
  return frame->kind == ISMB_FRAME_OTHER && g_str_equal (frame->name, name) && g_strcmp0 (frame->ns, ns) == 0;
}
