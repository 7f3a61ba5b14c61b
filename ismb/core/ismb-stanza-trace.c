/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-stanza-trace.h"

#include "ismb/core/ismb-redaction.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-trace-private.h"

#define LINE_MAX_BYTES (16 * 1024)

IsmbLogTap _ismb_client_stanzas = { .module = "ismb.client.stanza" };
IsmbLogTap _ismb_listener_stanzas = { .module = "ismb.listener.stanza" };

static char *
make_line (const char *deed, const char *who, const char *xml, gsize length, gboolean open)
{
  g_autofree char *masked = ismb_redact_xml (xml, length, open, LINE_MAX_BYTES);

  return g_strdup_printf ("%s%s%s: %s", deed, who != NULL ? " " : "", who != NULL ? who : "",
                          masked);
}

/* The traces have it by themselves, for a program's own writer may know nothing of them. */
static void
log_line (const char *module, const char *line)
{
  if (ismb_log_get_level (module) == ISMB_LOG_LEVEL_DEBUG)
    g_log_structured (module, G_LOG_LEVEL_DEBUG, ISMB_LOG_TRACED, "1", "MESSAGE", "%s", line);
}

void
_ismb_stanza_trace_xml (const IsmbLogTap *tap, const char *deed, const char *who, const char *xml,
                        gsize length)
{
  IsmbTraceWants wants = _ismb_trace_ask (tap->module);
  g_autofree char *masked = make_line (deed, who, xml, length, FALSE);
  g_autofree char *open = (wants & ISMB_TRACE_WANTS_OPEN) != 0
                            ? make_line (deed, who, xml, length, TRUE)
                            : NULL;

  if (wants != ISMB_TRACE_WANTS_NOTHING)
    _ismb_trace_take (tap->module, ISMB_LOG_LEVEL_DEBUG, masked, open);
  log_line (tap->module, masked);
}

void
_ismb_stanza_trace_tree (const IsmbLogTap *tap, const char *deed, const char *who, IsmbTree *tree)
{
  g_autoptr (GString) xml = g_string_new (NULL);

  ismb_node_write (ismb_tree_root (tree), ISMB_NS_CLIENT, xml);
  _ismb_stanza_trace_xml (tap, deed, who, xml->str, xml->len);
}

void
_ismb_stanza_trace_socket (const IsmbLogTap *tap, const char *deed, int fd, const char *xml,
                           gsize length)
{
  g_autofree char *who = g_strdup_printf ("#%d", fd);

  _ismb_stanza_trace_xml (tap, deed, who, xml, length);
}
