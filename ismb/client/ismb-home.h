/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"

G_BEGIN_DECLS

/* The switch a client lives on, as seen over the control bus: one virtual router of it, the account
 * there, and the live list of its peers. The connection is held as long as this object, and with it
 * a transient account. */
typedef struct _IsmbHome IsmbHome;

/* In the main context that was the thread's default when it was entered. */
typedef struct
{
  void (*found) (IsmbPeer *peer, gpointer user_data);
  void (*changed) (IsmbPeer *peer, gpointer user_data);
  void (*lost) (IsmbPeer *peer, gpointer user_data); /* as it was last known */
} IsmbHomeCallbacks;

IsmbHome *ismb_home_new (const IsmbHomeCallbacks *callbacks, gpointer user_data);
/* Lets the daemon go; what is under way ends with G_IO_ERROR_CANCELLED. The peers are as they were
 * last known, until the daemon lists them anew: then what is different is told. */
void ismb_home_leave (IsmbHome *self);
void ismb_home_free (IsmbHome *self);
/* Connects, finds the virtual router, makes the account (both NULL: a transient one with names made
 * up here) and fetches the peers. Does nothing where it is done and the daemon is still there.
 * ISMB_ERROR_NO_DAEMON, NO_VIRTUAL_ROUTER, EXISTS, NOT_ALLOWED. The client is kept alive as the
 * source. */
void ismb_home_enter_async (IsmbHome *self, GObject *source, const char *runtime_dir,
                            const char *vr, const char *name, const char *password,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ismb_home_enter_finish (GObject *source, GAsyncResult *result, GError **error);

/* Whether it was entered, and the daemon is still there. */
gboolean ismb_home_is_here (IsmbHome *self);
/* FALSE: no virtual router of that name is configured, as the daemon said last. */
gboolean ismb_home_knows_router (IsmbHome *self);
/* All NULL before it was entered. */
const char *ismb_home_get_account (IsmbHome *self); /* the bare JID */
const char *ismb_home_get_password (IsmbHome *self);
const char *ismb_home_get_c2s_path (IsmbHome *self);
const char *ismb_home_get_files_root (IsmbHome *self);
/* By domain; borrowed. */
GHashTable *ismb_home_get_peers (IsmbHome *self);
/* Of IsmbPeer, which stay the same objects; live, and borrowed. */
GListModel *ismb_home_get_peer_list (IsmbHome *self);

G_END_DECLS
