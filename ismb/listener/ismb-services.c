/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.services"

#include "config.h"
#include "ismb/listener/ismb-services.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-blocking.h"
#include "ismb/listener/ismb-disco.h"
#include "ismb/listener/ismb-facts.h"
#include "ismb/listener/ismb-last-activity.h"
#include "ismb/listener/ismb-roles.h"
#include "ismb/listener/ismb-vcards.h"

struct _IsmbServices
{
  GObject parent_instance;

  IsmbStore *store;
  IsmbRoutes *routes;
  IsmbAccounts *accounts;
  IsmbRosters *rosters;
  IsmbProfiles *profiles;
  IsmbRosterService *roster;
  IsmbRegistration *registration;
  IsmbBlocking *blocking;
  IsmbLastActivity *last_activity;
  IsmbDisco *disco;
};

G_DEFINE_FINAL_TYPE (IsmbServices, ismb_services, G_TYPE_OBJECT)

/* Adds to `reply`, an iq of type result, or returns the condition of an error. */
typedef const char *(*Answer) (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply);

/* What a client has of its own account it looks for at the domain. */
#define TOLD_AT_DOMAIN (1u << 8)
#define OWN_ACCOUNT (ISMB_PLACE_OWN | TOLD_AT_DOMAIN)
#define SEEN_ACCOUNT (ISMB_PLACE_OWN | ISMB_PLACE_FRIEND)
#define OTHERS_ACCOUNT (ISMB_PLACE_FRIEND | ISMB_PLACE_STRANGER)
#define ANY_ACCOUNT (SEEN_ACCOUNT | ISMB_PLACE_STRANGER)

typedef struct
{
  const char *name, *ns, *type;
  guint places;
  Answer answer;
  gboolean kept;    /* it changes what is in the store */
} Service;

static void
ismb_services_dispose (GObject *object)
{
  IsmbServices *self = ISMB_SERVICES (object);

  g_clear_pointer (&self->disco, ismb_disco_free);
  g_clear_object (&self->last_activity);
  g_clear_object (&self->blocking);
  g_clear_object (&self->registration);
  g_clear_object (&self->roster);
  g_clear_object (&self->profiles);
  g_clear_object (&self->rosters);
  g_clear_object (&self->accounts);
  g_clear_object (&self->routes);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_services_parent_class)->dispose (object);
}

static void
ismb_services_class_init (IsmbServicesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_services_dispose;
}

static void
ismb_services_init (IsmbServices *self)
{
}

static const char *
answer_info (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_disco_info (self->disco, question, reply);
}

static const char *
answer_items (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_disco_items (self->disco, question, reply);
}

/* XEP-0199, and the <session/> of RFC 3921 that old clients still wait for: an empty result. */
static const char *
answer_empty (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return NULL;
}

static const char *
answer_version (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  ismb_facts_version (reply);
  return NULL;
}

static const char *
answer_time (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  ismb_facts_time (reply);
  return NULL;
}

static const char *
answer_last (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_last_activity_answer (self->last_activity, question, reply);
}

static const char *
answer_role (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_roles_answer (self->routes, self->accounts, question, reply);
}

static const char *
answer_roster_get (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  IsmbResource *asker = ismb_routes_lookup (self->routes, question->frame->from);

  ismb_roster_service_get (self->roster, question->account, asker, question->payload, reply);
  return NULL;
}

static const char *
answer_roster_set (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_roster_service_set (self->roster, question->account, question->payload);
}

/* In the same words whether there is such an account or not. */
static const char *
answer_forbidden (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return "forbidden";
}

static const char *
answer_vcard_get (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_vcards_get (self->routes, self->profiles, question, reply);
}

static const char *
answer_vcard_set (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_vcards_set (self->profiles, question);
}

static const char *
answer_register_get (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_registration_get (self->registration, question, reply);
}

static const char *
answer_register_set (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_registration_set (self->registration, question, reply);
}

static const char *
answer_blocklist (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_blocking_list (self->blocking, question, reply);
}

static const char *
answer_block (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_blocking_block (self->blocking, question);
}

static const char *
answer_unblock (IsmbServices *self, const IsmbQuestion *question, IsmbTree *reply)
{
  return ismb_blocking_unblock (self->blocking, question);
}

