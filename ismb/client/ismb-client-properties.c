/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient's properties. */
#include "config.h"
#include "ismb/client/ismb-client.h"

#include <string.h>

#include "ismb/client/ismb-client-parts.h"

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
  PROP_DIRECT_TLS,
  PROP_CONNECT_TIMEOUT,
  PROP_SESSION_TIMEOUT,
  PROP_RESPONSE_TIMEOUT,
  PROP_AUTO_RECONNECT,
  PROP_RECONNECT_DELAY,
  PROP_RECONNECT_MAX_DELAY,
  PROP_RECONNECT_MAX_ATTEMPTS,
  PROP_WHITESPACE_KEEPALIVE_INTERVAL,
  PROP_STREAM_MANAGEMENT,
  PROP_AUTO_AUTHORIZE,
  PROP_AUTO_SUBSCRIBE,
  PROP_DEFAULT_LANG,
  PROP_USE_MESSAGE_IDS,
  PROP_USE_PRESENCE_IDS,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

/* Where a setting is kept, by the kind of its value; NULL: another kind, or none of these. */

static char **
find_string (IsmbClientParts *parts, guint id)
{
  switch (id)
    {
    case PROP_NAME: return &parts->config.name;
    case PROP_PASSWORD: return &parts->config.password;
    case PROP_VR: return &parts->config.vr;
    case PROP_RUNTIME_DIR: return &parts->config.runtime_dir;
    case PROP_RESOURCE: return &parts->config.resource;
    case PROP_SERVER_JID: return &parts->config.server_jid;
    case PROP_SERVER_HOST: return &parts->config.server_host;
    case PROP_CA_FILE: return &parts->config.ca_file;
    case PROP_DEFAULT_LANG: return &parts->habits.default_lang;
    default: return NULL;
    }
}

static guint *
find_number (IsmbClientParts *parts, guint id)
{
  switch (id)
    {
    case PROP_SERVER_PORT: return &parts->config.server_port;
    case PROP_CONNECT_TIMEOUT: return &parts->config.connect_timeout;
    case PROP_SESSION_TIMEOUT: return &parts->config.session_timeout;
    case PROP_RESPONSE_TIMEOUT: return &parts->habits.response_timeout;
    case PROP_RECONNECT_DELAY: return &parts->config.reconnect_delay;
    case PROP_RECONNECT_MAX_DELAY: return &parts->config.reconnect_max_delay;
    case PROP_RECONNECT_MAX_ATTEMPTS: return &parts->config.reconnect_max_attempts;
    case PROP_WHITESPACE_KEEPALIVE_INTERVAL: return &parts->config.whitespace_keepalive_interval;
    default: return NULL;
    }
}

