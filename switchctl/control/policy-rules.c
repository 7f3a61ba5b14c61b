/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.policy"
#include "config.h"
#include "switchctl/control/policy-rules.h"

#include <gio/gio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-accounts.h"
#include "switchctl/control/policy-pattern.h"

#define PATTERN_BYTES_MAX 1024
#define NAME_BYTES_MAX 64

/* A list that is NULL was not given, and matches all. Each pattern is a GStrv of words. */
typedef struct
{
  char *name;
  guint line;
  gboolean decided; /* action= was given */
  gboolean allow;
  GPtrArray *jids;  /* local part and domain */
  GPtrArray *roles; /* one word */
  GPtrArray *vrs;   /* one word */
  GPtrArray *commands;
  GPtrArray *paths;
} Rule;

struct _SwitchPolicyRules
{
  char *file;
  GPtrArray *rules;
};

static void
clear_list (GPtrArray **list)
{
  g_clear_pointer (list, g_ptr_array_unref);
}

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  clear_list (&rule->jids);
  clear_list (&rule->roles);
  clear_list (&rule->vrs);
  clear_list (&rule->commands);
  clear_list (&rule->paths);
  g_free (rule->name);
  g_free (rule);
}

SwitchVerdict *
switch_verdict_new (gboolean allowed, const char *why)
{
  SwitchVerdict *self = g_new0 (SwitchVerdict, 1);

  self->allowed = allowed;
  self->why = g_strdup (why);
  return self;
}

void
switch_verdict_free (SwitchVerdict *self)
{
  g_free (self->why);
  g_free (self->file);
  g_free (self->rule);
  g_free (self);
}

/* What a key takes: one item of its list to the words of a pattern, or NULL and what is wrong. */
typedef GStrv (*ReadItem) (const char *item, GError **error);

static GStrv
bad (GError **error, const char *item, const char *expected)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "`%s`: expected %s", item, expected);
  return NULL;
}

/* A pattern that could match no prepared address would be a hole in a rule that denies. */
static char *
prepare_domain (const char *domain)
{
  g_autofree char *sample = g_strdelimit (g_strdup (domain), "*?", 'x');
  g_autoptr (IsmbJid) jid = ismb_jid_new_from_parts (NULL, sample, NULL, NULL);

  if (jid == NULL)
    return NULL;
  if (g_str_equal (sample, domain))
    return g_strdup (ismb_jid_get_domain (jid));
  return g_str_is_ascii (domain) ? g_ascii_strdown (domain, -1) : NULL;
}

static char *
prepare_local (const char *local)
{
  g_autoptr (IsmbJid) jid = ismb_jid_new_from_parts (local, "x", NULL, NULL);

  return jid != NULL ? g_strdup (ismb_jid_get_local (jid)) : NULL;
}

static GStrv
read_jid (const char *item, GError **error)
{
  g_auto (GStrv) raw = g_strsplit (item, "@", -1);
  g_auto (GStrv) words = g_new0 (char *, 3);

  if (g_strv_length (raw) != 2 || strpbrk (item, "\\/") != NULL || strstr (item, "**") != NULL
      || *raw[0] == '\0')
    return bad (error, item, "an address without resource, such as noc@sw1.001122 or *@*");
  words[0] = prepare_local (raw[0]);
  words[1] = words[0] != NULL ? prepare_domain (raw[1]) : NULL;
  if (words[1] == NULL)
    return bad (error, item,
                "an address without resource, such as noc@sw1.001122 or *@*; a domain with * or "
                "? in ASCII");
  return switch_pattern_check ((const char *const *) words, error) ? g_steal_pointer (&words)
                                                                   : NULL;
}

static GStrv
read_role (const char *item, GError **error)
{
  const char *const words[] = { item, NULL };
  IsmbRole role;

  if (!ismb_role_from_string (item, &role))
    return bad (error, item, "operator, switch or client, several separated by ;");
  return g_strdupv ((char **) words);
}

static GStrv
read_vr (const char *item, GError **error)
{
  const char *const words[] = { item, NULL };

  if (*item == '\0' || g_str_equal (item, "**") || strpbrk (item, " \t") != NULL)
    return bad (error, item, "a virtual router's name, such as VR-Mgmt");
  return switch_pattern_check (words, error) ? g_strdupv ((char **) words) : NULL;
}

/* Several blanks between words are one. */
static GStrv
split_words (const char *item)
{
  g_auto (GStrv) pieces = switch_pattern_split (item, " \t");
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (char **piece = pieces; *piece != NULL; piece++)
    if (**piece != '\0')
      g_strv_builder_add (words, *piece);
  return g_strv_builder_end (words);
}

