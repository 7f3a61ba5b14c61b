/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-external.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-peer-stream.h"

gboolean
ismb_external_expects (const IsmbExternal *self, const IsmbFrame *frame)
{
  return ismb_peer_stream_is (frame, self->challenged ? "response" : "auth", ISMB_NS_SASL);
}

static IsmbExternalOutcome
fail (IsmbStream *stream, const char *condition)
{
  g_autofree char *xml =
      g_strdup_printf ("<failure xmlns='" ISMB_NS_SASL "'><%s/></failure>", condition);

  ismb_stream_send_text (stream, xml, -1);
  ismb_stream_close (stream, NULL, NULL);
  return ISMB_EXTERNAL_FAILED;
}

/* The identity asked for: none, or the domain that the certificate has proven. */
static IsmbExternalOutcome
finish (IsmbStream *stream, const char *text, const char *domain)
{
  g_autofree guchar *asked = NULL;
  gsize length = 0;

  if (!g_str_equal (text, "=") && text[0] != '\0')
    asked = g_base64_decode (text, &length);
  if (length > 0 && (length != strlen (domain) || memcmp (asked, domain, length) != 0))
    return fail (stream, "invalid-authzid");
  ismb_stream_send_text (stream, "<success xmlns='" ISMB_NS_SASL "'/>", -1);
  ismb_stream_restart (stream);
  return ISMB_EXTERNAL_DONE;
}

IsmbExternalOutcome
ismb_external_take (IsmbExternal *self, IsmbStream *stream, IsmbFrame *frame, const char *domain)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  g_autofree char *text = ismb_node_dup_text (ismb_tree_root (tree));

  if (!self->challenged
      && g_strcmp0 (ismb_node_get (ismb_tree_root (tree), "mechanism"), "EXTERNAL") != 0)
    return fail (stream, "invalid-mechanism");
  if (self->challenged || text[0] != '\0')
    return finish (stream, text, domain);
  /* No initial response: one is asked for by an empty challenge (RFC 4422, appendix A). */
  self->challenged = TRUE;
  ismb_stream_send_text (stream, "<challenge xmlns='" ISMB_NS_SASL "'/>", -1);
  return ISMB_EXTERNAL_WAITS;
}
