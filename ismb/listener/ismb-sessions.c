/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.sessions"

#include "config.h"
#include "ismb/listener/ismb-sessions.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-address.h"
#include "ismb/listener/ismb-crowd.h"
#include "ismb/net/ismb-caller.h"

#define SESSIONS_MAX 20000
#define RESOURCES_MIN 64            /* an account may always have so many sessions */
#define RESOURCES_SHARE 16          /* else this part of all */
#define PLACES_KEPT 16              /* for root and our own user, on the unix socket */
#define GUESS_PACE (3 * G_USEC_PER_SEC)
#define GUESS_BURST 10              /* wrong passwords of one source that may come together */
#define UNBOUND_MAX 1024            /* addresses that are remembered */
#define RESUME_TIME 300             /* seconds, unless configured otherwise */
#define SLEEPERS_MAX 4096           /* sessions without a stream, for which this much is kept: */
#define SLEEPERS_BYTES (64u << 20)
#define SLEEPERS_OF_ACCOUNT 64
#define BYTES_OF_ACCOUNT (16u << 20)
#define REVIEW_MAX 60000            /* ms between two looks at certificates: a clock may be set */
#define DESCRIPTORS_KEPT 256        /* for everything that is neither session nor stranger */

struct _IsmbSessions
{
  GObject parent_instance;

  IsmbSessionContext context;
  IsmbPresenceService *presence;
  IsmbRouter *router;
  IsmbRequireTls require_tls;
  guint limit;
  char *own_user;                   /* whom we run as, or NULL */
  GHashTable *guests;               /* set of Guest, owned */
  IsmbCrowd *strangers;             /* of Guest */
  GHashTable *unbound;              /* set of sources, owned, that sign in without binding */
  IsmbWatch review;                 /* no descriptor: when certificates are looked at next */
};

G_DEFINE_FINAL_TYPE (IsmbSessions, ismb_sessions, G_TYPE_OBJECT)

/* A session, and what only its host needs to know of it. */
typedef struct
{
  IsmbSessions *sessions;
  IsmbSession *session;
  IsmbCrowdPlace place;             /* until it is authenticated */
  IsmbProof *proof;                 /* what its certificate has proven, if it came by one */
} Guest;

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  ismb_crowd_leave (&guest->place);
  ismb_session_part (guest->session);
  g_clear_pointer (&guest->proof, ismb_proof_free);
  g_free (guest);
}

static void
ismb_sessions_dispose (GObject *object)
{
  IsmbSessions *self = ISMB_SESSIONS (object);

  g_clear_pointer (&self->guests, g_hash_table_unref);
  g_clear_pointer (&self->strangers, ismb_crowd_free);
  g_clear_pointer (&self->unbound, g_hash_table_unref);
  g_clear_pointer (&self->own_user, g_free);
  g_clear_pointer (&self->context.dormitory, ismb_dormitory_free);
  g_clear_object (&self->router);
  g_clear_object (&self->presence);
  g_clear_pointer (&self->context.penalties, ismb_penalties_free);
  g_clear_object (&self->context.fabric);
  g_clear_object (&self->context.routes);
  g_clear_object (&self->context.registration);
  g_clear_object (&self->context.accounts);
  if (self->context.poller != NULL)
    ismb_poller_remove (self->context.poller, &self->review);
  g_clear_object (&self->context.poller);
  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  G_OBJECT_CLASS (ismb_sessions_parent_class)->dispose (object);
}

static void
ismb_sessions_class_init (IsmbSessionsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_sessions_dispose;
}

static void
on_evicted (gpointer session)
{
  ismb_session_expire (session);
}

static void on_review (IsmbWatch *watch);

static void
ismb_sessions_init (IsmbSessions *self)
{
  static const IsmbDormitoryBounds bounds = {
    .sleepers = SLEEPERS_MAX,
    .account_sleepers = SLEEPERS_OF_ACCOUNT,
    .bytes = SLEEPERS_BYTES,
    .account_bytes = BYTES_OF_ACCOUNT,
  };

  self->context.dormitory = ismb_dormitory_new (&bounds, on_evicted);
  self->context.resume_time = RESUME_TIME;
  self->guests = g_hash_table_new_full (NULL, NULL, guest_free, NULL);
  self->strangers = ismb_crowd_new ();
  self->context.penalties = ismb_penalties_new_paced (GUESS_PACE, GUESS_BURST);
  self->unbound = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->review.deadline = on_review;
}

