/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that is connected and says nothing: only XEP-0199 notices. */
#include "config.h"

#include "ismb/client/ismb-plugin.h"
#include "tests/support/ismb-test-script.h"

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(guint *) user_data += 1;
}

static void
wait_for (guint *count, guint wanted)
{
  while (*count < wanted)
    g_main_context_iteration (NULL, TRUE);
}

static IsmbClient *
make_client (IsmbTestScript *script)
{
  IsmbClient *client = ismb_client_new_for_jid ("ann@switch.test", "secret");

  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (script), "require-tls", FALSE,
                "reconnect-delay", 50, NULL);
  return client;
}

static void
test_silent_server (void)
{
#define PING "<iq type='get' id='%id%'><ping xmlns='urn:xmpp:ping'/></iq>"
  static const char *const lines[] = { "login", "C* " PING,
                                       "S: <iq type='error' id='%id%'><error type='cancel'>"
                                       "<service-unavailable xmlns='urn:ietf:params:xml:ns:"
                                       "xmpp-stanzas'/></error></iq>",
                                       "C* " PING, "hold", "login", "wait", "end", NULL };
  g_autoptr (IsmbTestScript) script = ismb_test_script_new ("secret", lines);
  IsmbClient *client = make_client (script);
  guint started = 0, gone = 0;

  ismb_client_enable_plugin (
      client, "xep_0199",
      g_variant_new_parsed ("{'keepalive': <true>, 'interval': <1>, 'timeout': <1>}"), NULL);
  ismb_client_add_event_handler (client, "session_start", ISMB_EVENT_DEFAULT, on_event, &started,
                                 NULL);
  ismb_client_add_event_handler (client, "disconnected", ISMB_EVENT_DEFAULT, on_event, &gone, NULL);
  ismb_client_open_async (client, NULL, NULL, NULL);
  wait_for (&started, 2);
  g_assert_cmpuint (gone, ==, 1);
  g_assert_cmpuint (ismb_test_script_count_connections (script), ==, 2);
  ismb_client_disable_plugin (client, "xep_0199");
  ismb_client_close (client);
  ismb_test_script_go (script);
  wait_for (&gone, 2);
  g_object_unref (client);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keepalive/silent-server", test_silent_server);
  return g_test_run ();
}
