/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.routes"

#include "config.h"
#include "ismb/listener/ismb-routes.h"

#include <string.h>

#include "ismb/core/ismb-address.h"

struct _IsmbRoutes
{
  GObject parent_instance;

  char *domain;
  gsize domain_length;
  char *trouble;            /* or NULL */
  IsmbRoutesWatcher watcher; /* or NULL */
  gpointer watcher_data;
  GHashTable *domains;      /* name, owned, to IsmbSink */
  GHashTable *resources;    /* IsmbResource.full to IsmbResource, owned */
  GHashTable *accounts;     /* local part, owned, to GPtrArray of IsmbResource, owned */
  IsmbBlocklists *blocklists; /* or NULL */
};

G_DEFINE_FINAL_TYPE (IsmbRoutes, ismb_routes, G_TYPE_OBJECT)

static void
resource_free (gpointer data)
{
  IsmbResource *resource = data;

  g_free (resource->account);
  g_free (resource->resource);
  g_free (resource->full);
  g_clear_pointer (&resource->presence, ismb_frame_unref);
  g_free (resource);
}

static void
ismb_routes_finalize (GObject *object)
{
  IsmbRoutes *self = ISMB_ROUTES (object);

  g_clear_object (&self->blocklists);
  g_clear_pointer (&self->accounts, g_hash_table_unref);
  g_clear_pointer (&self->resources, g_hash_table_unref);
  g_clear_pointer (&self->domains, g_hash_table_unref);
  g_clear_pointer (&self->trouble, g_free);
  g_clear_pointer (&self->domain, g_free);
  G_OBJECT_CLASS (ismb_routes_parent_class)->finalize (object);
}

static void
ismb_routes_class_init (IsmbRoutesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_routes_finalize;
}

static void
ismb_routes_init (IsmbRoutes *self)
{
  self->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->resources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, resource_free);
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_ptr_array_unref);
}

IsmbRoutes *
ismb_routes_new (const char *domain)
{
  IsmbRoutes *self = g_object_new (ISMB_TYPE_ROUTES, NULL);

  self->domain = g_strdup (domain);
  self->domain_length = strlen (domain);
  return self;
}

const char *
ismb_routes_get_domain (IsmbRoutes *self)
{
  return self->domain;
}

void
ismb_routes_set_domain (IsmbRoutes *self, const char *domain, IsmbSink *sink)
{
  if (sink != NULL)
    g_hash_table_replace (self->domains, g_strdup (domain), sink);
  else
    g_hash_table_remove (self->domains, domain);
}

IsmbSink *
ismb_routes_get_domain_sink (IsmbRoutes *self, const char *domain)
{
  return g_hash_table_lookup (self->domains, domain);
}

GPtrArray *
ismb_routes_list_domains (IsmbRoutes *self)
{
  GPtrArray *domains = g_ptr_array_sized_new (g_hash_table_size (self->domains));
  GHashTableIter iter;
  gpointer domain;

  g_hash_table_iter_init (&iter, self->domains);
  while (g_hash_table_iter_next (&iter, &domain, NULL))
    g_ptr_array_add (domains, domain);
  return domains;
}

const char *
ismb_routes_get_trouble (IsmbRoutes *self)
{
  return self->trouble;
}

void
ismb_routes_set_trouble (IsmbRoutes *self, const char *trouble)
{
  g_free (self->trouble);
  self->trouble = g_strdup (trouble);
}

static GPtrArray *
ensure_account (IsmbRoutes *self, const char *account)
{
  GPtrArray *resources = g_hash_table_lookup (self->accounts, account);

  if (resources == NULL)
    {
      resources = g_ptr_array_new ();
      g_hash_table_insert (self->accounts, g_strdup (account), resources);
    }
  return resources;
}

static const IsmbBlocklist *
find_blocks (IsmbRoutes *self, const char *account)
{
  return self->blocklists != NULL ? ismb_blocklists_lookup (self->blocklists, account) : NULL;
}

IsmbResource *
ismb_routes_add_resource (IsmbRoutes *self, const char *account, const char *resource,
                          IsmbSink *sink)
{
  g_autofree char *full = g_strdup_printf ("%s@%s/%s", account, self->domain, resource);
  IsmbResource *added;

  if (g_hash_table_contains (self->resources, full))
    return NULL;
  added = g_new0 (IsmbResource, 1);
  added->account = g_strdup (account);
  added->resource = g_strdup (resource);
  added->full = g_steal_pointer (&full);
  added->sink = sink;
  added->blocks = find_blocks (self, account);
  g_hash_table_insert (self->resources, added->full, added);
  g_ptr_array_add (ensure_account (self, account), added);
  if (self->watcher != NULL)
    self->watcher (added, TRUE, self->watcher_data);
  return added;
}

