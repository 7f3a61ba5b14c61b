/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A folder, the root, under which files are read and written, and nothing outside it: no `..`, no
 * symbolic link, no mount of magic. Its functions block; a thread may call them. */
typedef struct _IsmbBeneath IsmbBeneath;

/* ISMB_ERROR_NOT_FOUND where `root` is no directory that can be opened. */
IsmbBeneath *ismb_beneath_new   (const char *root, GError **error);
IsmbBeneath *ismb_beneath_ref   (IsmbBeneath *self);
void         ismb_beneath_unref (IsmbBeneath *self);
const char  *ismb_beneath_get_root (IsmbBeneath *self);

/* The name relative to the root, of a name that is so already or an absolute path below the root.
 * Looks at the text only. ISMB_ERROR_NOT_ALLOWED says what is wrong with it. */
char *ismb_beneath_name (IsmbBeneath *self, const char *name, GError **error);

/* A regular file for reading, by its relative name; -1 and ISMB_ERROR_NOT_FOUND or _NOT_ALLOWED. */
int ismb_beneath_open (IsmbBeneath *self, const char *name, guint64 *size, GError **error);

/* Removes temporary files that a crash left, but none that a process still writes. */
void ismb_beneath_clean (IsmbBeneath *self);

/* A file that is being written, under a name nobody asks for, beside the place where it will stand.
 * Freeing it removes what was not stored. One thread at a time. */
typedef struct _IsmbDraft IsmbDraft;

/* Folders on the way are made. Fails at once, with what ismb_draft_store () would say at the end,
 * where the target exists and is not to be overwritten (ISMB_ERROR_EXISTS), is no plain file
 * (_NOT_ALLOWED), or where there is no room for `size` bytes (G_IO_ERROR_NO_SPACE). */
IsmbDraft *ismb_draft_new   (IsmbBeneath *beneath, const char *name, guint64 size,
                             gboolean overwrite, GError **error);
/* G_IO_ERROR_INVALID_DATA beyond the size, G_IO_ERROR_NO_SPACE. */
gboolean   ismb_draft_write (IsmbDraft *self, const void *bytes, gsize length, GError **error);
/* Puts the file in its place if its size and SHA-256 (lower-case hex) are right, else
 * G_IO_ERROR_INVALID_DATA. On return it is on the disk. */
gboolean   ismb_draft_store (IsmbDraft *self, const char *sha256, GError **error);
void       ismb_draft_free  (IsmbDraft *self);

/* SHA-256 in hex of all that can be read, from the start. */
char *ismb_beneath_hash (int descriptor, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbBeneath, ismb_beneath_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbDraft, ismb_draft_free)

G_END_DECLS
