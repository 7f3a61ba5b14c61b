/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.stream-management"

#include "config.h"
#include "ismb/client/ismb-stream-management.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-sm-word.h"

#define WINDOW 32               /* stanzas */
#define WINDOW_BYTES (64 * 1024)
#define QUIET 250               /* milliseconds */
#define PATIENCE 60000          /* likewise; a slow line may have much before the question */
#define ID_MAX 4000             /* bytes; XEP-0198, 5 */
#define ENABLE "<enable xmlns='" ISMB_NS_SM "' resume='true'/>"

typedef enum { OFF, ENABLING, ON } State;

typedef struct
{
  GSource source;
  IsmbStreamManagement *owner;
} Timer;

struct _IsmbStreamManagement
{
  IsmbStreamManagementCallbacks callbacks;
  gpointer user_data;
  GSource *timer;
  guint window, quiet, patience;
  State state;
  char *id;
  guint32 handled;
  guint unasked;       /* stanzas sent since we asked */
  gsize unasked_bytes;
  gboolean asked;      /* and not answered yet */
  gboolean heard;      /* something came since */
  gboolean waking;     /* the timer is set */
};

static void
say (IsmbStreamManagement *self, const char *text)
{
  self->callbacks.send (text, strlen (text), self->user_data);
}

static void
set_timer (IsmbStreamManagement *self, guint milliseconds)
{
  self->waking = milliseconds > 0;
  g_source_set_ready_time (self->timer, milliseconds > 0
                                            ? g_get_monotonic_time () + milliseconds * (gint64) 1000
                                            : -1);
}

static void
ask_now (IsmbStreamManagement *self)
{
  self->asked = TRUE;
  self->heard = FALSE;
  self->unasked = 0;
  self->unasked_bytes = 0;
  set_timer (self, self->patience);
  say (self, ISMB_SM_REQUEST_TEXT);
}

/* One question at a time: its answer comes within a round trip, and what was sent meanwhile is
 * asked for together. */
static void
ask_in_time (IsmbStreamManagement *self)
{
  if (self->asked || self->unasked == 0)
    return;
  if (self->unasked >= self->window || self->unasked_bytes >= WINDOW_BYTES)
    ask_now (self);
  else if (!self->waking)
    set_timer (self, self->quiet);
}

