/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.dialer"

#include "config.h"
#include "ismb/client/ismb-dialer.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-tag-scanner.h"

#define DEFAULT_PORT 5222
#define CLEAR_BYTES_MAX 16384 /* of a server before TLS */

/* One attempt; the task's data. */
typedef struct
{
  char *unix_path, *domain, *host, *ca_file;
  guint16 port;
  gboolean clear;
  guint deadline_ms;
  GSource *deadline;
  GCancellable *cancellable;  /* ours: the caller's, or the deadline's */
  gulong cancel_handler;
  gboolean timed_out;
  const char *doing;          /* for the message */
  GSocketConnection *connection;
  char *request;
  GByteArray *answer;
  IsmbTagScanner scanner;
  gsize scanned, element;
  gboolean asked;
} Dial;

static void
dial_free (Dial *dial)
{
  g_source_destroy (dial->deadline);
  g_source_unref (dial->deadline);
  g_object_unref (dial->cancellable);
  g_clear_object (&dial->connection);
  g_free (dial->unix_path);
  g_free (dial->domain);
  g_free (dial->host);
  g_free (dial->ca_file);
  g_free (dial->request);
  g_byte_array_unref (dial->answer);
  g_free (dial);
}

static const char *
dial_target (Dial *dial)
{
  return dial->unix_path != NULL ? dial->unix_path : dial->host != NULL ? dial->host : dial->domain;
}

/* The end of the task on every path: a deadline shows as such, a cancellation passes, the rest gets
 * a name. */
static void
dial_return (GTask *task, GIOStream *stream, GError *error)
{
  Dial *dial = g_task_get_task_data (task);

  g_cancellable_disconnect (g_task_get_cancellable (task), dial->cancel_handler);
  g_source_destroy (dial->deadline);
  if (stream != NULL)
    {
      g_task_return_pointer (task, stream, g_object_unref);
      return;
    }
  if (dial->timed_out)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                             "%s did not answer within %u ms: %s", dial_target (dial),
                             dial->deadline_ms, dial->doing);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || error->domain == ISMB_ERROR)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_new_error (
        task, ISMB_ERROR, error->domain == G_TLS_ERROR ? ISMB_ERROR_UNTRUSTED : ISMB_ERROR_STREAM,
        "%s: %s: %s", dial_target (dial), dial->doing, error->message);
  g_clear_error (&error);
}

static gboolean
on_deadline (gpointer data)
{
  Dial *dial = data;

  dial->timed_out = TRUE;
  g_cancellable_cancel (dial->cancellable);
  return G_SOURCE_REMOVE;
}

/* TLS */

static char *
describe_flags (GTlsCertificateFlags flags)
{
  static const struct { GTlsCertificateFlags flag; const char *text; } names[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "its issuer is not known here" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "it names another server" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet" },
    { G_TLS_CERTIFICATE_EXPIRED, "it has expired" },
    { G_TLS_CERTIFICATE_REVOKED, "it was revoked" },
    { G_TLS_CERTIFICATE_INSECURE, "its algorithm is too weak" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (flags & names[i].flag)
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", names[i].text);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  GTlsConnection *tls = G_TLS_CONNECTION (source);
  GTlsCertificateFlags flags = g_tls_connection_get_peer_certificate_errors (tls);
  g_autoptr (GError) error = NULL;

  if (g_tls_connection_handshake_finish (tls, result, &error))
    {
      dial_return (task, g_object_ref (G_IO_STREAM (tls)), NULL);
      return;
    }
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE) && flags != 0)
    {
      g_autofree char *why = describe_flags (flags);

      g_clear_error (&error);
      g_set_error (&error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                   "the certificate of %s does not hold: %s (ca-file names the authority to trust)",
                   dial->domain, why);
    }
  dial_return (task, NULL, g_steal_pointer (&error));
}

