/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-command-sessions.h"

#define SESSIONS_MAX 128
#define SESSIONS_OF_ONE_MAX 16
#define EXPIRED_MAX 128 /* ids that are remembered */

struct _IsmbCommandSessions
{
  GHashTable *sessions; /* of IsmbCommandSession, by id */
  GQueue expired;       /* of ids, the last one first */
};

IsmbCommandSessions *
ismb_command_sessions_new (void)
{
  IsmbCommandSessions *self = g_new0 (IsmbCommandSessions, 1);

  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  return self;
}

void
ismb_command_sessions_free (IsmbCommandSessions *self)
{
  ismb_command_sessions_drop (self, NULL);
  g_hash_table_unref (self->sessions);
  g_queue_clear_full (&self->expired, g_free);
  g_free (self);
}

static guint
count_of (IsmbCommandSessions *self, IsmbJid *from)
{
  GHashTableIter iter;
  gpointer session;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (g_str_equal (ismb_jid_get_bare (ismb_command_session_get_from_jid (session)),
                     ismb_jid_get_bare (from)))
      count++;
  return count;
}

gboolean
ismb_command_sessions_add (IsmbCommandSessions *self, IsmbCommandSession *session)
{
  IsmbJid *from = ismb_command_session_get_from_jid (session);

  if (g_hash_table_size (self->sessions) >= SESSIONS_MAX
      || count_of (self, from) >= SESSIONS_OF_ONE_MAX)
    return FALSE;
  g_hash_table_insert (self->sessions, (gpointer) ismb_command_session_get_id (session),
                       g_object_ref (session));
  return TRUE;
}

IsmbCommandSession *
ismb_command_sessions_find (IsmbCommandSessions *self, const char *id, IsmbJid *from,
                            const char *node)
{
  IsmbCommandSession *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL || !ismb_jid_equal (ismb_command_session_get_from_jid (session), from)
      || !g_str_equal (ismb_command_session_get_node (session), node))
    return NULL;
  return session;
}

void
ismb_command_sessions_remove (IsmbCommandSessions *self, IsmbCommandSession *session)
{
  g_hash_table_remove (self->sessions, ismb_command_session_get_id (session));
}

/* What frees a session's data may come back to us. */
static void
let_go (IsmbCommandSessions *self, IsmbCommandSession *session)
{
  g_autoptr (IsmbCommandSession) held = g_object_ref (session);

  _ismb_command_session_let_go (held);
  ismb_command_sessions_remove (self, held);
}

static GPtrArray *
list (IsmbCommandSessions *self)
{
  GPtrArray *sessions = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, g_object_ref (session));
  return sessions;
}

void
ismb_command_sessions_expire (IsmbCommandSessions *self, gint64 age)
{
  g_autoptr (GPtrArray) sessions = list (self);
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < sessions->len; i++)
    if (now - _ismb_command_session_get_touched (sessions->pdata[i]) >= age)
      {
        g_queue_push_head (&self->expired,
                           g_strdup (ismb_command_session_get_id (sessions->pdata[i])));
        let_go (self, sessions->pdata[i]);
      }
  while (self->expired.length > EXPIRED_MAX)
    g_free (g_queue_pop_tail (&self->expired));
}

gboolean
ismb_command_sessions_expired (IsmbCommandSessions *self, const char *id)
{
  return g_queue_find_custom (&self->expired, id, (GCompareFunc) g_strcmp0) != NULL;
}

void
ismb_command_sessions_drop (IsmbCommandSessions *self, const char *node)
{
  g_autoptr (GPtrArray) sessions = list (self);

  for (guint i = 0; i < sessions->len; i++)
    if (node == NULL
        || g_str_equal (ismb_command_session_get_node (sessions->pdata[i]), node))
      let_go (self, sessions->pdata[i]);
}

gboolean
ismb_command_sessions_is_empty (IsmbCommandSessions *self)
{
  return g_hash_table_size (self->sessions) == 0;
}
