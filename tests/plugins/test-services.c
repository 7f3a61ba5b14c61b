/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugins that answer one question: ping, version, time, and what is told beside disco. */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-disco.h"
#include "ismb/plugins/ismb-entity-time.h"
#include "ismb/plugins/ismb-extended-info.h"
#include "ismb/plugins/ismb-ping.h"
#include "ismb/plugins/ismb-software-version.h"
#include "tests/plugins/stage.h"

static gint64
ping (IsmbJid *to, GError **error)
{
  IsmbPing *plugin = stage_enable (alice, "xep_0199");
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_ping_ping_async (plugin, to, 0, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_ping_ping_finish (plugin, result, error);
}

static void
test_ping (void)
{
  g_autoptr (IsmbJid) nobody = ismb_jid_new ("nobody@" DOMAIN "/none", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ping (stage_jid (bob), &error), >, 0);
  g_assert_no_error (error);
  g_assert_cmpint (ping (NULL, &error), >, 0);
  g_assert_no_error (error);
  g_assert_cmpint (ping (nobody, &error), ==, -1);
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE);
}

static gboolean
get_version (IsmbJid *jid, char **name, char **version, char **os)
{
  IsmbSoftwareVersion *plugin = stage_enable (alice, "xep_0092");
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  ismb_software_version_get_version_async (plugin, jid, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  done = ismb_software_version_get_version_finish (plugin, result, name, version, os, &error);
  g_assert_no_error (error);
  return done;
}

static void
test_version (void)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;
  g_autofree char *os = NULL;
  g_autofree char *other_name = NULL;
  g_autofree char *other_os = NULL;

  g_assert_true (get_version (stage_jid (bob), &name, &version, &os));
  g_assert_cmpstr (name, ==, "ISMB");
  g_assert_cmpstr (version, ==, ISMB_VERSION);
  g_assert_null (os);
  ismb_client_enable_plugin (
      ismb_test_guest_get_client (bob), "xep_0092",
      g_variant_new_parsed ("{'software_name': <'lights'>, 'os': <'SONiC'>, 'odd': <1>}"), NULL);
  g_assert_true (get_version (stage_jid (bob), &other_name, NULL, &other_os));
  g_assert_cmpstr (other_name, ==, "lights");
  g_assert_cmpstr (other_os, ==, "SONiC");
}

