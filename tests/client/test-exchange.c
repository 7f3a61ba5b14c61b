/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes to a server that takes nothing. */
#include "config.h"
#include "ismb/client/ismb-exchange.h"

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

/* Its questions are answered as long as it takes the answers. */
static void
test_asks_and_does_not_listen (void)
{
  static const IsmbExchangeCallbacks callbacks = { on_event, on_is_heard, NULL, NULL, NULL };
  static const IsmbSession session = { .offers_sm = TRUE };
  g_autoptr (PumpLab) lab = pump_lab_new (FALSE);
  g_autoptr (IsmbExchange) exchange = NULL;

  pump_lab_sign_in (lab);
  exchange = ismb_exchange_new (lab->channel, &callbacks, NULL);
  ismb_exchange_open (exchange, &session, TRUE, 0);
  say (exchange, "<enabled xmlns='" ISMB_NS_SM "'/>");
  pump_lab_settle (lab);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/asks-and-does-not-listen", test_asks_and_does_not_listen);
  return g_test_run ();
}
