/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.bytestreams"

#include "config.h"
#include "ismb/plugins/ismb-bytestreams-private.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-bytestream-block-private.h"
#include "ismb/plugins/ismb-ibb.h"

#define BLOCK_SIZE 4096 /* bytes before base64: everybody should take that (XEP-0047, 2.1) */
#define STREAMS_MAX 64  /* open at a time */
#define EXPECTED_MAX 64 /* announced, and not come yet; then the oldest is forgotten */
#define SID_MAX 256     /* bytes */

/**
 * IsmbBytestreams:
 *
 * In-Band Bytestreams (XEP-0047), `xep_0047`: bytes from client to client inside stanzas, which
 * always gets through. Streams that others open are refused unless they are expected
 * ([method@Ismb.Bytestreams.expect]), [property@Ismb.Bytestreams:auto-accept] is set, or a handler
 * of [signal@Ismb.Bytestreams::incoming] takes them.
 *
 * Its events are `ibb_stream_start` and `ibb_stream_end` (an #IsmbBytestream) on both sides,
 * `ibb_stream_data` (an #IsmbBytestreamBlock) with each block that nobody reads otherwise, and
 * `stream:SID:PEER` (an #IsmbBytestream) when that stream is open.
 */
struct _IsmbBytestreams
{
  IsmbPlugin parent_instance;
  GHashTable *streams; /* key to IsmbBytestream */
  GQueue expected;     /* of keys */
  guint block_size, max_block_size, window_size;
  int unexpected; /* what one hears who opens a stream that nobody expects */
  gboolean auto_accept;
};

enum
{
  PROP_AUTO_ACCEPT = 1,
  PROP_BLOCK_SIZE,
  PROP_MAX_BLOCK_SIZE,
  PROP_WINDOW_SIZE,
  N_PROPERTIES
};
enum { INCOMING, N_SIGNALS };
static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbBytestreams, ismb_bytestreams, ISMB_TYPE_PLUGIN)

/* Streams are known by who is at the other end as well: a sid is his choice (XEP-0047, 2.1). */
static char *
make_key (IsmbJid *peer, const char *sid)
{
  return g_strconcat (ismb_jid_get_full (peer), "\n", sid, NULL);
}

static void
tell (IsmbBytestreams *self, const char *event, gpointer payload)
{
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));

  if (client != NULL)
    ismb_client_emit_event (client, event, payload);
}

/* What a stream tells */

static gboolean
on_block (IsmbBytestream *stream, GBytes *bytes, gpointer user_data)
{
  IsmbClient *client = ismb_plugin_get_client (user_data);
  g_autoptr (IsmbBytestreamBlock) block = NULL;

  if (client == NULL || ismb_client_count_event_handlers (client, "ibb_stream_data") == 0)
    return FALSE;
  block = _ismb_bytestream_block_new (stream, bytes);
  tell (user_data, "ibb_stream_data", block);
  return TRUE;
}

static void
on_ended (IsmbBytestream *stream, gpointer user_data)
{
  g_autoptr (IsmbBytestreams) self = g_object_ref (user_data);
  g_autofree char *key
      = make_key (ismb_bytestream_get_peer_jid (stream), ismb_bytestream_get_sid (stream));

  g_hash_table_remove (self->streams, key);
  if (!_ismb_bytestream_is_ours (stream))
    tell (self, "ibb_stream_end", stream);
}

void
_ismb_bytestreams_add (IsmbBytestreams *self, IsmbBytestream *stream)
{
  IsmbJid *peer = ismb_bytestream_get_peer_jid (stream);

  g_hash_table_insert (self->streams, make_key (peer, ismb_bytestream_get_sid (stream)),
                       g_object_ref (stream));
  g_signal_connect_object (stream, "ended", G_CALLBACK (on_ended), self, 0);
}

