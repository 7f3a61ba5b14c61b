/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-report.h"
#include "ismb/store/ismb-audit.h"

G_BEGIN_DECLS

/* Writes into a virtual router's audit table who came without being a member. As strangers cause
 * as many reports as they like, and the table has room for so many rows, each (what, source,
 * who) is told at once and then counted: its repeats are one row after a minute, after two more,
 * four, up to an hour, while it goes on. Beyond the bounds below a row says how many were left
 * out. */
typedef struct _SwitchStrangers SwitchStrangers;

#define SWITCH_STRANGERS_CALLERS_MAX 256
#define SWITCH_STRANGERS_ROWS_A_MINUTE 60
#define SWITCH_STRANGERS_ROWS_AN_HOUR 500

SwitchStrangers *switch_strangers_new       (void);
void             switch_strangers_free      (SwitchStrangers *self);
/* Where rows go from now on. NULL: nowhere; what was counted is told before. */
void             switch_strangers_set_audit (SwitchStrangers *self, IsmbAudit *audit);
/* An IsmbReporter; `self` is the SwitchStrangers. */
void             switch_strangers_report    (const IsmbReport *report, gpointer self);

/* For tests: another clock (microseconds that only grow), and what the timer does. */
void             switch_strangers_set_clock (SwitchStrangers *self, gint64 (*now) (void));
void             switch_strangers_settle    (SwitchStrangers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchStrangers, switch_strangers_free)

G_END_DECLS
