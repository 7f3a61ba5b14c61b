/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the listener answers itself: discovery of services, ping, version, roles, and the roster. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define ROSTER "<query xmlns='jabber:iq:roster'>"

typedef struct
{
  IsmbListener *listener;
  IsmbStore *store;
  char *folder;
  char *path;         /* of the unix socket */
  guint16 port;
  XmppClient *ada;
} Fixture;

static XmppClient *
sign_in (Fixture *fixture, const char *name, const char *resource)
{
  XmppClient *client = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (client, name, DOMAIN, "secret", resource);
  return client;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->listener = ismb_listener_new ("blue");
  fixture->store = ismb_store_open (NULL, &error);
  _ismb_listener_set_store (fixture->listener, fixture->store);
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_true (ismb_listener_create_account (fixture->listener, "bob", "secret", &error));
  g_assert_true (ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), "switch",
                                       "secret", ISMB_ROLE_SWITCH, TRUE, &error));
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  fixture->ada = sign_in (fixture, "ada", "desk");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  xmpp_client_free (fixture->ada);
  g_assert_finalize_object (fixture->listener);
  g_object_unref (fixture->store);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

/* The answer to an iq whose attributes and content are given; with what is pushed behind it. */
static char *
ask (XmppClient *client, const char *attributes, const char *content)
{
  static guint count;
  g_autofree char *id = g_strdup_printf ("id='ask-%u.'", ++count);
  g_autofree char *iq = g_strdup_printf ("<iq %s %s>%s</iq>", id, attributes, content);
  g_autofree char *begin = NULL, *rest = NULL;

  xmpp_client_send (client, iq);
  begin = xmpp_client_expect (client, id);
  rest = xmpp_client_settle (client);
  *g_strrstr (rest, "<iq ") = '\0';    /* what is left is not the answer to the settling ping */
  return g_strconcat (g_strrstr (begin, "<iq "), rest, NULL);
}

static void
assert_answer (XmppClient *client, const char *attributes, const char *content,
               const char *expected)
{
  g_autofree char *answer = ask (client, attributes, content);

  if (strstr (answer, expected) == NULL)
    g_error ("%s: no “%s” in “%s”", content, expected, answer);
}

static void
test_domain_tells_what_it_serves (Fixture *fixture, gconstpointer data)
{
  static const char *const features[] = {
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "urn:xmpp:ping",
    "jabber:iq:version",
    "urn:xmpp:time",
    "jabber:iq:last",
    "jabber:iq:roster",
    "jabber:iq:register",
    "vcard-temp",
    "urn:xmpp:blocking",
    "http://jabber.org/protocol/caps",
    "urn:ismb:role:1",
  };
  g_autofree char *answer = ask (fixture->ada, "type='get' to='" DOMAIN "'",
                                 "<query xmlns='http://jabber.org/protocol/disco#info'/>");

  g_assert_nonnull (strstr (answer, "<identity category='server' type='im' name='ISMB'/>"));
  for (gsize i = 0; i < G_N_ELEMENTS (features); i++)
    {
      g_autofree char *feature = g_strdup_printf ("<feature var='%s'/>", features[i]);
      char *first = strstr (answer, feature);

      g_assert_nonnull (first);
      g_assert_null (strstr (first + 1, feature));
    }
}

/* The text between the two, behind `begin`. */
static char *
cut (const char *text, const char *begin, const char *end)
{
  const char *start = strstr (text, begin);

  g_assert_nonnull (start);
  start += strlen (begin);
  g_assert_nonnull (strstr (start, end));
  return g_strndup (start, strstr (start, end) - start);
}

/* XEP-0115, 5.1, done once more from what the domain answers. */
static char *
hash_of (const char *info)
{
  g_autoptr (GString) text = g_string_new ("server/im//ISMB<");
  guint8 digest[20];
  gsize size = sizeof digest;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);

  for (const char *at = strstr (info, "<feature"); at != NULL; at = strstr (at + 1, "<feature"))
    {
      g_autofree char *var = cut (at, "var='", "'");

      g_string_append_printf (text, "%s<", var);
    }
  g_checksum_update (checksum, (const guchar *) text->str, -1);
  g_checksum_get_digest (checksum, digest, &size);
  return g_base64_encode (digest, size);
}

