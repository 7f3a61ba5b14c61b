/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener"

#include "config.h"
#include "ismb/listener/ismb-listener.h"

#include <sys/resource.h>

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-bell.h"
#include "ismb/listener/ismb-listener-private.h"
#include "ismb/listener/ismb-listener-settings.h"
#include "ismb/listener/ismb-switchboard.h"

/**
 * IsmbListener:
 *
 * One switch's server in one virtual router: local programs and any XMPP client sign in to it, and
 * it exchanges what they send with the listeners of other switches (RFC 6120, RFC 6121).
 *
 * It lives in the main context that was the thread's default when it was started, and blocks it
 * never. A daemon is not needed: any program hosts a bus of its own.
 *
 * ```c
 * g_autoptr (IsmbListener) listener = ismb_listener_new ("VR-Default");
 *
 * g_signal_connect (listener, "session-started", G_CALLBACK (on_session), NULL);
 * if (!ismb_listener_create_account (listener, "ann", "pencil", &error)
 *     || !ismb_listener_start (listener, 5222, &error))
 *   g_error ("%s", error->message);
 * g_main_loop_run (loop);
 * ```
 *
 * Now clients on this host sign in as `ann@localhost`. What is to be otherwise is said by properties
 * before the start: [property@Ismb.Listener:domain], [property@Ismb.Listener:listen] for clients of
 * other hosts, [property@Ismb.Listener:c2s-path] for a unix socket. Accounts and rosters of such a
 * listener are gone with it.
 *
 * Who comes and goes is told by [signal@Ismb.Listener::session-started] and
 * [signal@Ismb.Listener::session-ended], and how many there are by
 * [property@Ismb.Listener:session-count]; of other listeners, which
 * [method@Ismb.Listener.add_peer] makes known, by [signal@Ismb.Listener::peer-found],
 * [signal@Ismb.Listener::peer-changed], [signal@Ismb.Listener::peer-lost] and
 * [property@Ismb.Listener:peer-count]. A handler may do anything but stop the listener.
 */
struct _IsmbListener
{
  GObject parent_instance;

  IsmbListenerSettings settings;

  IsmbVirtualRouter *place;
  IsmbStore *store;
  IsmbFabric *fabric;
  IsmbAccounts *accounts;
  IsmbRosters *rosters;
  IsmbProfiles *profiles;
  IsmbBlocklists *blocklists;
  IsmbNeighbours *neighbours;
  IsmbOffline *offline;
  IsmbReporter reporter; /* or NULL */
  gpointer reporter_data;

  gboolean patient;
  char *waiting_for; /* or NULL */

  IsmbSwitchboard *board; /* while it runs */
  IsmbBell *bell;         /* as long as that */
};

G_DEFINE_FINAL_TYPE (IsmbListener, ismb_listener, G_TYPE_OBJECT)

static void
ismb_listener_dispose (GObject *object)
{
  IsmbListener *self = ISMB_LISTENER (object);

  ismb_listener_stop (self);
  g_clear_object (&self->blocklists);
  g_clear_object (&self->profiles);
  g_clear_object (&self->neighbours);
  g_clear_object (&self->offline);
  g_clear_object (&self->rosters);
  g_clear_object (&self->accounts);
  g_clear_object (&self->fabric);
  g_clear_object (&self->store);
  g_clear_object (&self->place);
  G_OBJECT_CLASS (ismb_listener_parent_class)->dispose (object);
}

static void
ismb_listener_finalize (GObject *object)
{
  IsmbListener *self = ISMB_LISTENER (object);

  _ismb_listener_settings_clear (&self->settings);
  G_OBJECT_CLASS (ismb_listener_parent_class)->finalize (object);
}

static guint
count_peers (IsmbListener *self)
{
  return self->board != NULL ? ismb_peers_get_count (ismb_switchboard_get_peers (self->board)) : 0;
}

