/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.joining"

#include "config.h"
#include "ismb/listener/ismb-joining.h"

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-applicant.h"
#include "ismb/listener/ismb-link.h"
#include "ismb/trust/ismb-key-file.h"

#define PATIENCE 15000 /* ms for all of it */
#define REGARDS 3000   /* ms, once a registrar has spoken, for another one to say better */
#define AT_ONCE 4
#define HOPS_MAX 4
#define WAYS_MAX 100000 /* ten thousand peers can be known, with eight addresses each */

typedef struct
{
  IsmbPeers *peers;
  IsmbApplicantPapers papers;
  GTask *task;
  GQueue ways;          /* of IsmbApplicantWay, to be tried */
  GPtrArray *tried;     /* the same, owned: under way, and over */
  GHashTable *seen;     /* "domain address port" */
  GHashTable *answered; /* domains */
  GList *applicants;
  IsmbWatch watch; /* no descriptor: the next attempts, and the deadline */
  gulong closing;  /* of peers */
  GSource *cancelling, *ending;
  IsmbJoinAnswer *answer; /* the best up to now, or NULL */
  GError *error;          /* of the last attempt that came to nothing, or ours */
  gboolean met;           /* a member of the fabric */
  gboolean stopped;       /* from here: `error` is what there is to say */
} IsmbJoining;

static void
way_free (gpointer data)
{
  IsmbApplicantWay *way = data;

  g_free (way->domain);
  g_free (way->address);
  g_free (way);
}

static void
papers_clear (IsmbApplicantPapers *papers)
{
  g_clear_pointer (&papers->tls, ismb_tls_context_unref);
  g_clear_pointer (&papers->token, ismb_token_free);
  g_free (papers->ca_hash);
  g_free (papers->request_pem);
}

static void
destroy_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Nothing happens any more. */
static void
halt (IsmbJoining *self)
{
  ismb_poller_remove (self->papers.context->poller, &self->watch);
  g_clear_signal_handler (&self->closing, self->peers);
  destroy_source (&self->cancelling);
  g_list_free_full (g_steal_pointer (&self->applicants), (GDestroyNotify) ismb_applicant_free);
}

static void
joining_free (IsmbJoining *self)
{
  halt (self);
  destroy_source (&self->ending);
  g_queue_clear_full (&self->ways, way_free);
  g_ptr_array_unref (self->tried);
  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->answered);
  g_clear_pointer (&self->answer, ismb_join_answer_free);
  g_clear_error (&self->error);
  papers_clear (&self->papers);
  g_object_unref (self->peers);
  g_object_unref (self->task);
  g_free (self);
}

/* What comes of it */

/* In the same turn, before anybody can come in who is out: whoever joins knows of nobody yet. */
static void
learn_who_is_out (IsmbJoining *self)
{
  g_autoptr (GPtrArray) learned = NULL;

  if (self->answer->revocations != NULL)
    learned = ismb_fabric_learn_revocations (self->papers.context->fabric,
                                             self->answer->revocations);
}

static void
install (IsmbJoining *self)
{
  GError *error = NULL;

  g_task_set_check_cancellable (self->task, FALSE); /* a member is one, whoever has lost interest */
  if (ismb_fabric_install (self->papers.context->fabric, self->answer->bundle, self->papers.ca_hash,
                           &error))
    {
      learn_who_is_out (self);
      g_task_return_boolean (self->task, TRUE);
    }
  else
    g_task_return_error (self->task, error);
}

static GError *
explain_failure (IsmbJoining *self)
{
  const char *last = self->error != NULL ? self->error->message : NULL;

  if (self->met)
    return g_error_new (
        ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
        "members of the fabric are here, but no registrar of it can be reached; see "
        "that one runs%s%s",
        last != NULL ? ". The last attempt: " : "", last != NULL ? last : "");
  if (last != NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                        "nobody of that fabric can be reached from here; the last attempt: %s",
                        last);
  return g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                              self->tried->len > 0
                                  ? "none of the switches that are known here answers"
                                  : "no other switch is known here yet, so there is nobody to ask");
}

