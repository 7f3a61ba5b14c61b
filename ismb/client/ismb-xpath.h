/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-matcher-key.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* The part of XPath that Python's ElementTree knows, as SleekXMPP's MatchXPath takes it: from above
 * the stanza, and a namespace holds for the names behind it. */
typedef struct _IsmbXPath IsmbXPath;

/* Fails with ISMB_ERROR_BAD_EXPRESSION. */
IsmbXPath *ismb_xpath_new (const char *text, GError **error);
void ismb_xpath_free (IsmbXPath *self);
/* Whether there is such an element; no where that is not found out within so many looks at elements
 * that a stanza made for it could keep the loop busy. */
gboolean ismb_xpath_match (const IsmbXPath *self, IsmbTree *tree);
/* How many there are. */
guint ismb_xpath_get_keys (const IsmbXPath *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbXPath, ismb_xpath_free)

G_END_DECLS