static void
test_capabilities (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);
  g_autofree char *features = NULL, *node = NULL, *ver = NULL, *query = NULL, *info = NULL;
  g_autofree char *hash = NULL;

  g_free (xmpp_client_open (client, DOMAIN));
  g_assert_true (xmpp_client_authenticate (client, "ada", "secret"));
  features = xmpp_client_open (client, DOMAIN);
  node = cut (features, "hash='sha-1' node='", "'");
  ver = cut (features, " ver='", "'");
  query = g_strdup_printf ("<query xmlns='http://jabber.org/protocol/disco#info' node='%s#%s'/>",
                           node, ver);
  info = ask (fixture->ada, "type='get' to='" DOMAIN "'", query);
  g_assert_nonnull (strstr (info, ver));
  hash = hash_of (info);
  g_assert_cmpstr (hash, ==, ver);
}

/* Anybody can be announced. */
static void
test_strangers_are_no_items (Fixture *fixture, gconstpointer data)
{
  static const char *const addresses[] = { "192.0.2.1", NULL };

  ismb_listener_add_peer (fixture->listener, "leaf2.0d0e0f", addresses, 5269, NULL);
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'",
                 "<query xmlns='http://jabber.org/protocol/disco#items'/>",
                 "<query xmlns='http://jabber.org/protocol/disco#items'/>");
}

static void
test_small_ones (Fixture *fixture, gconstpointer data)
{
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'", "<ping xmlns='urn:xmpp:ping'/>",
                 "type='result'");
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'", "<query xmlns='jabber:iq:version'/>",
                 "<name>ISMB</name><version>" ISMB_VERSION "</version>");
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'", "<query xmlns='jabber:iq:last'/>",
                 "<query xmlns='jabber:iq:last' seconds='0'/>");
  assert_answer (fixture->ada, "type='set'",
                 "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>", "type='result'");
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'",
                 "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>",
                 "<item-not-found");
  assert_answer (fixture->ada, "type='set' to='" DOMAIN "'", "<ping xmlns='urn:xmpp:ping'/>",
                 "<service-unavailable");
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'",
                 "<ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/>", "<bad-request");
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'", " <ping xmlns='urn:xmpp:ping'/> ",
                 "type='result'");
  assert_answer (fixture->ada, "type='get'",
                 "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                 "<identity category='account' type='registered'/>");
}

#define ROLE_OF(jid) "<role xmlns='urn:ismb:role:1' jid='" jid "'/>"

static void
test_role (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) control = xmpp_client_new_unix (fixture->path);

  xmpp_client_sign_in (control, "switch", DOMAIN, "secret", "control");
  assert_answer (control, "type='get' to='" DOMAIN "'", ROLE_OF ("ada@" DOMAIN "/desk"),
                 "role='operator'");
  assert_answer (control, "type='get' to='" DOMAIN "'", ROLE_OF ("switch@" DOMAIN),
                 "role='switch'");
  assert_answer (control, "type='get' to='" DOMAIN "'", ROLE_OF ("eve@" DOMAIN), "<item-not-found");
  assert_answer (control, "type='get' to='" DOMAIN "'", ROLE_OF ("ada@elsewhere"),
                 "<item-not-found");
  assert_answer (control, "type='get' to='" DOMAIN "'", "<role xmlns='urn:ismb:role:1'/>",
                 "<item-not-found");
}

/* Which accounts there are, and which of them are worth an attack, is nobody's business. */
static void
test_role_is_no_oracle (Fixture *fixture, gconstpointer data)
{
  g_autofree char *known = ask (fixture->ada, "type='get' to='" DOMAIN "'",
                                ROLE_OF ("bob@" DOMAIN));
  g_autofree char *unknown = ask (fixture->ada, "type='get' to='" DOMAIN "'",
                                  ROLE_OF ("eve@" DOMAIN));

  g_assert_null (strstr (known, "operator"));
  g_assert_nonnull (strstr (known, "<item-not-found"));
  g_assert_nonnull (strstr (unknown, "<item-not-found"));
}

