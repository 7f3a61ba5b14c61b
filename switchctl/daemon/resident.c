/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.resident"

#include "config.h"
#include "switchctl/daemon/resident.h"

#include "ismb/core/ismb-random.h"
#include "switchctl/control/engine-exec.h"
#include "switchctl/control/switch-control.h"
#include "switchctl/daemon/auditor.h"

#define RETRY_SECONDS 1

struct _SwitchResident
{
  GObject parent_instance;

  SwitchControl *control;
  GCancellable *cancellable; /* cancelled once stopped */
  gulong failed_id;
  guint retry_id;
};

G_DEFINE_FINAL_TYPE (SwitchResident, switch_resident, G_TYPE_OBJECT)

static void
switch_resident_dispose (GObject *object)
{
  switch_resident_stop (SWITCH_RESIDENT (object));
  G_OBJECT_CLASS (switch_resident_parent_class)->dispose (object);
}

static void
switch_resident_finalize (GObject *object)
{
  g_object_unref (SWITCH_RESIDENT (object)->cancellable);
  G_OBJECT_CLASS (switch_resident_parent_class)->finalize (object);
}

static void
switch_resident_class_init (SwitchResidentClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_resident_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_resident_finalize;
}

static void
switch_resident_init (SwitchResident *self)
{
  self->cancellable = g_cancellable_new ();
}

static gboolean open_again (gpointer user_data);

static void
retry_later (SwitchResident *self)
{
  if (self->retry_id == 0 && !g_cancellable_is_cancelled (self->cancellable))
    self->retry_id = g_timeout_add_seconds (RETRY_SECONDS, open_again, self);
}

static void
on_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SwitchResident) self = SWITCH_RESIDENT (user_data);
  g_autoptr (GError) error = NULL;

  if (ismb_client_open_finish (ISMB_CLIENT (source), result, &error))
    {
      g_message ("Switch Control takes commands and files");
      return;
    }
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  g_warning ("Switch Control cannot sign in, and tries again: %s", error->message);
  retry_later (self);
}

static gboolean
open_again (gpointer user_data)
{
  SwitchResident *self = SWITCH_RESIDENT (user_data);

  self->retry_id = 0;
  ismb_client_open_async (ISMB_CLIENT (self->control), self->cancellable, on_open,
                          g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static SwitchControl *
make_control (const SwitchConfig *config, SwitchVr *vr, SwitchPolicyFile *policy_file,
              const char *password, GError **error)
{
  g_autoptr (SwitchEngine) engine = NULL;
  g_autoptr (SwitchAuditor) auditor = switch_auditor_new (vr);

  engine = switch_engine_exec_new ((const char *const *) config->exec_allow, config->engine_netns,
                                   error);
  if (engine == NULL)
    return NULL;
  return switch_control_new (password, switch_vr_get_name (vr), config->runtime_dir,
                             switch_vr_get_domain (vr), engine, SWITCH_WITNESS (auditor),
                             config->files_root, policy_file, config->trust_open, error);
}

SwitchResident *
switch_resident_new (const SwitchConfig *config, SwitchVr *vr, SwitchPolicyFile *policy_file,
                     GError **error)
{
  g_autoptr (SwitchResident) self = g_object_new (SWITCH_TYPE_RESIDENT, NULL);
  g_autofree char *password = ismb_random_token ();

  self->control = make_control (config, vr, policy_file, password, error);
  if (self->control == NULL
      || !ismb_accounts_renew (switch_vr_get_accounts (vr), SWITCH_RESIDENT_NAME, password,
                               ISMB_ROLE_SWITCH, error))
    {
      g_prefix_error (error, "Switch Control: ");
      return NULL;
    }
  /* It signs in again by itself; what follows is for what does not pass. */
  g_object_set (self->control, "reconnect-max-delay", RETRY_SECONDS * 1000, NULL);
  self->failed_id = g_signal_connect_swapped (self->control, "connection-failed",
                                              G_CALLBACK (retry_later), self);
  open_again (self);
  return g_steal_pointer (&self);
}

void
switch_resident_stop (SwitchResident *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  if (self->control == NULL)
    return;
  g_clear_signal_handler (&self->failed_id, self->control);
  switch_control_stop (self->control); /* while there is a table for what ends */
  ismb_client_close (ISMB_CLIENT (self->control));
  g_clear_object (&self->control);
}

SwitchPolicy *
switch_resident_get_policy (SwitchResident *self)
{
  return self->control != NULL ? switch_control_get_policy (self->control) : NULL;
}
