/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A registrar and two members: what they tell each other of who is out, and of new certificates. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-listener-private.h"
#include "ismb/trust/ismb-key-file.h"
#include "lab-switch.h"
#include "stream-end.h"

#define SPINE "spine1.0d0e0f"
#define ONE "leaf1.0a1b2c"
#define TWO "leaf2.0a1b2d"
#define NS "xmlns='urn:ismb:fabric:1'"

typedef struct
{
  LabSwitch *spine, *one, *two;
  XmppClient *ada; /* ada@ONE/desk */
  XmppClient *bob; /* bob@TWO/desk */
} Fixture;

static IsmbAuthority *
authority_of (LabSwitch *self)
{
  return ismb_fabric_get_authority (lab_switch_get_fabric (self));
}

static void
introduce (LabSwitch *self, LabSwitch *other)
{
  lab_switch_tell (self, other);
  lab_switch_wait_for (self, other, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  lab_switch_wait_for (other, self, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
}

/* `data`: the seconds that the certificate of the first member is good for, or NULL. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->spine = lab_switch_new (SPINE);
  fixture->one = lab_switch_new (ONE);
  fixture->two = lab_switch_new (TWO);
  lab_switch_found (fixture->spine);
  lab_switch_join (fixture->two, fixture->spine);
  if (data != NULL)
    ismb_authority_set_lifetime (authority_of (fixture->spine), atoi (data));
  lab_switch_join (fixture->one, fixture->spine);
  lab_switch_start (fixture->spine, "eve");
  lab_switch_start (fixture->one, "ada");
  lab_switch_start (fixture->two, "bob");
  fixture->ada = lab_switch_sign_in (fixture->one, "ada", "desk");
  fixture->bob = lab_switch_sign_in (fixture->two, "bob", "desk");
  introduce (fixture->one, fixture->two);
  introduce (fixture->one, fixture->spine);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  xmpp_client_free (fixture->ada);
  xmpp_client_free (fixture->bob);
  lab_switch_free (fixture->two);
  lab_switch_free (fixture->one);
  lab_switch_free (fixture->spine);
}

static void
share_presence (Fixture *fixture)
{
  xmpp_client_send (fixture->bob, "<presence/>");
  xmpp_client_send (fixture->ada, "<presence/><presence type='subscribe' to='bob@" TWO "'/>");
  g_free (xmpp_client_expect (fixture->bob, "type='subscribe'"));
  xmpp_client_send (fixture->bob, "<presence type='subscribed' to='ada@" ONE "'/>");
  g_free (xmpp_client_expect (fixture->ada, "from='bob@" TWO "/desk'"));
}

static void
rule_out (LabSwitch *registrar, LabSwitch *device)
{
  g_autoptr (GError) error = NULL;

  ismb_fabric_revoke (lab_switch_get_fabric (registrar), lab_switch_get_device_id (device), &error);
  g_assert_no_error (error);
}

static gboolean
knows_revoked (LabSwitch *self, const char *device_id)
{
  return ismb_fabric_is_revoked (lab_switch_get_fabric (self), device_id);
}

static void
wait_for_revoked (LabSwitch *self, LabSwitch *device)
{
  while (!knows_revoked (self, lab_switch_get_device_id (device)))
    g_main_context_iteration (NULL, TRUE);
}

static void
assert_is_out (LabSwitch *self, LabSwitch *other)
{
  g_autoptr (IsmbPeer) peer = lab_switch_dup_peer (self, other);

  g_assert_nonnull (peer);
  g_assert_cmpint (ismb_peer_get_trust (peer), ==, ISMB_TRUST_REVOKED);
  g_assert_cmpint (ismb_peer_get_link (peer), !=, ISMB_LINK_STATE_UP);
}

/* Said at the registrar: the other member ends its live stream to the one that is out. */
static void
test_revoked_is_cut_off (Fixture *fixture, gconstpointer data)
{
  g_autofree char *answer = NULL;

  share_presence (fixture);
  rule_out (fixture->spine, fixture->two);
  g_free (xmpp_client_expect (fixture->ada, "type='unavailable'"));
  assert_is_out (fixture->one, fixture->two);
  xmpp_client_send (fixture->ada, "<message id='m1' to='bob@" TWO "'><body>psst</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "<remote-server-not-found"));
  xmpp_client_send (fixture->bob, "<message to='ada@" ONE "/desk'><body>psst</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "type='error'"));
  g_free (xmpp_client_settle (fixture->bob));
  answer = xmpp_client_settle (fixture->ada);
  g_assert_null (strstr (answer, "psst</body></message>"));
  /* It is no item any more, and nobody is told to dial it. */
  lab_switch_tell (fixture->one, fixture->two);
  assert_is_out (fixture->one, fixture->two);
  xmpp_client_send (fixture->ada, "<iq type='get' id='i' to='" ONE "'>"
                                  "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
  g_free (answer);
  answer = xmpp_client_expect (fixture->ada, "</query></iq>");
  g_assert_nonnull (strstr (answer, "jid='" SPINE "'"));
  g_assert_null (strstr (answer, "jid='" TWO "'"));
}

/* The registrar knows a member to which no stream is open: it is dialled for that. */
static void
test_idle_member_is_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (LabSwitch) three = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_join (three, fixture->spine);
  introduce (fixture->spine, fixture->two);
  xmpp_client_free (g_steal_pointer (&fixture->bob));
  lab_switch_stop (fixture->two);
  lab_switch_wait_for (fixture->spine, fixture->two, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_LOST);
  lab_switch_start (fixture->two, "bob");
  fixture->bob = lab_switch_sign_in (fixture->two, "bob", "desk");
  lab_switch_tell (fixture->spine, fixture->two);
  rule_out (fixture->spine, three);
  wait_for_revoked (fixture->two, three);
}

/* A member that was away, and comes back when the registrar is gone, hears it from another. */
static void
test_return_without_registrar (Fixture *fixture, gconstpointer data)
{
  g_autoptr (LabSwitch) three = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_join (three, fixture->spine);
  xmpp_client_free (g_steal_pointer (&fixture->bob));
  lab_switch_stop (fixture->two);
  rule_out (fixture->spine, three);
  wait_for_revoked (fixture->one, three);
  lab_switch_stop (fixture->spine);
  g_assert_false (knows_revoked (fixture->two, lab_switch_get_device_id (three)));
  lab_switch_start (fixture->two, "bob");
  fixture->bob = lab_switch_sign_in (fixture->two, "bob", "desk");
  lab_switch_tell (fixture->two, fixture->one);
  wait_for_revoked (fixture->two, three);
  /* Where it is only announced, it is shown for what it is. */
  ismb_listener_add_peer (lab_switch_get_listener (fixture->two), lab_switch_get_domain (three),
                          (const char *const[]){ "127.0.0.1", NULL }, 9,
                          lab_switch_get_device_id (three));
  assert_is_out (fixture->two, three);
}

/* More than fit into a stanza. */
static void
test_many_are_out (Fixture *fixture, gconstpointer data)
{
  IsmbRevocations *theirs
      = ismb_fabric_get_revocations (lab_switch_get_fabric (fixture->two));
  g_autoptr (GError) error = NULL;

  xmpp_client_free (g_steal_pointer (&fixture->bob));
  lab_switch_stop (fixture->two);
  for (guint i = 0; i < 600; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);
      g_autofree char *hex = g_compute_checksum_for_string (G_CHECKSUM_SHA256, number, -1);
      GString *id = g_string_new (NULL);

      /* As an id is written: 52 letters of base32. */
      for (guint j = 0; j < 51; j++)
        g_string_append_c (id, (char) ('A' + g_ascii_xdigit_value (hex[j])));
      g_string_append_c (id, 'A');
      ismb_fabric_revoke (lab_switch_get_fabric (fixture->spine), id->str, &error);
      g_assert_no_error (error);
      g_string_free (id, TRUE);
    }
  lab_switch_start (fixture->two, "bob");
  lab_switch_tell (fixture->two, fixture->spine);
  while (ismb_revocations_get_count (theirs) < 600)
    g_main_context_iteration (NULL, TRUE);
  fixture->bob = lab_switch_sign_in (fixture->two, "bob", "desk");
}

static void
test_left (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  share_presence (fixture);
  ismb_fabric_leave (lab_switch_get_fabric (fixture->one), FALSE, FALSE, &error);
  g_assert_no_error (error);
  lab_switch_wait_for (fixture->one, fixture->two, ISMB_TRUST_PENDING, ISMB_LINK_STATE_LOST);
  g_free (xmpp_client_expect (fixture->ada, "type='unavailable'"));
  /* And joins again: nobody needs to be announced anew. */
  lab_switch_join (fixture->one, fixture->spine);
  lab_switch_wait_for (fixture->one, fixture->two, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
}

static void
test_out_oneself (Fixture *fixture, gconstpointer data)
{
  IsmbFabric *fabric = lab_switch_get_fabric (fixture->one);
  const char *id = lab_switch_get_device_id (fixture->one);
  g_autoptr (GPtrArray) statements = g_ptr_array_new ();
  g_autoptr (GPtrArray) added = NULL;

  rule_out (fixture->spine, fixture->one);
  g_ptr_array_add (statements,
                   (gpointer) ismb_revocations_get (
                     ismb_fabric_get_revocations (lab_switch_get_fabric (fixture->spine)), id));
  added = ismb_fabric_learn_revocations (fabric, statements);
  g_assert_cmpuint (added->len, ==, 1);
  lab_switch_wait_for (fixture->one, fixture->two, ISMB_TRUST_PENDING, ISMB_LINK_STATE_LOST);
  xmpp_client_send (fixture->ada, "<message id='m1' to='bob@" TWO "'><body>psst</body></message>");
  g_free (xmpp_client_expect (fixture->ada, "<remote-server-not-found"));
}

/* Its streams end, and before they do it is told why. */
static void
test_revoked_is_told (Fixture *fixture, gconstpointer data)
{
  rule_out (fixture->spine, fixture->one);
  wait_for_revoked (fixture->one, fixture->one);
  g_assert_false (ismb_fabric_is_member (lab_switch_get_fabric (fixture->one)));
  lab_switch_wait_for (fixture->one, fixture->two, ISMB_TRUST_PENDING, ISMB_LINK_STATE_LOST);
}

/* Whoever was away hears it of the first one that he dials. */
static void
test_revoked_meanwhile_is_told (Fixture *fixture, gconstpointer data)
{
  IsmbFabric *fabric = lab_switch_get_fabric (fixture->two);

  xmpp_client_free (g_steal_pointer (&fixture->bob));
  lab_switch_stop (fixture->two);
  rule_out (fixture->spine, fixture->two);
  wait_for_revoked (fixture->one, fixture->two);
  g_assert_true (ismb_fabric_is_member (fabric));
  lab_switch_start (fixture->two, "bob");
  fixture->bob = lab_switch_sign_in (fixture->two, "bob", "desk");
  lab_switch_tell (fixture->two, fixture->one);
  wait_for_revoked (fixture->two, fixture->two);
  g_assert_false (ismb_fabric_is_member (fabric));
}

static gint64
half_a_year_later (void)
{
  return g_get_real_time () / G_USEC_PER_SEC + 180 * 86400;
}

/* The stream stands, and what comes on it counts no more. */
static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autofree char *heard = NULL;

  share_presence (fixture);
  ismb_clock_set_host (ismb_fabric_get_clock (lab_switch_get_fabric (fixture->two)),
                       half_a_year_later);
  xmpp_client_send (fixture->ada, "<message to='bob@" TWO "/desk'><body>psst</body></message>");
  lab_switch_wait_for (fixture->two, fixture->one, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_LOST);
  heard = xmpp_client_settle (fixture->bob);
  g_assert_null (strstr (heard, "psst"));
  g_free (xmpp_client_expect (fixture->ada, "type='unavailable'"));
}

/* Nor is anything said on it. */
static void
test_nothing_is_said_to_expired (Fixture *fixture, gconstpointer data)
{
  g_autofree char *heard = NULL;

  ismb_clock_set_host (ismb_fabric_get_clock (lab_switch_get_fabric (fixture->two)),
                       half_a_year_later);
  xmpp_client_send (fixture->bob, "<message id='m' to='ada@" ONE "/desk'><body>x</body></message>");
  g_free (xmpp_client_expect (fixture->bob, "<remote-server-not-found"));
  heard = xmpp_client_settle (fixture->ada);
  g_assert_null (strstr (heard, "<body>x</body>"));
}

/* Renewal */

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  char **outcome = user_data;

  if (_ismb_listener_renew_finish (ISMB_LISTENER (source), result, &error))
    *outcome = g_strdup ("renewed");
  else
    *outcome = g_strdup_printf ("%s %d: %s", g_quark_to_string (error->domain), error->code,
                                error->message);
}

static char *
renew (LabSwitch *self)
{
  char *outcome = NULL;

  _ismb_listener_renew_async (lab_switch_get_listener (self), NULL, on_renewed, &outcome);
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  return outcome;
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static char *
list_sockets (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  g_autoptr (GPtrArray) sockets = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target != NULL && g_str_has_prefix (target, "socket:"))
        g_ptr_array_add (sockets, g_strconcat (name, " ", target, NULL));
    }
  g_ptr_array_sort (sockets, compare_texts);
  g_ptr_array_add (sockets, NULL);
  return g_strjoinv ("\n", (char **) sockets->pdata);
}

static void
on_changed (IsmbListener *listener, IsmbPeer *peer, gpointer user_data)
{
  g_assert_cmpint (ismb_peer_get_link (peer), ==, ISMB_LINK_STATE_UP);
}

/* Long after the certificate that the streams were opened with, they are the same. */
static void
test_renewal_interrupts_nothing (Fixture *fixture, gconstpointer data)
{
  IsmbFabric *fabric = lab_switch_get_fabric (fixture->one);
  gint64 first = ismb_fabric_get_expiry (fabric);
  g_autofree char *before = NULL, *after = NULL, *heard = NULL;
  gulong handler;

  share_presence (fixture);
  handler = g_signal_connect (lab_switch_get_listener (fixture->two), "peer-changed",
                              G_CALLBACK (on_changed), NULL);
  before = list_sockets ();
  while (g_get_real_time () / G_USEC_PER_SEC <= first)
    {
      g_autofree char *outcome = renew (fixture->one);

      g_assert_cmpstr (outcome, ==, "renewed");
      xmpp_client_send (fixture->ada, "<message to='bob@" TWO "/desk'><body>tick</body></message>");
      g_free (xmpp_client_expect (fixture->bob, "<body>tick</body></message>"));
      g_usleep (G_USEC_PER_SEC * 11 / 10); /* more often is refused */
    }
  g_assert_cmpint (ismb_fabric_get_expiry (fabric), >, first);
  xmpp_client_send (fixture->bob, "<message to='ada@" ONE "/desk'><body>tock</body></message>");
  heard = xmpp_client_expect (fixture->ada, "<body>tock</body></message>");
  g_assert_null (strstr (heard, "unavailable"));
  after = list_sockets ();
  g_assert_cmpstr (before, ==, after);
  g_signal_handler_disconnect (lab_switch_get_listener (fixture->two), handler);
}

/* A signature and a write for each: not as often as a member likes. */
static void
test_renewals_are_paced (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = renew (fixture->one), *second = renew (fixture->one);

  g_assert_cmpstr (first, ==, "renewed");
  g_assert_nonnull (strstr (second, "one certificate a second"));
}

static void
test_no_registrar (Fixture *fixture, gconstpointer data)
{
  g_autofree char *none = NULL, *expected = g_strdup_printf ("%s %d: ", "ismb-error-quark",
                                                             ISMB_ERROR_NOT_FOUND);

  lab_switch_stop (fixture->spine);
  none = renew (fixture->one);
  g_assert_true (g_str_has_prefix (none, expected));
}

static void
test_listener_stops_meanwhile (Fixture *fixture, gconstpointer data)
{
  char *outcome = NULL;

  _ismb_listener_renew_async (lab_switch_get_listener (fixture->one), NULL, on_renewed, &outcome);
  ismb_listener_stop (lab_switch_get_listener (fixture->one));
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (outcome, "ismb-error-quark"));
  g_free (outcome);
}

