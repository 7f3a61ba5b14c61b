/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "xmpp-client.h"

#include <gio/gunixsocketaddress.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define SHA1_SIZE 20
#define NONCE "fyko+d2lbbFgONRv9qkxdawL"

struct _XmppClient
{
  GIOStream *connection; /* the socket, or the TLS on it */
  GSource *source;
  GString *received;
  gboolean ended;
  guint pings;
};

static gboolean
on_readable (GObject *in, gpointer user_data)
{
  XmppClient *self = user_data;
  g_autoptr (GError) error = NULL;
  char buffer[16384];
  gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (in), buffer,
                                                       sizeof buffer, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n > 0)
    g_string_append_len (self->received, buffer, n);
  self->ended = n <= 0;
  return self->ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
watch (XmppClient *self)
{
  GInputStream *in = g_io_stream_get_input_stream (self->connection);

  self->source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (in), NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, NULL);
}

static void
look_away (XmppClient *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static XmppClient *
client_new (GSocketConnectable *to)
{
  g_autoptr (GSocketClient) maker = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  XmppClient *self = g_new0 (XmppClient, 1);

  self->received = g_string_new (NULL);
  self->connection = (GIOStream *) g_socket_client_connect (maker, to, NULL, &error);
  g_assert_no_error (error);
  /* What is sent in pieces is to arrive so, and at once; a unix socket has no such option. */
  g_socket_set_option (g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->connection)),
                       IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  watch (self);
  return self;
}

XmppClient *
xmpp_client_new (guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);

  return client_new (G_SOCKET_CONNECTABLE (address));
}

XmppClient *
xmpp_client_new_unix (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  return client_new (G_SOCKET_CONNECTABLE (address));
}

static gboolean
on_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags faults,
                gpointer user_data)
{
  return TRUE;
}

