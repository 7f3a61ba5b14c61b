/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.disco"

#include "config.h"
#include "ismb/plugins/ismb-disco-private.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-answer.h"
#include "ismb/plugins/ismb-disco-cache.h"
#include "ismb/plugins/ismb-disco-nodes.h"

#define CACHE_BYTES_MAX (2 * 1024 * 1024)

/**
 * IsmbDisco:
 *
 * Service Discovery (XEP-0030), `xep_0030`: tells what the client is and can do, and asks that of
 * others. Each client has it enabled.
 *
 * ```c
 * IsmbDisco *disco = ISMB_DISCO (ismb_client_get_plugin (client, "xep_0030"));
 * ismb_disco_add_identity (disco, NULL, "automation", "switch", "leaf 4", NULL);
 * ismb_disco_get_info_async (disco, jid, NULL, TRUE, NULL, on_info, NULL);
 * ```
 *
 * The features of the client as a whole are those of [method@Ismb.Client.list_features]; its
 * identity is `client`/`bot` until one is added. What changes from question to question is filled in
 * by who listens to [signal@Ismb.Disco::info-requested] and
 * [signal@Ismb.Disco::items-requested]. A question about a node that nobody knows is answered with
 * `item-not-found`.
 *
 * Each answer that comes is the event `disco_info` or `disco_items`, with the [class@Ismb.Iq].
 */
struct _IsmbDisco
{
  IsmbPlugin parent_instance;
  IsmbDiscoNodes *nodes;
  IsmbDiscoCache *cache; /* by address, a space, and the node */
  IsmbDiscoKnown known;
  gpointer who;
};

G_DEFINE_FINAL_TYPE (IsmbDisco, ismb_disco, ISMB_TYPE_PLUGIN)

enum
{
  INFO_REQUESTED,
  ITEMS_REQUESTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
ismb_disco_finalize (GObject *object)
{
  IsmbDisco *self = ISMB_DISCO (object);

  ismb_disco_nodes_free (self->nodes);
  ismb_disco_cache_free (self->cache);
  G_OBJECT_CLASS (ismb_disco_parent_class)->finalize (object);
}

static IsmbClient *
get_client (IsmbDisco *self)
{
  return ismb_plugin_get_client (ISMB_PLUGIN (self));
}

void
_ismb_disco_set_known (IsmbDisco *self, IsmbDiscoKnown known, gpointer who)
{
  self->known = known;
  self->who = who;
}

static char *
make_key (IsmbJid *jid, const char *node)
{
  return g_strdup_printf ("%s %s", jid != NULL ? ismb_jid_get_full (jid) : "",
                          node != NULL ? node : "");
}

IsmbDiscoInfo *
_ismb_disco_look_up (IsmbDisco *self, IsmbJid *jid, const char *node)
{
  g_autofree char *key = make_key (jid, node);
  IsmbDiscoInfo *info = NULL;

  if (self->known != NULL && jid != NULL && node == NULL)
    info = self->known (self->who, jid);
  return info != NULL ? info : ismb_disco_cache_get (self->cache, key);
}

void
_ismb_disco_note (IsmbDisco *self, IsmbJid *jid, const char *node, IsmbDiscoInfo *info)
{
  g_autofree char *key = make_key (jid, node);

  ismb_disco_cache_put (self->cache, key, info);
}

/* Answering */

static void
describe_client (IsmbDisco *self, IsmbDiscoInfo *info)
{
  g_auto (GStrv) features = ismb_client_list_features (get_client (self));

  ismb_disco_nodes_fill_info (self->nodes, NULL, info);
  for (char **feature = features; *feature != NULL; feature++)
    ismb_disco_info_add_feature (info, *feature);
}

/* A client that says nothing else of itself is at least that (XEP-0030, 3.1). */
static void
identify (IsmbDiscoInfo *info)
{
  IsmbElement *element = ismb_payload_get_element (ISMB_PAYLOAD (info));
  g_autoptr (IsmbElement) identity = ismb_element_find (element, "identity", ISMB_NS_DISCO_INFO);

  if (identity == NULL)
    ismb_disco_info_add_identity (info, "client", "bot", "ISMB", NULL);
}

/* NULL: there is no such node. */
static IsmbDiscoInfo *
make_info (IsmbDisco *self, const char *node, IsmbIq *request)
{
  g_autoptr (IsmbDiscoInfo) info = ismb_disco_info_new (node);
  gboolean known = node == NULL || ismb_disco_nodes_has (self->nodes, node);
  gboolean taken = FALSE;

  if (node == NULL)
    describe_client (self, info);
  else
    ismb_disco_nodes_fill_info (self->nodes, node, info);
  if (request != NULL)
    g_signal_emit (self, signals[INFO_REQUESTED], 0, node, request, info, &taken);
  if (!known && !taken)
    return NULL;
  if (node == NULL)
    identify (info);
  return g_steal_pointer (&info);
}

static gboolean
refuse (const char *node, GError **error)
{
  g_set_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "there is no node %s",
               node);
  return FALSE;
}

