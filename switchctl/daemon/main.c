/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld"

#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "switchctl/daemon/config-reader.h"
#include "switchctl/daemon/control-bus.h"
#include "switchctl/daemon/footprint.h"
#include "switchctl/daemon/log.h"
#include "switchctl/daemon/manager.h"
#include "switchctl/daemon/notify.h"

#define EXIT_USAGE 2

#define LAST_TURNS 100 /* of the main loop, after all is stopped */

typedef struct
{
  char *config;
  gboolean check;
  gboolean version;
} Options;

static void
complain (const GError *error)
{
  g_printerr ("switchctld: %s\n", error->message);
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
      "Configuration (" ISMB_SYSCONFDIR "/switchctld.conf)", "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Check the configuration and leave",
      NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and leave", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (
      context, "The messaging bus of a switch: a listener and discovery for each virtual "
               "router, and Switch Control.");
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("switchctld: %s; see switchctld --help\n", error->message);
      return FALSE;
    }
  if (*argc == 1)
    return TRUE;
  g_printerr ("switchctld: unexpected argument %s: see switchctld --help\n", (*argv)[1]);
  return FALSE;
}

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup (gpointer user_data)
{
  switch_manager_reload (user_data);
  return G_SOURCE_CONTINUE;
}

/* Until a signal ends it. */
static void
serve (SwitchManager *manager)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint term = g_unix_signal_add (SIGTERM, on_signal, loop);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, loop);
  guint hangup = g_unix_signal_add (SIGHUP, on_hangup, manager);
  guint watchdog = switch_notify_watchdog ();

  switch_footprint_reduce_later ();
  switch_notify ("READY=1");
  g_main_loop_run (loop);
  switch_notify ("STOPPING=1");
  g_source_remove (term);
  g_source_remove (interrupt);
  g_source_remove (hangup);
  g_clear_handle_id (&watchdog, g_source_remove);
}

/* What was said at the end lies in the streams' queues; it goes out with the next turns. Whoever
 * does not take it is not waited for. */
static void
flush_last_words (void)
{
  for (guint i = 0; i < LAST_TURNS && g_main_context_iteration (NULL, FALSE); i++)
    ;
}

static int
run (const SwitchConfig *config)
{
  g_autoptr (SwitchManager) manager = NULL;
  g_autoptr (SwitchControlBus) bus = NULL;
  g_autoptr (GError) error = NULL;

  manager = switch_manager_new (config, &error);
  /* Before the virtual routers, since Switch Control calls it; it answers once the loop runs. */
  if (manager != NULL)
    bus = switch_control_bus_new (manager, &error);
  if (bus == NULL || !switch_manager_start (manager, &error))
    {
      complain (error);
      return EXIT_FAILURE;
    }
  g_message ("%s is up", switch_manager_get_domain (manager));
  serve (manager);
  switch_manager_stop (manager);
  switch_control_bus_stop (bus);
  flush_last_words ();
  g_message ("%s is down", switch_manager_get_domain (manager));
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_autoptr (SwitchConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Options options = { NULL };

  setlocale (LC_CTYPE, "");
  if (!parse_options (&options, &argc, &argv))
    {
      g_free (options.config);
      return EXIT_USAGE;
    }
  path = options.config;
  if (options.version)
    {
      g_print ("switchctld %s\n", ISMB_VERSION);
      return EXIT_SUCCESS;
    }
  config = switch_config_load (path, &error);
  if (config == NULL)
    {
      complain (error);
      return EXIT_USAGE;
    }
  if (options.check)
    {
      g_print ("switchctld: the configuration is good\n");
      return EXIT_SUCCESS;
    }
  /* A stream that broke is an error of its write, not the end of the daemon. */
  signal (SIGPIPE, SIG_IGN);
  umask (022);
  switch_log_open (config->log_level);
  return run (config);
}
