/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.error"
#include "config.h"
#include "ismb/core/ismb-error.h"

/**
 * ismb_error_quark:
 *
 * The domain of the errors that [error@Ismb.Error] lists.
 *
 * Returns: the quark
 */
G_DEFINE_QUARK (ismb-error-quark, ismb_error)

G_DEFINE_ENUM_TYPE (IsmbError, ismb_error,
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_BAD_ADDRESS, "bad-address"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_BAD_STANZA, "bad-stanza"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_NOT_CONNECTED, "not-connected"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_NO_DAEMON, "no-daemon"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_NO_VIRTUAL_ROUTER, "no-virtual-router"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_AUTH_FAILED, "auth-failed"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_EXISTS, "exists"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_NOT_FOUND, "not-found"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_NOT_ALLOWED, "not-allowed"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_UNTRUSTED, "untrusted"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_TIMEOUT, "timeout"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_STANZA, "stanza"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_STREAM, "stream"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_BAD_CONFIG, "bad-config"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_BAD_EXPRESSION, "bad-expression"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_UNSUPPORTED, "unsupported"),
                    G_DEFINE_ENUM_VALUE (ISMB_ERROR_FAILED, "failed"))
