/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-herald.h"

IsmbHerald *
ismb_herald_new (GObject *owner, const IsmbConnectionCallbacks *callbacks, const char *auto_jid)
{
  IsmbHerald *self = g_new0 (IsmbHerald, 1);

  self->owner = owner;
  self->callbacks = *callbacks;
  self->auto_jid = g_strdup (auto_jid);
  return self;
}

void
ismb_herald_free (IsmbHerald *self)
{
  g_clear_object (&self->bound_jid);
  g_free (self->auto_jid);
  g_free (self);
}

gboolean
ismb_herald_tell (IsmbHerald *self, const char *event, gpointer payload)
{
  guint turn = self->turn;

  self->callbacks.event (self->owner, event, payload);
  return self->turn == turn;
}

void
ismb_herald_tell_not_sent (IsmbHerald *self, GQueue *stanzas)
{
  IsmbStanza *stanza;

  while ((stanza = g_queue_pop_head (stanzas)) != NULL)
    {
      ismb_herald_tell (self, "stanza_not_sent", stanza);
      g_object_unref (stanza);
    }
}

void
ismb_herald_tell_session_end (IsmbHerald *self)
{
  if (!self->end_due)
    return;
  self->end_due = FALSE;
  ismb_herald_tell (self, "session_end", NULL);
}

void
ismb_herald_tell_disconnected (IsmbHerald *self, IsmbFailure *reason)
{
  if (!self->connected)
    return;
  self->connected = FALSE;
  ismb_herald_tell (self, "disconnected", reason);
}

void
ismb_herald_tell_peer_found (IsmbPeer *peer, gpointer user_data)
{
  ismb_herald_tell (user_data, "peer_found", peer);
}

void
ismb_herald_tell_peer_changed (IsmbPeer *peer, gpointer user_data)
{
  ismb_herald_tell (user_data, "peer_changed", peer);
}

void
ismb_herald_tell_peer_lost (IsmbPeer *peer, gpointer user_data)
{
  ismb_herald_tell (user_data, "peer_lost", peer);
}

void
ismb_herald_forget_session (IsmbHerald *self)
{
  self->callbacks.ended (self->owner);
  ismb_herald_set_bound_jid (self, NULL);
}

void
ismb_herald_set_auto_jid (IsmbHerald *self, const char *jid)
{
  if (g_strcmp0 (self->auto_jid, jid) == 0)
    return;
  g_free (self->auto_jid);
  self->auto_jid = g_strdup (jid);
  self->callbacks.changed (self->owner, "auto-jid");
}

void
ismb_herald_set_bound_jid (IsmbHerald *self, IsmbJid *jid)
{
  if (g_set_object (&self->bound_jid, jid))
    self->callbacks.changed (self->owner, "bound-jid");
}

const char *
ismb_herald_get_address (IsmbHerald *self)
{
  return self->bound_jid != NULL ? ismb_jid_get_full (self->bound_jid) : self->auto_jid;
}
