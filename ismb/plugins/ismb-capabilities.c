/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.capabilities"

#include "config.h"
#include "ismb/plugins/ismb-capabilities.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/plugins/ismb-caps-hash.h"
#include "ismb/plugins/ismb-caps-lookups.h"
#include "ismb/plugins/ismb-disco-cache.h"
#include "ismb/plugins/ismb-disco-private.h"

#define CACHE_BYTES_MAX (2 * 1024 * 1024)
#define PEOPLE_MAX 10000 /* whose strings are remembered */
#define VER_MAX 128      /* bytes of a string: base64 of the longest hash, and more */
#define NODE_MAX 1024
#define TASK "xep_0115 update"

/**
 * IsmbCapabilities:
 *
 * Entity Capabilities (XEP-0115), `xep_0115`: each presence of the client has a short string with
 * it that stands for all that `xep_0030` tells of it, and from those of others it learns what they
 * can do, asking once for each kind of program and not for each contact.
 *
 * ```c
 * info = ismb_capabilities_get_info (caps, jid);
 * if (info != NULL && ismb_disco_info_has_feature (info, "urn:xmpp:ping"))
 *   …
 * ```
 *
 * With it, [method@Ismb.Disco.supports_async] as a rule knows without asking. What the client adds or
 * removes of itself changes the string; the last presence is sent again then. What stands behind a
 * string of others is believed where it has that hash; else it holds for whoever said so alone.
 *
 * A presence with such a string is the event `entity_caps`, and one of a form that is past
 * `entity_caps_legacy`, with the [class@Ismb.Presence]; the client's own are not.
 */
struct _IsmbCapabilities
{
  IsmbPlugin parent_instance;
  char *node, *hash;
  gboolean broadcast;
  guint filter;
  gulong request_handler;
  char *ver;               /* ours; NULL: it is to be computed */
  char *told;              /* what everybody was told last; NULL: nothing */
  IsmbDiscoCache *cache;   /* by hash, a space, and string */
  GHashTable *people;      /* keys of the cache by full address */
  IsmbCapsLookups *lookups;
};

G_DEFINE_FINAL_TYPE (IsmbCapabilities, ismb_capabilities, ISMB_TYPE_PLUGIN)

