/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control"
#include "config.h"
#include "switchctl/control/switch-control.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/transfer/ismb-receiver.h"
#include "switchctl/control/command-list.h"
#include "switchctl/control/doorman.h"
#include "switchctl/control/python-list.h"

/* How many lists wait or run: one sender's must not keep out all others' */
#define LISTS_MAX 32
#define LISTS_OF_OTHERS_MAX 24 /* the rest is kept for accounts of this switch */
#define LISTS_UNPROVEN_MAX 8 /* of an account, and of another domain, that policy has not allowed  \
                              */
#define LISTS_OF_STRANGERS_MAX 16 /* the same of all other domains together */

#define ACCOUNT "switch"
#define SUBJECT "command"

struct _SwitchControl
{
  IsmbClient parent_instance;
  char *domain;
  SwitchEngine *engine;
  SwitchPolicy *policy;
  SwitchWitness *witness; /* or NULL */
  IsmbReceiver *receiver;
  GCancellable *cancellable; /* ends what runs when we go */
  GQueue orders;             /* in the order they came; of each account the first is at work */
};

/* A list of commands on its way from message to answer. Its callbacks hold it, and not us. */
typedef struct
{
  SwitchControl *control; /* NULL: gone */
  IsmbMessage *request;
  IsmbJid *from;
  IsmbJid *account; /* the sender's bare JID */
  GStrv commands;
  gboolean proven; /* policy allowed one of this account's that is still here */
  gint64 record;   /* the witness's, once allowed */
} Order;

G_DEFINE_FINAL_TYPE (SwitchControl, switch_control, ISMB_TYPE_CLIENT)

static void
order_clear (Order *order)
{
  g_clear_object (&order->request);
  g_clear_object (&order->from);
  g_clear_object (&order->account);
  g_strfreev (order->commands);
}

static void
order_unref (Order *order)
{
  g_rc_box_release_full (order, (GDestroyNotify) order_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Order, order_unref)

/* Witnessing */

static SwitchTestimony
testimony_of (IsmbMessage *request, const char *role, const char *rule, gboolean allowed)
{
  SwitchTestimony testimony = {
    .kind = "commands",
    .from = ismb_stanza_get_from_jid (ISMB_STANZA (request)),
    .role = role,
    .what = ismb_message_get_body (request),
    .size = -1,
    .allowed = allowed,
    .rule = rule,
  };

  return testimony;
}

static void
witness_refusal (SwitchControl *self, IsmbMessage *request, const char *role, const char *rule)
{
  SwitchTestimony testimony = testimony_of (request, role, rule, FALSE);

  if (self->witness != NULL)
    switch_witness_decided (self->witness, &testimony, NULL, NULL);
}

static void
witness_end (Order *order, const char *outcome)
{
  if (order->record == 0)
    return;
  switch_witness_ended (order->control->witness, order->record, outcome);
  order->record = 0;
}

static void
leave (gpointer data)
{
  Order *order = data;

  witness_end (order, "cancelled: Switch Control was stopped");
  order->control = NULL;
  order_unref (order);
}

/* The receiver's threads may hold it for a while: disposed of, it tells nothing any more. */
void
switch_control_stop (SwitchControl *self)
{
  g_queue_clear_full (&self->orders, leave);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->receiver != NULL)
    g_object_run_dispose (G_OBJECT (self->receiver));
  g_clear_object (&self->receiver);
  g_clear_object (&self->witness);
  g_clear_object (&self->policy);
  g_clear_object (&self->engine);
}

static void
switch_control_dispose (GObject *object)
{
  switch_control_stop (SWITCH_CONTROL (object));
  G_OBJECT_CLASS (switch_control_parent_class)->dispose (object);
}

static void
switch_control_finalize (GObject *object)
{
  SwitchControl *self = SWITCH_CONTROL (object);

  g_free (self->domain);
  G_OBJECT_CLASS (switch_control_parent_class)->finalize (object);
}

static void
answer (SwitchControl *self, IsmbMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_client_send (ISMB_CLIENT (self), ISMB_STANZA (message), &error))
    g_message ("an answer got lost: %s", error->message);
}

/* Orders */

static Order *
first_of (SwitchControl *self, IsmbJid *account)
{
  for (GList *link = self->orders.head; link != NULL; link = link->next)
    if (ismb_jid_equal (((Order *) link->data)->account, account))
      return link->data;
  return NULL;
}

static void start (Order *order);

typedef struct
{
  guint of_account, of_domain; /* unproven */
  guint of_strangers;          /* of all other switches, unproven */
  guint of_others;             /* the same, proven or not */
} Tally;

