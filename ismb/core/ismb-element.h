/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ELEMENT (ismb_element_get_type ())
G_DECLARE_FINAL_TYPE (IsmbElement, ismb_element, ISMB, ELEMENT, GObject)

IsmbElement *ismb_element_new             (const char *name, const char *ns);
IsmbElement *ismb_element_new_from_string (const char *xml, GError **error);
const char  *ismb_element_get_name        (IsmbElement *self);
const char  *ismb_element_get_ns          (IsmbElement *self);
const char  *ismb_element_get_attribute   (IsmbElement *self, const char *name);
void         ismb_element_set_attribute   (IsmbElement *self, const char *name, const char *value);
char       **ismb_element_list_attributes (IsmbElement *self);
char        *ismb_element_get_text        (IsmbElement *self);
void         ismb_element_set_text        (IsmbElement *self, const char *text);
IsmbElement *ismb_element_get_parent      (IsmbElement *self);
IsmbElement *ismb_element_add_child       (IsmbElement *self, const char *name, const char *ns);
void         ismb_element_append          (IsmbElement *self, IsmbElement *element);
gboolean     ismb_element_remove          (IsmbElement *self, IsmbElement *child);
void         ismb_element_clear           (IsmbElement *self);
GList       *ismb_element_list_children   (IsmbElement *self);
IsmbElement *ismb_element_find            (IsmbElement *self, const char *name, const char *ns);
IsmbElement *ismb_element_find_path       (IsmbElement *self, const char *path);
char        *ismb_element_get_child_text  (IsmbElement *self, const char *name, const char *ns);
void         ismb_element_set_child_text  (IsmbElement *self, const char *name, const char *ns,
                                           const char *text);
char        *ismb_element_to_string       (IsmbElement *self);

G_END_DECLS
