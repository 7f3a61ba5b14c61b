/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.presence"

#include "config.h"
#include "ismb/listener/ismb-presence-service.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-sightings.h"
#include "ismb/listener/ismb-subscriptions.h"

#define DIRECTED_MAX 1000    /* addresses a resource may show itself to beside its subscribers */
#define PENDING_IN_MAX 1000  /* requests that may wait for one account's answer */
#define MISSED_MAX 10000     /* domains that are told all anew once they are there */

#define SHARED (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM)
#define SHOWN (SHARED | ISMB_SUBSCRIPTION_PENDING_OUT)

struct _IsmbPresenceService
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbRosters *rosters;
  IsmbAccounts *accounts;
  IsmbSightings *sightings;
  GHashTable *directed;  /* IsmbResource to the set of addresses that have its directed presence */
  GHashTable *shared;    /* remote domain to how many contacts there share presence with available accounts */
  GHashTable *missed;    /* remote domains that presence may not have reached */
};

enum
{
  ROSTER_CHANGED,
  SHARED_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbPresenceService, ismb_presence_service, G_TYPE_OBJECT)

static void
ismb_presence_service_finalize (GObject *object)
{
  IsmbPresenceService *self = ISMB_PRESENCE_SERVICE (object);

  g_clear_pointer (&self->missed, g_hash_table_unref);
  g_clear_pointer (&self->shared, g_hash_table_unref);
  g_clear_pointer (&self->directed, g_hash_table_unref);
  g_clear_pointer (&self->sightings, ismb_sightings_free);
  g_clear_object (&self->accounts);
  g_clear_object (&self->rosters);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_presence_service_parent_class)->finalize (object);
}

static void
ismb_presence_service_class_init (IsmbPresenceServiceClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ismb_presence_service_finalize;
  signals[ROSTER_CHANGED] = g_signal_new ("roster-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  signals[SHARED_CHANGED] = g_signal_new ("shared", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
ismb_presence_service_init (IsmbPresenceService *self)
{
  self->sightings = ismb_sightings_new ();
  self->directed = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  self->shared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->missed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

IsmbPresenceService *
ismb_presence_service_new (IsmbRoutes *routes, IsmbRosters *rosters, IsmbAccounts *accounts)
{
  IsmbPresenceService *self = g_object_new (ISMB_TYPE_PRESENCE_SERVICE, NULL);

  self->routes = g_object_ref (routes);
  self->rosters = g_object_ref (rosters);
  self->accounts = g_object_ref (accounts);
  return self;
}

/* Addresses. All of them are prepared. */

static char *
dup_bare (const char *address)
{
  return g_strndup (address, strcspn (address, "/"));
}

static char *
dup_domain (const char *address)
{
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return g_strndup (address + ismb_address_domain_offset (&parts), parts.domain);
}

static gboolean
is_of_domain (const char *address, const char *domain)
{
  gsize length = strlen (domain);
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return parts.domain == length
         && memcmp (address + ismb_address_domain_offset (&parts), domain, length) == 0;
}

static gboolean
is_local (IsmbPresenceService *self, const char *address)
{
  return is_of_domain (address, ismb_routes_get_domain (self->routes));
}

static char *
dup_account_address (IsmbPresenceService *self, const char *account)
{
  return g_strconcat (account, "@", ismb_routes_get_domain (self->routes), NULL);
}

/* The account that an address of ours is of; NULL for the domain itself and for what is not ours. */
static const char *
account_of (IsmbPresenceService *self, const char *address, IsmbPart out)
{
  IsmbAddressParts parts;

  if (address == NULL || !is_local (self, address))
    return NULL;
  ismb_address_split (address, &parts);
  return parts.local > 0 ? ismb_routes_copy_part (out, address, parts.local) : NULL;
}

static IsmbSubscription
subscription_of (IsmbPresenceService *self, const char *account, const char *contact)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  return entry != NULL ? entry->subscription : 0;
}

/* The contacts of an account with any of the bits of `mask`, of one domain or (NULL) of all: copies, since
 * what is sent to a local contact may come back and change the roster. */
typedef struct
{
  GPtrArray *contacts;
  guint mask;
  const char *domain;
} Selection;

static void
select_entry (const IsmbRosterEntry *entry, gpointer data)
{
  Selection *selection = data;

  if ((entry->subscription & selection->mask) == 0)
    return;
  if (selection->domain == NULL || is_of_domain (entry->contact, selection->domain))
    g_ptr_array_add (selection->contacts, g_strdup (entry->contact));
}

static GPtrArray *
list_contacts (IsmbPresenceService *self, const char *account, guint mask, const char *domain)
{
  Selection selection = { g_ptr_array_new_with_free_func (g_free), mask, domain };

  ismb_rosters_foreach (self->rosters, account, select_entry, &selection);
  return selection.contacts;
}

/* Sending */

static IsmbFrame *
make_presence (const char *type, const char *from, const char *to)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("presence", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  if (from != NULL)
    ismb_tree_set (tree, root, "from", from);
  if (to != NULL)
    ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", type);
  return ismb_frame_new_from_tree (tree);
}

static void
note_missed (IsmbPresenceService *self, const char *address)
{
  if (g_hash_table_size (self->missed) < MISSED_MAX)
    g_hash_table_add (self->missed, dup_domain (address));
}

static gboolean
send (IsmbPresenceService *self, IsmbFrame *presence)
{
  if (is_local (self, presence->to))
    ismb_presence_service_inbound (self, presence);
  else if (!ismb_routes_deliver (self->routes, presence))
    {
      note_missed (self, presence->to);
      return FALSE;
    }
  return TRUE;
}

static void
send_as (IsmbPresenceService *self, const IsmbFrame *presence, const char *from, const char *to)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_readdress (presence, from, to);

  send (self, frame);
}

static void
send_new (IsmbPresenceService *self, const char *type, const char *from, const char *to)
{
  g_autoptr (IsmbFrame) frame = make_presence (type, from, to);

  send (self, frame);
}

typedef gboolean (*ResourceTest) (const IsmbResource *resource);

static gboolean
is_available (const IsmbResource *resource)
{
  return resource->available;
}

static gboolean
is_interested (const IsmbResource *resource)
{
  return resource->interested;
}

/* The same frame to all of an account's resources that pass; whether there was one. */
static gboolean
show (IsmbPresenceService *self, const char *account, ResourceTest test, IsmbFrame *presence)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);
  gboolean shown = FALSE;

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (!test (resource))
        continue;
      ismb_sink_deliver (resource->sink, presence);
      shown = TRUE;
    }
  return shown;
}

