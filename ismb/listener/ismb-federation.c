/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.federation"

#include "config.h"
#include "ismb/listener/ismb-federation.h"

#include "ismb/core/ismb-log-gate.h"
#include "ismb/listener/ismb-dialback.h"
#include "ismb/listener/ismb-guest.h"

#define SILENCE 60000 /* ms; answers come on another stream, which their server may have to open */

struct _IsmbFederation
{
  GObject parent_instance;

  IsmbLinkContext context;
  IsmbForeigners *foreigners;
  IsmbRoutes *routes;
  IsmbPresenceService *presence;
  IsmbRouter *router;
  GHashTable *links; /* domain, the link's, to it */
};

G_DEFINE_FINAL_TYPE (IsmbFederation, ismb_federation, G_TYPE_OBJECT)

static void
ismb_federation_dispose (GObject *object)
{
  IsmbFederation *self = ISMB_FEDERATION (object);

  if (self->links != NULL)
    ismb_federation_close (self, NULL);
  g_clear_pointer (&self->links, g_hash_table_unref);
  g_clear_pointer (&self->foreigners, ismb_foreigners_free);
  g_clear_object (&self->router);
  g_clear_object (&self->presence);
  g_clear_object (&self->routes);
  g_clear_object (&self->context.poller);
  g_clear_object (&self->context.place);
  g_clear_object (&self->context.fabric);
  G_OBJECT_CLASS (ismb_federation_parent_class)->dispose (object);
}

static void
ismb_federation_class_init (IsmbFederationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_federation_dispose;
}

static void
ismb_federation_init (IsmbFederation *self)
{
  self->links = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
}

static void
on_frame (IsmbLink *link, IsmbFrame *frame, gpointer user_data)
{
  IsmbFederation *self = user_data;

  ismb_router_from_link (self->router, frame);
}

static void
on_undeliverable (IsmbLink *link, IsmbFrame *frame, const char *condition, gpointer user_data)
{
  IsmbFederation *self = user_data;

  ismb_router_bounce (self->router, frame, condition, ismb_routes_get_trouble (self->routes));
}

static void
on_state (IsmbLink *link, IsmbLinkState state, gpointer user_data)
{
  IsmbFederation *self = user_data;

  if (state == ISMB_LINK_STATE_UP)
    ismb_presence_service_domain_up (self->presence, ismb_link_get_domain (link));
  else if (state == ISMB_LINK_STATE_LOST)
    ismb_presence_service_domain_lost (self->presence, ismb_link_get_domain (link));
}

/* The way of one more domain of theirs: it has to come on a stream of its own. */
static void
refuse_pair (IsmbFederation *self, IsmbStream *stream, IsmbFrame *request)
{
  gboolean known = ismb_foreigners_find (self->foreigners, request->from) != NULL;

  ismb_dialback_fail (stream, request, known ? "resource-constraint" : "not-authorized");
}

/* IsmbLinkContext.word: dialback goes on beside the stanzas. An answer here is to nothing that was
 * asked here, and says nothing. */
static gboolean
on_word (IsmbLink *link, IsmbStream *stream, IsmbFrame *frame, gpointer user_data)
{
  IsmbFederation *self = user_data;
  const char *domain = ismb_link_get_domain (link);
  gboolean addressed = frame->from != NULL && frame->to != NULL;

  if (addressed && ismb_dialback_is_request (frame, "verify"))
    ismb_guest_answer (&self->context, stream, frame, domain);
  else if (addressed && ismb_dialback_is_request (frame, "result"))
    refuse_pair (self, stream, frame);
  else if (ismb_dialback_is_answer (frame, "verify") || ismb_dialback_is_answer (frame, "result"))
    ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, domain, "unasked",
                       "%s answers what it was not asked: it is passed over", domain);
  else
    return FALSE;
  return TRUE;
}

static void
on_shared (IsmbFederation *self, const char *domain, gboolean shared)
{
  IsmbLink *link = ismb_federation_find_link (self, domain);

  if (link != NULL)
    ismb_link_set_persistent (link, shared);
}