static void
ismb_listener_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbListener *self = ISMB_LISTENER (object);

  if (_ismb_listener_settings_get (&self->settings, id, value))
    return;
  switch (id)
    {
    case ISMB_BELL_SESSION_COUNT:
      g_value_set_uint (value, ismb_listener_get_sessions (self));
      break;
    case ISMB_BELL_PEER_COUNT:
      g_value_set_uint (value, count_peers (self));
      break;
    case ISMB_BELL_WAITING_FOR:
      g_value_set_string (value, self->waiting_for);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_listener_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (!_ismb_listener_settings_set (&ISMB_LISTENER (object)->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ismb_listener_class_init (IsmbListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ismb_listener_dispose;
  object_class->finalize = ismb_listener_finalize;
  object_class->get_property = ismb_listener_get_property;
  object_class->set_property = ismb_listener_set_property;
  _ismb_listener_settings_install (object_class);
  ismb_bell_install (object_class);
}

static void
ismb_listener_init (IsmbListener *self)
{
  _ismb_listener_settings_init (&self->settings);
}

/**
 * ismb_listener_new:
 * @virtual_router: the name of the virtual router it is for
 *
 * Makes a listener that does nothing yet.
 *
 * Returns: (transfer full): the listener
 */
IsmbListener *
ismb_listener_new (const char *virtual_router)
{
  g_return_val_if_fail (virtual_router != NULL, NULL);
  return g_object_new (ISMB_TYPE_LISTENER, "virtual-router", virtual_router, NULL);
}

/* The next account of that name inherits nothing. After the switchboard's handler, which still
 * needs the roster to tell its contacts. */
static void
on_account_removed (IsmbListener *self, const char *name)
{
  ismb_rosters_remove_account (self->rosters, name);
}

static gboolean
load_accounts (IsmbListener *self, GError **error)
{
  g_autoptr (IsmbAccounts) accounts = ismb_accounts_load (self->store, error);

  if (accounts == NULL)
    return FALSE;
  self->rosters = ismb_rosters_load (self->store, accounts, error);
  if (self->rosters == NULL)
    return FALSE;
  self->profiles = ismb_profiles_load (self->store, accounts, error);
  if (self->profiles == NULL)
    return FALSE;
  self->blocklists = ismb_blocklists_load (self->store, accounts, error);
  if (self->blocklists == NULL)
    return FALSE;
  self->neighbours = ismb_neighbours_load (self->store, error);
  if (self->neighbours == NULL)
    return FALSE;
  self->offline = ismb_offline_load (self->store, accounts, self->settings.offline_messages,
                                     self->settings.offline_bytes, error);
  if (self->offline == NULL)
    return FALSE;
  self->accounts = g_steal_pointer (&accounts);
  g_signal_connect_object (self->accounts, "removed", G_CALLBACK (on_account_removed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  return TRUE;
}

static gboolean
ensure_accounts (IsmbListener *self, GError **error)
{
  if (self->store == NULL)
    self->store = ismb_store_open (NULL, error);
  return self->store != NULL && (self->accounts != NULL || load_accounts (self, error));
}

/* Thousands of streams want thousands of descriptors; the hard limit is what the host grants us. */
static void
raise_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    g_debug ("the number of open files stays limited");
}

static IsmbTrust
own_trust (IsmbListener *self)
{
  if (self->fabric == NULL)
    return ISMB_TRUST_PENDING;
  if (ismb_fabric_get_mode (self->fabric) == ISMB_FABRIC_OPEN)
    return ISMB_TRUST_OPEN;
  return ismb_fabric_is_member (self->fabric) ? ISMB_TRUST_MEMBER : ISMB_TRUST_PENDING;
}

static IsmbPeer *
describe_self (IsmbListener *self)
{
  const char *id = self->fabric != NULL
                       ? ismb_identity_get_full_id (ismb_fabric_get_identity (self->fabric))
                       : NULL;
  g_auto (GStrv) addresses
      = self->place != NULL ? ismb_virtual_router_list_addresses (self->place) : NULL;

  return ismb_peer_new (ismb_switchboard_get_domain (self->board), self->settings.virtual_router,
                        id, (const char *const *) addresses, ismb_listener_get_s2s_port (self),
                        own_trust (self), ISMB_LINK_STATE_UP, TRUE);
}

static void
on_outside_changed (IsmbListener *self)
{
  const char *lack = ismb_switchboard_get_lack (self->board);
  g_autoptr (IsmbPeer) own = describe_self (self);

  if (g_strcmp0 (lack, self->waiting_for) != 0)
    {
      g_free (self->waiting_for);
      self->waiting_for = g_strdup (lack);
      g_object_notify (G_OBJECT (self), "waiting-for");
    }
  g_signal_emit_by_name (self, "peer-changed", own);
}

static IsmbSwitchboard *
make_board (IsmbListener *self, const char *domain, guint16 port, GError **error)
{
  IsmbSwitchboardPlan plan = {
    .domain = domain,
    .accounts = self->accounts,
    .store = self->store,
    .rosters = self->rosters,
    .profiles = self->profiles,
    .blocklists = self->blocklists,
    .neighbours = self->neighbours,
    .offline = self->offline,
    .fabric = self->fabric,
    .reporter = self->reporter,
    .reporter_data = self->reporter_data,
    .settings = &self->settings,
    .c2s_port = port,
    .patient = self->patient,
  };

  if (!_ismb_listener_settings_parse_tls (&self->settings, &plan.require_tls, error) ||
      !_ismb_listener_settings_parse_registration (&self->settings, &plan.registration, error) ||
      !_ismb_listener_settings_parse_federation (&self->settings, domain, &plan.foreigners, error))
    return NULL;
  if (self->place == NULL)
    self->place = ismb_virtual_router_new (self->settings.virtual_router, NULL, NULL);
  plan.place = self->place;
  raise_descriptors ();
  return ismb_switchboard_new (&plan, error);
}

/**
 * ismb_listener_start:
 * @self: the listener
 * @port: the TCP port for clients; 0 for any free one
 * @error: return location for a #GError
 *
 * Starts listening, in the thread's default main context of now. On failure nothing is left open. A
 * listener that runs already keeps running as it is.
 *
 * Fails with [error@Ismb.Error.BAD_CONFIG] or [error@Ismb.Error.BAD_ADDRESS] where a property's
 * value cannot be, with [error@Ismb.Error.EXISTS] where another program has the port or the path,
 * and with [error@Ismb.Error.NOT_ALLOWED] where we may not have it.
 *
 * Returns: the TCP port for clients, or 0 with @error set; where [property@Ismb.Listener:listen] is
 *   empty, 0 without an error
 */
guint16
ismb_listener_start (IsmbListener *self, guint16 port, GError **error)
{
  g_autofree char *domain = NULL;

  g_return_val_if_fail (ISMB_IS_LISTENER (self), 0);
  if (self->board != NULL)
    return ismb_listener_get_c2s_port (self);
  domain = _ismb_listener_settings_prepare_domain (&self->settings, error);
  if (domain == NULL || !ensure_accounts (self, error))
    return 0;
  self->board = make_board (self, domain, port, error);
  if (self->board == NULL)
    return 0;
  self->waiting_for = g_strdup (ismb_switchboard_get_lack (self->board));
  self->bell = ismb_bell_new (G_OBJECT (self), self->board);
  g_signal_connect_object (self->board, "outside-changed", G_CALLBACK (on_outside_changed), self,
                           G_CONNECT_SWAPPED);
  return ismb_listener_get_c2s_port (self);
}

/**
 * ismb_listener_stop:
 * @self: the listener
 *
 * Closes ports and streams, telling clients and peers that the system shuts down (RFC 6120,
 * 4.9.3.19), and forgets the peers; accounts stay. A listener that does not run is left as it is.
 * It may be started again. The last words go out while the main context runs on, for five seconds
 * at most. Not to be called from inside one of its signals.
 */
void
ismb_listener_stop (IsmbListener *self)
{
  g_autoptr (IsmbSwitchboard) board = NULL;

  g_return_if_fail (ISMB_IS_LISTENER (self));
  if (self->board == NULL)
    return;
  board = g_steal_pointer (&self->board);
  g_object_run_dispose (G_OBJECT (board)); /* a signal of its may hold it */
  g_clear_pointer (&self->bell, ismb_bell_free);
  g_clear_pointer (&self->waiting_for, g_free);
  g_object_notify (G_OBJECT (self), "session-count");
  g_object_notify (G_OBJECT (self), "peer-count");
  g_object_notify (G_OBJECT (self), "waiting-for");
}

/**
 * ismb_listener_get_c2s_port:
 * @self: the listener
 *
 * The port that clients sign in at, known once it listens.
 *
 * Returns: the TCP port for clients; 0 where it does not listen
 */
guint16
ismb_listener_get_c2s_port (IsmbListener *self)
{
  g_return_val_if_fail (ISMB_IS_LISTENER (self), 0);
  return self->board != NULL ? ismb_switchboard_get_c2s_port (self->board) : 0;
}

/**
 * ismb_listener_get_s2s_port:
 * @self: the listener
 *
 * The port that other listeners dial, known once it listens.
 *
 * Returns: the TCP port for other listeners; 0 where it does not listen
 */
guint16
ismb_listener_get_s2s_port (IsmbListener *self)
{
  g_return_val_if_fail (ISMB_IS_LISTENER (self), 0);
  return self->board != NULL ? ismb_switchboard_get_s2s_port (self->board) : 0;
}

/**
 * ismb_listener_get_sessions:
 * @self: the listener
 *
 * Counts the sessions with a bound resource, those that lost their stream and may resume it
 * included.
 *
 * Returns: how many clients are signed in
 */
guint
ismb_listener_get_sessions (IsmbListener *self)
{
  g_return_val_if_fail (ISMB_IS_LISTENER (self), 0);
  return self->board != NULL
             ? ismb_routes_count_resources (ismb_switchboard_get_routes (self->board))
             : 0;
}

/**
 * ismb_listener_create_account:
 * @self: the listener
 * @name: the account's name, what stands before the `@` of its address; UTF-8, 1 to 1023 bytes
 * @password: its password, UTF-8; only what SCRAM needs of it is kept
 * @error: return location for a #GError
 *
 * Makes an account of role `operator`, before or after [method@Ismb.Listener.start]. The same name
 * with the same password again is fine.
 *
 * Fails with [error@Ismb.Error.EXISTS] if there is one of that name with another password or role,
 * and with [error@Ismb.Error.BAD_ADDRESS] if no address can be made of @name.
 *
 * Returns: whether the account is there now
 */
gboolean
ismb_listener_create_account (IsmbListener *self, const char *name, const char *password,
                              GError **error)
{
  g_autofree char *prepared = NULL;

  g_return_val_if_fail (ISMB_IS_LISTENER (self), FALSE);
  g_return_val_if_fail (name != NULL && password != NULL, FALSE);
  prepared = _ismb_listener_settings_prepare_name (&self->settings, name, error);
  return prepared != NULL && ensure_accounts (self, error) &&
         ismb_accounts_create (self->accounts, prepared, password, ISMB_ROLE_OPERATOR, FALSE,
                               error);
}

/**
 * ismb_listener_add_peer:
 * @self: the listener
 * @domain: the other listener's domain-part
 * @addresses: (nullable) (array zero-terminated=1): numeric addresses to try, best first
 * @port: its TCP port for other listeners
 * @device_id: (nullable): the id of the device as it was announced; a hint until its certificate
 *   proves it
 *
 * Tells where another listener may be reached; discovery's word, and so only a hint. A known peer's
 * addresses are replaced. A listener of a fabric, as `switchctld` makes them, connects to a new peer
 * once, so that it proves who it is; one without stays a stranger to it. What is no domain, or ours, is ignored, and so is the call on a listener that does not
 * run.
 */
void
ismb_listener_add_peer (IsmbListener *self, const char *domain, const char *const *addresses,
                        guint16 port, const char *device_id)
{
  g_return_if_fail (ISMB_IS_LISTENER (self));
  g_return_if_fail (domain != NULL);
  if (self->board != NULL)
    ismb_switchboard_add_peer (self->board, domain, addresses, port, device_id);
}

/**
 * ismb_listener_remove_peer:
 * @self: the listener
 * @domain: the other listener's domain-part
 *
 * Tells that discovery sees a peer no more. It is forgotten once no stream to it is open and no
 * presence shared with it: a multicast that goes astray ends no connection.
 */
void
ismb_listener_remove_peer (IsmbListener *self, const char *domain)
{
  g_return_if_fail (ISMB_IS_LISTENER (self));
  g_return_if_fail (domain != NULL);
  if (self->board != NULL)
    ismb_peers_remove (ismb_switchboard_get_peers (self->board), domain);
}

/**
 * ismb_listener_list_peers:
 * @self: the listener
 *
 * Lists who is known: this switch itself first, then the other listeners in no order. Empty where
 * the listener does not run.
 *
 * Returns: (transfer full) (element-type IsmbPeer): the peers
 */
GList *
ismb_listener_list_peers (IsmbListener *self)
{
  g_return_val_if_fail (ISMB_IS_LISTENER (self), NULL);
  if (self->board == NULL)
    return NULL;
  return g_list_prepend (ismb_peers_list (ismb_switchboard_get_peers (self->board)),
                         describe_self (self));
}

void
_ismb_listener_set_place (IsmbListener *self, IsmbVirtualRouter *place)
{
  g_set_object (&self->place, place);
}

void
_ismb_listener_set_patient (IsmbListener *self, gboolean patient)
{
  self->patient = patient;
}

void
_ismb_listener_set_store (IsmbListener *self, IsmbStore *store)
{
  g_set_object (&self->store, store);
}

void
_ismb_listener_set_fabric (IsmbListener *self, IsmbFabric *fabric)
{
  g_set_object (&self->fabric, fabric);
}

void
_ismb_listener_set_federation (IsmbListener *self, const char *federate, const char *federate_ca)
{
  g_free (self->settings.federate);
  g_free (self->settings.federate_ca);
  self->settings.federate = g_strdup (federate);
  self->settings.federate_ca = g_strdup (federate_ca);
}

void
_ismb_listener_set_reporter (IsmbListener *self, IsmbReporter reporter, gpointer user_data)
{
  self->reporter = reporter;
  self->reporter_data = user_data;
}

IsmbFabric *
_ismb_listener_get_fabric (IsmbListener *self)
{
  return self->fabric;
}

IsmbSwitchboard *
_ismb_listener_get_board (IsmbListener *self)
{
  return self->board;
}

guint
_ismb_listener_count_sleeping (IsmbListener *self)
{
  return self->board != NULL
             ? ismb_sessions_get_sleeping (ismb_switchboard_get_sessions (self->board))
             : 0;
}

IsmbAccounts *
_ismb_listener_get_accounts (IsmbListener *self)
{
  return self->accounts;
}