/* A bare name would match nothing: what is executed begins with a path. */
static GStrv
read_command (const char *item, GError **error)
{
  g_auto (GStrv) words = split_words (item);

  if (words[0] == NULL || strchr ("/*", *words[0]) == NULL)
    return bad (error, item,
                "the absolute path of a program and its words, such as /usr/sbin/ip link **");
  return switch_pattern_check ((const char *const *) words, error) ? g_steal_pointer (&words)
                                                                   : NULL;
}

static GStrv
read_path (const char *item, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (item, "/", -1);

  if (*parts == NULL)
    return bad (error, item, "a path relative to the files root, such as images/**");
  for (char **part = parts; *part != NULL; part++)
    if (**part == '\0' || g_str_equal (*part, ".") || g_str_equal (*part, ".."))
      return bad (error, item, "a path relative to the files root, such as images/**");
  return switch_pattern_check ((const char *const *) parts, error) ? g_steal_pointer (&parts)
                                                                   : NULL;
}

static gboolean
read_list (GPtrArray **list, ReadItem read_item, const char *value, GError **error)
{
  g_auto (GStrv) items = switch_pattern_split (value, ";");
  guint last = g_strv_length (items) - 1;

  *list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  for (guint i = 0; items[i] != NULL; i++)
    {
      GStrv words = NULL;

      if (i > 0 && i == last && *items[i] == '\0')
        return TRUE; /* a list may end in its separator, as GKeyFile's do */
      if (strlen (items[i]) > PATTERN_BYTES_MAX)
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                     "a pattern of more than %d bytes", PATTERN_BYTES_MAX);
      else
        words = read_item (items[i], error);
      if (words == NULL)
        return FALSE;
      g_ptr_array_add (*list, words);
    }
  return TRUE;
}

static gboolean
set_action (Rule *rule, const char *value, GError **error)
{
  rule->decided = TRUE;
  rule->allow = g_str_equal (value, "allow");
  return rule->allow || g_str_equal (value, "deny") || bad (error, value, "allow or deny") != NULL;
}

static gboolean
twice (GError **error)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "given twice in this rule: put all in one list, separated by ;");
  return FALSE;
}

static gboolean
set_key (Rule *rule, const char *key, const char *value, GError **error)
{
  const struct
  {
    const char *name;
    GPtrArray **list;
    ReadItem read_item;
  } keys[] = {
    { "jid", &rule->jids, read_jid },
    { "role", &rule->roles, read_role },
    { "vr", &rule->vrs, read_vr },
    { "command", &rule->commands, read_command },
    { "path", &rule->paths, read_path },
  };

  if (g_str_equal (key, "action"))
    return rule->decided ? twice (error) : set_action (rule, value, error);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (key, keys[i].name))
      return *keys[i].list != NULL ? twice (error)
                                   : read_list (keys[i].list, keys[i].read_item, value, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "unknown key: a rule has action, jid, role, vr, command and path");
  return FALSE;
}

static gboolean
read_pair (SwitchPolicyRules *self, const char *line, GError **error)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;

  if (equals == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "`%s` is neither key=value, nor [rule NAME], nor # and a remark", line);
      return FALSE;
    }
  key = g_strstrip (g_strndup (line, equals - line));
  value = g_strstrip (g_strdup (equals + 1));
  if (self->rules->len == 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "%s stands before the first rule: put [rule NAME] above it", key);
      return FALSE;
    }
  if (set_key (g_ptr_array_index (self->rules, self->rules->len - 1), key, value, error))
    return TRUE;
  g_prefix_error (error, "%s=: ", key);
  return FALSE;
}

static gboolean
has_rule (SwitchPolicyRules *self, const char *name)
{
  for (guint i = 0; i < self->rules->len; i++)
    if (g_str_equal (((Rule *) g_ptr_array_index (self->rules, i))->name, name))
      return TRUE;
  return FALSE;
}

static gboolean
begin_rule (SwitchPolicyRules *self, const char *line, guint number, GError **error)
{
  g_autofree char *name = NULL;
  const char *why = NULL;
  Rule *rule;

  if (g_str_has_prefix (line, "[rule ") && g_str_has_suffix (line, "]"))
    name = g_strstrip (g_strndup (line + 6, strlen (line) - 7));
  if (name == NULL || *name == '\0' || strlen (name) > NAME_BYTES_MAX)
    why = "expected [rule NAME], the name of at most 64 bytes";
  else if (has_rule (self, name))
    why = "there is a rule of that name above";
  else if (self->rules->len == SWITCH_POLICY_RULES_MAX)
    why = "more than 1000 rules";
  if (why != NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "%s: %s", line, why);
      return FALSE;
    }
  rule = g_new0 (Rule, 1);
  rule->name = g_steal_pointer (&name);
  rule->line = number;
  g_ptr_array_add (self->rules, rule);
  return TRUE;
}