void
ismb_routes_remove_resource (IsmbRoutes *self, IsmbResource *resource)
{
  GPtrArray *resources = g_hash_table_lookup (self->accounts, resource->account);

  if (self->watcher != NULL)
    self->watcher (resource, FALSE, self->watcher_data);
  g_ptr_array_remove (resources, resource);
  if (resources->len == 0)
    g_hash_table_remove (self->accounts, resource->account);
  g_hash_table_remove (self->resources, resource->full);
}

guint
ismb_routes_count_resources (IsmbRoutes *self)
{
  return g_hash_table_size (self->resources);
}

void
ismb_routes_set_watcher (IsmbRoutes *self, IsmbRoutesWatcher watcher, gpointer user_data)
{
  self->watcher = watcher;
  self->watcher_data = user_data;
}

IsmbResource *
ismb_routes_lookup (IsmbRoutes *self, const char *full)
{
  return g_hash_table_lookup (self->resources, full);
}

GPtrArray *
ismb_routes_list_resources (IsmbRoutes *self, const char *account)
{
  GPtrArray *found = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer resource;

  if (account != NULL)
    {
      GPtrArray *resources = g_hash_table_lookup (self->accounts, account);

      if (resources != NULL)
        g_ptr_array_extend (found, resources, NULL, NULL);
      return found;
    }
  g_hash_table_iter_init (&iter, self->resources);
  while (g_hash_table_iter_next (&iter, NULL, &resource))
    g_ptr_array_add (found, resource);
  return found;
}

GPtrArray *
ismb_routes_peek_resources (IsmbRoutes *self, const char *account)
{
  return g_hash_table_lookup (self->accounts, account);
}

void
ismb_routes_set_blocklists (IsmbRoutes *self, IsmbBlocklists *lists)
{
  g_set_object (&self->blocklists, lists);
}

void
ismb_routes_renew_blocks (IsmbRoutes *self, const char *account)
{
  GPtrArray *resources = ismb_routes_peek_resources (self, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    ((IsmbResource *) g_ptr_array_index (resources, i))->blocks = find_blocks (self, account);
}

gboolean
ismb_routes_is_blocked (IsmbRoutes *self, const char *own, const char *other)
{
  IsmbAddressParts parts;
  IsmbPart account;

  if (self->blocklists == NULL || ismb_blocklists_is_empty (self->blocklists) || own == NULL ||
      other == NULL)
    return FALSE;
  ismb_address_split (own, &parts);
  if (parts.local == 0 || parts.domain != self->domain_length ||
      memcmp (own + ismb_address_domain_offset (&parts), self->domain, parts.domain) != 0)
    return FALSE;
  return ismb_blocklist_matches (
      find_blocks (self, ismb_routes_copy_part (account, own, parts.local)), other);
}

const char *
ismb_routes_copy_part (IsmbPart out, const char *start, gsize length)
{
  length = MIN (length, ISMB_PART_SIZE - 1);
  memcpy (out, start, length);
  out[length] = '\0';
  return out;
}

static IsmbSink *
find_sink (IsmbRoutes *self, const char *to)
{
  IsmbAddressParts parts;
  const char *domain;
  IsmbResource *resource;
  IsmbPart copy;

  ismb_address_split (to, &parts);
  domain = to + ismb_address_domain_offset (&parts);
  if (parts.domain == self->domain_length && memcmp (domain, self->domain, parts.domain) == 0)
    {
      resource = ismb_routes_lookup (self, to);
      return resource != NULL ? resource->sink : NULL;
    }
  if (parts.resource > 0)
    domain = ismb_routes_copy_part (copy, domain, parts.domain);
  return ismb_routes_get_domain_sink (self, domain);
}

gboolean
ismb_routes_deliver (IsmbRoutes *self, IsmbFrame *frame)
{
  IsmbSink *sink = frame->to != NULL ? find_sink (self, frame->to) : NULL;

  if (sink == NULL)
    return FALSE;
  ismb_sink_deliver (sink, frame);
  return TRUE;
}
