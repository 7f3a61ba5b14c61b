/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-authority.h"
#include "ismb/trust/ismb-identity.h"
#include "ismb/trust/ismb-names.h"
#include "ismb/trust/ismb-proof.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_FABRIC_CLOSED, /* trust=fabric: a certificate of the fabric's CA, and nothing else */
  ISMB_FABRIC_OPEN,   /* trust=open: a domain is pinned to the device id first seen */
} IsmbFabricMode;

/* Who is in and who is out, for one switch: its identity, its certificate, the CA it believes. */
#define ISMB_TYPE_FABRIC (ismb_fabric_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFabric, ismb_fabric, ISMB, FABRIC, GObject)

/* Signal `changed`: certificate or CA were installed; TLS contexts must be made anew. */
IsmbFabric *ismb_fabric_load (const char *state_dir, const char *domain, const char *const *vrs,
                              IsmbFabricMode mode, GError **error);
IsmbFabricMode ismb_fabric_get_mode     (IsmbFabric *self);
IsmbIdentity *ismb_fabric_get_identity  (IsmbFabric *self);
const char   *ismb_fabric_get_domain    (IsmbFabric *self);
gboolean ismb_fabric_is_member (IsmbFabric *self); /* has a valid certificate of a CA */
const char   *ismb_fabric_get_name      (IsmbFabric *self);       /* of the fabric, or NULL */
const char *ismb_fabric_get_id (IsmbFabric *self); /* fabric id, 64 hex digits, or NULL */
const char   *ismb_fabric_get_ca_pem    (IsmbFabric *self);       /* or NULL */
gint64 ismb_fabric_get_expiry (IsmbFabric *self); /* unix seconds, 0 without certificate */
IsmbAuthority *ismb_fabric_get_authority (IsmbFabric *self);      /* NULL: no registrar */
/* The certificate to show, fabric's or self-signed, and the CA behind it; PEM. */
char         *ismb_fabric_dup_chain_pem (IsmbFabric *self);
/* `fabric init`: makes the fabric's CA here and certifies this switch. ISMB_ERROR_EXISTS on a
 * member or registrar. (Not called init: that is GObject's name for setting up an instance.) */
gboolean      ismb_fabric_establish     (IsmbFabric *self, const char *name, GError **error);
char         *ismb_fabric_request       (IsmbFabric *self, GError **error);
/* `bundle_pem`: what sign () returned. The certificate must be for our key and our domain, its CA's
 * hash `ca_hash` (64 hex digits). Nothing is written unless all of it holds. */
gboolean ismb_fabric_install (IsmbFabric *self, const char *bundle_pem, const char *ca_hash,
                              GError **error);
/* For showing it before installing: the hash of the CA in a bundle. */
char         *ismb_fabric_ca_hash_of    (const char *bundle_pem, GError **error);
/* Whom the certificate in a bundle is for. */
IsmbNames    *ismb_fabric_holder_of     (const char *bundle_pem, GError **error);
/* Is the holder of this chain (DER, leaf first) the switch `domain`, in the VR `vr`? Names only from
 * SAN, by ASN.1. ISMB_ERROR_UNTRUSTED says what does not hold. */
IsmbProof *ismb_fabric_verify (IsmbFabric *self, GPtrArray *chain, const char *domain,
                               const char *vr, GError **error);

G_END_DECLS
