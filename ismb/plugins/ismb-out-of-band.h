/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_OUT_OF_BAND (ismb_out_of_band_get_type ())
G_DECLARE_FINAL_TYPE (IsmbOutOfBand, ismb_out_of_band, ISMB, OUT_OF_BAND, IsmbPlugin)

void     ismb_out_of_band_offer_async  (IsmbOutOfBand *self, IsmbJid *to, const char *url,
                                        const char *description, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_out_of_band_offer_finish (IsmbOutOfBand *self, GAsyncResult *result, GError **error);
void     ismb_out_of_band_set_url      (IsmbMessage *message, const char *url,
                                        const char *description);
char    *ismb_out_of_band_get_url      (IsmbMessage *message);

G_END_DECLS
