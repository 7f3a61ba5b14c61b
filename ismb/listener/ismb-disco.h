/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-question.h"

G_BEGIN_DECLS

/* What there is at our domain and at its accounts (XEP-0030), and the hash by which others know the
 * domain's (XEP-0115). */
typedef struct _IsmbDisco IsmbDisco;

/* Features in any order; the arrays are taken. */
IsmbDisco  *ismb_disco_new      (IsmbRoutes *routes, char **of_domain, char **of_account);
void        ismb_disco_free     (IsmbDisco *self);
const char *ismb_disco_get_hash (IsmbDisco *self);    /* SHA-1, in base64 */
/* Each adds to `reply` or returns the condition of an error. */
const char *ismb_disco_info     (IsmbDisco *self, const IsmbQuestion *question, IsmbTree *reply);
const char *ismb_disco_items    (IsmbDisco *self, const IsmbQuestion *question, IsmbTree *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbDisco, ismb_disco_free)

G_END_DECLS
