/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files from client to client, over a real listener onto a real disk. */
#include "config.h"
#include "ismb/transfer/ismb-transfer-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/transfer/ismb-beneath.h"
#include "ismb/transfer/ismb-offer.h"
#include "ismb/transfer/ismb-outgoing.h"
#include "ismb/transfer/ismb-receiver.h"
#include "ismb/transfer/ismb-transfer-outcome-private.h"
#include "tests/transfer/scene.h"

#define BIG (1024 * 1024 + 17)

/* A gate that lets everything through but what lies in secret/, and that thinks long about what
 * lies in slow/. */
#define TEST_TYPE_GATE (test_gate_get_type ())
G_DECLARE_FINAL_TYPE (TestGate, test_gate, TEST, GATE, GObject)

struct _TestGate
{
  GObject parent_instance;
};

static GQueue undecided; /* of GTask */

static void
test_gate_check_async (IsmbGate *gate, IsmbJid *from, const char *path, const IsmbOffer *offer,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (gate, cancellable, callback, user_data);

  if (g_str_has_prefix (path, "slow/"))
    g_queue_push_tail (&undecided, g_steal_pointer (&task));
  else if (g_str_has_prefix (path, "secret/"))
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "secret");
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
test_gate_check_finish (IsmbGate *gate, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
test_gate_gate_init (IsmbGateInterface *iface)
{
  iface->check_async = test_gate_check_async;
  iface->check_finish = test_gate_check_finish;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestGate, test_gate, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_GATE, test_gate_gate_init))

static void
test_gate_class_init (TestGateClass *klass)
{
}

static void
test_gate_init (TestGate *self)
{
}

typedef struct
{
  Scene scene;
  char *here;  /* the sender's files root */
  char *there; /* the receiver's */
  IsmbClient *sender;
  IsmbClient *taker;
  IsmbReceiver *receiver;
  gboolean mounted; /* there is a file system of its own, with the options in the test's data */
  char *told;  /* the receiver's signals, one a line */
} Fixture;

static void
on_received (IsmbReceiver *receiver, IsmbJid *from, const char *name, guint64 bytes,
             const char *outcome, gpointer user_data)
{
  Fixture *fixture = user_data;
  char *told = g_strdup_printf ("%s%s %s %" G_GUINT64_FORMAT " %s\n", fixture->told,
                                ismb_jid_get_bare (from), name, bytes, outcome);

  g_free (fixture->told);
  fixture->told = told;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbGate) gate = g_object_new (TEST_TYPE_GATE, NULL);
  g_autoptr (GError) error = NULL;

  scene_set_up (&fixture->scene);
  fixture->here = scene_make_folder (&fixture->scene, "here");
  fixture->there = scene_make_folder (&fixture->scene, "there");
  fixture->told = g_strdup ("");
  fixture->mounted = data != NULL && mount ("tmpfs", fixture->there, "tmpfs", 0, data) == 0;
  fixture->taker = scene_make_client (&fixture->scene, ISMB_TYPE_CLIENT, "switch");
  fixture->receiver = ismb_receiver_new (fixture->taker, fixture->there, gate, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->receiver, "received", G_CALLBACK (on_received), fixture);
  scene_open (fixture->taker);
  ismb_client_send_presence (fixture->taker, NULL, NULL, &error);
  g_assert_no_error (error);
  fixture->sender = scene_make_client (&fixture->scene, ISMB_TYPE_CLIENT, "operator");
  scene_open (fixture->sender);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scene_finalize (fixture->receiver);
  scene_close (fixture->sender);
  scene_close (fixture->taker);
  if (fixture->mounted)
    umount2 (fixture->there, MNT_DETACH);
  scene_tear_down (&fixture->scene);
  g_free (fixture->here);
  g_free (fixture->there);
  g_free (fixture->told);
}

static char *
write_file (const char *folder, const char *name, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *content = g_malloc (length + 1);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < length; i++)
    content[i] = (char) ('!' + g_test_rand_int_range (0, 90));
  content[length] = '\0';
  g_file_set_contents (path, content, length, &error);
  g_assert_no_error (error);
  return content;
}

static void
assert_content (const char *folder, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *found = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &found, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_equal (found, content));
}

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (folder) != NULL)
    count++;
  return count;
}

