/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
G_BEGIN_DECLS

/* The server under load: where it is, and the sessions' loop. Whatever goes wrong ends the program
 * with a line on stderr, since a figure taken from half a load is worth nothing. */
typedef struct _BenchTarget BenchTarget;
typedef struct _BenchSession BenchSession;

typedef struct
{
  void (*bound) (BenchSession *session);
  void (*messages) (BenchSession *session, guint count); /* that many came, in one read */
} BenchCallbacks;

/* A signed-in client. The strings are the owner's and outlive it. */
struct _BenchSession
{
  const char *account; /* local part */
  char *resource;      /* owned */
  gboolean is_bound;
  BenchSession *peer; /* for the owner's use, like all below */
  const char *text;
  gsize length;
  gint64 sent_at;
};

BenchTarget *bench_target_new (guint16 port, const char *domain, const char *password, gboolean tls,
                               const BenchCallbacks *callbacks);
void bench_target_free (BenchTarget *self);
/* Writes what is to be written, then waits for news, at most so long, and handles it. */
void bench_target_turn (BenchTarget *self, int milliseconds);

/* Connects, and signs in during the following turns. */
BenchSession *bench_session_new (BenchTarget *target, const char *account, const char *resource);
void bench_session_free (BenchSession *session);
/* Leaves with the next turn. */
void bench_session_send (BenchSession *session, const char *xml, gsize length);

void bench_die (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS
