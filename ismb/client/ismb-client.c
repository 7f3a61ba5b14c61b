/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include <string.h>

#include "ismb/client/ismb-channel.h"
#include "ismb/client/ismb-client-private.h"
#include "ismb/client/ismb-dialer.h"
#include "ismb/client/ismb-events.h"
#include "ismb/client/ismb-home.h"
#include "ismb/client/ismb-inbox.h"
#include "ismb/client/ismb-requests.h"
#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/local/ismb-control.h"

#define DEFAULT_VR "VR-Mgmt"
#define CONNECT_TIMEOUT 15000     /* milliseconds */
#define REQUEST_TIMEOUT 30000
#define OUTBOX_MAX 256            /* stanzas sent before the session is there */
#define QUEUED_MAX (16 * 1024 * 1024) /* bytes that the server has not taken */

typedef enum { IDLE, OPENING, OPEN, CLOSING } State;

typedef struct
{
  char *name, *password, *vr, *runtime_dir, *resource;
  char *server_jid;         /* a stranger's server; NULL: the daemon of this switch */
  char *server_host, *ca_file;
  guint server_port, connect_timeout;
  gboolean require_tls;

  State state;
  GTask *opening;           /* while OPENING */
  GCancellable *attempt;    /* likewise: ends what the steps are waiting for */
  GSource *cancel;          /* likewise: the caller's wish */
  char *auto_jid;
  IsmbJid *bound_jid;
  IsmbHome *home;
  IsmbChannel *channel;
  IsmbRoster *roster;
  IsmbRequests *requests;
  IsmbEvents *events;
  IsmbInbox *inbox;
  GQueue outbox;            /* of char *, before the session */
} IsmbClientPrivate;

G_DEFINE_TYPE_WITH_PRIVATE (IsmbClient, ismb_client, G_TYPE_OBJECT)

enum
{
  PROP_NAME = 1, PROP_PASSWORD, PROP_VR, PROP_RUNTIME_DIR, PROP_RESOURCE, PROP_AUTO_JID, PROP_BOUND_JID,
  PROP_FILES_ROOT, PROP_SERVER_JID, PROP_SERVER_HOST, PROP_SERVER_PORT, PROP_CA_FILE, PROP_REQUIRE_TLS,
  PROP_CONNECT_TIMEOUT, N_PROPERTIES
};
enum { SESSION_START, MESSAGE, PRESENCE_AVAILABLE, N_SIGNALS };
static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

static IsmbClientPrivate *
get_private (IsmbClient *self)
{
  return ismb_client_get_instance_private (self);
}

static void
set_auto_jid (IsmbClient *self, const char *jid)
{
  IsmbClientPrivate *priv = get_private (self);

  if (g_strcmp0 (priv->auto_jid, jid) == 0)
    return;
  g_free (priv->auto_jid);
  priv->auto_jid = g_strdup (jid);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_JID]);
}

static void
set_bound_jid (IsmbClient *self, IsmbJid *jid)
{
  if (g_set_object (&get_private (self)->bound_jid, jid))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BOUND_JID]);
}

/* The end of a session, and of an attempt at one */

static void
forget_attempt (IsmbClientPrivate *priv)
{
  g_clear_object (&priv->attempt);
  if (priv->cancel != NULL)
    g_source_destroy (priv->cancel);
  g_clear_pointer (&priv->cancel, g_source_unref);
}

static void
forget_session (IsmbClient *self)
{
  IsmbClientPrivate *priv = get_private (self);
  g_autoptr (GError) error = NULL;

  priv->state = IDLE;
  ismb_channel_stop (priv->channel);
  g_queue_clear_full (&priv->outbox, g_free);
  _ismb_roster_clear_resources (priv->roster);
  set_bound_jid (self, NULL);
  error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the session ended before the answer came");
  ismb_requests_fail (priv->requests, NULL, error);
}

/* Takes the error. `connected`: the event of that name was told, so its counterpart is due. */
static void
fail_opening (IsmbClient *self, GError *error, gboolean connected)
{
  IsmbClientPrivate *priv = get_private (self);
  g_autoptr (GTask) task = g_steal_pointer (&priv->opening);
  gboolean refused = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED)
                     || g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);

  g_cancellable_cancel (priv->attempt);
  forget_attempt (priv);
  forget_session (self);
  if (refused && connected)
    ismb_client_emit_event (self, "failed_auth", NULL);
  if (connected)
    ismb_client_emit_event (self, "disconnected", NULL);
  g_task_return_error (task, error);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  fail_opening (user_data, error, FALSE);
  return G_SOURCE_REMOVE;
}

