/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-content-events.h"

#include <string.h>

#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-presence.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-stanza-private.h"

#define ITEMS_BYTES_MAX (4 * 1024 * 1024) /* of the messages that one becomes */
#define MESSAGE_WEIGHT 1024 /* bytes, of one that says nothing */

#define NS_AMP "http://jabber.org/protocol/amp"
#define NS_AMP_ERRORS "http://jabber.org/protocol/amp#errors"
#define NS_ATTENTION "urn:xmpp:attention:0"
#define NS_BOB "urn:xmpp:bob"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_CORRECT "urn:xmpp:message-correct:0"
#define NS_ENCRYPTED "jabber:x:encrypted"
#define NS_FORWARD "urn:xmpp:forward:0"
#define NS_HTTP "urn:xmpp:http"
#define NS_IDLE "urn:xmpp:idle:1"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_PUBSUB_EVENT "http://jabber.org/protocol/pubsub#event"
#define NS_RPC "jabber:iq:rpc"
#define NS_SIGNED "jabber:x:signed"
#define NS_VCARD_UPDATE "vcard-temp:x:update"

struct _IsmbContentEvents
{
  GHashTable *nodes; /* node to name */
};

/* A look through one stanza. */
typedef struct
{
  const IsmbContentEvents *self;
  IsmbStanza *stanza;
  IsmbJid *own;
  guint32 told; /* the rows of the table that had their turn: a bit each */
  GPtrArray *found;
} Search;

/* What becomes of an element of that kind; it says which event that is, or none. */
typedef const char *(*Chooser) (Search *search, IsmbNode *element);

static void
event_free (gpointer data)
{
  IsmbContentEvent *event = data;

  g_free (event->event);
  g_object_unref (event->stanza);
  g_free (event);
}

static void
add (Search *search, char *name, IsmbStanza *stanza)
{
  IsmbContentEvent *event = g_new (IsmbContentEvent, 1);

  event->event = name;
  event->stanza = g_object_ref (stanza);
  if (search->found == NULL)
    search->found = g_ptr_array_new_with_free_func (event_free);
  g_ptr_array_add (search->found, event);
}

static gboolean
has_type (Search *search, const char *type)
{
  return g_str_equal (ismb_stanza_get_stanza_type (search->stanza), type);
}

/* XEP-0280: anybody may write such a message, but the copies of our own account come from it
 * alone. */
static gboolean
is_from_account (Search *search)
{
  IsmbJid *from = ismb_stanza_get_from_jid (search->stanza);

  return from != NULL && search->own != NULL
         && g_str_equal (ismb_jid_get_full (from), ismb_jid_get_bare (search->own));
}

/* XEP-0085: told twice, with the state in the name and without. */
static const char *
choose_chat_state (Search *search, IsmbNode *state)
{
  add (search, g_strdup ("chatstate"), search->stanza);
  add (search, g_strconcat ("chatstate_", ismb_node_name (state), NULL), search->stanza);
  return NULL;
}

static const char *
choose_receipt (Search *search, IsmbNode *received)
{
  return has_type (search, "error") ? NULL : "receipt_received";
}

/* XEP-0115: who is there; our own presence comes back to us. */
static const char *
choose_caps (Search *search, IsmbNode *caps)
{
  IsmbJid *from = ismb_stanza_get_from_jid (search->stanza);
  const IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (search->stanza));

  if (from == NULL || ismb_node_get (root, "type") != NULL
      || (search->own != NULL && ismb_jid_equal (from, search->own)))
    return NULL;
  return ismb_node_get (caps, "hash") != NULL ? "entity_caps" : "entity_caps_legacy";
}

static const char *
choose_carbon_received (Search *search, IsmbNode *received)
{
  return is_from_account (search) ? "carbon_received" : NULL;
}

static const char *
choose_carbon_sent (Search *search, IsmbNode *sent)
{
  return is_from_account (search) ? "carbon_sent" : NULL;
}

static const char *
choose_amp (Search *search, IsmbNode *amp)
{
  const char *status = ismb_node_get (amp, "status");

  if (has_type (search, "error"))
    return "amp_error";
  if (g_strcmp0 (status, "alert") == 0)
    return "amp_alert";
  return g_strcmp0 (status, "notify") == 0 ? "amp_notify" : NULL;
}

