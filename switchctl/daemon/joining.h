/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-fabric.h"
#include "switchctl/daemon/switch-config.h"

G_BEGIN_DECLS

/* How this switch comes into a fabric: what it has to join with, and the search for somebody who
 * lets it in, for as long as it takes. In this order it goes by a token that a person just gave,
 * by a CA that a person accepted, by the token in the file beside the configuration, by the
 * configuration's ca-hash. */
#define SWITCH_TYPE_JOINING (switch_joining_get_type ())
G_DECLARE_FINAL_TYPE (SwitchJoining, switch_joining, SWITCH, JOINING, GObject)

typedef enum
{
  SWITCH_JOINING_NONE,    /* nothing to join with, or in a fabric */
  SWITCH_JOINING_LOOKING, /* nobody of the fabric was found yet */
  SWITCH_JOINING_WAITING, /* a registrar knows us, and somebody must approve us there */
} SwitchJoiningState;

/* `config` and `vrs` (of SwitchVr) are borrowed and outlive it. */
SwitchJoining     *switch_joining_new          (const SwitchConfig *config, IsmbFabric *fabric,
                                                GPtrArray *vrs, GError **error);
/* Reads the file and goes by it, now and at a SIGHUP. */
void               switch_joining_start        (SwitchJoining *self);
/* Calls that wait are answered: not any more. */
void               switch_joining_stop         (SwitchJoining *self);
SwitchJoiningState switch_joining_get_state    (SwitchJoining *self);
/* While looking: what came of the last round; or NULL. */
const char        *switch_joining_get_why_not  (SwitchJoining *self);
/* Or NULL. */
const char        *switch_joining_get_accepted (SwitchJoining *self);
/* TRUE: joined; at once where we are in that fabric. ISMB_ERROR_EXISTS: in another one, or there is
 * another call of this with another token; ISMB_ERROR_TIMEOUT tells whom it saw in so many seconds;
 * else what a registrar said. */
void               switch_joining_join_async   (SwitchJoining *self, const IsmbToken *token,
                                                guint timeout, GAsyncReadyCallback callback,
                                                gpointer user_data);
/* `ca_hash` "": none any more. */
gboolean           switch_joining_accept       (SwitchJoining *self, const char *ca_hash,
                                                GError **error);
/* Until we are in a fabric, but not longer than so many seconds; an error is a registrar's word. */
void               switch_joining_wait_async   (SwitchJoining *self, guint seconds,
                                                GAsyncReadyCallback callback, gpointer user_data);
/* Of both. */
gboolean           switch_joining_finish       (SwitchJoining *self, GAsyncResult *result,
                                                GError **error);
/* A person takes this switch out of its fabric: what it came in by is not gone by again until
 * somebody says so (start, accept or join). */
void               switch_joining_forget       (SwitchJoining *self);

G_END_DECLS