static void
start_handshake (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GSocketConnectable) identity = g_network_address_new (dial->domain, DEFAULT_PORT);
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GIOStream) tls = NULL;
  GError *error = NULL;

  dial->doing = "TLS handshake";
  if (dial->ca_file != NULL)
    database = g_tls_file_database_new (dial->ca_file, &error);
  if (error == NULL)
    tls = g_tls_client_connection_new (G_IO_STREAM (dial->connection), identity, &error);
  if (error != NULL)
    {
      dial_return (task, NULL, error);
      return;
    }
  if (database != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), database);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls),
                                             FALSE); /* </stream:stream> says it */
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, dial->cancellable,
                                    on_handshake, g_object_ref (task));
}

/* STARTTLS. All of it can be forged by whoever stands between, who gains nothing: without a
 * verified handshake nothing goes on. */

static void read_answer (GTask *task);
static void send_request (GTask *task, char *request);

static void
refuse (GTask *task, const char *what)
{
  Dial *dial = g_task_get_task_data (task);

  dial_return (task, NULL,
               g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "%s: %s", dial_target (dial), what));
}

/* TRUE: the element is not the last we want to see. */
static gboolean
take_element (GTask *task, const char *element)
{
  Dial *dial = g_task_get_task_data (task);

  if (!dial->asked)
    {
      if (strstr (element, ISMB_NS_TLS) == NULL)
        {
          refuse (task, "the server offers no TLS");
          return FALSE;
        }
      dial->asked = TRUE;
      send_request (task, g_strdup ("<starttls xmlns='" ISMB_NS_TLS "'/>"));
      return TRUE;
    }
  if (!g_str_has_prefix (element, "<proceed"))
    refuse (task, "the server refused STARTTLS");
  else if (dial->scanned < dial->answer->len)
    refuse (
        task,
        "the server sent something behind <proceed/>, in the clear"); /* injected: CVE-2011-0411 */
  else
    start_handshake (task);
  return FALSE;
}

static gboolean
take_answer (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);

  while (dial->scanned < dial->answer->len)
    {
      const char *bytes = (const char *) dial->answer->data;
      gsize seen = 0;
      IsmbScan scan = ismb_tag_scanner_next (&dial->scanner, bytes + dial->scanned,
                                             dial->answer->len - dial->scanned, &seen);

      dial->scanned += seen;
      if (scan == ISMB_SCAN_BAD || scan == ISMB_SCAN_END)
        {
          refuse (task, "the server does not speak XMPP, or closed the stream");
          return FALSE;
        }
      if (scan == ISMB_SCAN_ELEMENT)
        {
          g_autofree char *element =
              g_strndup (bytes + dial->element, dial->scanned - dial->element);

          if (!take_element (task, g_strchug (element)))
            return FALSE;
        }
      if (scan == ISMB_SCAN_ELEMENT || scan == ISMB_SCAN_HEADER)
        dial->element = dial->scanned;
    }
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  if (bytes == NULL)
    dial_return (task, NULL, error);
  else if (g_bytes_get_size (bytes) == 0)
    refuse (task, "the server closed the connection before TLS");
  else
    {
      g_byte_array_append (dial->answer, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      if (take_answer (task))
        read_answer (task);
    }
}

static void
read_answer (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (dial->connection)),
                                   4096, G_PRIORITY_DEFAULT, dial->cancellable, on_answer,
                                   g_object_ref (task));
}

static void
on_request_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);

  /* A failure shows when the answer is read. */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
}

static void
send_request (GTask *task, char *request)
{
  Dial *dial = g_task_get_task_data (task);

  g_free (dial->request);
  dial->request = request;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (dial->connection)),
                                   request, strlen (request), G_PRIORITY_DEFAULT, dial->cancellable,
                                   on_request_sent, g_object_ref (task));
}

