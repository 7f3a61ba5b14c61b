/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.log"

#include "config.h"
#include "switchctl/daemon/log.h"

#include <stdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

typedef struct
{
  char *domain;
  GLogLevelFlags level;
} Rule;

/* GLib's writer is one for the process and set once, so its rules are too. */
static GArray *rules;
static GLogLevelFlags default_level = G_LOG_LEVEL_INFO;

static const struct
{
  const char *word;
  GLogLevelFlags level;
} words[] = {
  { "debug", G_LOG_LEVEL_DEBUG },       { "info", G_LOG_LEVEL_INFO },
  { "message", G_LOG_LEVEL_MESSAGE },   { "warning", G_LOG_LEVEL_WARNING },
  { "critical", G_LOG_LEVEL_CRITICAL }, { "error", G_LOG_LEVEL_ERROR },
};

static gboolean
parse_level (const char *word, GLogLevelFlags *level, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].word, word))
      {
        *level = words[i].level;
        return TRUE;
      }
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "%s is no level: expected debug, info, message, warning, critical or error", word);
  return FALSE;
}

static void
rule_clear (Rule *rule)
{
  g_free (rule->domain);
}

static GArray *
parse (const char *levels, GLogLevelFlags *level, GError **error)
{
  g_autoptr (GArray) parsed = g_array_new (FALSE, FALSE, sizeof (Rule));
  g_auto (GStrv) parts = g_strsplit (levels, ";", -1);

  g_array_set_clear_func (parsed, (GDestroyNotify) rule_clear);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (g_strstrip (parts[i]), '=');
      Rule rule = { 0 };

      if (*parts[i] == '\0')
        continue;
      if (!parse_level (equals != NULL ? equals + 1 : parts[i],
                        equals != NULL ? &rule.level : level, error))
        return NULL;
      if (equals == NULL)
        continue;
      rule.domain = g_strndup (parts[i], equals - parts[i]);
      g_array_append_val (parsed, rule);
    }
  return g_steal_pointer (&parsed);
}

gboolean
switch_log_check (const char *levels, GError **error)
{
  GLogLevelFlags level = G_LOG_LEVEL_INFO;
  g_autoptr (GArray) parsed = parse (levels, &level, error);

  return parsed != NULL;
}

static gboolean
covers (const char *rule, const char *domain)
{
  gsize length = strlen (rule);

  return strncmp (rule, domain, length) == 0 && (domain[length] == '\0' || domain[length] == '.');
}

/* The longest name that covers the domain wins. Libraries' debug and info are theirs, unless named.
 */
static GLogLevelFlags
level_of (const char *domain)
{
  GLogLevelFlags level = default_level;
  gsize best = 0;

  if (!covers ("ismb", domain) && !covers ("switchctld", domain) && !covers ("switchctl", domain))
    level = MIN (level, G_LOG_LEVEL_MESSAGE);
  for (guint i = 0; i < rules->len; i++)
    {
      const Rule *rule = &g_array_index (rules, Rule, i);
      gsize length = strlen (rule->domain);

      if (length >= best && covers (rule->domain, domain))
        {
          best = length;
          level = rule->level;
        }
    }
  return level;
}

static const char *
field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].length < 0)
      return fields[i].value;
  return NULL;
}

static const char *
word_of (GLogLevelFlags level)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if ((level & words[i].level) != 0)
      return words[i].word;
  return "error";
}

/* One line each: what comes from outside must not be able to forge a second one. */
static void
write_line (GLogLevelFlags level, const char *domain, const char *vr, const char *message)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (line, "%s %s%s%s: %s", word_of (level), domain, vr != NULL ? " on " : "",
                   vr != NULL ? vr : "", message);
  for (char *c = line->str; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  g_string_append_c (line, '\n');
  fputs (line->str, stderr);
  fflush (stderr);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *domain = field (fields, n_fields, "GLIB_DOMAIN");
  const char *message = field (fields, n_fields, "MESSAGE");
  gboolean journal = GPOINTER_TO_INT (user_data);

  if (domain == NULL)
    domain = "switchctld";
  if ((level & G_LOG_LEVEL_MASK) > level_of (domain))
    return G_LOG_WRITER_HANDLED;
  if (journal && g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  write_line (level, domain, field (fields, n_fields, "ISMB_VIRTUAL_ROUTER"),
              message != NULL ? message : "");
  return G_LOG_WRITER_HANDLED;
}

void
switch_log_open (const char *levels)
{
  gboolean journal = g_log_writer_is_journald (fileno (stderr));

  rules = parse (levels, &default_level, NULL);
  g_assert (rules != NULL);
  g_log_set_writer_func (write_log, GINT_TO_POINTER (journal), NULL);
}