static void
begin (IsmbBytestreams *self, IsmbBytestream *stream)
{
  IsmbJid *peer = ismb_bytestream_get_peer_jid (stream);
  const char *sid = ismb_bytestream_get_sid (stream);
  g_autofree char *event = g_strconcat ("stream:", sid, ":", ismb_jid_get_full (peer), NULL);

  _ismb_bytestreams_add (self, stream);
  g_signal_connect_object (stream, "block", G_CALLBACK (on_block), self, 0);
  tell (self, "ibb_stream_start", stream);
  tell (self, event, stream);
}

/* What others ask for */

static gboolean
refuse (GError **error, int code, const char *text)
{
  g_set_error_literal (error, ISMB_STANZA_ERROR, code, text);
  return FALSE;
}

static gboolean
answer (IsmbClient *client, IsmbStanza *request, GError **error)
{
  g_autoptr (IsmbIq) reply = ismb_iq_new (ismb_stanza_get_from_jid (request), "result");

  ismb_stanza_set_id (ISMB_STANZA (reply), ismb_stanza_get_id (request));
  return ismb_client_send (client, ISMB_STANZA (reply), error);
}

static gboolean
take_expected (IsmbBytestreams *self, const char *key)
{
  GList *link = g_queue_find_custom (&self->expected, key, (GCompareFunc) g_strcmp0);

  if (link == NULL)
    return FALSE;
  g_free (link->data);
  g_queue_delete_link (&self->expected, link);
  return TRUE;
}

static gboolean
is_wanted (IsmbBytestreams *self, IsmbStanza *stanza, const char *sid)
{
  g_autofree char *key = make_key (ismb_stanza_get_from_jid (stanza), sid);
  gboolean wanted = FALSE;

  if (take_expected (self, key) || self->auto_accept)
    return TRUE;
  g_signal_emit (self, signals[INCOMING], 0, ismb_stanza_get_from_jid (stanza), sid, &wanted);
  return wanted;
}

static IsmbBytestream *
find_stream (IsmbBytestreams *self, IsmbStanza *stanza)
{
  const char *sid = ismb_ibb_get (stanza, "sid");
  IsmbJid *from = ismb_stanza_get_from_jid (stanza);
  g_autofree char *key = sid != NULL && from != NULL ? make_key (from, sid) : NULL;

  return key != NULL ? g_hash_table_lookup (self->streams, key) : NULL;
}

/* XEP-0047, 2.1. The error is set where it cannot be. */
static gboolean
check_opening (IsmbBytestreams *self, IsmbStanza *stanza, const char *sid, guint block_size,
               GError **error)
{
  if (ismb_stanza_get_from_jid (stanza) == NULL || sid == NULL || *sid == '\0'
      || strlen (sid) > SID_MAX || block_size == 0)
    return refuse (error, ISMB_STANZA_ERROR_BAD_REQUEST, "no id, or no block size");
  if (g_strcmp0 (ismb_ibb_get (stanza, "stanza"), "message") == 0)
    return refuse (error, ISMB_STANZA_ERROR_NOT_ACCEPTABLE, "blocks would be messages");
  if (block_size > self->max_block_size)
    return refuse (error, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT, "smaller blocks, please");
  return TRUE;
}

/* One that nobody has made yet. */
static gboolean
begin_new (IsmbBytestreams *self, IsmbStanza *stanza, const char *sid, guint block_size,
           GError **error)
{
  IsmbBytestreamTerms terms = { block_size, self->window_size };
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_autoptr (IsmbBytestream) stream = NULL;

  if (g_hash_table_size (self->streams) >= STREAMS_MAX)
    return refuse (error, ISMB_STANZA_ERROR_NOT_ACCEPTABLE, "too many streams are open");
  if (!is_wanted (self, stanza, sid) || ismb_plugin_get_client (ISMB_PLUGIN (self)) == NULL)
    return refuse (error, self->unexpected, "nobody expects this stream");
  if (!answer (client, stanza, error))
    return FALSE;
  stream = _ismb_bytestream_new (client, ismb_stanza_get_from_jid (stanza), sid, &terms);
  begin (self, stream);
  return TRUE;
}

