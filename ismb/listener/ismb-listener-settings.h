/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-sessions.h"

G_BEGIN_DECLS

/* What a listener goes by: its properties, unchecked until it starts. What it is made of at its
 * start reads them here (IsmbSwitchboardPlan). Other properties of a listener have numbers from
 * here on. */
#define ISMB_LISTENER_SETTINGS_END 256

typedef struct
{
  char *virtual_router;
  char *domain;
  char **listen;
  int s2s_port; /* -1: none, 0: any */
  char *c2s_path;
  char *require_tls;
  char *registration;
  guint max_stanza; /* bytes */
  guint peer_queue; /* bytes */
  guint peer_queue_time; /* seconds */
  guint resume_time; /* seconds */
  guint offline_messages, offline_bytes; /* of an account */
  char *federate, *federate_ca; /* as in the configuration, or NULL */
} IsmbListenerSettings;

void     _ismb_listener_settings_init    (IsmbListenerSettings *self);
void     _ismb_listener_settings_clear   (IsmbListenerSettings *self);
/* The listener's properties, and their values. FALSE: there is no such property. */
void     _ismb_listener_settings_install (GObjectClass *object_class);
gboolean _ismb_listener_settings_get     (const IsmbListenerSettings *self, guint id,
                                          GValue *value);
gboolean _ismb_listener_settings_set     (IsmbListenerSettings *self, guint id,
                                          const GValue *value);

/* Checked: ISMB_ERROR_BAD_CONFIG, ISMB_ERROR_BAD_ADDRESS. */
gboolean _ismb_listener_settings_parse_tls      (const IsmbListenerSettings *self,
                                                 IsmbRequireTls *require_tls, GError **error);
gboolean _ismb_listener_settings_parse_registration (const IsmbListenerSettings *self,
                                                     IsmbRegistrationMode *mode, GError **error);
char    *_ismb_listener_settings_prepare_domain (const IsmbListenerSettings *self,
                                                 GError **error);
/* The foreign domains, for a listener of that domain; NULL where there are none. */
gboolean _ismb_listener_settings_parse_federation (const IsmbListenerSettings *self,
                                                   const char *domain,
                                                   IsmbForeigners **foreigners, GError **error);
/* The local part of an account in that domain. */
char    *_ismb_listener_settings_prepare_name   (const IsmbListenerSettings *self,
                                                 const char *name, GError **error);

G_END_DECLS
