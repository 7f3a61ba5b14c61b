/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A wire between a place of its own and a server on this host: it carries bytes, knows nothing of
 * them, and breaks where it is told. What is random comes from GTest's seed, which a run prints. */
typedef struct _IsmbTestCutter IsmbTestCutter;

typedef enum
{
  ISMB_TEST_CUT_END,     /* both ends see the other one close */
  ISMB_TEST_CUT_RESET,   /* both see a reset; what was on its way is lost */
  ISMB_TEST_CUT_SILENCE, /* nothing comes and goes any more, and nobody is told */
  ISMB_TEST_CUT_ANY,     /* END or RESET, at random */
} IsmbTestCut;

typedef enum
{
  ISMB_TEST_BOTH_WAYS,
  ISMB_TEST_TO_SERVER,
  ISMB_TEST_TO_CLIENT,
} IsmbTestWay;

/* Works in that context; NULL: the default one. From a port of 127.0.0.1 to one of it. */
IsmbTestCutter *ismb_test_cutter_new (GMainContext *context, guint16 server);
/* From the unix socket `here`, which it makes and removes, to the one `there`. */
IsmbTestCutter *ismb_test_cutter_new_unix (GMainContext *context, const char *here,
                                           const char *there);
void ismb_test_cutter_free (IsmbTestCutter *self);
guint16 ismb_test_cutter_get_port (IsmbTestCutter *self);
/* Connections to come are cut after a random number of bytes below that; 0: they last. */
void ismb_test_cutter_set_limit (IsmbTestCutter *self, guint bytes, IsmbTestCut how);
/* The next connection is cut after that many; nothing is then known of those behind it. */
void ismb_test_cutter_set_next (IsmbTestCutter *self, IsmbTestWay way, guint bytes,
                                IsmbTestCut how);
/* All that are there are cut now. */
void ismb_test_cutter_cut (IsmbTestCutter *self, IsmbTestCut how);
/* Whether those who come are refused. */
void ismb_test_cutter_set_closed (IsmbTestCutter *self, gboolean closed);
guint ismb_test_cutter_count_open (IsmbTestCutter *self);        /* that carry bytes */
guint ismb_test_cutter_count_connections (IsmbTestCutter *self); /* that ever were */
guint ismb_test_cutter_count_cuts (IsmbTestCutter *self);        /* where its bytes were used up */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestCutter, ismb_test_cutter_free)

G_END_DECLS
