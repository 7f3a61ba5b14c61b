/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.rosters"

#include "config.h"
#include "ismb/store/ismb-rosters.h"

#include <string.h>

#define CONTACTS_MAX 10000
#define WORDS_MAX (1024 * 1024) /* bytes of addresses, names and groups: it is read as one stanza */
#define GONE -1 /* in the place of a subscription: the store takes the item out */
#define GROUP_SEPARATOR "\x1f" /* XML cannot carry it, so no group's name has it */

struct _IsmbRosters
{
  GObject parent_instance;
  IsmbStore *store;
  IsmbAccounts *accounts;
  GHashTable *rosters; /* account => Roster, owned */
};

/* Of one account. */
typedef struct
{
  GHashTable *entries; /* contact, its entry's, to IsmbRosterEntry, owned */
  gsize words;         /* bytes of their addresses, names and groups */
  gint64 version;      /* of the last change */
} Roster;

G_DEFINE_FINAL_TYPE (IsmbRosters, ismb_rosters, G_TYPE_OBJECT)

static void
entry_free (IsmbRosterEntry *entry)
{
  g_free (entry->contact);
  g_free (entry->name);
  g_strfreev (entry->groups);
  g_free (entry);
}

static void
roster_free (Roster *roster)
{
  g_hash_table_unref (roster->entries);
  g_free (roster);
}

static void
ismb_rosters_finalize (GObject *object)
{
  IsmbRosters *self = ISMB_ROSTERS (object);

  g_hash_table_unref (self->rosters);
  g_clear_object (&self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_rosters_parent_class)->finalize (object);
}

static void
ismb_rosters_class_init (IsmbRostersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_rosters_finalize;
}

static void
ismb_rosters_init (IsmbRosters *self)
{
  self->rosters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) roster_free);
}

static IsmbRosterEntry *
lookup (IsmbRosters *self, const char *account, const char *contact)
{
  const Roster *roster = g_hash_table_lookup (self->rosters, account);

  return roster != NULL ? g_hash_table_lookup (roster->entries, contact) : NULL;
}

static Roster *
ensure_roster (IsmbRosters *self, const char *account)
{
  Roster *roster = g_hash_table_lookup (self->rosters, account);

  if (roster != NULL)
    return roster;
  roster = g_new0 (Roster, 1);
  roster->entries
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_free);
  g_hash_table_insert (self->rosters, g_strdup (account), roster);
  return roster;
}

/* The entry, made if need be; NULL where the roster is full. */
static IsmbRosterEntry *
ensure (Roster *roster, const char *contact)
{
  IsmbRosterEntry *entry = g_hash_table_lookup (roster->entries, contact);

  if (entry != NULL || g_hash_table_size (roster->entries) >= CONTACTS_MAX ||
      roster->words + strlen (contact) > WORDS_MAX)
    return entry;
  roster->words += strlen (contact);
  entry = g_new0 (IsmbRosterEntry, 1);
  entry->contact = g_strdup (contact);
  g_hash_table_insert (roster->entries, entry->contact, entry);
  return entry;
}

static gsize
count_words (const char *name, const char *const *groups)
{
  gsize bytes = name != NULL ? strlen (name) : 0;

  for (; groups != NULL && *groups != NULL; groups++)
    bytes += strlen (*groups);
  return bytes;
}

static gsize
count_words_of (const IsmbRosterEntry *entry)
{
  return entry != NULL ? count_words (entry->name, (const char *const *) entry->groups) : 0;
}

static void
on_row (GVariant *row, gpointer user_data)
{
  const char *account = NULL, *contact = NULL, *name = NULL, *groups = NULL;
  gint64 subscription = 0;
  Roster *roster = NULL;
  IsmbRosterEntry *entry = NULL;

  g_variant_get (row, "(&s&sm&sm&sx)", &account, &contact, &name, &groups, &subscription);
  roster = ensure_roster (user_data, account);
  entry = ensure (roster, contact);
  if (entry == NULL)
    return;
  entry->name = g_strdup (name);
  entry->groups = groups != NULL ? g_strsplit (groups, GROUP_SEPARATOR, -1) : NULL;
  entry->subscription = subscription;
  roster->words += count_words_of (entry);
}

static void
on_version (GVariant *row, gpointer user_data)
{
  const char *account = NULL;
  gint64 version = 0;

  g_variant_get (row, "(&sx)", &account, &version);
  ensure_roster (user_data, account)->version = version;
}

static void
write_entry (IsmbRosters *self, const char *account, const Roster *roster,
             const IsmbRosterEntry *entry, gint64 subscription)
{
  g_autofree char *groups = entry->groups != NULL ? g_strjoinv (GROUP_SEPARATOR, entry->groups)
                                                  : NULL;

  ismb_store_write (self->store,
                    "INSERT OR REPLACE INTO roster"
                    " (account, contact, name, groups, subscription, version)"
                    " VALUES (?,?,?,?,?,?)",
                    g_variant_new ("(ssmsmsxx)", account, entry->contact, entry->name, groups,
                                   subscription, roster->version),
                    NULL, NULL);
}

