/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "link-lab.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

typedef struct
{
  Switch *one, *two;
  IsmbLink *link; /* from one to two */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  switches = g_ptr_array_new_with_free_func (remove_switch);
  fixture->one = add_switch ("one.000001", NULL, "VR-Mgmt");
  fixture->two = add_switch ("two.000002", fixture->one, "VR-Mgmt");
  fixture->link = introduce (fixture->one, "two.000002", fixture->two);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&switches, g_ptr_array_unref);
}

static void
test_both_ways (Fixture *fixture, gconstpointer data)
{
  Switch *one = fixture->one, *two = fixture->two;
  IsmbLink *back;

  g_assert_cmpint (ismb_link_get_trust (fixture->link), ==, ISMB_TRUST_PENDING);
  g_assert_cmpstr (ismb_link_get_device_id (fixture->link), ==, "ANNOUNCED");
  say (one, fixture->link, "a@one.000001/x", "b@two.000002", "m1");
  say (one, fixture->link, "a@one.000001/x", "b@two.000002", "m2");
  wait_until (count_lines (two->got) == 2);
  g_assert_cmpstr (two->got->str, ==,
                   "a@one.000001/x>b@two.000002 m1\na@one.000001/x>b@two.000002 m2\n");

  /* The other switch knows no address of ours: the answer comes on the stream that we opened. */
  back = link_to (two, "one.000001");
  g_assert_cmpstr (ismb_link_get_addresses (back)[0], ==, NULL);
  say (two, back, "b@two.000002", "a@one.000001/x", "m3");
  wait_until (count_lines (one->got) == 1);
  g_assert_cmpstr (one->got->str, ==, "b@two.000002>a@one.000001/x m3\n");

  g_assert_cmpint (ismb_link_get_trust (fixture->link), ==, ISMB_TRUST_MEMBER);
  g_assert_cmpint (ismb_link_get_trust (back), ==, ISMB_TRUST_MEMBER);
  g_assert_cmpstr (ismb_link_get_device_id (fixture->link), ==,
                   ismb_identity_get_full_id (ismb_fabric_get_identity (two->fabric)));
  g_assert_cmpstr (one->states->str, ==, "up\n");
  g_assert_cmpstr (two->states->str, ==, "up\n");
  g_assert_cmpuint (ismb_crowd_get_count (two->inbounds), ==, 0);
}

static void
test_dial_alone (Fixture *fixture, gconstpointer data)
{
  ismb_link_dial (fixture->link);
  wait_until (ismb_link_get_state (fixture->link) == ISMB_LINK_STATE_UP);
  g_assert_cmpint (ismb_link_get_trust (fixture->link), ==, ISMB_TRUST_MEMBER);
}

static void
test_second_address (Fixture *fixture, gconstpointer data)
{
  const char *const addresses[] = { "127.0.0.9", "127.0.0.1", NULL };

  ismb_link_set_candidate (fixture->link, addresses, fixture->two->port, NULL);
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->two->got) == 1);
  g_assert_cmpstr (ismb_link_get_addresses (fixture->link)[0], ==, "127.0.0.1");
  g_assert_cmpstr (ismb_link_get_addresses (fixture->link)[1], ==, "127.0.0.9");
}

/* What anybody may announce in its name. */
static void
test_forged_news (Fixture *fixture, gconstpointer data)
{
  const char *const forged[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6",
                                 "127.0.0.7", "127.0.0.8", "127.0.0.9", NULL };

  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->two->got) == 1);
  ismb_link_set_candidate (fixture->link, forged, 9, "FORGED");
  ismb_link_close (fixture->link, NULL);
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m2");
  wait_until (count_lines (fixture->two->got) == 2);
  g_assert_cmpstr (ismb_link_get_addresses (fixture->link)[0], ==, "127.0.0.1");
  g_assert_cmpuint (ismb_link_get_port (fixture->link), ==, fixture->two->port);
  g_assert_cmpuint (g_strv_length ((char **) ismb_link_get_addresses (fixture->link)), ==, 8);
}

