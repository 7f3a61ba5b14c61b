/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.roster"

#include "config.h"
#include "ismb/client/ismb-roster-private.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

#define ENTRIES_MAX 20000   /* contacts, roster items and strangers' presence together */
#define PRESENCE_MAX 10000  /* so many that presence alone makes no more: the rest is for items */
#define RESOURCES_MAX 64    /* of one contact */

typedef struct
{
  char *name;
  char *show;   /* "" where there is none */
  char *status; /* "" likewise */
  int priority;
  guint64 age;  /* higher is newer */
} Resource;

typedef struct
{
  char *subscription;
  GPtrArray *resources; /* of Resource, oldest first */
  guint plain : 1;      /* a roster item with neither name nor groups */
  guint asked_back : 1; /* our subscription answers theirs */
} Contact;

struct _IsmbRoster
{
  GObject parent_instance;
  GHashTable *contacts; /* bare JID to Contact */
  guint64 clock;
};

/**
 * IsmbRoster:
 *
 * Whom a client is subscribed to, and who of them is present: the contacts its listener keeps for
 * it (RFC 6121, 2), and their resources as presence tells them. An address to send a file to is
 * found here, with [method@Ismb.Roster.get_best_resource].
 *
 * Read only: it changes with what the client sends and hears.
 */
G_DEFINE_FINAL_TYPE (IsmbRoster, ismb_roster, G_TYPE_OBJECT)

static void
resource_free (gpointer data)
{
  Resource *resource = data;

  g_free (resource->name);
  g_free (resource->show);
  g_free (resource->status);
  g_free (resource);
}

static void
contact_free (gpointer data)
{
  Contact *contact = data;

  g_free (contact->subscription);
  g_ptr_array_unref (contact->resources);
  g_free (contact);
}

static void
ismb_roster_finalize (GObject *object)
{
  IsmbRoster *self = ISMB_ROSTER (object);

  g_hash_table_unref (self->contacts);
  G_OBJECT_CLASS (ismb_roster_parent_class)->finalize (object);
}

static void
ismb_roster_class_init (IsmbRosterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_roster_finalize;
}

static void
ismb_roster_init (IsmbRoster *self)
{
  self->contacts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, contact_free);
}

/* NULL where it is unknown, and there are `most` already. */
static Contact *
ensure_contact (IsmbRoster *self, const char *bare, guint most)
{
  Contact *contact = g_hash_table_lookup (self->contacts, bare);

  if (contact != NULL || g_hash_table_size (self->contacts) >= most)
    return contact;
  contact = g_new0 (Contact, 1);
  contact->subscription = g_strdup ("none");
  contact->resources = g_ptr_array_new_with_free_func (resource_free);
  g_hash_table_insert (self->contacts, g_strdup (bare), contact);
  return contact;
}

/* Accepts a full address and any case, as scripts pass them. */
static Contact *
find_contact (IsmbRoster *self, const char *text)
{
  Contact *contact = g_hash_table_lookup (self->contacts, text);
  g_autoptr (IsmbJid) jid = NULL;

  if (contact != NULL)
    return contact;
  jid = ismb_jid_new (text, NULL);
  return jid != NULL ? g_hash_table_lookup (self->contacts, ismb_jid_get_bare (jid)) : NULL;
}

static Resource *
find_resource (Contact *contact, const char *name)
{
  for (guint i = 0; contact != NULL && i < contact->resources->len; i++)
    {
      Resource *resource = contact->resources->pdata[i];

      if (g_strcmp0 (resource->name, name) == 0)
        return resource;
    }
  return NULL;
}

/* RFC 6121, 2.1.2.5; a bus has no more states than these. */
static const char *
known_subscription (const char *text)
{
  static const char *const known[] = { "none", "to", "from", "both", NULL };

  return text != NULL && g_strv_contains (known, text) ? text : "none";
}

