/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.roster"

#include "config.h"
#include "ismb/listener/ismb-roster-service.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"

#define NAME_MAX_BYTES 255    /* of a contact's name, and of a group's */
#define GROUPS_MAX 16         /* of a contact */

/* What is shown to no client: a request that waits for its answer makes no contact yet. */
#define VISIBLE_STATES                                                                             \
  (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM | ISMB_SUBSCRIPTION_PENDING_OUT |                 \
   ISMB_SUBSCRIPTION_APPROVED | ISMB_SUBSCRIPTION_LISTED)

struct _IsmbRosterService
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbRosters *rosters;
  IsmbPresenceService *presence;
  guint64 pushes;             /* for their ids */
};

G_DEFINE_FINAL_TYPE (IsmbRosterService, ismb_roster_service, G_TYPE_OBJECT)

static void
ismb_roster_service_dispose (GObject *object)
{
  IsmbRosterService *self = ISMB_ROSTER_SERVICE (object);

  g_clear_object (&self->presence);
  g_clear_object (&self->rosters);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_roster_service_parent_class)->dispose (object);
}

static void
ismb_roster_service_class_init (IsmbRosterServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_roster_service_dispose;
}

static void
ismb_roster_service_init (IsmbRosterService *self)
{
}

static const char *
subscription_to_string (IsmbSubscription subscription)
{
  static const char *const names[] = { "none", "to", "from", "both" };

  return names[subscription & (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM)];
}

/* An entry that exists for a pending request alone carries neither a name nor a group. */
static gboolean
is_visible (const IsmbRosterEntry *entry)
{
  return (entry->subscription & VISIBLE_STATES) != 0 ||
         (entry->subscription & ISMB_SUBSCRIPTION_PENDING_IN) == 0 || entry->name != NULL ||
         entry->groups != NULL;
}

static void
add_item (IsmbTree *tree, IsmbNode *query, const IsmbRosterEntry *entry)
{
  IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);

  ismb_tree_set (tree, item, "jid", entry->contact);
  if (entry->name != NULL)
    ismb_tree_set (tree, item, "name", entry->name);
  ismb_tree_set (tree, item, "subscription", subscription_to_string (entry->subscription));
  if (entry->subscription & ISMB_SUBSCRIPTION_PENDING_OUT)
    ismb_tree_set (tree, item, "ask", "subscribe");
  if (entry->subscription & ISMB_SUBSCRIPTION_APPROVED)
    ismb_tree_set (tree, item, "approved", "true");
  for (char **group = entry->groups; group != NULL && *group != NULL; group++)
    ismb_tree_add_leaf (tree, item, "group", ISMB_NS_ROSTER, *group);
}

typedef struct
{
  IsmbTree *tree;
  IsmbNode *query;
} Listing;

static void
list_entry (const IsmbRosterEntry *entry, gpointer data)
{
  Listing *listing = data;

  if (is_visible (entry))
    add_item (listing->tree, listing->query, entry);
}

static char *
dup_version (IsmbRosterService *self, const char *account)
{
  return g_strdup_printf ("%" G_GINT64_MODIFIER "x",
                          ismb_rosters_get_version (self->rosters, account));
}

void
ismb_roster_service_get (IsmbRosterService *self, const char *account, IsmbResource *resource,
                         const IsmbNode *query, IsmbTree *reply)
{
  const char *known = ismb_node_get (query, "ver");
  g_autofree char *version = dup_version (self, account);
  Listing listing = { reply, NULL };

  if (resource != NULL)
    resource->interested = TRUE;
  if (g_strcmp0 (known, version) == 0)
    return;
  listing.query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_ROSTER);
  if (known != NULL)
    ismb_tree_set (reply, listing.query, "ver", version);
  ismb_rosters_foreach (self->rosters, account, list_entry, &listing);
}

static void
push_to (IsmbRosterService *self, IsmbResource *resource, const char *contact,
         const IsmbRosterEntry *entry)
{
  g_autofree char *version = dup_version (self, resource->account);
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) frame = NULL;
  g_autofree char *id = g_strdup_printf ("push-%" G_GUINT64_FORMAT, ++self->pushes);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *query = ismb_tree_add (tree, root, "query", ISMB_NS_ROSTER);
  IsmbNode *item;

  ismb_tree_set (tree, root, "to", resource->full);
  ismb_tree_set (tree, root, "type", "set");
  ismb_tree_set (tree, root, "id", id);
  ismb_tree_set (tree, query, "ver", version);
  if (entry != NULL)
    add_item (tree, query, entry);
  else
    {
      item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);
      ismb_tree_set (tree, item, "jid", contact);
      ismb_tree_set (tree, item, "subscription", "remove");
    }
  frame = ismb_frame_new_from_tree (tree);
  ismb_sink_deliver (resource->sink, frame);
}