static gboolean
read_line (SwitchPolicyRules *self, char *line, guint number, GError **error)
{
  gboolean well = TRUE;

  g_strstrip (line);
  if (*line == '[')
    well = begin_rule (self, line, number, error);
  else if (*line != '\0' && *line != '#')
    well = read_pair (self, line, error);
  if (!well)
    g_prefix_error (error, "%s:%u: ", self->file, number);
  return well;
}

static gboolean
check_decided (SwitchPolicyRules *self, GError **error)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      Rule *rule = g_ptr_array_index (self->rules, i);

      if (!rule->decided)
        {
          g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "%s:%u: [rule %s] lacks action=allow or action=deny", self->file,
                       rule->line, rule->name);
          return FALSE;
        }
    }
  return TRUE;
}

SwitchPolicyRules *
switch_policy_rules_parse (const char *file, const char *text, gsize length, GError **error)
{
  g_autoptr (SwitchPolicyRules) self = g_new0 (SwitchPolicyRules, 1);
  g_auto (GStrv) lines = NULL;

  self->file = g_strdup (file);
  self->rules = g_ptr_array_new_with_free_func (rule_free);
  if (length > SWITCH_POLICY_BYTES_MAX || !g_utf8_validate (text, (gssize) length, NULL))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "%s:1: expected UTF-8 text of at most 64 kB", file);
      return NULL;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (self, lines[i], i + 1, error))
      return NULL;
  return check_decided (self, error) ? g_steal_pointer (&self) : NULL;
}

/* One byte more than is allowed tells that there are more, however many they are. */
SwitchPolicyRules *
switch_policy_rules_load (const char *file, GError **error)
{
  g_autoptr (GFile) location = g_file_new_for_path (file);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = g_malloc0 (SWITCH_POLICY_BYTES_MAX + 2);
  gsize length = 0;

  stream = g_file_read (location, NULL, &cause);
  if (stream != NULL
      && g_input_stream_read_all (G_INPUT_STREAM (stream), text, SWITCH_POLICY_BYTES_MAX + 1,
                                  &length, NULL, &cause))
    return switch_policy_rules_parse (file, text, length, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "%s:1: cannot read the policy: %s", file,
               cause->message);
  return NULL;
}

void
switch_policy_rules_free (SwitchPolicyRules *self)
{
  g_ptr_array_unref (self->rules);
  g_free (self->file);
  g_free (self);
}

guint
switch_policy_rules_count (const SwitchPolicyRules *self)
{
  return self->rules->len;
}

/* Decisions */

static gboolean
match_any (GPtrArray *list, const char *const *texts)
{
  for (guint i = 0; list != NULL && i < list->len; i++)
    if (switch_pattern_match_words (g_ptr_array_index (list, i), texts))
      return TRUE;
  return FALSE;
}

static gboolean
match_or_free (GPtrArray *list, const char *first, const char *second)
{
  const char *const texts[] = { first, second, NULL };

  return list == NULL || match_any (list, texts);
}

/* A rule that names commands only is about commands only, and likewise for paths. */
static gboolean
match_deed (const Rule *rule, const SwitchPolicyCase *one)
{
  if (rule->commands == NULL && rule->paths == NULL)
    return TRUE;
  return match_any (one->deed == SWITCH_DEED_RUN ? rule->commands : rule->paths, one->words);
}

static gboolean
match_rule (const Rule *rule, const SwitchPolicyCase *one)
{
  const char *local = ismb_jid_get_local (one->from);

  return match_or_free (rule->roles, one->role, NULL) && match_or_free (rule->vrs, one->vr, NULL)
         && match_or_free (rule->jids, local != NULL ? local : "", ismb_jid_get_domain (one->from))
         && match_deed (rule, one);
}

static SwitchVerdict *
verdict_of (const SwitchPolicyRules *self, const Rule *rule)
{
  g_autofree char *name = g_path_get_basename (self->file);
  g_autofree char *why = g_strdup_printf ("%s:%u: [rule %s] %s it", name, rule->line, rule->name,
                                          rule->allow ? "allows" : "denies");
  SwitchVerdict *verdict = switch_verdict_new (rule->allow, why);

  verdict->file = g_strdup (self->file);
  verdict->rule = g_strdup (rule->name);
  verdict->line = rule->line;
  return verdict;
}

static SwitchVerdict *
verdict_of_none (const SwitchPolicyRules *self)
{
  g_autofree char *name = g_path_get_basename (self->file);
  g_autofree char *why = g_strdup_printf ("no rule of %s allows it", name);
  SwitchVerdict *verdict = switch_verdict_new (FALSE, why);

  verdict->file = g_strdup (self->file);
  return verdict;
}

SwitchVerdict *
switch_policy_rules_decide (const SwitchPolicyRules *self, const SwitchPolicyCase *one)
{
  for (guint i = 0; i < self->rules->len; i++)
    if (match_rule (g_ptr_array_index (self->rules, i), one))
      return verdict_of (self, g_ptr_array_index (self->rules, i));
  return verdict_of_none (self);
}
