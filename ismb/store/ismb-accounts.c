/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.accounts"

#include "config.h"
#include "ismb/store/ismb-accounts.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-password.h"
#include "ismb/store/ismb-scram.h"

#define ACCOUNTS_MAX 10000
#define COLUMNS                                                                                    \
  "name, role, iterations, sha1_salt, sha1_stored, sha1_server, sha256_salt, sha256_stored, "      \
  "sha256_server"
#define ROW "(ssxayayayayayay)"

typedef struct
{
  IsmbRole role;
  gboolean transient;
  IsmbScramKeys sha1, sha256;
} Account;

struct _IsmbAccounts
{
  GObject parent_instance;
  IsmbStore *store;
  GHashTable *accounts; /* name => Account */
  GBytes *secret;       /* of which keys are invented */
};

G_DEFINE_FINAL_TYPE (IsmbAccounts, ismb_accounts, G_TYPE_OBJECT)

enum
{
  REMOVED,
  KEPT,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static const char *const roles[] = { "client", "operator", "switch" };

const char *
ismb_role_to_string (IsmbRole role)
{
  g_return_val_if_fail ((guint) role < G_N_ELEMENTS (roles), NULL);
  return roles[role];
}

gboolean
ismb_role_from_string (const char *text, IsmbRole *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (roles); i++)
    if (g_str_equal (text, roles[i]))
      {
        *role = i;
        return TRUE;
      }
  return FALSE;
}

static void
account_free (Account *account)
{
  ismb_scram_clear (&account->sha1);
  ismb_scram_clear (&account->sha256);
  g_free (account);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Account, account_free)

static void
wipe_free (char *secret)
{
  if (secret == NULL)
    return;
  gnutls_memset (secret, 0, strlen (secret));
  g_free (secret);
}

static void
ismb_accounts_finalize (GObject *object)
{
  IsmbAccounts *self = ISMB_ACCOUNTS (object);

  g_hash_table_unref (self->accounts);
  g_clear_pointer (&self->secret, g_bytes_unref);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_accounts_parent_class)->finalize (object);
}

static void
ismb_accounts_class_init (IsmbAccountsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_accounts_finalize;

  signals[REMOVED] = g_signal_new ("removed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[KEPT] = g_signal_new ("kept", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
ismb_accounts_init (IsmbAccounts *self)
{
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) account_free);
}

static GBytes *
get_bytes (GVariant *row, gsize index)
{
  g_autoptr (GVariant) value = g_variant_get_child_value (row, index);

  return g_variant_get_data_as_bytes (value);
}