static gboolean
is_present (IsmbPresenceService *self, const char *account)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    if (is_available (g_ptr_array_index (resources, i)))
      return TRUE;
  return FALSE;
}

/* The presence of all resources of an account, to one address. */
static void
send_current (IsmbPresenceService *self, const char *account, const char *to)
{
  g_autoptr (GPtrArray) resources = ismb_routes_list_resources (self->routes, account);

  for (guint i = 0; i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available)
        send_as (self, resource->presence, resource->full, to);
    }
}

static void
send_unavailable (IsmbPresenceService *self, const char *account, const char *to)
{
  g_autoptr (GPtrArray) resources = ismb_routes_list_resources (self->routes, account);

  for (guint i = 0; i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available)
        send_new (self, "unavailable", resource->full, to);
    }
}

/* Shared presence, counted by contact, so that to ask is cheap. */

static void
count_shared (IsmbPresenceService *self, const char *contact, int change)
{
  g_autofree char *domain = NULL;
  guint before, after;

  if (is_local (self, contact))
    return;
  domain = dup_domain (contact);
  before = GPOINTER_TO_UINT (g_hash_table_lookup (self->shared, domain));
  after = before + change;
  if (after > 0)
    g_hash_table_replace (self->shared, g_strdup (domain), GUINT_TO_POINTER (after));
  else
    g_hash_table_remove (self->shared, domain);
  if ((before > 0) != (after > 0))
    g_signal_emit (self, signals[SHARED_CHANGED], 0, domain, after > 0);
}

static void
count_account (IsmbPresenceService *self, const char *account, int change)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, account, SHARED, NULL);

  for (guint i = 0; i < contacts->len; i++)
    count_shared (self, g_ptr_array_index (contacts, i), change);
}

