/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.dialer"

#include "config.h"
#include "ismb/client/ismb-dialer.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "ismb/client/ismb-handshake.h"
#include "ismb/client/ismb-starttls.h"
#include "ismb/client/ismb-targets.h"
#include "ismb/core/ismb-error.h"

#define ALPN "xmpp-client" /* XEP-0368 */

/* The task's data. */
typedef struct
{
  char *unix_path, *domain, *ca_file;
  gboolean clear, direct;
  guint deadline_ms;
  GPtrArray *targets; /* of IsmbTarget; NULL: still looked up, or the unix socket */
  guint tried;
  IsmbDialOutcome outcome;
  gulong cancel_handler;
  /* Of the attempt in hand: */
  GSource *deadline;
  GCancellable *cancellable; /* ours: the caller's, or the deadline's */
  gboolean timed_out;
  const char *doing;         /* for the message */
  GSocketConnection *connection;
} Dial;

static void
drop_deadline (Dial *dial)
{
  if (dial->deadline != NULL)
    g_source_destroy (dial->deadline);
  g_clear_pointer (&dial->deadline, g_source_unref);
}

static void
dial_free (Dial *dial)
{
  drop_deadline (dial);
  g_clear_object (&dial->cancellable);
  g_clear_object (&dial->connection);
  g_clear_object (&dial->outcome.certificate);
  g_clear_pointer (&dial->targets, g_ptr_array_unref);
  g_free (dial->unix_path);
  g_free (dial->domain);
  g_free (dial->ca_file);
  g_free (dial);
}

static const IsmbTarget *
get_target (Dial *dial)
{
  return dial->targets != NULL ? dial->targets->pdata[dial->tried] : NULL;
}

static const char *
get_name (Dial *dial)
{
  const IsmbTarget *target = get_target (dial);

  return dial->unix_path != NULL ? dial->unix_path : target != NULL ? target->host : dial->domain;
}

static void try_target (GTask *task);

/* The end of an attempt. A deadline shows as such, a cancellation passes, the rest gets a name. */

static GError *
explain (Dial *dial, const GError *error)
{
  if (dial->timed_out)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT, "%s did not answer within %u ms: %s",
                        get_name (dial), dial->deadline_ms, dial->doing);
  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED))
    return g_error_copy (error);
  return g_error_new (ISMB_ERROR,
                      g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNSUPPORTED)
                          ? ISMB_ERROR_UNSUPPORTED
                          : ISMB_ERROR_STREAM,
                      "%s: %s: %s", get_name (dial), dial->doing, error->message);
}

static void
end (GTask *task, GIOStream *stream, GError *error)
{
  Dial *dial = g_task_get_task_data (task);

  drop_deadline (dial);
  g_cancellable_disconnect (g_task_get_cancellable (task), dial->cancel_handler);
  dial->cancel_handler = 0;
  if (stream != NULL)
    g_task_return_pointer (task, stream, g_object_unref);
  else
    g_task_return_error (task, error);
}

/* Takes the error. */
static void
fail (GTask *task, GError *error)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GError) cause = error;
  GError *why = NULL;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &why);
      end (task, NULL, why);
      return;
    }
  why = explain (dial, cause);
  if (g_error_matches (why, ISMB_ERROR, ISMB_ERROR_UNTRUSTED) || dial->targets == NULL
      || dial->tried + 1 == dial->targets->len)
    {
      end (task, NULL, why);
      return;
    }
  g_debug ("%s", why->message);
  g_error_free (why);
  dial->tried++;
  try_target (task);
}

static gboolean
on_deadline (gpointer data)
{
  Dial *dial = data;

  dial->timed_out = TRUE;
  g_cancellable_cancel (dial->cancellable);
  return G_SOURCE_REMOVE;
}

static void
start_attempt (GTask *task, const char *doing)
{
  Dial *dial = g_task_get_task_data (task);

  drop_deadline (dial);
  g_clear_object (&dial->connection);
  g_clear_object (&dial->cancellable);
  dial->cancellable = g_cancellable_new ();
  dial->timed_out = FALSE;
  dial->doing = doing;
  dial->deadline = g_timeout_source_new (dial->deadline_ms);
  g_source_set_callback (dial->deadline, on_deadline, dial, NULL);
  g_source_attach (dial->deadline, g_task_get_context (task));
}

/* TLS */

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;
  GIOStream *tls;

  g_clear_object (&dial->outcome.certificate);
  tls = ismb_handshake_finish (result, &dial->outcome.certificate, &dial->outcome.flags, &error);
  dial->outcome.secret = tls != NULL;
  if (tls != NULL)
    end (task, tls, NULL);
  else
    fail (task, error);
}