static void
on_secured (GObject *tls, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

void
xmpp_client_secure (XmppClient *self)
{
  xmpp_client_secure_as (self, NULL);
}

void
xmpp_client_secure_as (XmppClient *self, GTlsCertificate *certificate)
{
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_client_connection_new (self->connection, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  look_away (self);
  if (certificate != NULL)
    g_tls_connection_set_certificate (G_TLS_CONNECTION (tls), certificate);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, on_secured,
                                    &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (self->connection);
  self->connection = tls;
  watch (self);
}

GBytes *
xmpp_client_dup_binding (XmppClient *self, GTlsChannelBindingType type)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  g_tls_connection_get_channel_binding_data (G_TLS_CONNECTION (self->connection), type, bytes,
                                             &error);
  g_assert_no_error (error);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

void
xmpp_client_free (XmppClient *self)
{
  look_away (self);
  g_object_unref (self->connection);
  g_string_free (self->received, TRUE);
  g_free (self);
}

void
xmpp_client_set_reading (XmppClient *self, gboolean reading)
{
  if (!reading)
    look_away (self);
  else if (self->source == NULL)
    watch (self);
}

void
xmpp_client_send (XmppClient *self, const char *xml)
{
  GOutputStream *out = g_io_stream_get_output_stream (self->connection);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (out, xml, strlen (xml), NULL, NULL, &error);
  g_assert_no_error (error);
}

void
xmpp_client_try_send (XmppClient *self, const char *xml, gsize length)
{
  GOutputStream *out = g_io_stream_get_output_stream (self->connection);

  g_output_stream_write_all (out, xml, length, NULL, NULL, NULL);
}

char *
xmpp_client_expect (XmppClient *self, const char *text)
{
  char *found;
  char *passed;
  gsize length;

  while ((found = strstr (self->received->str, text)) == NULL)
    {
      if (self->ended)
        g_error ("waited for “%s”, but the stream ended with “%s”", text, self->received->str);
      g_main_context_iteration (NULL, TRUE);
    }
  length = (gsize) (found - self->received->str) + strlen (text);
  passed = g_strndup (self->received->str, length);
  g_string_erase (self->received, 0, (gssize) length);
  return passed;
}

char *
xmpp_client_expect_end (XmppClient *self)
{
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
  return g_strdup (self->received->str);
}

char *
xmpp_client_settle (XmppClient *self)
{
  g_autofree char *id = g_strdup_printf ("settle-%u", ++self->pings);
  g_autofree char *ping =
      g_strdup_printf ("<iq type='get' id='%s'><ping xmlns='urn:xmpp:ping'/></iq>", id);

  xmpp_client_send (self, ping);
  return xmpp_client_expect (self, id);
}

const char *
xmpp_client_peek (XmppClient *self)
{
  return self->received->str;
}

gboolean
xmpp_client_has_ended (XmppClient *self)
{
  return self->ended;
}

char *
xmpp_client_open (XmppClient *self, const char *domain)
{
  g_autofree char *header =
      g_strdup_printf ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                       "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='%s'>",
                       domain);

  xmpp_client_send (self, header);
  return xmpp_client_expect (self, "</stream:features>");
}

/* RFC 5802, section 3. */
static char *
make_proof (const char *password, const char *salt64, guint iterations, const char *auth_message)
{
  g_autofree guint8 *salt = NULL;
  guint8 salted[SHA1_SIZE], client_key[SHA1_SIZE], stored_key[SHA1_SIZE], signature[SHA1_SIZE];
  gsize salt_size;
  gnutls_datum_t key = { (guint8 *) password, (unsigned) strlen (password) };
  gnutls_datum_t salt_datum;

  salt = g_base64_decode (salt64, &salt_size);
  salt_datum = (gnutls_datum_t) { salt, (unsigned) salt_size };
  g_assert_cmpint (
      gnutls_pbkdf2 (GNUTLS_MAC_SHA1, &key, &salt_datum, iterations, salted, sizeof salted), ==, 0);
  gnutls_hmac_fast (GNUTLS_MAC_SHA1, salted, sizeof salted, "Client Key", 10, client_key);
  gnutls_hash_fast (GNUTLS_DIG_SHA1, client_key, sizeof client_key, stored_key);
  gnutls_hmac_fast (GNUTLS_MAC_SHA1, stored_key, sizeof stored_key, auth_message,
                    strlen (auth_message), signature);
  for (guint i = 0; i < SHA1_SIZE; i++)
    client_key[i] ^= signature[i];
  return g_base64_encode (client_key, sizeof client_key);
}

static char *
answer_challenge (const char *challenge, const char *name, const char *password)
{
  g_auto (GStrv) parts = g_strsplit (challenge, ",", 3);
  g_autofree char *without_proof = g_strdup_printf ("c=biws,%s", parts[0]);
  g_autofree char *auth_message =
      g_strdup_printf ("n=%s,r=%s,%s,%s", name, NONCE, challenge, without_proof);
  g_autofree char *proof =
      make_proof (password, parts[1] + 2, (guint) atoi (parts[2] + 2), auth_message);

  return g_strdup_printf ("%s,p=%s", without_proof, proof);
}

static void
send_base64 (XmppClient *self, const char *start, const char *data, const char *end)
{
  g_autofree char *encoded = g_base64_encode ((const guint8 *) data, strlen (data));
  g_autofree char *xml = g_strconcat (start, encoded, end, NULL);

  xmpp_client_send (self, xml);
}

/* Up to the next reply of SASL: its text decoded, NULL for a failure. */
static char *
expect_sasl (XmppClient *self)
{
  g_autofree char *reply = NULL, *text = NULL;
  const char *start;
  gsize size;

  while (strstr (self->received->str, "</challenge>") == NULL &&
         strstr (self->received->str, "</success>") == NULL &&
         strstr (self->received->str, "</failure>") == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (strstr (self->received->str, "</failure>") != NULL)
    return NULL;
  reply = xmpp_client_expect (
      self, strstr (self->received->str, "</success>") != NULL ? "</success>" : "</challenge>");
  start = strchr (reply, '>') + 1;
  text = g_strndup (start, (gsize) (strstr (start, "</") - start));
  return (char *) g_base64_decode (text, &size);
}

gboolean
xmpp_client_authenticate (XmppClient *self, const char *name, const char *password)
{
  g_autofree char *first = g_strdup_printf ("n,,n=%s,r=" NONCE, name);
  g_autofree char *challenge = NULL, *answer = NULL, *verifier = NULL;

  send_base64 (self, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>",
               first, "</auth>");
  challenge = expect_sasl (self);
  g_assert_nonnull (challenge);
  answer = answer_challenge (challenge, name, password);
  send_base64 (self, "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>", answer, "</response>");
  verifier = expect_sasl (self);
  return verifier != NULL && g_str_has_prefix (verifier, "v=");
}

void
xmpp_client_sign_in (XmppClient *self, const char *name, const char *domain, const char *password,
                     const char *resource)
{
  g_autofree char *before = xmpp_client_open (self, domain);
  g_autofree char *after = NULL, *bound = NULL;
  g_autofree char *bind =
      g_strdup_printf ("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                       "<resource>%s</resource></bind></iq>",
                       resource);

  g_assert_true (xmpp_client_authenticate (self, name, password));
  after = xmpp_client_open (self, domain);
  xmpp_client_send (self, bind);
  bound = xmpp_client_expect (self, "</iq>");
  g_assert_nonnull (strstr (bound, resource));
}
