/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.trace"
#include "config.h"
#include "ismb/core/ismb-trace.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-module.h"
#include "ismb/core/ismb-trace-private.h"
#include "ismb/core/ismb-trace-ring.h"

#define TRACES_MAX 64
#define BYTES_DEFAULT (256 * 1024)
#define BYTES_LEAST (4 * 1024)
#define BYTES_MOST (64 * 1024 * 1024)

/**
 * IsmbTrace:
 *
 * A trace buffer: a ring of bounded size that catches what one module and all below it write to the
 * log, at every level from debug up, whatever the levels of the log say, and the stanzas that
 * clients and listeners of this process send and receive.
 *
 * A trace is known by its name, and that is the name of the module it catches. The log's modules
 * have dotted names: `ismb` is all of this library, `ismb.client` what a client does, the stanzas
 * are `ismb.client.stanza` and `ismb.listener.stanza`. A program's own `G_LOG_DOMAIN` is such a
 * name as well. `sleekxmpp`, or a name below it, catches `ismb.client` and `ismb.plugins` besides:
 * that is how SleekXMPP's users call their buffers.
 *
 * Lines of the log come by GLib's writer function: [func@Ismb.log_install] has to have been called,
 * or [func@Ismb.log_writer] from the program's own. Stanzas come without.
 *
 * Secrets are never in it: neither what proves a login nor a password or anything that is called
 * so. Of other text in a stanza only the length is shown, unless the trace was made with
 * %ISMB_TRACE_BODIES.
 *
 * Traces are the process's: they are there until [func@Ismb.Trace.remove]. All functions may be
 * called from any thread.
 */
struct _IsmbTrace
{
  GObject parent_instance;
  char *name;
  IsmbTraceFlags flags;
  GMainContext *context;

  /* From here on it is the lock's. */
  IsmbTraceRing ring;
  gboolean telling;
};

G_DEFINE_FINAL_TYPE (IsmbTrace, ismb_trace, G_TYPE_OBJECT)

G_DEFINE_FLAGS_TYPE (IsmbTraceFlags, ismb_trace_flags,
                     G_DEFINE_ENUM_VALUE (ISMB_TRACE_DEFAULT, "default"),
                     G_DEFINE_ENUM_VALUE (ISMB_TRACE_BODIES, "bodies"))

enum
{
  PROP_NAME = 1,
  PROP_FLAGS,
  N_PROPERTIES
};

enum
{
  APPENDED,
  REMOVED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

static GMutex lock;
static GPtrArray *traces; /* of IsmbTrace; NULL: there never was one */

static void
ismb_trace_finalize (GObject *object)
{
  IsmbTrace *self = ISMB_TRACE (object);

  ismb_trace_ring_clear (&self->ring);
  g_main_context_unref (self->context);
  g_free (self->name);
  G_OBJECT_CLASS (ismb_trace_parent_class)->finalize (object);
}

static void
ismb_trace_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbTrace *self = ISMB_TRACE (object);

