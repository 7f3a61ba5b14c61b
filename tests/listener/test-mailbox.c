/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-mailbox.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "scratch.h"
#include "sink-spy.h"

#define MESSAGES 200

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbAccounts *accounts;
  IsmbOffline *offline;
  IsmbRoutes *routes;
  IsmbMailbox *mailbox;
  GString *undeliverable; /* "id condition " */
  GString *returned;      /* "id " */
  guint settled;          /* receipts of senders */
} Fixture;

/* A sender that waits for word of its message. */
typedef struct
{
  IsmbReceipt receipt;
  Fixture *fixture;
} Sender;

static void
on_settled (IsmbReceipt *receipt)
{
  ((Sender *) receipt)->fixture->settled++;
  g_free (receipt);
}

static IsmbFrame *
make (Fixture *fixture, const char *type, const char *id, const char *child, const char *ns)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbFrame *frame = NULL;
  Sender *sender = g_new0 (Sender, 1);

  ismb_tree_set (tree, root, "from", "ada@far/desk");
  ismb_tree_set (tree, root, "to", "bob@here");
  ismb_tree_set (tree, root, "type", type);
  ismb_tree_set (tree, root, "id", id);
  if (child != NULL)
    ismb_tree_add_leaf (tree, root, child, ns, NULL);
  frame = ismb_frame_new_from_tree (tree);
  ismb_receipt_init (&sender->receipt, on_settled);
  sender->fixture = fixture;
  ismb_frame_set_receipt (frame, &sender->receipt);
  ismb_receipt_unref (&sender->receipt);
  return frame;
}

static IsmbFrame *
make_chat (Fixture *fixture, const char *id)
{
  return make (fixture, "chat", id, "body", ISMB_NS_CLIENT);
}

static void
on_undeliverable (IsmbFrame *frame, const char *condition, gpointer owner)
{
  g_string_append_printf (((Fixture *) owner)->undeliverable, "%s %s ", frame->id, condition);
}

static void
on_returned (IsmbFrame *frame, gpointer owner)
{
  g_string_append_printf (((Fixture *) owner)->returned, "%s ", frame->id);
}

static void
open_mailbox (Fixture *fixture)
{
  static const IsmbMailboxCallbacks callbacks = { on_undeliverable, on_returned };
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db", NULL);
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
  fixture->offline =
      ismb_offline_load (fixture->store, fixture->accounts, MESSAGES, 1024 * 1024, &error);
  g_assert_no_error (error);
  fixture->mailbox = ismb_mailbox_new (fixture->routes, fixture->offline, &callbacks, fixture);
}

/* Until the store has nothing to tell any more: what it tells may ask it for more. */
static void
settle (Fixture *fixture)
{
  gboolean told;

  do
    {
      ismb_store_sync (fixture->store, NULL);
      told = FALSE;
      while (g_main_context_iteration (NULL, FALSE))
        told = TRUE;
    }
  while (told);
}

