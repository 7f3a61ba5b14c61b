/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-roster-wishes.h"

#include "ismb/client/ismb-roster-private.h"

struct _IsmbRosterWishes
{
  GHashTable *by_jid; /* bare address to IsmbRosterWish */
};

static void
wish_free (gpointer data)
{
  IsmbRosterWish *wish = data;

  g_free (wish->name);
  g_strfreev (wish->groups);
  g_free (wish);
}

IsmbRosterWishes *
ismb_roster_wishes_new (void)
{
  IsmbRosterWishes *self = g_new0 (IsmbRosterWishes, 1);

  self->by_jid = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, wish_free);
  return self;
}

void
ismb_roster_wishes_free (IsmbRosterWishes *self)
{
  g_hash_table_unref (self->by_jid);
  g_free (self);
}

static IsmbRosterWish *
ensure_wish (IsmbRosterWishes *self, IsmbRoster *roster, IsmbJid *jid)
{
  IsmbRosterWish *wish = g_hash_table_lookup (self->by_jid, ismb_jid_get_bare (jid));
  IsmbRosterItem *item = _ismb_roster_find (roster, jid);

  if (wish != NULL)
    return wish;
  wish = g_new0 (IsmbRosterWish, 1);
  if (item != NULL)
    {
      wish->name = g_strdup (ismb_roster_item_get_name (item));
      wish->groups = g_strdupv ((char **) ismb_roster_item_get_groups (item));
    }
  g_hash_table_insert (self->by_jid, g_strdup (ismb_jid_get_bare (jid)), wish);
  return wish;
}

const IsmbRosterWish *
ismb_roster_wishes_add (IsmbRosterWishes *self, IsmbRoster *roster, IsmbJid *jid, const char *name,
                        const char *const *groups)
{
  IsmbRosterWish *wish = ensure_wish (self, roster, jid);

  wish->waiting++;
  if (name != NULL)
    {
      g_free (wish->name);
      wish->name = g_strdup (name);
    }
  if (groups != NULL)
    {
      g_strfreev (wish->groups);
      wish->groups = g_strdupv ((char **) groups);
    }
  return wish;
}

void
ismb_roster_wishes_end (IsmbRosterWishes *self, IsmbJid *jid)
{
  IsmbRosterWish *wish = g_hash_table_lookup (self->by_jid, ismb_jid_get_bare (jid));

  if (wish != NULL && --wish->waiting == 0)
    g_hash_table_remove (self->by_jid, ismb_jid_get_bare (jid));
}
