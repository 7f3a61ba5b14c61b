/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ISMB_TYPE_JID (ismb_jid_get_type ())
G_DECLARE_FINAL_TYPE (IsmbJid, ismb_jid, ISMB, JID, GObject)

IsmbJid    *ismb_jid_new            (const char *text, GError **error);
IsmbJid    *ismb_jid_new_from_parts (const char *local, const char *domain, const char *resource,
                                     GError **error);
IsmbJid    *ismb_jid_to_bare        (IsmbJid *self);
IsmbJid    *ismb_jid_with_resource  (IsmbJid *self, const char *resource, GError **error);
const char *ismb_jid_get_local      (IsmbJid *self);
const char *ismb_jid_get_domain     (IsmbJid *self);
const char *ismb_jid_get_resource   (IsmbJid *self);
const char *ismb_jid_get_bare       (IsmbJid *self);
const char *ismb_jid_get_full       (IsmbJid *self);
gboolean    ismb_jid_equal          (IsmbJid *a, IsmbJid *b);
guint       ismb_jid_hash           (IsmbJid *self);

G_END_DECLS
