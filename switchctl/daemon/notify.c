/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.notify"

#include "config.h"
#include "switchctl/daemon/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
switch_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize length = path != NULL ? strlen (path) : 0;
  int fd;

  if (length == 0 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
    return;
  memcpy (address.sun_path, path, length);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (sendto (fd, state, strlen (state), MSG_NOSIGNAL, (struct sockaddr *) &address,
              (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length))
      < 0)
    g_debug ("systemd does not take `%s`", state);
  close (fd);
}

static gboolean
on_watchdog (gpointer user_data)
{
  switch_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

guint
switch_notify_watchdog (void)
{
  const char *text = g_getenv ("WATCHDOG_USEC");
  guint64 microseconds;

  if (text == NULL
      || !g_ascii_string_to_unsigned (text, 10, 2000, G_MAXUINT32, &microseconds, NULL))
    return 0;
  return g_timeout_add ((guint) (microseconds / 2000), on_watchdog, NULL);
}
