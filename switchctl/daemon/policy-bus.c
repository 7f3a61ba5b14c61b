/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.control-bus"

#include "config.h"
#include "switchctl/daemon/policy-bus.h"

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/transfer/ismb-beneath.h"

/* A question on its way to its answer. */
typedef struct
{
  SwitchManager *manager;
  GDBusMethodInvocation *invocation; /* the answer takes it */
  IsmbJid *from;
  SwitchDeed deed;
  char *object; /* a path is normalised */
  char *role;   /* or NULL */
} Check;

static void
check_free (Check *check)
{
  g_clear_object (&check->manager);
  g_clear_object (&check->from);
  g_free (check->object);
  g_free (check->role);
  g_free (check);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Check, check_free)

static GStrv
words_of (Check *check, SwitchPolicy *policy)
{
  const char *const path[] = { check->object, NULL };
  GStrv words;

  if (check->deed == SWITCH_DEED_WRITE)
    return g_strdupv ((char **) path);
  words = switch_policy_resolve (policy, check->object);
  return words != NULL ? words : g_new0 (char *, 1);
}

static GVariant *
describe (Check *check, SwitchPolicy *policy, const SwitchVerdict *verdict)
{
  SwitchPolicyFile *file = switch_manager_get_policy_file (check->manager);
  const char *stale = file != NULL ? switch_policy_file_get_complaint (file) : NULL;
  g_auto (GStrv) words = words_of (check, policy);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "allowed", "b", verdict->allowed);
  g_variant_dict_insert (&dict, "why", "s", verdict->why);
  g_variant_dict_insert (&dict, "words", "^as", words);
  if (verdict->file != NULL)
    g_variant_dict_insert (&dict, "file", "s", verdict->file);
  if (verdict->rule != NULL)
    {
      g_variant_dict_insert (&dict, "rule", "s", verdict->rule);
      g_variant_dict_insert (&dict, "line", "u", verdict->line);
    }
  if (stale != NULL)
    g_variant_dict_insert (&dict, "stale", "s", stale);
  return g_variant_dict_end (&dict);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Check) check = user_data;
  SwitchPolicy *policy = SWITCH_POLICY (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchVerdict) verdict = switch_policy_judge_finish (policy, result, &error);

  if (verdict == NULL)
    g_dbus_method_invocation_return_gerror (check->invocation, error);
  else
    g_dbus_method_invocation_return_value (
      check->invocation, g_variant_new ("(@a{sv})", describe (check, policy, verdict)));
}

static gboolean
bad (GError **error, const char *text, const char *expected)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "\"%s\": expected %s", text, expected);
  return FALSE;
}

static gboolean
read_role (Check *check, GVariant *options, GError **error)
{
  IsmbRole role;

  if (!g_variant_lookup (options, "role", "s", &check->role)
      || ismb_role_from_string (check->role, &role))
    return TRUE;
  return bad (error, check->role, "a role: operator, switch or client");
}

/* A path as the receiver of files would see it. */
static gboolean
read_object (Check *check, const char *deed, const char *object, GError **error)
{
  g_autoptr (IsmbBeneath) beneath = NULL;

  if (g_str_equal (deed, "command"))
    {
      check->deed = SWITCH_DEED_RUN;
      check->object = g_strdup (object);
      return TRUE;
    }
  if (!g_str_equal (deed, "path"))
    return bad (error, deed, "command or path");
  beneath = ismb_beneath_new (switch_manager_get_config (check->manager)->files_root, error);
  check->deed = SWITCH_DEED_WRITE;
  check->object = beneath != NULL ? ismb_beneath_name (beneath, object, error) : NULL;
  return check->object != NULL;
}

void
switch_policy_bus_check (SwitchManager *manager, GDBusMethodInvocation *invocation,
                         const char *jid, const char *deed, const char *object, GVariant *options)
{
  g_autoptr (Check) check = g_new0 (Check, 1);
  g_autoptr (GError) error = NULL;
  SwitchPolicy *policy = switch_manager_get_policy (manager, &error);
  const char *objects[2] = { NULL };

  check->manager = g_object_ref (manager);
  check->invocation = invocation;
  check->from = policy != NULL ? ismb_jid_new (jid, &error) : NULL;
  if (check->from == NULL || !read_role (check, options, &error)
      || !read_object (check, deed, object, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }
  objects[0] = check->object;
  switch_policy_judge_async (policy, check->from, check->role, check->deed, objects, NULL,
                             on_judged, check);
  g_steal_pointer (&check);
}
