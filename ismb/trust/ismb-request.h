/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>

#include "ismb/trust/ismb-names.h"

G_BEGIN_DECLS

/* What somebody asks a CA to certify. */
typedef struct
{
  gnutls_pubkey_t key; /* ECDSA P-256; whoever made the request has it */
  IsmbNames *names;    /* the device id is the key's */
} IsmbRequest;

/* ISMB_ERROR_UNTRUSTED where the text, its signature, its key or its names are no good. */
IsmbRequest *ismb_request_parse (const char *pem, GError **error);
void ismb_request_free (IsmbRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbRequest, ismb_request_free)

G_END_DECLS
