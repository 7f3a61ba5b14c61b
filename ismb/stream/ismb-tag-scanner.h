/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where tags and top-level elements of a stream end, without parsing: for the sluice, which must
 * know how far bytes may go before any parser sees them. It is stricter than XML:
 * no DTD, no comments, no CDATA, a processing instruction only before the stream's header, no NUL.
 */
typedef struct
{
  gsize bytes_max; /* of one top-level element */
  guint tags_max;  /* in one top-level element */
  guint depth_max;
  gboolean hollow; /* the last top-level element had nothing inside, not even space */
  gsize tag;       /* bytes of the current tag, or of the last one */
  /*< private >*/
  guint state;
  char quote;
  guint depth;
  guint tags;
  guint attributes;  /* of the current tag */
  gsize element;     /* bytes of the current top-level element */
  gsize longest_tag; /* since it was last set to 0 */
  gboolean text;     /* there is some in the current top-level element */
  char first, last;  /* of the current tag: behind `<`, and before the byte at hand */
} IsmbTagScanner;

typedef enum
{
  ISMB_SCAN_MORE,    /* all bytes seen, and the last is inside a tag, text or space */
  ISMB_SCAN_TAG,     /* a tag inside an element ended here */
  ISMB_SCAN_HEADER,  /* <stream:stream> or what stands before it */
  ISMB_SCAN_ELEMENT, /* a top-level element is complete */
  ISMB_SCAN_END,     /* </stream:stream> */
  ISMB_SCAN_BAD,     /* forbidden, or over a limit */
} IsmbScan;

/* Looks at bytes until something ends; `*seen` is how many. The next call goes on behind them. */
IsmbScan ismb_tag_scanner_next (IsmbTagScanner *scanner, const char *bytes, gsize length,
                                gsize *seen);
/* Whether it is neither inside a tag nor inside a top-level element. */
gboolean ismb_tag_scanner_is_between (const IsmbTagScanner *scanner);
/* A new stream begins. */
void ismb_tag_scanner_reset (IsmbTagScanner *scanner);

G_END_DECLS
