/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pump, sluice and libstrophe together in a channel, the test playing the server byte by byte. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "pump-lab.h"

#define MANY_DESCRIPTORS 1200
#define SM "xmlns='urn:xmpp:sm:3'"
#define SESSION "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"

static const IsmbResume resume = { "id-1", 7, "alice@switch.test/old" };

/* A tag longer than libstrophe's reads. */
static void
test_long_tags (PumpLab *lab, gconstpointer data)
{
  guint count = 0;

  pump_lab_sign_in (lab);
  for (gsize size = 4000; size < 40000; size += 1237)
    {
      g_autofree char *value = g_strnfill (size, 'v');
      g_autofree char *text = g_strdup_printf ("<message a='%s'/>", value);

      pump_lab_say (lab, text);
      g_assert_cmpuint (lab->stanzas->len, ==, ++count);
    }
}

/* Many in one piece: none is lost where reading pauses. */
static void
test_burst (PumpLab *lab, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  pump_lab_sign_in (lab);
  for (int i = 0; i < 5000; i++)
    g_string_append_printf (text, "<message id='%d'><body>x</body></message>", i);
  pump_lab_say (lab, text->str);
  pump_lab_settle (lab);
  g_assert_cmpuint (lab->stanzas->len, ==, 5000);
  g_assert_nonnull (strstr (lab->stanzas->pdata[4999], "4999"));
}

