/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-postbox.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"

typedef enum { MESSAGE, REQUEST, ANSWER, SUBSCRIPTION, AVAILABILITY } Kind;

typedef struct
{
  GList link; /* its data is the entry */
  IsmbStanza *stanza;
  char *xml;
  gsize length;
  guint64 end; /* once sent: where it ends among the bytes of its session */
  Kind kind;
} Entry;

struct _IsmbPostbox
{
  GQueue sent;    /* of Entry, older than all that wait */
  GQueue waiting; /* likewise */
  gsize bytes;    /* of both */
  guint64 written;
  guint32 acked;  /* the `h` that was heard last */
};

static void
entry_free (Entry *entry)
{
  g_object_unref (entry->stanza);
  g_free (entry->xml);
  g_free (entry);
}

static Kind
kind_of (IsmbStanza *stanza)
{
  static const char *const subscriptions[]
      = { "subscribe", "subscribed", "unsubscribe", "unsubscribed", NULL };
  const char *type;

  if (ISMB_IS_MESSAGE (stanza))
    return MESSAGE;
  type = ismb_stanza_get_stanza_type (stanza);
  if (ISMB_IS_IQ (stanza))
    return g_str_equal (type, "get") || g_str_equal (type, "set") ? REQUEST : ANSWER;
  return g_strv_contains (subscriptions, type) ? SUBSCRIPTION : AVAILABILITY;
}

/* Takes an entry that is in no queue any more. */
static void
let_go (IsmbPostbox *self, Entry *entry, GQueue *stanzas)
{
  self->bytes -= entry->length;
  if (stanzas != NULL)
    g_queue_push_tail (stanzas, g_object_ref (entry->stanza));
  entry_free (entry);
}

static Entry *
pop (GQueue *queue)
{
  GList *link = g_queue_pop_head_link (queue);

  return link != NULL ? link->data : NULL;
}

IsmbPostbox *
ismb_postbox_new (void)
{
  return g_new0 (IsmbPostbox, 1);
}

void
ismb_postbox_free (IsmbPostbox *self)
{
  ismb_postbox_clear (self, NULL);
  g_free (self);
}

static gboolean
has_room (IsmbPostbox *self, gsize length, GError **error)
{
  guint count = ismb_postbox_count (self);

  if (count < ISMB_POSTBOX_STANZAS_MAX && self->bytes + length <= ISMB_POSTBOX_BYTES_MAX)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "too much waits to be sent already (%u stanzas, %" G_GSIZE_FORMAT " bytes): send "
               "again when the server has taken some of it",
               count, self->bytes);
  return FALSE;
}

gboolean
ismb_postbox_put (IsmbPostbox *self, IsmbStanza *stanza, char *xml, gsize length, GError **error)
{
  Entry *entry;

  if (!has_room (self, length, error))
    {
      g_free (xml);
      return FALSE;
    }
  entry = g_new0 (Entry, 1);
  entry->link.data = entry;
  entry->stanza = g_object_ref (stanza);
  entry->xml = xml;
  entry->length = length;
  entry->kind = kind_of (stanza);
  self->bytes += length;
  g_queue_push_tail_link (&self->waiting, &entry->link);
  return TRUE;
}

const char *
ismb_postbox_next (IsmbPostbox *self, gsize *length)
{
  Entry *entry = pop (&self->waiting);

  if (entry == NULL)
    return NULL;
  self->written += entry->length;
  entry->end = self->written;
  g_queue_push_tail_link (&self->sent, &entry->link);
  *length = entry->length;
  return entry->xml;
}

gboolean
ismb_postbox_ack (IsmbPostbox *self, guint32 h, GQueue *acked)
{
  guint32 more = h - self->acked;

  if ((gint32) more < 0)
    return TRUE;
  if (more > self->sent.length)
    return FALSE;
  self->acked = h;
  for (; more > 0; more--)
    let_go (self, pop (&self->sent), acked);
  return TRUE;
}

void
ismb_postbox_trim (IsmbPostbox *self, gsize left)
{
  guint64 taken = self->written - MIN (left, self->written);

  while (self->sent.head != NULL && ((Entry *) self->sent.head->data)->end <= taken)
    let_go (self, pop (&self->sent), NULL);
}

void
ismb_postbox_resume (IsmbPostbox *self)
{
  GList *link;

  while ((link = g_queue_pop_tail_link (&self->sent)) != NULL)
    {
      self->written -= ((Entry *) link->data)->length;
      g_queue_push_head_link (&self->waiting, link);
    }
}

static gboolean
outlives_session (Entry *entry, gboolean same_address, IsmbPostboxWanted wanted, gpointer user_data)
{
  switch (entry->kind)
    {
    case REQUEST: return wanted (entry->stanza, user_data);
    case ANSWER: return same_address;
    case AVAILABILITY: return FALSE;
    default: return TRUE;
    }
}

void
ismb_postbox_renew (IsmbPostbox *self, gboolean same_address, IsmbPostboxWanted wanted,
                    gpointer user_data, GQueue *dropped)
{
  GQueue kept = G_QUEUE_INIT;
  Entry *entry;

  while ((entry = pop (&self->sent)) != NULL)
    if (outlives_session (entry, same_address, wanted, user_data))
      g_queue_push_tail_link (&kept, &entry->link);
    else
      let_go (self, entry, dropped);
  self->sent = kept;
  ismb_postbox_resume (self);
  self->written = 0;
  self->acked = 0;
}

void
ismb_postbox_clear (IsmbPostbox *self, GQueue *dropped)
{
  Entry *entry;

  while ((entry = pop (&self->sent)) != NULL || (entry = pop (&self->waiting)) != NULL)
    let_go (self, entry, dropped);
  self->written = 0;
  self->acked = 0;
}

guint
ismb_postbox_count (const IsmbPostbox *self)
{
  return self->sent.length + self->waiting.length;
}

guint
ismb_postbox_count_sent (const IsmbPostbox *self)
{
  return self->sent.length;
}

static gboolean
queue_has_request (GQueue *queue, const char *id)
{
  for (GList *link = queue->head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      if (entry->kind == REQUEST && g_strcmp0 (ismb_stanza_get_id (entry->stanza), id) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
ismb_postbox_has_request (IsmbPostbox *self, const char *id)
{
  return queue_has_request (&self->sent, id) || queue_has_request (&self->waiting, id);
}
