/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that are not who they should be, or fall silent, and what IsmbClient makes of them. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "tests/support/ismb-test-script.h"

#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define MECHANISM(name)                                                                            \
  "features <mechanisms " SASL "><mechanism>" name "</mechanism></mechanisms>"
#define SCRAM MECHANISM ("SCRAM-SHA-1")
#define TLS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"

typedef struct
{
  int code;         /* what opening fails with */
  const char *says; /* part of the message */
  const char *lines[9];
} Script;

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
check (const Script *script, GError *error, guint ticks)
{
  g_assert_error (error, ISMB_ERROR, script->code);
  if (script->says != NULL && strstr (error->message, script->says) == NULL)
    g_error ("'%s' does not say '%s'", error->message, script->says);
  if (script->code == ISMB_ERROR_TIMEOUT)
    g_assert_cmpuint (ticks, >, 0); /* the loop went on */
}

static void
run_script (const Script *script, gboolean tls, guint timeout)
{
  g_autoptr (IsmbTestScript) server = ismb_test_script_new ("secret", script->lines);
  IsmbClient *client = ismb_client_new_for_jid ("alice@switch.test", "secret");
  g_autoptr (GError) error = NULL;
  guint ticks = 0;
  guint ticker = g_timeout_add (5, count_tick, &ticks);

  g_signal_connect (client, "session-start", G_CALLBACK (on_ready), NULL);
  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (server), "require-tls", tls, "connect-timeout",
                timeout, "auto-reconnect", FALSE, NULL);
  ismb_client_open_async (client, NULL, on_opened, &error);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (ticker);
  check (script, error, ticks);
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
    { ISMB_ERROR_UNTRUSTED,
      "signature is wrong",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=4096", "response",
        "success v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "hold" } } },
  { "/hostile-server/no-signature",
    { ISMB_ERROR_UNTRUSTED,
      "signature is missing",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=4096", "response",
        "success", "hold" } } },
  { "/hostile-server/success-in-disguise",
    { ISMB_ERROR_UNTRUSTED,
      "signature is missing",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=4096", "response",
        "S: <x:success xmlns:x='urn:x'><y " SASL "/></x:success>", "hold" } } },
  { "/hostile-server/early-success",
    { ISMB_ERROR_UNTRUSTED,
      "middle of the exchange",
      { "header", SCRAM, "auth", "success", "hold" } } },
  { "/hostile-server/foreign-nonce",
    { ISMB_ERROR_UNTRUSTED,
      "nonce",
      { "header", SCRAM, "auth", "challenge r=xyz%nonce%,s=c2FsdHNhbHQ=,i=4096", "hold" } } },
  { "/hostile-server/same-nonce",
    { ISMB_ERROR_UNTRUSTED,
      "nonce",
      { "header", SCRAM, "auth", "challenge r=%nonce%,s=c2FsdHNhbHQ=,i=4096", "hold" } } },
  { "/hostile-server/few-iterations",
    { ISMB_ERROR_UNTRUSTED,
      "4096 to 100000",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=1", "hold" } } },
  { "/hostile-server/many-iterations",
    { ISMB_ERROR_UNTRUSTED,
      "4096 to 100000",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=1000000000", "hold" } } },
  { "/hostile-server/iterations-twice",
    { ISMB_ERROR_UNTRUSTED,
      "malformed",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,s=c2FsdHNhbHQ=,i=4096,i=1000000000",
        "hold" } } },
  { "/hostile-server/fields-out-of-order",
    { ISMB_ERROR_UNTRUSTED,
      "malformed",
      { "header", SCRAM, "auth", "challenge r=%nonce%xyz,i=4096,s=c2FsdHNhbHQ=", "hold" } } },
  { "/hostile-server/challenge-in-pieces",
    { ISMB_ERROR_UNTRUSTED,
      "malformed",
      { "header", SCRAM, "auth", "S: <challenge " SASL ">cj14<x/>eHl6</challenge>", "hold" } } },
  { "/hostile-server/challenge-with-padding-inside",
    { ISMB_ERROR_UNTRUSTED,
      "malformed",
      { "header", SCRAM, "auth", "S: <challenge " SASL ">cj0=eHl6</challenge>", "hold" } } },
  { "/hostile-server/extension",
    { ISMB_ERROR_UNTRUSTED,
      "extension",
      { "header", SCRAM, "auth", "challenge m=x,r=%nonce%xyz,s=c2FsdHNhbHQ=,i=4096", "hold" } } },
  { "/hostile-server/plain-in-the-clear",
    { ISMB_ERROR_AUTH_FAILED,
      "keeps the password safe",
      { "header", MECHANISM ("PLAIN"), "hold" } } },
  { "/hostile-server/digest-md5",
    { ISMB_ERROR_AUTH_FAILED,
      "keeps the password safe",
      { "header", MECHANISM ("DIGEST-MD5"), "hold" } } },
  { "/hostile-server/message-before-authentication",
    { ISMB_ERROR_UNTRUSTED,
      NULL,
      { "header", SCRAM, "auth", "S: <message><body>x</body></message>", "hold" } } },
  { "/hostile-server/entities",
    { ISMB_ERROR_STREAM,
      "forbidden",
      { "greeted", "S: <?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>", "hold" } } },
  { "/hostile-server/no-xmpp",
    { ISMB_ERROR_STREAM,
      "forbidden",
      { "greeted", "S: HTTP/1.1 400 Bad Request\r\n\r\n", "hold" } } },
  { "/hostile-server/stream-error",
    { ISMB_ERROR_STREAM,
      "host-unknown",
      { "header",
        "S: <stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>",
        "hold" } } },
};

/* The scripted server does everything right: what refuses the others is not the script. */
static void
test_honest (void)
{
  static const char *const lines[] = { "starttls", "login", "closed", NULL };
  g_autoptr (IsmbTestScript) server = ismb_test_script_new ("secret", lines);
  IsmbClient *client = ismb_client_new_for_jid ("alice@switch.test", "secret");
  g_autoptr (GError) error = NULL;

  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (server), "ca-file",
                ismb_test_script_get_ca_file (server), "auto-reconnect", FALSE, NULL);
  ismb_client_open_async (client, NULL, on_opened, &error);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED); /* that is: it was opened */
  ismb_client_close (client);
  g_assert_true (ismb_test_script_finish (server));
  g_object_unref (client);
}

