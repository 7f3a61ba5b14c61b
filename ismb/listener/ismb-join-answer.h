/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"
#include "ismb/stream/ismb-frame.h"
#include "ismb/trust/ismb-revocations.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_JOIN_REFERRED, /* registrars are elsewhere */
  ISMB_JOIN_JOINED,
  ISMB_JOIN_WAITS, /* for somebody to approve it */
  ISMB_JOIN_REFUSED,
} IsmbJoinVerdict;

/* Why: each is a word on the wire, and an error of its own for who reads it. */
typedef enum
{
  ISMB_JOIN_EXPIRED,
  ISMB_JOIN_USED_UP,
  ISMB_JOIN_UNKNOWN_TOKEN,
  ISMB_JOIN_WRONG_PROOF,
  ISMB_JOIN_NAME_TAKEN,
  ISMB_JOIN_REVOKED,
  ISMB_JOIN_BAD_REQUEST,
  ISMB_JOIN_TOO_MANY_TRIES,
  ISMB_JOIN_INTERNAL, /* and any word that we do not know */
} IsmbJoinReason;

/* What a member says to one who wants to join, once. */
typedef struct
{
  IsmbJoinVerdict verdict;
  GList *registrars; /* referred: of IsmbPeer; no more than a hint */
  char *bundle;      /* joined: PEM */
  GPtrArray *revocations; /* joined: of IsmbRevocation, or NULL; nothing of them is believed yet */
  IsmbJoinReason reason; /* refused */
  char *sentence;        /* refused: for people */
} IsmbJoinAnswer;

#define ISMB_JOIN_REGISTRARS_MAX 4
#define ISMB_JOIN_ADDRESSES_MAX 8
#define ISMB_JOIN_REVOCATIONS_MAX 64

IsmbJoinAnswer *ismb_join_answer_refer  (GList *registrars); /* (element-type IsmbPeer) */
/* `revocations`: of IsmbRevocation, the latest of which go with it; or NULL. */
IsmbJoinAnswer *ismb_join_answer_grant  (const char *bundle, GPtrArray *revocations);
IsmbJoinAnswer *ismb_join_answer_wait   (void);
IsmbJoinAnswer *ismb_join_answer_refuse (IsmbJoinReason reason, const char *sentence);
void            ismb_join_answer_free   (IsmbJoinAnswer *self);
/* From whom we believe to be a member. NULL with ISMB_ERROR_BAD_STANZA where it is no answer. Of
 * registrars only what may be true is taken; a sentence is cut and cleaned. */
IsmbJoinAnswer *ismb_join_answer_parse    (const IsmbFrame *frame, GError **error);
IsmbFrame      *ismb_join_answer_to_frame (const IsmbJoinAnswer *self);
const char     *ismb_join_reason_to_string (IsmbJoinReason reason);
/* Refused: the error that this is for a person. */
GError         *ismb_join_answer_to_error (const IsmbJoinAnswer *self);
/* Would another registrar say the same? */
gboolean        ismb_join_answer_is_final (const IsmbJoinAnswer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbJoinAnswer, ismb_join_answer_free)

G_END_DECLS
