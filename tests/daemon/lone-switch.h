/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A real switchctld in a folder of its own, on loopback, without discovery, and the real switchctl
 * to ask it. */
typedef struct
{
  char *folder;
  char *runtime_dir;
  char *config;
  char *log;            /* the file that its log goes to */
  GSocket *notes;
  GSubprocess *daemon;
} LoneSwitch;

/* A fixture's: `data` is more of its configuration, or NULL. */
void  lone_switch_set_up    (LoneSwitch *self, gconstpointer data);
void  lone_switch_tear_down (LoneSwitch *self, gconstpointer data);
/* Once more, after it was killed. Returns when it is ready. */
void  lone_switch_start     (LoneSwitch *self);
void  lone_switch_kill      (LoneSwitch *self);

GSubprocess *lone_switch_spawn_tool (LoneSwitch *self, const char *words);
/* What switchctl prints. (transfer full) */
char *lone_switch_tool      (LoneSwitch *self, const char *words, int expected_status);
/* And whether that is in it. */
void  lone_switch_assert    (LoneSwitch *self, const char *words, int expected_status,
                             const char *part);

G_END_DECLS
