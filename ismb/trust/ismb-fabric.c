/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.fabric"

#include "config.h"
#include "ismb/trust/ismb-fabric-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-roots.h"

#define HASH_DIGITS 64

G_DEFINE_FINAL_TYPE (IsmbFabric, ismb_fabric, G_TYPE_OBJECT)

enum
{
  CHANGED,
  REVOKED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void
drop_bundle (IsmbFabric *self)
{
  g_clear_pointer (&self->bundle, ismb_bundle_free);
  g_clear_pointer (&self->names, ismb_names_free);
  g_clear_pointer (&self->ca_pem, g_free);
  g_clear_pointer (&self->name, g_free);
}

static void
ismb_fabric_finalize (GObject *object)
{
  IsmbFabric *self = ISMB_FABRIC (object);

  g_clear_handle_id (&self->changed_source, g_source_remove);
  drop_bundle (self);
  g_clear_object (&self->identity);
  g_clear_object (&self->authority);
  g_clear_pointer (&self->pins, ismb_pins_free);
  g_clear_pointer (&self->revocations, ismb_revocations_free);
  g_clear_pointer (&self->clock, ismb_clock_free);
  g_free (self->state_dir);
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
  signals[REVOKED] = g_signal_new ("revoked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
ismb_fabric_init (IsmbFabric *self)
{
}

void
ismb_fabric_emit_revoked (IsmbFabric *self, const char *device_id)
{
  g_signal_emit (self, signals[REVOKED], 0, device_id);
}

static gboolean
on_idle (gpointer user_data)
{
  IsmbFabric *self = user_data;

  self->changed_source = 0;
  g_signal_emit (self, signals[CHANGED], 0);
  return G_SOURCE_REMOVE;
}

void
ismb_fabric_change_later (IsmbFabric *self)
{
  if (self->changed_source == 0)
    self->changed_source = g_idle_add (on_idle, self);
}

/* Is the certificate for our key and our domain? */
static gboolean
check_ours (IsmbFabric *self, const IsmbNames *names, GError **error)
{
  const char *id = ismb_identity_get_full_id (self->identity);

  if (!g_str_equal (names->domain, self->domain))
    g_set_error (
        error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
        "the certificate is for %s, and this switch is %s: make a new request and have it signed",
        names->domain, self->domain);
  else if (!g_str_equal (names->device_id, id))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                 "the certificate is for another key, of device %s; this one is %s: make a new "
                 "request and have it signed",
                 names->device_id, id);
  else
    return TRUE;
  return FALSE;
}

gboolean
ismb_fabric_check_membership (IsmbFabric *self, GError **error)
{
  if (!check_ours (self, self->names, error) ||
      ismb_roots_vouch (self->bundle->roots, self->bundle->leaf, self->clock, error) == NULL)
    return FALSE;
  if (!ismb_fabric_is_revoked (self, self->names->device_id))
    return TRUE;
  g_set_error_literal (
      error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
      "this device is revoked: `switchctl fabric leave --new-key` makes another of "
      "it, which may join");
  return FALSE;
}

void
ismb_fabric_take_bundle (IsmbFabric *self, IsmbBundle *bundle, IsmbNames *names)
{
  drop_bundle (self);
  self->bundle = bundle;
  self->names = names;
  self->ca_pem = ismb_certificate_to_pem (bundle->roots->pdata[0], NULL);
  self->name = ismb_certificate_dup_common_name (bundle->roots->pdata[0]);
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

IsmbClock *
ismb_fabric_get_clock (IsmbFabric *self)
{
  return self->clock;
}

gboolean
ismb_fabric_is_member (IsmbFabric *self)
{
  return self->bundle != NULL && ismb_fabric_check_membership (self, NULL);
}

const char *
ismb_fabric_get_name (IsmbFabric *self)
{
  return self->name;
}

const char *
ismb_fabric_get_id (IsmbFabric *self)
{
  return self->bundle != NULL ? self->bundle->ca_hash : NULL;
}

const char *
ismb_fabric_get_ca_pem (IsmbFabric *self)
{
  return self->ca_pem;
}

gint64
ismb_fabric_get_expiry (IsmbFabric *self)
{
  return self->bundle != NULL ? gnutls_x509_crt_get_expiration_time (self->bundle->leaf) : 0;
}

IsmbAuthority *
ismb_fabric_get_authority (IsmbFabric *self)
{
  return self->authority;
}

const IsmbNames *
ismb_fabric_get_names (IsmbFabric *self)
{
  return self->names;
}

gboolean
ismb_fabric_lacks_vr (IsmbFabric *self)
{
  for (guint i = 0; self->names != NULL && self->vrs[i] != NULL; i++)
    if (!ismb_names_has_vr (self->names, self->vrs[i]))
      return TRUE;
  return FALSE;
}

/* An expired certificate is shown all the same: the other side then says what is wrong. Only one
 * that does not fit our key cannot be. */
char *
ismb_fabric_dup_chain_pem (IsmbFabric *self)
{
  if (self->mode == ISMB_FABRIC_CLOSED && self->bundle != NULL &&
      check_ours (self, self->names, NULL))
    return ismb_bundle_to_pem (self->bundle, NULL);
  return ismb_identity_self_sign (self->identity, self->domain, (const char *const *) self->vrs,
                                  ismb_clock_now (self->clock), NULL);
}

char *
ismb_fabric_request (IsmbFabric *self, GError **error)
{
  return ismb_identity_request (self->identity, self->domain, (const char *const *) self->vrs,
                                error);
}

gboolean
ismb_fabric_check_ca_hash (const char *ca_hash, GError **error)
{
  if (strlen (ca_hash) == HASH_DIGITS && strspn (ca_hash, "0123456789abcdefABCDEF") == HASH_DIGITS)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "“%s” is no CA hash: it has %d hex digits",
               ca_hash, HASH_DIGITS);
  return FALSE;
}

static gboolean
check_wanted (IsmbFabric *self, IsmbBundle *bundle, const char *wanted, GError **error)
{
  if (!ismb_fabric_check_ca_hash (wanted, error))
    return FALSE;
  if (ismb_roots_lead_to (bundle->roots, wanted, self->clock))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the CA's hash is %s, and %s was expected: this is a certificate of another fabric",
               bundle->ca_hash, wanted);
  return FALSE;
}

/* Who has a CA here has to do with no other, and who has a certificate with its CA and what that
 * one vouches for. */
static gboolean
is_of_our_fabric (IsmbFabric *self, IsmbBundle *bundle)
{
  if (self->authority != NULL)
    return g_str_equal (bundle->ca_hash, ismb_authority_get_ca_hash (self->authority));
  return self->bundle == NULL || ismb_roots_agree (self->bundle->roots, bundle->roots, self->clock);
}

static gboolean
check_same_fabric (IsmbFabric *self, IsmbBundle *bundle, GError **error)
{
  if (is_of_our_fabric (self, bundle))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "this switch is in the fabric “%s”, CA %s, and can be in one only: leave it first "
               "(`switchctl fabric leave`)",
               self->name != NULL ? self->name : "?",
               self->bundle != NULL ? self->bundle->ca_hash : "?");
  return FALSE;
}

