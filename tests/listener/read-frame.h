/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-framer.h"

/* The first frame that this XML is on a stream between listeners, or NULL. */

static inline void
read_frame_on_header (const IsmbStreamHeader *header, gpointer user_data)
{
}

static inline void
read_frame_on_frame (IsmbFrame *frame, gpointer user_data)
{
  IsmbFrame **slot = user_data;

  if (*slot == NULL)
    *slot = ismb_frame_ref (frame);
}

static inline void
read_frame_on_end (gpointer user_data)
{
}

static inline IsmbFrame *
read_frame_of (const char *xml, gsize length)
{
  static const IsmbFramerCallbacks callbacks
    = { read_frame_on_header, read_frame_on_frame, read_frame_on_end };
  static const char header[]
    = "<stream:stream xmlns='" ISMB_NS_SERVER "' xmlns:stream='" ISMB_NS_STREAM "' version='1.0'>";
  IsmbFrame *frame = NULL;
  g_autoptr (IsmbFramer) framer = ismb_framer_new (ISMB_NS_SERVER, &callbacks, &frame);
  const char *condition = NULL;

  ismb_framer_set_limit (framer, 32768);
  ismb_framer_feed (framer, header, strlen (header), &condition);
  ismb_framer_feed (framer, xml, length, &condition);
  return frame;
}

static inline IsmbFrame *
read_frame (const char *xml)
{
  return read_frame_of (xml, strlen (xml));
}