static void
on_channel_closed (const GError *error, gpointer user_data)
{
  g_autoptr (IsmbClient) self = g_object_ref (ISMB_CLIENT (user_data));
  IsmbClientPrivate *priv = get_private (self);
  gboolean orderly = priv->state == CLOSING;

  if (priv->state == OPENING)
    {
      fail_opening (self, error != NULL ? g_error_copy (error)
                                        : g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM, "the stream ended"), TRUE);
      return;
    }
  if (error != NULL)
    g_info ("the session of %s ended: %s", priv->auto_jid, error->message);
  forget_session (self);
  if (!orderly)
    ismb_client_emit_event (self, "session_end", NULL);
  ismb_client_emit_event (self, "disconnected", NULL);
}

/* The session */

static void
on_channel_ready (IsmbJid *bound_jid, gpointer user_data)
{
  g_autoptr (IsmbClient) self = g_object_ref (ISMB_CLIENT (user_data));
  IsmbClientPrivate *priv = get_private (self);
  g_autoptr (GTask) task = g_steal_pointer (&priv->opening);
  char *xml;

  forget_attempt (priv);
  priv->state = OPEN;
  set_bound_jid (self, bound_jid);
  g_info ("%s is signed in", ismb_jid_get_full (bound_jid));
  ismb_client_emit_event (self, "session_bind", G_OBJECT (bound_jid));
  while ((xml = g_queue_pop_head (&priv->outbox)) != NULL)
    {
      ismb_channel_send (priv->channel, xml, strlen (xml));
      g_free (xml);
    }
  ismb_client_emit_event (self, "session_start", NULL);
  g_signal_emit (self, signals[SESSION_START], 0);
  g_task_return_boolean (task, TRUE);
}

static void
on_channel_stanza (IsmbTree *tree, gpointer user_data)
{
  g_autoptr (IsmbClient) self = g_object_ref (ISMB_CLIENT (user_data));
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStanza) stanza = _ismb_stanza_new_from_tree (tree, &error);

  if (stanza == NULL)
    g_debug ("left out: %s", error->message);
  else
    ismb_inbox_take (get_private (self)->inbox, stanza);
}

/* Opening, step by step. Each step's callback looks whether its attempt is still the one. */

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbClient *self = g_task_get_source_object (task);
  IsmbClientPrivate *priv = get_private (self);
  g_autofree char *jid = NULL;
  gboolean secret = FALSE;
  GError *error = NULL;
  g_autoptr (GIOStream) stream = ismb_dial_finish (result, &secret, &error);

  if (task != priv->opening)
    {
      g_clear_error (&error);
      return;
    }
  if (stream == NULL)
    {
      fail_opening (self, error, FALSE);
      return;
    }
  ismb_client_emit_event (self, "connected", NULL);
  if (task != priv->opening) /* the handler closed it */
    return;
  jid = g_strconcat (priv->auto_jid, "/", priv->resource, NULL);
  if (!ismb_channel_start (priv->channel, stream, secret, jid,
                           priv->server_jid != NULL ? priv->password : ismb_home_get_password (priv->home), &error))
    fail_opening (self, error, TRUE);
}

static void
dial (IsmbClient *self, GTask *task)
{
  IsmbClientPrivate *priv = get_private (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJid) jid = ismb_jid_new (priv->auto_jid, &error);
  IsmbDialPlan plan = { NULL };

  /* libstrophe 0.12 writes the name into SCRAM unescaped (RFC 5802, 5.1). */
  if (jid != NULL && (ismb_jid_get_local (jid) == NULL || strpbrk (ismb_jid_get_local (jid), ",=") != NULL))
    g_set_error (&error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
                 "cannot sign in as %s: the name is missing, or has a comma or an equals sign", priv->auto_jid);
  if (error != NULL)
    {
      fail_opening (self, g_steal_pointer (&error), FALSE);
      return;
    }
  plan.unix_path = priv->server_jid == NULL ? ismb_home_get_c2s_path (priv->home) : NULL;
  plan.domain = ismb_jid_get_domain (jid);
  plan.host = priv->server_host;
  plan.port = priv->server_port;
  plan.ca_file = priv->ca_file;
  plan.clear = !priv->require_tls;
  plan.deadline = priv->connect_timeout;
  ismb_dial_async (&plan, priv->attempt, on_dialled, g_object_ref (task));
}

