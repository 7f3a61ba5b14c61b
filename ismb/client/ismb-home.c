/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.home"

#include "config.h"
#include "ismb/client/ismb-home.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/client/ismb-peer-list.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-peer-private.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"

struct _IsmbHome
{
  IsmbHomeCallbacks callbacks;
  gpointer user_data;
  GCancellable *leaving;
  GTask *entering;    /* under way; borrowed */
  GQueue waiting;     /* of GTask: who came meanwhile and shares its outcome */
  GDBusConnection *connection;
  IsmbDBusManager1 *manager;
  IsmbDBusVirtualRouter1 *router;
  char *account, *password, *c2s_path, *files_root;
  char *former, *former_password; /* of a transient account: it is made anew under that name */
  gboolean lacks_router; /* said the daemon */
  GObject *owner;     /* borrowed: whom the peers' listeners may let go of */
  IsmbPeerList *peers;
  gboolean listed;    /* they were, once */
};

typedef struct
{
  IsmbHome *home;
  char *runtime_dir, *vr, *name, *password;
  gboolean transient;
  gboolean again; /* `name` is the former one */
  gulong cancel_handler;
  GCancellable *cancellable; /* of the home, which the caller's sets off */
} Entry;

static void
clear_secret (char **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}

static void
entry_free (Entry *entry)
{
  g_free (entry->runtime_dir);
  g_free (entry->vr);
  g_free (entry->name);
  clear_secret (&entry->password);
  g_object_unref (entry->cancellable);
  g_free (entry);
}

static gboolean
is_here (IsmbHome *self)
{
  return self->account != NULL && self->connection != NULL &&
         !g_dbus_connection_is_closed (self->connection);
}

/* The end of every entry. Takes the error; NULL: it is done. */
static void
finish (GTask *task, GError *error)
{
  Entry *entry = g_task_get_task_data (task);
  IsmbHome *self = entry->home;
  g_autoptr (GError) cause = error;
  GQueue waiting = G_QUEUE_INIT;
  GTask *waiter;

  if (cause != NULL && g_dbus_error_is_remote_error (cause))
    g_dbus_error_strip_remote_error (cause);
  if (self->entering == task)
    {
      self->entering = NULL;
      waiting = self->waiting;
      g_queue_init (&self->waiting);
    }
  g_queue_push_head (&waiting, g_object_ref (task));
  while ((waiter = g_queue_pop_head (&waiting)) != NULL)
    {
      if (cause != NULL)
        g_task_return_error (waiter, g_error_copy (cause));
      else
        g_task_return_boolean (waiter, TRUE);
      g_object_unref (waiter);
    }
}

/* Peers */

/* The peer as it is known to all who have it, with the news. */
static void
take_peer (IsmbHome *self, IsmbPeer *news, gboolean quietly)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  IsmbPeer *known = ismb_peer_list_find (self->peers, ismb_peer_get_domain (news));
  g_autoptr (IsmbPeer) peer = g_object_ref (known != NULL ? known : news);

  if (known != NULL)
    _ismb_peer_update (peer, news);
  else
    ismb_peer_list_add (self->peers, peer);
  if (quietly)
    return;
  if (known != NULL)
    self->callbacks.changed (peer, self->user_data);
  else
    self->callbacks.found (peer, self->user_data);
}

static void
lose_peer (IsmbHome *self, IsmbPeer *lost)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (IsmbPeer) peer = g_object_ref (lost);

  ismb_peer_list_remove (self->peers, peer);
  self->callbacks.lost (peer, self->user_data);
}

static void
on_peer (IsmbDBusVirtualRouter1 *router, GVariant *variant, gpointer user_data)
{
  g_autoptr (IsmbPeer) peer = ismb_peer_new_from_variant (variant);

  if (peer != NULL)
    take_peer (user_data, peer, FALSE);
}

static void
on_peer_lost (IsmbDBusVirtualRouter1 *router, const char *domain, gpointer user_data)
{
  IsmbHome *self = user_data;
  IsmbPeer *peer = ismb_peer_list_find (self->peers, domain);

  if (peer != NULL)
    lose_peer (self, peer);
}

