/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-blocking.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-attendance.h"
#include "ismb/listener/ismb-contacts.h"
#include "ismb/listener/ismb-parts.h"

struct _IsmbBlocking
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbBlocklists *lists;
  IsmbRosters *rosters;
  IsmbPresenceService *presence;
  guint64 pushes;       /* for their ids */
};

G_DEFINE_FINAL_TYPE (IsmbBlocking, ismb_blocking, G_TYPE_OBJECT)

static void
ismb_blocking_dispose (GObject *object)
{
  IsmbBlocking *self = ISMB_BLOCKING (object);

  g_clear_object (&self->presence);
  g_clear_object (&self->rosters);
  g_clear_object (&self->lists);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_blocking_parent_class)->dispose (object);
}

static void
ismb_blocking_class_init (IsmbBlockingClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_blocking_dispose;
}

static void
ismb_blocking_init (IsmbBlocking *self)
{
}

static void
add_items (IsmbTree *tree, IsmbNode *node, const char *const *addresses)
{
  for (; *addresses != NULL; addresses++)
    ismb_tree_set (tree, ismb_tree_add (tree, node, "item", ISMB_NS_BLOCKING), "jid", *addresses);
}

/* The account itself, and whoever speaks for it: they would lock themselves out. */
static gboolean
covers_own (IsmbBlocking *self, const char *account, const char *blocked)
{
  const char *domain = ismb_routes_get_domain (self->routes);
  g_autofree char *own = g_strdup_printf ("%s@%s", account, domain);
  gsize length = strlen (own);

  return ismb_blocklist_covers (blocked, own) || strcmp (blocked, domain) == 0
         || (strncmp (blocked, own, length) == 0 && blocked[length] == '/');
}

/* The prepared addresses of the items, NULL behind them, or NULL and the condition of the error
 * that they earn. */
static GPtrArray *
parse_items (const IsmbNode *payload, const char **condition)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);

  for (IsmbNode *item = ismb_node_find (payload, "item", ISMB_NS_BLOCKING); item != NULL;
       item = ismb_node_find_next (item, "item", ISMB_NS_BLOCKING))
    {
      const char *jid = ismb_node_get (item, "jid");
      g_autoptr (GString) out = g_string_new (NULL);
      IsmbAddressParts parts;

      *condition = jid == NULL ? "bad-request" : "jid-malformed";
      if (jid == NULL || !ismb_address_prepare (jid, strlen (jid), out, &parts, NULL))
        return NULL;
      g_ptr_array_add (addresses, g_string_free (g_steal_pointer (&out), FALSE));
    }
  g_ptr_array_add (addresses, NULL);
  return g_steal_pointer (&addresses);
}

static void
push_to (IsmbBlocking *self, const IsmbResource *resource, const char *deed,
         const char *const *addresses)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) frame = NULL;
  g_autofree char *id = g_strdup_printf ("block-%" G_GUINT64_FORMAT, ++self->pushes);
  IsmbNode *root = ismb_tree_root (tree);

  ismb_tree_set (tree, root, "to", resource->full);
  ismb_tree_set (tree, root, "type", "set");
  ismb_tree_set (tree, root, "id", id);
  add_items (tree, ismb_tree_add (tree, root, deed, ISMB_NS_BLOCKING), addresses);
  frame = ismb_frame_new_from_tree (tree);
  ismb_sink_deliver (resource->sink, frame);
}

/* To those that have asked for the list. */
static void
push (IsmbBlocking *self, const char *account, const char *deed, const char *const *addresses)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->knows_blocked)
        push_to (self, resource, deed, addresses);
    }
}

/* Presence */

/* Not to whom something else in the list still blocks. */
static void
send (IsmbBlocking *self, IsmbFrame *presence)
{
  if (ismb_routes_is_blocked (self->routes, presence->from, presence->to))
    return;
  if (ismb_parts_is_at (presence->to, ismb_routes_get_domain (self->routes)))
    ismb_presence_service_inbound (self->presence, presence);
  else
    ismb_routes_deliver (self->routes, presence);
}

/* Who sees the account's presence among those that `blocked` covers: bare addresses, or the one
 * resource. */
