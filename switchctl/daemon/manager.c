/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.manager"

#include "config.h"
#include "switchctl/daemon/manager.h"

#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "switchctl/daemon/domain-part.h"
#include "switchctl/daemon/folder.h"
#include "switchctl/daemon/resident.h"

#define REMEMBERED_GROUP "vrs"

struct _SwitchManager
{
  GObject parent_instance;

  const SwitchConfig *config;
  char *domain;
  IsmbFabric *fabric;
  GPtrArray *vrs;           /* of SwitchVr */
  SwitchJoining *joining;
  SwitchKeeper *keeper;
  SwitchPolicyFile *policy_file; /* NULL: the built-in policy */
  SwitchResident *resident; /* NULL while VR-Mgmt is down, or there is none */
  GKeyFile
      *remembered; /* what was enabled or disabled at run time, and overrides the configuration */
  int state_lock, runtime_lock; /* or -1 */
};

G_DEFINE_FINAL_TYPE (SwitchManager, switch_manager, G_TYPE_OBJECT)

static void
switch_manager_dispose (GObject *object)
{
  SwitchManager *self = SWITCH_MANAGER (object);

  if (self->vrs != NULL)
    switch_manager_stop (self);
  g_clear_object (&self->joining);
  g_clear_object (&self->keeper);
  g_clear_pointer (&self->vrs, g_ptr_array_unref);
  g_clear_object (&self->fabric);
  g_clear_pointer (&self->policy_file, switch_policy_file_unref);
  G_OBJECT_CLASS (switch_manager_parent_class)->dispose (object);
}

static void
switch_manager_finalize (GObject *object)
{
  SwitchManager *self = SWITCH_MANAGER (object);

  if (self->state_lock >= 0)
    close (self->state_lock);
  if (self->runtime_lock >= 0)
    close (self->runtime_lock);
  g_key_file_unref (self->remembered);
  g_free (self->domain);
  G_OBJECT_CLASS (switch_manager_parent_class)->finalize (object);
}

static void
switch_manager_class_init (SwitchManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_manager_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_manager_finalize;
}

static void
switch_manager_init (SwitchManager *self)
{
  self->remembered = g_key_file_new ();
  self->state_lock = self->runtime_lock = -1;
}

static gboolean
take_folders (SwitchManager *self, GError **error)
{
  if (!switch_folder_make (self->config->state_dir, 0700, error)
      || !switch_folder_make (self->config->runtime_dir, 0755, error))
    return FALSE;
  self->runtime_lock = switch_folder_lock (self->config->runtime_dir, error);
  if (self->runtime_lock < 0 || g_str_equal (self->config->state_dir, self->config->runtime_dir))
    return self->runtime_lock >= 0;
  self->state_lock = switch_folder_lock (self->config->state_dir, error);
  return self->state_lock >= 0;
}

static char *
remembered_path (SwitchManager *self)
{
  return g_build_filename (self->config->state_dir, "vrs", NULL);
}