/* One that is as it was is no news; at first all are new, and nobody is told of each. */
static void
take_listed (IsmbHome *self, IsmbPeer *peer)
{
  IsmbPeer *known = ismb_peer_list_find (self->peers, ismb_peer_get_domain (peer));

  if (known == NULL || !_ismb_peer_equal (known, peer))
    take_peer (self, peer, !self->listed);
}

/* Who is not listed has gone while the daemon was away. */
static void
lose_others (IsmbHome *self, GHashTable *listed)
{
  g_autoptr (GPtrArray) gone = ismb_peer_list_find_others (self->peers, listed);

  for (guint i = 0; i < gone->len; i++)
    {
      IsmbPeer *peer = g_ptr_array_index (gone, i);

      if (ismb_peer_list_find (self->peers, ismb_peer_get_domain (peer)) == peer)
        lose_peer (self, peer);
    }
}

static void
take_list (IsmbHome *self, GVariant *list)
{
  g_autoptr (GHashTable) listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) variant = g_variant_get_child_value (list, i);
      g_autoptr (IsmbPeer) peer = ismb_peer_new_from_variant (variant);

      if (peer == NULL)
        continue;
      g_hash_table_add (listed, g_strdup (ismb_peer_get_domain (peer)));
      take_listed (self, peer);
    }
  lose_others (self, listed);
  self->listed = TRUE;
}

/* Entering, step by step */

static void
on_peers_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Entry *entry = g_task_get_task_data (task);
  g_autoptr (GVariant) list = NULL;
  GError *error = NULL;

  if (!ismb_dbus_virtual_router1_call_list_peers_finish (ISMB_DBUS_VIRTUAL_ROUTER1 (source), &list,
                                                         result, &error))
    {
      finish (task, error);
      return;
    }
  take_list (entry->home, list);
  finish (task, NULL);
}

/* Who signs in means an account that is there: to them it is the password that is wrong. Takes the
 * error. */
static GError *
explain_account (GError *error, const Entry *entry)
{
  g_autoptr (GError) cause = error;

  if (!g_error_matches (cause, ISMB_ERROR, ISMB_ERROR_EXISTS))
    return g_steal_pointer (&cause);
  return g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
                      "the account %s exists on %s with another password: use that one, or remove "
                      "it with `switchctl --vr %s account remove %s`",
                      entry->name, entry->vr, entry->vr, entry->name);
}

static void make_account (GTask *task);

/* Another has that name by now. */
static void
make_another_account (GTask *task)
{
  Entry *entry = g_task_get_task_data (task);

  entry->again = FALSE;
  g_clear_pointer (&entry->name, g_free);
  make_account (task);
}

static void
keep_account (IsmbHome *self, Entry *entry, char *jid)
{
  const char *end = strchr (jid, '@');

  g_free (self->account);
  clear_secret (&self->password);
  self->account = jid;
  self->password = g_steal_pointer (&entry->password);
  g_clear_pointer (&self->former, g_free);
  clear_secret (&self->former_password);
  if (!entry->transient || end == NULL)
    return;
  self->former = g_strndup (jid, end - jid);
  self->former_password = g_strdup (self->password);
}

static void
on_account_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Entry *entry = g_task_get_task_data (task);
  IsmbHome *self = entry->home;
  g_autofree char *jid = NULL;
  GError *error = NULL;

  if (!ismb_dbus_virtual_router1_call_create_account_finish (ISMB_DBUS_VIRTUAL_ROUTER1 (source),
                                                             &jid, result, &error))
    {
      if (entry->again && g_error_matches (error, ISMB_ERROR, ISMB_ERROR_EXISTS))
        {
          g_error_free (error);
          make_another_account (task);
        }
      else
        finish (task, explain_account (error, entry));
      return;
    }
  keep_account (self, entry, g_steal_pointer (&jid));
  ismb_dbus_virtual_router1_call_list_peers (self->router, entry->cancellable, on_peers_listed,
                                             g_object_ref (task));
}

static char *
random_password (void)
{
  guint8 bytes[24];

  if (gnutls_rnd (GNUTLS_RND_KEY, bytes, sizeof bytes) != 0)
    g_error ("the system has no random numbers");
  return g_base64_encode (bytes, sizeof bytes);
}

