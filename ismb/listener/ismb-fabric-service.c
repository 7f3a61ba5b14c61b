/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.fabric"

#include "config.h"
#include "ismb/listener/ismb-fabric-service.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-bulletin.h"
#include "ismb/listener/ismb-inquiries.h"
#include "ismb/listener/ismb-renewal-desk.h"
#include "ismb/listener/ismb-renewal.h"

#define PAGE 250 /* statements in a stanza of ours */
#define PAGES_MAX (ISMB_REVOCATIONS_MAX / PAGE + 1) /* that we ask for at a stretch */
#define PAUSE 10000     /* ms until the same one is asked again */

struct _IsmbFabricService
{
  GObject parent_instance;

  IsmbPoller *poller;
  IsmbFabric *fabric;
  IsmbPeers *peers;
  IsmbRoutes *routes;
  const char *domain; /* the routes' */
  IsmbInquiries *inquiries;
  GHashTable *asked;  /* domain, owned: who was asked for revocations since the last pause */
  GHashTable *again;  /* domain, owned: whose link came up once more since */
  IsmbWatch pause;    /* no descriptor: the end of the pause */
  IsmbRenewalDesk *desk;
  GPtrArray *news;    /* device ids that are out, to be passed on at the end of the turn */
  char *teacher;      /* the domain that is being learned from, or that all of the news are of */
  gboolean learning;
  IsmbWatch telling;  /* no descriptor: the end of the turn */
};

G_DEFINE_FINAL_TYPE (IsmbFabricService, ismb_fabric_service, G_TYPE_OBJECT)

static void
ismb_fabric_service_dispose (GObject *object)
{
  IsmbFabricService *self = ISMB_FABRIC_SERVICE (object);

  if (self->poller == NULL)
    return;
  ismb_peers_set_service (self->peers, NULL, NULL);
  ismb_inquiries_close (self->inquiries);
  ismb_poller_remove (self->poller, &self->pause);
  ismb_poller_remove (self->poller, &self->telling);
  g_clear_object (&self->poller);
  G_OBJECT_CLASS (ismb_fabric_service_parent_class)->dispose (object);
}

static void
ismb_fabric_service_finalize (GObject *object)
{
  IsmbFabricService *self = ISMB_FABRIC_SERVICE (object);

  ismb_inquiries_free (self->inquiries);
  ismb_renewal_desk_free (self->desk);
  g_object_unref (self->peers);
  g_object_unref (self->routes);
  g_object_unref (self->fabric);
  g_hash_table_unref (self->asked);
  g_hash_table_unref (self->again);
  g_ptr_array_unref (self->news);
  g_free (self->teacher);
  G_OBJECT_CLASS (ismb_fabric_service_parent_class)->finalize (object);
}

static void
ismb_fabric_service_class_init (IsmbFabricServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_fabric_service_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_fabric_service_finalize;
}

static void on_pause_over (IsmbWatch *watch);
static void on_end_of_turn (IsmbWatch *watch);

static void
ismb_fabric_service_init (IsmbFabricService *self)
{
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->again = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->news = g_ptr_array_new_with_free_func (g_free);
  self->pause = (IsmbWatch) { .deadline = on_pause_over };
  self->telling = (IsmbWatch) { .flush = on_end_of_turn };
}

/* Stanzas */

static void
send_error (IsmbFabricService *self, const IsmbFrame *request, const char *condition,
            const char *text)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (request, condition, text);

  if (error != NULL)
    ismb_routes_deliver (self->routes, error);
}

/* The same stanza goes to each of them. */
static void
tell (IsmbFabricService *self, IsmbTree *tree, GPtrArray *domains, const char *but)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_from_tree (tree);

  for (guint i = 0; i < domains->len; i++)
    {
      const char *to = g_ptr_array_index (domains, i);
      g_autoptr (IsmbFrame) copy = ismb_frame_readdress (frame, self->domain, to);

      if (g_strcmp0 (to, but) != 0)
        ismb_routes_deliver (self->routes, copy);
    }
}

/* Passing on who is out */

static GPtrArray *
find_statements (IsmbFabricService *self, guint first)
{
  IsmbRevocations *all = ismb_fabric_get_revocations (self->fabric);
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = first; i < self->news->len && i < first + PAGE; i++)
    {
      const IsmbRevocation *each = ismb_revocations_get (all, g_ptr_array_index (self->news, i));

      if (each != NULL)
        g_ptr_array_add (found, (gpointer) each);
    }
  return found;
}

