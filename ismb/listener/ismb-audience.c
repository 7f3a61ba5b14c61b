/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-audience.h"

#define DIRECTED_MAX 1000 /* addresses of one resource */
#define MISSED_MAX 10000  /* domains */

struct _IsmbAudience
{
  GHashTable *directed; /* resource to a set of addresses */
  GHashTable *shared; /* domain to how many contacts there share presence with available accounts */
  GHashTable *missed;   /* set of domains */
};

IsmbAudience *
ismb_audience_new (void)
{
  IsmbAudience *self = g_new0 (IsmbAudience, 1);

  self->directed = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  self->shared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->missed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
ismb_audience_free (IsmbAudience *self)
{
  g_hash_table_unref (self->directed);
  g_hash_table_unref (self->shared);
  g_hash_table_unref (self->missed);
  g_free (self);
}

gboolean
ismb_audience_add_directed (IsmbAudience *self, gconstpointer resource, const char *address)
{
  GHashTable *addresses = g_hash_table_lookup (self->directed, resource);

  if (addresses == NULL)
    {
      addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->directed, (gpointer) resource, addresses);
    }
  if (g_hash_table_contains (addresses, address))
    return TRUE;
  if (g_hash_table_size (addresses) >= DIRECTED_MAX)
    return FALSE;
  g_hash_table_add (addresses, g_strdup (address));
  return TRUE;
}

void
ismb_audience_remove_directed (IsmbAudience *self, gconstpointer resource, const char *address)
{
  GHashTable *addresses = g_hash_table_lookup (self->directed, resource);

  if (addresses != NULL)
    g_hash_table_remove (addresses, address);
}

GHashTable *
ismb_audience_take_directed (IsmbAudience *self, gconstpointer resource)
{
  gpointer addresses = NULL;

  g_hash_table_steal_extended (self->directed, resource, NULL, &addresses);
  return addresses;
}

gboolean
ismb_audience_count (IsmbAudience *self, const char *domain, int change)
{
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (self->shared, domain));
  guint after = before + change;

  if (after > 0)
    g_hash_table_replace (self->shared, g_strdup (domain), GUINT_TO_POINTER (after));
  else
    g_hash_table_remove (self->shared, domain);
  return (before > 0) != (after > 0);
}

gboolean
ismb_audience_shares (IsmbAudience *self, const char *domain)
{
  return g_hash_table_contains (self->shared, domain);
}

void
ismb_audience_note_missed (IsmbAudience *self, const char *domain)
{
  if (g_hash_table_size (self->missed) < MISSED_MAX)
    g_hash_table_add (self->missed, g_strdup (domain));
}

gboolean
ismb_audience_forget_missed (IsmbAudience *self, const char *domain)
{
  return g_hash_table_remove (self->missed, domain);
}