static void
take_item (IsmbRoster *self, const IsmbNode *item, GHashTable *seen)
{
  const char *text = ismb_node_get (item, "jid");
  const char *subscription = ismb_node_get (item, "subscription");
  g_autoptr (IsmbJid) jid = text != NULL ? ismb_jid_new (text, NULL) : NULL;
  Contact *contact;

  if (jid == NULL)
    return;
  if (g_strcmp0 (subscription, "remove") == 0)
    {
      g_hash_table_remove (self->contacts, ismb_jid_get_bare (jid));
      return;
    }
  contact = ensure_contact (self, ismb_jid_get_bare (jid), ENTRIES_MAX);
  if (contact == NULL)
    return;
  contact->plain = ismb_node_get (item, "name") == NULL
                   && ismb_node_find (item, "group", ISMB_NS_ROSTER) == NULL;
  g_free (contact->subscription);
  contact->subscription = g_strdup (known_subscription (subscription));
  if (seen != NULL)
    g_hash_table_add (seen, g_strdup (ismb_jid_get_bare (jid)));
}

static gboolean
is_unseen (gpointer bare, gpointer contact, gpointer seen)
{
  if (g_hash_table_contains (seen, bare))
    return FALSE;
  if (((Contact *) contact)->resources->len == 0)
    return TRUE;
  g_free (((Contact *) contact)->subscription);
  ((Contact *) contact)->subscription = g_strdup ("none");
  return FALSE;
}

IsmbRoster *
_ismb_roster_new (void)
{
  return g_object_new (ISMB_TYPE_ROSTER, NULL);
}

void
_ismb_roster_take_items (IsmbRoster *self, IsmbIq *iq, gboolean whole)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *query = ismb_node_find (ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  g_autoptr (GHashTable) seen =
      whole ? g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) : NULL;
  IsmbNode *item;

  if (query == NULL)
    return;
  for (item = ismb_node_find (query, "item", ISMB_NS_ROSTER); item != NULL;
       item = ismb_node_find_next (item, "item", ISMB_NS_ROSTER))
    take_item (self, item, seen);
  if (whole)
    g_hash_table_foreach_remove (self->contacts, is_unseen, seen);
}

static IsmbRosterChange
take_departure (IsmbRoster *self, IsmbJid *from)
{
  Contact *contact = g_hash_table_lookup (self->contacts, ismb_jid_get_bare (from));
  Resource *resource = find_resource (contact, ismb_jid_get_resource (from));

  if (resource == NULL)
    return ISMB_ROSTER_NOTHING;
  g_ptr_array_remove (contact->resources, resource);
  return ISMB_ROSTER_CHANGED_STATUS | (contact->resources->len == 0 ? ISMB_ROSTER_GOT_OFFLINE : 0);
}

static IsmbRosterChange
take_arrival (IsmbRoster *self, IsmbJid *from, IsmbPresence *presence)
{
  Contact *contact = ensure_contact (self, ismb_jid_get_bare (from), PRESENCE_MAX);
  Resource *resource = find_resource (contact, ismb_jid_get_resource (from));
  const char *show = ismb_presence_get_show (presence);
  const char *status = ismb_presence_get_status (presence);
  IsmbRosterChange change = ISMB_ROSTER_NOTHING;

  if (contact == NULL || (resource == NULL && contact->resources->len >= RESOURCES_MAX))
    return change;
  if (resource == NULL)
    {
      change =
          ISMB_ROSTER_CHANGED_STATUS | (contact->resources->len == 0 ? ISMB_ROSTER_GOT_ONLINE : 0);
      resource = g_new0 (Resource, 1);
      resource->name = g_strdup (ismb_jid_get_resource (from));
      g_ptr_array_add (contact->resources, resource);
    }
  else if (g_strcmp0 (resource->show, show != NULL ? show : "") != 0
           || g_strcmp0 (resource->status, status != NULL ? status : "") != 0)
    change = ISMB_ROSTER_CHANGED_STATUS;
  g_free (resource->show);
  g_free (resource->status);
  resource->show = g_strdup (show != NULL ? show : "");
  resource->status = g_strdup (status != NULL ? status : "");
  resource->priority = ismb_presence_get_priority (presence);
  resource->age = ++self->clock;
  return change;
}