/* Who only wants to know waits for a place like anybody, and gets one. */
static void
test_crowded (Fixture *fixture, gconstpointer data)
{
  IsmbDials *dials = &fixture->one->context.dials;
  guint begun = 0;

  while (ismb_dials_begin (dials, ISMB_DIAL_CURIOUS))
    begun++;
  ismb_link_dial (fixture->link);
  wait_until (ismb_link_get_state (fixture->link) == ISMB_LINK_STATE_UP);
  g_assert_cmpuint (dials->running, ==, begun);
}

static void
assert_refused (Fixture *fixture, IsmbLink *link, Switch *there)
{
  say (fixture->one, link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->one->bounced) == 1);
  g_assert_cmpstr (fixture->one->bounced->str, ==, "m1 remote-server-not-found\n");
  wait_until (ismb_crowd_get_count (there->inbounds) == 0);
  g_assert_cmpstr (there->got->str, ==, "");
  g_assert_cmpstr (there->states->str, ==, "");
  g_assert_cmpstr (fixture->one->states->str, ==, "");
  g_assert_cmpint (ismb_link_get_trust (link), ==, ISMB_TRUST_PENDING);
}

static void
test_wrong_name (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, introduce (fixture->one, "three.000003", fixture->two), fixture->two);
}

static void
test_wrong_fabric (Fixture *fixture, gconstpointer data)
{
  Switch *stranger = add_switch ("three.000003", NULL, "VR-Mgmt");

  assert_refused (fixture, introduce (fixture->one, "three.000003", stranger), stranger);
}

/* Who announces a name that was never reached hides nobody, and is told nothing. */
static void
test_forged_before_reached (Fixture *fixture, gconstpointer data)
{
  Switch *forger = add_switch ("two.000002", NULL, "VR-Mgmt");

  introduce (fixture->one, "two.000002", forger);
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->two->got) == 1);
  g_assert_cmpstr (forger->got->str, ==, "");
  g_assert_cmpuint (ismb_link_get_port (fixture->link), ==, fixture->two->port);
  g_assert_cmpstr (fixture->one->bounced->str, ==, "");
}

static void
test_wrong_virtual_router (Fixture *fixture, gconstpointer data)
{
  Switch *elsewhere = add_switch ("three.000003", fixture->one, "VR-Default");

  assert_refused (fixture, introduce (fixture->one, "three.000003", elsewhere), elsewhere);
}

/* Whoever sends faster than the link carries, or more than the other side takes, hears so; the link
 * stays, and carries what others send. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_body = g_strnfill (200000, 'x');
  g_autofree char *endless = g_strnfill (1100000, 'x');

  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->two->got) == 1);
  say_body (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "endless", endless);
  g_assert_cmpstr (fixture->one->bounced->str, ==, "endless policy-violation\n");
  for (guint i = 0; i < 100; i++)
    say_body (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "long", long_body);
  g_assert_cmpuint (count_lines (fixture->one->bounced), >, 50);
  g_assert_nonnull (strstr (fixture->one->bounced->str, "long resource-constraint\n"));
  say (fixture->one, fixture->link, "c@one.000001", "b@two.000002", "calm");
  g_assert_null (strstr (fixture->one->bounced->str, "calm"));
  wait_until (strstr (fixture->two->got->str, "c@one.000001>b@two.000002 calm\n") != NULL);
  g_assert_cmpstr (fixture->one->states->str, ==, "up\n");

  say_body (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "again", long_body);
  wait_until (strstr (fixture->two->got->str, "again\n") != NULL);
}

/* A member of another fabric, or of another virtual router, dials: it is told no more than
 * not-authorized. */