static void
close_mailbox (Fixture *fixture)
{
  settle (fixture);
  g_assert_finalize_object (g_steal_pointer (&fixture->mailbox));
  g_assert_finalize_object (g_steal_pointer (&fixture->offline));
  g_assert_finalize_object (g_steal_pointer (&fixture->accounts));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static void
create (Fixture *fixture, const char *account, gboolean transient)
{
  g_assert_true (ismb_accounts_create (fixture->accounts, account, "secret", ISMB_ROLE_CLIENT,
                                       transient, NULL));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->routes = ismb_routes_new ("here");
  fixture->undeliverable = g_string_new (NULL);
  fixture->returned = g_string_new (NULL);
  open_mailbox (fixture);
  create (fixture, "bob", FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_mailbox (fixture);
  g_assert_finalize_object (fixture->routes);
  g_assert_cmpstr (fixture->undeliverable->str, ==, "");
  g_assert_cmpstr (fixture->returned->str, ==, "");
  g_string_free (fixture->undeliverable, TRUE);
  g_string_free (fixture->returned, TRUE);
  scratch_remove (fixture->folder);
}

static void
assert_said (GString *said, const char *expected)
{
  g_assert_cmpstr (said->str, ==, expected);
  g_string_truncate (said, 0);
}

/* As after a crash: what was not settled is what the next process finds. */
static void
crash (Fixture *fixture)
{
  settle (fixture);
  ismb_mailbox_close (fixture->mailbox);
}

static IsmbResource *
add_resource (Fixture *fixture, const char *name, SinkSpy *sink)
{
  IsmbResource *resource =
      ismb_routes_add_resource (fixture->routes, "bob", name, ISMB_SINK (sink));

  resource->available = TRUE;
  return resource;
}

static void
keep (Fixture *fixture, const char *id)
{
  g_autoptr (IsmbFrame) frame = make_chat (fixture, id);

  g_assert_null (ismb_mailbox_keep (fixture->mailbox, "bob", frame));
}

/* The ids of what the sink holds, in order; it holds them no more. */
static void
assert_holds (SinkSpy *sink, const char *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  IsmbFrame *frame;

  while ((frame = sink_spy_take (sink)) != NULL)
    {
      g_string_append_printf (ids, "%s ", frame->id);
      ismb_frame_unref (frame);
    }
  g_assert_cmpstr (ids->str, ==, expected);
}

static char *
dup_stanza_id (const IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  IsmbNode *id = ismb_node_find (ismb_tree_root (tree), "stanza-id", ISMB_NS_STANZA_ID);

  g_assert_nonnull (id);
  g_assert_cmpstr (ismb_node_get (id, "by"), ==, "bob@here");
  g_assert_null (ismb_node_find_next (id, "stanza-id", ISMB_NS_STANZA_ID));
  return g_strdup (ismb_node_get (id, "id"));
}

static void
test_settled_when_written (Fixture *fixture, gconstpointer data)
{
  keep (fixture, "one");
  g_assert_cmpuint (fixture->settled, ==, 0);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
  settle (fixture);
  g_assert_cmpuint (fixture->settled, ==, 1);
}

static void
test_not_worth_it (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *type, *child, *ns;
    gboolean kept;
  } given[] = {
    { NULL, "body", ISMB_NS_CLIENT, TRUE },
    { NULL, NULL, NULL, TRUE },
    { "normal", "active", ISMB_NS_CHAT_STATES, TRUE },
    { "chat", "body", ISMB_NS_CLIENT, TRUE },
    { "what", "body", ISMB_NS_CLIENT, TRUE },
    { "chat", "composing", ISMB_NS_CHAT_STATES, FALSE },
    { "chat", "no-store", ISMB_NS_HINTS, FALSE },
    { "groupchat", "body", ISMB_NS_CLIENT, FALSE },
    { "headline", "body", ISMB_NS_CLIENT, FALSE },
    { "error", "body", ISMB_NS_CLIENT, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (given); i++)
    {
      g_autoptr (IsmbFrame) frame =
          make (fixture, given[i].type, "x", given[i].child, given[i].ns);
      const char *condition = ismb_mailbox_keep (fixture->mailbox, "bob", frame);

      g_test_message ("%s %s", given[i].type, given[i].child);
      g_assert_cmpstr (condition, ==, given[i].kept ? NULL : "service-unavailable");
    }
}

static void
test_for_whom (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "x");

  create (fixture, "passing", TRUE);
  g_assert_cmpstr (ismb_mailbox_keep (fixture->mailbox, "passing", frame), ==,
                   "service-unavailable");
  g_assert_cmpstr (ismb_mailbox_keep (fixture->mailbox, "nobody", frame), ==,
                   "service-unavailable");
  for (guint i = 0; i < MESSAGES; i++)
    keep (fixture, "full");
  g_assert_cmpstr (ismb_mailbox_keep (fixture->mailbox, "bob", frame), ==, "service-unavailable");
}

static void
assert_delayed (const IsmbFrame *frame, gint64 from, gint64 to)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  IsmbNode *delay = ismb_node_find (ismb_tree_root (tree), "delay", ISMB_NS_DELAY);
  g_autoptr (GDateTime) stamp = NULL;

  g_assert_nonnull (delay);
  g_assert_cmpstr (ismb_node_get (delay, "from"), ==, "here");
  stamp = g_date_time_new_from_iso8601 (ismb_node_get (delay, "stamp"), NULL);
  g_assert_cmpint (g_date_time_to_unix (stamp), >=, from);
  g_assert_cmpint (g_date_time_to_unix (stamp), <=, to);
}

