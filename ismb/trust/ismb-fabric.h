/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-authority.h"
#include "ismb/trust/ismb-clock.h"
#include "ismb/trust/ismb-identity.h"
#include "ismb/trust/ismb-names.h"
#include "ismb/trust/ismb-proof.h"
#include "ismb/trust/ismb-revocations.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_FABRIC_CLOSED, /* trust=fabric: a certificate of the fabric's CA, and nothing else */
  ISMB_FABRIC_OPEN,   /* trust=open: a domain is pinned to the device id first seen */
} IsmbFabricMode;

/* Who is in and who is out, for one switch: its identity, its certificate, the CA it believes, and
 * after a rollover both the new and the former one. */
#define ISMB_TYPE_FABRIC (ismb_fabric_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFabric, ismb_fabric, ISMB, FABRIC, GObject)

/* Signal `changed`: identity, certificate or CA did; TLS contexts must be made anew.
 * Signal `revoked` (utf8 device id, full): out for ever from now on, and on disk already. */
IsmbFabric *ismb_fabric_load (const char *state_dir, const char *domain, const char *const *vrs,
                              IsmbFabricMode mode, GError **error);
IsmbFabricMode ismb_fabric_get_mode (IsmbFabric *self);
IsmbIdentity *ismb_fabric_get_identity (IsmbFabric *self);
const char *ismb_fabric_get_domain (IsmbFabric *self);
IsmbClock *ismb_fabric_get_clock (IsmbFabric *self);
/* Has a valid certificate of a CA, and was not revoked. */
gboolean ismb_fabric_is_member (IsmbFabric *self);
const char *ismb_fabric_get_name (IsmbFabric *self); /* of the fabric, or NULL */
const char *ismb_fabric_get_id (IsmbFabric *self);   /* fabric id, 64 hex digits, or NULL */
/* The certificate that other programs are to verify listeners with; or NULL. */
const char *ismb_fabric_get_ca_pem (IsmbFabric *self);
gint64 ismb_fabric_get_expiry (IsmbFabric *self); /* unix seconds, 0 without certificate */
IsmbAuthority *ismb_fabric_get_authority (IsmbFabric *self); /* NULL: no registrar */
/* What our own certificate says, or NULL without one. */
const IsmbNames *ismb_fabric_get_names (IsmbFabric *self);
/* Is there a configured VR that our certificate is not for? No renewal adds one; joining anew
 * does. */
gboolean      ismb_fabric_lacks_vr      (IsmbFabric *self);
/* The certificate to show, fabric's or self-signed, and the CA behind it; PEM. */
char *ismb_fabric_dup_chain_pem (IsmbFabric *self);
/* `fabric init`: makes the fabric's CA here and certifies this switch. ISMB_ERROR_EXISTS on a
 * member or registrar. (Not called init: that is GObject's name for setting up an instance.) */
gboolean ismb_fabric_establish (IsmbFabric *self, const char *name, GError **error);
char *ismb_fabric_request (IsmbFabric *self, GError **error);
/* `bundle_pem`: what sign () returned. The certificate must be for our key and our domain, its CA's
 * hash `ca_hash` (64 hex digits), the CA's or, in an overlap, the former one's. ISMB_ERROR_EXISTS
 * in another fabric. Nothing is written unless all of it holds. */
gboolean ismb_fabric_install (IsmbFabric *self, const char *bundle_pem, const char *ca_hash,
                              GError **error);
/* The same for a certificate that a registrar of our own fabric sent: its CA must be one we
 * believe. */
gboolean ismb_fabric_renew (IsmbFabric *self, const char *bundle_pem, GError **error);
/* When to ask for a new certificate (unix seconds): at two thirds of its life, and at once when the
 * CA was rolled over; 0: never, without one, or with an authority here, which renews by itself. */
