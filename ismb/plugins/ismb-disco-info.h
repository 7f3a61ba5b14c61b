/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-disco-identity.h>
#include <ismb/plugins/ismb-form.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO_INFO (ismb_disco_info_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDiscoInfo, ismb_disco_info, ISMB, DISCO_INFO, IsmbPayload)

IsmbDiscoInfo *ismb_disco_info_new (const char *node);
const char *ismb_disco_info_get_node (IsmbDiscoInfo *self);
void ismb_disco_info_set_node (IsmbDiscoInfo *self, const char *node);
void ismb_disco_info_add_identity (IsmbDiscoInfo *self, const char *category,
                                   const char *identity_type, const char *name, const char *lang);
GList *ismb_disco_info_list_identities (IsmbDiscoInfo *self);
gboolean ismb_disco_info_has_identity (IsmbDiscoInfo *self, const char *category,
                                       const char *identity_type);
void ismb_disco_info_add_feature (IsmbDiscoInfo *self, const char *feature);
char **ismb_disco_info_list_features (IsmbDiscoInfo *self);
gboolean ismb_disco_info_has_feature (IsmbDiscoInfo *self, const char *feature);
void ismb_disco_info_add_form (IsmbDiscoInfo *self, IsmbForm *form);
GList *ismb_disco_info_list_forms (IsmbDiscoInfo *self);
IsmbForm *ismb_disco_info_get_form (IsmbDiscoInfo *self, const char *form_type);

G_END_DECLS