IsmbRosterChange
_ismb_roster_take_presence (IsmbRoster *self, IsmbPresence *presence)
{
  static const char *const available[] = { "available", "away", "chat", "dnd", "xa", NULL };
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (presence));
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));

  if (from == NULL || ismb_jid_get_resource (from) == NULL)
    return ISMB_ROSTER_NOTHING;
  if (g_str_equal (type, "unavailable"))
    return take_departure (self, from);
  return g_strv_contains (available, type) ? take_arrival (self, from, presence)
                                           : ISMB_ROSTER_NOTHING;
}

static gboolean
sees_us (const Contact *contact)
{
  return g_str_equal (contact->subscription, "from") || g_str_equal (contact->subscription, "both");
}

static const char *
domain_of (const char *bare)
{
  const char *at = strchr (bare, '@');

  return at != NULL ? at + 1 : bare;
}

guint
_ismb_roster_count_subscribers (IsmbRoster *self, const char *domain)
{
  GHashTableIter iter;
  const char *bare;
  Contact *contact;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->contacts);
  while (g_hash_table_iter_next (&iter, (gpointer *) &bare, (gpointer *) &contact))
    if (sees_us (contact)
        && (domain == NULL || g_str_equal (domain_of (bare), domain)))
      count++;
  return count;
}

gboolean
_ismb_roster_approve (IsmbRoster *self, IsmbJid *from, gboolean asked_back)
{
  Contact *contact = ensure_contact (self, ismb_jid_get_bare (from), ENTRIES_MAX);
  gboolean seen;

  if (contact == NULL)
    return FALSE;
  seen = g_str_equal (contact->subscription, "to") || g_str_equal (contact->subscription, "both");
  g_free (contact->subscription);
  contact->subscription = g_strdup (seen ? "both" : "from");
  contact->asked_back |= asked_back;
  return TRUE;
}

gboolean
_ismb_roster_withdraw (IsmbRoster *self, IsmbJid *from, gboolean *asked_back)
{
  Contact *contact = g_hash_table_lookup (self->contacts, ismb_jid_get_bare (from));
  gboolean seen;

  *asked_back = contact != NULL && contact->asked_back;
  if (contact == NULL)
    return FALSE;
  seen = g_str_equal (contact->subscription, "to") || g_str_equal (contact->subscription, "both");
  g_free (contact->subscription);
  contact->subscription = g_strdup (seen ? "to" : "none");
  contact->asked_back = FALSE;
  return contact->plain && (*asked_back || !seen);
}

void
_ismb_roster_clear_resources (IsmbRoster *self)
{
  GHashTableIter iter;
  Contact *contact;

  g_hash_table_iter_init (&iter, self->contacts);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &contact))
    g_ptr_array_set_size (contact->resources, 0);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
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
  g_autoptr (GPtrArray) jids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  const char *bare;

  g_return_val_if_fail (ISMB_IS_ROSTER (self), NULL);
  g_hash_table_iter_init (&iter, self->contacts);
  while (g_hash_table_iter_next (&iter, (gpointer *) &bare, NULL))
    g_ptr_array_add (jids, g_strdup (bare));
  g_ptr_array_sort (jids, compare_strings);
  g_ptr_array_add (jids, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&jids), FALSE);
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
  Contact *contact;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, "none");
  contact = find_contact (self, jid);
  return contact != NULL ? contact->subscription : "none";
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
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  Contact *contact;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  contact = find_contact (self, jid);
  for (guint i = 0; contact != NULL && i < contact->resources->len; i++)
    g_ptr_array_add (names, g_strdup (((Resource *) contact->resources->pdata[i])->name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
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
  Contact *contact;
  Resource *best = NULL;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  contact = find_contact (self, jid);
  for (guint i = 0; contact != NULL && i < contact->resources->len; i++)
    {
      Resource *resource = contact->resources->pdata[i];

      if (best == NULL || resource->priority > best->priority
          || (resource->priority == best->priority && resource->age > best->age))
        best = resource;
    }
  return best != NULL ? g_strdup (best->name) : NULL;
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
  Resource *found;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  found = find_resource (find_contact (self, jid), resource);
  return found != NULL ? found->show : NULL;
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
  Resource *found;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  found = find_resource (find_contact (self, jid), resource);
  return found != NULL ? found->status : NULL;
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
  Resource *found;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, 0);
  found = find_resource (find_contact (self, jid), resource);
  return found != NULL ? found->priority : 0;
}
