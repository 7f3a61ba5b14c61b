/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Looks on while libstrophe signs in, and says no in its place: libstrophe 0.12 checks neither the
 * server's signature nor its nonce nor its iteration count (RFC 5802, 3 and 5.1), and would take
 * DIGEST-MD5 and, in the clear, PLAIN. It is shown complete top-level elements, before they go on.
 */
typedef struct _IsmbScramWatch IsmbScramWatch;

#define ISMB_SCRAM_ITERATIONS_MIN 4096
#define ISMB_SCRAM_ITERATIONS_MAX 100000

typedef enum
{
  ISMB_SCRAM_WATCH_GO_ON,
  ISMB_SCRAM_WATCH_NEXT,      /* the server refused the mechanism; libstrophe tries another */
  ISMB_SCRAM_WATCH_SIGNED_IN, /* proved on both sides; nothing more to see */
  ISMB_SCRAM_WATCH_REFUSED,   /* the error is set */
} IsmbScramWatchVerdict;

/* `secret`: nobody reads along, so PLAIN may be sent. The password is wiped at the end. */
IsmbScramWatch *ismb_scram_watch_new (const char *password, gboolean secret);
void ismb_scram_watch_free (IsmbScramWatch *self);
IsmbScramWatchVerdict ismb_scram_watch_sent (IsmbScramWatch *self, const char *element,
                                             gsize length, GError **error);
IsmbScramWatchVerdict ismb_scram_watch_came (IsmbScramWatch *self, const char *element,
                                             gsize length, GError **error);
/* The condition of the last <failure/>, e.g. "not-authorized"; NULL: there was none. */
const char *ismb_scram_watch_get_failure (IsmbScramWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbScramWatch, ismb_scram_watch_free)

G_END_DECLS
