/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A row of the audit table as a tuple, its columns in their order. Written its texts are `s`; read
 * they are `ay`, so that one that is no text any more can be told by its row. */
#define ISMB_AUDIT_COLUMNS                                                                         \
  "id, about, time, kind, who, role, origin, device, what, size, sha256, verdict, rule, outcome, " \
  "previous, hash"
#define ISMB_AUDIT_ROW_TYPE "(xxxayayayayayayxayayayayayay)"

/* SHA-256, in lower-case hex, of all columns but the last in their order, each as a netstring: its
 * length in bytes (decimal), a colon, its bytes (a number as decimal text), a comma. */
char     *ismb_audit_row_hash      (GVariant *row);
gint64    ismb_audit_row_get_id    (GVariant *row);
/* "" where it is no text. */
char     *ismb_audit_row_dup_previous (GVariant *row);
char     *ismb_audit_row_dup_hash     (GVariant *row);
/* a{sv}: id, time, kind always; of the others what is not empty. */
GVariant *ismb_audit_row_describe  (GVariant *row);

G_END_DECLS
