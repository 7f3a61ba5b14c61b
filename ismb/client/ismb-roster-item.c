/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.roster"

#include "config.h"
#include "ismb/client/ismb-roster-item-private.h"

#include "ismb/client/ismb-roster-entry.h"
#include "ismb/client/ismb-roster-resource-private.h"

struct _IsmbRosterItem
{
  GObject parent_instance;
  IsmbOwnPresence *own;
  IsmbJid *jid;
  IsmbRosterEntry entry;
  GPtrArray *resources;     /* the one that came first in front */
  IsmbRosterResource *best; /* borrowed: one of them, or NULL */
  IsmbSight sight;
  guint pending_in : 1;
  guint whitelisted : 1;
  guint asked_back : 1; /* our subscription answers theirs */
};

static void ismb_roster_item_list_init (GListModelInterface *iface);

/**
 * IsmbRosterItem:
 *
 * A contact: what the server's roster says of it (RFC 6121, 2.1.2), and, as a list, its resources
 * that are present, the one that came first in front. It stays the same object as long as the
 * roster has it, and says by notification what changes.
 *
 * In Python a list without items is false: whether there is a contact is asked with `is not None`.
 */
G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbRosterItem, ismb_roster_item, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      ismb_roster_item_list_init))

static void
ismb_roster_item_finalize (GObject *object)
{
  IsmbRosterItem *self = ISMB_ROSTER_ITEM (object);

  g_clear_pointer (&self->own, ismb_own_presence_unref);
  g_clear_object (&self->jid);
  ismb_roster_entry_clear (&self->entry);
  g_ptr_array_unref (self->resources);
  G_OBJECT_CLASS (ismb_roster_item_parent_class)->finalize (object);
}

static void
ismb_roster_item_class_init (IsmbRosterItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ismb_roster_item_finalize;
  _ismb_roster_item_install_properties (object_class);
}

static void
ismb_roster_item_init (IsmbRosterItem *self)
{
  ismb_roster_entry_read (&self->entry, NULL);
  self->resources = g_ptr_array_new_with_free_func (g_object_unref);
}

/* The list of resources */

static GType
get_item_type (GListModel *model)
{
  return ISMB_TYPE_ROSTER_RESOURCE;
}

static guint
get_n_items (GListModel *model)
{
  return ISMB_ROSTER_ITEM (model)->resources->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  GPtrArray *resources = ISMB_ROSTER_ITEM (model)->resources;

  return position < resources->len ? g_object_ref (resources->pdata[position]) : NULL;
}

static void
ismb_roster_item_list_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* What changes it */

static void
notify (IsmbRosterItem *self, IsmbRosterItemProperty property)
{
  _ismb_roster_item_notify (G_OBJECT (self), property);
}

IsmbRosterItem *
_ismb_roster_item_new (IsmbJid *jid, IsmbOwnPresence *own)
{
  IsmbRosterItem *self = g_object_new (ISMB_TYPE_ROSTER_ITEM, NULL);

  self->jid = g_object_ref (jid);
  self->own = ismb_own_presence_ref (own);
  return self;
}

IsmbOwnPresence *
_ismb_roster_item_peek_own (IsmbRosterItem *self)
{
  return self->own;
}

const char *
_ismb_roster_item_peek_bare (IsmbRosterItem *self)
{
  return ismb_jid_get_bare (self->jid);
}

static void
notify_subscription (IsmbRosterItem *self, const IsmbRosterEntry *before)
{
  if (before->subscription == self->entry.subscription)
    return;
  notify (self, ITEM_SUBSCRIPTION);
  if (ismb_roster_entry_says (before, "from") != ismb_roster_entry_says (&self->entry, "from"))
    notify (self, ITEM_SUBSCRIPTION_FROM);
  if (ismb_roster_entry_says (before, "to") != ismb_roster_entry_says (&self->entry, "to"))
    notify (self, ITEM_SUBSCRIPTION_TO);
}

