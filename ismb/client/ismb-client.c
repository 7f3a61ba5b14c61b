/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/client/ismb-client-parts.h"
#include "ismb/client/ismb-plugin-registry.h"
#include "ismb/client/ismb-roster-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-random.h"
#include "ismb/local/ismb-control.h"

#define DEFAULT_VR "VR-Mgmt"

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

static gboolean
on_is_heard (GObject *owner, const char *event)
{
  return _ismb_client_is_heard (ISMB_CLIENT (owner), event);
}

static gboolean
on_is_wanted (GObject *owner, IsmbStanza *request)
{
  const char *id = ismb_stanza_get_id (request);

  return id != NULL && ismb_requests_has (_ismb_client_get_parts (ISMB_CLIENT (owner))->requests, id);
}

static gboolean
is_yet_to_be_sent (const char *id, gpointer connection)
{
  return ismb_connection_has_request (connection, id);
}

/* What the server was asked for in a session that is gone, it does not answer any more. */
static void
on_ended (GObject *owner)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (owner));
  g_autoptr (GError) error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                                                  "the session ended before the answer came");

  _ismb_roster_end_session (parts->roster);
  ismb_requests_fail_others (parts->requests, is_yet_to_be_sent, parts->connection, error);
}

static void
on_stanza (GObject *owner, IsmbStanza *stanza)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (owner));

  if (parts->inbox != NULL)
    ismb_inbox_take (parts->inbox, stanza);
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

static gboolean
on_inbox_admit (gpointer client, IsmbStanza *stanza)
{
  IsmbFilters *filters = _ismb_client_get_parts (client)->filters;

  return ismb_filters_run (filters, FALSE, client, stanza);
}

static IsmbJid *
on_inbox_get_own (gpointer client)
{
  return ismb_client_get_bound_jid (client);
}

static gboolean
on_inbox_is_heard (gpointer client, const char *event)
{
  return _ismb_client_is_heard (client, event);
}

static guint
on_inbox_count_handlers (gpointer client, const char *event)
{
  return ismb_client_count_event_handlers (client, event);
}

/* The object */

static void
ismb_client_constructed (GObject *object)
{
  static const IsmbConnectionCallbacks from_connection
      = { on_event, on_is_heard, on_is_wanted, on_ended, on_stanza, on_changed };
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
  _ismb_plugin_registry_equip (object);
}

static void
ismb_client_dispose (GObject *object)
{
  IsmbClientParts *parts = _ismb_client_get_parts (ISMB_CLIENT (object));

  g_clear_pointer (&parts->features, g_ptr_array_unref); /* first: nobody hears of them going */
  if (parts->plugins != NULL)
    parts->free_plugins (parts->plugins); /* they look at it until the end */
  parts->plugins = NULL;
  g_clear_pointer (&parts->connection, ismb_connection_free);
  g_clear_pointer (&parts->inbox, ismb_inbox_free);
  g_clear_pointer (&parts->filters, ismb_filters_free);
  g_clear_pointer (&parts->schedule, ismb_schedule_free);
  g_clear_pointer (&parts->events, ismb_events_free);
  g_clear_pointer (&parts->requests, ismb_requests_free);
  _ismb_client_drop_roster (ISMB_CLIENT (object));
  G_OBJECT_CLASS (ismb_client_parent_class)->dispose (object);
}

static void
ismb_client_finalize (GObject *object)
{
  _ismb_client_clear_properties (object);
  G_OBJECT_CLASS (ismb_client_parent_class)->finalize (object);
}

static void
ismb_client_class_init (IsmbClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = ismb_client_constructed;
  object_class->dispose = ismb_client_dispose;
  object_class->finalize = ismb_client_finalize;
  _ismb_client_install_properties (object_class);
  _ismb_client_install_signals (klass);
}

static void
ismb_client_init (IsmbClient *self)
{
  static const IsmbInboxCallbacks from_inbox = { on_inbox_event, on_inbox_send, on_inbox_admit,
                                                 on_inbox_get_own, on_inbox_is_heard,
                                                 on_inbox_count_handlers };
  IsmbClientParts *parts = _ismb_client_get_parts (self);

  parts->features = g_ptr_array_new_with_free_func (g_free);
  parts->requests = ismb_requests_new ();
  parts->events = ismb_events_new ();
  parts->filters = ismb_filters_new ();
  parts->schedule = ismb_schedule_new (G_OBJECT (self));
  _ismb_client_make_roster (self);
  parts->inbox = ismb_inbox_new (self, parts->roster, parts->subscribers, parts->requests,
                                 &from_inbox);
  _ismb_client_hear_roster (self);
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
 * ismb_client_new_for_jid:
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
ismb_client_new_for_jid (const char *jid, const char *password)
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
