/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.inband"
#include "config.h"
#include "ismb/transfer/ismb-inband.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

/* The receiver reads the whole file again and waits for the disk before it answers. */
#define CLOSING_MS 120000

/* The data of the sending task. */
typedef struct
{
  IsmbClient *client;
  IsmbJid *to;
  char *sid;
  int descriptor;
  guint64 size;
  guint64 offset;
  guint block_size;
  guint16 next;
  guint waiting; /* answers that are to come */
  GError *error; /* the first; nothing is sent after it */
  gboolean opened;
  gboolean closing;
} Sending;

static void
sending_free (gpointer data)
{
  Sending *sending = data;

  g_object_unref (sending->client);
  g_object_unref (sending->to);
  g_free (sending->sid);
  g_clear_error (&sending->error);
  g_free (sending);
}

static IsmbIq *
make_request (Sending *sending, const char *name, IsmbNode **element)
{
  IsmbIq *iq = ismb_iq_new (sending->to, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));

  *element = ismb_tree_add (tree, ismb_tree_root (tree), name, ISMB_NS_IBB);
  ismb_tree_set (tree, *element, "sid", sending->sid);
  return iq;
}

static void
set_number (IsmbIq *iq, IsmbNode *element, const char *attribute, guint number)
{
  char text[16];

  g_snprintf (text, sizeof text, "%u", number);
  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), element, attribute, text);
}

static void
ask (GTask *task, IsmbIq *iq, guint timeout_ms, GAsyncReadyCallback callback)
{
  Sending *sending = g_task_get_task_data (task);

  sending->waiting++;
  ismb_client_query_async (sending->client, iq, timeout_ms, g_task_get_cancellable (task),
                             callback, g_object_ref (task));
}

/* An answer came; keeps the first error. */
static gboolean
take_answer (Sending *sending, GAsyncResult *result)
{
  g_autoptr (IsmbIq) answer = NULL;

  sending->waiting--;
  answer = ismb_client_query_finish (sending->client, result,
                                       sending->error == NULL ? &sending->error : NULL);
  return answer != NULL;
}

/* Tells the receiver, who has not the whole file, that no more will come; its answer changes
 * nothing. */
static void
abandon (Sending *sending)
{
  IsmbNode *element;
  g_autoptr (IsmbIq) iq = make_request (sending, "close", &element);

  if (sending->opened && !sending->closing)
    ismb_client_send (sending->client, ISMB_STANZA (iq), NULL);
}

/* Once nothing is under way any more. */
static void
finish (GTask *task)
{
  Sending *sending = g_task_get_task_data (task);

  if (sending->waiting > 0)
    return;
  if (sending->error == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  abandon (sending);
  g_task_return_error (task, g_steal_pointer (&sending->error));
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  take_answer (g_task_get_task_data (task), result);
  finish (task);
}

static void
send_close (GTask *task)
{
  Sending *sending = g_task_get_task_data (task);
  IsmbNode *element;
  g_autoptr (IsmbIq) iq = make_request (sending, "close", &element);

  sending->closing = TRUE;
  ask (task, iq, CLOSING_MS, on_closed);
}

/* A file that became shorter meanwhile ends early, and the receiver calls it corrupt. */
static gssize
read_block (Sending *sending, guchar *block)
{
  gsize wanted = MIN (sending->block_size, sending->size - sending->offset);
  gssize length;

  do
    length = pread (sending->descriptor, block, wanted, sending->offset);
  while (length < 0 && errno == EINTR);
  if (length < 0)
    g_set_error (&sending->error, ISMB_ERROR, ISMB_ERROR_FAILED, "reading failed: %s",
                 g_strerror (errno));
  if (length == 0)
    sending->size = sending->offset;
  return length;
}

static void on_acknowledged (GObject *source, GAsyncResult *result, gpointer user_data);

static void
send_block (GTask *task)
{
  Sending *sending = g_task_get_task_data (task);
  guchar block[ISMB_INBAND_BLOCK_MAX];
  gssize length = read_block (sending, block);
  g_autofree char *text = length > 0 ? g_base64_encode (block, length) : NULL;
  g_autoptr (IsmbIq) iq = NULL;
  IsmbNode *element;

  if (text == NULL)
    return;
  iq = make_request (sending, "data", &element);
  set_number (iq, element, "seq", sending->next++);
  ismb_tree_add_text (_ismb_stanza_get_tree (ISMB_STANZA (iq)), element, text, -1);
  sending->offset += length;
  ask (task, iq, ISMB_INBAND_SILENCE_MS, on_acknowledged);
}

static void
send_more (GTask *task)
{
  Sending *sending = g_task_get_task_data (task);

  while (sending->error == NULL && sending->offset < sending->size
         && sending->waiting < ISMB_INBAND_WINDOW)
    send_block (task);
  if (sending->error != NULL)
    finish (task);
  else if (sending->offset >= sending->size && sending->waiting == 0)
    send_close (task);
}

static void
on_acknowledged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  take_answer (g_task_get_task_data (task), result);
  send_more (task);
}