static void
on_renewed_stop (GObject *source, GAsyncResult *result, gpointer user_data)
{
  on_renewed (source, result, user_data);
  ismb_listener_stop (ISMB_LISTENER (source));
}

/* Whoever is told may stop the listener at once. */
static void
test_listener_stops_when_told (Fixture *fixture, gconstpointer data)
{
  char *outcome = NULL;

  _ismb_listener_renew_async (lab_switch_get_listener (fixture->one), NULL, on_renewed_stop,
                              &outcome);
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (outcome, ==, "renewed");
  g_free (outcome);
}

/* A member that says what it likes */

typedef struct
{
  LabSwitch *self;
  IsmbTlsContext *tls;
  StreamEnd *stream;
} Talker;

static void
talker_init (Talker *talker, LabSwitch *registrar, LabSwitch *to)
{
  IsmbFabric *fabric;
  g_autoptr (GError) error = NULL;
  g_autofree char *chain = NULL;
  char *key;

  talker->self = lab_switch_new ("leaf4.0a1b2f");
  fabric = lab_switch_get_fabric (talker->self);
  lab_switch_join (talker->self, registrar);
  key = ismb_identity_dup_key_pem (ismb_fabric_get_identity (fabric));
  chain = ismb_fabric_dup_chain_pem (fabric);
  talker->tls = ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, &error);
  ismb_key_file_wipe (key);
  g_assert_no_error (error);
  talker->stream = stream_end_new (lab_switch_get_s2s_port (to), talker->tls);
  stream_end_open (talker->stream, "leaf4.0a1b2f", lab_switch_get_domain (to));
  stream_end_expect (talker->stream, "EXTERNAL");
  stream_end_say (talker->stream, "<bidi xmlns='urn:xmpp:bidi'/>"
                                  "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
                                  " mechanism='EXTERNAL'>=</auth>", -1);
  stream_end_expect (talker->stream, "<success");
  stream_end_open (talker->stream, "leaf4.0a1b2f", lab_switch_get_domain (to));
}

