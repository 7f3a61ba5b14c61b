/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-command.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbCommand:
 *
 * A step of an ad-hoc command (XEP-0050): an order, or the answer to one. It is the payload of the
 * stanza of the events `command_execute`, `command_next`, `command_prev`, `command_complete` and
 * `command_cancel`.
 */
struct _IsmbCommand
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbCommand, ismb_command, ISMB_TYPE_PAYLOAD)

static void
ismb_command_class_init (IsmbCommandClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "command", ISMB_NS_COMMANDS);
}

static void
ismb_command_init (IsmbCommand *self)
{
}

static IsmbNode *
get_node (IsmbCommand *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

/**
 * ismb_command_get_node:
 * @self: a step
 *
 * Which command it is of.
 *
 * Returns: (nullable): the command's node
 */
const char *
ismb_command_get_node (IsmbCommand *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  return ismb_node_get (get_node (self), "node");
}

/**
 * ismb_command_get_session_id:
 * @self: a step
 *
 * Which run of the command it is of.
 *
 * Returns: (nullable): the id; %NULL where it begins one
 */
const char *
ismb_command_get_session_id (IsmbCommand *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  return ismb_node_get (get_node (self), "sessionid");
}

/**
 * ismb_command_get_action:
 * @self: an order
 *
 * What is to be done.
 *
 * Returns: `execute`, where it says nothing else, `next`, `prev`, `complete` or `cancel`; or whatever
 *   stands there
 */
const char *
ismb_command_get_action (IsmbCommand *self)
{
  const char *action;

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  action = ismb_node_get (get_node (self), "action");
  return action != NULL ? action : "execute";
}

/**
 * ismb_command_get_status:
 * @self: an answer
 *
 * How far the run is.
 *
 * Returns: `executing`, `completed` or `canceled`; `completed` where it says nothing that is known
 */
const char *
ismb_command_get_status (IsmbCommand *self)
{
  const char *status;

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  status = ismb_node_get (get_node (self), "status");
  return g_strcmp0 (status, "executing") == 0 || g_strcmp0 (status, "canceled") == 0 ? status
                                                                                     : "completed";
}

static IsmbNode *
find_actions (IsmbCommand *self)
{
  return ismb_node_find (get_node (self), "actions", ISMB_NS_COMMANDS);
}

/**
 * ismb_command_list_actions:
 * @self: an answer
 *
 * What can be done now beside `cancel`, which always can: some of `prev`, `next` and `complete`.
 *
 * Returns: (transfer full): the actions; none where the run is over
 */
char **
ismb_command_list_actions (IsmbCommand *self)
{
  static const char *const known[] = { "prev", "next", "complete" };
  g_autoptr (GStrvBuilder) actions = g_strv_builder_new ();
  IsmbNode *node;

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  node = find_actions (self);
  for (gsize i = 0; node != NULL && i < G_N_ELEMENTS (known); i++)
    if (ismb_node_find (node, known[i], ISMB_NS_COMMANDS) != NULL)
      g_strv_builder_add (actions, known[i]);
  if (node == NULL && g_str_equal (ismb_command_get_status (self), "executing"))
    g_strv_builder_add (actions, "complete");
  return g_strv_builder_end (actions);
}

/**
 * ismb_command_get_default_action:
 * @self: an answer
 *
 * What `execute` does now (XEP-0050, 3.4).
 *
 * Returns: `next`, `complete` or `prev`
 */
const char *
ismb_command_get_default_action (IsmbCommand *self)
{
  IsmbNode *node;
  const char *action;

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  node = find_actions (self);
  action = node != NULL ? ismb_node_get (node, "execute") : "complete";
  return g_strcmp0 (action, "complete") == 0 || g_strcmp0 (action, "prev") == 0 ? action : "next";
}

/**
 * ismb_command_list_notes:
 * @self: an answer
 *
 * What it says to a person, each as its kind (`info`, `warn` or `error`) and its text.
 *
 * Returns: (transfer full): the notes (a(ss))
 */
GVariant *
ismb_command_list_notes (IsmbCommand *self)
{
  g_auto (GVariantBuilder) notes = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "note", ISMB_NS_COMMANDS); at != NULL;
       at = ismb_node_find_next (at, "note", ISMB_NS_COMMANDS))
    {
      const char *kind = ismb_node_get (at, "type");
      g_autofree char *text = ismb_node_dup_text (at);

      g_variant_builder_add (&notes, "(ss)", kind != NULL ? kind : "info", text);
    }
  return g_variant_ref_sink (g_variant_builder_end (&notes));
}

/**
 * ismb_command_get_form:
 * @self: a step
 *
 * The form in it: what is asked, answered or reported.
 *
 * Returns: (transfer full) (nullable): the form; %NULL where there is none
 */
IsmbForm *
ismb_command_get_form (IsmbCommand *self)
{
  IsmbNode *form;

  g_return_val_if_fail (ISMB_IS_COMMAND (self), NULL);
  form = ismb_node_find (get_node (self), "x", ISMB_NS_DATA);
  return form != NULL ? ISMB_FORM (_ismb_payload_new_view (
                            ISMB_TYPE_FORM, _ismb_payload_get_tree (ISMB_PAYLOAD (self)), form))
                      : NULL;
}
