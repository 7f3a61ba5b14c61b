/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.log"

#include "config.h"
#include "switchctl/daemon/log.h"

#include "ismb/core/ismb-log.h"

gboolean
switch_log_check (const char *levels, GError **error)
{
  return ismb_log_check_levels (levels, error);
}

/* A daemon's comings and goings are for its journal, unless they are not wanted there. */
gboolean
switch_log_set (const char *levels, GError **error)
{
  g_autofree char *all = g_strconcat ("info;", levels, NULL);

  return ismb_log_set_levels (all, error);
}

void
switch_log_open (const char *levels)
{
  gboolean good = switch_log_set (levels, NULL);

  g_assert (good);
  ismb_log_install ();
}
