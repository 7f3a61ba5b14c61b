/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where a client's stream goes, and what is asked of it. */
typedef struct
{
  const char *unix_path; /* the listener on this host; the rest is then not looked at */
  const char *domain;    /* whom the certificate must name */
  const char *host;      /* NULL: the domain's SRV records, else the domain itself */
  guint16 port;          /* 0: 5222 */
  const char *ca_file;   /* NULL: the system's */
  gboolean clear;        /* no STARTTLS; only towards a loopback address */
  guint deadline;        /* milliseconds for connecting and TLS together */
} IsmbDialPlan;

/* Connects, and where the plan wants TLS does STARTTLS (RFC 6120, 5.4) and verifies the
 * certificate. The stream it returns is for a new stream header. ISMB_ERROR_TIMEOUT,
 * ISMB_ERROR_UNTRUSTED, ISMB_ERROR_STREAM. */
void ismb_dial_async (const IsmbDialPlan *plan, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data);
/* `*secret`: nobody reads along. */
GIOStream *ismb_dial_finish (GAsyncResult *result, gboolean *secret, GError **error);

G_END_DECLS
