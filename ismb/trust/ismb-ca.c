/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.ca"

#include "config.h"
#include "ismb/trust/ismb-ca.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-key-file.h"
#include "ismb/trust/ismb-roots.h"

#define ROOTS_MAX 4 /* ours, each joined to the other, the former one */

/* A rollover is made by one rename, that of ca.pem: the key that fits it stands in ca-next.key by
 * then, and takes the place of the former behind it, now or at the next start. */
struct _IsmbCa
{
  char *key_path;
  char *next_key_path;
  char *pem_path;
  gnutls_x509_privkey_t key;
  GPtrArray *roots; /* ours first; see ismb-roots.h */
  char *hash;
};

void
ismb_ca_free (IsmbCa *self)
{
  g_clear_pointer (&self->key, gnutls_x509_privkey_deinit);
  g_clear_pointer (&self->roots, g_ptr_array_unref);
  g_free (self->hash);
  g_free (self->key_path);
  g_free (self->next_key_path);
  g_free (self->pem_path);
  g_free (self);
}

static IsmbCa *
ca_new (const char *state_dir)
{
  IsmbCa *self = g_new0 (IsmbCa, 1);

  self->key_path = g_build_filename (state_dir, "ca.key", NULL);
  self->next_key_path = g_build_filename (state_dir, "ca-next.key", NULL);
  self->pem_path = g_build_filename (state_dir, "ca.pem", NULL);
  return self;
}

/* A certificate whose key is gone is what is left of a CA that was destroyed. */
static gboolean
check_absent (IsmbCa *self, GError **error)
{
  if (!g_file_test (self->pem_path, G_FILE_TEST_EXISTS) ||
      !(g_file_test (self->key_path, G_FILE_TEST_EXISTS) ||
        g_file_test (self->next_key_path, G_FILE_TEST_EXISTS)))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS, "there is a fabric's CA already: %s",
               self->pem_path);
  return FALSE;
}

/* Key first and certificate second: a CA without a certificate is no CA yet, and is made anew over
 * the key that a crash left behind. */
static gnutls_x509_privkey_t
load_or_create_key (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gnutls_x509_privkey_t key = ismb_key_file_create (path, &local_error);

  if (key == NULL && g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_EXISTS))
    return ismb_key_file_load (path, error);
  if (key == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return key;
}

/* Takes `roots`. */
static gboolean
set_roots (IsmbCa *self, GPtrArray *roots, GError **error)
{
  char *hash = ismb_certificate_dup_key_hash (roots->pdata[0]);

  g_clear_pointer (&self->roots, g_ptr_array_unref);
  g_clear_pointer (&self->hash, g_free);
  self->roots = roots;
  self->hash = hash;
  if (hash == NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "%s: the certificate has no usable key",
                 self->pem_path);
  return hash != NULL;
}

static gboolean
write_roots (IsmbCa *self, GPtrArray *roots, GError **error)
{
  g_autofree char *pem = ismb_roots_to_pem (roots, error);

  return pem != NULL &&
         g_file_set_contents_full (self->pem_path, pem, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0644, error);
}