gint64 ismb_fabric_get_renewal (IsmbFabric *self);
/* On a registrar: renews our own certificate if it is time to. */
gboolean ismb_fabric_renew_registrar (IsmbFabric *self, GError **error);
/* Forgets certificate, CA and revocations; on a registrar only if `destroy`, as the CA ends with
 * it. `new_key`: and becomes another device, which is the way back for one that was revoked; that
 * can be had in no fabric, too, which otherwise is ISMB_ERROR_NOT_FOUND. */
gboolean ismb_fabric_leave (IsmbFabric *self, gboolean destroy, gboolean new_key, GError **error);
/* For showing it before installing: the hash of the CA in a bundle. */
char *ismb_fabric_ca_hash_of (const char *bundle_pem, GError **error);
/* Whom the certificate in a bundle is for. */
IsmbNames *ismb_fabric_holder_of (const char *bundle_pem, GError **error);
/* Is the holder of this chain (DER, leaf first) the switch `domain`, in the VR `vr` (NULL: in
 * any)? Names only from SAN, by ASN.1. What joins a new CA to the one we believe is looked for
 * behind the leaf, and kept. ISMB_ERROR_UNTRUSTED says what does not hold. */
IsmbProof *ismb_fabric_verify (IsmbFabric *self, GPtrArray *chain, const char *domain,
                               const char *vr, GError **error);
/* Whose account of ours the holder of this chain may use, in the VR `vr`: the names' local part.
 * In a laboratory fabric, which has no CA, nobody's. */
IsmbProof *ismb_fabric_verify_account (IsmbFabric *self, GPtrArray *chain, const char *vr,
                                       GError **error);
/* Does what was proven of an account still hold: its date, its key, our being in a fabric at
 * all? */
gboolean ismb_fabric_still_vouches (IsmbFabric *self, const IsmbProof *proof);
/* The same for a renewed certificate (PEM, as dup_chain_pem () gives it) that came over a link: the
 * session has proven the key, so it must be of the same device. */
IsmbProof *ismb_fabric_verify_renewed (IsmbFabric *self, const char *chain_pem,
                                       const IsmbProof *former, const char *vr, GError **error);
/* What was verified a while ago: has its holder been revoked since? */
gboolean ismb_fabric_still_believes (IsmbFabric *self, const IsmbProof *proof);
/* For one who wants to join: does this chain lead to the CA of that hash? Whom it is for. */
IsmbNames *ismb_fabric_verify_authority (IsmbFabric *self, GPtrArray *chain, const char *ca_hash,
                                         GError **error);
/* For one who may want to join: the device that showed this certificate, whose key the session has
 * proven; its full id. Who has signed it does not matter. */
char *ismb_fabric_identify_applicant (GPtrArray *chain, GError **error);
/* On a registrar: what ismb_authority_sign () does; `replace`: takes the name from the device that
 * has it, which is revoked before. */
char *ismb_fabric_sign (IsmbFabric *self, const char *request_pem, gboolean replace,
                        GError **error);
/* On a registrar; see ismb_authority_admit (). A revoked device is refused. */
IsmbAdmission ismb_fabric_admit (IsmbFabric *self, const IsmbApplication *application,
                                 char **bundle, char **rule, GError **error);
/* On a registrar: says that a device is out, by its full id. ISMB_ERROR_EXISTS: it was said before.
 */
gboolean ismb_fabric_revoke (IsmbFabric *self, const char *device_id, GError **error);
gboolean ismb_fabric_is_revoked (IsmbFabric *self, const char *device_id);
/* On a registrar: gives the fabric a new CA, see ismb_authority_roll_over (), and ourselves a
 * certificate of it. Members follow as they meet those that have one. */
gboolean ismb_fabric_roll_over (IsmbFabric *self, gint64 overlap, GError **error);
IsmbRevocations *ismb_fabric_get_revocations (IsmbFabric *self);
/* Statements that came over a link. Takes those that hold and are new, and returns them; the others
 * are logged and left. */
GPtrArray *ismb_fabric_learn_revocations (IsmbFabric *self, GPtrArray *revocations);

G_END_DECLS