/* By the clock, so that an account which is made again, or was never written, does not come by a
 * version that some client still remembers. */
static void
save_as (IsmbRosters *self, const char *account, const IsmbRosterEntry *entry, gint64 subscription)
{
  Roster *roster = ensure_roster (self, account);

  roster->version = MAX (g_get_real_time (), roster->version + 1);
  if (ismb_accounts_is_kept (self->accounts, account))
    write_entry (self, account, roster, entry, subscription);
}

static void
save (IsmbRosters *self, const char *account, const IsmbRosterEntry *entry)
{
  save_as (self, account, entry, entry->subscription);
}

static void
on_kept (IsmbRosters *self, const char *account)
{
  const Roster *roster = g_hash_table_lookup (self->rosters, account);
  GHashTableIter iter;
  gpointer entry = NULL;

  if (roster == NULL)
    return;
  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    write_entry (self, account, roster, entry, ((IsmbRosterEntry *) entry)->subscription);
}

/* Where the disk has no room, another time. */
static void
drop_strays (IsmbStore *store)
{
  ismb_store_write (store, "DELETE FROM roster WHERE account NOT IN (SELECT name FROM account)",
                    NULL, NULL, NULL);
  ismb_store_write (store,
                    "DELETE FROM roster_version WHERE account NOT IN (SELECT name FROM account)",
                    NULL, NULL, NULL);
}

IsmbRosters *
ismb_rosters_load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  g_autoptr (IsmbRosters) self = g_object_new (ISMB_TYPE_ROSTERS, NULL);

  g_set_object (&self->store, store);
  g_set_object (&self->accounts, accounts);
  drop_strays (store);
  if (!ismb_store_read (store, "SELECT account, contact, name, groups, subscription FROM roster",
                           "(ssmsmsx)", on_row, self, error)
      || !ismb_store_read (store, "SELECT account, version FROM roster_version", "(sx)",
                           on_version, self, error))
    return NULL;
  g_signal_connect_object (accounts, "kept", G_CALLBACK (on_kept), self, G_CONNECT_SWAPPED);
  return g_steal_pointer (&self);
}

const IsmbRosterEntry *
ismb_rosters_lookup (IsmbRosters *self, const char *account, const char *contact)
{
  return lookup (self, account, contact);
}

void
ismb_rosters_foreach (IsmbRosters *self, const char *account,
                      IsmbRosterFunc func, gpointer data)
{
  const Roster *roster = g_hash_table_lookup (self->rosters, account);
  GHashTableIter iter;
  gpointer entry = NULL;

  if (roster == NULL)
    return;
  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    func (entry, data);
}

gboolean
ismb_rosters_put (IsmbRosters *self, const char *account, const char *contact, const char *name,
                  const char *const *groups, IsmbSubscription subscription)
{
  Roster *roster = ensure_roster (self, account);
  gsize more = count_words (name, groups);
  gsize less = count_words_of (lookup (self, account, contact));
  IsmbRosterEntry *entry = NULL;
  g_autofree char *old_name = NULL;
  g_auto (GStrv) old_groups = NULL;

  if (roster->words - less + more <= WORDS_MAX)
    entry = ensure (roster, contact);
  if (entry == NULL)
    return FALSE;
  roster->words += more - less;
  /* The caller may hand back what it looked up. */
  old_name = g_steal_pointer (&entry->name);
  old_groups = g_steal_pointer (&entry->groups);
  entry->name = g_strdup (name);
  entry->groups = groups != NULL && groups[0] != NULL ? g_strdupv ((char **) groups) : NULL;
  entry->subscription = subscription;
  save (self, account, entry);
  return TRUE;
}

gboolean
ismb_rosters_set_subscription (IsmbRosters *self, const char *account, const char *contact,
                               IsmbSubscription subscription)
{
  IsmbRosterEntry *entry = ensure (ensure_roster (self, account), contact);

  if (entry == NULL)
    return FALSE;
  entry->subscription = subscription;
  save (self, account, entry);
  return TRUE;
}

gboolean
ismb_rosters_remove (IsmbRosters *self, const char *account, const char *contact)
{
  Roster *roster = g_hash_table_lookup (self->rosters, account);
  IsmbRosterEntry *entry = lookup (self, account, contact);

  if (entry == NULL)
    return FALSE;
  roster->words -= count_words_of (entry) + strlen (contact);
  save_as (self, account, entry, GONE);
  g_hash_table_remove (roster->entries, contact);
  return TRUE;
}

void
ismb_rosters_remove_account (IsmbRosters *self, const char *account)
{
  if (g_hash_table_contains (self->rosters, account))
    {
      ismb_store_write (self->store, "DELETE FROM roster WHERE account = ?",
                        g_variant_new ("(s)", account), NULL, NULL);
      ismb_store_write (self->store, "DELETE FROM roster_version WHERE account = ?",
                        g_variant_new ("(s)", account), NULL, NULL);
    }
  g_hash_table_remove (self->rosters, account);
}

gint64
ismb_rosters_get_version (IsmbRosters *self, const char *account)
{
  const Roster *roster = g_hash_table_lookup (self->rosters, account);

  return roster != NULL ? roster->version : 0;
}
