/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-rosters.h"

G_BEGIN_DECLS

/* The state machine of RFC 6121, appendix A: what a subscription stanza does to the state that one
 * roster has for one contact. To say `subscribed` before one is asked is kept as a flag (3.4),
 * never together with a request that waits or one that was granted. */
typedef enum
{
  ISMB_SUBSCRIPTION_VERB_NONE,   /* another type: no subscription stanza */
  ISMB_SUBSCRIPTION_VERB_SUBSCRIBE,
  ISMB_SUBSCRIPTION_VERB_SUBSCRIBED,
  ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBE,
  ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBED,
} IsmbSubscriptionVerb;

typedef struct
{
  IsmbSubscription state; /* from now on */
  gboolean passes;  /* sent: goes on to the contact; received: is shown to the account's clients */
  gboolean approves; /* received: is answered `subscribed` at once, in the account's name */
} IsmbSubscriptionStep;

IsmbSubscriptionVerb ismb_subscription_verb     (const char *type);
IsmbSubscriptionStep ismb_subscription_sent (IsmbSubscription state,
                                             IsmbSubscriptionVerb verb); /* A.2 */
IsmbSubscriptionStep ismb_subscription_received (IsmbSubscription state,
                                                 IsmbSubscriptionVerb verb); /* A.3 */

G_END_DECLS
