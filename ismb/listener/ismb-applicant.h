/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-join-answer.h"
#include "ismb/listener/ismb-link-context.h"

G_BEGIN_DECLS

/* One attempt to be let into a fabric, at one address. Inside TLS it says nothing before who
 * answers there has shown a certificate of the fabric's CA. */
typedef struct _IsmbApplicant IsmbApplicant;

/* What it goes with; borrowed, all of it outlives it. */
typedef struct
{
  IsmbLinkContext *context;
  IsmbTlsContext *tls;     /* shows the device's own certificate, whatever else it has */
  char *ca_hash;
  IsmbToken *token;        /* or NULL: to be approved */
  char *request_pem;
} IsmbApplicantPapers;

typedef struct
{
  char *domain;
  char *address; /* numeric */
  guint16 port;
  guint hops;    /* 0: nobody's referral; else it has to be a registrar */
} IsmbApplicantWay;

typedef struct
{
  /* A member of the fabric answers, and will be asked. The owner leaves this one alone. */
  void (*met)  (IsmbApplicant *applicant, gpointer owner);
  /* Exactly once, never from inside a call of the owner's, who frees it then and takes `answer`, or
   * hears of `error`: ISMB_ERROR_UNTRUSTED where somebody else answers. */
  void (*done) (IsmbApplicant *applicant, IsmbJoinAnswer *answer, const GError *error,
                gpointer owner);
} IsmbApplicantCallbacks;

/* NULL: the address cannot even be dialled. Takes nothing; `way` outlives it. */
IsmbApplicant *ismb_applicant_new  (const IsmbApplicantPapers *papers, const IsmbApplicantWay *way,
                                    const IsmbApplicantCallbacks *callbacks, gpointer owner,
                                    GError **error);
void           ismb_applicant_free (IsmbApplicant *self);
const IsmbApplicantWay *ismb_applicant_get_way (IsmbApplicant *self);
/* Has a member of the fabric answered? */
gboolean       ismb_applicant_has_met (IsmbApplicant *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbApplicant, ismb_applicant_free)

G_END_DECLS
