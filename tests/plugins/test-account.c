/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server keeps for an account: its block list and its vCard; and plugins as such. */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-block-list.h"
#include "ismb/plugins/ismb-bytestreams.h"
#include "ismb/plugins/ismb-ping.h"
#include "ismb/plugins/ismb-vcards.h"
#include "tests/plugins/pair.h"

static char **
fetch (IsmbBlockList *list)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char **jids;

  ismb_block_list_fetch_async (list, NULL, scene_on_done, &done);
  result = pair_wait (&done);
  jids = ismb_block_list_fetch_finish (list, result, &error);
  g_assert_no_error (error);
  return jids;
}

static void
test_block_list (Pair *pair, gconstpointer data)
{
  static const char *const bob[] = { "Bob@" SCENE_DOMAIN, NULL };
  static const char *const none[] = { "a b@c", NULL };
  IsmbBlockList *list = pair_enable (pair->alice, "xep_0191");
  Heard blocked = { NULL }, unblocked = { NULL };
  SceneAnswer done = { NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) jids = fetch (list);

  g_assert_cmpuint (g_strv_length (jids), ==, 0);
  pair_listen (pair->alice, "blocked", &blocked);
  pair_listen (pair->alice, "unblocked", &unblocked);
  ismb_block_list_block_async (list, bob, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL && blocked.count == 1);
  g_assert_true (ismb_block_list_block_finish (list, done.result, &error));
  g_clear_object (&done.result);
  g_clear_pointer (&jids, g_strfreev);
  jids = ismb_block_list_get_jids (ISMB_IQ (blocked.payload));
  g_assert_cmpstr (jids[0], ==, "bob@" SCENE_DOMAIN);
  g_clear_pointer (&jids, g_strfreev);
  jids = fetch (list);
  g_assert_cmpstr (jids[0], ==, "bob@" SCENE_DOMAIN);
  ismb_block_list_unblock_async (list, NULL, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL && unblocked.count == 1);
  g_assert_true (ismb_block_list_unblock_finish (list, done.result, &error));
  g_clear_object (&done.result);
  ismb_block_list_block_async (list, none, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL);
  g_assert_false (ismb_block_list_block_finish (list, done.result, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_clear_object (&done.result);
  g_clear_object (&blocked.payload);
  g_clear_object (&unblocked.payload);
}

/* Another account cannot make a client believe that its list changed. */
static void
test_false_push (Pair *pair, gconstpointer data)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_client_get_bound_jid (pair->alice), "set");
  Heard blocked = { NULL };
  SceneAnswer done = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = NULL;

  pair_enable (pair->alice, "xep_0191");
  pair_listen (pair->alice, "blocked", &blocked);
  ismb_iq_set_payload (iq, "block", "urn:xmpp:blocking");
  ismb_client_query_async (pair->bob, iq, 0, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL);
  answer = ismb_client_query_finish (pair->bob, done.result, &error);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE);
  g_assert_cmpuint (blocked.count, ==, 0);
  g_clear_object (&done.result);
}

static IsmbVCard *
fetch_vcard (IsmbVCards *vcards, IsmbJid *jid, GError **error)
{
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ismb_vcards_fetch_async (vcards, jid, NULL, scene_on_done, &done);
  result = pair_wait (&done);
  return ismb_vcards_fetch_finish (vcards, result, error);
}

static void
test_vcard (Pair *pair, gconstpointer data)
{
  IsmbVCards *mine = pair_enable (pair->alice, "xep_0054");
  IsmbVCards *others = pair_enable (pair->bob, "xep_0054");
  g_autoptr (IsmbVCard) vcard = ismb_vcard_new ();
  g_autoptr (IsmbVCard) seen = NULL;
  g_autoptr (IsmbJid) alice = ismb_jid_to_bare (ismb_client_get_bound_jid (pair->alice));
  SceneAnswer done = { NULL };
  g_autofree char *family = NULL;
  g_autofree char *gone = NULL;
  g_autoptr (GError) error = NULL;

  ismb_vcard_set_field (vcard, "FN", "Alice <of> Switch 1");
  ismb_vcard_set_field (vcard, "N/FAMILY", "Switch");
  ismb_vcard_set_field (vcard, "NICKNAME", "al");
  ismb_vcard_set_field (vcard, "NICKNAME", NULL);
  ismb_vcards_publish_async (mine, vcard, NULL, scene_on_done, &done);
  SCENE_WAIT (done.result != NULL);
  g_assert_true (ismb_vcards_publish_finish (mine, done.result, &error));
  g_assert_no_error (error);
  g_clear_object (&done.result);
  seen = fetch_vcard (others, alice, &error);
  g_assert_no_error (error);
  family = ismb_vcard_get_field (seen, "N/FAMILY");
  gone = ismb_vcard_get_field (seen, "NICKNAME");
  g_assert_cmpstr (family, ==, "Switch");
  g_assert_null (gone);
  {
    g_autofree char *name = ismb_vcard_get_field (seen, "FN");

    g_assert_cmpstr (name, ==, "Alice <of> Switch 1");
  }
}

/* A plugin of one's own, which needs another. */

#define TYPE_COUNTER (counter_get_type ())
G_DECLARE_FINAL_TYPE (Counter, counter, TEST, COUNTER, IsmbPlugin)

struct _Counter
{
  IsmbPlugin parent_instance;
  guint step, bound, ended;
};

