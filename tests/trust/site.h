/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-fabric.h"
#include "tests/store/scratch.h"

/* A switch as far as trust goes, and a clock on the wall that all of them look at. */

static const char *const site_vrs[] = { "VR-Mgmt", "VR-Data", NULL };

static gint64 wall_ahead; /* seconds */
static gint64 wall_fixed; /* unix seconds; 0: it goes */

static inline gint64
wall_now (void)
{
  return wall_fixed != 0 ? wall_fixed : g_get_real_time () / G_USEC_PER_SEC + wall_ahead;
}

typedef struct
{
  char *folder;
  const char *domain;
  IsmbFabric *fabric;
  GPtrArray *revoked; /* ids that it has told of */
  guint changed;
} Site;

static inline void
site_on_revoked (IsmbFabric *fabric, const char *device_id, gpointer user_data)
{
  g_ptr_array_add (((Site *) user_data)->revoked, g_strdup (device_id));
}

static inline void
site_on_changed (IsmbFabric *fabric, gpointer user_data)
{
  ((Site *) user_data)->changed++;
}

static inline void
site_load (Site *self)
{
  g_autoptr (GError) error = NULL;

  self->fabric =
      ismb_fabric_load (self->folder, self->domain, site_vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  ismb_clock_set_host (ismb_fabric_get_clock (self->fabric), wall_now);
  g_signal_connect (self->fabric, "revoked", G_CALLBACK (site_on_revoked), self);
  g_signal_connect (self->fabric, "changed", G_CALLBACK (site_on_changed), self);
}

static inline Site *
site_new (const char *domain)
{
  Site *self = g_new0 (Site, 1);

  self->folder = scratch_new ();
  self->domain = domain;
  self->revoked = g_ptr_array_new_with_free_func (g_free);
  site_load (self);
  return self;
}

static inline void
site_reload (Site *self)
{
  g_assert_finalize_object (self->fabric);
  site_load (self);
}

static inline void
site_free (Site *self)
{
  g_assert_finalize_object (self->fabric);
  g_ptr_array_unref (self->revoked);
  scratch_remove (self->folder);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Site, site_free)

static inline Site *
site_new_registrar (const char *domain)
{
  Site *self = site_new (domain);
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_fabric_establish (self->fabric, "Campus", &error));
  g_assert_no_error (error);
  return self;
}

static inline const char *
site_id (Site *self)
{
  return ismb_identity_get_full_id (ismb_fabric_get_identity (self->fabric));
}

static inline char *
site_path (Site *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

static inline gboolean
site_has (Site *self, const char *name)
{
  g_autofree char *path = site_path (self, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static inline char *
site_read (Site *self, const char *name)
{
  g_autofree char *path = site_path (self, name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static inline char *
site_request (Site *self)
{
  g_autoptr (GError) error = NULL;
  char *request = ismb_fabric_request (self->fabric, &error);

  g_assert_no_error (error);
  return request;
}

static inline void
site_join (Site *self, Site *registrar)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *request = site_request (self);
  g_autofree char *bundle = ismb_fabric_sign (registrar->fabric, request, FALSE, &error);

  g_assert_no_error (error);
  g_assert_true (
      ismb_fabric_install (self->fabric, bundle, ismb_fabric_get_id (registrar->fabric), &error));
  g_assert_no_error (error);
}

static inline Site *
site_new_member (const char *domain, Site *registrar)
{
  Site *self = site_new (domain);

  site_join (self, registrar);
  return self;
}

/* What TLS would hand to the other side, DER. */
static inline GPtrArray *
site_chain (Site *self)
{
  g_autofree char *pem = ismb_fabric_dup_chain_pem (self->fabric);
  GPtrArray *chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gnutls_x509_crt_t list[8];
  guint count = ismb_certificate_list_from_pem (pem, 1, G_N_ELEMENTS (list), list, NULL);

  g_assert_cmpuint (count, >, 0);
  for (guint i = 0; i < count; i++)
    {
      gnutls_datum_t der = { NULL, 0 };
      gnutls_x509_crt_export2 (list[i], GNUTLS_X509_FMT_DER, &der);
      g_ptr_array_add (chain, g_bytes_new (der.data, der.size));
      gnutls_free (der.data);
      gnutls_x509_crt_deinit (list[i]);
    }
  return chain;
}

static inline IsmbProof *
site_verify (Site *self, Site *peer, GError **error)
{
  g_autoptr (GPtrArray) chain = site_chain (peer);

  return ismb_fabric_verify (self->fabric, chain, peer->domain, "VR-Mgmt", error);
}

static inline void
assert_believes (Site *self, Site *peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) proof = site_verify (self, peer, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (proof->names->device_id, ==, site_id (peer));
}

/* The error is of that code, and says that; it is gone when this returns. */
static inline void
assert_says (GError **error, IsmbError code, const char *words)
{
  g_assert_error (*error, ISMB_ERROR, (int) code);
  g_test_message ("%s", (*error)->message);
  if (strstr ((*error)->message, words) == NULL)
    g_error ("“%s” does not say “%s”", (*error)->message, words);
  g_clear_error (error);
}

static inline void
assert_disbelieves (Site *self, Site *peer, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (site_verify (self, peer, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, words);
}
