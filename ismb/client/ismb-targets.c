/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.targets"

#include "config.h"
#include "ismb/client/ismb-targets.h"

#define TARGETS_MAX 16 /* whoever rules the zone shall not keep us busy for ever */

/* The task's data. */
typedef struct
{
  char *domain;
  IsmbTargetsKind kind;
  guint pending;
  GList *found;       /* of GSrvTarget */
  GHashTable *direct; /* which of these are; borrowed */
} Search;

static void
search_free (Search *search)
{
  g_free (search->domain);
  g_resolver_free_targets (search->found);
  g_hash_table_unref (search->direct);
  g_free (search);
}

IsmbTarget *
ismb_target_new (const char *host, guint16 port, gboolean direct)
{
  IsmbTarget *self = g_new (IsmbTarget, 1);

  self->host = g_strdup (host);
  self->port = port;
  self->direct = direct;
  return self;
}

void
ismb_target_free (IsmbTarget *self)
{
  g_free (self->host);
  g_free (self);
}

/* GLib sorts by priority, and by weight with chance, as RFC 2782 has it. */
static GPtrArray *
list_found (Search *search)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_target_free);

  search->found = g_srv_target_list_sort (search->found);
  for (GList *item = search->found; item != NULL && targets->len < TARGETS_MAX; item = item->next)
    g_ptr_array_add (targets, ismb_target_new (g_srv_target_get_hostname (item->data),
                                               g_srv_target_get_port (item->data),
                                               g_hash_table_contains (search->direct, item->data)));
  if (targets->len == 0 && search->kind == ISMB_TARGETS_DIRECT)
    g_ptr_array_add (targets, ismb_target_new (search->domain, ISMB_TARGET_DIRECT_PORT, TRUE));
  else if (targets->len == 0)
    g_ptr_array_add (targets, ismb_target_new (search->domain, ISMB_TARGET_PORT, FALSE));
  return targets;
}

static void
take_records (GTask *task, GObject *resolver, GAsyncResult *result, gboolean direct)
{
  Search *search = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GList *records = g_resolver_lookup_service_finish (G_RESOLVER (resolver), result, &error);

  if (error != NULL)
    g_debug ("%s: %s", search->domain, error->message);
  for (GList *item = records; direct && item != NULL; item = item->next)
    g_hash_table_add (search->direct, item->data);
  search->found = g_list_concat (search->found, records);
  if (--search->pending == 0 && !g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, list_found (search), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_starttls_records (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);

  take_records (task, source, result, FALSE);
}

static void
on_direct_records (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);

  take_records (task, source, result, TRUE);
}

void
ismb_targets_look_up_async (const char *domain, IsmbTargetsKind kind, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  Search *search = g_new0 (Search, 1);

  g_task_set_source_tag (task, ismb_targets_look_up_async);
  g_task_set_task_data (task, search, (GDestroyNotify) search_free);
  search->domain = g_strdup (domain);
  search->kind = kind;
  search->direct = g_hash_table_new (NULL, NULL);
  search->pending = kind == ISMB_TARGETS_ANY ? 2 : 1;
  if (kind != ISMB_TARGETS_DIRECT)
    g_resolver_lookup_service_async (resolver, "xmpp-client", "tcp", domain, cancellable,
                                     on_starttls_records, g_object_ref (task));
  if (kind != ISMB_TARGETS_STARTTLS)
    g_resolver_lookup_service_async (resolver, "xmpps-client", "tcp", domain, cancellable,
                                     on_direct_records, g_object_ref (task));
}

GPtrArray *
ismb_targets_look_up_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
