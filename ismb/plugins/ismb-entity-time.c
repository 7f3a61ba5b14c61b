/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.time"

#include "config.h"
#include "ismb/plugins/ismb-entity-time.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbEntityTime:
 *
 * Entity Time (XEP-0202), `xep_0202`: tells others what time it is here, and asks them.
 *
 * ```c
 * ismb_entity_time_get_entity_time_async (time, jid, NULL, on_time, NULL);
 * …
 * there = ismb_entity_time_get_entity_time_finish (time, result, &error);
 * skew = g_date_time_difference (there, now);
 * ```
 */
struct _IsmbEntityTime
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbEntityTime, ismb_entity_time, ISMB_TYPE_PLUGIN)

static gboolean
on_time (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) utc = g_date_time_to_utc (now);
  g_autofree char *offset = g_date_time_format (now, "%:z");
  g_autofree char *stamp = g_date_time_format (utc, "%Y-%m-%dT%H:%M:%SZ");
  IsmbNode *time;

  if (ismb_iq_reply (ISMB_IQ (stanza)) == NULL)
    return FALSE;
  time = ismb_tree_add (tree, ismb_tree_root (tree), "time", ISMB_NS_TIME);
  ismb_tree_add_leaf (tree, time, "tzo", ISMB_NS_TIME, offset);
  ismb_tree_add_leaf (tree, time, "utc", ISMB_NS_TIME, stamp);
  return ismb_client_send (client, stanza, error);
}

static void
ismb_entity_time_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher =
      ismb_matcher_new_path ("iq@type=get/{" ISMB_NS_TIME "}time", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_time, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_TIME);
}

static void
ismb_entity_time_class_init (IsmbEntityTimeClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_entity_time_enabled;
}

static void
ismb_entity_time_init (IsmbEntityTime *self)
{
}

/* Of XEP-0082: `Z`, `+01:00`. GLib would take the names of files as well. NULL: it is none. */
static GTimeZone *
read_offset (const char *text)
{
  gboolean numeric = text != NULL && (text[0] == '+' || text[0] == '-') && strlen (text) == 6
                     && strspn (text + 1, "0123456789:") == 5;

  return numeric || g_strcmp0 (text, "Z") == 0 ? g_time_zone_new_identifier (text) : NULL;
}

static GDateTime *
read_time (IsmbIq *answer)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (answer)));
  IsmbNode *time = ismb_node_find (root, "time", ISMB_NS_TIME);
  g_autofree char *offset =
      time != NULL ? ismb_node_dup_child_text (time, "tzo", ISMB_NS_TIME) : NULL;
  g_autofree char *stamp =
      time != NULL ? ismb_node_dup_child_text (time, "utc", ISMB_NS_TIME) : NULL;
  g_autoptr (GTimeZone) zone = read_offset (offset);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) then =
      stamp != NULL && zone != NULL ? g_date_time_new_from_iso8601 (stamp, utc) : NULL;

  return then != NULL ? g_date_time_to_timezone (then, zone) : NULL;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);
  GDateTime *time = answer != NULL ? read_time (answer) : NULL;

  if (time != NULL)
    g_task_return_pointer (task, time, (GDestroyNotify) g_date_time_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                             "the answer has no time in it");
}

/**
 * ismb_entity_time_get_entity_time_async:
 * @self: the plugin, enabled
 * @jid: (nullable): whom; %NULL for the client's own account
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks somebody what time it is there. SleekXMPP's `get_entity_time`.
 */
void
ismb_entity_time_get_entity_time_async (IsmbEntityTime *self, IsmbJid *jid,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  IsmbClient *client;
  GTask *task;

  g_return_if_fail (ISMB_IS_ENTITY_TIME (self));
  client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_return_if_fail (client != NULL);
  iq = ismb_iq_new (jid, "get");
  ismb_iq_set_payload (iq, "time", ISMB_NS_TIME);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_entity_time_get_entity_time_async);
  ismb_client_query_async (client, iq, 0, cancellable, on_answer, task);
}

/**
 * ismb_entity_time_get_entity_time_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.EntityTime.get_entity_time_async]. Fails as
 * [method@Ismb.Client.query_finish] does, and with [error@Ismb.Error.BAD_STANZA] where the answer is
 * none.
 *
 * Returns: (transfer full): the time there, in the time zone there
 */
GDateTime *
ismb_entity_time_get_entity_time_finish (IsmbEntityTime *self, GAsyncResult *result,
                                         GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
