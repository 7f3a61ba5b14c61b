/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that are not who they should be, or fall silent, and what IsmbClient makes of them. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"

#define HEADER                                                                                     \
  "<?xml version='1.0'?><stream:stream from='switch.test' id='1' version='1.0' "                   \
  "xmlns='jabber:client' "                                                                         \
  "xmlns:stream='http://etherx.jabber.org/streams'>"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define FEATURES(mechanism) HEADER "<stream:features><mechanisms " SASL "><mechanism>" mechanism \
                            "</mechanism></mechanisms></stream:features>"
#define SCRAM_FEATURES FEATURES ("SCRAM-SHA-1")

/* What the server says, after each thing that it hears. In a challenge, %s stands for our nonce. */
typedef struct
{
  const char *features;
  const char *challenge; /* before base64; NULL: no such step */
  const char *last;
  int code;              /* what opening fails with */
  const char *says;      /* part of the message */
} Script;

static char *
hear (GSocketConnection *connection)
{
  char bytes[4096];
  gssize count = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                                      bytes, sizeof bytes, NULL, NULL);

  return g_strndup (bytes, MAX (count, 0));
}

static void
say (GSocketConnection *connection, const char *text)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), text,
                             strlen (text), NULL, NULL, NULL);
}

static char *
nonce_of (const char *auth)
{
  const char *start = strchr (auth, '>');
  const char *end = start != NULL ? strchr (start, '<') : NULL;
  g_autofree char *text = end != NULL ? g_strndup (start + 1, end - start - 1) : g_strdup ("");
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (text, &length);
  g_autofree char *message = g_strndup ((char *) bytes, length);
  const char *nonce = strstr (message, "r=");

  return g_strdup (nonce != NULL ? nonce + 2 : "");
}

static void
challenge (GSocketConnection *connection, const char *pattern, const char *nonce)
{
  g_auto (GStrv) parts = g_strsplit (pattern, "%s", -1);
  g_autofree char *text = g_strjoinv (nonce, parts);
  g_autofree char *encoded = g_base64_encode ((guchar *) text, strlen (text));
  g_autofree char *element = g_strdup_printf ("<challenge " SASL ">%s</challenge>", encoded);

  say (connection, element);
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
        gpointer user_data)
{
  const Script *script = user_data;
  g_autofree char *header = hear (connection);
  g_autofree char *auth = NULL;
  g_autofree char *response = NULL;
  g_autofree char *nonce = NULL;
  g_autofree char *rest = NULL;

  say (connection, script->features);
  auth = hear (connection);
  nonce = nonce_of (auth);
  if (script->challenge != NULL)
    {
      challenge (connection, script->challenge, nonce);
      response = hear (connection);
    }
  if (script->last != NULL)
    say (connection, script->last);
  do
    {
      g_free (rest);
      rest = hear (connection);
    }
  while (*rest != '\0');
  return TRUE;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  if (ismb_client_open_finish (ISMB_CLIENT (source), result, error))
    *error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "it was opened");
}

static gboolean
count_tick (gpointer data)
{
  ++*(guint *) data;
  return G_SOURCE_CONTINUE;
}