static void
share_context (IsmbFederation *self, const IsmbLinkContext *context)
{
  self->context = (IsmbLinkContext) {
    .poller = g_object_ref (context->poller),
    .place = g_object_ref (context->place),
    .fabric = context->fabric != NULL ? g_object_ref (context->fabric) : NULL,
    .domain = context->domain,
    .silence = SILENCE,
    .queue_bytes = context->queue_bytes,
    .queue_time = context->queue_time,
    .foreigners = self->foreigners,
    .foreign = TRUE,
    .reporter = context->reporter,
    .reporter_data = context->reporter_data,
    .frame = on_frame,
    .word = on_word,
    .undeliverable = on_undeliverable,
    .state = on_state,
    .user_data = self,
  };
}

static void
add_link (IsmbFederation *self, const IsmbForeigner *foreigner)
{
  const char *const addresses[] = { foreigner->address, NULL };
  IsmbLink *link = ismb_link_new (&self->context, foreigner->domain);

  g_hash_table_insert (self->links, (gpointer) ismb_link_get_domain (link), link);
  ismb_routes_set_domain (self->routes, foreigner->domain, ISMB_SINK (link));
  ismb_link_set_candidate (link, addresses, foreigner->port, NULL);
  ismb_link_set_persistent (link,
                            ismb_presence_service_shares (self->presence, foreigner->domain));
}

/* What a domain is believed for is the operator's choice, and he shall see which it is. */
static void
tell (IsmbFederation *self, const IsmbForeigner *foreigner)
{
  g_message ("%s is reached at %s port %u, and believed by %s", foreigner->domain,
             foreigner->address, foreigner->port,
             ismb_foreigners_has_ca (self->foreigners)
               ? "its certificate"
               : "that address alone, as no federate-ca= is configured");
}

IsmbFederation *
ismb_federation_new (const IsmbLinkContext *context, guint stanza_max, IsmbForeigners *foreigners,
                     IsmbRoutes *routes, IsmbPresenceService *presence, IsmbRouter *router)
{
  IsmbFederation *self = g_object_new (ISMB_TYPE_FEDERATION, NULL);

  self->foreigners = foreigners;
  self->routes = g_object_ref (routes);
  self->presence = g_object_ref (presence);
  self->router = g_object_ref (router);
  share_context (self, context);
  self->context.stanza_max = stanza_max;
  ismb_foreigners_set_stanza_max (foreigners, stanza_max);
  for (guint i = 0; i < ismb_foreigners_get_count (foreigners); i++)
    {
      add_link (self, ismb_foreigners_get (foreigners, i));
      tell (self, ismb_foreigners_get (foreigners, i));
    }
  g_signal_connect_object (presence, "shared", G_CALLBACK (on_shared), self, G_CONNECT_SWAPPED);
  return self;
}

IsmbForeigners *
ismb_federation_get_foreigners (IsmbFederation *self)
{
  return self->foreigners;
}

IsmbLink *
ismb_federation_find_link (IsmbFederation *self, const char *domain)
{
  return g_hash_table_lookup (self->links, domain);
}

void
ismb_federation_set_tls (IsmbFederation *self, IsmbTlsContext *tls)
{
  ismb_foreigners_set_tls (self->foreigners, tls);
}

void
ismb_federation_cut (IsmbFederation *self, IsmbOwnAddresses *remaining)
{
  g_autoptr (GList) links = g_hash_table_get_values (self->links);

  for (GList *each = links; each != NULL; each = each->next)
    ismb_link_cut (each->data, remaining);
}

void
ismb_federation_resume (IsmbFederation *self)
{
  g_autoptr (GList) links = g_hash_table_get_values (self->links);

  for (GList *each = links; each != NULL; each = each->next)
    ismb_link_resume (each->data);
}

void
ismb_federation_close (IsmbFederation *self, const char *condition)
{
  GHashTableIter iter;
  gpointer domain, link;

  g_hash_table_iter_init (&iter, self->links);
  while (g_hash_table_iter_next (&iter, &domain, &link))
    {
      ismb_link_close (link, condition);
      ismb_routes_set_domain (self->routes, domain, NULL);
    }
  g_hash_table_remove_all (self->links);
}