static gboolean
load_remembered (SwitchManager *self, GError **error)
{
  g_autofree char *path = remembered_path (self);
  g_autoptr (GError) cause = NULL;

  if (g_key_file_load_from_file (self->remembered, path, G_KEY_FILE_NONE, &cause)
      || g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot read %s: %s", path, cause->message);
  return FALSE;
}

static gboolean
remember (SwitchManager *self, const char *vr, gboolean enabled, GError **error)
{
  g_autofree char *path = remembered_path (self);
  g_autofree char *text = NULL;
  gsize length;

  g_key_file_set_boolean (self->remembered, REMEMBERED_GROUP, vr, enabled);
  text = g_key_file_to_data (self->remembered, &length, NULL);
  return g_file_set_contents_full (path, text, (gssize) length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

static gboolean
is_enabled (SwitchManager *self, const SwitchVrConfig *config)
{
  if (g_key_file_has_key (self->remembered, REMEMBERED_GROUP, config->name, NULL))
    return g_key_file_get_boolean (self->remembered, REMEMBERED_GROUP, config->name, NULL);
  return config->enabled;
}

/* The CA may have been made just now. */
static void
on_fabric_changed (SwitchManager *self)
{
  IsmbAuthority *authority = ismb_fabric_get_authority (self->fabric);

  if (authority != NULL)
    ismb_authority_set_lifetime (authority, self->config->certificate_lifetime);
}

static gboolean
load_fabric (SwitchManager *self, GError **error)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_auto (GStrv) vrs = NULL;

  for (guint i = 0; i < self->config->vrs->len; i++)
    g_strv_builder_add (names, ((SwitchVrConfig *) g_ptr_array_index (self->config->vrs, i))->name);
  vrs = g_strv_builder_end (names);
  self->fabric =
      ismb_fabric_load (self->config->state_dir, self->domain, (const char *const *) vrs,
                        self->config->trust_open ? ISMB_FABRIC_OPEN : ISMB_FABRIC_CLOSED, error);
  if (self->fabric == NULL)
    return FALSE;
  g_signal_connect_object (self->fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                           G_CONNECT_SWAPPED);
  on_fabric_changed (self);
  return TRUE;
}

static gboolean
is_home (SwitchManager *self, SwitchVr *vr)
{
  return self->config->control_enabled && g_str_equal (switch_vr_get_name (vr), SWITCH_VR_MGMT);
}

static gboolean
start_vr (SwitchManager *self, SwitchVr *vr, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (!switch_vr_start (vr, error))
    return FALSE;
  if (!is_home (self, vr) || self->resident != NULL)
    return TRUE;
  self->resident = switch_resident_new (self->config, vr, self->policy_file, &cause);
  if (self->resident != NULL)
    return TRUE;
  switch_vr_fail (vr, cause);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static void
stop_vr (SwitchManager *self, SwitchVr *vr)
{
  if (is_home (self, vr) && self->resident != NULL)
    switch_resident_stop (self->resident);
  if (is_home (self, vr))
    g_clear_object (&self->resident);
  switch_vr_stop (vr);
}

gboolean
switch_manager_start (SwitchManager *self, GError **error)
{
  if (self->config->trust_open)
    g_warning ("trust=open: whoever is on the link is believed to be a switch, its name pinned to "
               "the key first "
               "seen with it. This is for a laboratory; Switch Control runs and stores nothing");
  for (guint i = 0; i < self->vrs->len; i++)
    {
      SwitchVr *vr = g_ptr_array_index (self->vrs, i);
      g_autoptr (GError) cause = NULL;

      if (!is_enabled (self, switch_vr_get_config (vr)) || start_vr (self, vr, &cause))
        continue;
      if (g_str_equal (switch_vr_get_name (vr), SWITCH_VR_MGMT))
        {
          g_propagate_error (error, g_steal_pointer (&cause));
          return FALSE;
        }
      g_warning ("the virtual router %s stays down: %s", switch_vr_get_name (vr), cause->message);
    }
  switch_keeper_start (self->keeper);
  switch_joining_start (self->joining);
  return TRUE;
}

void
switch_manager_stop (SwitchManager *self)
{
  if (self->joining != NULL)
    switch_joining_stop (self->joining);
  if (self->keeper != NULL)
    switch_keeper_stop (self->keeper);
  for (guint i = 0; i < self->vrs->len; i++)
    stop_vr (self, g_ptr_array_index (self->vrs, i));
}

static gboolean
load_policy (SwitchManager *self, GError **error)
{
  if (self->config->policy == NULL)
    return TRUE;
  self->policy_file = switch_policy_file_new (self->config->policy, error);
  return self->policy_file != NULL;
}

static void
make_vrs (SwitchManager *self)
{
  const SwitchConfig *config = self->config;

  self->vrs = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < config->vrs->len; i++)
    g_ptr_array_add (self->vrs,
                     switch_vr_new (g_ptr_array_index (config->vrs, i), config, self->domain,
                                    self->fabric));
}

SwitchManager *
switch_manager_new (const SwitchConfig *config, GError **error)
{
  g_autoptr (SwitchManager) self = g_object_new (SWITCH_TYPE_MANAGER, NULL);

  self->config = config;
  if (!load_policy (self, error) || !take_folders (self, error) || !load_remembered (self, error))
    return NULL;
  self->domain = switch_domain_part (config->state_dir, config->domain, error);
  if (self->domain == NULL || !load_fabric (self, error))
    return NULL;
  make_vrs (self);
  self->keeper = switch_keeper_new (config, self->fabric, self->vrs);
  self->joining = switch_joining_new (config, self->fabric, self->vrs, error);
  return self->joining != NULL ? g_steal_pointer (&self) : NULL;
}

const SwitchConfig *
switch_manager_get_config (SwitchManager *self)
{
  return self->config;
}

const char *
switch_manager_get_domain (SwitchManager *self)
{
  return self->domain;
}

IsmbFabric *
switch_manager_get_fabric (SwitchManager *self)
{
  return self->fabric;
}

SwitchJoining *
switch_manager_get_joining (SwitchManager *self)
{
  return self->joining;
}

GPtrArray *
switch_manager_get_vrs (SwitchManager *self)
{
  return self->vrs;
}

static SwitchVr *
find_vr (SwitchManager *self, const char *name, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < self->vrs->len; i++)
    {
      SwitchVr *vr = g_ptr_array_index (self->vrs, i);

      if (g_str_equal (switch_vr_get_name (vr), name))
        return vr;
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", switch_vr_get_name (vr));
    }
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER,
               "there is no virtual router %s: configured are %s", name, known->str);
  return NULL;
}

