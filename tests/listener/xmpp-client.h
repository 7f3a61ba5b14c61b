/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The plainest XMPP client there can be, for tests: it sends what it is told to, right or wrong,
 * and looks for text in what comes. It lives in the test's own main context, beside the listener
 * that it talks to. */
typedef struct _XmppClient XmppClient;

XmppClient *xmpp_client_new       (guint16 port);
XmppClient *xmpp_client_new_unix  (const char *path);
void        xmpp_client_free      (XmppClient *self);
/* What follows goes through TLS; whose certificate that is does not matter. */
void        xmpp_client_secure    (XmppClient *self);
/* The same, showing a certificate of its own. */
void        xmpp_client_secure_as (XmppClient *self, GTlsCertificate *certificate);
GBytes     *xmpp_client_dup_binding (XmppClient *self, GTlsChannelBindingType type);
void        xmpp_client_send      (XmppClient *self, const char *xml);
/* The same, where the other side may have gone already. */
void        xmpp_client_try_send  (XmppClient *self, const char *xml, gsize length);
/* Runs the main context until `text` has come, and forgets all up to its end. Returns what was
 * forgotten. The test fails if the stream ends before. */
char       *xmpp_client_expect    (XmppClient *self, const char *text);
/* What has come and was not expected yet. */
const char *xmpp_client_peek      (XmppClient *self);
/* Until the other side hangs up; returns what came before. */
char       *xmpp_client_expect_end (XmppClient *self);
/* Reads nothing any more, or again; what is expected meanwhile does not come. */
void        xmpp_client_set_reading (XmppClient *self, gboolean reading);
/* All that has been sent to this client up to now is here: a ping to its own account is answered in
 * order. Returns it. */
char       *xmpp_client_settle    (XmppClient *self);
gboolean    xmpp_client_has_ended (XmppClient *self);
/* A new stream to `domain`, up to the end of its features, which are returned. */
char       *xmpp_client_open      (XmppClient *self, const char *domain);
/* A stream, SCRAM-SHA-1, a stream, and `resource` bound. */
void        xmpp_client_sign_in   (XmppClient *self, const char *name, const char *domain,
                                   const char *password, const char *resource);
/* SCRAM-SHA-1 alone; FALSE: refused. */
gboolean    xmpp_client_authenticate (XmppClient *self, const char *name, const char *password);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmppClient, xmpp_client_free)

G_END_DECLS
