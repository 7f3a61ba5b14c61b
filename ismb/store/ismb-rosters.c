/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.rosters"

#include "config.h"
#include "ismb/store/ismb-rosters.h"

#include <string.h>

#include "ismb/store/ismb-drafts.h"

#define CONTACTS_MAX 10000
#define WORDS_MAX (1024 * 1024) /* bytes of addresses, names and groups: it is read as one stanza */
#define REQUESTS_MAX (256 * 1024) /* bytes of requests that wait: strangers write them */
#define GONE -1 /* in the place of a subscription: the store takes the item out */
#define GROUP_SEPARATOR "\x1f" /* XML cannot carry it, so no group's name has it */

struct _IsmbRosters
{
  GObject parent_instance;
  IsmbStore *store;
  IsmbAccounts *accounts;
  GHashTable *rosters; /* account => Roster, owned */
  IsmbDrafts *drafts;
};

/* Of one account. */
typedef struct
{
  GHashTable *entries; /* contact, its entry's, to IsmbRosterEntry, owned */
  gsize words;         /* bytes of their addresses, names and groups */
  gsize requests;      /* bytes */
  gint64 version;      /* of the last change */
} Roster;

G_DEFINE_FINAL_TYPE (IsmbRosters, ismb_rosters, G_TYPE_OBJECT)

static guint restored;

static void
entry_free (IsmbRosterEntry *entry)
{
  g_free (entry->contact);
  g_free (entry->name);
  g_strfreev (entry->groups);
  g_free (entry->request);
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

  ismb_drafts_close (self->drafts);
  g_hash_table_unref (self->rosters);
  g_clear_object (&self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_rosters_parent_class)->finalize (object);
}

