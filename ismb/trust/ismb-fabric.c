/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.fabric"

#include "config.h"
#include "ismb/trust/ismb-fabric.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-pins.h"

#define HASH_DIGITS 64

struct _IsmbFabric
{
  GObject parent_instance;
  char *domain;
  char **vrs;
  IsmbFabricMode mode;
  IsmbIdentity *identity;
  IsmbAuthority *authority; /* or NULL */
  IsmbPins *pins;           /* or NULL: closed */
  char *bundle_path;
  /* The bundle: our certificate, then the CA's. One file, so that a crash cannot leave halves of
   * two. */
  char *bundle_pem; /* or NULL, as all below */
  gnutls_x509_crt_t leaf;
  gnutls_x509_crt_t ca;
  char *ca_pem;
  char *name;
  char *id;
};

G_DEFINE_FINAL_TYPE (IsmbFabric, ismb_fabric, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void
drop_bundle (IsmbFabric *self)
{
  g_clear_pointer (&self->bundle_pem, g_free);
  g_clear_pointer (&self->leaf, gnutls_x509_crt_deinit);
  g_clear_pointer (&self->ca, gnutls_x509_crt_deinit);
  g_clear_pointer (&self->ca_pem, g_free);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->id, g_free);
}

static void
ismb_fabric_finalize (GObject *object)
{
  IsmbFabric *self = ISMB_FABRIC (object);

  drop_bundle (self);
  g_clear_object (&self->identity);
  g_clear_object (&self->authority);
  g_clear_pointer (&self->pins, ismb_pins_free);
  g_free (self->bundle_path);
  g_free (self->domain);
  g_strfreev (self->vrs);
  G_OBJECT_CLASS (ismb_fabric_parent_class)->finalize (object);
}

static void
ismb_fabric_class_init (IsmbFabricClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_fabric_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
ismb_fabric_init (IsmbFabric *self)
{
}

/* A bundle taken apart: nothing of it is believed yet. */
typedef struct
{
  gnutls_x509_crt_t certificates[2]; /* leaf, CA */
  char *ca_hash;
} Bundle;

static void
bundle_clear (Bundle *bundle)
{
  for (guint i = 0; i < G_N_ELEMENTS (bundle->certificates); i++)
    g_clear_pointer (&bundle->certificates[i], gnutls_x509_crt_deinit);
  g_free (bundle->ca_hash);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bundle, bundle_clear)

static gboolean
parse_bundle (const char *pem, Bundle *bundle, GError **error)
{
  g_auto (gnutls_pubkey_t) ca_key = NULL;

  if (!ismb_certificate_list_from_pem (pem, G_N_ELEMENTS (bundle->certificates),
                                       bundle->certificates, error))
    return FALSE;
  ca_key = ismb_certificate_get_key (bundle->certificates[1]);
  bundle->ca_hash = ca_key != NULL ? ismb_certificate_key_to_hex (ca_key) : NULL;
  if (bundle->ca_hash != NULL)
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "the CA's certificate has no usable key");
  return FALSE;
}

/* Is the certificate for our key and our domain? */
static gboolean
check_ours (IsmbFabric *self, gnutls_x509_crt_t leaf, GError **error)
{
  g_autoptr (IsmbNames) names = ismb_certificate_get_holder (leaf, error);

  if (names == NULL)
    return FALSE;
  if (!g_str_equal (names->domain, self->domain))
    {
      g_set_error (
        error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
        "the certificate is for %s, and this switch is %s: make a new request and have it signed",
        names->domain, self->domain);
      return FALSE;
    }
  if (g_str_equal (names->device_id, ismb_identity_get_full_id (self->identity)))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate is for another key, of device %s; this one is %s: make a new "
               "request and have"
               " it signed",
               names->device_id, ismb_identity_get_full_id (self->identity));
  return FALSE;
}

static char *
get_common_name (gnutls_x509_crt_t certificate)
{
  char text[257];
  size_t size = sizeof text;

  if (gnutls_x509_crt_get_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) <
      0)
    return NULL;
  return g_utf8_make_valid (text, -1);
}

/* From here on it is ours. */
static void
take_bundle (IsmbFabric *self, const char *pem, Bundle *bundle)
{
  drop_bundle (self);
  self->bundle_pem = g_strdup (pem);
  self->leaf = g_steal_pointer (&bundle->certificates[0]);
  self->ca = g_steal_pointer (&bundle->certificates[1]);
  self->ca_pem = ismb_certificate_to_pem (self->ca, NULL);
  self->name = get_common_name (self->ca);
  self->id = g_steal_pointer (&bundle->ca_hash);
}