/* Bytes of a file that is being received there. */
static gboolean
is_receiving (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name = g_dir_read_name (folder);
  g_autofree char *file = name != NULL ? g_build_filename (path, name, NULL) : NULL;
  GStatBuf status;

  return file != NULL && g_stat (file, &status) == 0 && status.st_size > 0;
}

static GHashTable *
send_to (Fixture *fixture, const char *fname, const char *const *peers, const char *sent_name,
         gboolean overwrite, GError **error)
{
  SceneAnswer answer = { NULL };
  GHashTable *outcomes;

  _ismb_client_send_file_from_async (fixture->sender, fixture->here, fname, peers, sent_name,
                                     overwrite, NULL, scene_on_done, &answer);
  SCENE_WAIT (answer.result != NULL);
  outcomes = ismb_client_send_file_to_peers_finish (fixture->sender, answer.result, error);
  g_object_unref (answer.result);
  return outcomes;
}

static void
assert_outcome (Fixture *fixture, const char *fname, const char *sent_name, gboolean overwrite,
                const char *outcome)
{
  static const char *const peers[] = { SCENE_DOMAIN, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) outcomes = send_to (fixture, fname, peers, sent_name, overwrite, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (outcomes), ==, 1);
  g_assert_cmpstr (g_hash_table_lookup (outcomes, SCENE_DOMAIN), ==, outcome);
}

static void
test_stored (Fixture *fixture, gconstpointer data)
{
  gboolean offered = FALSE;
  g_autofree char *big = write_file (fixture->here, "big", BIG);
  g_autofree char *empty = write_file (fixture->here, "empty", 0);
  g_autofree char *expected = g_strdup_printf ("operator@" SCENE_DOMAIN " big %d stored\n"
                                               "operator@" SCENE_DOMAIN " a/b/c 0 stored\n", BIG);

  ismb_client_add_event_handler (fixture->taker, "si_request", ISMB_EVENT_DISPOSABLE,
                                 scene_on_event, &offered, NULL);
  scene_subscribe (fixture->sender);
  assert_outcome (fixture, "big", NULL, FALSE, "stored");
  assert_content (fixture->there, "big", big);
  assert_outcome (fixture, "empty", "a/b/c", FALSE, "stored");
  assert_content (fixture->there, "a/b/c", empty);
  g_assert_cmpstr (fixture->told, ==, expected);
  g_assert_cmpuint (count_entries (fixture->there), ==, 2);
  g_assert_true (offered);
}

static void
test_conflict (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = write_file (fixture->here, "one", 100);
  g_autofree char *second = write_file (fixture->here, "two", 100);

  scene_subscribe (fixture->sender);
  assert_outcome (fixture, "one", "file", FALSE, "stored");
  assert_outcome (fixture, "two", "file", FALSE, "conflict");
  assert_content (fixture->there, "file", first);
  assert_outcome (fixture, "two", "file", TRUE, "stored");
  assert_content (fixture->there, "file", second);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = write_file (fixture->here, "file", 10);

  scene_subscribe (fixture->sender);
  assert_outcome (fixture, "file", "secret/file", TRUE, "refused");
  assert_outcome (fixture, "file", "../file", TRUE, "refused");
  assert_outcome (fixture, "file", "/etc/ismb-test", TRUE, "refused");
  g_assert_cmpuint (count_entries (fixture->there), ==, 0);
}

static void
test_not_present (Fixture *fixture, gconstpointer data)
{
  static const char *const peers[] = { SCENE_DOMAIN, "sw2.test", "sw2.test", "bad domain", NULL };
  g_autofree char *content = write_file (fixture->here, "file", 10);
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) outcomes = NULL;

  scene_subscribe (fixture->sender);
  outcomes = send_to (fixture, "file", peers, NULL, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (outcomes), ==, 3);
  g_assert_cmpstr (g_hash_table_lookup (outcomes, SCENE_DOMAIN), ==, "stored");
  g_assert_cmpstr (g_hash_table_lookup (outcomes, "sw2.test"), ==, "not-present");
  g_assert_cmpstr (g_hash_table_lookup (outcomes, "bad domain"), ==, "unreachable");
}

