/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.hash"

#include "config.h"
#include "ismb/plugins/ismb-hash.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define READ_SIZE 65536
#define DIGEST_MAX 64 /* bytes of the longest, SHA-512's */

/**
 * IsmbHash:
 *
 * The hash of some content, with the name of its algorithm (XEP-0300): `sha-256`, `sha-384` or
 * `sha-512`; `sha-1` is understood and not to be relied upon.
 */
struct _IsmbHash
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbHash, ismb_hash, ISMB_TYPE_PAYLOAD)

/* XEP-0300, 3.1: the names of IANA's registry. */
static const struct
{
  const char *name;
  GChecksumType type;
} algorithms[] = {
  { "sha-256", G_CHECKSUM_SHA256 },
  { "sha-384", G_CHECKSUM_SHA384 },
  { "sha-512", G_CHECKSUM_SHA512 },
  { "sha-1", G_CHECKSUM_SHA1 },
};

static GChecksum *
make_checksum (const char *algorithm)
{
  for (gsize i = 0; algorithm != NULL && i < G_N_ELEMENTS (algorithms); i++)
    if (g_str_equal (algorithms[i].name, algorithm))
      return g_checksum_new (algorithms[i].type);
  return NULL;
}

static void
ismb_hash_class_init (IsmbHashClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "hash", ISMB_NS_HASHES);
}

static void
ismb_hash_init (IsmbHash *self)
{
}

static void
take_checksum (IsmbHash *self, GChecksum *checksum)
{
  guint8 digest[DIGEST_MAX];
  gsize length = sizeof digest;
  g_autofree char *text = NULL;

  g_checksum_get_digest (checksum, digest, &length);
  text = g_base64_encode (digest, length);
  ismb_element_set_text (ismb_payload_get_element (ISMB_PAYLOAD (self)), text);
}

static IsmbHash *
make_hash (const char *algorithm, GChecksum *checksum)
{
  IsmbHash *self = g_object_new (ISMB_TYPE_HASH, NULL);

  ismb_element_set_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "algo", algorithm);
  take_checksum (self, checksum);
  return self;
}

static GError *
no_algorithm (const char *algorithm)
{
  return g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                      "there is no hash algorithm %s here: take sha-256, sha-384 or sha-512",
                      algorithm);
}

static void
update (GChecksum *checksum, GBytes *content)
{
  gsize size;
  const guchar *bytes = g_bytes_get_data (content, &size);

  if (size > 0)
    g_checksum_update (checksum, bytes, (gssize) size);
}

/**
 * ismb_hash_new:
 * @algorithm: `sha-256`, `sha-384` or `sha-512`
 * @content: what is hashed
 * @error: return location for a #GError
 *
 * Hashes some content.
 *
 * Fails with [error@Ismb.Error.NOT_FOUND] where there is no such algorithm.
 *
 * Returns: (transfer full): the hash
 */
IsmbHash *
ismb_hash_new (const char *algorithm, GBytes *content, GError **error)
{
  g_autoptr (GChecksum) checksum = make_checksum (algorithm);

  g_return_val_if_fail (algorithm != NULL && content != NULL, NULL);
  if (checksum == NULL)
    {
      g_propagate_error (error, no_algorithm (algorithm));
      return NULL;
    }
  update (checksum, content);
  return make_hash (algorithm, checksum);
}

/* In a thread: a file may be large, and its disk slow. */
static void
hash_file (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GFile *file = source;
  g_autoptr (GChecksum) checksum = make_checksum (data);
  g_autofree guchar *bytes = g_malloc (READ_SIZE);
  GError *error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, &error);
  gssize count = 1;

  while (stream != NULL && count > 0)
    {
      count = g_input_stream_read (G_INPUT_STREAM (stream), bytes, READ_SIZE, cancellable, &error);
      if (count > 0)
        g_checksum_update (checksum, bytes, count);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&checksum), (GDestroyNotify) g_checksum_free);
}

/**
 * ismb_hash_of_file_async:
 * @file: what is hashed
 * @algorithm: `sha-256`, `sha-384` or `sha-512`
 * @cancellable: (nullable): to stop
 * @callback: (scope async): called with the hash
 * @user_data: for @callback
 *
 * Hashes a file, in a thread of its own.
 */
