/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-matcher-key.h"
#include "ismb/client/ismb-matcher.h"

G_BEGIN_DECLS

/* A stanza that matches has one of these. They live as long as the matcher. */
const IsmbMatcherKey *_ismb_matcher_get_keys (IsmbMatcher *self, guint *count);

G_END_DECLS
