/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-presence-service.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

/* A sink that keeps what it was given, one line a frame: "from>to type". */
#define TEST_TYPE_SINK (test_sink_get_type ())
G_DECLARE_FINAL_TYPE (TestSink, test_sink, TEST, SINK, GObject)

struct _TestSink
{
  GObject parent_instance;
  GString *lines;
};

static void
test_sink_deliver (IsmbSink *sink, IsmbFrame *frame)
{
  TestSink *self = TEST_SINK (sink);

  g_string_append_printf (self->lines, "%s>%s %s\n", frame->from, frame->to,
                          frame->type != NULL ? frame->type : "available");
}

static void
test_sink_iface_init (IsmbSinkInterface *iface)
{
  iface->deliver = test_sink_deliver;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestSink, test_sink, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, test_sink_iface_init))

static void
test_sink_finalize (GObject *object)
{
  g_string_free (TEST_SINK (object)->lines, TRUE);
  G_OBJECT_CLASS (test_sink_parent_class)->finalize (object);
}

static void
test_sink_class_init (TestSinkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_sink_finalize;
}

static void
test_sink_init (TestSink *self)
{
  self->lines = g_string_new (NULL);
}

/* What came since the last look; order within is not promised where many are told the same. */
static void
assert_got (TestSink *sink, const char *expected)
{
  g_assert_cmpstr (sink->lines->str, ==, expected);
  g_string_truncate (sink->lines, 0);
}

static void
assert_got_line (TestSink *sink, const char *line)
{
  g_autofree char *whole = g_strconcat (line, "\n", NULL);

  g_assert_nonnull (strstr (sink->lines->str, whole));
}

static void
forget (TestSink *sink)
{
  g_string_truncate (sink->lines, 0);
}

typedef struct
{
  IsmbStore *store;
  IsmbRosters *rosters;
  IsmbAccounts *accounts;
  IsmbRoutes *routes;
  IsmbPresenceService *service;
  TestSink *link;          /* to the domain "far" */
  GPtrArray *sinks;
  GString *pushes;         /* "account contact\n" */
  GString *shared;         /* "domain yes|no\n" */
} Fixture;

static void
on_roster_changed (IsmbPresenceService *service, const char *account, const char *contact,
                   Fixture *fixture)
{
  g_string_append_printf (fixture->pushes, "%s %s\n", account, contact);
}

