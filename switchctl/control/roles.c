/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/roles.h"

#define ROLES_MAX 4096

struct _SwitchRoles
{
  GHashTable *roles; /* IsmbJid, bare and owned, to Role, owned */
};

typedef struct
{
  char *name;
  gint64 expires;
} Role;

static void
role_free (gpointer data)
{
  Role *role = data;

  g_free (role->name);
  g_free (role);
}

SwitchRoles *
switch_roles_new (void)
{
  SwitchRoles *self = g_new0 (SwitchRoles, 1);

  self->roles = g_hash_table_new_full ((GHashFunc) ismb_jid_hash, (GEqualFunc) ismb_jid_equal,
                                       g_object_unref, role_free);
  return self;
}

void
switch_roles_free (SwitchRoles *self)
{
  g_hash_table_unref (self->roles);
  g_free (self);
}

void
switch_roles_keep (SwitchRoles *self, IsmbJid *jid, const char *role, gint64 now)
{
  Role *kept = g_new0 (Role, 1);

  if (g_hash_table_size (self->roles) >= ROLES_MAX)
    g_hash_table_remove_all (self->roles);
  kept->name = g_strdup (role);
  kept->expires = now + SWITCH_ROLES_SECONDS * G_USEC_PER_SEC;
  g_hash_table_replace (self->roles, ismb_jid_to_bare (jid), kept);
}

const char *
switch_roles_lookup (SwitchRoles *self, IsmbJid *jid, gint64 now)
{
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (jid);
  const Role *role = g_hash_table_lookup (self->roles, bare);

  if (role != NULL && now < role->expires)
    return role->name;
  g_hash_table_remove (self->roles, bare);
  return NULL;
}

static gboolean
is_of_domain (gpointer jid, gpointer role, gpointer domain)
{
  return g_str_equal (ismb_jid_get_domain (jid), domain);
}

void
switch_roles_forget (SwitchRoles *self, const char *domain)
{
  if (domain == NULL)
    g_hash_table_remove_all (self->roles);
  else
    g_hash_table_foreach_remove (self->roles, is_of_domain, (gpointer) domain);
}
