/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support/ismb-test-server.h"

G_BEGIN_DECLS

/* The same tests against one kind of server or another. */
typedef struct
{
  const char *name;
  void (*test) (void);
} IsmbTestCase;

/* What such a program's main () returns. Its argument is the kind of server, "ours" without one;
 * `server` is where the cases, NULL at the end, find it. Skipped where that kind is not
 * installed. */
int ismb_test_run_against (int argc, char *argv[], const char *suite, const IsmbTestCase *cases,
                           const char *domain, const char *const *accounts,
                           IsmbTestServer **server);

G_END_DECLS