static void
talker_clear (Talker *talker)
{
  stream_end_free (talker->stream);
  ismb_tls_context_unref (talker->tls);
  lab_switch_free (talker->self);
}

static void
talker_ask (Talker *talker, LabSwitch *to, const char *type, const char *id, const char *payload)
{
  g_autofree char *iq
      = g_strdup_printf ("<iq from='leaf4.0a1b2f' to='%s' type='%s' id='%s'>%s</iq>",
                         lab_switch_get_domain (to), type, id, payload);

  stream_end_say (talker->stream, iq, -1);
}

static char *
wrap (const char *pem)
{
  return g_strdup_printf ("<certificate " NS ">%s</certificate>", pem);
}

static void
test_certificate_of_another (Fixture *fixture, gconstpointer data)
{
  Talker talker;
  g_autofree char *other
      = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (fixture->two));
  g_autofree char *own = NULL, *bad = wrap (other), *good = NULL;

  talker_init (&talker, fixture->spine, fixture->one);
  own = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (talker.self));
  good = wrap (own);
  talker_ask (&talker, fixture->one, "set", "bad", bad);
  stream_end_expect (talker.stream, "<not-authorized");
  talker_ask (&talker, fixture->one, "set", "nonsense", "<certificate " NS ">nonsense</certificate>");
  stream_end_expect (talker.stream, "id='nonsense'");
  talker_ask (&talker, fixture->one, "set", "good", good);
  stream_end_expect (talker.stream, "type='result' id='good'");
  lab_switch_wait_for (fixture->one, talker.self, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  talker_clear (&talker);
}

