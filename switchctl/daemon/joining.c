/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.joining"

#include "config.h"
#include "switchctl/daemon/joining.h"

#include "ismb/core/ismb-error.h"
#include "switchctl/daemon/accepted.h"
#include "switchctl/daemon/join-calls.h"
#include "switchctl/daemon/join-file.h"
#include "switchctl/daemon/join-round.h"

#define SOON_MS 200      /* those who are found come in crowds */
#define GAP_SECONDS 1    /* between rounds that discovery asks for */
#define DELAY_MAX 30     /* seconds between rounds */
#define WAITING_MAX 5    /* the same where all that is missing is somebody's approval */
#define REFUSED_DELAY 60 /* after a refusal, which somebody may take back */

struct _SwitchJoining
{
  GObject parent_instance;

  const SwitchConfig *config;
  IsmbFabric *fabric;
  GPtrArray *vrs;

  IsmbToken *file_token; /* or NULL */
  char *accepted;        /* or NULL */
  gboolean left;         /* a person took us out: the image's word does not count */
  IsmbToken *token;      /* of a call, or NULL */
  SwitchJoinCalls calls;

  GCancellable *round;   /* while one runs */
  gboolean once_more;    /* somebody was found meanwhile */
  gint64 round_began;    /* monotonic */
  guint timer;           /* of the next one */
  guint delay;           /* seconds */
  SwitchJoiningState state;
  char *why_not;         /* we are not in after the last round, or NULL */
};

G_DEFINE_FINAL_TYPE (SwitchJoining, switch_joining, G_TYPE_OBJECT)

/* What to join with. */
typedef struct
{
  const char *ca_hash; /* NULL: nothing */
  const IsmbToken *token;
} Ground;

static void look (SwitchJoining *self);
static void look_anew (SwitchJoining *self);

static void
switch_joining_dispose (GObject *object)
{
  SwitchJoining *self = SWITCH_JOINING (object);

  switch_joining_stop (self);
  g_clear_object (&self->fabric);
  G_OBJECT_CLASS (switch_joining_parent_class)->dispose (object);
}

static void
switch_joining_finalize (GObject *object)
{
  SwitchJoining *self = SWITCH_JOINING (object);

  g_clear_pointer (&self->file_token, ismb_token_free);
  g_clear_pointer (&self->token, ismb_token_free);
  switch_join_calls_clear (&self->calls);
  g_free (self->accepted);
  g_free (self->why_not);
  G_OBJECT_CLASS (switch_joining_parent_class)->finalize (object);
}

static void
switch_joining_class_init (SwitchJoiningClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_joining_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_joining_finalize;
}

/* --- what there is to join with --- */

static gboolean
is_revoked (SwitchJoining *self)
{
  IsmbIdentity *identity = ismb_fabric_get_identity (self->fabric);

  return ismb_fabric_is_revoked (self->fabric, ismb_identity_get_full_id (identity));
}

/* A person's word before the image's: a token that has ended must not keep out whom somebody
 * approves. */
static Ground
find_ground (SwitchJoining *self)
{
  if (self->token != NULL)
    return (Ground){ self->token->ca_hash, self->token };
  if (self->accepted != NULL)
    return (Ground){ self->accepted, NULL };
  if (!self->left && self->file_token != NULL)
    return (Ground){ self->file_token->ca_hash, self->file_token };
  return (Ground){ self->left ? NULL : self->config->ca_hash, NULL };
}

static gboolean
is_of_other_fabric (SwitchJoining *self, const char *ca_hash)
{
  const char *id = ismb_fabric_get_id (self->fabric);

  return id != NULL && g_ascii_strcasecmp (id, ca_hash) != 0;
}

/* Who is a member needs nothing more, unless a token is to add a virtual router. */
static gboolean
is_all_in (SwitchJoining *self)
{
  return ismb_fabric_is_member (self->fabric)
         && (self->token == NULL || !ismb_fabric_lacks_vr (self->fabric));
}