static void
test_roster_is_kept_and_pushed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) other = sign_in (fixture, "ada", "other");
  g_autoptr (XmppClient) uninterested = sign_in (fixture, "ada", "uninterested");
  g_autofree char *push = NULL, *nothing = NULL, *removal = NULL;

  assert_answer (fixture->ada, "type='get'", "<query xmlns='jabber:iq:roster'/>",
                 "<query xmlns='jabber:iq:roster'/>");
  assert_answer (other, "type='get'", "<query xmlns='jabber:iq:roster'/>", "type='result'");
  g_free (ask (fixture->ada, "type='set'",
               ROSTER "<item jid='Bob@" DOMAIN "' name='B &amp; Co' subscription='both'>"
                      "<group>spines</group><group>leaves</group></item></query>"));
  push = xmpp_client_expect (other, "</iq>");
  g_assert_nonnull (strstr (push, "type='set'"));
  g_assert_null (strstr (push, "from='bob"));
  g_assert_nonnull (
      strstr (push, "<item jid='bob@" DOMAIN "' name='B &amp; Co' subscription='none'>"));
  g_assert_nonnull (strstr (push, "<group>spines</group><group>leaves</group></item>"));
  nothing = xmpp_client_settle (uninterested);
  g_assert_null (strstr (nothing, "roster"));
  assert_answer (other, "type='get'", "<query xmlns='jabber:iq:roster'/>", "jid='bob@" DOMAIN "'");

  g_free (ask (fixture->ada, "type='set'",
               ROSTER "<item jid='bob@" DOMAIN "' subscription='remove'/></query>"));
  removal = xmpp_client_expect (other, "subscription='remove'");
  assert_answer (other, "type='get'", "<query xmlns='jabber:iq:roster'/>",
                 "<query xmlns='jabber:iq:roster'/>");
}

static char *
version_in (const char *xml)
{
  const char *ver = strstr (xml, "ver='");

  g_assert_nonnull (ver);
  return g_strndup (ver, strcspn (ver + 5, "'") + 6);
}

/* RFC 6121, 2.6: who has it already gets nothing, who has an older one gets all. */
static void
test_roster_has_a_version (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = ask (fixture->ada, "type='get'",
                                "<query xmlns='jabber:iq:roster' ver=''/>");
  g_autofree char *old = version_in (first);
  g_autofree char *known = g_strdup_printf ("<query xmlns='jabber:iq:roster' %s/>", old);
  g_autofree char *nothing = ask (fixture->ada, "type='get'", known);
  g_autofree char *push = NULL, *new = NULL, *all = NULL, *again = NULL;

  g_assert_nonnull (strstr (nothing, "type='result'"));
  g_assert_null (strstr (nothing, "<query"));
  xmpp_client_send (fixture->ada, "<iq type='set' id='add'>" ROSTER "<item jid='bob@" DOMAIN
                                  "'/></query></iq>");
  push = xmpp_client_settle (fixture->ada);
  new = version_in (push);
  g_assert_cmpstr (new, !=, old);
  all = ask (fixture->ada, "type='get'", known);
  g_assert_nonnull (strstr (all, "jid='bob@" DOMAIN "'"));
  g_assert_nonnull (strstr (all, new));
  g_free (g_steal_pointer (&known));
  known = g_strdup_printf ("<query xmlns='jabber:iq:roster' %s/>", new);
  again = ask (fixture->ada, "type='get'", known);
  g_assert_null (strstr (again, "<query"));
}

