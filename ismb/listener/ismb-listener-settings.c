/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.settings"

#include "config.h"
#include "ismb/listener/ismb-listener-settings.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-error.h"

enum
{
  PROP_VIRTUAL_ROUTER = 1,
  PROP_DOMAIN,
  PROP_LISTEN,
  PROP_S2S_PORT,
  PROP_C2S_PATH,
  PROP_REQUIRE_TLS,
  PROP_MAX_STANZA,
  N_PROPERTIES
};

void
_ismb_listener_settings_init (IsmbListenerSettings *self)
{
  static const char *const loopback[] = { "127.0.0.1", NULL };

  *self = (IsmbListenerSettings) { .listen = g_strdupv ((char **) loopback) };
}

void
_ismb_listener_settings_clear (IsmbListenerSettings *self)
{
  g_free (self->virtual_router);
  g_free (self->domain);
  g_strfreev (self->listen);
  g_free (self->c2s_path);
  g_free (self->require_tls);
}

void
_ismb_listener_settings_install (GObjectClass *object_class)
{
  GParamSpec *properties[N_PROPERTIES] = { NULL };
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * IsmbListener:virtual-router:
   *
   * The name of the virtual router it serves, `VR-Default` for instance.
   */
  properties[PROP_VIRTUAL_ROUTER] = g_param_spec_string ("virtual-router", NULL, NULL, "VR-Default",
                                                         flags | G_PARAM_CONSTRUCT_ONLY);
  /**
   * IsmbListener:domain:
   *
   * Our domain-part, what stands behind the `@` of each of its accounts. Set it before
   * [method@Ismb.Listener.start] and before the first account is made.
   */
  properties[PROP_DOMAIN] =
      g_param_spec_string ("domain", NULL, NULL, "localhost", flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:listen:
   *
   * The numeric addresses to listen on, for clients and for other listeners; `127.0.0.1` by
   * default. With none there are no TCP ports. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_LISTEN] = g_param_spec_boxed ("listen", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * IsmbListener:s2s-port:
   *
   * The TCP port for other listeners: -1, the default, for none, and 0 for any free one, which
   * [method@Ismb.Listener.get_s2s_port] tells. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_S2S_PORT] =
      g_param_spec_int ("s2s-port", NULL, NULL, -1, G_MAXUINT16, -1, flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:c2s-path:
   *
   * The path of a unix socket for clients on this host, at most 107 bytes, or %NULL for none. Set
   * before [method@Ismb.Listener.start].
   */
  properties[PROP_C2S_PATH] = g_param_spec_string ("c2s-path", NULL, NULL, NULL, flags);
  /**
   * IsmbListener:require-tls:
   *
   * Whom TLS is required of: `always` of all TCP clients, `remote`, the default, of all but those
   * of this host, `never` of none. Never of those on the unix socket. Set before
   * [method@Ismb.Listener.start].
   */
  properties[PROP_REQUIRE_TLS] =
      g_param_spec_string ("require-tls", NULL, NULL, "remote", flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:max-stanza:
   *
   * The most bytes of a stanza that an account sends; 262,144 by default. A longer one ends the
   * stream. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_MAX_STANZA] =
      g_param_spec_uint ("max-stanza", NULL, NULL, ISMB_SESSION_LIMIT_STRANGER,
                         ISMB_SESSION_LIMIT_MOST, ISMB_SESSION_LIMIT_ACCOUNT,
                         flags | G_PARAM_CONSTRUCT);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

gboolean
_ismb_listener_settings_get (const IsmbListenerSettings *self, guint id, GValue *value)
{
  switch (id)
    {
    case PROP_VIRTUAL_ROUTER:
      g_value_set_string (value, self->virtual_router);
      break;
    case PROP_DOMAIN:
      g_value_set_string (value, self->domain);
      break;
    case PROP_LISTEN:
      g_value_set_boxed (value, self->listen);
      break;
    case PROP_S2S_PORT:
      g_value_set_int (value, self->s2s_port);
      break;
    case PROP_C2S_PATH:
      g_value_set_string (value, self->c2s_path);
      break;
    case PROP_REQUIRE_TLS:
      g_value_set_string (value, self->require_tls);
      break;
    case PROP_MAX_STANZA:
      g_value_set_uint (value, self->max_stanza);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static void
replace_string (char **place, const GValue *value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

gboolean
_ismb_listener_settings_set (IsmbListenerSettings *self, guint id, const GValue *value)
{
  switch (id)
    {
    case PROP_VIRTUAL_ROUTER:
      replace_string (&self->virtual_router, value);
      break;
    case PROP_DOMAIN:
      replace_string (&self->domain, value);
      break;
    case PROP_LISTEN:
      g_strfreev (self->listen);
      self->listen = g_value_dup_boxed (value);
      break;
    case PROP_S2S_PORT:
      self->s2s_port = g_value_get_int (value);
      break;
    case PROP_C2S_PATH:
      replace_string (&self->c2s_path, value);
      break;
    case PROP_REQUIRE_TLS:
      replace_string (&self->require_tls, value);
      break;
    case PROP_MAX_STANZA:
      self->max_stanza = g_value_get_uint (value);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

gboolean
_ismb_listener_settings_parse_tls (const IsmbListenerSettings *self, IsmbRequireTls *require_tls,
                                   GError **error)
{
  static const char *const names[] = { "never", "remote", "always" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (self->require_tls, names[i]) == 0)
      {
        *require_tls = (IsmbRequireTls) i;
        return TRUE;
      }
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "require-tls is “%s”, but must be one of always, remote, never",
               self->require_tls != NULL ? self->require_tls : "");
  return FALSE;
}

char *
_ismb_listener_settings_prepare_domain (const IsmbListenerSettings *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (!ismb_address_prepare (self->domain, strlen (self->domain), out, &parts, error))
    {
      g_prefix_error (error, "domain “%s”: ", self->domain);
      return NULL;
    }
  if (parts.local > 0 || parts.resource > 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
                   "“%s” is no domain but a whole address", self->domain);
      return NULL;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
_ismb_listener_settings_prepare_name (const IsmbListenerSettings *self, const char *name,
                                      GError **error)
{
  g_autofree char *address = g_strdup_printf ("%s@%s", name, self->domain);
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (!ismb_address_prepare (address, strlen (address), out, &parts, error))
    return NULL;
  if (strpbrk (name, "@/") != NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
                   "“%s” is no account's name: give what stands before the “@” alone", name);
      return NULL;
    }
  g_string_truncate (out, parts.local);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