/* A change of state, kept and told; FALSE where the roster is full. */

/* A request that waits, and nothing else, is no item of the roster: it leaves without a trace. */
static gboolean
is_only_pending (const IsmbRosterEntry *entry)
{
  return entry->subscription == ISMB_SUBSCRIPTION_PENDING_IN && entry->name == NULL && entry->groups == NULL;
}

static gboolean
store_state (IsmbPresenceService *self, const char *account, const char *contact, IsmbSubscription state)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  if (entry == NULL)
    return ismb_rosters_put (self->rosters, account, contact, NULL, NULL, state);
  if (state == 0 && is_only_pending (entry))
    return ismb_rosters_remove (self->rosters, account, contact);
  return ismb_rosters_set_subscription (self->rosters, account, contact, state);
}

static gboolean
change_state (IsmbPresenceService *self, const char *account, const char *contact, IsmbSubscription state)
{
  IsmbSubscription before = subscription_of (self, account, contact);

  if (before == state)
    return TRUE;
  if (!store_state (self, account, contact, state))
    return FALSE;
  if (((before & SHARED) != 0) != ((state & SHARED) != 0) && is_present (self, account))
    count_shared (self, contact, state & SHARED ? 1 : -1);
  if ((before ^ state) & SHOWN)
    g_signal_emit (self, signals[ROSTER_CHANGED], 0, account, contact);
  return TRUE;
}

/* Subscriptions */

/* RFC 6121, 3.1.2, 3.1.5, 3.2.2, 3.3.2. */
static void
send_subscription (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence,
                   IsmbSubscriptionVerb verb)
{
  g_autofree char *address = dup_bare (resource->full);
  g_autofree char *contact = dup_bare (presence->to);
  g_autoptr (IsmbFrame) stanza = ismb_frame_readdress (presence, address, contact);
  g_autoptr (IsmbFrame) bounce = NULL;
  IsmbSubscription before = subscription_of (self, resource->account, contact);
  IsmbSubscriptionStep step = ismb_subscription_sent (before, verb);
  const char *condition = NULL;

  if (g_str_equal (address, contact))
    return;
  if ((before & ~step.state) & ISMB_SUBSCRIPTION_FROM)
    send_unavailable (self, resource->account, contact);
  if (!change_state (self, resource->account, contact, step.state))
    condition = "resource-constraint";
  else if (step.passes && !send (self, stanza))
    condition = "remote-server-not-found";
  else if ((step.state & ~before) & ISMB_SUBSCRIPTION_FROM)
    send_current (self, resource->account, contact);

  bounce = condition != NULL ? ismb_frame_make_error (presence, condition, NULL) : NULL;
  if (bounce != NULL)
    ismb_sink_deliver (resource->sink, bounce);
}

static gboolean
has_room_for_request (IsmbPresenceService *self, const char *account)
{
  g_autoptr (GPtrArray) waiting = list_contacts (self, account, ISMB_SUBSCRIPTION_PENDING_IN, NULL);

  return waiting->len < PENDING_IN_MAX;
}

/* RFC 6121, 3.1.3, 3.1.6, 3.2.3, 3.3.3. */
static void
receive_subscription (IsmbPresenceService *self, const char *account, IsmbFrame *presence,
                      IsmbSubscriptionVerb verb)
{
  g_autofree char *address = dup_account_address (self, account);
  g_autofree char *contact = dup_bare (presence->from);
  g_autoptr (IsmbFrame) stanza = ismb_frame_readdress (presence, contact, address);
  IsmbSubscription before = subscription_of (self, account, contact);
  IsmbSubscriptionStep step = ismb_subscription_received (before, verb);
  gboolean request = verb == ISMB_SUBSCRIPTION_VERB_SUBSCRIBE;

  if (request && (before & ISMB_SUBSCRIPTION_FROM))
    send_new (self, "subscribed", address, contact);
  if (!step.passes || (request && !has_room_for_request (self, account)))
    return;
  if (!change_state (self, account, contact, step.state))
    return;
  show (self, account, request ? is_available : is_interested, stanza);
  if ((before & ~step.state) & ISMB_SUBSCRIPTION_FROM)
    send_unavailable (self, account, contact);
}

