/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lab-switch.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"

#define ROLE "--lab-switch" /* FOLDER DOMAIN ACCOUNT */

struct _LabSwitch
{
  char *domain;
  char *folder;
  IsmbFabric *fabric;
  IsmbListener *listener;
  IsmbReporter reporter; /* or NULL */
  gpointer reporter_data;
  char *federate; /* or NULL */
  GSubprocess *process;
  GDataInputStream *answers; /* of the process */
  guint16 c2s_port, s2s_port;
};

static IsmbFabric *
load_fabric (const char *folder, const char *domain)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;
  IsmbFabric *fabric = ismb_fabric_load (folder, domain, vrs, ISMB_FABRIC_CLOSED, &error);

  g_assert_no_error (error);
  return fabric;
}

LabSwitch *
lab_switch_new (const char *domain)
{
  LabSwitch *self = g_new0 (LabSwitch, 1);

  self->domain = g_strdup (domain);
  self->folder = scratch_new ();
  self->fabric = load_fabric (self->folder, domain);
  return self;
}

void
lab_switch_free (LabSwitch *self)
{
  if (self->process != NULL)
    lab_switch_kill (self);
  lab_switch_stop (self);
  g_assert_finalize_object (self->fabric);
  scratch_remove (self->folder);
  g_free (self->federate);
  g_free (self->domain);
  g_free (self);
}

const char *
lab_switch_get_domain (LabSwitch *self)
{
  return self->domain;
}

const char *
lab_switch_get_device_id (LabSwitch *self)
{
  return ismb_identity_get_full_id (ismb_fabric_get_identity (self->fabric));
}

IsmbFabric *
lab_switch_get_fabric (LabSwitch *self)
{
  return self->fabric;
}

const char *
lab_switch_get_folder (LabSwitch *self)
{
  return self->folder;
}

void
lab_switch_set_reporter (LabSwitch *self, IsmbReporter reporter, gpointer user_data)
{
  self->reporter = reporter;
  self->reporter_data = user_data;
}

void
lab_switch_set_federation (LabSwitch *self, const char *federate)
{
  g_free (self->federate);
  self->federate = g_strdup (federate);
}

void
lab_switch_found (LabSwitch *self)
{
  g_autoptr (GError) error = NULL;

  ismb_fabric_establish (self->fabric, "lab", &error);
  g_assert_no_error (error);
}

void
lab_switch_join (LabSwitch *self, LabSwitch *registrar)
{
  g_autoptr (GError) error = NULL;
  IsmbAuthority *authority = ismb_fabric_get_authority (registrar->fabric);
  g_autofree char *request = ismb_fabric_request (self->fabric, &error);
  g_autofree char *bundle = ismb_authority_sign (authority, request, &error);

  g_assert_no_error (error);
  ismb_fabric_install (self->fabric, bundle, ismb_authority_get_ca_hash (authority), &error);
  g_assert_no_error (error);
}

static IsmbStore *
open_store (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "lab.db", NULL);
  g_autoptr (GError) error = NULL;
  IsmbStore *store = ismb_store_open (path, &error);

  g_assert_no_error (error);
  return store;
}

static IsmbListener *
start_listener (IsmbStore *store, const char *domain, IsmbFabric *fabric, const char *federate,
                const char *account, IsmbReporter reporter, gpointer reporter_data)
{
  g_autoptr (GError) error = NULL;
  IsmbListener *listener = ismb_listener_new ("blue");

  g_object_set (listener, "domain", domain, "s2s-port", 0, "peer-queue-time", 2, NULL);
  _ismb_listener_set_store (listener, store);
  _ismb_listener_set_fabric (listener, fabric);
  _ismb_listener_set_federation (listener, federate, NULL);
  _ismb_listener_set_reporter (listener, reporter, reporter_data);
  ismb_listener_create_account (listener, account, "secret", &error);
  g_assert_no_error (error);
  ismb_listener_start (listener, 0, &error);
  g_assert_no_error (error);
  return listener;
}

void
lab_switch_start (LabSwitch *self, const char *account)
{
  g_autoptr (IsmbStore) store = open_store (self->folder);

  self->listener = start_listener (store, self->domain, self->fabric, self->federate, account,
                                   self->reporter, self->reporter_data);
  self->c2s_port = ismb_listener_get_c2s_port (self->listener);
  self->s2s_port = ismb_listener_get_s2s_port (self->listener);
}

