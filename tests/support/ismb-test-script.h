/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An XMPP server that plays a script, in a thread of its own, on a port of 127.0.0.1. A line of the
 * script is a word and what belongs to it:
 *
 *   S: TEXT       says it
 *   C: ELEMENT    the next element that comes must have all that is in this one
 *   C* ELEMENT    the same, and others may come before
 *   greeted       waits for a stream header
 *   header        the same, and answers it
 *   features XML  says stream features that have this in them
 *   starttls      offers TLS alone, and starts it
 *   tls           starts it at once
 *   auth          waits for <auth/>, of SCRAM where %nonce% is to be used
 *   challenge T   says it, base64, as a challenge
 *   response      waits for <response/>
 *   success T     says it, base64, as the end; without T: an empty element
 *   refuse COND   the next <auth/> is answered with that condition
 *   scram         signs in with SCRAM-SHA-1, header and features first; a wrong password is refused
 *   sign-in       scram, and the header behind it
 *   bind          offers to bind and does it
 *   login         sign-in and bind
 *   wait          goes on when the test says so
 *   hold          says nothing until the client is gone
 *   end           </stream:stream>, both ways; the connection is over
 *   closed        waits until the client ends the stream, and ends it
 *   cut           ends the connection, without a word
 *   reset         the same, and what is on its way is lost
 *   deaf          nobody can connect any more
 *   hear          they can again
 *
 * A line that needs a connection waits for one; after the client is gone where the script does not
 * say so, nothing more is played. %id% in a line stands for what the client sent where a C: line
 * had id='%id%', and so with any word. Known beforehand are %nonce%, %account%, %domain% and %jid%,
 * of whoever signed in and was bound last. */
typedef struct _IsmbTestScript IsmbTestScript;

/* `lines`: NULL at the end; they must live as long as it does. */
IsmbTestScript *ismb_test_script_new (const char *password, const char *const *lines);
/* Wherever it is. */
void ismb_test_script_free (IsmbTestScript *self);
guint16 ismb_test_script_get_port (IsmbTestScript *self);
/* Of its certificate, whose name is switch.test. */
const char *ismb_test_script_get_ca_file (IsmbTestScript *self);
/* So far. */
guint ismb_test_script_count_connections (IsmbTestScript *self);
/* Runs the default main context until the script stands at a line `wait`, and lets it go on. */
void ismb_test_script_go (IsmbTestScript *self);
/* Runs it until the script is over; TRUE: up to its last line. */
gboolean ismb_test_script_finish (IsmbTestScript *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestScript, ismb_test_script_free)

G_END_DECLS
