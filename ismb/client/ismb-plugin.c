/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.plugin"

#include "config.h"
#include "ismb/client/ismb-plugin-private.h"

#include "ismb/client/ismb-plugin-registry.h"

/**
 * IsmbPlugin:
 *
 * What teaches a client one protocol, as a rule one XEP: it looks for stanzas, answers them, and
 * offers functions of its own. A client has each plugin once, under its name, `xep_` and the four
 * digits of the XEP ([method@Ismb.Client.enable_plugin]).
 *
 * To write one, derive a class, add handlers and features in its
 * [vfunc@Ismb.Plugin.enabled] and make it known with [func@Ismb.Plugin.register]. Its configuration
 * are its GObject properties.
 */
typedef struct
{
  IsmbClient *client; /* borrowed: it owns us; NULL before and after */
  char *name;
  GArray *handlers; /* ids at the client, as those of events */
  GArray *event_handlers;
  GPtrArray *features;
} IsmbPluginPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (IsmbPlugin, ismb_plugin, G_TYPE_OBJECT)

static IsmbPluginPrivate *
get_private (IsmbPlugin *self)
{
  return ismb_plugin_get_instance_private (self);
}

static void
ismb_plugin_finalize (GObject *object)
{
  IsmbPluginPrivate *priv = get_private (ISMB_PLUGIN (object));

  g_free (priv->name);
  g_array_unref (priv->handlers);
  g_array_unref (priv->event_handlers);
  g_ptr_array_unref (priv->features);
  G_OBJECT_CLASS (ismb_plugin_parent_class)->finalize (object);
}

static void
ismb_plugin_class_init (IsmbPluginClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_plugin_finalize;
}

static void
ismb_plugin_init (IsmbPlugin *self)
{
  IsmbPluginPrivate *priv = get_private (self);

  priv->handlers = g_array_new (FALSE, FALSE, sizeof (guint));
  priv->event_handlers = g_array_new (FALSE, FALSE, sizeof (guint));
  priv->features = g_ptr_array_new_with_free_func (g_free);
}

static void
on_session_bind (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbPluginClass *klass = ISMB_PLUGIN_GET_CLASS (user_data);

  if (klass->session_bind != NULL)
    klass->session_bind (user_data, ISMB_JID (payload));
}

void
_ismb_plugin_attach (IsmbPlugin *self, IsmbClient *client, const char *name)
{
  IsmbPluginPrivate *priv = get_private (self);
  IsmbPluginClass *klass = ISMB_PLUGIN_GET_CLASS (self);

  priv->client = client;
  priv->name = g_strdup (name);
  if (klass->session_bind != NULL)
    ismb_plugin_add_event_handler (self, "session_bind", ISMB_EVENT_DEFAULT, on_session_bind, self,
                                   NULL);
  if (klass->enabled != NULL)
    klass->enabled (self);
}

static void
take_back (IsmbPlugin *self)
{
  IsmbPluginPrivate *priv = get_private (self);

  for (guint i = 0; i < priv->handlers->len; i++)
    ismb_client_remove_stanza_handler (priv->client, g_array_index (priv->handlers, guint, i));
  for (guint i = 0; i < priv->event_handlers->len; i++)
    ismb_client_remove_event_handler (priv->client, g_array_index (priv->event_handlers, guint, i));
  for (guint i = 0; i < priv->features->len; i++)
    ismb_client_remove_feature (priv->client, priv->features->pdata[i]);
  g_array_set_size (priv->handlers, 0);
  g_array_set_size (priv->event_handlers, 0);
  g_ptr_array_set_size (priv->features, 0);
}

void
_ismb_plugin_detach (IsmbPlugin *self)
{
  IsmbPluginClass *klass = ISMB_PLUGIN_GET_CLASS (self);

  take_back (self);
  if (klass->disabled != NULL)
    klass->disabled (self);
  take_back (self);
  get_private (self)->client = NULL;
}

static gboolean
take_setting (IsmbPlugin *self, GParamSpec *property, GVariant *setting)
{
  g_auto (GValue) plain = G_VALUE_INIT;
  g_auto (GValue) value = G_VALUE_INIT;

  g_dbus_gvariant_to_gvalue (setting, &plain);
  g_value_init (&value, property->value_type);
  if ((property->flags & G_PARAM_WRITABLE) == 0 || (property->flags & G_PARAM_CONSTRUCT_ONLY) != 0
      || !g_value_transform (&plain, &value))
    return FALSE;
  g_object_set_property (G_OBJECT (self), property->name, &value);
  return TRUE;
}

/* SleekXMPP's names have underscores; GObject takes these as dashes. One that is not known may be
 * meant for another implementation; one of the wrong type is a mistake. */
static void
configure (IsmbPlugin *self, const char *name, GVariant *setting)
{
  GParamSpec *property = g_object_class_find_property (G_OBJECT_GET_CLASS (self), name);

  if (property == NULL)
    g_message ("%s has no setting %s: left out", G_OBJECT_TYPE_NAME (self), name);
  else if (!take_setting (self, property, setting))
    g_warning ("%s: the setting %s is a %s and cannot be made of a value of type '%s': left out",
               G_OBJECT_TYPE_NAME (self), name, g_type_name (property->value_type),
               g_variant_get_type_string (setting));
}

void
_ismb_plugin_configure (IsmbPlugin *self, GVariant *config)
{
  GVariantIter iter;
  const char *name;
  GVariant *setting;

  if (config == NULL)
    return;
  g_variant_iter_init (&iter, config);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &setting))
    {
      configure (self, name, setting);
      g_variant_unref (setting);
    }
}

