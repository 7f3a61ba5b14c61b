/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "ismb/trust/ismb-names.h"

G_BEGIN_DECLS

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crq_t, gnutls_x509_crq_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t, gnutls_x509_privkey_deinit, NULL)

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)

/* What we make and read of X.509: ECDSA P-256 throughout, signed with SHA-256. Bytes of a stranger
 * that are no good are ISMB_ERROR_UNTRUSTED. Everything returned is the caller's. */

gnutls_x509_privkey_t ismb_certificate_new_key (GError **error);
/* A fabric's CA: ten years, signs switches and nothing below them. */
gnutls_x509_crt_t ismb_certificate_new_authority (gnutls_x509_privkey_t key,
                                                  const char *fabric_name, GError **error);
/* A switch's certificate, valid from an hour ago until `expiry` (unix seconds). `ca` NULL:
 * self-signed. */
gnutls_x509_crt_t ismb_certificate_new_leaf (IsmbNames *names, gnutls_pubkey_t key, gint64 expiry,
                                             gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key,
                                             GError **error);
gnutls_x509_crq_t ismb_certificate_new_request (IsmbNames *names, gnutls_x509_privkey_t key,
                                                GError **error);

gnutls_x509_crt_t ismb_certificate_from_der (GBytes *der, GError **error);
/* The certificates of a PEM text that holds exactly `count`, in its order. */
gboolean ismb_certificate_list_from_pem (const char *pem, guint count, gnutls_x509_crt_t *list,
                                         GError **error);
gnutls_x509_crq_t ismb_certificate_request_from_pem (const char *pem, GError **error);
char *ismb_certificate_to_pem (gnutls_x509_crt_t certificate, GError **error);
char *ismb_certificate_request_to_pem (gnutls_x509_crq_t request, GError **error);

/* The SHA-256 of a public key (SPKI): 64 hex digits, and the device id's 52 base32 digits (RFC
 * 4648). */
char *ismb_certificate_key_to_hex (gnutls_pubkey_t key);
char *ismb_certificate_key_to_base32 (gnutls_pubkey_t key);
gnutls_pubkey_t ismb_certificate_get_key (gnutls_x509_crt_t certificate);

/* Who holds it, where the certificate is for the key that its device id says. */
IsmbNames *ismb_certificate_get_holder (gnutls_x509_crt_t certificate, GError **error);
/* Do dates and purposes hold, and, unless `ca` is NULL, has it signed this? Without CA nothing
 * vouches for the names: all that counts is the key, and TLS has the holder prove that. */
gboolean ismb_certificate_check (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca,
                                 GError **error);

G_END_DECLS