void
_ismb_roster_item_take (IsmbRosterItem *self, const IsmbNode *node)
{
  IsmbRosterEntry before = self->entry;

  ismb_roster_entry_read (&self->entry, node);
  self->sight = ISMB_SIGHT_AS_LISTED;
  if (g_strcmp0 (before.name, self->entry.name) != 0)
    notify (self, ITEM_NAME);
  if (!g_strv_equal ((const char *const *) before.groups, (const char *const *) self->entry.groups))
    notify (self, ITEM_GROUPS);
  if (before.pending_out != self->entry.pending_out)
    notify (self, ITEM_PENDING_OUT);
  if (before.listed != self->entry.listed)
    notify (self, ITEM_LISTED);
  notify_subscription (self, &before);
  ismb_roster_entry_clear (&before);
}

static void
choose_best (IsmbRosterItem *self)
{
  IsmbRosterResource *best = NULL;

  for (guint i = 0; i < self->resources->len; i++)
    if (best == NULL || _ismb_roster_resource_beats (self->resources->pdata[i], best))
      best = self->resources->pdata[i];
  if (self->best == best)
    return;
  self->best = best;
  notify (self, ITEM_BEST_RESOURCE);
}

static void
add_resource (IsmbRosterItem *self, IsmbPresence *presence, guint64 age)
{
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (presence));
  IsmbRosterResource *resource = _ismb_roster_resource_new (from);

  _ismb_roster_resource_take (resource, presence, age);
  g_ptr_array_add (self->resources, resource);
}

/* All is as it will be before anybody hears of it, here and below. */
static IsmbRosterChange
take_first_presence (IsmbRosterItem *self, IsmbPresence *presence, guint64 age)
{
  gboolean first = self->resources->len == 0;

  add_resource (self, presence, age);
  choose_best (self);
  if (first)
    notify (self, ITEM_ONLINE);
  g_list_model_items_changed (G_LIST_MODEL (self), self->resources->len - 1, 0, 1);
  return ISMB_ROSTER_CHANGED_STATUS | (first ? ISMB_ROSTER_GOT_ONLINE : 0);
}

static IsmbRosterChange
take_next_presence (IsmbRosterItem *self, IsmbRosterResource *resource, IsmbPresence *presence,
                    guint64 age)
{
  g_autoptr (IsmbRosterResource) alive = g_object_ref (resource);
  gboolean changed;

  g_object_freeze_notify (G_OBJECT (resource));
  changed = _ismb_roster_resource_take (resource, presence, age);
  choose_best (self);
  g_object_thaw_notify (G_OBJECT (resource));
  return changed ? ISMB_ROSTER_CHANGED_STATUS : ISMB_ROSTER_NOTHING;
}

IsmbRosterChange
_ismb_roster_item_take_arrival (IsmbRosterItem *self, IsmbPresence *presence, guint64 age)
{
  g_autoptr (IsmbRosterItem) alive = g_object_ref (self);
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (presence));
  IsmbRosterResource *resource =
      ismb_roster_item_lookup_resource (self, ismb_jid_get_resource (from));
  IsmbRosterChange change;

  g_object_freeze_notify (G_OBJECT (self));
  change = resource != NULL ? take_next_presence (self, resource, presence, age)
                            : take_first_presence (self, presence, age);
  g_object_thaw_notify (G_OBJECT (self));
  return change;
}

IsmbRosterChange
_ismb_roster_item_take_departure (IsmbRosterItem *self, IsmbJid *from)
{
  g_autoptr (IsmbRosterItem) alive = g_object_ref (self);
  IsmbRosterResource *resource =
      ismb_roster_item_lookup_resource (self, ismb_jid_get_resource (from));
  IsmbRosterChange change = ISMB_ROSTER_CHANGED_STATUS;
  guint position;

  if (!g_ptr_array_find (self->resources, resource, &position))
    return ISMB_ROSTER_NOTHING;
  g_object_freeze_notify (G_OBJECT (self));
  g_ptr_array_remove_index (self->resources, position);
  choose_best (self);
  if (self->resources->len == 0)
    {
      notify (self, ITEM_ONLINE);
      change |= ISMB_ROSTER_GOT_OFFLINE;
    }
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  g_object_thaw_notify (G_OBJECT (self));
  return change;
}

