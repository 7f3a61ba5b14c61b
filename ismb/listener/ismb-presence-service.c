/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.presence"

#include "config.h"
#include "ismb/listener/ismb-presence-service.h"

#include "ismb/core/ismb-address.h"
#include "ismb/listener/ismb-attendance.h"
#include "ismb/listener/ismb-audience.h"
#include "ismb/listener/ismb-contacts.h"
#include "ismb/listener/ismb-courier.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-saying.h"
#include "ismb/listener/ismb-sightings.h"
#include "ismb/listener/ismb-subscriptions.h"

#define PENDING_IN_MAX 1000 /* requests that may wait for one account's answer */

#define SHARED (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM)
#define SHOWN (SHARED | ISMB_SUBSCRIPTION_PENDING_OUT | ISMB_SUBSCRIPTION_APPROVED)

struct _IsmbPresenceService
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbRosters *rosters;
  IsmbAccounts *accounts;
  IsmbSightings *sightings;
  IsmbAudience *audience;
  IsmbCourier *courier;
};

enum
{
  ROSTER_CHANGED,
  SHARED_CHANGED,
  DEPARTED,
  AVAILABLE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbPresenceService, ismb_presence_service, G_TYPE_OBJECT)

static void
ismb_presence_service_finalize (GObject *object)
{
  IsmbPresenceService *self = ISMB_PRESENCE_SERVICE (object);

  g_clear_pointer (&self->courier, ismb_courier_free);
  g_clear_pointer (&self->audience, ismb_audience_free);
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
  signals[ROSTER_CHANGED] = g_signal_new ("roster-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  signals[SHARED_CHANGED] = g_signal_new ("shared", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[DEPARTED] = g_signal_new ("departed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_POINTER);
  signals[AVAILABLE] = g_signal_new ("available", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
ismb_presence_service_init (IsmbPresenceService *self)
{
  self->sightings = ismb_sightings_new ();
  self->audience = ismb_audience_new ();
}

static void
take_local (IsmbFrame *presence, gpointer owner)
{
  ismb_presence_service_inbound (owner, presence);
}

IsmbPresenceService *
ismb_presence_service_new (IsmbRoutes *routes, IsmbRosters *rosters, IsmbAccounts *accounts)
{
  IsmbPresenceService *self = g_object_new (ISMB_TYPE_PRESENCE_SERVICE, NULL);

  self->routes = g_object_ref (routes);
  self->rosters = g_object_ref (rosters);
  self->accounts = g_object_ref (accounts);
  self->courier = ismb_courier_new (routes, self->audience, take_local, self);
  return self;
}

/* Addresses. All of them are prepared. */

static gboolean
is_local (IsmbPresenceService *self, const char *address)
{
  return ismb_parts_is_at (address, ismb_routes_get_domain (self->routes));
}

static char *
dup_account_address (IsmbPresenceService *self, const char *account)
{
  return g_strconcat (account, "@", ismb_routes_get_domain (self->routes), NULL);
}

/* The account that an address is of; NULL for our domain itself and for others'. */
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
state_of (IsmbPresenceService *self, const char *account, const char *contact)
{
  return ismb_contacts_get_state (self->rosters, account, contact);
}

static GPtrArray *
list_contacts (IsmbPresenceService *self, const char *account, guint mask, const char *domain)
{
  return ismb_contacts_list (self->rosters, account, mask, domain);
}

/* To one of our own who said it; an error is never answered. */
static void
refuse (IsmbResource *resource, const IsmbFrame *presence, const char *condition)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (presence, condition, NULL);

  if (error != NULL)
    ismb_sink_deliver (resource->sink, error);
}

/* Shared presence is counted by contact, so that to ask is cheap. */

static void
count_shared (IsmbPresenceService *self, const char *contact, int change)
{
  g_autofree char *domain = ismb_parts_dup_domain (contact);

  if (!is_local (self, contact) && ismb_audience_count (self->audience, domain, change))
    g_signal_emit (self, signals[SHARED_CHANGED], 0, domain, change > 0);
}

static void
count_account (IsmbPresenceService *self, const char *account, int change)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, account, SHARED, NULL);

  for (guint i = 0; i < contacts->len; i++)
    count_shared (self, g_ptr_array_index (contacts, i), change);
}

