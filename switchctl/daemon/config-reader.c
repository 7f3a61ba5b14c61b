/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.config"

#include "config.h"
#include "switchctl/daemon/config-reader.h"

#include <string.h>
#include <sys/un.h>

#include "ismb/core/ismb-error.h"
#include "switchctl/control/policy-rules.h"
#include "switchctl/daemon/config-keys.h"

#define FILE_MAX (1024 * 1024)

/* Where the reader is. The format is GKeyFile's; it is read here because GKeyFile forgets the
 * lines, and an error that names no line is a search. */
typedef struct
{
  SwitchConfig *config;
  const char *path;
  gboolean in_group;
  SwitchGroup group;
  gpointer target;
} Reader;

static gboolean
enter_group (Reader *reader, const char *line, GError **error)
{
  g_autofree char *header = NULL;
  g_autofree char *vr = NULL;

  reader->in_group = FALSE;
  if (!g_str_has_suffix (line, "]"))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "the group %s lacks its closing bracket", line);
      return FALSE;
    }
  header = g_strstrip (g_strndup (line + 1, strlen (line) - 2));
  if (!switch_config_find_group (header, &reader->group, &vr, error))
    return FALSE;
  reader->in_group = TRUE;
  reader->target = reader->config;
  if (reader->group == SWITCH_GROUP_VR)
    reader->target = switch_config_ensure_vr (reader->config, vr);
  return TRUE;
}

static gboolean
read_pair (Reader *reader, const char *line, GError **error)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;

  if (equals == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "`%s` is neither key=value, nor [group], nor # and a remark", line);
      return FALSE;
    }
  key = g_strstrip (g_strndup (line, equals - line));
  value = g_strstrip (g_strdup (equals + 1));
  if (!reader->in_group)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "%s stands before the first group: put [daemon] or the like above it", key);
      return FALSE;
    }
  return switch_config_set (reader->group, reader->target, key, value, error);
}

static gboolean
read_line (Reader *reader, char *line, GError **error)
{
  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  return *line == '[' ? enter_group (reader, line, error) : read_pair (reader, line, error);
}

static gboolean
check_text (const char *path, const char *text, gsize length, GError **error)
{
  if (length <= FILE_MAX && g_utf8_validate (text, (gssize) length, NULL))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "%s: expected UTF-8 text of at most 1 MB",
               path);
  return FALSE;
}

static gboolean
read_file (SwitchConfig *config, const char *path, GError **error)
{
  Reader reader = { .config = config, .path = path };
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, &cause))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "cannot read the configuration: %s",
                   cause->message);
      return FALSE;
    }
  if (!check_text (path, text, length, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (&reader, lines[i], error))
      {
        g_prefix_error (error, "%s:%u: ", path, i + 1);
        return FALSE;
      }
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_drop_ins (const char *path)
{
  g_autofree char *folder = g_strconcat (path, ".d", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (files, compare_names);
  return files;
}

static gboolean
read_all (SwitchConfig *config, const char *path, GError **error)
{
  g_autofree char *main_file = g_strdup (path != NULL ? path : ISMB_SYSCONFDIR "/switchctld.conf");
  g_autofree char *folder = g_path_get_dirname (main_file);
  g_autoptr (GPtrArray) drop_ins = list_drop_ins (main_file);

  config->join_file = g_build_filename (folder, "join", NULL);
  if ((path != NULL || g_file_test (main_file, G_FILE_TEST_EXISTS))
      && !read_file (config, main_file, error))
    return FALSE;
  for (guint i = 0; i < drop_ins->len; i++)
    if (!read_file (config, g_ptr_array_index (drop_ins, i), error))
      return FALSE;
  return TRUE;
}

/* A file that is named and is not there must not turn into the built-in policy. */
static gboolean
check_policy (SwitchConfig *config, GError **error)
{
  g_autoptr (SwitchPolicyRules) rules = NULL;

  if (config->policy == NULL)
    return TRUE;
  rules = switch_policy_rules_load (config->policy, error);
  return rules != NULL;
}

static gboolean
ports_meet (const SwitchVrConfig *a, const SwitchVrConfig *b)
{
  return (a->c2s_port != 0 && (a->c2s_port == b->c2s_port || a->c2s_port == b->s2s_port))
         || (a->s2s_port != 0 && (a->s2s_port == b->c2s_port || a->s2s_port == b->s2s_port));
}

static gboolean
share_address (const SwitchVrConfig *a, const SwitchVrConfig *b)
{
  for (guint i = 0; a->listen[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) b->listen, a->listen[i]))
      return TRUE;
  return FALSE;
}

static gboolean
check_own_ports (const SwitchVrConfig *vr, GError **error)
{
  if (vr->c2s_port == 0 || vr->c2s_port != vr->s2s_port)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "[vr %s]: clients and switches cannot both be on port %u: change c2s-port= or "
               "s2s-port=", vr->name, vr->c2s_port);
  return FALSE;
}

/* Two that are both enabled, in one place and on one port, are most often one whose netns= or
 * bind-device= was forgotten. */
static gboolean
check_clash (const SwitchVrConfig *a, const SwitchVrConfig *b, GError **error)
{
  if (!a->enabled || !b->enabled || g_strcmp0 (a->netns, b->netns) != 0
      || g_strcmp0 (a->bind_device, b->bind_device) != 0 || !share_address (a, b)
      || !ports_meet (a, b))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "[vr %s] and [vr %s] are in the same place and on the same ports: give one of them "
               "a netns=, a bind-device=, or other ports (0: any free one)", a->name, b->name);
  return FALSE;
}

static gboolean
check_places (SwitchConfig *config, GError **error)
{
  for (guint i = 0; i < config->vrs->len; i++)
    {
      SwitchVrConfig *vr = g_ptr_array_index (config->vrs, i);

      if (!check_own_ports (vr, error))
        return FALSE;
      for (guint j = 0; j < i; j++)
        if (!check_clash (g_ptr_array_index (config->vrs, j), vr, error))
          return FALSE;
    }
  return TRUE;
}

/* What no single line can tell. */
static gboolean
check_whole (SwitchConfig *config, GError **error)
{
  for (guint i = 0; i < config->vrs->len; i++)
    {
      SwitchVrConfig *vr = g_ptr_array_index (config->vrs, i);
      g_autofree char *path = g_build_filename (config->runtime_dir, vr->name, "c2s", NULL);

      if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
        {
          g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "runtime-dir=%s is too long: %s is no possible path of a socket",
                       config->runtime_dir, path);
          return FALSE;
        }
    }
  return check_places (config, error) && check_policy (config, error);
}

SwitchConfig *
switch_config_load (const char *path, GError **error)
{
  g_autoptr (SwitchConfig) config = switch_config_new ();

  if (!read_all (config, path, error))
    return NULL;
  switch_config_ensure_vr (config, SWITCH_VR_MGMT);
  if (!check_whole (config, error))
    return NULL;
  return g_steal_pointer (&config);
}
