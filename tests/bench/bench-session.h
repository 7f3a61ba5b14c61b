/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
G_BEGIN_DECLS

/* The loop that a load's sessions share. Whatever goes wrong ends the program with a line on
 * stderr, since a figure taken from half a load is worth nothing. */
typedef struct _BenchLoop BenchLoop;
typedef struct _BenchSession BenchSession;

typedef struct
{
  void (*bound) (BenchSession *session);
  /* A whole element of the stream, once the session is bound; valid during the call. */
  void (*stanza) (BenchSession *session, const char *xml, gsize length);
} BenchCallbacks;

/* A server under load, on 127.0.0.1. The strings are the owner's, and outlive its sessions. */
typedef struct
{
  guint16 port;
  const char *domain;
  gboolean tls;
  gboolean bare;    /* nobody signs in: a relay, which knows connections only */
  gboolean managed; /* XEP-0198 */
} BenchServer;

/* A signed-in client. */
struct _BenchSession
{
  const BenchServer *server;
  const char *account; /* local part; the owner's */
  char *resource;      /* owned */
  gboolean is_bound;
  BenchSession *peer;  /* for the owner's use, like all below */
  GString *head;       /* owned; or NULL */
  guint64 sent, received;
  gint64 sent_at;
};

BenchLoop *bench_loop_new  (const char *password, const BenchCallbacks *callbacks);
void       bench_loop_free (BenchLoop *self);
/* Writes what is to be written, then waits for news, at most so long, and handles it. */
void       bench_loop_turn (BenchLoop *self, int milliseconds);

/* Connects, and signs in during the following turns. */
BenchSession *bench_session_new  (BenchLoop *loop, const BenchServer *server, const char *account,
                                  const char *resource);
void          bench_session_free (BenchSession *session);
/* Leaves with the next turn. */
void          bench_session_send (BenchSession *session, const char *xml, gsize length);
/* Tells that what was sent last ended a stanza: where there is XEP-0198 that is counted. */
void          bench_session_sent (BenchSession *session);

void bench_die (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS
