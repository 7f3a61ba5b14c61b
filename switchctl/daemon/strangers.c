/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.strangers"

#include "config.h"
#include "switchctl/daemon/strangers.h"

#define TEXT_MAX 255 /* bytes of what a stranger says of himself */
#define MINUTE (60 * (gint64) G_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define KINDS_MAX 16 /* of reports; there are fewer */

/* One (what, source, who), and what of it nobody was told yet. */
typedef struct
{
  char *what, *source, *who;
  char *device, *rule, *outcome; /* of the last time */
  gboolean allowed;
  guint64 repeats;
  gint64 since; /* unix seconds */
  gint64 interval, due;
} Caller;

/* Rows that were written since then. */
typedef struct
{
  gint64 began;
  guint rows;
} Window;

struct _SwitchStrangers
{
  IsmbAudit *audit; /* NULL while the virtual router is down */
  gint64 (*now) (void);
  GHashTable *callers;
  GHashTable *left_out; /* what -> how many */
  Window minute, hour;
  guint timer;
};

static void
caller_free (Caller *caller)
{
  g_free (caller->what);
  g_free (caller->source);
  g_free (caller->who);
  g_free (caller->device);
  g_free (caller->rule);
  g_free (caller->outcome);
  g_free (caller);
}

static char *
bounded (const char *text)
{
  g_autofree char *cut = g_strndup (text != NULL ? text : "", TEXT_MAX);

  return g_utf8_make_valid (cut, -1);
}

static char *
key_of (const IsmbReport *report)
{
  g_autofree char *who = bounded (report->who);

  return g_strdup_printf ("%s %d %s %s", report->what, report->allowed,
                          report->source != NULL ? report->source : "", who);
}

static void
keep_last (Caller *caller, const IsmbReport *report)
{
  g_free (caller->device);
  g_free (caller->rule);
  g_free (caller->outcome);
  caller->device = g_strdup (report->device);
  caller->rule = g_strdup (report->rule);
  caller->outcome = g_strdup (report->outcome);
  caller->allowed = report->allowed;
}

static Caller *
caller_new (const IsmbReport *report, gint64 now)
{
  Caller *caller = g_new0 (Caller, 1);

  caller->what = g_strdup (report->what);
  caller->source = g_strdup (report->source);
  caller->who = bounded (report->who);
  caller->interval = MINUTE;
  caller->due = now + MINUTE;
  keep_last (caller, report);
  return caller;
}

/* --- bounds --- */

static gboolean
window_has_room (Window *window, gint64 length, guint most, gint64 now)
{
  if (now - window->began >= length)
    *window = (Window){ .began = now };
  return window->rows < most;
}

static gboolean
has_room (SwitchStrangers *self, gint64 now)
{
  gboolean minute
    = window_has_room (&self->minute, MINUTE, SWITCH_STRANGERS_ROWS_A_MINUTE, now);
  gboolean hour = window_has_room (&self->hour, HOUR, SWITCH_STRANGERS_ROWS_AN_HOUR, now);

  return minute && hour;
}

static gint64
room_again (SwitchStrangers *self)
{
  return self->hour.rows >= SWITCH_STRANGERS_ROWS_AN_HOUR ? self->hour.began + HOUR
                                                          : self->minute.began + MINUTE;
}

static void
leave_out (SwitchStrangers *self, const char *what)
{
  gsize count = GPOINTER_TO_SIZE (g_hash_table_lookup (self->left_out, what));

  if (count > 0 || g_hash_table_size (self->left_out) < KINDS_MAX)
    g_hash_table_replace (self->left_out, g_strdup (what), GSIZE_TO_POINTER (count + 1));
}

/* --- rows --- */

static const char *
kind_of (const Caller *caller)
{
  if (g_str_equal (caller->what, "join"))
    return "fabric";
  return g_str_equal (caller->what, "account") ? "account" : "stranger";
}

static void
write_row (SwitchStrangers *self, const Caller *caller, const char *outcome)
{
  const IsmbAuditEntry entry = {
    .kind = kind_of (caller),
    .who = caller->who,
    .origin = caller->source,
    .device = caller->device,
    .what = caller->what,
    .size = -1,
    .verdict = caller->allowed ? "allowed" : "refused",
    .rule = caller->rule,
    .outcome = outcome,
  };

  self->minute.rows++;
  self->hour.rows++;
  ismb_audit_append (self->audit, &entry, NULL, NULL);
}

static void
tell_left_out (SwitchStrangers *self)
{
  g_autoptr (GString) text = g_string_new ("left out of this table: ");
  Caller nobody = { .what = (char *) "limit", .rule = (char *) "limit" };
  GHashTableIter iter;
  gpointer what, count;
  gboolean first = TRUE;

  g_hash_table_iter_init (&iter, self->left_out);
  for (; g_hash_table_iter_next (&iter, &what, &count); first = FALSE)
    g_string_append_printf (text, "%s%" G_GSIZE_FORMAT " of %s", first ? "" : ", ",
                            GPOINTER_TO_SIZE (count), (char *) what);
  if (!first)
    write_row (self, &nobody, text->str);
  g_hash_table_remove_all (self->left_out);
}

/* Whether it was written. */
static gboolean
tell (SwitchStrangers *self, const Caller *caller, const char *outcome, gint64 now)
{
  if (!has_room (self, now))
    return FALSE;
  tell_left_out (self);
  write_row (self, caller, outcome);
  return TRUE;
}

