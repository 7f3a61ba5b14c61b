/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/x509.h>
#include <gnutls/x509-ext.h>

G_BEGIN_DECLS

/* What a certificate or a request says of its holder, in its subjectAltName and nowhere else. */
typedef struct
{
  char *domain;    /* dNSName and xmppAddr */
  char *local;     /* an account's, before the domain in its xmppAddr; NULL: a switch */
  char *device_id; /* full form, from the URI ismb:id: */
  char **vrs;      /* names, from the URIs ismb:vr:; empty for none */
  gboolean registrar; /* the URI ismb:registrar: others are to be sent there to join */
} IsmbNames;

IsmbNames *ismb_names_new (const char *domain, const char *device_id, const char *const *vrs);
IsmbNames *ismb_names_copy           (const IsmbNames *self);
void       ismb_names_free           (IsmbNames *self);
gboolean   ismb_names_has_vr         (const IsmbNames *self, const char *vr);
/* The extension's value, DER. */
gboolean   ismb_names_export         (IsmbNames *self, gnutls_datum_t *extension, GError **error);
/* Exactly one domain (dNSName, and an equal xmppAddr), exactly one device id, nothing of another
 * kind, and in a request no registrar: ISMB_ERROR_UNTRUSTED tells what is not so. */
IsmbNames *ismb_names_of_certificate (gnutls_x509_crt_t certificate, GError **error);
/* Of an account's, which must not be taken for a switch's: exactly one bare address (xmppAddr)
 * and no dNSName, exactly one device id, nothing of another kind. */
IsmbNames *ismb_names_of_account     (gnutls_x509_crt_t certificate, GError **error);
IsmbNames *ismb_names_of_request     (gnutls_x509_crq_t request, GError **error);

/* A domain we can certify: letters, digits, dashes and dots, lower case, at most 63 bytes. */
gboolean   ismb_names_check_domain   (const char *domain, gsize size, GError **error);
/* A VR's name: 1 to 63 bytes of UTF-8 without control characters. */
gboolean   ismb_names_check_vr       (const char *vr, GError **error);
/* A fabric's: 1 to 64 bytes, likewise; ISMB_ERROR_BAD_CONFIG. */
gboolean   ismb_names_check_fabric   (const char *fabric, GError **error);
/* The full form: 52 base32 digits. */
gboolean   ismb_names_is_device_id   (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbNames, ismb_names_free)

G_END_DECLS
