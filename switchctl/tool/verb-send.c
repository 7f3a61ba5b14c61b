/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "switchctl/tool/bus.h"
#include "switchctl/tool/output.h"

#define WORDS "JID BODY"

static void
on_bounce (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  char **reason = user_data;

  if (!ismb_stanza_is_error (ISMB_STANZA (payload)) || *reason != NULL)
    return;
  *reason = ismb_stanza_get_error_text (ISMB_STANZA (payload));
  if (*reason == NULL)
    *reason = ismb_stanza_get_error_condition (ISMB_STANZA (payload));
}

/* A message is not answered, but what goes to one domain stays in order (RFC 6120, 10.1): when that domain
 * has answered a ping sent behind the message, a bounce would have been here before. */
static void
wait_for_bounce (IsmbClient *client, IsmbJid *to)
{
  g_autoptr (IsmbJid) domain = ismb_jid_new (ismb_jid_get_domain (to), NULL);
  g_autoptr (IsmbIq) ping = ismb_iq_new (domain, "get");
  g_autoptr (IsmbIq) answer = NULL;

  ismb_iq_add_payload (ping, "ping", ISMB_NS_PING);
  answer = bus_ask (client, ping, 20000, NULL);
}

static ToolExit
send_message (Tool *tool, IsmbJid *to, const char *body, const char *subject, const char *type)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  IsmbClient *client = bus_open (tool, NULL, &error);
  gboolean sent;

  if (client == NULL)
    return tool_fail (error);
  ismb_client_add_event_handler (client, "message", on_bounce, &reason, NULL);
  ismb_client_add_event_handler (client, "message_error", on_bounce, &reason, NULL);
  sent = ismb_client_send_message (client, ismb_jid_get_full (to), body, subject, type, &error);
  if (sent)
    wait_for_bounce (client, to);
  bus_close (client);
  if (!sent)
    return tool_fail (error);
  if (reason == NULL)
    return TOOL_EXIT_OK;
  g_printerr ("switchctl: %s was not reached: ", ismb_jid_get_full (to));
  g_printerr ("%s\n", reason);
  return TOOL_EXIT_FAILED;
}

ToolExit
tool_verb_send (Tool *tool, int argc, char **argv)
{
  g_autofree char *subject = NULL;
  g_autofree char *type = NULL;
  g_autoptr (IsmbJid) to = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "subject", 0, 0, G_OPTION_ARG_STRING, &subject, "the message's subject", "S" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &type, "normal (the default), chat, headline", "T" },
    { NULL },
  };

  if (!tool_parse (&argc, &argv, entries, WORDS,
                   "Sends a message to an address, e.g. example@sw2.001122. Exit code 1, with the reason, where it\n"
                   "comes back."))
    return TOOL_EXIT_USAGE;
  if (argc != 3)
    return tool_usage ("send", WORDS);
  if (type != NULL && !g_strv_contains ((const char *const[]) { "normal", "chat", "headline", NULL }, type))
    {
      g_printerr ("switchctl: --type is normal, chat or headline, not “%s”\n", type);
      return TOOL_EXIT_USAGE;
    }
  to = ismb_jid_new (argv[1], &error);
  if (to == NULL)
    {
      g_printerr ("switchctl: %s\n", error->message);
      return TOOL_EXIT_USAGE;
    }
  return send_message (tool, to, argv[2], subject, type);
}
