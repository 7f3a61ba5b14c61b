/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.ad-hoc"

#include "config.h"
#include "ismb/plugins/ismb-command-session-private.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-command-step.h"

/**
 * IsmbCommandSession:
 *
 * One run of a command that the client offers ([class@Ismb.AdHoc]): what was given, and what is to
 * be answered. Whatever is to be answered is said anew in each step, but for what happens when the
 * run is cancelled. A step that says nothing of a next one ([method@Ismb.CommandSession.set_next])
 * is the last.
 */
struct _IsmbCommandSession
{
  GObject parent_instance;
  gpointer owner; /* NULL: it let us go */
  IsmbCommandSessionCallbacks callbacks;
  char *id, *node, *action;
  IsmbJid *from;
  IsmbIq *request; /* to be answered; NULL: none is */
  IsmbForm *answer, *form;
  IsmbElement *contents; /* notes and payloads to be sent */
  IsmbCommandStep next, prev, cancel;
  gboolean has_next, allow_complete, allow_set, held;
  gint64 touched;
};

G_DEFINE_FINAL_TYPE (IsmbCommandSession, ismb_command_session, G_TYPE_OBJECT)

static void
ismb_command_session_dispose (GObject *object)
{
  IsmbCommandSession *self = ISMB_COMMAND_SESSION (object);

  ismb_command_step_clear (&self->next);
  ismb_command_step_clear (&self->prev);
  ismb_command_step_clear (&self->cancel);
  g_clear_object (&self->request);
  g_clear_object (&self->answer);
  g_clear_object (&self->form);
  g_clear_object (&self->contents);
  g_clear_object (&self->from);
  G_OBJECT_CLASS (ismb_command_session_parent_class)->dispose (object);
}

static void
ismb_command_session_finalize (GObject *object)
{
  IsmbCommandSession *self = ISMB_COMMAND_SESSION (object);

  g_free (self->id);
  g_free (self->node);
  g_free (self->action);
  G_OBJECT_CLASS (ismb_command_session_parent_class)->finalize (object);
}

static void
ismb_command_session_class_init (IsmbCommandSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_command_session_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_command_session_finalize;
}

static void
ismb_command_session_init (IsmbCommandSession *self)
{
  self->id = ismb_random_token ();
}

IsmbCommandSession *
_ismb_command_session_new (gpointer owner, const IsmbCommandSessionCallbacks *callbacks,
                           const char *node, IsmbJid *from)
{
  IsmbCommandSession *self = g_object_new (ISMB_TYPE_COMMAND_SESSION, NULL);

  self->owner = owner;
  self->callbacks = *callbacks;
  self->node = g_strdup (node);
  self->from = g_object_ref (from);
  self->touched = g_get_monotonic_time ();
  return self;
}

void
_ismb_command_session_let_go (IsmbCommandSession *self)
{
  self->owner = NULL;
  g_clear_object (&self->request);
}

gint64
_ismb_command_session_get_touched (IsmbCommandSession *self)
{
  return self->request != NULL ? g_get_monotonic_time () : self->touched;
}

gboolean
_ismb_command_session_is_busy (IsmbCommandSession *self)
{
  return self->request != NULL;
}

/* Answering */

static void
end (IsmbCommandSession *self)
{
  gpointer owner = g_steal_pointer (&self->owner);

  if (owner != NULL)
    self->callbacks.over (owner, self);
}

static void
fail (IsmbCommandSession *self, const GError *error, const char *condition)
{
  g_autoptr (IsmbIq) request = g_steal_pointer (&self->request);

  if (request != NULL && self->owner != NULL)
    self->callbacks.fail (self->owner, ISMB_STANZA (request), error, condition);
}

static void
fail_with (IsmbCommandSession *self, int code, const char *condition, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (ISMB_STANZA_ERROR, code, text);

  fail (self, error, condition);
}

static gboolean
may_complete (IsmbCommandSession *self)
{
  return self->allow_set ? self->allow_complete : !self->has_next;
}

static void
allow (IsmbElement *actions, const char *action, gboolean allowed)
{
  g_autoptr (IsmbElement) element =
      allowed ? ismb_element_add_child (actions, action, ISMB_NS_COMMANDS) : NULL;
}

