/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "ismb/trust/ismb-clock.h"
#include "ismb/trust/ismb-names.h"

G_BEGIN_DECLS

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crq_t, gnutls_x509_crq_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t, gnutls_x509_privkey_deinit, NULL)

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)

/* What we make and read of X.509: ECDSA P-256 throughout, signed with SHA-256. Bytes of a stranger
 * that are no good are ISMB_ERROR_UNTRUSTED. Everything returned is the caller's. */

/* Certificates are valid from so many seconds before they are signed: clocks differ a little. */
#define ISMB_CERTIFICATE_LEEWAY (60 * 60)

gnutls_x509_privkey_t ismb_certificate_new_key (GError **error);
/* A fabric's CA: ten years, signs switches and nothing below them. Times are unix seconds. */
gnutls_x509_crt_t ismb_certificate_new_authority (gnutls_x509_privkey_t key,
                                                  const char *fabric_name, gint64 from,
                                                  GError **error);
/* Joins two CAs: one more certificate for the key and the name of the CA `subject`, which `ca`
 * signs. */
gnutls_x509_crt_t ismb_certificate_new_kin (gnutls_x509_crt_t subject, gint64 from, gint64 until,
                                            gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key,
                                            GError **error);
/* A switch's certificate. `ca` NULL: self-signed. */
gnutls_x509_crt_t ismb_certificate_new_leaf (IsmbNames *names, gnutls_pubkey_t key, gint64 from,
                                             gint64 until, gnutls_x509_crt_t ca,
                                             gnutls_x509_privkey_t ca_key, GError **error);
gnutls_x509_crq_t ismb_certificate_new_request (IsmbNames *names, gnutls_x509_privkey_t key,
                                                GError **error);

gnutls_x509_crt_t ismb_certificate_from_der (GBytes *der, GError **error);
gnutls_x509_crt_t ismb_certificate_copy (gnutls_x509_crt_t certificate);
/* The certificates of a PEM text that holds `least` to `most`, in its order, the rest of `list`
 * NULL; returns how many, 0 on failure. */
guint ismb_certificate_list_from_pem (const char *pem, guint least, guint most,
                                      gnutls_x509_crt_t *list, GError **error);
gnutls_x509_crq_t ismb_certificate_request_from_pem (const char *pem, GError **error);
char *ismb_certificate_to_pem (gnutls_x509_crt_t certificate, GError **error);
char *ismb_certificate_request_to_pem (gnutls_x509_crq_t request, GError **error);

/* The SHA-256 of a public key (SPKI): 64 hex digits, and the device id's 52 base32 digits (RFC
 * 4648). */
char *ismb_certificate_key_to_hex (gnutls_pubkey_t key);
char *ismb_certificate_key_to_base32 (gnutls_pubkey_t key);
gnutls_pubkey_t ismb_certificate_get_key (gnutls_x509_crt_t certificate);
gnutls_pubkey_t ismb_certificate_get_public (gnutls_x509_privkey_t key, GError **error);
/* Of the certificate's key, 64 hex digits; NULL where it has none that can be read. */
char *ismb_certificate_dup_key_hash (gnutls_x509_crt_t certificate);
/* Of the subject; or NULL. */
char *ismb_certificate_dup_common_name (gnutls_x509_crt_t certificate);

/* Who holds it, where the certificate is for the key that its device id says. */
IsmbNames *ismb_certificate_get_holder (gnutls_x509_crt_t certificate, GError **error);
/* The same of an account's certificate. */
IsmbNames *ismb_certificate_get_account (gnutls_x509_crt_t certificate, GError **error);
/* Is it for both sides of TLS, as a switch's must be? */
gboolean ismb_certificate_check_purposes (gnutls_x509_crt_t certificate, GError **error);
gboolean ismb_certificate_check_dates (gnutls_x509_crt_t certificate, IsmbClock *clock,
                                       GError **error);
/* Is it a CA's? */
gboolean ismb_certificate_may_sign (gnutls_x509_crt_t certificate);
/* Has `ca`, which must be one that may, signed it? Says nothing of dates. For a certificate that is
 * `ca` itself: is it self-signed? */
gboolean ismb_certificate_check_signature (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca,
                                           GError **error);

G_END_DECLS
