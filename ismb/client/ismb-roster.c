/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.roster"

#include "config.h"
#include "ismb/client/ismb-roster-private.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

#define ENTRIES_MAX 20000   /* contacts, roster items and strangers' presence together */
#define PRESENCE_MAX 10000  /* so many that presence alone makes no more: the rest is for items */
#define RESOURCES_MAX 64    /* of one contact */
#define RESOURCES_IN_ALL_MAX 20000
#define VERSION_MAX 1023    /* bytes */

struct _IsmbRoster
{
  GObject parent_instance;
  GPtrArray *items; /* of IsmbRosterItem, by address */
  IsmbOwnPresence *own;
  char *version; /* NULL: none is known */
  guint n_resources;
  guint64 clock;
};

enum { PROP_VERSION = 1, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];

static void ismb_roster_list_init (GListModelInterface *iface);

/**
 * IsmbRoster:
 *
 * Whom a client is subscribed to, and who of them is present: the contacts its server keeps for it
 * (RFC 6121, 2), and their resources as presence tells them. An address to send a file to is found
 * here, with [method@Ismb.Roster.get_best_resource].
 *
 * It is a list of [class@Ismb.RosterItem], sorted by address as bytes, each of them a list of
 * [class@Ismb.RosterResource]. In it are the contacts of the server's roster, from
 * [method@Ismb.Client.fetch_roster_async] on, and those whose presence came, the client's own
 * account among them; 20,000 at most. When the session ends the resources go; the contacts stay
 * until the roster is fetched again.
 *
 * It changes with what the client sends and hears. Handlers of its changes must not run a main loop
 * of their own: others would hear of the next change before this one.
 */
G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbRoster, ismb_roster, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, ismb_roster_list_init))

static void
ismb_roster_finalize (GObject *object)
{
  IsmbRoster *self = ISMB_ROSTER (object);

  g_ptr_array_unref (self->items);
  g_clear_pointer (&self->own, ismb_own_presence_unref);
  g_free (self->version);
  G_OBJECT_CLASS (ismb_roster_parent_class)->finalize (object);
}

