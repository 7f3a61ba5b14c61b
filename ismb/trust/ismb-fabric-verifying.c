/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.fabric"

#include "config.h"
#include "ismb/trust/ismb-fabric-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-roots.h"

#define CHAIN_MAX 6        /* certificates of a stranger that are looked at */
#define STATEMENTS_MAX 500 /* revocations a call */

static gboolean
check_names (IsmbNames *names, const char *domain, const char *vr, GError **error)
{
  if (!g_str_equal (names->domain, domain))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "the certificate is for %s, not for %s",
                   names->domain, domain);
      return FALSE;
    }
  if (vr == NULL || ismb_names_has_vr (names, vr))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate of %s is not for the virtual router %s", domain, vr);
  return FALSE;
}

static gboolean
check_not_revoked (IsmbFabric *self, const IsmbNames *names, GError **error)
{
  if (!ismb_fabric_is_revoked (self, names->device_id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "device %s of %s is revoked",
               names->device_id, names->domain);
  return FALSE;
}

/* Whatever can be read of what came, the leaf first; NULL where that cannot. */
static GPtrArray *
parse_chain (GPtrArray *chain, GError **error)
{
  g_autoptr (GPtrArray) list = ismb_roots_new ();

  if (chain->len == 0)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "no certificate was shown");
      return NULL;
    }
  for (guint i = 0; i < MIN (chain->len, CHAIN_MAX); i++)
    {
      gnutls_x509_crt_t certificate =
          ismb_certificate_from_der (chain->pdata[i], i == 0 ? error : NULL);
      if (certificate == NULL && i == 0)
        return NULL;
      if (certificate != NULL)
        g_ptr_array_add (list, certificate);
    }
  return g_steal_pointer (&list);
}

static void
keep_bundle (IsmbFabric *self)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_bundle_save (self->bundle, self->bundle_path, self->clock, &error))
    g_warning ("the fabric's new CA is believed until the next start only: %s", error->message);
}

/* After a rollover: what joins the leaf's CA to the one we believe came with the leaf. */
static gboolean
learn_kin (IsmbFabric *self, GPtrArray *list)
{
  gnutls_x509_crt_t leaf = list->pdata[0];
  gnutls_x509_crt_t kin = ismb_roots_find_kin (self->bundle->roots, list, leaf, self->clock);
  g_autofree char *hash = kin != NULL ? ismb_certificate_dup_key_hash (kin) : NULL;

  if (kin == NULL || !ismb_bundle_learn (self->bundle, kin))
    return FALSE;
  g_message ("the fabric's CA %s vouches for another: %s", self->bundle->ca_hash, hash);
  keep_bundle (self);
  if (self->authority == NULL && ismb_roots_have_successor (self->bundle->roots, self->clock))
    ismb_fabric_change_later (self);
  return TRUE;
}

