/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.vcards"

#include "config.h"
#include "ismb/plugins/ismb-vcards.h"

#include "ismb/client/ismb-plugin-private.h"
#include "ismb/core/ismb-namespaces.h"

#define DEPTH_MAX 4 /* of a field's name */

/**
 * IsmbVCard:
 *
 * What an account tells of itself (XEP-0054). Fields are named by the elements on the way to them,
 * e.g. `FN`, `N/FAMILY` or `ORG/ORGNAME`. Whatever else it has stays in its element
 * ([method@Ismb.Payload.get_element]).
 */
struct _IsmbVCard
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbVCard, ismb_vcard, ISMB_TYPE_PAYLOAD)

static void
ismb_vcard_class_init (IsmbVCardClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "vCard", ISMB_NS_VCARD);
}

static void
ismb_vcard_init (IsmbVCard *self)
{
}

/**
 * ismb_vcard_new:
 *
 * An empty vCard.
 *
 * Returns: (transfer full): the vCard
 */
IsmbVCard *
ismb_vcard_new (void)
{
  return g_object_new (ISMB_TYPE_VCARD, NULL);
}

/* The element of a field; NULL: it is not there. */
static IsmbElement *
find_field (IsmbVCard *self, char **steps, gboolean make)
{
  IsmbElement *element = g_object_ref (ismb_payload_get_element (ISMB_PAYLOAD (self)));

  for (guint i = 0; steps[i] != NULL && element != NULL; i++)
    {
      g_autoptr (IsmbElement) parent = g_steal_pointer (&element);

      element = ismb_element_find (parent, steps[i], ISMB_NS_VCARD);
      if (element == NULL && make)
        element = ismb_element_add_child (parent, steps[i], ISMB_NS_VCARD);
    }
  return element;
}

/**
 * ismb_vcard_get_field:
 * @self: a vCard
 * @field: the field, e.g. `N/FAMILY`
 *
 * The text of a field; of several of that name, of the first.
 *
 * Returns: (transfer full) (nullable): the text; %NULL where there is no such field
 */
char *
ismb_vcard_get_field (IsmbVCard *self, const char *field)
{
  g_auto (GStrv) steps = NULL;
  g_autoptr (IsmbElement) element = NULL;

  g_return_val_if_fail (ISMB_IS_VCARD (self) && field != NULL, NULL);
  steps = g_strsplit (field, "/", DEPTH_MAX);
  element = find_field (self, steps, FALSE);
  return element != NULL ? ismb_element_get_text (element) : NULL;
}

/**
 * ismb_vcard_set_field:
 * @self: a vCard
 * @field: the field, e.g. `N/FAMILY`
 * @text: (nullable): its text; %NULL to remove it
 *
 * Sets the text of a field.
 */
void
ismb_vcard_set_field (IsmbVCard *self, const char *field, const char *text)
{
  g_auto (GStrv) steps = NULL;
  g_autoptr (IsmbElement) element = NULL;
  g_autoptr (IsmbElement) parent = NULL;

  g_return_if_fail (ISMB_IS_VCARD (self) && field != NULL && *field != '\0');
  steps = g_strsplit (field, "/", DEPTH_MAX);
  element = find_field (self, steps, text != NULL);
  if (element == NULL)
    return;
  if (text != NULL)
    {
      ismb_element_set_text (element, text);
      return;
    }
  g_clear_pointer (&steps[g_strv_length (steps) - 1], g_free);
  parent = find_field (self, steps, FALSE);
  ismb_element_remove (parent, element);
}

/**
 * IsmbVCards:
 *
 * vcard-temp (XEP-0054), `xep_0054`: fetches others' vCards, and publishes the account's own.
 */
struct _IsmbVCards
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbVCards, ismb_vcards, ISMB_TYPE_PLUGIN)

static void
ismb_vcards_enabled (IsmbPlugin *plugin)
{
  ismb_payload_register (ISMB_TYPE_VCARD, "vcard_temp");
  ismb_plugin_add_feature (plugin, ISMB_NS_VCARD);
}

static void
ismb_vcards_class_init (IsmbVCardsClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_vcards_enabled;
}

static void
ismb_vcards_init (IsmbVCards *self)
{
}

static gpointer
read_vcard (IsmbIq *answer, GError **error)
{
  IsmbPayload *vcard = ismb_stanza_get_payload (ISMB_STANZA (answer), ISMB_TYPE_VCARD);

  return vcard != NULL ? vcard : ISMB_PAYLOAD (ismb_vcard_new ());
}

/**
 * ismb_vcards_fetch_async:
 * @self: the plugin, enabled
 * @jid: (nullable): whose, a bare address; %NULL for the account's own
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the vCard
 * @user_data: for @callback
 *
 * Fetches a vCard.
 */
void
ismb_vcards_fetch_async (IsmbVCards *self, IsmbJid *jid, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_VCARDS (self));
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  iq = ismb_iq_new (jid, "get");
  ismb_iq_set_payload (iq, "vCard", ISMB_NS_VCARD);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_vcards_fetch_async);
  _ismb_plugin_ask (ISMB_PLUGIN (self), iq, task, read_vcard, g_object_unref);
}

/**
 * ismb_vcards_fetch_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.VCards.fetch_async]. Fails as [method@Ismb.Client.query_finish] does: with
 * [error@Ismb.StanzaError.ITEM_NOT_FOUND] where nothing is published.
 *
 * Returns: (transfer full): the vCard
 */
IsmbVCard *
ismb_vcards_fetch_finish (IsmbVCards *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ismb_vcards_publish_async:
 * @self: the plugin, enabled
 * @vcard: the vCard
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when it is published
 * @user_data: for @callback
 *
 * Publishes the account's own vCard, in the place of the one before.
 */
void
ismb_vcards_publish_async (IsmbVCards *self, IsmbVCard *vcard, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_VCARDS (self) && ISMB_IS_VCARD (vcard));
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  iq = ismb_iq_new (NULL, "set");
  ismb_stanza_add_payload (ISMB_STANZA (iq), ISMB_PAYLOAD (vcard));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_vcards_publish_async);
  _ismb_plugin_ask (ISMB_PLUGIN (self), iq, task, NULL, NULL);
}

/**
 * ismb_vcards_publish_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.VCards.publish_async]. Fails as [method@Ismb.Client.query_finish] does.
 *
 * Returns: whether it is published
 */
gboolean
ismb_vcards_publish_finish (IsmbVCards *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