void
_ismb_roster_item_end_session (IsmbRosterItem *self)
{
  guint before = self->resources->len;

  self->sight = ISMB_SIGHT_AS_LISTED;
  g_object_freeze_notify (G_OBJECT (self));
  _ismb_roster_item_set_pending_in (self, FALSE);
  g_ptr_array_set_size (self->resources, 0);
  choose_best (self);
  if (before > 0)
    {
      notify (self, ITEM_ONLINE);
      g_list_model_items_changed (G_LIST_MODEL (self), 0, before, 0);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

void
_ismb_roster_item_set_pending_in (IsmbRosterItem *self, gboolean pending_in)
{
  if (self->pending_in == pending_in)
    return;
  self->pending_in = pending_in;
  notify (self, ITEM_PENDING_IN);
}

void
_ismb_roster_item_set_sight (IsmbRosterItem *self, IsmbSight sight)
{
  self->sight = sight;
}

gboolean
_ismb_roster_item_sees_us (IsmbRosterItem *self)
{
  return self->sight == ISMB_SIGHT_GRANTED
         || (self->sight == ISMB_SIGHT_AS_LISTED && ismb_roster_entry_says (&self->entry, "from"));
}

gboolean
_ismb_roster_item_get_asked_back (IsmbRosterItem *self)
{
  return self->asked_back;
}

void
_ismb_roster_item_set_asked_back (IsmbRosterItem *self, gboolean asked_back)
{
  self->asked_back = asked_back;
}

gboolean
_ismb_roster_item_is_plain (IsmbRosterItem *self)
{
  return self->entry.listed && self->entry.name == NULL && self->entry.groups[0] == NULL
         && !self->whitelisted;
}

gboolean
_ismb_roster_item_is_in_use (IsmbRosterItem *self)
{
  return self->resources->len > 0 || self->pending_in || self->whitelisted;
}

/**
 * ismb_roster_item_get_jid: (get-property jid)
 * @self: a contact
 *
 * The contact's address.
 *
 * Returns: (transfer none): its bare address
 */
IsmbJid *
ismb_roster_item_get_jid (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), NULL);
  return self->jid;
}

/**
 * ismb_roster_item_get_name: (get-property name)
 * @self: a contact
 *
 * The name that the account's owner gave it.
 *
 * Returns: (nullable): the name, its first 1,023 bytes; %NULL for none
 */
const char *
ismb_roster_item_get_name (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), NULL);
  return self->entry.name;
}

/**
 * ismb_roster_item_get_groups: (get-property groups)
 * @self: a contact
 *
 * The groups it is in.
 *
 * Returns: (transfer none) (array zero-terminated=1): their names, as the server lists them; 256 at
 * most, of 1,023 bytes each
 */
const char *const *
ismb_roster_item_get_groups (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), NULL);
  return (const char *const *) self->entry.groups;
}

/**
 * ismb_roster_item_get_subscription: (get-property subscription)
 * @self: a contact
 *
 * Who sees whose presence (RFC 6121, 2.1.2.5).
 *
 * Returns: `none`, `to`, `from` or `both`
 */
const char *
ismb_roster_item_get_subscription (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), "none");
  return self->entry.subscription;
}

/**
 * ismb_roster_item_get_subscription_from: (get-property subscription-from)
 * @self: a contact
 *
 * Whether the contact sees our presence.
 *
 * Returns: whether its subscription is `from` or `both`
 */
