/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For trust=open: which device id a domain had when it was first seen, in a file of lines "domain
 * id". */
typedef struct _IsmbPins IsmbPins;

IsmbPins *ismb_pins_load  (const char *path, GError **error);
void      ismb_pins_free  (IsmbPins *self);
/* Pins the domain if it is new; ISMB_ERROR_UNTRUSTED if it is another's. */
gboolean ismb_pins_check (IsmbPins *self, const char *domain, const char *device_id,
                          GError **error);

G_END_DECLS
