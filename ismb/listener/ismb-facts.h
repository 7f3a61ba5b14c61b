/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-question.h"

G_BEGIN_DECLS

/* What anybody may ask of the listener: which software it is (XEP-0092, without the system it runs
 * on, which helps nobody but an intruder) and what its clock says (XEP-0202). */
void ismb_facts_version (IsmbTree *reply);
void ismb_facts_time    (IsmbTree *reply);

G_END_DECLS
