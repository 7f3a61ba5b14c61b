/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.router"

#include "config.h"
#include "ismb/listener/ismb-router.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/listener/ismb-blocking.h"

struct _IsmbRouter
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbPresenceService *presence;
  IsmbServices *services;
  IsmbMailbox *mailbox;     /* or NULL */
  const char *domain;       /* the routes' */
  gsize domain_length;
};

G_DEFINE_FINAL_TYPE (IsmbRouter, ismb_router, G_TYPE_OBJECT)

typedef enum
{
  MESSAGE_NORMAL,           /* and whatever the RFC does not know */
  MESSAGE_CHAT,
  MESSAGE_HEADLINE,
  MESSAGE_GROUPCHAT,
  MESSAGE_ERROR,
} MessageType;

static void
ismb_router_dispose (GObject *object)
{
  IsmbRouter *self = ISMB_ROUTER (object);

  if (self->mailbox != NULL)
    ismb_mailbox_close (self->mailbox);
  g_clear_object (&self->mailbox);
  g_clear_object (&self->services);
  g_clear_object (&self->presence);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_router_parent_class)->dispose (object);
}

static void
ismb_router_class_init (IsmbRouterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_router_dispose;
}

static void
ismb_router_init (IsmbRouter *self)
{
}

IsmbRouter *
ismb_router_new (IsmbRoutes *routes, IsmbPresenceService *presence, IsmbServices *services)
{
  IsmbRouter *self = g_object_new (ISMB_TYPE_ROUTER, NULL);

  self->routes = g_object_ref (routes);
  self->presence = g_object_ref (presence);
  self->services = g_object_ref (services);
  self->domain = ismb_routes_get_domain (routes);
  self->domain_length = strlen (self->domain);
  return self;
}

static void
on_undeliverable (IsmbFrame *frame, const char *condition, gpointer owner)
{
  ismb_router_bounce (owner, frame, condition, "it cannot be kept for later");
}

static void
on_returned (IsmbFrame *frame, gpointer owner)
{
  ismb_router_return (owner, frame);
}

static void
on_available (IsmbRouter *self, IsmbResource *resource)
{
  if (resource->priority >= 0)
    ismb_mailbox_open (self->mailbox, resource);
}

void
ismb_router_set_offline (IsmbRouter *self, IsmbOffline *offline)
{
  static const IsmbMailboxCallbacks callbacks = { on_undeliverable, on_returned };

  g_return_if_fail (self->mailbox == NULL);
  self->mailbox = ismb_mailbox_new (self->routes, offline, &callbacks, self);
  g_signal_connect_object (self->presence, "available", G_CALLBACK (on_available), self,
                           G_CONNECT_SWAPPED);
}

IsmbMailbox *
ismb_router_get_mailbox (IsmbRouter *self)
{
  return self->mailbox;
}

static MessageType
message_type (const IsmbFrame *frame)
{
  if (frame->type == NULL)
    return MESSAGE_NORMAL;
  if (strcmp (frame->type, "chat") == 0)
    return MESSAGE_CHAT;
  if (strcmp (frame->type, "headline") == 0)
    return MESSAGE_HEADLINE;
  if (strcmp (frame->type, "groupchat") == 0)
    return MESSAGE_GROUPCHAT;
  return strcmp (frame->type, "error") == 0 ? MESSAGE_ERROR : MESSAGE_NORMAL;
}

static gboolean
is_request (const IsmbFrame *iq)
{
  return strcmp (iq->type, "get") == 0 || strcmp (iq->type, "set") == 0;
}

/* RFC 6120, 8.2.3: an id, one of four types, and in a request one thing that is asked. */
static gboolean
is_valid_iq (const IsmbFrame *iq)
{
  if (iq->id == NULL || iq->type == NULL)
    return FALSE;
  if (is_request (iq))
    return iq->payload_name != NULL && !iq->has_more;
  return strcmp (iq->type, "result") == 0 || strcmp (iq->type, "error") == 0;
}

/* Which error a stanza earns before anybody is asked where it goes; NULL: none. */
static const char *
find_fault (const IsmbFrame *frame)
{
  if (frame->bad_address)
    return "jid-malformed";
  return frame->kind == ISMB_FRAME_IQ && !is_valid_iq (frame) ? "bad-request" : NULL;
}

static gboolean
is_ours (IsmbRouter *self, const char *to, const IsmbAddressParts *parts)
{
  return parts->domain == self->domain_length &&
         memcmp (to + ismb_address_domain_offset (parts), self->domain, parts->domain) == 0;
}

