/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.log"
#include "config.h"
#include "ismb/core/ismb-log.h"

#include <stdio.h>

#include "ismb/core/ismb-log-private.h"
#include "ismb/core/ismb-log-rules.h"
#include "ismb/core/ismb-module.h"
#include "ismb/core/ismb-trace-private.h"

#define ANSWERS_MAX 1024 /* modules; programs may make names up */

/* Who takes what a module says. */
typedef struct
{
  guint8 level; /* that goes to the log */
  gboolean traced;
} Answer;

/* GLib's writer is one for the process and set once, so what it goes by is too. */
static GMutex lock;
static IsmbLogRules *rules;
static GHashTable *answers; /* module to Answer, of that generation */
static guint generation;
static gboolean to_journal;
static int is_ours;   /* atomic: our writer is the process's */
static int loudest;   /* atomic: what nobody at all takes is louder; of `loudest_of` */
static int loudest_of;

/* With the lock */

static IsmbLogRules *
get_rules (void)
{
  if (rules == NULL)
    rules = ismb_log_rules_new ();
  return rules;
}

static IsmbLogLevel
find_level (const char *module)
{
  if (g_atomic_int_get (&is_ours))
    return ismb_log_rules_find (get_rules (), module);
  return g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, module) ? ISMB_LOG_LEVEL_MESSAGE
                                                                     : ISMB_LOG_LEVEL_DEBUG;
}

static Answer *
make_answer (const char *module)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->level = find_level (module);
  answer->traced = _ismb_trace_ask (module) != ISMB_TRACE_WANTS_NOTHING;
  if (g_hash_table_size (answers) >= ANSWERS_MAX)
    g_hash_table_remove_all (answers);
  g_hash_table_insert (answers, g_strdup (module), answer);
  return answer;
}

static void
forget_old_answers (void)
{
  guint now = ismb_module_get_generation ();

  if (answers == NULL)
    answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (generation == now)
    return;
  g_hash_table_remove_all (answers);
  generation = now;
}

static Answer
ask (const char *module)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Answer *known;

  forget_old_answers ();
  known = g_hash_table_lookup (answers, module);
  return known != NULL ? *known : *make_answer (module);
}

static void
find_loudest (guint now)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  gboolean all = _ismb_trace_any () || !g_atomic_int_get (&is_ours);

  g_atomic_int_set (&loudest, all ? ISMB_LOG_LEVEL_DEBUG : ismb_log_rules_loudest (get_rules ()));
  g_atomic_int_set (&loudest_of, now);
}

static void
change_rules (IsmbLogRules *others)
{
  g_mutex_lock (&lock);
  g_clear_pointer (&rules, ismb_log_rules_free);
  rules = others;
  g_mutex_unlock (&lock);
  ismb_module_change ();
}

/* The writer */

static IsmbLogLevel
level_from_flags (GLogLevelFlags flags)
{
  for (IsmbLogLevel level = ISMB_LOG_LEVEL_ERROR; level < ISMB_LOG_LEVEL_DEBUG; level++)
    if ((flags & (G_LOG_LEVEL_ERROR << level)) != 0)
      return level;
  return ISMB_LOG_LEVEL_DEBUG;
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].length < 0)
      return fields[i].value;
  return NULL;
}

/* One line each: what comes from outside must not be able to forge a second one. */
static void
write_line (IsmbLogLevel level, const char *module, const char *vr, const char *message)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (line, "%s %s%s%s: %s", ismb_log_level_to_string (level), module,
                   vr != NULL ? " on " : "", vr != NULL ? vr : "", message);
  for (char *c = line->str; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  g_string_append_c (line, '\n');
  fputs (line->str, stderr);
  fflush (stderr);
}

static void
trace_line (IsmbLogLevel level, const char *module, const char *vr, const char *message)
{
  g_autofree char *text = vr != NULL ? g_strdup_printf ("on %s: %s", vr, message) : NULL;

  _ismb_trace_take (module, level, text != NULL ? text : message, text != NULL ? text : message);
}

/**
 * ismb_log_install:
 *
 * Makes [func@Ismb.log_writer] the writer of the process. GLib lets this be done once, before
 * other threads run, so it is for a program and not for a library in it; a program that sets
 * a writer of its own calls [func@Ismb.log_writer] from it, or does without the levels and the
 * traces' lines.
 */
void
ismb_log_install (void)
{
  to_journal = g_log_writer_is_journald (fileno (stderr));
  g_log_set_writer_func (ismb_log_writer, NULL, NULL);
  g_atomic_int_set (&is_ours, TRUE);
  ismb_module_change ();
}

/**
 * ismb_log_writer: (skip)
 * @level: as a #GLogWriterFunc gets it
 * @fields: (array length=n_fields): likewise
 * @n_fields: likewise
 * @user_data: unused
 *
 * A #GLogWriterFunc: what the module's level lets through goes to the journal where systemd has
 * started the program, else to standard error, a line each; and what a trace catches goes there,
 * whatever its level. From its first call on, the levels count.
 *
 * Returns: %G_LOG_WRITER_HANDLED
 */