static GVariant *
bytes_to_variant (GBytes *bytes)
{
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

static IsmbScramKeys
get_keys (GVariant *row, GChecksumType hash, gsize first)
{
  gint64 iterations = 0;

  g_variant_get_child (row, 2, "x", &iterations);
  return (IsmbScramKeys){ hash, iterations, get_bytes (row, first), get_bytes (row, first + 1),
                          get_bytes (row, first + 2) };
}

/* A row changed by hand could hold a key shorter than what is compared with it. */
static gboolean
keys_fit (const IsmbScramKeys *keys)
{
  gsize size = ismb_scram_size (keys->hash);

  return keys->iterations >= ISMB_SCRAM_ITERATIONS && g_bytes_get_size (keys->salt) > 0 &&
         g_bytes_get_size (keys->stored_key) == size && g_bytes_get_size (keys->server_key) == size;
}

static void
on_row (GVariant *row, gpointer user_data)
{
  IsmbAccounts *self = user_data;
  g_autoptr (Account) account = g_new0 (Account, 1);
  const char *name = NULL;
  const char *role = NULL;

  g_variant_get_child (row, 0, "&s", &name);
  g_variant_get_child (row, 1, "&s", &role);
  account->sha1 = get_keys (row, G_CHECKSUM_SHA1, 3);
  account->sha256 = get_keys (row, G_CHECKSUM_SHA256, 6);
  if (ismb_role_from_string (role, &account->role) && keys_fit (&account->sha1) &&
      keys_fit (&account->sha256))
    g_hash_table_insert (self->accounts, g_strdup (name), g_steal_pointer (&account));
  else
    g_warning ("the stored account %s is damaged and left out: remove it and make it again", name);
}

static void
on_secret (GVariant *row, gpointer user_data)
{
  IsmbAccounts *self = user_data;

  g_clear_pointer (&self->secret, g_bytes_unref);
  self->secret = get_bytes (row, 0);
}

/* A store that cannot be written has one as long as it is open. */
static gboolean
ensure_secret (IsmbAccounts *self, GError **error)
{
  g_autoptr (GError) vain = NULL;
  guint8 random[32];

  if (!ismb_store_read (self->store, "SELECT value FROM secret WHERE name = 'salts'", "(ay)",
                        on_secret, self, error))
    return FALSE;
  if (self->secret != NULL)
    return TRUE;
  if (gnutls_rnd (GNUTLS_RND_KEY, random, sizeof random) < 0)
    g_error ("GnuTLS has no random numbers");
  self->secret = g_bytes_new (random, sizeof random);
  if (!ismb_store_write_now (self->store, "INSERT INTO secret VALUES ('salts', ?)",
                             g_variant_new ("(@ay)", bytes_to_variant (self->secret)), &vain))
    g_debug ("the secret of invented salts is not kept: %s", vain->message);
  return TRUE;
}

IsmbAccounts *
ismb_accounts_load (IsmbStore *store, GError **error)
{
  g_autoptr (IsmbAccounts) self = g_object_new (ISMB_TYPE_ACCOUNTS, NULL);

  g_set_object (&self->store, store);
  if (!ismb_store_read (store, "SELECT " COLUMNS " FROM account", ROW, on_row, self, error) ||
      !ensure_secret (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
check_name (const char *name, GError **error)
{
  g_autofree char *address = g_strconcat (name, "@localhost", NULL);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts = { 0 };

  if (ismb_address_prepare (address, strlen (address), prepared, &parts, NULL) &&
      parts.local == strlen (name) && parts.resource == 0 && g_str_equal (prepared->str, address))
    return TRUE;
  g_set_error (
    error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
    "“%s” cannot be the name of an account: it must be the local part of an address, 1 to 1023"
    " bytes, lower case, without space and none of \"&'/:<>@",
    name);
  return FALSE;
}

static gboolean
derive_keys (Account *account, const char *password)
{
  guint8 random[2][ISMB_SCRAM_SALT_SIZE];
  g_autoptr (GBytes) salt1 = NULL;
  g_autoptr (GBytes) salt256 = NULL;

  if (gnutls_rnd (GNUTLS_RND_NONCE, random, sizeof random) < 0)
    return FALSE;
  salt1 = g_bytes_new (random[0], ISMB_SCRAM_SALT_SIZE);
  salt256 = g_bytes_new (random[1], ISMB_SCRAM_SALT_SIZE);
  ismb_scram_derive (&account->sha1, G_CHECKSUM_SHA1, ISMB_SCRAM_ITERATIONS, salt1, password);
  ismb_scram_derive (&account->sha256, G_CHECKSUM_SHA256, ISMB_SCRAM_ITERATIONS, salt256, password);
  return TRUE;
}

static gboolean
save (IsmbAccounts *self, const char *name, const Account *account, GError **error)
{
  GVariant *row = g_variant_new ("(ssx@ay@ay@ay@ay@ay@ay)", name,
                                 ismb_role_to_string (account->role),
                                 (gint64) account->sha256.iterations,
                                 bytes_to_variant (account->sha1.salt),
                                 bytes_to_variant (account->sha1.stored_key),
                                 bytes_to_variant (account->sha1.server_key),
                                 bytes_to_variant (account->sha256.salt),
                                 bytes_to_variant (account->sha256.stored_key),
                                 bytes_to_variant (account->sha256.server_key));

  return ismb_store_write_now (self->store,
                               "INSERT OR REPLACE INTO account (" COLUMNS
                               ") VALUES (?,?,?,?,?,?,?,?,?)",
                               row, error);
}

/* Asked for again: fine if nothing would differ. A transient account that is wanted for good is
 * kept. */
static gboolean
create_again (IsmbAccounts *self, const char *name, Account *account, const char *password,
              IsmbRole role, gboolean transient, GError **error)
{
  if (!ismb_scram_check (&account->sha256, password))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
                   "the account %s exists, with another password", name);
      return FALSE;
    }
  if (account->role != role)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS, "the account %s exists, with role %s",
                   name, ismb_role_to_string (account->role));
      return FALSE;
    }
  if (!account->transient || transient)
    return TRUE;
  if (!save (self, name, account, error))
    return FALSE;
  account->transient = FALSE;
  g_signal_emit (self, signals[KEPT], 0, name);
  return TRUE;
}

static gboolean
create_new (IsmbAccounts *self, const char *name, const char *password, IsmbRole role,
            gboolean transient, GError **error)
{
  g_autoptr (Account) account = g_new0 (Account, 1);

  if (g_hash_table_size (self->accounts) >= ACCOUNTS_MAX && !ismb_accounts_has (self, name))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                   "cannot make the account %s: there are %d already, which is the limit", name,
                   ACCOUNTS_MAX);
      return FALSE;
    }
  account->role = role;
  account->transient = transient;
  if (!derive_keys (account, password))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                   "cannot make the account %s: no random numbers", name);
      return FALSE;
    }
  if (!transient && !save (self, name, account, error))
    return FALSE;
  g_hash_table_insert (self->accounts, g_strdup (name), g_steal_pointer (&account));
  return TRUE;
}

