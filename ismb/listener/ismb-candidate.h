/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ISMB_CANDIDATE_WAYS_MAX 8

/* Where another listener may be found, as discovery said, and when it may be tried again. Anybody
 * can announce anything in its name, so news never take away the address that last worked. Zeroed,
 * it is nowhere. */
typedef struct
{
  char **addresses;       /* the one that last worked first; or NULL */
  guint16 ports[ISMB_CANDIDATE_WAYS_MAX]; /* of each address */
  gboolean worked;        /* the first one did, and none did since */
  char *device_id;        /* as announced; or NULL */
  guint dials;            /* since the last steady stream, or the last news */
  gint64 dialled, failed; /* when last, monotonic; 0: never */
  gint64 refreshed;       /* when news last cut the pauses short */
} IsmbCandidate;

/* News: they cut the pauses short, every ten seconds at most. */
void     ismb_candidate_set             (IsmbCandidate *self, const char *const *addresses,
                                         guint16 port, const char *device_id);
void     ismb_candidate_clear           (IsmbCandidate *self);
/* Never NULL. */
const char *const *ismb_candidate_get_addresses (const IsmbCandidate *self);
gboolean ismb_candidate_is_somewhere    (const IsmbCandidate *self);
void     ismb_candidate_note_dial       (IsmbCandidate *self);
void     ismb_candidate_note_success    (IsmbCandidate *self, const char *address, guint16 port);
void     ismb_candidate_note_failure    (IsmbCandidate *self);
/* What ended was no failure of the way there: the pauses begin anew. */
void     ismb_candidate_note_steady     (IsmbCandidate *self);
/* Less than a second ago: not to be tried for each stanza that follows. */
gboolean ismb_candidate_has_just_failed (const IsmbCandidate *self);
/* Milliseconds until it may be dialled again, 1 at least; they double with each dial, from 1 s to
 * 60 s. */
guint    ismb_candidate_get_pause       (const IsmbCandidate *self);

G_END_DECLS