/* What could not be done is as if it had not been tried. */
static gboolean
enable_vr (SwitchManager *self, SwitchVr *vr, GError **error)
{
  gboolean was_enabled = switch_vr_get_enabled (vr);

  if (start_vr (self, vr, error))
    return TRUE;
  if (!was_enabled)
    stop_vr (self, vr);
  return FALSE;
}

gboolean
switch_manager_set_enabled (SwitchManager *self, const char *name, gboolean enabled, GError **error)
{
  SwitchVr *vr = find_vr (self, name, error);

  if (vr == NULL || (enabled && !enable_vr (self, vr, error)))
    return FALSE;
  if (!enabled)
    stop_vr (self, vr);
  return remember (self, name, enabled, error);
}

SwitchVr *
switch_manager_get_home (SwitchManager *self)
{
  return find_vr (self, SWITCH_VR_MGMT, NULL);
}

static void
reload_policy (SwitchManager *self)
{
  g_autoptr (GError) error = NULL;

  if (self->policy_file == NULL)
    g_message ("no policy= is configured: the built-in policy holds");
  else if (switch_policy_file_reload (self->policy_file, &error))
    g_message ("the %u rules of %s hold from now on",
               switch_policy_rules_count (switch_policy_file_get_rules (self->policy_file)),
               self->config->policy);
  else
    g_warning ("%s; the rules from before hold", error->message);
}

void
switch_manager_reload (SwitchManager *self)
{
  reload_policy (self);
  if (!ismb_fabric_is_member (self->fabric))
    switch_joining_start (self->joining);
}

SwitchPolicyFile *
switch_manager_get_policy_file (SwitchManager *self)
{
  return self->policy_file;
}

SwitchPolicy *
switch_manager_get_policy (SwitchManager *self, GError **error)
{
  SwitchPolicy *policy
    = self->resident != NULL ? switch_resident_get_policy (self->resident) : NULL;

  if (policy == NULL)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                         "Switch Control does not run here: nobody may do anything");
  return policy;
}
