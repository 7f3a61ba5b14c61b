/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-stanza.h>

G_BEGIN_DECLS

#define ISMB_TYPE_MATCHER (ismb_matcher_get_type ())
G_DECLARE_FINAL_TYPE (IsmbMatcher, ismb_matcher, ISMB, MATCHER, GObject)

IsmbMatcher *ismb_matcher_new_id (const char *id);
IsmbMatcher *ismb_matcher_new_path (const char *path, GError **error);
IsmbMatcher *ismb_matcher_new_xpath (const char *xpath, GError **error);
IsmbMatcher *ismb_matcher_new_mask (const char *xml, GError **error);
IsmbMatcher *ismb_matcher_new_any (IsmbMatcher **matchers, gsize n_matchers);

gboolean ismb_matcher_match (IsmbMatcher *self, IsmbStanza *stanza);

G_END_DECLS