static void
on_home (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbClient *self = ISMB_CLIENT (source);
  IsmbClientPrivate *priv = get_private (self);
  GError *error = NULL;
  gboolean entered = ismb_home_enter_finish (source, result, &error);

  if (task != priv->opening)
    {
      g_clear_error (&error);
      return;
    }
  if (!entered)
    {
      fail_opening (self, error, FALSE);
      return;
    }
  set_auto_jid (self, ismb_home_get_account (priv->home));
  dial (self, task);
}

static void
enter_home (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  IsmbClientPrivate *priv = get_private (self);

  ismb_home_enter_async (priv->home, G_OBJECT (self), priv->runtime_dir, priv->vr, priv->name, priv->password,
                         cancellable, callback, user_data);
}

/* The home's word of the switch's peers */

static void
on_peer_found (IsmbPeer *peer, gpointer user_data)
{
  ismb_client_emit_event (user_data, "peer_found", G_OBJECT (peer));
}

static void
on_peer_changed (IsmbPeer *peer, gpointer user_data)
{
  ismb_client_emit_event (user_data, "peer_changed", G_OBJECT (peer));
}

static void
on_peer_lost (IsmbPeer *peer, gpointer user_data)
{
  ismb_client_emit_event (user_data, "peer_lost", G_OBJECT (peer));
}

/* The object */

static void
ismb_client_constructed (GObject *object)
{
  IsmbClientPrivate *priv = get_private (ISMB_CLIENT (object));

  G_OBJECT_CLASS (ismb_client_parent_class)->constructed (object);
  if (priv->resource == NULL)
    priv->resource = g_strdup_printf ("ismb-%08x%08x", g_random_int (), g_random_int ());
  if (priv->vr == NULL)
    priv->vr = g_strdup (DEFAULT_VR);
  if (priv->runtime_dir == NULL)
    priv->runtime_dir = g_strdup (ismb_control_runtime_dir ());
  if (priv->server_jid != NULL)
    priv->auto_jid = g_strdup (priv->server_jid);
}

/* Handlers may hold what holds us; they go first. */
static void
ismb_client_dispose (GObject *object)
{
  IsmbClientPrivate *priv = get_private (ISMB_CLIENT (object));

  g_clear_pointer (&priv->channel, ismb_channel_free);
  g_clear_pointer (&priv->home, ismb_home_free);
  g_clear_pointer (&priv->inbox, ismb_inbox_free);
  g_clear_pointer (&priv->events, ismb_events_free);
  g_clear_pointer (&priv->requests, ismb_requests_free);
  g_queue_clear_full (&priv->outbox, g_free);
  g_clear_object (&priv->roster);
  g_clear_object (&priv->bound_jid);
  G_OBJECT_CLASS (ismb_client_parent_class)->dispose (object);
}

static void
ismb_client_finalize (GObject *object)
{
  IsmbClientPrivate *priv = get_private (ISMB_CLIENT (object));

  g_free (priv->name);
  g_free (priv->password);
  g_free (priv->vr);
  g_free (priv->runtime_dir);
  g_free (priv->resource);
  g_free (priv->server_jid);
  g_free (priv->server_host);
  g_free (priv->ca_file);
  g_free (priv->auto_jid);
  G_OBJECT_CLASS (ismb_client_parent_class)->finalize (object);
}