static void
conclude (IsmbJoining *self)
{
  if (self->stopped)
    g_task_return_error (self->task, g_steal_pointer (&self->error));
  else if (self->answer == NULL)
    g_task_return_error (self->task, explain_failure (self));
  else if (self->answer->verdict == ISMB_JOIN_JOINED)
    install (self);
  else if (self->answer->verdict == ISMB_JOIN_WAITS)
    g_task_return_boolean (self->task, FALSE);
  else
    g_task_return_error (self->task, ismb_join_answer_to_error (self->answer));
}

static gboolean
on_end (gpointer user_data)
{
  IsmbJoining *self = user_data;

  conclude (self);
  joining_free (self);
  return G_SOURCE_REMOVE;
}

/* From a source of its own: whoever is told may do what he likes, which inside the poller's turn he
 * may not. */
static void
end (IsmbJoining *self)
{
  halt (self);
  if (self->ending != NULL)
    return;
  self->ending = g_idle_source_new ();
  g_source_set_priority (self->ending, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->ending, on_end, self, NULL);
  g_source_attach (self->ending, g_task_get_context (self->task));
}

/* Takes `error`. */
static void
stop (IsmbJoining *self, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->stopped = TRUE;
  end (self);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  stop (user_data, error);
  return G_SOURCE_REMOVE;
}

static void
on_closing (IsmbPeers *peers, gpointer user_data)
{
  stop (user_data,
        g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the listener was stopped"));
}

/* Ways */

/* TRUE: for the first time. */
static gboolean
note_way (IsmbJoining *self, const char *domain, const char *address, guint16 port)
{
  if (g_str_equal (domain, self->papers.context->domain) ||
      g_hash_table_size (self->seen) >= WAYS_MAX)
    return FALSE;
  return g_hash_table_add (self->seen, g_strdup_printf ("%s %s %u", domain, address, port));
}

static IsmbApplicantWay *
way_new (const char *domain, const char *address, guint16 port, guint hops)
{
  IsmbApplicantWay *way = g_new0 (IsmbApplicantWay, 1);

  *way = (IsmbApplicantWay){ g_strdup (domain), g_strdup (address), port, hops };
  return way;
}

/* Behind those that wait. */
static void
add_known (IsmbJoining *self, IsmbLink *link)
{
  const IsmbCandidate *candidate = ismb_link_get_candidate (link);
  const char *const *addresses = ismb_candidate_get_addresses (candidate);
  const char *domain = ismb_link_get_domain (link);

  for (guint i = 0; addresses[i] != NULL; i++)
    if (note_way (self, domain, addresses[i], candidate->ports[i]))
      g_queue_push_tail (&self->ways, way_new (domain, addresses[i], candidate->ports[i], 0));
}

/* Before those that wait, as there is a registrar. */
static void
add_referred (IsmbJoining *self, IsmbPeer *registrar, guint hops)
{
  const char *const *addresses = ismb_peer_get_addresses (registrar);
  const char *domain = ismb_peer_get_domain (registrar);
  guint16 port = ismb_peer_get_port (registrar);

  for (guint i = g_strv_length ((char **) addresses); i-- > 0;)
    if (note_way (self, domain, addresses[i], port))
      g_queue_push_head (&self->ways, way_new (domain, addresses[i], port, hops));
}

static void
follow (IsmbJoining *self, const IsmbJoinAnswer *answer, guint hops)
{
  if (hops >= HOPS_MAX)
    return;
  for (GList *each = g_list_last (answer->registrars); each != NULL; each = each->prev)
    add_referred (self, each->data, hops + 1);
}

/* Answers */

/* A word that another registrar may not say takes the place of none, but an approval is hoped for.
 */
static void
remember (IsmbJoining *self, IsmbJoinAnswer *answer)
{
  gboolean first = self->answer == NULL;

  if (first)
    ismb_poller_set_deadline (self->papers.context->poller, &self->watch, REGARDS);
  if (!first && answer->verdict == ISMB_JOIN_REFUSED && !ismb_join_answer_is_final (answer))
    {
      ismb_join_answer_free (answer);
      return;
    }
  g_clear_pointer (&self->answer, ismb_join_answer_free);
  self->answer = answer;
}

static void
take_answer (IsmbJoining *self, const IsmbApplicantWay *way, IsmbJoinAnswer *answer)
{
  g_hash_table_add (self->answered, g_strdup (way->domain));
  if (answer->verdict != ISMB_JOIN_REFERRED)
    {
      remember (self, answer);
      return;
    }
  follow (self, answer, way->hops);
  ismb_join_answer_free (answer);
}

/* Somebody else who answers in a name does not get to be asked first again. */
static void
note_vain (IsmbJoining *self, const IsmbApplicantWay *way, const GError *error)
{
  IsmbLink *link = ismb_peers_find_link (self->peers, way->domain);

  if (link != NULL)
    ismb_candidate_note_vain (ismb_link_get_candidate (link), way->address, way->port,
                              g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED));
}

