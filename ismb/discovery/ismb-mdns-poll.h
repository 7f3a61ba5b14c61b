/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <avahi-common/watch.h>
#include <glib.h>

G_BEGIN_DECLS

/* What an avahi server waits with: the default main context, and an eye on the socket by which
 * it hears of our interfaces. Where they change faster than the server reads, the kernel drops
 * notices; avahi says so in its log and goes on with a picture that is wrong for good. `behind`
 * is called then; the server has to be made anew, though not from inside the call. */
typedef struct _IsmbMdnsPoll IsmbMdnsPoll;

IsmbMdnsPoll    *ismb_mdns_poll_new  (void (*behind) (gpointer user_data), gpointer user_data);
/* After the server. */
void             ismb_mdns_poll_free (IsmbMdnsPoll *self);
const AvahiPoll *ismb_mdns_poll_get  (IsmbMdnsPoll *self);

G_END_DECLS