/* The photo of somebody in a room is not that of an account (XEP-0153). */
static const char *
choose_avatar (Search *search, IsmbNode *update)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (search->stanza));

  return ismb_node_find (update, "photo", NS_VCARD_UPDATE) != NULL
                 && ismb_node_find (root, "x", NS_MUC_USER) == NULL
             ? "vcard_avatar_update"
             : NULL;
}

static const char *
choose_bob (Search *search, IsmbNode *data)
{
  return ISMB_IS_IQ (search->stanza) && !has_type (search, "result") ? NULL : "bob";
}

static const char *
choose_http_request (Search *search, IsmbNode *request)
{
  return has_type (search, "set") ? "http_request" : NULL;
}

static const char *
choose_http_response (Search *search, IsmbNode *response)
{
  return has_type (search, "result") ? "http_response" : NULL;
}

static const char *
choose_rpc (Search *search, IsmbNode *query)
{
  IsmbNode *response = ismb_node_find (query, "methodResponse", NS_RPC);

  if (has_type (search, "error"))
    return "jabber_rpc_error";
  if (has_type (search, "set") && ismb_node_find (query, "methodCall", NS_RPC) != NULL)
    return "jabber_rpc_method_call";
  if (!has_type (search, "result") || response == NULL)
    return NULL;
  return ismb_node_find (response, "fault", NS_RPC) != NULL ? "jabber_rpc_method_fault"
                                                            : "jabber_rpc_method_response";
}

/* XEP-0060 */

/* `pubsub_publish`, and `user_tune_publish` where the node has a name. */
static void
tell_pubsub (Search *search, const char *node, const char *deed, IsmbStanza *stanza)
{
  const char *name = node != NULL ? g_hash_table_lookup (search->self->nodes, node) : NULL;

  add (search, g_strconcat ("pubsub_", deed, NULL), stanza);
  if (name != NULL)
    add (search, g_strconcat (name, "_", deed, NULL), stanza);
}

static void
copy_attribute (const char *name, const char *value, gpointer tree)
{
  ismb_tree_set (tree, ismb_tree_root (tree), name, value);
}

/* With this item alone, and when it was sent: the rest may be large, and there may be many items. */
static IsmbStanza *
make_message_of (Search *search, const IsmbNode *items, const IsmbNode *item)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (search->stanza));
  const IsmbNode *delay = ismb_node_find (root, "delay", ISMB_NS_DELAY);
  IsmbTree *tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *event = ismb_tree_add (tree, ismb_tree_root (tree), "event", NS_PUBSUB_EVENT);
  IsmbNode *list = ismb_tree_add (tree, event, "items", NS_PUBSUB_EVENT);

  ismb_node_foreach_attribute (root, copy_attribute, tree);
  ismb_tree_set (tree, list, "node", ismb_node_get (items, "node"));
  ismb_tree_add_copy (tree, list, item);
  if (delay != NULL)
    ismb_tree_add_copy (tree, ismb_tree_root (tree), delay);
  return _ismb_stanza_new_from_tree (tree, NULL);
}

static void
add_length (const char *name, const char *value, gpointer sum)
{
  *(gsize *) sum += strlen (name) + strlen (value);
}

/* Bytes that each of them has besides its item. */
static gsize
weigh_message (Search *search, const IsmbNode *items)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (search->stanza));
  const IsmbNode *delay = ismb_node_find (root, "delay", ISMB_NS_DELAY);
  g_autoptr (GString) text = g_string_new (NULL);
  gsize sum = MESSAGE_WEIGHT;

  ismb_node_foreach_attribute (root, add_length, &sum);
  ismb_node_foreach_attribute (items, add_length, &sum);
  if (delay != NULL)
    ismb_node_write (delay, ISMB_NS_CLIENT, text);
  return sum + text->len;
}

/* Whether there are several, and not so many that a stranger's one message would become a flood:
 * then it stays whole, and whoever wants them finds them in it. */
static gboolean
are_told_alone (Search *search, IsmbNode *items)
{
  IsmbNode *item = ismb_node_find (items, NULL, NULL);
  gsize count = 0;

  for (; item != NULL; item = ismb_node_find_next (item, NULL, NULL))
    count++;
  return count > 1 && count <= ITEMS_BYTES_MAX / weigh_message (search, items);
}