static void
on_ready (IsmbClient *client, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
run_script (const Script *script, gboolean tls, guint timeout)
{
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (2);
  guint port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
  IsmbClient *client = ismb_client_new_for_jid ("alice@switch.test", "secret");
  g_autoptr (GError) error = NULL;
  guint ticks = 0;
  guint ticker = g_timeout_add (5, count_tick, &ticks);

  g_signal_connect (service, "run", G_CALLBACK (on_run), (gpointer) script);
  g_signal_connect (client, "session-start", G_CALLBACK (on_ready), NULL);
  g_object_set (client, "server-host", "127.0.0.1", "server-port", port, "require-tls", tls,
                "connect-timeout", timeout, NULL);
  ismb_client_open_async (client, NULL, on_opened, &error);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (ticker);
  g_assert_error (error, ISMB_ERROR, script->code);
  if (script->says != NULL && strstr (error->message, script->says) == NULL)
    g_error ("'%s' does not say '%s'", error->message, script->says);
  if (script->code == ISMB_ERROR_TIMEOUT)
    g_assert_cmpuint (ticks, >, 0); /* the loop went on */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (client);
}

static void
test_script (gconstpointer data)
{
  run_script (data, FALSE, 15000);
}

static const struct
{
  const char *path;
  Script script;
} scripts[] = {
  { "/hostile-server/wrong-signature",
    { SCRAM_FEATURES, "r=%sxyz,s=c2FsdHNhbHQ=,i=4096",
      "<success " SASL ">dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE9</success>", ISMB_ERROR_UNTRUSTED,
      "signature is wrong" } },
  { "/hostile-server/no-signature",
    { SCRAM_FEATURES, "r=%sxyz,s=c2FsdHNhbHQ=,i=4096", "<success " SASL "/>", ISMB_ERROR_UNTRUSTED,
      "signature is missing" } },
  { "/hostile-server/success-in-disguise",
    { SCRAM_FEATURES, "r=%sxyz,s=c2FsdHNhbHQ=,i=4096",
      "<x:success xmlns:x='urn:x'><y " SASL "/></x:success>", ISMB_ERROR_UNTRUSTED,
      "signature is missing" } },
  { "/hostile-server/early-success",
    { SCRAM_FEATURES, NULL, "<success " SASL "/>", ISMB_ERROR_UNTRUSTED,
      "middle of the exchange" } },
  { "/hostile-server/foreign-nonce",
    { SCRAM_FEATURES, "r=xyz%s,s=c2FsdHNhbHQ=,i=4096", NULL, ISMB_ERROR_UNTRUSTED, "nonce" } },
  { "/hostile-server/same-nonce",
    { SCRAM_FEATURES, "r=%s,s=c2FsdHNhbHQ=,i=4096", NULL, ISMB_ERROR_UNTRUSTED, "nonce" } },
  { "/hostile-server/few-iterations",
    { SCRAM_FEATURES, "r=%sxyz,s=c2FsdHNhbHQ=,i=1", NULL, ISMB_ERROR_UNTRUSTED,
      "4096 to 100000" } },
  { "/hostile-server/many-iterations",
    { SCRAM_FEATURES, "r=%sxyz,s=c2FsdHNhbHQ=,i=1000000000", NULL, ISMB_ERROR_UNTRUSTED,
      "4096 to 100000" } },
  { "/hostile-server/extension",
    { SCRAM_FEATURES, "m=x,r=%sxyz,s=c2FsdHNhbHQ=,i=4096", NULL, ISMB_ERROR_UNTRUSTED,
      "extension" } },
  { "/hostile-server/plain-in-the-clear",
    { FEATURES ("PLAIN"), NULL, NULL, ISMB_ERROR_AUTH_FAILED, "keeps the password safe" } },
  { "/hostile-server/digest-md5",
    { FEATURES ("DIGEST-MD5"), NULL, NULL, ISMB_ERROR_AUTH_FAILED, "keeps the password safe" } },
  { "/hostile-server/message-before-authentication",
    { SCRAM_FEATURES, NULL, "<message><body>x</body></message>", ISMB_ERROR_UNTRUSTED, NULL } },
  { "/hostile-server/entities",
    { "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>", NULL, NULL, ISMB_ERROR_STREAM,
      "forbidden" } },
  { "/hostile-server/no-xmpp",
    { "HTTP/1.1 400 Bad Request\r\n\r\n", NULL, NULL, ISMB_ERROR_STREAM, "forbidden" } },
  { "/hostile-server/stream-error",
    { HEADER "<stream:error><host-unknown "
             "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
      NULL, NULL, ISMB_ERROR_STREAM, "host-unknown" } },
};

/* With TLS wanted: what comes in the clear */

static void
test_hangs_after_proceed (void)
{
  static const Script script = {
    HEADER "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    NULL, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", ISMB_ERROR_TIMEOUT, "TLS handshake"
  };

  run_script (&script, TRUE, 200);
}

static void
test_injects_behind_proceed (void)
{
  static const Script script = {
    HEADER "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    NULL, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:features/>", ISMB_ERROR_STREAM,
    "behind <proceed/>"
  };

  run_script (&script, TRUE, 15000);
}

static void
test_offers_no_tls (void)
{
  static const Script script = { SCRAM_FEATURES, NULL, NULL, ISMB_ERROR_STREAM, "no TLS" };

  run_script (&script, TRUE, 15000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    g_test_add_data_func (scripts[i].path, &scripts[i].script, test_script);
  g_test_add_func ("/hostile-server/hangs-after-proceed", test_hangs_after_proceed);
  g_test_add_func ("/hostile-server/injects-behind-proceed", test_injects_behind_proceed);
  g_test_add_func ("/hostile-server/offers-no-tls", test_offers_no_tls);
  return g_test_run ();
}
