/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-authorize.h"
#include "ismb/client/ismb-connection.h"
#include "ismb/client/ismb-events.h"
#include "ismb/client/ismb-filters.h"
#include "ismb/client/ismb-inbox.h"
#include "ismb/client/ismb-own-presence.h"
#include "ismb/client/ismb-requests.h"
#include "ismb/client/ismb-roster-wishes.h"
#include "ismb/client/ismb-schedule.h"
#include "ismb/client/ismb-subscribers.h"

G_BEGIN_DECLS

typedef struct _IsmbClient IsmbClient;

/* What a program wishes that is no matter of the connection. */
typedef struct
{
  IsmbAuthorize auto_authorize;
  gboolean auto_subscribe;
  guint response_timeout; /* milliseconds */
  char *default_lang;     /* NULL: none is stamped */
  gboolean use_message_ids, use_presence_ids;
} IsmbClientHabits;

/* What an IsmbClient is made of, for the files that its functions stand in. All but the
 * configuration and the habits are NULL once it is disposed of. */
typedef struct
{
  IsmbConnectionConfig config;
  IsmbClientHabits habits;
  IsmbConnection *connection;
  IsmbOwnPresence *own_presence;
  GSource *presence_told; /* the event sent_presence is due */
  IsmbRoster *roster;
  IsmbRosterWishes *wishes;
  IsmbSubscribers *subscribers;
  IsmbRequests *requests;
  IsmbEvents *events;
  IsmbInbox *inbox;
  IsmbFilters *filters;
  IsmbSchedule *schedule;
  GPtrArray *features;
  /* The plugins stand on a client, and so are none of its parts; but they end with it. */
  gpointer plugins;
  GDestroyNotify free_plugins;
} IsmbClientParts;

IsmbClientParts *_ismb_client_get_parts (IsmbClient *self);
void _ismb_client_install_properties (GObjectClass *klass);
void _ismb_client_clear_properties (GObject *client);
/* Whether an event of that name would reach anybody. */
gboolean _ismb_client_is_heard (IsmbClient *self, const char *event);
/* Those that ismb_client_emit_event () emits behind the handlers of the event. */
void _ismb_client_install_signals (gpointer client_class);

/* Whether a word is one of those; NULL always is. ISMB_ERROR_BAD_STANZA. */
gboolean _ismb_client_check_word (const char *word, const char *const *known, const char *what,
                                  GError **error);
/* The parts that know of presence. */
void _ismb_client_make_roster (IsmbClient *self);
void _ismb_client_drop_roster (IsmbClient *self);
/* What the server says of the roster unasked. */
void _ismb_client_hear_roster (IsmbClient *self);
/* Whether somebody is of this switch or of a member of its fabric; open trust is none. */
gboolean _ismb_client_is_member (IsmbClient *self, IsmbJid *jid);
/* What a presence that left the client says of it. */
void _ismb_client_note_presence (IsmbClient *self, IsmbPresence *presence);

G_END_DECLS
