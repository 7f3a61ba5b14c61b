/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes to a server that takes nothing. */
#include "config.h"
#include "ismb/client/ismb-exchange.h"

#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"
#include "tests/stream/pump-lab.h"

static void
on_event (const char *event, gpointer payload, gpointer user_data)
{
}

static gboolean
on_is_heard (const char *event, gpointer user_data)
{
  return FALSE;
}

static void
say (IsmbExchange *exchange, const char *text)
{
  g_autoptr (IsmbTree) tree = ismb_tree_read (text, -1, ISMB_NS_CLIENT, NULL);

  g_assert_false (ismb_exchange_take (exchange, tree));
}

static IsmbExchange *
open_exchange (PumpLab *lab)
{
  static const IsmbExchangeCallbacks callbacks = { on_event, on_is_heard, NULL, NULL, NULL };
  static const IsmbSession session = { .offers_sm = TRUE };
  IsmbExchange *exchange;

  pump_lab_sign_in (lab);
  exchange = ismb_exchange_new (lab->channel, &callbacks, NULL);
  ismb_exchange_open (exchange, &session, TRUE, 0);
  say (exchange, "<enabled xmlns='" ISMB_NS_SM "'/>");
  pump_lab_settle (lab);
  return exchange;
}

/* Its questions are answered as long as it takes the answers. */
static void
test_asks_and_does_not_listen (void)
{
  g_autoptr (PumpLab) lab = pump_lab_new (FALSE);
  g_autoptr (IsmbExchange) exchange = open_exchange (lab);

  lab->to_server.credit = 0;
  for (guint i = 0; i < 50000; i++)
    say (exchange, "<r xmlns='" ISMB_NS_SM "'/>");
  g_assert_cmpuint (ismb_channel_get_queued (lab->channel), <, 100 * 1000);
  lab->to_server.credit = G_MAXSIZE;
  pump_lab_settle (lab);
  g_assert_cmpuint (ismb_channel_get_queued (lab->channel), ==, 0);
  g_string_truncate (lab->heard, 0);
  say (exchange, "<r xmlns='" ISMB_NS_SM "'/>");
  pump_lab_wait_to_hear (lab, "<a xmlns='" ISMB_NS_SM "' h='0'/>");
}

static void
put_message (IsmbExchange *exchange)
{
  g_autoptr (IsmbJid) to = ismb_jid_new ("bob@switch.test", NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (to, "pong");
  g_autoptr (GError) error = NULL;

  ismb_exchange_put (exchange, ISMB_STANZA (message), g_string_new ("<message/>"), &error);
  g_assert_no_error (error);
}

/* It asks behind each message, whose handler has just answered: whenever it does, something waits to
 * be written. */
static void
test_asks_while_something_waits (void)
{
  g_autoptr (PumpLab) lab = pump_lab_new (FALSE);
  g_autoptr (IsmbExchange) exchange = open_exchange (lab);

  for (guint i = 0; i < 3000; i++)
    {
      put_message (exchange);
      say (exchange, "<r xmlns='" ISMB_NS_SM "'/>");
      pump_lab_wait_to_hear (lab, "<a xmlns='" ISMB_NS_SM "' h='0'/>");
      g_string_truncate (lab->heard, 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/asks-and-does-not-listen", test_asks_and_does_not_listen);
  g_test_add_func ("/exchange/asks-while-something-waits", test_asks_while_something_waits);
  return g_test_run ();
}