enum
{
  PROP_CAPS_NODE = 1,
  PROP_HASH,
  PROP_BROADCAST,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_capabilities_finalize (GObject *object)
{
  IsmbCapabilities *self = ISMB_CAPABILITIES (object);

  g_free (self->node);
  g_free (self->hash);
  g_free (self->ver);
  g_free (self->told);
  ismb_disco_cache_free (self->cache);
  g_hash_table_unref (self->people);
  G_OBJECT_CLASS (ismb_capabilities_parent_class)->finalize (object);
}

static IsmbClient *
get_client (IsmbCapabilities *self)
{
  return ismb_plugin_get_client (ISMB_PLUGIN (self));
}

static IsmbDisco *
get_disco (IsmbCapabilities *self)
{
  return ISMB_DISCO (ismb_client_get_plugin (get_client (self), "xep_0030"));
}

static char *
make_key (const char *hash, const char *ver)
{
  return g_strconcat (hash, " ", ver, NULL);
}

/* What we are */

/* We know ourselves: nobody like us needs to be asked. */
static const char *
have_ver (IsmbCapabilities *self)
{
  g_autoptr (IsmbDiscoInfo) info = NULL;
  g_autofree char *key = NULL;

  if (self->ver != NULL)
    return self->ver;
  info = ismb_disco_get_own_info (get_disco (self), NULL);
  self->ver = ismb_caps_hash_compute (info, self->hash);
  if (self->ver == NULL)
    return NULL;
  key = make_key (self->hash, self->ver);
  ismb_disco_cache_put (self->cache, key, info);
  return self->ver;
}

static void
sign (IsmbCapabilities *self, IsmbTree *tree, const char *ver)
{
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *caps;

  while ((caps = ismb_node_find (root, "c", ISMB_NS_CAPS)) != NULL)
    ismb_tree_remove (tree, caps);
  caps = ismb_tree_add (tree, root, "c", ISMB_NS_CAPS);
  ismb_tree_set (tree, caps, "hash", self->hash);
  ismb_tree_set (tree, caps, "node", self->node);
  ismb_tree_set (tree, caps, "ver", ver);
}

static gboolean
on_sent (IsmbClient *client, IsmbStanza *stanza, gpointer user_data)
{
  IsmbCapabilities *self = user_data;
  IsmbTree *tree;
  const char *ver;

  if (!ISMB_IS_PRESENCE (stanza))
    return TRUE;
  tree = _ismb_stanza_get_tree (stanza);
  if (ismb_node_get (ismb_tree_root (tree), "type") != NULL || (ver = have_ver (self)) == NULL)
    return TRUE;
  sign (self, tree, ver);
  if (ismb_stanza_get_to_jid (stanza) == NULL)
    {
      g_free (self->told);
      self->told = g_strdup (ver);
    }
  return TRUE;
}

static void
tell_again (IsmbClient *client, gpointer user_data)
{
  IsmbCapabilities *self = user_data;
  const char *ver = have_ver (self);

  if (self->broadcast && ver != NULL && self->told != NULL && !g_str_equal (ver, self->told))
    ismb_client_send_last_presence (client, NULL, NULL);
}

/* A plugin that is enabled changes several things in a row: they are told of together. */
static void
on_changed (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbCapabilities *self = user_data;

  g_clear_pointer (&self->ver, g_free);
  if (self->told != NULL)
    ismb_client_schedule (client, TASK, 0, FALSE, tell_again, self, NULL, NULL);
}

static void
on_disconnected (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbCapabilities *self = user_data;

  g_clear_pointer (&self->told, g_free);
}

static gboolean
on_info_requested (IsmbDisco *disco, const char *node, IsmbIq *request, IsmbDiscoInfo *info,
                   gpointer user_data)
{
  IsmbCapabilities *self = user_data;
  const char *ver = node != NULL ? strrchr (node, '#') : NULL;
  g_autoptr (IsmbDiscoInfo) own = NULL;
  g_autofree char *key = NULL;
  g_autolist (IsmbElement) children = NULL;
  IsmbDiscoInfo *known;

  if (ver == NULL || strlen (self->node) != (gsize) (ver - node)
      || !g_str_has_prefix (node, self->node) || have_ver (self) == NULL
      || (!g_str_equal (ver + 1, self->ver) && g_strcmp0 (ver + 1, self->told) != 0))
    return FALSE;
  key = make_key (self->hash, ver + 1);
  known = ismb_disco_cache_get (self->cache, key);
  if (known == NULL)
    return FALSE;
  own = g_object_ref (known);
  children = ismb_element_list_children (ismb_payload_get_element (ISMB_PAYLOAD (own)));
  for (GList *at = children; at != NULL; at = at->next)
    ismb_element_append (ismb_payload_get_element (ISMB_PAYLOAD (info)), at->data);
  return TRUE;
}

/* What others are */

static void
on_found (gpointer owner, const char *key, IsmbDiscoInfo *info)
{
  IsmbCapabilities *self = owner;

  if (info != NULL)
    ismb_disco_cache_put (self->cache, key, info);
}

static IsmbDiscoInfo *
look_up (gpointer who, IsmbJid *jid)
{
  IsmbCapabilities *self = who;
  const char *key = g_hash_table_lookup (self->people, ismb_jid_get_full (jid));

  return key != NULL ? ismb_disco_cache_get (self->cache, key) : NULL;
}

static void
take (IsmbCapabilities *self, IsmbJid *from, const char *hash, const char *node, const char *ver)
{
  g_autofree char *key = make_key (hash, ver);
  g_autofree char *full_node = g_strconcat (node, "#", ver, NULL);
  const char *jid = ismb_jid_get_full (from);

  if (!g_hash_table_contains (self->people, jid)
      && g_hash_table_size (self->people) >= PEOPLE_MAX)
    return;
  g_hash_table_insert (self->people, g_strdup (jid), g_strdup (key));
  if (ismb_disco_cache_get (self->cache, key) == NULL && ismb_caps_hash_is_known (hash))
    ismb_caps_lookups_add (self->lookups, key, full_node, from);
}

static gboolean
is_own (IsmbCapabilities *self, IsmbJid *from)
{
  IsmbJid *own = ismb_client_get_bound_jid (get_client (self));

  return own != NULL && ismb_jid_equal (own, from);
}

static gboolean
fits (const char *text, gsize length_max)
{
  return text != NULL && text[0] != '\0' && strlen (text) <= length_max
         && strchr (text, ' ') == NULL;
}

static gboolean
on_presence (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbCapabilities) self = g_object_ref (user_data);
  IsmbJid *from = ismb_stanza_get_from_jid (stanza);
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (stanza));
  IsmbNode *caps = ismb_node_find (root, "c", ISMB_NS_CAPS);
  const char *hash = ismb_node_get (caps, "hash");
  const char *node = ismb_node_get (caps, "node"), *ver = ismb_node_get (caps, "ver");

  if (from == NULL || ismb_node_get (root, "type") != NULL || is_own (self, from))
    return FALSE;
  if (fits (hash, VER_MAX) && fits (node, NODE_MAX) && fits (ver, VER_MAX))
    take (self, from, hash, node, ver);
  return FALSE;
}