static gboolean
on_timer (GSource *source, GSourceFunc func, gpointer data)
{
  IsmbStreamManagement *self = ((Timer *) source)->owner;

  set_timer (self, 0);
  if (!self->asked)
    ask_now (self);
  else if (self->heard || self->callbacks.silent (self->user_data))
    {
      self->heard = FALSE;
      set_timer (self, self->patience);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { NULL, NULL, on_timer, NULL };

IsmbStreamManagement *
ismb_stream_management_new (const IsmbStreamManagementCallbacks *callbacks, gpointer user_data)
{
  IsmbStreamManagement *self = g_new0 (IsmbStreamManagement, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->window = WINDOW;
  self->quiet = QUIET;
  self->patience = PATIENCE;
  return self;
}

static void
drop_timer (IsmbStreamManagement *self)
{
  self->waking = FALSE;
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

void
ismb_stream_management_free (IsmbStreamManagement *self)
{
  drop_timer (self);
  g_free (self->id);
  g_free (self);
}

void
ismb_stream_management_set_pace (IsmbStreamManagement *self, guint window, guint quiet,
                                 guint patience)
{
  self->window = window != 0 ? window : self->window;
  self->quiet = quiet != 0 ? quiet : self->quiet;
  self->patience = patience != 0 ? patience : self->patience;
}

/* In the main context of this stream, which need not be that of the one before. */
static void
start (IsmbStreamManagement *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  drop_timer (self);
  self->timer = g_source_new (&timer_funcs, sizeof (Timer));
  ((Timer *) self->timer)->owner = self;
  g_source_set_static_name (self->timer, "[ismb] acknowledgements");
  g_source_attach (self->timer, context);
  self->asked = FALSE;
  self->unasked = 0;
  self->unasked_bytes = 0;
}

void
ismb_stream_management_enable (IsmbStreamManagement *self)
{
  ismb_stream_management_forget (self);
  start (self);
  self->state = ENABLING;
  say (self, ENABLE);
}

void
ismb_stream_management_pause (IsmbStreamManagement *self)
{
  drop_timer (self);
  if (self->id == NULL)
    ismb_stream_management_forget (self);
}

void
ismb_stream_management_resume (IsmbStreamManagement *self)
{
  start (self);
}

void
ismb_stream_management_forget (IsmbStreamManagement *self)
{
  drop_timer (self);
  self->state = OFF;
  self->handled = 0;
  g_clear_pointer (&self->id, g_free);
}

/* What the server says */

static gboolean
is_true (const char *text)
{
  return g_strcmp0 (text, "true") == 0 || g_strcmp0 (text, "1") == 0;
}

static IsmbSmHeard
take_enabled (IsmbStreamManagement *self, const IsmbNode *root)
{
  const char *id = ismb_node_get (root, "id");

  if (self->state != ENABLING)
    return ISMB_SM_HEARD_NOTHING;
  self->state = ON;
  if (is_true (ismb_node_get (root, "resume")) && id != NULL && strlen (id) <= ID_MAX)
    self->id = g_strdup (id);
  ask_in_time (self);
  return ISMB_SM_HEARD_ENABLED;
}

static IsmbSmHeard
take_failed (IsmbStreamManagement *self)
{
  if (self->state != ENABLING)
    return ISMB_SM_HEARD_NOTHING;
  ismb_stream_management_forget (self);
  return ISMB_SM_HEARD_FAILED;
}

static IsmbSmHeard
take_ack (IsmbStreamManagement *self, const IsmbNode *root, guint32 *h)
{
  const char *text = ismb_node_get (root, "h");
  guint64 number;

  if (self->state == OFF || text == NULL
      || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
    return ISMB_SM_HEARD_NOTHING;
  if (self->asked)
    set_timer (self, 0);
  self->asked = FALSE;
  *h = (guint32) number;
  return ISMB_SM_HEARD_ACK;
}

IsmbSmHeard
ismb_stream_management_take (IsmbStreamManagement *self, IsmbTree *tree, guint32 *h)
{
  const IsmbNode *root = ismb_tree_root (tree);

  self->heard = TRUE;
  if (ismb_node_is (root, "a", ISMB_NS_SM))
    return take_ack (self, root, h);
  if (ismb_node_is (root, "enabled", ISMB_NS_SM))
    return take_enabled (self, root);
  if (ismb_node_is (root, "failed", ISMB_NS_SM))
    return take_failed (self);
  return ismb_node_is (root, "r", ISMB_NS_SM) ? ISMB_SM_HEARD_REQUEST : ISMB_SM_HEARD_NOTHING;
}

void
ismb_stream_management_count (IsmbStreamManagement *self)
{
  self->heard = TRUE;
  if (self->state == ON)
    self->handled++;
}

/* What we ask and tell */

void
ismb_stream_management_note_sent (IsmbStreamManagement *self, gsize bytes)
{
  if (self->state == OFF)
    return;
  self->unasked++;
  self->unasked_bytes += bytes;
  if (self->state == ON)
    ask_in_time (self);
}

void
ismb_stream_management_note_acked (IsmbStreamManagement *self, guint left)
{
  if (left == 0)
    {
      self->unasked = 0;
      self->unasked_bytes = 0;
      if (!self->asked)
        set_timer (self, 0);
    }
  else if (self->unasked > 0)
    ask_in_time (self);
  else if (!self->asked)
    set_timer (self, self->patience); /* the rest is held back, and comes by itself */
}

void
ismb_stream_management_ask (IsmbStreamManagement *self)
{
  if (self->state == ON && (!self->asked || self->unasked > 0))
    ask_now (self);
}

void
ismb_stream_management_probe (IsmbStreamManagement *self)
{
  if (self->state == ON && !self->asked)
    ask_now (self);
}

void
ismb_stream_management_tell (IsmbStreamManagement *self)
{
  g_autofree char *text = NULL;

  if (self->state != ON)
    return;
  text = ismb_sm_word_write (ISMB_SM_ACK, self->handled, NULL, 0);
  say (self, text);
}

gboolean
ismb_stream_management_is_on (IsmbStreamManagement *self)
{
  return self->state != OFF;
}

const char *
ismb_stream_management_get_id (IsmbStreamManagement *self)
{
  return self->id;
}

guint32
ismb_stream_management_get_handled (IsmbStreamManagement *self)
{
  return self->handled;
}
