/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <glib-unix.h>
#include <stdio.h>

#include "switchctl/tool/bus.h"
#include "switchctl/tool/output.h"

#define WORDS "NAME"
#define PAGE 500

/* What is asked for. */
typedef struct
{
  gboolean follow, bodies, list, remove, clear;
  int kilobytes;
} Wish;

/* A look at a trace. */
typedef struct
{
  IsmbDBusLog1 *log;
  const char *name;
  gboolean json;
  guint64 last;       /* sequence that was printed; 0: none yet */
  gboolean done;
  ToolExit code;
  GCancellable *cancellable;
} Look;

static char *
write_time (gint64 time)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_local (time / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (seconds, "%F %T");

  return g_strdup_printf ("%s.%06d", text, (int) (time % G_USEC_PER_SEC));
}

static void
print_json (guint64 sequence, gint64 time, const char *level, const char *module, const char *text)
{
  GVariantBuilder object;

  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "sequence", g_variant_new_uint64 (sequence));
  g_variant_builder_add (&object, "{sv}", "time", g_variant_new_int64 (time));
  g_variant_builder_add (&object, "{sv}", "level", g_variant_new_string (level));
  g_variant_builder_add (&object, "{sv}", "module", g_variant_new_string (module));
  g_variant_builder_add (&object, "{sv}", "text", g_variant_new_string (text));
  output_json (g_variant_builder_end (&object), FALSE);
}

static void
print_text (gint64 time, const char *level, const char *module, const char *text)
{
  g_autofree char *when = write_time (time);
  g_autofree char *who = output_escape (module);
  g_autofree char *safe = output_escape (text);

  g_print ("%s %-8s %s: %s\n", when, level, who, safe);
}

/* Of what was there before the first that is printed nobody asked. */
static void
note_lost (Look *look, guint64 sequence)
{
  if (look->last > 0 && sequence > look->last + 1)
    g_printerr ("switchctl: %" G_GUINT64_FORMAT " fell out of the buffer: --size makes it larger\n",
                sequence - look->last - 1);
}

/* Returns how many there were. */
static gsize
print_entries (Look *look, GVariant *entries)
{
  const char *level, *module, *text;
  GVariantIter iter;
  guint64 sequence;
  gint64 time;

  g_variant_iter_init (&iter, entries);
  while (g_variant_iter_next (&iter, "(tx&s&s&s)", &sequence, &time, &level, &module, &text))
    {
      note_lost (look, sequence);
      look->last = sequence;
      if (look->json)
        print_json (sequence, time, level, module, text);
      else
        print_text (time, level, module, text);
    }
  fflush (stdout);
  return g_variant_n_children (entries);
}

static GVariant *
make_options (gboolean wait)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "most", "u", PAGE);
  g_variant_dict_insert (&options, "wait", "b", wait);
  return g_variant_dict_end (&options);
}

static gboolean
print_all (Look *look, GError **error)
{
  gsize count = PAGE;

  while (count == PAGE)
    {
      g_autoptr (GVariant) entries = NULL;

      if (!ismb_dbus_log1_call_read_trace_sync (look->log, look->name, look->last,
                                                make_options (FALSE), &entries, NULL, error))
        return FALSE;
      count = print_entries (look, entries);
    }
  return TRUE;
}

/* Following */

static void wait_for_more (Look *look);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Look *look = user_data;
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;

  if (ismb_dbus_log1_call_read_trace_finish (look->log, &entries, result, &error))
    {
      print_entries (look, entries);
      wait_for_more (look);
      return;
    }
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    look->code = tool_fail (error);
  look->done = TRUE;
}

static void
wait_for_more (Look *look)
{
  ismb_dbus_log1_call_read_trace (look->log, look->name, look->last, make_options (TRUE),
                                  look->cancellable, on_read, look);
}

static gboolean
on_signal (gpointer user_data)
{
  Look *look = user_data;

  g_cancellable_cancel (look->cancellable);
  return G_SOURCE_CONTINUE;
}

static ToolExit
follow (Look *look)
{
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, look);
  guint term = g_unix_signal_add (SIGTERM, on_signal, look);

  look->cancellable = g_cancellable_new ();
  wait_for_more (look);
  bus_wait (&look->done, 0);
  g_source_remove (interrupt);
  g_source_remove (term);
  g_object_unref (look->cancellable);
  return look->code;
}

static gboolean
create (Look *look, const Wish *wish, GError **error)
{
  GVariantDict options;
  gboolean created = FALSE;

  g_variant_dict_init (&options, NULL);
  if (wish->bodies)
    g_variant_dict_insert (&options, "bodies", "b", TRUE);
  if (wish->kilobytes > 0)
    g_variant_dict_insert (&options, "bytes", "u", (guint32) wish->kilobytes * 1024);
  if (!ismb_dbus_log1_call_create_trace_sync (look->log, look->name, g_variant_dict_end (&options),
                                              &created, NULL, error))
    return FALSE;
  if (created)
    g_printerr ("%s is traced from now on\n", look->name);
  return TRUE;
}