static void
on_unavailable (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbCapabilities *self = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));

  if (from != NULL)
    g_hash_table_remove (self->people, ismb_jid_get_full (from));
}

static void
ismb_capabilities_session_bind (IsmbPlugin *plugin, IsmbJid *jid)
{
  g_hash_table_remove_all (ISMB_CAPABILITIES (plugin)->people);
}

static void
listen_to (IsmbPlugin *plugin, const char *event, IsmbEventFunc callback)
{
  ismb_plugin_add_event_handler (plugin, event, ISMB_EVENT_DEFAULT, callback, plugin, NULL);
}

static void
ismb_capabilities_enabled (IsmbPlugin *plugin)
{
  IsmbCapabilities *self = ISMB_CAPABILITIES (plugin);
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("presence/{" ISMB_NS_CAPS "}c", NULL);

  self->lookups = ismb_caps_lookups_new (get_disco (self), self, on_found);
  self->filter = ismb_client_add_filter (get_client (self), ISMB_FILTER_OUT, G_MAXINT, on_sent,
                                         self, NULL);
  self->request_handler = g_signal_connect (get_disco (self), "info-requested",
                                            G_CALLBACK (on_info_requested), self);
  _ismb_disco_set_known (get_disco (self), look_up, self);
  ismb_plugin_add_stanza_handler (plugin, matcher, on_presence, plugin, NULL);
  listen_to (plugin, "presence_unavailable", on_unavailable);
  listen_to (plugin, "features_changed", on_changed);
  listen_to (plugin, "disconnected", on_disconnected);
  ismb_plugin_add_feature (plugin, ISMB_NS_CAPS);
}

/* xep_0030 goes after us. */
static void
ismb_capabilities_disabled (IsmbPlugin *plugin)
{
  IsmbCapabilities *self = ISMB_CAPABILITIES (plugin);

  _ismb_disco_set_known (get_disco (self), NULL, NULL);
  g_signal_handler_disconnect (get_disco (self), self->request_handler);
  ismb_client_remove_filter (get_client (self), self->filter);
  ismb_client_unschedule (get_client (self), TASK);
  g_clear_pointer (&self->lookups, ismb_caps_lookups_free);
}