static void
assert_not_let_in (Fixture *fixture, Switch *stranger)
{
  IsmbLink *link = introduce (stranger, "one.000001", fixture->one);

  say (stranger, link, "a@three.000003", "b@one.000001", "m1");
  wait_until (count_lines (stranger->bounced) == 1);
  wait_until (ismb_crowd_get_count (fixture->one->inbounds) == 0);
  g_assert_cmpstr (fixture->one->got->str, ==, "");
  g_assert_cmpstr (fixture->one->states->str, ==, "");
}

static void
test_wrong_virtual_router_dials (Fixture *fixture, gconstpointer data)
{
  assert_not_let_in (fixture, add_switch ("three.000003", fixture->one, "VR-Default"));
}

static void
test_wrong_fabric_dials (Fixture *fixture, gconstpointer data)
{
  assert_not_let_in (fixture, add_switch ("three.000003", NULL, "VR-Mgmt"));
}

static void
assert_breaks_link (Fixture *fixture, const char *from, const char *to)
{
  say (fixture->one, fixture->link, from, to, "m1");
  wait_until (g_str_equal (fixture->one->states->str, "up\nlost\n"));
  wait_until (g_str_equal (fixture->two->states->str, "up\nlost\n"));
  g_assert_cmpstr (fixture->two->got->str, ==, "");
}

static void
test_forged_from (Fixture *fixture, gconstpointer data)
{
  assert_breaks_link (fixture, "root@three.000003", "b@two.000002");
}

static void
test_foreign_to (Fixture *fixture, gconstpointer data)
{
  assert_breaks_link (fixture, "a@one.000001", "b@three.000003");
}

static void
test_nobody_there (Fixture *fixture, gconstpointer data)
{
  stop_listening (fixture->two);
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m2");
  wait_until (count_lines (fixture->one->bounced) == 2);
  g_assert_cmpstr (fixture->one->bounced->str, ==,
                   "m1 remote-server-timeout\nm2 remote-server-timeout\n");
  g_assert_cmpint (ismb_link_get_state (fixture->link), ==, ISMB_LINK_STATE_IDLE);

  /* Who has just failed is not tried for each message that follows. */
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m3");
  g_assert_cmpuint (count_lines (fixture->one->bounced), ==, 3);
}

static void
test_nowhere_to_go (Fixture *fixture, gconstpointer data)
{
  IsmbLink *unknown = link_to (fixture->one, "three.000003");

  say (fixture->one, unknown, "a@one.000001", "b@three.000003", "m1");
  g_assert_cmpstr (fixture->one->bounced->str, ==, "m1 remote-server-not-found\n");
}

static void
test_no_certificate (Fixture *fixture, gconstpointer data)
{
  IsmbTlsContext *tls = g_steal_pointer (&fixture->one->context.tls);

  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  g_assert_cmpstr (fixture->one->bounced->str, ==, "m1 remote-server-not-found\n");
  fixture->one->context.tls = tls;
}

static void
test_queue_is_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = g_strnfill (1000, 'x');
  guint kept = 0;

  fixture->one->context.queue_bytes = 100000;
  fixture->two->frozen = TRUE;
  for (; fixture->one->bounced->len == 0; kept++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", kept);

      say_body (fixture->one, fixture->link, "a@one.000001", "b@two.000002", id, body);
    }
  g_assert_nonnull (strstr (fixture->one->bounced->str, " resource-constraint\n"));
  g_assert_cmpuint (kept, >, 70);
  g_assert_cmpuint (kept, <, 100);
  fixture->two->frozen = FALSE;
  wait_until (count_lines (fixture->two->got) == kept - 1);
}

static void
test_both_dial (Fixture *fixture, gconstpointer data)
{
  IsmbLink *back = introduce (fixture->two, "one.000001", fixture->one);
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);

      say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", id);
      say (fixture->two, back, "b@two.000002", "a@one.000001", id);
      g_string_append_printf (expected, "a@one.000001>b@two.000002 %s\n", id);
      if (i % 5 == 0)
        turn ();
    }
  wait_until (count_lines (fixture->one->got) == 200 && count_lines (fixture->two->got) == 200);
  g_assert_cmpstr (fixture->two->got->str, ==, expected->str);
  g_assert_cmpstr (fixture->one->states->str, ==, "up\n");
  g_assert_cmpstr (fixture->two->states->str, ==, "up\n");
}