  if (id == PROP_NAME)
    g_value_set_string (value, self->name);
  else if (id == PROP_FLAGS)
    g_value_set_flags (value, self->flags);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ismb_trace_class_init (IsmbTraceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_trace_finalize;
  object_class->get_property = ismb_trace_get_property;

  /**
   * IsmbTrace:name: (getter get_name)
   *
   * Its name, which is that of the module it catches.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  /**
   * IsmbTrace:flags: (getter get_flags)
   *
   * What it shows.
   */
  properties[PROP_FLAGS] = g_param_spec_flags ("flags", NULL, NULL, ISMB_TYPE_TRACE_FLAGS,
                                               ISMB_TRACE_DEFAULT, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  /**
   * IsmbTrace::appended:
   * @self: the trace
   *
   * Something was caught since this was emitted last; [method@Ismb.Trace.read] has it. Emitted in
   * the main context that was the thread's default when the trace was made, once for all that one
   * turn of it brings.
   */
  signals[APPENDED] = g_signal_new ("appended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * IsmbTrace::removed:
   * @self: the trace
   *
   * It was removed and catches nothing any more. Emitted where it was removed.
   */
  signals[REMOVED] = g_signal_new ("removed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ismb_trace_init (IsmbTrace *self)
{
  self->context = g_main_context_ref_thread_default ();
}

/* Telling who follows: never from inside what is being logged. */

static gboolean
on_told (gpointer user_data)
{
  IsmbTrace *self = user_data;

  g_mutex_lock (&lock);
  self->telling = FALSE;
  g_mutex_unlock (&lock);
  g_signal_emit (self, signals[APPENDED], 0);
  return G_SOURCE_REMOVE;
}

/* With the lock. */
static void
tell_later (IsmbTrace *self)
{
  g_autoptr (GSource) source = NULL;

  if (self->telling || !g_signal_has_handler_pending (self, signals[APPENDED], 0, FALSE))
    return;
  self->telling = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_told, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

static gboolean
catches (IsmbTrace *self, const char *module)
{
  const char *const *alias = ismb_module_find_alias (self->name);

  if (ismb_module_is_below (module, self->name))
    return TRUE;
  for (; alias != NULL && *alias != NULL; alias++)
    if (ismb_module_is_below (module, *alias))
      return TRUE;
  return FALSE;
}

IsmbTraceWants
_ismb_trace_ask (const char *module)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  IsmbTraceWants wants = ISMB_TRACE_WANTS_NOTHING;

  for (guint i = 0; traces != NULL && i < traces->len; i++)
    {
      IsmbTrace *trace = g_ptr_array_index (traces, i);

      if (catches (trace, module))
        wants |= (trace->flags & ISMB_TRACE_BODIES) != 0 ? ISMB_TRACE_WANTS_OPEN
                                                         : ISMB_TRACE_WANTS_MASKED;
    }
  return wants;
}

gboolean
_ismb_trace_any (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  return traces != NULL && traces->len > 0;
}

void
_ismb_trace_take (const char *module, IsmbLogLevel level, const char *masked, const char *open)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  for (guint i = 0; traces != NULL && i < traces->len; i++)
    {
      IsmbTrace *trace = g_ptr_array_index (traces, i);
      const char *text = (trace->flags & ISMB_TRACE_BODIES) != 0 ? open : masked;

      if (text != NULL && catches (trace, module))
        {
          ismb_trace_ring_append (&trace->ring, module, level, text);
          tell_later (trace);
        }
    }
}

/* The traces there are, with the lock */

static gboolean
find (const char *name, guint *index)
{
  for (guint i = 0; traces != NULL && i < traces->len; i++)
    if (g_str_equal (((IsmbTrace *) g_ptr_array_index (traces, i))->name, name))
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
check (const char *name, gsize bytes, GError **error)
{
  if (!ismb_module_is_name (name))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "%s is no name of a module: it has words of letters, digits, - and _ with dots "
                 "between them, as ismb.client",
                 name);
  else if (bytes < BYTES_LEAST || bytes > BYTES_MOST)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "a trace has %d to %d KiB: take a size between them", BYTES_LEAST / 1024,
                 BYTES_MOST / 1024);
  else
    return TRUE;
  return FALSE;
}

static IsmbTrace *
add (const char *name, IsmbTraceFlags flags, gsize bytes, GError **error)
{
  IsmbTrace *self;

  if (traces == NULL)
    traces = g_ptr_array_new_with_free_func (g_object_unref);
  if (traces->len >= TRACES_MAX)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                   "there are %d traces already: remove one that is not needed", TRACES_MAX);
      return NULL;
    }
  self = g_object_new (ISMB_TYPE_TRACE, NULL);
  self->name = g_strdup (name);
  self->flags = flags;
  self->ring.bytes = bytes;
  g_ptr_array_add (traces, g_object_ref (self));
  return self;
}

static gboolean
is_same (IsmbTrace *self, IsmbTraceFlags flags, gsize bytes, GError **error)
{
  if (self->flags == flags && (bytes == 0 || bytes == self->ring.bytes))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "there is a trace %s already, of %" G_GSIZE_FORMAT
               " KiB and %s bodies: remove it first, or take it as it is",
               self->name, self->ring.bytes / 1024,
               (self->flags & ISMB_TRACE_BODIES) != 0 ? "with" : "without");
  return FALSE;
}

static IsmbTrace *
find_or_add (const char *name, IsmbTraceFlags flags, gsize bytes, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  guint index;

  if (!find (name, &index))
    return add (name, flags, bytes != 0 ? bytes : BYTES_DEFAULT, error);
  if (!is_same (g_ptr_array_index (traces, index), flags, bytes, error))
    return NULL;
  return g_object_ref (g_ptr_array_index (traces, index));
}

/**
 * ismb_trace_create:
 * @name: the module to catch, e.g. `ismb.client`
 * @flags: what is to be shown
 * @bytes: how much it keeps, 4 KiB to 64 MiB; 0 for 256 KiB. Older lines fall out for newer ones.
 * @error: return location for a #GError
 *
 * Makes a trace, which catches what is written from now on. If there is one of that name, of that
 * size (or @bytes is 0) and with the same flags, it is that one.
 *
 * Fails with [error@Ismb.Error.EXISTS] if there is one that differs,
 * [error@Ismb.Error.BAD_CONFIG] if @name is no name or @bytes out of bounds, and
 * [error@Ismb.Error.FAILED] if there are 64 already.
 *
 * Returns: (transfer full): the trace
 */
IsmbTrace *
ismb_trace_create (const char *name, IsmbTraceFlags flags, gsize bytes, GError **error)
{
  IsmbTrace *self;

  g_return_val_if_fail (name != NULL, NULL);
  if (!check (name, bytes != 0 ? bytes : BYTES_DEFAULT, error))
    return NULL;
  self = find_or_add (name, flags, bytes, error);
  ismb_module_change ();
  return self;
}

/**
 * ismb_trace_find:
 * @name: a name
 *
 * The trace of that name.
 *
 * Returns: (transfer full) (nullable): the trace, or %NULL if there is none
 */
