/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server with two clients, for the tests of one plugin. */
#pragma once

#include "ismb/client/ismb-plugin.h"
#include "ismb/core/ismb-element.h"
#include "tests/support/ismb-test-result.h"
#include "tests/support/ismb-test-stock.h"

#define DOMAIN "switch.test"

static IsmbTestServer *server;
static IsmbTestGuest *alice, *bob;

/* Ours, or the one that is named. FALSE: it is not installed; skip. */
static inline gboolean
stage_set_up (int argc, char *argv[])
{
  static const char *const accounts[] = { "alice", "bob", "carol", NULL };
  gboolean prosody = argc > 1 && g_str_equal (argv[1], "prosody");

  server = ismb_test_server_new (prosody ? ISMB_TEST_PROSODY : ISMB_TEST_OURS, DOMAIN, accounts);
  if (server == NULL)
    {
      g_print ("1..0 # SKIP that server is not here\n");
      return FALSE;
    }
  alice = ismb_test_guest_new (server, "alice");
  bob = ismb_test_guest_new (server, "bob");
  return TRUE;
}

static inline void
stage_tear_down (void)
{
  ismb_test_guest_free (alice);
  ismb_test_guest_free (bob);
  ismb_test_server_free (server);
}

static inline gpointer
stage_enable (IsmbTestGuest *guest, const char *name)
{
  g_autoptr (GError) error = NULL;
  IsmbPlugin *plugin =
      ismb_client_enable_plugin (ismb_test_guest_get_client (guest), name, NULL, &error);

  g_assert_no_error (error);
  return plugin;
}

static inline IsmbJid *
stage_jid (IsmbTestGuest *guest)
{
  return ismb_client_get_bound_jid (ismb_test_guest_get_client (guest));
}

/* A presence to the other with that element in it. */
static inline void
stage_show_with (IsmbTestGuest *guest, IsmbTestGuest *to, const char *xml)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbElement) element = ismb_element_new_from_string (xml, &error);
  g_autoptr (IsmbPresence) presence = ismb_presence_new (stage_jid (to), NULL);
  g_autoptr (IsmbElement) root = ismb_stanza_get_element (ISMB_STANZA (presence));

  g_assert_no_error (error);
  ismb_element_append (root, element);
  ismb_client_send (ismb_test_guest_get_client (guest), ISMB_STANZA (presence), &error);
  g_assert_no_error (error);
}

/* The presence of one that goes to the other. */
static inline void
stage_show (IsmbTestGuest *guest, IsmbTestGuest *to)
{
  guint count = ismb_test_guest_count (to, "presence_available");

  ismb_client_send_presence_full (ismb_test_guest_get_client (guest), NULL, NULL, 0,
                                  ismb_test_guest_get_full_jid (to), NULL, NULL);
  ismb_test_guest_await (to, "presence_available", count + 1);
}
