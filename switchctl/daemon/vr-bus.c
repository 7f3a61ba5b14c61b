/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.vr-bus"

#include "config.h"
#include "switchctl/daemon/vr-bus.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"
#include "ismb/core/ismb-random.h"
#include "ismb/local/ismb-control.h"
#include "switchctl/daemon/audit-bus.h"
#include "switchctl/daemon/auditor.h"
#include "switchctl/daemon/resident.h"
#include "switchctl/daemon/vr-gauge.h"

#define TRANSIENT_MAX 64 /* accounts of one connection */

struct _SwitchVrBus
{
  IsmbDBusVirtualRouter1Skeleton parent_instance;

  SwitchVr *vr;
  SwitchVrGauge *gauge;
  char *path;
  GHashTable *transient; /* GDBusConnection (borrowed) -> set of account names */
};

G_DEFINE_FINAL_TYPE (SwitchVrBus, switch_vr_bus, ISMB_DBUS_TYPE_VIRTUAL_ROUTER1_SKELETON)

enum
{
  PROP_SESSIONS = 1,
  PROP_PEERS,
};

/* What an account is asked to be. */
typedef struct
{
  char *name; /* prepared local part */
  const char *password;
  IsmbRole role;
  gboolean role_given;
  gboolean transient;
  GDBusConnection *caller;
} Wish;

static void
switch_vr_bus_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SwitchVrBus *self = SWITCH_VR_BUS (object);

  if (id == PROP_SESSIONS)
    g_value_set_uint (value, switch_vr_gauge_get_sessions (self->gauge));
  else if (id == PROP_PEERS)
    g_value_set_uint (value, switch_vr_gauge_get_peers (self->gauge));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* The skeleton's constructor sets what it keeps; these are counted when asked for. */
static void
switch_vr_bus_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
}

static void
switch_vr_bus_dispose (GObject *object)
{
  SwitchVrBus *self = SWITCH_VR_BUS (object);

  g_clear_pointer (&self->gauge, switch_vr_gauge_free);
  g_clear_object (&self->vr);
  G_OBJECT_CLASS (switch_vr_bus_parent_class)->dispose (object);
}

static void
switch_vr_bus_finalize (GObject *object)
{
  SwitchVrBus *self = SWITCH_VR_BUS (object);

  g_hash_table_unref (self->transient);
  g_free (self->path);
  G_OBJECT_CLASS (switch_vr_bus_parent_class)->finalize (object);
}

static void
switch_vr_bus_class_init (SwitchVrBusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = switch_vr_bus_get_property;
  object_class->set_property = switch_vr_bus_set_property;
  object_class->dispose = switch_vr_bus_dispose;
  object_class->finalize = switch_vr_bus_finalize;
  g_object_class_override_property (object_class, PROP_SESSIONS, "sessions");
  g_object_class_override_property (object_class, PROP_PEERS, "peers");
}

static void
switch_vr_bus_init (SwitchVrBus *self)
{
  self->transient = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
}

static GHashTable *
names_of (SwitchVrBus *self, GDBusConnection *caller)
{
  GHashTable *names = g_hash_table_lookup (self->transient, caller);

  if (names != NULL)
    return names;
  names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->transient, caller, names);
  return names;
}

static gboolean
is_transient (SwitchVrBus *self, const char *name)
{
  GHashTableIter iter;
  gpointer names;

  g_hash_table_iter_init (&iter, self->transient);
  while (g_hash_table_iter_next (&iter, NULL, &names))
    if (g_hash_table_contains (names, name))
      return TRUE;
  return FALSE;
}

static IsmbAccounts *
accounts_of (SwitchVrBus *self, GError **error)
{
  IsmbAccounts *accounts = switch_vr_get_accounts (self->vr);

  if (accounts == NULL)
    switch_vr_set_error (self->vr, error);
  return accounts;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, why);
  return FALSE;
}

/* People give the whole address, too. */
static IsmbJid *
prepare_name (SwitchVrBus *self, const char *name, GError **error)
{
  const char *domain = switch_vr_get_domain (self->vr);
  g_autoptr (GError) cause = NULL;
  IsmbJid *jid = ismb_jid_new_from_parts (name, domain, NULL, &cause);

  if (jid != NULL)
    return jid;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
               "“%s” is no name of an account: give what stands before the @%s, without spaces and "
               "any of \"&'/:<>@", name, domain);
  return NULL;
}