static void
test_server_closes (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (lab, "<message id='last'/></stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
}

static void
test_connection_breaks (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (lab, "<message id='last'/><message id='to");
  pump_lab_hang_up (lab);
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
}

static void
test_server_says_why (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (
      lab,
      "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text "
      "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>replaced</text></stream:error></stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (lab->error->message, "conflict (replaced)"));
}

/* Prefixes, also the header's, come to the names they stand for. */
static void
test_prefixes (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (lab, "<p:message xmlns:p='jabber:client' xmlns:q='urn:q' q:a='1' b='2'>"
                     "<q:x stream:c='3'/></p:message>");
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_cmpstr (lab->stanzas->pdata[0], ==,
                   "<message xmlns:ns1='urn:q' ns1:a='1' b='2'><x xmlns='urn:q' "
                   "xmlns:ns1='http://etherx.jabber.org/streams' ns1:c='3'/></message>");
}

/* Some of a crowd of namespaces keep their attributes; the stanza comes in any case, and soon. */
static void
test_foreign_attributes (PumpLab *lab, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("<message");

  pump_lab_sign_in (lab);
  for (guint i = 0; i < 999; i++)
    g_string_append_printf (text, " xmlns:a%x='%x'", i, i + 1);
  g_string_append (text, ">");
  for (guint k = 0; k < 20; k++)
    {
      g_string_append (text, "<x");
      for (guint i = 0; i < 999; i++)
        g_string_append_printf (text, " a%x:b=''", i);
      g_string_append (text, "/>");
    }
  g_string_append (text, "</message>");
  pump_lab_say (lab, text->str);
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_nonnull (strstr (lab->stanzas->pdata[0], " ns64:b=''"));
  g_assert_null (strstr (lab->stanzas->pdata[0], "ns65"));
}

/* A header that states no namespace for what is in the stream. */
static void
test_no_default_namespace (PumpLab *lab, gconstpointer data)
{
  static const char header[] = "<stream:stream from='switch.test' id='1' version='1.0' "
                               "xmlns:stream='http://etherx.jabber.org/streams'>";
  g_autofree char *first = g_strconcat (header,
                                        "<stream:features><mechanisms " LAB_SASL
                                        "><mechanism>PLAIN</mechanism></mechanisms>"
                                        "</stream:features>",
                                        NULL);
  g_autofree char *second =
      g_strconcat (header, "<stream:features>" LAB_BIND "</stream:features>", NULL);

  pump_lab_start (lab, NULL);
  pump_lab_wait_to_hear (lab, "version=\"1.0\"");
  pump_lab_say (lab, first);
  pump_lab_wait_to_hear (lab, "</auth>");
  pump_lab_say (lab, "<success " LAB_SASL "/>");
  pump_lab_wait_to_hear (lab, "version=\"1.0\"");
  pump_lab_say (lab, second);
  pump_lab_wait_to_hear (lab, "</iq>");
  pump_lab_say (lab, LAB_BOUND "<message><body/></message>");
  g_assert_nonnull (lab->bound);
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_cmpstr (lab->stanzas->pdata[0], ==, "<message><body/></message>");
}

/* libstrophe reads 4096 bytes at a time, and its expat is not told that a tag was torn there. */
static void
test_long_sign_in (PumpLab *lab, gconstpointer data)
{
  for (guint size = 3900; size < 8300; size += 83)
    {
      g_autofree char *value = g_strnfill (size, 'v');
      g_autofree char *answer =
          g_strdup_printf ("<iq a='%s' type='result' id='_xmpp_bind1'><bind "
                           "xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                           "<jid>alice@switch.test/work</jid></bind></iq><message/>",
                           value);

      pump_lab_rewire (lab, FALSE);
      pump_lab_start (lab, NULL);
      pump_lab_sign_in_to (lab, LAB_BIND);
      pump_lab_wait_to_hear (lab, "</iq>");
      pump_lab_say (lab, answer);
      pump_lab_settle (lab);
      g_assert_nonnull (lab->bound);
      g_assert_cmpuint (lab->stanzas->len, ==, 1);
      ismb_channel_stop (lab->channel);
    }
}

static void
test_error_without_prefix (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (lab, "<message/><error xmlns='http://etherx.jabber.org/streams'><system-shutdown "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error></stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (lab->error->message, "system-shutdown"));
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
}

/* libstrophe 0.12 follows a NULL there. */
static void
test_empty_stream_error (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  pump_lab_say (lab, data);
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (lab->error->message, "did not say why"));
}

static void
test_refuses (PumpLab *lab, gconstpointer data)
{
  g_autoptr (GString) deep = g_string_new ("<message>");

  pump_lab_sign_in (lab);
  if (g_str_equal (data, "deep"))
    for (int i = 0; i < 200; i++)
      g_string_append (deep, "<a>");
  else
    g_string_assign (deep, data);
  pump_lab_say (lab, deep->str);
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (lab->stanzas->len, ==, 0);
}

/* What was whole before it is not lost. */
static void
test_refuses_what_follows (PumpLab *lab, gconstpointer data)
{
  g_autofree char *text = g_strconcat ("<message/>", data, "<message/>", NULL);

  pump_lab_sign_in (lab);
  pump_lab_say (lab, text);
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
}

static void
test_orderly_close (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  ismb_channel_send (lab->channel, "<presence/>", 11);
  ismb_channel_close (lab->channel);
  pump_lab_wait_to_hear (lab, "<presence/></stream:stream>");
  pump_lab_say (lab, "</stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_no_error (lab->error);
}

/* The end of the stream is the last thing that the server hears, however slowly it reads. */
static void
test_closes_behind_what_waits (PumpLab *lab, gconstpointer data)
{
  g_autofree char *body = g_strnfill (1024 * 1024, 'b');
  g_autofree char *text = g_strdup_printf ("<message><body>%s</body></message>", body);

  pump_lab_sign_in (lab);
  lab->to_server.credit = 0;
  ismb_channel_send (lab->channel, text, strlen (text));
  ismb_channel_close (lab->channel);
  pump_lab_settle (lab);
  g_assert_cmpuint (ismb_channel_get_queued (lab->channel), >, 0);
  lab->to_server.credit = G_MAXSIZE;
  pump_lab_wait_to_hear (lab, "</message></stream:stream>");
  pump_lab_say (lab, "</stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_no_error (lab->error);
}

/* Signing in */

static void
test_refusals (PumpLab *lab, gconstpointer data)
{
  static const char *const conditions[] = { "temporary-auth-failure", "not-authorized",
                                            "account-disabled" };

  pump_lab_start (lab, NULL);
  pump_lab_wait_to_hear (lab, "version=\"1.0\"");
  pump_lab_say (lab, LAB_HEADER "<stream:features><mechanisms " LAB_SASL
                                "><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>"
                                "<mechanism>SCRAM-SHA-512</mechanism>"
                                "<mechanism>SCRAM-SHA-256</mechanism>"
                                "</mechanisms></stream:features>");
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      g_autofree char *failure =
          g_strdup_printf ("<failure " LAB_SASL "><%s/></failure>", conditions[i]);

      pump_lab_wait_to_hear (lab, "</auth>");
      pump_lab_say (lab, failure);
      g_assert_cmpuint (lab->refusals->len, ==, i + 1);
      g_assert_cmpstr (lab->refusals->pdata[i], ==, conditions[i]);
    }
  pump_lab_wait_to_hear (lab, "</stream:stream>");
  pump_lab_say (lab, "</stream:stream>");
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  g_assert_nonnull (strstr (lab->error->message, "account-disabled"));
  g_assert_cmpuint (lab->authenticated, ==, 0);
}

static void
test_refusal_is_no_text (PumpLab *lab, gconstpointer data)
{
  pump_lab_start (lab, NULL);
  pump_lab_wait_to_hear (lab, "version=\"1.0\"");
  pump_lab_say (lab, LAB_HEADER "<stream:features><mechanisms " LAB_SASL
                                "><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
  pump_lab_wait_to_hear (lab, "</auth>");
  pump_lab_say (lab, "<failure " LAB_SASL "><\xc3\xa4\xc3\xb6/></failure>");
  g_assert_cmpuint (lab->refusals->len, ==, 1);
  g_assert_cmpstr (lab->refusals->pdata[0], ==, "not-authorized");
}

/* What comes right behind <resumed/>, in one piece with it, is a stanza like others. */
static void
test_resumes (PumpLab *lab, gconstpointer data)
{
  pump_lab_start (lab, &resume);
  pump_lab_sign_in_to (lab, LAB_BIND LAB_SM SESSION);
  pump_lab_wait_to_hear (lab, "<resume xmlns='urn:xmpp:sm:3' previd='id-1' h='7'/>");
  pump_lab_say (lab, "<resumed " SM " previd='id-1' h='5'/><message id='kept'/><r " SM "/>");
  g_assert_cmpstr (lab->bound, ==, "alice@switch.test/old");
  g_assert_cmpuint (lab->authenticated, ==, 1);
  g_assert_true (lab->session.resumed);
  g_assert_cmpuint (lab->session.acked, ==, 5);
  g_assert_cmpuint (lab->stanzas->len, ==, 2);
  g_assert_nonnull (strstr (lab->stanzas->pdata[0], "kept"));
  g_assert_nonnull (strstr (lab->stanzas->pdata[1], "<r "));
  g_assert_cmpuint (lab->heard->len, ==, 0); /* no request for a resource or a session */
}

static void
test_does_not_resume (PumpLab *lab, gconstpointer data)
{
  pump_lab_start (lab, &resume);
  pump_lab_sign_in_to (lab, LAB_BIND LAB_SM);
  pump_lab_wait_to_hear (lab, "<resume ");
  pump_lab_say (lab, "<failed " SM " h='9'/>");
  pump_lab_wait_to_hear (lab, "</iq>");
  pump_lab_say (lab, LAB_BOUND);
  g_assert_cmpstr (lab->bound, ==, "alice@switch.test/work");
  g_assert_false (lab->session.resumed);
  g_assert_true (lab->session.resume_failed);
  g_assert_true (lab->session.offers_sm);
  g_assert_cmpuint (lab->session.failed_h, ==, 9);
}

/* Whatever there is between the bound resource and the session of RFC 3921 is not lost. */
static void
test_legacy_session (PumpLab *lab, gconstpointer data)
{
  pump_lab_start (lab, NULL);
  pump_lab_sign_in_to (lab, LAB_BIND SESSION);
  pump_lab_wait_to_hear (lab, "</iq>");
  pump_lab_say (lab, LAB_BOUND "<message id='early'/>");
  pump_lab_wait_to_hear (lab, SESSION "</iq>");
  g_assert_null (lab->bound);
  pump_lab_say (lab, "<iq type='result' id='ismb-session'/><message id='late'/>");
  g_assert_nonnull (lab->bound);
  g_assert_cmpuint (lab->stanzas->len, ==, 2);
  g_assert_nonnull (strstr (lab->stanzas->pdata[0], "early"));
  g_assert_nonnull (strstr (lab->stanzas->pdata[1], "late"));
}

/* The error is told by what went wrong, not by libstrophe's giving up. */
static void
test_breach (PumpLab *lab, gconstpointer data)
{
  pump_lab_start (lab, &resume);
  pump_lab_sign_in_to (lab, LAB_BIND LAB_SM);
  pump_lab_wait_to_hear (lab, "<resume ");
  pump_lab_say (lab, "<resumed " SM " previd='id-2' h='5'/><message/>");
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_nonnull (strstr (lab->error->message, "another stream"));
  g_assert_null (lab->bound);
  g_assert_cmpuint (lab->stanzas->len, ==, 0);
}

/* Of XEP-0198 libstrophe knows something too; it keeps out of it. */
static void
test_stream_management_goes_through (PumpLab *lab, gconstpointer data)
{
  static const char *const told[] = { "<enabled " SM " id='x' resume='true'/>",
                                      "<message id='1'/>",
                                      "<r " SM "/>",
                                      "<message id='2'/>",
                                      "<a " SM " h='1'/>",
                                      "<failed " SM "><unexpected-request "
                                      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
                                      "<iq type='get' id='3'/>" };
  g_autofree char *all = g_strjoinv ("", (char **) told);

  pump_lab_start (lab, NULL);
  pump_lab_sign_in_to (lab, LAB_BIND LAB_SM);
  pump_lab_wait_to_hear (lab, "</iq>");
  pump_lab_say (lab, LAB_BOUND);
  ismb_channel_send (lab->channel, "<enable " SM "/>", strlen ("<enable " SM "/>"));
  pump_lab_wait_to_hear (lab, "<enable ");
  for (guint round = 1; round <= 2; round++)
    pump_lab_say (lab, all);
  g_assert_cmpuint (lab->stanzas->len, ==, 14);
  for (guint i = 0; i < 14; i++)
    {
      g_autofree char *name = g_strndup (told[i % 7], strcspn (told[i % 7], " "));

      g_assert_true (g_str_has_prefix (lab->stanzas->pdata[i], name));
    }
  g_assert_cmpuint (lab->heard->len, ==, 0);
}

/* Silence */

static gboolean
count_down (gpointer data)
{
  return --*(guint *) data > 0;
}

/* A server says nothing any more: the loop goes on, and whoever waits may give up. */
static void
test_silence (PumpLab *lab, gconstpointer data)
{
  static const struct
  {
    const char *hear, *say;
  } stages[] = {
    { "version=\"1.0\"", LAB_HEADER },
    { NULL, "<stream:features><mechanisms " LAB_SASL
            "><mechanism>PLAIN</mechanism></mechanisms></stream:features>" },
    { "</auth>", "<success " LAB_SASL "/>" },
    { "version=\"1.0\"", LAB_HEADER },
    { NULL, "<stream:features>" LAB_BIND LAB_SM "</stream:features>" },
    { "<resume ", "<failed " SM "/>" },
    { "</iq>", LAB_BOUND },
  };

  for (guint silent = 0; silent <= G_N_ELEMENTS (stages); silent++)
    {
      guint ticks = 5;

      if (silent > 0)
        pump_lab_rewire (lab, FALSE);
      pump_lab_start (lab, &resume);
      for (guint i = 0; i < silent; i++)
        {
          if (stages[i].hear != NULL)
            pump_lab_wait_to_hear (lab, stages[i].hear);
          pump_lab_say (lab, stages[i].say);
        }
      g_timeout_add (2, count_down, &ticks);
      while (ticks > 0)
        g_main_context_iteration (NULL, TRUE);
      g_assert_false (lab->closed);
      g_assert_cmpint (lab->bound != NULL, ==, silent == G_N_ELEMENTS (stages));
      ismb_channel_stop (lab->channel);
    }
}

static guint polls;

static int
count_poll (GPollFD *fds, guint count, int timeout)
{
  polls += timeout != 0;
  return g_poll (fds, count, timeout);
}

static gboolean
set_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Nothing wakes it but the end of the wait, and what the sign-in left to the loop. */
static void
test_sleeps (PumpLab *lab, gconstpointer data)
{
  gboolean over = FALSE;

  pump_lab_sign_in (lab);
  pump_lab_say (lab, "<message id='before'/>");
  g_timeout_add (1500, set_flag, &over);
  g_main_context_set_poll_func (NULL, count_poll);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  g_main_context_set_poll_func (NULL, NULL);
  g_assert_cmpuint (polls, <=, 2);
  pump_lab_say (lab, "<message id='behind'/>");
  g_assert_cmpuint (lab->stanzas->len, ==, 2);
}

/* From inside a callback */

static void
free_channel (gpointer data)
{
  PumpLab *lab = data;

  g_clear_pointer (&lab->channel, ismb_channel_free);
}

static void
test_freed_inside (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  lab->on_stanza = free_channel;
  lab->data = lab;
  pump_lab_say (lab, "<message/><message/><message/>");
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_false (lab->closed);
}

static void
send_and_stop (gpointer data)
{
  PumpLab *lab = data;

  ismb_channel_send (lab->channel, "<message/>", 10);
  ismb_channel_stop (lab->channel);
  ismb_channel_stop (lab->channel);
}

/* What was sent before the end leaves with it. */
static void
test_stopped_inside (PumpLab *lab, gconstpointer data)
{
  pump_lab_sign_in (lab);
  lab->on_stanza = send_and_stop;
  lab->data = lab;
  pump_lab_say (lab, "<message/><message/><message/>");
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_cmpstr (lab->heard->str, ==, "<message/>");
}

/* Each waits in a loop of its own until the last one came, so all the others are inside it. */
static void
wait_for_last (gpointer data)
{
  PumpLab *lab = data;

  while (lab->stanzas->len < 20)
    g_main_context_iteration (NULL, TRUE);
  if (lab->stanzas->len == 20)
    ismb_channel_send (lab->channel, "<message/>", 10);
}

static void
test_nested_loops (PumpLab *lab, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  pump_lab_sign_in (lab);
  lab->on_stanza = wait_for_last;
  lab->data = lab;
  for (int i = 0; i < 20; i++)
    g_string_append_printf (text, "<message id='%d'/>", i);
  pump_lab_say (lab, text->str);
  for (int i = 0; i < 20; i++)
    {
      g_autofree char *id = g_strdup_printf ("id='%d'", i);

      g_assert_nonnull (strstr (lab->stanzas->pdata[i], id));
    }
  pump_lab_wait_to_hear (lab, "<message/>");
}

/* Descriptors */

/* None is free below. */
static void
open_many (GArray *descriptors)
{
  int fd;

  do
    {
      fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
      g_assert_cmpint (fd, >=, 0);
      g_array_append_val (descriptors, fd);
    }
  while (fd < MANY_DESCRIPTORS);
}

/* All that libstrophe cares for is below 1,024. */
static void
test_many_descriptors (PumpLab *lab, gconstpointer data)
{
  struct rlimit limit;
  g_autoptr (GArray) descriptors = g_array_new (FALSE, FALSE, sizeof (int));

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = MAX (limit.rlim_cur, 2 * MANY_DESCRIPTORS);
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    {
      g_test_skip ("so many descriptors are not allowed");
      return;
    }
  open_many (descriptors);
  for (guint round = 0; round < 3; round++)
    {
      pump_lab_rewire (lab, round == 1);
      g_assert_cmpint (lab->to_client.to, >, FD_SETSIZE);
      open_many (descriptors);
      pump_lab_sign_in (lab);
      pump_lab_say (lab, round == 2 ? "<message/>" : "<message/></stream:stream>");
      g_assert_cmpuint (lab->stanzas->len, ==, 1);
      if (round < 2)
        pump_lab_wait_until_closed (lab);
    }
  for (guint i = 0; i < descriptors->len; i++)
    close (g_array_index (descriptors, int, i));
}

static gsize
count_pages (void)
{
  g_autofree char *text = NULL;
  gulong size = 0, resident = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu %lu", &size, &resident), ==, 2);
  return resident;
}

/* Space between stanzas is no stanza, however much there is of it, and before anybody signed in. */
static void
test_endless_space (PumpLab *lab, gconstpointer data)
{
  g_autofree char *space = g_strnfill (64 * 1024, ' ');
  gsize before;

  if (data != NULL)
    pump_lab_sign_in (lab);
  else
    {
      pump_lab_start (lab, NULL);
      pump_lab_say (lab, LAB_HEADER);
    }
  pump_lab_say (lab, space);
  before = count_pages ();
  g_assert_cmpuint (before, >, 0);
  for (guint i = 0; i < 768; i++)
    pump_lab_say (lab, space);
#ifndef __SANITIZE_ADDRESS__ /* it keeps what was freed */
  g_assert_cmpuint (count_pages (), <, before + 24 * 1024 * 1024 / sysconf (_SC_PAGESIZE));
#endif
  if (data == NULL)
    return;
  pump_lab_say (lab, "<message id='behind'/>");
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
}

/* Each costs as much as all before it. */
static void
test_many_attributes (PumpLab *lab, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("<message");

  pump_lab_sign_in (lab);
  for (guint i = 0; i < GPOINTER_TO_UINT (data); i++)
    g_string_append_printf (text, " a%x=''", i);
  g_string_append (text, "/>");
  pump_lab_say (lab, text->str);
  if (GPOINTER_TO_UINT (data) < 1000)
    {
      g_assert_cmpuint (lab->stanzas->len, ==, 1);
      return;
    }
  pump_lab_wait_until_closed (lab);
  g_assert_error (lab->error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (lab->stanzas->len, ==, 0);
}

/* Runs each test on a wire of its own. */
typedef struct
{
  void (*test) (PumpLab *lab, gconstpointer data);
  gconstpointer data;
  gboolean tls;
} Case;

static void
run (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (PumpLab) lab = pump_lab_new (one->tls);

  one->test (lab, one->data);
}

static void
add (const char *path, void (*test) (PumpLab *lab, gconstpointer data), gconstpointer data)
{
  for (int tls = 0; tls < 2; tls++)
    {
      g_autofree char *name = g_strconcat ("/pump/", tls ? "tls/" : "plain/", path, NULL);
      Case *one = g_new (Case, 1);

      *one = (Case){ test, data, tls };
      g_test_add_data_func_full (name, one, run, g_free);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("long-tags", test_long_tags, NULL);
  add ("burst", test_burst, NULL);
  add ("server-closes", test_server_closes, NULL);
  add ("connection-breaks", test_connection_breaks, NULL);
  add ("server-says-why", test_server_says_why, NULL);
  add ("prefixes", test_prefixes, NULL);
  add ("error-without-prefix", test_error_without_prefix, NULL);
  add ("foreign-attributes", test_foreign_attributes, NULL);
  add ("no-default-namespace", test_no_default_namespace, NULL);
  add ("long-sign-in", test_long_sign_in, NULL);
  add ("empty-stream-error", test_empty_stream_error, "<stream:error/></stream:stream>");
  add ("hollow-stream-error", test_empty_stream_error,
       "<stream:error ></stream:error ></stream:stream>");
  add ("refuses/comment", test_refuses, "<message><!-- x --></message>");
  add ("refuses/processing-instruction", test_refuses, "<message><?php x?></message>");
  add ("refuses/depth", test_refuses, "deep");
  add ("refuses/text-between", test_refuses_what_follows, "x");
  add ("refuses/crossed-tags", test_refuses_what_follows, "<message><a></message></a>");
  add ("refuses/unknown-entity", test_refuses_what_follows, "<message>&nbsp;</message>");
  add ("refuses/unbound-prefix", test_refuses_what_follows, "<p:message/>");
  add ("refuses/no-utf-8", test_refuses_what_follows, "<message>\xc0\xaf</message>");
  add ("refuses/many-attributes", test_many_attributes, GUINT_TO_POINTER (100000));
  add ("takes-some-attributes", test_many_attributes, GUINT_TO_POINTER (500));
  add ("orderly-close", test_orderly_close, NULL);
  add ("closes-behind-what-waits", test_closes_behind_what_waits, NULL);
  add ("refusals", test_refusals, NULL);
  add ("refusal-is-no-text", test_refusal_is_no_text, NULL);
  add ("resumes", test_resumes, NULL);
  add ("does-not-resume", test_does_not_resume, NULL);
  add ("legacy-session", test_legacy_session, NULL);
  add ("breach", test_breach, NULL);
  add ("stream-management-goes-through", test_stream_management_goes_through, NULL);
  add ("endless-space/before", test_endless_space, NULL);
  add ("endless-space/after", test_endless_space, "signed in");
  add ("silence", test_silence, NULL);
  add ("sleeps", test_sleeps, NULL);
  add ("freed-inside", test_freed_inside, NULL);
  add ("stopped-inside", test_stopped_inside, NULL);
  add ("nested-loops", test_nested_loops, NULL);
  add ("many-descriptors", test_many_descriptors, NULL);
  return g_test_run ();
}
