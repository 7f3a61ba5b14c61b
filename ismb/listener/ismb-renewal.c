/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-renewal.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define SENTENCE_MAX 300

typedef struct
{
  IsmbFabric *fabric; /* these are the task's source's */
  IsmbInquiries *inquiries;
  GPtrArray *registrars; /* domains, those last that are to be asked first */
  char *request;
  GError *error; /* of the last one */
} Renewal;

static void
renewal_free (gpointer data)
{
  Renewal *renewal = data;

  g_ptr_array_unref (renewal->registrars);
  g_free (renewal->request);
  g_clear_error (&renewal->error);
  g_free (renewal);
}

/* Those with a stream are asked before the others. */
static GPtrArray *
list_registrars (IsmbPeers *peers)
{
  g_autoptr (GPtrArray) up = ismb_peers_list_members (peers, FALSE);
  g_autoptr (GPtrArray) all = ismb_peers_list_members (peers, TRUE);
  GPtrArray *registrars = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_extend_and_steal (all, g_steal_pointer (&up));
  for (guint i = 0; i < all->len; i++)
    {
      const char *domain = g_ptr_array_index (all, i);

      if (ismb_peers_get_proof (peers, domain)->names->registrar)
        g_ptr_array_add (registrars, g_strdup (domain));
    }
  return registrars;
}

static void on_bundle (const char *domain, IsmbFrame *answer, gpointer user_data);

static gboolean
on_end (gpointer user_data)
{
  GTask *task = user_data;
  Renewal *renewal = g_task_get_task_data (task);

  if (renewal->error != NULL)
    g_task_return_error (task, g_steal_pointer (&renewal->error));
  else
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* Takes `task`. From a source of its own: whoever is told may stop the listener, which inside the
 * poller's turn he may not. */
static void
end (GTask *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GTask) owned = task;

  g_task_attach_source (task, source, on_end);
}

static void
give_up (GTask *task)
{
  Renewal *renewal = g_task_get_task_data (task);

  if (renewal->error == NULL)
    renewal->error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                                          "no registrar of the fabric can be reached from here now");
  end (task);
}

/* Takes `task`. */
static void
ask_next_registrar (GTask *task)
{
  Renewal *renewal = g_task_get_task_data (task);
  GPtrArray *registrars = renewal->registrars;
  g_autofree char *domain
      = registrars->len > 0 ? g_ptr_array_steal_index (registrars, registrars->len - 1) : NULL;
  g_autoptr (IsmbTree) tree
      = domain != NULL
            ? ismb_inquiries_begin (renewal->inquiries, domain, "set", on_bundle, task)
            : NULL;
  IsmbNode *node;

  if (tree == NULL)
    {
      give_up (task);
      return;
    }
  node = ismb_tree_add (tree, ismb_tree_root (tree), "renew", ISMB_NS_FABRIC);
  ismb_tree_add_leaf (tree, node, "request", ISMB_NS_FABRIC, renewal->request);
  ismb_inquiries_send (renewal->inquiries, tree);
}

/* What it says against it is for the person to read, and no longer than a sentence. */
static GError *
explain (const char *domain, const IsmbTree *answer)
{
  const IsmbNode *root = ismb_tree_root ((IsmbTree *) answer);
  const IsmbNode *error = ismb_node_find (root, "error", ISMB_NS_CLIENT);
  g_autofree char *text
      = error != NULL ? ismb_node_dup_child_text (error, "text", ISMB_NS_STANZAS) : NULL;
  g_autofree char *sentence
      = text != NULL ? g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), SENTENCE_MAX))
                     : NULL;

  return g_error_new (ISMB_ERROR, ISMB_ERROR_STANZA,
                      "the registrar %s gives no new certificate: %s", domain,
                      sentence != NULL ? sentence : "it gives no reason");
}

/* A result whose certificate does not hold is as good as none. */
static gboolean
take_bundle (const Renewal *renewal, const char *domain, IsmbFrame *answer, GError **error)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (answer);
  const IsmbNode *renew = ismb_node_find (ismb_tree_root (tree), "renew", ISMB_NS_FABRIC);
  g_autofree char *bundle
      = renew != NULL ? ismb_node_dup_child_text (renew, "bundle", ISMB_NS_FABRIC) : NULL;

  if (bundle != NULL && g_strcmp0 (answer->type, "result") == 0)
    return ismb_fabric_renew (renewal->fabric, bundle, error);
  g_propagate_error (error, explain (domain, tree));
  return FALSE;
}

static void
on_bundle (const char *domain, IsmbFrame *answer, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Renewal *renewal = g_task_get_task_data (task);

  if (answer != NULL)
    g_clear_error (&renewal->error);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)) ||
      (answer != NULL && take_bundle (renewal, domain, answer, &renewal->error)))
    end (g_steal_pointer (&task));
  else
    ask_next_registrar (g_steal_pointer (&task));
}

void
ismb_renewal_start (GTask *task, IsmbFabric *fabric, IsmbPeers *peers, IsmbInquiries *inquiries)
{
  Renewal *renewal = g_new0 (Renewal, 1);
  GError *error = NULL;

  renewal->fabric = fabric;
  renewal->inquiries = inquiries;
  renewal->registrars = list_registrars (peers);
  renewal->request = ismb_fabric_request (fabric, &error);
  g_task_set_task_data (task, renewal, renewal_free);
  if (renewal->request != NULL)
    {
      ask_next_registrar (task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}
