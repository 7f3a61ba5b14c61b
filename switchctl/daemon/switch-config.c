/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.config"

#include "config.h"
#include "switchctl/daemon/switch-config.h"

#include "ismb/store/ismb-audit.h"

static void
vr_free (SwitchVrConfig *vr)
{
  g_free (vr->name);
  g_free (vr->netns);
  g_free (vr->bind_device);
  g_strfreev (vr->listen);
  g_free (vr->require_tls);
  g_free (vr->registration);
  g_free (vr->federate);
  g_free (vr->federate_ca);
  g_free (vr);
}

static SwitchVrConfig *
find_vr (SwitchConfig *config, const char *name)
{
  for (guint i = 0; i < config->vrs->len; i++)
    {
      SwitchVrConfig *vr = g_ptr_array_index (config->vrs, i);

      if (g_str_equal (vr->name, name))
        return vr;
    }
  return NULL;
}

static SwitchVrConfig *
add_vr (SwitchConfig *config, const char *name)
{
  SwitchVrConfig *vr = g_new0 (SwitchVrConfig, 1);

  vr->name = g_strdup (name);
  vr->enabled = g_str_equal (name, SWITCH_VR_MGMT);
  vr->listen = g_strsplit ("0.0.0.0;::", ";", -1);
  vr->c2s_port = 5222;
  vr->s2s_port = 5269;
  vr->require_tls = g_strdup ("remote");
  vr->registration = g_strdup ("local");
  vr->max_stanza = 256 * 1024;
  vr->peer_queue = 1024 * 1024;
  vr->peer_queue_time = 60;
  vr->resume_time = 300;
  vr->offline_messages = 1000;
  vr->offline_bytes = 4 * 1024 * 1024;
  vr->mdns = TRUE;
  g_ptr_array_add (config->vrs, vr);
  return vr;
}

SwitchConfig *
switch_config_new (void)
{
  SwitchConfig *config = g_new0 (SwitchConfig, 1);

  config->state_dir = g_strdup ("/var/lib/ismb");
  config->runtime_dir = g_strdup ("/run/ismb");
  config->log_level = g_strdup ("info");
  config->audit_rows = ISMB_AUDIT_ROWS_MAX;
  config->certificate_lifetime = 90 * 86400;
  config->control_enabled = TRUE;
  config->files_root = g_strdup ("/usr/local");
  config->exec_allow = g_new0 (char *, 1);
  config->vrs = g_ptr_array_new_with_free_func ((GDestroyNotify) vr_free);
  return config;
}

void
switch_config_free (SwitchConfig *config)
{
  if (config == NULL)
    return;
  g_free (config->domain);
  g_free (config->state_dir);
  g_free (config->runtime_dir);
  g_free (config->log_level);
  g_free (config->ca_hash);
  g_free (config->join_file);
  g_free (config->files_root);
  g_strfreev (config->exec_allow);
  g_free (config->engine_netns);
  g_free (config->policy);
  g_ptr_array_unref (config->vrs);
  g_free (config);
}

SwitchVrConfig *
switch_config_ensure_vr (SwitchConfig *config, const char *name)
{
  SwitchVrConfig *vr = find_vr (config, name);

  return vr != NULL ? vr : add_vr (config, name);
}