static void
take_error (IsmbJoining *self, const IsmbApplicantWay *way, const GError *error)
{
  g_debug ("%s", error->message);
  note_vain (self, way, error);
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
}

static void
on_done (IsmbApplicant *applicant, IsmbJoinAnswer *answer, const GError *error, gpointer owner)
{
  IsmbJoining *self = owner;
  const IsmbApplicantWay *way = ismb_applicant_get_way (applicant);

  if (answer != NULL)
    take_answer (self, way, answer);
  else
    take_error (self, way, error);
  self->applicants = g_list_remove (self->applicants, applicant);
  ismb_applicant_free (applicant);
  if (self->answer != NULL && ismb_join_answer_is_final (self->answer))
    end (self);
  else
    ismb_poller_flush_later (self->papers.context->poller, &self->watch);
}

/* One device does not ask one registrar twice at once: the other attempts wait, for the case that
 * this one comes to nothing. */
static void
on_met (IsmbApplicant *applicant, gpointer owner)
{
  IsmbJoining *self = owner;
  const char *domain = ismb_applicant_get_way (applicant)->domain;
  GList *next = NULL;

  self->met = TRUE;
  for (GList *each = self->applicants; each != NULL; each = next)
    {
      const IsmbApplicantWay *way = ismb_applicant_get_way (each->data);

      next = each->next;
      if (each->data == applicant || !g_str_equal (way->domain, domain))
        continue;
      g_queue_push_tail (&self->ways, way_new (way->domain, way->address, way->port, way->hops));
      ismb_applicant_free (each->data);
      self->applicants = g_list_delete_link (self->applicants, each);
    }
}

static const IsmbApplicantCallbacks applicant_callbacks = { on_met, on_done };

/* Attempts */

static void
try_way (IsmbJoining *self, IsmbApplicantWay *way)
{
  g_autoptr (GError) error = NULL;
  IsmbApplicant *applicant = NULL;

  g_ptr_array_add (self->tried, way);
  if (g_hash_table_contains (self->answered, way->domain))
    return;
  applicant = ismb_applicant_new (&self->papers, way, &applicant_callbacks, self, &error);
  if (applicant != NULL)
    self->applicants = g_list_prepend (self->applicants, applicant);
  else
    take_error (self, way, error);
}

static gboolean
is_being_asked (IsmbJoining *self, const char *domain)
{
  for (GList *each = self->applicants; each != NULL; each = each->next)
    if (ismb_applicant_has_met (each->data) &&
        g_str_equal (ismb_applicant_get_way (each->data)->domain, domain))
      return TRUE;
  return FALSE;
}

/* The first that need not wait for another one, or NULL. */
static IsmbApplicantWay *
take_way (IsmbJoining *self)
{
  for (GList *each = self->ways.head; each != NULL; each = each->next)
    {
      IsmbApplicantWay *way = each->data;

      if (is_being_asked (self, way->domain))
        continue;
      g_queue_delete_link (&self->ways, each);
      return way;
    }
  return NULL;
}