static void
test_no_space (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = write_file (fixture->here, "big", BIG);

  if (!fixture->mounted)
    {
      g_test_skip ("no right to mount a small file system");
      return;
    }
  scene_subscribe (fixture->sender);
  assert_outcome (fixture, "big", NULL, TRUE, "no-space");
  g_assert_cmpuint (count_entries (fixture->there), ==, 0);
}

static void
assert_not_sent (Fixture *fixture, const char *fname, int code)
{
  static const char *const peers[] = { SCENE_DOMAIN, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (send_to (fixture, fname, peers, NULL, TRUE, &error));
  g_assert_error (error, ISMB_ERROR, code);
  g_assert_nonnull (strstr (error->message, fname));
}

static void
test_cannot_be_read (Fixture *fixture, gconstpointer data)
{
  assert_not_sent (fixture, "missing", ISMB_ERROR_NOT_FOUND);
  assert_not_sent (fixture, "../there", ISMB_ERROR_NOT_ALLOWED);
  assert_not_sent (fixture, "/etc/passwd", ISMB_ERROR_NOT_ALLOWED);
}

static void
test_no_files_root (Fixture *fixture, gconstpointer data)
{
  static const char *const peers[] = { SCENE_DOMAIN, NULL };
  SceneAnswer answer = { NULL };
  g_autoptr (GError) error = NULL;

  ismb_client_send_file_to_peers_async (fixture->sender, "file", peers, NULL, TRUE, NULL,
                                        scene_on_done, &answer);
  SCENE_WAIT (answer.result != NULL);
  g_assert_null (ismb_client_send_file_to_peers_finish (fixture->sender, answer.result, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
  g_object_unref (answer.result);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  static const char *const peers[] = { SCENE_DOMAIN, NULL };
  g_autofree char *content = write_file (fixture->here, "big", BIG);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  SceneAnswer answer = { NULL };

  scene_subscribe (fixture->sender);
  _ismb_client_send_file_from_async (fixture->sender, fixture->here, "big", peers, NULL, TRUE,
                                     cancellable, scene_on_done, &answer);
  /* Once bytes have come: before its stream is open the receiver hears of a change of mind by
   * silence alone, half a minute of it. */
  SCENE_POLL (is_receiving (fixture->there));
  g_cancellable_cancel (cancellable);
  SCENE_WAIT (answer.result != NULL);
  g_assert_null (ismb_client_send_file_to_peers_finish (fixture->sender, answer.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (answer.result);
  /* The receiver is told, and keeps nothing. */
  SCENE_WAIT (*fixture->told != '\0');
  SCENE_POLL (count_entries (fixture->there) == 0);
}

/* A sender that lies */

static IsmbIq *
ask (Fixture *fixture, IsmbIq *iq, GError **error)
{
  SceneAnswer answer = { NULL };
  IsmbIq *reply;

  ismb_client_query_async (fixture->sender, iq, 0, NULL, scene_on_done, &answer);
  SCENE_WAIT (answer.result != NULL);
  reply = ismb_client_query_finish (fixture->sender, answer.result, error);
  g_object_unref (answer.result);
  return reply;
}

static gboolean
send_inband (Fixture *fixture, IsmbJid *to, const char *sid, const char *name, guint64 size,
             GError **error)
{
  g_autofree char *path = g_build_filename (fixture->here, name, NULL);
  SceneAnswer answer = { NULL };
  int descriptor = open (path, O_RDONLY | O_CLOEXEC);
  gboolean sent;

  ismb_outgoing_send_async (fixture->sender, to, sid, descriptor, size, NULL, scene_on_done,
                            &answer);
  SCENE_WAIT (answer.result != NULL);
  sent = ismb_outgoing_send_finish (answer.result, error);
  g_object_unref (answer.result);
  close (descriptor);
  return sent;
}

/* What becomes of a file of 20000 bytes that is offered with another hash or size. */
static void
assert_corrupt (Fixture *fixture, guint64 offered_size, const char *offered_content)
{
  g_autofree char *content = write_file (fixture->here, "file", 20000);
  g_autofree char *hash = g_compute_checksum_for_string (
    G_CHECKSUM_SHA256, offered_content != NULL ? offered_content : content, -1);
  g_autofree char *resource = ismb_roster_get_best_resource (
      ismb_client_get_roster (fixture->sender), "switch@" SCENE_DOMAIN);
  g_autoptr (IsmbJid) to = ismb_jid_new_from_parts ("switch", SCENE_DOMAIN, resource, NULL);
  g_autoptr (IsmbOffer) offer = ismb_offer_new ("file", offered_size, hash, TRUE);
  g_autoptr (IsmbIq) iq = ismb_offer_to_iq (offer, to);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ask (fixture, iq, &error);

  g_assert_no_error (error);
  g_assert_true (ismb_offer_is_accepted (answer));
  g_assert_false (send_inband (fixture, to, offer->sid, "file", 20000, &error));
  g_assert_cmpint (_ismb_outcome_of_error (error), ==, ISMB_TRANSFER_OUTCOME_CORRUPT);
  SCENE_POLL (count_entries (fixture->there) == 0);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  scene_subscribe (fixture->sender);
  assert_corrupt (fixture, 20000, "something else");
  assert_corrupt (fixture, 20001, NULL);
  assert_corrupt (fixture, 19999, NULL);
  assert_corrupt (fixture, 0, NULL);
}

/* Bytes that nobody accepted. */
static void
test_uninvited (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = write_file (fixture->here, "file", 10);
  g_autofree char *resource = NULL;
  g_autoptr (IsmbJid) to = NULL;
  g_autoptr (GError) error = NULL;

  scene_subscribe (fixture->sender);
  resource = ismb_roster_get_best_resource (ismb_client_get_roster (fixture->sender),
                                            "switch@" SCENE_DOMAIN);
  to = ismb_jid_new_from_parts ("switch", SCENE_DOMAIN, resource, NULL);
  g_assert_false (send_inband (fixture, to, "nobody", "file", 10, &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND);
}

static IsmbIq *
make_offer (IsmbClient *sender, const char *name)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "", 0);
  g_autofree char *resource
    = ismb_roster_get_best_resource (ismb_client_get_roster (sender), "switch@" SCENE_DOMAIN);
  g_autoptr (IsmbJid) to = ismb_jid_new_from_parts ("switch", SCENE_DOMAIN, resource, NULL);
  g_autoptr (IsmbOffer) offer = ismb_offer_new (name, 0, hash, TRUE);

  return ismb_offer_to_iq (offer, to);
}

/* What a stanza of the stream is answered with: NULL where that is a result. */
static const char *
say (Fixture *fixture, IsmbIq *offer, const char *name, const char *number)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_stanza_get_to_jid (ISMB_STANZA (offer)), "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *si = ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (offer))),
                                 "si", ISMB_NS_SI);
  IsmbNode *node = ismb_tree_add_leaf (tree, ismb_tree_root (tree), name, ISMB_NS_IBB, "YQ==");
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = NULL;

  ismb_tree_set (tree, node, "sid", ismb_node_get (si, "id"));
  if (number != NULL)
    ismb_tree_set (tree, node, g_str_equal (name, "data") ? "seq" : "block-size", number);
  answer = ask (fixture, iq, &error);
  return answer == NULL ? ismb_stanza_error_to_condition (error->code) : NULL;
}

#define CORRUPT "operator@" SCENE_DOMAIN " file 0 corrupt\n"

/* The rules of the stream: a block that does not follow, or comes before the opening, is the end of
 * the whole. */
static void
test_rules (Fixture *fixture, gconstpointer data)
{
  static const char *const table[][3] = {
    { "open", "8193", "resource-constraint" }, { "open", "0", "bad-request" },
    { "open", "8192", NULL },                  { "open", "8192", "unexpected-request" },
    { "data", "1", "unexpected-request" },     { "data", "0", "item-not-found" },
    { "close", NULL, "item-not-found" },
  };

  scene_subscribe (fixture->sender);
  for (gsize first = 0; first < G_N_ELEMENTS (table); first += 4) /* the second is not opened */
    {
      g_autoptr (IsmbIq) offer = make_offer (fixture->sender, "file");
      g_autoptr (IsmbIq) answer = ask (fixture, offer, NULL);

      g_assert_true (ismb_offer_is_accepted (answer));
      for (gsize i = first; i < G_N_ELEMENTS (table); i++)
        g_assert_cmpstr (say (fixture, offer, table[i][0], table[i][1]), ==, table[i][2]);
      g_assert_cmpstr (fixture->told, ==, first == 0 ? CORRUPT : CORRUPT CORRUPT);
      SCENE_POLL (count_entries (fixture->there) == 0);
    }
}

static gboolean
is_accepted (IsmbClient *sender, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (sender, result, &error);

  g_object_unref (result);
  return answer != NULL && ismb_offer_is_accepted (answer);
}

/* Offers that nobody has allowed yet leave room for others'. */
static void
test_many_offers (Fixture *fixture, gconstpointer data)
{
  IsmbClient *client = scene_make_client (&fixture->scene, ISMB_TYPE_CLIENT, "client");
  SceneAnswer answers[9] = { 0 }, other = { NULL };
  g_autoptr (IsmbIq) offer = NULL;
  GTask *task;

  scene_open (client);
  scene_subscribe (client);
  scene_subscribe (fixture->sender);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *name = g_strdup_printf ("slow/%u", i);
      g_autoptr (IsmbIq) slow = make_offer (client, name);

      ismb_client_query_async (client, slow, 0, NULL, scene_on_done, &answers[i]);
    }
  SCENE_WAIT (answers[8].result != NULL);
  g_assert_false (is_accepted (client, answers[8].result));
  offer = make_offer (fixture->sender, "file");
  ismb_client_query_async (fixture->sender, offer, 0, NULL, scene_on_done, &other);
  SCENE_WAIT (other.result != NULL);
  g_assert_true (is_accepted (fixture->sender, other.result));

  while ((task = g_queue_pop_head (&undecided)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
  for (guint i = 0; i < 8; i++)
    {
      SCENE_WAIT (answers[i].result != NULL);
      g_assert_true (is_accepted (client, answers[i].result));
    }
  scene_close (client);
}

static gboolean
is_listed (IsmbIq *answer, const char *feature)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (answer)));
  IsmbNode *query = ismb_node_find (root, "query", ISMB_NS_DISCO_INFO);
  IsmbNode *each = ismb_node_find (query, "feature", NULL);

  while (each != NULL && g_strcmp0 (ismb_node_get (each, "var"), feature) != 0)
    each = ismb_node_find_next (each, "feature", NULL);
  return each != NULL;
}

