/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.trace-reader"

#include "config.h"
#include "switchctl/daemon/trace-reader.h"

#include "ismb/core/ismb-error.h"

#define WAITING_MAX 256

/* A call that waits. */
typedef struct
{
  IsmbDBusLog1 *object;
  GDBusMethodInvocation *invocation;
  GDBusConnection *caller;
  IsmbTrace *trace;
  guint64 after;
  guint most;
} Reader;

static guint n_waiting;

static void
reader_free (Reader *reader)
{
  n_waiting--;
  g_signal_handlers_disconnect_by_data (reader->trace, reader);
  g_signal_handlers_disconnect_by_data (reader->caller, reader);
  g_clear_object (&reader->invocation);
  g_object_unref (reader->caller);
  g_object_unref (reader->trace);
  g_object_unref (reader->object);
  g_free (reader);
}

static GVariant *
read_entries (IsmbTrace *trace, guint64 after, guint most)
{
  g_autoptr (GListModel) entries = ismb_trace_read (trace, after, most);
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(txsss)"));
  for (guint i = 0; i < g_list_model_get_n_items (entries); i++)
    {
      g_autoptr (IsmbTraceEntry) entry = g_list_model_get_item (entries, i);

      g_variant_builder_add (&list, "(txsss)", ismb_trace_entry_get_sequence (entry),
                             ismb_trace_entry_get_time (entry),
                             ismb_log_level_to_string (ismb_trace_entry_get_level (entry)),
                             ismb_trace_entry_get_module (entry),
                             ismb_trace_entry_get_text (entry));
    }
  return g_variant_ref_sink (g_variant_builder_end (&list));
}

static void
on_appended (IsmbTrace *trace, Reader *reader)
{
  g_autoptr (GVariant) entries = read_entries (trace, reader->after, reader->most);

  if (g_variant_n_children (entries) == 0) /* it was cleared meanwhile */
    return;
  ismb_dbus_log1_complete_read_trace (reader->object, g_steal_pointer (&reader->invocation),
                                      entries);
  reader_free (reader);
}

static void
on_removed (IsmbTrace *trace, Reader *reader)
{
  g_dbus_method_invocation_return_error (g_steal_pointer (&reader->invocation), ISMB_ERROR,
                                         ISMB_ERROR_NOT_FOUND, "the trace %s was removed",
                                         ismb_trace_get_name (trace));
  reader_free (reader);
}

static void
on_closed (GDBusConnection *caller, gboolean remote_vanished, GError *error, Reader *reader)
{
  reader_free (reader);
}

static void
begin_to_wait (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, IsmbTrace *trace,
               guint64 after, guint most)
{
  Reader *reader = g_new0 (Reader, 1);

  n_waiting++;
  reader->object = g_object_ref (object);
  reader->invocation = invocation;
  reader->caller = g_object_ref (g_dbus_method_invocation_get_connection (invocation));
  reader->trace = g_object_ref (trace);
  reader->after = after;
  reader->most = most;
  g_signal_connect (trace, "appended", G_CALLBACK (on_appended), reader);
  g_signal_connect (trace, "removed", G_CALLBACK (on_removed), reader);
  g_signal_connect (reader->caller, "closed", G_CALLBACK (on_closed), reader);
}

void
switch_trace_reader_answer (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation,
                            IsmbTrace *trace, guint64 after, guint most, gboolean wait)
{
  g_autoptr (GVariant) entries = read_entries (trace, after, most);

  if (!wait || g_variant_n_children (entries) > 0)
    ismb_dbus_log1_complete_read_trace (object, invocation, entries);
  else if (n_waiting >= WAITING_MAX)
    g_dbus_method_invocation_return_error (invocation, ISMB_ERROR, ISMB_ERROR_FAILED,
                                           "%d others wait for a trace already", WAITING_MAX);
  else
    begin_to_wait (object, invocation, trace, after, most);
}