static void
list_actions (IsmbCommandSession *self, IsmbElement *command)
{
  g_autoptr (IsmbElement) actions = ismb_element_add_child (command, "actions", ISMB_NS_COMMANDS);

  ismb_element_set_attribute (actions, "execute", self->has_next ? "next" : "complete");
  allow (actions, "prev", self->prev.func != NULL);
  allow (actions, "next", self->has_next);
  allow (actions, "complete", may_complete (self));
}

static IsmbElement *
make_command (IsmbCommandSession *self, const char *status)
{
  IsmbElement *command = ismb_element_new ("command", ISMB_NS_COMMANDS);
  g_autolist (IsmbElement) contents =
      self->contents != NULL ? ismb_element_list_children (self->contents) : NULL;

  ismb_element_set_attribute (command, "node", self->node);
  ismb_element_set_attribute (command, "sessionid", self->id);
  ismb_element_set_attribute (command, "status", status);
  if (g_str_equal (status, "executing"))
    list_actions (self, command);
  if (self->form != NULL)
    ismb_element_append (command, ismb_payload_get_element (ISMB_PAYLOAD (self->form)));
  for (GList *at = contents; at != NULL; at = at->next)
    ismb_element_append (command, at->data);
  return command;
}

static void
answer (IsmbCommandSession *self, gboolean cancelled)
{
  gboolean goes_on = !cancelled && self->next.func != NULL;
  g_autoptr (IsmbIq) request = g_steal_pointer (&self->request);
  g_autoptr (IsmbElement) command =
      make_command (self, goes_on ? "executing" : cancelled ? "canceled" : "completed");

  self->touched = g_get_monotonic_time ();
  if (request != NULL && self->owner != NULL)
    self->callbacks.answer (self->owner, ISMB_STANZA (request), command);
  if (!goes_on)
    end (self);
}

/* Doing */

static void
forget_step (IsmbCommandSession *self)
{
  ismb_command_step_clear (&self->next);
  ismb_command_step_clear (&self->prev);
  self->has_next = self->allow_complete = self->allow_set = FALSE;
  g_clear_object (&self->contents);
  g_clear_object (&self->form);
}

static void
fail_and_end (IsmbCommandSession *self, GError *error)
{
  g_autoptr (GError) reason = error;

  if (reason == NULL)
    reason = g_error_new_literal (ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_UNDEFINED_CONDITION,
                                  "the command failed");
  fail (self, reason, NULL);
  end (self);
}

static void
run (IsmbCommandSession *self, IsmbCommandStep *step)
{
  g_autoptr (IsmbCommandSession) held G_GNUC_UNUSED = g_object_ref (self);
  gboolean cancelled = g_str_equal (self->action, "cancel");
  GError *error = NULL;
  gboolean done = TRUE;

  self->held = FALSE;
  if (step->func != NULL)
    done = step->func (self, step->data, &error);
  if (!done)
    fail_and_end (self, error);
  else if (!self->held || cancelled)
    answer (self, cancelled);
}

static void
set_request (IsmbCommandSession *self, IsmbIq *request, const char *action)
{
  g_free (self->action);
  self->action = g_strdup (action);
  g_set_object (&self->request, request);
}

void
_ismb_command_session_begin (IsmbCommandSession *self, IsmbIq *request, IsmbCommandFunc callback,
                             gpointer user_data)
{
  IsmbCommandStep step = { callback, user_data, NULL };

  set_request (self, request, "execute");
  run (self, &step);
}

/* What `next` and `complete` bring, if it is what was asked for. */
static gboolean
take_answer (IsmbCommandSession *self, IsmbCommand *command, GError **error)
{
  g_autoptr (IsmbForm) came = ismb_command_get_form (command);

  if (came == NULL)
    came = ismb_form_new ("submit");
  if (self->form != NULL && g_str_equal (ismb_form_get_kind (self->form), "form")
      && !ismb_form_validate (self->form, came, error))
    return FALSE;
  g_set_object (&self->answer, came);
  return TRUE;
}

static gboolean
is_allowed (IsmbCommandSession *self, const char *action)
{
  if (g_str_equal (action, "next"))
    return self->has_next;
  if (g_str_equal (action, "prev"))
    return self->prev.func != NULL;
  return may_complete (self);
}

