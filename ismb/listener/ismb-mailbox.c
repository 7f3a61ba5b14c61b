/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.mailbox"

#include "config.h"
#include "ismb/listener/ismb-mailbox.h"

#include "ismb/listener/ismb-envelope.h"
#include "ismb/listener/ismb-opening.h"
#include "ismb/listener/ismb-slips.h"

struct _IsmbMailbox
{
  GObject parent_instance;

  IsmbRoutes *routes;
  IsmbOffline *offline;
  const IsmbMailboxCallbacks *callbacks;
  gpointer owner;        /* NULL: closed */
  IsmbSlips *slips;
  GHashTable *openings;  /* account, the opening's, to IsmbOpening, owned */
};

G_DEFINE_FINAL_TYPE (IsmbMailbox, ismb_mailbox, G_TYPE_OBJECT)

/* A message on its way to the disk, which is in our custody until it is there. */
typedef struct
{
  IsmbMailbox *mailbox; /* a reference */
  IsmbFrame *frame;     /* a reference */
  gboolean held;        /* beside a holder */
} Writing;

static void
ismb_mailbox_dispose (GObject *object)
{
  IsmbMailbox *self = ISMB_MAILBOX (object);

  ismb_mailbox_close (self);
  g_clear_object (&self->offline);
  g_clear_object (&self->routes);
  G_OBJECT_CLASS (ismb_mailbox_parent_class)->dispose (object);
}

static void
ismb_mailbox_finalize (GObject *object)
{
  g_hash_table_unref (ISMB_MAILBOX (object)->openings);
  G_OBJECT_CLASS (ismb_mailbox_parent_class)->finalize (object);
}

static void
ismb_mailbox_class_init (IsmbMailboxClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_mailbox_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_mailbox_finalize;
}

static void
ismb_mailbox_init (IsmbMailbox *self)
{
  self->openings = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify) ismb_opening_free);
}

static void
on_settled (const char *account, gpointer owner)
{
  IsmbMailbox *self = owner;
  IsmbOpening *opening = g_hash_table_lookup (self->openings, account);

  if (opening != NULL)
    ismb_opening_nudge (opening);
}

IsmbMailbox *
ismb_mailbox_new (IsmbRoutes *routes, IsmbOffline *offline, const IsmbMailboxCallbacks *callbacks,
                  gpointer owner)
{
  IsmbMailbox *self = g_object_new (ISMB_TYPE_MAILBOX, NULL);

  self->routes = g_object_ref (routes);
  self->offline = g_object_ref (offline);
  self->callbacks = callbacks;
  self->owner = owner;
  self->slips = ismb_slips_new (offline, on_settled, self);
  return self;
}

void
ismb_mailbox_close (IsmbMailbox *self)
{
  if (self->owner == NULL)
    return;
  g_hash_table_remove_all (self->openings);
  self->owner = NULL;
  g_clear_pointer (&self->slips, ismb_slips_close);
}

/* Keeping */

static gboolean
was_relied_on (Writing *writing)
{
  if (!writing->held)
    return TRUE;
  return writing->mailbox->slips != NULL &&
         !ismb_slips_fail (writing->mailbox->slips, writing->frame);
}

static void
on_written (const GError *error, gpointer user_data)
{
  Writing *writing = user_data;
  g_autoptr (IsmbMailbox) self = writing->mailbox;

  if (error != NULL && was_relied_on (writing) && self->owner != NULL)
    {
      g_debug ("a message for %s is not kept: %s", writing->frame->to, error->message);
      self->callbacks->undeliverable (writing->frame, "resource-constraint", self->owner);
    }
  else if (error == NULL && writing->held && self->slips != NULL)
    ismb_slips_commit (self->slips, writing->frame);
  ismb_frame_unref (writing->frame);
  g_free (writing);
}

/* Its number, and in `length` its size; 0: there is no room. */
static gint64
write_message (IsmbMailbox *self, const char *account, IsmbFrame *message, gboolean held,
               gsize *length)
{
  g_autofree char *address =
      g_strdup_printf ("%s@%s", account, ismb_routes_get_domain (self->routes));
  g_autofree char *text = ismb_envelope_seal (message, address);
  Writing *writing = g_new0 (Writing, 1);
  gint64 number;

  *writing = (Writing){ g_object_ref (self), ismb_frame_ref (message), held };
  *length = strlen (text);
  number = ismb_offline_keep (self->offline, account, g_get_real_time (), text, *length, on_written,
                              writing);
  if (number != 0)
    return number;
  g_object_unref (writing->mailbox);
  ismb_frame_unref (writing->frame);
  g_free (writing);
  return 0;
}