static void
test_delivered_in_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  gint64 from = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; i < 150; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);
      keep (fixture, id);
    }
  ismb_mailbox_open (fixture->mailbox, resource);
  g_assert_true (resource->waiting);
  settle (fixture);
  g_assert_false (resource->waiting);
  g_assert_cmpuint (sink_spy_count (sink), ==, 150);
  for (guint i = 0; i < 150; i++)
    {
      g_autoptr (IsmbFrame) frame = sink_spy_take (sink);
      g_autofree char *id = g_strdup_printf ("m%u", i);

      g_assert_cmpstr (frame->id, ==, id);
      g_assert_cmpstr (frame->from, ==, "ada@far/desk");
      g_assert_cmpstr (frame->to, ==, "bob@here");
      g_assert_cmpstr (frame->payload_name, ==, "body");
      assert_delayed (frame, from, g_get_real_time () / G_USEC_PER_SEC);
      g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 150 - i);
    }
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
}

/* Also when it had been handed out, and nobody knows how far it came. */
static void
test_survives_a_crash (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  g_autoptr (IsmbFrame) before = NULL;
  g_autoptr (IsmbFrame) after = NULL;
  g_autofree char *id_before = NULL;
  g_autofree char *id_after = NULL;

  keep (fixture, "one");
  ismb_mailbox_open (fixture->mailbox, resource);
  settle (fixture);
  before = sink_spy_take (sink);
  id_before = dup_stanza_id (before);
  crash (fixture);
  g_clear_pointer (&before, ismb_frame_unref);
  close_mailbox (fixture);

  open_mailbox (fixture);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
  ismb_mailbox_open (fixture->mailbox, resource);
  settle (fixture);
  after = sink_spy_take (sink);
  id_after = dup_stanza_id (after);
  g_assert_cmpstr (id_before, ==, id_after);
}

static void
test_kept_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  g_autoptr (IsmbFrame) frame = NULL;

  keep (fixture, "one");
  ismb_mailbox_open (fixture->mailbox, resource);
  settle (fixture);
  frame = sink_spy_take (sink);
  g_assert_null (ismb_mailbox_keep (fixture->mailbox, "bob", frame));
  g_clear_pointer (&frame, ismb_frame_unref);
  keep (fixture, "two");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 2);
  ismb_mailbox_open (fixture->mailbox, resource);
  settle (fixture);
  assert_holds (sink, "one two ");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
}

static void
test_newer_stay_behind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  g_autoptr (IsmbFrame) newer = make_chat (fixture, "newer");

  keep (fixture, "one");
  keep (fixture, "two");
  ismb_mailbox_open (fixture->mailbox, resource);
  g_assert_null (ismb_mailbox_queue (fixture->mailbox, resource, newer));
  keep (fixture, "between");
  settle (fixture);
  assert_holds (sink, "one two between newer ");
}

static void
test_room_behind_is_bounded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  g_autofree char *id = g_strnfill (200 * 1024, 'x');
  g_autoptr (IsmbFrame) big = make_chat (fixture, id);

  keep (fixture, "one");
  ismb_mailbox_open (fixture->mailbox, resource);
  g_assert_null (ismb_mailbox_queue (fixture->mailbox, resource, big));
  g_assert_null (ismb_mailbox_queue (fixture->mailbox, resource, big));
  g_assert_cmpstr (ismb_mailbox_queue (fixture->mailbox, resource, big), ==,
                   "resource-constraint");
  settle (fixture);
  g_assert_cmpuint (sink_spy_count (sink), ==, 3);
}

static void
test_resource_leaves (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  g_autoptr (SinkSpy) other = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);
  g_autoptr (IsmbFrame) newer = make_chat (fixture, "newer");

  keep (fixture, "one");
  ismb_mailbox_open (fixture->mailbox, resource);
  g_assert_null (ismb_mailbox_queue (fixture->mailbox, resource, newer));
  ismb_routes_remove_resource (fixture->routes, resource);
  resource = add_resource (fixture, "desk", other); /* the same name, another session */
  settle (fixture);
  assert_said (fixture->returned, "newer ");
  assert_holds (sink, "");
  assert_holds (other, "one ");
  g_assert_false (resource->waiting);
}

static void
test_resource_leaves_nobody (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  IsmbResource *resource = add_resource (fixture, "desk", sink);

  add_resource (fixture, "shy", sink)->priority = -1;
  keep (fixture, "one");
  ismb_mailbox_open (fixture->mailbox, resource);
  ismb_routes_remove_resource (fixture->routes, resource);
  settle (fixture);
  assert_holds (sink, "");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
}

