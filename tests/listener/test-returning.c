/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was delivered to a session and did not reach its client is there for another one. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/listener/ismb-listener.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define MESSAGES 40
#define BODY_SIZE 20000 /* all of them are more than a socket takes and less than congestion */

typedef struct
{
  IsmbListener *listener;
  char *folder, *path;
  XmppClient *ada, *phone, *bob; /* ada/desk, ada/phone, bob/desk */
} Fixture;

static XmppClient *
sign_in (Fixture *fixture, const char *name, const char *resource)
{
  XmppClient *client = xmpp_client_new_unix (fixture->path);

  xmpp_client_sign_in (client, name, DOMAIN, "secret", resource);
  return client;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ismb-returning-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, NULL);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_true (ismb_listener_create_account (fixture->listener, "bob", "secret", &error));
  ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
  fixture->ada = sign_in (fixture, "ada", "desk");
  fixture->phone = sign_in (fixture, "ada", "phone");
  fixture->bob = sign_in (fixture, "bob", "desk");
  xmpp_client_send (fixture->phone, "<presence/>");
  g_free (xmpp_client_settle (fixture->phone));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  xmpp_client_free (fixture->phone);
  xmpp_client_free (fixture->bob);
  g_assert_finalize_object (fixture->listener);
  g_remove (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
send_numbered (Fixture *fixture)
{
  g_autofree char *body = g_strnfill (BODY_SIZE, 'x');

  for (guint i = 1; i <= MESSAGES; i++)
    {
      g_autofree char *message = g_strdup_printf (
          "<message to='ada@" DOMAIN "/desk' id='m%u'><body>%s</body></message>", i, body);

      xmpp_client_send (fixture->bob, message);
      g_free (xmpp_client_settle (fixture->bob)); /* nobody else takes it out of the socket */
    }
}

static guint
count (const char *text, const char *part)
{
  guint found = 0;

  for (; (text = strstr (text, part)) != NULL; text += strlen (part))
    found++;
  return found;
}

/* Each is at one of the two, once. */
static void
assert_all_arrived (const char *desk, const char *phone)
{
  for (guint i = 1; i <= MESSAGES; i++)
    {
      g_autofree char *id = g_strdup_printf (" id='m%u'", i);

      g_assert_cmpuint (count (desk, id) + count (phone, id), ==, 1);
    }
  g_assert_cmpuint (count (desk, "</message>"), >, 0);
  g_assert_cmpuint (count (phone, "</message>"), >, 0);
}

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (XmppClient) newcomer = NULL;
  g_autofree char *desk = NULL, *phone = NULL;

  xmpp_client_set_reading (fixture->ada, FALSE);
  send_numbered (fixture);
  newcomer = sign_in (fixture, "ada", "desk");
  phone = xmpp_client_settle (fixture->phone);
  xmpp_client_set_reading (fixture->ada, TRUE);
  desk = xmpp_client_expect_end (fixture->ada);
  g_assert_nonnull (strstr (desk, "<conflict"));
  assert_all_arrived (desk, phone);
}

/* What of the bytes in its socket a client saw that is gone nobody knows; what was not in there is
 * not lost. */
static void
test_cut (Fixture *fixture, gconstpointer data)
{
  g_autofree char *phone = NULL;

  xmpp_client_set_reading (fixture->ada, FALSE);
  send_numbered (fixture);
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  while (ismb_listener_get_sessions (fixture->listener) > 2)
    g_main_context_iteration (NULL, TRUE);
  phone = xmpp_client_settle (fixture->phone);
  g_assert_nonnull (strstr (phone, " id='m40'"));
}

/* A client that says goodbye gets the answers it asked for, and takes no message with it. */
static void
test_goodbye (Fixture *fixture, gconstpointer data)
{
  g_autofree char *desk = NULL, *phone = NULL;

  xmpp_client_send (fixture->ada,
                    "<message to='ada@" DOMAIN "/desk' id='late'><body>x</body></message>"
                    "<iq type='get' id='asked'><ping xmlns='urn:xmpp:ping'/></iq>"
                    "</stream:stream>");
  desk = xmpp_client_expect_end (fixture->ada);
  g_assert_nonnull (strstr (desk, "id='asked'"));
  g_assert_null (strstr (desk, "late"));
  phone = xmpp_client_settle (fixture->phone);
  g_assert_cmpuint (count (phone, "late"), ==, 1);
}

/* Whom nobody will answer is told so. */
static void
test_request (Fixture *fixture, gconstpointer data)
{
  g_autofree char *answer = NULL;

  xmpp_client_set_reading (fixture->ada, FALSE);
  send_numbered (fixture);
  xmpp_client_send (fixture->bob, "<iq type='get' id='anybody' to='ada@" DOMAIN "/desk'>"
                                  "<ping xmlns='urn:xmpp:ping'/></iq>");
  g_free (xmpp_client_settle (fixture->bob));
  g_clear_pointer (&fixture->ada, xmpp_client_free);
  answer = xmpp_client_expect (fixture->bob, "</iq>");
  g_assert_nonnull (strstr (answer, "anybody"));
  g_assert_nonnull (strstr (answer, "<service-unavailable"));
}

#define ADD(name, test) g_test_add ("/returning/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("replaced", test_replaced);
  ADD ("cut", test_cut);
  ADD ("goodbye", test_goodbye);
  ADD ("request", test_request);
  return g_test_run ();
}