gboolean
ismb_roster_item_get_subscription_from (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ismb_roster_entry_says (&self->entry, "from");
}

/**
 * ismb_roster_item_get_subscription_to: (get-property subscription-to)
 * @self: a contact
 *
 * Whether we see the contact's presence.
 *
 * Returns: whether its subscription is `to` or `both`
 */
gboolean
ismb_roster_item_get_subscription_to (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return ismb_roster_entry_says (&self->entry, "to");
}

/**
 * ismb_roster_item_get_pending_in: (get-property pending-in)
 * @self: a contact
 *
 * Whether the contact has asked in this session to see our presence, and has no answer yet.
 *
 * Returns: whether it waits for [method@Ismb.RosterItem.authorize] or
 * [method@Ismb.RosterItem.unauthorize]
 */
gboolean
ismb_roster_item_get_pending_in (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return self->pending_in;
}

/**
 * ismb_roster_item_get_pending_out: (get-property pending-out)
 * @self: a contact
 *
 * Whether we have asked to see the contact's presence, and have no answer yet.
 *
 * Returns: whether the server's roster says so
 */
gboolean
ismb_roster_item_get_pending_out (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return self->entry.pending_out;
}

/**
 * ismb_roster_item_get_listed: (get-property listed)
 * @self: a contact
 *
 * Whether it is in the roster that the server keeps.
 *
 * Returns: %FALSE where only its presence came, or the program added it
 */
gboolean
ismb_roster_item_get_listed (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return self->entry.listed;
}

/**
 * ismb_roster_item_get_whitelisted: (get-property whitelisted)
 * @self: a contact
 *
 * Whether it may see our presence when it asks for that, whatever
 * [property@Ismb.Client:auto-authorize] says of others.
 *
 * Returns: what [method@Ismb.RosterItem.set_whitelisted] set
 */
gboolean
ismb_roster_item_get_whitelisted (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return self->whitelisted;
}

/**
 * ismb_roster_item_set_whitelisted: (set-property whitelisted)
 * @self: a contact
 * @whitelisted: whether it may
 *
 * Says that the contact may see our presence when it asks for that, whatever
 * [property@Ismb.Client:auto-authorize] says of others. Known to this program alone, until it ends.
 */
void
ismb_roster_item_set_whitelisted (IsmbRosterItem *self, gboolean whitelisted)
{
  g_return_if_fail (ISMB_IS_ROSTER_ITEM (self));
  whitelisted = !!whitelisted;
  if (self->whitelisted == whitelisted)
    return;
  self->whitelisted = whitelisted;
  notify (self, ITEM_WHITELISTED);
}

/**
 * ismb_roster_item_get_online: (get-property online)
 * @self: a contact
 *
 * Whether any of its resources is present.
 *
 * Returns: whether the list has any
 */
gboolean
ismb_roster_item_get_online (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), FALSE);
  return self->resources->len > 0;
}

/**
 * ismb_roster_item_get_best_resource: (get-property best-resource)
 * @self: a contact
 *
 * The resource of the highest priority and, among equals, the one whose presence is newest.
 *
 * Returns: (transfer none) (nullable): the resource; %NULL where none is present
 */
IsmbRosterResource *
ismb_roster_item_get_best_resource (IsmbRosterItem *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), NULL);
  return self->best;
}

/**
 * ismb_roster_item_lookup_resource:
 * @self: a contact
 * @name: a resource's name
 *
 * Finds one of its resources.
 *
 * Returns: (transfer none) (nullable): the resource; %NULL where it is not present
 */
IsmbRosterResource *
ismb_roster_item_lookup_resource (IsmbRosterItem *self, const char *name)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_ITEM (self), NULL);
  for (guint i = 0; name != NULL && i < self->resources->len; i++)
    if (g_strcmp0 (ismb_roster_resource_get_name (self->resources->pdata[i]), name) == 0)
      return self->resources->pdata[i];
  return NULL;
}