/* What an account may be made of; the password's prepared form is to be wiped after use. */
static char *
prepare (const char *name, const char *password, GError **error)
{
  char *prepared = NULL;

  if (!check_name (name, error))
    return NULL;
  prepared = ismb_password_prepare (password);
  if (prepared == NULL)
    g_set_error (
      error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
      "the password for %s cannot be used: it must be 1 to 1023 bytes of UTF-8 without control"
      " characters",
      name);
  return prepared;
}

gboolean
ismb_accounts_create (IsmbAccounts *self, const char *name, const char *password, IsmbRole role,
                      gboolean transient, GError **error)
{
  Account *account = g_hash_table_lookup (self->accounts, name);
  char *prepared = prepare (name, password, error);
  gboolean created = FALSE;

  if (prepared == NULL)
    return FALSE;
  created = account != NULL ? create_again (self, name, account, prepared, role, transient, error)
                            : create_new (self, name, prepared, role, transient, error);
  wipe_free (prepared);
  return created;
}

gboolean
ismb_accounts_renew (IsmbAccounts *self, const char *name, const char *password, IsmbRole role,
                     GError **error)
{
  gboolean was_transient = ismb_accounts_has (self, name) && !ismb_accounts_is_kept (self, name);
  char *prepared = prepare (name, password, error);
  gboolean renewed = FALSE;

  if (prepared == NULL)
    return FALSE;
  renewed = create_new (self, name, prepared, role, FALSE, error);
  wipe_free (prepared);
  if (renewed && was_transient)
    g_signal_emit (self, signals[KEPT], 0, name);
  return renewed;
}

gboolean
ismb_accounts_remove (IsmbAccounts *self, const char *name, GError **error)
{
  Account *account = g_hash_table_lookup (self->accounts, name);
  g_autofree char *gone = NULL;

  if (account == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "there is no account %s", name);
      return FALSE;
    }
  if (!account->transient &&
      !ismb_store_write_now (self->store, "DELETE FROM account WHERE name = ?",
                             g_variant_new ("(s)", name), error))
    return FALSE;
  gone = g_strdup (name); /* it may be our own key */
  g_hash_table_remove (self->accounts, name);
  g_signal_emit (self, signals[REMOVED], 0, gone);
  return TRUE;
}

gboolean
ismb_accounts_has (IsmbAccounts *self, const char *name)
{
  return g_hash_table_contains (self->accounts, name);
}

gboolean
ismb_accounts_get_role (IsmbAccounts *self, const char *name, IsmbRole *role)
{
  const Account *account = g_hash_table_lookup (self->accounts, name);

  if (account == NULL)
    return FALSE;
  *role = account->role;
  return TRUE;
}

guint
ismb_accounts_count (IsmbAccounts *self, IsmbRole role)
{
  GHashTableIter iter;
  gpointer account;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    count += ((Account *) account)->role == role;
  return count;
}

gboolean
ismb_accounts_is_kept (IsmbAccounts *self, const char *name)
{
  const Account *account = g_hash_table_lookup (self->accounts, name);

  return account != NULL && !account->transient;
}

const IsmbScramKeys *
ismb_accounts_get_keys (IsmbAccounts *self, const char *name, GChecksumType hash)
{
  const Account *account = g_hash_table_lookup (self->accounts, name);

  if (account == NULL)
    return NULL;
  return hash == G_CHECKSUM_SHA1 ? &account->sha1 : &account->sha256;
}

void
ismb_accounts_invent_keys (IsmbAccounts *self, const char *name, GChecksumType hash,
                           IsmbScramKeys *keys)
{
  ismb_scram_invent (keys, hash, self->secret, name);
}

/* Takes as long for a name that does not exist. */
gboolean
ismb_accounts_check (IsmbAccounts *self, const char *name, const char *password)
{
  const IsmbScramKeys *keys = ismb_accounts_get_keys (self, name, G_CHECKSUM_SHA256);
  g_auto (IsmbScramKeys) invented = { 0 };
  char *prepared = ismb_password_prepare (password);
  gboolean right = FALSE;

  if (prepared == NULL)
    return FALSE;
  ismb_accounts_invent_keys (self, name, G_CHECKSUM_SHA256, &invented);
  right = ismb_scram_check (keys != NULL ? keys : &invented, prepared) && keys != NULL;
  wipe_free (prepared);
  return right;
}

char **
ismb_accounts_list (IsmbAccounts *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GList *names = g_list_sort (g_hash_table_get_keys (self->accounts), (GCompareFunc) strcmp);

  for (GList *each = names; each != NULL; each = each->next)
    g_strv_builder_add (builder, each->data);
  g_list_free (names);
  return g_strv_builder_end (builder);
}