static void
make_account (GTask *task)
{
  Entry *entry = g_task_get_task_data (task);
  GVariantBuilder options;

  if (entry->password == NULL)
    entry->password = random_password ();
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (entry->transient)
    g_variant_builder_add (&options, "{sv}", "transient", g_variant_new_boolean (TRUE));
  ismb_dbus_virtual_router1_call_create_account (
      entry->home->router, entry->name != NULL ? entry->name : "", entry->password,
      g_variant_builder_end (&options), entry->cancellable, on_account_made, g_object_ref (task));
}

/* NULL: one can sign in, be it that others are not reached now. */
static GError *
explain_down (IsmbDBusVirtualRouter1 *router, const char *name)
{
  const char *state = ismb_dbus_virtual_router1_get_state (router);
  const char *reason = ismb_dbus_virtual_router1_get_reason (router);
  g_autofree char *disabled = NULL;

  if (ismb_dbus_virtual_router1_get_enabled (router) && g_strcmp0 (state, "down") != 0)
    return NULL;
  disabled = g_strdup_printf ("is disabled; `switchctl vr enable %s` enables it", name);
  return g_error_new (ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER, "the virtual router %s %s", name,
                      reason != NULL && *reason != '\0' ? reason : disabled);
}

static void
on_router (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Entry *entry = g_task_get_task_data (task);
  IsmbHome *self = entry->home;
  GError *error = NULL;
  IsmbDBusVirtualRouter1 *router = ismb_dbus_virtual_router1_proxy_new_finish (result, &error);

  if (router == NULL)
    {
      finish (task, error);
      return;
    }
  g_set_object (&self->router, router);
  g_object_unref (router);
  error = explain_down (router, entry->vr);
  if (error != NULL)
    {
      finish (task, error);
      return;
    }
  g_free (self->c2s_path);
  self->c2s_path = g_strdup (ismb_dbus_virtual_router1_get_c2s_path (router));
  g_signal_connect (router, "peer-found", G_CALLBACK (on_peer), self);
  g_signal_connect (router, "peer-changed", G_CALLBACK (on_peer), self);
  g_signal_connect (router, "peer-lost", G_CALLBACK (on_peer_lost), self);
  make_account (task);
}

static void
refuse_unknown_router (GTask *task, const char *vr, const char *const *known)
{
  g_autofree char *names = g_strjoinv (", ", (char **) known);

  finish (task, g_error_new (ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER,
                             "there is no virtual router %s here; there is: %s", vr, names));
}

static void
on_manager (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Entry *entry = g_task_get_task_data (task);
  IsmbHome *self = entry->home;
  GError *error = NULL;
  IsmbDBusManager1 *manager = ismb_dbus_manager1_proxy_new_finish (result, &error);
  g_autofree char *path = NULL;
  const char *const *known;

  if (manager == NULL)
    {
      finish (task, error);
      return;
    }
  g_set_object (&self->manager, manager);
  g_object_unref (manager);
  known = ismb_dbus_manager1_get_virtual_routers (manager);
  self->lacks_router = known == NULL || !g_strv_contains (known, entry->vr);
  if (self->lacks_router)
    {
      static const char *const none[] = { NULL };

      refuse_unknown_router (task, entry->vr, known != NULL ? known : none);
      return;
    }
  g_free (self->files_root);
  self->files_root = g_strdup (ismb_dbus_manager1_get_files_root (manager));
  path = ismb_control_vr_path (entry->vr);
  ismb_dbus_virtual_router1_proxy_new (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL,
                                       path, entry->cancellable, on_router, g_object_ref (task));
}

static void
on_control (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Entry *entry = g_task_get_task_data (task);
  GError *error = NULL;
  GDBusConnection *connection = ismb_control_connect_finish (result, &error);

  if (connection == NULL)
    {
      finish (task, error);
      return;
    }
  g_set_object (&entry->home->connection, connection);
  g_object_unref (connection);
  ismb_dbus_manager1_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL,
                                ISMB_CONTROL_MANAGER_PATH, entry->cancellable, on_manager,
                                g_object_ref (task));
}

static void
cancel_entry (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (G_CANCELLABLE (user_data));
}

