/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "switchctl/control/engine.h"
#include "switchctl/control/policy-file.h"

G_BEGIN_DECLS

/* Who may do what. The decision is a function of who asks (address and role) and of the deed. A
 * role is what the sender's own listener says, over the authenticated link, and is believed until
 * that link drops, for a minute at most. */
#define SWITCH_TYPE_POLICY (switch_policy_get_type ())
G_DECLARE_FINAL_TYPE (SwitchPolicy, switch_policy, SWITCH, POLICY, GObject)

/* `client` asks for roles, and is not kept alive; `domain` is this switch's own domain-part;
 * `engine` says what a command would execute. `file` NULL: the built-in policy, under which
 * operators and switches may do everything. */
SwitchPolicy  *switch_policy_new          (IsmbClient *client, const char *domain,
                                           SwitchEngine *engine, SwitchPolicyFile *file,
                                           gboolean trust_open);
/* Objects are commands, or paths relative to the files root. All are allowed, or none:
 * ISMB_ERROR_NOT_ALLOWED says why not. */
void           switch_policy_check_async  (SwitchPolicy *self, IsmbJid *from, SwitchDeed deed,
                                           const char *const *objects, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean       switch_policy_check_finish (SwitchPolicy *self, GAsyncResult *result,
                                           GError **error);
/* What a check was decided by, allowed or not, once it is finished: the role as it was told (""
 * where nobody was asked), and the rule: `file:line name`, the file where none of its rules
 * matched, or `built-in`. */
const char    *switch_policy_get_role     (GAsyncResult *result);
const char    *switch_policy_get_rule     (GAsyncResult *result);
/* As a check, with what decides: of the object that is denied, else of the last. `role` NULL: what
 * the sender's switch says. Denied is a verdict; an error is one of asking. */
void           switch_policy_judge_async  (SwitchPolicy *self, IsmbJid *from, const char *role,
                                           SwitchDeed deed, const char *const *objects,
                                           GCancellable *cancellable, GAsyncReadyCallback callback,
                                           gpointer user_data);
SwitchVerdict *switch_policy_judge_finish (SwitchPolicy *self, GAsyncResult *result,
                                           GError **error);
/* The words that rules see of a command; NULL where the engine knows no such command. */
GStrv          switch_policy_resolve      (SwitchPolicy *self, const char *command);

G_END_DECLS