static void
start_tls (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  g_autofree char *domain = g_markup_escape_text (dial->domain, -1);

  dial->doing = "STARTTLS";
  send_request (
      task, g_strdup_printf (
                "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='" ISMB_NS_CLIENT
                "' xmlns:stream='" ISMB_NS_STREAM "'>",
                domain));
  read_answer (task);
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
take_connection (GTask *task, GSocketConnection *connection)
{
  Dial *dial = g_task_get_task_data (task);

  dial->connection = connection;
  if (dial->unix_path == NULL)
    {
      g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, 1,
                           NULL);
      g_socket_set_keepalive (g_socket_connection_get_socket (connection), TRUE);
    }
  if (dial->unix_path == NULL && !dial->clear)
    start_tls (task);
  else if (dial->unix_path == NULL && !goes_to_loopback (connection))
    dial_return (
        task, NULL,
        g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                     "require-tls may only be off towards a loopback address, and %s is none",
                     dial_target (dial)));
  else
    dial_return (task, g_object_ref (G_IO_STREAM (connection)), NULL);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection == NULL)
    dial_return (task, NULL, error);
  else
    take_connection (task, connection);
}

static void
connect_to (GSocketClient *client, GTask *task, GSocketConnectable *target)
{
  Dial *dial = g_task_get_task_data (task);

  g_socket_client_connect_async (client, target, dial->cancellable, on_connected,
                                 g_object_ref (task));
}

/* RFC 6120, 3.2.1 and 3.2.2: without SRV records the domain itself. */
static void
on_service_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GSocketConnectable) target = NULL;
  GError *error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection != NULL)
    take_connection (task, connection);
  else if (error->domain != G_RESOLVER_ERROR)
    dial_return (task, NULL, error);
  else
    {
      g_clear_error (&error);
      target = g_network_address_new (dial->domain, dial->port);
      connect_to (G_SOCKET_CLIENT (source), task, target);
    }
}

static void
start (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) target = NULL;

  dial->doing = "connecting";
  g_socket_client_set_enable_proxy (client, FALSE);
  if (dial->unix_path != NULL)
    target = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (dial->unix_path));
  else if (dial->host != NULL)
    target = g_network_address_new (dial->host, dial->port);
  else
    {
      target = g_network_service_new ("xmpp-client", "tcp", dial->domain);
      g_socket_client_connect_async (client, target, dial->cancellable, on_service_connected,
                                     g_object_ref (task));
      return;
    }
  connect_to (client, task, target);
}

static void
cancel_dial (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (G_CANCELLABLE (user_data));
}

void
ismb_dial_async (const IsmbDialPlan *plan, GCancellable *cancellable, GAsyncReadyCallback callback,
                 gpointer user_data)
{
  static const IsmbTagScanner limits = { CLEAR_BYTES_MAX, 1000, 32 };
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Dial *dial = g_new0 (Dial, 1);

  g_task_set_source_tag (task, ismb_dial_async);
  g_task_set_task_data (task, dial, (GDestroyNotify) dial_free);
  dial->unix_path = g_strdup (plan->unix_path);
  dial->domain = g_strdup (plan->domain);
  dial->host = g_strdup (plan->host);
  dial->port = plan->port != 0 ? plan->port : DEFAULT_PORT;
  dial->ca_file = plan->ca_file != NULL ? g_canonicalize_filename (plan->ca_file, NULL) : NULL;
  dial->clear = plan->clear;
  dial->deadline_ms = plan->deadline;
  dial->answer = g_byte_array_new ();
  dial->scanner = limits;
  dial->cancellable = g_cancellable_new ();
  if (cancellable != NULL)
    dial->cancel_handler = g_cancellable_connect (cancellable, G_CALLBACK (cancel_dial),
                                                  g_object_ref (dial->cancellable), g_object_unref);
  dial->deadline = g_timeout_source_new (plan->deadline);
  g_source_set_callback (dial->deadline, on_deadline, dial, NULL);
  g_source_attach (dial->deadline, g_task_get_context (task));
  start (task);
}

GIOStream *
ismb_dial_finish (GAsyncResult *result, gboolean *secret, GError **error)
{
  Dial *dial = g_task_get_task_data (G_TASK (result));

  *secret = dial->unix_path != NULL || !dial->clear;
  return g_task_propagate_pointer (G_TASK (result), error);
}