static void
on_shared (IsmbPresenceService *service, const char *domain, gboolean shared, Fixture *fixture)
{
  g_assert_cmpint (ismb_presence_service_shares (service, domain), ==, shared);
  g_string_append_printf (fixture->shared, "%s %s\n", domain, shared ? "yes" : "no");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (NULL, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
  fixture->rosters = ismb_rosters_load (fixture->store, fixture->accounts, &error);
  g_assert_no_error (error);
  for (const char *const *name = (const char *const[]){ "ann", "bob", NULL }; *name != NULL; name++)
    g_assert_true (
        ismb_accounts_create (fixture->accounts, *name, "secret", ISMB_ROLE_CLIENT, TRUE, NULL));
  fixture->routes = ismb_routes_new ("here");
  fixture->service =
      ismb_presence_service_new (fixture->routes, fixture->rosters, fixture->accounts);
  fixture->sinks = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->link = g_object_new (TEST_TYPE_SINK, NULL);
  ismb_routes_set_domain (fixture->routes, "far", ISMB_SINK (fixture->link));
  fixture->pushes = g_string_new (NULL);
  fixture->shared = g_string_new (NULL);
  g_signal_connect (fixture->service, "roster-changed", G_CALLBACK (on_roster_changed), fixture);
  g_signal_connect (fixture->service, "shared", G_CALLBACK (on_shared), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->service);
  g_assert_finalize_object (fixture->routes);
  g_assert_finalize_object (fixture->rosters);
  g_assert_finalize_object (fixture->accounts);
  g_assert_finalize_object (fixture->store);
  g_assert_finalize_object (fixture->link);
  g_ptr_array_unref (fixture->sinks);
  g_string_free (fixture->pushes, TRUE);
  g_string_free (fixture->shared, TRUE);
}

/* A session of an account, that asked for its roster and said nothing yet. */
static IsmbResource *
add_session (Fixture *fixture, const char *account, const char *resource)
{
  TestSink *sink = g_object_new (TEST_TYPE_SINK, NULL);
  IsmbResource *added =
      ismb_routes_add_resource (fixture->routes, account, resource, ISMB_SINK (sink));

  g_ptr_array_add (fixture->sinks, sink);
  added->interested = TRUE;
  return added;
}

static TestSink *
sink_of (IsmbResource *resource)
{
  return TEST_SINK (resource->sink);
}

static IsmbFrame *
make (const char *type, const char *from, const char *to, const char *priority)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("presence", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  if (from != NULL)
    ismb_tree_set (tree, root, "from", from);
  if (to != NULL)
    ismb_tree_set (tree, root, "to", to);
  if (type != NULL)
    ismb_tree_set (tree, root, "type", type);
  if (priority != NULL)
    ismb_tree_add_leaf (tree, root, "priority", ISMB_NS_CLIENT, priority);
  return ismb_frame_new_from_tree (tree);
}

static void
say (Fixture *fixture, IsmbResource *resource, const char *type, const char *to)
{
  g_autoptr (IsmbFrame) frame = make (type, resource->full, to, NULL);

  ismb_presence_service_outbound (fixture->service, resource, frame);
}

static void
hear (Fixture *fixture, const char *type, const char *from, const char *to)
{
  g_autoptr (IsmbFrame) frame = make (type, from, to, NULL);

  ismb_presence_service_inbound (fixture->service, frame);
}

static IsmbResource *
sign_in (Fixture *fixture, const char *account, const char *resource)
{
  IsmbResource *added = add_session (fixture, account, resource);

  say (fixture, added, NULL, NULL);
  return added;
}

static void
subscribe (Fixture *fixture, const char *account, const char *contact, guint subscription)
{
  g_assert_true (ismb_rosters_put (fixture->rosters, account, contact, NULL, NULL, subscription));
}

static guint
state_of (Fixture *fixture, const char *account, const char *contact)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (fixture->rosters, account, contact);

  return entry != NULL ? entry->subscription : 0;
}

#define OUT ISMB_SUBSCRIPTION_PENDING_OUT
#define IN ISMB_SUBSCRIPTION_PENDING_IN
#define TO ISMB_SUBSCRIPTION_TO
#define FROM ISMB_SUBSCRIPTION_FROM
#define BOTH (TO | FROM)

static void
test_initial_presence (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) frame = NULL;
  IsmbResource *ann;

  subscribe (fixture, "ann", "reader@far", FROM);
  subscribe (fixture, "ann", "writer@far", TO);
  subscribe (fixture, "ann", "asked@far", OUT);
  subscribe (fixture, "ann", "asking@far", IN);
  ann = add_session (fixture, "ann", "tty");
  frame = make (NULL, ann->full, NULL, "-5");
  ismb_presence_service_outbound (fixture->service, ann, frame);

  g_assert_true (ann->available);
  g_assert_cmpint (ann->priority, ==, -5);
  assert_got (fixture->link, "ann@here/tty>reader@far available\n"
                             "ann@here>writer@far probe\n"
                             "ann@here>asked@far subscribe\n");
  assert_got (sink_of (ann), "ann@here/tty>ann@here available\n"
                             "asking@far>ann@here subscribe\n");
}

static void
test_update (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  subscribe (fixture, "ann", "both@far", BOTH);
  subscribe (fixture, "ann", "asking@far", IN);
  ann = sign_in (fixture, "ann", "tty");
  forget (fixture->link);
  forget (sink_of (ann));
  say (fixture, ann, NULL, NULL);
  assert_got (fixture->link, "ann@here/tty>both@far available\n");
  assert_got (sink_of (ann), "ann@here/tty>ann@here available\n");
}