static void send_open (GTask *task);

/* XEP-0047, 2.1: a receiver who wants smaller blocks says resource-constraint. */
static gboolean
wants_smaller (Sending *sending)
{
  return g_error_matches (sending->error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT)
         && sending->block_size > ISMB_INBAND_BLOCK_MIN;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Sending *sending = g_task_get_task_data (task);

  sending->opened = take_answer (sending, result);
  if (sending->opened)
    send_more (task);
  else if (wants_smaller (sending))
    {
      g_clear_error (&sending->error);
      sending->block_size = ISMB_INBAND_BLOCK_MIN;
      send_open (task);
    }
  else
    finish (task);
}

static void
send_open (GTask *task)
{
  Sending *sending = g_task_get_task_data (task);
  IsmbNode *element;
  g_autoptr (IsmbIq) iq = make_request (sending, "open", &element);

  set_number (iq, element, "block-size", sending->block_size);
  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), element, "stanza", "iq");
  ask (task, iq, ISMB_INBAND_SILENCE_MS, on_opened);
}

void
ismb_inband_send_async (IsmbClient *client, IsmbJid *to, const char *sid, int descriptor,
                        guint64 size, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  Sending *sending = g_new0 (Sending, 1);

  sending->client = g_object_ref (client);
  sending->to = g_object_ref (to);
  sending->sid = g_strdup (sid);
  sending->descriptor = descriptor;
  sending->size = size;
  sending->block_size = ISMB_INBAND_BLOCK_MAX;
  g_task_set_source_tag (task, ismb_inband_send_async);
  g_task_set_task_data (task, sending, sending_free);
  send_open (task);
}

gboolean
ismb_inband_send_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* The receiving half */

static IsmbNode *
element_of (IsmbIq *request)
{
  return ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (request))), NULL,
                         ISMB_NS_IBB);
}

const char *
ismb_inband_get_sid (IsmbIq *request)
{
  IsmbNode *element = element_of (request);

  return element != NULL ? ismb_node_get (element, "sid") : NULL;
}

static gboolean
get_number (IsmbIq *request, const char *attribute, guint max, guint *number)
{
  const char *text = ismb_node_get (element_of (request), attribute);
  guint64 value;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, max, &value, NULL))
    return FALSE;
  *number = (guint) value;
  return TRUE;
}

const char *
ismb_inband_open (IsmbInband *self, IsmbIq *request)
{
  const char *stanza = ismb_node_get (element_of (request), "stanza");
  guint block_size;

  if (self->block_size != 0)
    return "unexpected-request";
  if (!get_number (request, "block-size", G_MAXUINT16, &block_size) || block_size == 0)
    return "bad-request";
  if (stanza != NULL && !g_str_equal (stanza, "iq"))
    return "feature-not-implemented";
  if (block_size > ISMB_INBAND_BLOCK_MAX)
    return "resource-constraint";
  self->block_size = block_size;
  return NULL;
}

/* GLib's decoder skips what is no base64, so what it read is encoded again and compared. */
static GBytes *
decode (const char *text)
{
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (text, &length);
  g_autofree char *again = g_base64_encode (bytes, length);

  return g_str_equal (again, text) ? g_bytes_new_take (g_steal_pointer (&bytes), length) : NULL;
}

const char *
ismb_inband_take (IsmbInband *self, IsmbIq *request, GBytes **bytes)
{
  g_autofree char *text = NULL;
  guint sequence;

  if (self->block_size == 0)
    return "unexpected-request";
  if (!get_number (request, "seq", G_MAXUINT16, &sequence))
    return "bad-request";
  if (sequence != self->next)
    return "unexpected-request";
  text = ismb_node_dup_text (element_of (request));
  *bytes = decode (g_strstrip (text));
  if (*bytes == NULL)
    return "bad-request";
  if (g_bytes_get_size (*bytes) > self->block_size)
    {
      g_clear_pointer (bytes, g_bytes_unref);
      return "bad-request";
    }
  self->next++;
  return NULL;
}