static gboolean
on_open (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbBytestreams) self = g_object_ref (user_data);
  const char *sid = ismb_ibb_get (stanza, "sid");
  g_autoptr (IsmbBytestream) stream = NULL;
  guint block_size = 0;

  ismb_ibb_get_number (stanza, "block-size", &block_size);
  if (!check_opening (self, stanza, sid, block_size, error))
    return FALSE;
  g_set_object (&stream, find_stream (self, stanza));
  if (stream == NULL)
    return begin_new (self, stanza, sid, block_size, error);
  if (!_ismb_bytestream_begin (stream, block_size))
    return refuse (error, ISMB_STANZA_ERROR_UNEXPECTED_REQUEST, "the id is in use");
  return answer (client, stanza, error);
}

static gboolean
refuse_unknown (GError **error)
{
  return refuse (error, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "there is no such stream");
}

static gboolean
on_data (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbBytestream *stream = find_stream (user_data, stanza);

  return stream != NULL ? _ismb_bytestream_take (stream, ISMB_IQ (stanza), error)
                        : refuse_unknown (error);
}

static gboolean
on_close (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbBytestream) stream = NULL;

  g_set_object (&stream, find_stream (user_data, stanza));
  if (stream == NULL)
    return refuse_unknown (error);
  if (_ismb_bytestream_take_close (stream, ISMB_IQ (stanza)))
    return TRUE;
  if (!answer (client, stanza, error))
    return FALSE;
  _ismb_bytestream_end (stream, NULL);
  return TRUE;
}

/* The plugin */

static void
end_all (IsmbBytestreams *self)
{
  g_autoptr (GError) error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                                                  "the session ended, and the bytestream with it");
  g_autoptr (GList) streams = g_hash_table_get_values (self->streams);

  g_list_foreach (streams, (GFunc) (gpointer) g_object_ref, NULL);
  for (GList *link = streams; link != NULL; link = link->next)
    {
      g_autoptr (IsmbBytestream) stream = link->data;

      _ismb_bytestream_end (stream, error);
    }
}

static void
on_session_end (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  end_all (user_data);
}

static void
add_handler (IsmbPlugin *plugin, const char *path, IsmbStanzaFunc callback)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path (path, NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, callback, plugin, NULL);
}

static void
ismb_bytestreams_enabled (IsmbPlugin *plugin)
{
  add_handler (plugin, "iq@type=set/{" ISMB_NS_IBB "}open", on_open);
  add_handler (plugin, "iq@type=set/{" ISMB_NS_IBB "}data", on_data);
  add_handler (plugin, "iq@type=set/{" ISMB_NS_IBB "}close", on_close);
  ismb_plugin_add_event_handler (plugin, "session_end", ISMB_EVENT_DEFAULT, on_session_end, plugin,
                                 NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_IBB);
}

static void
ismb_bytestreams_disabled (IsmbPlugin *plugin)
{
  end_all (ISMB_BYTESTREAMS (plugin));
}

static void
ismb_bytestreams_session_bind (IsmbPlugin *plugin, IsmbJid *jid)
{
  end_all (ISMB_BYTESTREAMS (plugin));
}

static void
ismb_bytestreams_finalize (GObject *object)
{
  IsmbBytestreams *self = ISMB_BYTESTREAMS (object);

  g_hash_table_unref (self->streams);
  g_queue_clear_full (&self->expected, g_free);
  G_OBJECT_CLASS (ismb_bytestreams_parent_class)->finalize (object);
}