static void
ismb_roster_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_VERSION: g_value_set_string (value, ISMB_ROSTER (object)->version); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_roster_class_init (IsmbRosterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ismb_roster_finalize;
  object_class->get_property = ismb_roster_get_property;
  /**
   * IsmbRoster:version: (getter get_version)
   *
   * The server's word for the state of the roster that it told last (XEP-0237); %NULL where it has
   * none.
   */
  properties[PROP_VERSION] =
      g_param_spec_string ("version", NULL, NULL, NULL,
                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_roster_init (IsmbRoster *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
}

/* The list of contacts */

static GType
get_item_type (GListModel *model)
{
  return ISMB_TYPE_ROSTER_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return ISMB_ROSTER (model)->items->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  GPtrArray *items = ISMB_ROSTER (model)->items;

  return position < items->len ? g_object_ref (items->pdata[position]) : NULL;
}

static void
ismb_roster_list_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* Where the address is, or would be. */
static gboolean
find_position (IsmbRoster *self, const char *bare, guint *position)
{
  guint low = 0, high = self->items->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (strcmp (bare, _ismb_roster_item_peek_bare (self->items->pdata[middle])) > 0)
        low = middle + 1;
      else
        high = middle;
    }
  *position = low;
  return low < self->items->len
         && g_str_equal (_ismb_roster_item_peek_bare (self->items->pdata[low]), bare);
}

static IsmbRosterItem *
find_item (IsmbRoster *self, const char *bare)
{
  guint position;

  return find_position (self, bare, &position) ? self->items->pdata[position] : NULL;
}

static IsmbRosterItem *
make_item (IsmbRoster *self, IsmbJid *jid)
{
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (jid);

  return _ismb_roster_item_new (bare, self->own);
}

/* Takes the item, whose address is not there. */
static void
insert_item (IsmbRoster *self, IsmbRosterItem *item)
{
  guint position;

  find_position (self, _ismb_roster_item_peek_bare (item), &position);
  g_ptr_array_insert (self->items, position, item);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

static void
end_presence (IsmbRoster *self, IsmbRosterItem *item)
{
  self->n_resources -= g_list_model_get_n_items (G_LIST_MODEL (item));
  _ismb_roster_item_end_session (item);
}

/* What the server lists */

static IsmbJid *
read_jid (const IsmbNode *node)
{
  const char *text = ismb_node_get (node, "jid");

  return text != NULL ? ismb_jid_new (text, NULL) : NULL;
}

static void
remove_item (IsmbRoster *self, IsmbJid *jid)
{
  g_autoptr (IsmbRosterItem) item = NULL;
  guint position;

  if (!find_position (self, ismb_jid_get_bare (jid), &position))
    return;
  item = g_ptr_array_steal_index (self->items, position);
  g_object_freeze_notify (G_OBJECT (item));
  _ismb_roster_item_take (item, NULL);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  end_presence (self, item);
  g_object_thaw_notify (G_OBJECT (item));
}

static gboolean
change_item (IsmbRoster *self, IsmbJid *jid, const IsmbNode *node)
{
  IsmbRosterItem *known = _ismb_roster_find (self, jid);
  g_autoptr (IsmbRosterItem) item = known != NULL ? g_object_ref (known) : NULL;

  if (item == NULL)
    return FALSE;
  g_object_freeze_notify (G_OBJECT (item));
  _ismb_roster_item_take (item, node);
  g_object_thaw_notify (G_OBJECT (item));
  return TRUE;
}

static void
add_item (IsmbRoster *self, IsmbJid *jid, const IsmbNode *node)
{
  IsmbRosterItem *item = make_item (self, jid);

  _ismb_roster_item_take (item, node);
  insert_item (self, item);
}

static void
take_change (IsmbRoster *self, const IsmbNode *node)
{
  g_autoptr (IsmbJid) jid = read_jid (node);

  if (jid == NULL)
    return;
  if (g_strcmp0 (ismb_node_get (node, "subscription"), "remove") == 0)
    remove_item (self, jid);
  else if (!change_item (self, jid, node) && self->items->len < ENTRIES_MAX)
    add_item (self, jid, node);
}

/* A whole roster is put together beside the one that is shown, and all is as it will be before
 * anybody hears of it. */
typedef struct
{
  GPtrArray *items;  /* in no order */
  GHashTable *fresh; /* bare address to item: those that are new */
  GHashTable *seen;  /* items, borrowed: those that are listed */
} Draft;

static void
draft_entry (IsmbRoster *self, Draft *draft, const IsmbNode *node)
{
  g_autoptr (IsmbJid) jid = read_jid (node);
  const char *bare = jid != NULL ? ismb_jid_get_bare (jid) : NULL;
  IsmbRosterItem *item;

  if (bare == NULL || g_strcmp0 (ismb_node_get (node, "subscription"), "remove") == 0)
    return;
  item = find_item (self, bare);
  if (item == NULL)
    item = g_hash_table_lookup (draft->fresh, bare);
  if (item == NULL && draft->items->len >= ENTRIES_MAX)
    return;
  if (item == NULL)
    {
      item = make_item (self, jid);
      g_hash_table_insert (draft->fresh, (gpointer) _ismb_roster_item_peek_bare (item), item);
    }
  _ismb_roster_item_take (item, node);
  if (g_hash_table_add (draft->seen, item))
    g_ptr_array_add (draft->items, g_object_ref (item));
}

/* Who is present or waits for something stays, in the roster of this program alone. */
static void
draft_unlisted (IsmbRoster *self, Draft *draft)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      IsmbRosterItem *item = self->items->pdata[i];

      if (g_hash_table_contains (draft->seen, item))
        continue;
      _ismb_roster_item_take (item, NULL);
      if (_ismb_roster_item_is_in_use (item) && draft->items->len < ENTRIES_MAX)
        g_ptr_array_add (draft->items, g_object_ref (item));
      else
        end_presence (self, item);
    }
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  return strcmp (_ismb_roster_item_peek_bare (*(IsmbRosterItem *const *) a),
                 _ismb_roster_item_peek_bare (*(IsmbRosterItem *const *) b));
}