/* Whoever asks a receiver what it knows hears of files (XEP-0030). */
static void
test_features (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbIq) question = ismb_iq_new (ismb_client_get_bound_jid (fixture->taker), "get");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (question));
  SceneAnswer done = { NULL };
  g_autoptr (IsmbIq) answer = NULL;
  g_autoptr (GError) error = NULL;

  ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_DISCO_INFO);
  scene_subscribe (fixture->sender);
  ismb_client_query_async (fixture->sender, question, 0, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL);
  answer = ismb_client_query_finish (fixture->sender, done.result, &error);
  g_object_unref (done.result);
  g_assert_no_error (error);
  g_assert_true (is_listed (answer, ISMB_NS_SI));
  g_assert_true (is_listed (answer, ISMB_NS_SI_FILE));
  g_assert_true (is_listed (answer, ISMB_NS_IBB));
  g_assert_false (is_listed (answer, "nonsense"));
}

static void
add (const char *name, const char *mount_options,
     void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/transfer/transfer/", name, NULL);

  g_test_add (path, Fixture, mount_options, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("stored", NULL, test_stored);
  add ("conflict", NULL, test_conflict);
  add ("refused", NULL, test_refused);
  add ("not-present", NULL, test_not_present);
  add ("no-space", "size=512k", test_no_space);
  add ("cannot-be-read", NULL, test_cannot_be_read);
  add ("no-files-root", NULL, test_no_files_root);
  add ("cancelled", NULL, test_cancelled);
  add ("corrupt", NULL, test_corrupt);
  add ("uninvited", NULL, test_uninvited);
  add ("rules", NULL, test_rules);
  add ("many-offers", NULL, test_many_offers);
  add ("features", NULL, test_features);
  return g_test_run ();
}