static IsmbJoining *
from_watch (IsmbWatch *watch)
{
  return (IsmbJoining *) ((char *) watch - G_STRUCT_OFFSET (IsmbJoining, watch));
}

static void
on_flush (IsmbWatch *watch)
{
  IsmbJoining *self = from_watch (watch);
  IsmbApplicantWay *way = NULL;

  while (g_list_length (self->applicants) < AT_ONCE && (way = take_way (self)) != NULL)
    try_way (self, way);
  if (self->applicants == NULL)
    end (self);
}

static void
on_deadline (IsmbWatch *watch)
{
  end (from_watch (watch));
}

/* Beginning */

/* A member that joins anew shows its own key too: its certificate would be its login. */
static gboolean
take_papers (IsmbApplicantPapers *papers, GError **error)
{
  IsmbFabric *fabric = papers->context->fabric;
  IsmbIdentity *identity = ismb_fabric_get_identity (fabric);
  gint64 now = ismb_clock_now (ismb_fabric_get_clock (fabric));
  g_autofree char *certificate =
      ismb_identity_self_sign (identity, ismb_fabric_get_domain (fabric), NULL, now, error);
  char *key = NULL;

  papers->request_pem = certificate != NULL ? ismb_fabric_request (fabric, error) : NULL;
  if (papers->request_pem == NULL)
    return FALSE;
  key = ismb_identity_dup_key_pem (identity);
  papers->tls = ismb_tls_context_new (ISMB_TLS_PEERS, key, certificate, error);
  ismb_key_file_wipe (key);
  return papers->tls != NULL;
}

static void
watch_cancellable (IsmbJoining *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  if (cancellable == NULL)
    return;
  self->cancelling = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->cancelling, G_SOURCE_FUNC (on_cancelled), self, NULL);
  g_source_attach (self->cancelling, g_task_get_context (self->task));
}

static int
compare_links (gconstpointer one, gconstpointer other, gpointer ca_hash)
{
  return ismb_candidate_compare (ismb_link_get_candidate (*(IsmbLink **) one),
                                 ismb_link_get_candidate (*(IsmbLink **) other), ca_hash);
}

/* There is time for some of them only, where somebody announces thousands. */
static void
add_all_known (IsmbJoining *self)
{
  g_autoptr (GPtrArray) links = ismb_peers_list_links (self->peers);

  g_ptr_array_sort_with_data (links, compare_links, self->papers.ca_hash);
  for (guint i = 0; i < links->len; i++)
    add_known (self, g_ptr_array_index (links, i));
}

static IsmbJoining *
joining_new (IsmbPeers *peers, const char *ca_hash, const IsmbToken *token, GTask *task)
{
  IsmbJoining *self = g_new0 (IsmbJoining, 1);

  self->peers = g_object_ref (peers);
  self->task = task;
  self->papers.context = ismb_peers_get_context (peers);
  self->papers.ca_hash = g_strdup (ca_hash);
  self->papers.token = token != NULL ? ismb_token_copy (token) : NULL;
  g_queue_init (&self->ways);
  self->tried = g_ptr_array_new_with_free_func (way_free);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->answered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->watch = (IsmbWatch){ .flush = on_flush, .deadline = on_deadline };
  return self;
}

void
ismb_joining_start (IsmbPeers *peers, const char *ca_hash, const IsmbToken *token, GTask *task)
{
  IsmbJoining *self = joining_new (peers, ca_hash, token, task);
  IsmbPoller *poller = self->papers.context->poller;
  GError *error = NULL;

  if (!take_papers (&self->papers, &error))
    {
      stop (self, error);
      return;
    }
  self->closing = g_signal_connect (peers, "closing", G_CALLBACK (on_closing), self);
  watch_cancellable (self);
  add_all_known (self);
  ismb_poller_set_deadline (poller, &self->watch, PATIENCE);
  ismb_poller_flush_later (poller, &self->watch);
}
