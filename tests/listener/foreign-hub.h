/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-tls.h"

G_BEGIN_DECLS

/* One stream of a foreign server's, for tests: it gets through STARTTLS by itself, then says
 * what it is told to, right or wrong, and keeps what it hears. It lives in the test's own main
 * context. */
typedef struct _ForeignLine ForeignLine;

/* To 127.0.0.1, from another address of this host. Its features inside TLS are here when it
 * returns. */
ForeignLine *foreign_line_dial   (const char *source, guint16 port, const char *from,
                                  const char *to, IsmbTlsContext *tls);
/* The same, only up to the features outside. */
ForeignLine *foreign_line_dial_clear (guint16 port, const char *from, const char *to);
void         foreign_line_free   (ForeignLine *self);
void         foreign_line_say    (ForeignLine *self, const char *xml);
/* Runs the main context until an element with that text has come, and forgets those up to it, which
 * are returned. */
char        *foreign_line_expect (ForeignLine *self, const char *text);
/* Until the other side has ended the stream; all that came and was not expected. */
char        *foreign_line_expect_end (ForeignLine *self);
/* What whoever was dialled calls the stream. */
const char  *foreign_line_get_id (ForeignLine *self);

/* A foreign domain's server, at a port that the kernel chooses. */
typedef struct _ForeignHub ForeignHub;

/* `tls` NULL: it offers no STARTTLS. */
ForeignHub  *foreign_hub_new      (const char *address, const char *domain, IsmbTlsContext *tls);
void         foreign_hub_free     (ForeignHub *self);
guint16      foreign_hub_get_port (ForeignHub *self);
/* Runs the main context until an element with that text has come that was not expected before; the
 * hub's line on which it did. */
ForeignLine *foreign_hub_expect   (ForeignHub *self, const char *text);
/* The same, and it can still be expected of the line. */
ForeignLine *foreign_hub_await    (ForeignHub *self, const char *text);
/* Elements with that text that came and were not expected yet, and streams that ever came. */
guint        foreign_hub_count    (ForeignHub *self, const char *text);
guint        foreign_hub_count_lines (ForeignHub *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ForeignLine, foreign_line_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ForeignHub, foreign_hub_free)

G_END_DECLS