static void
recount (IsmbPresenceService *self, const char *account, const char *contact, guint before,
         guint state)
{
  if (((before & SHARED) != 0) != ((state & SHARED) != 0) &&
      ismb_attendance_is_present (self->routes, account))
    count_shared (self, contact, state & SHARED ? 1 : -1);
}

/* Keeps and tells it; FALSE where the roster is full. */
static gboolean
change_state (IsmbPresenceService *self, const char *account, const char *contact,
              IsmbSubscription state)
{
  IsmbSubscription before = state_of (self, account, contact);

  if (before == state)
    return TRUE;
  if (!ismb_contacts_set_state (self->rosters, account, contact, state))
    return FALSE;
  recount (self, account, contact, before, state);
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
  g_autofree char *address = ismb_parts_dup_bare (resource->full);
  g_autofree char *contact = ismb_parts_dup_bare (presence->to);
  g_autoptr (IsmbFrame) stanza = ismb_frame_readdress (presence, address, contact);
  IsmbSubscription before = state_of (self, resource->account, contact);
  IsmbSubscriptionStep step = ismb_subscription_sent (before, verb);

  if (g_str_equal (address, contact))
    return;
  if ((before & ~step.state) & ISMB_SUBSCRIPTION_FROM)
    ismb_courier_send_current (self->courier, resource->account, contact, TRUE);
  if (!change_state (self, resource->account, contact, step.state))
    refuse (resource, presence, "resource-constraint");
  else if (step.passes && !ismb_courier_send (self->courier, stanza))
    refuse (resource, presence, "remote-server-not-found");
  else if ((step.state & ~before) & ISMB_SUBSCRIPTION_FROM)
    ismb_courier_send_current (self->courier, resource->account, contact, FALSE);
}

static gboolean
has_room_for_request (IsmbPresenceService *self, const char *account)
{
  g_autoptr (GPtrArray) waiting = list_contacts (self, account, ISMB_SUBSCRIPTION_PENDING_IN, NULL);

  return waiting->len < PENDING_IN_MAX;
}

/* RFC 6121, 3.1.3: nobody needs to be asked, or was asked and has forgotten it. */
static void
approve (IsmbPresenceService *self, const char *account, const char *contact)
{
  g_autofree char *address = dup_account_address (self, account);

  ismb_courier_send_new (self->courier, "subscribed", address, contact);
  ismb_courier_send_current (self->courier, account, contact, FALSE);
}

/* RFC 6121, 3.1.3, 3.1.6, 3.2.3, 3.3.3. A request for which there is no room is dropped without a
 * word, as one to nobody is: it comes again when the asker is next available. */
static void
receive_subscription (IsmbPresenceService *self, const char *account, IsmbFrame *presence,
                      IsmbSubscriptionVerb verb)
{
  g_autofree char *address = dup_account_address (self, account);
  g_autofree char *contact = ismb_parts_dup_bare (presence->from);
  g_autoptr (IsmbFrame) stanza = ismb_frame_readdress (presence, contact, address);
  IsmbSubscription before = state_of (self, account, contact);
  IsmbSubscriptionStep step = ismb_subscription_received (before, verb);
  gboolean request = verb == ISMB_SUBSCRIPTION_VERB_SUBSCRIBE;

  if (step.passes && request && !has_room_for_request (self, account))
    return;
  if (!change_state (self, account, contact, step.state))
    return;
  if (request && step.passes)
    ismb_rosters_set_request (self->rosters, account, contact, stanza->data, stanza->length);
  if (step.approves)
    approve (self, account, contact);
  if (!step.passes)
    return;
  ismb_attendance_show (self->routes, account,
                        request ? ISMB_ATTENDANCE_AVAILABLE : ISMB_ATTENDANCE_INTERESTED, stanza);
  if ((before & ~step.state) & ISMB_SUBSCRIPTION_FROM)
    ismb_courier_send_current (self->courier, account, contact, TRUE);
}

