/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/client/ismb-client-private.h"
#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-random.h"
#include "ismb/local/ismb-control.h"

#define DEFAULT_VR "VR-Mgmt"
#define CONNECT_TIMEOUT 15000     /* milliseconds */

/**
 * IsmbClient:
 *
 * An application on the bus: it has a name here, sends and hears messages, and knows which of its
 * counterparts are present.
 *
 * Made of a name, a password and a virtual router, it signs in on this switch's listener; its
 * counterparts on other switches have the same name, and those switches' domain-parts
 * ([method@Ismb.Client.get_peer_domains]). The constructor does no I/O:
 * [method@Ismb.Client.open_async] makes the account where there is none, and ends when the session
 * has begun.
 *
 * What happens is told in the main context that was the thread's default when it was opened: by the
 * signals [signal@Ismb.Client::session-start], [signal@Ismb.Client::message] and
 * [signal@Ismb.Client::presence-available], which a subclass may override, and by name through
 * [method@Ismb.Client.add_event_handler], which knows SleekXMPP's events.
 */
typedef IsmbClientParts IsmbClientPrivate;
G_DEFINE_TYPE_WITH_PRIVATE (IsmbClient, ismb_client, G_TYPE_OBJECT)

enum
{
  PROP_NAME = 1,
  PROP_PASSWORD,
  PROP_VR,
  PROP_RUNTIME_DIR,
  PROP_RESOURCE,
  PROP_AUTO_JID,
  PROP_BOUND_JID,
  PROP_FILES_ROOT,
  PROP_SERVER_JID,
  PROP_SERVER_HOST,
  PROP_SERVER_PORT,
  PROP_CA_FILE,
  PROP_REQUIRE_TLS,
  PROP_CONNECT_TIMEOUT,
  N_PROPERTIES
};
enum { SESSION_START, MESSAGE, PRESENCE_AVAILABLE, N_SIGNALS };
static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

IsmbClientParts *
_ismb_client_get_parts (IsmbClient *self)
{
  return ismb_client_get_instance_private (self);
}

/* What the connection tells */

static void
on_event (GObject *owner, const char *event, GObject *payload)
{
  ismb_client_emit_event (ISMB_CLIENT (owner), event, payload);
}

static void
on_started (GObject *owner)
{
  g_signal_emit (owner, signals[SESSION_START], 0);
}

static void
on_ended (GObject *owner)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (owner));
  g_autoptr (GError) error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                                                  "the session ended before the answer came");

  _ismb_roster_clear_resources (parts->roster);
  ismb_requests_fail (parts->requests, NULL, error);
}

static void
on_stanza (GObject *owner, IsmbStanza *stanza)
{
  ismb_inbox_take (_ismb_client_get_parts (ISMB_CLIENT (owner))->inbox, stanza);
}

static void
on_changed (GObject *owner, const char *property)
{
  g_object_notify (owner, property);
}

/* What the inbox asks */

static void
on_inbox_event (gpointer client, const char *event, GObject *payload)
{
  ismb_client_emit_event (client, event, payload);
}

static void
on_inbox_send (gpointer client, IsmbStanza *stanza)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_client_send (client, stanza, &error))
    g_debug ("an answer was not sent: %s", error->message);
}

static IsmbJid *
on_inbox_get_own (gpointer client)
{
  return ismb_client_get_bound_jid (client);
}

/* Of our own switch and of the fabric's; a stranger's request waits for the program's own handler.
 */
static gboolean
authorize_known_domains (gpointer client, IsmbJid *from, gpointer user_data)
{
  g_autoptr (GHashTable) domains = ismb_client_get_peer_domains (client, FALSE);

  return g_hash_table_contains (domains, ismb_jid_get_domain (from));
}

/* The object */

static void
ismb_client_constructed (GObject *object)
{
  static const IsmbConnectionCallbacks from_connection = { on_event, on_started, on_ended,
                                                           on_stanza, on_changed };
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (object));
  IsmbConnectionConfig *config = &parts->config;

  G_OBJECT_CLASS (ismb_client_parent_class)->constructed (object);
  if (config->resource == NULL)
    {
      g_autofree char *token = ismb_random_token ();

      config->resource = g_strdup_printf ("ismb-%.16s", token);
    }
  if (config->vr == NULL)
    config->vr = g_strdup (DEFAULT_VR);
  if (config->runtime_dir == NULL)
    config->runtime_dir = g_strdup (ismb_control_runtime_dir ());
  parts->connection = ismb_connection_new (object, config, &from_connection);
}

static void
ismb_client_dispose (GObject *object)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (object));

  g_clear_pointer (&parts->connection, ismb_connection_free);
  g_clear_pointer (&parts->inbox, ismb_inbox_free);
  g_clear_pointer (&parts->events, ismb_events_free);
  g_clear_pointer (&parts->requests, ismb_requests_free);
  g_clear_object (&parts->roster);
  G_OBJECT_CLASS (ismb_client_parent_class)->dispose (object);
}