static void
ismb_capabilities_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbCapabilities *self = ISMB_CAPABILITIES (object);

  switch (id)
    {
    case PROP_CAPS_NODE: g_value_set_string (value, self->node); break;
    case PROP_HASH: g_value_set_string (value, self->hash); break;
    case PROP_BROADCAST: g_value_set_boolean (value, self->broadcast); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
set_hash (IsmbCapabilities *self, const char *hash)
{
  if (!ismb_caps_hash_is_known (hash))
    {
      g_warning ("%s is no hash that capabilities can have; it stays %s", hash, self->hash);
      return;
    }
  g_free (self->hash);
  self->hash = g_strdup (hash);
  g_clear_pointer (&self->ver, g_free);
}

static void
ismb_capabilities_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbCapabilities *self = ISMB_CAPABILITIES (object);

  switch (id)
    {
    case PROP_CAPS_NODE:
      g_free (self->node);
      self->node = g_value_dup_string (value);
      break;
    case PROP_HASH: set_hash (self, g_value_get_string (value)); break;
    case PROP_BROADCAST: self->broadcast = g_value_get_boolean (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_capabilities_class_init (IsmbCapabilitiesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_capabilities_finalize;
  object_class->get_property = ismb_capabilities_get_property;
  object_class->set_property = ismb_capabilities_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_capabilities_enabled;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_capabilities_disabled;
  ISMB_PLUGIN_CLASS (klass)->session_bind = ismb_capabilities_session_bind;

  /**
   * IsmbCapabilities:caps-node:
   *
   * Which program this is: a URI.
   */
  properties[PROP_CAPS_NODE] =
      g_param_spec_string ("caps-node", NULL, NULL, "urn:ismb:client", flags);
  /**
   * IsmbCapabilities:hash:
   *
   * How the string is made: `sha-1`, which all know, `sha-256`, `sha-384` or `sha-512`.
   */
  properties[PROP_HASH] = g_param_spec_string ("hash", NULL, NULL, "sha-1", flags);
  /**
   * IsmbCapabilities:broadcast:
   *
   * Whether the last presence is sent again when the string is another.
   */
  properties[PROP_BROADCAST] = g_param_spec_boolean ("broadcast", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_capabilities_init (IsmbCapabilities *self)
{
  self->node = g_strdup ("urn:ismb:client");
  self->hash = g_strdup ("sha-1");
  self->broadcast = TRUE;
  self->cache = ismb_disco_cache_new (CACHE_BYTES_MAX);
  self->people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * ismb_capabilities_get_info:
 * @self: the plugin
 * @jid: a full address
 *
 * What is known of somebody by the presence that came, without asking.
 *
 * Returns: (transfer full) (nullable): what it tells of itself, which is not to be changed; %NULL
 *   where that is not known, or not yet
 */
IsmbDiscoInfo *
ismb_capabilities_get_info (IsmbCapabilities *self, IsmbJid *jid)
{
  IsmbDiscoInfo *info;

  g_return_val_if_fail (ISMB_IS_CAPABILITIES (self) && ISMB_IS_JID (jid), NULL);
  info = look_up (self, jid);
  return info != NULL ? g_object_ref (info) : NULL;
}

/**
 * ismb_capabilities_get_ver:
 * @self: the plugin, enabled
 *
 * The string that stands for what the client tells of itself.
 *
 * Returns: (nullable): the string, base64; %NULL where what is told allows none (XEP-0115, 5.4)
 */
const char *
ismb_capabilities_get_ver (IsmbCapabilities *self)
{
  g_return_val_if_fail (ISMB_IS_CAPABILITIES (self) && get_client (self) != NULL, NULL);
  return have_ver (self);
}

/**
 * ismb_capabilities_update:
 * @self: the plugin, enabled
 *
 * Makes the string anew, and sends the last presence again if it is another. What is added to the
 * client and removed from it does that by itself. SleekXMPP's `update_caps`.
 */
void
ismb_capabilities_update (IsmbCapabilities *self)
{
  g_return_if_fail (ISMB_IS_CAPABILITIES (self) && get_client (self) != NULL);
  g_clear_pointer (&self->ver, g_free);
  tell_again (get_client (self), self);
}