/* One whose certificate has ended needs to come in again. */
static gboolean
is_wanted (SwitchJoining *self, const Ground *ground)
{
  return ground->ca_hash != NULL && ismb_fabric_get_mode (self->fabric) == ISMB_FABRIC_CLOSED
         && !is_all_in (self) && !is_revoked (self)
         && !is_of_other_fabric (self, ground->ca_hash);
}

/* --- who waits --- */

static void
drop_token_without_call (SwitchJoining *self)
{
  if (!switch_join_calls_have_token (&self->calls))
    g_clear_pointer (&self->token, ismb_token_free);
}

static void
answer_all (SwitchJoining *self, gboolean by_token, gboolean joined, const GError *error)
{
  switch_join_calls_answer (&self->calls, by_token, joined, error);
  drop_token_without_call (self);
}

static GError *
explain (gpointer owner)
{
  SwitchJoining *self = owner;
  guint seen = switch_join_round_count_seen (self->vrs);

  if (self->state == SWITCH_JOINING_WAITING)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                        "a registrar was found, and gave no certificate in time: try again");
  if (seen == 0)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                        "no other switch at all is seen: is this one on the link of the fabric, and "
                        "does the link carry multicast? `switchctl peers` lists who is seen");
  return g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                      "%u %s seen, and none could let this one into the fabric “%s” (CA %.8s…): %s",
                      seen, seen == 1 ? "switch is" : "switches are", self->token->fabric,
                      self->token->ca_hash,
                      self->why_not != NULL ? self->why_not : "they did not answer in time");
}

static void
on_gave_up (gboolean by_token, gpointer owner)
{
  SwitchJoining *self = owner;

  drop_token_without_call (self);
  if (by_token && self->token == NULL)
    look_anew (self);
}

static void
switch_joining_init (SwitchJoining *self)
{
  switch_join_calls_init (&self->calls, explain, on_gave_up, G_OBJECT (self));
  self->delay = 1;
}

/* --- rounds --- */

static gboolean
on_timer (gpointer user_data)
{
  SwitchJoining *self = user_data;

  self->timer = 0;
  look (self);
  return G_SOURCE_REMOVE;
}

static void
look_in (SwitchJoining *self, guint ms)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (ms, on_timer, self);
}

/* Who announces himself again and again is no reason to ask all others as often. */
static guint
soon_ms (SwitchJoining *self)
{
  gint64 ready = self->round_began + GAP_SECONDS * G_USEC_PER_SEC;

  return (guint) MAX ((ready - g_get_monotonic_time ()) / 1000, SOON_MS);
}

static void
look_later (SwitchJoining *self)
{
  self->delay = MIN (self->delay,
                     self->state == SWITCH_JOINING_WAITING ? WAITING_MAX : DELAY_MAX);
  if (self->once_more)
    look_in (self, soon_ms (self));
  else
    look_in (self, self->delay * 1000);
  self->delay *= 2;
}

static void
set_why_not (SwitchJoining *self, const GError *error)
{
  g_free (self->why_not);
  self->why_not = error != NULL ? g_strdup (error->message) : NULL;
}

/* The same once a minute would be noise. */
static void
complain (SwitchJoining *self, const GError *error)
{
  if (g_strcmp0 (error->message, self->why_not) != 0)
    g_warning ("cannot join the fabric: %s; trying again each %d s", error->message,
               REFUSED_DELAY);
  set_why_not (self, error);
}

/* The end for a call. For what the image says it is not: the invitation may be extended. */
static void
on_refused (SwitchJoining *self, gboolean by_token, const GError *error)
{
  self->state = SWITCH_JOINING_LOOKING;
  answer_all (self, by_token, FALSE, error);
  if (by_token)
    {
      self->delay = 1;
      set_why_not (self, NULL);
      look (self);
      return;
    }
  complain (self, error);
  look_in (self, self->once_more ? soon_ms (self) : REFUSED_DELAY * 1000);
}

static void
on_round_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SwitchJoining) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean joined = switch_join_round_finish (result, &error);
  gboolean by_token = self->token != NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->round);
  if (joined)
    return; /* the fabric has told */
  if (error != NULL && !g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    {
      on_refused (self, by_token, error);
      return;
    }
  set_why_not (self, error);
  g_debug ("not joined yet: %s", error != NULL ? error->message : "waiting to be approved");
  self->state = error == NULL ? SWITCH_JOINING_WAITING : SWITCH_JOINING_LOOKING;
  look_later (self);
}