static void
test_own_resources (Fixture *fixture, gconstpointer data)
{
  IsmbResource *tty = sign_in (fixture, "ann", "tty"), *web;

  forget (sink_of (tty));
  web = sign_in (fixture, "ann", "web");
  assert_got (sink_of (tty), "ann@here/web>ann@here available\n");
  assert_got (sink_of (web), "ann@here/web>ann@here available\n"
                             "ann@here/tty>ann@here/web available\n");
  ismb_presence_service_gone (fixture->service, web);
  assert_got (sink_of (tty), "ann@here/web>ann@here unavailable\n");
}

static void
test_local_contacts (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann, *bob;

  subscribe (fixture, "ann", "bob@here", BOTH);
  subscribe (fixture, "bob", "ann@here", BOTH);
  ann = sign_in (fixture, "ann", "tty");
  forget (sink_of (ann));
  bob = sign_in (fixture, "bob", "tty");
  assert_got (sink_of (ann), "bob@here/tty>ann@here available\n");
  assert_got (sink_of (bob), "bob@here/tty>bob@here available\n"
                             "ann@here/tty>bob@here/tty available\n");
  say (fixture, ann, "unavailable", NULL);
  g_assert_false (ann->available);
  g_assert_null (ann->presence);
  assert_got (sink_of (bob), "ann@here/tty>bob@here unavailable\n");
  assert_got (fixture->link, "");
}

/* Nobody is told of it again once it was told: the session that said unavailable may go. */
static void
test_gone_once (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  subscribe (fixture, "ann", "both@far", FROM);
  ann = sign_in (fixture, "ann", "tty");
  forget (fixture->link);
  say (fixture, ann, "unavailable", NULL);
  assert_got (fixture->link, "ann@here/tty>both@far unavailable\n");
  ismb_presence_service_gone (fixture->service, ann);
  assert_got (fixture->link, "");
}

static void
test_local_subscription (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty"), *bob = sign_in (fixture, "bob", "tty");

  forget (sink_of (ann));
  forget (sink_of (bob));
  say (fixture, ann, "subscribe", "bob@here/tty");
  assert_got (sink_of (bob), "ann@here>bob@here subscribe\n");
  g_assert_cmphex (state_of (fixture, "ann", "bob@here"), ==, OUT);
  g_assert_cmphex (state_of (fixture, "bob", "ann@here"), ==, IN);
  g_assert_cmpstr (fixture->pushes->str, ==, "ann bob@here\n");

  say (fixture, bob, "subscribed", "ann@here");
  assert_got (sink_of (ann), "bob@here>ann@here subscribed\n"
                             "bob@here/tty>ann@here available\n");
  g_assert_cmphex (state_of (fixture, "ann", "bob@here"), ==, TO);
  g_assert_cmphex (state_of (fixture, "bob", "ann@here"), ==, FROM);
  g_assert_cmpstr (fixture->pushes->str, ==, "ann bob@here\nbob ann@here\nann bob@here\n");

  say (fixture, ann, "unsubscribe", "bob@here");
  assert_got (sink_of (bob), "ann@here>bob@here unsubscribe\n");
  assert_got (sink_of (ann), "bob@here/tty>ann@here unavailable\n");
  g_assert_cmphex (state_of (fixture, "ann", "bob@here"), ==, 0);
  g_assert_cmphex (state_of (fixture, "bob", "ann@here"), ==, 0);
}

/* The end is seen before the cancellation (RFC 6121, 3.2.2). */
static void
test_cancelled_subscription (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  subscribe (fixture, "ann", "reader@far", FROM);
  ann = sign_in (fixture, "ann", "tty");
  forget (fixture->link);
  say (fixture, ann, "unsubscribed", "reader@far");
  assert_got (fixture->link, "ann@here/tty>reader@far unavailable\n"
                             "ann@here>reader@far unsubscribed\n");
}

static void
test_denied_request (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty");

  hear (fixture, "subscribe", "eve@far", "ann@here");
  say (fixture, ann, "unsubscribed", "eve@far");
  assert_got (fixture->link, "ann@here>eve@far unsubscribed\n");
  g_assert_null (ismb_rosters_lookup (fixture->rosters, "ann", "eve@far"));
  g_assert_cmpstr (fixture->pushes->str, ==, "");
}

