/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-sightings.h"

#include <string.h>

#include "ismb/listener/ismb-parts.h"

#define SIGHTINGS_MAX 10000 /* of one domain */

struct _IsmbSightings
{
  GHashTable *domains; /* domain to a set of "account full": a local part has no space (nodeprep) */
};

IsmbSightings *
ismb_sightings_new (void)
{
  IsmbSightings *self = g_new0 (IsmbSightings, 1);

  self->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) g_hash_table_unref);
  return self;
}

void
ismb_sightings_free (IsmbSightings *self)
{
  g_hash_table_unref (self->domains);
  g_free (self);
}

static char *
make_sighting (const char *full, const char *account)
{
  return g_strconcat (account, " ", full, NULL);
}

void
ismb_sightings_add (IsmbSightings *self, const char *full, const char *account)
{
  g_autofree char *domain = ismb_parts_dup_domain (full);
  GHashTable *sightings = g_hash_table_lookup (self->domains, domain);

  if (sightings == NULL)
    {
      sightings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->domains, g_steal_pointer (&domain), sightings);
    }
  if (g_hash_table_size (sightings) < SIGHTINGS_MAX)
    g_hash_table_add (sightings, make_sighting (full, account));
}

void
ismb_sightings_remove (IsmbSightings *self, const char *full, const char *account)
{
  g_autofree char *domain = ismb_parts_dup_domain (full);
  g_autofree char *sighting = make_sighting (full, account);
  GHashTable *sightings = g_hash_table_lookup (self->domains, domain);

  if (sightings == NULL)
    return;
  g_hash_table_remove (sightings, sighting);
  if (g_hash_table_size (sightings) == 0)
    g_hash_table_remove (self->domains, domain);
}

void
ismb_sightings_forget (IsmbSightings *self, const char *domain,
                       void (*func) (const char *full, const char *account, gpointer data),
                       gpointer data)
{
  g_autoptr (GHashTable) sightings = NULL;
  g_autofree char *key = NULL;
  GHashTableIter iter;
  gpointer sighting;

  if (!g_hash_table_steal_extended (self->domains, domain, (gpointer *) &key,
                                    (gpointer *) &sightings))
    return;
  g_hash_table_iter_init (&iter, sightings);
  while (g_hash_table_iter_next (&iter, &sighting, NULL))
    {
      char *space = strchr (sighting, ' ');

      *space = '\0';
      func (space + 1, sighting, data);
    }
}
