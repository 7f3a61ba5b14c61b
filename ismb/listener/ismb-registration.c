/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.registration"

#include "config.h"
#include "ismb/listener/ismb-registration.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-penalties.h"
#include "ismb/net/ismb-caller.h"

#define CLIENTS_MAX 1000
#define MAKING "makes itself in band"
#define INSTRUCTIONS "Choose a name and a password."

struct _IsmbRegistration
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbAccounts *accounts;
  IsmbRegistrationMode mode;
  IsmbPenalties *makers;      /* who has made or tried to make one of late */
  IsmbReporter reporter;      /* or NULL */
  gpointer reporter_data;
  IsmbTree *last_word;        /* to whom an account is being removed for, or NULL */
};

static guint password_changed;

G_DEFINE_FINAL_TYPE (IsmbRegistration, ismb_registration, G_TYPE_OBJECT)

/* Whose they are nobody else may say. */
static const char *const reserved[] = { "switch", "root", NULL };

static void
ismb_registration_finalize (GObject *object)
{
  IsmbRegistration *self = ISMB_REGISTRATION (object);

  ismb_penalties_free (self->makers);
  g_clear_object (&self->accounts);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_registration_parent_class)->finalize (object);
}

static void
ismb_registration_class_init (IsmbRegistrationClass *klass)
{
  password_changed
    = g_signal_new ("password-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_POINTER);
  G_OBJECT_CLASS (klass)->finalize = ismb_registration_finalize;
}

static void
ismb_registration_init (IsmbRegistration *self)
{
  self->makers = ismb_penalties_new ();
}

/* Before its sessions are ended: who ended the account is owed an answer. */
static void
on_removed (IsmbRegistration *self)
{
  g_autoptr (IsmbFrame) frame = NULL;

  if (self->last_word == NULL)
    return;
  frame = ismb_frame_new_from_tree (self->last_word);
  ismb_routes_deliver (self->routes, frame);
}

IsmbRegistration *
ismb_registration_new (IsmbRoutes *routes, IsmbAccounts *accounts, IsmbRegistrationMode mode)
{
  IsmbRegistration *self = g_object_new (ISMB_TYPE_REGISTRATION, NULL);

  self->routes = g_object_ref (routes);
  self->accounts = g_object_ref (accounts);
  self->mode = mode;
  g_signal_connect_object (accounts, "removed", G_CALLBACK (on_removed), self, G_CONNECT_SWAPPED);
  return self;
}

void
ismb_registration_set_reporter (IsmbRegistration *self, IsmbReporter reporter, gpointer user_data)
{
  self->reporter = reporter;
  self->reporter_data = user_data;
}

/* `source` NULL: he has signed in. `condition` NULL: it was done. */
static void
report (IsmbRegistration *self, const char *name, const char *source, const char *rule,
        const char *deed, const char *condition)
{
  g_autofree char *who = g_strdup_printf ("%s@%s", name, ismb_routes_get_domain (self->routes));
  g_autofree char *outcome =
      condition != NULL ? g_strdup_printf ("%s: %s", deed, condition) : g_strdup (deed);
  const IsmbReport line = { "account", who, NULL, source, condition == NULL, rule, outcome };

  if (self->reporter != NULL)
    self->reporter (&line, self->reporter_data);
}

gboolean
ismb_registration_is_open (IsmbRegistration *self, gboolean local)
{
  return self->mode == ISMB_REGISTRATION_OPEN || (self->mode == ISMB_REGISTRATION_LOCAL && local);
}

static void
wipe_free (char *secret)
{
  if (secret == NULL)
    return;
  gnutls_memset (secret, 0, strlen (secret));
  g_free (secret);
}

/* What <username/> says, prepared; NULL: there is none, or it is none. */
static char *
parse_name (IsmbRegistration *self, const IsmbNode *query)
{
  g_autofree char *name = ismb_node_dup_child_text (query, "username", ISMB_NS_REGISTER);
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (name == NULL || *name == '\0' ||
      !ismb_address_join (name, ismb_routes_get_domain (self->routes), NULL, out, &parts, NULL))
    return NULL;
  g_string_truncate (out, parts.local);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static char *
dup_password (const IsmbNode *query)
{
  char *password = ismb_node_dup_child_text (query, "password", ISMB_NS_REGISTER);

  if (password != NULL && *password == '\0')
    g_clear_pointer (&password, g_free);
  return password;
}

static const char *
condition_of (const GError *error)
{
  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS) ||
      g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED))
    return "not-acceptable";
  g_warning ("%s", error->message);
  return g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED) ? "resource-constraint"
                                                                     : "internal-server-error";
}

/* Strangers */

