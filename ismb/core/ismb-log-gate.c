/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-log-gate.h"

#define CLOSED_FOR (10 * G_USEC_PER_SEC)
#define GATES_MAX 64

typedef struct
{
  gint64 opens;
  guint left_out;
} Gate;

static GMutex lock;
static GHashTable *gates; /* "subject reason" to Gate */

/* What was left out of one that is forgotten is lost: nobody came to it again. */
static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return ((Gate *) value)->opens <= *(gint64 *) user_data;
}

static Gate *
add_gate (const char *key)
{
  Gate *gate = g_new0 (Gate, 1);

  g_hash_table_insert (gates, g_strdup (key), gate);
  return gate;
}

static Gate *
find_gate (const char *subject, const char *reason, gint64 now)
{
  g_autofree char *key = g_strconcat (subject, " ", reason, NULL);
  Gate *gate;

  if (gates == NULL)
    gates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gate = g_hash_table_lookup (gates, key);
  if (gate != NULL)
    return gate;
  if (g_hash_table_size (gates) >= GATES_MAX)
    g_hash_table_foreach_remove (gates, is_over, &now);
  if (g_hash_table_size (gates) < GATES_MAX)
    return add_gate (key);
  gate = g_hash_table_lookup (gates, "");
  return gate != NULL ? gate : add_gate ("");
}

/* TRUE: to be said, with the number of those that were not. */
static gboolean
pass (const char *subject, const char *reason, guint *left_out)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  gint64 now = g_get_monotonic_time ();
  Gate *gate = find_gate (subject, reason, now);

  if (now < gate->opens)
    {
      gate->left_out++;
      return FALSE;
    }
  *left_out = gate->left_out;
  *gate = (Gate) { .opens = now + CLOSED_FOR };
  return TRUE;
}

void
ismb_log_gate_say (const char *log_domain, GLogLevelFlags level, const char *subject,
                   const char *reason, const char *format, ...)
{
  g_autofree char *line = NULL;
  guint left_out = 0;
  va_list args;

  if (!pass (subject, reason, &left_out))
    return;
  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  if (left_out > 0)
    g_log (log_domain, level, "%s (and %u more like it)", line, left_out);
  else
    g_log (log_domain, level, "%s", line);
}
