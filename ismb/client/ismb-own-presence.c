/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-own-presence.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-private.h"

struct _IsmbOwnPresence
{
  gpointer client; /* borrowed; NULL: it is gone */
  IsmbOwnPresenceSend send;
  IsmbTree *last; /* what went to all; NULL: nothing yet */
  gboolean told;  /* somebody knows that we are there */
};

IsmbOwnPresence *
ismb_own_presence_new (gpointer client, IsmbOwnPresenceSend send)
{
  IsmbOwnPresence *self = g_rc_box_new0 (IsmbOwnPresence);

  self->client = client;
  self->send = send;
  return self;
}

IsmbOwnPresence *
ismb_own_presence_ref (IsmbOwnPresence *self)
{
  return g_rc_box_acquire (self);
}

static void
own_presence_clear (gpointer data)
{
  g_clear_pointer (&((IsmbOwnPresence *) data)->last, ismb_tree_unref);
}

void
ismb_own_presence_unref (IsmbOwnPresence *self)
{
  g_rc_box_release_full (self, own_presence_clear);
}

void
ismb_own_presence_mute (IsmbOwnPresence *self)
{
  self->client = NULL;
}

gboolean
ismb_own_presence_note (IsmbOwnPresence *self, IsmbPresence *presence)
{
  static const char *const available[] = { "available", "away", "chat", "dnd", "xa", NULL };
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (presence));
  gboolean is_available = g_strv_contains (available, type);
  gboolean first = is_available && !self->told;

  if (!is_available && !g_str_equal (type, "unavailable"))
    return FALSE;
  self->told |= is_available;
  if (ismb_stanza_get_to_jid (ISMB_STANZA (presence)) == NULL)
    {
      g_clear_pointer (&self->last, ismb_tree_unref);
      self->last = ismb_tree_copy (_ismb_stanza_get_tree (ISMB_STANZA (presence)));
    }
  return first;
}

/* What runs while it is sent may let go of us. */
static gboolean
send_presence (IsmbOwnPresence *self, IsmbPresence *presence, GError **error)
{
  g_autoptr (IsmbOwnPresence) alive = ismb_own_presence_ref (self);

  if (self->client != NULL)
    return alive->send (alive->client, ISMB_STANZA (presence), error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is gone");
  return FALSE;
}

static gboolean
send_type (IsmbOwnPresence *self, IsmbJid *to, const char *type, GError **error)
{
  g_autoptr (IsmbPresence) presence = ismb_presence_new (to, type);

  return send_presence (self, presence, error);
}

gboolean
ismb_own_presence_repeat (IsmbOwnPresence *self, IsmbJid *to, GError **error)
{
  g_autoptr (IsmbPresence) presence = NULL;

  if (self->last == NULL)
    return send_type (self, to, NULL, error);
  presence = g_object_new (ISMB_TYPE_PRESENCE, NULL);
  if (!_ismb_stanza_take_tree (ISMB_STANZA (presence), ismb_tree_copy (self->last), error))
    return FALSE;
  ismb_stanza_set_id (ISMB_STANZA (presence), NULL);
  ismb_stanza_set_to_jid (ISMB_STANZA (presence), to);
  return send_presence (self, presence, error);
}

gboolean
ismb_own_presence_ask (IsmbOwnPresence *self, IsmbJid *to, const char *type, GError **error)
{
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (to);

  return send_type (self, bare, type, error);
}

/* Who has told nobody that it is there has nothing to tell them either. */
gboolean
ismb_own_presence_authorize (IsmbOwnPresence *self, IsmbJid *to, GError **error)
{
  g_autoptr (IsmbOwnPresence) alive = ismb_own_presence_ref (self);
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (to);

  return send_type (self, bare, "subscribed", error)
         && (self->last == NULL || ismb_own_presence_repeat (self, bare, error));
}

gboolean
ismb_own_presence_unauthorize (IsmbOwnPresence *self, IsmbJid *to, GError **error)
{
  g_autoptr (IsmbOwnPresence) alive = ismb_own_presence_ref (self);
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (to);

  return send_type (self, bare, "unsubscribed", error)
         && send_type (self, bare, "unavailable", error);
}
