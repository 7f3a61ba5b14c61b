/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* XML that went over a stream, as somebody may see it who looks for a mistake: secrets (what proves
 * a login or a switch, passwords, what is called so in a form) are `…`, pictures their size. Of
 * other text within elements `… 12 characters` is left, unless it is `open`, or belongs to the
 * protocol. At most about `most` bytes. `xml` is as our serialiser or libstrophe writes it: elements,
 * or the beginning or end of a stream; what cannot be read is left out, its size told.
 * (transfer full) */
char *ismb_redact_xml (const char *xml, gsize length, gboolean open, gsize most);

G_END_DECLS
