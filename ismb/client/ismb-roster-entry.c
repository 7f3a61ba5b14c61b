/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-roster-entry.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

#define GROUPS_MAX 256 /* of one contact */
#define TEXT_MAX 1023 /* bytes */

char *
ismb_roster_cut (const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length <= TEXT_MAX)
    return g_strdup (text);
  for (length = TEXT_MAX; (text[length] & 0xc0) == 0x80; length--)
    continue; /* to the start of the character that does not fit */
  return g_strndup (text, length);
}

static GStrv
read_groups (const IsmbNode *item)
{
  g_autoptr (GStrvBuilder) groups = g_strv_builder_new ();
  const IsmbNode *node = item != NULL ? ismb_node_find (item, "group", ISMB_NS_ROSTER) : NULL;

  for (guint i = 0; node != NULL && i < GROUPS_MAX; i++)
    {
      g_autofree char *text = ismb_node_dup_text (node);
      g_autofree char *group = ismb_roster_cut (text);

      g_strv_builder_add (groups, group);
      node = ismb_node_find_next (node, "group", ISMB_NS_ROSTER);
    }
  return g_strv_builder_end (groups);
}

/* RFC 6121, 2.1.2.5; a bus has no more states than these. */
static const char *
known_subscription (const char *text)
{
  static const char *const known[] = { "to", "from", "both" };

  for (gsize i = 0; text != NULL && i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (text, known[i]))
      return known[i];
  return "none";
}

void
ismb_roster_entry_read (IsmbRosterEntry *self, const IsmbNode *item)
{
  const char *name = item != NULL ? ismb_node_get (item, "name") : NULL;

  self->name = name != NULL && name[0] != '\0' ? ismb_roster_cut (name) : NULL;
  self->groups = read_groups (item);
  self->subscription =
      known_subscription (item != NULL ? ismb_node_get (item, "subscription") : NULL);
  self->pending_out = item != NULL && g_strcmp0 (ismb_node_get (item, "ask"), "subscribe") == 0;
  self->listed = item != NULL;
}

void
ismb_roster_entry_clear (IsmbRosterEntry *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->groups, g_strfreev);
}

gboolean
ismb_roster_entry_says (const IsmbRosterEntry *self, const char *direction)
{
  return g_str_equal (self->subscription, direction) || g_str_equal (self->subscription, "both");
}