/* Tells of what lies between the part in front and the part at the end that are the same. */
static void
tell_replaced (IsmbRoster *self, const GPtrArray *before)
{
  const GPtrArray *now = self->items;
  guint least = MIN (before->len, now->len);
  guint front = 0, end = 0;

  while (front < least && before->pdata[front] == now->pdata[front])
    front++;
  while (end < least - front
         && before->pdata[before->len - 1 - end] == now->pdata[now->len - 1 - end])
    end++;
  if (front + end < before->len || front + end < now->len)
    g_list_model_items_changed (G_LIST_MODEL (self), front, before->len - front - end,
                                now->len - front - end);
}

static void
for_each (GPtrArray *items, void (*func) (GObject *object))
{
  for (guint i = 0; i < items->len; i++)
    func (items->pdata[i]);
}

static void
take_whole (IsmbRoster *self, const IsmbNode *query)
{
  g_autoptr (GPtrArray) before = self->items;
  g_autoptr (GHashTable) fresh =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  Draft draft = { g_ptr_array_new_with_free_func (g_object_unref), fresh, seen };
  IsmbNode *node;

  for_each (before, g_object_freeze_notify);
  for (node = ismb_node_find (query, "item", ISMB_NS_ROSTER); node != NULL;
       node = ismb_node_find_next (node, "item", ISMB_NS_ROSTER))
    draft_entry (self, &draft, node);
  draft_unlisted (self, &draft);
  g_ptr_array_sort (draft.items, compare_items);
  self->items = draft.items;
  tell_replaced (self, before);
  for_each (before, g_object_thaw_notify);
}

static void
take_version (IsmbRoster *self, const char *version)
{
  if (version == NULL || strlen (version) > VERSION_MAX || g_strcmp0 (self->version, version) == 0)
    return;
  g_free (self->version);
  self->version = g_strdup (version);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_VERSION]);
}

IsmbRoster *
_ismb_roster_new (IsmbOwnPresence *own)
{
  IsmbRoster *self = g_object_new (ISMB_TYPE_ROSTER, NULL);

  self->own = ismb_own_presence_ref (own);
  return self;
}

void
_ismb_roster_take_items (IsmbRoster *self, IsmbIq *iq, gboolean whole)
{
  g_autoptr (IsmbRoster) alive = g_object_ref (self);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *query = ismb_node_find (ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  IsmbNode *node;

  if (query == NULL)
    return;
  if (whole)
    take_whole (self, query);
  for (node = whole ? NULL : ismb_node_find (query, "item", ISMB_NS_ROSTER); node != NULL;
       node = ismb_node_find_next (node, "item", ISMB_NS_ROSTER))
    take_change (self, node);
  take_version (self, ismb_node_get (query, "ver"));
}

/* What presence tells */

static IsmbRosterChange
take_departure (IsmbRoster *self, IsmbJid *from)
{
  IsmbRosterItem *item = _ismb_roster_find (self, from);

  if (item == NULL
      || ismb_roster_item_lookup_resource (item, ismb_jid_get_resource (from)) == NULL)
    return ISMB_ROSTER_NOTHING;
  self->n_resources--;
  return _ismb_roster_item_take_departure (item, from);
}

static gboolean
has_room_for_resource (IsmbRoster *self, IsmbRosterItem *item)
{
  return self->n_resources < RESOURCES_IN_ALL_MAX
         && g_list_model_get_n_items (G_LIST_MODEL (item)) < RESOURCES_MAX;
}

static IsmbRosterChange
take_arrival (IsmbRoster *self, IsmbJid *from, IsmbPresence *presence)
{
  IsmbRosterItem *known = _ismb_roster_find (self, from);
  g_autoptr (IsmbRosterItem) item = NULL;
  IsmbRosterChange change;

  if (known == NULL && self->items->len >= PRESENCE_MAX)
    return ISMB_ROSTER_NOTHING;
  item = known != NULL ? g_object_ref (known) : make_item (self, from);
  if (ismb_roster_item_lookup_resource (item, ismb_jid_get_resource (from)) == NULL)
    {
      if (!has_room_for_resource (self, item))
        return ISMB_ROSTER_NOTHING;
      self->n_resources++;
    }
  change = _ismb_roster_item_take_arrival (item, presence, ++self->clock);
  if (known == NULL)
    insert_item (self, g_object_ref (item));
  return change;
}

IsmbRosterChange
_ismb_roster_take_presence (IsmbRoster *self, IsmbPresence *presence)
{
  static const char *const available[] = { "available", "away", "chat", "dnd", "xa", NULL };
  g_autoptr (IsmbRoster) alive = g_object_ref (self);
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (presence));
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));

  if (from == NULL || ismb_jid_get_resource (from) == NULL)
    return ISMB_ROSTER_NOTHING;
  if (g_str_equal (type, "unavailable"))
    return take_departure (self, from);
  return g_strv_contains (available, type) ? take_arrival (self, from, presence)
                                           : ISMB_ROSTER_NOTHING;
}