static gboolean
read_name (SwitchVrBus *self, Wish *wish, const char *name, GError **error)
{
  g_autofree char *made_up = NULL;
  g_autoptr (IsmbJid) jid = NULL;

  if (*name == '\0' && !wish->transient)
    return refuse (error, "an account that stays needs a name");
  if (*name == '\0')
    {
      g_autofree char *token = ismb_random_token ();

      made_up = g_strdup_printf ("app-%.16s", token);
    }
  jid = prepare_name (self, made_up != NULL ? made_up : name, error);
  if (jid == NULL)
    return FALSE;
  wish->name = g_strdup (ismb_jid_get_local (jid));
  return TRUE;
}

static gboolean
read_wish (SwitchVrBus *self, Wish *wish, const char *name, const char *password, GVariant *options,
           GError **error)
{
  const char *role = NULL;

  wish->password = password;
  wish->role = ISMB_ROLE_OPERATOR;
  g_variant_lookup (options, "transient", "b", &wish->transient);
  wish->role_given = g_variant_lookup (options, "role", "&s", &role);
  if (*password == '\0')
    return refuse (error, "an account needs a password");
  if (wish->role_given
      && (!ismb_role_from_string (role, &wish->role) || wish->role == ISMB_ROLE_SWITCH))
    return refuse (error, "the role of an account is operator or client");
  return read_name (self, wish, name, error);
}

/* Who comes again with the right password is welcome, and need not know the role; but an account
 * that goes with another program is no account to stay with. */
static gboolean
is_same (SwitchVrBus *self, IsmbAccounts *accounts, const Wish *wish)
{
  IsmbRole role;

  return ismb_accounts_check (accounts, wish->name, wish->password)
         && ismb_accounts_get_role (accounts, wish->name, &role)
         && (!wish->role_given || role == wish->role)
         && (wish->transient || !is_transient (self, wish->name));
}

static void
note (SwitchVrBus *self, GDBusConnection *caller, const char *deed, const char *name,
      const GError *error)
{
  g_autofree char *what = g_strconcat (deed, " ", name, NULL);

  switch_auditor_note (self->vr, caller, "account", what, error);
}

/* Accounts that end with their program are no event. */
static void
note_created (SwitchVrBus *self, const Wish *wish, const GError *error)
{
  g_autofree char *deed = g_strdup_printf ("create %s", ismb_role_to_string (wish->role));

  if (!wish->transient)
    note (self, wish->caller, deed, wish->name, error);
}

static gboolean
create_new (SwitchVrBus *self, IsmbAccounts *accounts, const Wish *wish, GError **error)
{
  GHashTable *names = names_of (self, wish->caller);

  if (g_str_equal (wish->name, SWITCH_RESIDENT_NAME))
    return refuse (error, "the name switch is Switch Control's: take another one");
  if (g_str_equal (switch_vr_get_config (self->vr)->registration, "closed"))
    return refuse (error, "registration=closed: nobody makes accounts in this virtual router");
  if (wish->transient && g_hash_table_size (names) >= TRANSIENT_MAX)
    return refuse (error, "too many transient accounts for one program: the limit is 64");
  if (!ismb_accounts_create (accounts, wish->name, wish->password, wish->role, wish->transient,
                             error))
    return FALSE;
  if (wish->transient)
    g_hash_table_add (names, g_strdup (wish->name));
  return TRUE;
}

static gboolean
create (SwitchVrBus *self, const Wish *wish, GError **error)
{
  IsmbAccounts *accounts = accounts_of (self, error);

  if (accounts == NULL)
    return FALSE;
  if (!ismb_accounts_has (accounts, wish->name))
    {
      g_autoptr (GError) cause = NULL;
      gboolean created = create_new (self, accounts, wish, &cause);

      note_created (self, wish, cause);
      if (!created)
        g_propagate_error (error, g_steal_pointer (&cause));
      return created;
    }
  if (is_same (self, accounts, wish))
    return TRUE;
  if (g_str_equal (wish->name, SWITCH_RESIDENT_NAME))
    return refuse (error, "the name switch is Switch Control's: take another one");
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "there is an account %s already, with another password or role: take another name, "
               "or remove it "
               "with `switchctl --vr %s account remove %s`",
               wish->name, switch_vr_get_config (self->vr)->name, wish->name);
  return FALSE;
}