/* Killed, and back on the same port: seen at once, and up again without a word of ours. */
static void
test_lost_and_back (Fixture *fixture, gconstpointer data)
{
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->one->states->str, "up\n"));
  wait_until (g_str_equal (fixture->two->states->str, "up\n"));
  cut_off (fixture->two);
  wait_until (g_str_equal (fixture->one->states->str, "up\nlost\n"));
  wait_until (g_str_equal (fixture->one->states->str, "up\nlost\nup\n"));
  g_assert_cmpint (ismb_link_get_trust (fixture->link), ==, ISMB_TRUST_MEMBER);
}

static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return (level & G_LOG_LEVEL_WARNING) == 0;
}

static void
on_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_string_append (user_data, message);
}

static guint
catch_warnings (const char *domain, GString *out)
{
  return g_log_set_handler (domain, G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL, on_warning, out);
}

/* Another device with a certificate for the name: it may be right, and is never passed over. */
static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) warnings = g_string_new (NULL);
  g_autoptr (GString) of_registrar = g_string_new (NULL);
  guint handlers[] = { catch_warnings ("ismb.listener.link", warnings),
                       catch_warnings ("ismb.trust.ledger", of_registrar) };
  g_autofree char *old_id = NULL;
  const char *new_id;
  Switch *another;

  g_test_log_set_fatal_handler (is_fatal, NULL);
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->one->states->str, "up\n"));
  old_id = g_strdup (ismb_link_get_device_id (fixture->link));
  stop_listening (fixture->two);
  cut_off (fixture->two);
  wait_until (g_str_has_prefix (fixture->one->states->str, "up\nlost\n"));
  another = add_switch ("two.000002", fixture->one, "VR-Mgmt");
  new_id = ismb_identity_get_full_id (ismb_fabric_get_identity (another->fabric));
  g_assert_cmpstr (warnings->str, ==, "");
  introduce (fixture->one, "two.000002", another);
  wait_until (g_strcmp0 (ismb_link_get_device_id (fixture->link), new_id) == 0);
  g_assert_nonnull (strstr (warnings->str, old_id));
  g_assert_nonnull (strstr (warnings->str, new_id));
  g_assert_nonnull (strstr (of_registrar->str, new_id));
  g_log_remove_handler ("ismb.listener.link", handlers[0]);
  g_log_remove_handler ("ismb.trust.ledger", handlers[1]);
}

static void
test_orderly_end (Fixture *fixture, gconstpointer data)
{
  ismb_link_dial (fixture->link);
  wait_until (g_str_equal (fixture->two->states->str, "up\n"));
  wait_until (g_str_equal (fixture->one->states->str, "up\n"));
  ismb_link_close (link_to (fixture->two, "one.000001"), NULL);
  wait_until (g_str_equal (fixture->one->states->str, "up\nidle\n"));
  g_assert_cmpint (ismb_link_get_state (link_to (fixture->two, "one.000001")), ==,
                   ISMB_LINK_STATE_IDLE);
}

static void
test_news_end_the_waiting (Fixture *fixture, gconstpointer data)
{
  stop_listening (fixture->two);
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->one->states->str, "lost\n"));
  listen_on_loopback (fixture->two);
  introduce (fixture->one, "two.000002", fixture->two);
  wait_until (g_str_equal (fixture->one->states->str, "lost\nup\n"));
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  fixture->one->context.silence = 500;
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->one->states->str, "up\n"));
  fixture->two->frozen = TRUE;
  wait_until (g_str_has_prefix (fixture->one->states->str, "up\nlost\n"));
}

/* Who has nothing to say is asked how far it is, and its answer is life enough; it costs its
 * services nothing. */
