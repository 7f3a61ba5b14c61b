/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.chat-states"

#include "config.h"
#include "ismb/plugins/ismb-chat-states.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbChatStates:
 *
 * Chat State Notifications (XEP-0085), `xep_0085`: whether somebody is typing. A message with a
 * state makes two events behind `message`, `chatstate` and the one with the state's name, e.g.
 * `chatstate_composing`; the plugin tells others that they are understood here, and sends some.
 */
struct _IsmbChatStates
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbChatStates, ismb_chat_states, ISMB_TYPE_PLUGIN)

static const char *const states[] = { "active", "composing", "paused", "inactive", "gone", NULL };

static void
ismb_chat_states_enabled (IsmbPlugin *plugin)
{
  ismb_plugin_add_feature (plugin, ISMB_NS_CHAT_STATES);
}

static void
ismb_chat_states_class_init (IsmbChatStatesClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_chat_states_enabled;
}

static void
ismb_chat_states_init (IsmbChatStates *self)
{
}

/**
 * ismb_chat_states_get_state:
 * @message: a message
 *
 * The chat state that a message tells.
 *
 * Returns: (nullable): `active`, `composing`, `paused`, `inactive` or `gone`; %NULL where it tells
 * none
 */
const char *
ismb_chat_states_get_state (IsmbMessage *message)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (message), NULL);
  for (guint i = 0; states[i] != NULL; i++)
    if (ismb_stanza_has_child (ISMB_STANZA (message), states[i], ISMB_NS_CHAT_STATES))
      return states[i];
  return NULL;
}

/**
 * ismb_chat_states_set_state:
 * @message: a message
 * @state: (nullable): one of the words that [func@Ismb.ChatStates.get_state] returns; %NULL to
 *   tell none
 *
 * Has a message tell a chat state, and no other.
 *
 * Returns: %FALSE where there is no such state; nothing is changed then
 */
gboolean
ismb_chat_states_set_state (IsmbMessage *message, const char *state)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (message), FALSE);
  if (state != NULL && !g_strv_contains (states, state))
    return FALSE;
  for (guint i = 0; states[i] != NULL; i++)
    ismb_stanza_set_child_text (ISMB_STANZA (message), states[i], ISMB_NS_CHAT_STATES, NULL);
  if (state != NULL)
    ismb_stanza_set_child_text (ISMB_STANZA (message), state, ISMB_NS_CHAT_STATES, "");
  return TRUE;
}

/**
 * ismb_chat_states_send:
 * @self: the plugin, enabled
 * @to: whom
 * @state: one of the words that [func@Ismb.ChatStates.get_state] returns
 * @error: return location for a #GError
 *
 * Tells somebody a chat state in a message of its own, of type `chat`, that nobody stores.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_STANZA] for another word.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_chat_states_send (IsmbChatStates *self, IsmbJid *to, const char *state, GError **error)
{
  g_autoptr (IsmbMessage) message = NULL;

  g_return_val_if_fail (ISMB_IS_CHAT_STATES (self) && ISMB_IS_JID (to) && state != NULL, FALSE);
  g_return_val_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL, FALSE);
  message = ismb_message_new (to, NULL);
  ismb_stanza_set_stanza_type (ISMB_STANZA (message), "chat");
  if (!ismb_chat_states_set_state (message, state))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                   "\"%s\" is no chat state: take active, composing, paused, inactive or gone",
                   state);
      return FALSE;
    }
  return ismb_client_send (ismb_plugin_get_client (ISMB_PLUGIN (self)), ISMB_STANZA (message),
                           error);
}
