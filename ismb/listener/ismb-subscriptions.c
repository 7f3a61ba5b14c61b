/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-subscriptions.h"

#define OUTWARD (ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_PENDING_OUT)
#define INWARD (ISMB_SUBSCRIPTION_FROM | ISMB_SUBSCRIPTION_PENDING_IN)

IsmbSubscriptionVerb
ismb_subscription_verb (const char *type)
{
  if (g_strcmp0 (type, "subscribe") == 0)
    return ISMB_SUBSCRIPTION_VERB_SUBSCRIBE;
  if (g_strcmp0 (type, "subscribed") == 0)
    return ISMB_SUBSCRIPTION_VERB_SUBSCRIBED;
  if (g_strcmp0 (type, "unsubscribe") == 0)
    return ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBE;
  if (g_strcmp0 (type, "unsubscribed") == 0)
    return ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBED;
  return ISMB_SUBSCRIPTION_VERB_NONE;
}

static IsmbSubscriptionStep
step (IsmbSubscription state, gboolean passes)
{
  return (IsmbSubscriptionStep) { state, passes };
}

IsmbSubscriptionStep
ismb_subscription_sent (IsmbSubscription state, IsmbSubscriptionVerb verb)
{
  switch (verb)
    {
    case ISMB_SUBSCRIPTION_VERB_SUBSCRIBE:
      return step (state & ISMB_SUBSCRIPTION_TO ? state : state | ISMB_SUBSCRIPTION_PENDING_OUT,
                   TRUE);
    case ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBE:
      return step (state & ~OUTWARD, TRUE);
    case ISMB_SUBSCRIPTION_VERB_SUBSCRIBED:
      if (state & ISMB_SUBSCRIPTION_PENDING_IN)
        return step ((state & ~INWARD) | ISMB_SUBSCRIPTION_FROM, TRUE);
      return step (state, FALSE);
    case ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBED:
      return step (state & ~INWARD, (state & INWARD) != 0);
    case ISMB_SUBSCRIPTION_VERB_NONE:
      break;
    }
  return step (state, FALSE);
}

IsmbSubscriptionStep
ismb_subscription_received (IsmbSubscription state, IsmbSubscriptionVerb verb)
{
  switch (verb)
    {
    case ISMB_SUBSCRIPTION_VERB_SUBSCRIBE:
      if (state & INWARD)
        return step (state, FALSE);
      return step (state | ISMB_SUBSCRIPTION_PENDING_IN, TRUE);
    case ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBE:
      return step (state & ~INWARD, (state & INWARD) != 0);
    case ISMB_SUBSCRIPTION_VERB_SUBSCRIBED:
      if (state & ISMB_SUBSCRIPTION_PENDING_OUT)
        return step ((state & ~OUTWARD) | ISMB_SUBSCRIPTION_TO, TRUE);
      return step (state, FALSE);
    case ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBED:
      return step (state & ~OUTWARD, (state & OUTWARD) != 0);
    case ISMB_SUBSCRIPTION_VERB_NONE:
      break;
    }
  return step (state, FALSE);
}