/* What stands in a name that anybody may take is what everybody can tell apart. */
static gboolean
is_plain (const char *name)
{
  return name[strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

/* Whoever manages this switch is that account on the unix socket, without a password: it is not for
 * a stranger to know one of it. */
static gboolean
is_reserved (const char *name)
{
  return g_strv_contains (reserved, name) || ismb_caller_is_managers_name (name);
}

static const char *
make (IsmbRegistration *self, const char *name, const char *password, const char *source)
{
  g_autoptr (GError) error = NULL;

  if (is_reserved (name) || ismb_accounts_has (self->accounts, name))
    return "conflict";
  if (ismb_accounts_count (self->accounts, ISMB_ROLE_CLIENT) >= CLIENTS_MAX)
    return "resource-constraint";
  if (!ismb_accounts_create (self->accounts, name, password, ISMB_ROLE_CLIENT, FALSE, &error))
    return condition_of (error);
  g_message ("%s has made the account %s for itself", source, name);
  return NULL;
}

/* Each try counts, as names are guessed by it, and to make a verifier takes time. */
static const char *
set (IsmbRegistration *self, const IsmbNode *query, const char *source)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *name = parse_name (self, query);
  char *password = dup_password (query);
  const char *condition = NULL;

  if (ismb_node_find (query, "remove", ISMB_NS_REGISTER) != NULL)
    condition = "unexpected-request";
  else if (name == NULL || !is_plain (name) || password == NULL)
    condition = "not-acceptable";
  else if (!ismb_penalties_allows (self->makers, source, now))
    report (self, name, source, "limit", MAKING, condition = "resource-constraint");
  else
    {
      ismb_penalties_add (self->makers, source, now);
      condition = make (self, name, password, source);
      report (self, name, source, "registration", MAKING, condition);
    }
  wipe_free (password);
  return condition;
}

static void
add_form (IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_REGISTER);

  ismb_tree_add_leaf (reply, query, "instructions", ISMB_NS_REGISTER, INSTRUCTIONS);
  ismb_tree_add (reply, query, "username", ISMB_NS_REGISTER);
  ismb_tree_add (reply, query, "password", ISMB_NS_REGISTER);
}

IsmbFrame *
ismb_registration_take (IsmbRegistration *self, const IsmbFrame *iq, const char *source)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (iq);
  g_autoptr (IsmbTree) reply = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (reply);
  const IsmbNode *query = ismb_node_find (ismb_tree_root (tree), "query", ISMB_NS_REGISTER);
  const char *condition = NULL;

  ismb_tree_set (reply, root, "from", ismb_routes_get_domain (self->routes));
  ismb_tree_set (reply, root, "type", "result");
  ismb_tree_set (reply, root, "id", iq->id);
  if (strcmp (iq->type, "get") == 0)
    add_form (reply);
  else
    condition = set (self, query, source);
  return condition != NULL ? ismb_frame_make_error (iq, condition, NULL)
                           : ismb_frame_new_from_tree (reply);
}

/* Accounts that have signed in */

/* It is about the asker's own account, at whichever address he asks; NULL: a guest. */
static const IsmbResource *
find_asker (IsmbRegistration *self, const IsmbQuestion *question)
{
  return ismb_routes_lookup (self->routes, question->frame->from);
}

const char *
ismb_registration_get (IsmbRegistration *self, const IsmbQuestion *question, IsmbTree *reply)
{
  const IsmbResource *asker = find_asker (self, question);
  IsmbNode *query;

  if (asker == NULL)
    return "service-unavailable";
  query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_REGISTER);
  ismb_tree_add (reply, query, "registered", ISMB_NS_REGISTER);
  ismb_tree_add_leaf (reply, query, "username", ISMB_NS_REGISTER, asker->account);
  ismb_tree_add (reply, query, "password", ISMB_NS_REGISTER);
  return NULL;
}

/* Switch Control's account, and those that a program holds for as long as it runs, are not for
 * their clients to change. Nor is any for who came by a certificate: what he makes of it would
 * outlast that. */
static gboolean
may_change (IsmbRegistration *self, const IsmbResource *asker)
{
  IsmbRole role;

  return !asker->certified && ismb_accounts_get_role (self->accounts, asker->account, &role)
         && role != ISMB_ROLE_SWITCH && ismb_accounts_is_kept (self->accounts, asker->account);
}

static const char *
change_password (IsmbRegistration *self, const char *account, const char *password)
{
  g_autoptr (GError) error = NULL;
  IsmbRole role = ISMB_ROLE_CLIENT;

  ismb_accounts_get_role (self->accounts, account, &role);
  return ismb_accounts_renew (self->accounts, account, password, role, &error)
             ? NULL
             : condition_of (error);
}

static const char *
change (IsmbRegistration *self, const IsmbResource *asker, const IsmbNode *query)
{
  const char *account = asker->account;
  g_autofree char *name = parse_name (self, query);
  char *password = dup_password (query);
  const char *condition = NULL;

  if (name == NULL || password == NULL)
    condition = "bad-request";
  else if (strcmp (name, account) != 0)
    condition = "not-allowed";
  else
    condition = change_password (self, account, password);
  wipe_free (password);
  if (condition == NULL)
    report (self, account, NULL, "own account", "changes its password in band", NULL);
  if (condition == NULL)
    g_signal_emit (self, password_changed, 0, account, asker->sink);
  return condition;
}

static const char *
end (IsmbRegistration *self, const char *account, const IsmbNode *query, IsmbTree *reply)
{
  g_autofree char *name = g_strdup (account); /* its resources go with it */
  g_autoptr (GError) error = NULL;
  gboolean removed;

  if (ismb_node_find_next (ismb_node_find (query, NULL, NULL), NULL, NULL) != NULL)
    return "bad-request";
  self->last_word = reply;
  removed = ismb_accounts_remove (self->accounts, name, &error);
  self->last_word = NULL;
  if (!removed)
    return condition_of (error);
  g_message ("the account %s has removed itself", name);
  report (self, name, NULL, "own account", "removes itself in band", NULL);
  return ISMB_QUESTION_ANSWERED;
}

const char *
ismb_registration_set (IsmbRegistration *self, const IsmbQuestion *question, IsmbTree *reply)
{
  const IsmbResource *asker = find_asker (self, question);

  if (asker == NULL || !may_change (self, asker))
    return "not-allowed";
  if (ismb_node_find (question->payload, "remove", ISMB_NS_REGISTER) != NULL)
    return end (self, asker->account, question->payload, reply);
  return change (self, asker, question->payload);
}
