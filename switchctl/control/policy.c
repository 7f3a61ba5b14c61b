/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.policy"
#include "config.h"
#include "switchctl/control/policy.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-peer.h"
#include "ismb/core/ismb-stanza-private.h"
#include "switchctl/control/roles.h"

#define ROLE_MS 10000
#define BUILT_IN "built-in" /* the rule that holds where no file decides */

struct _SwitchPolicy
{
  GObject parent_instance;
  IsmbClient *client; /* weak */
  char *domain;
  gboolean trust_open;
  char *vr;
  SwitchEngine *engine;
  SwitchPolicyFile *file; /* NULL: the built-in policy */
  SwitchRoles *roles;
  guint epoch;        /* counts what made us forget roles: an answer from before it is not kept */
  guint handlers[3];
};

/* A question that waits for its role: the data of the task. */
typedef struct
{
  IsmbJid *from;
  SwitchDeed deed;
  GStrv objects;
  guint epoch;
  char *role; /* as it was told; NULL: nobody was asked */
  char *rule; /* what decided, once the check is finished; NULL: no file did */
} Question;

G_DEFINE_FINAL_TYPE (SwitchPolicy, switch_policy, G_TYPE_OBJECT)

static void
switch_policy_dispose (GObject *object)
{
  SwitchPolicy *self = SWITCH_POLICY (object);

  for (gsize i = 0; self->client != NULL && i < G_N_ELEMENTS (self->handlers); i++)
    ismb_client_remove_event_handler (self->client, self->handlers[i]);
  g_clear_weak_pointer (&self->client);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (switch_policy_parent_class)->dispose (object);
}

static void
switch_policy_finalize (GObject *object)
{
  SwitchPolicy *self = SWITCH_POLICY (object);

  switch_roles_free (self->roles);
  g_clear_pointer (&self->file, switch_policy_file_unref);
  g_free (self->domain);
  g_free (self->vr);
  G_OBJECT_CLASS (switch_policy_parent_class)->finalize (object);
}

static void
switch_policy_class_init (SwitchPolicyClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_policy_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_policy_finalize;
}

static void
switch_policy_init (SwitchPolicy *self)
{
  self->roles = switch_roles_new ();
}

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->from);
  g_strfreev (question->objects);
  g_free (question->role);
  g_free (question->rule);
  g_free (question);
}

/* Verdicts */

/* What holds where no file is configured: operators and switches may do everything. */
static SwitchVerdict *
decide_built_in (const SwitchPolicyCase *one)
{
  gboolean allowed = g_strcmp0 (one->role, "operator") == 0 || g_strcmp0 (one->role, "switch") == 0;
  g_autofree char *why = g_strdup_printf ("the role \"%s\" %s it", one->role,
                                          allowed ? "allows" : "does not allow");

  return switch_verdict_new (allowed, why);
}

/* What the rules see of an object; a command that the engine does not know has no words, and will
 * not be executed. */
static GStrv
split_object (SwitchPolicy *self, SwitchDeed deed, const char *object)
{
  GStrv words;

  if (deed == SWITCH_DEED_WRITE)
    return g_strsplit (object, "/", -1);
  words = switch_engine_resolve (self->engine, object, NULL);
  return words != NULL ? words : g_new0 (char *, 1);
}

static SwitchVerdict *
decide (SwitchPolicy *self, const Question *question, const char *role, const char *object)
{
  const SwitchPolicyRules *rules
    = self->file != NULL ? switch_policy_file_get_rules (self->file) : NULL;
  g_auto (GStrv) words = split_object (self, question->deed, object);
  const SwitchPolicyCase one = {
    .from = question->from,
    .role = role,
    .vr = self->vr,
    .deed = question->deed,
    .words = (const char *const *) words,
  };

  return rules != NULL ? switch_policy_rules_decide (rules, &one) : decide_built_in (&one);
}

static SwitchVerdict *
decide_all (SwitchPolicy *self, const Question *question, const char *role)
{
  SwitchVerdict *verdict = NULL;

  for (char **object = question->objects; *object != NULL; object++)
    {
      g_clear_pointer (&verdict, switch_verdict_free);
      verdict = decide (self, question, role, *object);
      if (!verdict->allowed)
        break;
    }
  return verdict != NULL ? verdict : switch_verdict_new (TRUE, "there is nothing to do");
}

/* Whom nobody asks for a role: strangers, and all in a laboratory, where names prove nothing. NULL:
 * the rules decide. */
static const char *
find_fault (SwitchPolicy *self, IsmbJid *from)
{
  const char *domain = ismb_jid_get_domain (from);
  g_autoptr (GHashTable) members = NULL;

  if (self->trust_open)
    return "trust=open lets nobody";
  if (self->client == NULL)
    return "Switch Control is going away";
  if (g_str_equal (domain, self->domain))
    return NULL;
  members = ismb_client_get_peer_domains (self->client, FALSE);
  if (members != NULL && g_hash_table_contains (members, domain))
    return NULL;
  return "its switch is no member of this fabric";
}

/* Roles */

static void
forget (SwitchPolicy *self, const char *domain)
{
  self->epoch++;
  switch_roles_forget (self->roles, domain);
}

static void
on_peer_changed (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  SwitchPolicy *self = user_data;

  if (!ISMB_IS_PEER (payload))
    forget (self, NULL);
  else if (g_str_equal (event, "peer_lost")
           || ismb_peer_get_link (ISMB_PEER (payload)) != ISMB_LINK_STATE_UP
           || ismb_peer_get_trust (ISMB_PEER (payload)) != ISMB_TRUST_MEMBER)
    forget (self, ismb_peer_get_domain (ISMB_PEER (payload)));
}

