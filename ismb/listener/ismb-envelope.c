/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-envelope.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/stream/ismb-framer.h"

#define END "</message>"
#define ROOM (2 * 1024 * 1024) /* bytes; no stream lets in half as much */

static gboolean
has_fitting_type (const IsmbFrame *message)
{
  static const char *const passing[] = { "headline", "groupchat", "error", NULL };

  return message->type == NULL || !g_strv_contains (passing, message->type);
}

/* Says that somebody types, and nothing more. */
static gboolean
is_mere_state (const IsmbNode *root)
{
  gboolean state = FALSE;

  for (IsmbNode *child = ismb_node_find (root, NULL, NULL); child != NULL;
       child = ismb_node_find_next (child, NULL, NULL))
    if (g_str_equal (ismb_node_ns (child), ISMB_NS_CHAT_STATES))
      state = TRUE;
    else if (!ismb_node_is (child, "thread", ISMB_NS_CLIENT) &&
             !ismb_node_is (child, "origin-id", ISMB_NS_STANZA_ID) &&
             !g_str_equal (ismb_node_ns (child), ISMB_NS_HINTS))
      return FALSE;
  return state;
}

gboolean
ismb_envelope_is_fleeting (const IsmbFrame *message)
{
  g_autoptr (IsmbTree) tree = NULL;

  if (message->kind != ISMB_FRAME_MESSAGE)
    return FALSE;
  if (g_strcmp0 (message->type, "chat") != 0)
    return g_strcmp0 (message->type, "headline") == 0;
  tree = ismb_frame_to_tree (message);
  return is_mere_state (ismb_tree_root (tree));
}

gboolean
ismb_envelope_is_worth (const IsmbFrame *message)
{
  g_autoptr (IsmbTree) tree = NULL;
  IsmbNode *root;

  if (message->kind != ISMB_FRAME_MESSAGE || !has_fitting_type (message))
    return FALSE;
  tree = ismb_frame_to_tree (message);
  root = ismb_tree_root (tree);
  return ismb_node_find (root, "no-store", ISMB_NS_HINTS) == NULL &&
         !(g_strcmp0 (message->type, "chat") == 0 && is_mere_state (root));
}

/* The same message with one element more at its end; its form is canonical. */
static char *
add_child (const char *message, gsize length, const char *child)
{
  if (g_str_has_suffix (message, "/>") && strchr (message, '>') == message + length - 1)
    return g_strdup_printf ("%.*s>%s" END, (int) (length - strlen ("/>")), message, child);
  return g_strdup_printf ("%.*s%s" END, (int) (length - strlen (END)), message, child);
}

char *
ismb_envelope_seal (const IsmbFrame *message, const char *by)
{
  g_autofree char *id = ismb_random_token ();
  g_autoptr (GString) child = g_string_new ("<stanza-id xmlns='" ISMB_NS_STANZA_ID "' by='");

  ismb_xml_escape (child, by, -1, TRUE);
  g_string_append_printf (child, "' id='%s'/>", id);
  return add_child (message->data, message->length, child->str);
}

/* XEP-0082; empty for a time that no calendar has. */
static char *
format_time (gint64 microseconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);
  g_autofree char *seconds = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;
  int milliseconds = (int) (microseconds % G_USEC_PER_SEC / 1000);

  return seconds != NULL && milliseconds >= 0
             ? g_strdup_printf ("%s.%03dZ", seconds, milliseconds)
             : g_strdup ("");
}

/* Reading */

typedef struct
{
  IsmbFrameKind kind; /* that is expected */
  IsmbFrame *frame;
} Reading;

static void
on_header (const IsmbStreamHeader *header, gpointer user_data)
{
}

static void
on_frame (IsmbFrame *frame, gpointer user_data)
{
  Reading *reading = user_data;

  if (reading->frame == NULL && frame->kind == reading->kind && !frame->bad_address)
    reading->frame = ismb_frame_ref (frame);
}

static void
on_end (gpointer user_data)
{
}

IsmbFrame *
ismb_envelope_open (const IsmbOfflineMessage *stored, const char *domain)
{
  g_autofree char *time = format_time (stored->time);
  g_autofree char *delay = g_strdup_printf (
    "<delay xmlns='" ISMB_NS_DELAY "' from='%s' stamp='%s'/>", domain, time);
  g_autofree char *text = NULL;

  if (!g_str_has_suffix (stored->stanza, END))
    return NULL;
  text = add_child (stored->stanza, stored->length, delay);
  return ismb_envelope_read (text, ISMB_FRAME_MESSAGE);
}

/* By the way every stanza comes in: a file may hold anything. */
IsmbFrame *
ismb_envelope_read (const char *text, IsmbFrameKind kind)
{
  static const IsmbFramerCallbacks callbacks = { on_header, on_frame, on_end };
  static const char header[] = "<stream:stream xmlns='" ISMB_NS_CLIENT
                               "' xmlns:stream='" ISMB_NS_STREAM "' version='1.0'>";
  Reading reading = { kind, NULL };
  g_autoptr (IsmbFramer) framer = ismb_framer_new (ISMB_NS_CLIENT, &callbacks, &reading);
  const char *condition = NULL;

  ismb_framer_set_limit (framer, ROOM);
  ismb_framer_let_add (framer);
  if (ismb_framer_feed (framer, header, strlen (header), &condition))
    ismb_framer_feed (framer, text, strlen (text), &condition);
  return reading.frame;
}
