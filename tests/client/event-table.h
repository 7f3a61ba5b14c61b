/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"

G_BEGIN_DECLS

/* What a scripted server says, and which events a client makes of it. */

#define EVENT_TABLE_JID "alice@switch.test"

typedef void (*EventDeed) (IsmbClient *client);

/* `events`: each with the kind of its payload, e.g. "session_start message:Message". */
typedef struct
{
  const char *path;
  const char *events;
  const char *lines[16];  /* behind the login, or, with `alone`, all there are */
  EventDeed deed;
  const char *at;         /* the event; NULL: once the login is over */
  gboolean signs_in;      /* the lines do, in place of a login in front of them */
  gboolean alone;         /* the events of the login count as well */
  gboolean clear;         /* no TLS is wanted */
  gboolean trusts_nobody; /* whom the system does not */
  gboolean comes_back;    /* by itself */
  gboolean closes;        /* once it is resumed */
  const char *jid;        /* NULL: ours */
  const char *plugin;     /* beside those that every client has */
  const char *setting;    /* of the plugin: what is to be TRUE */
} EventRow;

/* As a test of its own, /events/PATH. */
void event_table_add (const EventRow *row);

G_END_DECLS
