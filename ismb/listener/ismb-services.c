/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.services"

#include "config.h"
#include "ismb/listener/ismb-services.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-link.h"

#define SWITCH_CONTROL "switch" /* the account that runs commands, on every switch */

struct _IsmbServices
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbAccounts *accounts;
  IsmbRosters *rosters;
  IsmbRosterService *roster;
};

G_DEFINE_FINAL_TYPE (IsmbServices, ismb_services, G_TYPE_OBJECT)

/* Whom a request is addressed to, and who asks: each service says where it stands. */
typedef enum
{
  AT_DOMAIN = 1 << 0,
  AT_OWN_ACCOUNT = 1 << 1,     /* the asker's own */
  AT_OTHER_ACCOUNT = 1 << 2,   /* one that shares its presence with the asker */
} Place;

typedef struct
{
  IsmbFrame *frame;
  IsmbNode *payload;
  Place place;
  IsmbPart account;            /* empty at the domain */
} Request;

/* Adds to `reply`, an iq of type result, or returns the condition of an error. */
typedef const char *(*Answer) (IsmbServices *self, const Request *request, IsmbTree *reply);

typedef struct
{
  const char *name, *ns, *type;
  guint places;
  Answer answer;
} Service;

static void
ismb_services_dispose (GObject *object)
{
  IsmbServices *self = ISMB_SERVICES (object);

  g_clear_object (&self->roster);
  g_clear_object (&self->rosters);
  g_clear_object (&self->accounts);
  g_clear_object (&self->routes);
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

static void add_features (IsmbTree *reply, IsmbNode *query, Place place);

static void
add_identity (IsmbTree *reply, IsmbNode *query, const char *category, const char *type,
              const char *name)
{
  IsmbNode *identity = ismb_tree_add (reply, query, "identity", ISMB_NS_DISCO_INFO);

  ismb_tree_set (reply, identity, "category", category);
  ismb_tree_set (reply, identity, "type", type);
  if (name != NULL)
    ismb_tree_set (reply, identity, "name", name);
}

/* XEP-0030, 3. We have no nodes. */
static const char *
answer_info (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_DISCO_INFO);

  if (ismb_node_get (request->payload, "node") != NULL)
    return "item-not-found";
  if (request->place == AT_DOMAIN)
    add_identity (reply, query, "server", "im", "ISMB");
  else
    add_identity (reply, query, "account", "registered", NULL);
  add_features (reply, query, request->place);
  return NULL;
}

/* Who was only heard of is nobody to talk to. */
static gboolean
is_fellow (IsmbServices *self, const char *domain)
{
  IsmbSink *sink = ismb_routes_get_domain_sink (self->routes, domain);
  IsmbTrust trust = ISMB_IS_LINK (sink) ? ismb_link_get_trust (ISMB_LINK (sink)) : ISMB_TRUST_OPEN;

  return trust == ISMB_TRUST_MEMBER || trust == ISMB_TRUST_OPEN;
}

/* XEP-0030, 4: the domain's items are the members of the fabric, so that any client can find them. */
static const char *
answer_items (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_DISCO_ITEMS);
  g_autoptr (GPtrArray) domains = ismb_routes_list_domains (self->routes);

  if (ismb_node_get (request->payload, "node") != NULL)
    return "item-not-found";
  for (guint i = 0; request->place == AT_DOMAIN && i < domains->len; i++)
    {
      const char *domain = g_ptr_array_index (domains, i);

      if (is_fellow (self, domain))
        ismb_tree_set (reply, ismb_tree_add (reply, query, "item", ISMB_NS_DISCO_ITEMS), "jid",
                       domain);
    }
  return NULL;
}

/* XEP-0199, and the <session/> of RFC 3921 that old clients still wait for: an empty result. */
static const char *
answer_empty (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  return NULL;
}

/* XEP-0092 */
static const char *
answer_version (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_VERSION);

  ismb_tree_add_leaf (reply, query, "name", ISMB_NS_VERSION, "ISMB");
  ismb_tree_add_leaf (reply, query, "version", ISMB_NS_VERSION, ISMB_VERSION);
  return NULL;
}

/* The local part of an address of ours, or NULL. */
static const char *
parse_own_address (IsmbServices *self, const char *jid, IsmbPart out)
{
  const char *domain = ismb_routes_get_domain (self->routes);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts;

  if (jid == NULL || !ismb_address_prepare (jid, strlen (jid), prepared, &parts, NULL) ||
      parts.local == 0)
    return NULL;
  if (parts.domain != strlen (domain) ||
      memcmp (prepared->str + ismb_address_domain_offset (&parts), domain, parts.domain) != 0)
    return NULL;
  return ismb_routes_copy_part (out, prepared->str, parts.local);
}

/* Whom the roles of our accounts concern: other listeners, and the Switch Control of a domain.
 * Asked by anybody else, it is as if no account were there. */
static gboolean
may_know_roles (const char *asker)
{
  IsmbAddressParts parts;

  ismb_address_split (asker, &parts);
  if (parts.local == 0)
    return parts.resource == 0;
  return parts.local == strlen (SWITCH_CONTROL) &&
         memcmp (asker, SWITCH_CONTROL, parts.local) == 0;
}

/* urn:ismb:role:1: what may the account do that sent you this? Policies elsewhere ask. */
static const char *
answer_role (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  const char *jid = ismb_node_get (request->payload, "jid");
  IsmbPart part;
  const char *name = parse_own_address (self, jid, part);
  IsmbRole role;
  IsmbNode *answer;

  if (!may_know_roles (request->frame->from) || name == NULL ||
      !ismb_accounts_get_role (self->accounts, name, &role))
    return "item-not-found";
  answer = ismb_tree_add (reply, ismb_tree_root (reply), "role", ISMB_NS_ROLE);
  ismb_tree_set (reply, answer, "jid", jid);
  ismb_tree_set (reply, answer, "role", ismb_role_to_string (role));
  return NULL;
}