static void
test_repeated_request (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  hear (fixture, "subscribe", "eve@far/x", "ann@here");
  hear (fixture, "subscribe", "eve@far", "ann@here");
  ann = sign_in (fixture, "ann", "tty");
  assert_got (sink_of (ann), "ann@here/tty>ann@here available\n"
                             "eve@far>ann@here subscribe\n");
  hear (fixture, "subscribe", "eve@far", "ann@here");
  assert_got (sink_of (ann), "");
  say (fixture, ann, "subscribed", "eve@far");
  forget (fixture->link);
  hear (fixture, "subscribe", "eve@far", "ann@here");
  assert_got (sink_of (ann), "");
  assert_got (fixture->link, "ann@here>eve@far subscribed\n"
                             "ann@here/tty>eve@far available\n");
}

static void
test_requests_are_bounded (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 1001; i++)
    {
      g_autofree char *contact = g_strdup_printf ("eve%u@far", i);

      hear (fixture, "subscribe", contact, "ann@here");
    }
  g_assert_nonnull (ismb_rosters_lookup (fixture->rosters, "ann", "eve999@far"));
  g_assert_null (ismb_rosters_lookup (fixture->rosters, "ann", "eve1000@far"));
  assert_got (fixture->link, "");    /* as nobody would have answered who is not there */
}

static void
test_unasked_approval (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty");

  forget (sink_of (ann));
  hear (fixture, "subscribed", "eve@far", "ann@here");
  hear (fixture, "unsubscribed", "eve@far", "ann@here");
  say (fixture, ann, "subscribed", "eve@far");
  say (fixture, ann, "subscribed", "eve@far");
  assert_got (fixture->link, "");
  g_assert_cmphex (state_of (fixture, "ann", "eve@far"), ==, ISMB_SUBSCRIPTION_APPROVED);
  g_assert_cmpstr (fixture->pushes->str, ==, "ann eve@far\n");
  hear (fixture, "subscribe", "eve@far", "ann@here");
  assert_got (sink_of (ann), "");
  assert_got (fixture->link, "ann@here>eve@far subscribed\n"
                             "ann@here/tty>eve@far available\n");
  g_assert_cmphex (state_of (fixture, "ann", "eve@far"), ==, FROM);
}

static void
test_strangers_learn_nothing (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture, "ann", "tty");
  hear (fixture, "probe", "eve@far", "here");
  hear (fixture, "subscribe", "eve@far", "nobody@here");
  hear (fixture, NULL, "eve@far/x", "nobody@here/x");
  assert_got (fixture->link, "");
  /* An account that is there and does not show itself looks like none. */
  hear (fixture, "probe", "eve@far", "ann@here");
  hear (fixture, "probe", "eve@far", "nobody@here");
  assert_got (fixture->link, "ann@here>eve@far unsubscribed\nnobody@here>eve@far unsubscribed\n");
}

static void
test_probe (Fixture *fixture, gconstpointer data)
{
  subscribe (fixture, "ann", "reader@far", FROM);
  subscribe (fixture, "ann", "writer@far", TO);
  hear (fixture, "probe", "reader@far", "ann@here");
  assert_got (fixture->link, "ann@here>reader@far unavailable\n");
  sign_in (fixture, "ann", "tty");
  forget (fixture->link);
  hear (fixture, "probe", "reader@far", "ann@here");
  assert_got (fixture->link, "ann@here/tty>reader@far available\n");
  hear (fixture, "probe", "writer@far", "ann@here");
  assert_got (fixture->link, "ann@here>writer@far unsubscribed\n");
}

static void
test_remote_presence (Fixture *fixture, gconstpointer data)
{
  IsmbResource *tty = sign_in (fixture, "ann", "tty"), *web = sign_in (fixture, "ann", "web");
  IsmbResource *silent = add_session (fixture, "ann", "silent");

  forget (sink_of (tty));
  forget (sink_of (web));
  hear (fixture, NULL, "bob@far/x", "ann@here");
  assert_got (sink_of (tty), "bob@far/x>ann@here available\n");
  assert_got (sink_of (web), "bob@far/x>ann@here available\n");
  assert_got (sink_of (silent), "");
  hear (fixture, NULL, "bob@far/x", "ann@here/silent");
  assert_got (sink_of (silent), "bob@far/x>ann@here/silent available\n");
  assert_got (sink_of (tty), "");
  hear (fixture, "error", "bob@far", "ann@here");
  assert_got (sink_of (tty), "bob@far>ann@here error\n");
}