/* With TLS wanted: what comes in the clear */

static void
test_hangs_after_proceed (void)
{
  static const Script script = { ISMB_ERROR_TIMEOUT,
                                 "TLS handshake",
                                 { "header", "features <starttls " TLS "/>", "C: <starttls/>",
                                   "S: <proceed " TLS "/>", "wait" } };

  run_script (&script, TRUE, 200);
}

static void
test_injects_behind_proceed (void)
{
  static const Script script = { ISMB_ERROR_STREAM,
                                 "behind <proceed/>",
                                 { "header", "features <starttls " TLS "/>", "C: <starttls/>",
                                   "S: <proceed " TLS "/><stream:features/>", "hold" } };

  run_script (&script, TRUE, 15000);
}

static void
test_offers_no_tls (void)
{
  static const Script script = { ISMB_ERROR_STREAM, "no TLS", { "header", SCRAM, "hold" } };

  run_script (&script, TRUE, 15000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    g_test_add_data_func (scripts[i].path, &scripts[i].script, test_script);
  g_test_add_func ("/hostile-server/honest", test_honest);
  g_test_add_func ("/hostile-server/hangs-after-proceed", test_hangs_after_proceed);
  g_test_add_func ("/hostile-server/injects-behind-proceed", test_injects_behind_proceed);
  g_test_add_func ("/hostile-server/offers-no-tls", test_offers_no_tls);
  return g_test_run ();
}