/* What is answered, and where. */
static const Service services[] = {
  { "query", ISMB_NS_DISCO_INFO, "get", ISMB_PLACE_DOMAIN | SEEN_ACCOUNT, answer_info },
  { "query", ISMB_NS_DISCO_ITEMS, "get", ISMB_PLACE_DOMAIN | SEEN_ACCOUNT, answer_items },
  { "ping", ISMB_NS_PING, "get", ISMB_PLACE_DOMAIN | SEEN_ACCOUNT, answer_empty },
  { "query", ISMB_NS_VERSION, "get", ISMB_PLACE_DOMAIN, answer_version },
  { "time", ISMB_NS_TIME, "get", ISMB_PLACE_DOMAIN, answer_time },
  { "query", ISMB_NS_LAST, "get", ISMB_PLACE_DOMAIN | ANY_ACCOUNT, answer_last },
  { "role", ISMB_NS_ROLE, "get", ISMB_PLACE_DOMAIN, answer_role },
  { "query", ISMB_NS_ROSTER, "get", OWN_ACCOUNT, answer_roster_get },
  { "query", ISMB_NS_ROSTER, "set", OWN_ACCOUNT, answer_roster_set, TRUE },
  { "query", ISMB_NS_ROSTER, "get", OTHERS_ACCOUNT, answer_forbidden },
  { "query", ISMB_NS_ROSTER, "set", OTHERS_ACCOUNT, answer_forbidden },
  { "vCard", ISMB_NS_VCARD, "get", ANY_ACCOUNT | TOLD_AT_DOMAIN, answer_vcard_get },
  { "vCard", ISMB_NS_VCARD, "set", ANY_ACCOUNT, answer_vcard_set, TRUE },
  { "query", ISMB_NS_REGISTER, "get", ISMB_PLACE_DOMAIN | ISMB_PLACE_OWN, answer_register_get },
  { "query", ISMB_NS_REGISTER, "set", ISMB_PLACE_DOMAIN | ISMB_PLACE_OWN, answer_register_set },
  { "blocklist", ISMB_NS_BLOCKING, "get", OWN_ACCOUNT, answer_blocklist },
  { "block", ISMB_NS_BLOCKING, "set", OWN_ACCOUNT, answer_block, TRUE },
  { "unblock", ISMB_NS_BLOCKING, "set", OWN_ACCOUNT, answer_unblock, TRUE },
  { "session", ISMB_NS_SESSION, "set", ISMB_PLACE_DOMAIN | ISMB_PLACE_OWN, answer_empty },
};

/* What the domain does without being asked; the last where messages wait (XEP-0160, 5). */
static const char *const habits[] = { ISMB_NS_CAPS, ISMB_NS_STANZA_ID, "msgoffline" };
/* And the account (XEP-0359, 4). */
static const char *const account_habits[] = { ISMB_NS_STANZA_ID };

static gboolean
is_told (const Service *service, guint places)
{
  return (service->places & places) != 0 && service->answer != answer_forbidden &&
         strcmp (service->ns, ISMB_NS_SESSION) != 0;
}

/* What is offered follows from what is answered. */
static char **
list_features (guint places, const char *const *more, gsize count)
{
  g_autoptr (GHashTable) features = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer feature;

  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    if (is_told (&services[i], places))
      g_hash_table_add (features, (gpointer) services[i].ns);
  for (gsize i = 0; i < count; i++)
    g_hash_table_add (features, (gpointer) more[i]);
  g_hash_table_iter_init (&iter, features);
  while (g_hash_table_iter_next (&iter, &feature, NULL))
    g_strv_builder_add (builder, feature);
  return g_strv_builder_end (builder);
}

static const Service *
find_service (const IsmbFrame *iq, IsmbPlace place)
{
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    if (strcmp (services[i].name, iq->payload_name) == 0 &&
        g_strcmp0 (services[i].ns, iq->payload_ns) == 0 &&
        strcmp (services[i].type, iq->type) == 0 && (services[i].places & (guint) place) != 0)
      return &services[i];
  return NULL;
}

IsmbServices *
ismb_services_new (const IsmbServicesParts *parts)
{
  IsmbServices *self = g_object_new (ISMB_TYPE_SERVICES, NULL);

  self->store = g_object_ref (parts->store);
  self->routes = g_object_ref (parts->routes);
  self->accounts = g_object_ref (parts->accounts);
  self->rosters = g_object_ref (parts->rosters);
  self->profiles = g_object_ref (parts->profiles);
  self->roster = g_object_ref (parts->roster);
  self->registration = g_object_ref (parts->registration);
  self->blocking = ismb_blocking_new (parts->routes, parts->blocklists, parts->rosters,
                                      parts->presence);
  self->last_activity
    = ismb_last_activity_new (parts->routes, parts->profiles, parts->presence);
  self->disco = ismb_disco_new (
    parts->routes,
    list_features (ISMB_PLACE_DOMAIN | TOLD_AT_DOMAIN, habits,
                   G_N_ELEMENTS (habits) - (parts->keeps_messages ? 0 : 1)),
    list_features (ISMB_PLACE_FRIEND, account_habits, G_N_ELEMENTS (account_habits)));
  return self;
}

