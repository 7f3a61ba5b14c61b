/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When and where the next attempt is made. */
#include "config.h"
#include "ismb/client/ismb-retries.h"

static const IsmbConnectionConfig config = { .server_jid = "alice@switch.test",
                                             .auto_reconnect = TRUE,
                                             .reconnect_delay = 1000,
                                             .reconnect_max_delay = 60000 };

/* A server that sends us elsewhere as soon as we are signed in, and that one back again. */
static void
test_circle (gconstpointer data)
{
  gboolean held = data != NULL;
  IsmbRetries retries = { { 0 } };
  guint at_once = 0;

  for (guint i = 0; i < 20; i++)
    {
      ismb_retries_note_session (&retries);
      if (held)
        retries.started_at -= 3600 * (gint64) G_USEC_PER_SEC;
      if (ismb_retries_follow (&retries, "other.test")
          && ismb_retries_next (&retries, &config, TRUE) == 1)
        at_once++;
    }
  g_assert_cmpuint (at_once, ==, held ? 20 : 5);
  ismb_retries_clear (&retries);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/retries/circle", NULL, test_circle);
  g_test_add_data_func ("/retries/long-sessions", "held", test_circle);
  return g_test_run ();
}
