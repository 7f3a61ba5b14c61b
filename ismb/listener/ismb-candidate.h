/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ISMB_CANDIDATE_WAYS_MAX 8

typedef struct
{
  guint tries;       /* two for each in vain since it last worked, one if a dial never came to it */
  gboolean stranger; /* somebody else answered there */
  guint since;       /* the order in which ways were first heard of */
} IsmbCandidateMark;

/* Where another listener may be found, as discovery said, and when it may be tried again.
 * Anybody can announce anything in its name, over and over, so news only ever add ways, for as
 * long as there is room. The one that last worked comes first. Then what is new takes turns with
 * what was known before, of which those go first that were tried in vain the least, and then the
 * oldest: who is announced after a dial is tried at the second place of the next one, whatever a
 * forger announces meanwhile. Last come those at which somebody else answered. Zeroed, it is
 * nowhere. */
typedef struct
{
  char **addresses;       /* in the order in which they are to be tried; or NULL */
  guint16 ports[ISMB_CANDIDATE_WAYS_MAX]; /* of each address */
  IsmbCandidateMark marks[ISMB_CANDIDATE_WAYS_MAX]; /* of each address */
  guint heard;            /* ways, ever */
  gboolean worked;        /* the first one did, and none did since */
  char *device_id;        /* as announced; or NULL */
  char *fabric;           /* the first digits of its fabric's id, as announced; or NULL */
  guint dials;            /* since the last steady stream, or the last news */
  gint64 dialled, failed; /* when last, monotonic; 0: never */
  guint luck;             /* of the last dial: how long the pause behind it is */
  gint64 held;            /* not before that, monotonic: others heard the same news */
  gint64 refreshed;       /* when news last cut the pauses short */
} IsmbCandidate;

/* News: they cut the pauses short, every ten seconds at most. */
void     ismb_candidate_set             (IsmbCandidate *self, const char *const *addresses,
                                         guint16 port, const char *device_id);
void     ismb_candidate_clear           (IsmbCandidate *self);
/* Which fabric it is announced to be of; NULL or empty: none. */
void     ismb_candidate_set_fabric      (IsmbCandidate *self, const char *fabric);
/* Never NULL. */
const char *const *ismb_candidate_get_addresses (const IsmbCandidate *self);
gboolean ismb_candidate_is_of           (const IsmbCandidate *self, const char *fabric_id);
/* Who wants into that fabric (its id, 64 hex digits) asks the lesser one first: those that are
 * announced to be of it, and of these those that were tried in vain the least. */
int      ismb_candidate_compare         (const IsmbCandidate *one, const IsmbCandidate *other,
                                         const char *fabric_id);
/* Those whose port is the first one's. */
char   **ismb_candidate_dup_addresses_at_port (const IsmbCandidate *self);
gboolean ismb_candidate_is_somewhere    (const IsmbCandidate *self);
void     ismb_candidate_note_dial       (IsmbCandidate *self);
void     ismb_candidate_note_success    (IsmbCandidate *self, const char *address, guint16 port);
/* At that one; `stranger`: somebody else answered. */
void     ismb_candidate_note_vain       (IsmbCandidate *self, const char *address, guint16 port,
                                         gboolean stranger);
/* At none. */
void     ismb_candidate_note_failure    (IsmbCandidate *self);
/* What ended was no failure of the way there: the pauses begin anew. */
void     ismb_candidate_note_steady     (IsmbCandidate *self);
/* Less than a second ago: not to be tried for each stanza that follows. */
gboolean ismb_candidate_has_just_failed (const IsmbCandidate *self);
/* Milliseconds until it may be dialled again, 1 at least. They double with each dial, from about
 * 1 s to 30 s, and chance has a part in them; behind a stream that was fine there are only those
 * of `rest` (0: 250). */
guint    ismb_candidate_get_pause       (const IsmbCandidate *self, guint rest);

G_END_DECLS