static void
ismb_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbClient *self = ISMB_CLIENT (object);
  IsmbClientPrivate *priv = get_private (self);

  switch (id)
    {
    case PROP_NAME: g_value_set_string (value, priv->name); break;
    case PROP_VR: g_value_set_string (value, priv->vr); break;
    case PROP_RUNTIME_DIR: g_value_set_string (value, priv->runtime_dir); break;
    case PROP_RESOURCE: g_value_set_string (value, priv->resource); break;
    case PROP_AUTO_JID: g_value_set_string (value, priv->auto_jid); break;
    case PROP_BOUND_JID: g_value_set_object (value, priv->bound_jid); break;
    case PROP_FILES_ROOT: g_value_set_string (value, ismb_client_get_files_root (self)); break;
    case PROP_SERVER_JID: g_value_set_string (value, priv->server_jid); break;
    case PROP_SERVER_HOST: g_value_set_string (value, priv->server_host); break;
    case PROP_SERVER_PORT: g_value_set_uint (value, priv->server_port); break;
    case PROP_CA_FILE: g_value_set_string (value, priv->ca_file); break;
    case PROP_REQUIRE_TLS: g_value_set_boolean (value, priv->require_tls); break;
    case PROP_CONNECT_TIMEOUT: g_value_set_uint (value, priv->connect_timeout); break;
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
  IsmbClientPrivate *priv = get_private (ISMB_CLIENT (object));

  switch (id)
    {
    case PROP_NAME: replace (&priv->name, value); break;
    case PROP_PASSWORD: replace (&priv->password, value); break;
    case PROP_VR: replace (&priv->vr, value); break;
    case PROP_RUNTIME_DIR: replace (&priv->runtime_dir, value); break;
    case PROP_RESOURCE: replace (&priv->resource, value); break;
    case PROP_SERVER_JID: replace (&priv->server_jid, value); break;
    case PROP_SERVER_HOST: replace (&priv->server_host, value); break;
    case PROP_SERVER_PORT: priv->server_port = g_value_get_uint (value); break;
    case PROP_CA_FILE: replace (&priv->ca_file, value); break;
    case PROP_REQUIRE_TLS: priv->require_tls = g_value_get_boolean (value); break;
    case PROP_CONNECT_TIMEOUT: priv->connect_timeout = g_value_get_uint (value); break;
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
  properties[PROP_PASSWORD] = g_param_spec_string ("password", NULL, NULL, NULL,
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
   * Host name or address of that server; %NULL for its domain's SRV records, else the domain itself.
   */
  properties[PROP_SERVER_HOST] = g_param_spec_string ("server-host", NULL, NULL, NULL, free_to_set);
  /**
   * IsmbClient:server-port:
   *
   * That server's TCP port; 0 for 5222.
   */
  properties[PROP_SERVER_PORT] = g_param_spec_uint ("server-port", NULL, NULL, 0, G_MAXUINT16, 0, free_to_set);
  /**
   * IsmbClient:ca-file:
   *
   * A PEM file of the authorities that may have signed that server's certificate; %NULL for the system's.
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
  properties[PROP_CONNECT_TIMEOUT] = g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXUINT, CONNECT_TIMEOUT,
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
   * The session is there: stanzas go out, others come. The place to send presence and fetch the roster. In the
   * main context of [method@Ismb.Client.open_async], as all signals and events.
   */
  signals[SESSION_START] = g_signal_new ("session-start", type, G_SIGNAL_RUN_LAST,
                                         G_STRUCT_OFFSET (IsmbClientClass, session_start), NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  /**
   * IsmbClient::message:
   * @self: the client
   * @message: what came, its sender stamped by the listener
   *
   * A message with a body came, of any type, errors that echo a body among them.
   */
  signals[MESSAGE] = g_signal_new ("message", type, G_SIGNAL_RUN_LAST, G_STRUCT_OFFSET (IsmbClientClass, message),
                                   NULL, NULL, NULL, G_TYPE_NONE, 1, ISMB_TYPE_MESSAGE);
  /**
   * IsmbClient::presence-available:
   * @self: the client
   * @presence: the presence
   *
   * A resource is plainly available: no `away`, `chat`, `dnd` or `xa`. The client's own is told too.
   */
  signals[PRESENCE_AVAILABLE] = g_signal_new ("presence-available", type, G_SIGNAL_RUN_LAST,
                                              G_STRUCT_OFFSET (IsmbClientClass, presence_available), NULL, NULL, NULL,
                                              G_TYPE_NONE, 1, ISMB_TYPE_PRESENCE);
}

static void
ismb_client_init (IsmbClient *self)
{
  static const IsmbChannelCallbacks from_channel = { on_channel_ready, on_channel_stanza, on_channel_closed };
  static const IsmbHomeCallbacks from_home = { on_peer_found, on_peer_changed, on_peer_lost };
  IsmbClientPrivate *priv = get_private (self);

  priv->home = ismb_home_new (&from_home, self);
  priv->channel = ismb_channel_new (&from_channel, self);
  priv->roster = _ismb_roster_new ();
  priv->requests = ismb_requests_new ();
  priv->events = ismb_events_new ();
  priv->inbox = ismb_inbox_new (self, priv->roster, priv->requests);
}

/**
 * ismb_client_new:
 * @name: (nullable): the account's name on this switch: the local part of its address
 * @password: (nullable): its password
 * @vr: (nullable): the virtual router, e.g. `VR-Default`; %NULL for `VR-Mgmt`
 *
 * A client of the daemon on this switch. Nothing is connected yet. Without a name or a password the account is
 * transient: its name and password are made up, and it ends with the client.
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
 * A client of any XMPP server, over TCP. The server is found through the domain's SRV records unless
 * [property@Ismb.Client:server-host] names it; TLS is required, and its certificate verified against
 * [property@Ismb.Client:ca-file] or the system's authorities.
 *
 * Returns: (transfer full): the client
 */
IsmbClient *
ismb_client_new_for_server (const char *jid, const char *password)
{
  g_return_val_if_fail (jid != NULL && password != NULL, NULL);
  return g_object_new (ISMB_TYPE_CLIENT, "server-jid", jid, "password", password, NULL);
}

static void
on_account (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (!ismb_home_enter_finish (source, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  set_auto_jid (ISMB_CLIENT (source), ismb_home_get_account (get_private (ISMB_CLIENT (source))->home));
  g_task_return_boolean (task, TRUE);
}

/**
 * ismb_client_create_account_async:
 * @self: a client of the daemon on this switch
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Makes the account over the control bus, and learns the address, [property@Ismb.Client:auto-jid], the files
 * root and the peers. An account that is there with the same password is taken as it is.
 */
void
ismb_client_create_account_async (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_create_account_async);
  if (get_private (self)->server_jid != NULL)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                             "accounts are made on this switch only; %s is another server's",
                             get_private (self)->server_jid);
  else
    enter_home (self, cancellable, on_account, g_object_ref (task));
}

/**
 * ismb_client_create_account_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.create_account_async].
 *
 * Fails with [error@Ismb.Error.NO_DAEMON], with [error@Ismb.Error.NO_VIRTUAL_ROUTER], with
 * [error@Ismb.Error.EXISTS] where the account has another password, and with [error@Ismb.Error.NOT_ALLOWED].
 *
 * Returns: whether the account is there
 */
gboolean
ismb_client_create_account_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_sync_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/**
 * ismb_client_create_account_sync:
 * @self: a client of the daemon on this switch
 * @cancellable: (nullable): to stop
 * @error: return location for a #GError
 *
 * [method@Ismb.Client.create_account_async] for scripts: runs the thread's default main context until it is done.
 *
 * Returns: whether the account is there
 */
gboolean
ismb_client_create_account_sync (IsmbClient *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  if (!g_main_context_acquire (context))
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                           "another thread runs this thread's main context: use create_account_async there");
      return FALSE;
    }
  ismb_client_create_account_async (self, cancellable, on_sync_done, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_release (context);
  return ismb_client_create_account_finish (self, result, error);
}

/**
 * ismb_client_open_async:
 * @self: the client
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when the session has started, or why it could not
 * @user_data: for @callback
 *
 * Signs in: makes the account if that was not done, connects, authenticates and binds a resource. From then on
 * signals and events come in the main context that is this thread's default now. After the event `disconnected`
 * the same client may be opened again.
 */
void
ismb_client_open_async (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  IsmbClientPrivate *priv;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  priv = get_private (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_open_async);
  if (priv->state != IDLE)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED, "the client is open already, or still closing");
      return;
    }
  if (g_task_return_error_if_cancelled (task))
    return;
  priv->state = OPENING;
  g_set_object (&priv->opening, task);
  priv->attempt = g_cancellable_new ();
  if (cancellable != NULL)
    {
      priv->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (priv->cancel, G_SOURCE_FUNC (on_cancelled), self, NULL);
      g_source_attach (priv->cancel, g_task_get_context (task));
    }
  if (priv->server_jid != NULL)
    dial (self, task);
  else
    enter_home (self, priv->attempt, on_home, g_object_ref (task));
}

