/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The configuration as the rest of the daemon reads it: checked, defaults filled in. */
typedef struct
{
  char *name;
  gboolean enabled;
  char *netns;               /* a name, a path, or NULL: our own namespace */
  char *bind_device;         /* or NULL */
  char **listen;             /* numeric addresses */
  guint c2s_port, s2s_port;  /* 0: any */
  char *require_tls;         /* "always", "remote", "never" */
  char *registration;        /* "local", "open", "closed" */
  guint max_stanza;          /* bytes */
  guint peer_queue;          /* bytes */
  gint64 peer_queue_time;    /* seconds */
  gint64 resume_time;        /* seconds; 0: clients cannot resume */
  guint offline_messages, offline_bytes; /* of an account; 0: none wait */
  gboolean mdns;
  char *federate;            /* foreign domains, as ismb_foreigners_new () reads them; or NULL */
  char *federate_ca;         /* a file that was good when it was read; or NULL */
} SwitchVrConfig;

typedef struct
{
  char *domain;              /* prepared, or NULL: derived */
  char *state_dir;
  char *runtime_dir;
  char *log_level;
  guint audit_rows;          /* of each virtual router */
  gboolean durable;          /* what was committed survives a power failure */
  gboolean trust_open;
  char *ca_hash;             /* of the fabric to join when approved, lower case; or NULL */
  gint64 certificate_lifetime; /* seconds */
  char *join_file;           /* a token beside the configuration; need not exist */
  gboolean control_enabled;
  char *files_root;
  char **exec_allow;         /* absolute paths */
  char *engine_netns;        /* or NULL */
  char *policy;              /* a file that was good when it was read, or NULL: the built-in one */
  /* of SwitchVrConfig, in the order of the file; VR-Mgmt where there is none */
  GPtrArray *vrs;
} SwitchConfig;

#define SWITCH_VR_MGMT "VR-Mgmt"

/* The defaults, without any virtual router. */
SwitchConfig   *switch_config_new       (void);
void            switch_config_free      (SwitchConfig *config);
/* The virtual router of that name; added with its defaults where there is none yet. */
SwitchVrConfig *switch_config_ensure_vr (SwitchConfig *config, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchConfig, switch_config_free)

G_END_DECLS