static const char *
answer_roster_get (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  IsmbResource *asker = ismb_routes_lookup (self->routes, request->frame->from);

  ismb_roster_service_get (self->roster, request->account, asker, request->payload, reply);
  return NULL;
}

static const char *
answer_roster_set (IsmbServices *self, const Request *request, IsmbTree *reply)
{
  return ismb_roster_service_set (self->roster, request->account, request->payload);
}

static const Service services[] = {
  { "query", ISMB_NS_DISCO_INFO, "get", AT_DOMAIN | AT_OWN_ACCOUNT | AT_OTHER_ACCOUNT,
    answer_info },
  { "query", ISMB_NS_DISCO_ITEMS, "get", AT_DOMAIN | AT_OWN_ACCOUNT | AT_OTHER_ACCOUNT,
    answer_items },
  { "ping", ISMB_NS_PING, "get", AT_DOMAIN | AT_OWN_ACCOUNT | AT_OTHER_ACCOUNT, answer_empty },
  { "query", ISMB_NS_VERSION, "get", AT_DOMAIN, answer_version },
  { "role", ISMB_NS_ROLE, "get", AT_DOMAIN, answer_role },
  { "query", ISMB_NS_ROSTER, "get", AT_OWN_ACCOUNT, answer_roster_get },
  { "query", ISMB_NS_ROSTER, "set", AT_OWN_ACCOUNT, answer_roster_set },
  { "session", ISMB_NS_SESSION, "set", AT_DOMAIN | AT_OWN_ACCOUNT, answer_empty },
};

/* What is offered follows from what is answered. The roster is announced at the domain, where
 * clients look. */
static void
add_features (IsmbTree *reply, IsmbNode *query, Place place)
{
  const char *last = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    {
      gboolean here = (services[i].places & (guint) place) != 0 ||
                      (place == AT_DOMAIN && strcmp (services[i].ns, ISMB_NS_ROSTER) == 0);

      if (!here || g_strcmp0 (services[i].ns, last) == 0 ||
          strcmp (services[i].ns, ISMB_NS_SESSION) == 0)
        continue;
      last = services[i].ns;
      ismb_tree_set (reply, ismb_tree_add (reply, query, "feature", ISMB_NS_DISCO_INFO), "var",
                     last);
    }
}

static const Service *
find_service (const IsmbFrame *iq, Place place)
{
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    if (strcmp (services[i].name, iq->payload_name) == 0 &&
        g_strcmp0 (services[i].ns, iq->payload_ns) == 0 &&
        strcmp (services[i].type, iq->type) == 0 && (services[i].places & (guint) place) != 0)
      return &services[i];
  return NULL;
}

IsmbServices *
ismb_services_new (IsmbRoutes *routes, IsmbAccounts *accounts, IsmbRosters *rosters,
                   IsmbRosterService *roster)
{
  IsmbServices *self = g_object_new (ISMB_TYPE_SERVICES, NULL);

  self->routes = g_object_ref (routes);
  self->accounts = g_object_ref (accounts);
  self->rosters = g_object_ref (rosters);
  self->roster = g_object_ref (roster);
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
static Place
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
    return AT_DOMAIN;
  asker = g_strndup (iq->from, ismb_address_bare_length (&from));
  if (strcmp (asker, iq->to) == 0)
    return AT_OWN_ACCOUNT;
  return shares_with (self, account, asker) ? AT_OTHER_ACCOUNT : 0;
}

static void
send_error (IsmbServices *self, const IsmbFrame *iq, const char *condition)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (iq, condition, NULL);

  if (error != NULL)
    ismb_routes_deliver (self->routes, error);
}

/* RFC 6120, 8.2.3: one thing is asked at a time. The router has seen to it that there is one. */
static gboolean
asks_one_thing (const IsmbNode *iq)
{
  return ismb_node_find_next (ismb_node_find (iq, NULL, NULL), NULL, NULL) == NULL;
}

static void
send_result (IsmbServices *self, const Service *service, Request *request)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (request->frame);
  g_autoptr (IsmbTree) reply = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) answer = NULL;
  const char *condition;

  request->payload = ismb_node_find (ismb_tree_root (tree), service->name, service->ns);
  ismb_tree_set (reply, ismb_tree_root (reply), "from", request->frame->to);
  ismb_tree_set (reply, ismb_tree_root (reply), "to", request->frame->from);
  ismb_tree_set (reply, ismb_tree_root (reply), "type", "result");
  ismb_tree_set (reply, ismb_tree_root (reply), "id", request->frame->id);
  condition = asks_one_thing (ismb_tree_root (tree)) ? service->answer (self, request, reply)
                                                     : "bad-request";
  if (condition != NULL)
    {
      send_error (self, request->frame, condition);
      return;
    }
  answer = ismb_frame_new_from_tree (reply);
  ismb_routes_deliver (self->routes, answer);
}

void
ismb_services_answer (IsmbServices *self, IsmbFrame *iq)
{
  Request request = { .frame = iq };
  const Service *service;

  request.place = find_place (self, iq, request.account);
  service = request.place != 0 ? find_service (iq, request.place) : NULL;
  if (service != NULL)
    send_result (self, service, &request);
  else
    send_error (self, iq, "service-unavailable");
}
