/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.trace"
#include "config.h"
#include "ismb/core/ismb-trace-entry.h"

/**
 * IsmbTraceEntry:
 *
 * A line of the log, or a stanza, as an [class@Ismb.Trace] caught it. It never changes.
 */
struct _IsmbTraceEntry
{
  GObject parent_instance;
  guint64 sequence;
  gint64 time;
  IsmbLogLevel level;
  char *module;
  char *text;
};

G_DEFINE_FINAL_TYPE (IsmbTraceEntry, ismb_trace_entry, G_TYPE_OBJECT)

enum
{
  PROP_SEQUENCE = 1,
  PROP_TIME,
  PROP_LEVEL,
  PROP_MODULE,
  PROP_TEXT,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_trace_entry_finalize (GObject *object)
{
  IsmbTraceEntry *self = ISMB_TRACE_ENTRY (object);

  g_free (self->module);
  g_free (self->text);
  G_OBJECT_CLASS (ismb_trace_entry_parent_class)->finalize (object);
}

static void
ismb_trace_entry_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbTraceEntry *self = ISMB_TRACE_ENTRY (object);

  switch (id)
    {
    case PROP_SEQUENCE: g_value_set_uint64 (value, self->sequence); break;
    case PROP_TIME: g_value_set_int64 (value, self->time); break;
    case PROP_LEVEL: g_value_set_enum (value, self->level); break;
    case PROP_MODULE: g_value_set_string (value, self->module); break;
    case PROP_TEXT: g_value_set_string (value, self->text); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_trace_entry_class_init (IsmbTraceEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_trace_entry_finalize;
  object_class->get_property = ismb_trace_entry_get_property;

  /**
   * IsmbTraceEntry:sequence: (getter get_sequence)
   *
   * Its place: 1 for the first that the trace caught, and one more for each after it.
   */
  properties[PROP_SEQUENCE]
    = g_param_spec_uint64 ("sequence", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * IsmbTraceEntry:time: (getter get_time)
   *
   * When it was written, in microseconds since 1970 (UTC).
   */
  properties[PROP_TIME]
    = g_param_spec_int64 ("time", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  /**
   * IsmbTraceEntry:level: (getter get_level)
   *
   * How much it matters; a stanza's is debug.
   */
  properties[PROP_LEVEL] = g_param_spec_enum ("level", NULL, NULL, ISMB_TYPE_LOG_LEVEL,
                                              ISMB_LOG_LEVEL_ERROR, flags);
  /**
   * IsmbTraceEntry:module: (getter get_module)
   *
   * Who wrote it, e.g. `ismb.client.roster`.
   */
  properties[PROP_MODULE] = g_param_spec_string ("module", NULL, NULL, "", flags);
  /**
   * IsmbTraceEntry:text: (getter get_text)
   *
   * What it says: UTF-8, at most 16 KiB; of a longer one the beginning.
   */
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_trace_entry_init (IsmbTraceEntry *self)
{
}

/**
 * ismb_trace_entry_new:
 * @sequence: its place
 * @time: microseconds since 1970 (UTC)
 * @level: how much it matters
 * @module: who wrote it
 * @text: what it says
 *
 * Makes an entry, for who shows those of a trace in another program. Everything is copied.
 *
 * Returns: (transfer full): the entry
 */
IsmbTraceEntry *
ismb_trace_entry_new (guint64 sequence, gint64 time, IsmbLogLevel level, const char *module,
                      const char *text)
{
  IsmbTraceEntry *self;

  g_return_val_if_fail (module != NULL && text != NULL, NULL);
  self = g_object_new (ISMB_TYPE_TRACE_ENTRY, NULL);
  self->sequence = sequence;
  self->time = time;
  self->level = level;
  self->module = g_strdup (module);
  self->text = g_strdup (text);
  return self;
}

/**
 * ismb_trace_entry_get_sequence: (get-property sequence)
 * @self: an entry
 *
 * Its place among all that the trace ever caught; where one is missing between two, it fell out of
 * the buffer.
 *
 * Returns: 1 for the first
 */
guint64
ismb_trace_entry_get_sequence (IsmbTraceEntry *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE_ENTRY (self), 0);
  return self->sequence;
}

/**
 * ismb_trace_entry_get_time: (get-property time)
 * @self: an entry
 *
 * When it was written.
 *
 * Returns: microseconds since 1970 (UTC)
 */
gint64
ismb_trace_entry_get_time (IsmbTraceEntry *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE_ENTRY (self), 0);
  return self->time;
}

/**
 * ismb_trace_entry_get_level: (get-property level)
 * @self: an entry
 *
 * How much it matters.
 *
 * Returns: the level
 */
IsmbLogLevel
ismb_trace_entry_get_level (IsmbTraceEntry *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE_ENTRY (self), ISMB_LOG_LEVEL_ERROR);
  return self->level;
}

/**
 * ismb_trace_entry_get_module: (get-property module)
 * @self: an entry
 *
 * Who wrote it.
 *
 * Returns: (transfer none): the module, e.g. `ismb.client.roster`
 */
const char *
ismb_trace_entry_get_module (IsmbTraceEntry *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE_ENTRY (self), NULL);
  return self->module;
}

/**
 * ismb_trace_entry_get_text: (get-property text)
 * @self: an entry
 *
 * What it says. It may hold what strangers sent, control characters included.
 *
 * Returns: (transfer none): the text
 */
const char *
ismb_trace_entry_get_text (IsmbTraceEntry *self)
{
  g_return_val_if_fail (ISMB_IS_TRACE_ENTRY (self), NULL);
  return self->text;
}
