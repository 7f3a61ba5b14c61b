/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.failure"
#include "config.h"
#include "ismb/core/ismb-failure.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"

/**
 * IsmbFailure:
 *
 * Why something failed, for events that nobody waits for: an error as an object. It never changes.
 */
struct _IsmbFailure
{
  GObject parent_instance;
  GError *error;
  char *condition;
};

G_DEFINE_FINAL_TYPE (IsmbFailure, ismb_failure, G_TYPE_OBJECT)

enum
{
  PROP_MESSAGE = 1,
  PROP_CONDITION,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_failure_finalize (GObject *object)
{
  IsmbFailure *self = ISMB_FAILURE (object);

  g_clear_error (&self->error);
  g_clear_pointer (&self->condition, g_free);
  G_OBJECT_CLASS (ismb_failure_parent_class)->finalize (object);
}

static void
ismb_failure_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbFailure *self = ISMB_FAILURE (object);

  switch (id)
    {
    case PROP_MESSAGE: g_value_set_string (value, ismb_failure_get_message (self)); break;
    case PROP_CONDITION: g_value_set_string (value, ismb_failure_get_condition (self)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_failure_class_init (IsmbFailureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_failure_finalize;
  object_class->get_property = ismb_failure_get_property;

  /**
   * IsmbFailure:message: (getter get_message)
   *
   * What went wrong, for a person to read.
   */
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, flags);
  /**
   * IsmbFailure:condition: (getter get_condition)
   *
   * The other side's word for it, e.g. `not-authorized`; %NULL where it gave none.
   */
  properties[PROP_CONDITION] = g_param_spec_string ("condition", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_failure_init (IsmbFailure *self)
{
  /* A script can make one without saying of what. */
  self->error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_FAILED, "It failed");
}

static const char *
condition_of (const GError *error)
{
  return error->domain == ISMB_STANZA_ERROR ? ismb_stanza_error_to_condition (error->code) : NULL;
}

/**
 * ismb_failure_new:
 * @error: an error
 *
 * Makes an object of an error. Its condition is that of a [error@Ismb.StanzaError], and none for
 * any other.
 *
 * Returns: (transfer full): the failure
 */
IsmbFailure *
ismb_failure_new (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);
  return ismb_failure_new_with_condition (error, condition_of (error));
}

/**
 * ismb_failure_new_with_condition:
 * @error: an error
 * @condition: (nullable): the other side's word for it, e.g. `not-authorized` of SASL (RFC 6120,
 *   6.5) or `conflict` of a stream (4.9.3); %NULL for none
 *
 * Makes an object of an error of which the other side said why.
 *
 * Returns: (transfer full): the failure
 */
IsmbFailure *
ismb_failure_new_with_condition (const GError *error, const char *condition)
{
  IsmbFailure *self;

  g_return_val_if_fail (error != NULL, NULL);
  self = g_object_new (ISMB_TYPE_FAILURE, NULL);
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  self->condition = g_strdup (condition);
  return self;
}

/**
 * ismb_failure_get_message: (get-property message)
 * @self: a failure
 *
 * What went wrong, for a person to read.
 *
 * Returns: (transfer none): the message
 */
const char *
ismb_failure_get_message (IsmbFailure *self)
{
  g_return_val_if_fail (ISMB_IS_FAILURE (self), NULL);
  return self->error->message;
}

/**
 * ismb_failure_get_condition: (get-property condition)
 * @self: a failure
 *
 * The other side's word for it: a condition of RFC 6120, e.g. `not-authorized` where the password
 * was wrong, `conflict` where another client has taken the address, `item-not-found` of a stanza.
 *
 * Returns: (transfer none) (nullable): the condition; %NULL where the other side gave none
 */
const char *
ismb_failure_get_condition (IsmbFailure *self)
{
  g_return_val_if_fail (ISMB_IS_FAILURE (self), NULL);
  return self->condition;
}

/**
 * ismb_failure_matches:
 * @self: a failure
 * @domain: the domain of an error, e.g. that of [func@Ismb.Error.quark]
 * @code: a code of that domain
 *
 * Whether it is that error.
 *
 * Returns: %TRUE if it is
 */
gboolean
ismb_failure_matches (IsmbFailure *self, GQuark domain, int code)
{
  g_return_val_if_fail (ISMB_IS_FAILURE (self), FALSE);
  return g_error_matches (self->error, domain, code);
}

/**
 * ismb_failure_to_error:
 * @self: a failure
 *
 * The error itself.
 *
 * Returns: (transfer full): a copy of the error
 */
GError *
ismb_failure_to_error (IsmbFailure *self)
{
  g_return_val_if_fail (ISMB_IS_FAILURE (self), NULL);
  return g_error_copy (self->error);
}