static void
test_roster_refusals (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (256, 'n');
  g_autofree char *named =
      g_strdup_printf (ROSTER "<item jid='x@y' name='%s'/></query>", long_name);
  g_autofree char *grouped =
      g_strdup_printf (ROSTER "<item jid='x@y'><group>%s</group></item></query>", long_name);
  g_autoptr (GString) crowded = g_string_new (ROSTER "<item jid='x@y'>");
  const struct { const char *query, *condition; } refusals[] = {
    { ROSTER "</query>", "<bad-request" },
    { ROSTER "<item/></query>", "<bad-request" },
    { ROSTER "<item jid='a@b'/><item jid='c@d'/></query>", "<bad-request" },
    { ROSTER "<item jid='a@@b'/></query>", "<bad-request" },
    { ROSTER "<item jid='a@b/c'/></query>", "<bad-request" },
    { ROSTER "<item jid='ada@" DOMAIN "'/></query>", "<not-allowed" },
    { ROSTER "<item jid='a@b' subscription='remove'/></query>", "<item-not-found" },
    { ROSTER "<item jid='a@b'><group/></item></query>", "<not-acceptable" },
    { ROSTER "<item jid='a@b'><group>g</group><group>g</group></item></query>", "<bad-request" },
    { named, "<not-acceptable" },
    { grouped, "<not-acceptable" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    assert_answer (fixture->ada, "type='set'", refusals[i].query, refusals[i].condition);
  for (guint i = 0; i < 17; i++)
    g_string_append_printf (crowded, "<group>%u</group>", i);
  g_string_append (crowded, "</item></query>");
  assert_answer (fixture->ada, "type='set'", crowded->str, "<not-acceptable");
  assert_answer (fixture->ada, "type='get'", "<query xmlns='jabber:iq:roster'/>",
                 "<query xmlns='jabber:iq:roster'/>");
}

static void
test_time (Fixture *fixture, gconstpointer data)
{
  g_autofree char *answer
    = ask (fixture->ada, "type='get' to='" DOMAIN "'", "<time xmlns='urn:xmpp:time'/>");
  g_autofree char *text = cut (answer, "<utc>", "</utc>");
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  g_assert_nonnull (time);
  g_assert_cmpint (ABS (g_date_time_to_unix (time) - g_get_real_time () / G_USEC_PER_SEC), <=, 5);
  g_assert_true (g_regex_match_simple ("<tzo>[+-][0-9]{2}:[0-9]{2}</tzo>", answer, 0, 0));
}

#define VCARD "<vCard xmlns='vcard-temp'>"

static void
test_cards (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) bob = sign_in (fixture, "bob", "desk");
  g_autofree char *notes = g_strnfill (4096, 'n');
  g_autofree char *too_long = g_strdup_printf (VCARD "<DESC>%s</DESC></vCard>", notes);
  const char *get = "<vCard xmlns='vcard-temp'/>";

  assert_answer (fixture->ada, "type='get'", get, "<vCard xmlns='vcard-temp'/>");
  assert_answer (fixture->ada, "type='set'",
                 VCARD "<FN>Ada &amp; Co</FN><N><GIVEN>A</GIVEN></N></vCard>", "type='result'");
  assert_answer (bob, "type='get' to='ada@" DOMAIN "'", get,
                 VCARD "<FN>Ada &amp; Co</FN><N><GIVEN>A</GIVEN></N></vCard>");
  assert_answer (bob, "type='set' to='ada@" DOMAIN "'", get, "<forbidden");
  assert_answer (bob, "type='set' to='nobody@" DOMAIN "'", get, "<forbidden");
  assert_answer (fixture->ada, "type='set'", too_long, "<not-acceptable");
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", get, "<service-unavailable");
  assert_answer (fixture->ada, "type='get' to='nobody@" DOMAIN "'", get, "<service-unavailable");
  assert_answer (fixture->ada, "type='get'", get, "<FN>Ada &amp; Co</FN>");
}

/* Who may not see that an account is there may not learn when it was. */
static void
test_last_activity (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) bob = sign_in (fixture, "bob", "desk");
  const char *get = "<query xmlns='jabber:iq:last'/>";

  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", get, "<forbidden");
  assert_answer (fixture->ada, "type='get' to='nobody@" DOMAIN "'", get, "<forbidden");
  xmpp_client_send (fixture->ada, "<presence/><presence type='subscribe' to='bob@" DOMAIN "'/>");
  g_free (xmpp_client_settle (fixture->ada));
  xmpp_client_send (bob, "<presence type='subscribed' to='ada@" DOMAIN "'/>");
  g_free (xmpp_client_settle (bob));
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", get, "<item-not-found");
  xmpp_client_send (bob, "<presence><status>here</status></presence>");
  g_free (xmpp_client_settle (bob));
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", get,
                 "<query xmlns='jabber:iq:last' seconds='0'/>");
  xmpp_client_send (bob, "<presence type='unavailable'><status>to lunch</status></presence>");
  g_free (xmpp_client_settle (bob));
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", get, "'>to lunch</query>");
}