static void
tell_items (Search *search, IsmbNode *items)
{
  IsmbNode *item = ismb_node_find (items, NULL, NULL);
  gboolean alone = are_told_alone (search, items);

  for (; item != NULL; item = alone ? ismb_node_find_next (item, NULL, NULL) : NULL)
    {
      g_autoptr (IsmbStanza) message = alone ? make_message_of (search, items, item)
                                             : g_object_ref (search->stanza);
      gboolean retract = ismb_node_is (item, "retract", NULL);

      if (message != NULL)
        tell_pubsub (search, ismb_node_get (items, "node"), retract ? "retract" : "publish",
                     message);
    }
}

static const char *
choose_pubsub (Search *search, IsmbNode *event)
{
  static const char *const deeds[][2] = { { "purge", "purge" },
                                          { "delete", "delete" },
                                          { "configuration", "config" },
                                          { "subscription", "subscription" } };
  IsmbNode *element = ismb_node_find (event, "items", NS_PUBSUB_EVENT);

  if (element != NULL)
    tell_items (search, element);
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    {
      element = ismb_node_find (event, deeds[i][0], NS_PUBSUB_EVENT);
      if (element != NULL)
        tell_pubsub (search, ismb_node_get (element, "node"), deeds[i][1], search->stanza);
    }
  return NULL;
}

/* The table. Google's own events are not in it: nobody runs that service any more. Commands
 * and blocks are told by the plugins that answer them. */

enum
{
  IN_MESSAGE = 1 << 0,
  IN_PRESENCE = 1 << 1,
  IN_IQ = 1 << 2,
};

static const struct
{
  guint kinds;
  const char *ns;
  const char *name;
  const char *event; /* or who says which */
  Chooser choose;
} rows[] = {
  { IN_MESSAGE, ISMB_NS_DATA, "x", "message_xform", NULL },
  { IN_MESSAGE, NS_AMP, "amp", NULL, choose_amp },
  { IN_MESSAGE, NS_ATTENTION, "attention", "attention", NULL },
  { IN_MESSAGE | IN_PRESENCE | IN_IQ, NS_BOB, "data", NULL, choose_bob },
  { IN_MESSAGE, NS_CARBONS, "received", NULL, choose_carbon_received },
  { IN_MESSAGE, NS_CARBONS, "sent", NULL, choose_carbon_sent },
  { IN_MESSAGE, ISMB_NS_CHAT_STATES, "active", NULL, choose_chat_state },
  { IN_MESSAGE, ISMB_NS_CHAT_STATES, "composing", NULL, choose_chat_state },
  { IN_MESSAGE, ISMB_NS_CHAT_STATES, "paused", NULL, choose_chat_state },
  { IN_MESSAGE, ISMB_NS_CHAT_STATES, "inactive", NULL, choose_chat_state },
  { IN_MESSAGE, ISMB_NS_CHAT_STATES, "gone", NULL, choose_chat_state },
  { IN_MESSAGE, NS_CORRECT, "replace", "message_correction", NULL },
  { IN_MESSAGE, NS_ENCRYPTED, "x", "encrypted_message", NULL },
  { IN_MESSAGE, NS_FORWARD, "forwarded", "forwarded_stanza", NULL },
  { IN_MESSAGE, NS_PUBSUB_EVENT, "event", NULL, choose_pubsub },
  { IN_MESSAGE, ISMB_NS_RECEIPTS, "received", NULL, choose_receipt },
  { IN_PRESENCE, ISMB_NS_CAPS, "c", NULL, choose_caps },
  /* Whether the signature holds, who knows the keys must say: nobody here tells signed_presence. */
  { IN_PRESENCE, NS_SIGNED, "x", "unverified_signed_presence", NULL },
  { IN_PRESENCE, NS_VCARD_UPDATE, "x", NULL, choose_avatar },
  { IN_PRESENCE, NS_IDLE, "idle", "presence_idle", NULL },
  { IN_IQ, NS_HTTP, "req", NULL, choose_http_request },
  { IN_IQ, NS_HTTP, "resp", NULL, choose_http_response },
  { IN_IQ, NS_RPC, "query", NULL, choose_rpc },
};
G_STATIC_ASSERT (G_N_ELEMENTS (rows) <= 32); /* Search.told */