static Tally
count_orders (SwitchControl *self, IsmbJid *account)
{
  const char *domain = ismb_jid_get_domain (account);
  Tally tally = { 0 };

  for (GList *link = self->orders.head; link != NULL; link = link->next)
    {
      const Order *order = link->data;
      const char *from = ismb_jid_get_domain (order->account);
      gboolean other = !g_str_equal (from, self->domain);

      tally.of_account += !order->proven && ismb_jid_equal (order->account, account);
      tally.of_domain += !order->proven && g_str_equal (from, domain);
      tally.of_strangers += !order->proven && other;
      tally.of_others += other;
    }
  return tally;
}

/* For one more of that account. */
static gboolean
has_room (SwitchControl *self, IsmbJid *account)
{
  gboolean ours = g_str_equal (ismb_jid_get_domain (account), self->domain);
  const Order *first = first_of (self, account);
  Tally tally = count_orders (self, account);

  if (self->orders.length >= LISTS_MAX || (!ours && tally.of_others >= LISTS_OF_OTHERS_MAX))
    return FALSE;
  if (first != NULL && first->proven)
    return TRUE;
  return tally.of_account < LISTS_UNPROVEN_MAX
         && (ours
             || (tally.of_domain < LISTS_UNPROVEN_MAX
                 && tally.of_strangers < LISTS_OF_STRANGERS_MAX));
}

static void
prove (SwitchControl *self, IsmbJid *account)
{
  for (GList *link = self->orders.head; link != NULL; link = link->next)
    {
      Order *order = link->data;

      if (ismb_jid_equal (order->account, account))
        order->proven = TRUE;
    }
}

/* Answers, and lets the account's next one work. */
static void
finish (Order *order, IsmbMessage *message)
{
  SwitchControl *self = order->control;
  Order *next;

  answer (self, message);
  g_queue_remove (&self->orders, order);
  next = first_of (self, order->account);
  order->control = NULL;
  order_unref (order);
  if (next != NULL)
    start (next);
}

static void
on_list_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (IsmbMessage) message = switch_command_list_run_finish (result, NULL);
  g_autofree char *outcome = switch_command_list_dup_outcome (result);

  if (order->control == NULL)
    return;
  witness_end (order, outcome);
  if (message != NULL)
    finish (order, message);
}

static void
refuse (Order *order, const char *why)
{
  g_autoptr (IsmbMessage) message = switch_answer_failure (order->request, "forbidden", why);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "ISMB_FROM", ismb_jid_get_full (order->from),
                    "MESSAGE", "commands refused: %s", why);
  finish (order, message);
}

static void
run (Order *order)
{
  switch_command_list_run_async (order->request, (const char *const *) order->commands,
                                 order->control->engine, order->control->cancellable, on_list_run,
                                 g_rc_box_acquire (order));
}

static void
on_witnessed (const GError *error, gpointer user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (IsmbMessage) message = NULL;

  if (order->control == NULL)
    return;
  if (error == NULL)
    {
      run (order);
      return;
    }
  order->record = 0;
  message = switch_answer_failure (
      order->request, "internal-server-error",
      "nothing runs here that cannot be written down: see this switch's log");
  finish (order, message);
}

static void
witness_and_run (Order *order, const char *role, const char *rule)
{
  SwitchTestimony testimony = testimony_of (order->request, role, rule, TRUE);

  if (order->control->witness == NULL)
    run (order);
  else
    order->record = switch_witness_decided (order->control->witness, &testimony, on_witnessed,
                                            g_rc_box_acquire (order));
}

static void
on_policy_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (GError) error = NULL;
  gboolean allowed = switch_policy_check_finish (SWITCH_POLICY (source), result, &error);

  if (order->control == NULL)
    return;
  if (!allowed)
    {
      witness_refusal (order->control, order->request, switch_policy_get_role (result),
                       switch_policy_get_rule (result));
      refuse (order, error->message);
      return;
    }
  prove (order->control, order->account);
  witness_and_run (order, switch_policy_get_role (result), switch_policy_get_rule (result));
}

static void
start (Order *order)
{
  switch_policy_check_async (order->control->policy, order->from, SWITCH_DEED_RUN,
                             (const char *const *) order->commands, order->control->cancellable,
                             on_policy_checked, g_rc_box_acquire (order));
}

static void
take_order (SwitchControl *self, IsmbMessage *request, GStrv commands)
{
  Order *order = g_rc_box_new0 (Order);
  const Order *first;

  order->control = self;
  order->request = g_object_ref (request);
  order->from = g_object_ref (ismb_stanza_get_from_jid (ISMB_STANZA (request)));
  order->account = ismb_jid_to_bare (order->from);
  order->commands = commands;
  first = first_of (self, order->account);
  order->proven = first != NULL && first->proven;
  g_queue_push_tail (&self->orders, order);
  if (first == NULL)
    start (order);
}

/* Messages */

