/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbTransferOutcome:
 * @ISMB_TRANSFER_OUTCOME_STORED: verified and in place at the peer
 * @ISMB_TRANSFER_OUTCOME_CONFLICT: a file of that name is there, and overwriting was not asked for
 * @ISMB_TRANSFER_OUTCOME_REFUSED: the peer's policy or files root does not allow it
 * @ISMB_TRANSFER_OUTCOME_NOT_PRESENT: no presence of the peer's Switch Control; subscribe first
 * @ISMB_TRANSFER_OUTCOME_CORRUPT: size or SHA-256 differed at the end; nothing was stored
 * @ISMB_TRANSFER_OUTCOME_NO_SPACE: no room at the peer; nothing was stored
 * @ISMB_TRANSFER_OUTCOME_TIMEOUT: the peer fell silent
 * @ISMB_TRANSFER_OUTCOME_UNREACHABLE: there is no way to the peer
 *
 * What became of a file at one peer: exactly one of these for each.
 */
typedef enum
{
  ISMB_TRANSFER_OUTCOME_STORED,
  ISMB_TRANSFER_OUTCOME_CONFLICT,
  ISMB_TRANSFER_OUTCOME_REFUSED,
  ISMB_TRANSFER_OUTCOME_NOT_PRESENT,
  ISMB_TRANSFER_OUTCOME_CORRUPT,
  ISMB_TRANSFER_OUTCOME_NO_SPACE,
  ISMB_TRANSFER_OUTCOME_TIMEOUT,
  ISMB_TRANSFER_OUTCOME_UNREACHABLE,
} IsmbTransferOutcome;

#define ISMB_TYPE_TRANSFER_OUTCOME (ismb_transfer_outcome_get_type ())
GType ismb_transfer_outcome_get_type (void);
const char *ismb_transfer_outcome_to_string (IsmbTransferOutcome outcome);

G_END_DECLS