static gboolean
on_create_account (SwitchVrBus *self, GDBusMethodInvocation *invocation, const char *name,
                   const char *password, GVariant *options, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = NULL;
  Wish wish = { .caller = g_dbus_method_invocation_get_connection (invocation) };

  if (read_wish (self, &wish, name, password, options, &error) && create (self, &wish, &error))
    {
      jid = g_strdup_printf ("%s@%s", wish.name, switch_vr_get_domain (self->vr));
      ismb_dbus_virtual_router1_complete_create_account (ISMB_DBUS_VIRTUAL_ROUTER1 (self),
                                                         invocation, jid);
    }
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
  g_free (wish.name);
  return TRUE;
}

static gboolean
remove_account (SwitchVrBus *self, const char *name, GError **error)
{
  IsmbAccounts *accounts = accounts_of (self, error);
  g_autoptr (IsmbJid) jid = NULL;
  GHashTableIter iter;
  gpointer names;

  if (accounts == NULL)
    return FALSE;
  jid = prepare_name (self, name, error);
  if (jid == NULL)
    return FALSE;
  if (g_strcmp0 (ismb_jid_get_local (jid), SWITCH_RESIDENT_NAME) == 0)
    return refuse (
        error,
        "the account switch is Switch Control's: end it with [switch-control] enabled=false");
  g_hash_table_iter_init (&iter, self->transient);
  while (g_hash_table_iter_next (&iter, NULL, &names))
    g_hash_table_remove (names, ismb_jid_get_local (jid));
  return ismb_accounts_remove (accounts, ismb_jid_get_local (jid), error);
}

static gboolean
remove_and_note (SwitchVrBus *self, GDBusConnection *caller, const char *name, GError **error)
{
  IsmbAccounts *accounts = switch_vr_get_accounts (self->vr);
  gboolean kept = accounts != NULL && !is_transient (self, name);
  g_autoptr (GError) cause = NULL;
  gboolean removed = remove_account (self, name, &cause);

  if (kept)
    note (self, caller, "remove", name, cause);
  if (!removed)
    g_propagate_error (error, g_steal_pointer (&cause));
  return removed;
}

