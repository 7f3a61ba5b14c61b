/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A real XMPP server in a process of its own, on 127.0.0.1, with its configuration, data and
 * certificate in a folder that goes with it. It offers TLS and does not require it, acknowledges
 * and resumes (XEP-0198), keeps messages for who is away, and has no carbons. It dies with the
 * test. */
typedef struct _IsmbTestServer IsmbTestServer;

typedef enum
{
  ISMB_TEST_OURS, /* switchctld */
  ISMB_TEST_PROSODY,
  ISMB_TEST_EJABBERD,
  ISMB_TEST_N_SERVERS
} IsmbTestServerKind;

/* `accounts`: names, each with itself as the password, NULL at the end. Returns once clients may
 * come. NULL: that kind is not installed here; skip. */
IsmbTestServer *ismb_test_server_new (IsmbTestServerKind kind, const char *domain,
                                      const char *const *accounts);
void ismb_test_server_free (IsmbTestServer *self);

/* In order; clients are told. */
void ismb_test_server_stop (IsmbTestServer *self);
/* kill -9. */
void ismb_test_server_kill (IsmbTestServer *self);
/* Again, on the same ports and with the same data, in so far as the server had written it. The
 * default main context runs until clients may come. */
void ismb_test_server_start (IsmbTestServer *self);

/* "ours", "prosody", "ejabberd" */
const char *ismb_test_server_get_name (IsmbTestServer *self);
const char *ismb_test_server_name (IsmbTestServerKind kind);
const char *ismb_test_server_get_domain (IsmbTestServer *self);
guint16 ismb_test_server_get_port (IsmbTestServer *self);     /* in the clear, with STARTTLS */
guint16 ismb_test_server_get_tls_port (IsmbTestServer *self); /* TLS from the first byte */
const char *ismb_test_server_get_folder (IsmbTestServer *self);
const char *ismb_test_server_get_ca_file (IsmbTestServer *self);
/* An authority that signed nothing. */
const char *ismb_test_server_get_wrong_ca_file (IsmbTestServer *self);
/* Of ours alone: where its control bus is, and its unix socket for clients. */
const char *ismb_test_server_get_runtime_dir (IsmbTestServer *self);
const char *ismb_test_server_get_unix_path (IsmbTestServer *self);
/* In bytes; what is longer ends the stream. */
gsize ismb_test_server_get_stanza_max (IsmbTestServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestServer, ismb_test_server_free)

G_END_DECLS
