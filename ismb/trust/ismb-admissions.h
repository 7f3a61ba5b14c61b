/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-token.h"

G_BEGIN_DECLS

/* Whom a registrar lets in: who proves an invitation's secret, and devices that were approved by
 * their id. A file (GKeyFile, mode 0600) that is on disk before anything depends on it. Times
 * are unix seconds. Those that have ended are kept a week, to be able to say so. */
typedef struct _IsmbAdmissions IsmbAdmissions;

#define ISMB_ADMISSIONS_MAX 1000 /* invitations, and as many approvals */

/* No file: nobody. */
IsmbAdmissions *ismb_admissions_load (const char *path, GError **error);
void            ismb_admissions_free (IsmbAdmissions *self);

/* Only the token's verifier is kept. `uses`: by how many devices. */
gboolean ismb_admissions_invite   (IsmbAdmissions *self, const IsmbToken *token, guint uses,
                                   gint64 expiry, gint64 now, GError **error);
/* ISMB_ERROR_NOT_FOUND where there is none of that id. */
gboolean ismb_admissions_withdraw (IsmbAdmissions *self, const char *token_id, GError **error);
/* Does the proof hold, and may the device still come in by it? Counts the use; a device that
 * used it before may use it again, as its certificate may have been lost on the way. `renamed`:
 * what it asks for is another name than it has, so that is another use, too. The proof is looked
 * at first, so that who knows no secret learns nothing of the invitation. ISMB_ERROR_NOT_FOUND:
 * there is no such invitation (any more); _AUTH_FAILED: wrong proof; _TIMEOUT: expired;
 * _NOT_ALLOWED: used up. */
gboolean ismb_admissions_use (IsmbAdmissions *self, const char *token_id, const char *proof,
                              GBytes *exporter, const char *request_pem, const char *device_id,
                              gboolean renamed, gint64 now, GError **error);

/* `id`: the full device id (52 base32 digits) or its first 16 and more, without dashes. */
gboolean ismb_admissions_approve    (IsmbAdmissions *self, const char *id, gint64 expiry, gint64 now,
                                     GError **error);
gboolean ismb_admissions_is_approved (IsmbAdmissions *self, const char *device_id, gint64 now);
/* The device has come in, or is out for ever. */
gboolean ismb_admissions_settle     (IsmbAdmissions *self, const char *device_id, GError **error);

/* aa{sv}, floating: id s, uses u, used u, expires x, expired b, devices as (full ids). */
GVariant *ismb_admissions_list_invitations (IsmbAdmissions *self, gint64 now);
/* aa{sv}, floating: id s (as it was given), expires x, expired b. */
GVariant *ismb_admissions_list_approvals   (IsmbAdmissions *self, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbAdmissions, ismb_admissions_free)

G_END_DECLS
