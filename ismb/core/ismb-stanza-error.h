/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbStanzaError:
 * @ISMB_STANZA_ERROR_BAD_REQUEST: `bad-request`: it cannot be understood
 * @ISMB_STANZA_ERROR_CONFLICT: `conflict`: there is one of that name already
 * @ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED: `feature-not-implemented`: the other side does not
 *   know the protocol
 * @ISMB_STANZA_ERROR_FORBIDDEN: `forbidden`: the sender has not the right
 * @ISMB_STANZA_ERROR_GONE: `gone`: the address is no longer
 * @ISMB_STANZA_ERROR_INTERNAL_SERVER_ERROR: `internal-server-error`: it went wrong over there
 * @ISMB_STANZA_ERROR_ITEM_NOT_FOUND: `item-not-found`: there is nothing of that name
 * @ISMB_STANZA_ERROR_JID_MALFORMED: `jid-malformed`: an address in it is none
 * @ISMB_STANZA_ERROR_NOT_ACCEPTABLE: `not-acceptable`: understood, but not to be had that way
 * @ISMB_STANZA_ERROR_NOT_ALLOWED: `not-allowed`: nobody may do that
 * @ISMB_STANZA_ERROR_NOT_AUTHORIZED: `not-authorized`: the sender must prove who it is
 * @ISMB_STANZA_ERROR_POLICY_VIOLATION: `policy-violation`: a rule of the other side forbids it
 * @ISMB_STANZA_ERROR_RECIPIENT_UNAVAILABLE: `recipient-unavailable`: the receiver is away
 * @ISMB_STANZA_ERROR_REDIRECT: `redirect`: it is to be sent elsewhere
 * @ISMB_STANZA_ERROR_REGISTRATION_REQUIRED: `registration-required`: one has to register first
 * @ISMB_STANZA_ERROR_REMOTE_SERVER_NOT_FOUND: `remote-server-not-found`: nobody knows that domain
 * @ISMB_STANZA_ERROR_REMOTE_SERVER_TIMEOUT: `remote-server-timeout`: that domain does not answer
 * @ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT: `resource-constraint`: no room or no time for it
 * @ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE: `service-unavailable`: nobody there serves that
 * @ISMB_STANZA_ERROR_SUBSCRIPTION_REQUIRED: `subscription-required`: one has to subscribe first
 * @ISMB_STANZA_ERROR_UNDEFINED_CONDITION: `undefined-condition`: none of the others, or one that
 *   is not known
 * @ISMB_STANZA_ERROR_UNEXPECTED_REQUEST: `unexpected-request`: it comes at the wrong time
 *
 * Why the other side did not do what a stanza asked: the conditions of RFC 6120, 8.3.3. The message
 * of such an error is the text that came with it, in whatever language, or the name of the
 * condition where there was none.
 */
typedef enum
{
  ISMB_STANZA_ERROR_BAD_REQUEST,
  ISMB_STANZA_ERROR_CONFLICT,
  ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED,
  ISMB_STANZA_ERROR_FORBIDDEN,
  ISMB_STANZA_ERROR_GONE,
  ISMB_STANZA_ERROR_INTERNAL_SERVER_ERROR,
  ISMB_STANZA_ERROR_ITEM_NOT_FOUND,
  ISMB_STANZA_ERROR_JID_MALFORMED,
  ISMB_STANZA_ERROR_NOT_ACCEPTABLE,
  ISMB_STANZA_ERROR_NOT_ALLOWED,
  ISMB_STANZA_ERROR_NOT_AUTHORIZED,
  ISMB_STANZA_ERROR_POLICY_VIOLATION,
  ISMB_STANZA_ERROR_RECIPIENT_UNAVAILABLE,
  ISMB_STANZA_ERROR_REDIRECT,
  ISMB_STANZA_ERROR_REGISTRATION_REQUIRED,
  ISMB_STANZA_ERROR_REMOTE_SERVER_NOT_FOUND,
  ISMB_STANZA_ERROR_REMOTE_SERVER_TIMEOUT,
  ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT,
  ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE,
  ISMB_STANZA_ERROR_SUBSCRIPTION_REQUIRED,
  ISMB_STANZA_ERROR_UNDEFINED_CONDITION,
  ISMB_STANZA_ERROR_UNEXPECTED_REQUEST,
} IsmbStanzaError;

#define ISMB_STANZA_ERROR (ismb_stanza_error_quark ())
#define ISMB_TYPE_STANZA_ERROR (ismb_stanza_error_get_type ())
GQuark          ismb_stanza_error_quark          (void);
GType           ismb_stanza_error_get_type       (void);
const char     *ismb_stanza_error_to_condition   (int code);
IsmbStanzaError ismb_stanza_error_from_condition (const char *condition);

G_END_DECLS