static gboolean
on_remove_account (SwitchVrBus *self, GDBusMethodInvocation *invocation, const char *name,
                   gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (remove_and_note (self, g_dbus_method_invocation_get_connection (invocation), name, &error))
    ismb_dbus_virtual_router1_complete_remove_account (ISMB_DBUS_VIRTUAL_ROUTER1 (self),
                                                       invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
  return TRUE;
}

static gboolean
on_list_accounts (SwitchVrBus *self, GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  IsmbAccounts *accounts = accounts_of (self, &error);
  g_auto (GStrv) names = NULL;
  GVariantBuilder list;

  if (accounts == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  names = ismb_accounts_list (accounts);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; names[i] != NULL; i++)
    {
      IsmbRole role;

      if (ismb_accounts_get_role (accounts, names[i], &role))
        g_variant_builder_add (&list, "(ss)", names[i], ismb_role_to_string (role));
    }
  ismb_dbus_virtual_router1_complete_list_accounts (ISMB_DBUS_VIRTUAL_ROUTER1 (self), invocation,
                                                    g_variant_builder_end (&list));
  return TRUE;
}

static gboolean
on_list_peers (SwitchVrBus *self, GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GList *peers = NULL;
  GVariantBuilder list;

  if (accounts_of (self, &error) == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  peers = ismb_listener_list_peers (switch_vr_get_listener (self->vr));
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *each = peers; each != NULL; each = each->next)
    g_variant_builder_add_value (&list, ismb_peer_to_variant (each->data));
  g_list_free_full (peers, g_object_unref);
  ismb_dbus_virtual_router1_complete_list_peers (ISMB_DBUS_VIRTUAL_ROUTER1 (self), invocation,
                                                 g_variant_builder_end (&list));
  return TRUE;
}

static void
on_peer_found (SwitchVrBus *self, IsmbPeer *peer)
{
  ismb_dbus_virtual_router1_emit_peer_found (ISMB_DBUS_VIRTUAL_ROUTER1 (self),
                                             ismb_peer_to_variant (peer));
}

static void
on_peer_changed (SwitchVrBus *self, IsmbPeer *peer)
{
  ismb_dbus_virtual_router1_emit_peer_changed (ISMB_DBUS_VIRTUAL_ROUTER1 (self),
                                               ismb_peer_to_variant (peer));
}

static void
on_peer_lost (SwitchVrBus *self, const char *domain)
{
  ismb_dbus_virtual_router1_emit_peer_lost (ISMB_DBUS_VIRTUAL_ROUTER1 (self), domain);
}

static void
on_state_changed (SwitchVrBus *self)
{
  IsmbListener *listener = switch_vr_get_listener (self->vr);

  g_auto (GStrv) addresses = switch_vr_list_addresses (self->vr);
  g_autofree char *reason = switch_vr_dup_reason (self->vr);

  if (listener == NULL)
    g_hash_table_remove_all (self->transient);
  g_object_set (self, "enabled", switch_vr_get_enabled (self->vr), "state",
                switch_vr_get_state (self->vr), "reason", reason, "addresses", addresses,
                "c2s-port", listener != NULL ? ismb_listener_get_c2s_port (listener) : 0,
                "s2s-port", listener != NULL ? ismb_listener_get_s2s_port (listener) : 0, NULL);
}

static void
describe (SwitchVrBus *self)
{
  const SwitchVrConfig *config = switch_vr_get_config (self->vr);
  g_autofree char *place = switch_vr_dup_place (self->vr);

  g_object_set (self, "name", config->name, "place", place, "netns",
                config->netns != NULL ? config->netns : "", "bind-device",
                config->bind_device != NULL ? config->bind_device : "", "listen", config->listen,
                "c2s-path", switch_vr_get_c2s_path (self->vr), NULL);
}

SwitchVrBus *
switch_vr_bus_new (SwitchVr *vr)
{
  SwitchVrBus *self = g_object_new (SWITCH_TYPE_VR_BUS, NULL);

  self->vr = g_object_ref (vr);
  self->path = ismb_control_vr_path (switch_vr_get_name (vr));
  self->gauge = switch_vr_gauge_new (vr, ISMB_DBUS_VIRTUAL_ROUTER1 (self));
  describe (self);
  on_state_changed (self);
  g_signal_connect (self, "handle-create-account", G_CALLBACK (on_create_account), NULL);
  g_signal_connect (self, "handle-remove-account", G_CALLBACK (on_remove_account), NULL);
  g_signal_connect (self, "handle-list-accounts", G_CALLBACK (on_list_accounts), NULL);
  g_signal_connect (self, "handle-list-peers", G_CALLBACK (on_list_peers), NULL);
  switch_audit_bus_serve (ISMB_DBUS_VIRTUAL_ROUTER1 (self), vr);
  g_signal_connect_object (vr, "state-changed", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (vr, "peer-found", G_CALLBACK (on_peer_found), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (vr, "peer-changed", G_CALLBACK (on_peer_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (vr, "peer-lost", G_CALLBACK (on_peer_lost), self, G_CONNECT_SWAPPED);
  return self;
}

const char *
switch_vr_bus_get_path (SwitchVrBus *self)
{
  return self->path;
}

void
switch_vr_bus_forget (SwitchVrBus *self, GDBusConnection *caller)
{
  IsmbAccounts *accounts = switch_vr_get_accounts (self->vr);
  GHashTable *names = g_hash_table_lookup (self->transient, caller);
  GHashTableIter iter;
  gpointer name;

  if (names == NULL)
    return;
  g_hash_table_iter_init (&iter, names);
  while (accounts != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    ismb_accounts_remove (accounts, name, NULL);
  g_hash_table_remove (self->transient, caller);
}