const char *
ismb_mailbox_keep (IsmbMailbox *self, const char *account, IsmbFrame *message)
{
  gsize length = 0;

  if (self->slips == NULL)
    return "service-unavailable";
  if (ismb_slips_get_account (self->slips, message) != NULL)
    {
      ismb_slips_leave (self->slips, message);
      return NULL;
    }
  if (!ismb_envelope_is_worth (message) ||
      write_message (self, account, message, FALSE, &length) == 0)
    return "service-unavailable";
  return NULL;
}

gboolean
ismb_mailbox_hold (IsmbMailbox *self, const char *account, IsmbFrame *message)
{
  gsize length = 0;
  gint64 number;

  if (self->slips == NULL || ismb_slips_get_account (self->slips, message) != NULL)
    return TRUE;
  if (!ismb_envelope_is_worth (message))
    {
      if (ismb_envelope_is_fleeting (message))
        ismb_frame_set_receipt (message, NULL);
      return TRUE;
    }
  number = write_message (self, account, message, TRUE, &length);
  if (number != 0)
    ismb_slips_attach (self->slips, message, account, number, length);
  return number != 0 || ismb_offline_count (self->offline, account) == 0;
}

void
ismb_mailbox_release (IsmbMailbox *self, const char *account, IsmbFrame *message)
{
  if (!ismb_envelope_is_worth (message) || !ismb_offline_takes (self->offline, account))
    ismb_frame_set_receipt (message, NULL);
}

/* Opening */

static gboolean
is_fit (const IsmbResource *resource)
{
  return resource->available && resource->priority >= 0;
}

/* The resource it was for may have left in the middle, and another be there. What stood behind is
 * given back, as the opening is freed, when that one is waiting already. */
static void
on_ended (IsmbOpening *opening, gboolean left, gpointer owner)
{
  IsmbMailbox *self = owner;
  const char *account = ismb_opening_get_account (opening);
  GPtrArray *resources = left ? ismb_routes_peek_resources (self->routes, account) : NULL;

  g_hash_table_steal (self->openings, account);
  for (guint i = 0; resources != NULL && i < resources->len; i++)
    if (is_fit (g_ptr_array_index (resources, i)))
      ismb_mailbox_open (self, g_ptr_array_index (resources, i));
  ismb_opening_free (opening);
}

static void
on_returned (IsmbFrame *frame, gpointer owner)
{
  IsmbMailbox *self = owner;

  self->callbacks->returned (frame, self->owner);
}

void
ismb_mailbox_open (IsmbMailbox *self, IsmbResource *resource)
{
  static const IsmbOpeningCallbacks callbacks = { on_ended, on_returned };
  IsmbOpening *opening;

  if (self->owner == NULL || ismb_offline_count (self->offline, resource->account) == 0 ||
      g_hash_table_contains (self->openings, resource->account))
    return;
  opening = ismb_opening_new (self->routes, self->offline, self->slips, resource, &callbacks, self);
  g_hash_table_insert (self->openings, (char *) ismb_opening_get_account (opening), opening);
}

const char *
ismb_mailbox_queue (IsmbMailbox *self, IsmbResource *resource, IsmbFrame *message)
{
  IsmbOpening *opening = g_hash_table_lookup (self->openings, resource->account);

  return opening != NULL && ismb_opening_queue (opening, message) ? NULL : "resource-constraint";
}

gboolean
ismb_mailbox_take_back (IsmbMailbox *self, const IsmbFrame *message)
{
  const char *account = self->slips != NULL ? ismb_slips_get_account (self->slips, message) : NULL;
  IsmbOpening *opening = NULL;

  if (account == NULL)
    return FALSE;
  ismb_slips_leave (self->slips, message);
  opening = g_hash_table_lookup (self->openings, account);
  if (opening != NULL)
    ismb_opening_refuse (opening, message);
  return TRUE;
}

guint
ismb_mailbox_count (IsmbMailbox *self, const char *account)
{
  return ismb_offline_count (self->offline, account);
}