/**
 * ismb_client_open_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.open_async].
 *
 * Fails as [method@Ismb.Client.create_account_finish] does; with [error@Ismb.Error.AUTH_FAILED] where the server
 * refuses name or password; with [error@Ismb.Error.UNTRUSTED] where the server's certificate does not hold or it
 * does not prove that it knows the password; with [error@Ismb.Error.TIMEOUT] and [error@Ismb.Error.STREAM] where it
 * cannot be reached or breaks off.
 *
 * Returns: whether the session has started
 */
gboolean
ismb_client_open_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_client_close:
 * @self: the client
 *
 * Ends the session in order: what was sent leaves, then the stream is closed, then the event `disconnected`
 * comes. An opening that is under way ends with [error@Gio.IOErrorEnum.CANCELLED]. Nothing happens without either.
 */
void
ismb_client_close (IsmbClient *self)
{
  IsmbClientPrivate *priv;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  priv = get_private (self);
  if (priv->state == OPENING)
    fail_opening (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the client was closed"), FALSE);
  else if (priv->state == OPEN)
    {
      priv->state = CLOSING;
      ismb_client_emit_event (self, "session_end", NULL);
      ismb_channel_close (priv->channel);
    }
}

/**
 * ismb_client_get_auto_jid: (get-property auto-jid)
 * @self: the client
 *
 * The account's bare address.
 *
 * Returns: (nullable): the address; %NULL before the account is made
 */
const char *
ismb_client_get_auto_jid (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return get_private (self)->auto_jid;
}

/**
 * ismb_client_get_bound_jid: (get-property bound-jid)
 * @self: the client
 *
 * The session's full address, as the server assigned it.
 *
 * Returns: (transfer none) (nullable): the address; %NULL without a session
 */
IsmbJid *
ismb_client_get_bound_jid (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return get_private (self)->bound_jid;
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
  return get_private (self)->vr;
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
  return get_private (self)->roster;
}

/**
 * ismb_client_get_files_root: (get-property files-root)
 * @self: the client
 *
 * The folder on this switch that files are stored beneath.
 *
 * Returns: (nullable): its path; %NULL before the account is made, and for a client of another server
 */
const char *
ismb_client_get_files_root (IsmbClient *self)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self), NULL);
  return ismb_home_get_files_root (get_private (self)->home);
}

