/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* Looks on from the end of SASL until the session is bound, and speaks in libstrophe's place where
 * that knows too little: its own XEP-0198 does not survive its connection. libstrophe is told of
 * resource binding alone. Its request for a resource is held back where a stream is to be resumed
 * (XEP-0198, 5), and answered from here once it was; the legacy session (RFC 3921, 3) is asked for
 * here too. What may not stand there ends the stream. */
typedef struct _IsmbResumeWatch IsmbResumeWatch;

/* A stream that broke. */
typedef struct
{
  const char *id;        /* of <enabled/> */
  guint32 handled;       /* our h */
  const char *bound_jid; /* a full address */
} IsmbResume;

/* How the new one stands. */
typedef struct
{
  gboolean resumed;
  guint32 acked;          /* their h, where it was resumed */
  gboolean resume_failed; /* it was asked for, and there is a new session in its place */
  gboolean offers_sm;
  gboolean has_failed_h;  /* with the refusal: their h of the session that is gone */
  guint32 failed_h;
  IsmbTree *features;     /* those behind SASL: <features/> in the streams' namespace */
} IsmbSession;

typedef enum
{
  ISMB_RESUME_WATCH_GO_ON,
  ISMB_RESUME_WATCH_BOUND,   /* nothing more to see */
  ISMB_RESUME_WATCH_REFUSED, /* the error is set */
} IsmbResumeWatchVerdict;

/* `resume` may be NULL. */
IsmbResumeWatch       *ismb_resume_watch_new         (const IsmbResume *resume);
void                   ismb_resume_watch_free        (IsmbResumeWatch *self);
/* The server's <stream:stream …>, whose prefixes hold in the elements. */
void                   ismb_resume_watch_opened      (IsmbResumeWatch *self, const char *header,
                                                      gsize length);
/* A complete element of the server's. What goes on in its place is appended: inwards to libstrophe,
 * outwards to the server. */
IsmbResumeWatchVerdict ismb_resume_watch_came        (IsmbResumeWatch *self, const char *element,
                                                      gsize length, GString *inward,
                                                      GString *outward, GError **error);
/* The same for one of libstrophe's. */
IsmbResumeWatchVerdict ismb_resume_watch_sent        (IsmbResumeWatch *self, const char *element,
                                                      gsize length, GString *outward,
                                                      GError **error);
const IsmbSession     *ismb_resume_watch_get_session (IsmbResumeWatch *self);
/* The last header that it was shown. */
const GString         *ismb_resume_watch_get_header  (IsmbResumeWatch *self);
/* Once it is bound: elements of the session that came before the server said so. */
const GString         *ismb_resume_watch_get_early   (IsmbResumeWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbResumeWatch, ismb_resume_watch_free)

G_END_DECLS