static void
test_quiet (Fixture *fixture, gconstpointer data)
{
  gint64 end;

  fixture->one->context.silence = 300;
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->two->states->str, "up\n"));
  end = g_get_monotonic_time () + 4 * 300 * G_GINT64_CONSTANT (1000);
  while (g_get_monotonic_time () < end)
    turn ();
  g_assert_cmpstr (fixture->one->states->str, ==, "up\n");
  g_assert_cmpstr (fixture->two->states->str, ==, "up\n");
  g_assert_cmpstr (fixture->two->got->str, ==, "");
}

static guint
get_round_trip (IsmbLink *link)
{
  g_autoptr (IsmbPeer) peer = ismb_link_describe (link);

  return ismb_peer_get_round_trip (peer);
}

/* Who dials knows it as soon as the link is up, the other one when it was quiet for a while. */
static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  IsmbLink *back;

  fixture->two->context.silence = 300;
  g_assert_cmpuint (get_round_trip (fixture->link), ==, 0);
  ismb_link_set_persistent (fixture->link, TRUE);
  wait_until (g_str_equal (fixture->one->states->str, "up\n"));
  g_assert_cmpuint (get_round_trip (fixture->link), >, 0);
  g_assert_cmpuint (get_round_trip (fixture->link), <, PATIENCE);
  wait_until (g_str_equal (fixture->two->states->str, "up\n"));
  back = link_to (fixture->two, "one.000001");
  ismb_link_set_persistent (back, TRUE);
  wait_until (get_round_trip (back) > 0);
  ismb_link_set_persistent (back, FALSE);
  cut_off (fixture->two);
  wait_until (g_str_has_prefix (fixture->one->states->str, "up\nlost\n"));
  g_assert_cmpuint (get_round_trip (fixture->link), ==, 0);
}

/* Nothing to say: closed in order on both sides; and open again when there is. */
static void
test_idle (Fixture *fixture, gconstpointer data)
{
  fixture->one->context.idle = 100;
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (g_str_equal (fixture->two->states->str, "up\nidle\n"));
  wait_until (g_str_equal (fixture->one->states->str, "up\nidle\n"));
  g_assert_cmpint (ismb_link_get_trust (fixture->link), ==, ISMB_TRUST_MEMBER);
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m2");
  wait_until (count_lines (fixture->two->got) == 2);
}

/* A switch that has begun anew dials while we still hold its old stream: that one's last words
 * still count, and who shares presence learns that it must say it again. */
static void
test_begun_anew (Fixture *fixture, gconstpointer data)
{
  const char *const addresses[] = { "127.0.0.1", NULL };
  g_autoptr (IsmbLink) second = ismb_link_new (&fixture->one->context, "two.000002");

  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m1");
  wait_until (count_lines (fixture->two->got) == 1);
  ismb_link_set_candidate (second, addresses, fixture->two->port, NULL);
  say (fixture->one, second, "a@one.000001", "b@two.000002", "m2");
  wait_until (count_lines (fixture->two->got) == 2);
  g_assert_cmpstr (fixture->two->states->str, ==, "up\nlost\nup\n");
  wait_until (ismb_link_get_state (fixture->link) == ISMB_LINK_STATE_IDLE);
  say (fixture->two, link_to (fixture->two, "one.000001"), "b@two.000002", "a@one.000001", "m3");
  wait_until (count_lines (fixture->one->got) == 1);
}

/* Strangers in the clear */

static char *
talk_in_the_clear (Switch *self, const char *said)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection
    = g_socket_client_connect_to_host (client, "127.0.0.1", self->port, NULL, &error);
  GString *heard = g_string_new (NULL);
  GSocket *socket;

  g_assert_no_error (error);
  socket = g_socket_connection_get_socket (connection);
  g_socket_send (socket, said, strlen (said), NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  while (strstr (heard->str, "</stream:stream>") == NULL)
    {
      char buffer[1024];
      gssize n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);

      if (n > 0)
        g_string_append_len (heard, buffer, n);
      turn ();
    }
  return g_string_free (heard, FALSE);
}