static gboolean
on_info (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbPayload) query = ismb_stanza_get_payload (stanza, ISMB_TYPE_DISCO_INFO);
  const char *node = ismb_disco_info_get_node (ISMB_DISCO_INFO (query));
  g_autoptr (IsmbDisco) self = g_object_ref (user_data);
  g_autoptr (IsmbDiscoInfo) info = make_info (self, node, ISMB_IQ (stanza));

  if (info == NULL)
    return refuse (node, error);
  return ismb_answer_send (client, stanza, ISMB_PAYLOAD (info), error);
}

static gboolean
on_items (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbPayload) query = ismb_stanza_get_payload (stanza, ISMB_TYPE_DISCO_ITEMS);
  const char *node = ismb_disco_items_get_node (ISMB_DISCO_ITEMS (query));
  g_autoptr (IsmbDiscoItems) items = ismb_disco_items_new (node);
  g_autoptr (IsmbDisco) self = g_object_ref (user_data);
  gboolean known = node == NULL || ismb_disco_nodes_has (self->nodes, node);
  gboolean taken = FALSE;

  ismb_disco_nodes_fill_items (self->nodes, node, items);
  g_signal_emit (self, signals[ITEMS_REQUESTED], 0, node, stanza, items, &taken);
  if (!known && !taken)
    return refuse (node, error);
  return ismb_answer_send (client, stanza, ISMB_PAYLOAD (items), error);
}

static gboolean
on_info_result (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  ismb_client_emit_event (client, "disco_info", G_OBJECT (stanza));
  return TRUE;
}

static gboolean
on_items_result (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  ismb_client_emit_event (client, "disco_items", G_OBJECT (stanza));
  return TRUE;
}

/* Whoever comes or goes may be another program now. */
static void
on_presence (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbDisco *self = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));
  g_autofree char *key = NULL;

  if (from == NULL || ismb_disco_cache_is_empty (self->cache))
    return;
  key = make_key (from, NULL);
  ismb_disco_cache_drop (self->cache, key);
}

static void
ismb_disco_session_bind (IsmbPlugin *plugin, IsmbJid *jid)
{
  ismb_disco_cache_clear (ISMB_DISCO (plugin)->cache);
}

static void
listen_to (IsmbPlugin *plugin, const char *path, IsmbStanzaFunc callback)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path (path, NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, callback, plugin, NULL);
}

static void
ismb_disco_enabled (IsmbPlugin *plugin)
{
  listen_to (plugin, "iq@type=get/{" ISMB_NS_DISCO_INFO "}query", on_info);
  listen_to (plugin, "iq@type=get/{" ISMB_NS_DISCO_ITEMS "}query", on_items);
  listen_to (plugin, "iq@type=result/{" ISMB_NS_DISCO_INFO "}query", on_info_result);
  listen_to (plugin, "iq@type=result/{" ISMB_NS_DISCO_ITEMS "}query", on_items_result);
  ismb_plugin_add_event_handler (plugin, "presence", ISMB_EVENT_DEFAULT, on_presence, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_DISCO_INFO);
  ismb_plugin_add_feature (plugin, ISMB_NS_DISCO_ITEMS);
}

static void
ismb_disco_class_init (IsmbDiscoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_disco_finalize;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_disco_enabled;
  ISMB_PLUGIN_CLASS (klass)->session_bind = ismb_disco_session_bind;
  ismb_payload_register (ISMB_TYPE_DISCO_INFO, "disco_info");
  ismb_payload_register (ISMB_TYPE_DISCO_ITEMS, "disco_items");

  /**
   * IsmbDisco::info-requested:
   * @self: the plugin
   * @node: (nullable): the node that is asked about; %NULL: the client as a whole
   * @request: who asks
   * @info: what will be answered; a handler adds to it
   *
   * Somebody asks what the client, or a node of it, is and can do.
   *
   * Returns: %TRUE: that is all there is to say, and the node exists; %FALSE to let others speak
   */
  signals[INFO_REQUESTED] =
      g_signal_new ("info-requested", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 3, G_TYPE_STRING,
                    ISMB_TYPE_IQ, ISMB_TYPE_DISCO_INFO);
  /**
   * IsmbDisco::items-requested:
   * @self: the plugin
   * @node: (nullable): the node that is asked about; %NULL: the client as a whole
   * @request: who asks
   * @items: what will be answered; a handler adds to it
   *
   * Somebody asks what belongs to the client, or to a node of it.
   *
   * Returns: %TRUE: that is all there is to say, and the node exists; %FALSE to let others speak
   */
  signals[ITEMS_REQUESTED] =
      g_signal_new ("items-requested", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 3, G_TYPE_STRING,
                    ISMB_TYPE_IQ, ISMB_TYPE_DISCO_ITEMS);
}