static void
stop_round (SwitchJoining *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->round != NULL)
    g_cancellable_cancel (self->round);
  g_clear_object (&self->round);
}

/* One round, unless there is nothing to join with. */
static void
look (SwitchJoining *self)
{
  Ground ground = find_ground (self);

  stop_round (self);
  self->once_more = FALSE;
  if (!is_wanted (self, &ground))
    {
      self->state = SWITCH_JOINING_NONE;
      return;
    }
  if (self->state == SWITCH_JOINING_NONE)
    self->state = SWITCH_JOINING_LOOKING;
  self->round = g_cancellable_new ();
  self->round_began = g_get_monotonic_time ();
  switch_join_round_async (self->vrs, ground.ca_hash, ground.token, self->round, on_round_done,
                           g_object_ref (self));
}

/* On other grounds than before: from the beginning. */
static void
look_anew (SwitchJoining *self)
{
  self->delay = 1;
  self->state = SWITCH_JOINING_NONE;
  g_clear_pointer (&self->why_not, g_free);
  look (self);
}

/* Whoever it is may be the one that lets us in. */
static void
on_heard (SwitchJoining *self)
{
  if (self->state == SWITCH_JOINING_NONE)
    return;
  if (self->round == NULL && !self->once_more)
    look_in (self, soon_ms (self));
  self->once_more = TRUE;
}

static void
use_up_file (SwitchJoining *self)
{
  if (self->file_token == NULL || is_of_other_fabric (self, self->file_token->ca_hash))
    return;
  switch_join_file_remove (self->config->join_file);
  g_clear_pointer (&self->file_token, ismb_token_free);
}

static void
on_fabric_changed (SwitchJoining *self)
{
  if (!ismb_fabric_is_member (self->fabric))
    {
      look_anew (self);
      return;
    }
  stop_round (self);
  self->state = SWITCH_JOINING_NONE;
  self->left = FALSE;
  use_up_file (self);
  answer_all (self, TRUE, TRUE, NULL);
  answer_all (self, FALSE, TRUE, NULL);
}

/* --- public --- */

