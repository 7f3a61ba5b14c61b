/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A password as both ends of SCRAM compute with it: prepared by SASLprep (RFC 4013), so that
 * however a keyboard writes a letter, it is the same. NULL where it is no UTF-8, is empty or
 * over 1023 bytes, before or after, or has a character that may not be in it. Wipe it after use. */
char *ismb_password_prepare (const char *password);

G_END_DECLS