static char *
describe_repeats (const Caller *caller)
{
  g_autoptr (GDateTime) since = g_date_time_new_from_unix_utc (caller->since);
  g_autofree char *time = since != NULL ? g_date_time_format (since, "%F %T UTC") : g_strdup ("?");

  return g_strdup_printf ("again %" G_GUINT64_FORMAT " %s since %s: %s", caller->repeats,
                          caller->repeats == 1 ? "time" : "times", time,
                          caller->outcome != NULL ? caller->outcome : "");
}

static void
wait_longer (Caller *caller, gint64 now)
{
  caller->interval = MIN (2 * caller->interval, HOUR);
  caller->due = now + caller->interval;
}

/* FALSE: it was quiet for an hour, and can be forgotten. Sooner would be a row for each time of
 * one who comes every two minutes. */
static gboolean
tell_repeats (SwitchStrangers *self, Caller *caller, gint64 now)
{
  g_autofree char *outcome = NULL;
  gboolean quiet = caller->repeats == 0;

  if (quiet && caller->interval == HOUR)
    return FALSE;
  if (!quiet)
    outcome = describe_repeats (caller);
  if (!quiet && !tell (self, caller, outcome, now))
    {
      caller->due = room_again (self);
      return TRUE;
    }
  caller->repeats = 0;
  wait_longer (caller, now);
  return TRUE;
}

/* --- time --- */

static gboolean
on_timer (gpointer user_data)
{
  SwitchStrangers *self = user_data;

  self->timer = 0;
  switch_strangers_settle (self);
  return G_SOURCE_REMOVE;
}

static gint64
next_due (SwitchStrangers *self)
{
  gint64 next = g_hash_table_size (self->left_out) > 0 ? room_again (self) : G_MAXINT64;
  GHashTableIter iter;
  gpointer caller;

  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    next = MIN (next, ((Caller *) caller)->due);
  return next;
}

static void
schedule (SwitchStrangers *self)
{
  gint64 next = next_due (self);
  gint64 wait = MAX (next - self->now (), 0);

  g_clear_handle_id (&self->timer, g_source_remove);
  if (next != G_MAXINT64 && self->audit != NULL)
    self->timer
      = g_timeout_add_seconds ((guint) (wait / G_USEC_PER_SEC) + 1, on_timer, self);
}

void
switch_strangers_settle (SwitchStrangers *self)
{
  gint64 now = self->now ();
  GHashTableIter iter;
  gpointer caller;

  if (self->audit == NULL)
    return;
  if (g_hash_table_size (self->left_out) > 0 && has_room (self, now))
    tell_left_out (self);
  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    if (((Caller *) caller)->due <= now && !tell_repeats (self, caller, now))
      g_hash_table_iter_remove (&iter);
  schedule (self);
}

/* Makes room by forgetting somebody of whom all was told. */
static gboolean
make_room (SwitchStrangers *self)
{
  GHashTableIter iter;
  gpointer caller;

  if (g_hash_table_size (self->callers) < SWITCH_STRANGERS_CALLERS_MAX)
    return TRUE;
  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    if (((Caller *) caller)->repeats == 0)
      {
        g_hash_table_iter_remove (&iter);
        return TRUE;
      }
  return FALSE;
}

static void
repeat (Caller *caller, const IsmbReport *report)
{
  if (caller->repeats++ == 0)
    caller->since = g_get_real_time () / G_USEC_PER_SEC;
  keep_last (caller, report);
}

/* Who was let in is always told: no crowd of strangers can hide it. */
static void
tell_first (SwitchStrangers *self, const Caller *caller, gint64 now)
{
  if (g_str_equal (caller->what, "join") && caller->allowed)
    write_row (self, caller, caller->outcome);
  else if (g_hash_table_size (self->callers) >= SWITCH_STRANGERS_CALLERS_MAX
           || !tell (self, caller, caller->outcome, now))
    leave_out (self, caller->what);
}

static void
add (SwitchStrangers *self, const IsmbReport *report, const char *key)
{
  gint64 now = self->now ();
  Caller *caller = caller_new (report, now);
  gboolean remembered = make_room (self);

  tell_first (self, caller, now);
  if (remembered)
    g_hash_table_insert (self->callers, g_strdup (key), caller);
  else
    caller_free (caller);
  schedule (self);
}

void
switch_strangers_report (const IsmbReport *report, gpointer user_data)
{
  SwitchStrangers *self = user_data;
  g_autofree char *key = key_of (report);
  Caller *caller = g_hash_table_lookup (self->callers, key);

  if (self->audit == NULL)
    return;
  if (caller != NULL)
    repeat (caller, report);
  else
    add (self, report, key);
}

static void
tell_the_rest (SwitchStrangers *self)
{
  gint64 now = self->now ();
  GHashTableIter iter;
  gpointer caller;

  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    tell_repeats (self, caller, now);
  g_hash_table_remove_all (self->callers);
  tell_left_out (self);
}

void
switch_strangers_set_audit (SwitchStrangers *self, IsmbAudit *audit)
{
  if (self->audit != NULL)
    tell_the_rest (self);
  g_set_object (&self->audit, audit);
  schedule (self);
}

void
switch_strangers_set_clock (SwitchStrangers *self, gint64 (*now) (void))
{
  self->now = now;
}

SwitchStrangers *
switch_strangers_new (void)
{
  SwitchStrangers *self = g_new0 (SwitchStrangers, 1);

  self->now = g_get_monotonic_time;
  self->minute.began = self->hour.began = G_MININT64 / 2;
  self->callers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) caller_free);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
switch_strangers_free (SwitchStrangers *self)
{
  switch_strangers_set_audit (self, NULL);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_unref (self->callers);
  g_hash_table_unref (self->left_out);
  g_free (self);
}