/**
 * ismb_client_add_event_handler:
 * @self: the client
 * @event: a name, of ours or your own
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each event of that name
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Handlers of one event run in the order they were added; they may add and remove others. Names and payloads are
 * SleekXMPP's: `connected`, `failed_auth`, `session_bind` (an #IsmbJid), `session_start`, `session_end`,
 * `disconnected`, `message` and `message_error` (an #IsmbMessage), `presence`, `presence_available` and so on for each
 * type and show, `changed_subscription`, `got_online`, `changed_status`, `got_offline` (an #IsmbPresence),
 * `roster_update` (an #IsmbIq); and ours: `peer_found`, `peer_changed`, `peer_lost` (an #IsmbPeer).
 *
 * Returns: an id for [method@Ismb.Client.remove_event_handler]
 */
guint
ismb_client_add_event_handler (IsmbClient *self, const char *event, IsmbEventFunc callback, gpointer user_data,
                               GDestroyNotify destroy)
{
  g_return_val_if_fail (ISMB_IS_CLIENT (self) && event != NULL && callback != NULL, 0);
  return ismb_events_add (get_private (self)->events, event, callback, user_data, destroy);
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
  ismb_events_remove (get_private (self)->events, id);
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
  if (get_private (self)->events != NULL)
    ismb_events_emit (get_private (self)->events, self, event, payload);
}

