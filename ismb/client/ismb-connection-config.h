/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a connection goes by; the client's, looked at anew for each attempt. */
typedef struct
{
  char *name, *password, *vr, *runtime_dir, *resource;
  char *server_jid; /* a stranger's server; NULL: the daemon of this switch */
  char *server_host, *ca_file;
  guint server_port;
  gboolean require_tls, direct_tls;
  guint connect_timeout, session_timeout; /* milliseconds, as those of the reconnection */
  gboolean auto_reconnect;
  guint reconnect_delay, reconnect_max_delay;
  guint reconnect_max_attempts; /* 0: no limit */
  guint whitespace_keepalive_interval; /* seconds; 0: none */
  gboolean stream_management;
} IsmbConnectionConfig;

G_END_DECLS
