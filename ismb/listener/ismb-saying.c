/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-saying.h"

#include "ismb/listener/ismb-subscriptions.h"

IsmbSaying
ismb_saying_of (const IsmbFrame *presence)
{
  static const char *const shown[] = { "unavailable", "error", NULL };

  if (presence->type == NULL || g_strv_contains (shown, presence->type))
    return ISMB_SAYING_SHOWN;
  if (ismb_subscription_verb (presence->type) != ISMB_SUBSCRIPTION_VERB_NONE)
    return ISMB_SAYING_SUBSCRIPTION;
  return g_str_equal (presence->type, "probe") ? ISMB_SAYING_PROBE : ISMB_SAYING_NONSENSE;
}
