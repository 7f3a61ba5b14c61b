/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "pump-lab.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/ismb-test-folder.h"

#define SERVER_ROOM (64 * 1024)

/* What the channel tells */

static void
on_authenticated (gpointer user_data)
{
  ((PumpLab *) user_data)->authenticated++;
}

static void
on_auth_refused (const char *condition, gpointer user_data)
{
  g_ptr_array_add (((PumpLab *) user_data)->refusals, g_strdup (condition));
}

static void
on_ready (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data)
{
  PumpLab *self = user_data;

  g_assert_null (self->bound);
  self->bound = g_strdup (ismb_jid_get_full (bound_jid));
  g_assert_nonnull (session->features);
  self->session = *session;
  self->session.features = NULL;
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  PumpLab *self = user_data;
  GString *xml = g_string_new (NULL);

  ismb_node_write (ismb_tree_root (tree), "jabber:client", xml);
  g_ptr_array_add (self->stanzas, g_string_free (xml, FALSE));
  ismb_tree_unref (tree);
  if (self->on_stanza != NULL)
    self->on_stanza (self->data);
}

static void
on_closed (const GError *error, gpointer user_data)
{
  PumpLab *self = user_data;

  g_assert_false (self->closed);
  self->closed = TRUE;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

/* The wire */

static gboolean
carry (LabWay *way)
{
  char bytes[65536];
  gssize count = 0, moved = 0;

  if (way->bytes->len < way->room)
    count = recv (way->from, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count > 0)
    g_byte_array_append (way->bytes, (guint8 *) bytes, count);
  if (way->bytes->len > 0 && way->credit > 0)
    moved = send (way->to, way->bytes->data, MIN (way->bytes->len, way->credit),
                  MSG_DONTWAIT | MSG_NOSIGNAL);
  if (moved > 0)
    g_byte_array_remove_range (way->bytes, 0, moved);
  if (moved > 0 && way->credit != G_MAXSIZE)
    way->credit -= moved;
  return count > 0 || moved > 0;
}

static gboolean
hear (PumpLab *self)
{
  GInputStream *stream = g_io_stream_get_input_stream (self->server);
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (stream);
  char bytes[65536];
  gsize old = self->heard->len;
  gssize count;

  while ((count = g_pollable_input_stream_read_nonblocking (input, bytes, sizeof bytes, NULL, NULL))
         > 0)
    g_string_append_len (self->heard, bytes, count);
  return self->heard->len > old;
}

static gboolean
move (PumpLab *self)
{
  gboolean to_client = carry (&self->to_client), to_server = carry (&self->to_server);

  return to_client || to_server;
}

static GIOStream *
make_end (LabWay *to, LabWay *from)
{
  int ends[2];
  g_autoptr (GSocket) socket = NULL;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  to->to = from->from = ends[0];
  socket = g_socket_new_from_fd (ends[1], NULL);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static gboolean
on_certificate (GTlsConnection *connection, GTlsCertificate *certificate, int errors)
{
  return TRUE;
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);
  g_assert_no_error (error);
  ++*(int *) user_data;
}

/* One for all tests. */
static GTlsCertificate *
certificate (void)
{
  static GTlsCertificate *made;

  if (made == NULL)
    {
      g_autofree char *folder = ismb_test_folder_new ();
      g_autofree char *file = g_build_filename (folder, "switch.pem", NULL);
      g_autofree char *key = g_build_filename (folder, "switch-key.pem", NULL);
      g_autoptr (GError) error = NULL;

      ismb_test_folder_certify (folder, "switch", "switch.test");
      made = g_tls_certificate_new_from_files (file, key, &error);
      g_assert_no_error (error);
      ismb_test_folder_remove (folder);
    }
  return made;
}

static void
secure (PumpLab *self)
{
  g_autoptr (GIOStream) client = self->client, server = self->server;
  int done = 0;

  self->client = g_tls_client_connection_new (client, NULL, NULL);
  self->server = g_tls_server_connection_new (server, certificate (), NULL);
  g_signal_connect (self->client, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (self->client), 0, NULL, on_handshake, &done);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (self->server), 0, NULL, on_handshake, &done);
  while (done < 2)
    {
      move (self);
      g_main_context_iteration (NULL, FALSE);
    }
}

static void
wire_up (PumpLab *self, gboolean tls)
{
  self->to_client.bytes = g_byte_array_new ();
  self->to_server.bytes = g_byte_array_new ();
  self->to_client.credit = self->to_server.credit = self->to_client.room = G_MAXSIZE;
  self->to_server.room = SERVER_ROOM;
  self->client = make_end (&self->to_client, &self->to_server);
  self->server = make_end (&self->to_server, &self->to_client);
  if (tls)
    secure (self);
}

