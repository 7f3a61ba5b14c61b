/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DELAY (ismb_delay_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDelay, ismb_delay, ISMB, DELAY, IsmbPayload)

IsmbDelay *ismb_delay_new       (GDateTime *stamp, IsmbJid *from, const char *reason);
GDateTime *ismb_delay_get_stamp (IsmbDelay *self);
IsmbJid   *ismb_delay_get_from  (IsmbDelay *self);
char      *ismb_delay_get_text  (IsmbDelay *self);

#define ISMB_TYPE_DELAYED_DELIVERY (ismb_delayed_delivery_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDelayedDelivery, ismb_delayed_delivery, ISMB, DELAYED_DELIVERY,
                      IsmbPlugin)

G_END_DECLS