/* Our own stream is the way all roles come; what happened while it was cut nobody told us. */
static void
on_disconnected (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  forget (user_data, NULL);
}

/* Our own listener is always there to be asked, and no link to it can drop. */
static void
keep_role (SwitchPolicy *self, IsmbJid *from, const char *role)
{
  if (!g_str_equal (ismb_jid_get_domain (from), self->domain))
    switch_roles_keep (self->roles, from, role, g_get_monotonic_time ());
}

static const char *
role_in (IsmbIq *answer)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (answer)));
  IsmbNode *element = ismb_node_find (root, "role", ISMB_NS_ROLE);
  const char *role = element != NULL ? ismb_node_get (element, "role") : NULL;

  return role != NULL ? role : "none";
}

static void
return_verdict (GTask *task, SwitchVerdict *verdict)
{
  g_task_return_pointer (task, verdict, (GDestroyNotify) switch_verdict_free);
}

static void
return_decision (GTask *task, const char *role)
{
  Question *question = g_task_get_task_data (task);

  question->role = g_strdup (role);
  return_verdict (task, decide_all (g_task_get_source_object (task), question, role));
}

static void
on_role (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, NULL);
  SwitchPolicy *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);

  if (answer == NULL)
    {
      return_verdict (task, switch_verdict_new (FALSE, "its switch does not tell its role"));
      return;
    }
  if (question->epoch == self->epoch)
    keep_role (self, question->from, role_in (answer));
  return_decision (task, role_in (answer));
}

static void
ask_for_role (GTask *task)
{
  SwitchPolicy *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  g_autoptr (IsmbJid) listener
    = ismb_jid_new_from_parts (NULL, ismb_jid_get_domain (question->from), NULL, NULL);
  g_autoptr (IsmbIq) iq = ismb_iq_new (listener, "get");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *element = ismb_tree_add (tree, ismb_tree_root (tree), "role", ISMB_NS_ROLE);

  ismb_tree_set (tree, element, "jid", ismb_jid_get_full (question->from));
  ismb_client_query_async (self->client, iq, ROLE_MS, g_task_get_cancellable (task), on_role,
                             g_object_ref (task));
}

static void
start (SwitchPolicy *self, GTask *task, const char *role)
{
  Question *question = g_task_get_task_data (task);
  const char *fault = find_fault (self, question->from);

  if (fault == NULL && role == NULL)
    role = switch_roles_lookup (self->roles, question->from, g_get_monotonic_time ());
  if (fault != NULL)
    return_verdict (task, switch_verdict_new (FALSE, fault));
  else if (role != NULL)
    return_decision (task, role);
  else
    ask_for_role (task);
}

void
switch_policy_judge_async (SwitchPolicy *self, IsmbJid *from, const char *role, SwitchDeed deed,
                           const char *const *objects, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->from = g_object_ref (from);
  question->deed = deed;
  question->objects = g_strdupv ((char **) objects);
  question->epoch = self->epoch;
  g_task_set_source_tag (task, switch_policy_judge_async);
  g_task_set_task_data (task, question, question_free);
  start (self, task, role);
}

SwitchVerdict *
switch_policy_judge_finish (SwitchPolicy *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

GStrv
switch_policy_resolve (SwitchPolicy *self, const char *command)
{
  return switch_engine_resolve (self->engine, command, NULL);
}

void
switch_policy_check_async (SwitchPolicy *self, IsmbJid *from, SwitchDeed deed,
                           const char *const *objects, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  switch_policy_judge_async (self, from, NULL, deed, objects, cancellable, callback, user_data);
}

static Question *
question_of (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result));
}

/* Where to look for what decided; NULL: in no file. */
static char *
locate_rule (const SwitchVerdict *verdict)
{
  if (verdict->rule == NULL)
    return g_strdup (verdict->file);
  return g_strdup_printf ("%s:%u %s", verdict->file, verdict->line, verdict->rule);
}

gboolean
switch_policy_check_finish (SwitchPolicy *self, GAsyncResult *result, GError **error)
{
  Question *question = question_of (result);
  g_autoptr (SwitchVerdict) verdict = switch_policy_judge_finish (self, result, error);

  if (verdict == NULL)
    return FALSE;
  question->rule = locate_rule (verdict);
  if (verdict->allowed)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "%s may not %s here: %s",
               ismb_jid_get_full (question->from),
               question->deed == SWITCH_DEED_RUN ? "run commands" : "write files", verdict->why);
  return FALSE;
}

const char *
switch_policy_get_role (GAsyncResult *result)
{
  const char *role = question_of (result)->role;

  return role != NULL ? role : "";
}

const char *
switch_policy_get_rule (GAsyncResult *result)
{
  const char *rule = question_of (result)->rule;

  return rule != NULL ? rule : BUILT_IN;
}

SwitchPolicy *
switch_policy_new (IsmbClient *client, const char *domain, SwitchEngine *engine,
                   SwitchPolicyFile *file, gboolean trust_open)
{
  static const char *const events[] = { "peer_changed", "peer_lost" };
  SwitchPolicy *self = g_object_new (SWITCH_TYPE_POLICY, NULL);

  g_set_weak_pointer (&self->client, client);
  self->domain = g_strdup (domain);
  self->vr = g_strdup (ismb_client_get_vr (client));
  self->engine = g_object_ref (engine);
  self->file = file != NULL ? switch_policy_file_ref (file) : NULL;
  self->trust_open = trust_open;
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    self->handlers[i]
      = ismb_client_add_event_handler (client, events[i],
                                       ISMB_EVENT_DEFAULT, on_peer_changed, self, NULL);
  self->handlers[2]
    = ismb_client_add_event_handler (client, "disconnected",
                                     ISMB_EVENT_DEFAULT, on_disconnected, self, NULL);
  return self;
}