static char *
wrap_request (LabSwitch *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (lab_switch_get_fabric (self), &error);

  g_assert_no_error (error);
  return g_strdup_printf ("<renew " NS "><request>%s</request></renew>", request);
}

static void
test_renewal_for_another (Fixture *fixture, gconstpointer data)
{
  Talker talker;
  g_autofree char *other = wrap_request (fixture->two), *own = NULL;

  talker_init (&talker, fixture->spine, fixture->spine);
  own = wrap_request (talker.self);
  talker_ask (&talker, fixture->spine, "set", "bad", other);
  stream_end_expect (talker.stream, "<not-authorized");
  talker_ask (&talker, fixture->spine, "set", "empty", "<renew " NS "/>");
  stream_end_expect (talker.stream, "<bad-request");
  talker_ask (&talker, fixture->spine, "set", "good", own);
  stream_end_expect (talker.stream, "-----BEGIN CERTIFICATE");
  talker_clear (&talker);
}

static void
test_only_registrars_renew (Fixture *fixture, gconstpointer data)
{
  Talker talker;
  g_autofree char *own = NULL;

  talker_init (&talker, fixture->spine, fixture->one);
  own = wrap_request (talker.self);
  talker_ask (&talker, fixture->one, "set", "r", own);
  stream_end_expect (talker.stream, "<item-not-found");
  talker_clear (&talker);
}