static GPtrArray *
list_onlookers (IsmbBlocking *self, const char *account, const char *blocked, guint mask)
{
  GPtrArray *contacts = ismb_contacts_list (self->rosters, account, mask, NULL);
  g_autofree char *bare = ismb_parts_dup_bare (blocked);

  for (guint i = contacts->len; i-- > 0;)
    {
      const char *contact = g_ptr_array_index (contacts, i);
      gboolean resource = ismb_parts_is_full (blocked) && strcmp (contact, bare) == 0;

      if (!resource && !ismb_blocklist_covers (blocked, contact))
        g_ptr_array_remove_index_fast (contacts, i);
      else if (resource)
        {
          g_ptr_array_remove_index_fast (contacts, i);
          g_ptr_array_add (contacts, g_strdup (blocked));
        }
    }
  return contacts;
}

static void
send_as (IsmbBlocking *self, const IsmbResource *resource, gboolean shown, const char *to)
{
  g_autoptr (IsmbFrame) presence
    = shown ? ismb_frame_readdress (resource->presence, resource->full, to)
            : ismb_attendance_make ("unavailable", resource->full, to);

  send (self, presence);
}

/* What the account is to those onlookers from now on: as it is, or gone. */
static void
show (IsmbBlocking *self, const char *account, const char *blocked, gboolean shown)
{
  g_autoptr (GPtrArray) onlookers
    = list_onlookers (self, account, blocked, ISMB_SUBSCRIPTION_FROM);
  g_autoptr (GPtrArray) resources = ismb_routes_list_resources (self->routes, account);

  for (guint i = 0; i < onlookers->len; i++)
    for (guint j = 0; j < resources->len; j++)
      {
        const IsmbResource *resource = g_ptr_array_index (resources, j);

        if (resource->available)
          send_as (self, resource, shown, g_ptr_array_index (onlookers, i));
      }
}

/* What they have become meanwhile. */
static void
ask_after (IsmbBlocking *self, const char *account, const char *blocked)
{
  g_autoptr (GPtrArray) contacts
    = list_onlookers (self, account, blocked, ISMB_SUBSCRIPTION_TO);
  g_autofree char *own
    = g_strdup_printf ("%s@%s", account, ismb_routes_get_domain (self->routes));

  for (guint i = 0; i < contacts->len; i++)
    {
      g_autofree char *contact = ismb_parts_dup_bare (g_ptr_array_index (contacts, i));
      g_autoptr (IsmbFrame) probe = ismb_attendance_make ("probe", own, contact);

      send (self, probe);
    }
}

/* A change could not be committed, and is not there any more. Who is blocked again hears nothing of
 * it: what it saw meanwhile it keeps. */
static void
on_restored (IsmbBlocking *self, const char *account, const char *address, gboolean blocked)
{
  const char *const addresses[] = { address, NULL };

  ismb_routes_renew_blocks (self->routes, account);
  push (self, account, blocked ? "block" : "unblock", addresses);
  if (blocked)
    return;
  show (self, account, address, TRUE);
  ask_after (self, account, address);
}

IsmbBlocking *
ismb_blocking_new (IsmbRoutes *routes, IsmbBlocklists *lists, IsmbRosters *rosters,
                   IsmbPresenceService *presence)
{
  IsmbBlocking *self = g_object_new (ISMB_TYPE_BLOCKING, NULL);

  self->routes = g_object_ref (routes);
  self->lists = g_object_ref (lists);
  self->rosters = g_object_ref (rosters);
  self->presence = g_object_ref (presence);
  g_signal_connect_object (lists, "restored", G_CALLBACK (on_restored), self, G_CONNECT_SWAPPED);
  return self;
}

const char *
ismb_blocking_list (IsmbBlocking *self, const IsmbQuestion *question, IsmbTree *reply)
{
  IsmbResource *asker = ismb_routes_lookup (self->routes, question->frame->from);
  IsmbNode *list = ismb_tree_add (reply, ismb_tree_root (reply), "blocklist", ISMB_NS_BLOCKING);
  g_auto (GStrv) addresses
    = ismb_blocklist_list (ismb_blocklists_lookup (self->lists, question->account));

  add_items (reply, list, (const char *const *) addresses);
  if (asker != NULL)
    asker->knows_blocked = TRUE;
  return NULL;
}

