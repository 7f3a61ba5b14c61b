/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <ismb/core/ismb-jid.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_STANZA (ismb_stanza_get_type ())
G_DECLARE_DERIVABLE_TYPE (IsmbStanza, ismb_stanza, ISMB, STANZA, GObject)

/**
 * IsmbStanzaClass:
 * @parent_class: the parent class
 * @get_stanza_type: the type, with the default of the kind of stanza
 * @set_stanza_type: sets a type that the kind of stanza knows
 *
 * The class of what can be sent. Only [class@Ismb.Message], [class@Ismb.Presence] and
 * [class@Ismb.Iq] derive from it.
 */
struct _IsmbStanzaClass
{
  GObjectClass parent_class;
  const char *(*get_stanza_type) (IsmbStanza *self);
  void        (*set_stanza_type) (IsmbStanza *self, const char *stanza_type);
  /*< private >*/
  const char *element;
  const char *default_type;
};

IsmbStanza *ismb_stanza_from_string     (const char *xml, GError **error);
IsmbJid    *ismb_stanza_get_from_jid    (IsmbStanza *self);
void        ismb_stanza_set_from_jid    (IsmbStanza *self, IsmbJid *jid);
IsmbJid    *ismb_stanza_get_to_jid      (IsmbStanza *self);
void        ismb_stanza_set_to_jid      (IsmbStanza *self, IsmbJid *jid);
const char *ismb_stanza_get_id          (IsmbStanza *self);
void        ismb_stanza_set_id          (IsmbStanza *self, const char *id);
const char *ismb_stanza_get_stanza_type (IsmbStanza *self);
void        ismb_stanza_set_stanza_type (IsmbStanza *self, const char *stanza_type);
const char *ismb_stanza_get_lang        (IsmbStanza *self);
void        ismb_stanza_set_lang        (IsmbStanza *self, const char *lang);
char       *ismb_stanza_get_child_text  (IsmbStanza *self, const char *name, const char *ns);
void        ismb_stanza_set_child_text  (IsmbStanza *self, const char *name, const char *ns,
                                         const char *text);
gboolean    ismb_stanza_has_child       (IsmbStanza *self, const char *name, const char *ns);
gboolean    ismb_stanza_is_error        (IsmbStanza *self);
char       *ismb_stanza_get_error_condition (IsmbStanza *self);
const char *ismb_stanza_get_error_type  (IsmbStanza *self);
const char *ismb_stanza_get_error_by    (IsmbStanza *self);
char       *ismb_stanza_get_error_address (IsmbStanza *self);
char       *ismb_stanza_get_error_text  (IsmbStanza *self);
GError     *ismb_stanza_get_error       (IsmbStanza *self);
IsmbElement *ismb_stanza_get_element    (IsmbStanza *self);
IsmbPayload *ismb_stanza_get_payload    (IsmbStanza *self, GType type);
GList      *ismb_stanza_list_payloads   (IsmbStanza *self, GType type);
void        ismb_stanza_add_payload     (IsmbStanza *self, IsmbPayload *payload);
IsmbPayload *ismb_stanza_create_payload (IsmbStanza *self, GType type);
gboolean    ismb_stanza_remove_payload  (IsmbStanza *self, IsmbPayload *payload);
void        ismb_stanza_remove_payloads (IsmbStanza *self, GType type);
IsmbStanza *ismb_stanza_copy            (IsmbStanza *self);
char       *ismb_stanza_to_string       (IsmbStanza *self);

G_END_DECLS
