/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.profiles"

#include "config.h"
#include "ismb/store/ismb-profiles.h"

#include <string.h>

#include "ismb/store/ismb-drafts.h"

#define CARDS_MAX (4 * 1024 * 1024) /* bytes of all cards: they are in memory */
#define STATUS_MAX 255

struct _IsmbProfiles
{
  GObject parent_instance;
  IsmbStore *store;
  IsmbAccounts *accounts;
  GHashTable *cards;      /* account => text */
  GHashTable *departures; /* account => IsmbDeparture */
  gsize bytes;            /* of the cards */
  IsmbDrafts *drafts;     /* of these */
};

G_DEFINE_FINAL_TYPE (IsmbProfiles, ismb_profiles, G_TYPE_OBJECT)

static void
departure_free (IsmbDeparture *departure)
{
  g_free (departure->status);
  g_free (departure);
}

static void
ismb_profiles_finalize (GObject *object)
{
  IsmbProfiles *self = ISMB_PROFILES (object);

  ismb_drafts_close (self->drafts);
  g_hash_table_unref (self->departures);
  g_hash_table_unref (self->cards);
  g_clear_object (&self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_profiles_parent_class)->finalize (object);
}

static void
ismb_profiles_class_init (IsmbProfilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_profiles_finalize;
}

static void
ismb_profiles_init (IsmbProfiles *self)
{
  self->cards = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->departures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) departure_free);
}

static gsize
card_size (IsmbProfiles *self, const char *account)
{
  const char *card = g_hash_table_lookup (self->cards, account);

  return card != NULL ? strlen (card) : 0;
}

static void
keep_card (IsmbProfiles *self, const char *account, const char *card)
{
  self->bytes -= card_size (self, account);
  self->bytes += card != NULL ? strlen (card) : 0;
  if (card != NULL)
    g_hash_table_replace (self->cards, g_strdup (account), g_strdup (card));
  else
    g_hash_table_remove (self->cards, account);
}

static void
keep_departure (IsmbProfiles *self, const char *account, gint64 time, const char *status)
{
  IsmbDeparture *departure = g_new0 (IsmbDeparture, 1);

  departure->time = time;
  departure->status = g_strdup (status);
  g_hash_table_replace (self->departures, g_strdup (account), departure);
}

static void
on_card (GVariant *row, gpointer user_data)
{
  const char *account = NULL, *card = NULL;

  g_variant_get (row, "(&s&s)", &account, &card);
  keep_card (user_data, account, card);
}

static void
on_departure (GVariant *row, gpointer user_data)
{
  const char *account = NULL, *status = NULL;
  gint64 time = 0;

  g_variant_get (row, "(&sxm&s)", &account, &time, &status);
  keep_departure (user_data, account, time, status);
}

#define WRITE_CARD "INSERT OR REPLACE INTO vcard (account, card) VALUES (?,?)"
#define DELETE_CARD "DELETE FROM vcard WHERE account = ?"

static GVariant *
card_to_row (const char *card)
{
  return card != NULL ? g_variant_new_string (card) : NULL;
}

static void
restore_card (const char *account, const char *key, GVariant *row, gpointer owner)
{
  keep_card (owner, account, row != NULL ? g_variant_get_string (row, NULL) : NULL);
}

static void
write_departure (IsmbProfiles *self, const char *account, const IsmbDeparture *departure)
{
  ismb_store_write (self->store,
                    "INSERT OR REPLACE INTO departure (account, time, status) VALUES (?,?,?)",
                    g_variant_new ("(sxms)", account, departure->time, departure->status), NULL,
                    NULL);
}

static void
on_kept (IsmbProfiles *self, const char *account)
{
  const char *card = ismb_profiles_get_card (self, account);
  const IsmbDeparture *departure = ismb_profiles_get_departure (self, account);

  if (card != NULL)
    ismb_store_write (self->store, WRITE_CARD, g_variant_new ("(ss)", account, card), NULL, NULL);
  if (departure != NULL)
    write_departure (self, account, departure);
}

static void
on_removed (IsmbProfiles *self, const char *account)
{
  ismb_drafts_forget (self->drafts, account);
  if (g_hash_table_contains (self->cards, account))
    ismb_store_write (self->store, DELETE_CARD, g_variant_new ("(s)", account), NULL, NULL);
  keep_card (self, account, NULL);
  if (g_hash_table_remove (self->departures, account))
    ismb_store_write (self->store, "DELETE FROM departure WHERE account = ?",
                      g_variant_new ("(s)", account), NULL, NULL);
}

/* Where the disk has no room, another time. */
static void
drop_strays (IsmbStore *store)
{
  ismb_store_write (store, "DELETE FROM vcard WHERE account NOT IN (SELECT name FROM account)",
                    NULL, NULL, NULL);
  ismb_store_write (store, "DELETE FROM departure WHERE account NOT IN (SELECT name FROM account)",
                    NULL, NULL, NULL);
}

IsmbProfiles *
ismb_profiles_load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  g_autoptr (IsmbProfiles) self = g_object_new (ISMB_TYPE_PROFILES, NULL);

  self->store = g_object_ref (store);
  self->accounts = g_object_ref (accounts);
  self->drafts = ismb_drafts_new (store, restore_card, self);
  drop_strays (store);
  if (!ismb_store_read (store, "SELECT account, card FROM vcard", "(ss)", on_card, self, error)
      || !ismb_store_read (store, "SELECT account, time, status FROM departure", "(sxms)",
                           on_departure, self, error))
    return NULL;
  g_signal_connect_object (accounts, "kept", G_CALLBACK (on_kept), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (accounts, "removed", G_CALLBACK (on_removed), self, G_CONNECT_SWAPPED);
  return g_steal_pointer (&self);
}

const char *
ismb_profiles_get_card (IsmbProfiles *self, const char *account)
{
  return g_hash_table_lookup (self->cards, account);
}

gboolean
ismb_profiles_set_card (IsmbProfiles *self, const char *account, const char *card)
{
  gsize size = card != NULL ? strlen (card) : 0;

  if (size > ISMB_PROFILES_CARD_MAX || !ismb_accounts_has (self->accounts, account)
      || self->bytes - card_size (self, account) + size > CARDS_MAX)
    return FALSE;
  if (ismb_accounts_is_kept (self->accounts, account))
    ismb_drafts_write (self->drafts, account, "",
                       card_to_row (ismb_profiles_get_card (self, account)), card_to_row (card),
                       card != NULL ? WRITE_CARD : DELETE_CARD,
                       card != NULL ? g_variant_new ("(ss)", account, card)
                                    : g_variant_new ("(s)", account));
  keep_card (self, account, card);
  return TRUE;
}

const IsmbDeparture *
ismb_profiles_get_departure (IsmbProfiles *self, const char *account)
{
  return g_hash_table_lookup (self->departures, account);
}

/* The whole characters among the first bytes. */
static char *
dup_start (const char *text)
{
  const char *end = text + MIN (strlen (text), STATUS_MAX);

  g_utf8_validate (text, end - text, &end);
  return g_strndup (text, end - text);
}

void
ismb_profiles_depart (IsmbProfiles *self, const char *account, gint64 time, const char *status)
{
  g_autofree char *start = status != NULL ? dup_start (status) : NULL;

  if (!ismb_accounts_has (self->accounts, account))
    return;
  keep_departure (self, account, time, start);
  if (ismb_accounts_is_kept (self->accounts, account))
    write_departure (self, account, ismb_profiles_get_departure (self, account));
}