static gboolean
load_bundle (IsmbFabric *self, GError **error)
{
  g_auto (Bundle) bundle = { 0 };
  g_autoptr (GError) local_error = NULL;
  g_autofree char *pem = NULL;

  if (!g_file_get_contents (self->bundle_path, &pem, NULL, &local_error))
    {
      if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!parse_bundle (pem, &bundle, error))
    {
      g_prefix_error (error, "%s: ", self->bundle_path);
      return FALSE;
    }
  take_bundle (self, pem, &bundle);
  return TRUE;
}

static gboolean
load_authority (IsmbFabric *self, const char *state_dir, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->authority = ismb_authority_load (state_dir, &local_error);
  if (self->authority != NULL || g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
load_mode (IsmbFabric *self, const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "pins", NULL);

  if (self->mode == ISMB_FABRIC_CLOSED)
    return TRUE;
  g_warning ("trust=open: whoever comes first with a name is believed; this is for a laboratory");
  self->pins = ismb_pins_load (path, error);
  return self->pins != NULL;
}

static gboolean
check_vrs (const char *const *vrs, GError **error)
{
  for (guint i = 0; vrs != NULL && vrs[i] != NULL; i++)
    if (!ismb_names_check_vr (vrs[i], error))
      return FALSE;
  return TRUE;
}

/* Nobody else can say that a registrar's own name is another's, and a key of its own that was lost
 * must not keep it from starting. */
static gboolean
certify_self (IsmbFabric *self, GError **error)
{
  g_autofree char *request = ismb_fabric_request (self, error);
  g_autofree char *bundle
      = request != NULL ? ismb_authority_replace (self->authority, request, error) : NULL;

  return bundle != NULL &&
         ismb_fabric_install (self, bundle, ismb_authority_get_ca_hash (self->authority), error);
}

static gboolean
check_membership (IsmbFabric *self, GError **error)
{
  return check_ours (self, self->leaf, error) &&
         ismb_certificate_check (self->leaf, self->ca, error);
}

/* A registrar can help itself: where its certificate ended, or a crash came between CA and
 * certificate. */
static gboolean
settle (IsmbFabric *self, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (self->leaf != NULL && check_membership (self, &reason))
    return TRUE;
  if (self->authority != NULL)
    return certify_self (self, error);
  if (reason != NULL)
    g_warning ("not a member of the fabric for now: %s", reason->message);
  return TRUE;
}

IsmbFabric *
ismb_fabric_load (const char *state_dir, const char *domain, const char *const *vrs,
                  IsmbFabricMode mode, GError **error)
{
  g_autoptr (IsmbFabric) self = g_object_new (ISMB_TYPE_FABRIC, NULL);

  self->domain = g_strdup (domain);
  self->vrs = vrs != NULL ? g_strdupv ((char **) vrs) : g_new0 (char *, 1);
  self->mode = mode;
  self->bundle_path = g_build_filename (state_dir, "fabric.pem", NULL);
  if (!ismb_names_check_domain (domain, strlen (domain), error) || !check_vrs (vrs, error))
    return NULL;
  self->identity = ismb_identity_load (state_dir, error);
  if (self->identity == NULL || !load_bundle (self, error) ||
      !load_authority (self, state_dir, error) || !load_mode (self, state_dir, error) ||
      !settle (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

IsmbFabricMode
ismb_fabric_get_mode (IsmbFabric *self)
{
  return self->mode;
}

IsmbIdentity *
ismb_fabric_get_identity (IsmbFabric *self)
{
  return self->identity;
}

const char *
ismb_fabric_get_domain (IsmbFabric *self)
{
  return self->domain;
}

gboolean
ismb_fabric_is_member (IsmbFabric *self)
{
  return self->leaf != NULL && check_membership (self, NULL);
}

const char *
ismb_fabric_get_name (IsmbFabric *self)
{
  return self->name;
}

const char *
ismb_fabric_get_id (IsmbFabric *self)
{
  return self->id;
}

const char *
ismb_fabric_get_ca_pem (IsmbFabric *self)
{
  return self->ca_pem;
}

gint64
ismb_fabric_get_expiry (IsmbFabric *self)
{
  return self->leaf != NULL ? gnutls_x509_crt_get_expiration_time (self->leaf) : 0;
}

IsmbAuthority *
ismb_fabric_get_authority (IsmbFabric *self)
{
  return self->authority;
}

/* An expired certificate is shown all the same: the other side then says what is wrong. Only one
 * that does not fit our key cannot be. */
char *
ismb_fabric_dup_chain_pem (IsmbFabric *self)
{
  if (self->mode == ISMB_FABRIC_CLOSED && self->leaf != NULL && check_ours (self, self->leaf, NULL))
    return g_strdup (self->bundle_pem);
  return ismb_identity_self_sign (self->identity, self->domain, (const char *const *) self->vrs,
                                  NULL);
}

gboolean
ismb_fabric_establish (IsmbFabric *self, const char *name, GError **error)
{
  g_autofree char *state_dir = g_path_get_dirname (self->bundle_path);

  if (self->leaf != NULL || self->authority != NULL)
    {
      g_set_error (
          error, ISMB_ERROR, ISMB_ERROR_EXISTS,
          "this switch is %s the fabric “%s” already, and can be in one only; to leave it, stop the"
          " daemon and remove fabric.pem, ca.key, ca.pem and issued from %s",
          self->authority != NULL ? "a registrar of" : "in", self->name != NULL ? self->name : "?",
          state_dir);
      return FALSE;
    }
  self->authority = ismb_authority_create (state_dir, name, error);
  if (self->authority == NULL)
    return FALSE;
  if (certify_self (self, error))
    return TRUE;
  g_clear_object (&self->authority);
  ismb_authority_discard (state_dir);
  return FALSE;
}

char *
ismb_fabric_request (IsmbFabric *self, GError **error)
{
  return ismb_identity_request (self->identity, self->domain, (const char *const *) self->vrs,
                                error);
}

static gboolean
check_ca_hash (const char *hash, const char *wanted, GError **error)
{
  if (strlen (wanted) != HASH_DIGITS || strspn (wanted, "0123456789abcdefABCDEF") != HASH_DIGITS)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "“%s” is no CA hash: it has %d hex digits", wanted, HASH_DIGITS);
      return FALSE;
    }
  if (g_ascii_strcasecmp (hash, wanted) == 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the CA's hash is %s, and %s was expected: this is a certificate of another fabric",
               hash, wanted);
  return FALSE;
}

gboolean
ismb_fabric_install (IsmbFabric *self, const char *bundle_pem, const char *ca_hash, GError **error)
{
  g_auto (Bundle) bundle = { 0 };

  if (!parse_bundle (bundle_pem, &bundle, error) ||
      !check_ca_hash (bundle.ca_hash, ca_hash, error) ||
      !check_ours (self, bundle.certificates[0], error) ||
      !ismb_certificate_check (bundle.certificates[0], bundle.certificates[1], error) ||
      !g_file_set_contents_full (self->bundle_path, bundle_pem, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
                                 error))
    return FALSE;
  take_bundle (self, bundle_pem, &bundle);
  g_message ("in the fabric “%s”, CA %s", self->name, self->id);
  g_signal_emit (self, signals[CHANGED], 0);
  return TRUE;
}

char *
ismb_fabric_ca_hash_of (const char *bundle_pem, GError **error)
{
  g_auto (Bundle) bundle = { 0 };

  return parse_bundle (bundle_pem, &bundle, error) ? g_steal_pointer (&bundle.ca_hash) : NULL;
}

IsmbNames *
ismb_fabric_holder_of (const char *bundle_pem, GError **error)
{
  g_auto (Bundle) bundle = { 0 };

  return parse_bundle (bundle_pem, &bundle, error)
             ? ismb_certificate_get_holder (bundle.certificates[0], error)
             : NULL;
}

static gboolean
check_names (IsmbNames *names, const char *domain, const char *vr, GError **error)
{
  if (!g_str_equal (names->domain, domain))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "the certificate is for %s, not for %s",
                   names->domain, domain);
      return FALSE;
    }
  if (ismb_names_has_vr (names, vr))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate of %s is not for the virtual router %s", domain, vr);
  return FALSE;
}