/* A sink that takes two at a time. */
#define SLOW_TYPE_SINK (slow_sink_get_type ())
G_DECLARE_FINAL_TYPE (SlowSink, slow_sink, SLOW, SINK, GObject)

struct _SlowSink
{
  GObject parent_instance;
  Fixture *fixture;
  SinkSpy *spy;
};

static void
slow_sink_deliver (IsmbSink *sink, IsmbFrame *frame)
{
  SlowSink *self = SLOW_SINK (sink);

  if (sink_spy_count (self->spy) < 2)
    ismb_sink_deliver (ISMB_SINK (self->spy), frame);
  else
    g_assert_true (ismb_mailbox_take_back (self->fixture->mailbox, frame));
}

static void
slow_sink_iface_init (IsmbSinkInterface *iface)
{
  iface->deliver = slow_sink_deliver;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (SlowSink, slow_sink, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, slow_sink_iface_init))

static void
slow_sink_class_init (SlowSinkClass *klass)
{
}

static void
slow_sink_init (SlowSink *self)
{
}

static void
test_slow_reader (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SlowSink) sink = g_object_new (SLOW_TYPE_SINK, NULL);
  g_autoptr (SinkSpy) spy = sink_spy_new ();
  g_autoptr (IsmbFrame) newer = make_chat (fixture, "newer");
  IsmbResource *resource =
      ismb_routes_add_resource (fixture->routes, "bob", "desk", ISMB_SINK (sink));

  sink->fixture = fixture;
  sink->spy = spy;
  keep (fixture, "one");
  keep (fixture, "two");
  keep (fixture, "three");
  ismb_mailbox_open (fixture->mailbox, resource);
  g_assert_null (ismb_mailbox_queue (fixture->mailbox, resource, newer));
  settle (fixture);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 3);
  assert_holds (spy, "one two ");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
  settle (fixture);
  assert_holds (spy, "three newer ");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
}

static void
test_held (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "one");

  ismb_mailbox_hold (fixture->mailbox, "bob", frame);
  ismb_mailbox_hold (fixture->mailbox, "bob", frame);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
  g_assert_cmpuint (fixture->settled, ==, 0);
  settle (fixture);
  g_assert_cmpuint (fixture->settled, ==, 1); /* the sender may forget it */

  /* It is the holder's, and no other's. */
  ismb_mailbox_open (fixture->mailbox, add_resource (fixture, "other", sink));
  settle (fixture);
  assert_holds (sink, "");
  g_clear_pointer (&frame, ismb_frame_unref);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
  g_assert_cmpuint (fixture->settled, ==, 1);
}

/* Quicker than the disk. */
static void
test_held_shortly (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "one");

  ismb_mailbox_hold (fixture->mailbox, "bob", frame);
  g_clear_pointer (&frame, ismb_frame_unref);
  settle (fixture);
  g_assert_cmpuint (fixture->settled, ==, 1);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
}

static void
test_held_through_a_crash (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "one");

  ismb_mailbox_hold (fixture->mailbox, "bob", frame);
  crash (fixture);
  g_clear_pointer (&frame, ismb_frame_unref);
  close_mailbox (fixture);
  open_mailbox (fixture);
  ismb_mailbox_open (fixture->mailbox, add_resource (fixture, "desk", sink));
  settle (fixture);
  assert_holds (sink, "one ");
}

/* The session that held it does not come back. */
static void
test_held_and_kept (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SinkSpy) sink = sink_spy_new ();
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "one");

  ismb_mailbox_hold (fixture->mailbox, "bob", frame);
  g_assert_null (ismb_mailbox_keep (fixture->mailbox, "bob", frame));
  g_clear_pointer (&frame, ismb_frame_unref);
  settle (fixture);
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 1);
  ismb_mailbox_open (fixture->mailbox, add_resource (fixture, "desk", sink));
  settle (fixture);
  assert_holds (sink, "one ");
}

static void
test_not_held_for_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "one");
  g_autoptr (IsmbFrame) error = make (fixture, "error", "two", NULL, NULL);

  create (fixture, "passing", TRUE);
  ismb_mailbox_hold (fixture->mailbox, "passing", frame);
  ismb_mailbox_hold (fixture->mailbox, "bob", error);
  settle (fixture);
  g_assert_cmpuint (fixture->settled, ==, 0);
}

