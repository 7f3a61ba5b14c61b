/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/control/policy-rules.h"

G_BEGIN_DECLS

/* The policy.conf of a running daemon: always a good one. */
typedef struct _SwitchPolicyFile SwitchPolicyFile;

SwitchPolicyFile        *switch_policy_file_new           (const char *path, GError **error);
SwitchPolicyFile        *switch_policy_file_ref           (SwitchPolicyFile *self);
void                     switch_policy_file_unref         (SwitchPolicyFile *self);
/* Reads it again. Where that fails the rules from before hold on. */
gboolean                 switch_policy_file_reload        (SwitchPolicyFile *self, GError **error);
/* Valid till the next reload. */
const SwitchPolicyRules *switch_policy_file_get_rules     (SwitchPolicyFile *self);
/* What was wrong with the file at the last reload; NULL: it was good. */
const char              *switch_policy_file_get_complaint (SwitchPolicyFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchPolicyFile, switch_policy_file_unref)

G_END_DECLS