static void
test_directed_presence (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = add_session (fixture, "ann", "tty"),
               *bob = add_session (fixture, "bob", "tty");

  say (fixture, ann, NULL, "room@far/nick");
  say (fixture, ann, NULL, "bob@here/tty");
  assert_got (fixture->link, "ann@here/tty>room@far/nick available\n");
  assert_got (sink_of (bob), "ann@here/tty>bob@here/tty available\n");
  say (fixture, ann, "unavailable", "bob@here/tty");
  assert_got (sink_of (bob), "ann@here/tty>bob@here/tty unavailable\n");
  ismb_presence_service_gone (fixture->service, ann);
  assert_got (fixture->link, "ann@here/tty>room@far/nick unavailable\n");
  assert_got (sink_of (bob), "");
}

static void
test_directed_presence_to_subscriber (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  subscribe (fixture, "ann", "reader@far", FROM);
  ann = sign_in (fixture, "ann", "tty");
  say (fixture, ann, NULL, "reader@far");
  forget (fixture->link);
  ismb_presence_service_gone (fixture->service, ann);
  assert_got (fixture->link, "ann@here/tty>reader@far unavailable\n");
}

static void
test_directed_presence_is_bounded (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty");

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *to = g_strdup_printf ("room%u@far", i);

      say (fixture, ann, NULL, to);
    }
  forget (fixture->link);
  say (fixture, ann, NULL, "one-more@far");
  assert_got (fixture->link, "");
  say (fixture, ann, NULL, "room7@far");
  assert_got (fixture->link, "ann@here/tty>room7@far available\n");
}

static void
test_clients_do_not_probe (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty");

  say (fixture, ann, "probe", "bob@far");
  say (fixture, ann, "nonsense", "bob@far");
  say (fixture, ann, "subscribe", NULL);
  say (fixture, ann, "subscribe", "ann@here");
  assert_got (fixture->link, "");
  g_assert_null (ismb_rosters_lookup (fixture->rosters, "ann", "ann@here"));
}

static void
test_unknown_domain (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann = sign_in (fixture, "ann", "tty");

  forget (sink_of (ann));
  say (fixture, ann, "subscribe", "bob@away");
  assert_got (sink_of (ann), "bob@away>ann@here/tty error\n");
  g_assert_cmphex (state_of (fixture, "ann", "bob@away"), ==, OUT);
  ismb_routes_set_domain (fixture->routes, "away", ISMB_SINK (fixture->link));
  ismb_presence_service_domain_up (fixture->service, "away");
  assert_got (fixture->link, "ann@here>bob@away subscribe\n");
}

static void
test_domain_lost (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann, *bob;

  subscribe (fixture, "ann", "both@far", BOTH);
  subscribe (fixture, "bob", "writer@far", TO);
  ann = sign_in (fixture, "ann", "tty");
  bob = sign_in (fixture, "bob", "tty");
  hear (fixture, NULL, "both@far/x", "ann@here");
  hear (fixture, NULL, "writer@far/x", "ann@here");
  hear (fixture, NULL, "writer@far/x", "bob@here");
  hear (fixture, "unavailable", "writer@far/x", "bob@here");
  forget (sink_of (ann));
  forget (sink_of (bob));
  forget (fixture->link);

  ismb_presence_service_domain_lost (fixture->service, "far");
  assert_got_line (sink_of (ann), "both@far/x>ann@here unavailable");
  assert_got_line (sink_of (ann), "writer@far/x>ann@here unavailable");
  assert_got (sink_of (bob), "");
  forget (sink_of (ann));
  ismb_presence_service_domain_lost (fixture->service, "far");
  assert_got (sink_of (ann), "");

  ismb_presence_service_domain_up (fixture->service, "far");
  assert_got_line (fixture->link, "ann@here/tty>both@far available");
  assert_got_line (fixture->link, "ann@here>both@far probe");
  assert_got_line (fixture->link, "bob@here>writer@far probe");
  forget (fixture->link);
  ismb_presence_service_domain_up (fixture->service, "far");
  assert_got (fixture->link, "");
}

