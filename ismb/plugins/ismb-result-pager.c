/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.result-sets"

#include "config.h"
#include "ismb/plugins/ismb-result-pager.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define PAGES_MAX 10000

/**
 * IsmbResultPager:
 *
 * Asks for many results page by page (XEP-0059), with any query that knows of that:
 *
 * ```c
 * g_autoptr (IsmbIq) query = ismb_iq_new (jid, "get");
 * ismb_iq_set_payload (query, "query", "http://jabber.org/protocol/disco#items");
 * pager = ismb_result_pager_new (client, query, 50, FALSE);
 * ismb_result_pager_next_async (pager, NULL, on_page, NULL);
 * ```
 *
 * Each page is an answer, until there is none. Who does not know of pages answers with all at once,
 * which is one page then. SleekXMPP's `ResultIterator`.
 */
struct _IsmbResultPager
{
  GObject parent_instance;
  IsmbClient *client;
  IsmbIq *query;
  guint page_size, pages;
  gboolean backwards, done, busy;
  char *edge; /* the result at which the next page begins; NULL: the first page */
};

G_DEFINE_FINAL_TYPE (IsmbResultPager, ismb_result_pager, G_TYPE_OBJECT)

static void
ismb_result_pager_finalize (GObject *object)
{
  IsmbResultPager *self = ISMB_RESULT_PAGER (object);

  g_clear_object (&self->client);
  g_clear_object (&self->query);
  g_free (self->edge);
  G_OBJECT_CLASS (ismb_result_pager_parent_class)->finalize (object);
}

static void
ismb_result_pager_class_init (IsmbResultPagerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_result_pager_finalize;
}

static void
ismb_result_pager_init (IsmbResultPager *self)
{
}

/**
 * ismb_result_pager_new:
 * @client: a client
 * @query: what is asked, with its payload; it is copied
 * @page_size: how many results a page has at most, more than 0
 * @backwards: whether the last page comes first
 *
 * Makes one that has asked nothing yet.
 *
 * Returns: (transfer full): the pager
 */
IsmbResultPager *
ismb_result_pager_new (IsmbClient *client, IsmbIq *query, guint page_size, gboolean backwards)
{
  IsmbResultPager *self;

  g_return_val_if_fail (ISMB_IS_CLIENT (client) && ISMB_IS_IQ (query), NULL);
  g_return_val_if_fail (page_size > 0 && page_size <= G_MAXINT, NULL);
  g_return_val_if_fail (ismb_iq_get_payload_name (query) != NULL, NULL);
  self = g_object_new (ISMB_TYPE_RESULT_PAGER, NULL);
  self->client = g_object_ref (client);
  self->query = ISMB_IQ (ismb_stanza_copy (ISMB_STANZA (query)));
  self->page_size = page_size;
  self->backwards = backwards;
  return self;
}

static IsmbIq *
make_query (IsmbResultPager *self)
{
  IsmbIq *iq = ISMB_IQ (ismb_stanza_copy (ISMB_STANZA (self->query)));
  g_autoptr (IsmbElement) root = ismb_stanza_get_element (ISMB_STANZA (iq));
  g_autoptr (IsmbElement) payload =
      ismb_element_find (root, ismb_iq_get_payload_name (iq), ismb_iq_get_payload_ns (iq));
  g_autoptr (IsmbElement) old = ismb_element_find (payload, "set", ISMB_NS_RSM);
  g_autoptr (IsmbResultSet) set = ismb_result_set_new ();

  if (old != NULL)
    ismb_element_remove (payload, old);
  ismb_result_set_set_max (set, self->page_size);
  if (self->backwards)
    ismb_result_set_set_before (set, self->edge != NULL ? self->edge : "");
  else if (self->edge != NULL)
    ismb_result_set_set_after (set, self->edge);
  ismb_element_append (payload, ismb_payload_get_element (ISMB_PAYLOAD (set)));
  return iq;
}

/* Whether there is a page in it; FALSE with an error for one that came before. */
static gboolean
take_page (IsmbResultPager *self, IsmbIq *answer, GError **error)
{
  g_autoptr (IsmbResultSet) set = ismb_result_set_find (answer);
  g_autofree char *edge = NULL;

  if (set == NULL)
    {
      self->done = TRUE;
      return self->edge == NULL;
    }
  edge = self->backwards ? ismb_result_set_get_first (set) : ismb_result_set_get_last (set);
  if (edge == NULL)
    {
      self->done = TRUE;
      return FALSE;
    }
  if (g_strcmp0 (edge, self->edge) == 0 || self->pages >= PAGES_MAX)
    {
      self->done = TRUE;
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "the pages have no end");
      return FALSE;
    }
  g_free (self->edge);
  self->edge = g_steal_pointer (&edge);
  self->pages++;
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  IsmbResultPager *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  self->busy = FALSE;
  if (answer != NULL && take_page (self, answer, &error))
    g_task_return_pointer (task, g_steal_pointer (&answer), g_object_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, NULL, NULL);
}

/**
 * ismb_result_pager_next_async:
 * @self: a pager that waits for no page
 * @cancellable: (nullable): to stop waiting; the same page can be asked for again then
 * @callback: (scope async): called with the page
 * @user_data: for @callback
 *
 * Asks for the next page.
 */
void
ismb_result_pager_next_async (IsmbResultPager *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_RESULT_PAGER (self) && !self->busy);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_result_pager_next_async);
  if (self->done)
    {
      g_task_return_pointer (task, NULL, NULL);
      g_object_unref (task);
      return;
    }
  self->busy = TRUE;
  iq = make_query (self);
  ismb_client_query_async (self->client, iq, 0, cancellable, on_answer, task);
}

/**
 * ismb_result_pager_next_finish:
 * @self: a pager
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.ResultPager.next_async]. Fails as [method@Ismb.Client.query_finish] does, and
 * with [error@Ismb.Error.BAD_STANZA] where a page comes a second time, or there are more than 10,000.
 *
 * Returns: (transfer full) (nullable): the page; %NULL without an error where there is none more
 */
IsmbIq *
ismb_result_pager_next_finish (IsmbResultPager *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
