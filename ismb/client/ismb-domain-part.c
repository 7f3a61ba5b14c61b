/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.domain-part"

#include "config.h"
#include "ismb/client/ismb-client.h"

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"

static char *
ask_daemon (GError **error)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  const char *domain;

  connection = ismb_control_connect_sync (ismb_control_runtime_dir (), NULL, error);
  if (connection == NULL)
    return NULL;
  manager =
      ismb_dbus_manager1_proxy_new_sync (connection, G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                                         NULL, ISMB_CONTROL_MANAGER_PATH, NULL, error);
  if (manager == NULL)
    return NULL;
  domain = ismb_dbus_manager1_get_domain (manager);
  if (domain == NULL || *domain == '\0')
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                         "the daemon does not tell its domain-part");
  return domain != NULL && *domain != '\0' ? g_strdup (domain) : NULL;
}

/**
 * ismb_get_domain_part:
 * @error: return location for a #GError
 *
 * This switch's domain-part, e.g. `test.001122`: what stands behind the `@` in the addresses of its
 * accounts, the same on each of its virtual routers. The daemon is asked once, which blocks; then
 * it is remembered.
 *
 * Fails with [error@Ismb.Error.NO_DAEMON].
 *
 * Returns: (transfer full): the domain-part
 */
char *
ismb_get_domain_part (GError **error)
{
  static GMutex mutex;
  static char *known;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (known == NULL)
    known = ask_daemon (error);
  return g_strdup (known);
}