/* Probes (RFC 6121, 4.3.2). Who sees nothing is told so, that it does not wait for ever, and in the
 * same words whether there is such an account or not. */
static void
answer_probe (IsmbPresenceService *self, const char *account, const char *from)
{
  g_autofree char *address = dup_account_address (self, account);
  g_autofree char *contact = ismb_parts_dup_bare (from);

  if ((state_of (self, account, contact) & ISMB_SUBSCRIPTION_FROM) == 0)
    ismb_courier_send_new (self->courier, "unsubscribed", address, contact);
  else if (ismb_attendance_is_present (self->routes, account))
    ismb_courier_send_current (self->courier, account, from, FALSE);
  else
    ismb_courier_send_new (self->courier, "unavailable", address, from);
}

/* Outbound */

/* To the subscribers and to the account's own resources, itself included (RFC 6121, 4.2.2). */
static void
broadcast (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  g_autoptr (GPtrArray) contacts =
      list_contacts (self, resource->account, ISMB_SUBSCRIPTION_FROM, NULL);
  g_autofree char *address = ismb_parts_dup_bare (resource->full);
  g_autoptr (IsmbFrame) own = ismb_frame_readdress (presence, resource->full, address);

  for (guint i = 0; i < contacts->len; i++)
    ismb_courier_send_as (self->courier, presence, resource->full, g_ptr_array_index (contacts, i));
  ismb_attendance_show (self->routes, resource->account, ISMB_ATTENDANCE_AVAILABLE, own);
}

/* A remote contact's server is asked; of a local one we know it ourselves, and silence says enough
 * for one that is not present. */
static void
probe (IsmbPresenceService *self, const char *address, const char *contact, const char *asker)
{
  IsmbPart part;
  const char *account = account_of (self, contact, part);

  if (account == NULL)
    ismb_courier_send_new (self->courier, "probe", address, contact);
  else if ((state_of (self, account, address) & ISMB_SUBSCRIPTION_FROM) == 0)
    answer_probe (self, account, address);
  else
    ismb_courier_send_current (self->courier, account, asker, FALSE);
}

static void
probe_all (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) contacts =
      list_contacts (self, resource->account, ISMB_SUBSCRIPTION_TO, domain);
  g_autofree char *address = ismb_parts_dup_bare (resource->full);

  for (guint i = 0; i < contacts->len; i++)
    probe (self, address, g_ptr_array_index (contacts, i), resource->full);
}

/* RFC 6121, 3.1.2: a request that was not answered yet may never have arrived. */
static void
repeat_requests (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) asked =
      list_contacts (self, resource->account, ISMB_SUBSCRIPTION_PENDING_OUT, domain);
  g_autofree char *address = ismb_parts_dup_bare (resource->full);

  for (guint i = 0; i < asked->len; i++)
    ismb_courier_send_new (self->courier, "subscribe", address, g_ptr_array_index (asked, i));
}

static void
become_available (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  gboolean initial = !resource->available;
  gboolean first = initial && !ismb_attendance_is_present (self->routes, resource->account);

  ismb_attendance_set (resource, presence);
  if (first)
    count_account (self, resource->account, 1);
  broadcast (self, resource, presence);
  if (!initial)
    return;
  ismb_attendance_show_others (self->routes, resource);
  probe_all (self, resource, NULL);
  ismb_contacts_show_pending (self->rosters, resource);
  repeat_requests (self, resource, NULL);
}

static gboolean
sees_broadcasts (IsmbPresenceService *self, const char *account, const char *address)
{
  g_autofree char *contact = ismb_parts_dup_bare (address);

  return (state_of (self, account, contact) & ISMB_SUBSCRIPTION_FROM) != 0;
}

