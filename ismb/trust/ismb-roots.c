/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.roots"

#include "config.h"
#include "ismb/trust/ismb-roots.h"

#include <string.h>

#include "ismb/trust/ismb-certificate.h"

GPtrArray *
ismb_roots_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) gnutls_x509_crt_deinit);
}

char *
ismb_roots_to_pem (GPtrArray *self, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->len; i++)
    {
      g_autofree char *pem = ismb_certificate_to_pem (self->pdata[i], error);
      if (pem == NULL)
        return NULL;
      g_string_append (text, pem);
    }
  return g_strdup (text->str);
}

static gboolean
have_same_name (gnutls_x509_crt_t one, gnutls_x509_crt_t other)
{
  gnutls_datum_t one_name = { NULL, 0 }, other_name = { NULL, 0 };
  gboolean same = gnutls_x509_crt_get_raw_dn (one, &one_name) >= 0 &&
                  gnutls_x509_crt_get_raw_dn (other, &other_name) >= 0 &&
                  one_name.size == other_name.size &&
                  memcmp (one_name.data, other_name.data, one_name.size) == 0;

  gnutls_free (one_name.data);
  gnutls_free (other_name.data);
  return same;
}

static gboolean
have_same_key (gnutls_x509_crt_t one, gnutls_x509_crt_t other)
{
  g_autofree char *one_hash = ismb_certificate_dup_key_hash (one);
  g_autofree char *other_hash = ismb_certificate_dup_key_hash (other);

  return one_hash != NULL && g_strcmp0 (one_hash, other_hash) == 0;
}

gboolean
ismb_roots_are_akin (gnutls_x509_crt_t anchor, gnutls_x509_crt_t candidate)
{
  return ismb_certificate_may_sign (candidate) && have_same_name (anchor, candidate);
}

/* The signature first: with it holds what it tells of the time. */
static gboolean
check_signed (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca, IsmbClock *clock, GError **error)
{
  if (!ismb_certificate_check_signature (certificate, ca, error))
    return FALSE;
  ismb_clock_learn (clock, gnutls_x509_crt_get_activation_time (certificate));
  return TRUE;
}

gboolean
ismb_roots_is_kin (gnutls_x509_crt_t anchor, gnutls_x509_crt_t candidate, IsmbClock *clock)
{
  return ismb_roots_are_akin (anchor, candidate) && check_signed (candidate, anchor, clock, NULL) &&
         ismb_certificate_check_dates (candidate, clock, NULL);
}

static gboolean
is_believed (GPtrArray *self, guint i, IsmbClock *clock)
{
  return i == 0 || ismb_roots_is_kin (self->pdata[0], self->pdata[i], clock);
}

/* The error is the anchor's: kin are none of the reader's concern. */
static gnutls_x509_crt_t
find_signer (GPtrArray *self, gnutls_x509_crt_t leaf, IsmbClock *clock, GError **error)
{
  g_autoptr (GError) first_error = NULL;

  if (check_signed (leaf, self->pdata[0], clock, &first_error))
    return self->pdata[0];
  for (guint i = 1; i < self->len; i++)
    if (is_believed (self, i, clock) && check_signed (leaf, self->pdata[i], clock, NULL))
      return self->pdata[i];
  g_propagate_error (error, g_steal_pointer (&first_error));
  return NULL;
}

static gboolean
check_ca_dates (gnutls_x509_crt_t ca, IsmbClock *clock, GError **error)
{
  if (ismb_certificate_check_dates (ca, clock, error))
    return TRUE;
  g_prefix_error (error, "the fabric's own CA: ");
  return FALSE;
}

gnutls_x509_crt_t
ismb_roots_vouch (GPtrArray *self, gnutls_x509_crt_t leaf, IsmbClock *clock, GError **error)
{
  gnutls_x509_crt_t signer = find_signer (self, leaf, clock, error);

  if (signer == NULL || !ismb_certificate_check_dates (leaf, clock, error) ||
      !ismb_certificate_check_purposes (leaf, error) || !check_ca_dates (signer, clock, error))
    return NULL;
  return signer;
}

gnutls_x509_crt_t
ismb_roots_find_kin (GPtrArray *self, GPtrArray *strangers, gnutls_x509_crt_t leaf,
                     IsmbClock *clock)
{
  for (guint i = 0; i < strangers->len; i++)
    if (ismb_certificate_check_signature (leaf, strangers->pdata[i], NULL) &&
        ismb_roots_is_kin (self->pdata[0], strangers->pdata[i], clock))
      return strangers->pdata[i];
  return NULL;
}

static gboolean
has_hash (gnutls_x509_crt_t ca, const char *ca_hash)
{
  g_autofree char *hash = ismb_certificate_dup_key_hash (ca);

  return hash != NULL && g_ascii_strcasecmp (hash, ca_hash) == 0;
}

gnutls_x509_crt_t
ismb_roots_get (GPtrArray *self, const char *ca_hash, IsmbClock *clock)
{
  for (guint i = 0; i < self->len; i++)
    if (has_hash (self->pdata[i], ca_hash) && is_believed (self, i, clock))
      return self->pdata[i];
  return NULL;
}

/* Is there a certificate of its anchor's key among them that `ca` has signed? */
static gboolean
is_joined_to (GPtrArray *self, gnutls_x509_crt_t ca, IsmbClock *clock)
{
  for (guint i = 1; i < self->len; i++)
    if (have_same_key (self->pdata[0], self->pdata[i]) &&
        ismb_roots_is_kin (ca, self->pdata[i], clock))
      return TRUE;
  return FALSE;
}

gboolean
ismb_roots_lead_to (GPtrArray *self, const char *ca_hash, IsmbClock *clock)
{
  if (has_hash (self->pdata[0], ca_hash))
    return TRUE;
  for (guint i = 1; i < self->len; i++)
    if (has_hash (self->pdata[i], ca_hash) && is_joined_to (self, self->pdata[i], clock))
      return TRUE;
  return FALSE;
}

gboolean
ismb_roots_agree (GPtrArray *self, GPtrArray *others, IsmbClock *clock)
{
  g_autofree char *hash = ismb_certificate_dup_key_hash (others->pdata[0]);

  return hash != NULL && (ismb_roots_get (self, hash, clock) != NULL ||
                          is_joined_to (others, self->pdata[0], clock));
}

/* A CA's certificates of a rollover begin when its key did, and the new key's later than the
 * former's; see ismb_ca_roll_over (). */
gboolean
ismb_roots_have_successor (GPtrArray *self, IsmbClock *clock)
{
  gint64 begin = gnutls_x509_crt_get_activation_time (self->pdata[0]);

  for (guint i = 1; i < self->len; i++)
    if (gnutls_x509_crt_get_activation_time (self->pdata[i]) > begin &&
        !have_same_key (self->pdata[0], self->pdata[i]) && is_believed (self, i, clock))
      return TRUE;
  return FALSE;
}