void
ismb_router_bounce (IsmbRouter *self, const IsmbFrame *frame, const char *condition,
                    const char *text)
{
  g_autoptr (IsmbFrame) error =
      frame->from != NULL ? ismb_frame_make_error (frame, condition, text) : NULL;
  IsmbAddressParts to;

  if (self->mailbox != NULL && ismb_mailbox_take_back (self->mailbox, frame))
    return; /* it was accepted once: it waits on */
  if (error == NULL || error->to == NULL)
    return;
  ismb_address_split (error->to, &to);
  /* From nobody it is where it was for an address that is none: just its sender's. */
  if (error->kind == ISMB_FRAME_PRESENCE && error->from != NULL && is_ours (self, error->to, &to))
    ismb_presence_service_inbound (self->presence, error);
  else
    ismb_routes_deliver (self->routes, error);
}

/* Message or iq. */
static void
deliver (IsmbRouter *self, IsmbResource *resource, IsmbFrame *frame)
{
  const char *condition = NULL;

  if (G_LIKELY (!resource->waiting) || frame->kind != ISMB_FRAME_MESSAGE)
    ismb_sink_deliver (resource->sink, frame);
  else
    condition = ismb_mailbox_queue (self->mailbox, resource, frame);
  if (condition != NULL)
    ismb_router_bounce (self, frame, condition, "it reads too slowly");
}

static int
best_priority (GPtrArray *resources)
{
  int best = -1;

  for (guint i = 0; i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available)
        best = MAX (best, resource->priority);
    }
  return best;
}

/* To every available resource of at least that priority. FALSE: there is none. */
static gboolean
deliver_to_resources (IsmbRouter *self, const char *account, gboolean best_only, IsmbFrame *frame)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);
  int best = resources != NULL ? best_priority (resources) : -1;
  int least = best_only ? best : 0;

  if (best < 0)
    return FALSE;
  for (guint i = 0; i < resources->len; i++)
    {
      IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available && resource->priority >= least)
        deliver (self, resource, frame);
    }
  return TRUE;
}

static void
keep (IsmbRouter *self, const char *account, IsmbFrame *message)
{
  const char *condition = self->mailbox != NULL
                              ? ismb_mailbox_keep (self->mailbox, account, message)
                              : "service-unavailable";

  if (condition != NULL)
    ismb_router_bounce (self, message, condition, NULL);
}

/* RFC 6121, 8.5.3.2.1: a conversation goes on wherever its partner is, another message was meant
 * for that resource and no other one. While none is there it waits, although the RFC would drop
 * it: what outlived a switch's death shall not come to nothing for having been faster than its
 * receiver. */
static gboolean
is_misdirected (IsmbRouter *self, const char *account, gboolean bare, const IsmbFrame *frame)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);

  return !bare && message_type (frame) == MESSAGE_NORMAL && resources != NULL &&
         best_priority (resources) >= 0;
}

/* RFC 6121, 8.5.2 and 8.5.4: to a bare address, or to a resource that is not there. */
static void
message_to_account (IsmbRouter *self, const char *account, gboolean bare, IsmbFrame *frame)
{
  switch (message_type (frame))
    {
    case MESSAGE_NORMAL:
    case MESSAGE_CHAT:
      if (is_misdirected (self, account, bare, frame))
        ismb_router_bounce (self, frame, "service-unavailable", NULL);
      else if (!deliver_to_resources (self, account, TRUE, frame))
        keep (self, account, frame);
      break;
    case MESSAGE_HEADLINE:
      if (bare)
        deliver_to_resources (self, account, FALSE, frame);
      break;
    case MESSAGE_GROUPCHAT:
      ismb_router_bounce (self, frame, "service-unavailable", NULL);
      break;
    case MESSAGE_ERROR:
      break;
    }
}

static void
iq_to_listener (IsmbRouter *self, IsmbFrame *frame)
{
  if (is_request (frame))
    ismb_services_answer (self->services, frame);
}

/* Message and iq to an address of ours that is no connected resource. */
static void
route_absent (IsmbRouter *self, const IsmbAddressParts *to, IsmbFrame *frame)
{
  IsmbPart account;

  if (ismb_routes_is_blocked (self->routes, frame->to, frame->from))
    ismb_router_bounce (self, frame, "service-unavailable", NULL);
  else if (frame->kind == ISMB_FRAME_MESSAGE)
    {
      ismb_routes_copy_part (account, frame->to, to->local);
      if (to->local > 0)
        message_to_account (self, account, to->resource == 0, frame);
      else
        ismb_router_bounce (self, frame, "service-unavailable", NULL);
    }
  else if (to->resource == 0)
    iq_to_listener (self, frame);
  else
    ismb_router_bounce (self, frame, "service-unavailable", NULL);
}

