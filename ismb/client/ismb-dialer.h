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
  guint16 port;          /* 0: 5222, with `direct` 5223 */
  const char *ca_file;   /* NULL: the system's */
  gboolean clear;        /* no TLS; only towards a loopback address */
  gboolean direct;       /* TLS from the first byte (XEP-0368) and nothing else */
  guint deadline;        /* milliseconds for connecting and TLS, for each server there is */
} IsmbDialPlan;

/* What came of it, whether or not it failed. */
typedef struct
{
  gboolean secret;              /* nobody reads along */
  GTlsCertificate *certificate; /* the server's, NULL without TLS (transfer full) */
  GTlsCertificateFlags flags;   /* what is wrong with it */
} IsmbDialOutcome;

/* Connects to one server after the other, and to all addresses of each as RFC 8305 has it, until
 * one answers; and where the plan wants TLS does STARTTLS (RFC 6120, 5.4) or begins with it, and
 * verifies the certificate, which if it does not hold ends it all. The stream it returns is for a
 * new stream header. ISMB_ERROR_TIMEOUT, ISMB_ERROR_UNTRUSTED, ISMB_ERROR_NOT_ALLOWED,
 * ISMB_ERROR_STREAM. */
void ismb_dial_async (const IsmbDialPlan *plan, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data);
GIOStream *ismb_dial_finish (GAsyncResult *result, IsmbDialOutcome *outcome, GError **error);

G_END_DECLS