/* RFC 6121, 4.6.3: those who saw directed presence, and learn of no end by subscription. */
static void
withdraw_directed (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  g_autoptr (GHashTable) addresses = ismb_audience_take_directed (self->audience, resource);
  GHashTableIter iter;
  gpointer address;

  if (addresses == NULL)
    return;
  g_hash_table_iter_init (&iter, addresses);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    if (!resource->available || !sees_broadcasts (self, resource->account, address))
      ismb_courier_send_as (self->courier, presence, resource->full, address);
}

static void
become_unavailable (IsmbPresenceService *self, IsmbResource *resource, const IsmbFrame *presence)
{
  withdraw_directed (self, resource, presence);
  if (!resource->available)
    return;
  broadcast (self, resource, presence);
  ismb_attendance_set (resource, NULL);
  if (ismb_attendance_is_present (self->routes, resource->account))
    return;
  count_account (self, resource->account, -1);
  g_signal_emit (self, signals[DEPARTED], 0, resource->account, presence);
}

static void
send_directed (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  if (presence->type == NULL &&
      !ismb_audience_add_directed (self->audience, resource, presence->to))
    {
      /* To so many already that the end could not be told to all of them. */
      g_debug ("%s shows itself to too many; %s does not see it", resource->full, presence->to);
      return;
    }
  if (g_strcmp0 (presence->type, "unavailable") == 0)
    ismb_audience_remove_directed (self->audience, resource, presence->to);
  ismb_courier_send_as (self->courier, presence, resource->full, presence->to);
}

static void
say_to_all (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence)
{
  if (presence->type == NULL)
    {
      become_available (self, resource, presence);
      g_signal_emit (self, signals[AVAILABLE], 0, resource);
    }
  else if (g_str_equal (presence->type, "unavailable"))
    become_unavailable (self, resource, presence);
}

void
ismb_presence_service_outbound (IsmbPresenceService *self, IsmbResource *resource,
                                IsmbFrame *presence)
{
  IsmbSaying says = ismb_saying_of (presence);

  if (says == ISMB_SAYING_NONSENSE || (says == ISMB_SAYING_SUBSCRIPTION && presence->to == NULL))
    refuse (resource, presence, "bad-request");
  else if (says == ISMB_SAYING_SUBSCRIPTION)
    send_subscription (self, resource, presence, ismb_subscription_verb (presence->type));
  else if (says == ISMB_SAYING_SHOWN && presence->to == NULL)
    say_to_all (self, resource, presence);
  else if (says == ISMB_SAYING_SHOWN)
    send_directed (self, resource, presence);
  /* A probe is ours to send (RFC 6121, 4.3). */
}

/* Inbound */

/* To a full address: its resource, available or not (RFC 6121, 8.5.3.1); to a bare one: all that
 * are available. */
static gboolean
show_to (IsmbPresenceService *self, const char *account, IsmbFrame *presence)
{
  if (ismb_parts_is_full (presence->to))
    return ismb_routes_deliver (self->routes, presence);
  return ismb_attendance_show (self->routes, account, ISMB_ATTENDANCE_AVAILABLE, presence);
}

static void
receive_presence (IsmbPresenceService *self, const char *account, IsmbFrame *presence)
{
  gboolean shown = show_to (self, account, presence);

  if (is_local (self, presence->from))
    return;
  if (g_strcmp0 (presence->type, "error") == 0)
    ismb_courier_note_missed (self->courier, presence->from);
  else if (!ismb_parts_is_full (presence->from))
    return;
  else if (presence->type != NULL)
    ismb_sightings_remove (self->sightings, presence->from, account);
  else if (shown)
    ismb_sightings_add (self->sightings, presence->from, account);
}

