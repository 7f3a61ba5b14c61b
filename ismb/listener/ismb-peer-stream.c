/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-peer-stream.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-session-context.h"
#include "ismb/stream/ismb-sm-word.h"

/* What a client may send, and what two listeners make of it: the sender's puts addresses in and
 * escapes, for each subscriber of a presence once more. */
#define STANZA_BYTES (ISMB_SESSION_LIMIT_MOST + 2 * ISMB_FRAMER_GROWTH)
#define QUEUE_BYTES (8 * 1024 * 1024) /* more than congestion lets wait */

static IsmbStream *
make_stream (IsmbLinkContext *context, IsmbTlsContext *tls, int fd, IsmbStreamFlags flags,
             const char *server_name, const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  static const char *const alpn[] = { "xmpp-server", NULL };

  return ismb_stream_new (context->poller, fd, flags, ISMB_NS_SERVER, tls, alpn, server_name,
                          callbacks, owner);
}

IsmbStream *
ismb_peer_stream_new (IsmbLinkContext *context, int fd, IsmbStreamFlags flags,
                      const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  return make_stream (context, context->tls, fd, flags, NULL, callbacks, owner);
}

IsmbStream *
ismb_peer_stream_dial (IsmbLinkContext *context, IsmbTlsContext *tls, const char *domain,
                       const char *address, guint16 port, const IsmbStreamCallbacks *callbacks,
                       gpointer owner, GError **error)
{
  int fd = ismb_virtual_router_connect (context->place, address, port, error);
  IsmbStream *stream;

  if (fd < 0)
    return NULL;
  stream = make_stream (context, tls, fd, ISMB_STREAM_OUTGOING | ISMB_STREAM_DIRECT_TLS, domain,
                        callbacks, owner);
  ismb_stream_set_deadline (stream, ISMB_PEER_STREAM_PATIENCE);
  return stream;
}

static void
on_nothing (IsmbStream *stream, const GError *error, gpointer owner)
{
}

void
ismb_peer_stream_part (IsmbStream *stream, const char *condition)
{
  static const IsmbStreamCallbacks nobody = { .closed = on_nothing };

  ismb_stream_set_owner (stream, &nobody, NULL);
  ismb_stream_close (stream, condition, NULL);
  g_object_unref (stream);
}

void
ismb_peer_stream_settle (IsmbStream *stream, guint milliseconds)
{
  ismb_stream_set_limit (stream, STANZA_BYTES);
  ismb_stream_set_queue_limit (stream, QUEUE_BYTES);
  ismb_stream_set_deadline (stream, 0);
  ismb_stream_set_patience (stream, milliseconds);
}

gboolean
ismb_peer_stream_fits (const IsmbFrame *frame)
{
  return frame->length <= STANZA_BYTES;
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

void
ismb_peer_stream_add_limits (GString *features, guint bytes)
{
  g_string_append_printf (features,
                          "<limits xmlns='" ISMB_NS_LIMITS "'><max-bytes>%u</max-bytes></limits>",
                          bytes > 0 ? bytes : STANZA_BYTES);
}

void
ismb_peer_stream_welcome (IsmbStream *stream, guint bytes)
{
  g_autoptr (GString) features = g_string_new ("<stream:features>" ISMB_SM_FEATURE);

  ismb_peer_stream_add_limits (features, bytes);
  g_string_append (features, "</stream:features>");
  ismb_stream_send_text (stream, features->str, (gssize) features->len);
}

gboolean
ismb_peer_stream_is (const IsmbFrame *frame, const char *name, const char *ns)
{
  return frame->kind == ISMB_FRAME_OTHER && g_str_equal (frame->name, name) &&
         g_strcmp0 (frame->ns, ns) == 0;
}

gboolean
ismb_peer_stream_offers_external (const IsmbNode *features)
{
  const IsmbNode *mechanisms = ismb_node_find (features, "mechanisms", ISMB_NS_SASL);
  const IsmbNode *mechanism =
      mechanisms != NULL ? ismb_node_find (mechanisms, "mechanism", ISMB_NS_SASL) : NULL;

  for (; mechanism != NULL; mechanism = ismb_node_find_next (mechanism, "mechanism", ISMB_NS_SASL))
    {
      g_autofree char *name = ismb_node_dup_text (mechanism);

      if (g_str_equal (name, "EXTERNAL"))
        return TRUE;
    }
  return FALSE;
}