/* Whoever says it first sees to it that all hear it, those too to whom no stream is open. */
static void
on_end_of_turn (IsmbWatch *watch)
{
  IsmbFabricService *self = (IsmbFabricService *) ((char *) watch -
                                                   G_STRUCT_OFFSET (IsmbFabricService, telling));
  gboolean registrar = ismb_fabric_get_authority (self->fabric) != NULL;
  g_autoptr (GPtrArray) domains = ismb_peers_list_members (self->peers, registrar);

  for (guint first = 0; first < self->news->len; first += PAGE)
    {
      g_autoptr (IsmbTree) tree
          = ismb_inquiries_make (self->inquiries, self->domain, "set", NULL);
      g_autoptr (GPtrArray) statements = find_statements (self, first);
      IsmbNode *node
          = ismb_tree_add (tree, ismb_tree_root (tree), "revocations", ISMB_NS_FABRIC);

      ismb_bulletin_write (statements, tree, node);
      if (statements->len > 0)
        tell (self, tree, domains, self->teacher);
    }
  g_ptr_array_set_size (self->news, 0);
  g_clear_pointer (&self->teacher, g_free);
}

/* Said here, or learned, by us or by the listener of another virtual router. */
static void
on_revoked (IsmbFabricService *self, const char *device_id)
{
  if (self->poller == NULL)
    return;
  if (!self->learning)
    g_clear_pointer (&self->teacher, g_free);
  g_ptr_array_add (self->news, g_strdup (device_id));
  ismb_poller_flush_later (self->poller, &self->telling);
}

/* Whoever is out hears it while there is a stream: its own status says so from then on. */
static void
on_farewell (const char *domain, const char *device_id, gpointer user_data)
{
  IsmbFabricService *self = user_data;
  IsmbRevocations *all = ismb_fabric_get_revocations (self->fabric);
  g_autoptr (IsmbTree) tree = ismb_inquiries_make (self->inquiries, domain, "set", NULL);
  IsmbNode *node = ismb_tree_add (tree, ismb_tree_root (tree), "revocations", ISMB_NS_FABRIC);
  g_autoptr (GPtrArray) statements = g_ptr_array_new ();

  g_ptr_array_add (statements, (gpointer) ismb_revocations_get (all, device_id));
  if (statements->pdata[0] == NULL)
    return;
  ismb_bulletin_write (statements, tree, node);
  ismb_inquiries_send (self->inquiries, tree);
}

/* Who taught us all of the news need not be told. */
static void
note_teacher (IsmbFabricService *self, const char *domain)
{
  if (self->news->len > 0 && g_strcmp0 (self->teacher, domain) == 0)
    return;
  g_free (self->teacher);
  self->teacher = self->news->len == 0 ? g_strdup (domain) : NULL;
}

static void
learn (IsmbFabricService *self, const char *domain, GPtrArray *statements)
{
  g_autoptr (GPtrArray) new = NULL;

  note_teacher (self, domain);
  self->learning = TRUE;
  new = ismb_fabric_learn_revocations (self->fabric, statements);
  self->learning = FALSE;
  if (new != NULL && new->len > 0)
    g_message ("%s says that %u devices are out that we did not know of", domain, new->len);
}

/* Asking who is out */

typedef struct
{
  IsmbFabricService *service; /* outlives its inquiries */
  char *after;
  guint pages;
} Reading;

