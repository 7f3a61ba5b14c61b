/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/bus.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-peer.h"

typedef struct
{
  gboolean done;
  GAsyncResult *result;
} Wait;

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wait *wait = user_data;

  wait->result = g_object_ref (result);
  wait->done = TRUE;
}

IsmbClient *
bus_open (Tool *tool, const char *name, GError **error)
{
  g_autoptr (IsmbClient) client = g_object_new (ISMB_TYPE_CLIENT, "name", name, "vr", tool->vr,
                                                "runtime-dir", tool->runtime_dir,
                                                "auto-reconnect", FALSE, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  Wait wait = { FALSE, NULL };

  ismb_client_open_async (client, NULL, on_result, &wait);
  bus_wait (&wait.done, 0);
  result = wait.result;
  if (!ismb_client_open_finish (client, result, error))
    return NULL;
  return g_steal_pointer (&client);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
bus_wait (const gboolean *done, guint timeout_ms)
{
  gboolean too_late = FALSE;
  guint timer = timeout_ms > 0 ? g_timeout_add (timeout_ms, on_timeout, &too_late) : 0;

  while (!*done && !too_late)
    g_main_context_iteration (NULL, TRUE);
  if (timer != 0 && !too_late)
    g_source_remove (timer);
  return *done;
}

IsmbIq *
bus_ask (IsmbClient *client, IsmbIq *request, guint timeout_ms, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  Wait wait = { FALSE, NULL };

  ismb_client_query_async (client, request, timeout_ms, NULL, on_result, &wait);
  bus_wait (&wait.done, 0);
  result = wait.result;
  return ismb_client_query_finish (client, result, error);
}

static void
on_disconnected (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

void
bus_close (IsmbClient *client)
{
  gboolean closed = FALSE;
  guint handler =
      ismb_client_add_event_handler (client, "disconnected",
                                     ISMB_EVENT_DEFAULT, on_disconnected, &closed, NULL);

  ismb_client_close (client);
  bus_wait (&closed, 2000);
  ismb_client_remove_event_handler (client, handler);
  g_object_unref (client);
}

static gboolean
is_target (IsmbPeer *peer)
{
  IsmbTrust trust = ismb_peer_get_trust (peer);

  return ismb_peer_get_local (peer) || trust == ISMB_TRUST_MEMBER || trust == ISMB_TRUST_OPEN;
}

/* `sw2` names `sw2.001122`; a whole domain-part names itself. */
static gboolean
is_named (IsmbPeer *peer, const char *word)
{
  const char *domain = ismb_peer_get_domain (peer);
  gsize length = strlen (word);

  if (g_str_equal (word, "all"))
    return TRUE;
  if (g_str_equal (word, "others"))
    return !ismb_peer_get_local (peer);
  if (g_str_equal (word, "local"))
    return ismb_peer_get_local (peer);
  return g_str_equal (domain, word) || (g_str_has_prefix (domain, word) && domain[length] == '.');
}

static gboolean
is_group (const char *word)
{
  return g_str_equal (word, "all") || g_str_equal (word, "others") || g_str_equal (word, "local");
}

static gboolean
add_named (GPtrArray *targets, GPtrArray *peers, const char *word, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  guint i;

  for (i = 0; i < peers->len; i++)
    if (is_named (g_ptr_array_index (peers, i), word))
      g_ptr_array_add (found, (char *) ismb_peer_get_domain (g_ptr_array_index (peers, i)));
  if (found->len == 0)
    {
      g_set_error (
          error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
          "--on: no member of the fabric here is called “%s”; `switchctl peers` lists them", word);
      return FALSE;
    }
  if (found->len > 1 && !is_group (word))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                   "--on: “%s” may be %s or %s; write the whole domain-part", word,
                   (char *) g_ptr_array_index (found, 0), (char *) g_ptr_array_index (found, 1));
      return FALSE;
    }
  for (i = 0; i < found->len; i++)
    if (!g_ptr_array_find_with_equal_func (targets, g_ptr_array_index (found, i), g_str_equal,
                                           NULL))
      g_ptr_array_add (targets, g_strdup (g_ptr_array_index (found, i)));
  return TRUE;
}

static GPtrArray *
list_members (Tool *tool, GError **error)
{
  g_autoptr (IsmbDBusVirtualRouter1) router = tool_virtual_router (tool, tool->vr, error);
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GPtrArray) members = g_ptr_array_new_with_free_func (g_object_unref);
  gsize i;

  if (router == NULL
      || !ismb_dbus_virtual_router1_call_list_peers_sync (router, &list, NULL, error))
    return NULL;
  tool_note_waiting (router);
  for (i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
      g_autoptr (IsmbPeer) peer = ismb_peer_new_from_variant (child);

      if (peer != NULL && is_target (peer))
        g_ptr_array_add (members, g_steal_pointer (&peer));
    }
  return g_steal_pointer (&members);
}

char **
bus_targets (Tool *tool, const char *on, GError **error)
{
  g_autoptr (GPtrArray) members = list_members (tool, error);
  g_autoptr (GPtrArray) targets = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) words = g_strsplit (on != NULL ? on : "all", ",", -1);
  char **word;

  if (members == NULL)
    return NULL;
  for (word = words; *word != NULL; word++)
    if (!add_named (targets, members, g_strstrip (*word), error))
      return NULL;
  if (targets->len == 0)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                           "--on: names no switch; `switchctl peers` lists them");
      return NULL;
    }
  g_ptr_array_add (targets, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&targets), FALSE);
}
