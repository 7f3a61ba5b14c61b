/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/* Key, certificates and priorities that many sessions share. Counted; a session holds its own
 * count, so that a renewed certificate takes the place of the old one without touching live
 * sessions. */
typedef struct _IsmbTlsContext IsmbTlsContext;

typedef enum
{
  ISMB_TLS_CLIENTS, /* TLS 1.2 and 1.3; the other side may show a certificate, and need not */
  ISMB_TLS_PEERS,   /* TLS 1.3 only, a certificate required of both sides */
  ISMB_TLS_FOREIGN, /* TLS 1.2 and 1.3, a certificate asked of the other side, and not required */
} IsmbTlsProfile;

/* `key_pem`, `chain_pem`: our own, leaf first; both NULL for a client without a certificate. Who is
 * believed is decided above, by whoever reads the peer's certificate. */
IsmbTlsContext *ismb_tls_context_new (IsmbTlsProfile profile, const char *key_pem,
                                      const char *chain_pem, GError **error);
/* Before its first session: whoever comes is not asked for a certificate, as there is nobody whose
 * word on it would count. */
void            ismb_tls_context_ask_nobody (IsmbTlsContext *context);
IsmbTlsContext *ismb_tls_context_ref   (IsmbTlsContext *context);
void            ismb_tls_context_unref (IsmbTlsContext *context);

/* A GnuTLS session on a non-blocking descriptor; the descriptor stays its owner's. */
typedef struct _IsmbTls IsmbTls;

/* `alpn`: NULL-terminated list, first is preferred, or NULL: a server with a list refuses those who
 * name others only. `server_name`: SNI of a client, or NULL. */
IsmbTls *ismb_tls_new (IsmbTlsContext *context, int fd, gboolean server, const char *const *alpn,
                       const char *server_name, GError **error);
void        ismb_tls_free           (IsmbTls *tls);
/* TRUE when done. FALSE with no error: wait for `*events` (EPOLLIN or EPOLLOUT) and call again. */
gboolean    ismb_tls_handshake      (IsmbTls *tls, guint32 *events, GError **error);
/* Bytes moved; 0 at end of file (read); -1 with no error set: would block, wait for `*events`. */
gssize ismb_tls_read (IsmbTls *tls, void *buffer, gsize size, guint32 *events, GError **error);
gssize ismb_tls_write (IsmbTls *tls, const void *buffer, gsize size, guint32 *events,
                       GError **error);
gboolean
ismb_tls_has_pending (IsmbTls *tls); /* decrypted bytes that no epoll event will announce */
void        ismb_tls_bye            (IsmbTls *tls);
/* The peer's chain, leaf first, in DER. Empty where none was sent. (transfer full), of GBytes. */
GPtrArray  *ismb_tls_dup_peer_chain (IsmbTls *tls);
const char *ismb_tls_get_alpn       (IsmbTls *tls);      /* or NULL */
const char *ismb_tls_get_version    (IsmbTls *tls);      /* "TLS1.3" */
/* RFC 9266 tls-exporter, 32 bytes, and RFC 5929 tls-server-end-point; NULL before the handshake,
 * and where the session cannot have it. */
GBytes     *ismb_tls_dup_exporter   (IsmbTls *tls);
GBytes     *ismb_tls_dup_server_end_point (IsmbTls *tls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTls, ismb_tls_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTlsContext, ismb_tls_context_unref)

G_END_DECLS
