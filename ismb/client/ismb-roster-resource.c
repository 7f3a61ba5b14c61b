/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.roster"

#include "config.h"
#include "ismb/client/ismb-roster-resource-private.h"

#include "ismb/client/ismb-roster-entry.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

struct _IsmbRosterResource
{
  GObject parent_instance;
  IsmbJid *jid;
  char *show, *status;                     /* NULL where there is none */
  char *caps_node, *caps_ver, *caps_hash;  /* likewise */
  int priority;
  gint64 idle_since, changed_at; /* Unix seconds; 0 where it is not known */
  guint64 age;
};

/**
 * IsmbRosterResource:
 *
 * One present session of a contact, as its presence describes it. It stays the same object while
 * the session is present, and says by notification what changes.
 */
G_DEFINE_FINAL_TYPE (IsmbRosterResource, ismb_roster_resource, G_TYPE_OBJECT)

enum
{
  PROP_JID = 1,
  PROP_NAME,
  PROP_SHOW,
  PROP_STATUS,
  PROP_PRIORITY,
  PROP_CAPS_NODE,
  PROP_CAPS_VER,
  PROP_CAPS_HASH,
  PROP_IDLE_SINCE,
  PROP_CHANGED_AT,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

static void
ismb_roster_resource_finalize (GObject *object)
{
  IsmbRosterResource *self = ISMB_ROSTER_RESOURCE (object);

  g_clear_object (&self->jid);
  g_free (self->show);
  g_free (self->status);
  g_free (self->caps_node);
  g_free (self->caps_ver);
  g_free (self->caps_hash);
  G_OBJECT_CLASS (ismb_roster_resource_parent_class)->finalize (object);
}

static void
ismb_roster_resource_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbRosterResource *self = ISMB_ROSTER_RESOURCE (object);

