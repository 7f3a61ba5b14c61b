/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What one who wants to join says to a member, once: <join xmlns='urn:ismb:join:1'/>. */
typedef struct
{
  char *token_id;    /* of the invitation, 16 hex digits; NULL: it has none */
  char *proof;       /* of the invitation's secret; NULL without one */
  char *request_pem; /* NULL: it asks the way to a registrar, and nothing else */
} IsmbJoinRequest;

IsmbJoinRequest *ismb_join_request_new  (const char *token_id, const char *proof,
                                         const char *request_pem);
void             ismb_join_request_free (IsmbJoinRequest *self);
/* ISMB_ERROR_BAD_STANZA says what is wrong with it. */
IsmbJoinRequest *ismb_join_request_parse (const IsmbFrame *frame, GError **error);
IsmbFrame       *ismb_join_request_to_frame (const IsmbJoinRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbJoinRequest, ismb_join_request_free)

G_END_DECLS
