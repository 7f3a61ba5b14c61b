/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "switchctl/control/engine.h"
#include "switchctl/control/policy.h"
#include "switchctl/control/witness.h"

G_BEGIN_DECLS

/* The client `switch` of a switch: runs commands that come as messages, and takes files. It signs
 * in like any other client: the daemon makes the account `switch` (role `switch`) with `password`
 * first, calls ismb_client_open_async () and opens again when the stream is lost (event
 * `disconnected`).
 *
 * What it may not do is refused by policy: without a `policy_file` operators and switches of fabric
 * members and of this switch may run and write, nobody else; with `trust_open` nobody at all. */
#define SWITCH_TYPE_CONTROL (switch_control_get_type ())
G_DECLARE_FINAL_TYPE (SwitchControl, switch_control, SWITCH, CONTROL, IsmbClient)

/* `runtime_dir` is the daemon's (its c2s socket and control bus lie there), `domain` this switch's
 * domain-part. Fails where `files_root` is no directory. Does no I/O beyond opening that folder. */
SwitchControl *switch_control_new (const char *password, const char *vr, const char *runtime_dir,
                                   const char *domain, SwitchEngine *engine, SwitchWitness *witness,
                                   const char *files_root, SwitchPolicyFile *policy_file,
                                   gboolean trust_open, GError **error);
/* The second half of that, for an instance that was made with properties of IsmbClient: gives it
 * what it serves with, once. */
gboolean       switch_control_serve (SwitchControl *self, const char *domain, SwitchEngine *engine,
                                     const char *files_root, SwitchPolicyFile *policy_file,
                                     gboolean trust_open, GError **error);
/* Before it serves: who writes down what is asked of it. Nothing runs and nothing is stored that
 * this one cannot write down. Without one (NULL) nothing is written. */
void           switch_control_set_witness (SwitchControl *self, SwitchWitness *witness);
/* What decides here; NULL before it serves. (transfer none) */
SwitchPolicy  *switch_control_get_policy  (SwitchControl *self);
/* For good: what runs is ended, and the witness hears of it now and of nothing any more. */
void           switch_control_stop        (SwitchControl *self);

G_END_DECLS
