/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbRosterItem's properties, which its functions read and write. */
#include "config.h"
#include "ismb/client/ismb-roster-item-private.h"

static GParamSpec *properties[N_ITEM_PROPERTIES];

static gboolean
get_flag (IsmbRosterItem *self, guint id)
{
  switch (id)
    {
    case ITEM_SUBSCRIPTION_FROM: return ismb_roster_item_get_subscription_from (self);
    case ITEM_SUBSCRIPTION_TO: return ismb_roster_item_get_subscription_to (self);
    case ITEM_PENDING_IN: return ismb_roster_item_get_pending_in (self);
    case ITEM_PENDING_OUT: return ismb_roster_item_get_pending_out (self);
    case ITEM_LISTED: return ismb_roster_item_get_listed (self);
    case ITEM_WHITELISTED: return ismb_roster_item_get_whitelisted (self);
    default: return ismb_roster_item_get_online (self);
    }
}

static void
ismb_roster_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbRosterItem *self = ISMB_ROSTER_ITEM (object);

  switch (id)
    {
    case ITEM_JID: g_value_set_object (value, ismb_roster_item_get_jid (self)); break;
    case ITEM_NAME: g_value_set_string (value, ismb_roster_item_get_name (self)); break;
    case ITEM_GROUPS: g_value_set_boxed (value, ismb_roster_item_get_groups (self)); break;
    case ITEM_SUBSCRIPTION:
      g_value_set_static_string (value, ismb_roster_item_get_subscription (self));
      break;
    case ITEM_BEST_RESOURCE:
      g_value_set_object (value, ismb_roster_item_get_best_resource (self));
      break;
    default: g_value_set_boolean (value, get_flag (self, id));
    }
}

static void
ismb_roster_item_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case ITEM_WHITELISTED:
      ismb_roster_item_set_whitelisted (ISMB_ROSTER_ITEM (object), g_value_get_boolean (value));
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

void
_ismb_roster_item_install_properties (GObjectClass *object_class)
{
  const GParamFlags set = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ismb_roster_item_get_property;
  object_class->set_property = ismb_roster_item_set_property;
  /**
   * IsmbRosterItem:jid: (getter get_jid)
   *
   * The contact's bare address.
   */
  properties[ITEM_JID] = g_param_spec_object ("jid", NULL, NULL, ISMB_TYPE_JID, flags);
  /**
   * IsmbRosterItem:name: (getter get_name)
   *
   * The name that the account's owner gave it; %NULL for none.
   */
  properties[ITEM_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterItem:groups: (getter get_groups)
   *
   * The groups it is in, as the server lists them.
   */
  properties[ITEM_GROUPS] = g_param_spec_boxed ("groups", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * IsmbRosterItem:subscription: (getter get_subscription)
   *
   * Who sees whose presence: `none`, `to`, `from` or `both` (RFC 6121, 2.1.2.5).
   */
  properties[ITEM_SUBSCRIPTION] = g_param_spec_string ("subscription", NULL, NULL, "none", flags);
  /**
   * IsmbRosterItem:subscription-from: (getter get_subscription_from)
   *
   * Whether the contact sees our presence; SleekXMPP's `from`, a word that Python keeps for itself.
   */
  properties[ITEM_SUBSCRIPTION_FROM] =
      g_param_spec_boolean ("subscription-from", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:subscription-to: (getter get_subscription_to)
   *
   * Whether we see the contact's presence; SleekXMPP's `to`.
   */
  properties[ITEM_SUBSCRIPTION_TO] =
      g_param_spec_boolean ("subscription-to", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:pending-in: (getter get_pending_in)
   *
   * Whether the contact has asked in this session to see our presence, and has no answer yet.
   */
  properties[ITEM_PENDING_IN] = g_param_spec_boolean ("pending-in", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:pending-out: (getter get_pending_out)
   *
   * Whether we have asked to see the contact's presence, and have no answer yet.
   */
  properties[ITEM_PENDING_OUT] = g_param_spec_boolean ("pending-out", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:listed: (getter get_listed)
   *
   * Whether it is in the roster that the server keeps. It is not where only its presence came, or
   * the program added it.
   */
  properties[ITEM_LISTED] = g_param_spec_boolean ("listed", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:whitelisted: (getter get_whitelisted) (setter set_whitelisted)
   *
   * Whether it may see our presence when it asks for that, whatever
   * [property@Ismb.Client:auto-authorize] says of others. Known to this program alone.
   */
  properties[ITEM_WHITELISTED] = g_param_spec_boolean ("whitelisted", NULL, NULL, FALSE, set);
  /**
   * IsmbRosterItem:online: (getter get_online)
   *
   * Whether any of its resources is present.
   */
  properties[ITEM_ONLINE] = g_param_spec_boolean ("online", NULL, NULL, FALSE, flags);
  /**
   * IsmbRosterItem:best-resource: (getter get_best_resource)
   *
   * The resource of the highest priority and, among equals, the one whose presence is newest;
   * %NULL where none is present.
   */
  properties[ITEM_BEST_RESOURCE] =
      g_param_spec_object ("best-resource", NULL, NULL, ISMB_TYPE_ROSTER_RESOURCE, flags);
  g_object_class_install_properties (object_class, N_ITEM_PROPERTIES, properties);
}

void
_ismb_roster_item_notify (GObject *item, IsmbRosterItemProperty property)
{
  g_object_notify_by_pspec (item, properties[property]);
}