/* Takes the bundle if it is for us and holds: on disk first. */
static gboolean
adopt (IsmbFabric *self, IsmbBundle *bundle, GError **error)
{
  g_autoptr (IsmbBundle) owned = bundle;
  g_autoptr (IsmbNames) names = ismb_certificate_get_holder (bundle->leaf, error);

  if (names == NULL || !check_ours (self, names, error) ||
      !ismb_bundle_check (bundle, self->clock, error) ||
      !ismb_bundle_save (bundle, self->bundle_path, self->clock, error))
    return FALSE;
  ismb_fabric_take_bundle (self, g_steal_pointer (&owned), g_steal_pointer (&names));
  g_message ("in the fabric “%s”, CA %s", self->name, self->bundle->ca_hash);
  g_signal_emit (self, signals[CHANGED], 0);
  return TRUE;
}

gboolean
ismb_fabric_install (IsmbFabric *self, const char *bundle_pem, const char *ca_hash, GError **error)
{
  g_autoptr (IsmbBundle) bundle = ismb_bundle_parse (bundle_pem, error);

  return bundle != NULL && check_wanted (self, bundle, ca_hash, error) &&
         check_same_fabric (self, bundle, error) && adopt (self, g_steal_pointer (&bundle), error);
}

gboolean
ismb_fabric_renew (IsmbFabric *self, const char *bundle_pem, GError **error)
{
  g_autoptr (IsmbBundle) bundle = ismb_bundle_parse (bundle_pem, error);

  if (bundle == NULL)
    return FALSE;
  if (self->bundle != NULL && ismb_roots_agree (self->bundle->roots, bundle->roots, self->clock))
    return adopt (self, g_steal_pointer (&bundle), error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the new certificate is of the CA %s, which is none of this fabric's",
               bundle->ca_hash);
  return FALSE;
}

