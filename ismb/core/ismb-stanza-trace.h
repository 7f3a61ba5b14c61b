/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log-private.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* What goes over streams, as lines of debug of a module of its own, masked (ismb-redaction.h). Where
 * nobody asks for it, it costs a comparison. */
extern IsmbLogTap _ismb_client_stanzas;   /* ismb.client.stanza */
extern IsmbLogTap _ismb_listener_stanzas; /* ismb.listener.stanza */

/* `who` is at this end of the stream, or NULL. */
void _ismb_stanza_trace_xml  (const IsmbLogTap *tap, const char *deed, const char *who,
                              const char *xml, gsize length);
void _ismb_stanza_trace_tree (const IsmbLogTap *tap, const char *deed, const char *who,
                              IsmbTree *tree);
/* `fd`: the stream's socket. */
void _ismb_stanza_trace_socket (const IsmbLogTap *tap, const char *deed, int fd, const char *xml,
                                gsize length);

static inline void
ismb_stanza_trace_sent (IsmbLogTap *tap, const char *who, const char *xml, gsize length)
{
  if (G_UNLIKELY (ismb_log_tap_is_open (tap)))
    _ismb_stanza_trace_xml (tap, "SEND", who, xml, length);
}

static inline void
ismb_stanza_trace_received (IsmbLogTap *tap, const char *who, IsmbTree *tree)
{
  if (G_UNLIKELY (ismb_log_tap_is_open (tap)))
    _ismb_stanza_trace_tree (tap, "RECV", who, tree);
}

static inline void
ismb_stanza_trace_sent_on (IsmbLogTap *tap, int fd, const char *xml, gsize length)
{
  if (G_UNLIKELY (ismb_log_tap_is_open (tap)))
    _ismb_stanza_trace_socket (tap, "SEND", fd, xml, length);
}

static inline void
ismb_stanza_trace_received_on (IsmbLogTap *tap, int fd, const char *xml, gsize length)
{
  if (G_UNLIKELY (ismb_log_tap_is_open (tap)))
    _ismb_stanza_trace_socket (tap, "RECV", fd, xml, length);
}

G_END_DECLS
