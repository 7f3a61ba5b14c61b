/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/stream/ismb-resume-watch.h"

/* Any server behind SASL: the first line is its stream header, each other one an element of its;
 * "-" stands for libstrophe's request for a resource. It must not crash, must say why whenever it
 * refuses, and must never let libstrophe see more than it should: before the session is there
 * nothing but features that were made here, and stream errors. */

#define REQUEST                                                                                    \
  "<iq id=\"_xmpp_bind1\" type=\"set\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/></iq>"
#define FEATURES "<features xmlns='http://etherx.jabber.org/streams'><bind "                       \
                 "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></features>"

static void
check_refused (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpuint (strlen (error->message), <, 400);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
check_bound (const IsmbSession *session)
{
  g_assert_nonnull (session->features);
  g_assert_false (session->resumed && session->resume_failed);
  g_assert_true (session->offers_sm || !session->resumed);
}

static IsmbResumeWatchVerdict
show (IsmbResumeWatch *watch, const char *line)
{
  g_autoptr (GString) inward = g_string_new (NULL), outward = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  IsmbResumeWatchVerdict verdict;

  if (g_str_equal (line, "-"))
    verdict = ismb_resume_watch_sent (watch, REQUEST, strlen (REQUEST), outward, &error);
  else
    verdict = ismb_resume_watch_came (watch, line, strlen (line), inward, outward, &error);
  if (verdict == ISMB_RESUME_WATCH_REFUSED)
    check_refused (error);
  else
    g_assert_no_error (error);
  if (verdict == ISMB_RESUME_WATCH_BOUND)
    check_bound (ismb_resume_watch_get_session (watch));
  else if (verdict == ISMB_RESUME_WATCH_GO_ON && inward->len > 0)
    g_assert_true (g_str_equal (inward->str, FEATURES) || strstr (inward->str, "error") != NULL);
  return verdict;
}

static void
try (char **lines, const IsmbResume *resume)
{
  g_autoptr (IsmbResumeWatch) watch = ismb_resume_watch_new (resume);

  ismb_resume_watch_opened (watch, lines[0], strlen (lines[0]));
  for (guint i = 1; lines[i] != NULL; i++)
    if (show (watch, lines[i]) != ISMB_RESUME_WATCH_GO_ON)
      return;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const IsmbResume resume = { "a&'b", 7, "alice@switch.test/old" };
  g_autofree char *text = g_strndup ((const char *) data, MIN (size, 8192));
  g_auto (GStrv) lines = g_strsplit (text, "\n", 12);

  if (lines[0] == NULL)
    return 0;
  try (lines, NULL);
  try (lines, &resume);
  return 0;
}
