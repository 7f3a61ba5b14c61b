/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What both ends of the control bus agree upon. */
#define ISMB_CONTROL_MANAGER_PATH "/net/ismb/manager"
#define ISMB_CONTROL_FABRIC_PATH "/net/ismb/fabric"
#define ISMB_CONTROL_LOG_PATH "/net/ismb/log"
#define ISMB_CONTROL_DEFAULT_RUNTIME_DIR "/run/ismb"

/* ISMB_RUNTIME_DIR, or the default. */
const char *ismb_control_runtime_dir (void);
char       *ismb_control_socket_path (const char *runtime_dir);  /* <runtime-dir>/control */
char       *ismb_control_vr_path     (const char *vr);           /* /net/ismb/vr/VR_2dMgmt */
/* Registers IsmbError's names with GDBus; both ends call it before they talk. */
void        ismb_control_register_errors (void);
/* The peer-to-peer connection; ISMB_ERROR_NO_DAEMON names the path that does not answer. */
void             ismb_control_connect_async  (const char *runtime_dir, GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);
GDBusConnection *ismb_control_connect_finish (GAsyncResult *result, GError **error);
GDBusConnection *ismb_control_connect_sync   (const char *runtime_dir, GCancellable *cancellable,
                                              GError **error);

G_END_DECLS