IsmbListener *
lab_switch_get_listener (LabSwitch *self)
{
  return self->listener;
}

guint16
lab_switch_get_s2s_port (LabSwitch *self)
{
  return self->s2s_port;
}

void
lab_switch_stop (LabSwitch *self)
{
  if (self->listener != NULL)
    g_assert_finalize_object (g_steal_pointer (&self->listener));
}

static char *
read_answer (LabSwitch *self)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (self->answers, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  return line;
}

void
lab_switch_start_apart (LabSwitch *self, const char *account)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", &error);
  g_autofree char *ports = NULL;
  guint c2s_port = 0, s2s_port = 0;

  g_assert_no_error (error);
  self->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                        program, ROLE, self->folder, self->domain, account, NULL);
  g_assert_no_error (error);
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  ports = read_answer (self);
  g_assert_cmpint (sscanf (ports, "%u %u", &c2s_port, &s2s_port), ==, 2);
  self->c2s_port = (guint16) c2s_port;
  self->s2s_port = (guint16) s2s_port;
}

void
lab_switch_sync (LabSwitch *self)
{
  GOutputStream *orders = g_subprocess_get_stdin_pipe (self->process);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (orders, "\n", 1, NULL, NULL, &error);
  g_assert_no_error (error);
  g_free (read_answer (self));
}

void
lab_switch_kill (LabSwitch *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&self->answers);
  g_clear_object (&self->process);
}

/* The process: a line asks for the store's sync, and the end of them for its own. */
typedef struct
{
  IsmbStore *store;
  gboolean over;
} Apart;

static gboolean
on_order (int fd, GIOCondition condition, gpointer user_data)
{
  Apart *apart = user_data;
  g_autoptr (GError) error = NULL;
  char order;

  apart->over = read (fd, &order, 1) <= 0;
  if (apart->over)
    return G_SOURCE_REMOVE;
  ismb_store_sync (apart->store, &error);
  g_assert_no_error (error);
  dprintf (STDOUT_FILENO, "\n");
  return G_SOURCE_CONTINUE;
}

gboolean
lab_switch_main (int argc, char **argv)
{
  g_autoptr (IsmbFabric) fabric = NULL;
  g_autoptr (IsmbStore) store = NULL;
  g_autoptr (IsmbListener) listener = NULL;
  Apart apart = { NULL };

  if (argc != 5 || strcmp (argv[1], ROLE) != 0)
    return FALSE;
  fabric = load_fabric (argv[2], argv[3]);
  apart.store = store = open_store (argv[2]);
  listener = start_listener (store, argv[3], fabric, NULL, argv[4], NULL, NULL);
  dprintf (STDOUT_FILENO, "%u %u\n", ismb_listener_get_c2s_port (listener),
           ismb_listener_get_s2s_port (listener));
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_order, &apart);
  while (!apart.over)
    g_main_context_iteration (NULL, TRUE);
  return TRUE;
}

XmppClient *
lab_switch_sign_in (LabSwitch *self, const char *account, const char *resource)
{
  XmppClient *client = xmpp_client_new (self->c2s_port);

  xmpp_client_sign_in (client, account, self->domain, "secret", resource);
  return client;
}

void
lab_switch_tell (LabSwitch *self, LabSwitch *other)
{
  lab_switch_tell_of (self, other->domain, other->s2s_port);
}

void
lab_switch_tell_of (LabSwitch *self, const char *domain, guint16 port)
{
  static const char *const here[] = { "127.0.0.1", NULL };

  ismb_listener_add_peer (self->listener, domain, here, port, NULL);
}

IsmbPeer *
lab_switch_dup_peer (LabSwitch *self, LabSwitch *other)
{
  g_autolist (IsmbPeer) peers = ismb_listener_list_peers (self->listener);

  for (GList *each = peers; each != NULL; each = each->next)
    if (g_str_equal (ismb_peer_get_domain (each->data), other->domain))
      return g_object_ref (each->data);
  return NULL;
}

void
lab_switch_wait_for (LabSwitch *self, LabSwitch *other, IsmbTrust trust, IsmbLinkState link)
{
  for (;;)
    {
      g_autoptr (IsmbPeer) peer = lab_switch_dup_peer (self, other);

      if (peer != NULL && ismb_peer_get_trust (peer) == trust && ismb_peer_get_link (peer) == link)
        return;
      g_main_context_iteration (NULL, TRUE);
    }
}
