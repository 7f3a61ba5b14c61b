/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-audience.h"
#include "ismb/listener/ismb-routes.h"

G_BEGIN_DECLS

/* Brings presence to bare and full addresses: of local accounts to whoever speaks for these,
 * else to the other domain, of which it is noted where there is no way to it. */
typedef struct _IsmbCourier IsmbCourier;

typedef void (*IsmbCourierLocal) (IsmbFrame *presence, gpointer owner);

IsmbCourier *ismb_courier_new (IsmbRoutes *routes, IsmbAudience *audience, IsmbCourierLocal local,
                               gpointer owner);
void         ismb_courier_free (IsmbCourier *self);

/* FALSE: there is no way to that domain. */
gboolean     ismb_courier_send     (IsmbCourier *self, IsmbFrame *presence);
void         ismb_courier_send_as  (IsmbCourier *self, const IsmbFrame *presence, const char *from,
                                    const char *to);
/* Without content. */
void         ismb_courier_send_new (IsmbCourier *self, const char *type, const char *from,
                                    const char *to);
/* What all resources of an account are, or (`ended`) that they are no more, to one address. */
void         ismb_courier_send_current (IsmbCourier *self, const char *account, const char *to,
                                        gboolean ended);
/* Where whoever sent it is owed an answer. */
void         ismb_courier_send_back    (IsmbCourier *self, const IsmbFrame *presence,
                                        const char *condition);
void         ismb_courier_note_missed  (IsmbCourier *self, const char *address);

G_END_DECLS
