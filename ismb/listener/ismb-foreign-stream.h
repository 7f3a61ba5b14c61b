/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* A stream that we open to the server of a foreign domain, up to where somebody has to prove
 * something: TCP to the address that the operator named, STARTTLS, without which nothing goes on,
 * and, where there is a federate-ca=, the server's certificate. */
typedef struct _IsmbForeignStream IsmbForeignStream;

typedef struct
{
  /* The stream's features inside TLS; once more after a restart. */
  void (*ready)  (IsmbForeignStream *self, const IsmbNode *features, gpointer owner);
  /* What comes behind them, and is no stream error. */
  void (*frame)  (IsmbForeignStream *self, IsmbFrame *frame, gpointer owner);
  /* The last one. ISMB_ERROR_NOT_CONNECTED: nobody answers; ISMB_ERROR_UNTRUSTED: somebody else
   * does; ISMB_ERROR_NOT_FOUND: they do not serve that domain. */
  void (*failed) (IsmbForeignStream *self, const GError *error, gpointer owner);
} IsmbForeignStreamCallbacks;

/* No callback before the next turn; each may free it. `deadline`: ms for all that precedes
 * ismb_foreign_stream_take (). */
IsmbForeignStream *ismb_foreign_stream_new (IsmbLinkContext *context, const IsmbForeigner *foreigner,
                                            guint deadline,
                                            const IsmbForeignStreamCallbacks *callbacks,
                                            gpointer owner, GError **error);
void               ismb_foreign_stream_free    (IsmbForeignStream *self);
/* To be spoken on; theirs. */
IsmbStream        *ismb_foreign_stream_get     (IsmbForeignStream *self);
/* What their server calls it; known in `ready`. */
const char        *ismb_foreign_stream_get_id  (IsmbForeignStream *self);
/* From inside `frame`: after SASL. */
void               ismb_foreign_stream_restart (IsmbForeignStream *self);
/* Out of it, for somebody who sets himself as its owner; what remains is to be freed. */
IsmbStream        *ismb_foreign_stream_take    (IsmbForeignStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbForeignStream, ismb_foreign_stream_free)

G_END_DECLS
