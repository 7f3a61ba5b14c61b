/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO_IDENTITY (ismb_disco_identity_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDiscoIdentity, ismb_disco_identity, ISMB, DISCO_IDENTITY, IsmbPayload)

IsmbDiscoIdentity *ismb_disco_identity_new (const char *category, const char *identity_type,
                                            const char *name, const char *lang);
const char *ismb_disco_identity_get_category (IsmbDiscoIdentity *self);
const char *ismb_disco_identity_get_identity_type (IsmbDiscoIdentity *self);
const char *ismb_disco_identity_get_name (IsmbDiscoIdentity *self);
const char *ismb_disco_identity_get_lang (IsmbDiscoIdentity *self);

G_END_DECLS
