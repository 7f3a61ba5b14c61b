/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of docs/first-client.md: says that it is here to its counterparts on all switches, and prints what they
 * say, until it is interrupted. Build: cc first-client.c $(pkg-config --cflags --libs ismb-1) */
#include <ismb/ismb.h>

G_DECLARE_FINAL_TYPE (ExampleClient, example_client, EXAMPLE, CLIENT, IsmbClient)
struct _ExampleClient { IsmbClient parent_instance; };
G_DEFINE_FINAL_TYPE (ExampleClient, example_client, ISMB_TYPE_CLIENT)

static void
example_client_session_start (IsmbClient *client)
{
  g_autoptr (GHashTable) peers = ismb_client_get_peer_domains (client, FALSE);
  GHashTableIter iter;
  gpointer domain;

  ismb_client_send_presence (client, NULL, NULL, NULL);
  g_hash_table_iter_init (&iter, peers);
  while (g_hash_table_iter_next (&iter, &domain, NULL))
    {
      g_autofree char *address = g_strdup_printf ("example@%s", (char *) domain);

      ismb_client_send_message (client, address, "I am here", NULL, "chat", NULL);
    }
}

static void
example_client_message (IsmbClient *client, IsmbMessage *message)
{
  g_print ("%s: %s\n", ismb_jid_get_bare (ismb_stanza_get_from_jid (ISMB_STANZA (message))),
           ismb_message_get_body (message));
}

static void
example_client_class_init (ExampleClientClass *klass)
{
  ISMB_CLIENT_CLASS (klass)->session_start = example_client_session_start;
  ISMB_CLIENT_CLASS (klass)->message = example_client_message;
}

static void
example_client_init (ExampleClient *self)
{
}

static void
on_opened (GObject *client, GAsyncResult *result, gpointer loop)
{
  g_autoptr (GError) error = NULL;

  if (ismb_client_open_finish (ISMB_CLIENT (client), result, &error))
    return;
  g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (IsmbClient) client = g_object_new (example_client_get_type (), "name", "example",
                                                "password", "secret", NULL);

  ismb_client_open_async (client, NULL, on_opened, loop);
  g_main_loop_run (loop);
}