IsmbCa *
ismb_ca_create (const char *state_dir, const char *fabric_name, GError **error)
{
  g_autoptr (IsmbCa) self = ca_new (state_dir);
  g_autoptr (GPtrArray) roots = ismb_roots_new ();
  gint64 from = g_get_real_time () / G_USEC_PER_SEC - ISMB_CERTIFICATE_LEEWAY;
  gnutls_x509_crt_t root = NULL;

  if (!ismb_names_check_fabric (fabric_name, error) || !check_absent (self, error))
    return NULL;
  self->key = load_or_create_key (self->key_path, error);
  if (self->key != NULL)
    root = ismb_certificate_new_authority (self->key, fabric_name, from, error);
  if (root == NULL)
    return NULL;
  g_ptr_array_add (roots, root);
  if (!write_roots (self, roots, error) || !set_roots (self, g_steal_pointer (&roots), error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
load_roots (IsmbCa *self, GError **error)
{
  g_autofree char *pem = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) roots = ismb_roots_new ();
  gnutls_x509_crt_t list[ROOTS_MAX];
  guint count = 0;

  if (!g_file_get_contents (self->pem_path, &pem, NULL, &local_error))
    {
      gboolean absent = g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
      g_set_error_literal (error, ISMB_ERROR, absent ? ISMB_ERROR_NOT_FOUND : ISMB_ERROR_FAILED,
                           local_error->message);
      return FALSE;
    }
  count = ismb_certificate_list_from_pem (pem, 1, ROOTS_MAX, list, error);
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (roots, list[i]);
  if (count > 0)
    return set_roots (self, g_steal_pointer (&roots), error);
  g_prefix_error (error, "%s: ", self->pem_path);
  return FALSE;
}

/* A certificate put beside another's key would sign what nobody can check. */
static gboolean
fits (IsmbCa *self, gnutls_x509_privkey_t key)
{
  g_auto (gnutls_pubkey_t) public_key = ismb_certificate_get_public (key, NULL);
  g_autofree char *hash = public_key != NULL ? ismb_certificate_key_to_hex (public_key) : NULL;

  return g_strcmp0 (hash, self->hash) == 0;
}

/* FALSE without error: there is none, or it is another's. */
static gboolean
take_key (IsmbCa *self, const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_auto (gnutls_x509_privkey_t) key = ismb_key_file_load (path, &local_error);

  if (key == NULL && !g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local_error));
  if (key == NULL || !fits (self, key))
    return FALSE;
  self->key = g_steal_pointer (&key);
  return TRUE;
}

/* Either key may be the one: a rollover may have ended before its first step counted, or before its
 * last was done. */
static gboolean
load_key (IsmbCa *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (take_key (self, self->key_path, &local_error))
    return ismb_key_file_remove (self->next_key_path, error);
  if (local_error == NULL && take_key (self, self->next_key_path, &local_error))
    return ismb_key_file_replace (self->key_path, self->next_key_path, error);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (g_file_test (self->key_path, G_FILE_TEST_EXISTS))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "%s is not the key of %s", self->key_path,
                 self->pem_path);
  else
    {
      g_warning ("%s is no registrar's without its key, %s", self->pem_path, self->key_path);
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "there is no %s", self->key_path);
    }
  return FALSE;
}

IsmbCa *
ismb_ca_load (const char *state_dir, GError **error)
{
  g_autoptr (IsmbCa) self = ca_new (state_dir);

  return load_roots (self, error) && load_key (self, error) ? g_steal_pointer (&self) : NULL;
}

/* The keys first: without them the rest is of no use to anybody. */
gboolean
ismb_ca_destroy (const char *state_dir, GError **error)
{
  g_autoptr (IsmbCa) self = ca_new (state_dir);

  if (!ismb_key_file_remove (self->next_key_path, error) ||
      !ismb_key_file_remove (self->key_path, error))
    return FALSE;
  if (g_unlink (self->pem_path) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot remove %s: %s", self->pem_path,
               g_strerror (errno));
  return FALSE;
}

const char *
ismb_ca_get_hash (IsmbCa *self)
{
  return self->hash;
}

static gint64
get_overlap_end (IsmbCa *self)
{
  return self->roots->len > 1 ? gnutls_x509_crt_get_expiration_time (self->roots->pdata[1]) : 0;
}

char *
ismb_ca_dup_pem (IsmbCa *self, gint64 now, GError **error)
{
  if (now < get_overlap_end (self))
    return ismb_roots_to_pem (self->roots, error);
  return ismb_certificate_to_pem (self->roots->pdata[0], error);
}

char *
ismb_ca_certify (IsmbCa *self, IsmbNames *names, gnutls_pubkey_t key, gint64 from, gint64 *until,
                 GError **error)
{
  gnutls_x509_crt_t root = self->roots->pdata[0];
  g_auto (gnutls_x509_crt_t) leaf = NULL;

  *until = MIN (*until, (gint64) gnutls_x509_crt_get_expiration_time (root));
  leaf = ismb_certificate_new_leaf (names, key, from, *until, root, self->key, error);
  return leaf != NULL ? ismb_certificate_to_pem (leaf, error) : NULL;
}

