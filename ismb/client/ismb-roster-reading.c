/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbRoster's functions that answer about an address with texts. */
#include "config.h"
#include "ismb/client/ismb-roster.h"

#include <string.h>

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Takes the array. */
static char **
end_list (GPtrArray *texts)
{
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_free (texts, FALSE);
}

static IsmbRosterResource *
find_resource (IsmbRoster *self, const char *jid, const char *resource)
{
  IsmbRosterItem *item = ismb_roster_lookup (self, jid);

  return item != NULL ? ismb_roster_item_lookup_resource (item, resource) : NULL;
}

/**
 * ismb_roster_list_jids:
 * @self: the roster
 *
 * The contacts: those in the roster that the server keeps, after
 * [method@Ismb.Client.fetch_roster_async], and those whose presence came, the client's own account
 * among them.
 *
 * Returns: (transfer full) (array zero-terminated=1): bare addresses, sorted
 */
char **
ismb_roster_list_jids (IsmbRoster *self)
{
  GPtrArray *jids;

  g_return_val_if_fail (ISMB_IS_ROSTER (self), NULL);
  jids = g_ptr_array_new ();
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (IsmbRosterItem) item = g_list_model_get_item (G_LIST_MODEL (self), i);

      g_ptr_array_add (jids, g_strdup (ismb_jid_get_bare (ismb_roster_item_get_jid (item))));
    }
  return end_list (jids);
}

static void
add_new_groups (GHashTable *groups, IsmbRosterItem *item)
{
  const char *const *of_item = ismb_roster_item_get_groups (item);

  for (guint i = 0; of_item[i] != NULL; i++)
    if (!g_hash_table_contains (groups, of_item[i]))
      g_hash_table_add (groups, g_strdup (of_item[i]));
}

/**
 * ismb_roster_list_groups:
 * @self: the roster
 *
 * The groups that contacts are in.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, sorted as bytes
 */
char **
ismb_roster_list_groups (IsmbRoster *self)
{
  g_autoptr (GHashTable) groups = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  GPtrArray *names;
  gpointer name;

  g_return_val_if_fail (ISMB_IS_ROSTER (self), NULL);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (IsmbRosterItem) item = g_list_model_get_item (G_LIST_MODEL (self), i);

      add_new_groups (groups, item);
    }
  names = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, groups);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, name);
  g_ptr_array_sort (names, compare_strings);
  return end_list (names);
}

/**
 * ismb_roster_list_group_jids:
 * @self: the roster
 * @group: (nullable): a group's name; %NULL for those that are in no group
 *
 * The contacts of a group.
 *
 * Returns: (transfer full) (array zero-terminated=1): bare addresses, sorted
 */
char **
ismb_roster_list_group_jids (IsmbRoster *self, const char *group)
{
  GPtrArray *jids;

  g_return_val_if_fail (ISMB_IS_ROSTER (self), NULL);
  jids = g_ptr_array_new ();
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (IsmbRosterItem) item = g_list_model_get_item (G_LIST_MODEL (self), i);
      const char *const *groups = ismb_roster_item_get_groups (item);

      if (group != NULL ? g_strv_contains (groups, group) : groups[0] == NULL)
        g_ptr_array_add (jids, g_strdup (ismb_jid_get_bare (ismb_roster_item_get_jid (item))));
    }
  return end_list (jids);
}

/**
 * ismb_roster_get_subscription:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 *
 * Who sees whose presence (RFC 6121, 2.1.2.5).
 *
 * Returns: `none`, `to`, `from` or `both`; `none` for an address that is no contact
 */
const char *
ismb_roster_get_subscription (IsmbRoster *self, const char *jid)
{
  IsmbRosterItem *item;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, "none");
  item = ismb_roster_lookup (self, jid);
  return item != NULL ? ismb_roster_item_get_subscription (item) : "none";
}

/**
 * ismb_roster_list_resources:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 *
 * The resources that are present, which make a full address of a bare one: files go to those.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, the one that came first in
 * front; empty where nobody is present
 */
char **
ismb_roster_list_resources (IsmbRoster *self, const char *jid)
{
  GPtrArray *names;
  GListModel *item;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  names = g_ptr_array_new ();
  item = (GListModel *) ismb_roster_lookup (self, jid);
  for (guint i = 0; item != NULL && i < g_list_model_get_n_items (item); i++)
    {
      g_autoptr (IsmbRosterResource) resource = g_list_model_get_item (item, i);

      g_ptr_array_add (names, g_strdup (ismb_roster_resource_get_name (resource)));
    }
  return end_list (names);
}

/**
 * ismb_roster_get_best_resource:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 *
 * The resource of the highest priority and, among equals, the one whose presence is newest.
 *
 * Returns: (transfer full) (nullable): its name, or %NULL where nobody is present
 */
char *
ismb_roster_get_best_resource (IsmbRoster *self, const char *jid)
{
  IsmbRosterResource *best;
  IsmbRosterItem *item;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  item = ismb_roster_lookup (self, jid);
  best = item != NULL ? ismb_roster_item_get_best_resource (item) : NULL;
  return best != NULL ? g_strdup (ismb_roster_resource_get_name (best)) : NULL;
}

/**
 * ismb_roster_get_show:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 * @resource: a resource of it
 *
 * How available the resource is (RFC 6121, 4.7.2.1).
 *
 * Returns: (nullable): `away`, `chat`, `dnd`, `xa`, or the empty string for simply available; %NULL
 * where the resource is not present
 */
const char *
ismb_roster_get_show (IsmbRoster *self, const char *jid, const char *resource)
{
  IsmbRosterResource *found;
  const char *show;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  found = find_resource (self, jid, resource);
  if (found == NULL)
    return NULL;
  show = ismb_roster_resource_get_show (found);
  return show != NULL ? show : "";
}

/**
 * ismb_roster_get_status:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 * @resource: a resource of it
 *
 * The text that came with the resource's presence.
 *
 * Returns: (nullable): the text, empty where there was none; %NULL where the resource is not
 * present
 */
const char *
ismb_roster_get_status (IsmbRoster *self, const char *jid, const char *resource)
{
  IsmbRosterResource *found;
  const char *status;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  found = find_resource (self, jid, resource);
  if (found == NULL)
    return NULL;
  status = ismb_roster_resource_get_status (found);
  return status != NULL ? status : "";
}

/**
 * ismb_roster_get_priority:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 * @resource: a resource of it
 *
 * The resource's priority (RFC 6121, 4.7.2.3).
 *
 * Returns: -128 to 127; 0 where the resource is not present
 */
int
ismb_roster_get_priority (IsmbRoster *self, const char *jid, const char *resource)
{
  IsmbRosterResource *found;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, 0);
  found = find_resource (self, jid, resource);
  return found != NULL ? ismb_roster_resource_get_priority (found) : 0;
}
