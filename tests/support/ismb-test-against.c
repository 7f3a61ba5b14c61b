/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-against.h"

static IsmbTestServer *
start_server (const char *name, const char *domain, const char *const *accounts)
{
  for (int kind = 0; kind < ISMB_TEST_N_SERVERS; kind++)
    if (g_strcmp0 (name, ismb_test_server_name (kind)) == 0)
      return ismb_test_server_new (kind, domain, accounts);
  g_error ("there is no kind of server called %s", name);
}

static void
add_case (const char *suite, const char *server, const char *name, void (*test) (void))
{
  g_autofree char *path = g_strdup_printf ("/%s/%s/%s", suite, server, name);

  g_test_add_func (path, test);
}

static void
test_not_here (void)
{
  g_test_skip ("that server is not here");
}

int
ismb_test_run_against (int argc, char *argv[], const char *suite, const IsmbTestCase *cases,
                       const char *domain, const char *const *accounts, IsmbTestServer **server)
{
  const char *name;
  int status;

  g_test_init (&argc, &argv, NULL);
  name = argc > 1 ? argv[1] : "ours";
  *server = start_server (name, domain, accounts);
  if (*server == NULL)
    add_case (suite, name, "skipped", test_not_here);
  for (; *server != NULL && cases->name != NULL; cases++)
    add_case (suite, name, cases->name, cases->test);
  status = g_test_run ();
  g_clear_pointer (server, ismb_test_server_free);
  return status;
}
