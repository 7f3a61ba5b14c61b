/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log-level.h"

G_BEGIN_DECLS

/* Which level which module has, as somebody has set it. Not locked. */
typedef struct _IsmbLogRules IsmbLogRules;

IsmbLogRules *ismb_log_rules_new   (void);
void          ismb_log_rules_free  (IsmbLogRules *self);
/* From `info;ismb.listener=debug`. ISMB_ERROR_BAD_CONFIG says what is wrong. */
IsmbLogRules *ismb_log_rules_parse (const char *text, GError **error);
/* And back. */
char         *ismb_log_rules_write (const IsmbLogRules *self);
/* `module` NULL: of all of ours that have no other. */
void          ismb_log_rules_set   (IsmbLogRules *self, const char *module, IsmbLogLevel level);
/* The longest name that the module is below wins. */
IsmbLogLevel  ismb_log_rules_find  (const IsmbLogRules *self, const char *module);
/* The level of none is louder than that. */
IsmbLogLevel  ismb_log_rules_loudest (const IsmbLogRules *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbLogRules, ismb_log_rules_free)

G_END_DECLS
