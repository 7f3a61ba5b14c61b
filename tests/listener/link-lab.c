/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "link-lab.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-namespaces.h"

GPtrArray *switches;

static void
on_frame (IsmbLink *link, IsmbFrame *frame, gpointer user_data)
{
  Switch *self = user_data;

  g_string_append_printf (self->got, "%s>%s %s\n", frame->from, frame->to, frame->id);
  if (self->heard != NULL)
    self->heard (frame);
}

static void
on_undeliverable (IsmbLink *link, IsmbFrame *frame, const char *condition, gpointer user_data)
{
  Switch *self = user_data;

  g_string_append_printf (self->bounced, "%s %s\n", frame->id, condition);
}

static void
on_state (IsmbLink *link, IsmbLinkState state, gpointer user_data)
{
  Switch *self = user_data;

  g_assert_cmpint (ismb_link_get_state (link), ==, state);
  g_string_append_printf (self->states, "%s\n", ismb_link_state_to_string (state));
}

IsmbLink *
link_to (Switch *self, const char *domain)
{
  IsmbLink *link = g_hash_table_lookup (self->links, domain);

  if (link == NULL)
    {
      link = ismb_link_new (&self->context, domain);
      g_hash_table_insert (self->links, g_strdup (domain), link);
    }
  return link;
}

static IsmbLink *
on_adopt (const char *domain, gpointer user_data)
{
  return link_to (user_data, domain);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  Switch *self = user_data;
  struct sockaddr_storage address = { 0 };
  socklen_t length = sizeof address;
  int accepted = accept4 (fd, (struct sockaddr *) &address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  IsmbSource source;

  g_assert_cmpint (accepted, >=, 0);
  ismb_source_init (&source, accepted, (struct sockaddr *) &address);
  ismb_inbound_new (&self->context, accepted, self->inbounds, &source, on_adopt, self);
  return G_SOURCE_CONTINUE;
}

void
listen_on_loopback (Switch *self)
{
  g_autoptr (GError) error = NULL;

  self->listening =
      ismb_virtual_router_listen (self->context.place, "127.0.0.1", 0, &self->port, &error);
  g_assert_no_error (error);
  self->accepting = g_unix_fd_source_new (self->listening, G_IO_IN);
  g_source_set_callback (self->accepting, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->accepting, self->loop);
}

static void
refresh_tls (Switch *self)
{
  g_autofree char *key = ismb_identity_dup_key_pem (ismb_fabric_get_identity (self->fabric));
  g_autofree char *chain = ismb_fabric_dup_chain_pem (self->fabric);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->context.tls, ismb_tls_context_unref);
  self->context.tls = ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, &error);
  g_assert_no_error (error);
}

/* Certified by `registrar`'s fabric; NULL: founds one of its own. */
static void
certify (Switch *self, Switch *registrar)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *request = NULL, *bundle = NULL;

  if (registrar == NULL)
    g_assert_true (ismb_fabric_establish (self->fabric, "lab", &error));
  else
    {
      IsmbAuthority *authority = ismb_fabric_get_authority (registrar->fabric);

      request = ismb_fabric_request (self->fabric, &error);
      g_assert_no_error (error);
      bundle = ismb_authority_replace (authority, request, &error);
      g_assert_no_error (error);
      ismb_fabric_install (self->fabric, bundle, ismb_authority_get_ca_hash (authority), &error);
    }
  g_assert_no_error (error);
}

Switch *
add_switch (const char *domain, Switch *registrar, const char *vr)
{
  const char *vrs[] = { vr, NULL };
  Switch *self = g_new0 (Switch, 1);
  g_autoptr (GError) error = NULL;

  self->domain = g_strdup (domain);
  self->directory = g_dir_make_tmp ("ismb-link-XXXXXX", &error);
  g_assert_no_error (error);
  self->fabric = ismb_fabric_load (self->directory, domain, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  certify (self, registrar);
  self->loop = g_main_context_new ();
  self->context = (IsmbLinkContext){
    .poller = ismb_poller_new (self->loop),
    .place = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL),
    .fabric = self->fabric,
    .domain = self->domain,
    .frame = on_frame,
    .undeliverable = on_undeliverable,
    .state = on_state,
    .user_data = self,
  };
  refresh_tls (self);
  self->inbounds = ismb_crowd_new ();
  self->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->got = g_string_new (NULL);
  self->bounced = g_string_new (NULL);
  self->states = g_string_new (NULL);
  listen_on_loopback (self);
  g_ptr_array_add (switches, self);
  return self;
}

void
stop_listening (Switch *self)
{
  if (self->accepting == NULL)
    return;
  g_source_destroy (self->accepting);
  g_clear_pointer (&self->accepting, g_source_unref);
  close (self->listening);
}

/* As when its process is killed: no goodbye. */
void
cut_off (Switch *self)
{
  IsmbInbound *inbound;

  while ((inbound = ismb_crowd_get_oldest (self->inbounds)) != NULL)
    ismb_inbound_close (inbound);
  g_hash_table_remove_all (self->links);
}

static void
remove_directory (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

void
remove_switch (gpointer data)
{
  Switch *self = data;

  stop_listening (self);
  cut_off (self);
  g_hash_table_unref (self->links);
  ismb_crowd_free (self->inbounds);
  ismb_tls_context_unref (self->context.tls);
  g_object_unref (self->context.place);
  while (g_main_context_iteration (self->loop, FALSE))
    continue;
  g_assert_finalize_object (self->context.poller);
  g_assert_finalize_object (self->fabric);
  g_main_context_unref (self->loop);
  remove_directory (self->directory);
  g_string_free (self->got, TRUE);
  g_string_free (self->bounced, TRUE);
  g_string_free (self->states, TRUE);
  g_free (self->directory);
  g_free (self->domain);
  g_free (self);
}

void
turn (void)
{
  gboolean any = FALSE;

  for (guint i = 0; i < switches->len; i++)
    {
      Switch *each = g_ptr_array_index (switches, i);

      any |= !each->frozen && g_main_context_iteration (each->loop, FALSE);
    }
  if (!any)
    g_usleep (500);
}

guint
count_lines (GString *lines)
{
  guint count = 0;

  for (gsize i = 0; i < lines->len; i++)
    count += lines->str[i] == '\n';
  return count;
}

void
say_body (Switch *self, IsmbLink *link, const char *from, const char *to, const char *id,
          const char *body)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (IsmbFrame) frame = NULL;

  ismb_tree_set (tree, root, "from", from);
  ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "id", id);
  ismb_tree_add_leaf (tree, root, "body", ISMB_NS_CLIENT, body);
  frame = ismb_frame_new_from_tree (tree);
  ismb_sink_deliver (ISMB_SINK (link), frame);
}

void
say (Switch *self, IsmbLink *link, const char *from, const char *to, const char *id)
{
  say_body (self, link, from, to, id, "hello");
}

/* Tells `self` where `domain` is to be found: at `there`'s port. */
IsmbLink *
introduce (Switch *self, const char *domain, Switch *there)
{
  const char *const addresses[] = { "127.0.0.1", NULL };
  IsmbLink *link = link_to (self, domain);

  ismb_link_set_candidate (link, addresses, there->port, "ANNOUNCED");
  return link;
}