#define HEADER(to)                                                                                 \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"           \
  " from='two.000002' to='" to "' version='1.0'>"

static void
test_stanza_in_the_clear (Fixture *fixture, gconstpointer data)
{
  g_autofree char *heard = talk_in_the_clear (
      fixture->one, HEADER ("one.000001")
                      "<message from='b@two.000002' to='a@one.000001'><body>x</body></message>");

  g_assert_nonnull (
      strstr (heard, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"));
  g_assert_null (strstr (heard, "EXTERNAL"));
  g_assert_nonnull (strstr (heard, "not-authorized"));
  g_assert_cmpstr (fixture->one->got->str, ==, "");
}

static void
test_login_in_the_clear (Fixture *fixture, gconstpointer data)
{
  g_autofree char *heard = talk_in_the_clear (
      fixture->one, HEADER ("one.000001") "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                                          "mechanism='EXTERNAL'>=</auth>");

  g_assert_null (strstr (heard, "<success"));
  g_assert_nonnull (strstr (heard, "not-authorized"));
}

static void
test_wrong_host (Fixture *fixture, gconstpointer data)
{
  g_autofree char *heard = talk_in_the_clear (fixture->one, HEADER ("three.000003"));

  g_assert_nonnull (strstr (heard, "host-unknown"));
}

/* A server that knows STARTTLS only, as most do; `stage` tells which features come next. */
typedef struct
{
  Switch *home;
  IsmbStream *stream;
  const char *login;
  guint stage;
  GString *heard;
  gboolean closed;
} OldServer;

static void
old_connected (IsmbStream *stream, gpointer owner)
{
  OldServer *self = owner;

  ismb_stream_send_header (stream, self->home->domain, "one.000001", NULL);
}

static void
old_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  g_assert_cmpstr (header->from, ==, "one.000001");
  g_assert_cmpstr (header->to, ==, "two.000002");
}

static void
old_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  OldServer *self = owner;

  g_string_append_printf (self->heard, "%s ", frame->name);
  if (g_str_equal (frame->name, "features") && self->stage == 0)
    ismb_stream_send_text (stream, "<starttls xmlns='" ISMB_NS_TLS "'/>", -1);
  else if (g_str_equal (frame->name, "proceed"))
    ismb_stream_start_tls (stream);
  else if (g_str_equal (frame->name, "features") && self->stage == 1)
    ismb_stream_send_text (stream, self->login, -1);
  else if (g_str_equal (frame->name, "challenge"))
    ismb_stream_send_text (stream, "<response xmlns='" ISMB_NS_SASL "'>dHdvLjAwMDAwMg==</response>",
                           -1);
  else if (g_str_equal (frame->name, "success"))
    {
      ismb_stream_restart (stream);
      old_connected (stream, owner);
    }
  else if (g_str_equal (frame->name, "features"))
    ismb_stream_send_text (stream, "<message from='b@two.000002' to='a@one.000001' id='m1'/>", -1);
  self->stage += g_str_equal (frame->name, "features") ? 1 : 0;
}

static void
old_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  ((OldServer *) owner)->closed = TRUE;
}

static void
run_old_server (OldServer *self)
{
  static const IsmbStreamCallbacks callbacks = { old_connected, old_connected, old_header,
                                                 old_frame, old_closed };
  g_autoptr (GError) error = NULL;
  Switch *one = g_ptr_array_index (switches, 0);
  int fd = ismb_virtual_router_connect (self->home->context.place, "127.0.0.1", one->port, &error);

  g_assert_no_error (error);
  self->heard = g_string_new (NULL);
  self->stream =
      ismb_stream_new (self->home->context.poller, fd, ISMB_STREAM_OUTGOING, ISMB_NS_SERVER,
                       self->home->context.tls, NULL, one->domain, &callbacks, self);
  wait_until (self->closed || count_lines (one->got) == 1);
}

