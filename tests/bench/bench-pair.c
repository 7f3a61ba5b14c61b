/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "tests/listener/lab-switch.h"

/* Two switches of one fabric in one process, so that its CPU time is that of both. Prints their
 * ports and runs until it is killed. Usage: bench-pair ACCOUNTS PASSWORD */

static LabSwitch *
start (const char *domain, LabSwitch *registrar, int accounts, const char *password)
{
  LabSwitch *self = lab_switch_new (domain);

  if (registrar == NULL)
    lab_switch_found (self);
  else
    lab_switch_join (self, registrar);
  lab_switch_start (self, "operator");
  for (int i = 0; i < accounts; i++)
    {
      g_autofree char *name = g_strdup_printf ("b%d", i);
      g_autoptr (GError) error = NULL;

      if (!ismb_listener_create_account (lab_switch_get_listener (self), name, password, &error))
        g_error ("%s", error->message);
    }
  return self;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (LabSwitch) first = NULL;
  g_autoptr (LabSwitch) second = NULL;
  int accounts;

  if (argc != 3)
    g_error ("usage: bench-pair ACCOUNTS PASSWORD");
  accounts = (int) g_ascii_strtoll (argv[1], NULL, 10);
  first = start ("bench.test", NULL, accounts, argv[2]);
  second = start ("other.test", first, accounts, argv[2]);
  lab_switch_tell (first, second);
  lab_switch_tell (second, first);
  lab_switch_wait_for (first, second, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
  printf ("%u %u\n", ismb_listener_get_c2s_port (lab_switch_get_listener (first)),
          ismb_listener_get_c2s_port (lab_switch_get_listener (second)));
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