/**
 * ismb_client_send:
 * @self: the client
 * @stanza: a message, presence or iq
 * @error: return location for a #GError
 *
 * Sends a stanza. While the client is being opened it waits for the session, 256 stanzas at most.
 *
 * Fails with [error@Ismb.Error.NOT_CONNECTED] where the client is not open, and with [error@Ismb.Error.FAILED] where
 * the server has not taken 16 MB yet.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send (IsmbClient *self, IsmbStanza *stanza, GError **error)
{
  g_autoptr (GString) xml = NULL;
  IsmbClientPrivate *priv;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_STANZA (stanza), FALSE);
  priv = get_private (self);
  if (priv->channel == NULL || priv->state == IDLE || priv->state == CLOSING)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is not open");
      return FALSE;
    }
  xml = g_string_sized_new (256);
  ismb_node_write (ismb_tree_root (_ismb_stanza_get_tree (stanza)), ISMB_NS_CLIENT, xml);
  if (priv->outbox.length >= OUTBOX_MAX || ismb_channel_get_queued (priv->channel) + xml->len > QUEUED_MAX)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED, "too much waits to be sent already");
      return FALSE;
    }
  if (priv->state == OPENING || !g_queue_is_empty (&priv->outbox))
    g_queue_push_tail (&priv->outbox, g_string_free (g_steal_pointer (&xml), FALSE));
  else
    ismb_channel_send (priv->channel, xml->str, xml->len);
  return TRUE;
}

/**
 * ismb_client_send_message:
 * @self: the client
 * @to: the receiver's address
 * @body: (nullable): the text
 * @subject: (nullable): the subject; `command` makes @body a list of commands for Switch Control
 * @stanza_type: (nullable): `chat`, `headline`, ...; %NULL for `normal`
 * @error: return location for a #GError
 *
 * Makes and sends a message.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_message (IsmbClient *self, const char *to, const char *body, const char *subject,
                          const char *stanza_type, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (IsmbMessage) message = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  jid = ismb_jid_new (to, error);
  if (jid == NULL)
    return FALSE;
  message = ismb_message_new (jid, body);
  if (subject != NULL)
    ismb_message_set_subject (message, subject);
  if (stanza_type != NULL)
    ismb_stanza_set_stanza_type (ISMB_STANZA (message), stanza_type);
  return ismb_client_send (self, ISMB_STANZA (message), error);
}

/**
 * ismb_client_send_presence:
 * @self: the client
 * @show: (nullable): `away`, `chat`, `dnd` or `xa`; %NULL for plainly available
 * @status: (nullable): a text
 * @error: return location for a #GError
 *
 * Tells everybody who is subscribed that this resource is available.
 *
 * Fails as [method@Ismb.Client.send] does.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_presence (IsmbClient *self, const char *show, const char *status, GError **error)
{
  g_autoptr (IsmbPresence) presence = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), FALSE);
  presence = ismb_presence_new (NULL, NULL);
  if (show != NULL)
    ismb_presence_set_show (presence, show);
  if (status != NULL)
    ismb_presence_set_status (presence, status);
  return ismb_client_send (self, ISMB_STANZA (presence), error);
}

/**
 * ismb_client_send_presence_subscription:
 * @self: the client
 * @to: whose presence it is about; its resource is left out
 * @stanza_type: (nullable): `subscribe`, `subscribed`, `unsubscribe` or `unsubscribed`; %NULL for `subscribe`
 * @error: return location for a #GError
 *
 * Asks for presence, or grants it, or ends either.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_client_send_presence_subscription (IsmbClient *self, const char *to, const char *stanza_type, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (IsmbJid) bare = NULL;
  g_autoptr (IsmbPresence) presence = NULL;

  g_return_val_if_fail (ISMB_IS_CLIENT (self) && to != NULL, FALSE);
  jid = ismb_jid_new (to, error);
  if (jid == NULL)
    return FALSE;
  bare = ismb_jid_to_bare (jid);
  presence = ismb_presence_new (bare, stanza_type != NULL ? stanza_type : "subscribe");
  return ismb_client_send (self, ISMB_STANZA (presence), error);
}

/**
 * ismb_client_send_iq_async:
 * @self: the client
 * @iq: a request, of type `get` or `set`; it gets an id
 * @timeout_ms: milliseconds to wait for the answer; 0 for 30,000
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Sends a request and waits for its answer. 1,000 may wait at a time.
 */
void
ismb_client_send_iq_async (IsmbClient *self, IsmbIq *iq, guint timeout_ms, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  IsmbClientPrivate *priv;
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self) && ISMB_IS_IQ (iq));
  priv = get_private (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_send_iq_async);
  if (!ismb_requests_add (priv->requests, iq, timeout_ms != 0 ? timeout_ms : REQUEST_TIMEOUT, task))
    return;
  if (!ismb_client_send (self, ISMB_STANZA (iq), &error))
    ismb_requests_fail (priv->requests, ismb_stanza_get_id (ISMB_STANZA (iq)), error);
}