  switch (id)
    {
    case PROP_JID: g_value_set_object (value, self->jid); break;
    case PROP_NAME: g_value_set_string (value, ismb_roster_resource_get_name (self)); break;
    case PROP_SHOW: g_value_set_string (value, self->show); break;
    case PROP_STATUS: g_value_set_string (value, self->status); break;
    case PROP_PRIORITY: g_value_set_int (value, self->priority); break;
    case PROP_CAPS_NODE: g_value_set_string (value, self->caps_node); break;
    case PROP_CAPS_VER: g_value_set_string (value, self->caps_ver); break;
    case PROP_CAPS_HASH: g_value_set_string (value, self->caps_hash); break;
    case PROP_IDLE_SINCE: g_value_set_int64 (value, self->idle_since); break;
    case PROP_CHANGED_AT: g_value_set_int64 (value, self->changed_at); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * IsmbRosterResource:jid: (getter get_jid)
   *
   * The full address: what to send a file to.
   */
  properties[PROP_JID] = g_param_spec_object ("jid", NULL, NULL, ISMB_TYPE_JID, flags);
  /**
   * IsmbRosterResource:name: (getter get_name)
   *
   * The resource's name.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:show: (getter get_show)
   *
   * `away`, `chat`, `dnd` or `xa` (RFC 6121, 4.7.2.1); %NULL for plainly available.
   */
  properties[PROP_SHOW] = g_param_spec_string ("show", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:status: (getter get_status)
   *
   * The words that came with the presence; %NULL where there were none.
   */
  properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:priority: (getter get_priority)
   *
   * Its priority among the contact's resources (RFC 6121, 4.7.2.3).
   */
  properties[PROP_PRIORITY] =
      g_param_spec_int ("priority", NULL, NULL, G_MININT8, G_MAXINT8, 0, flags);
  /**
   * IsmbRosterResource:caps-node: (getter get_caps_node)
   *
   * What kind of program it is (XEP-0115): a URI; %NULL where it does not say.
   */
  properties[PROP_CAPS_NODE] = g_param_spec_string ("caps-node", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:caps-ver: (getter get_caps_ver)
   *
   * What stands for its capabilities (XEP-0115): a digest of them in base64; %NULL where it does
   * not say.
   */
  properties[PROP_CAPS_VER] = g_param_spec_string ("caps-ver", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:caps-hash: (getter get_caps_hash)
   *
   * By which function that digest is made (XEP-0115), as `sha-1`; %NULL where it does not say.
   */
  properties[PROP_CAPS_HASH] = g_param_spec_string ("caps-hash", NULL, NULL, NULL, flags);
  /**
   * IsmbRosterResource:idle-since: (getter get_idle_since)
   *
   * Since when nobody has used it (XEP-0319), in seconds of Unix time; 0 where it does not say.
   */
  properties[PROP_IDLE_SINCE] =
      g_param_spec_int64 ("idle-since", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  /**
   * IsmbRosterResource:changed-at: (getter get_changed_at)
   *
   * When its show or status last changed, in seconds of Unix time: by the presence's delay stamp
   * (XEP-0203) where it has one, else when the presence came.
   */
  properties[PROP_CHANGED_AT] =
      g_param_spec_int64 ("changed-at", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_roster_resource_class_init (IsmbRosterResourceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ismb_roster_resource_finalize;
  object_class->get_property = ismb_roster_resource_get_property;
  install_properties (object_class);
}

static void
ismb_roster_resource_init (IsmbRosterResource *self)
{
}

IsmbRosterResource *
_ismb_roster_resource_new (IsmbJid *jid)
{
  IsmbRosterResource *self = g_object_new (ISMB_TYPE_ROSTER_RESOURCE, NULL);

  self->jid = g_object_ref (jid);
  return self;
}

static gboolean
take_text (IsmbRosterResource *self, char **slot, const char *text, guint property)
{
  g_autofree char *kept = NULL;

  text = text != NULL && text[0] != '\0' ? text : NULL;
  if (g_strcmp0 (*slot, text) == 0)
    return FALSE;
  kept = ismb_roster_cut (text);
  if (g_strcmp0 (*slot, kept) == 0)
    return FALSE;
  g_free (*slot);
  *slot = g_steal_pointer (&kept);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
  return TRUE;
}

static void
take_time (IsmbRosterResource *self, gint64 *slot, gint64 seconds, guint property)
{
  if (*slot == seconds)
    return;
  *slot = seconds;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* The time that an attribute of a child says; 0 where there is none. */
static gint64
read_time (const IsmbNode *root, const char *name, const char *ns, const char *attribute)
{
  const IsmbNode *node = ismb_node_find (root, name, ns);
  const char *text = node != NULL ? ismb_node_get (node, attribute) : NULL;
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}

static void
take_capabilities (IsmbRosterResource *self, const IsmbNode *root)
{
  const IsmbNode *caps = ismb_node_find (root, "c", ISMB_NS_CAPS);

  take_text (self, &self->caps_node, caps != NULL ? ismb_node_get (caps, "node") : NULL,
             PROP_CAPS_NODE);
  take_text (self, &self->caps_ver, caps != NULL ? ismb_node_get (caps, "ver") : NULL,
             PROP_CAPS_VER);
  take_text (self, &self->caps_hash, caps != NULL ? ismb_node_get (caps, "hash") : NULL,
             PROP_CAPS_HASH);
}

static void
take_priority (IsmbRosterResource *self, int priority)
{
  if (self->priority == priority)
    return;
  self->priority = priority;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRIORITY]);
}

gboolean
_ismb_roster_resource_take (IsmbRosterResource *self, IsmbPresence *presence, guint64 age)
{
  const IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (presence)));
  gboolean show = take_text (self, &self->show, ismb_presence_get_show (presence), PROP_SHOW);
  gboolean status =
      take_text (self, &self->status, ismb_presence_get_status (presence), PROP_STATUS);
  gboolean changed = show || status || self->age == 0;
  gint64 stamp = changed ? read_time (root, "delay", ISMB_NS_DELAY, "stamp") : 0;

  self->age = age;
  take_priority (self, ismb_presence_get_priority (presence));
  take_capabilities (self, root);
  take_time (self, &self->idle_since, read_time (root, "idle", ISMB_NS_IDLE, "since"),
             PROP_IDLE_SINCE);
  if (changed)
    take_time (self, &self->changed_at, stamp != 0 ? stamp : g_get_real_time () / G_USEC_PER_SEC,
               PROP_CHANGED_AT);
  return changed;
}

gboolean
_ismb_roster_resource_beats (IsmbRosterResource *self, IsmbRosterResource *other)
{
  return self->priority > other->priority
         || (self->priority == other->priority && self->age > other->age);
}

/**
 * ismb_roster_resource_get_jid: (get-property jid)
 * @self: a resource
 *
 * The full address: what to send a file to.
 *
 * Returns: (transfer none): the address
 */
IsmbJid *
ismb_roster_resource_get_jid (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->jid;
}

/**
 * ismb_roster_resource_get_name: (get-property name)
 * @self: a resource
 *
 * The resource's name.
 *
 * Returns: the name
 */
const char *
ismb_roster_resource_get_name (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return ismb_jid_get_resource (self->jid);
}

/**
 * ismb_roster_resource_get_show: (get-property show)
 * @self: a resource
 *
 * In which way it is available (RFC 6121, 4.7.2.1).
 *
 * Returns: (nullable): `away`, `chat`, `dnd` or `xa`; %NULL for plainly available
 */
const char *
ismb_roster_resource_get_show (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->show;
}

/**
 * ismb_roster_resource_get_status: (get-property status)
 * @self: a resource
 *
 * The words that came with its presence.
 *
 * Returns: (nullable): the first 1,023 bytes of them; %NULL where there were none
 */
const char *
ismb_roster_resource_get_status (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->status;
}

/**
 * ismb_roster_resource_get_priority: (get-property priority)
 * @self: a resource
 *
 * Its priority among the contact's resources (RFC 6121, 4.7.2.3).
 *
 * Returns: -128 to 127
 */
int
ismb_roster_resource_get_priority (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), 0);
  return self->priority;
}

/**
 * ismb_roster_resource_get_caps_node: (get-property caps-node)
 * @self: a resource
 *
 * What kind of program it is (XEP-0115).
 *
 * Returns: (nullable): a URI; %NULL where it does not say
 */
const char *
ismb_roster_resource_get_caps_node (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->caps_node;
}

/**
 * ismb_roster_resource_get_caps_ver: (get-property caps-ver)
 * @self: a resource
 *
 * What stands for its capabilities (XEP-0115).
 *
 * Returns: (nullable): a digest of them in base64; %NULL where it does not say
 */
const char *
ismb_roster_resource_get_caps_ver (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->caps_ver;
}

/**
 * ismb_roster_resource_get_caps_hash: (get-property caps-hash)
 * @self: a resource
 *
 * By which function that digest is made (XEP-0115).
 *
 * Returns: (nullable): its name, as `sha-1`; %NULL where it does not say
 */
const char *
ismb_roster_resource_get_caps_hash (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), NULL);
  return self->caps_hash;
}

/**
 * ismb_roster_resource_get_idle_since: (get-property idle-since)
 * @self: a resource
 *
 * Since when nobody has used it (XEP-0319).
 *
 * Returns: seconds of Unix time; 0 where it does not say
 */
gint64
ismb_roster_resource_get_idle_since (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), 0);
  return self->idle_since;
}

/**
 * ismb_roster_resource_get_changed_at: (get-property changed-at)
 * @self: a resource
 *
 * When its show or status last changed: by the presence's delay stamp (XEP-0203) where it has one,
 * else when the presence came.
 *
 * Returns: seconds of Unix time
 */
gint64
ismb_roster_resource_get_changed_at (IsmbRosterResource *self)
{
  g_return_val_if_fail (ISMB_IS_ROSTER_RESOURCE (self), 0);
  return self->changed_at;
}
