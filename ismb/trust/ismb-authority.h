/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ismb/trust/ismb-admissions.h"
#include "ismb/trust/ismb-clock.h"
#include "ismb/trust/ismb-proof.h"
#include "ismb/trust/ismb-revocations.h"

G_BEGIN_DECLS

/* A fabric's CA, on a registrar: <state-dir>/ca.key (0600) and ca.pem; `issued` (0600): what it
 * signed; `admissions` (0600): whom it lets in. */
#define ISMB_TYPE_AUTHORITY (ismb_authority_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAuthority, ismb_authority, ISMB, AUTHORITY, GObject)

/* A device that asks to be let in. */
typedef struct
{
  const char *request_pem;
  const char *device_id; /* whose key the TLS session was opened with */
  const char *token_id;  /* NULL: it has none, and comes to be approved */
  const char *proof;     /* of the token, or NULL */
  GBytes *exporter;      /* of the TLS session */
} IsmbApplication;

typedef enum
{
  ISMB_ADMISSION_REFUSED,
  ISMB_ADMISSION_WAITS, /* for somebody to approve it */
  ISMB_ADMISSION_GRANTED,
} IsmbAdmission;

/* ISMB_ERROR_EXISTS where there is a CA already; ISMB_ERROR_NOT_FOUND where there is none to load.
 */
IsmbAuthority *ismb_authority_create (const char *state_dir, const char *fabric_name,
                                      GError **error);
IsmbAuthority *ismb_authority_load (const char *state_dir, GError **error);
/* Takes back a CA that has certified nobody. Its key stays, for the next one. */
void ismb_authority_discard (const char *state_dir);
/* Ends the CA: its key is wiped and gone, and all that stood with it. */
gboolean ismb_authority_destroy (IsmbAuthority *self, GError **error);
/* What goes behind a leaf in a bundle: the CA's certificate, and after a rollover those that join
 * it to the former one, as long as that is believed. */
const char *ismb_authority_get_ca_pem (IsmbAuthority *self);
const char *
ismb_authority_get_ca_hash (IsmbAuthority *self); /* 64 hex digits: SHA-256 of the CA's SPKI */
IsmbAdmissions *ismb_authority_get_admissions (IsmbAuthority *self);
/* What time it is; the host's unless set. Borrowed, outlives it. While the host's clock is behind,
 * nothing is signed but revocations. */
void ismb_authority_set_clock (IsmbAuthority *self, IsmbClock *clock);
/* Who is out: has no name and is given none. Borrowed, outlives it. What a former CA of ours has
 * said is said again by this one. */
void ismb_authority_set_revocations (IsmbAuthority *self, IsmbRevocations *revocations);
/* Seconds that certificates to come are valid for; 90 days unless set. */
void ismb_authority_set_lifetime (IsmbAuthority *self, gint64 seconds);

/* Checks the request's self-signature and its names (exactly one domain, the id of its key, no
 * registrar) and certifies it. Returns the bundle: the certificate followed by the CA's, PEM.
 * ISMB_ERROR_EXISTS where another device holds the domain-part: with a name goes the trust of all
 * others. ISMB_ERROR_NOT_ALLOWED: the device is revoked. */
char *ismb_authority_sign (IsmbAuthority *self, const char *request_pem, GError **error);
/* The same, and takes the domain-part from whoever holds it, who is to be revoked. */
char *ismb_authority_replace (IsmbAuthority *self, const char *request_pem, GError **error);
/* The device id that the domain-part is certified for, or NULL. */
char *ismb_authority_dup_holder (IsmbAuthority *self, const char *domain);
/* For the switch that the CA is on: its certificate says that it is a registrar. */
char *ismb_authority_certify_registrar (IsmbAuthority *self, const char *request_pem,
                                        GError **error);
/* A member's certificate anew: for the same device and name, and no VR that the former one did not
 * have. A member whose name another device holds now has none. */
char *ismb_authority_renew (IsmbAuthority *self, const char *request_pem, const IsmbProof *member,
                            GError **error);
/* Signs for a device that is approved or proves a token; `*rule` says which ("token 0123...",
 * "approved"). ISMB_ERROR_UNTRUSTED: a bad request, or not of the device that asks; _NOT_ALLOWED:
 * revoked, and see ismb_admissions_use (); _EXISTS: another device has the name; _FAILED: it is our
 * fault. A use that was counted for nothing is not lost: the same device may try again. */
IsmbAdmission ismb_authority_admit (IsmbAuthority *self, const IsmbApplication *application,
                                    char **bundle, char **rule, GError **error);
/* Says that the device is out for ever, on disk when it returns; its name is free, its approval
 * void. */
IsmbRevocation *ismb_authority_revoke (IsmbAuthority *self, const char *device_id, GError **error);
/* Makes a new CA of the same name, joined to this one by a certificate of each for the other (RFC
 * 4210, 4.4) that is good for `overlap` seconds, and signs with it from now on; the former key is
 * wiped. ISMB_ERROR_EXISTS while the last overlap is not over. */
gboolean ismb_authority_roll_over (IsmbAuthority *self, gint64 overlap, GError **error);
/* aa{sv}, floating: what was signed and has not ended: domain s, id s, expires x. */
GVariant *ismb_authority_list_issued (IsmbAuthority *self);

G_END_DECLS
