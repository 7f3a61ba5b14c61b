/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-subscriptions.h"

#define NONE 0
#define OUT ISMB_SUBSCRIPTION_PENDING_OUT
#define IN ISMB_SUBSCRIPTION_PENDING_IN
#define TO ISMB_SUBSCRIPTION_TO
#define FROM ISMB_SUBSCRIPTION_FROM
#define BOTH (TO | FROM)
#define YES ISMB_SUBSCRIPTION_APPROVED

/* The rows of RFC 6121's tables: its nine states, in its order, and the three in which approval was
 * given before it was asked for (3.4); what each verb makes of them, and whether the stanza goes
 * on. */
typedef struct
{
  const char *type;
  struct
  {
    guint before, after;
    gboolean passes;
    gboolean approves; /* received: is answered at once */
  } rows[12];
} Table;

static const Table sent[] = {
  { "subscribe", { { NONE, OUT, TRUE }, { OUT, OUT, TRUE }, { IN, OUT | IN, TRUE },
        { OUT | IN, OUT | IN, TRUE }, { TO, TO, TRUE }, { TO | IN, TO | IN, TRUE },
        { FROM, FROM | OUT, TRUE }, { FROM | OUT, FROM | OUT, TRUE }, { BOTH, BOTH, TRUE },
        { YES, OUT | YES, TRUE }, { OUT | YES, OUT | YES, TRUE }, { TO | YES, TO | YES, TRUE } } },
  { "unsubscribe", { { NONE, NONE, TRUE }, { OUT, NONE, TRUE }, { IN, IN, TRUE },
        { OUT | IN, IN, TRUE }, { TO, NONE, TRUE }, { TO | IN, IN, TRUE },
        { FROM, FROM, TRUE }, { FROM | OUT, FROM, TRUE }, { BOTH, FROM, TRUE },
        { YES, YES, TRUE }, { OUT | YES, YES, TRUE }, { TO | YES, YES, TRUE } } },
  { "subscribed", { { NONE, YES, FALSE }, { OUT, OUT | YES, FALSE }, { IN, FROM, TRUE },
        { OUT | IN, FROM | OUT, TRUE }, { TO, TO | YES, FALSE }, { TO | IN, BOTH, TRUE },
        { FROM, FROM, FALSE }, { FROM | OUT, FROM | OUT, FALSE }, { BOTH, BOTH, FALSE },
        { YES, YES, FALSE }, { OUT | YES, OUT | YES, FALSE }, { TO | YES, TO | YES, FALSE } } },
  { "unsubscribed", { { NONE, NONE, FALSE }, { OUT, OUT, FALSE }, { IN, NONE, TRUE },
        { OUT | IN, OUT, TRUE }, { TO, TO, FALSE }, { TO | IN, TO, TRUE },
        { FROM, NONE, TRUE }, { FROM | OUT, OUT, TRUE }, { BOTH, TO, TRUE },
        { YES, NONE, FALSE }, { OUT | YES, OUT, FALSE }, { TO | YES, TO, FALSE } } },
};

static const Table received[] = {
  { "subscribe", { { NONE, IN, TRUE }, { OUT, OUT | IN, TRUE }, { IN, IN, FALSE },
        { OUT | IN, OUT | IN, FALSE }, { TO, TO | IN, TRUE }, { TO | IN, TO | IN, FALSE },
        { FROM, FROM, FALSE, TRUE }, { FROM | OUT, FROM | OUT, FALSE, TRUE },
        { BOTH, BOTH, FALSE, TRUE }, { YES, FROM, FALSE, TRUE },
        { OUT | YES, FROM | OUT, FALSE, TRUE }, { TO | YES, BOTH, FALSE, TRUE } } },
  { "unsubscribe", { { NONE, NONE, FALSE }, { OUT, OUT, FALSE }, { IN, NONE, TRUE },
        { OUT | IN, OUT, TRUE }, { TO, TO, FALSE }, { TO | IN, TO, TRUE },
        { FROM, NONE, TRUE }, { FROM | OUT, OUT, TRUE }, { BOTH, TO, TRUE },
        { YES, YES, FALSE }, { OUT | YES, OUT | YES, FALSE }, { TO | YES, TO | YES, FALSE } } },
  { "subscribed", { { NONE, NONE, FALSE }, { OUT, TO, TRUE }, { IN, IN, FALSE },
        { OUT | IN, TO | IN, TRUE }, { TO, TO, FALSE }, { TO | IN, TO | IN, FALSE },
        { FROM, FROM, FALSE }, { FROM | OUT, BOTH, TRUE }, { BOTH, BOTH, FALSE },
        { YES, YES, FALSE }, { OUT | YES, TO | YES, TRUE }, { TO | YES, TO | YES, FALSE } } },
  { "unsubscribed", { { NONE, NONE, FALSE }, { OUT, NONE, TRUE }, { IN, IN, FALSE },
        { OUT | IN, IN, TRUE }, { TO, NONE, TRUE }, { TO | IN, IN, TRUE },
        { FROM, FROM, FALSE }, { FROM | OUT, FROM, TRUE }, { BOTH, FROM, TRUE },
        { YES, YES, FALSE }, { OUT | YES, YES, TRUE }, { TO | YES, YES, TRUE } } },
};

static void
check_table (const Table *table,
             IsmbSubscriptionStep (*take) (IsmbSubscription, IsmbSubscriptionVerb))
{
  IsmbSubscriptionVerb verb = ismb_subscription_verb (table->type);

  for (guint i = 0; i < G_N_ELEMENTS (table->rows); i++)
    {
      IsmbSubscriptionStep step = take (table->rows[i].before, verb);

      g_assert_cmphex (step.state, ==, table->rows[i].after);
      g_assert_cmpint (step.passes, ==, table->rows[i].passes);
      g_assert_cmpint (step.approves, ==, table->rows[i].approves);
    }
}

static void
test_sent (gconstpointer data)
{
  check_table (data, ismb_subscription_sent);
}

static void
test_received (gconstpointer data)
{
  check_table (data, ismb_subscription_received);
}

static void
test_other_types (void)
{
  g_assert_cmpint (ismb_subscription_verb (NULL), ==, ISMB_SUBSCRIPTION_VERB_NONE);
  g_assert_cmpint (ismb_subscription_verb ("unavailable"), ==, ISMB_SUBSCRIPTION_VERB_NONE);
  g_assert_cmpint (ismb_subscription_verb ("Subscribe"), ==, ISMB_SUBSCRIPTION_VERB_NONE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sent); i++)
    {
      g_autofree char *outward = g_strdup_printf ("/subscriptions/sent/%s", sent[i].type);
      g_autofree char *inward = g_strdup_printf ("/subscriptions/received/%s", received[i].type);

      g_test_add_data_func (outward, &sent[i], test_sent);
      g_test_add_data_func (inward, &received[i], test_received);
    }
  g_test_add_func ("/subscriptions/other-types", test_other_types);
  return g_test_run ();
}