static void
start_handshake (GTask *task, const char *protocol)
{
  Dial *dial = g_task_get_task_data (task);

  dial->doing = "TLS handshake";
  ismb_handshake_async (G_IO_STREAM (dial->connection), dial->domain, dial->ca_file, protocol,
                        dial->cancellable, on_handshake, g_object_ref (task));
}

static void
on_proceed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (ismb_starttls_finish (result, &error))
    start_handshake (task, NULL);
  else
    fail (task, error);
}

/* Connecting */

static gboolean
goes_to_loopback (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (connection, NULL);

  return G_IS_INET_SOCKET_ADDRESS (address) &&
         g_inet_address_get_is_loopback (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static void
take_clear_connection (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);

  if (goes_to_loopback (dial->connection))
    end (task, g_object_ref (G_IO_STREAM (dial->connection)), NULL);
  else
    end (task, NULL,
         g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                      "require-tls may only be off towards a loopback address, and %s is none",
                      get_name (dial)));
}

static void
take_connection (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  GSocket *socket = g_socket_connection_get_socket (dial->connection);

  if (dial->unix_path != NULL)
    {
      dial->outcome.secret = TRUE;
      end (task, g_object_ref (G_IO_STREAM (dial->connection)), NULL);
      return;
    }
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
  if (dial->clear)
    take_clear_connection (task);
  else if (get_target (dial)->direct)
    start_handshake (task, ALPN);
  else
    {
      dial->doing = "STARTTLS";
      ismb_starttls_async (G_IO_STREAM (dial->connection), dial->domain, dial->cancellable,
                           on_proceed, g_object_ref (task));
    }
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;

  dial->connection
      = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (dial->connection == NULL)
    fail (task, error);
  else
    take_connection (task);
}

/* Of a host with several addresses GLib tries the next before the one before it has failed. */
static void
try_target (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  const IsmbTarget *target = get_target (dial);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = NULL;

  start_attempt (task, "connecting");
  g_socket_client_set_enable_proxy (client, FALSE);
  if (dial->unix_path != NULL)
    address = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (dial->unix_path));
  else
    address = g_network_address_new (target->host, target->port);
  g_socket_client_connect_async (client, address, dial->cancellable, on_connected,
                                 g_object_ref (task));
}

static void
on_targets (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;
  GPtrArray *targets = ismb_targets_look_up_finish (result, &error);

  if (targets == NULL)
    {
      fail (task, error);
      return;
    }
  dial->targets = targets;
  try_target (task);
}

static void
find_targets (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  IsmbTargetsKind kind = ISMB_TARGETS_ANY;

  if (dial->clear || dial->direct)
    kind = dial->clear ? ISMB_TARGETS_STARTTLS : ISMB_TARGETS_DIRECT;
  start_attempt (task, "looking up its SRV records");
  ismb_targets_look_up_async (dial->domain, kind, dial->cancellable, on_targets,
                              g_object_ref (task));
}

static void
take_host (Dial *dial, const char *host, guint16 port)
{
  guint16 usual = dial->direct ? ISMB_TARGET_DIRECT_PORT : ISMB_TARGET_PORT;

  dial->targets = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_target_free);
  g_ptr_array_add (dial->targets,
                   ismb_target_new (host, port != 0 ? port : usual, dial->direct));
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (((Dial *) user_data)->cancellable);
}

void
ismb_dial_async (const IsmbDialPlan *plan, GCancellable *cancellable, GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Dial *dial = g_new0 (Dial, 1);

  g_task_set_source_tag (task, ismb_dial_async);
  g_task_set_task_data (task, dial, (GDestroyNotify) dial_free);
  dial->unix_path = g_strdup (plan->unix_path);
  dial->domain = g_strdup (plan->domain);
  dial->ca_file = plan->ca_file != NULL ? g_canonicalize_filename (plan->ca_file, NULL) : NULL;
  dial->clear = plan->clear;
  dial->direct = plan->direct && !plan->clear;
  dial->deadline_ms = plan->deadline;
  if (plan->unix_path == NULL && plan->host != NULL)
    take_host (dial, plan->host, plan->port);
  if (plan->unix_path != NULL || plan->host != NULL)
    try_target (task);
  else
    find_targets (task);
  if (cancellable != NULL)
    dial->cancel_handler
        = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), dial, NULL);
}

GIOStream *
ismb_dial_finish (GAsyncResult *result, IsmbDialOutcome *outcome, GError **error)
{
  Dial *dial = g_task_get_task_data (G_TASK (result));

  *outcome = dial->outcome;
  dial->outcome.certificate = NULL;
  return g_task_propagate_pointer (G_TASK (result), error);
}
