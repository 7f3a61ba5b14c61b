/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.peers"

#include "config.h"
#include "ismb/listener/ismb-arrivals.h"

#include <unistd.h>

void
ismb_arrivals_init (IsmbArrivals *self, IsmbLinkContext *context, IsmbInboundAdopt adopt,
                    gpointer user_data)
{
  self->context = context;
  self->crowd = ismb_crowd_new ();
  self->adopt = adopt;
  self->user_data = user_data;
}

void
ismb_arrivals_clear (IsmbArrivals *self)
{
  g_clear_pointer (&self->crowd, ismb_crowd_free);
}

static void
report (IsmbArrivals *self, const char *address, const char *outcome)
{
  const IsmbReport line = { "connections", NULL, NULL, address, FALSE, "limit", outcome };

  ismb_link_context_report (self->context, &line);
}

static void
refuse (IsmbArrivals *self, int fd, const char *address)
{
  g_debug ("a connection of %s is refused", address);
  if (self->context->tls != NULL)
    report (self, address, "too many connections from there have not said who they are");
  close (fd);
}

static void
make_room (IsmbArrivals *self)
{
  IsmbInbound *excess = ismb_crowd_get_excess (self->crowd);

  if (excess == NULL)
    return;
  report (self, ismb_inbound_get_address (excess),
          "makes room: too many connections have not said who they are");
  ismb_inbound_close (excess);
}

void
ismb_arrivals_accept (IsmbArrivals *self, int fd, const struct sockaddr *address)
{
  IsmbSource source;

  ismb_source_init (&source, fd, address);
  if (self->context->tls == NULL || !ismb_crowd_admits (self->crowd, &source))
    {
      refuse (self, fd, source.address);
      return;
    }
  make_room (self);
  ismb_inbound_new (self->context, fd, self->crowd, &source, self->adopt, self->user_data);
}

void
ismb_arrivals_close (IsmbArrivals *self)
{
  IsmbInbound *inbound;

  while ((inbound = ismb_crowd_get_oldest (self->crowd)) != NULL)
    ismb_inbound_close (inbound);
}