void
ismb_presence_service_inbound (IsmbPresenceService *self, IsmbFrame *presence)
{
  IsmbSaying says = ismb_saying_of (presence);
  IsmbPart part;
  const char *account = account_of (self, presence->to, part);

  if (account == NULL || presence->from == NULL ||
      ismb_routes_is_blocked (self->routes, presence->to, presence->from))
    return;
  if (says == ISMB_SAYING_PROBE)
    answer_probe (self, account, presence->from);
  else if (says == ISMB_SAYING_NONSENSE)
    ismb_courier_send_back (self->courier, presence, "bad-request");
  else if (!ismb_accounts_has (self->accounts, account))
    return;
  else if (says == ISMB_SAYING_SUBSCRIPTION)
    receive_subscription (self, account, presence, ismb_subscription_verb (presence->type));
  else
    receive_presence (self, account, presence);
}

/* Sessions, domains, rosters that come and go */

void
ismb_presence_service_gone (IsmbPresenceService *self, IsmbResource *resource)
{
  g_autoptr (IsmbFrame) unavailable = ismb_attendance_make ("unavailable", resource->full, NULL);

  become_unavailable (self, resource, unavailable);
}

static void
take_back (const char *full, const char *account, gpointer data)
{
  IsmbPresenceService *self = data;
  g_autofree char *address = dup_account_address (self, account);
  g_autoptr (IsmbFrame) unavailable = ismb_attendance_make ("unavailable", full, address);

  ismb_attendance_show (self->routes, account, ISMB_ATTENDANCE_AVAILABLE, unavailable);
}

void
ismb_presence_service_domain_lost (IsmbPresenceService *self, const char *domain)
{
  ismb_audience_note_missed (self->audience, domain);
  ismb_sightings_forget (self->sightings, domain, take_back, self);
}

static void
announce_to (IsmbPresenceService *self, IsmbResource *resource, const char *domain)
{
  g_autoptr (GPtrArray) contacts =
      list_contacts (self, resource->account, ISMB_SUBSCRIPTION_FROM, domain);

  for (guint i = 0; i < contacts->len; i++)
    ismb_courier_send_as (self->courier, resource->presence, resource->full,
                          g_ptr_array_index (contacts, i));
}

/* Where nothing was missed, all has been said: it waited in the link's queue. */
void
ismb_presence_service_domain_up (IsmbPresenceService *self, const char *domain)
{
  g_autoptr (GPtrArray) resources = NULL;
  g_autoptr (GHashTable) seen = NULL;

  if (!ismb_audience_forget_missed (self->audience, domain))
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
  return ismb_audience_shares (self->audience, domain);
}

void
ismb_presence_service_roster_removed (IsmbPresenceService *self, const char *account,
                                      const char *contact)
{
  g_autofree char *address = dup_account_address (self, account);
  IsmbSubscription state = state_of (self, account, contact);

  if (state & (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_PENDING_OUT))
    ismb_courier_send_new (self->courier, "unsubscribe", address, contact);
  if (state & ISMB_SUBSCRIPTION_FROM)
    ismb_courier_send_current (self->courier, account, contact, TRUE);
  if (state & (ISMB_SUBSCRIPTION_FROM | ISMB_SUBSCRIPTION_PENDING_IN))
    ismb_courier_send_new (self->courier, "unsubscribed", address, contact);
  if ((state & SHARED) && ismb_attendance_is_present (self->routes, account))
    count_shared (self, contact, -1);
}

void
ismb_presence_service_account_removed (IsmbPresenceService *self, const char *account)
{
  g_autoptr (GPtrArray) contacts = list_contacts (self, account, ~0u, NULL);

  for (guint i = 0; i < contacts->len; i++)
    ismb_presence_service_roster_removed (self, account, g_ptr_array_index (contacts, i));
}

/* Whoever was told hears the truth at the next probe or request, as after any loss (RFC 6121,
 * 3.1.3, 4.3.2). */
void
ismb_presence_service_roster_restored (IsmbPresenceService *self, const char *account,
                                       const char *contact, IsmbSubscription was)
{
  recount (self, account, contact, was, state_of (self, account, contact));
}
