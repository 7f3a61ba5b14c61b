/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* A private key as a file: PKCS#8 in PEM, mode 0600, never written over. */

/* ISMB_ERROR_NOT_FOUND where there is none; ISMB_ERROR_NOT_ALLOWED where others may read it. */
gnutls_x509_privkey_t ismb_key_file_load (const char *path, GError **error);
/* Makes the key and the file, and its folder (0700). The file is there whole or not at all;
 * ISMB_ERROR_EXISTS where it was there before. */
gnutls_x509_privkey_t ismb_key_file_create (const char *path, GError **error);
/* Wipe it after use: ismb_key_file_wipe (). */
char *ismb_key_file_to_pem (gnutls_x509_privkey_t key, GError **error);
void ismb_key_file_wipe (char *secret);
/* The key `by` takes the place of another, which is wiped. */
gboolean ismb_key_file_replace (const char *path, const char *by, GError **error);
/* Wiped and gone; fine where there is none. */
gboolean ismb_key_file_remove (const char *path, GError **error);

G_END_DECLS
