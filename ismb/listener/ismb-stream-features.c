/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-stream-features.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-sm-word.h"

/* XEP-0478: a client that knows it need not lose its stream to find out. */
static void
add_limits (GString *out, gsize bytes)
{
  g_string_append_printf (out,
                          "<limits xmlns='" ISMB_NS_LIMITS "'><max-bytes>%" G_GSIZE_FORMAT
                          "</max-bytes></limits>",
                          bytes);
}

/* XEP-0115, 6.3: who has seen this hash before knows the features without asking. */
static void
add_capabilities (GString *out, const char *hash)
{
  if (hash != NULL)
    g_string_append_printf (out,
                            "<c xmlns='" ISMB_NS_CAPS "' hash='sha-1' node='" ISMB_CAPS_NODE
                            "' ver='%s'/>",
                            hash);
}

void
ismb_stream_features_offer_stranger (GString *out, gboolean may_register)
{
  if (may_register)
    g_string_append (out, "<register xmlns='" ISMB_NS_REGISTER_FEATURE "'/>");
  add_limits (out, ISMB_SESSION_LIMIT_STRANGER);
}

void
ismb_stream_features_offer_account (GString *out, const IsmbSessionContext *context)
{
  g_string_append (out, "<bind xmlns='" ISMB_NS_BIND "'/>"
                        "<session xmlns='" ISMB_NS_SESSION "'><optional/></session>"
                        "<ver xmlns='" ISMB_NS_ROSTER_VERSIONS "'/>"
                        "<sub xmlns='" ISMB_NS_PRE_APPROVAL "'/>" ISMB_SM_FEATURE);
  add_capabilities (out, context->capabilities);
  add_limits (out, context->stanza_max);
}
