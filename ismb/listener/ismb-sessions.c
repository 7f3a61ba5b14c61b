/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.sessions"

#include "config.h"
#include "ismb/listener/ismb-sessions.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ismb/core/ismb-address.h"
#include "ismb/net/ismb-caller.h"

#define SESSIONS_MAX 20000
#define DESCRIPTORS_KEPT 256        /* for everything that is no session */
#define STRANGERS_MAX 1024 /* not authenticated yet; the oldest goes where a newer one comes */
#define STRANGERS_PER_SOURCE 64
#define STRANGERS_PER_LOCAL 512     /* a host's own programs may all start at once */

struct _IsmbSessions
{
  GObject parent_instance;

  IsmbSessionContext context;
  IsmbPresenceService *presence;
  IsmbRouter *router;
  IsmbRequireTls require_tls;
  guint limit;
  GHashTable *guests;               /* set of Guest, owned */
  GQueue strangers;                 /* of Guest, by their `waiting`, oldest first */
  GHashTable *sources;              /* source, owned, to the number of its strangers */
};

G_DEFINE_FINAL_TYPE (IsmbSessions, ismb_sessions, G_TYPE_OBJECT)

/* A session, and what only its host needs to know of it. */
typedef struct
{
  IsmbSessions *sessions;
  IsmbSession *session;
  char *source;                     /* until it is authenticated */
  GList waiting; /* its place among the strangers, as long as `source` is there */
} Guest;

/* Where a connection comes from, in the two forms that are needed. */
typedef struct
{
  char address[INET6_ADDRSTRLEN + 8]; /* for people */
  char key[INET6_ADDRSTRLEN + 8];     /* for counting */
  gboolean unix_socket;
  gboolean local;                     /* this host */
} Source;

static void
forget_source (IsmbSessions *self, const char *source)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->sources, source));

  if (count > 1)
    g_hash_table_replace (self->sources, g_strdup (source), GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (self->sources, source);
}

/* No stranger any more: authenticated, or gone. */
static void
stop_waiting (Guest *guest)
{
  if (guest->source == NULL)
    return;
  g_queue_unlink (&guest->sessions->strangers, &guest->waiting);
  forget_source (guest->sessions, guest->source);
  g_clear_pointer (&guest->source, g_free);
}

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  stop_waiting (guest);
  ismb_session_part (guest->session);
  g_free (guest);
}

static void
ismb_sessions_dispose (GObject *object)
{
  IsmbSessions *self = ISMB_SESSIONS (object);

  g_clear_pointer (&self->guests, g_hash_table_unref);
  g_clear_pointer (&self->sources, g_hash_table_unref);
  g_clear_object (&self->router);
  g_clear_object (&self->presence);
  g_clear_object (&self->context.routes);
  g_clear_object (&self->context.accounts);
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
ismb_sessions_init (IsmbSessions *self)
{
  self->guests = g_hash_table_new_full (NULL, NULL, guest_free, NULL);
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->strangers);
}

static guint
find_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= SESSIONS_MAX + DESCRIPTORS_KEPT)
    return SESSIONS_MAX;
  return limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? (guint) limit.rlim_cur - DESCRIPTORS_KEPT
                                               : (guint) limit.rlim_cur / 2;
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
  return self;
}

void
ismb_sessions_set_tls (IsmbSessions *self, IsmbTlsContext *tls)
{
  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  if (tls != NULL)
    self->context.tls = ismb_tls_context_ref (tls);
}

static void
on_authenticated (IsmbSession *session, gpointer owner)
{
  stop_waiting (owner);
}

static void
on_frame (IsmbSession *session, IsmbResource *resource, IsmbFrame *frame, gpointer owner)
{
  Guest *guest = owner;

  ismb_router_from_session (guest->sessions->router, resource, frame);
}

static void
on_undeliverable (IsmbSession *session, IsmbFrame *frame, const char *condition, gpointer owner)
{
  Guest *guest = owner;

  ismb_router_bounce (guest->sessions->router, frame, condition, "it reads too slowly");
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
  .frame = on_frame,
  .undeliverable = on_undeliverable,
  .leaving = on_leaving,
  .closed = on_closed,
};

static void
describe_unix (int fd, Source *source, uid_t *uid)
{
  struct ucred peer = { .uid = (uid_t) -1 };
  socklen_t length = sizeof peer;

  getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  *uid = peer.uid;
  source->unix_socket = source->local = TRUE;
  g_snprintf (source->address, sizeof source->address, "uid %u", (guint) peer.uid);
  g_strlcpy (source->key, source->address, sizeof source->key);
}

static void
describe_v4 (const struct in_addr *address, Source *source)
{
  inet_ntop (AF_INET, address, source->address, sizeof source->address);
  g_strlcpy (source->key, source->address, sizeof source->key);
  source->local = ntohl (address->s_addr) >> 24 == 127;
}