IsmbTrace *
ismb_trace_find (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;
  guint index;

  g_return_val_if_fail (name != NULL, NULL);
  locker = g_mutex_locker_new (&lock);
  return find (name, &index) ? g_object_ref (g_ptr_array_index (traces, index)) : NULL;
}

/**
 * ismb_trace_list:
 *
 * The traces of this process, as they are now.
 *
 * Returns: (transfer full): a list of [class@Ismb.Trace], in the order in which they were made
 */
GListModel *
ismb_trace_list (void)
{
  GListStore *list = g_list_store_new (ISMB_TYPE_TRACE);
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  for (guint i = 0; traces != NULL && i < traces->len; i++)
    g_list_store_append (list, g_ptr_array_index (traces, i));
  return G_LIST_MODEL (list);
}

static IsmbTrace *
take_out (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  guint index;

  return find (name, &index) ? g_ptr_array_steal_index (traces, index) : NULL;
}

/**
 * ismb_trace_remove:
 * @name: a name
 *
 * Removes the trace of that name: it catches nothing more. Whoever has the object can still read
 * it.
 *
 * Returns: %TRUE if there was one
 */
gboolean
ismb_trace_remove (const char *name)
{
  g_autoptr (IsmbTrace) self = NULL;

  g_return_val_if_fail (name != NULL, FALSE);
  self = take_out (name);
  if (self == NULL)
    return FALSE;
  ismb_module_change ();
  g_signal_emit (self, signals[REMOVED], 0);
  return TRUE;
}

/**
 * ismb_trace_get_name: (get-property name)
 * @self: a trace
 *
 * Its name, which is that of the module it catches.
 *
 * Returns: (transfer none): the name
 */
const char *
ismb_trace_get_name (IsmbTrace *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE (self), NULL);
  return self->name;
}

/**
 * ismb_trace_get_flags: (get-property flags)
 * @self: a trace
 *
 * What it shows.
 *
 * Returns: the flags it was made with
 */
IsmbTraceFlags
ismb_trace_get_flags (IsmbTrace *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE (self), ISMB_TRACE_DEFAULT);
  return self->flags;
}

/**
 * ismb_trace_get_bytes:
 * @self: a trace
 *
 * How much it may keep.
 *
 * Returns: bytes
 */
gsize
ismb_trace_get_bytes (IsmbTrace *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE (self), 0);
  return self->ring.bytes;
}

/**
 * ismb_trace_get_used:
 * @self: a trace
 *
 * How much it keeps.
 *
 * Returns: bytes
 */
gsize
ismb_trace_get_used (IsmbTrace *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;

  g_return_val_if_fail (ISMB_IS_TRACE (self), 0);
  locker = g_mutex_locker_new (&lock);
  return self->ring.used;
}

/**
 * ismb_trace_count:
 * @self: a trace
 *
 * How many entries it has.
 *
 * Returns: the number
 */
guint
ismb_trace_count (IsmbTrace *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;

  g_return_val_if_fail (ISMB_IS_TRACE (self), 0);
  locker = g_mutex_locker_new (&lock);
  return self->ring.lines.length;
}

/**
 * ismb_trace_get_last:
 * @self: a trace
 *
 * The sequence of what was caught last: how many there were since it was made.
 *
 * Returns: the sequence; 0 if nothing was caught yet
 */
guint64
ismb_trace_get_last (IsmbTrace *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;

  g_return_val_if_fail (ISMB_IS_TRACE (self), 0);
  locker = g_mutex_locker_new (&lock);
  return self->ring.last;
}

/**
 * ismb_trace_read:
 * @self: a trace
 * @after: the sequence of the last entry that is known; 0 for none
 * @most: how many entries to read at most; 0 for all
 *
 * The entries behind @after, the oldest first. If the first one's sequence is not the next one,
 * those between were caught and have fallen out of the buffer.
 *
 * Returns: (transfer full): a list of [class@Ismb.TraceEntry], which does not change
 */
GListModel *
ismb_trace_read (IsmbTrace *self, guint64 after, guint most)
{
  GListStore *list = g_list_store_new (ISMB_TYPE_TRACE_ENTRY);
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;
  guint left = most != 0 ? most : G_MAXUINT;

  g_return_val_if_fail (ISMB_IS_TRACE (self), G_LIST_MODEL (list));
  locker = g_mutex_locker_new (&lock);
  for (GList *at = ismb_trace_ring_find (&self->ring, after); at != NULL && left > 0; at = at->next, left--)
    {
      const IsmbTraceLine *line = at->data;
      g_autoptr (IsmbTraceEntry) entry = ismb_trace_entry_new (line->sequence, line->time,
                                                               line->level, line->module,
                                                               line->text);

      g_list_store_append (list, entry);
    }
  return G_LIST_MODEL (list);
}

/**
 * ismb_trace_clear:
 * @self: a trace
 *
 * Forgets what it has caught. Sequences go on from where they were.
 */
void
ismb_trace_clear (IsmbTrace *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;

  g_return_if_fail (ISMB_IS_TRACE (self));
  locker = g_mutex_locker_new (&lock);
  ismb_trace_ring_clear (&self->ring);
}
