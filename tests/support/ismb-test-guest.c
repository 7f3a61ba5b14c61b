/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-guest.h"

#define PATIENCE 60 /* seconds, until nothing more is expected to come */

struct _IsmbTestGuest
{
  IsmbClient *client;
  char *bare;
  GHashTable *counts;   /* by event */
  GHashTable *payloads; /* of GObject, by event */
  GPtrArray *bodies;
  gboolean present, tried;
  GError *error;
};

static gboolean
give_up (gpointer data)
{
  g_error ("waited %d s for %s", PATIENCE, (const char *) data);
  return G_SOURCE_REMOVE;
}

void
ismb_test_wait_until (gboolean (*condition) (gpointer data), gpointer data, const char *what)
{
  guint deadline = g_timeout_add_seconds (PATIENCE, give_up, (gpointer) what);

  while (!condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

/* What it hears */

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbTestGuest *self = user_data;
  guint count = ismb_test_guest_count (self, event);

  g_hash_table_insert (self->counts, g_strdup (event), GUINT_TO_POINTER (count + 1));
  if (payload != NULL)
    g_hash_table_insert (self->payloads, g_strdup (event), g_object_ref (payload));
  if (g_str_equal (event, "message"))
    g_ptr_array_add (self->bodies, g_strdup (ismb_message_get_body (ISMB_MESSAGE (payload))));
  if (g_str_equal (event, "session_start") && self->present)
    ismb_client_send_presence (client, NULL, NULL, NULL);
}

IsmbTestGuest *
ismb_test_guest_new (IsmbTestServer *server, const char *name)
{
  return ismb_test_guest_new_mistaken (server, name, name);
}

IsmbTestGuest *
ismb_test_guest_new_mistaken (IsmbTestServer *server, const char *name, const char *password)
{
  IsmbTestGuest *self = g_new0 (IsmbTestGuest, 1);

  self->bare = g_strdup_printf ("%s@%s", name, ismb_test_server_get_domain (server));
  self->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->payloads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->bodies = g_ptr_array_new_with_free_func (g_free);
  self->client = ismb_client_new_for_jid (self->bare, password);
  g_object_set (self->client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_server_get_port (server), "ca-file",
                ismb_test_server_get_ca_file (server), "reconnect-delay", 50,
                "reconnect-max-delay", 500, NULL);
  g_signal_connect (self->client, "event", G_CALLBACK (on_event), self);
  return self;
}

static gboolean
is_closed (gpointer data)
{
  IsmbTestGuest *self = data;

  return ismb_test_guest_count (self, "connected") == ismb_test_guest_count (self, "disconnected");
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

void
ismb_test_guest_free (IsmbTestGuest *self)
{
  ismb_client_close (self->client);
  ismb_test_wait_until (is_closed, self, "a client to close");
  g_signal_handlers_disconnect_by_data (self->client, self);
  g_hash_table_unref (self->counts);
  g_hash_table_unref (self->payloads);
  g_ptr_array_unref (self->bodies);
  g_object_add_weak_pointer (G_OBJECT (self->client), (gpointer *) &self->client);
  g_object_unref (self->client);
  ismb_test_wait_until (is_gone, &self->client, "the end of a client");
  g_free (self->bare);
  g_free (self);
}

IsmbClient *
ismb_test_guest_get_client (IsmbTestGuest *self)
{
  return self->client;
}

const char *
ismb_test_guest_get_full_jid (IsmbTestGuest *self)
{
  IsmbJid *bound = ismb_client_get_bound_jid (self->client);

  return bound != NULL ? ismb_jid_get_full (bound) : self->bare;
}

const char *
ismb_test_guest_get_bare_jid (IsmbTestGuest *self)
{
  return self->bare;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  IsmbTestGuest *self = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &self->error);
  self->tried = TRUE;
}

static gboolean
was_tried (gpointer data)
{
  return ((IsmbTestGuest *) data)->tried;
}

void
ismb_test_guest_start (IsmbTestGuest *self, gboolean present)
{
  self->tried = FALSE;
  self->present = present;
  ismb_client_open_async (self->client, NULL, on_opened, self);
}

GError *
ismb_test_guest_try_to_open (IsmbTestGuest *self)
{
  ismb_test_guest_start (self, self->present);
  ismb_test_wait_until (was_tried, self, "a client to open");
  return g_steal_pointer (&self->error);
}

void
ismb_test_guest_open (IsmbTestGuest *self, gboolean present)
{
  g_autoptr (GError) error = NULL;

  self->present = present;
  error = ismb_test_guest_try_to_open (self);
  g_assert_no_error (error);
  if (present)
    ismb_test_guest_await (self, "presence_available", 1); /* the server tells us of ourselves */
}

guint
ismb_test_guest_count (IsmbTestGuest *self, const char *event)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, event));
}

typedef struct
{
  IsmbTestGuest *guest;
  const char *event;
  guint count;
} Wanted;

static gboolean
has_come (gpointer data)
{
  Wanted *wanted = data;

  return ismb_test_guest_count (wanted->guest, wanted->event) >= wanted->count;
}

void
ismb_test_guest_await (IsmbTestGuest *self, const char *event, guint count)
{
  Wanted wanted = { self, event, count };

  ismb_test_wait_until (has_come, &wanted, event);
}

GObject *
ismb_test_guest_get_payload (IsmbTestGuest *self, const char *event)
{
  return g_hash_table_lookup (self->payloads, event);
}

void
ismb_test_guest_await_bodies (IsmbTestGuest *self, guint count)
{
  ismb_test_guest_await (self, "message", count);
}

guint
ismb_test_guest_count_bodies (IsmbTestGuest *self)
{
  return self->bodies->len;
}

const char *
ismb_test_guest_get_body (IsmbTestGuest *self, guint i)
{
  return g_ptr_array_index (self->bodies, i);
}

void
ismb_test_guest_say (IsmbTestGuest *self, const char *to, const char *body)
{
  g_autoptr (GError) error = NULL;

  ismb_client_send_message (self->client, to, body, NULL, "chat", &error);
  g_assert_no_error (error);
}