/* Another's account is a closed book until it shares its presence. */
static void
test_others_accounts (Fixture *fixture, gconstpointer data)
{
  const char *info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
  g_autoptr (XmppClient) bob = sign_in (fixture, "bob", "desk");

  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", info, "<service-unavailable");
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'",
                 "<query xmlns='jabber:iq:roster'/>", "<forbidden");
  assert_answer (fixture->ada, "type='get' to='nobody@" DOMAIN "'",
                 "<query xmlns='jabber:iq:roster'/>", "<forbidden");
  xmpp_client_send (fixture->ada, "<presence/><presence type='subscribe' to='bob@" DOMAIN "'/>");
  g_free (xmpp_client_settle (fixture->ada));
  xmpp_client_send (bob, "<presence/><presence type='subscribed' to='ada@" DOMAIN "'/>");
  g_free (xmpp_client_settle (bob));
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'", info,
                 "<identity category='account'");
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'",
                 "<query xmlns='http://jabber.org/protocol/disco#items'/>",
                 "<item jid='bob@" DOMAIN "/desk'/>");
  assert_answer (fixture->ada, "type='get' to='bob@" DOMAIN "'",
                 "<query xmlns='jabber:iq:roster'/>", "<forbidden");
}

/* What is not on the disk is not said to be there, and whatever needs no disk goes on. */
static void
test_full_disk (Fixture *fixture, gconstpointer data)
{
  g_autofree char *group = g_strnfill (255, 'g');
  gboolean full = FALSE;

  assert_answer (fixture->ada, "type='set'", VCARD "<FN>Ada</FN></vCard>", "type='result'");
  ismb_store_write_now (fixture->store, "PRAGMA max_page_count = 1", NULL, NULL);
  g_test_expect_message ("ismb.store", G_LOG_LEVEL_WARNING, "*full*not stored until*");
  for (guint i = 0; i < 100 && !full; i++)
    {
      g_autofree char *add = g_strdup_printf (
        ROSTER "<item jid='c%u@y' name='%s'><group>%s</group></item></query>", i, group, group);
      g_autofree char *answer = ask (fixture->ada, "type='set'", add);

      full = strstr (answer, "<resource-constraint") != NULL;
    }
  g_assert_true (full);
  g_test_assert_expected_messages ();
  assert_answer (fixture->ada, "type='get' to='" DOMAIN "'", "<ping xmlns='urn:xmpp:ping'/>",
                 "type='result'");
  ismb_store_write_now (fixture->store, "PRAGMA max_page_count = 100000", NULL, NULL);
  assert_answer (fixture->ada, "type='set'", VCARD "<FN>Ida</FN></vCard>", "type='result'");
}

#define ADD(name, test) g_test_add ("/services/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("domain-tells-what-it-serves", test_domain_tells_what_it_serves);
  ADD ("capabilities", test_capabilities);
  ADD ("strangers-are-no-items", test_strangers_are_no_items);
  ADD ("small-ones", test_small_ones);
  ADD ("time", test_time);
  ADD ("cards", test_cards);
  ADD ("last-activity", test_last_activity);
  ADD ("full-disk", test_full_disk);
  ADD ("role", test_role);
  ADD ("role-is-no-oracle", test_role_is_no_oracle);
  ADD ("roster-is-kept-and-pushed", test_roster_is_kept_and_pushed);
  ADD ("roster-has-a-version", test_roster_has_a_version);
  ADD ("roster-refusals", test_roster_refusals);
  ADD ("others-accounts", test_others_accounts);
  return g_test_run ();
}
