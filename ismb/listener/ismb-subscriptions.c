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
  return (IsmbSubscriptionStep) { .state = state, .passes = passes };
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
      return step (state & ISMB_SUBSCRIPTION_FROM ? state : state | ISMB_SUBSCRIPTION_APPROVED,
                   FALSE);
    case ISMB_SUBSCRIPTION_VERB_UNSUBSCRIBED:
      return step (state & ~(INWARD | ISMB_SUBSCRIPTION_APPROVED), (state & INWARD) != 0);
    case ISMB_SUBSCRIPTION_VERB_NONE:
      break;
    }
  return step (state, FALSE);
}

/* An approval given ahead is used up by the request that it was given for: whoever unsubscribes and
 * comes back asks anew. */
static IsmbSubscriptionStep
step_for_request (IsmbSubscription state)
{
  IsmbSubscriptionStep asked = step (state, FALSE);

  asked.approves = (state & (ISMB_SUBSCRIPTION_FROM | ISMB_SUBSCRIPTION_APPROVED)) != 0;
  if (asked.approves)
    asked.state = (state & ~ISMB_SUBSCRIPTION_APPROVED) | ISMB_SUBSCRIPTION_FROM;
  else
    asked.state = state | ISMB_SUBSCRIPTION_PENDING_IN;
  asked.passes = !asked.approves && asked.state != state;
  return asked;
}

IsmbSubscriptionStep
ismb_subscription_received (IsmbSubscription state, IsmbSubscriptionVerb verb)
{
  switch (verb)
    {
    case ISMB_SUBSCRIPTION_VERB_SUBSCRIBE:
      return step_for_request (state);
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