/* The CA that stands behind the leaf, or NULL. */
static gnutls_x509_crt_t
find_ca (IsmbFabric *self, GPtrArray *list, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gnutls_x509_crt_t leaf = list->pdata[0];
  gnutls_x509_crt_t ca = ismb_roots_vouch (self->bundle->roots, leaf, self->clock, &reason);

  if (ca != NULL)
    return ca;
  if (learn_kin (self, list))
    return ismb_roots_vouch (self->bundle->roots, leaf, self->clock, error);
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

/* After a rollover the former CA is believed until the overlap is over, and so is what it
 * signed. */
static gboolean
check_signed (IsmbFabric *self, GPtrArray *list, gint64 *expiry, GError **error)
{
  gnutls_x509_crt_t ca = find_ca (self, list, error);

  if (ca == NULL)
    return FALSE;
  *expiry = MIN (*expiry, gnutls_x509_crt_get_expiration_time (ca));
  return TRUE;
}

/* In an open fabric nothing vouches for the names but that nobody came with them before: all that
 * counts is the key, and TLS has the holder prove that. */
static gboolean
check_pinned (IsmbFabric *self, gnutls_x509_crt_t leaf, const IsmbNames *names, GError **error)
{
  return ismb_certificate_check_dates (leaf, self->clock, error) &&
         ismb_certificate_check_purposes (leaf, error) &&
         ismb_pins_check (self->pins, names->domain, names->device_id, error);
}

/* Does somebody whom we believe stand behind the certificate? */
static gboolean
check_vouched (IsmbFabric *self, GPtrArray *list, const IsmbNames *names, gint64 *expiry,
               GError **error)
{
  if (self->mode == ISMB_FABRIC_OPEN)
    return check_pinned (self, list->pdata[0], names, error);
  if (self->bundle != NULL)
    return check_signed (self, list, expiry, error) && check_not_revoked (self, names, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "this switch is in no fabric yet, so it can trust nobody");
  return FALSE;
}

static IsmbProof *
verify_list (IsmbFabric *self, GPtrArray *list, const char *domain, const char *vr, GError **error)
{
  g_autoptr (IsmbNames) names = ismb_certificate_get_holder (list->pdata[0], error);
  gint64 expiry = gnutls_x509_crt_get_expiration_time (list->pdata[0]);

  if (names == NULL || !check_names (names, domain, vr, error) ||
      !check_vouched (self, list, names, &expiry, error))
    return NULL;
  return ismb_proof_new (g_steal_pointer (&names), expiry);
}

/* A CA signs switches and nothing between: of what stands behind the leaf only kin of our CA
 * counts. */
IsmbProof *
ismb_fabric_verify (IsmbFabric *self, GPtrArray *chain, const char *domain, const char *vr,
                    GError **error)
{
  g_autoptr (GPtrArray) list = parse_chain (chain, error);

  return list != NULL ? verify_list (self, list, domain, vr, error) : NULL;
}

IsmbProof *
ismb_fabric_verify_account (IsmbFabric *self, GPtrArray *chain, const char *vr, GError **error)
{
  g_autoptr (GPtrArray) list = parse_chain (chain, error);
  g_autoptr (IsmbNames) names =
      list != NULL ? ismb_certificate_get_account (list->pdata[0], error) : NULL;
  gint64 expiry;

  if (names == NULL || !check_names (names, self->domain, vr, error))
    return NULL;
  if (self->mode == ISMB_FABRIC_OPEN)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                           "with trust=open there is no CA that could vouch for an account");
      return NULL;
    }
  expiry = gnutls_x509_crt_get_expiration_time (list->pdata[0]);
  if (!check_vouched (self, list, names, &expiry, error))
    return NULL;
  return ismb_proof_new (g_steal_pointer (&names), expiry);
}

static gboolean
check_same_device (const IsmbProof *proof, const IsmbProof *former, GError **error)
{
  if (g_str_equal (proof->names->device_id, former->names->device_id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the new certificate is of device %s, and the session is of device %s",
               proof->names->device_id, former->names->device_id);
  return FALSE;
}

IsmbProof *
ismb_fabric_verify_renewed (IsmbFabric *self, const char *chain_pem, const IsmbProof *former,
                            const char *vr, GError **error)
{
  gnutls_x509_crt_t certificates[ISMB_BUNDLE_MAX];
  guint count = ismb_certificate_list_from_pem (chain_pem, 1, ISMB_BUNDLE_MAX, certificates, error);
  g_autoptr (GPtrArray) list = ismb_roots_new ();
  g_autoptr (IsmbProof) proof = NULL;

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (list, certificates[i]);
  if (count > 0)
    proof = verify_list (self, list, former->names->domain, vr, error);
  return proof != NULL && check_same_device (proof, former, error) ? g_steal_pointer (&proof)
                                                                   : NULL;
}

gboolean
ismb_fabric_still_believes (IsmbFabric *self, const IsmbProof *proof)
{
  return self->mode == ISMB_FABRIC_OPEN || check_not_revoked (self, proof->names, NULL);
}

gboolean
ismb_fabric_still_vouches (IsmbFabric *self, const IsmbProof *proof)
{
  return self->bundle != NULL && proof->expiry > ismb_clock_now (self->clock)
         && check_not_revoked (self, proof->names, NULL);
}

/* With that certificate for the anchor, does the chain hold? */
static gboolean
leads_from (GPtrArray *list, guint anchor, IsmbClock *clock, GError **error)
{
  g_autoptr (GPtrArray) roots = g_ptr_array_new ();

  g_ptr_array_add (roots, list->pdata[anchor]);
  for (guint i = 1; i < list->len; i++)
    if (i != anchor)
      g_ptr_array_add (roots, list->pdata[i]);
  return ismb_roots_vouch (roots, list->pdata[0], clock, error) != NULL;
}

static gboolean
has_key_of_hash (gnutls_x509_crt_t certificate, const char *ca_hash)
{
  g_autofree char *hash = ismb_certificate_dup_key_hash (certificate);

  return hash != NULL && g_ascii_strcasecmp (hash, ca_hash) == 0;
}

/* There may be several certificates of that CA: its own, and one by its successor. */
static gboolean
check_authority (IsmbFabric *self, GPtrArray *list, const char *ca_hash, GError **error)
{
  g_autoptr (GError) reason = NULL;

  for (guint i = 1; i < list->len; i++)
    if (has_key_of_hash (list->pdata[i], ca_hash))
      {
        g_clear_error (&reason);
        if (leads_from (list, i, self->clock, &reason))
          return TRUE;
      }
  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                 "it is a switch of another fabric, or of none: the CA %s does not stand behind it",
                 ca_hash);
  return FALSE;
}

