/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.outcome"
#include "config.h"
#include "ismb/transfer/ismb-transfer-outcome-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

static const GEnumValue values[] = {
  { ISMB_TRANSFER_OUTCOME_STORED, "ISMB_TRANSFER_OUTCOME_STORED", "stored" },
  { ISMB_TRANSFER_OUTCOME_CONFLICT, "ISMB_TRANSFER_OUTCOME_CONFLICT", "conflict" },
  { ISMB_TRANSFER_OUTCOME_REFUSED, "ISMB_TRANSFER_OUTCOME_REFUSED", "refused" },
  { ISMB_TRANSFER_OUTCOME_NOT_PRESENT, "ISMB_TRANSFER_OUTCOME_NOT_PRESENT", "not-present" },
  { ISMB_TRANSFER_OUTCOME_CORRUPT, "ISMB_TRANSFER_OUTCOME_CORRUPT", "corrupt" },
  { ISMB_TRANSFER_OUTCOME_NO_SPACE, "ISMB_TRANSFER_OUTCOME_NO_SPACE", "no-space" },
  { ISMB_TRANSFER_OUTCOME_TIMEOUT, "ISMB_TRANSFER_OUTCOME_TIMEOUT", "timeout" },
  { ISMB_TRANSFER_OUTCOME_UNREACHABLE, "ISMB_TRANSFER_OUTCOME_UNREACHABLE", "unreachable" },
  { 0, NULL, NULL },
};

GType
ismb_transfer_outcome_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("IsmbTransferOutcome", values));
  return type;
}

/**
 * ismb_transfer_outcome_to_string:
 * @outcome: what became of a file at one peer
 *
 * The outcome's name as people and scripts see it: `stored`, `conflict`, `refused`, `not-present`,
 * `corrupt`, `no-space`, `timeout` or `unreachable`.
 *
 * Returns: (transfer none): the name
 */
const char *
ismb_transfer_outcome_to_string (IsmbTransferOutcome outcome)
{
  g_return_val_if_fail ((guint) outcome < G_N_ELEMENTS (values) - 1, NULL);
  return values[outcome].value_nick;
}

/* How each outcome is said in RFC 6120's words: no two share a condition. More than one condition
 * may mean an outcome; the first is the one that is sent. Whatever is not listed is a refusal. */
static const struct
{
  const char *condition;
  IsmbTransferOutcome outcome;
} conditions[] = {
  { "conflict", ISMB_TRANSFER_OUTCOME_CONFLICT },
  { "forbidden", ISMB_TRANSFER_OUTCOME_REFUSED },
  { "not-acceptable", ISMB_TRANSFER_OUTCOME_CORRUPT },
  { "unexpected-request", ISMB_TRANSFER_OUTCOME_CORRUPT },
  { "resource-constraint", ISMB_TRANSFER_OUTCOME_NO_SPACE },
  { "recipient-unavailable", ISMB_TRANSFER_OUTCOME_NOT_PRESENT },
  { "service-unavailable", ISMB_TRANSFER_OUTCOME_NOT_PRESENT },
  { "remote-server-not-found", ISMB_TRANSFER_OUTCOME_UNREACHABLE },
  { "remote-server-timeout", ISMB_TRANSFER_OUTCOME_TIMEOUT },
  { "item-not-found", ISMB_TRANSFER_OUTCOME_TIMEOUT }, /* the receiver has given up on the stream */
};

static const char *
condition_of (IsmbTransferOutcome outcome)
{
  for (gsize i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (conditions[i].outcome == outcome)
      return conditions[i].condition;
  return "forbidden";
}

static IsmbTransferOutcome
outcome_of_condition (const char *condition)
{
  for (gsize i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (g_str_equal (conditions[i].condition, condition))
      return conditions[i].outcome;
  return ISMB_TRANSFER_OUTCOME_REFUSED;
}

IsmbTransferOutcome
_ismb_outcome_of_error (const GError *error)
{
  if (error->domain == ISMB_STANZA_ERROR)
    return outcome_of_condition (ismb_stanza_error_to_condition (error->code));
  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_EXISTS))
    return ISMB_TRANSFER_OUTCOME_CONFLICT;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    return ISMB_TRANSFER_OUTCOME_NO_SPACE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    return ISMB_TRANSFER_OUTCOME_CORRUPT;
  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT))
    return ISMB_TRANSFER_OUTCOME_TIMEOUT;
  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED)
      || g_error_matches (error, ISMB_ERROR, ISMB_ERROR_STREAM))
    return ISMB_TRANSFER_OUTCOME_UNREACHABLE;
  return ISMB_TRANSFER_OUTCOME_REFUSED;
}

IsmbIq *
_ismb_outcome_reply (IsmbIq *request, IsmbTransferOutcome outcome, const char *text)
{
  IsmbIq *reply = ismb_iq_reply_error (request, condition_of (outcome), text);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (reply));
  IsmbNode *error = ismb_node_find (ismb_tree_root (tree), "error", NULL);

  ismb_tree_add (tree, error, ismb_transfer_outcome_to_string (outcome), ISMB_NS_FILE);
  return reply;
}
