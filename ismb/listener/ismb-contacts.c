/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-contacts.h"

#include "ismb/listener/ismb-attendance.h"
#include "ismb/listener/ismb-envelope.h"
#include "ismb/listener/ismb-parts.h"

IsmbSubscription
ismb_contacts_get_state (IsmbRosters *rosters, const char *account, const char *contact)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (rosters, account, contact);

  return entry != NULL ? entry->subscription & ~ISMB_SUBSCRIPTION_LISTED : 0;
}

static gboolean
is_only_pending (const IsmbRosterEntry *entry)
{
  return entry->subscription == ISMB_SUBSCRIPTION_PENDING_IN && entry->name == NULL &&
         entry->groups == NULL;
}

gboolean
ismb_contacts_set_state (IsmbRosters *rosters, const char *account, const char *contact,
                         IsmbSubscription state)
{
  const IsmbRosterEntry *entry = ismb_rosters_lookup (rosters, account, contact);

  if (entry == NULL)
    return ismb_rosters_put (rosters, account, contact, NULL, NULL, state);
  if (state == 0 && is_only_pending (entry))
    return ismb_rosters_remove (rosters, account, contact);
  if (state == ISMB_SUBSCRIPTION_PENDING_IN && !is_only_pending (entry))
    state |= ISMB_SUBSCRIPTION_LISTED;
  return ismb_rosters_set_subscription (rosters, account, contact, state);
}

typedef struct
{
  GPtrArray *contacts;
  guint mask;
  const char *domain;
} Selection;

static void
select_entry (const IsmbRosterEntry *entry, gpointer data)
{
  Selection *selection = data;

  if ((entry->subscription & selection->mask) == 0)
    return;
  if (selection->domain == NULL || ismb_parts_is_at (entry->contact, selection->domain))
    g_ptr_array_add (selection->contacts, g_strdup (entry->contact));
}

GPtrArray *
ismb_contacts_list (IsmbRosters *rosters, const char *account, guint mask, const char *domain)
{
  Selection selection = { g_ptr_array_new_with_free_func (g_free), mask, domain };

  ismb_rosters_foreach (rosters, account, select_entry, &selection);
  return selection.contacts;
}

/* RFC 6121, 3.1.3: the stanza as it came, if it is kept. */
static IsmbFrame *
make_request (const IsmbRosterEntry *entry, const char *address)
{
  g_autoptr (IsmbFrame) stored
    = entry->request != NULL ? ismb_envelope_read (entry->request, ISMB_FRAME_PRESENCE) : NULL;

  if (stored != NULL && g_strcmp0 (stored->type, "subscribe") == 0)
    return ismb_frame_readdress (stored, entry->contact, address);
  return ismb_attendance_make ("subscribe", entry->contact, address);
}

void
ismb_contacts_show_pending (IsmbRosters *rosters, IsmbResource *resource)
{
  g_autoptr (GPtrArray) asking =
      ismb_contacts_list (rosters, resource->account, ISMB_SUBSCRIPTION_PENDING_IN, NULL);
  g_autofree char *address = ismb_parts_dup_bare (resource->full);

  for (guint i = 0; i < asking->len; i++)
    {
      g_autoptr (IsmbFrame) request = make_request (
        ismb_rosters_lookup (rosters, resource->account, g_ptr_array_index (asking, i)), address);

      ismb_sink_deliver (resource->sink, request);
    }
}
