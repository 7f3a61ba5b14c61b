/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"

G_BEGIN_DECLS

/* Who may do what. The decision is a function of who asks (address and role) and of the deed. A
 * role is what the sender's own listener says, over the authenticated link, and is believed until
 * that link drops, for a minute at most. */
#define SWITCH_TYPE_POLICY (switch_policy_get_type ())
G_DECLARE_FINAL_TYPE (SwitchPolicy, switch_policy, SWITCH, POLICY, GObject)

typedef enum
{
  SWITCH_DEED_RUN,   /* the object is a command */
  SWITCH_DEED_WRITE, /* the object is a path below the files root */
} SwitchDeed;

/* `client` asks for roles, and is not kept alive; `domain` is this switch's own domain-part. */
SwitchPolicy *switch_policy_new          (IsmbClient *client, const char *domain,
                                          gboolean trust_open);
/* ISMB_ERROR_NOT_ALLOWED says why not. All objects are allowed, or none. */
void          switch_policy_check_async  (SwitchPolicy *self, IsmbJid *from, SwitchDeed deed,
                                          const char *const *objects, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
gboolean      switch_policy_check_finish (SwitchPolicy *self, GAsyncResult *result, GError **error);
/* What it was decided by, allowed or not: the role as it was told ("" where nobody was asked), and the rule. */
const char   *switch_policy_get_role     (GAsyncResult *result);
const char   *switch_policy_get_rule     (GAsyncResult *result);

G_END_DECLS
