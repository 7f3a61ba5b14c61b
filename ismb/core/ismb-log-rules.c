/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-log-rules.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-module.h"

typedef struct
{
  char *module;
  IsmbLogLevel level;
} Rule;

struct _IsmbLogRules
{
  IsmbLogLevel level; /* of ours that have no rule */
  GArray *rules;      /* of Rule, each module once */
};

static void
rule_clear (Rule *rule)
{
  g_free (rule->module);
}

IsmbLogRules *
ismb_log_rules_new (void)
{
  IsmbLogRules *self = g_new0 (IsmbLogRules, 1);

  self->level = ISMB_LOG_LEVEL_MESSAGE;
  self->rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  g_array_set_clear_func (self->rules, (GDestroyNotify) rule_clear);
  return self;
}

void
ismb_log_rules_free (IsmbLogRules *self)
{
  g_array_unref (self->rules);
  g_free (self);
}

static gboolean
parse_part (IsmbLogRules *self, char *part, GError **error)
{
  char *equals = strchr (part, '=');
  IsmbLogLevel level;

  if (!ismb_log_level_from_string (g_strstrip (equals != NULL ? equals + 1 : part), &level, error))
    return FALSE;
  if (equals == NULL)
    {
      self->level = level;
      return TRUE;
    }
  *equals = '\0';
  if (!ismb_module_is_name (g_strchomp (part)))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "%s is no name of a module: expected words with dots between them, as "
                   "ismb.listener=debug",
                   part);
      return FALSE;
    }
  ismb_log_rules_set (self, part, level);
  return TRUE;
}

IsmbLogRules *
ismb_log_rules_parse (const char *text, GError **error)
{
  g_autoptr (IsmbLogRules) self = ismb_log_rules_new ();
  g_auto (GStrv) parts = g_strsplit (text, ";", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*g_strstrip (parts[i]) != '\0' && !parse_part (self, parts[i], error))
      return NULL;
  return g_steal_pointer (&self);
}

char *
ismb_log_rules_write (const IsmbLogRules *self)
{
  GString *text = g_string_new (ismb_log_level_to_string (self->level));

  for (guint i = 0; i < self->rules->len; i++)
    {
      const Rule *rule = &g_array_index (self->rules, Rule, i);

      g_string_append_printf (text, ";%s=%s", rule->module,
                              ismb_log_level_to_string (rule->level));
    }
  return g_string_free (text, FALSE);
}

static Rule *
find_exact (IsmbLogRules *self, const char *module)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      Rule *rule = &g_array_index (self->rules, Rule, i);

      if (g_str_equal (rule->module, module))
        return rule;
    }
  return NULL;
}

void
ismb_log_rules_set (IsmbLogRules *self, const char *module, IsmbLogLevel level)
{
  Rule *known = module != NULL ? find_exact (self, module) : NULL;
  Rule rule = { .level = level };

  if (module == NULL)
    self->level = level;
  else if (known != NULL)
    known->level = level;
  else
    {
      rule.module = g_strdup (module);
      g_array_append_val (self->rules, rule);
    }
}

static gboolean
is_ours (const char *module)
{
  static const char *const roots[] = { "ismb", "switchctld", "switchctl" };

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (ismb_module_is_below (module, roots[i]))
      return TRUE;
  return FALSE;
}

/* Of other libraries' lines debug and info are theirs: for who asks GLib for them. */
static IsmbLogLevel
find_unnamed (const IsmbLogRules *self, const char *module)
{
  IsmbLogLevel level
    = is_ours (module) ? self->level : MIN (self->level, ISMB_LOG_LEVEL_MESSAGE);

  return g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, module) ? level
                                                                     : ISMB_LOG_LEVEL_DEBUG;
}

IsmbLogLevel
ismb_log_rules_find (const IsmbLogRules *self, const char *module)
{
  const Rule *best = NULL;

  for (guint i = 0; i < self->rules->len; i++)
    {
      const Rule *rule = &g_array_index (self->rules, Rule, i);

      if (ismb_module_is_below (module, rule->module)
          && (best == NULL || strlen (rule->module) > strlen (best->module)))
        best = rule;
    }
  return best != NULL ? best->level : find_unnamed (self, module);
}

IsmbLogLevel
ismb_log_rules_loudest (const IsmbLogRules *self)
{
  IsmbLogLevel loudest = self->level;

  for (guint i = 0; i < self->rules->len; i++)
    loudest = MAX (loudest, g_array_index (self->rules, Rule, i).level);
  return g_getenv ("G_MESSAGES_DEBUG") != NULL ? ISMB_LOG_LEVEL_DEBUG : loudest;
}