static gboolean *
find_switch (IsmbClientParts *parts, guint id)
{
  switch (id)
    {
    case PROP_REQUIRE_TLS: return &parts->config.require_tls;
    case PROP_DIRECT_TLS: return &parts->config.direct_tls;
    case PROP_AUTO_RECONNECT: return &parts->config.auto_reconnect;
    case PROP_STREAM_MANAGEMENT: return &parts->config.stream_management;
    case PROP_AUTO_SUBSCRIBE: return &parts->habits.auto_subscribe;
    case PROP_USE_MESSAGE_IDS: return &parts->habits.use_message_ids;
    case PROP_USE_PRESENCE_IDS: return &parts->habits.use_presence_ids;
    default: return NULL;
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbClient *self = ISMB_CLIENT (object);
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  if (find_string (parts, id) != NULL)
    g_value_set_string (value, *find_string (parts, id));
  else if (find_number (parts, id) != NULL)
    g_value_set_uint (value, *find_number (parts, id));
  else if (find_switch (parts, id) != NULL)
    g_value_set_boolean (value, *find_switch (parts, id));
  else if (id == PROP_AUTO_AUTHORIZE)
    g_value_set_enum (value, parts->habits.auto_authorize);
  else if (id == PROP_AUTO_JID)
    g_value_set_string (value, ismb_client_get_auto_jid (self));
  else if (id == PROP_BOUND_JID)
    g_value_set_object (value, ismb_client_get_bound_jid (self));
  else if (id == PROP_FILES_ROOT)
    g_value_set_string (value, ismb_client_get_files_root (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (object));

  if (find_string (parts, id) != NULL)
    {
      g_free (*find_string (parts, id));
      *find_string (parts, id) = g_value_dup_string (value);
    }
  else if (find_number (parts, id) != NULL)
    *find_number (parts, id) = g_value_get_uint (value);
  else if (find_switch (parts, id) != NULL)
    *find_switch (parts, id) = g_value_get_boolean (value);
  else if (id == PROP_AUTO_AUTHORIZE)
    parts->habits.auto_authorize = g_value_get_enum (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
wipe (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
}

void
_ismb_client_clear_properties (GObject *client)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (client));

  wipe (parts->config.password);
  for (guint id = 1; id < N_PROPERTIES; id++)
    if (find_string (parts, id) != NULL)
      g_clear_pointer (find_string (parts, id), g_free);
}

/* What stays as it was made */
#define FIXED (G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS)
#define SET (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
#define PRESET (SET | G_PARAM_CONSTRUCT)
#define TOLD (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_account (void)
{
  /**
   * IsmbClient:name:
   *
   * The account's name on this switch; %NULL for a transient account.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, FIXED);
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
  properties[PROP_VR] = g_param_spec_string ("vr", NULL, NULL, NULL, FIXED);
  /**
   * IsmbClient:runtime-dir:
   *
   * Where the daemon's sockets are: `ISMB_RUNTIME_DIR`, else `/run/ismb`.
   */
  properties[PROP_RUNTIME_DIR] = g_param_spec_string ("runtime-dir", NULL, NULL, NULL, FIXED);
  /**
   * IsmbClient:resource:
   *
   * The resource to ask for; `ismb-` and random hex digits where none is named.
   */
  properties[PROP_RESOURCE] = g_param_spec_string ("resource", NULL, NULL, NULL, FIXED);
  /**
   * IsmbClient:auto-jid: (getter get_auto_jid)
   *
   * The account's bare address, `name@domain-part`.
   */
  properties[PROP_AUTO_JID] = g_param_spec_string ("auto-jid", NULL, NULL, NULL, TOLD);
  /**
   * IsmbClient:bound-jid: (getter get_bound_jid)
   *
   * The session's full address; %NULL without a session.
   */
  properties[PROP_BOUND_JID] = g_param_spec_object ("bound-jid", NULL, NULL, ISMB_TYPE_JID, TOLD);
  /**
   * IsmbClient:files-root: (getter get_files_root)
   *
   * The folder on this switch that files are stored beneath; %NULL before the account is made.
   */
  properties[PROP_FILES_ROOT] = g_param_spec_string ("files-root", NULL, NULL, NULL, TOLD);
}

static void
install_server (void)
{
  /**
   * IsmbClient:server-jid:
   *
   * The bare address of an account on any XMPP server; %NULL for the daemon of this switch.
   */
  properties[PROP_SERVER_JID] = g_param_spec_string ("server-jid", NULL, NULL, NULL, FIXED);
  /**
   * IsmbClient:server-host:
   *
   * Host name or address of that server; %NULL for its domain's SRV records, else the domain
   * itself.
   */
  properties[PROP_SERVER_HOST] = g_param_spec_string ("server-host", NULL, NULL, NULL, SET);
  /**
   * IsmbClient:server-port:
   *
   * That server's TCP port; 0 for 5222.
   */
  properties[PROP_SERVER_PORT] =
      g_param_spec_uint ("server-port", NULL, NULL, 0, G_MAXUINT16, 0, SET);
  /**
   * IsmbClient:ca-file:
   *
   * A PEM file of the authorities that may have signed that server's certificate; %NULL for the
   * system's.
   */
  properties[PROP_CA_FILE] = g_param_spec_string ("ca-file", NULL, NULL, NULL, SET);
  /**
   * IsmbClient:require-tls:
   *
   * Whether the stream to that server is encrypted and its certificate verified. It may be off only
   * towards a loopback address.
   */
  properties[PROP_REQUIRE_TLS] = g_param_spec_boolean ("require-tls", NULL, NULL, TRUE,
                                                       PRESET);
  /**
   * IsmbClient:direct-tls:
   *
   * Whether TLS begins with the connection (XEP-0368) where [property@Ismb.Client:server-host]
   * names the server; without it the stream begins in the clear and turns to TLS (RFC 6120, 5).
   * What is found by SRV records says so itself.
   */
  properties[PROP_DIRECT_TLS] =
      g_param_spec_boolean ("direct-tls", NULL, NULL, FALSE, PRESET);
  /**
   * IsmbClient:connect-timeout:
   *
   * Milliseconds for connecting and the TLS handshake together.
   */
  properties[PROP_CONNECT_TIMEOUT] =
      g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXUINT, 15000,
                         PRESET);
  /**
   * IsmbClient:session-timeout:
   *
   * Milliseconds from the connection to the start of the session, authentication included.
   */
  properties[PROP_SESSION_TIMEOUT] =
      g_param_spec_uint ("session-timeout", NULL, NULL, 1, G_MAXUINT, 45000, PRESET);
}

static void
install_reconnection (void)
{
  /**
   * IsmbClient:auto-reconnect:
   *
   * Whether a connection that could not be made, or broke, is made again by itself. What no waiting
   * cures, a wrong password among them, ends the client all the same.
   */
  properties[PROP_AUTO_RECONNECT] =
      g_param_spec_boolean ("auto-reconnect", NULL, NULL, TRUE, PRESET);
  /**
   * IsmbClient:reconnect-delay:
   *
   * Milliseconds before the second attempt; each further one waits about twice as long. Towards the
   * daemon of this switch it is 100 at most, and over as soon as the daemon comes.
   */
  properties[PROP_RECONNECT_DELAY] =
      g_param_spec_uint ("reconnect-delay", NULL, NULL, 1, G_MAXUINT, 1000, PRESET);
  /**
   * IsmbClient:reconnect-max-delay:
   *
   * Milliseconds that it waits at most between two attempts. Towards the daemon of this switch it
   * is 1,000 at most.
   */
  properties[PROP_RECONNECT_MAX_DELAY] =
      g_param_spec_uint ("reconnect-max-delay", NULL, NULL, 1, G_MAXUINT, 600000, PRESET);
  /**
   * IsmbClient:reconnect-max-attempts:
   *
   * How many attempts in a row may fail; 0 for no limit.
   */
  properties[PROP_RECONNECT_MAX_ATTEMPTS] =
      g_param_spec_uint ("reconnect-max-attempts", NULL, NULL, 0, G_MAXUINT, 0, PRESET);
  /**
   * IsmbClient:whitespace-keepalive-interval:
   *
   * Seconds between two spaces that keep the connection open (RFC 6120, 4.6.1); 0 for none.
   */
  properties[PROP_WHITESPACE_KEEPALIVE_INTERVAL] =
      g_param_spec_uint ("whitespace-keepalive-interval", NULL, NULL, 0, G_MAXUINT, 300, PRESET);
  /**
   * IsmbClient:stream-management:
   *
   * Whether stanzas are acknowledged and a broken session is resumed (XEP-0198), where the server
   * offers it.
   */
  properties[PROP_STREAM_MANAGEMENT] =
      g_param_spec_boolean ("stream-management", NULL, NULL, TRUE, PRESET);
}

static void
install_habits (void)
{
  /**
   * IsmbClient:response-timeout:
   *
   * Milliseconds that a request waits for its answer, where it does not say otherwise.
   */
  properties[PROP_RESPONSE_TIMEOUT] =
      g_param_spec_uint ("response-timeout", NULL, NULL, 1, G_MAXUINT, 30000, PRESET);
  /**
   * IsmbClient:auto-authorize:
   *
   * Who may see this client's presence without the program being asked.
   */
  properties[PROP_AUTO_AUTHORIZE] =
      g_param_spec_enum ("auto-authorize", NULL, NULL, ISMB_TYPE_AUTHORIZE, ISMB_AUTHORIZE_MEMBERS,
                         PRESET);
  /**
   * IsmbClient:auto-subscribe:
   *
   * Whether the presence of who is authorised so is asked for in return.
   */
  properties[PROP_AUTO_SUBSCRIBE] =
      g_param_spec_boolean ("auto-subscribe", NULL, NULL, TRUE, PRESET);
  /**
   * IsmbClient:default-lang:
   *
   * The language (`xml:lang`, BCP 47) of the messages and presences it sends; %NULL to state none.
   */
  properties[PROP_DEFAULT_LANG] = g_param_spec_string ("default-lang", NULL, NULL, NULL, SET);
  /**
   * IsmbClient:use-message-ids:
   *
   * Whether messages that have no id get one.
   */
  properties[PROP_USE_MESSAGE_IDS] =
      g_param_spec_boolean ("use-message-ids", NULL, NULL, TRUE, PRESET);
  /**
   * IsmbClient:use-presence-ids:
   *
   * Whether presences that have no id get one.
   */
  properties[PROP_USE_PRESENCE_IDS] =
      g_param_spec_boolean ("use-presence-ids", NULL, NULL, FALSE, PRESET);
}

void
_ismb_client_install_properties (GObjectClass *klass)
{
  klass->get_property = get_property;
  klass->set_property = set_property;
  install_account ();
  install_server ();
  install_reconnection ();
  install_habits ();
  g_object_class_install_properties (klass, N_PROPERTIES, properties);
}