static void
go_on (IsmbCommandSession *self, IsmbCommandStep step)
{
  forget_step (self);
  run (self, &step);
  ismb_command_step_clear (&step);
}

static void
step_on (IsmbCommandSession *self, IsmbCommand *command)
{
  g_autoptr (GError) error = NULL;

  if (!is_allowed (self, self->action))
    fail_with (self, ISMB_STANZA_ERROR_BAD_REQUEST, "bad-action", "that cannot be done now");
  else if (g_str_equal (self->action, "prev"))
    go_on (self, ismb_command_step_steal (&self->prev));
  else if (take_answer (self, command, &error))
    go_on (self, ismb_command_step_steal (&self->next));
  else
    fail_with (self, ISMB_STANZA_ERROR_BAD_REQUEST, "bad-payload", error->message);
}

void
_ismb_command_session_take (IsmbCommandSession *self, IsmbIq *request, IsmbCommand *command)
{
  g_autoptr (IsmbCommandSession) held G_GNUC_UNUSED = g_object_ref (self);
  const char *action = ismb_command_get_action (command);

  if (g_str_equal (action, "execute"))
    action = self->has_next ? "next" : "complete";
  if (self->request != NULL) /* a step that takes longer */
    fail_with (self, ISMB_STANZA_ERROR_UNEXPECTED_REQUEST, NULL, "the command was cancelled");
  self->touched = g_get_monotonic_time ();
  set_request (self, request, action);
  if (g_str_equal (action, "cancel"))
    go_on (self, ismb_command_step_steal (&self->cancel));
  else
    step_on (self, command);
}

/**
 * ismb_command_session_get_id:
 * @self: a run
 *
 * Its id, which nobody else can guess.
 *
 * Returns: the id
 */
const char *
ismb_command_session_get_id (IsmbCommandSession *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_SESSION (self), NULL);
  return self->id;
}

/**
 * ismb_command_session_get_node:
 * @self: a run
 *
 * Which command is run.
 *
 * Returns: the command's node
 */
const char *
ismb_command_session_get_node (IsmbCommandSession *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_SESSION (self), NULL);
  return self->node;
}

/**
 * ismb_command_session_get_from_jid:
 * @self: a run
 *
 * Who runs it. Nobody else can go on with it.
 *
 * Returns: (transfer none): the address
 */
IsmbJid *
ismb_command_session_get_from_jid (IsmbCommandSession *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_SESSION (self), NULL);
  return self->from;
}

/**
 * ismb_command_session_get_action:
 * @self: a run
 *
 * What is to be done in this step.
 *
 * Returns: `execute` in the first one, then `next`, `prev`, `complete` or `cancel`
 */
const char *
ismb_command_session_get_action (IsmbCommandSession *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_SESSION (self), NULL);
  return self->action;
}

/**
 * ismb_command_session_get_answer:
 * @self: a run
 *
 * What the form of the step before was answered with. It has been checked against that form.
 *
 * Returns: (transfer none) (nullable): the answer; %NULL in the first step
 */
IsmbForm *
ismb_command_session_get_answer (IsmbCommandSession *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_SESSION (self), NULL);
  return self->answer;
}

/**
 * ismb_command_session_set_form:
 * @self: a run
 * @form: (nullable): of the kind `form` to ask for more, or `result` to report; %NULL for none
 *
 * Says which form this step is answered with.
 */
void
ismb_command_session_set_form (IsmbCommandSession *self, IsmbForm *form)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && (form == NULL || ISMB_IS_FORM (form)));
  g_set_object (&self->form, form);
}

static IsmbElement *
have_contents (IsmbCommandSession *self)
{
  if (self->contents == NULL)
    self->contents = ismb_element_new ("contents", ISMB_NS_COMMANDS);
  return self->contents;
}

/**
 * ismb_command_session_add_payload:
 * @self: a run
 * @payload: something that is no form; it is copied
 *
 * Adds something to what this step is answered with.
 */
void
ismb_command_session_add_payload (IsmbCommandSession *self, IsmbPayload *payload)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && ISMB_IS_PAYLOAD (payload));
  ismb_element_append (have_contents (self), ismb_payload_get_element (payload));
}

