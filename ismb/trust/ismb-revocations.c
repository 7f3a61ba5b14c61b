/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.revocations"

#include "config.h"
#include "ismb/trust/ismb-revocations.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-names.h"
#include "ismb/trust/ismb-state-file.h"

#define HASH_DIGITS 64
#define SIGNATURE_DIGITS_MAX 96 /* 72 bytes of DER are the most that P-256 makes */

/* Tells this statement from all else that the key ever signs. */
#define STATEMENT "ismb-revocation-1\n%s\n%s\n%" G_GINT64_FORMAT "\n"

struct _IsmbRevocations
{
  char *path;
  GTree *revocations; /* device id, in the value => IsmbRevocation, owned */
};

IsmbRevocation *
ismb_revocation_new (const char *device_id, gint64 time, const char *ca_hash,
                     const char *signature)
{
  IsmbRevocation *self = g_new0 (IsmbRevocation, 1);

  self->device_id = g_strdup (device_id);
  self->time = time;
  self->ca_hash = g_strdup (ca_hash);
  self->signature = g_strdup (signature);
  return self;
}

IsmbRevocation *
ismb_revocation_copy (const IsmbRevocation *self)
{
  return ismb_revocation_new (self->device_id, self->time, self->ca_hash, self->signature);
}

void
ismb_revocation_free (IsmbRevocation *self)
{
  g_free (self->device_id);
  g_free (self->ca_hash);
  g_free (self->signature);
  g_free (self);
}

static char *
dup_statement (const char *device_id, gint64 time, const char *ca_hash)
{
  return g_strdup_printf (STATEMENT, ca_hash, device_id, time);
}

static gnutls_datum_t
to_datum (const char *text)
{
  return (gnutls_datum_t){ (guint8 *) text, strlen (text) };
}

IsmbRevocation *
ismb_revocation_sign (const char *device_id, gint64 time, const char *ca_hash,
                      gnutls_privkey_t key, GError **error)
{
  g_autofree char *statement = dup_statement (device_id, time, ca_hash);
  g_autofree char *signature = NULL;
  gnutls_datum_t data = to_datum (statement), der = { NULL, 0 };
  int result = gnutls_privkey_sign_data2 (key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der);

  if (result < 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot sign that %s is revoked: %s",
                   device_id, gnutls_strerror (result));
      return NULL;
    }
  signature = g_base64_encode (der.data, der.size);
  gnutls_free (der.data);
  return ismb_revocation_new (device_id, time, ca_hash, signature);
}

static gboolean
is_made_of (const char *text, gsize min, gsize max, const char *digits)
{
  gsize size = strspn (text, digits);

  return text[size] == '\0' && size >= min && size <= max;
}

/* Only what has this shape goes into the file, where it is a line. */
static gboolean
has_shape (const IsmbRevocation *self)
{
  return ismb_names_is_device_id (self->device_id) && self->time >= 0
         && is_made_of (self->ca_hash, HASH_DIGITS, HASH_DIGITS, "0123456789abcdef")
         && is_made_of (self->signature, 1, SIGNATURE_DIGITS_MAX,
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
}

static gboolean
check_shape (const IsmbRevocation *self, GError **error)
{
  if (has_shape (self))
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "this is no revocation: it has no device id, time, CA hash and signature");
  return FALSE;
}

static gboolean
is_signed_by (const IsmbRevocation *self, gnutls_pubkey_t key)
{
  g_autofree char *ca_hash = ismb_certificate_key_to_hex (key);
  g_autofree char *statement = dup_statement (self->device_id, self->time, self->ca_hash);
  g_autofree guint8 *der = NULL;
  gnutls_datum_t data = to_datum (statement), signature = { NULL, 0 };
  gsize size = 0;

  if (g_strcmp0 (ca_hash, self->ca_hash) != 0)
    return FALSE;
  der = g_base64_decode (self->signature, &size);
  signature = (gnutls_datum_t){ der, size };
  return gnutls_pubkey_verify_data2 (key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &signature) >= 0;
}

gboolean
ismb_revocation_check (const IsmbRevocation *self, gnutls_pubkey_t key, GError **error)
{
  if (!check_shape (self, error))
    return FALSE;
  if (is_signed_by (self, key))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the fabric's CA has not said that %s is revoked: the signature does not hold",
               self->device_id);
  return FALSE;
}

