/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where an XMPP server takes clients (RFC 6120, 3.2; XEP-0368). */
typedef struct
{
  char *host;
  guint16 port;
  gboolean direct; /* TLS from the first byte; else STARTTLS */
} IsmbTarget;

#define ISMB_TARGET_PORT 5222
#define ISMB_TARGET_DIRECT_PORT 5223

IsmbTarget *ismb_target_new (const char *host, guint16 port, gboolean direct);
void ismb_target_free (IsmbTarget *self);

typedef enum { ISMB_TARGETS_ANY, ISMB_TARGETS_STARTTLS, ISMB_TARGETS_DIRECT } IsmbTargetsKind;

/* Those of a domain, in the order to try them: its SRV records of both kinds, merged by priority
 * and weight; without any, the domain itself. Unless it is cancelled, it finds something: whatever
 * is wrong with the name server shows when the name is looked up. */
void ismb_targets_look_up_async (const char *domain, IsmbTargetsKind kind,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
/* Of IsmbTarget. (transfer full) */
GPtrArray *ismb_targets_look_up_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTarget, ismb_target_free)

G_END_DECLS