static void
route_local (IsmbRouter *self, const IsmbAddressParts *to, IsmbFrame *frame)
{
  IsmbResource *resource = to->resource > 0 ? ismb_routes_lookup (self->routes, frame->to) : NULL;

  if (resource == NULL)
    route_absent (self, to, frame);
  else if (G_LIKELY (resource->blocks == NULL) ||
           !ismb_blocklist_matches (resource->blocks, frame->from))
    deliver (self, resource, frame);
  else
    ismb_router_bounce (self, frame, "service-unavailable", NULL);
}

/* Message or iq from a local resource, to whomever. */
static void
route (IsmbRouter *self, IsmbFrame *frame)
{
  IsmbAddressParts to;

  ismb_address_split (frame->to, &to);
  if (is_ours (self, frame->to, &to))
    route_local (self, &to, frame);
  else if (!ismb_routes_deliver (self->routes, frame))
    ismb_router_bounce (self, frame, "remote-server-not-found",
                        ismb_routes_get_trouble (self->routes));
}

/* RFC 6120, 10.3: what has no `to` is for the sender's own account. */
static void
route_to_self (IsmbRouter *self, IsmbResource *resource, IsmbFrame *frame)
{
  char own[ISMB_ADDRESS_MAX + 1];
  g_autoptr (IsmbFrame) addressed = NULL;

  g_snprintf (own, sizeof own, "%s@%s", resource->account, self->domain);
  addressed = ismb_frame_readdress (frame, frame->from, own);
  route (self, addressed);
}

static gboolean
has_blocked (const IsmbResource *resource, const char *to)
{
  return to != NULL && ismb_blocklist_matches (resource->blocks, to);
}

/* XEP-0191, 3.3. */
static void
refuse_blocked (IsmbRouter *self, const IsmbFrame *frame)
{
  g_autoptr (IsmbFrame) refusal = ismb_blocking_make_refusal (frame);

  if (refusal != NULL)
    ismb_routes_deliver (self->routes, refusal);
}

void
ismb_router_from_session (IsmbRouter *self, IsmbResource *resource, IsmbFrame *frame)
{
  const char *fault = find_fault (frame);

  if (fault != NULL)
    ismb_router_bounce (self, frame, fault, NULL);
  else if (G_UNLIKELY (resource->blocks != NULL) && has_blocked (resource, frame->to))
    refuse_blocked (self, frame);
  else if (frame->kind == ISMB_FRAME_PRESENCE)
    ismb_presence_service_outbound (self->presence, resource, frame);
  else if (frame->to != NULL)
    route (self, frame);
  else
    route_to_self (self, resource, frame);
}

void
ismb_router_from_link (IsmbRouter *self, IsmbFrame *frame)
{
  const char *fault = find_fault (frame);
  IsmbAddressParts to;

  if (fault != NULL)
    {
      ismb_router_bounce (self, frame, fault, NULL);
      return;
    }
  ismb_address_split (frame->to, &to);
  if (frame->kind == ISMB_FRAME_PRESENCE)
    ismb_presence_service_inbound (self->presence, frame);
  else
    route_local (self, &to, frame);
}

/* It was on its way to a resource that was there, so any other will do; a headline went to whoever
 * is there as well already. */
static void
return_message (IsmbRouter *self, const IsmbAddressParts *to, IsmbFrame *message)
{
  IsmbResource *resource = to->resource > 0 ? ismb_routes_lookup (self->routes, message->to) : NULL;
  IsmbPart account;

  if (resource != NULL)
    deliver (self, resource, message);
  else if (to->local > 0 && message_type (message) != MESSAGE_HEADLINE)
    message_to_account (self, ismb_routes_copy_part (account, message->to, to->local), TRUE,
                        message);
}

void
ismb_router_return (IsmbRouter *self, IsmbFrame *frame)
{
  IsmbAddressParts to;

  if (frame->to == NULL)
    return;
  ismb_address_split (frame->to, &to);
  if (!is_ours (self, frame->to, &to))
    return;
  if (frame->kind == ISMB_FRAME_MESSAGE)
    return_message (self, &to, frame);
  else if (frame->kind == ISMB_FRAME_IQ)
    ismb_router_bounce (self, frame, "service-unavailable", NULL);
}