GLogWriterOutput
ismb_log_writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *module = find_field (fields, n_fields, "GLIB_DOMAIN");
  const char *message = find_field (fields, n_fields, "MESSAGE");
  const char *vr = find_field (fields, n_fields, "ISMB_VIRTUAL_ROUTER");
  IsmbLogLevel ours = level_from_flags (level);
  Answer answer;

  if (g_atomic_int_compare_and_exchange (&is_ours, FALSE, TRUE))
    ismb_module_change ();
  if (module == NULL)
    module = g_get_prgname () != NULL ? g_get_prgname () : "program";
  if (message == NULL)
    message = "";
  answer = ask (module);
  if (answer.traced && find_field (fields, n_fields, ISMB_LOG_TRACED) == NULL)
    trace_line (ours, module, vr, message);
  if (ours > answer.level)
    return G_LOG_WRITER_HANDLED;
  if (to_journal
      && g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  write_line (ours, module, vr, message);
  return G_LOG_WRITER_HANDLED;
}

/**
 * ismb_log_set_level:
 * @module: (nullable): the name of a module, e.g. `ismb.client`; %NULL for all of ISMB that have no
 *   other
 * @level: lines of that level, and those that matter more, are written
 *
 * Sets the level of a module and of all below it; of several names that a module is below, the
 * longest decides. Holds at once. Levels are the process's, and count where our writer is
 * installed: see [func@Ismb.log_install].
 */
void
ismb_log_set_level (const char *module, IsmbLogLevel level)
{
  g_return_if_fail (module == NULL || ismb_module_is_name (module));
  g_mutex_lock (&lock);
  ismb_log_rules_set (get_rules (), module, level);
  g_mutex_unlock (&lock);
  ismb_module_change ();
}

/**
 * ismb_log_get_level:
 * @module: the name of a module
 *
 * The level that holds for a module.
 *
 * Returns: the level
 */
IsmbLogLevel
ismb_log_get_level (const char *module)
{
  g_return_val_if_fail (module != NULL, ISMB_LOG_LEVEL_MESSAGE);
  return ask (module).level;
}

/**
 * ismb_log_set_levels:
 * @levels: e.g. `info;ismb.listener=debug`: a level for all of ISMB, `message` unless said, and
 *   levels of modules
 * @error: return location for a #GError
 *
 * Sets all levels; what was set before is gone.
 *
 * Fails with [error@Ismb.Error.BAD_CONFIG] if a word is no level or no name; nothing is changed
 * then.
 *
 * Returns: %TRUE if it could be read
 */
gboolean
ismb_log_set_levels (const char *levels, GError **error)
{
  IsmbLogRules *parsed;

  g_return_val_if_fail (levels != NULL, FALSE);
  parsed = ismb_log_rules_parse (levels, error);
  if (parsed == NULL)
    return FALSE;
  change_rules (parsed);
  return TRUE;
}

/**
 * ismb_log_get_levels:
 *
 * What is set, as [func@Ismb.log_set_levels] reads it.
 *
 * Returns: (transfer full): the levels
 */
char *
ismb_log_get_levels (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  return ismb_log_rules_write (get_rules ());
}

/**
 * ismb_log_check_levels:
 * @levels: as for [func@Ismb.log_set_levels]
 * @error: return location for a #GError
 *
 * Whether @levels can be read. Changes nothing, and fails alike.
 *
 * Returns: %TRUE if it can
 */
gboolean
ismb_log_check_levels (const char *levels, GError **error)
{
  g_autoptr (IsmbLogRules) parsed = NULL;

  g_return_val_if_fail (levels != NULL, FALSE);
  parsed = ismb_log_rules_parse (levels, error);
  return parsed != NULL;
}

/**
 * ismb_log_reset:
 *
 * Forgets all levels that were set: `message` holds for everything.
 */
void
ismb_log_reset (void)
{
  change_rules (NULL);
}

/**
 * ismb_log_wants:
 * @module: a name that stays as it is, e.g. `G_LOG_DOMAIN`
 * @level: a level
 *
 * Whether anybody takes a line of that level from that module: the log, or a trace. For who would
 * go to some length to make it; as long as no trace and no module asks for that level, it costs
 * next to nothing.
 *
 * Returns: %TRUE if it is worth the while
 */
gboolean
ismb_log_wants (const char *module, IsmbLogLevel level)
{
  int now = (int) ismb_module_get_generation ();
  Answer answer;

  g_return_val_if_fail (module != NULL, FALSE);
  if (g_atomic_int_get (&loudest_of) != now)
    find_loudest (now);
  if ((int) level > g_atomic_int_get (&loudest))
    return FALSE;
  answer = ask (module);
  return level <= answer.level || answer.traced;
}