IsmbRevocation *
ismb_ca_revoke (IsmbCa *self, const char *device_id, gint64 time, GError **error)
{
  gnutls_privkey_t key = NULL;
  IsmbRevocation *revocation = NULL;

  if (gnutls_privkey_init (&key) >= 0 && gnutls_privkey_import_x509 (key, self->key, 0) >= 0)
    revocation = ismb_revocation_sign (device_id, time, self->hash, key, error);
  else
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED, "the CA's key cannot be used");
  if (key != NULL)
    gnutls_privkey_deinit (key);
  return revocation;
}

static gboolean
check_overlap (IsmbCa *self, gint64 now, gint64 overlap, GError **error)
{
  gint64 end = get_overlap_end (self);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (end);
  g_autofree char *text = time != NULL ? g_date_time_format_iso8601 (time) : NULL;

  if (end > now)
    g_set_error (
        error, ISMB_ERROR, ISMB_ERROR_EXISTS,
        "the CA before this one is believed until %s, and members know of one former CA at "
        "most: roll over after that",
        text);
  else if (overlap <= 0 || overlap > ISMB_CA_OVERLAP_MAX)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "the overlap must be a second at least, and %d days at most",
                 (int) (ISMB_CA_OVERLAP_MAX / (24 * 60 * 60)));
  else
    return TRUE;
  return FALSE;
}

static gboolean
add_root (GPtrArray *roots, gnutls_x509_crt_t root)
{
  if (root != NULL)
    g_ptr_array_add (roots, root);
  return root != NULL;
}

/* The four certificates of RFC 4210, 4.4. What is for a key begins when the key did, so that a
 * member can tell which of two CAs came after the other; hence the new one begins later, if only by
 * a second. */
static GPtrArray *
make_roots (IsmbCa *self, gnutls_x509_privkey_t next_key, gint64 now, gint64 overlap,
            GError **error)
{
  gnutls_x509_crt_t old = self->roots->pdata[0];
  gint64 old_from = gnutls_x509_crt_get_activation_time (old);
  gint64 from = MAX (now - ISMB_CERTIFICATE_LEEWAY, old_from + 1);
  gint64 until = MIN (now + overlap, (gint64) gnutls_x509_crt_get_expiration_time (old));
  g_autofree char *name = ismb_certificate_dup_common_name (old);
  g_autoptr (GPtrArray) roots = ismb_roots_new ();
  gnutls_x509_crt_t root = ismb_certificate_new_authority (next_key, name, from, error);

  if (!add_root (roots, root) ||
      !add_root (roots, ismb_certificate_new_kin (root, from, until, old, self->key, error)) ||
      !add_root (roots, ismb_certificate_new_kin (old, old_from, until, root, next_key, error)) ||
      !add_root (roots, ismb_certificate_copy (old)))
    return NULL;
  return g_steal_pointer (&roots);
}

/* Behind the point where it counts: what is left to do is done at the next start otherwise. */
static void
succeed (IsmbCa *self, gnutls_x509_privkey_t next_key)
{
  g_autoptr (GError) error = NULL;

  gnutls_x509_privkey_deinit (self->key);
  self->key = next_key;
  if (!ismb_key_file_replace (self->key_path, self->next_key_path, &error))
    g_warning ("the former CA's key stays until the next start: %s", error->message);
}

gboolean
ismb_ca_roll_over (IsmbCa *self, gint64 now, gint64 overlap, GError **error)
{
  g_auto (gnutls_x509_privkey_t) next_key = NULL;
  g_autoptr (GPtrArray) roots = NULL;

  if (!check_overlap (self, now, overlap, error) ||
      !ismb_key_file_remove (self->next_key_path, error))
    return FALSE;
  next_key = ismb_key_file_create (self->next_key_path, error);
  if (next_key != NULL)
    roots = make_roots (self, next_key, now, overlap, error);
  if (roots == NULL || !write_roots (self, roots, error))
    return FALSE;
  succeed (self, g_steal_pointer (&next_key));
  return set_roots (self, g_steal_pointer (&roots), error);
}
