/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* XEP-0198 as a client speaks it: what the server is told of what came, and when it is asked for
 * what went. It counts and asks; what was sent, IsmbPostbox keeps. */
typedef struct _IsmbStreamManagement IsmbStreamManagement;

typedef struct
{
  void (*send) (const char *text, gsize length, gpointer user_data);
  /* The server was asked and for `patience` has not said a word. FALSE: no more waiting, and the
   * object may be gone. */
  gboolean (*silent) (gpointer user_data);
} IsmbStreamManagementCallbacks;

typedef enum
{
  ISMB_SM_HEARD_NOTHING, /* that is understood */
  ISMB_SM_HEARD_ENABLED,
  ISMB_SM_HEARD_FAILED,  /* to be enabled */
  ISMB_SM_HEARD_ACK,
  ISMB_SM_HEARD_REQUEST, /* to be told */
} IsmbSmHeard;

/* Its timer works in the thread's default main context, and is set only while something is not
 * acknowledged. */
IsmbStreamManagement *ismb_stream_management_new (const IsmbStreamManagementCallbacks *callbacks,
                                                  gpointer user_data);
void ismb_stream_management_free (IsmbStreamManagement *self);
/* After how many stanzas the server is asked at once; `quiet` milliseconds after the first of
 * fewer. `patience`: milliseconds for its answer. 0 leaves one as it is. */
void ismb_stream_management_set_pace (IsmbStreamManagement *self, guint window, guint quiet,
                                      guint patience);

/* A session of its own: asks for acknowledgements and for a session that can be resumed. What is
 * sent from now on counts. */
void ismb_stream_management_enable (IsmbStreamManagement *self);
/* The stream is gone, and the session may be resumed. */
void ismb_stream_management_pause (IsmbStreamManagement *self);
/* It was. */
void ismb_stream_management_resume (IsmbStreamManagement *self);
/* The session is gone, or has no acknowledgements. */
void ismb_stream_management_forget (IsmbStreamManagement *self);

/* An element of its namespace came. `h`: of an ack. */
IsmbSmHeard ismb_stream_management_take (IsmbStreamManagement *self, IsmbTree *tree, guint32 *h);
/* A stanza came and is about to be handed to the application: whatever it does then, nested main
 * loops included, the server need not send it again. */
void ismb_stream_management_count (IsmbStreamManagement *self);
void ismb_stream_management_note_sent (IsmbStreamManagement *self, gsize bytes);
/* Behind an ack, which leaves so many stanzas without one. */
void ismb_stream_management_note_acked (IsmbStreamManagement *self, guint left);
/* Asks now, unless the answer to an earlier question covers all that was sent. */
void ismb_stream_management_ask (IsmbStreamManagement *self);
/* Asks whether the server is there. */
void ismb_stream_management_probe (IsmbStreamManagement *self);
/* Tells what came: as it was asked for, or before the stream is closed in order. */
void ismb_stream_management_tell (IsmbStreamManagement *self);

/* Whether what is sent is acknowledged; from <enable/> until the server says no. */
gboolean ismb_stream_management_is_on (IsmbStreamManagement *self);
/* The session's id, by which it may be resumed; NULL: it may not. */
const char *ismb_stream_management_get_id (IsmbStreamManagement *self);
/* How much came, modulo 2^32: `h`. */
guint32 ismb_stream_management_get_handled (IsmbStreamManagement *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbStreamManagement, ismb_stream_management_free)

G_END_DECLS
