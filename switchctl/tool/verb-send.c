/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "switchctl/tool/bus.h"
#include "switchctl/tool/output.h"

#define WORDS "JID BODY"

typedef struct
{
  Tool *tool;
  IsmbJid *to;
  gboolean wants_answer;
  gboolean done;       /* the answer or the bounce came */
  gboolean well;
  gboolean waits;      /* nothing came, as its domain cannot be reached now */
} Send;

static char *
reason_of (IsmbStanza *message)
{
  char *text = ismb_stanza_get_error_text (message);

  return text != NULL ? text : ismb_stanza_get_error_condition (message);
}

/* What a person may do about it. */
static const char *
advice_for (Send *send, IsmbStanza *message)
{
  g_autofree char *condition = ismb_stanza_get_error_condition (message);

  if (g_strcmp0 (condition, "remote-server-not-found") == 0)
    return ismb_jid_get_local (send->to) == NULL
               ? "; write NAME@DOMAIN, with a domain of `switchctl peers`"
               : "; `switchctl peers` lists the domains that are";
  if (g_strcmp0 (condition, "service-unavailable") == 0)
    return "; nobody of that name is there, or no more can wait for it";
  return "";
}

static void
print_answer (Send *send, IsmbMessage *message)
{
  const char *body = ismb_message_get_body (message);
  GVariantBuilder object;

  if (!send->tool->json)
    {
      output_text (body != NULL ? body : "", "");
      return;
    }
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &object, "{sv}", "from",
      g_variant_new_string (ismb_jid_get_full (ismb_stanza_get_from_jid (ISMB_STANZA (message)))));
  g_variant_builder_add (
      &object, "{sv}", "type",
      g_variant_new_string (ismb_stanza_get_stanza_type (ISMB_STANZA (message))));
  g_variant_builder_add (&object, "{sv}", "body", g_variant_new_string (body != NULL ? body : ""));
  output_json (g_variant_builder_end (&object), FALSE);
}

/* A bounce has no body of its own; an answer has one, also where it tells of an error. */
static void
on_message (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Send *send = user_data;
  IsmbStanza *message = ISMB_STANZA (payload);
  IsmbJid *from = ismb_stanza_get_from_jid (message);
  gboolean is_error = ismb_stanza_is_error (message);

  if (send->done || from == NULL ||
      g_strcmp0 (ismb_jid_get_bare (from), ismb_jid_get_bare (send->to)) != 0)
    return;
  if (send->wants_answer && ismb_message_get_body (ISMB_MESSAGE (message)) != NULL)
    print_answer (send, ISMB_MESSAGE (message));
  else if (is_error)
    {
      g_autofree char *reason = reason_of (message);

      g_printerr ("switchctl: %s was not reached: %s%s\n", ismb_jid_get_full (send->to),
                  reason != NULL ? reason : "", advice_for (send, message));
    }
  else
    return;
  send->done = TRUE;
  send->well = !is_error;
}

/* Of the domain's own: it need not know what a ping is. */
static gboolean
is_answer (const GError *error)
{
  return error->domain == ISMB_STANZA_ERROR
         && error->code != ISMB_STANZA_ERROR_REMOTE_SERVER_NOT_FOUND
         && error->code != ISMB_STANZA_ERROR_REMOTE_SERVER_TIMEOUT;
}

/* A message is not answered, but what goes to one domain stays in order (RFC 6120, 10.1): when that
 * domain has answered a ping sent behind the message, a bounce would have been here before. Where
 * nobody can be asked the message waits for longer than we do. */
static void
wait_for_bounce (Send *send, IsmbClient *client)
{
  g_autoptr (IsmbJid) domain = ismb_jid_new (ismb_jid_get_domain (send->to), NULL);
  g_autoptr (IsmbIq) ping = ismb_iq_new (domain, "get");
  g_autoptr (IsmbIq) answer = NULL;
  g_autoptr (GError) error = NULL;

  ismb_iq_set_payload (ping, "ping", ISMB_NS_PING);
  answer = bus_ask (client, ping, 20000, &error);
  send->waits = !send->done && answer == NULL && !is_answer (error);
  if (send->waits)
    g_printerr ("switchctl: %s cannot be reached now (%s): the message waits, and arrives if that "
                "changes soon\n", ismb_jid_get_domain (send->to), error->message);
}

static ToolExit
send_message (Send *send, const char *body, const char *subject, const char *type, int seconds)
{
  g_autoptr (GError) error = NULL;
  IsmbClient *client = bus_open (send->tool, NULL, &error);
  gboolean sent;

  if (client == NULL)
    return tool_fail (error);
  ismb_client_add_event_handler (client, "message", ISMB_EVENT_DEFAULT, on_message, send, NULL);
  ismb_client_add_event_handler (client, "message_error",
                                 ISMB_EVENT_DEFAULT, on_message, send, NULL);
  sent =
      ismb_client_send_message (client, ismb_jid_get_full (send->to), body, subject, type, &error);
  if (sent && !send->wants_answer)
    wait_for_bounce (send, client);
  else if (sent && !bus_wait (&send->done, seconds * 1000))
    g_printerr ("switchctl: no answer from %s within %d s\n", ismb_jid_get_full (send->to),
                seconds);
  bus_close (client);
  if (!sent)
    return tool_fail (error);
  if (send->done)
    return send->well ? TOOL_EXIT_OK : TOOL_EXIT_FAILED;
  return send->wants_answer || send->waits ? TOOL_EXIT_FAILED : TOOL_EXIT_OK;
}

ToolExit
tool_verb_send (Tool *tool, int argc, char **argv)
{
  g_autofree char *subject = NULL;
  g_autofree char *type = NULL;
  g_autoptr (IsmbJid) to = NULL;
  g_autoptr (GError) error = NULL;
  Send send = { .tool = tool };
  int seconds = 30;
  const GOptionEntry entries[] = {
    { "subject", 0, 0, G_OPTION_ARG_STRING, &subject, "the message's subject", "S" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &type, "normal (the default), chat, headline", "T" },
    { "answer", 0, 0, G_OPTION_ARG_NONE, &send.wants_answer, "wait for the answer, and print it",
      NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &seconds, "how long to wait for it (30)", "SECONDS" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Sends a message to an address, e.g. example@sw2.001122. Exit code 1 where it "
                   "comes back, with the\n"
                   "reason, where its switch cannot be reached now, or where the answer tells of "
                   "an error."))
    return TOOL_EXIT_USAGE;
  if (argc != 3 || seconds < 1 || seconds > 86400)
    return tool_usage ("send", WORDS);
  if (type != NULL &&
      !g_strv_contains ((const char *const[]){ "normal", "chat", "headline", NULL }, type))
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
  send.to = to;
  return send_message (&send, argv[2], subject, type, seconds);
}
