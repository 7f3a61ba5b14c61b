/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.bytestreams"

#include "config.h"
#include "ismb/plugins/ismb-bytestreams.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/plugins/ismb-bytestream-private.h"

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
  gboolean auto_accept;
};

struct _IsmbBytestreamBlock
{
  GObject parent_instance;
  IsmbBytestream *stream;
  GBytes *bytes;
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

/**
 * IsmbBytestreamBlock:
 *
 * A block of bytes that came on a stream, with the event `ibb_stream_data`.
 */
G_DEFINE_FINAL_TYPE (IsmbBytestreamBlock, ismb_bytestream_block, G_TYPE_OBJECT)

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
  block = g_object_new (ISMB_TYPE_BYTESTREAM_BLOCK, NULL);
  block->stream = g_object_ref (stream);
  block->bytes = g_bytes_ref (bytes);
  tell (user_data, "ibb_stream_data", block);
  return TRUE;
}

static void
on_ended (IsmbBytestream *stream, gpointer user_data)
{
  IsmbBytestreams *self = user_data;
  g_autofree char *key
      = make_key (ismb_bytestream_get_peer_jid (stream), ismb_bytestream_get_sid (stream));

  g_hash_table_remove (self->streams, key);
  tell (self, "ibb_stream_end", stream);
}

static void
begin (IsmbBytestreams *self, IsmbBytestream *stream)
{
  IsmbJid *peer = ismb_bytestream_get_peer_jid (stream);
  const char *sid = ismb_bytestream_get_sid (stream);
  g_autofree char *event = g_strconcat ("stream:", sid, ":", ismb_jid_get_full (peer), NULL);

  g_hash_table_insert (self->streams, make_key (peer, sid), g_object_ref (stream));
  g_signal_connect_object (stream, "block", G_CALLBACK (on_block), self, 0);
  g_signal_connect_object (stream, "ended", G_CALLBACK (on_ended), self, 0);
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

static IsmbNode *
find_payload (IsmbStanza *stanza)
{
  return ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (stanza)), NULL, ISMB_NS_IBB);
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

/* XEP-0047, 2.1. The error is set where it cannot be. */
static gboolean
check_opening (IsmbBytestreams *self, IsmbStanza *stanza, const char *sid, guint64 block_size,
               GError **error)
{
  const char *kind = ismb_node_get (find_payload (stanza), "stanza");
  g_autofree char *key = NULL;

  if (ismb_stanza_get_from_jid (stanza) == NULL || sid == NULL || *sid == '\0'
      || strlen (sid) > SID_MAX || block_size == 0)
    return refuse (error, ISMB_STANZA_ERROR_BAD_REQUEST, "no id, or no block size");
  key = make_key (ismb_stanza_get_from_jid (stanza), sid);
  if (g_hash_table_contains (self->streams, key)
      || g_hash_table_size (self->streams) >= STREAMS_MAX || g_strcmp0 (kind, "message") == 0)
    return refuse (error, ISMB_STANZA_ERROR_NOT_ACCEPTABLE,
                   "the id is in use, too many streams are open, or blocks would be messages");
  if (block_size > self->max_block_size)
    return refuse (error, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT, "smaller blocks, please");
  return is_wanted (self, stanza, sid)
         || refuse (error, ISMB_STANZA_ERROR_NOT_ACCEPTABLE, "nobody expects this stream");
}

static gboolean
on_open (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbBytestreams *self = user_data;
  const char *sid = ismb_node_get (find_payload (stanza), "sid");
  const char *size = ismb_node_get (find_payload (stanza), "block-size");
  g_autoptr (IsmbBytestream) stream = NULL;
  guint64 block_size = 0;

  if (size != NULL)
    g_ascii_string_to_unsigned (size, 10, 1, G_MAXUINT16, &block_size, NULL);
  if (!check_opening (self, stanza, sid, block_size, error) || !answer (client, stanza, error))
    return FALSE;
  stream = _ismb_bytestream_new (client, ismb_stanza_get_from_jid (stanza), sid, block_size,
                                 self->window_size);
  begin (self, stream);
  return TRUE;
}

