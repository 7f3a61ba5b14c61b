/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.doorman"
#include "config.h"
#include "switchctl/control/doorman.h"

#include "ismb/core/ismb-error.h"

struct _SwitchDoorman
{
  GObject parent_instance;
  SwitchPolicy *policy;
  SwitchWitness *witness; /* or NULL */
  GHashTable *records;    /* IsmbOffer that policy decided on, borrowed till it ends, to gint64: the
                           * witness's, or 0 where it was refused and nothing is to come */
};

/* The data of the task that asks. */
typedef struct
{
  IsmbJid *from;
  char *path;
  const IsmbOffer *offer; /* only a key */
  gint64 size;
  char *sha256;
} Visit;

static void switch_doorman_gate_init (IsmbGateInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SwitchDoorman, switch_doorman, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_GATE, switch_doorman_gate_init))

static void
switch_doorman_finalize (GObject *object)
{
  SwitchDoorman *self = SWITCH_DOORMAN (object);

  g_clear_object (&self->policy);
  g_clear_object (&self->witness);
  g_hash_table_unref (self->records);
  G_OBJECT_CLASS (switch_doorman_parent_class)->finalize (object);
}

static void
switch_doorman_class_init (SwitchDoormanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = switch_doorman_finalize;
}

static void
switch_doorman_init (SwitchDoorman *self)
{
  self->records = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

static void
visit_free (gpointer data)
{
  Visit *visit = data;

  g_object_unref (visit->from);
  g_free (visit->path);
  g_free (visit->sha256);
  g_free (visit);
}

static Visit *
visit_new (IsmbJid *from, const char *path, const IsmbOffer *offer)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->from = g_object_ref (from);
  visit->path = g_strdup (path);
  visit->offer = offer;
  visit->size = (gint64) MIN (offer->size, G_MAXINT64);
  visit->sha256 = g_strdup (offer->sha256);
  return visit;
}

static SwitchTestimony
testimony_of (const Visit *visit, const char *role, const char *rule, gboolean allowed)
{
  SwitchTestimony testimony = {
    .kind = "file",
    .from = visit->from,
    .role = role,
    .what = visit->path,
    .size = visit->size,
    .sha256 = visit->sha256,
    .allowed = allowed,
    .rule = rule,
  };

  return testimony;
}

static void
remember (SwitchDoorman *self, const IsmbOffer *offer, gint64 record)
{
  g_hash_table_insert (self->records, (gpointer) offer, g_memdup2 (&record, sizeof record));
}

static void
on_witnessed (const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SwitchDoorman *self = g_task_get_source_object (task);
  Visit *visit = g_task_get_task_data (task);

  if (error == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  remember (self, visit->offer, 0);
  g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                           "nothing is stored here that cannot be written down: see this switch's "
                           "log");
}

static void
refuse (GTask *task, const SwitchTestimony *testimony, GError *error)
{
  SwitchDoorman *self = g_task_get_source_object (task);
  Visit *visit = g_task_get_task_data (task);

  switch_witness_decided (self->witness, testimony, NULL, NULL);
  remember (self, visit->offer, 0);
  g_task_return_error (task, error);
}

static void
on_policy_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SwitchDoorman *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  gboolean allowed = switch_policy_check_finish (SWITCH_POLICY (source), result, &error);
  Visit *visit = g_task_get_task_data (task);
  SwitchTestimony testimony = testimony_of (visit, switch_policy_get_role (result),
                                            switch_policy_get_rule (result), allowed);

  if (self->witness == NULL && allowed)
    g_task_return_boolean (task, TRUE);
  else if (self->witness == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (!allowed)
    refuse (task, &testimony, g_steal_pointer (&error));
  else
    remember (self, visit->offer,
              switch_witness_decided (self->witness, &testimony, on_witnessed,
                                      g_object_ref (task)));
}

static void
switch_doorman_check_async (IsmbGate *gate, IsmbJid *from, const char *path, const IsmbOffer *offer,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  SwitchDoorman *self = SWITCH_DOORMAN (gate);
  const char *const objects[] = { path, NULL };
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, switch_doorman_check_async);
  g_task_set_task_data (task, visit_new (from, path, offer), visit_free);
  switch_policy_check_async (self->policy, from, SWITCH_DEED_WRITE, objects, cancellable,
                             on_policy_checked, g_steal_pointer (&task));
}

static gboolean
switch_doorman_check_finish (IsmbGate *gate, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
witness_unchecked (SwitchDoorman *self, IsmbJid *from, const IsmbOffer *offer)
{
  Visit visit = { from, offer->path, offer, (gint64) MIN (offer->size, G_MAXINT64), offer->sha256 };
  SwitchTestimony testimony = testimony_of (&visit, NULL, SWITCH_RULE_RECEIVER, FALSE);

  switch_witness_decided (self->witness, &testimony, NULL, NULL);
}

static void
switch_doorman_ended (IsmbGate *gate, IsmbJid *from, const IsmbOffer *offer, const char *outcome)
{
  SwitchDoorman *self = SWITCH_DOORMAN (gate);
  const gint64 *record = g_hash_table_lookup (self->records, offer);

  if (self->witness == NULL)
    return;
  if (record == NULL)
    witness_unchecked (self, from, offer);
  else if (*record != 0)
    switch_witness_ended (self->witness, *record, outcome);
  g_hash_table_remove (self->records, offer);
}

static void
switch_doorman_gate_init (IsmbGateInterface *iface)
{
  iface->check_async = switch_doorman_check_async;
  iface->check_finish = switch_doorman_check_finish;
  iface->ended = switch_doorman_ended;
}

SwitchDoorman *
switch_doorman_new (SwitchPolicy *policy, SwitchWitness *witness)
{
  SwitchDoorman *self = g_object_new (SWITCH_TYPE_DOORMAN, NULL);

  self->policy = g_object_ref (policy);
  g_set_object (&self->witness, witness);
  return self;
}
