/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.net.caller"

#include "config.h"
#include "ismb/net/ismb-caller.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#define GROUPS_MAX 256  /* of one user, looked through for ours */
#define ENTRY_MAX 65536 /* bytes of a line of passwd or group */

gboolean
ismb_caller_find_group (gid_t *gid)
{
  g_autofree char *buffer = g_malloc (ENTRY_MAX);
  struct group entry, *found = NULL;

  if (getgrnam_r (ISMB_CALLER_GROUP, &entry, buffer, ENTRY_MAX, &found) != 0 || found == NULL)
    return FALSE;
  *gid = found->gr_gid;
  return TRUE;
}

static gboolean
is_in_group (uid_t uid, gid_t gid)
{
  g_autofree char *buffer = g_malloc (ENTRY_MAX);
  gid_t groups[GROUPS_MAX];
  int count = GROUPS_MAX;
  struct passwd entry, *found = NULL;

  if (getpwuid_r (uid, &entry, buffer, ENTRY_MAX, &found) != 0 || found == NULL
      || getgrouplist (found->pw_name, found->pw_gid, groups, &count) < 0)
    return FALSE;
  for (int i = 0; i < count; i++)
    if (groups[i] == gid)
      return TRUE;
  return FALSE;
}

gboolean
ismb_caller_is_manager (uid_t uid)
{
  gid_t gid;

  if (uid == (uid_t) -1) /* nobody known */
    return FALSE;
  return uid == 0 || uid == geteuid () || (ismb_caller_find_group (&gid) && is_in_group (uid, gid));
}

gboolean
ismb_caller_is_managers_name (const char *name)
{
  g_autofree char *buffer = g_malloc (ENTRY_MAX);
  struct passwd entry, *found = NULL;

  return getpwnam_r (name, &entry, buffer, ENTRY_MAX, &found) == 0 && found != NULL
         && ismb_caller_is_manager (found->pw_uid);
}
