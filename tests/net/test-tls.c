/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/net/ismb-tls.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "tests/net/make-certificate.h"

/* Two ends on one socketpair; each step is a turn of one of them. */
typedef struct
{
  int fds[2];
  IsmbTls *ends[2]; /* server, client */
  GError *errors[2];
} Pair;

static IsmbTlsContext *
make_context (IsmbTlsProfile profile, gboolean with_key)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL, *certificate = NULL;
  IsmbTlsContext *context;
  make_certificate ("sw1.001122", &key, &certificate);
  context =
      ismb_tls_context_new (profile, with_key ? key : NULL, with_key ? certificate : NULL, &error);
  g_assert_no_error (error);
  return context;
}

static void
pair_init (Pair *pair, IsmbTlsContext *server, IsmbTlsContext *client, const char *name)
{
  static const char *const served[] = { "xmpp-server", "ismb-bytes/1", NULL };
  static const char *const wanted[] = { "ismb-bytes/1", NULL };
  g_autoptr (GError) error = NULL;
  *pair = (Pair){ 0 };
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair->fds),
                   ==, 0);
  pair->ends[0] = ismb_tls_new (server, pair->fds[0], TRUE, served, NULL, &error);
  g_assert_no_error (error);
  pair->ends[1] = ismb_tls_new (client, pair->fds[1], FALSE, wanted, name, &error);
  g_assert_no_error (error);
}

static void
pair_clear (Pair *pair)
{
  guint i;
  for (i = 0; i < 2; i++)
    {
      g_clear_pointer (&pair->ends[i], ismb_tls_free);
      g_clear_error (&pair->errors[i]);
      close (pair->fds[i]);
    }
}

/* TRUE when both are through; FALSE when one failed. */
static gboolean
shake_hands (Pair *pair)
{
  gboolean done[2] = { FALSE, FALSE };
  guint i;
  for (i = 0; !done[0] || !done[1]; i = 1 - i)
    {
      guint32 events = 0;
      if (!done[i])
        done[i] = ismb_tls_handshake (pair->ends[i], &events, &pair->errors[i]);
      if (pair->errors[i] != NULL)
        return FALSE;
      g_assert_true (done[i] || events == EPOLLIN || events == EPOLLOUT);
    }
  return TRUE;
}

static void
test_clients (void)
{
  g_autoptr (IsmbTlsContext) server = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (IsmbTlsContext) client = make_context (ISMB_TLS_CLIENTS, FALSE);
  g_autoptr (GPtrArray) seen = NULL, none = NULL;
  g_autoptr (GBytes) here = NULL, there = NULL, point_here = NULL, point_there = NULL;
  Pair pair;
  pair_init (&pair, server, client, "sw1.001122");
  g_assert_null (ismb_tls_dup_exporter (pair.ends[0]));
  g_assert_true (shake_hands (&pair));
  g_assert_cmpstr (ismb_tls_get_version (pair.ends[0]), ==, "TLS1.3");
  g_assert_cmpstr (ismb_tls_get_alpn (pair.ends[0]), ==, "ismb-bytes/1");
  g_assert_cmpstr (ismb_tls_get_alpn (pair.ends[1]), ==, "ismb-bytes/1");
  seen = ismb_tls_dup_peer_chain (pair.ends[1]);
  none = ismb_tls_dup_peer_chain (pair.ends[0]);
  g_assert_cmpuint (seen->len, ==, 1);
  g_assert_cmpuint (none->len, ==, 0);
  here = ismb_tls_dup_exporter (pair.ends[0]);
  there = ismb_tls_dup_exporter (pair.ends[1]);
  g_assert_cmpuint (g_bytes_get_size (here), ==, 32);
  g_assert_true (g_bytes_equal (here, there));
  point_here = ismb_tls_dup_server_end_point (pair.ends[0]);
  point_there = ismb_tls_dup_server_end_point (pair.ends[1]);
  g_assert_true (g_bytes_equal (point_here, point_there));
  pair_clear (&pair);
}