static void
unwire (PumpLab *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->server);
  close (self->to_client.to);
  close (self->to_server.to);
  g_byte_array_unref (self->to_client.bytes);
  g_byte_array_unref (self->to_server.bytes);
}

PumpLab *
pump_lab_new (gboolean tls)
{
  static const IsmbChannelCallbacks callbacks = { on_authenticated, on_auth_refused, on_ready,
                                                  on_stanza, on_closed };
  PumpLab *self = g_new0 (PumpLab, 1);

  self->heard = g_string_new (NULL);
  self->stanzas = g_ptr_array_new_with_free_func (g_free);
  self->refusals = g_ptr_array_new_with_free_func (g_free);
  self->channel = ismb_channel_new (&callbacks, self);
  wire_up (self, tls);
  return self;
}

void
pump_lab_free (PumpLab *self)
{
  g_clear_pointer (&self->channel, ismb_channel_free);
  while (g_main_context_iteration (NULL, FALSE)) /* TLS says good-bye */
    move (self);
  unwire (self);
  g_string_free (self->heard, TRUE);
  g_ptr_array_unref (self->stanzas);
  g_ptr_array_unref (self->refusals);
  g_free (self->bound);
  g_clear_error (&self->error);
  g_free (self);
}

void
pump_lab_start (PumpLab *self, const IsmbResume *resume)
{
  g_autoptr (GError) error = NULL;

  ismb_channel_start (self->channel, self->client, TRUE, "alice@switch.test/work", "secret",
                      resume, &error);
  g_assert_no_error (error);
}

void
pump_lab_sign_in_to (PumpLab *self, const char *features)
{
  g_autofree char *text = g_strdup_printf (LAB_HEADER "<stream:features>%s</stream:features>",
                                           features);

  pump_lab_wait_to_hear (self, "version=\"1.0\"");
  pump_lab_say (self, LAB_HEADER "<stream:features><mechanisms " LAB_SASL
                                 "><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
  pump_lab_wait_to_hear (self, "</auth>");
  pump_lab_say (self, "<success " LAB_SASL "/>");
  pump_lab_wait_to_hear (self, "version=\"1.0\"");
  pump_lab_say (self, text);
}

void
pump_lab_sign_in (PumpLab *self)
{
  pump_lab_start (self, NULL);
  pump_lab_sign_in_to (self, LAB_BIND);
  pump_lab_wait_to_hear (self, "</iq>");
  pump_lab_say (self, LAB_BOUND);
  while (self->bound == NULL)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpstr (self->bound, ==, "alice@switch.test/work");
  g_assert_cmpuint (self->stanzas->len, ==, 0); /* the answer to bind is libstrophe's */
}

void
pump_lab_rewire (PumpLab *self, gboolean tls)
{
  PumpLab old = *self;

  wire_up (self, tls);
  unwire (&old);
  g_string_truncate (self->heard, 0);
  g_ptr_array_set_size (self->stanzas, 0);
  g_clear_pointer (&self->bound, g_free);
  g_clear_error (&self->error);
  self->closed = FALSE;
}

void
pump_lab_say_bytes (PumpLab *self, const char *bytes, gsize length)
{
  GPollableOutputStream *output =
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->server));

  while (length > 0)
    {
      g_autoptr (GError) error = NULL;
      gssize count =
          g_pollable_output_stream_write_nonblocking (output, bytes, length, NULL, &error);

      if (count < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      else
        bytes += count, length -= count;
      pump_lab_settle (self);
    }
}

void
pump_lab_say (PumpLab *self, const char *text)
{
  pump_lab_say_bytes (self, text, strlen (text));
}

void
pump_lab_settle (PumpLab *self)
{
  gboolean moved;

  do
    {
      moved = move (self);
      moved |= hear (self);
      moved |= g_main_context_iteration (NULL, FALSE);
    }
  while (moved);
}

void
pump_lab_wait_to_hear (PumpLab *self, const char *text)
{
  while (strstr (self->heard->str, text) == NULL)
    pump_lab_settle (self);
  g_string_truncate (self->heard, 0);
}

void
pump_lab_wait_until_closed (PumpLab *self)
{
  while (!self->closed)
    {
      move (self);
      hear (self);
      g_main_context_iteration (NULL, FALSE);
    }
}

void
pump_lab_hang_up (PumpLab *self)
{
  pump_lab_settle (self);
  shutdown (self->to_client.to, SHUT_RDWR);
}