void
ismb_home_enter_async (IsmbHome *self, GObject *source, const char *runtime_dir, const char *vr,
                       const char *name, const char *password, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (source, cancellable, callback, user_data);
  Entry *entry;

  g_task_set_source_tag (task, ismb_home_enter_async);
  if (is_here (self))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (self->entering != NULL)
    {
      g_queue_push_tail (&self->waiting, g_steal_pointer (&task));
      return;
    }
  ismb_home_leave (self);
  self->leaving = g_cancellable_new ();
  self->owner = source;
  self->entering = task;
  entry = g_new0 (Entry, 1);
  entry->home = self;
  entry->runtime_dir = g_strdup (runtime_dir);
  entry->vr = g_strdup (vr);
  entry->name = g_strdup (name);
  entry->password = g_strdup (password);
  entry->transient = name == NULL || password == NULL;
  entry->again = name == NULL && self->former != NULL;
  if (entry->again)
    {
      entry->name = g_strdup (self->former);
      g_free (entry->password);
      entry->password = g_strdup (self->former_password);
    }
  entry->cancellable = g_object_ref (self->leaving);
  g_task_set_task_data (task, entry, (GDestroyNotify) entry_free);
  if (cancellable != NULL)
    entry->cancel_handler = g_cancellable_connect (cancellable, G_CALLBACK (cancel_entry),
                                                   g_object_ref (self->leaving), g_object_unref);
  ismb_control_connect_async (entry->runtime_dir, entry->cancellable, on_control,
                              g_steal_pointer (&task));
}

gboolean
ismb_home_enter_finish (GObject *source, GAsyncResult *result, GError **error)
{
  Entry *entry = g_task_get_task_data (G_TASK (result));

  if (entry != NULL)
    g_cancellable_disconnect (g_task_get_cancellable (G_TASK (result)), entry->cancel_handler);
  return g_task_propagate_boolean (G_TASK (result), error);
}

IsmbHome *
ismb_home_new (const IsmbHomeCallbacks *callbacks, gpointer user_data)
{
  IsmbHome *self = g_new0 (IsmbHome, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->peers = ismb_peer_list_new ();
  ismb_control_register_errors ();
  return self;
}

static void
cancel_waiting (IsmbHome *self)
{
  GTask *waiter;

  self->entering = NULL;
  while ((waiter = g_queue_pop_head (&self->waiting)) != NULL)
    {
      g_task_return_new_error (waiter, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the daemon was let go");
      g_object_unref (waiter);
    }
}

void
ismb_home_leave (IsmbHome *self)
{
  cancel_waiting (self);
  if (self->leaving != NULL)
    g_cancellable_cancel (self->leaving);
  g_clear_object (&self->leaving);
  if (self->router != NULL)
    g_signal_handlers_disconnect_by_data (self->router, self);
  g_clear_object (&self->router);
  g_clear_object (&self->manager);
  if (self->connection != NULL)
    g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->account, g_free);
  clear_secret (&self->password);
  g_clear_pointer (&self->c2s_path, g_free);
  g_clear_pointer (&self->files_root, g_free);
}

void
ismb_home_free (IsmbHome *self)
{
  ismb_home_leave (self);
  g_free (self->former);
  clear_secret (&self->former_password);
  ismb_peer_list_clear (self->peers);
  g_object_unref (self->peers);
  g_free (self);
}

gboolean
ismb_home_is_here (IsmbHome *self)
{
  return is_here (self);
}

gboolean
ismb_home_knows_router (IsmbHome *self)
{
  return !self->lacks_router;
}

const char *
ismb_home_get_account (IsmbHome *self)
{
  return self->account;
}

const char *
ismb_home_get_password (IsmbHome *self)
{
  return self->password;
}

const char *
ismb_home_get_c2s_path (IsmbHome *self)
{
  return self->c2s_path;
}

const char *
ismb_home_get_files_root (IsmbHome *self)
{
  return self->files_root;
}

GHashTable *
ismb_home_get_peers (IsmbHome *self)
{
  return ismb_peer_list_get_table (self->peers);
}

GListModel *
ismb_home_get_peer_list (IsmbHome *self)
{
  return G_LIST_MODEL (self->peers);
}