/**
 * ismb_command_session_add_note:
 * @self: a run
 * @kind: `info`, `warn` or `error`
 * @text: a sentence for a person
 *
 * Says something in this step's answer. A command that ends without having done what it should says
 * so in a note of the kind `error` (XEP-0050, 3.5).
 */
void
ismb_command_session_add_note (IsmbCommandSession *self, const char *kind, const char *text)
{
  g_autoptr (IsmbElement) note = NULL;

  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && kind != NULL && text != NULL);
  note = ismb_element_add_child (have_contents (self), "note", ISMB_NS_COMMANDS);
  ismb_element_set_attribute (note, "type", kind);
  ismb_element_set_text (note, text);
}

/**
 * ismb_command_session_set_next:
 * @self: a run
 * @callback: (scope notified) (closure user_data) (destroy destroy): does the next step
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Says that the run goes on, and with what: @callback is called when this step's form is answered.
 * It is the last step unless [method@Ismb.CommandSession.set_has_next] says otherwise.
 */
void
ismb_command_session_set_next (IsmbCommandSession *self, IsmbCommandFunc callback,
                               gpointer user_data, GDestroyNotify destroy)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && callback != NULL);
  ismb_command_step_set (&self->next, callback, user_data, destroy);
}

/**
 * ismb_command_session_set_prev:
 * @self: a run
 * @callback: (scope notified) (closure user_data) (destroy destroy): does the step before this once
 *   more
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Says that one can go back.
 */
void
ismb_command_session_set_prev (IsmbCommandSession *self, IsmbCommandFunc callback,
                               gpointer user_data, GDestroyNotify destroy)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && callback != NULL);
  ismb_command_step_set (&self->prev, callback, user_data, destroy);
}

/**
 * ismb_command_session_set_cancel:
 * @self: a run
 * @callback: (scope notified) (closure user_data) (destroy destroy): called when the run is cancelled
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Says what is to be done when the run is cancelled, in whichever step. A run that its user forgets
 * about is not cancelled but expires, and then @destroy alone is called.
 */
void
ismb_command_session_set_cancel (IsmbCommandSession *self, IsmbCommandFunc callback,
                                 gpointer user_data, GDestroyNotify destroy)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self) && callback != NULL);
  ismb_command_step_set (&self->cancel, callback, user_data, destroy);
}

/**
 * ismb_command_session_set_has_next:
 * @self: a run
 * @has_next: whether more steps come behind the next one
 *
 * Says whether this step is answered with `next`, or with `complete`, which is what counts where
 * nothing is said.
 */
void
ismb_command_session_set_has_next (IsmbCommandSession *self, gboolean has_next)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self));
  self->has_next = has_next;
}

/**
 * ismb_command_session_set_allow_complete:
 * @self: a run
 * @allow_complete: whether all the steps that would come can be left out
 *
 * Says whether this step can be answered with `complete`; where nothing is said, only the last one
 * can.
 */
void
ismb_command_session_set_allow_complete (IsmbCommandSession *self, gboolean allow_complete)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self));
  self->allow_complete = allow_complete;
  self->allow_set = TRUE;
}

/**
 * ismb_command_session_hold:
 * @self: a run
 *
 * In a step: it takes longer, and is answered with [method@Ismb.CommandSession.release].
 */
void
ismb_command_session_hold (IsmbCommandSession *self)
{
  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self));
  self->held = TRUE;
}

/**
 * ismb_command_session_release:
 * @self: a run that is held
 * @error: (nullable): why it failed, which is answered, and the run is over; %NULL: it did not
 *
 * Answers a step that took longer. Nothing happens where nobody waits for that any more.
 */
void
ismb_command_session_release (IsmbCommandSession *self, const GError *error)
{
  g_autoptr (IsmbCommandSession) held = NULL;

  g_return_if_fail (ISMB_IS_COMMAND_SESSION (self));
  held = g_object_ref (self);
  if (!self->held || self->request == NULL)
    return;
  self->held = FALSE;
  if (error != NULL)
    fail_and_end (self, g_error_copy (error));
  else
    answer (self, FALSE);
}
