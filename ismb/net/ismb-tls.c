/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.net.tls"
#include "config.h"
#include "ismb/net/ismb-tls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ismb/core/ismb-error.h"

struct _IsmbTlsContext
{
  gatomicrefcount ref_count;
  IsmbTlsProfile profile;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priorities;
  gnutls_certificate_request_t request; /* of a client's certificate */
  GBytes *end_point; /* RFC 5929's, of a server's certificate; NULL until it is asked for */
};

struct _IsmbTls
{
  IsmbTlsContext *context;
  gnutls_session_t session;
  char *alpn;
  gboolean server;
  gboolean done;          /* the handshake is */
  gboolean write_blocked; /* GnuTLS keeps an encrypted record that the socket did not take yet */
  guint warnings;         /* alerts of that level, ever */
  int fd;
  guint8 *ahead;          /* that the socket gave and GnuTLS has not asked for yet, or NULL */
  gsize ahead_start, ahead_end;
  gboolean may_receive;   /* from the socket, now */
  GByteArray *flight;     /* of the handshake, until GnuTLS waits for the other side; else NULL */
};

#define WARNINGS_MAX 4
#define CHAIN_MAX 16 /* certificates that we show */

static const char *const priorities[] = {
  /* X25519 and SHA-256 first, whatever a client names first: a login costs a sixth less. In TLS 1.2
   * with forward secrecy. */
  [ISMB_TLS_CLIENTS] =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"
      ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1"
      ":-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:%SERVER_PRECEDENCE",
  [ISMB_TLS_PEERS] = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
  [ISMB_TLS_FOREIGN] =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA",
};

static gboolean
check (int code, const char *deed, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot %s: %s", deed, gnutls_strerror (code));
  return FALSE;
}

static void
clear_chain (gnutls_pcert_st *chain, guint count)
{
  for (guint i = 0; i < count; i++)
    gnutls_pcert_deinit (&chain[i]);
}

/* As it stands: gnutls_certificate_set_x509_key_mem2 () sorts, and leaves out what it thinks is too
 * much, as the certificate that joins a CA to the one before it. */
static int
set_chain (IsmbTlsContext *self, const char *chain_pem, gnutls_privkey_t key)
{
  gnutls_datum_t text = { (guchar *) chain_pem, (guint) strlen (chain_pem) };
  gnutls_pcert_st chain[CHAIN_MAX];
  guint count = CHAIN_MAX;
  int code = gnutls_pcert_list_import_x509_raw (chain, &count, &text, GNUTLS_X509_FMT_PEM, 0);

  if (code < 0)
    return code;
  code = gnutls_certificate_set_key (self->credentials, NULL, 0, chain, (int) count, key);
  if (code < 0) /* else it has taken what is in them */
    clear_chain (chain, count);
  return code;
}