static gpointer
item_ref (gconstpointer item, gpointer data)
{
  return g_object_ref ((gpointer) item);
}

void
_ismb_roster_end_session (IsmbRoster *self)
{
  g_autoptr (IsmbRoster) alive = g_object_ref (self);
  g_autoptr (GPtrArray) items = g_ptr_array_copy (self->items, item_ref, NULL);

  g_ptr_array_set_free_func (items, g_object_unref);
  for (guint i = 0; i < items->len; i++)
    end_presence (self, items->pdata[i]);
}

IsmbRosterItem *
_ismb_roster_find (IsmbRoster *self, IsmbJid *jid)
{
  return find_item (self, ismb_jid_get_bare (jid));
}

IsmbRosterItem *
_ismb_roster_ensure (IsmbRoster *self, IsmbJid *jid, gboolean unasked)
{
  IsmbRosterItem *item = _ismb_roster_find (self, jid);

  if (item != NULL || self->items->len >= (unasked ? PRESENCE_MAX : ENTRIES_MAX))
    return item;
  item = make_item (self, jid);
  insert_item (self, item);
  return _ismb_roster_find (self, jid); /* whoever heard of it may have had it removed */
}

/**
 * ismb_roster_get_version: (get-property version)
 * @self: the roster
 *
 * The server's word for the state of the roster that it told last (XEP-0237).
 *
 * Returns: (nullable): a text that means something to the server alone; %NULL where it has none
 */
const char *
ismb_roster_get_version (IsmbRoster *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER (self), NULL);
  return self->version;
}

/**
 * ismb_roster_lookup:
 * @self: the roster
 * @jid: an address; its resource is not looked at
 *
 * Finds a contact. None is made by looking for it.
 *
 * Returns: (transfer none) (nullable): the contact; %NULL where there is none
 */
IsmbRosterItem *
ismb_roster_lookup (IsmbRoster *self, const char *jid)
{
  g_autoptr (IsmbJid) parsed = NULL;
  IsmbRosterItem *item;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  item = find_item (self, jid);
  if (item == NULL)
    parsed = ismb_jid_new (jid, NULL);
  return parsed != NULL ? _ismb_roster_find (self, parsed) : item;
}

/**
 * ismb_roster_add:
 * @self: the roster
 * @jid: an address; its resource is left out
 * @error: return location for a #GError
 *
 * Finds a contact, or adds one of which this program alone knows: to whitelist it, say, before it
 * asks for anything. To add one to the roster that the server keeps there is
 * [method@Ismb.Client.update_roster_item_async].
 *
 * Fails with [error@Ismb.Error.BAD_ADDRESS], and with [error@Ismb.Error.FAILED] where there are
 * 20,000 contacts already.
 *
 * Returns: (transfer none): the contact
 */
IsmbRosterItem *
ismb_roster_add (IsmbRoster *self, const char *jid, GError **error)
{
  g_autoptr (IsmbJid) parsed = NULL;
  IsmbRosterItem *item;

  g_return_val_if_fail (ISMB_IS_ROSTER (self) && jid != NULL, NULL);
  parsed = ismb_jid_new (jid, error);
  if (parsed == NULL)
    return NULL;
  item = _ismb_roster_ensure (self, parsed, FALSE);
  if (item == NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                 "%s is not added to the roster: there are %u contacts in it already",
                 ismb_jid_get_bare (parsed), self->items->len);
  return item;
}