static void
end_old_server (OldServer *self)
{
  ismb_stream_abandon (self->stream);
  g_object_unref (self->stream);
  g_string_free (self->heard, TRUE);
}

#define AUTH(text) "<auth xmlns='" ISMB_NS_SASL "' mechanism='EXTERNAL'>" text "</auth>"

static void
test_starttls (Fixture *fixture, gconstpointer login)
{
  OldServer old = { .home = fixture->two, .login = login };

  run_old_server (&old);
  g_assert_cmpstr (fixture->one->got->str, ==, "b@two.000002>a@one.000001 m1\n");

  /* It did not ask for stanzas on this stream, so ours need one of our own. */
  say (fixture->one, fixture->link, "a@one.000001", "b@two.000002", "m2");
  wait_until (count_lines (fixture->two->got) == 1);
  end_old_server (&old);
}

static void
test_login_as_another (Fixture *fixture, gconstpointer login)
{
  OldServer old = { .home = fixture->two, .login = login };

  run_old_server (&old);
  g_assert_true (old.closed);
  g_assert_null (strstr (old.heard->str, "success"));
  g_assert_cmpstr (fixture->one->got->str, ==, "");
  end_old_server (&old);
}

#define TEST(path, data, function)                                                                 \
  g_test_add ("/link/" path, Fixture, data, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  TEST ("both-ways", NULL, test_both_ways);
  TEST ("dial-alone", NULL, test_dial_alone);
  TEST ("second-address", NULL, test_second_address);
  TEST ("forged-news", NULL, test_forged_news);
  TEST ("forged-before-reached", NULL, test_forged_before_reached);
  TEST ("crowded", NULL, test_crowded);
  TEST ("flood", NULL, test_flood);
  TEST ("wrong-name", NULL, test_wrong_name);
  TEST ("wrong-fabric", NULL, test_wrong_fabric);
  TEST ("wrong-virtual-router", NULL, test_wrong_virtual_router);
  TEST ("wrong-fabric-dials", NULL, test_wrong_fabric_dials);
  TEST ("wrong-virtual-router-dials", NULL, test_wrong_virtual_router_dials);
  TEST ("forged-from", NULL, test_forged_from);
  TEST ("foreign-to", NULL, test_foreign_to);
  TEST ("nobody-there", NULL, test_nobody_there);
  TEST ("nowhere-to-go", NULL, test_nowhere_to_go);
  TEST ("no-certificate", NULL, test_no_certificate);
  TEST ("queue-is-bounded", NULL, test_queue_is_bounded);
  TEST ("both-dial", NULL, test_both_dial);
  TEST ("lost-and-back", NULL, test_lost_and_back);
  TEST ("replaced", NULL, test_replaced);
  TEST ("orderly-end", NULL, test_orderly_end);
  TEST ("news-end-the-waiting", NULL, test_news_end_the_waiting);
  TEST ("silence", NULL, test_silence);
  TEST ("round-trip", NULL, test_round_trip);
  TEST ("quiet", NULL, test_quiet);
  TEST ("idle", NULL, test_idle);
  TEST ("begun-anew", NULL, test_begun_anew);
  TEST ("stanza-in-the-clear", NULL, test_stanza_in_the_clear);
  TEST ("login-in-the-clear", NULL, test_login_in_the_clear);
  TEST ("wrong-host", NULL, test_wrong_host);
  TEST ("starttls/no-name", AUTH ("="), test_starttls);
  TEST ("starttls/own-name", AUTH ("dHdvLjAwMDAwMg=="), test_starttls);
  TEST ("starttls/asked-for-name", AUTH (""), test_starttls);
  TEST ("starttls/as-another", AUTH ("dGhyZWUuMDAwMDAz"), test_login_as_another);
  TEST ("starttls/other-mechanism",
        "<auth xmlns='" ISMB_NS_SASL "' mechanism='PLAIN'>AGEAYg==</auth>", test_login_as_another);
  return g_test_run ();
}