void
ismb_hash_of_file_async (GFile *file, const char *algorithm, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GChecksum) known = make_checksum (algorithm);
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (G_IS_FILE (file) && algorithm != NULL);
  task = g_task_new (file, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_hash_of_file_async);
  g_task_set_task_data (task, g_strdup (algorithm), g_free);
  if (known != NULL)
    g_task_run_in_thread (task, hash_file);
  else
    g_task_return_error (task, no_algorithm (algorithm));
}

/**
 * ismb_hash_of_file_finish:
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [func@Ismb.Hash.of_file_async]. Fails as reading the file does, and with
 * [error@Ismb.Error.NOT_FOUND] where there is no such algorithm.
 *
 * Returns: (transfer full): the hash
 */
IsmbHash *
ismb_hash_of_file_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GChecksum) checksum = NULL;

  g_return_val_if_fail (G_IS_TASK (result), NULL);
  checksum = g_task_propagate_pointer (G_TASK (result), error);
  return checksum != NULL ? make_hash (g_task_get_task_data (G_TASK (result)), checksum) : NULL;
}

/**
 * ismb_hash_get_algorithm:
 * @self: a hash
 *
 * The algorithm's name, which need not be one that is known here.
 *
 * Returns: (nullable): the name; %NULL where none is stated
 */
const char *
ismb_hash_get_algorithm (IsmbHash *self)
{
  g_return_val_if_fail (ISMB_IS_HASH (self), NULL);
  return ismb_element_get_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "algo");
}

/**
 * ismb_hash_get_digest:
 * @self: a hash
 *
 * The hash itself.
 *
 * Returns: (transfer full): its bytes
 */
GBytes *
ismb_hash_get_digest (IsmbHash *self)
{
  g_autofree char *text = NULL;
  guchar *bytes;
  gsize length = 0;

  g_return_val_if_fail (ISMB_IS_HASH (self), NULL);
  text = ismb_element_get_text (ismb_payload_get_element (ISMB_PAYLOAD (self)));
  bytes = g_base64_decode (text, &length);
  return g_bytes_new_take (bytes, length);
}

/**
 * ismb_hash_matches:
 * @self: a hash
 * @content: some content
 *
 * Whether it is the hash of that content.
 *
 * Returns: %TRUE if it is; %FALSE also where its algorithm is not known here
 */
gboolean
ismb_hash_matches (IsmbHash *self, GBytes *content)
{
  g_autoptr (GBytes) ours = NULL;
  g_autoptr (GBytes) theirs = NULL;
  g_autoptr (IsmbHash) hash = NULL;

  g_return_val_if_fail (ISMB_IS_HASH (self) && content != NULL, FALSE);
  if (ismb_hash_get_algorithm (self) == NULL)
    return FALSE;
  hash = ismb_hash_new (ismb_hash_get_algorithm (self), content, NULL);
  if (hash == NULL)
    return FALSE;
  ours = ismb_hash_get_digest (hash);
  theirs = ismb_hash_get_digest (self);
  return g_bytes_equal (ours, theirs);
}

/**
 * IsmbHashes:
 *
 * Cryptographic Hash Functions (XEP-0300), `xep_0300`: has the client say which algorithms it knows
 * for [class@Ismb.Hash], whose name in paths is `hash`.
 */
struct _IsmbHashes
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbHashes, ismb_hashes, ISMB_TYPE_PLUGIN)

/* XEP-0300, 4: what is not to be relied upon is not offered either. */
static void
ismb_hashes_enabled (IsmbPlugin *plugin)
{
  ismb_payload_register (ISMB_TYPE_HASH, "hash");
  ismb_plugin_add_feature (plugin, ISMB_NS_HASHES);
  for (gsize i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (algorithms[i].type != G_CHECKSUM_SHA1)
      {
        g_autofree char *feature
            = g_strconcat ("urn:xmpp:hash-function-text-names:", algorithms[i].name, NULL);

        ismb_plugin_add_feature (plugin, feature);
      }
}

static void
ismb_hashes_class_init (IsmbHashesClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_hashes_enabled;
}

static void
ismb_hashes_init (IsmbHashes *self)
{
}