/* Probes (RFC 6121, 4.3.2). Who stands in no roster learns nothing, not even whether the account exists. */
static void
answer_probe (IsmbPresenceService *self, const char *account, const char *from)
{
  g_autofree char *address = dup_account_address (self, account);
  g_autofree char *contact = dup_bare (from);
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, contact);

  if (entry == NULL)
    return;
  if ((entry->subscription & ISMB_SUBSCRIPTION_FROM) == 0)
    send_new (self, "unsubscribed", address, contact);
  else if (is_present (self, account))
    send_current (self, account, from);
  else
    send_new (self, "unavailable", address, from);
}

/* Outbound */

static gint8
read_priority (const IsmbFrame *presence)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (presence);
  g_autofree char *text = ismb_node_dup_child_text (ismb_tree_root (tree), "priority", ISMB_NS_CLIENT);

  return text != NULL ? CLAMP (g_ascii_strtoll (text, NULL, 10), G_MININT8, G_MAXINT8) : 0;
}

/* To the subscribers, and to the account's own resources, its own self included (RFC 6121, 4.2.2). */
static void
broadcast (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, resource->account, ISMB_SUBSCRIPTION_FROM, NULL);
  g_autofree char *address = dup_bare (resource->full);
  g_autoptr (IsmbFrame) own = ismb_frame_readdress (presence, resource->full, address);

  for (guint i = 0; i < contacts->len; i++)
    send_as (self, presence, resource->full, g_ptr_array_index (contacts, i));
  show (self, resource->account, is_available, own);
}

static void
show_other_resources (IsmbPresenceService *self, IsmbResource *resource)
{
  g_autoptr (GPtrArray) others = ismb_routes_list_resources (self->routes, resource->account);

  for (guint i = 0; i < others->len; i++)
    {
      const IsmbResource *other = g_ptr_array_index (others, i);

      if (other != resource && other->available)
        send_as (self, other->presence, other->full, resource->full);
    }
}

/* A remote contact's server is asked; of a local one we know it ourselves, and silence says enough for
 * one that is not there. */
static void
probe (IsmbPresenceService *self, const char *address, const char *contact, const char *asker)
{
  IsmbPart part;
  const char *account = account_of (self, contact, part);

  if (account == NULL)
    send_new (self, "probe", address, contact);
  else if (!ismb_accounts_has (self->accounts, account))
    return;
  else if ((subscription_of (self, account, address) & ISMB_SUBSCRIPTION_FROM) == 0)
    answer_probe (self, account, address);
  else
    send_current (self, account, asker);
}

static void
probe_all (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, resource->account, ISMB_SUBSCRIPTION_TO, domain);
  g_autofree char *address = dup_bare (resource->full);

  for (guint i = 0; i < contacts->len; i++)
    probe (self, address, g_ptr_array_index (contacts, i), resource->full);
}

/* RFC 6121, 3.1.2: a request that was not answered yet may never have arrived. */
static void
repeat_requests (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) asked = list_contacts (self, resource->account, ISMB_SUBSCRIPTION_PENDING_OUT, domain);
  g_autofree char *address = dup_bare (resource->full);

  for (guint i = 0; i < asked->len; i++)
    send_new (self, "subscribe", address, g_ptr_array_index (asked, i));
}

static void
show_pending (IsmbPresenceService *self, IsmbResource *resource)
{
  g_autoptr (GPtrArray) asking = list_contacts (self, resource->account, ISMB_SUBSCRIPTION_PENDING_IN, NULL);
  g_autofree char *address = dup_bare (resource->full);

  for (guint i = 0; i < asking->len; i++)
    {
      g_autoptr (IsmbFrame) request = make_presence ("subscribe", g_ptr_array_index (asking, i), address);

      ismb_sink_deliver (resource->sink, request);
    }
}

static void
set_presence (IsmbResource *resource, IsmbFrame *presence)
{
  g_clear_pointer (&resource->presence, ismb_frame_unref);
  resource->available = presence != NULL;
  resource->presence = presence != NULL ? ismb_frame_ref (presence) : NULL;
  resource->priority = presence != NULL ? read_priority (presence) : 0;
}

