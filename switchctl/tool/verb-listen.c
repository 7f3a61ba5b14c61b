/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <glib-unix.h>
#include <stdio.h>

#include "switchctl/tool/bus.h"
#include "switchctl/tool/output.h"

typedef struct
{
  gboolean json;
  gboolean done;
  gboolean lost;
  int left;      /* messages still to print; below 0: no end */
} Listen;

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static void
print_json (IsmbMessage *message, const char *from)
{
  GVariantBuilder object;

  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "from", g_variant_new_string (from));
  g_variant_builder_add (
      &object, "{sv}", "type",
      g_variant_new_string (ismb_stanza_get_stanza_type (ISMB_STANZA (message))));
  g_variant_builder_add (&object, "{sv}", "subject",
                         g_variant_new_string (or_empty (ismb_message_get_subject (message))));
  g_variant_builder_add (&object, "{sv}", "body",
                         g_variant_new_string (or_empty (ismb_message_get_body (message))));
  output_json (g_variant_builder_end (&object), FALSE);
}

static void
print_text (IsmbMessage *message, const char *from)
{
  const char *subject = ismb_message_get_subject (message);
  g_autofree char *safe_subject = subject != NULL ? output_escape (subject) : NULL;

  g_print ("%s%s%s\n", from, subject != NULL ? ": " : "", subject != NULL ? safe_subject : "");
  output_text (or_empty (ismb_message_get_body (message)), "  ");
}

static void
on_message (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Listen *listen = user_data;
  IsmbMessage *message = ISMB_MESSAGE (payload);
  IsmbJid *jid = ismb_stanza_get_from_jid (ISMB_STANZA (message));
  g_autofree char *from = output_escape (jid != NULL ? ismb_jid_get_full (jid) : "");

  if (listen->json)
    print_json (message, from);
  else
    print_text (message, from);
  fflush (stdout);
  if (listen->left > 0 && --listen->left == 0)
    listen->done = TRUE;
}

static void
on_disconnected (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Listen *listen = user_data;

  listen->lost = !listen->done;   /* else it is our own leaving */
  listen->done = TRUE;
}

static gboolean
on_signal (gpointer user_data)
{
  Listen *listen = user_data;

  listen->done = TRUE;
  return G_SOURCE_CONTINUE;
}

ToolExit
tool_verb_listen (Tool *tool, int argc, char **argv)
{
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  Listen listen = { .json = tool->json, .left = -1 };
  IsmbClient *client;
  const GOptionEntry entries[] = {
    { "as", 0, 0, G_OPTION_ARG_STRING, &name, "the name to be found under; gone when this ends",
      "NAME" },
    { "count", 0, 0, G_OPTION_ARG_INT, &listen.left, "leave after N messages", "N" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "",
                   "Prints the messages that arrive, till interrupted."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage ("listen", "[--as NAME]");
  client = bus_open (tool, name, &error);
  if (client == NULL)
    return tool_fail (error);
  ismb_client_add_event_handler (client, "message", ISMB_EVENT_DEFAULT, on_message, &listen, NULL);
  ismb_client_add_event_handler (client, "disconnected",
                                 ISMB_EVENT_DEFAULT, on_disconnected, &listen, NULL);
  g_unix_signal_add (SIGINT, on_signal, &listen);
  g_unix_signal_add (SIGTERM, on_signal, &listen);
  if (!ismb_client_send_presence (client, NULL, NULL, &error))
    return tool_fail (error);
  g_printerr ("listening as %s\n", ismb_jid_get_full (ismb_client_get_bound_jid (client)));
  bus_wait (&listen.done, 0);
  bus_close (client);
  if (listen.lost)
    g_printerr ("switchctl: the daemon closed the stream\n");
  return listen.lost ? TOOL_EXIT_FAILED : TOOL_EXIT_OK;
}