static gboolean
load_key (IsmbTlsContext *self, const char *key_pem, const char *chain_pem, GError **error)
{
  gnutls_datum_t text = { (guchar *) key_pem, 0 };
  gnutls_privkey_t key = NULL;
  int code;

  if (key_pem == NULL || chain_pem == NULL)
    return TRUE;
  text.size = (guint) strlen (key_pem);
  code = gnutls_privkey_init (&key);
  if (code >= 0)
    code = gnutls_privkey_import_x509_raw (key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
  if (code >= 0)
    code = set_chain (self, chain_pem, key);
  if (code < 0 && key != NULL)
    gnutls_privkey_deinit (key);
  return check (code, "use the private key and its certificate for TLS", error);
}

IsmbTlsContext *
ismb_tls_context_new (IsmbTlsProfile profile, const char *key_pem, const char *chain_pem,
                      GError **error)
{
  g_autoptr (IsmbTlsContext) self = g_new0 (IsmbTlsContext, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->profile = profile;
  self->request = profile == ISMB_TLS_PEERS ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
  if (!check (gnutls_certificate_allocate_credentials (&self->credentials), "set up TLS", error) ||
      !check (gnutls_priority_init (&self->priorities, priorities[profile], NULL),
              "choose TLS ciphers", error) ||
      !load_key (self, key_pem, chain_pem, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ismb_tls_context_ask_nobody (IsmbTlsContext *self)
{
  self->request = GNUTLS_CERT_IGNORE;
}

IsmbTlsContext *
ismb_tls_context_ref (IsmbTlsContext *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
ismb_tls_context_unref (IsmbTlsContext *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->credentials, gnutls_certificate_free_credentials);
  g_clear_pointer (&self->priorities, gnutls_priority_deinit);
  g_clear_pointer (&self->end_point, g_bytes_unref);
  g_free (self);
}

/* A server refuses who came for something else (RFC 7301, 3.2), and whoever says nothing is
 * fine. */
static gboolean
set_alpn (IsmbTls *self, gboolean server, const char *const *alpn, GError **error)
{
  guint flags = GNUTLS_ALPN_SERVER_PRECEDENCE | (server ? GNUTLS_ALPN_MANDATORY : 0);
  gnutls_datum_t protocols[8];
  guint n;
  if (alpn == NULL)
    return TRUE;
  for (n = 0; alpn[n] != NULL && n < G_N_ELEMENTS (protocols); n++)
    protocols[n] = (gnutls_datum_t){ (guchar *) alpn[n], strlen (alpn[n]) };
  return check (gnutls_alpn_set_protocols (self->session, protocols, n, flags),
                "offer the application protocol", error);
}

/* RFC 6066, 3: a host name, never an address or anything else. */
static gboolean
is_dns_like (const char *name)
{
  return name != NULL && *name != '\0' && strlen (name) <= 253 &&
         !g_hostname_is_ip_address (name) &&
         name[strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] ==
             '\0';
}

static gboolean
set_server_name (IsmbTls *self, const char *name, GError **error)
{
  if (!is_dns_like (name))
    return TRUE;
  return check (gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, name, strlen (name)),
                "name the server in TLS", error);
}

/* ------------------------------------------------------------------ reading ahead */

/* GnuTLS asks for a record in two pieces, its head and the rest. A call of the system for each, and
 * for each record, costs more than to copy what one call brings; mostly that is taken at once, and
 * nothing stays. */
#define AHEAD (32 * 1024)

static gssize
take_ahead (IsmbTls *self, void *buffer, gsize size)
{
  gsize n = MIN (size, self->ahead_end - self->ahead_start);
  memcpy (buffer, self->ahead + self->ahead_start, n);
  self->ahead_start += n;
  if (self->ahead_start == self->ahead_end)
    g_clear_pointer (&self->ahead, g_free);
  return n;
}

static void
keep_ahead (IsmbTls *self, const guint8 *bytes, gsize length)
{
  self->ahead = g_memdup2 (bytes, length);
  self->ahead_start = 0;
  self->ahead_end = length;
}

static gssize
pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  static __thread guint8 all[AHEAD];
  IsmbTls *self = data;
  gssize n, taken;
  if (self->ahead != NULL)
    return take_ahead (self, buffer, size);
  if (!self->may_receive)
    {
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    }
  n = recv (self->fd, all, sizeof all, 0);
  self->may_receive = n == sizeof all; /* a short one has emptied the socket */
  if (n <= 0)
    {
      gnutls_transport_set_errno (self->session, errno);
      return n;
    }
  taken = MIN ((gsize) n, size);
  memcpy (buffer, all, taken);
  if (taken < n)
    keep_ahead (self, all + taken, n - taken);
  return taken;
}

/* ------------------------------------------------------------------ writing */

static gssize
send_vectors (IsmbTls *self, const giovec_t *vectors, int count)
{
  struct msghdr message = { .msg_iov = (struct iovec *) vectors, .msg_iovlen = count };
  gssize n = sendmsg (self->fd, &message, MSG_NOSIGNAL);

  if (n < 0)
    gnutls_transport_set_errno (self->session, errno);
  return n;
}

/* GnuTLS would send the messages of a handshake in two or three pieces, and each makes the
 * system go through all of TCP. */
static gssize
push (gnutls_transport_ptr_t data, const giovec_t *vectors, int count)
{
  IsmbTls *self = data;
  gsize before;

  if (self->flight == NULL)
    return send_vectors (self, vectors, count);
  before = self->flight->len;
  for (int i = 0; i < count; i++)
    g_byte_array_append (self->flight, vectors[i].iov_base, vectors[i].iov_len);
  return self->flight->len - before;
}

/* TRUE: there is nothing left. */
static gboolean
send_flight (IsmbTls *self, guint32 *events, GError **error)
{
  const giovec_t all = { self->flight->data, self->flight->len };
  gssize n = all.iov_len > 0 ? send_vectors (self, &all, 1) : 0;

  if (n > 0)
    g_byte_array_remove_range (self->flight, 0, n);
  if (self->flight->len == 0)
    return TRUE;
  *events = n >= 0 || errno == EAGAIN || errno == EINTR ? EPOLLOUT : 0;
  if (*events == 0)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "TLS handshake failed: %s",
                 g_strerror (errno));
  return FALSE;
}

IsmbTls *
ismb_tls_new (IsmbTlsContext *context, int fd, gboolean server, const char *const *alpn,
              const char *server_name, GError **error)
{
  g_autoptr (IsmbTls) self = g_new0 (IsmbTls, 1);
  /* No tickets: a resumed session would show no certificate, and a session costs little on a bus.
   */
  guint flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS;
  self->context = ismb_tls_context_ref (context);
  self->server = server;
  if (!check (gnutls_init (&self->session, flags | (server ? GNUTLS_SERVER : GNUTLS_CLIENT)),
              "set up TLS", error) ||
      !check (gnutls_priority_set (self->session, context->priorities), "choose TLS ciphers",
              error) ||
      !check (gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, context->credentials),
              "set up TLS", error) ||
      !set_alpn (self, server, alpn, error) || (!server && !set_server_name (self, server_name, error)))
    return NULL;
  if (server)
    gnutls_certificate_server_set_request (self->session, context->request);
  self->fd = fd;
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull);
  gnutls_transport_set_vec_push_function (self->session, push);
  self->flight = g_byte_array_new ();
  gnutls_handshake_set_timeout (self->session,
                                GNUTLS_INDEFINITE_TIMEOUT); /* the owner's deadline */
  return g_steal_pointer (&self);
}

