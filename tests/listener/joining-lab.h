/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-error.h"
#include "ismb/net/ismb-tls.h"
#include "lab-switch.h"

G_BEGIN_DECLS

/* A registrar, a member that is none and knows it, and a switch of no fabric, which knows nobody:
 * what tests of joining begin with, and what they do over and over. */
typedef struct
{
  LabSwitch *registrar, *member, *joiner;
  /* Of registrar and member: "what who allowed rule: outcome\n at source device id\n". */
  GString *reports;
} JoiningLab;

#define REGISTRAR "spine1.0d0e0f"
#define MEMBER "leaf1.0a1b2c"
#define JOINER "leaf2.0a1b2d"
#define HOUR 3600
#define NS "xmlns='urn:ismb:join:1'"

void        joining_lab_set_up    (JoiningLab *lab, gconstpointer data);
void        joining_lab_tear_down (JoiningLab *lab, gconstpointer data);

gint64      joining_lab_now         (void); /* unix seconds */
const char *joining_lab_get_ca_hash (LabSwitch *self);
gboolean    joining_lab_is_member   (LabSwitch *self);
IsmbToken  *joining_lab_invite      (LabSwitch *registrar, guint uses, gint64 expiry);
void        joining_lab_approve     (LabSwitch *registrar, LabSwitch *joiner);

/* A GAsyncReadyCallback whose data is a GAsyncResult *. */
void        joining_lab_on_joined (GObject *source, GAsyncResult *result, gpointer user_data);
/* To its end. */
gboolean    joining_lab_join      (LabSwitch *self, const char *ca_hash, const IsmbToken *token,
                                   GError **error);
void        joining_lab_assert_joins   (LabSwitch *self, LabSwitch *registrar,
                                        const IsmbToken *token);
/* With that error, whose message has `word` in it. */
void        joining_lab_assert_refused (LabSwitch *self, LabSwitch *registrar,
                                        const IsmbToken *token, IsmbError code, const char *word);
/* By registrar or member; await: it comes when a stream is over. */
void        joining_lab_assert_reported (JoiningLab *lab, const char *line);
void        joining_lab_await_report    (JoiningLab *lab, const char *line);

/* The switch's key, with that certificate, or the one it has. */
IsmbTlsContext *joining_lab_make_tls     (LabSwitch *self, const char *chain);
IsmbTlsContext *joining_lab_make_own_tls (LabSwitch *self);

G_END_DECLS