/* Does somebody whom we believe stand behind the certificate: the fabric's CA, or in an open fabric
 * nobody but the first to come? */
static gboolean
check_vouched (IsmbFabric *self, gnutls_x509_crt_t leaf, IsmbNames *names, GError **error)
{
  if (self->mode == ISMB_FABRIC_OPEN)
    return ismb_certificate_check (leaf, NULL, error) &&
           ismb_pins_check (self->pins, names->domain, names->device_id, error);
  if (self->ca != NULL)
    return ismb_certificate_check (leaf, self->ca, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "this switch is in no fabric yet, so it can trust nobody");
  return FALSE;
}

/* The CA signs switches and nothing between, so only the leaf is looked at: what else came is
 * noise. */
IsmbProof *
ismb_fabric_verify (IsmbFabric *self, GPtrArray *chain, const char *domain, const char *vr,
                    GError **error)
{
  g_auto (gnutls_x509_crt_t) leaf = NULL;
  g_autoptr (IsmbNames) names = NULL;

  if (chain->len == 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "%s showed no certificate", domain);
      return NULL;
    }
  leaf = ismb_certificate_from_der (g_ptr_array_index (chain, 0), error);
  names = leaf != NULL ? ismb_certificate_get_holder (leaf, error) : NULL;
  if (names == NULL || !check_names (names, domain, vr, error) ||
      !check_vouched (self, leaf, names, error))
    return NULL;
  return ismb_proof_new (g_steal_pointer (&names), gnutls_x509_crt_get_expiration_time (leaf));
}
