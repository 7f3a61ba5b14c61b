/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-authorize.h"

G_DEFINE_ENUM_TYPE (IsmbAuthorize, ismb_authorize,
                    G_DEFINE_ENUM_VALUE (ISMB_AUTHORIZE_MEMBERS, "members"),
                    G_DEFINE_ENUM_VALUE (ISMB_AUTHORIZE_EVERYBODY, "everybody"),
                    G_DEFINE_ENUM_VALUE (ISMB_AUTHORIZE_NOBODY, "nobody"),
                    G_DEFINE_ENUM_VALUE (ISMB_AUTHORIZE_ASK, "ask"))