static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return (level & G_LOG_LEVEL_WARNING) == 0;
}

static void
keep_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_string_append (user_data, message);
}

static void
test_forged_revocation (Fixture *fixture, gconstpointer data)
{
  Talker talker;
  g_autoptr (GString) warnings = g_string_new (NULL);
  guint handler;
  const char *victim = lab_switch_get_device_id (fixture->two);
  const char *ca = ismb_fabric_get_id (lab_switch_get_fabric (fixture->one));
  g_autofree char *news
      = g_strdup_printf ("<revocations " NS "><revocation device='%s' time='1700000000' ca='%s'>"
                         "MEUCIQDx</revocation></revocations>", victim, ca);

  talker_init (&talker, fixture->spine, fixture->one);
  g_test_log_set_fatal_handler (is_fatal, NULL);
  handler = g_log_set_handler ("ismb.trust.fabric",
                               (GLogLevelFlags) (G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL),
                               keep_warning, warnings);
  talker_ask (&talker, fixture->one, "set", "n", news);
  stream_end_expect (talker.stream, "type='result' id='n'");
  g_log_remove_handler ("ismb.trust.fabric", handler);
  g_assert_nonnull (strstr (warnings->str, "none of this fabric"));
  g_assert_false (knows_revoked (fixture->one, victim));
  talker_ask (&talker, fixture->one, "set", "shape",
              "<revocations " NS "><revocation time='x'/></revocations>");
  stream_end_expect (talker.stream, "<bad-request");
  talker_clear (&talker);
}

