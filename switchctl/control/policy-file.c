/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.policy"
#include "config.h"
#include "switchctl/control/policy-file.h"

struct _SwitchPolicyFile
{
  char *path;
  SwitchPolicyRules *rules;
  char *complaint;
};

static void
clear (SwitchPolicyFile *self)
{
  g_free (self->path);
  g_clear_pointer (&self->rules, switch_policy_rules_free);
  g_free (self->complaint);
}

SwitchPolicyFile *
switch_policy_file_new (const char *path, GError **error)
{
  g_autoptr (SwitchPolicyFile) self = g_rc_box_new0 (SwitchPolicyFile);

  self->path = g_strdup (path);
  return switch_policy_file_reload (self, error) ? g_steal_pointer (&self) : NULL;
}

SwitchPolicyFile *
switch_policy_file_ref (SwitchPolicyFile *self)
{
  return g_rc_box_acquire (self);
}

void
switch_policy_file_unref (SwitchPolicyFile *self)
{
  g_rc_box_release_full (self, (GDestroyNotify) clear);
}

gboolean
switch_policy_file_reload (SwitchPolicyFile *self, GError **error)
{
  g_autoptr (GError) cause = NULL;
  SwitchPolicyRules *rules = switch_policy_rules_load (self->path, &cause);

  g_clear_pointer (&self->complaint, g_free);
  if (rules == NULL)
    {
      self->complaint = g_strdup (cause->message);
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
  g_clear_pointer (&self->rules, switch_policy_rules_free);
  self->rules = rules;
  return TRUE;
}

const SwitchPolicyRules *
switch_policy_file_get_rules (SwitchPolicyFile *self)
{
  return self->rules;
}

const char *
switch_policy_file_get_complaint (SwitchPolicyFile *self)
{
  return self->complaint;
}