static GDateTime *
get_time (IsmbJid *jid, GError **error)
{
  IsmbEntityTime *plugin = stage_enable (alice, "xep_0202");
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ismb_entity_time_get_entity_time_async (plugin, jid, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  return ismb_entity_time_get_entity_time_finish (plugin, result, error);
}

static void
test_time (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GDateTime) there = NULL;

  g_assert_null (get_time (stage_jid (bob), &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED);
  g_clear_error (&error);
  stage_enable (bob, "xep_0202");
  there = get_time (stage_jid (bob), &error);
  g_assert_no_error (error);
  g_assert_cmpint (ABS (g_date_time_difference (there, now)), <, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (g_date_time_get_utc_offset (there), ==, g_date_time_get_utc_offset (now));
}

static gboolean
answer_badly (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbElement) element = NULL;
  g_autoptr (IsmbElement) time = ismb_element_new_from_string (user_data, error);

  ismb_iq_reply (ISMB_IQ (stanza));
  element = ismb_stanza_get_element (stanza);
  ismb_element_append (element, time);
  return ismb_client_send (client, stanza, error);
}

static void
test_times_of_liars (void)
{
  static const char *const times[] = {
    "<time xmlns='urn:xmpp:time'/>",
    "<time xmlns='urn:xmpp:time'><utc>2026-01-01T00:00:00Z</utc><tzo>../../etc/passwd</tzo></time>",
    "<time xmlns='urn:xmpp:time'><utc>2026-13-45T99:00:00Z</utc><tzo>+01:00</tzo></time>",
    "<time xmlns='urn:xmpp:time'><utc>2026-01-01T00:00:00Z</utc><tzo>+ab:cd</tzo></time>",
    "<time xmlns='urn:other'/>",
  };
  IsmbClient *client = ismb_test_guest_get_client (bob);
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/{urn:xmpp:time}time", NULL);

  ismb_client_disable_plugin (client, "xep_0202");
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      guint id = ismb_client_add_stanza_handler (client, "liar", matcher, ISMB_HANDLER_DEFAULT,
                                                 answer_badly, (gpointer) times[i], NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (get_time (stage_jid (bob), &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
      ismb_client_remove_stanza_handler (client, id);
    }
}

static IsmbDiscoInfo *
get_info (IsmbJid *jid)
{
  IsmbDisco *disco = stage_enable (alice, "xep_0030");
  GAsyncResult *slot = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  IsmbDiscoInfo *info;

  ismb_disco_get_info_async (disco, jid, NULL, FALSE, NULL, ismb_test_keep_result, &slot);
  result = ismb_test_await_result (&slot);
  info = ismb_disco_get_info_finish (disco, result, &error);
  g_assert_no_error (error);
  return info;
}

static IsmbForm *
make_chassis (const char *model)
{
  IsmbForm *form = ismb_form_new ("result");

  ismb_form_set_form_type (form, "urn:example:chassis");
  ismb_form_set_value (form, "model", model);
  return form;
}

static void
test_extended_info (void)
{
  IsmbExtendedInfo *plugin = stage_enable (bob, "xep_0128");
  g_autoptr (IsmbForm) first = make_chassis ("leaf 24");
  g_autoptr (IsmbForm) second = make_chassis ("leaf 48");
  g_autoptr (IsmbDiscoInfo) info = NULL;
  g_autoptr (IsmbDiscoInfo) later = NULL;
  g_autolist (IsmbForm) forms = NULL;
  g_autoptr (IsmbForm) told = NULL;
  g_autofree char *model = NULL;

  ismb_extended_info_set_extended_info (plugin, NULL, first);
  ismb_extended_info_set_extended_info (plugin, NULL, second);
  info = get_info (stage_jid (bob));
  forms = ismb_disco_info_list_forms (info);
  g_assert_cmpuint (g_list_length (forms), ==, 1);
  told = ismb_disco_info_get_form (info, "urn:example:chassis");
  model = ismb_form_get_value (told, "model");
  g_assert_cmpstr (model, ==, "leaf 48");
  g_assert_true (ismb_disco_info_has_feature (info, "jabber:x:data"));
  ismb_client_disable_plugin (ismb_test_guest_get_client (bob), "xep_0128");
  later = get_info (stage_jid (bob));
  g_assert_null (ismb_disco_info_get_form (later, "urn:example:chassis"));
}

/* Not its time: slixmpp's own answer to that fails up to 1.8. */
static void
test_stock_client (void)
{
  g_autoptr (IsmbTestStock) stock = ismb_test_stock_new (server, "carol", alice);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autoptr (IsmbForm) form = make_chassis ("leaf 48");

  if (stock == NULL)
    {
      g_test_skip ("slixmpp is not installed");
      return;
    }
  g_assert_cmpint (ping (ismb_test_stock_get_jid (stock), &error), >, 0);
  g_assert_no_error (error);
  get_version (ismb_test_stock_get_jid (stock), &name, NULL, NULL);
  g_assert_cmpstr (name, ==, "Stock");
  ismb_extended_info_set_extended_info (stage_enable (alice, "xep_0128"), NULL, form);
  ismb_test_stock_check (stock, "services");
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!stage_set_up (argc, argv))
    return 0;
  ismb_test_guest_open (alice, TRUE);
  ismb_test_guest_open (bob, TRUE);
  g_test_add_func ("/services/ping", test_ping);
  g_test_add_func ("/services/version", test_version);
  g_test_add_func ("/services/time", test_time);
  g_test_add_func ("/services/times-of-liars", test_times_of_liars);
  g_test_add_func ("/services/extended-info", test_extended_info);
  g_test_add_func ("/services/stock-client", test_stock_client);
  status = g_test_run ();
  stage_tear_down ();
  return status;
}