static void
ismb_client_finalize (GObject *object)
{
  IsmbConnectionConfig *config = &_ismb_client_get_parts (ISMB_CLIENT (object))->config;

  g_free (config->name);
  g_free (config->password);
  g_free (config->vr);
  g_free (config->runtime_dir);
  g_free (config->resource);
  g_free (config->server_jid);
  g_free (config->server_host);
  g_free (config->ca_file);
  G_OBJECT_CLASS (ismb_client_parent_class)->finalize (object);
}

static void
ismb_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbClient *self = ISMB_CLIENT (object);
  IsmbConnectionConfig *config = &_ismb_client_get_parts (self)->config;

  switch (id)
    {
    case PROP_NAME: g_value_set_string (value, config->name); break;
    case PROP_VR: g_value_set_string (value, config->vr); break;
    case PROP_RUNTIME_DIR: g_value_set_string (value, config->runtime_dir); break;
    case PROP_RESOURCE: g_value_set_string (value, config->resource); break;
    case PROP_AUTO_JID: g_value_set_string (value, ismb_client_get_auto_jid (self)); break;
    case PROP_BOUND_JID: g_value_set_object (value, ismb_client_get_bound_jid (self)); break;
    case PROP_FILES_ROOT: g_value_set_string (value, ismb_client_get_files_root (self)); break;
    case PROP_SERVER_JID: g_value_set_string (value, config->server_jid); break;
    case PROP_SERVER_HOST: g_value_set_string (value, config->server_host); break;
    case PROP_SERVER_PORT: g_value_set_uint (value, config->server_port); break;
    case PROP_CA_FILE: g_value_set_string (value, config->ca_file); break;
    case PROP_REQUIRE_TLS: g_value_set_boolean (value, config->require_tls); break;
    case PROP_CONNECT_TIMEOUT: g_value_set_uint (value, config->connect_timeout); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
replace (char **slot, const GValue *value)
{
  g_free (*slot);
  *slot = g_value_dup_string (value);
}

static void
ismb_client_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbConnectionConfig *config = &_ismb_client_get_parts (ISMB_CLIENT (object))->config;

  switch (id)
    {
    case PROP_NAME: replace (&config->name, value); break;
    case PROP_PASSWORD: replace (&config->password, value); break;
    case PROP_VR: replace (&config->vr, value); break;
    case PROP_RUNTIME_DIR: replace (&config->runtime_dir, value); break;
    case PROP_RESOURCE: replace (&config->resource, value); break;
    case PROP_SERVER_JID: replace (&config->server_jid, value); break;
    case PROP_SERVER_HOST: replace (&config->server_host, value); break;
    case PROP_SERVER_PORT: config->server_port = g_value_get_uint (value); break;
    case PROP_CA_FILE: replace (&config->ca_file, value); break;
    case PROP_REQUIRE_TLS: config->require_tls = g_value_get_boolean (value); break;
    case PROP_CONNECT_TIMEOUT: config->connect_timeout = g_value_get_uint (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  GParamFlags fixed = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GParamFlags told = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GParamFlags free_to_set = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * IsmbClient:name:
   *
   * The account's name on this switch; %NULL for a transient account.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, fixed);
  /**
   * IsmbClient:password:
   *
   * The account's password; %NULL for a transient account.
   */
  properties[PROP_PASSWORD] =
      g_param_spec_string ("password", NULL, NULL, NULL,
                           G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * IsmbClient:vr: (getter get_vr)
   *
   * The virtual router; `VR-Mgmt` where none is named.
   */
  properties[PROP_VR] = g_param_spec_string ("vr", NULL, NULL, NULL, fixed);
  /**
   * IsmbClient:runtime-dir:
   *
   * Where the daemon's sockets are: `ISMB_RUNTIME_DIR`, else `/run/ismb`.
   */
  properties[PROP_RUNTIME_DIR] = g_param_spec_string ("runtime-dir", NULL, NULL, NULL, fixed);
  /**
   * IsmbClient:resource:
   *
   * The resource to ask for; `ismb-` and random hex digits where none is named.
   */
  properties[PROP_RESOURCE] = g_param_spec_string ("resource", NULL, NULL, NULL, fixed);
  /**
   * IsmbClient:auto-jid: (getter get_auto_jid)
   *
   * The account's bare address, `name@domain-part`.
   */
  properties[PROP_AUTO_JID] = g_param_spec_string ("auto-jid", NULL, NULL, NULL, told);
  /**
   * IsmbClient:bound-jid: (getter get_bound_jid)
   *
   * The session's full address; %NULL without a session.
   */
  properties[PROP_BOUND_JID] = g_param_spec_object ("bound-jid", NULL, NULL, ISMB_TYPE_JID, told);
  /**
   * IsmbClient:files-root: (getter get_files_root)
   *
   * The folder on this switch that files are stored beneath; %NULL before the account is made.
   */
  properties[PROP_FILES_ROOT] = g_param_spec_string ("files-root", NULL, NULL, NULL, told);
  /**
   * IsmbClient:server-jid:
   *
   * The bare address of an account on any XMPP server; %NULL for the daemon of this switch.
   */
  properties[PROP_SERVER_JID] = g_param_spec_string ("server-jid", NULL, NULL, NULL, fixed);
  /**
   * IsmbClient:server-host:
   *
   * Host name or address of that server; %NULL for its domain's SRV records, else the domain
   * itself.
   */
  properties[PROP_SERVER_HOST] = g_param_spec_string ("server-host", NULL, NULL, NULL, free_to_set);
  /**
   * IsmbClient:server-port:
   *
   * That server's TCP port; 0 for 5222.
   */
  properties[PROP_SERVER_PORT] =
      g_param_spec_uint ("server-port", NULL, NULL, 0, G_MAXUINT16, 0, free_to_set);
  /**
   * IsmbClient:ca-file:
   *
   * A PEM file of the authorities that may have signed that server's certificate; %NULL for the
   * system's.
   */
  properties[PROP_CA_FILE] = g_param_spec_string ("ca-file", NULL, NULL, NULL, free_to_set);
  /**
   * IsmbClient:require-tls:
   *
   * Whether the stream to that server is encrypted and its certificate verified. It may be off only
   * towards a loopback address.
   */
  properties[PROP_REQUIRE_TLS] = g_param_spec_boolean ("require-tls", NULL, NULL, TRUE,
                                                       free_to_set | G_PARAM_CONSTRUCT);
  /**
   * IsmbClient:connect-timeout:
   *
   * Milliseconds for connecting and the TLS handshake together.
   */
  properties[PROP_CONNECT_TIMEOUT] =
      g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXUINT, CONNECT_TIMEOUT,
                         free_to_set | G_PARAM_CONSTRUCT);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_client_class_init (IsmbClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->constructed = ismb_client_constructed;
  object_class->dispose = ismb_client_dispose;
  object_class->finalize = ismb_client_finalize;
  object_class->get_property = ismb_client_get_property;
  object_class->set_property = ismb_client_set_property;
  install_properties (object_class);
  /**
   * IsmbClient::session-start:
   * @self: the client
   *
   * The session is there: stanzas go out, others come. The place to send presence and fetch the
   * roster. In the main context of [method@Ismb.Client.open_async], as all signals and events.
   */
  signals[SESSION_START] = g_signal_new ("session-start", type, G_SIGNAL_RUN_LAST,
                                         G_STRUCT_OFFSET (IsmbClientClass, session_start), NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
  /**
   * IsmbClient::message:
   * @self: the client
   * @message: what came, its sender stamped by the listener
   *
   * A message with a body came, of any type, errors that echo a body among them.
   */
  signals[MESSAGE] =
      g_signal_new ("message", type, G_SIGNAL_RUN_LAST, G_STRUCT_OFFSET (IsmbClientClass, message),
                    NULL, NULL, NULL, G_TYPE_NONE, 1, ISMB_TYPE_MESSAGE);
  /**
   * IsmbClient::presence-available:
   * @self: the client
   * @presence: the presence
   *
   * A resource is plainly available: no `away`, `chat`, `dnd` or `xa`. The client's own is told
   * too.
   */
  signals[PRESENCE_AVAILABLE] = g_signal_new ("presence-available", type, G_SIGNAL_RUN_LAST,
                                              G_STRUCT_OFFSET (IsmbClientClass, presence_available),
                                              NULL, NULL, NULL, G_TYPE_NONE, 1, ISMB_TYPE_PRESENCE);
}

static void
ismb_client_init (IsmbClient *self)
{
  static const IsmbInboxCallbacks from_inbox = { on_inbox_event, on_inbox_send, on_inbox_get_own,
                                                 authorize_known_domains };
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  parts->roster = _ismb_roster_new ();
  parts->requests = ismb_requests_new ();
  parts->events = ismb_events_new ();
  parts->inbox = ismb_inbox_new (self, parts->roster, parts->requests, &from_inbox);
}

/**
 * ismb_client_new:
 * @name: (nullable): the account's name on this switch: the local part of its address
 * @password: (nullable): its password
 * @vr: (nullable): the virtual router, e.g. `VR-Default`; %NULL for `VR-Mgmt`
 *
 * A client of the daemon on this switch. Nothing is connected yet. Without a name or a password the
 * account is transient: its name and password are made up, and it ends with the client.
 *
 * Returns: (transfer full): the client
 */
IsmbClient *
ismb_client_new (const char *name, const char *password, const char *vr)
{
  return g_object_new (ISMB_TYPE_CLIENT, "name", name, "password", password, "vr", vr, NULL);
}

/**
 * ismb_client_new_for_server:
 * @jid: the bare address of an account that is there
 * @password: its password
 *
 * A client of any XMPP server, over TCP. The server is found through the domain's SRV records
 * unless [property@Ismb.Client:server-host] names it; TLS is required, and its certificate verified
 * against [property@Ismb.Client:ca-file] or the system's authorities.
 *
 * Returns: (transfer full): the client
 */
IsmbClient *
ismb_client_new_for_server (const char *jid, const char *password)
{
  g_return_val_if_fail (jid != NULL && password != NULL, NULL);
  return g_object_new (ISMB_TYPE_CLIENT, "server-jid", jid, "password", password, NULL);
}

/**
 * ismb_client_get_vr: (get-property vr)
 * @self: the client
 *
 * The virtual router's name.
 *
 * Returns: the name
 */
const char *
ismb_client_get_vr (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return _ismb_client_get_parts (self)->config.vr;
}

/**
 * ismb_client_get_roster:
 * @self: the client
 *
 * The contacts and who of them is present.
 *
 * Returns: (transfer none): the roster, which lives and changes with the client
 */
IsmbRoster *
ismb_client_get_roster (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return _ismb_client_get_parts (self)->roster;
}

/**
 * ismb_client_add_event_handler:
 * @self: the client
 * @event: a name, of ours or your own
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each event of that
 * name
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Handlers of one event run in the order they were added; they may add and remove others. Names and
 * payloads are SleekXMPP's: `connected`, `failed_auth`, `session_bind` (an #IsmbJid),
 * `session_start`, `session_end`, `disconnected`, `message` and `message_error` (an #IsmbMessage),
 * `presence`, `presence_available` and so on for each type and show, `changed_subscription`,
 * `got_online`, `changed_status`, `got_offline` (an #IsmbPresence), `roster_update` (an #IsmbIq);
 * and ours: `peer_found`, `peer_changed`, `peer_lost` (an #IsmbPeer).
 *
 * Returns: an id for [method@Ismb.Client.remove_event_handler]
 */
guint
ismb_client_add_event_handler (IsmbClient *self, const char *event, IsmbEventFunc callback,
                               gpointer user_data, GDestroyNotify destroy)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && event != NULL && callback != NULL, 0);
  return ismb_events_add (_ismb_client_get_parts (self)->events, event, (IsmbEventHandler) callback,
                          user_data, destroy);
}

/**
 * ismb_client_remove_event_handler:
 * @self: the client
 * @id: what [method@Ismb.Client.add_event_handler] returned
 *
 * Removes a handler. An id that is not known is ignored.
 */
void
ismb_client_remove_event_handler (IsmbClient *self, guint id)
{
  g_return_if_fail (ISMB_IS_CLIENT (self));
  ismb_events_remove (_ismb_client_get_parts (self)->events, id);
}

/**
 * ismb_client_emit_event:
 * @self: the client
 * @event: its name
 * @payload: (nullable): what the handlers get
 *
 * Calls the handlers of an event, at once.
 */
void
ismb_client_emit_event (IsmbClient *self, const char *event, GObject *payload)
{
  g_return_if_fail (ISMB_IS_CLIENT (self) && event != NULL);
  if (_ismb_client_get_parts (self)->events != NULL)
    ismb_events_emit (_ismb_client_get_parts (self)->events, self, event, payload);
}

guint
_ismb_client_add_iq_handler (IsmbClient *self, const char *name, const char *ns,
                             IsmbIqHandler handler, gpointer user_data, GDestroyNotify destroy)
{
  return ismb_inbox_add_iq_handler (_ismb_client_get_parts (self)->inbox, name, ns,
                                    (IsmbInboxHandler) handler, user_data, destroy);
}

void
_ismb_client_remove_iq_handler (IsmbClient *self, guint id)
{
  if (_ismb_client_get_parts (self)->inbox != NULL)
    ismb_inbox_remove_iq_handler (_ismb_client_get_parts (self)->inbox, id);
}

void
_ismb_client_set_authorize (IsmbClient *self, IsmbAuthorize authorize, gpointer user_data)
{
  ismb_inbox_set_authorize (_ismb_client_get_parts (self)->inbox, (IsmbInboxAuthorize) authorize,
                            user_data);
}

void
_ismb_client_set_auto_subscribe (IsmbClient *self, gboolean auto_subscribe)
{
  ismb_inbox_set_auto_subscribe (_ismb_client_get_parts (self)->inbox, auto_subscribe);
}

void
_ismb_client_add_feature (IsmbClient *self, const char *feature)
{
  ismb_inbox_add_feature (_ismb_client_get_parts (self)->inbox, feature);
}