/* To every resource that has asked for the roster (RFC 6121, 2.1.6): the entry as it is, or (NULL)
 * its removal. */
static void
push (IsmbRosterService *self, const char *account, const char *contact,
      const IsmbRosterEntry *entry)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    {
      IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->interested)
        push_to (self, resource, contact, entry);
    }
}

static void
on_roster_changed (IsmbRosterService *self, const char *account, const char *contact)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  if (entry != NULL && is_visible (entry))
    push (self, account, contact, entry);
}

/* What was said of it is taken back. */
static void
on_restored (IsmbRosterService *self, const char *account, const char *contact, guint was)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  ismb_presence_service_roster_restored (self->presence, account, contact, was);
  if (entry != NULL && is_visible (entry))
    push (self, account, contact, entry);
  else if (was != ISMB_SUBSCRIPTION_PENDING_IN)
    push (self, account, contact, NULL);
}

IsmbRosterService *
ismb_roster_service_new (IsmbRoutes *routes, IsmbRosters *rosters, IsmbPresenceService *presence)
{
  IsmbRosterService *self = g_object_new (ISMB_TYPE_ROSTER_SERVICE, NULL);

  self->routes = g_object_ref (routes);
  self->rosters = g_object_ref (rosters);
  self->presence = g_object_ref (presence);
  g_signal_connect_object (presence, "roster-changed", G_CALLBACK (on_roster_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (rosters, "restored", G_CALLBACK (on_restored), self, G_CONNECT_SWAPPED);
  return self;
}

/* The prepared bare address of an item, or NULL. */
static char *
parse_contact (const char *jid)
{
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (jid == NULL || !ismb_address_prepare (jid, strlen (jid), out, &parts, NULL) ||
      parts.resource > 0)
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* RFC 6121, 2.3.3: which error says that these groups cannot be. */
static const char *
parse_groups (const IsmbNode *item, GPtrArray *groups)
{
  for (IsmbNode *node = ismb_node_find (item, "group", ISMB_NS_ROSTER); node != NULL;
       node = ismb_node_find_next (node, "group", ISMB_NS_ROSTER))
    {
      g_autofree char *group = ismb_node_dup_text (node);
      gsize length = strlen (group);

      if (length == 0 || length > NAME_MAX_BYTES || groups->len == GROUPS_MAX)
        return "not-acceptable";
      if (g_ptr_array_find_with_equal_func (groups, group, g_str_equal, NULL))
        return "bad-request";
      g_ptr_array_add (groups, g_steal_pointer (&group));
    }
  return NULL;
}

static const char *
change_item (IsmbRosterService *self, const char *account, const char *contact,
             const IsmbNode *item)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);
  IsmbSubscription subscription = entry != NULL ? entry->subscription : 0;
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_free);
  const char *name = ismb_node_get (item, "name");
  const char *condition = parse_groups (item, groups);

  if (condition != NULL)
    return condition;
  if (name != NULL && strlen (name) > NAME_MAX_BYTES)
    return "not-acceptable";
  if (name != NULL && *name == '\0')
    name = NULL;
  if (subscription == ISMB_SUBSCRIPTION_PENDING_IN)
    subscription |= ISMB_SUBSCRIPTION_LISTED;
  g_ptr_array_add (groups, NULL);
  if (!ismb_rosters_put (self->rosters, account, contact, name,
                         groups->len > 1 ? (const char *const *)groups->pdata : NULL, subscription))
    return "resource-constraint";
  push (self, account, contact, ismb_rosters_lookup (self->rosters, account, contact));
  return NULL;
}

static const char *
remove_item (IsmbRosterService *self, const char *account, const char *contact)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  if (entry == NULL || !is_visible (entry))
    return "item-not-found";
  ismb_presence_service_roster_removed (self->presence, account, contact);
  ismb_rosters_remove (self->rosters, account, contact);
  push (self, account, contact, NULL);
  return NULL;
}

const char *
ismb_roster_service_set (IsmbRosterService *self, const char *account, const IsmbNode *query)
{
  IsmbNode *item = ismb_node_find (query, "item", ISMB_NS_ROSTER);
  g_autofree char *own = g_strdup_printf ("%s@%s", account, ismb_routes_get_domain (self->routes));
  g_autofree char *contact = NULL;

  if (item == NULL || ismb_node_find_next (item, "item", ISMB_NS_ROSTER) != NULL)
    return "bad-request";
  contact = parse_contact (ismb_node_get (item, "jid"));
  if (contact == NULL)
    return "bad-request";
  if (strcmp (contact, own) == 0)
    return "not-allowed";
  if (g_strcmp0 (ismb_node_get (item, "subscription"), "remove") == 0)
    return remove_item (self, account, contact);
  return change_item (self, account, contact, item);
}