static void
test_peers (void)
{
  g_autoptr (IsmbTlsContext) one = make_context (ISMB_TLS_PEERS, TRUE);
  g_autoptr (IsmbTlsContext) other = make_context (ISMB_TLS_PEERS, TRUE);
  guint i;
  Pair pair;
  pair_init (&pair, one, other, "192.0.2.1");
  g_assert_true (shake_hands (&pair));
  for (i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (pair.ends[i]);
      g_assert_cmpuint (chain->len, ==, 1);
      g_assert_cmpstr (ismb_tls_get_version (pair.ends[i]), ==, "TLS1.3");
    }
  pair_clear (&pair);
}

/* What stands behind the certificate arrives as it is, whoever signed it: after a change of the
 * CA it joins the new one to the former. */
static void
test_whole_chain (void)
{
  g_autofree char *key = NULL, *leaf = NULL, *other_key = NULL, *other = NULL, *chain = NULL;
  g_autoptr (IsmbTlsContext) server = NULL;
  g_autoptr (IsmbTlsContext) client = make_context (ISMB_TLS_PEERS, TRUE);
  g_autoptr (GPtrArray) seen = NULL;
  g_autoptr (GError) error = NULL;
  Pair pair;
  make_certificate ("sw1.001122", &key, &leaf);
  make_certificate ("sw1.001122", &other_key, &other);
  chain = g_strconcat (leaf, other, leaf, other, NULL);
  server = ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, &error);
  g_assert_no_error (error);
  pair_init (&pair, server, client, NULL);
  g_assert_true (shake_hands (&pair));
  seen = ismb_tls_dup_peer_chain (pair.ends[1]);
  g_assert_cmpuint (seen->len, ==, 4);
  g_assert_true (g_bytes_equal (seen->pdata[0], seen->pdata[2]));
  g_assert_true (g_bytes_equal (seen->pdata[1], seen->pdata[3]));
  pair_clear (&pair);
}

/* In TLS 1.3 a client is through before the server has looked for its certificate. */
static void
test_peer_without_certificate (void)
{
  g_autoptr (IsmbTlsContext) server = make_context (ISMB_TLS_PEERS, TRUE);
  g_autoptr (IsmbTlsContext) client = make_context (ISMB_TLS_PEERS, FALSE);
  Pair pair;
  pair_init (&pair, server, client, NULL);
  g_assert_false (shake_hands (&pair));
  g_assert_error (pair.errors[0], ISMB_ERROR, ISMB_ERROR_STREAM);
  pair_clear (&pair);
}