static void
test_shared (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann, *second;

  subscribe (fixture, "ann", "both@far", BOTH);
  subscribe (fixture, "ann", "asked@other", OUT);
  subscribe (fixture, "ann", "bob@here", BOTH);
  g_assert_false (ismb_presence_service_shares (fixture->service, "far"));
  ann = sign_in (fixture, "ann", "tty");
  second = sign_in (fixture, "ann", "web");
  g_assert_true (ismb_presence_service_shares (fixture->service, "far"));
  g_assert_false (ismb_presence_service_shares (fixture->service, "here"));
  hear (fixture, "subscribed", "asked@other", "ann@here");
  g_assert_cmpstr (fixture->shared->str, ==, "far yes\nother yes\n");
  hear (fixture, "unsubscribed", "asked@other", "ann@here");
  ismb_presence_service_gone (fixture->service, second);
  g_assert_cmpstr (fixture->shared->str, ==, "far yes\nother yes\nother no\n");
  say (fixture, ann, "unavailable", NULL);
  g_assert_cmpstr (fixture->shared->str, ==, "far yes\nother yes\nother no\nfar no\n");
}

static void
test_roster_removed (Fixture *fixture, gconstpointer data)
{
  IsmbResource *ann;

  subscribe (fixture, "ann", "both@far", BOTH);
  ann = sign_in (fixture, "ann", "tty");
  forget (fixture->link);
  ismb_presence_service_roster_removed (fixture->service, "ann", "both@far");
  ismb_rosters_remove (fixture->rosters, "ann", "both@far");
  assert_got (fixture->link, "ann@here>both@far unsubscribe\n"
                             "ann@here/tty>both@far unavailable\n"
                             "ann@here>both@far unsubscribed\n");
  g_assert_false (ismb_presence_service_shares (fixture->service, "far"));
  g_assert_cmpstr (fixture->pushes->str, ==, "");
  ismb_presence_service_gone (fixture->service, ann);
  assert_got (fixture->link, "");
}

static void
test_account_removed (Fixture *fixture, gconstpointer data)
{
  subscribe (fixture, "ann", "reader@far", FROM);
  subscribe (fixture, "ann", "asking@far", IN);
  ismb_presence_service_account_removed (fixture->service, "ann");
  assert_got_line (fixture->link, "ann@here>reader@far unsubscribed");
  assert_got_line (fixture->link, "ann@here>asking@far unsubscribed");
}

#define TEST(path, function)                                                                       \
  g_test_add ("/presence-service/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  TEST ("initial-presence", test_initial_presence);
  TEST ("update", test_update);
  TEST ("own-resources", test_own_resources);
  TEST ("local-contacts", test_local_contacts);
  TEST ("gone-once", test_gone_once);
  TEST ("local-subscription", test_local_subscription);
  TEST ("cancelled-subscription", test_cancelled_subscription);
  TEST ("denied-request", test_denied_request);
  TEST ("repeated-request", test_repeated_request);
  TEST ("requests-are-bounded", test_requests_are_bounded);
  TEST ("unasked-approval", test_unasked_approval);
  TEST ("strangers-learn-nothing", test_strangers_learn_nothing);
  TEST ("probe", test_probe);
  TEST ("remote-presence", test_remote_presence);
  TEST ("directed-presence", test_directed_presence);
  TEST ("directed-presence-to-subscriber", test_directed_presence_to_subscriber);
  TEST ("directed-presence-is-bounded", test_directed_presence_is_bounded);
  TEST ("clients-do-not-probe", test_clients_do_not_probe);
  TEST ("unknown-domain", test_unknown_domain);
  TEST ("domain-lost", test_domain_lost);
  TEST ("shared", test_shared);
  TEST ("roster-removed", test_roster_removed);
  TEST ("account-removed", test_account_removed);
  return g_test_run ();
}
