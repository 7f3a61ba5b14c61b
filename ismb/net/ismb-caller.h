/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The user at the other end of a unix socket, as the kernel names him. May be asked in any thread.
 */
#define ISMB_CALLER_GROUP "ismb"

/* May he manage this switch: root, the user we run as, and the members of the group? */
gboolean ismb_caller_is_manager (uid_t uid);
/* Is that the name of such a user? */
gboolean ismb_caller_is_managers_name (const char *name);
/* FALSE: there is no such group here. */
gboolean ismb_caller_find_group (gid_t *gid);

G_END_DECLS
