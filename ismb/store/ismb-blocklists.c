/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.blocklists"

#include "config.h"
#include "ismb/store/ismb-blocklists.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/store/ismb-drafts.h"

#define ADDRESSES_MAX 1000
#define BYTES_MAX (64 * 1024)

struct _IsmbBlocklist
{
  GHashTable *addresses; /* set, owned */
  gsize bytes;
};

struct _IsmbBlocklists
{
  GObject parent_instance;
  IsmbStore *store;
  IsmbAccounts *accounts;
  GHashTable *lists; /* account => IsmbBlocklist, never empty */
  IsmbDrafts *drafts;
};

G_DEFINE_FINAL_TYPE (IsmbBlocklists, ismb_blocklists, G_TYPE_OBJECT)

static guint restored;

static void
list_free (IsmbBlocklist *list)
{
  g_hash_table_unref (list->addresses);
  g_free (list);
}

static void
ismb_blocklists_finalize (GObject *object)
{
  IsmbBlocklists *self = ISMB_BLOCKLISTS (object);

  ismb_drafts_close (self->drafts);
  g_hash_table_unref (self->lists);
  g_clear_object (&self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_blocklists_parent_class)->finalize (object);
}

static void
ismb_blocklists_class_init (IsmbBlocklistsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_blocklists_finalize;
  restored = g_signal_new ("restored", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                           NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
ismb_blocklists_init (IsmbBlocklists *self)
{
  self->lists
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) list_free);
}

static IsmbBlocklist *
ensure (IsmbBlocklists *self, const char *account)
{
  IsmbBlocklist *list = g_hash_table_lookup (self->lists, account);

  if (list != NULL)
    return list;
  list = g_new0 (IsmbBlocklist, 1);
  list->addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->lists, g_strdup (account), list);
  return list;
}

static void
keep (IsmbBlocklists *self, const char *account, const char *address)
{
  IsmbBlocklist *list = ensure (self, account);

  if (g_hash_table_add (list->addresses, g_strdup (address)))
    list->bytes += strlen (address);
}

static void
on_row (GVariant *row, gpointer user_data)
{
  const char *account = NULL, *address = NULL;

  g_variant_get (row, "(&s&s)", &account, &address);
  keep (user_data, account, address);
}

static void
drop (IsmbBlocklists *self, const char *account, const char *address)
{
  IsmbBlocklist *list = g_hash_table_lookup (self->lists, account);
  gsize bytes = strlen (address);

  if (list == NULL || !g_hash_table_remove (list->addresses, address))
    return;
  list->bytes -= bytes;
  if (g_hash_table_size (list->addresses) == 0)
    g_hash_table_remove (self->lists, account);
}

#define WRITE "INSERT OR REPLACE INTO blocked (account, address) VALUES (?,?)"
#define DELETE "DELETE FROM blocked WHERE account = ? AND address = ?"

/* An address is there or not; more there is not to say of it. */
static GVariant *
make_row (gboolean blocked)
{
  return blocked ? g_variant_new_boolean (TRUE) : NULL;
}

static void
save (IsmbBlocklists *self, const char *account, const char *address, gboolean blocked)
{
  if (ismb_accounts_is_kept (self->accounts, account))
    ismb_drafts_write (self->drafts, account, address, make_row (!blocked), make_row (blocked),
                       blocked ? WRITE : DELETE, g_variant_new ("(ss)", account, address));
}

static void
restore (const char *account, const char *address, GVariant *row, gpointer owner)
{
  if (row != NULL)
    keep (owner, account, address);
  else
    drop (owner, account, address);
  g_signal_emit (owner, restored, 0, account, address, row != NULL);
}

static void
on_kept (IsmbBlocklists *self, const char *account)
{
  g_auto (GStrv) addresses = ismb_blocklist_list (ismb_blocklists_lookup (self, account));

  for (guint i = 0; addresses[i] != NULL; i++)
    ismb_store_write (self->store, WRITE, g_variant_new ("(ss)", account, addresses[i]), NULL,
                      NULL);
}

static void
on_removed (IsmbBlocklists *self, const char *account)
{
  ismb_drafts_forget (self->drafts, account);
  if (g_hash_table_remove (self->lists, account))
    ismb_store_write (self->store, "DELETE FROM blocked WHERE account = ?",
                      g_variant_new ("(s)", account), NULL, NULL);
}