static void
ismb_bytestreams_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbBytestreams *self = ISMB_BYTESTREAMS (object);

  switch (id)
    {
    case PROP_AUTO_ACCEPT: g_value_set_boolean (value, self->auto_accept); break;
    case PROP_BLOCK_SIZE: g_value_set_uint (value, self->block_size); break;
    case PROP_MAX_BLOCK_SIZE: g_value_set_uint (value, self->max_block_size); break;
    case PROP_WINDOW_SIZE: g_value_set_uint (value, self->window_size); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_bytestreams_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbBytestreams *self = ISMB_BYTESTREAMS (object);

  switch (id)
    {
    case PROP_AUTO_ACCEPT: self->auto_accept = g_value_get_boolean (value); break;
    case PROP_BLOCK_SIZE: self->block_size = g_value_get_uint (value); break;
    case PROP_MAX_BLOCK_SIZE: self->max_block_size = g_value_get_uint (value); break;
    case PROP_WINDOW_SIZE: self->window_size = g_value_get_uint (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  /**
   * IsmbBytestreams:auto-accept:
   *
   * Whether anybody may open a stream.
   */
  properties[PROP_AUTO_ACCEPT] = g_param_spec_boolean ("auto-accept", NULL, NULL, FALSE, flags);
  /**
   * IsmbBytestreams:block-size:
   *
   * Bytes of a block, before base64, in streams that this side opens.
   */
  properties[PROP_BLOCK_SIZE]
      = g_param_spec_uint ("block-size", NULL, NULL, 1, G_MAXUINT16, BLOCK_SIZE, flags);
  /**
   * IsmbBytestreams:max-block-size:
   *
   * Bytes of a block at most, before base64, in streams that others open.
   */
  properties[PROP_MAX_BLOCK_SIZE]
      = g_param_spec_uint ("max-block-size", NULL, NULL, 1, G_MAXUINT16, 8192, flags);
  /**
   * IsmbBytestreams:window-size:
   *
   * How many blocks may be under way without being acknowledged.
   */
  properties[PROP_WINDOW_SIZE] = g_param_spec_uint ("window-size", NULL, NULL, 1, 64, 8, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_bytestreams_class_init (IsmbBytestreamsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  IsmbPluginClass *plugin_class = ISMB_PLUGIN_CLASS (klass);

  object_class->finalize = ismb_bytestreams_finalize;
  object_class->get_property = ismb_bytestreams_get_property;
  object_class->set_property = ismb_bytestreams_set_property;
  plugin_class->enabled = ismb_bytestreams_enabled;
  plugin_class->disabled = ismb_bytestreams_disabled;
  plugin_class->session_bind = ismb_bytestreams_session_bind;
  install_properties (object_class);
  /**
   * IsmbBytestreams::incoming:
   * @self: the plugin
   * @from: who wants to open a stream
   * @sid: the id it would have
   *
   * Somebody wants to open a stream that nobody expects.
   *
   * Returns: %TRUE: it may be
   */
  signals[INCOMING] = g_signal_new ("incoming", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN,
                                    2, ISMB_TYPE_JID, G_TYPE_STRING);
}

static void
ismb_bytestreams_init (IsmbBytestreams *self)
{
  self->unexpected = ISMB_STANZA_ERROR_NOT_ACCEPTABLE;
  self->streams = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

/* The opening of one stream. */
typedef struct
{
  IsmbJid *to;
  char *sid;
  IsmbBytestreamTerms terms;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_object_unref (opening->to);
  g_free (opening->sid);
  g_free (opening);
}

static void send_opening (GTask *task, IsmbClient *client);

/* XEP-0047, 2.1: who wants smaller blocks says resource-constraint. */
static gboolean
wants_smaller (const Opening *opening, const GError *error)
{
  return g_error_matches (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT)
         && opening->terms.block_size > BLOCK_SIZE;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Opening *opening = g_task_get_task_data (task);
  g_autoptr (IsmbBytestream) stream = NULL;
  GError *error = NULL;
  g_autoptr (IsmbIq) reply = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (reply == NULL && wants_smaller (opening, error))
    {
      g_clear_error (&error);
      opening->terms.block_size = BLOCK_SIZE;
      send_opening (task, ISMB_CLIENT (source));
      return;
    }
  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  stream = _ismb_bytestream_new (ISMB_CLIENT (source), opening->to, opening->sid, &opening->terms);
  if (!opening->terms.ours)
    begin (g_task_get_source_object (task), stream);
  g_task_return_pointer (task, g_steal_pointer (&stream), g_object_unref);
}

static void
send_opening (GTask *task, IsmbClient *client)
{
  Opening *opening = g_task_get_task_data (task);
  IsmbNode *open;
  g_autoptr (IsmbIq) iq = ismb_ibb_new (opening->to, "open", opening->sid, &open);

  ismb_ibb_set_number (iq, open, "block-size", opening->terms.block_size);
  ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (iq)), open, "stanza", "iq");
  ismb_client_query_async (client, iq, opening->terms.answer_ms, g_task_get_cancellable (task),
                           on_opened, g_object_ref (task));
}

void
_ismb_bytestreams_open_async (IsmbBytestreams *self, IsmbJid *to, const char *sid,
                              const IsmbBytestreamTerms *terms, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Opening *opening = g_new0 (Opening, 1);

  opening->to = g_object_ref (to);
  opening->sid = g_strdup (sid);
  opening->terms = *terms;
  g_task_set_source_tag (task, ismb_bytestreams_open_async);
  g_task_set_task_data (task, opening, opening_free);
  send_opening (task, ismb_plugin_get_client (ISMB_PLUGIN (self)));
}

void
_ismb_bytestreams_set_unexpected (IsmbBytestreams *self, int code)
{
  self->unexpected = code;
}

/**
 * ismb_bytestreams_open_async:
 * @self: the plugin, enabled
 * @to: whom, a full address
 * @sid: (nullable): the stream's id; %NULL for one that is made up
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when the stream is open
 * @user_data: for @callback
 *
 * Opens a stream to somebody. Where blocks of [property@Ismb.Bytestreams:block-size] are too large
 * for the other side, 4096 bytes are tried.
 */
void
ismb_bytestreams_open_async (IsmbBytestreams *self, IsmbJid *to, const char *sid,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autofree char *made_up = NULL;
  IsmbBytestreamTerms terms = { 0 };
  IsmbClient *client;

  g_return_if_fail (ISMB_IS_BYTESTREAMS (self) && ISMB_IS_JID (to));
  client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_return_if_fail (client != NULL);
  if (sid == NULL)
    sid = made_up = ismb_client_new_id (client);
  terms.block_size = self->block_size;
  terms.window = self->window_size;
  _ismb_bytestreams_open_async (self, to, sid, &terms, cancellable, callback, user_data);
}

/**
 * ismb_bytestreams_open_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Bytestreams.open_async]. Fails as [method@Ismb.Client.query_finish] does: with
 * [error@Ismb.StanzaError.NOT_ACCEPTABLE] where the other side refuses, and with
 * [error@Ismb.StanzaError.RESOURCE_CONSTRAINT] where it wants smaller blocks.
 *
 * Returns: (transfer full): the stream
 */
IsmbBytestream *
ismb_bytestreams_open_finish (IsmbBytestreams *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ismb_bytestreams_expect:
 * @self: the plugin
 * @from: who will open a stream, a full address
 * @sid: the id it will have
 *
 * Has a stream accepted that was agreed upon by other means, once. 64 may be expected at a time;
 * then the oldest is forgotten.
 */
void
ismb_bytestreams_expect (IsmbBytestreams *self, IsmbJid *from, const char *sid)
{
  g_return_if_fail (ISMB_IS_BYTESTREAMS (self) && ISMB_IS_JID (from) && sid != NULL);
  g_queue_push_tail (&self->expected, make_key (from, sid));
  if (self->expected.length > EXPECTED_MAX)
    g_free (g_queue_pop_head (&self->expected));
}