static void
test_no_tls (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  guint32 events = 0;
  Pair pair;
  pair_init (&pair, context, context, NULL);
  g_assert_cmpint (write (pair.fds[1], "<stream:stream>", 15), ==, 15);
  g_assert_false (ismb_tls_handshake (pair.ends[0], &events, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_STREAM);
  pair_clear (&pair);
}

static void
test_bad_key (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL, *certificate = NULL, *other_key = NULL, *other_certificate = NULL;
  make_certificate ("a", &key, &certificate);
  make_certificate ("b", &other_key, &other_certificate);
  g_assert_null (ismb_tls_context_new (ISMB_TLS_PEERS, key, other_certificate, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_null (strstr (error->message, "PRIVATE"));
}

/* Writes until the socket is full, then reads all of it: a record that was blocked goes out once,
 * whole, whatever the retry was called with. */
/* Neither half is kept: the sanitizers look on. */
static void
test_foreign_key (void)
{
  g_autofree char *key = NULL, *leaf = NULL, *other_key = NULL, *other = NULL;
  g_autoptr (GError) error = NULL;
  make_certificate ("sw1.001122", &key, &leaf);
  make_certificate ("sw1.001122", &other_key, &other);
  g_assert_null (ismb_tls_context_new (ISMB_TLS_PEERS, key, other, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
}

static void
test_blocked_write (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  g_autofree char *out = g_malloc (16384), *in = g_malloc (16384);
  gsize written = 0, got = 0;
  guint32 events = 0;
  guint vain = 0;
  gssize n;
  Pair pair;
  pair_init (&pair, context, context, NULL);
  g_assert_true (shake_hands (&pair));
  memset (out, 'x', 16384);
  while ((n = ismb_tls_write (pair.ends[0], out, 10000, &events, &error)) > 0)
    written += n;
  g_assert_no_error (error);
  g_assert_cmpuint (events, ==, EPOLLOUT);
  while (got < written + 10000)
    {
      n = ismb_tls_read (pair.ends[1], in, 16384, &events, &error);
      g_assert_no_error (error);
      if (n > 0)
        got += n;
      /* Once it may only mean that a record ends in what the socket has still. */
      vain = n > 0 ? 0 : vain + 1;
      if (vain == 2)
        g_assert_cmpint (ismb_tls_write (pair.ends[0], out, 5, &events, &error), ==, 10000);
    }
  g_assert_cmpuint (got, ==, written + 10000);
  ismb_tls_bye (pair.ends[0]);
  g_assert_cmpint (ismb_tls_read (pair.ends[1], in, 16384, &events, &error), ==, 0);
  pair_clear (&pair);
}

static void
test_pending (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  guint32 events = 0;
  char buffer[4];
  Pair pair;
  pair_init (&pair, context, context, NULL);
  g_assert_true (shake_hands (&pair));
  g_assert_cmpint (ismb_tls_read (pair.ends[1], buffer, 4, &events, &error), ==, -1);
  g_assert_no_error (error);
  g_assert_cmpuint (events, ==, EPOLLIN);
  g_assert_cmpint (ismb_tls_write (pair.ends[0], "12345678", 8, &events, &error), ==, 8);
  g_assert_cmpint (ismb_tls_read (pair.ends[1], buffer, 4, &events, &error), ==, 4);
  g_assert_true (ismb_tls_has_pending (pair.ends[1]));
  g_assert_cmpint (ismb_tls_read (pair.ends[1], buffer, 4, &events, &error), ==, 4);
  g_assert_false (ismb_tls_has_pending (pair.ends[1]));
  pair_clear (&pair);
}

static gnutls_session_t
make_stranger (Pair *pair, gnutls_certificate_credentials_t credentials, const char *priorities,
               const char *alpn)
{
  gnutls_datum_t protocol = { (guchar *) alpn, alpn != NULL ? strlen (alpn) : 0 };
  gnutls_session_t stranger;
  gnutls_init (&stranger, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
  g_assert_cmpint (gnutls_priority_set_direct (stranger, priorities, NULL), ==, 0);
  gnutls_credentials_set (stranger, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_transport_set_int (stranger, pair->fds[1]);
  if (alpn != NULL)
    gnutls_alpn_set_protocols (stranger, &protocol, 1, 0);
  return stranger;
}

/* A client that is not ours, through with its handshake. */
static gnutls_session_t
meet_stranger (Pair *pair, gnutls_certificate_credentials_t credentials, const char *priorities)
{
  g_autoptr (GError) error = NULL;
  gnutls_session_t stranger = make_stranger (pair, credentials, priorities, NULL);
  guint32 events = 0;
  int code = GNUTLS_E_AGAIN;
  while (code == GNUTLS_E_AGAIN)
    {
      code = gnutls_handshake (stranger);
      ismb_tls_handshake (pair->ends[0], &events, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpint (code, ==, 0);
  return stranger;
}

/* Who comes that way gets through, or hears an alert. */
static void
assert_met (IsmbTlsProfile profile, const char *priorities, const char *alpn, gboolean wanted)
{
  g_autoptr (IsmbTlsContext) context = make_context (profile, TRUE);
  g_autoptr (GError) error = NULL;
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t stranger;
  guint32 events = 0;
  int code = GNUTLS_E_AGAIN;
  gboolean through = FALSE;
  Pair pair;
  pair_init (&pair, context, context, NULL);
  gnutls_certificate_allocate_credentials (&credentials);
  stranger = make_stranger (&pair, credentials, priorities, alpn);
  while (error == NULL && !(through && code == 0) && !(code < 0 && gnutls_error_is_fatal (code)))
    {
      if (code != 0)
        code = gnutls_handshake (stranger);
      if (!through)
        through = ismb_tls_handshake (pair.ends[0], &events, &error);
    }
  g_test_message ("%s %s: %s", priorities, alpn, error != NULL ? error->message : "through");
  g_assert_true (through == wanted);
  if (!wanted && code == GNUTLS_E_AGAIN)
    code = gnutls_handshake (stranger);
  if (!wanted && code == 0) /* told only after the last word of the handshake */
    code = (int) gnutls_record_recv (stranger, &events, sizeof events);
  g_assert_cmpint (code, ==, wanted ? 0 : GNUTLS_E_FATAL_ALERT_RECEIVED);
  gnutls_deinit (stranger);
  gnutls_certificate_free_credentials (credentials);
  pair_clear (&pair);
}

#define ONLY_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

static void
test_versions (void)
{
  assert_met (ISMB_TLS_CLIENTS, "NORMAL", NULL, TRUE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2, NULL, TRUE);
  assert_met (ISMB_TLS_CLIENTS, "NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL, FALSE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2 ":%NO_SESSION_HASH", NULL, FALSE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2 ":-KX-ALL:+RSA", NULL, FALSE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2 ":-KX-ALL:+DHE-RSA", NULL, FALSE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2 ":-CIPHER-ALL:+AES-128-CBC", NULL, FALSE);
  assert_met (ISMB_TLS_PEERS, ONLY_1_2, NULL, FALSE);
}

/* XEP-0368: who came for another protocol is told so; who says nothing is welcome. */
static void
test_application (void)
{
  assert_met (ISMB_TLS_CLIENTS, "NORMAL", "xmpp-server", TRUE);
  assert_met (ISMB_TLS_CLIENTS, "NORMAL", "http/1.1", FALSE);
  assert_met (ISMB_TLS_CLIENTS, ONLY_1_2, "http/1.1", FALSE);
}

/* A second handshake inside a session is the end of it: whoever asks for many gets none. */
static void
test_renegotiation (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t stranger;
  guint32 events = 0;
  char buffer[4];
  Pair pair;
  pair_init (&pair, context, context, NULL);
  gnutls_certificate_allocate_credentials (&credentials);
  stranger = meet_stranger (&pair, credentials, ONLY_1_2);
  g_assert_cmpint (gnutls_handshake (stranger), ==, GNUTLS_E_AGAIN);
  g_assert_cmpint (ismb_tls_read (pair.ends[0], buffer, 4, &events, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_STREAM);
  gnutls_deinit (stranger);
  gnutls_certificate_free_credentials (credentials);
  pair_clear (&pair);
}

/* Whatever a client likes best gives way to what is cheap, and no one group is asked for. */
static void
test_choices (void)
{
  static const struct
  {
    const char *priorities;
    gnutls_group_t group;
    gnutls_cipher_algorithm_t cipher;
  } clients[] = {
    { "NORMAL", GNUTLS_GROUP_X25519, GNUTLS_CIPHER_AES_128_GCM },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_GROUP_X25519, GNUTLS_CIPHER_AES_128_GCM },
    { "NORMAL:-GROUP-ALL:+GROUP-SECP256R1", GNUTLS_GROUP_SECP256R1, GNUTLS_CIPHER_AES_128_GCM },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP256R1", GNUTLS_GROUP_SECP256R1,
      GNUTLS_CIPHER_AES_128_GCM },
    { "NORMAL:-CIPHER-ALL:+AES-256-GCM", GNUTLS_GROUP_X25519, GNUTLS_CIPHER_AES_256_GCM },
  };
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  guint i;
  for (i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      gnutls_certificate_credentials_t credentials;
      gnutls_session_t stranger;
      Pair pair;
      pair_init (&pair, context, context, NULL);
      gnutls_certificate_allocate_credentials (&credentials);
      stranger = meet_stranger (&pair, credentials, clients[i].priorities);
      g_assert_cmpint (gnutls_group_get (stranger), ==, clients[i].group);
      g_assert_cmpint (gnutls_cipher_get (stranger), ==, clients[i].cipher);
      gnutls_deinit (stranger);
      gnutls_certificate_free_credentials (credentials);
      pair_clear (&pair);
    }
}

/* A stranger that sends nothing but warnings, faster than they are read, is let go after a few. */
static void
test_warnings (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t stranger;
  guint32 events = 0;
  char buffer[4];
  guint i;
  Pair pair;
  pair_init (&pair, context, context, NULL);
  gnutls_certificate_allocate_credentials (&credentials);
  stranger = meet_stranger (&pair, credentials, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
  for (i = 0; i < 100; i++)
    gnutls_alert_send (stranger, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
  g_assert_cmpint (ismb_tls_read (pair.ends[0], buffer, 4, &events, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_STREAM);
  gnutls_deinit (stranger);
  gnutls_certificate_free_credentials (credentials);
  pair_clear (&pair);
}

static gnutls_session_t
make_strange_server (Pair *pair, gnutls_certificate_credentials_t *credentials, gnutls_datum_t *tickets)
{
  g_autofree char *key = NULL, *certificate = NULL;
  gnutls_datum_t pems[2];
  gnutls_session_t server;

  make_certificate ("sw1.001122", &key, &certificate);
  pems[0] = (gnutls_datum_t){ (guint8 *) certificate, strlen (certificate) };
  pems[1] = (gnutls_datum_t){ (guint8 *) key, strlen (key) };
  gnutls_certificate_allocate_credentials (credentials);
  g_assert_cmpint (gnutls_certificate_set_x509_key_mem (*credentials, &pems[0], &pems[1],
                                                        GNUTLS_X509_FMT_PEM), ==, 0);
  gnutls_init (&server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
  gnutls_set_default_priority (server);
  gnutls_credentials_set (server, GNUTLS_CRD_CERTIFICATE, *credentials);
  gnutls_session_ticket_key_generate (tickets);
  gnutls_session_ticket_enable_server (server, tickets);
  gnutls_transport_set_int (server, pair->fds[0]);
  return server;
}

/* As OpenSSL's servers: tickets come first, and what is said with them is heard at once, since
 * no event tells of it any more. */
static void
test_tickets (void)
{
  g_autoptr (IsmbTlsContext) context = make_context (ISMB_TLS_CLIENTS, TRUE);
  g_autoptr (GError) error = NULL;
  gnutls_certificate_credentials_t credentials;
  gnutls_datum_t tickets = { NULL, 0 };
  gnutls_session_t server;
  gboolean up = FALSE;
  guint32 events = 0;
  char buffer[16];
  gssize n;
  Pair pair;
  pair_init (&pair, context, context, NULL);
  server = make_strange_server (&pair, &credentials, &tickets);
  while (gnutls_handshake (server) < 0)
    {
      up = up || ismb_tls_handshake (pair.ends[1], &events, &error);
      g_assert_no_error (error);
    }
  g_assert_true (up);
  g_assert_cmpint (gnutls_session_ticket_send (server, 1, 0), ==, 0);
  g_assert_cmpint (gnutls_record_send (server, "hello", 5), ==, 5);
  while ((n = ismb_tls_read (pair.ends[1], buffer, sizeof buffer, &events, &error)) < 0)
    {
      g_assert_no_error (error);
      g_assert_false (ismb_tls_has_pending (pair.ends[1]));
    }
  g_assert_cmpint (n, ==, 5);
  gnutls_deinit (server);
  gnutls_free (tickets.data);
  gnutls_certificate_free_credentials (credentials);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/tls/clients", test_clients);
  g_test_add_func ("/net/tls/peers", test_peers);
  g_test_add_func ("/net/tls/whole-chain", test_whole_chain);
  g_test_add_func ("/net/tls/peer-without-certificate", test_peer_without_certificate);
  g_test_add_func ("/net/tls/no-tls", test_no_tls);
  g_test_add_func ("/net/tls/bad-key", test_bad_key);
  g_test_add_func ("/net/tls/foreign-key", test_foreign_key);
  g_test_add_func ("/net/tls/blocked-write", test_blocked_write);
  g_test_add_func ("/net/tls/pending", test_pending);
  g_test_add_func ("/net/tls/tickets", test_tickets);
  g_test_add_func ("/net/tls/choices", test_choices);
  g_test_add_func ("/net/tls/versions", test_versions);
  g_test_add_func ("/net/tls/application", test_application);
  g_test_add_func ("/net/tls/renegotiation", test_renegotiation);
  g_test_add_func ("/net/tls/warnings", test_warnings);
  return g_test_run ();
}
