/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-question.h"
#include "ismb/store/ismb-profiles.h"

G_BEGIN_DECLS

/* Cards of accounts (XEP-0054): each writes its own, all of the fabric may read them. Whoever may
 * not, and whoever asks for one that is not there, hears the same. Each adds to `reply` or returns
 * the condition of an error. */
const char *ismb_vcards_get (IsmbRoutes *routes, IsmbProfiles *profiles,
                             const IsmbQuestion *question, IsmbTree *reply);
const char *ismb_vcards_set (IsmbProfiles *profiles, const IsmbQuestion *question);

G_END_DECLS
