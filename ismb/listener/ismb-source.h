/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/* Where a connection comes from, in the two forms that are needed. */
typedef struct
{
  char address[INET6_ADDRSTRLEN + 8]; /* for people */
  char key[INET6_ADDRSTRLEN + 8]; /* for counting: whoever has one address of a /64 has them all */
  gboolean unix_socket;
  gboolean local;                     /* this host */
  uid_t uid;                          /* of a unix socket's other end; -1: unknown */
} IsmbSource;

/* `address` is what accept () gave for `fd`. */
void ismb_source_init (IsmbSource *self, int fd, const struct sockaddr *address);

G_END_DECLS