/**
 * ismb_client_send_iq_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.send_iq_async].
 *
 * Fails with [error@Ismb.Error.STANZA] where the answer is an error, whose condition and text are the message; with
 * [error@Ismb.Error.TIMEOUT]; with [error@Ismb.Error.NOT_CONNECTED].
 *
 * Returns: (transfer full): the answer, of type `result`
 */
IsmbIq *
ismb_client_send_iq_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_roster (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbClient *self = ISMB_CLIENT (source);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_send_iq_finish (self, result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (get_private (self)->roster != NULL)
    _ismb_roster_take_items (get_private (self)->roster, answer, TRUE);
  ismb_client_emit_event (self, "roster_update", G_OBJECT (answer));
  g_task_return_boolean (task, TRUE);
}

/**
 * ismb_client_fetch_roster_async:
 * @self: the client
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called when the roster is there
 * @user_data: for @callback
 *
 * Fetches the roster that the server keeps, and has the server tell its changes from now on. The event `roster_update`
 * comes with each.
 */
void
ismb_client_fetch_roster_async (IsmbClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_CLIENT (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_client_fetch_roster_async);
  iq = ismb_iq_new (NULL, "get");
  ismb_iq_add_payload (iq, "query", ISMB_NS_ROSTER);
  ismb_client_send_iq_async (self, iq, 0, cancellable, on_roster, task);
}

/**
 * ismb_client_fetch_roster_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Client.fetch_roster_async]. Fails as [method@Ismb.Client.send_iq_finish] does.
 *
 * Returns: whether the roster is there
 */
gboolean
ismb_client_fetch_roster_finish (IsmbClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static const char *
first_address (IsmbPeer *peer)
{
  const char *const *addresses = ismb_peer_get_addresses (peer);

  for (guint i = 0; addresses != NULL && addresses[i] != NULL; i++)
    if (strchr (addresses[i], ':') == NULL)
      return addresses[i];
  return addresses != NULL && addresses[0] != NULL ? addresses[0] : "";
}

/**
 * ismb_client_get_peer_domains:
 * @self: the client
 * @include_ip: whether to tell addresses
 *
 * The switches one may talk to: the members of the fabric that are known on this virtual router, and this switch
 * itself. Answered at once, from a list that is kept up to date from the time the account is made. A client of another
 * server knows that server's domain alone.
 *
 * Returns: (transfer full) (element-type utf8 utf8): domain-part to address: the first IPv4 address, else the first of
 *   all; an empty string where none is known, and without @include_ip
 */
GHashTable *
ismb_client_get_peer_domains (IsmbClient *self, gboolean include_ip)
{
  GHashTable *domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (IsmbJid) own = NULL;
  IsmbClientPrivate *priv;
  GHashTableIter iter;
  IsmbPeer *peer;

  g_return_val_if_fail (ISMB_IS_CLIENT (self), domains);
  priv = get_private (self);
  own = priv->auto_jid != NULL ? ismb_jid_new (priv->auto_jid, NULL) : NULL;
  if (own != NULL)
    g_hash_table_insert (domains, g_strdup (ismb_jid_get_domain (own)), g_strdup (""));
  g_hash_table_iter_init (&iter, ismb_home_get_peers (priv->home));
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &peer))
    if (ismb_peer_get_local (peer) || ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER
        || ismb_peer_get_trust (peer) == ISMB_TRUST_OPEN)
      g_hash_table_insert (domains, g_strdup (ismb_peer_get_domain (peer)),
                           g_strdup (include_ip ? first_address (peer) : ""));
  return domains;
}

guint
_ismb_client_add_iq_handler (IsmbClient *self, const char *name, const char *ns, IsmbIqHandler handler,
                             gpointer user_data, GDestroyNotify destroy)
{
  return ismb_inbox_add_iq_handler (get_private (self)->inbox, name, ns, handler, user_data, destroy);
}

void
_ismb_client_remove_iq_handler (IsmbClient *self, guint id)
{
  if (get_private (self)->inbox != NULL)
    ismb_inbox_remove_iq_handler (get_private (self)->inbox, id);
}

void
_ismb_client_set_authorize (IsmbClient *self, IsmbAuthorize authorize, gpointer user_data)
{
  ismb_inbox_set_authorize (get_private (self)->inbox, authorize, user_data);
}

void
_ismb_client_add_feature (IsmbClient *self, const char *feature)
{
  ismb_inbox_add_feature (get_private (self)->inbox, feature);
}