/* Whoever has one address of a /64 has them all, so it is the network that is counted. */
static void
describe_v6 (const struct in6_addr *address, Source *source)
{
  struct in6_addr network = *address;
  struct in_addr mapped;

  if (IN6_IS_ADDR_V4MAPPED (address))
    {
      memcpy (&mapped, address->s6_addr + 12, sizeof mapped);
      describe_v4 (&mapped, source);
      return;
    }
  source->local = IN6_IS_ADDR_LOOPBACK (address);
  if (!source->local && !IN6_IS_ADDR_LINKLOCAL (address))
    memset (network.s6_addr + 8, 0, 8);
  inet_ntop (AF_INET6, address, source->address, sizeof source->address);
  inet_ntop (AF_INET6, &network, source->key, sizeof source->key);
}

static void
describe (int fd, const struct sockaddr *address, Source *source, uid_t *uid)
{
  if (address->sa_family == AF_INET)
    describe_v4 (&((const struct sockaddr_in *) (const void *) address)->sin_addr, source);
  else if (address->sa_family == AF_INET6)
    describe_v6 (&((const struct sockaddr_in6 *) (const void *) address)->sin6_addr, source);
  else
    describe_unix (fd, source, uid);
}

/* What a password alone opens: the switch's own account, and those that last as long as a process. */
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
  struct passwd entry, *found = NULL;
  char buffer[4096];
  g_autoptr (GString) prepared = g_string_new (NULL);
  g_autofree char *address = NULL;
  IsmbAddressParts parts;

  if (!ismb_caller_is_manager (uid) || getpwuid_r (uid, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
    return NULL;
  address =
      g_strdup_printf ("%s@%s", found->pw_name, ismb_routes_get_domain (self->context.routes));
  if (!ismb_address_prepare (address, strlen (address), prepared, &parts, NULL) || parts.local == 0)
    return NULL;
  g_string_truncate (prepared, parts.local);
  if (!may_be_external (self, prepared->str))
    return NULL;
  return g_string_free (g_steal_pointer (&prepared), FALSE);
}

static gboolean
has_room (IsmbSessions *self, const Source *source)
{
  guint strangers = GPOINTER_TO_UINT (g_hash_table_lookup (self->sources, source->key));
  guint most = source->local ? STRANGERS_PER_LOCAL : STRANGERS_PER_SOURCE;

  return strangers < most && g_hash_table_size (self->guests) < self->limit;
}

static void
evict_oldest (IsmbSessions *self)
{
  Guest *guest = g_queue_peek_head (&self->strangers);

  g_debug ("too many strangers: the oldest, of %s, goes", guest->source);
  g_hash_table_remove (self->guests, guest);
}

static void
start_waiting (Guest *guest, const Source *source)
{
  IsmbSessions *self = guest->sessions;
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->sources, source->key));

  guest->source = g_strdup (source->key);
  guest->waiting.data = guest;
  g_queue_push_tail_link (&self->strangers, &guest->waiting);
  g_hash_table_replace (self->sources, g_strdup (source->key), GUINT_TO_POINTER (count + 1));
}

static gboolean
must_encrypt (IsmbSessions *self, const Source *source)
{
  if (source->unix_socket)
    return FALSE;
  return self->require_tls == ISMB_REQUIRE_TLS_ALWAYS ||
         (self->require_tls == ISMB_REQUIRE_TLS_REMOTE && !source->local);
}

static void
admit (IsmbSessions *self, int fd, const Source *source, uid_t uid)
{
  g_autofree char *external = source->unix_socket ? find_external (self, uid) : NULL;
  IsmbSessionOrigin origin = {
    .fd = fd,
    .source = source->address,
    .external = external,
    .local = source->unix_socket,
    .own = source->unix_socket && uid == geteuid (),
    .require_tls = must_encrypt (self, source),
  };
  Guest *guest = g_new0 (Guest, 1);

  guest->sessions = self;
  start_waiting (guest, source);
  g_hash_table_add (self->guests, guest);
  guest->session = ismb_session_new (&self->context, &origin, &session_callbacks, guest);
}

void
ismb_sessions_accept (int fd, const struct sockaddr *address, gpointer user_data)
{
  IsmbSessions *self = ISMB_SESSIONS (user_data);
  Source source = { 0 };
  uid_t uid = (uid_t) -1;

  describe (fd, address, &source, &uid);
  if (!has_room (self, &source))
    {
      g_debug ("no room for another connection of %s", source.address);
      close (fd);
      return;
    }
  if (self->strangers.length >= STRANGERS_MAX)
    evict_oldest (self);
  admit (self, fd, &source, uid);
}

guint
ismb_sessions_get_count (IsmbSessions *self)
{
  return g_hash_table_size (self->guests) - self->strangers.length;
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