static ToolExit
show (IsmbDBusLog1 *log, const char *name, const Wish *wish, gboolean json)
{
  Look look = { .log = log, .name = name, .json = json };
  g_autoptr (GError) error = NULL;

  if (!create (&look, wish, &error) || !print_all (&look, &error))
    return tool_fail (error);
  return wish->follow ? follow (&look) : TOOL_EXIT_OK;
}

/* The list */

static void
add_row (OutputTable *table, GVariant *trace)
{
  g_autofree char *size = NULL;
  g_autofree char *used = NULL;
  g_autofree char *count = NULL;
  guint64 bytes = 0, in_use = 0;
  const char *name = "";
  gboolean bodies = FALSE;
  guint entries = 0;

  g_variant_lookup (trace, "name", "&s", &name);
  g_variant_lookup (trace, "bytes", "t", &bytes);
  g_variant_lookup (trace, "used", "t", &in_use);
  g_variant_lookup (trace, "entries", "u", &entries);
  g_variant_lookup (trace, "bodies", "b", &bodies);
  size = g_strdup_printf ("%" G_GUINT64_FORMAT, bytes / 1024);
  used = g_strdup_printf ("%" G_GUINT64_FORMAT, (in_use + 1023) / 1024);
  count = g_strdup_printf ("%u", entries);
  output_table_add (table, name, count, used, size, bodies ? "shown" : "masked", NULL);
}

static ToolExit
list_traces (IsmbDBusLog1 *log, gboolean json)
{
  OutputTable *table;
  g_autoptr (GVariant) traces = NULL;
  g_autoptr (GError) error = NULL;

  if (!ismb_dbus_log1_call_list_traces_sync (log, &traces, NULL, &error))
    return tool_fail (error);
  if (json)
    {
      output_json (traces, TRUE);
      return TOOL_EXIT_OK;
    }
  table = output_table_new ("NAME", "ENTRIES", "USED KB", "SIZE KB", "BODIES", NULL);
  for (gsize i = 0; i < g_variant_n_children (traces); i++)
    {
      g_autoptr (GVariant) trace = g_variant_get_child_value (traces, i);

      add_row (table, trace);
    }
  output_table_print (table);
  return TOOL_EXIT_OK;
}

static ToolExit
change (IsmbDBusLog1 *log, const char *name, const Wish *wish)
{
  g_autoptr (GError) error = NULL;

  if (wish->remove ? ismb_dbus_log1_call_remove_trace_sync (log, name, NULL, &error)
                   : ismb_dbus_log1_call_clear_trace_sync (log, name, NULL, &error))
    return TOOL_EXIT_OK;
  return tool_fail (error);
}

/* One thing at a time, and a name for all but the list. */
static gboolean
is_sound (const Wish *wish, int argc)
{
  gboolean looks = wish->follow || wish->bodies || wish->kilobytes != 0;
  int deeds = wish->list + wish->remove + wish->clear + looks;

  return deeds <= 1 && argc == (wish->list ? 1 : 2) && wish->kilobytes >= 0
         && wish->kilobytes <= 1024 * 1024;
}

ToolExit
tool_verb_trace (Tool *tool, int argc, char **argv)
{
  Wish wish = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusLog1) log = NULL;
  const GOptionEntry entries[] = {
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &wish.follow, "go on as more comes, till interrupted",
      NULL },
    { "bodies", 0, 0, G_OPTION_ARG_NONE, &wish.bodies,
      "a new one shows the text in stanzas, too; secrets never", NULL },
    { "size", 0, 0, G_OPTION_ARG_INT, &wish.kilobytes, "a new one keeps that much (256)", "KB" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &wish.list, "list the traces there are", NULL },
    { "clear", 0, 0, G_OPTION_ARG_NONE, &wish.clear, "forget what it has caught", NULL },
    { "remove", 0, 0, G_OPTION_ARG_NONE, &wish.remove, "end it", NULL },
    { NULL },
  };

  if (!tool_parse (
        tool, &argc, &argv, entries, WORDS,
        "Prints what the trace of that name has caught, or makes it. A trace keeps in the daemon "
        "what a module\nand all below it say, whatever the levels of the log, and is there until "
        "it is removed or the daemon\nends. NAME is a module's: `ismb.listener`, "
        "`ismb.listener.stanza` (stanzas alone), `switchctld`;\n`sleekxmpp` stands for "
        "`ismb.client`, what Switch Control does on the bus."))
    return TOOL_EXIT_USAGE;
  if (!is_sound (&wish, argc))
    return tool_usage ("trace", "NAME [--follow] [--bodies] [--size KB] | --clear NAME | "
                                "--remove NAME | --list");
  log = tool_log (tool, &error);
  if (log == NULL)
    return tool_fail (error);
  if (wish.list)
    return list_traces (log, tool->json);
  return wish.remove || wish.clear ? change (log, argv[1], &wish)
                                   : show (log, argv[1], &wish, tool->json);
}