static void
reading_free (Reading *reading)
{
  g_free (reading->after);
  g_free (reading);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static void on_page (const char *domain, IsmbFrame *answer, gpointer user_data);

/* Takes `reading`. */
static void
ask_for_page (IsmbFabricService *self, const char *domain, Reading *reading)
{
  g_autofree char *digest
      = ismb_revocations_dup_digest (ismb_fabric_get_revocations (self->fabric));
  g_autoptr (IsmbTree) tree
      = ismb_inquiries_begin (self->inquiries, domain, "get", on_page, reading);
  IsmbNode *node;

  if (tree == NULL)
    {
      reading_free (reading);
      return;
    }
  node = ismb_tree_add (tree, ismb_tree_root (tree), "revocations", ISMB_NS_FABRIC);
  ismb_tree_set (tree, node, "digest", digest);
  ismb_tree_set (tree, node, "after", reading->after);
  ismb_inquiries_send (self->inquiries, tree);
}

/* More of them are wanted if they come in order: what goes in circles has no end. */
static gboolean
goes_on (const IsmbNode *page, GPtrArray *statements, Reading *reading)
{
  const IsmbRevocation *last;

  if (g_strcmp0 (ismb_node_get (page, "more"), "true") != 0 || statements->len == 0 ||
      ++reading->pages >= PAGES_MAX)
    return FALSE;
  last = g_ptr_array_index (statements, statements->len - 1);
  if (g_strcmp0 (last->device_id, reading->after) <= 0)
    return FALSE;
  g_free (reading->after);
  reading->after = g_strdup (last->device_id);
  return TRUE;
}

static void
on_page (const char *domain, IsmbFrame *answer, gpointer user_data)
{
  g_autoptr (Reading) reading = user_data;
  IsmbFabricService *self = reading->service;
  g_autoptr (IsmbTree) tree = answer != NULL ? ismb_frame_to_tree (answer) : NULL;
  const IsmbNode *page
      = tree != NULL ? ismb_node_find (ismb_tree_root (tree), "revocations", ISMB_NS_FABRIC) : NULL;
  g_autoptr (GPtrArray) statements = page != NULL ? ismb_bulletin_read (page) : NULL;

  if (statements == NULL)
    {
      g_debug ("%s does not say who is out", domain);
      g_hash_table_remove (self->asked, domain);
      return;
    }
  learn (self, domain, statements);
  if (goes_on (page, statements, reading))
    ask_for_page (self, domain, g_steal_pointer (&reading));
}

static void
ask (IsmbFabricService *self, const char *domain)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->service = self;
  if (g_hash_table_size (self->asked) == 0)
    ismb_poller_set_deadline (self->poller, &self->pause, PAUSE);
  g_hash_table_add (self->asked, g_strdup (domain));
  ask_for_page (self, domain, reading);
}

/* A link that comes and goes is asked once in a while, but after it came last. */
static void
on_up (const char *domain, gpointer user_data)
{
  IsmbFabricService *self = user_data;

  if (ismb_fabric_get_mode (self->fabric) != ISMB_FABRIC_CLOSED)
    return;
  if (g_hash_table_contains (self->asked, domain))
    g_hash_table_add (self->again, g_strdup (domain));
  else
    ask (self, domain);
}

static void
on_pause_over (IsmbWatch *watch)
{
  IsmbFabricService *self
      = (IsmbFabricService *) ((char *) watch - G_STRUCT_OFFSET (IsmbFabricService, pause));
  g_autoptr (GHashTable) again = g_steal_pointer (&self->again);
  g_autoptr (GPtrArray) up = ismb_peers_list_members (self->peers, FALSE);

  self->again = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_remove_all (self->asked);
  for (guint i = 0; i < up->len; i++)
    if (g_hash_table_contains (again, g_ptr_array_index (up, i)))
      ask (self, g_ptr_array_index (up, i));
}

/* Answers. What they add goes into `reply`; else the condition of an error, perhaps with a text. */

typedef const char *(*Answer) (IsmbFabricService *self, const char *domain, const IsmbNode *payload,
                               IsmbTree *reply, char **text);

static const char *
answer_who_is_out (IsmbFabricService *self, const char *domain, const IsmbNode *payload,
                   IsmbTree *reply, char **text)
{
  IsmbRevocations *all = ismb_fabric_get_revocations (self->fabric);
  g_autofree char *digest = ismb_revocations_dup_digest (all);
  IsmbNode *node = ismb_tree_add (reply, ismb_tree_root (reply), "revocations", ISMB_NS_FABRIC);
  g_autoptr (GPtrArray) page = NULL;

  ismb_tree_set (reply, node, "digest", digest);
  if (g_strcmp0 (ismb_node_get (payload, "digest"), digest) == 0)
    return NULL;
  page = ismb_revocations_list (all, ismb_node_get (payload, "after"), PAGE + 1);
  if (page->len > PAGE)
    {
      g_ptr_array_set_size (page, PAGE);
      ismb_tree_set (reply, node, "more", "true");
    }
  ismb_bulletin_write (page, reply, node);
  return NULL;
}

static const char *
answer_news (IsmbFabricService *self, const char *domain, const IsmbNode *payload, IsmbTree *reply,
             char **text)
{
  g_autoptr (GPtrArray) statements = ismb_bulletin_read (payload);

  if (statements == NULL)
    return "bad-request";
  learn (self, domain, statements);
  return NULL;
}

static const char *
answer_certificate (IsmbFabricService *self, const char *domain, const IsmbNode *payload,
                    IsmbTree *reply, char **text)
{
  return ismb_renewal_desk_believe (self->desk, domain, payload);
}

