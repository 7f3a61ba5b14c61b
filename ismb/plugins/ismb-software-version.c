/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.version"

#include "config.h"
#include "ismb/plugins/ismb-software-version.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbSoftwareVersion:
 *
 * Software Version (XEP-0092), `xep_0092`: tells others what program this is, and asks them. Each
 * client has it enabled.
 *
 * ```c
 * ismb_client_enable_plugin (
 *     client, "xep_0092",
 *     g_variant_new_parsed ("{'software_name': <'lights'>, 'version': <'2.1'>}"), NULL);
 * ```
 */
struct _IsmbSoftwareVersion
{
  IsmbPlugin parent_instance;
  char *name, *version, *os;
};

G_DEFINE_FINAL_TYPE (IsmbSoftwareVersion, ismb_software_version, ISMB_TYPE_PLUGIN)

enum
{
  PROP_SOFTWARE_NAME = 1,
  PROP_VERSION,
  PROP_OS,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_software_version_finalize (GObject *object)
{
  IsmbSoftwareVersion *self = ISMB_SOFTWARE_VERSION (object);

  g_free (self->name);
  g_free (self->version);
  g_free (self->os);
  G_OBJECT_CLASS (ismb_software_version_parent_class)->finalize (object);
}

static void
tell (IsmbTree *tree, IsmbNode *query, const char *what, const char *text)
{
  if (text != NULL)
    ismb_tree_add_leaf (tree, query, what, ISMB_NS_VERSION, text);
}

static gboolean
on_version (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbSoftwareVersion *self = user_data;
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *query;

  if (ismb_iq_reply (ISMB_IQ (stanza)) == NULL)
    return FALSE;
  query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_VERSION);
  tell (tree, query, "name", self->name);
  tell (tree, query, "version", self->version);
  tell (tree, query, "os", self->os);
  return ismb_client_send (client, stanza, error);
}

static void
ismb_software_version_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher =
      ismb_matcher_new_path ("iq@type=get/{" ISMB_NS_VERSION "}query", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_version, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_VERSION);
}

static char **
get_field (IsmbSoftwareVersion *self, guint id)
{
  return id == PROP_SOFTWARE_NAME ? &self->name : id == PROP_VERSION ? &self->version : &self->os;
}

static void
ismb_software_version_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_string (value, *get_field (ISMB_SOFTWARE_VERSION (object), id));
}

static void
ismb_software_version_set_property (GObject *object, guint id, const GValue *value,
                                    GParamSpec *pspec)
{
  char **field = get_field (ISMB_SOFTWARE_VERSION (object), id);

  g_free (*field);
  *field = g_value_dup_string (value);
}

static void
ismb_software_version_class_init (IsmbSoftwareVersionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_software_version_finalize;
  object_class->get_property = ismb_software_version_get_property;
  object_class->set_property = ismb_software_version_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_software_version_enabled;

  /**
   * IsmbSoftwareVersion:software-name:
   *
   * What this program is called.
   */
  properties[PROP_SOFTWARE_NAME] = g_param_spec_string ("software-name", NULL, NULL, "ISMB", flags);
  /**
   * IsmbSoftwareVersion:version:
   *
   * Which version of it this is; by default the library's.
   */
  properties[PROP_VERSION] = g_param_spec_string ("version", NULL, NULL, ISMB_VERSION, flags);
  /**
   * IsmbSoftwareVersion:os:
   *
   * The operating system; by default nobody is told.
   */
  properties[PROP_OS] = g_param_spec_string ("os", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_software_version_init (IsmbSoftwareVersion *self)
{
  self->name = g_strdup ("ISMB");
  self->version = g_strdup (ISMB_VERSION);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  IsmbIq *answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (answer == NULL)
    g_task_return_error (task, error);
  else if (!ismb_stanza_has_child (ISMB_STANZA (answer), "query", ISMB_NS_VERSION))
    {
      g_object_unref (answer);
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                               "the answer has no version in it");
    }
  else
    g_task_return_pointer (task, answer, g_object_unref);
}

/**
 * ismb_software_version_get_version_async:
 * @self: the plugin, enabled
 * @jid: (nullable): whom; %NULL for the client's own account
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks somebody what program it is. SleekXMPP's `get_version`.
 */
void
ismb_software_version_get_version_async (IsmbSoftwareVersion *self, IsmbJid *jid,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  IsmbClient *client;
  GTask *task;

  g_return_if_fail (ISMB_IS_SOFTWARE_VERSION (self));
  client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_return_if_fail (client != NULL);
  iq = ismb_iq_new (jid, "get");
  ismb_iq_set_payload (iq, "query", ISMB_NS_VERSION);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_software_version_get_version_async);
  ismb_client_query_async (client, iq, 0, cancellable, on_answer, task);
}

static void
read_field (IsmbStanza *answer, const char *what, char **field)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (answer));
  IsmbNode *query = ismb_node_find (root, "query", ISMB_NS_VERSION);

  if (field != NULL)
    *field = ismb_node_dup_child_text (query, what, ISMB_NS_VERSION);
}

/**
 * ismb_software_version_get_version_finish:
 * @self: the plugin
 * @result: what the callback got
 * @name: (out) (optional) (nullable): what the program is called
 * @version: (out) (optional) (nullable): which version
 * @os: (out) (optional) (nullable): the operating system; %NULL where it does not tell
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.SoftwareVersion.get_version_async]. Fails as
 * [method@Ismb.Client.query_finish] does, and with [error@Ismb.Error.BAD_STANZA] where the answer is
 * none.
 *
 * Returns: whether it told
 */
gboolean
ismb_software_version_get_version_finish (IsmbSoftwareVersion *self, GAsyncResult *result,
                                          char **name, char **version, char **os, GError **error)
{
  g_autoptr (IsmbStanza) answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  answer = g_task_propagate_pointer (G_TASK (result), error);
  if (answer == NULL)
    return FALSE;
  read_field (answer, "name", name);
  read_field (answer, "version", version);
  read_field (answer, "os", os);
  return TRUE;
}
