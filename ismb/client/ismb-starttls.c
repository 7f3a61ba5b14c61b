/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-starttls.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-sign-in.h"
#include "ismb/stream/ismb-tag-scanner.h"

#define CLEAR_BYTES_MAX 16384  /* of an element, of a server before TLS */
#define ANSWER_BYTES_MAX 65536 /* of all that it says, space among it */

/* The task's data. */
typedef struct
{
  GIOStream *stream;
  char *request;
  GByteArray *answer;
  IsmbTagScanner scanner;
  gsize scanned, element;
  gboolean asked;
} Talk;

static void
talk_free (Talk *talk)
{
  g_object_unref (talk->stream);
  g_free (talk->request);
  g_byte_array_unref (talk->answer);
  g_free (talk);
}

static void read_answer (GTask *task);
static void send_request (GTask *task, char *request);

static void
refuse (GTask *task, const char *what)
{
  g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_STREAM, "%s", what);
}

/* TRUE: the element is not the last we want to see. */
static gboolean
take_element (GTask *task, const char *element)
{
  Talk *talk = g_task_get_task_data (task);

  if (!talk->asked)
    {
      if (strstr (element, ISMB_NS_TLS) == NULL)
        {
          refuse (task, "the server offers no TLS");
          return FALSE;
        }
      talk->asked = TRUE;
      send_request (task, g_strdup ("<starttls xmlns='" ISMB_NS_TLS "'/>"));
      return TRUE;
    }
  if (!g_str_has_prefix (element, "<proceed"))
    refuse (task, "the server refused STARTTLS");
  else if (talk->scanned < talk->answer->len) /* injected: CVE-2011-0411 */
    refuse (task, "the server sent something behind <proceed/>, in the clear");
  else
    g_task_return_boolean (task, TRUE);
  return FALSE;
}

static gboolean
take_header (GTask *task, const char *bytes, gsize length)
{
  GError *error = NULL;

  while (length > 0 && g_ascii_isspace (*bytes))
    bytes++, length--;
  if (ismb_sign_in_check_header (bytes, length, &error))
    return TRUE;
  g_task_return_error (task, error);
  return FALSE;
}

static gboolean
take_answer (GTask *task)
{
  Talk *talk = g_task_get_task_data (task);

  while (talk->scanned < talk->answer->len)
    {
      const char *bytes = (const char *) talk->answer->data;
      gsize seen = 0;
      IsmbScan scan = ismb_tag_scanner_next (&talk->scanner, bytes + talk->scanned,
                                             talk->answer->len - talk->scanned, &seen);

      talk->scanned += seen;
      if (scan == ISMB_SCAN_BAD || scan == ISMB_SCAN_END)
        {
          refuse (task, "the server does not speak XMPP, or closed the stream");
          return FALSE;
        }
      if (scan == ISMB_SCAN_HEADER && !take_header (task, bytes + talk->element,
                                                    talk->scanned - talk->element))
        return FALSE;
      if (scan == ISMB_SCAN_ELEMENT)
        {
          g_autofree char *element =
              g_strndup (bytes + talk->element, talk->scanned - talk->element);

          if (!take_element (task, g_strchug (element)))
            return FALSE;
        }
      if (scan == ISMB_SCAN_ELEMENT || scan == ISMB_SCAN_HEADER)
        talk->element = talk->scanned;
    }
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Talk *talk = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes
      = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (bytes == NULL)
    g_task_return_error (task, error);
  else if (g_bytes_get_size (bytes) == 0)
    refuse (task, "the server closed the connection before TLS");
  else
    {
      g_byte_array_append (talk->answer, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      if (talk->answer->len > ANSWER_BYTES_MAX)
        refuse (task, "the server says too much before TLS");
      else if (take_answer (task))
        read_answer (task);
    }
}

static void
read_answer (GTask *task)
{
  Talk *talk = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (talk->stream), 4096,
                                   G_PRIORITY_DEFAULT, g_task_get_cancellable (task), on_answer,
                                   g_object_ref (task));
}

static void
on_request_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);

  /* A failure shows when the answer is read. */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
}

static void
send_request (GTask *task, char *request)
{
  Talk *talk = g_task_get_task_data (task);

  g_free (talk->request);
  talk->request = request;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (talk->stream), request,
                                   strlen (request), G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task), on_request_sent,
                                   g_object_ref (task));
}

void
ismb_starttls_async (GIOStream *stream, const char *domain, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  static const IsmbTagScanner limits = { CLEAR_BYTES_MAX, 1000, 32 };
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  g_autofree char *escaped = g_markup_escape_text (domain, -1);
  Talk *talk = g_new0 (Talk, 1);

  g_task_set_source_tag (task, ismb_starttls_async);
  g_task_set_task_data (task, talk, (GDestroyNotify) talk_free);
  talk->stream = g_object_ref (stream);
  talk->answer = g_byte_array_new ();
  talk->scanner = limits;
  send_request (
      task, g_strdup_printf (
                "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='" ISMB_NS_CLIENT
                "' xmlns:stream='" ISMB_NS_STREAM "'>",
                escaped));
  read_answer (task);
}

gboolean
ismb_starttls_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