/* Beside the sessions there are an eighth for strangers at the other door, and what else is open.
 */
static guint
find_limit (void)
{
  guint descriptors = ismb_crowd_count_descriptors ();
  guint rest = descriptors - descriptors / 8;

  return CLAMP (rest > 2 * DESCRIPTORS_KEPT ? rest - DESCRIPTORS_KEPT : rest / 2, 2 * PLACES_KEPT,
                SESSIONS_MAX);
}

/* By a look-up that a slow directory service may hold up. */
static char *
dup_user (uid_t uid)
{
  struct passwd entry, *found = NULL;
  char buffer[4096];

  if (getpwuid_r (uid, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
    return NULL;
  return g_strdup (found->pw_name);
}

IsmbSessions *
ismb_sessions_new (IsmbPoller *poller, IsmbRoutes *routes, IsmbAccounts *accounts,
                   IsmbPresenceService *presence, IsmbRouter *router, IsmbRequireTls require_tls)
{
  IsmbSessions *self = g_object_new (ISMB_TYPE_SESSIONS, NULL);

  self->context.poller = g_object_ref (poller);
  self->context.routes = g_object_ref (routes);
  self->context.accounts = g_object_ref (accounts);
  self->presence = g_object_ref (presence);
  self->router = g_object_ref (router);
  self->require_tls = require_tls;
  self->limit = find_limit ();
  self->own_user = dup_user (geteuid ());
  self->context.stanza_max = ISMB_SESSION_LIMIT_ACCOUNT;
  self->context.resources_max = MAX (RESOURCES_MIN, self->limit / RESOURCES_SHARE);
  return self;
}

void
ismb_sessions_set_tls (IsmbSessions *self, IsmbTlsContext *tls)
{
  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  if (tls != NULL)
    self->context.tls = ismb_tls_context_ref (tls);
}

void
ismb_sessions_set_registration (IsmbSessions *self, IsmbRegistration *registration)
{
  g_set_object (&self->context.registration, registration);
}

void
ismb_sessions_set_capabilities (IsmbSessions *self, const char *hash)
{
  self->context.capabilities = g_intern_string (hash);
}

void
ismb_sessions_set_stanza_max (IsmbSessions *self, gsize bytes)
{
  self->context.stanza_max = bytes;
}

void
ismb_sessions_set_resume_time (IsmbSessions *self, guint seconds)
{
  self->context.resume_time = seconds;
}


/* Who came by a certificate stays no longer than that is good. */

/* Milliseconds until the next one ends; 0: there is none. */
static guint
find_next_end (IsmbSessions *self)
{
  gint64 now = ismb_clock_now (ismb_fabric_get_clock (self->context.fabric)), next = G_MAXINT64;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (((Guest *) key)->proof != NULL)
      next = MIN (next, ((Guest *) key)->proof->expiry);
  if (next == G_MAXINT64)
    return 0;
  return (guint) CLAMP ((next - now) * 1000, 500, REVIEW_MAX);
}

static void
review (IsmbSessions *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Guest *guest = key;

      if (guest->proof == NULL
          || ismb_fabric_still_vouches (self->context.fabric, guest->proof))
        continue;
      g_message ("the certificate of %s does not hold any more: its session ends",
                 ismb_session_get_account (guest->session));
      g_clear_pointer (&guest->proof, ismb_proof_free);
      ismb_session_close (guest->session, "not-authorized", "the certificate has ended");
    }
  ismb_poller_set_deadline (self->context.poller, &self->review, find_next_end (self));
}

static void
on_review (IsmbWatch *watch)
{
  review ((IsmbSessions *) ((char *) watch - G_STRUCT_OFFSET (IsmbSessions, review)));
}

void
ismb_sessions_set_fabric (IsmbSessions *self, IsmbFabric *fabric, const char *virtual_router)
{
  g_set_object (&self->context.fabric, fabric);
  g_signal_connect_object (fabric, "revoked", G_CALLBACK (review), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (fabric, "changed", G_CALLBACK (review), self, G_CONNECT_SWAPPED);
  self->context.virtual_router = g_intern_string (virtual_router);
}

static void
on_authenticated (IsmbSession *session, const IsmbProof *proof, gpointer owner)
{
  Guest *guest = owner;
  IsmbSessions *self = guest->sessions;

  ismb_crowd_leave (&guest->place);
  if (proof == NULL)
    return;
  guest->proof = ismb_proof_copy (proof);
  ismb_poller_set_deadline (self->context.poller, &self->review, find_next_end (self));
}

static void
on_taken_over (IsmbSession *session, gpointer owner, gpointer newcomers_owner)
{
  Guest *guest = owner, *newcomer = newcomers_owner;

  g_clear_pointer (&guest->proof, ismb_proof_free);
  guest->proof = g_steal_pointer (&newcomer->proof);
}

/* Said once for each address: such clients come again and again. */
static void
on_unbound (IsmbSession *session, gpointer owner)
{
  Guest *guest = owner;
  IsmbSessions *self = guest->sessions;

  if (g_hash_table_size (self->unbound) >= UNBOUND_MAX)
    g_hash_table_remove_all (self->unbound);
  if (g_hash_table_add (self->unbound, g_strdup (guest->place.source)))
    g_warning ("%s wants to bind to tls-unique, which TLS 1.3 does not have, and signs in without "
               "channel binding: it is safe if it verifies our certificate", guest->place.source);
}

static void
on_frame (IsmbSession *session, IsmbResource *resource, IsmbFrame *frame, gpointer owner)
{
  Guest *guest = owner;

  ismb_router_from_session (guest->sessions->router, resource, frame);
}

static void
on_undeliverable (IsmbFrame *frame, const char *condition, gpointer owner)
{
  Guest *guest = owner;

  ismb_router_bounce (guest->sessions->router, frame, condition, "it reads too slowly");
}

static void
on_returned (IsmbFrame *frame, gpointer owner)
{
  Guest *guest = owner;

  ismb_router_return (guest->sessions->router, frame);
}

static gboolean
on_hold (IsmbFrame *message, gpointer owner)
{
  Guest *guest = owner;
  IsmbMailbox *mailbox = ismb_router_get_mailbox (guest->sessions->router);

  return mailbox == NULL ||
         ismb_mailbox_hold (mailbox, ismb_session_get_account (guest->session), message);
}

static void
on_release (IsmbFrame *message, gpointer owner)
{
  Guest *guest = owner;
  IsmbMailbox *mailbox = ismb_router_get_mailbox (guest->sessions->router);

  if (mailbox == NULL)
    ismb_frame_set_receipt (message, NULL);
  else
    ismb_mailbox_release (mailbox, ismb_session_get_account (guest->session), message);
}

static void
on_leaving (IsmbSession *session, IsmbResource *resource, gpointer owner)
{
  Guest *guest = owner;

  ismb_presence_service_gone (guest->sessions->presence, resource);
}

static void
on_closed (IsmbSession *session, gpointer owner)
{
  Guest *guest = owner;

  g_hash_table_remove (guest->sessions->guests, guest);
}

static const IsmbSessionCallbacks session_callbacks = {
  .authenticated = on_authenticated,
  .taken_over = on_taken_over,
  .unbound = on_unbound,
  .frame = on_frame,
  .delivery = { on_undeliverable, on_returned, on_hold, on_release },
  .leaving = on_leaving,
  .closed = on_closed,
};

/* What a password alone opens: the switch's own account, and those that last as long as a process.
 */
static gboolean
may_be_external (IsmbSessions *self, const char *name)
{
  IsmbRole role;

  return ismb_accounts_get_role (self->context.accounts, name, &role) && role != ISMB_ROLE_SWITCH &&
         ismb_accounts_is_kept (self->context.accounts, name);
}

/* The account that the user on the other end of a unix socket may be without a password: the one of
 * the same name, where he manages this switch anyway. Names of accounts are chosen freely, so a
 * name alone proves nothing: a system's user `backup` is not the `backup` of an operator. */
static char *
find_external (IsmbSessions *self, uid_t uid)
{
  gboolean own = uid == geteuid ();
  g_autofree char *other = !own && ismb_caller_is_manager (uid) ? dup_user (uid) : NULL;
  const char *user = own ? self->own_user : other;
  g_autoptr (GString) prepared = g_string_new (NULL);
  g_autofree char *address = NULL;
  IsmbAddressParts parts;

  if (user == NULL)
    return NULL;
  address = g_strdup_printf ("%s@%s", user, ismb_routes_get_domain (self->context.routes));
  if (!ismb_address_prepare (address, strlen (address), prepared, &parts, NULL) || parts.local == 0)
    return NULL;
  g_string_truncate (prepared, parts.local);
  if (!may_be_external (self, prepared->str))
    return NULL;
  return g_string_free (g_steal_pointer (&prepared), FALSE);
}

/* Whoever guesses passwords has fewer places to guess from; nobody else's door narrows. */
static gboolean
admits (IsmbSessions *self, const IsmbSource *source)
{
  if (source->unix_socket ||
      ismb_penalties_allows (self->context.penalties, source->key, g_get_monotonic_time ()))
    return ismb_crowd_admits (self->strangers, source);
  return ismb_crowd_admits_suspect (self->strangers, source);
}

static gboolean
has_room (IsmbSessions *self, const IsmbSource *source)
{
  gboolean ours = source->unix_socket && (source->uid == 0 || source->uid == geteuid ());
  guint places = ours ? self->limit : self->limit - PLACES_KEPT;

  return admits (self, source) &&
         g_hash_table_size (self->guests) - ismb_sessions_get_sleeping (self) < places;
}

static void
evict_oldest (IsmbSessions *self)
{
  Guest *guest = ismb_crowd_get_excess (self->strangers);

  if (guest == NULL)
    return;
  g_debug ("too many strangers: the oldest, of %s, goes", guest->place.source);
  g_hash_table_remove (self->guests, guest);
}

static gboolean
must_encrypt (IsmbSessions *self, const IsmbSource *source)
{
  if (source->unix_socket)
    return FALSE;
  return self->require_tls == ISMB_REQUIRE_TLS_ALWAYS ||
         (self->require_tls == ISMB_REQUIRE_TLS_REMOTE && !source->local);
}

static void
admit (IsmbSessions *self, int fd, const IsmbSource *source)
{
  g_autofree char *external = source->unix_socket ? find_external (self, source->uid) : NULL;
  IsmbSessionOrigin origin = {
    .fd = fd,
    .source = source->address,
    .key = source->unix_socket ? NULL : source->key,
    .external = external,
    .local = source->unix_socket,
    .own = source->unix_socket && source->uid == geteuid (),
    .require_tls = must_encrypt (self, source),
  };
  Guest *guest = g_new0 (Guest, 1);

  guest->sessions = self;
  ismb_crowd_join (self->strangers, &guest->place, guest, source);
  g_hash_table_add (self->guests, guest);
  guest->session = ismb_session_new (&self->context, &origin, &session_callbacks, guest);
}

void
ismb_sessions_accept (int fd, const struct sockaddr *address, gpointer user_data)
{
  IsmbSessions *self = ISMB_SESSIONS (user_data);
  IsmbSource source;

  ismb_source_init (&source, fd, address);
  if (!has_room (self, &source))
    {
      g_debug ("no room for another connection of %s", source.address);
      close (fd);
      return;
    }
  evict_oldest (self);
  admit (self, fd, &source);
}

guint
ismb_sessions_get_sleeping (IsmbSessions *self)
{
  return ismb_dormitory_count (self->context.dormitory);
}

void
ismb_sessions_cut (IsmbSessions *self, IsmbOwnAddresses *remaining)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    ismb_session_cut (((Guest *) key)->session, remaining);
}

void
ismb_sessions_close_others (IsmbSessions *self, const char *account, IsmbSink *spared)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      IsmbSession *session = ((Guest *) key)->session;

      if (ISMB_SINK (session) != spared
          && g_strcmp0 (ismb_session_get_account (session), account) == 0)
        ismb_session_close (session, "reset", "the password was changed");
    }
}

void
ismb_sessions_close (IsmbSessions *self, const char *account, const char *condition,
                     const char *text)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Guest *guest = key;

      if (account == NULL || g_strcmp0 (ismb_session_get_account (guest->session), account) == 0)
        ismb_session_close (guest->session, condition, text);
    }
}
