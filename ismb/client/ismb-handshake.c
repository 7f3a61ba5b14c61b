/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-handshake.h"

#include "ismb/core/ismb-error.h"

/* The task's data; its source is the GTlsConnection. */
typedef struct
{
  char *domain;
  GTlsCertificate *certificate;
  GTlsCertificateFlags flags;
} Handshake;

static void
handshake_free (Handshake *handshake)
{
  g_free (handshake->domain);
  g_clear_object (&handshake->certificate);
  g_free (handshake);
}

static char *
describe_flags (GTlsCertificateFlags flags)
{
  static const struct { GTlsCertificateFlags flag; const char *text; } names[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "its issuer is not known here" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "it names another server" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet, by this host's clock" },
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
return_untrusted (GTask *task, Handshake *handshake)
{
  g_autofree char *why = describe_flags (handshake->flags);

  g_task_return_new_error (
      task, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
      "the certificate of %s does not hold: %s (ca-file names the authority to trust)",
      handshake->domain, why);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Handshake *handshake = g_task_get_task_data (task);
  GTlsConnection *tls = G_TLS_CONNECTION (source);
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (tls, result, &error);

  g_set_object (&handshake->certificate, g_tls_connection_get_peer_certificate (tls));
  handshake->flags = g_tls_connection_get_peer_certificate_errors (tls);
  if (done)
    g_task_return_pointer (task, g_object_ref (tls), g_object_unref);
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)
           && handshake->flags != 0)
    return_untrusted (task, handshake);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static GIOStream *
make_connection (GIOStream *stream, const char *domain, GError **error)
{
  g_autoptr (GSocketConnectable) identity = g_network_address_new (domain, 0);
  GIOStream *tls = g_tls_client_connection_new (stream, identity, error);

  if (tls != NULL) /* </stream:stream> says it */
    g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  return tls;
}

static gboolean
trust_file (GIOStream *tls, const char *ca_file, GError **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) cause = NULL;

  if (ca_file == NULL)
    return TRUE;
  database = g_tls_file_database_new (ca_file, &cause);
  if (database == NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                 "ca-file: cannot read the authorities in %s: %s", ca_file, cause->message);
  else
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), database);
  return database != NULL;
}

void
ismb_handshake_async (GIOStream *stream, const char *domain, const char *ca_file,
                      const char *protocol, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  const char *protocols[] = { protocol, NULL };
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  Handshake *handshake = g_new0 (Handshake, 1);
  GError *error = NULL;
  g_autoptr (GIOStream) tls = make_connection (stream, domain, &error);

  g_task_set_source_tag (task, ismb_handshake_async);
  g_task_set_task_data (task, handshake, (GDestroyNotify) handshake_free);
  handshake->domain = g_strdup (domain);
  if (tls == NULL || !trust_file (tls, ca_file, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (protocol != NULL)
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), protocols);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, cancellable,
                                    on_handshake, g_steal_pointer (&task));
}

GIOStream *
ismb_handshake_finish (GAsyncResult *result, GTlsCertificate **certificate,
                       GTlsCertificateFlags *flags, GError **error)
{
  Handshake *handshake = g_task_get_task_data (G_TASK (result));

  *certificate = g_steal_pointer (&handshake->certificate);
  *flags = handshake->flags;
  return g_task_propagate_pointer (G_TASK (result), error);
}
