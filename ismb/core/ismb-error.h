/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbError:
 * @ISMB_ERROR_BAD_ADDRESS: the text is no valid JID
 * @ISMB_ERROR_BAD_STANZA: no well-formed stanza, or over a limit
 * @ISMB_ERROR_NOT_CONNECTED: no stream to send on
 * @ISMB_ERROR_NO_DAEMON: `switchctld` does not answer on its control socket
 * @ISMB_ERROR_NO_VIRTUAL_ROUTER: no virtual router of that name, or it is disabled
 * @ISMB_ERROR_AUTH_FAILED: the name or the password was refused
 * @ISMB_ERROR_EXISTS: there is one already, and it differs
 * @ISMB_ERROR_NOT_FOUND: nothing of that name
 * @ISMB_ERROR_NOT_ALLOWED: policy, role or state forbids it
 * @ISMB_ERROR_UNTRUSTED: a certificate or signature does not hold
 * @ISMB_ERROR_TIMEOUT: no answer in time
 * @ISMB_ERROR_STANZA: another switch answered with an error; what an answer to a client's own
 *   request says is a [error@Ismb.StanzaError]
 * @ISMB_ERROR_STREAM: the stream broke or the other side closed it with an error
 * @ISMB_ERROR_BAD_CONFIG: the configuration has an error
 * @ISMB_ERROR_BAD_EXPRESSION: what should say which stanzas match cannot be read
 * @ISMB_ERROR_UNSUPPORTED: the other side speaks no version of the protocol that is spoken here
 * @ISMB_ERROR_FAILED: anything else
 *
 * What a caller can act upon; the message says which address, file or name.
 */
typedef enum
{
  ISMB_ERROR_BAD_ADDRESS,
  ISMB_ERROR_BAD_STANZA,
  ISMB_ERROR_NOT_CONNECTED,
  ISMB_ERROR_NO_DAEMON,
  ISMB_ERROR_NO_VIRTUAL_ROUTER,
  ISMB_ERROR_AUTH_FAILED,
  ISMB_ERROR_EXISTS,
  ISMB_ERROR_NOT_FOUND,
  ISMB_ERROR_NOT_ALLOWED,
  ISMB_ERROR_UNTRUSTED,
  ISMB_ERROR_TIMEOUT,
  ISMB_ERROR_STANZA,
  ISMB_ERROR_STREAM,
  ISMB_ERROR_BAD_CONFIG,
  ISMB_ERROR_BAD_EXPRESSION,
  ISMB_ERROR_UNSUPPORTED,
  ISMB_ERROR_FAILED,
} IsmbError;

#define ISMB_ERROR (ismb_error_quark ())
#define ISMB_TYPE_ERROR (ismb_error_get_type ())
GQuark ismb_error_quark (void);
GType ismb_error_get_type (void);

G_END_DECLS
