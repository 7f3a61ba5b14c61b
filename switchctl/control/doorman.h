/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/transfer/ismb-gate.h"
#include "switchctl/control/policy.h"
#include "switchctl/control/witness.h"

G_BEGIN_DECLS

/* The gate for files: lets through what policy allows once the witness has it, and tells the
 * witness what became of it. */
#define SWITCH_TYPE_DOORMAN (switch_doorman_get_type ())
G_DECLARE_FINAL_TYPE (SwitchDoorman, switch_doorman, SWITCH, DOORMAN, GObject)

/* `witness` is nullable. */
SwitchDoorman *switch_doorman_new (SwitchPolicy *policy, SwitchWitness *witness);

G_END_DECLS