SwitchJoining *
switch_joining_new (const SwitchConfig *config, IsmbFabric *fabric, GPtrArray *vrs, GError **error)
{
  g_autoptr (SwitchJoining) self = g_object_new (SWITCH_TYPE_JOINING, NULL);
  g_autoptr (GError) cause = NULL;

  self->config = config;
  self->fabric = g_object_ref (fabric);
  self->vrs = vrs;
  self->accepted = switch_accepted_load (config->state_dir, &cause);
  if (cause != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  g_signal_connect_object (fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  for (guint i = 0; i < vrs->len; i++)
    {
      g_signal_connect_object (g_ptr_array_index (vrs, i), "heard", G_CALLBACK (on_heard), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (g_ptr_array_index (vrs, i), "state-changed", G_CALLBACK (on_heard),
                               self, G_CONNECT_SWAPPED);
    }
  return g_steal_pointer (&self);
}

void
switch_joining_start (SwitchJoining *self)
{
  g_autoptr (GError) error = NULL;

  self->left = FALSE;
  g_clear_pointer (&self->file_token, ismb_token_free);
  if (ismb_fabric_get_mode (self->fabric) == ISMB_FABRIC_CLOSED
      && !ismb_fabric_is_member (self->fabric))
    self->file_token = switch_join_file_read (self->config->join_file, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
  if (self->token == NULL)
    look_anew (self);
}

void
switch_joining_stop (SwitchJoining *self)
{
  g_autoptr (GError) error
    = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the daemon stops");

  stop_round (self);
  answer_all (self, TRUE, FALSE, error);
  answer_all (self, FALSE, FALSE, error);
  self->state = SWITCH_JOINING_NONE;
}

SwitchJoiningState
switch_joining_get_state (SwitchJoining *self)
{
  return self->state;
}

const char *
switch_joining_get_why_not (SwitchJoining *self)
{
  return self->why_not;
}

const char *
switch_joining_get_accepted (SwitchJoining *self)
{
  return self->accepted;
}

static gboolean
is_same_token (const IsmbToken *a, const IsmbToken *b)
{
  g_autofree char *id = ismb_token_dup_id (a);
  g_autofree char *other = ismb_token_dup_id (b);

  return g_str_equal (id, other) && g_str_equal (a->ca_hash, b->ca_hash);
}

static gboolean
refuse (GError **error, IsmbError code, const char *why)
{
  g_set_error_literal (error, ISMB_ERROR, code, why);
  return FALSE;
}

static gboolean
check_free (SwitchJoining *self, const char *ca_hash, GError **error)
{
  if (ismb_fabric_get_mode (self->fabric) == ISMB_FABRIC_OPEN)
    return refuse (error, ISMB_ERROR_NOT_ALLOWED,
                   "trust=open: there is no fabric to join; take trust=open out of the configuration "
                   "and restart the daemon");
  if (is_of_other_fabric (self, ca_hash))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
                   "this switch is in the fabric “%s” (CA %.8s…), and can be in one only: "
                   "`switchctl fabric leave` first",
                   ismb_fabric_get_name (self->fabric), ismb_fabric_get_id (self->fabric));
      return FALSE;
    }
  if (is_revoked (self))
    return refuse (error, ISMB_ERROR_NOT_ALLOWED,
                   "this device was revoked: it comes back as another one, after `switchctl fabric "
                   "leave --new-key`, with a new invitation");
  return TRUE;
}

static gboolean
check_join (SwitchJoining *self, const IsmbToken *token, GError **error)
{
  if (!check_free (self, token->ca_hash, error))
    return FALSE;
  if (self->token != NULL && !is_same_token (self->token, token))
    return refuse (error, ISMB_ERROR_EXISTS,
                   "this switch is joining with another token just now: try again when that is over");
  return TRUE;
}

void
switch_joining_join_async (SwitchJoining *self, const IsmbToken *token, guint timeout,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  GError *error = NULL;
  gboolean is_new = self->token == NULL;

  g_task_set_source_tag (task, switch_joining_join_async);
  if (!check_join (self, token, &error))
    g_task_return_error (task, error);
  else if (ismb_fabric_is_member (self->fabric) && !ismb_fabric_lacks_vr (self->fabric))
    g_task_return_boolean (task, TRUE);
  else
    {
      switch_join_calls_add (&self->calls, g_steal_pointer (&task), timeout, TRUE);
      if (is_new)
        self->token = ismb_token_copy (token);
      if (is_new)
        look_anew (self);
    }
}

gboolean
switch_joining_accept (SwitchJoining *self, const char *ca_hash, GError **error)
{
  g_autofree char *accepted = NULL;

  if (*ca_hash != '\0')
    {
      accepted = switch_accepted_read (ca_hash, error);
      if (accepted == NULL || !check_free (self, accepted, error))
        return FALSE;
    }
  if (!switch_accepted_keep (self->config->state_dir, accepted, error))
    return FALSE;
  g_free (self->accepted);
  self->accepted = g_steal_pointer (&accepted);
  if (self->token == NULL && !ismb_fabric_is_member (self->fabric))
    look_anew (self);
  return TRUE;
}

void
switch_joining_wait_async (SwitchJoining *self, guint seconds, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, switch_joining_wait_async);
  if (ismb_fabric_is_member (self->fabric) || seconds == 0 || self->state == SWITCH_JOINING_NONE)
    g_task_return_boolean (task, ismb_fabric_is_member (self->fabric));
  else
    switch_join_calls_add (&self->calls, g_steal_pointer (&task), seconds, FALSE);
}

gboolean
switch_joining_finish (SwitchJoining *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
switch_joining_forget (SwitchJoining *self)
{
  g_autoptr (GError) error = NULL;

  self->left = TRUE;
  g_clear_pointer (&self->accepted, g_free);
  if (!switch_accepted_keep (self->config->state_dir, NULL, &error))
    g_warning ("%s: it holds again after a restart", error->message);
}
