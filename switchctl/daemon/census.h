/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* Every device that this switch knows of, and what it is to the fabric: who is seen in the virtual
 * routers, and on a registrar whom it certified, approved and revoked. */

typedef struct
{
  char *given;  /* its beginning as a person wrote it, without dashes, upper case */
  char *id;     /* in full, as far as it is known */
  char *domain; /* "" where it is not known */
} SwitchDevice;

void          switch_device_free (SwitchDevice *device);

/* aa{sv}, floating, by domain: domain s, id s, state s (registrar | member | pending | approved |
 * revoked), vr s, link s (empty where it is not to be seen), local b, expires x where known. */
GVariant     *switch_census_list (IsmbFabric *fabric, GPtrArray *vrs);
/* The one device whose id begins so; dashes and case do not matter. ISMB_ERROR_NOT_FOUND: none,
 * ISMB_ERROR_EXISTS: several. `unseen`: 16 digits and more of one that is not known will do. */
SwitchDevice *switch_census_find (IsmbFabric *fabric, GPtrArray *vrs, const char *id,
                                  gboolean unseen, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchDevice, switch_device_free)

G_END_DECLS