IsmbNames *
ismb_fabric_verify_authority (IsmbFabric *self, GPtrArray *chain, const char *ca_hash,
                              GError **error)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (IsmbNames) names = NULL;

  if (!ismb_fabric_check_ca_hash (ca_hash, error))
    return NULL;
  list = parse_chain (chain, error);
  if (list != NULL)
    names = ismb_certificate_get_holder (list->pdata[0], error);
  return names != NULL && check_authority (self, list, ca_hash, error) ? g_steal_pointer (&names)
                                                                       : NULL;
}

/* Nobody needs to vouch for an applicant: all that counts of his certificate is the key. His clock
 * may stand anywhere, so the dates do not count either. */
char *
ismb_fabric_identify_applicant (GPtrArray *chain, GError **error)
{
  g_autoptr (GPtrArray) list = parse_chain (chain, error);
  g_autoptr (IsmbNames) names =
      list != NULL ? ismb_certificate_get_holder (list->pdata[0], error) : NULL;
  unsigned int bits = 0;

  if (names == NULL)
    return NULL;
  if (gnutls_x509_crt_get_pk_algorithm (list->pdata[0], &bits) == GNUTLS_PK_ECDSA && bits == 256)
    return g_strdup (names->device_id);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "a device's key is ECDSA P-256");
  return NULL;
}

/* One of a device that is out already is of use only where it is our CA's and the former was not.
 */
static gboolean
is_news (IsmbFabric *self, const IsmbRevocation *revocation)
{
  const IsmbRevocation *known = ismb_revocations_get (self->revocations, revocation->device_id);
  const char *ours = ismb_fabric_get_id (self);

  return known == NULL ||
         (g_strcmp0 (known->ca_hash, ours) != 0 && g_strcmp0 (revocation->ca_hash, ours) == 0);
}

static gboolean
check_statement (IsmbFabric *self, const IsmbRevocation *revocation)
{
  gnutls_x509_crt_t ca =
      self->bundle != NULL ? ismb_roots_get (self->bundle->roots, revocation->ca_hash, self->clock)
                           : NULL;
  g_auto (gnutls_pubkey_t) key = ca != NULL ? ismb_certificate_get_key (ca) : NULL;

  if (key == NULL || !ismb_revocation_check (revocation, key, NULL))
    return FALSE;
  ismb_clock_learn (self->clock, revocation->time);
  return TRUE;
}

/* Those that are to be kept; the array borrows them. */
static GPtrArray *
select_statements (IsmbFabric *self, GPtrArray *revocations)
{
  GPtrArray *selected = g_ptr_array_new ();
  guint bad = revocations->len > STATEMENTS_MAX ? revocations->len - STATEMENTS_MAX : 0;

  for (guint i = 0; i < MIN (revocations->len, STATEMENTS_MAX); i++)
    {
      if (!is_news (self, revocations->pdata[i]))
        continue;
      if (check_statement (self, revocations->pdata[i]))
        g_ptr_array_add (selected, revocations->pdata[i]);
      else
        bad++;
    }
  if (bad > 0)
    ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "revocations", "bad",
                       "%u of %u revocations are none of this fabric's CA, or too many at once",
                       bad, revocations->len);
  return selected;
}

/* Who is out is out at once, also where there is no room to write it down. */
static GPtrArray *
keep_statements (IsmbFabric *self, GPtrArray *selected)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *added = NULL;

  if (selected->len > 0)
    added = ismb_revocations_add (self->revocations, selected, &error);
  if (error != NULL)
    {
      g_warning ("%u revocations hold until the next start only: %s", selected->len,
                 error->message);
      added = ismb_revocations_hold (self->revocations, selected, NULL);
    }
  return added != NULL ? added
                       : g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);
}

GPtrArray *
ismb_fabric_learn_revocations (IsmbFabric *self, GPtrArray *revocations)
{
  g_autoptr (GPtrArray) selected = select_statements (self, revocations);
  GPtrArray *added = keep_statements (self, selected);

  for (guint i = 0; i < added->len; i++)
    ismb_fabric_emit_revoked (self, ((IsmbRevocation *) added->pdata[i])->device_id);
  return added;
}
