/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-expression.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* What stands in brackets behind a step of an XPath: `[@id]`, `[@id='1']`, `[body]`, `[body='x']`,
 * `[.='x']`, `[2]`, `[last()]`, `[last()-1]`; with `!=` as well. */
typedef struct _IsmbXPathPredicate IsmbXPathPredicate;

/* From behind the opening bracket to behind the closing one. A name is in `ns`, unless it says its
 * own. Fails with ISMB_ERROR_BAD_EXPRESSION. */
IsmbXPathPredicate *ismb_xpath_predicate_read (IsmbExpression *text, const char *ns,
                                               GError **error);
void ismb_xpath_predicate_free (IsmbXPathPredicate *self);
/* `parent` is NULL for the stanza itself. Each look at an element takes one from `fuel`; FALSE where
 * none is left. */
gboolean ismb_xpath_predicate_holds (const IsmbXPathPredicate *self, IsmbTree *tree,
                                     IsmbNode *parent, IsmbNode *node, guint *fuel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbXPathPredicate, ismb_xpath_predicate_free)

G_END_DECLS