void
ismb_tls_free (IsmbTls *self)
{
  g_clear_pointer (&self->session, gnutls_deinit);
  g_clear_pointer (&self->context, ismb_tls_context_unref);
  g_clear_pointer (&self->flight, g_byte_array_unref);
  g_free (self->ahead);
  g_free (self->alpn);
  g_free (self);
}

static void
set_failure (IsmbTls *self, int code, const char *deed, GError **error)
{
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "TLS %s failed: the other side says: %s",
                 deed, gnutls_alert_get_name (gnutls_alert_get (self->session)));
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "TLS %s failed: %s", deed,
                 gnutls_strerror (code));
}

/* Whether `code` only means: later. Sets the events to wait for, 0 for at once. Warnings cost a
 * stranger two bytes each, and whoever sends them faster than we read would keep us here. */
static gboolean
is_for_later (IsmbTls *self, int code, guint32 *events)
{
  *events = 0;
  if (code == GNUTLS_E_INTERRUPTED)
    return TRUE;
  if (code == GNUTLS_E_WARNING_ALERT_RECEIVED)
    return ++self->warnings <= WARNINGS_MAX;
  if (code != GNUTLS_E_AGAIN)
    return FALSE;
  *events = gnutls_record_get_direction (self->session) == 1 ? EPOLLOUT : EPOLLIN;
  return TRUE;
}

/* Below TLS 1.3 two sessions can be made to look like one where the master secret does not stand on
 * the whole handshake (RFC 7627): nothing could be bound to such a channel (RFC 9266, 3). Only
 * later GnuTLS can be told so beforehand. */
static gboolean
is_bindable (IsmbTls *self)
{
  return gnutls_protocol_get_version (self->session) >= GNUTLS_TLS1_3 ||
         gnutls_session_ext_master_secret_status (self->session) != 0;
}

static int
shake_hands (IsmbTls *self)
{
  int code = gnutls_handshake (self->session);
  return code < 0 || is_bindable (self) ? code : GNUTLS_E_INSUFFICIENT_SECURITY;
}

static void
send_alert (IsmbTls *self, int code)
{
  guint32 events;

  gnutls_alert_send_appropriate (self->session, code);
  send_flight (self, &events, NULL);
}