static const char *
answer_renew (IsmbFabricService *self, const char *domain, const IsmbNode *payload, IsmbTree *reply,
              char **text)
{
  return ismb_renewal_desk_serve (self->desk, domain, payload, reply, text);
}

static const struct
{
  const char *name, *type;
  Answer answer;
} answers[] = {
  { "revocations", "get", answer_who_is_out },
  { "revocations", "set", answer_news },
  { "certificate", "set", answer_certificate },
  { "renew", "set", answer_renew },
};

static Answer
find_answer (const IsmbFrame *iq)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    if (g_strcmp0 (iq->payload_name, answers[i].name) == 0 &&
        g_strcmp0 (iq->type, answers[i].type) == 0)
      return answers[i].answer;
  return NULL;
}

static void
reply_to (IsmbFabricService *self, const char *domain, IsmbFrame *iq, Answer answer)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (iq);
  g_autoptr (IsmbTree) reply = ismb_inquiries_make (self->inquiries, domain, "result", iq->id);
  const IsmbNode *payload
      = ismb_node_find (ismb_tree_root (tree), iq->payload_name, ISMB_NS_FABRIC);
  g_autofree char *text = NULL;
  const char *condition = answer (self, domain, payload, reply, &text);

  if (condition != NULL)
    send_error (self, iq, condition, text);
  else
    ismb_inquiries_send (self->inquiries, reply);
}

static gboolean
on_frame (const char *domain, IsmbFrame *iq, gpointer user_data)
{
  IsmbFabricService *self = user_data;
  Answer answer = find_answer (iq);

  if (g_strcmp0 (iq->type, "result") == 0 || g_strcmp0 (iq->type, "error") == 0)
    return ismb_inquiries_take (self->inquiries, domain, iq);
  if (g_strcmp0 (iq->payload_ns, ISMB_NS_FABRIC) != 0 || answer == NULL || iq->id == NULL ||
      ismb_fabric_get_mode (self->fabric) != ISMB_FABRIC_CLOSED ||
      ismb_peers_get_proof (self->peers, domain) == NULL)
    return FALSE;
  reply_to (self, domain, iq, answer);
  return TRUE;
}

static gboolean
on_undeliverable (IsmbFrame *iq, gpointer user_data)
{
  IsmbFabricService *self = user_data;

  return ismb_inquiries_fail (self->inquiries, iq->id);
}

/* Our own certificate */

static void
on_changed (IsmbFabricService *self)
{
  g_autoptr (IsmbTree) tree = NULL;
  g_autoptr (GPtrArray) up = NULL;
  g_autofree char *chain = NULL;

  if (self->poller == NULL || ismb_fabric_get_mode (self->fabric) != ISMB_FABRIC_CLOSED ||
      !ismb_fabric_is_member (self->fabric))
    return;
  tree = ismb_inquiries_make (self->inquiries, self->domain, "set", NULL);
  up = ismb_peers_list_members (self->peers, FALSE);
  chain = ismb_fabric_dup_chain_pem (self->fabric);
  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "certificate", ISMB_NS_FABRIC, chain);
  tell (self, tree, up, NULL);
}

static const IsmbPeersService service = {
  .frame = on_frame,
  .undeliverable = on_undeliverable,
  .up = on_up,
  .farewell = on_farewell,
};

IsmbFabricService *
ismb_fabric_service_new (IsmbPoller *poller, IsmbFabric *fabric, IsmbPeers *peers,
                         IsmbRoutes *routes, const char *vr)
{
  IsmbFabricService *self = g_object_new (ISMB_TYPE_FABRIC_SERVICE, NULL);

  self->poller = g_object_ref (poller);
  self->fabric = g_object_ref (fabric);
  self->peers = g_object_ref (peers);
  self->routes = g_object_ref (routes);
  self->domain = ismb_routes_get_domain (routes);
  self->desk = ismb_renewal_desk_new (fabric, peers, vr);
  self->inquiries = ismb_inquiries_new (poller, routes);
  ismb_peers_set_service (peers, &service, self);
  g_signal_connect_object (fabric, "revoked", G_CALLBACK (on_revoked), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (fabric, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}

void
ismb_fabric_service_renew_async (IsmbFabricService *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, ismb_fabric_service_renew_async);
  ismb_renewal_start (g_steal_pointer (&task), self->fabric, self->peers, self->inquiries);
}

gboolean
ismb_fabric_service_renew_finish (IsmbFabricService *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