typedef struct
{
  GTask *task;
  IsmbAnswerReader read;
  GDestroyNotify destroy;
} Question;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr (GTask) task = question->task;
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);
  gpointer said = answer != NULL && question->read != NULL ? question->read (answer, &error) : NULL;

  if (error != NULL)
    g_task_return_error (task, error);
  else if (question->read != NULL)
    g_task_return_pointer (task, said, question->destroy);
  else
    g_task_return_boolean (task, TRUE);
}

void
_ismb_plugin_ask (IsmbPlugin *self, IsmbIq *iq, GTask *task, IsmbAnswerReader read,
                  GDestroyNotify destroy)
{
  Question *question = g_new (Question, 1);

  question->task = task;
  question->read = read;
  question->destroy = destroy;
  ismb_client_query_async (get_private (self)->client, iq, 0, g_task_get_cancellable (task),
                           on_answer, question);
}

/**
 * ismb_plugin_register:
 * @name: by which clients enable it, e.g. `xep_0199`
 * @description: what it is, in a few words
 * @type: its class, derived from [class@Ismb.Plugin]
 * @needs: (nullable) (array zero-terminated=1): the names of plugins that must be there first
 *
 * Makes a plugin known in this process.
 *
 * Returns: %FALSE where there is another class of that name already
 */
gboolean
ismb_plugin_register (const char *name, const char *description, GType type,
                      const char *const *needs)
{
  g_return_val_if_fail (name != NULL && description != NULL, FALSE);
  g_return_val_if_fail (g_type_is_a (type, ISMB_TYPE_PLUGIN), FALSE);
  return _ismb_plugin_registry_add (name, description, type, needs);
}

/**
 * ismb_plugin_list_registered:
 *
 * The plugins that can be enabled.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, sorted
 */
char **
ismb_plugin_list_registered (void)
{
  return _ismb_plugin_registry_list ();
}

/**
 * ismb_plugin_get_client:
 * @self: a plugin
 *
 * The client that it is enabled in.
 *
 * Returns: (transfer none) (nullable): the client; %NULL before it is enabled and after it was
 * disabled
 */
IsmbClient *
ismb_plugin_get_client (IsmbPlugin *self)
{
  g_return_val_if_fail (ISMB_IS_PLUGIN (self), NULL);
  return get_private (self)->client;
}

/**
 * ismb_plugin_get_name:
 * @self: a plugin
 *
 * The name it was enabled by.
 *
 * Returns: (nullable): the name; %NULL before
 */
const char *
ismb_plugin_get_name (IsmbPlugin *self)
{
  g_return_val_if_fail (ISMB_IS_PLUGIN (self), NULL);
  return get_private (self)->name;
}

/**
 * ismb_plugin_add_stanza_handler:
 * @self: a plugin that is enabled
 * @matcher: which stanzas
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * [method@Ismb.Client.add_stanza_handler] for as long as the plugin is enabled.
 *
 * Returns: an id for [method@Ismb.Client.remove_stanza_handler]
 */
guint
ismb_plugin_add_stanza_handler (IsmbPlugin *self, IsmbMatcher *matcher, IsmbStanzaFunc callback,
                                gpointer user_data, GDestroyNotify destroy)
{
  IsmbPluginPrivate *priv;
  guint id;

  g_return_val_if_fail (ISMB_IS_PLUGIN (self) && get_private (self)->client != NULL, 0);
  priv = get_private (self);
  id = ismb_client_add_stanza_handler (priv->client, priv->name, matcher, ISMB_HANDLER_DEFAULT,
                                       callback, user_data, destroy);
  g_array_append_val (priv->handlers, id);
  return id;
}

/**
 * ismb_plugin_add_event_handler:
 * @self: a plugin that is enabled
 * @event: the event's name
 * @flags: as for [method@Ismb.Client.add_event_handler]
 * @callback: (scope notified) (closure user_data) (destroy destroy): called with each
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * [method@Ismb.Client.add_event_handler] for as long as the plugin is enabled.
 *
 * Returns: an id for [method@Ismb.Client.remove_event_handler]
 */
guint
ismb_plugin_add_event_handler (IsmbPlugin *self, const char *event, IsmbEventFlags flags,
                               IsmbEventFunc callback, gpointer user_data, GDestroyNotify destroy)
{
  IsmbPluginPrivate *priv;
  guint id;

  g_return_val_if_fail (ISMB_IS_PLUGIN (self) && get_private (self)->client != NULL, 0);
  priv = get_private (self);
  id = ismb_client_add_event_handler (priv->client, event, flags, callback, user_data, destroy);
  g_array_append_val (priv->event_handlers, id);
  return id;
}

/**
 * ismb_plugin_add_feature:
 * @self: a plugin that is enabled
 * @feature: what the client names among its features (XEP-0030), a namespace as a rule
 *
 * [method@Ismb.Client.add_feature] for as long as the plugin is enabled.
 */
void
ismb_plugin_add_feature (IsmbPlugin *self, const char *feature)
{
  IsmbPluginPrivate *priv;

  g_return_if_fail (ISMB_IS_PLUGIN (self) && get_private (self)->client != NULL);
  priv = get_private (self);
  ismb_client_add_feature (priv->client, feature);
  g_ptr_array_add (priv->features, g_strdup (feature));
}