gint64
ismb_fabric_get_two_thirds (IsmbFabric *self)
{
  gint64 expiry = gnutls_x509_crt_get_expiration_time (self->bundle->leaf);
  gint64 signed_at =
      gnutls_x509_crt_get_activation_time (self->bundle->leaf) + ISMB_CERTIFICATE_LEEWAY;

  return expiry - (expiry - signed_at) / 3;
}

gint64
ismb_fabric_get_renewal (IsmbFabric *self)
{
  gint64 time = 0;

  if (self->bundle == NULL || self->authority != NULL)
    return 0;
  time = ismb_fabric_get_two_thirds (self);
  return ismb_roots_have_successor (self->bundle->roots, self->clock)
             ? MIN (time, ismb_clock_now (self->clock))
             : time;
}

gboolean
ismb_fabric_is_revoked (IsmbFabric *self, const char *device_id)
{
  return ismb_revocations_has (self->revocations, device_id);
}

IsmbRevocations *
ismb_fabric_get_revocations (IsmbFabric *self)
{
  return self->revocations;
}

static gboolean
check_leaving (IsmbFabric *self, gboolean destroy, gboolean new_key, GError **error)
{
  if (self->authority != NULL && !destroy)
    g_set_error (
        error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
        "this switch is the registrar of the fabric “%s”: its CA would be lost, and with it "
        "whoever could let a switch in, renew its certificate or revoke it; if that is "
        "meant, say so with `switchctl fabric leave --destroy`",
        self->name != NULL ? self->name : "?");
  else if (self->authority == NULL && self->bundle == NULL && !new_key)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                         "this switch is in no fabric that it could leave");
  else
    return TRUE;
  return FALSE;
}

static gboolean
remove_bundle (IsmbFabric *self, GError **error)
{
  if (g_unlink (self->bundle_path) != 0 && errno != ENOENT)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot remove %s: %s", self->bundle_path,
                   g_strerror (errno));
      return FALSE;
    }
  drop_bundle (self);
  return TRUE;
}

static gboolean
destroy_authority (IsmbFabric *self, GError **error)
{
  if (self->authority != NULL && !ismb_authority_destroy (self->authority, error))
    return FALSE;
  g_clear_object (&self->authority);
  return TRUE;
}

static gboolean
replace_identity (IsmbFabric *self, GError **error)
{
  IsmbIdentity *identity = ismb_identity_replace (self->state_dir, error);

  if (identity == NULL)
    return FALSE;
  g_set_object (&self->identity, identity);
  g_object_unref (identity);
  return TRUE;
}

/* In an order that leaves, wherever it breaks off, a switch that starts and can leave again. */
gboolean
ismb_fabric_leave (IsmbFabric *self, gboolean destroy, gboolean new_key, GError **error)
{
  gboolean left = FALSE;

  if (!check_leaving (self, destroy, new_key, error) || !remove_bundle (self, error))
    return FALSE;
  left = destroy_authority (self, error) && ismb_revocations_clear (self->revocations, error) &&
         (!new_key || replace_identity (self, error));
  if (left)
    g_message ("left the fabric%s", new_key ? ", and am another device from now on" : "");
  g_signal_emit (self, signals[CHANGED], 0);
  return left;
}

char *
ismb_fabric_ca_hash_of (const char *bundle_pem, GError **error)
{
  g_autoptr (IsmbBundle) bundle = ismb_bundle_parse (bundle_pem, error);

  return bundle != NULL ? g_strdup (bundle->ca_hash) : NULL;
}

IsmbNames *
ismb_fabric_holder_of (const char *bundle_pem, GError **error)
{
  g_autoptr (IsmbBundle) bundle = ismb_bundle_parse (bundle_pem, error);

  return bundle != NULL ? ismb_certificate_get_holder (bundle->leaf, error) : NULL;
}
