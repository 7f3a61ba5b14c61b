/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/witness.h"

G_DEFINE_INTERFACE (SwitchWitness, switch_witness, G_TYPE_OBJECT)

static void
switch_witness_default_init (SwitchWitnessInterface *iface)
{
}

gint64
switch_witness_decided (SwitchWitness *self, const SwitchTestimony *testimony, SwitchWitnessed done,
                        gpointer user_data)
{
  return SWITCH_WITNESS_GET_IFACE (self)->decided (self, testimony, done, user_data);
}

void
switch_witness_ended (SwitchWitness *self, gint64 record, const char *outcome)
{
  SWITCH_WITNESS_GET_IFACE (self)->ended (self, record, outcome);
}