static void
become_available (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  gboolean initial = !resource->available;
  gboolean first = initial && !is_present (self, resource->account);

  set_presence (resource, presence);
  if (first)
    count_account (self, resource->account, 1);
  broadcast (self, resource, presence);
  if (!initial)
    return;
  show_other_resources (self, resource);
  probe_all (self, resource, NULL);
  show_pending (self, resource);
  repeat_requests (self, resource, NULL);
}

static gboolean
sees_broadcasts (IsmbPresenceService *self, const char *account, const char *address)
{
  g_autofree char *contact = dup_bare (address);

  return (subscription_of (self, account, contact) & ISMB_SUBSCRIPTION_FROM) != 0;
}

/* RFC 6121, 4.6.3: those who saw directed presence, and will not learn of the end by subscription. */
static void
withdraw_directed (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  g_autoptr (GHashTable) addresses = NULL;
  GHashTableIter iter;
  gpointer address;

  if (!g_hash_table_steal_extended (self->directed, resource, NULL, (gpointer *) &addresses))
    return;
  g_hash_table_iter_init (&iter, addresses);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    if (!resource->available || !sees_broadcasts (self, resource->account, address))
      send_as (self, presence, resource->full, address);
}

static void
become_unavailable (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  withdraw_directed (self, resource, presence);
  if (!resource->available)
    return;
  broadcast (self, resource, presence);
  set_presence (resource, NULL);
  if (!is_present (self, resource->account))
    count_account (self, resource->account, -1);
}

/* FALSE: shown to so many already that the end could not be told to all of them. */
static gboolean
remember_directed (IsmbPresenceService *self, IsmbResource *resource, const char *to)
{
  GHashTable *addresses = g_hash_table_lookup (self->directed, resource);

  if (addresses == NULL)
    {
      addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->directed, resource, addresses);
    }
  if (g_hash_table_contains (addresses, to))
    return TRUE;
  if (g_hash_table_size (addresses) >= DIRECTED_MAX)
    return FALSE;
  g_hash_table_add (addresses, g_strdup (to));
  return TRUE;
}

static void
forget_directed (IsmbPresenceService *self, IsmbResource *resource, const char *to)
{
  GHashTable *addresses = g_hash_table_lookup (self->directed, resource);

  if (addresses != NULL)
    g_hash_table_remove (addresses, to);
}

static void
send_directed (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  if (presence->type == NULL && !remember_directed (self, resource, presence->to))
    {
      g_debug ("%s shows itself to more than %d addresses; %s does not see it", resource->full,
               DIRECTED_MAX, presence->to);
      return;
    }
  if (g_strcmp0 (presence->type, "unavailable") == 0)
    forget_directed (self, resource, presence->to);
  else if (presence->type != NULL && !g_str_equal (presence->type, "error"))
    return; /* a probe is ours to send (RFC 6121, 4.3), and other types there are none */
  send_as (self, presence, resource->full, presence->to);
}

void
ismb_presence_service_outbound (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  IsmbSubscriptionVerb verb = ismb_subscription_verb (presence->type);

  if (presence->to == NULL && presence->type == NULL)
    become_available (self, resource, presence);
  else if (presence->to == NULL && g_strcmp0 (presence->type, "unavailable") == 0)
    become_unavailable (self, resource, presence);
  else if (presence->to != NULL && verb != ISMB_SUBSCRIPTION_VERB_NONE)
    send_subscription (self, resource, presence, verb);
  else if (presence->to != NULL)
    send_directed (self, resource, presence);
}

/* Inbound */

/* To a full address: its resource, available or not (RFC 6121, 8.5.3.1); to a bare one: all that are
 * available. */
static gboolean
show_to (IsmbPresenceService *self, const char *account, IsmbFrame *presence)
{
  if (strchr (presence->to, '/') != NULL)
    return ismb_routes_deliver (self->routes, presence);
  return show (self, account, is_available, presence);
}

