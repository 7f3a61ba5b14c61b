/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-listener-private.h"
#include "xmpp-client.h"

G_BEGIN_DECLS

/* A switch for tests that want several: a folder with its key, its certificate and its store, and
 * a listener of the virtual router "blue" on 127.0.0.1, here in the test's own main context or in a
 * process of its own, which can be killed. What it keeps, it has again when it starts again. */
typedef struct _LabSwitch LabSwitch;

/* Of no fabric yet. */
LabSwitch    *lab_switch_new           (const char *domain);
/* Stops it, if it runs, and removes its folder. */
void          lab_switch_free          (LabSwitch *self);
const char   *lab_switch_get_domain    (LabSwitch *self);
const char   *lab_switch_get_device_id (LabSwitch *self);
IsmbFabric   *lab_switch_get_fabric    (LabSwitch *self);
const char   *lab_switch_get_folder    (LabSwitch *self);
/* Before it starts. */
void          lab_switch_set_reporter  (LabSwitch *self, IsmbReporter reporter, gpointer user_data);
/* Foreign domains, as federate= has them; before it starts here. */
void          lab_switch_set_federation (LabSwitch *self, const char *federate);
/* A fabric is founded; another switch's registrar certifies this one, as by hand. */
void          lab_switch_found         (LabSwitch *self);
void          lab_switch_join          (LabSwitch *self, LabSwitch *registrar);
/* With an account of that name, whose password is "secret". */
void          lab_switch_start         (LabSwitch *self, const char *account);
IsmbListener *lab_switch_get_listener  (LabSwitch *self);    /* while it runs here */
guint16       lab_switch_get_s2s_port  (LabSwitch *self);
void          lab_switch_stop          (LabSwitch *self);
/* The same in a process: that of the test's own program, whose main () must begin with
 * lab_switch_main (). It ends with the test, if not before. */
void          lab_switch_start_apart   (LabSwitch *self, const char *account);
/* What it was told up to now is on its disk. */
void          lab_switch_sync          (LabSwitch *self);
void          lab_switch_kill          (LabSwitch *self);
/* TRUE: this was such a process, and it is over. */
gboolean      lab_switch_main          (int argc, char **argv);

/* A client of one of its accounts, signed in. */
XmppClient   *lab_switch_sign_in       (LabSwitch *self, const char *account, const char *resource);
/* Tells it where the other one is, as discovery would. */
void          lab_switch_tell          (LabSwitch *self, LabSwitch *other);
/* The same of any name and port, at 127.0.0.1. */
void          lab_switch_tell_of       (LabSwitch *self, const char *domain, guint16 port);
/* What it knows of the other one, or NULL. (transfer full) */
IsmbPeer     *lab_switch_dup_peer      (LabSwitch *self, LabSwitch *other);
/* Until the other one is known, and in that state. */
void          lab_switch_wait_for      (LabSwitch *self, LabSwitch *other, IsmbTrust trust,
                                        IsmbLinkState link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabSwitch, lab_switch_free)

G_END_DECLS
