/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "event-table.h"

#include <string.h>

#include "ismb/client/ismb-plugin.h"
#include "tests/support/ismb-test-script.h"

typedef struct
{
  const EventRow *row;
  IsmbClient *client;
  IsmbTestScript *server;
  GString *events;
  gboolean ended, opened;
} Run;

static const char *
name_kind (GObject *payload)
{
  return G_IS_TLS_CERTIFICATE (payload) ? "Certificate"
                                        : G_OBJECT_TYPE_NAME (payload) + strlen ("Ismb");
}

static void
note (Run *run, const char *event, GObject *payload)
{
  g_string_append_printf (run->events, "%s%s", run->events->len > 0 ? " " : "", event);
  if (payload != NULL)
    g_string_append_printf (run->events, ":%s", name_kind (payload));
}

static gboolean
is_login (const char *event)
{
  return g_str_equal (event, "session_start") || g_str_equal (event, "stream_negotiated");
}

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Run *run = user_data;

  note (run, event, payload);
  if (!run->row->alone && is_login (event))
    g_string_truncate (run->events, 0);
  if (run->row->closes && g_str_equal (event, "session_resumed"))
    ismb_client_close (client);
  if (run->row->deed != NULL &&
      g_str_equal (event, run->row->at != NULL ? run->row->at : "stream_negotiated"))
    run->row->deed (client);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, NULL);
  run->opened = TRUE;
}

/* Behind the row's own lines: what the client answers to this, it answers after all before. */
static char **
make_lines (const EventRow *row)
{
  GPtrArray *lines = g_ptr_array_new ();
  gboolean ends = FALSE;

  if (!row->alone && !row->signs_in)
    g_ptr_array_add (lines, g_strdup ("login"));
  for (const char *const *line = row->lines; *line != NULL; line++)
    {
      ends = g_str_equal (*line, "closed") || g_str_equal (*line, "hold") ||
             g_str_equal (*line, "cut") || g_str_equal (*line, "end");
      g_ptr_array_add (lines, g_strdup (*line));
    }
  if (!ends)
    {
      g_ptr_array_add (lines, g_strdup ("S: <iq type='get' id='last' to='" EVENT_TABLE_JID "/desk'"
                                        "><query xmlns='urn:example:last'/></iq>"));
      g_ptr_array_add (lines, g_strdup ("C* <iq type='error' id='last'/>"));
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (lines, FALSE);
}

static void
hear (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
}

/* And what is told to those alone who ask for it. */
static void
enable (Run *run)
{
  static const char *const asked_for[] = { "ibb_stream_data", "stanza_acked" };
  g_autoptr (GVariant) setting = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (asked_for); i++)
    ismb_client_add_event_handler (run->client, asked_for[i], ISMB_EVENT_DEFAULT, hear, NULL, NULL);
  if (run->row->plugin == NULL)
    return;
  if (run->row->setting != NULL)
    setting = g_variant_ref_sink (g_variant_new_parsed ("{%s: <true>}", run->row->setting));
  ismb_client_enable_plugin (run->client, run->row->plugin, setting, &error);
  g_assert_no_error (error);
}

static void
set_up (Run *run, char **lines)
{
  const char *jid = run->row->jid != NULL ? run->row->jid : EVENT_TABLE_JID;

  run->events = g_string_new (NULL);
  run->server = ismb_test_script_new ("secret", (const char *const *) lines);
  run->client = ismb_client_new_for_jid (jid, "secret");
  g_object_set (run->client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (run->server), "ca-file",
                run->row->trusts_nobody ? NULL : ismb_test_script_get_ca_file (run->server),
                "require-tls", run->row->alone && !run->row->clear, "auto-reconnect",
                run->row->comes_back, "reconnect-delay", 1, NULL);
  g_signal_connect (run->client, "event", G_CALLBACK (on_event), run);
  enable (run);
}

static void
clean_up (Run *run)
{
  g_signal_handlers_disconnect_by_data (run->client, run);
  ismb_client_close (run->client);
  ismb_test_script_free (run->server);
  g_object_add_weak_pointer (G_OBJECT (run->client), (gpointer *) &run->client);
  g_object_unref (run->client);
  while (run->client != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_string_free (run->events, TRUE);
}

static void
run_row (gconstpointer data)
{
  Run run = { .row = data };
  g_auto (GStrv) lines = make_lines (data);

  set_up (&run, lines);
  ismb_client_open_async (run.client, NULL, on_opened, &run);
  while (!run.opened)
    g_main_context_iteration (NULL, TRUE);
  if (!ismb_test_script_finish (run.server))
    g_test_message ("the client left before the script was over");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (!g_str_equal (run.events->str, run.row->events))
    g_test_fail_printf ("%s: expected\n#   %s\n# and had\n#   %s", run.row->path, run.row->events,
                        run.events->str);
  clean_up (&run);
}

void
event_table_add (const EventRow *row)
{
  g_autofree char *path = g_strconcat ("/events/", row->path, NULL);

  g_test_add_data_func (path, row, run_row);
}
