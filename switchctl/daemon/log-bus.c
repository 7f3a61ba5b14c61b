/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.log-bus"

#include "config.h"
#include "switchctl/daemon/log-bus.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log.h"
#include "switchctl/daemon/log.h"
#include "switchctl/daemon/trace-reader.h"

#define PAGE 500
#define LEVELS_MAX 4096 /* bytes */

static gint64
get_uid (GDBusMethodInvocation *invocation)
{
  GDBusConnection *caller = g_dbus_method_invocation_get_connection (invocation);
  GCredentials *credentials = g_dbus_connection_get_peer_credentials (caller);

  return credentials != NULL ? (gint64) g_credentials_get_unix_user (credentials, NULL) : -1;
}

/* Levels */

static void
describe (IsmbDBusLog1 *object)
{
  g_autofree char *levels = ismb_log_get_levels ();

  ismb_dbus_log1_set_levels (object, levels);
}

/* Told by whatever level was there before. */
static void
note_levels (GDBusMethodInvocation *invocation, const char *levels)
{
  g_message ("the levels of the log change, by uid %" G_GINT64_FORMAT ": %s",
             get_uid (invocation), levels);
}

static gboolean
change_levels (const char *levels, GError **error)
{
  g_autofree char *held = ismb_log_get_levels ();
  g_autofree char *all = g_strconcat (held, ";", levels, NULL);

  if (strlen (all) <= LEVELS_MAX)
    return ismb_log_set_levels (all, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "too many levels: reset those that are not needed any more");
  return FALSE;
}

static gboolean
on_change_levels (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, const char *levels,
                  gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_log_check_levels (levels, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  note_levels (invocation, levels);
  if (!change_levels (levels, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  describe (object);
  ismb_dbus_log1_complete_change_levels (object, invocation);
  return TRUE;
}

static gboolean
on_reset_levels (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, gpointer user_data)
{
  const char *configured = user_data;

  note_levels (invocation, "as configured");
  switch_log_set (configured, NULL);
  describe (object);
  ismb_dbus_log1_complete_reset_levels (object, invocation);
  return TRUE;
}

/* Traces */

/* NULL: answered. */
static IsmbTrace *
find_trace (GDBusMethodInvocation *invocation, const char *name)
{
  IsmbTrace *trace = ismb_trace_find (name);

  if (trace == NULL)
    g_dbus_method_invocation_return_error (
      invocation, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
      "there is no trace %s: `switchctl trace --list` lists those there are", name);
  return trace;
}

/* What is not asked for is as it is where there is one. */
static IsmbTrace *
create_trace (const char *name, GVariant *options, gboolean *created, GError **error)
{
  g_autoptr (IsmbTrace) known = ismb_trace_find (name);
  IsmbTraceFlags flags = known != NULL ? ismb_trace_get_flags (known) : ISMB_TRACE_DEFAULT;
  gboolean bodies = FALSE;
  guint bytes = 0;

  *created = known == NULL;
  g_variant_lookup (options, "bytes", "u", &bytes);
  if (g_variant_lookup (options, "bodies", "b", &bodies))
    flags = bodies ? ISMB_TRACE_BODIES : ISMB_TRACE_DEFAULT;
  return ismb_trace_create (name, flags, bytes, error);
}

static gboolean
on_create_trace (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, const char *name,
                 GVariant *options, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbTrace) trace = NULL;
  gboolean created;

  trace = create_trace (name, options, &created, &error);
  if (trace == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  if (created && (ismb_trace_get_flags (trace) & ISMB_TRACE_BODIES) != 0)
    g_message ("%s is traced with the bodies of messages, by uid %" G_GINT64_FORMAT, name,
               get_uid (invocation));
  ismb_dbus_log1_complete_create_trace (object, invocation, created);
  return TRUE;
}

static gboolean
on_remove_trace (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, const char *name,
                 gpointer user_data)
{
  g_autoptr (IsmbTrace) trace = find_trace (invocation, name);

  if (trace == NULL)
    return TRUE;
  ismb_trace_remove (name);
  ismb_dbus_log1_complete_remove_trace (object, invocation);
  return TRUE;
}

static gboolean
on_clear_trace (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, const char *name,
                gpointer user_data)
{
  g_autoptr (IsmbTrace) trace = find_trace (invocation, name);

  if (trace == NULL)
    return TRUE;
  ismb_trace_clear (trace);
  ismb_dbus_log1_complete_clear_trace (object, invocation);
  return TRUE;
}

static GVariant *
describe_trace (IsmbTrace *trace)
{
  gboolean bodies = (ismb_trace_get_flags (trace) & ISMB_TRACE_BODIES) != 0;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", ismb_trace_get_name (trace));
  g_variant_dict_insert (&dict, "bytes", "t", (guint64) ismb_trace_get_bytes (trace));
  g_variant_dict_insert (&dict, "used", "t", (guint64) ismb_trace_get_used (trace));
  g_variant_dict_insert (&dict, "entries", "u", ismb_trace_count (trace));
  g_variant_dict_insert (&dict, "last", "t", ismb_trace_get_last (trace));
  g_variant_dict_insert (&dict, "bodies", "b", bodies);
  return g_variant_dict_end (&dict);
}

static gboolean
on_list_traces (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GListModel) traces = ismb_trace_list ();
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < g_list_model_get_n_items (traces); i++)
    {
      g_autoptr (IsmbTrace) trace = g_list_model_get_item (traces, i);

      g_variant_builder_add_value (&list, describe_trace (trace));
    }
  ismb_dbus_log1_complete_list_traces (object, invocation, g_variant_builder_end (&list));
  return TRUE;
}

static gboolean
on_read_trace (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation, const char *name,
               guint64 after, GVariant *options, gpointer user_data)
{
  g_autoptr (IsmbTrace) trace = find_trace (invocation, name);
  gboolean wait = FALSE;
  guint most = PAGE;

  if (trace == NULL)
    return TRUE;
  g_variant_lookup (options, "most", "u", &most);
  g_variant_lookup (options, "wait", "b", &wait);
  switch_trace_reader_answer (object, invocation, trace, after, CLAMP (most, 1, PAGE), wait);
  return TRUE;
}

IsmbDBusLog1 *
switch_log_bus_new (const char *configured)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } handlers[] = {
    { "handle-change-levels", G_CALLBACK (on_change_levels) },
    { "handle-reset-levels", G_CALLBACK (on_reset_levels) },
    { "handle-create-trace", G_CALLBACK (on_create_trace) },
    { "handle-remove-trace", G_CALLBACK (on_remove_trace) },
    { "handle-clear-trace", G_CALLBACK (on_clear_trace) },
    { "handle-list-traces", G_CALLBACK (on_list_traces) },
    { "handle-read-trace", G_CALLBACK (on_read_trace) },
  };
  IsmbDBusLog1 *object = ismb_dbus_log1_skeleton_new ();

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (object, handlers[i].signal, handlers[i].handler, (gpointer) configured);
  describe (object);
  return object;
}