/* Of a namespace, the first row and how many there are; they stand together. */
typedef struct
{
  guint first, count;
} Range;

static GHashTable *
make_index (void)
{
  GHashTable *index = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Range *range = g_hash_table_lookup (index, rows[i].ns);

      if (range == NULL)
        {
          range = g_new0 (Range, 1);
          range->first = i;
          g_hash_table_insert (index, (gpointer) rows[i].ns, range);
        }
      range->count++;
      g_assert (range->first + range->count == i + 1);
    }
  return index;
}

static const Range *
find_range (const char *ns)
{
  static GHashTable *index;

  if (g_once_init_enter (&index))
    g_once_init_leave (&index, make_index ());
  return g_hash_table_lookup (index, ns);
}

static void
look_at (Search *search, guint kind, IsmbNode *element)
{
  const Range *range = find_range (ismb_node_ns (element));
  const char *event;

  for (guint i = 0; range != NULL && i < range->count; i++)
    {
      guint row = range->first + i;

      if ((rows[row].kinds & kind) == 0 || (search->told & (1u << row)) != 0
          || !ismb_node_is (element, rows[row].name, NULL))
        continue;
      search->told |= 1u << row;
      event = rows[row].choose != NULL ? rows[row].choose (search, element) : rows[row].event;
      if (event != NULL)
        add (search, g_strdup (event), search->stanza);
    }
}

/* XEP-0079: which rule failed may stand in the error alone. */
static void
look_at_error (Search *search, IsmbNode *root)
{
  IsmbNode *error = ismb_node_find (root, "error", ISMB_NS_CLIENT);

  if (error != NULL && ismb_node_find (root, "amp", NS_AMP) == NULL
      && ismb_node_find (error, "failed-rules", NS_AMP_ERRORS) != NULL)
    add (search, g_strdup ("amp_error"), search->stanza);
}

static guint
kind_of (IsmbStanza *stanza)
{
  if (ISMB_IS_MESSAGE (stanza))
    return IN_MESSAGE;
  return ISMB_IS_PRESENCE (stanza) ? IN_PRESENCE : IN_IQ;
}

/* The usual children are in the stanza's own namespace, and share its string. */
GPtrArray *
ismb_content_events_find (const IsmbContentEvents *self, IsmbStanza *stanza, IsmbJid *own)
{
  Search search = { self, stanza, own, 0, NULL };
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (stanza));
  guint kind = kind_of (stanza);

  for (IsmbNode *child = ismb_node_find (root, NULL, NULL); child != NULL;
       child = ismb_node_find_next (child, NULL, NULL))
    if (ismb_node_ns (child) != ismb_node_ns (root))
      look_at (&search, kind, child);
  if (kind == IN_MESSAGE && ismb_stanza_is_error (stanza))
    look_at_error (&search, root);
  return search.found;
}

/* What SleekXMPP's plugins for personal events name. */
static void
map_known_nodes (IsmbContentEvents *self)
{
  static const char *const known[][2] = {
    { "storage:bookmarks", "bookmarks" },
    { "http://jabber.org/protocol/geoloc", "user_location" },
    { "urn:xmpp:avatar:metadata", "avatar_metadata" },
    { "urn:xmpp:avatar:data", "avatar_data" },
    { "http://jabber.org/protocol/mood", "user_mood" },
    { "http://jabber.org/protocol/activity", "user_activity" },
    { "http://jabber.org/protocol/tune", "user_tune" },
    { "urn:xmpp:reach:0", "reachability" },
    { "http://jabber.org/protocol/nick", "user_nick" },
    { "urn:xmpp:gaming:0", "user_gaming" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    ismb_content_events_map_node (self, known[i][0], known[i][1]);
}

IsmbContentEvents *
ismb_content_events_new (void)
{
  IsmbContentEvents *self = g_new0 (IsmbContentEvents, 1);

  self->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  map_known_nodes (self);
  return self;
}

void
ismb_content_events_free (IsmbContentEvents *self)
{
  g_hash_table_unref (self->nodes);
  g_free (self);
}

void
ismb_content_events_map_node (IsmbContentEvents *self, const char *node, const char *name)
{
  if (name != NULL)
    g_hash_table_insert (self->nodes, g_strdup (node), g_strdup (name));
  else
    g_hash_table_remove (self->nodes, node);
}