/* Switches talk of that, and not their accounts. */
static void
test_accounts_are_not_told (Fixture *fixture, gconstpointer data)
{
  xmpp_client_send (fixture->ada, "<iq type='get' id='r1' to='" ONE "'><revocations " NS "/></iq>");
  g_free (xmpp_client_expect (fixture->ada, "<service-unavailable"));
  xmpp_client_send (fixture->ada, "<iq type='get' id='r2' to='" TWO "'><revocations " NS "/></iq>");
  g_free (xmpp_client_expect (fixture->ada, "<service-unavailable"));
}

#define ADD(name, data, test)                                                                      \
  g_test_add ("/fabric-service/" name, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("revoked-is-cut-off", NULL, test_revoked_is_cut_off);
  ADD ("idle-member-is-told", NULL, test_idle_member_is_told);
  ADD ("return-without-registrar", NULL, test_return_without_registrar);
  ADD ("many-are-out", NULL, test_many_are_out);
  ADD ("left", NULL, test_left);
  ADD ("out-oneself", NULL, test_out_oneself);
  ADD ("revoked-is-told", NULL, test_revoked_is_told);
  ADD ("revoked-meanwhile-is-told", NULL, test_revoked_meanwhile_is_told);
  ADD ("expired", NULL, test_expired);
  ADD ("nothing-is-said-to-expired", NULL, test_nothing_is_said_to_expired);
  ADD ("renewal-interrupts-nothing", "3", test_renewal_interrupts_nothing);
  ADD ("no-registrar", NULL, test_no_registrar);
  ADD ("listener-stops-meanwhile", NULL, test_listener_stops_meanwhile);
  ADD ("listener-stops-when-told", NULL, test_listener_stops_when_told);
  ADD ("certificate-of-another", NULL, test_certificate_of_another);
  ADD ("renewals-are-paced", NULL, test_renewals_are_paced);
  ADD ("renewal-for-another", NULL, test_renewal_for_another);
  ADD ("only-registrars-renew", NULL, test_only_registrars_renew);
  ADD ("forged-revocation", NULL, test_forged_revocation);
  ADD ("accounts-are-not-told", NULL, test_accounts_are_not_told);
  return g_test_run ();
}