static void
ismb_rosters_class_init (IsmbRostersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_rosters_finalize;
  restored = g_signal_new ("restored", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                           NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_UINT);
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

/* What the store has of an entry, but for whose it is. */
#define ROW "(msmsxms)"

static char *
join_groups (const IsmbRosterEntry *entry)
{
  return entry->groups != NULL ? g_strjoinv (GROUP_SEPARATOR, entry->groups) : NULL;
}

static GVariant *
make_row (const IsmbRosterEntry *entry)
{
  g_autofree char *groups = entry != NULL ? join_groups (entry) : NULL;

  if (entry == NULL)
    return NULL;
  return g_variant_new (ROW, entry->name, groups, (gint64) entry->subscription, entry->request);
}

static gsize
count_request (const IsmbRosterEntry *entry)
{
  return entry != NULL && entry->request != NULL ? strlen (entry->request) : 0;
}

static void
drop_entry (Roster *roster, const char *contact)
{
  const IsmbRosterEntry *entry = g_hash_table_lookup (roster->entries, contact);

  if (entry == NULL)
    return;
  roster->words -= count_words_of (entry) + strlen (contact);
  roster->requests -= count_request (entry);
  g_hash_table_remove (roster->entries, contact);
}

/* As the disk has it. */
static void
put_entry (Roster *roster, const char *contact, GVariant *row)
{
  IsmbRosterEntry *entry = g_new0 (IsmbRosterEntry, 1);
  g_autofree char *groups = NULL;
  gint64 subscription = 0;

  g_variant_get (row, ROW, &entry->name, &groups, &subscription, &entry->request);
  entry->contact = g_strdup (contact);
  entry->groups = groups != NULL ? g_strsplit (groups, GROUP_SEPARATOR, -1) : NULL;
  entry->subscription = subscription;
  drop_entry (roster, contact);
  roster->words += count_words_of (entry) + strlen (contact);
  roster->requests += count_request (entry);
  g_hash_table_insert (roster->entries, entry->contact, entry);
}

static void
on_row (GVariant *row, gpointer user_data)
{
  const char *account = NULL, *contact = NULL, *name = NULL, *groups = NULL, *request = NULL;
  g_autoptr (GVariant) content = NULL;
  gint64 subscription = 0;

  g_variant_get (row, "(&s&sm&sm&sxm&s)", &account, &contact, &name, &groups, &subscription,
                 &request);
  content = g_variant_ref_sink (g_variant_new (ROW, name, groups, subscription, request));
  put_entry (ensure_roster (user_data, account), contact, content);
}

static void
on_version (GVariant *row, gpointer user_data)
{
  const char *account = NULL;
  gint64 version = 0;

  g_variant_get (row, "(&sx)", &account, &version);
  ensure_roster (user_data, account)->version = version;
}

#define WRITE                                                                                      \
  "INSERT OR REPLACE INTO roster (account, contact, version, name, groups, subscription, request)" \
  " VALUES (?,?,?,?,?,?,?)"

/* Of the store's parameters. */
static GVariant *
make_parameters (const char *account, const Roster *roster, const IsmbRosterEntry *entry,
                 gint64 subscription)
{
  g_autofree char *groups = join_groups (entry);

  return g_variant_new ("(ssxmsmsxms)", account, entry->contact, roster->version, entry->name,
                        groups, subscription, entry->request);
}

/* By the clock, so that an account which is made again, or was never written, does not come by a
 * version that some client still remembers. */
static void
renew_version (Roster *roster)
{
  roster->version = MAX (g_get_real_time (), roster->version + 1);
}

/* `before`: as it was, which may be floating; NULL: it is new. */
static void
save (IsmbRosters *self, const char *account, GVariant *before, const IsmbRosterEntry *entry,
      gboolean gone)
{
  Roster *roster = ensure_roster (self, account);
  g_autoptr (GVariant) old = before != NULL ? g_variant_ref_sink (before) : NULL;

  renew_version (roster);
  if (ismb_accounts_is_kept (self->accounts, account))
    ismb_drafts_write (self->drafts, account, entry->contact, old, gone ? NULL : make_row (entry),
                       WRITE,
                       make_parameters (account, roster, entry, gone ? GONE : (gint64) entry->subscription));
}

/* A change could not be committed. */
static void
restore (const char *account, const char *contact, GVariant *row, gpointer owner)
{
  IsmbRosters *self = owner;
  Roster *roster = ensure_roster (self, account);
  const IsmbRosterEntry *entry = lookup (self, account, contact);
  guint was = entry != NULL ? entry->subscription : 0;

  if (row != NULL)
    put_entry (roster, contact, row);
  else
    drop_entry (roster, contact);
  renew_version (roster);
  g_signal_emit (self, restored, 0, account, contact, was);
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
    ismb_store_write (self->store, WRITE,
                      make_parameters (account, roster, entry,
                                       ((IsmbRosterEntry *) entry)->subscription),
                      NULL, NULL);
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
  self->drafts = ismb_drafts_new (store, restore, self);
  drop_strays (store);
  if (!ismb_store_read (store,
                        "SELECT account, contact, name, groups, subscription, request FROM roster",
                        "(ssmsmsxms)", on_row, self, error)
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

static GVariant *
dup_row (IsmbRosters *self, const char *account, const char *contact)
{
  GVariant *row = make_row (lookup (self, account, contact));

  return row != NULL ? g_variant_ref_sink (row) : NULL;
}

/* A request that is answered is none. */
static void
set_subscription (Roster *roster, IsmbRosterEntry *entry, IsmbSubscription subscription)
{
  entry->subscription = subscription;
  if (subscription & ISMB_SUBSCRIPTION_PENDING_IN)
    return;
  roster->requests -= count_request (entry);
  g_clear_pointer (&entry->request, g_free);
}

gboolean
ismb_rosters_put (IsmbRosters *self, const char *account, const char *contact, const char *name,
                  const char *const *groups, IsmbSubscription subscription)
{
  Roster *roster = ensure_roster (self, account);
  gsize more = count_words (name, groups);
  gsize less = count_words_of (lookup (self, account, contact));
  g_autoptr (GVariant) before = dup_row (self, account, contact);
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
  set_subscription (roster, entry, subscription);
  save (self, account, before, entry, FALSE);
  return TRUE;
}

gboolean
ismb_rosters_set_subscription (IsmbRosters *self, const char *account, const char *contact,
                               IsmbSubscription subscription)
{
  g_autoptr (GVariant) before = dup_row (self, account, contact);
  Roster *roster = ensure_roster (self, account);
  IsmbRosterEntry *entry = ensure (roster, contact);

  if (entry == NULL)
    return FALSE;
  set_subscription (roster, entry, subscription);
  save (self, account, before, entry, FALSE);
  return TRUE;
}

void
ismb_rosters_set_request (IsmbRosters *self, const char *account, const char *contact,
                          const char *stanza, gsize length)
{
  IsmbRosterEntry *entry = lookup (self, account, contact);
  g_autoptr (GVariant) before = dup_row (self, account, contact);
  Roster *roster = ensure_roster (self, account);

  if (entry == NULL || (entry->subscription & ISMB_SUBSCRIPTION_PENDING_IN) == 0 ||
      length > ISMB_ROSTERS_REQUEST_MAX ||
      roster->requests - count_request (entry) + length > REQUESTS_MAX)
    return;
  roster->requests += length - count_request (entry);
  g_free (entry->request);
  entry->request = g_strndup (stanza, length);
  save (self, account, before, entry, FALSE);
}

gboolean
ismb_rosters_remove (IsmbRosters *self, const char *account, const char *contact)
{
  Roster *roster = g_hash_table_lookup (self->rosters, account);
  IsmbRosterEntry *entry = lookup (self, account, contact);

  if (entry == NULL)
    return FALSE;
  save (self, account, make_row (entry), entry, TRUE);
  drop_entry (roster, contact);
  return TRUE;
}

void
ismb_rosters_remove_account (IsmbRosters *self, const char *account)
{
  ismb_drafts_forget (self->drafts, account);
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