static IsmbBytestream *
find_stream (IsmbBytestreams *self, IsmbStanza *stanza, GError **error)
{
  const char *sid = ismb_node_get (find_payload (stanza), "sid");
  IsmbJid *from = ismb_stanza_get_from_jid (stanza);
  g_autofree char *key = sid != NULL && from != NULL ? make_key (from, sid) : g_strdup ("");
  IsmbBytestream *stream = g_hash_table_lookup (self->streams, key);

  if (stream == NULL)
    refuse (error, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "there is no such stream");
  return stream;
}

static gboolean
on_data (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbBytestream *stream = find_stream (user_data, stanza, error);

  return stream != NULL && _ismb_bytestream_take (stream, ISMB_IQ (stanza), error);
}

static gboolean
on_close (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbBytestream *stream = find_stream (user_data, stanza, error);

  if (stream == NULL || !answer (client, stanza, error))
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
      = g_param_spec_uint ("block-size", NULL, NULL, 1, G_MAXUINT16, 4096, flags);
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
  self->streams = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbBytestreams *self = g_task_get_source_object (task);
  IsmbBytestream *stream = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (IsmbIq) reply = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  begin (self, stream);
  g_task_return_pointer (task, g_object_ref (stream), g_object_unref);
}

static IsmbIq *
make_opening (IsmbBytestreams *self, IsmbJid *to, const char *sid)
{
  IsmbIq *iq = ismb_iq_new (to, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *open = ismb_tree_add (tree, ismb_tree_root (tree), "open", ISMB_NS_IBB);
  g_autofree char *size = g_strdup_printf ("%u", self->block_size);

  ismb_tree_set (tree, open, "block-size", size);
  ismb_tree_set (tree, open, "sid", sid);
  ismb_tree_set (tree, open, "stanza", "iq");
  return iq;
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
 * Opens a stream to somebody.
 */
void
ismb_bytestreams_open_async (IsmbBytestreams *self, IsmbJid *to, const char *sid,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autofree char *made_up = NULL;
  g_autoptr (IsmbIq) iq = NULL;
  IsmbClient *client;
  GTask *task;

  g_return_if_fail (ISMB_IS_BYTESTREAMS (self) && ISMB_IS_JID (to));
  client = ismb_plugin_get_client (ISMB_PLUGIN (self));
  g_return_if_fail (client != NULL);
  if (sid == NULL)
    sid = made_up = ismb_client_new_id (client);
  iq = make_opening (self, to, sid);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_bytestreams_open_async);
  g_task_set_task_data (
      task, _ismb_bytestream_new (client, to, sid, self->block_size, self->window_size),
      g_object_unref);
  ismb_client_query_async (client, iq, 0, cancellable, on_opened, task);
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

static void
ismb_bytestream_block_finalize (GObject *object)
{
  IsmbBytestreamBlock *self = ISMB_BYTESTREAM_BLOCK (object);

  g_clear_object (&self->stream);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  G_OBJECT_CLASS (ismb_bytestream_block_parent_class)->finalize (object);
}

static void
ismb_bytestream_block_class_init (IsmbBytestreamBlockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_bytestream_block_finalize;
}

static void
ismb_bytestream_block_init (IsmbBytestreamBlock *self)
{
}

/**
 * ismb_bytestream_block_get_stream:
 * @self: a block
 *
 * The stream it came on.
 *
 * Returns: (transfer none): the stream
 */
IsmbBytestream *
ismb_bytestream_block_get_stream (IsmbBytestreamBlock *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM_BLOCK (self), NULL);
  return self->stream;
}

/**
 * ismb_bytestream_block_get_bytes:
 * @self: a block
 *
 * What came.
 *
 * Returns: (transfer none): the bytes
 */
GBytes *
ismb_bytestream_block_get_bytes (IsmbBytestreamBlock *self)
{
  g_return_val_if_fail (ISMB_IS_BYTESTREAM_BLOCK (self), NULL);
  return self->bytes;
}