static gboolean
is_command (IsmbMessage *message)
{
  return g_str_equal (ismb_stanza_get_stanza_type (ISMB_STANZA (message)), "normal")
         && g_strcmp0 (ismb_message_get_subject (message), SUBJECT) == 0
         && ismb_message_get_body (message) != NULL
         && ismb_stanza_get_from_jid (ISMB_STANZA (message)) != NULL;
}

static void
switch_control_message (IsmbClient *client, IsmbMessage *message)
{
  SwitchControl *self = SWITCH_CONTROL (client);
  g_autoptr (IsmbMessage) error_answer = NULL;
  g_auto (GStrv) commands = NULL;
  g_autoptr (IsmbJid) account = NULL;
  const char *body = ismb_message_get_body (message);

  if (!is_command (message) || self->policy == NULL)
    return;
  account = ismb_jid_to_bare (ismb_stanza_get_from_jid (ISMB_STANZA (message)));
  commands = switch_python_list_parse (body, strlen (body), NULL);
  if (commands == NULL)
    error_answer = switch_answer_syntax_error (message);
  else if (!has_room (self, account))
    error_answer
      = switch_answer_failure (message, "resource-constraint", "too many commands wait already");
  if (error_answer != NULL)
    {
      witness_refusal (self, message, NULL,
                       commands == NULL ? SWITCH_RULE_SYNTAX : SWITCH_RULE_LIMIT);
      answer (self, error_answer);
    }
  else
    take_order (self, message, g_steal_pointer (&commands));
}

/* Whoever subscribed sees now where files can be sent. */
static void
on_roster_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  IsmbClient *client = ISMB_CLIENT (source);
  g_autoptr (GError) error = NULL;

  if (!ismb_client_fetch_roster_finish (client, result, &error)
      || !ismb_client_send_presence (client, NULL, NULL, &error))
    g_info ("presence was not sent: %s", error->message);
}

/* The roster first: how many may still subscribe depends on those who did before. */
static void
switch_control_session_start (IsmbClient *client)
{
  ismb_client_fetch_roster_async (client, SWITCH_CONTROL (client)->cancellable, on_roster_fetched,
                                  NULL);
}

static void
switch_control_class_init (SwitchControlClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_control_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_control_finalize;
  ISMB_CLIENT_CLASS (klass)->message = switch_control_message;
  ISMB_CLIENT_CLASS (klass)->session_start = switch_control_session_start;
}

static void
switch_control_init (SwitchControl *self)
{
  self->cancellable = g_cancellable_new ();
}

static void
on_received (IsmbReceiver *receiver, IsmbJid *from, const char *name, guint64 bytes,
             const char *outcome, gpointer user_data)
{
  g_autofree char *printable = g_strescape (name, NULL);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "ISMB_FROM", ismb_jid_get_full (from),
                    "ISMB_FILE", printable, "ISMB_OUTCOME", outcome, "MESSAGE",
                    "file \"%s\" of %" G_GUINT64_FORMAT " bytes from %s: %s", printable, bytes,
                    ismb_jid_get_full (from), outcome);
}

gboolean
switch_control_serve (SwitchControl *self, const char *domain, SwitchEngine *engine,
                      const char *files_root, SwitchPolicyFile *policy_file, gboolean trust_open,
                      GError **error)
{
  g_autoptr (SwitchPolicy) policy
    = switch_policy_new (ISMB_CLIENT (self), domain, engine, policy_file, trust_open);
  g_autoptr (SwitchDoorman) doorman = switch_doorman_new (policy, self->witness);

  self->receiver = ismb_receiver_new (ISMB_CLIENT (self), files_root, ISMB_GATE (doorman), error);
  if (self->receiver == NULL)
    return FALSE;
  g_signal_connect (self->receiver, "received", G_CALLBACK (on_received), NULL);
  self->policy = g_steal_pointer (&policy);
  self->engine = g_object_ref (engine);
  self->domain = g_strdup (domain);
  return TRUE;
}

void
switch_control_set_witness (SwitchControl *self, SwitchWitness *witness)
{
  g_return_if_fail (self->policy == NULL);
  g_set_object (&self->witness, witness);
}

SwitchControl *
switch_control_new (const char *password, const char *vr, const char *runtime_dir,
                    const char *domain, SwitchEngine *engine, SwitchWitness *witness,
                    const char *files_root, SwitchPolicyFile *policy_file, gboolean trust_open,
                    GError **error)
{
  g_autoptr (SwitchControl) self
    = g_object_new (SWITCH_TYPE_CONTROL, "name", ACCOUNT, "password", password, "vr", vr,
                    "runtime-dir", runtime_dir, "auto-subscribe", FALSE, NULL);

  switch_control_set_witness (self, witness);
  if (!switch_control_serve (self, domain, engine, files_root, policy_file, trust_open, error))
    return NULL;
  return g_steal_pointer (&self);
}

SwitchPolicy *
switch_control_get_policy (SwitchControl *self)
{
  return self->policy;
}