static const char *
check_block (IsmbBlocking *self, const char *account, const char *const *addresses)
{
  if (*addresses == NULL)
    return "bad-request";
  for (guint i = 0; addresses[i] != NULL; i++)
    if (covers_own (self, account, addresses[i]))
      return "not-allowed";
  return ismb_blocklists_has_room (self->lists, account, addresses) ? NULL : "resource-constraint";
}

/* Who is blocked sees us leave, so that is said before. */
static void
block (IsmbBlocking *self, const char *account, const char *const *addresses)
{
  for (guint i = 0; addresses[i] != NULL; i++)
    if (!ismb_blocklist_has (ismb_blocklists_lookup (self->lists, account), addresses[i]))
      {
        show (self, account, addresses[i], FALSE);
        ismb_blocklists_add (self->lists, account, addresses[i]);
      }
  ismb_routes_renew_blocks (self->routes, account);
}

const char *
ismb_blocking_block (IsmbBlocking *self, const IsmbQuestion *question)
{
  const char *condition = NULL;
  g_autoptr (GPtrArray) items = parse_items (question->payload, &condition);
  const char *const *addresses = items != NULL ? (const char *const *) items->pdata : NULL;

  if (items != NULL)
    condition = check_block (self, question->account, addresses);
  if (condition != NULL)
    return condition;
  block (self, question->account, addresses);
  push (self, question->account, "block", addresses);
  return NULL;
}

/* All that end before anybody is shown again: one address may have been blocked twice over. */
static void
unblock (IsmbBlocking *self, const char *account, const char *const *addresses)
{
  g_autoptr (GPtrArray) freed = g_ptr_array_new ();

  for (guint i = 0; addresses[i] != NULL; i++)
    if (ismb_blocklist_has (ismb_blocklists_lookup (self->lists, account), addresses[i]))
      {
        ismb_blocklists_remove (self->lists, account, addresses[i]);
        g_ptr_array_add (freed, (gpointer) addresses[i]);
      }
  ismb_routes_renew_blocks (self->routes, account);
  for (guint i = 0; i < freed->len; i++)
    {
      show (self, account, g_ptr_array_index (freed, i), TRUE);
      ask_after (self, account, g_ptr_array_index (freed, i));
    }
}

const char *
ismb_blocking_unblock (IsmbBlocking *self, const IsmbQuestion *question)
{
  const char *condition = NULL;
  g_autoptr (GPtrArray) items = parse_items (question->payload, &condition);
  g_auto (GStrv) all = NULL;

  if (items == NULL)
    return condition;
  if (items->len == 1)
    all = ismb_blocklist_list (ismb_blocklists_lookup (self->lists, question->account));
  unblock (self, question->account,
           all != NULL ? (const char *const *) all : (const char *const *) items->pdata);
  push (self, question->account, "unblock", (const char *const *) items->pdata);
  return NULL;
}

IsmbFrame *
ismb_blocking_make_refusal (const IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (frame->name, ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *error = ismb_tree_add (tree, root, "error", ISMB_NS_CLIENT);
  IsmbFrame *refusal;

  if (g_strcmp0 (frame->type, "error") == 0 || g_strcmp0 (frame->type, "result") == 0)
    return NULL;
  ismb_tree_set (tree, root, "from", frame->to);
  ismb_tree_set (tree, root, "to", frame->from);
  ismb_tree_set (tree, root, "id", frame->id);
  ismb_tree_set (tree, root, "type", "error");
  ismb_tree_set (tree, error, "type", "cancel");
  ismb_tree_add (tree, error, "not-acceptable", ISMB_NS_STANZAS);
  ismb_tree_add (tree, error, "blocked", ISMB_NS_BLOCKING_ERRORS);
  refusal = ismb_frame_new_from_tree (tree);
  ismb_frame_set_receipt (refusal, frame->receipt);
  return refusal;
}
