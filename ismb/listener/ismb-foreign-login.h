/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* How we become known to a foreign domain's server, on a stream that we open: by our certificate
 * where it offers SASL EXTERNAL, else by dialback, and so if it likes the certificate no more. */
typedef struct _IsmbForeignLogin IsmbForeignLogin;

/* One of them, once, never from inside a call of the owner's; the owner frees it in it. */
typedef struct
{
  /* The owner takes the stream. `receives`: stanzas may come on it too (XEP-0288); `managed`: the
   * other end offers XEP-0198, which it cannot where dialback was all there was. */
  void (*done)   (IsmbForeignLogin *self, IsmbStream *stream, gboolean receives, gboolean managed,
                  gpointer owner);
  /* ISMB_ERROR_AUTH_FAILED: it does not take us for who we are. */
  void (*failed) (IsmbForeignLogin *self, const GError *error, gpointer owner);
} IsmbForeignLoginCallbacks;

IsmbForeignLogin *ismb_foreign_login_new  (IsmbLinkContext *context, const char *domain,
                                           const IsmbForeignLoginCallbacks *callbacks,
                                           gpointer owner, GError **error);
void              ismb_foreign_login_free (IsmbForeignLogin *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbForeignLogin, ismb_foreign_login_free)

G_END_DECLS
