/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-question.h"
#include "ismb/listener/ismb-report.h"
#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* Who may make himself an account in band. */
typedef enum
{
  ISMB_REGISTRATION_CLOSED,
  ISMB_REGISTRATION_LOCAL,   /* on the unix socket */
  ISMB_REGISTRATION_OPEN,    /* over TCP too */
} IsmbRegistrationMode;

/* Accounts made, changed and ended in band (XEP-0077). What is made so is of role `client`; there
 * are 1,000 of that role at most, and a source makes five in a burst, then one in ten seconds. */
#define ISMB_TYPE_REGISTRATION (ismb_registration_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRegistration, ismb_registration, ISMB, REGISTRATION, GObject)

/* Signal `password-changed` (name, the #IsmbSink that did it): whoever else is signed in to it may
 * know an old one. */
IsmbRegistration *ismb_registration_new    (IsmbRoutes *routes, IsmbAccounts *accounts,
                                            IsmbRegistrationMode mode);
/* Is told of each that is made, changed or ended, and of who tries too often. */
void              ismb_registration_set_reporter (IsmbRegistration *self, IsmbReporter reporter,
                                                  gpointer user_data);
/* Is it offered to a stranger; `local`: on the unix socket? */
gboolean          ismb_registration_is_open (IsmbRegistration *self, gboolean local);
/* The answer to an iq of type get or set that a stranger sent; `source`: by which he is counted. */
IsmbFrame        *ismb_registration_take   (IsmbRegistration *self, const IsmbFrame *iq,
                                            const char *source);
/* Of accounts that have signed in. Each adds to `reply` or returns the condition of an error. */
const char       *ismb_registration_get    (IsmbRegistration *self, const IsmbQuestion *question,
                                            IsmbTree *reply);
const char       *ismb_registration_set    (IsmbRegistration *self, const IsmbQuestion *question,
                                            IsmbTree *reply);

G_END_DECLS
