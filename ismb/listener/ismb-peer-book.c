/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.peers"

#include "config.h"
#include "ismb/listener/ismb-peer-book.h"

#include "ismb/core/ismb-log-gate.h"

#define TIDY_AGAIN 2 /* seconds; see ismb_link_keeps_something () */

static void
free_entry (gpointer data)
{
  IsmbPeerEntry *entry = data;

  g_object_unref (entry->link);
  g_free (entry);
}

void
ismb_peer_book_init (IsmbPeerBook *self, IsmbLinkContext *context, IsmbRoutes *routes,
                     IsmbPresenceService *presence,
                     void (*forgotten) (const char *domain, gpointer user_data),
                     gpointer user_data)
{
  self->context = context;
  self->routes = routes;
  self->presence = presence;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_entry);
  self->forgotten = forgotten;
  self->user_data = user_data;
}

void
ismb_peer_book_clear (IsmbPeerBook *self)
{
  g_clear_pointer (&self->entries, g_hash_table_unref);
}

IsmbPeerEntry *
ismb_peer_book_find (IsmbPeerBook *self, const char *domain)
{
  return g_hash_table_lookup (self->entries, domain);
}

IsmbPeerEntry *
ismb_peer_book_add (IsmbPeerBook *self, const char *domain)
{
  IsmbPeerEntry *entry = g_new0 (IsmbPeerEntry, 1);

  entry->link = ismb_link_new (self->context, domain);
  g_hash_table_insert (self->entries, (gpointer) ismb_link_get_domain (entry->link), entry);
  ismb_routes_set_domain (self->routes, domain, ISMB_SINK (entry->link));
  ismb_link_set_persistent (entry->link, ismb_presence_service_shares (self->presence, domain));
  return entry;
}

static void
forget (IsmbPeerBook *self, IsmbPeerEntry *entry)
{
  g_autofree char *name = g_strdup (ismb_link_get_domain (entry->link));

  ismb_strangers_remove (&self->strangers, &entry->place);
  ismb_routes_set_domain (self->routes, name, NULL);
  ismb_link_close (entry->link, NULL);
  g_hash_table_remove (self->entries, name);
  g_debug ("%s is forgotten", name);
  self->forgotten (name, self->user_data);
}

static void
report_full (IsmbPeerBook *self, const char *name, const char *outcome)
{
  const IsmbReport line = { "names", name, NULL, NULL, FALSE, "limit", outcome };

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "peers", "full", "%s: %s", name, outcome);
  ismb_link_context_report (self->context, &line);
}

gboolean
ismb_peer_book_make_room (IsmbPeerBook *self, const char *domain)
{
  IsmbLink *goes;

  if (!ismb_strangers_is_full (&self->strangers))
    return TRUE;
  goes = ismb_strangers_choose (&self->strangers);
  report_full (self, domain,
               goes != NULL ? "too many names are announced: it takes another one's place"
                            : "too many names are announced: it is ignored");
  if (goes != NULL)
    forget (self, ismb_peer_book_find (self, ismb_link_get_domain (goes)));
  return goes != NULL;
}

void
ismb_peer_book_mistrust (IsmbPeerBook *self, IsmbPeerEntry *entry)
{
  if (entry->place == NULL)
    entry->place = ismb_strangers_add (&self->strangers, entry->link);
}

void
ismb_peer_book_trust (IsmbPeerBook *self, IsmbPeerEntry *entry)
{
  ismb_strangers_remove (&self->strangers, &entry->place);
}

/* Gone but for what may be resumed with it, or waits for it. */
static gboolean
is_nearly_over (IsmbPeerBook *self, const IsmbPeerEntry *entry)
{
  return entry->withdrawn && ismb_link_get_state (entry->link) != ISMB_LINK_STATE_UP &&
         !ismb_presence_service_shares (self->presence, ismb_link_get_domain (entry->link));
}

static void tidy_in (IsmbPeerBook *self, guint seconds);

static void
forget_if_over (IsmbPeerBook *self, IsmbPeerEntry *entry)
{
  if (!is_nearly_over (self, entry))
    return;
  if (ismb_link_keeps_something (entry->link))
    tidy_in (self, TIDY_AGAIN);
  else
    forget (self, entry);
}

static gboolean
tidy (gpointer user_data)
{
  IsmbPeerBook *self = user_data;
  g_autoptr (GList) all = g_hash_table_get_values (self->entries);

  g_clear_pointer (&self->tidying, g_source_unref);
  for (GList *each = all; each != NULL; each = each->next)
    forget_if_over (self, each->data);
  return G_SOURCE_REMOVE;
}

static void
tidy_in (IsmbPeerBook *self, guint seconds)
{
  if (self->tidying != NULL)
    {
      if (seconds > 0)
        return;
      g_source_destroy (self->tidying);
      g_source_unref (self->tidying);
    }
  self->tidying = seconds > 0 ? g_timeout_source_new_seconds (seconds) : g_idle_source_new ();
  g_source_set_callback (self->tidying, tidy, self, NULL);
  g_source_attach (self->tidying, g_main_context_get_thread_default ());
}

void
ismb_peer_book_withdraw (IsmbPeerBook *self, IsmbPeerEntry *entry)
{
  entry->withdrawn = TRUE;
  forget_if_over (self, entry);
}

void
ismb_peer_book_review (IsmbPeerBook *self, const IsmbPeerEntry *entry)
{
  if (entry->withdrawn)
    tidy_in (self, 0);
}

GPtrArray *
ismb_peer_book_list_links (IsmbPeerBook *self)
{
  GPtrArray *links = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (links, g_object_ref (((IsmbPeerEntry *) value)->link));
  return links;
}

void
ismb_peer_book_close (IsmbPeerBook *self, const char *condition)
{
  GHashTableIter iter;
  gpointer domain, value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &domain, &value))
    {
      ismb_peer_book_trust (self, value);
      ismb_link_close (((IsmbPeerEntry *) value)->link, condition);
      ismb_routes_set_domain (self->routes, domain, NULL);
    }
  g_hash_table_remove_all (self->entries);
  if (self->tidying != NULL)
    g_source_destroy (self->tidying);
  g_clear_pointer (&self->tidying, g_source_unref);
}