/* Does the account let the asker, a bare address, see its presence? */
static gboolean
shares_with (IsmbServices *self, const char *account, const char *asker)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (self->rosters, account, asker);

  return entry != NULL && (entry->subscription & ISMB_SUBSCRIPTION_FROM) != 0;
}

/* Where a request stands; 0: nowhere. A stranger learns nothing of an account, not even that it is
 * there. */
static IsmbPlace
find_place (IsmbServices *self, const IsmbFrame *iq, IsmbPart account)
{
  IsmbAddressParts to, from;
  g_autofree char *asker = NULL;

  ismb_address_split (iq->to, &to);
  ismb_address_split (iq->from, &from);
  ismb_routes_copy_part (account, iq->to, to.local);
  if (to.resource > 0)
    return 0;
  if (to.local == 0)
    return ISMB_PLACE_DOMAIN;
  asker = g_strndup (iq->from, ismb_address_bare_length (&from));
  if (strcmp (asker, iq->to) == 0)
    return ISMB_PLACE_OWN;
  return shares_with (self, account, asker) ? ISMB_PLACE_FRIEND : ISMB_PLACE_STRANGER;
}

static void
send_error (IsmbRoutes *routes, const IsmbFrame *iq, const char *condition, const char *text)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (iq, condition, text);

  if (error != NULL)
    ismb_routes_deliver (routes, error);
}

/* An answer that says that something is kept, and waits until that is true. */
typedef struct
{
  IsmbRoutes *routes;
  IsmbFrame *iq, *answer;
} Promise;

static void
on_settled (const GError *error, gpointer user_data)
{
  Promise *promise = user_data;

  if (error == NULL)
    ismb_routes_deliver (promise->routes, promise->answer);
  else
    send_error (promise->routes, promise->iq, "resource-constraint",
                "it cannot be written down now; try again later");
  g_object_unref (promise->routes);
  ismb_frame_unref (promise->iq);
  ismb_frame_unref (promise->answer);
  g_free (promise);
}

/* What was written since the mark is its own. */
static void
send_when_kept (IsmbServices *self, gint64 mark, IsmbFrame *iq, IsmbFrame *answer)
{
  Promise *promise = g_new0 (Promise, 1);

  promise->routes = g_object_ref (self->routes);
  promise->iq = ismb_frame_ref (iq);
  promise->answer = ismb_frame_ref (answer);
  ismb_store_settle (self->store, mark, on_settled, promise);
}

static void
send_result (IsmbServices *self, const Service *service, IsmbQuestion *question)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (question->frame);
  g_autoptr (IsmbTree) reply = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) answer = NULL;
  gint64 mark = ismb_store_mark (self->store);
  const char *condition;

  question->payload = ismb_node_find (ismb_tree_root (tree), service->name, service->ns);
  ismb_tree_set (reply, ismb_tree_root (reply), "from", question->frame->to);
  ismb_tree_set (reply, ismb_tree_root (reply), "to", question->frame->from);
  ismb_tree_set (reply, ismb_tree_root (reply), "type", "result");
  ismb_tree_set (reply, ismb_tree_root (reply), "id", question->frame->id);
  condition = service->answer (self, question, reply);
  if (g_strcmp0 (condition, ISMB_QUESTION_ANSWERED) == 0)
    return;
  if (condition != NULL)
    {
      send_error (self->routes, question->frame, condition, NULL);
      return;
    }
  answer = ismb_frame_new_from_tree (reply);
  if (service->kept && ismb_accounts_is_kept (self->accounts, question->account))
    send_when_kept (self, mark, question->frame, answer);
  else
    ismb_routes_deliver (self->routes, answer);
}

void
ismb_services_answer (IsmbServices *self, IsmbFrame *iq)
{
  IsmbQuestion question = { .frame = iq };
  const Service *service;

  question.place = find_place (self, iq, question.account);
  service = question.place != 0 ? find_service (iq, question.place) : NULL;
  if (service != NULL)
    send_result (self, service, &question);
  else
    send_error (self->routes, iq, "service-unavailable", NULL);
}

const char *
ismb_services_get_capabilities (IsmbServices *self)
{
  return ismb_disco_get_hash (self->disco);
}