IsmbBlocklists *
ismb_blocklists_load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  g_autoptr (IsmbBlocklists) self = g_object_new (ISMB_TYPE_BLOCKLISTS, NULL);

  self->store = g_object_ref (store);
  self->accounts = g_object_ref (accounts);
  self->drafts = ismb_drafts_new (store, restore, self);
  ismb_store_write (store,
                    "DELETE FROM blocked WHERE account NOT IN (SELECT name FROM account)", NULL,
                    NULL, NULL);
  if (!ismb_store_read (store, "SELECT account, address FROM blocked", "(ss)", on_row, self, error))
    return NULL;
  g_signal_connect_object (accounts, "kept", G_CALLBACK (on_kept), self, G_CONNECT_SWAPPED);
  /* After those who end the account's sessions, which know the list. */
  g_signal_connect_object (accounts, "removed", G_CALLBACK (on_removed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  return g_steal_pointer (&self);
}

gboolean
ismb_blocklists_is_empty (IsmbBlocklists *self)
{
  return g_hash_table_size (self->lists) == 0;
}

const IsmbBlocklist *
ismb_blocklists_lookup (IsmbBlocklists *self, const char *account)
{
  return g_hash_table_size (self->lists) > 0 ? g_hash_table_lookup (self->lists, account) : NULL;
}

gboolean
ismb_blocklists_has_room (IsmbBlocklists *self, const char *account,
                          const char *const *addresses)
{
  const IsmbBlocklist *list = ismb_blocklists_lookup (self, account);
  guint count = list != NULL ? g_hash_table_size (list->addresses) : 0;
  gsize bytes = list != NULL ? list->bytes : 0;

  for (; *addresses != NULL; addresses++)
    if (!ismb_blocklist_has (list, *addresses))
      {
        count++;
        bytes += strlen (*addresses);
      }
  return count <= ADDRESSES_MAX && bytes <= BYTES_MAX;
}

gboolean
ismb_blocklists_add (IsmbBlocklists *self, const char *account, const char *address)
{
  const char *const addresses[] = { address, NULL };

  if (ismb_blocklist_has (ismb_blocklists_lookup (self, account), address))
    return TRUE;
  if (!ismb_blocklists_has_room (self, account, addresses))
    return FALSE;
  keep (self, account, address);
  save (self, account, address, TRUE);
  return TRUE;
}

void
ismb_blocklists_remove (IsmbBlocklists *self, const char *account, const char *address)
{
  if (!ismb_blocklist_has (ismb_blocklists_lookup (self, account), address))
    return;
  save (self, account, address, FALSE);
  drop (self, account, address);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
ismb_blocklist_list (const IsmbBlocklist *list)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer address;

  if (list != NULL)
    {
      g_hash_table_iter_init (&iter, list->addresses);
      while (g_hash_table_iter_next (&iter, &address, NULL))
        g_ptr_array_add (addresses, g_strdup (address));
    }
  g_ptr_array_sort (addresses, compare);
  g_ptr_array_add (addresses, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&addresses), FALSE);
}

gboolean
ismb_blocklist_has (const IsmbBlocklist *list, const char *address)
{
  return list != NULL && g_hash_table_contains (list->addresses, address);
}

static gboolean
has_part (const IsmbBlocklist *list, const char *start, gsize length)
{
  char part[ISMB_ADDRESS_MAX + 1];

  memcpy (part, start, length);
  part[length] = '\0';
  return g_hash_table_contains (list->addresses, part);
}

/* XEP-0191, 4: from the resource up to the domain. */
gboolean
ismb_blocklist_matches (const IsmbBlocklist *list, const char *address)
{
  IsmbAddressParts parts;

  if (list == NULL)
    return FALSE;
  ismb_address_split (address, &parts);
  return g_hash_table_contains (list->addresses, address)
         || (parts.resource > 0 && has_part (list, address, ismb_address_bare_length (&parts)))
         || (parts.local > 0
             && has_part (list, address + ismb_address_domain_offset (&parts), parts.domain));
}

gboolean
ismb_blocklist_covers (const char *blocked, const char *address)
{
  gsize length = strlen (blocked);
  IsmbAddressParts parts;

  ismb_address_split (address, &parts);
  return strcmp (blocked, address) == 0
         || (length == ismb_address_bare_length (&parts) && memcmp (blocked, address, length) == 0)
         || (length == parts.domain
             && memcmp (blocked, address + ismb_address_domain_offset (&parts), length) == 0);
}