static void
receive_presence (IsmbPresenceService *self, const char *account, IsmbFrame *presence)
{
  gboolean shown = show_to (self, account, presence);

  if (is_local (self, presence->from))
    return;
  if (g_strcmp0 (presence->type, "error") == 0)
    note_missed (self, presence->from);
  else if (strchr (presence->from, '/') == NULL)
    return;
  else if (presence->type != NULL)
    ismb_sightings_remove (self->sightings, presence->from, account);
  else if (shown)
    ismb_sightings_add (self->sightings, presence->from, account);
}

void
ismb_presence_service_inbound (IsmbPresenceService *self, IsmbFrame *presence)
{
  IsmbSubscriptionVerb verb = ismb_subscription_verb (presence->type);
  IsmbPart part;
  const char *account = account_of (self, presence->to, part);

  if (account == NULL || presence->from == NULL || !ismb_accounts_has (self->accounts, account))
    return;
  if (verb != ISMB_SUBSCRIPTION_VERB_NONE)
    receive_subscription (self, account, presence, verb);
  else if (g_strcmp0 (presence->type, "probe") == 0)
    answer_probe (self, account, presence->from);
  else if (presence->type == NULL || g_str_equal (presence->type, "unavailable")
           || g_str_equal (presence->type, "error"))
    receive_presence (self, account, presence);
}

/* Sessions, domains, rosters that come and go */

void
ismb_presence_service_gone (IsmbPresenceService *self, IsmbResource *resource)
{
  g_autoptr (IsmbFrame) unavailable = make_presence ("unavailable", resource->full, NULL);

  become_unavailable (self, resource, unavailable);
}

static void
take_back (const char *full, const char *account, gpointer data)
{
  IsmbPresenceService *self = data;
  g_autofree char *address = dup_account_address (self, account);
  g_autoptr (IsmbFrame) unavailable = make_presence ("unavailable", full, address);

  show (self, account, is_available, unavailable);
}

void
ismb_presence_service_domain_lost (IsmbPresenceService *self, const char *domain)
{
  note_missed (self, domain);
  ismb_sightings_forget (self->sightings, domain, take_back, self);
}

static void
announce_to (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, resource->account, ISMB_SUBSCRIPTION_FROM, domain);

  for (guint i = 0; i < contacts->len; i++)
    send_as (self, resource->presence, resource->full, g_ptr_array_index (contacts, i));
}

/* Where nothing was missed, all has been said: it waited in the link's queue. */
void
ismb_presence_service_domain_up (IsmbPresenceService *self, const char *domain)
{
  g_autoptr (GPtrArray) resources = NULL;
  g_autoptr (GHashTable) seen = NULL;

  if (!g_hash_table_remove (self->missed, domain))
    return;
  resources = ismb_routes_list_resources (self->routes, NULL);
  seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < resources->len; i++)
    {
      IsmbResource *resource = g_ptr_array_index (resources, i);

      if (!resource->available)
        continue;
      announce_to (self, resource, domain);
      if (!g_hash_table_add (seen, resource->account))
        continue; /* what the account asks is answered to all its resources */
      probe_all (self, resource, domain);
      repeat_requests (self, resource, domain);
    }
}

gboolean
ismb_presence_service_shares (IsmbPresenceService *self, const char *domain)
{
  return g_hash_table_contains (self->shared, domain);
}

void
ismb_presence_service_roster_removed (IsmbPresenceService *self, const char *account, const char *contact)
{
  g_autofree char *address = dup_account_address (self, account);
  IsmbSubscription state = subscription_of (self, account, contact);

  if (state & (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_PENDING_OUT))
    send_new (self, "unsubscribe", address, contact);
  if (state & ISMB_SUBSCRIPTION_FROM)
    send_unavailable (self, account, contact);
  if (state & (ISMB_SUBSCRIPTION_FROM | ISMB_SUBSCRIPTION_PENDING_IN))
    send_new (self, "unsubscribed", address, contact);
  if ((state & SHARED) && is_present (self, account))
    count_shared (self, contact, -1);
}

void
ismb_presence_service_account_removed (IsmbPresenceService *self, const char *account)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, account, ~0u, NULL);

  for (guint i = 0; i < contacts->len; i++)
    ismb_presence_service_roster_removed (self, account, g_ptr_array_index (contacts, i));
}
