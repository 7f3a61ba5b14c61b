/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions come and go, in order and in every other way, thousands of them, and nothing of them
 * stays: no memory, no descriptor. With -m slow they are 100,000. */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define SM "xmlns='urn:xmpp:sm:3'"
#define FEW 3000
#define MANY 100000
#define WARM_UP 1000   /* sessions until caches are full */
#define HEAP_GROWS (1 << 20) /* bytes; the smallest leak in each of 100,000 is more */
#define RSS_GROWS (8 << 20)

typedef struct
{
  IsmbListener *listener;
  IsmbFabric *fabric;
  char *folder, *path;
  guint16 port;
  XmppClient *held; /* which the next one of its name takes the place of */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->fabric = ismb_fabric_load (fixture->folder, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, NULL);
  _ismb_listener_set_fabric (fixture->listener, fixture->fabric);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), g_get_user_name (),
                        "secret", ISMB_ROLE_OPERATOR, FALSE, &error);
  g_assert_no_error (error);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->held, xmpp_client_free);
  g_assert_finalize_object (fixture->listener);
  g_assert_finalize_object (fixture->fabric);
  scratch_remove (fixture->folder);
  g_free (fixture->path);
}

/* Over the unix socket, which costs least. */
static XmppClient *
authenticate (Fixture *fixture)
{
  XmppClient *client = xmpp_client_new_unix (fixture->path);

  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<auth " SASL " mechanism='EXTERNAL'>=</auth>");
  g_free (xmpp_client_expect (client, "<success " SASL "/>"));
  g_free (xmpp_client_open (client, DOMAIN));
  return client;
}

static XmppClient *
come (Fixture *fixture, const char *resource)
{
  XmppClient *client = authenticate (fixture);
  g_autofree char *bind = g_strdup_printf (
      "<iq type='set' id='b'><bind " BIND "><resource>%s</resource></bind></iq>", resource);

  xmpp_client_send (client, bind);
  g_free (xmpp_client_expect (client, "</jid></bind></iq>"));
  return client;
}

static void
leave_in_order (Fixture *fixture)
{
  g_autoptr (XmppClient) client = come (fixture, "order");

  xmpp_client_send (client, "<presence/><message to='ada@" DOMAIN "'><body>x</body></message>"
                            "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>");
  g_free (xmpp_client_settle (client));
  xmpp_client_send (client, "</stream:stream>");
  g_free (xmpp_client_expect_end (client));
}

static void
hang_up (Fixture *fixture)
{
  g_autoptr (XmppClient) client = come (fixture, "hurry");

  xmpp_client_send (client, "<presence/><message to='ada@" DOMAIN "'><bo");
}

static void
be_replaced (Fixture *fixture)
{
  XmppClient *client = come (fixture, "same");

  if (fixture->held != NULL)
    g_free (xmpp_client_expect (fixture->held, "conflict"));
  g_clear_pointer (&fixture->held, xmpp_client_free);
  fixture->held = client;
}

/* Cut, with a message that was not acknowledged; the id to resume by. */
static char *
lose_stream (Fixture *fixture, const char *resource, const char *max)
{
  g_autoptr (XmppClient) client = come (fixture, resource);
  g_autofree char *enable = g_strdup_printf ("<enable " SM " resume='1' max='%s'/>", max);
  g_autofree char *message =
      g_strdup_printf ("<message to='%s@" DOMAIN "/%s' type='headline'><body>x</body></message>",
                       g_get_user_name (), resource);
  g_autofree char *id = NULL;

  xmpp_client_send (client, enable);
  g_free (xmpp_client_expect (client, " id='"));
  id = xmpp_client_expect (client, "'");
  xmpp_client_send (client, message);
  g_free (xmpp_client_expect (client, "</message>"));
  return g_strndup (id, strlen (id) - 1);
}

static void
come_back (Fixture *fixture)
{
  g_autofree char *id = lose_stream (fixture, "back", "60");
  g_autofree char *resume = g_strdup_printf ("<resume " SM " previd='%s' h='0'/>", id);
  g_autoptr (XmppClient) client = authenticate (fixture);

  xmpp_client_send (client, resume);
  g_free (xmpp_client_expect (client, "<resumed "));
  g_free (xmpp_client_expect (client, "</message>"));
  xmpp_client_send (client, "<a " SM " h='1'/></stream:stream>");
  g_free (xmpp_client_expect_end (client));
}

/* Until the next of its name comes, or a second is over. */
static void
stay_away (Fixture *fixture)
{
  g_free (lose_stream (fixture, "away", "1"));
}

static void
break_off (Fixture *fixture)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client, "<auth " SASL " mechanism='SCRAM-SHA-256'>biwsbj1hZGEscj1hYmM=</auth>");
  g_free (xmpp_client_expect (client, "</challenge>"));
}

static void
break_rules (Fixture *fixture)
{
  g_autoptr (XmppClient) client = come (fixture, "rules");

  xmpp_client_send (client, "<presence/><message><!-- no --></message>");
  g_free (xmpp_client_expect_end (client));
}

static void
say_nothing (Fixture *fixture)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  xmpp_client_send (client, "\x16\x03\x01");
}

static void
use_tls (Fixture *fixture)
{
  g_autoptr (XmppClient) client = xmpp_client_new (fixture->port);

  xmpp_client_secure (client);
  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "safe");
}

/* Round the costs: what needs a handshake and a password comes seldom. */
static void
hold_one (Fixture *fixture, guint number)
{
  static void (*const ways[]) (Fixture *fixture) = {
    leave_in_order, hang_up, be_replaced, break_off, break_rules, say_nothing, come_back, stay_away,
  };

  if (number % 100 == 99)
    use_tls (fixture);
  else
    ways[number % G_N_ELEMENTS (ways)] (fixture);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (g_dir_read_name (folder) != NULL)
    count++;
  return count;
}

static gsize
read_rss (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return g_ascii_strtoull (strchr (text, ' '), NULL, 10) * 4096;
}

/* Everybody is gone but who is held. */
static void
settle (Fixture *fixture)
{
  while (ismb_listener_get_sessions (fixture->listener) > 1)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_nothing_stays (Fixture *fixture, gconstpointer data)
{
  guint sessions = g_test_slow () ? MANY : FEW, descriptors;
  gsize heap, rss;

  for (guint i = 0; i < WARM_UP; i++)
    hold_one (fixture, i);
  settle (fixture);
  descriptors = count_descriptors ();
  heap = mallinfo2 ().uordblks;
  rss = read_rss ();
  for (guint i = 0; i < sessions; i++)
    hold_one (fixture, i);
  settle (fixture);
  g_test_message ("%u sessions: the heap grew by %" G_GSSIZE_FORMAT " bytes, the process by %"
                  G_GSSIZE_FORMAT, sessions, (gssize) (mallinfo2 ().uordblks - heap),
                  (gssize) (read_rss () - rss));
  g_assert_cmpuint (count_descriptors (), <=, descriptors + 2); /* that are about to be closed */
#ifndef __SANITIZE_ADDRESS__ /* which looks itself, and keeps what was freed */
  g_assert_cmpuint (mallinfo2 ().uordblks, <, heap + HEAP_GROWS);
  g_assert_cmpuint (read_rss (), <, rss + RSS_GROWS);
#endif
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/many-sessions/nothing-stays", Fixture, NULL, set_up, test_nothing_stays, tear_down);
  return g_test_run ();
}