gboolean
ismb_tls_handshake (IsmbTls *self, guint32 *events, GError **error)
{
  int code = 0;
  if (self->flight == NULL) /* long done */
    return TRUE;
  if (!send_flight (self, events, error))
    return FALSE;
  self->may_receive = TRUE;
  while (!self->done && (code = shake_hands (self)) < 0 && is_for_later (self, code, events)
         && *events == 0)
    ;
  if (code < 0 && *events == 0)
    {
      send_alert (self, code);
      set_failure (self, code, "handshake", error);
      return FALSE;
    }
  self->done |= code >= 0;
  if (!send_flight (self, events, error) || !self->done)
    return FALSE;
  g_clear_pointer (&self->flight, g_byte_array_unref);
  return TRUE;
}

/* GnuTLS took something that is no data, as the tickets that follow a handshake are, and says
 * the same as when there is nothing; of what we have of the rest, no event will tell. */
static gboolean
is_behind (const IsmbTls *self, guint32 events)
{
  return events == EPOLLIN && self->ahead != NULL;
}

gssize
ismb_tls_read (IsmbTls *self, void *buffer, gsize size, guint32 *events, GError **error)
{
  gssize n;
  /* What was read ahead first, and then it is somebody else's turn. */
  self->may_receive = self->ahead == NULL;
  do
    n = gnutls_record_recv (self->session, buffer, size);
  while (n < 0 && is_for_later (self, n, events) && (*events == 0 || is_behind (self, *events)));
  if (n >= 0)
    return n;
  /* XMPP has its own end, so a missing close_notify hides nothing. */
  if (n == GNUTLS_E_PREMATURE_TERMINATION)
    return 0;
  if (*events == 0) /* a renegotiation, GNUTLS_E_REHANDSHAKE, comes here as well: never granted */
    set_failure (self, n, "read", error);
  return -1;
}

gssize
ismb_tls_write (IsmbTls *self, const void *buffer, gsize size, guint32 *events, GError **error)
{
  gssize n;
  do
    n = gnutls_record_send (self->session, self->write_blocked ? NULL : buffer,
                            self->write_blocked ? 0 : size);
  while (n < 0 && is_for_later (self, n, events) && *events == 0);
  self->write_blocked = n < 0 && *events != 0;
  if (n >= 0)
    return n;
  if (*events == 0)
    set_failure (self, n, "write", error);
  return -1;
}

gboolean
ismb_tls_has_pending (IsmbTls *self)
{
  return self->ahead != NULL || gnutls_record_check_pending (self->session) > 0;
}

void
ismb_tls_bye (IsmbTls *self)
{
  if (self->done)
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
}

GPtrArray *
ismb_tls_dup_peer_chain (IsmbTls *self)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint n = 0, i;
  const gnutls_datum_t *certificates = gnutls_certificate_get_peers (self->session, &n);
  for (i = 0; certificates != NULL && i < n; i++)
    g_ptr_array_add (chain, g_bytes_new (certificates[i].data, certificates[i].size));
  return chain;
}

const char *
ismb_tls_get_alpn (IsmbTls *self)
{
  gnutls_datum_t protocol;
  if (self->alpn == NULL && gnutls_alpn_get_selected_protocol (self->session, &protocol) == 0)
    self->alpn = g_strndup ((const char *) protocol.data, protocol.size);
  return self->alpn;
}

const char *
ismb_tls_get_version (IsmbTls *self)
{
  return gnutls_protocol_get_name (gnutls_protocol_get_version (self->session));
}

static GBytes *
dup_binding (IsmbTls *self, gnutls_channel_binding_t type)
{
  gnutls_datum_t binding = { NULL, 0 };
  GBytes *bytes;
  if (!self->done || gnutls_session_channel_binding (self->session, type, &binding) < 0)
    return NULL;
  bytes = g_bytes_new (binding.data, binding.size);
  gnutls_free (binding.data);
  return bytes;
}

GBytes *
ismb_tls_dup_exporter (IsmbTls *self)
{
  return dup_binding (self, GNUTLS_CB_TLS_EXPORTER);
}

/* A server's own certificate is the context's, and always the same: GnuTLS reads it anew each time,
 * which costs more than the rest of a login. */
GBytes *
ismb_tls_dup_server_end_point (IsmbTls *self)
{
  GBytes **known = &self->context->end_point;

  if (!self->server)
    return dup_binding (self, GNUTLS_CB_TLS_SERVER_END_POINT);
  if (*known == NULL)
    *known = dup_binding (self, GNUTLS_CB_TLS_SERVER_END_POINT);
  return *known != NULL ? g_bytes_ref (*known) : NULL;
}