G_DEFINE_FINAL_TYPE (Counter, counter, ISMB_TYPE_PLUGIN)

static guint enabled, disabled;

static gboolean
on_count (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_REGISTRATION_REQUIRED, "pay");
  return FALSE;
}

static void
counter_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/{urn:test}count", NULL);

  enabled++;
  ismb_plugin_add_stanza_handler (plugin, matcher, on_count, plugin, NULL);
  ismb_plugin_add_feature (plugin, "urn:test");
}

static void
counter_disabled (IsmbPlugin *plugin)
{
  disabled++;
}

static void
counter_session_bind (IsmbPlugin *plugin, IsmbJid *jid)
{
  g_assert_true (ISMB_IS_JID (jid));
  TEST_COUNTER (plugin)->bound++;
}

static void
counter_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TEST_COUNTER (object)->step = g_value_get_uint (value);
}

static void
counter_class_init (CounterClass *klass)
{
  IsmbPluginClass *plugin_class = ISMB_PLUGIN_CLASS (klass);

  G_OBJECT_CLASS (klass)->set_property = counter_set_property;
  plugin_class->enabled = counter_enabled;
  plugin_class->disabled = counter_disabled;
  plugin_class->session_bind = counter_session_bind;
  g_object_class_install_property (
      G_OBJECT_CLASS (klass), 1,
      g_param_spec_uint ("step-size", NULL, NULL, 0, 100, 1, G_PARAM_WRITABLE));
}

static void
counter_init (Counter *self)
{
}

static GError *
ask_count (Pair *pair)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (ismb_client_get_bound_jid (pair->alice), "get");
  SceneAnswer done = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;

  ismb_iq_set_payload (iq, "count", "urn:test");
  ismb_client_query_async (pair->bob, iq, 0, NULL, scene_on_done, &done);
  result = pair_wait (&done);
  g_assert_null (ismb_client_query_finish (pair->bob, result, &error));
  return error;
}

static void
test_own_plugin (Pair *pair, gconstpointer data)
{
  static const char *const needs[] = { "xep_0047", NULL };
  static const char *const lost[] = { "xep_9998", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) answer = NULL;
  g_auto (GStrv) features = NULL;
  IsmbPlugin *plugin;
  GVariant *config
      = g_variant_new_parsed ("{'step_size': <7>, 'nonsense': <'x'>, 'step-size': <'seven'>}");

  enabled = disabled = 0;
  g_assert_true (ismb_plugin_register ("xep_9999", "Counting", TYPE_COUNTER, needs));
  g_assert_false (ismb_plugin_register ("xep_9999", "Other", ISMB_TYPE_PING, needs));
  g_assert_true (ismb_plugin_register ("xep_9997", "Lost", TYPE_COUNTER, lost));
  g_assert_null (ismb_client_enable_plugin (pair->alice, "xep_9997", NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_test_expect_message ("ismb.client.plugin", G_LOG_LEVEL_MESSAGE, "*no setting nonsense*");
  g_test_expect_message ("ismb.client.plugin", G_LOG_LEVEL_WARNING, "*step-size*guint*'s'*");
  plugin = ismb_client_enable_plugin (pair->alice, "xep_9999", config, &error);
  g_test_assert_expected_messages ();
  g_assert_no_error (error);
  g_assert_true (ismb_client_get_plugin (pair->alice, "xep_9999") == plugin);
  g_assert_true (ISMB_IS_BYTESTREAMS (ismb_client_get_plugin (pair->alice, "xep_0047")));
  g_assert_cmpuint (TEST_COUNTER (plugin)->step, ==, 7);
  features = ismb_client_list_features (pair->alice);
  g_assert_true (g_strv_contains ((const char *const *) features, "urn:test"));
  answer = ask_count (pair);
  g_assert_error (answer, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_REGISTRATION_REQUIRED);
  g_assert_cmpstr (answer->message, ==, "pay");
  g_assert_true (ismb_client_disable_plugin (pair->alice, "xep_0047")); /* and what needs it */
  g_assert_null (ismb_client_get_plugin (pair->alice, "xep_9999"));
  g_assert_cmpuint (disabled, ==, 1);
  g_clear_error (&answer);
  answer = ask_count (pair);
  g_assert_error (answer, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED);
  g_assert_false (ismb_client_disable_plugin (pair->alice, "xep_0047"));
}

static void
test_session_bind (Pair *pair, gconstpointer data)
{
  gboolean gone = FALSE;
  Counter *counter;

  ismb_plugin_register ("xep_9996", "Counting", TYPE_COUNTER, NULL);
  counter = pair_enable (pair->alice, "xep_9996");
  ismb_client_add_event_handler (pair->alice, "disconnected", ISMB_EVENT_DISPOSABLE, scene_on_event,
                                 &gone, NULL);
  ismb_client_close (pair->alice);
  SCENE_WAIT (gone);
  g_assert_cmpuint (counter->bound, ==, 0);
  scene_open (pair->alice);
  g_assert_cmpuint (counter->bound, ==, 1);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/plugins/account/" name, Pair, NULL, pair_set_up, function, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("block-list", test_block_list);
  ADD ("false-push", test_false_push);
  ADD ("vcard", test_vcard);
  ADD ("own-plugin", test_own_plugin);
  ADD ("session-bind", test_session_bind);
  return g_test_run ();
}