/* Whoever holds what has no room had better send it back. */
static void
test_no_room_to_hold (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_frame_unref);
  g_autoptr (IsmbFrame) frame = make_chat (fixture, "more");

  for (guint i = 0; i < MESSAGES; i++)
    {
      g_ptr_array_add (held, make_chat (fixture, "one"));
      g_assert_true (ismb_mailbox_hold (fixture->mailbox, "bob", g_ptr_array_index (held, i)));
    }
  g_assert_false (ismb_mailbox_hold (fixture->mailbox, "bob", frame));
  g_ptr_array_set_size (held, 0);
  settle (fixture);
  g_assert_true (ismb_mailbox_hold (fixture->mailbox, "bob", frame));
}

/* The frame is there still; who sent it waits no more. */
static void
test_fleeting (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) headline = make (fixture, "headline", "now", "body", ISMB_NS_CLIENT);
  g_autoptr (IsmbFrame) chat = make_chat (fixture, "later");

  g_assert_true (ismb_mailbox_hold (fixture->mailbox, "bob", headline));
  g_assert_cmpuint (fixture->settled, ==, 1);
  g_assert_true (ismb_mailbox_hold (fixture->mailbox, "bob", chat));
  g_assert_cmpuint (fixture->settled, ==, 1);
  settle (fixture);
  g_assert_cmpuint (fixture->settled, ==, 2);
}

/* A statement that SQLite refuses stands for a disk that is full. */
static void
fill_disk (Fixture *fixture)
{
  g_assert_true (ismb_store_write_now (fixture->store,
                                       "CREATE TRIGGER full BEFORE INSERT ON offline BEGIN"
                                       " SELECT RAISE (ABORT, 'no room'); END",
                                       NULL, NULL));
}

static void
test_disk_is_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbFrame) held = make_chat (fixture, "held");
  g_autoptr (IsmbFrame) relied = make_chat (fixture, "relied");

  fill_disk (fixture);
  keep (fixture, "one");
  ismb_mailbox_hold (fixture->mailbox, "bob", held);
  ismb_mailbox_hold (fixture->mailbox, "bob", relied);
  g_assert_null (ismb_mailbox_keep (fixture->mailbox, "bob", relied));
  settle (fixture);
  assert_said (fixture->undeliverable, "one resource-constraint relied resource-constraint ");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
  g_assert_cmpuint (fixture->settled, ==, 1); /* one; the others are held */
  g_clear_pointer (&held, ismb_frame_unref);
  g_assert_cmpuint (fixture->settled, ==, 2);
}

static void
on_put (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "<message", "<message><a></message>", "<message/><a/>", "" };
  g_autoptr (SinkSpy) sink = sink_spy_new ();

  keep (fixture, "one");
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    ismb_offline_keep (fixture->offline, "bob", G_MAXINT64, texts[i], strlen (texts[i]),
                       on_put, NULL);
  keep (fixture, "two");
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_test_expect_message ("ismb.listener.mailbox", G_LOG_LEVEL_WARNING, "*bob is damaged*");
  ismb_mailbox_open (fixture->mailbox, add_resource (fixture, "desk", sink));
  settle (fixture);
  g_test_assert_expected_messages ();
  assert_holds (sink, "one two ");
  g_assert_cmpuint (ismb_mailbox_count (fixture->mailbox, "bob"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/mailbox/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("settled-when-written", test_settled_when_written);
  ADD ("not-worth-it", test_not_worth_it);
  ADD ("for-whom", test_for_whom);
  ADD ("delivered-in-order", test_delivered_in_order);
  ADD ("survives-a-crash", test_survives_a_crash);
  ADD ("kept-again", test_kept_again);
  ADD ("newer-stay-behind", test_newer_stay_behind);
  ADD ("room-behind-is-bounded", test_room_behind_is_bounded);
  ADD ("resource-leaves", test_resource_leaves);
  ADD ("resource-leaves-nobody", test_resource_leaves_nobody);
  ADD ("slow-reader", test_slow_reader);
  ADD ("held", test_held);
  ADD ("held-shortly", test_held_shortly);
  ADD ("held-through-a-crash", test_held_through_a_crash);
  ADD ("held-and-kept", test_held_and_kept);
  ADD ("not-held-for-all", test_not_held_for_all);
  ADD ("no-room-to-hold", test_no_room_to_hold);
  ADD ("fleeting", test_fleeting);
  ADD ("disk-is-full", test_disk_is_full);
  ADD ("damaged", test_damaged);
#undef ADD
  return g_test_run ();
}