static int
compare_ids (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

static GTree *
new_tree (GDestroyNotify free_value)
{
  return g_tree_new_full (compare_ids, NULL, NULL, free_value);
}

static void
put (GTree *tree, IsmbRevocation *revocation)
{
  g_tree_replace (tree, revocation->device_id, revocation);
}

static gboolean
take_line (char **words, gpointer user_data)
{
  IsmbRevocations *self = user_data;
  g_autoptr (IsmbRevocation) revocation = ismb_revocation_new (words[0], 0, words[2], words[3]);

  if (!g_ascii_string_to_signed (words[1], 10, 0, G_MAXINT64, &revocation->time, NULL)
      || !has_shape (revocation))
    return FALSE;
  put (self->revocations, g_steal_pointer (&revocation));
  return TRUE;
}

IsmbRevocations *
ismb_revocations_load (const char *path, GError **error)
{
  g_autoptr (IsmbRevocations) self = g_new0 (IsmbRevocations, 1);

  self->path = g_strdup (path);
  self->revocations = new_tree ((GDestroyNotify) ismb_revocation_free);
  return ismb_state_file_read_lines (path, 4,
                                     "a device id, a time in unix seconds, a CA's hash and a "
                                     "signature; restore the file from a copy",
                                     take_line, self, error)
             ? g_steal_pointer (&self)
             : NULL;
}

void
ismb_revocations_free (IsmbRevocations *self)
{
  g_free (self->path);
  g_tree_unref (self->revocations);
  g_free (self);
}

guint
ismb_revocations_get_count (IsmbRevocations *self)
{
  return g_tree_nnodes (self->revocations);
}

gboolean
ismb_revocations_has (IsmbRevocations *self, const char *device_id)
{
  return ismb_revocations_get (self, device_id) != NULL;
}

const IsmbRevocation *
ismb_revocations_get (IsmbRevocations *self, const char *device_id)
{
  return g_tree_lookup (self->revocations, device_id);
}

static gboolean
append_line (gpointer key, gpointer value, gpointer user_data)
{
  const IsmbRevocation *revocation = value;

  g_string_append_printf (user_data, "%s %" G_GINT64_FORMAT " %s %s\n", revocation->device_id,
                          revocation->time, revocation->ca_hash, revocation->signature);
  return FALSE;
}

static gboolean
save (IsmbRevocations *self, GTree *revocations, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_tree_foreach (revocations, append_line, text);
  return ismb_state_file_write (self->path, text->str, error);
}

static gboolean
check_limit (GTree *revocations, GError **error)
{
  if (g_tree_nnodes (revocations) <= ISMB_REVOCATIONS_MAX)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
               "more than %d devices are revoked, which is the limit: start a new fabric",
               ISMB_REVOCATIONS_MAX);
  return FALSE;
}

static gboolean
borrow (gpointer key, gpointer value, gpointer user_data)
{
  put (user_data, value);
  return FALSE;
}

static gboolean
is_news (GTree *known, const IsmbRevocation *revocation)
{
  const IsmbRevocation *former = g_tree_lookup (known, revocation->device_id);

  return former == NULL || !g_str_equal (former->ca_hash, revocation->ca_hash);
}

/* All that will be known, borrowed, and the count of what changes by it. */
static GTree *
merge (IsmbRevocations *self, GPtrArray *revocations, guint *changes, GError **error)
{
  g_autoptr (GTree) merged = new_tree (NULL);

  g_tree_foreach (self->revocations, borrow, merged);
  for (guint i = 0; i < revocations->len; i++)
    {
      IsmbRevocation *revocation = revocations->pdata[i];

      if (!check_shape (revocation, error))
        return NULL;
      if (!is_news (merged, revocation))
        continue;
      put (merged, revocation);
      (*changes)++;
    }
  return check_limit (merged, error) ? g_steal_pointer (&merged) : NULL;
}

/* Those of `merged` that are not ours yet become so. */
static GPtrArray *
take_over (IsmbRevocations *self, GTree *merged)
{
  GPtrArray *fresh = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);

  for (GTreeNode *node = g_tree_node_first (merged); node != NULL; node = g_tree_node_next (node))
    {
      const IsmbRevocation *revocation = g_tree_node_value (node);

      if (!is_news (self->revocations, revocation))
        continue;
      if (!ismb_revocations_has (self, revocation->device_id))
        g_ptr_array_add (fresh, ismb_revocation_copy (revocation));
      put (self->revocations, ismb_revocation_copy (revocation));
    }
  return fresh;
}

GPtrArray *
ismb_revocations_add (IsmbRevocations *self, GPtrArray *revocations, GError **error)
{
  guint changes = 0;
  g_autoptr (GTree) merged = merge (self, revocations, &changes, error);

  if (merged == NULL || (changes > 0 && !save (self, merged, error)))
    return NULL;
  return take_over (self, merged);
}

GPtrArray *
ismb_revocations_hold (IsmbRevocations *self, GPtrArray *revocations, GError **error)
{
  guint changes = 0;
  g_autoptr (GTree) merged = merge (self, revocations, &changes, error);

  return merged != NULL ? take_over (self, merged) : NULL;
}

char *
ismb_revocations_dup_digest (IsmbRevocations *self)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (GTreeNode *node = g_tree_node_first (self->revocations); node != NULL;
       node = g_tree_node_next (node))
    {
      const IsmbRevocation *revocation = g_tree_node_value (node);

      g_checksum_update (checksum, (const guchar *) revocation->device_id, -1);
      g_checksum_update (checksum, (const guchar *) revocation->ca_hash, -1);
    }
  return g_strdup (g_checksum_get_string (checksum));
}

GPtrArray *
ismb_revocations_list (IsmbRevocations *self, const char *after, guint most)
{
  GPtrArray *list = g_ptr_array_new ();
  GTreeNode *node = after != NULL ? g_tree_upper_bound (self->revocations, after)
                                  : g_tree_node_first (self->revocations);

  for (; node != NULL && list->len < most; node = g_tree_node_next (node))
    g_ptr_array_add (list, g_tree_node_value (node));
  return list;
}

gboolean
ismb_revocations_clear (IsmbRevocations *self, GError **error)
{
  if (!ismb_state_file_write (self->path, "", error))
    return FALSE;
  g_tree_remove_all (self->revocations);
  return TRUE;
}