static void
ismb_disco_init (IsmbDisco *self)
{
  self->nodes = ismb_disco_nodes_new ();
  self->cache = ismb_disco_cache_new (CACHE_BYTES_MAX);
}

/* What we tell */

static void
changed (IsmbDisco *self, const char *node, gboolean any)
{
  if (any && node == NULL && get_client (self) != NULL)
    ismb_client_emit_event (get_client (self), "features_changed", NULL);
}

/**
 * ismb_disco_get_own_info:
 * @self: the plugin
 * @node: (nullable): a node; %NULL for the client as a whole
 *
 * What the client tells of itself, as far as it does not depend on who asks.
 *
 * Returns: (transfer full) (nullable): the information; %NULL where there is no such node
 */
IsmbDiscoInfo *
ismb_disco_get_own_info (IsmbDisco *self, const char *node)
{
  g_return_val_if_fail (ISMB_IS_DISCO (self) && get_client (self) != NULL, NULL);
  return make_info (self, node, NULL);
}

/**
 * ismb_disco_add_identity:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @category: the category, e.g. `automation`
 * @identity_type: the type in it
 * @name: (nullable): a name for people
 * @lang: (nullable): the language of the name
 *
 * Says what the client is. One of that category, type and language is replaced.
 */
void
ismb_disco_add_identity (IsmbDisco *self, const char *node, const char *category,
                         const char *identity_type, const char *name, const char *lang)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && category != NULL && identity_type != NULL);
  ismb_disco_nodes_add_identity (self->nodes, node, category, identity_type, name, lang);
  changed (self, node, TRUE);
}

/**
 * ismb_disco_remove_identity:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @category: the category
 * @identity_type: the type in it
 *
 * The client is that no more, in no language.
 */
void
ismb_disco_remove_identity (IsmbDisco *self, const char *node, const char *category,
                            const char *identity_type)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && category != NULL && identity_type != NULL);
  changed (self, node,
           ismb_disco_nodes_remove_identity (self->nodes, node, category, identity_type));
}

/**
 * ismb_disco_add_feature:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @feature: what it can do, a namespace as a rule
 *
 * Says what the client can do; of the client as a whole as [method@Ismb.Client.add_feature] does.
 */
void
ismb_disco_add_feature (IsmbDisco *self, const char *node, const char *feature)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && feature != NULL);
  if (node != NULL)
    ismb_disco_nodes_add_feature (self->nodes, node, feature);
  else if (get_client (self) != NULL)
    ismb_client_add_feature (get_client (self), feature);
}

/**
 * ismb_disco_remove_feature:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @feature: one that was added
 *
 * The client can do that no more.
 */
void
ismb_disco_remove_feature (IsmbDisco *self, const char *node, const char *feature)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && feature != NULL);
  if (node != NULL)
    ismb_disco_nodes_remove_feature (self->nodes, node, feature);
  else if (get_client (self) != NULL)
    ismb_client_remove_feature (get_client (self), feature);
}

/**
 * ismb_disco_add_form:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @form: a form of the kind `result` with a `FORM_TYPE`; it is copied
 *
 * Tells more of the client (XEP-0128). A form of that `FORM_TYPE` is replaced.
 */
void
ismb_disco_add_form (IsmbDisco *self, const char *node, IsmbForm *form)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && ISMB_IS_FORM (form));
  ismb_disco_nodes_add_form (self->nodes, node, form);
  changed (self, node, TRUE);
}

/**
 * ismb_disco_remove_form:
 * @self: the plugin
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @form_type: the `FORM_TYPE` of one that was added
 *
 * Tells that no more.
 */
void
ismb_disco_remove_form (IsmbDisco *self, const char *node, const char *form_type)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && form_type != NULL);
  changed (self, node, ismb_disco_nodes_remove_form (self->nodes, node, form_type));
}

/**
 * ismb_disco_add_item:
 * @self: the plugin
 * @node: (nullable): to which node; %NULL for the client as a whole
 * @jid: the item's address
 * @item_node: (nullable): the node of the address; %NULL for none
 * @name: (nullable): a name for people
 *
 * Says what belongs to the client. One of that address and node is replaced.
 */
void
ismb_disco_add_item (IsmbDisco *self, const char *node, IsmbJid *jid, const char *item_node,
                     const char *name)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && ISMB_IS_JID (jid));
  ismb_disco_nodes_add_item (self->nodes, node, jid, item_node, name);
}

/**
 * ismb_disco_remove_item:
 * @self: the plugin
 * @node: (nullable): from which node; %NULL for the client as a whole
 * @jid: the item's address
 * @item_node: (nullable): the node of the address; %NULL for none
 *
 * That belongs to the client no more.
 */
void
ismb_disco_remove_item (IsmbDisco *self, const char *node, IsmbJid *jid, const char *item_node)
{
  g_return_if_fail (ISMB_IS_DISCO (self) && ISMB_IS_JID (jid));
  ismb_disco_nodes_remove_item (self->nodes, node, jid, item_node);
}
