/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <ismb/core/ismb-element.h>

G_BEGIN_DECLS

#define ISMB_TYPE_PAYLOAD (ismb_payload_get_type ())
G_DECLARE_DERIVABLE_TYPE (IsmbPayload, ismb_payload, ISMB, PAYLOAD, GObject)

/**
 * IsmbPayloadClass:
 * @parent_class: the parent class
 *
 * The class of what makes an element of a stanza an object. A class of one's own says which element
 * with [method@Ismb.PayloadClass.set_element].
 */
struct _IsmbPayloadClass
{
  GObjectClass parent_class;
  /*< private >*/
  const char *name;
  const char *ns;
  gpointer padding[8];
};

void         ismb_payload_class_set_element (IsmbPayloadClass *klass, const char *name,
                                             const char *ns);
void         ismb_payload_register          (GType type, const char *attrib);
GType        ismb_payload_lookup            (const char *attrib);
IsmbElement *ismb_payload_get_element       (IsmbPayload *self);

G_END_DECLS
