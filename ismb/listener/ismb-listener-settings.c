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
  PROP_REGISTRATION,
  PROP_MAX_STANZA,
  PROP_PEER_QUEUE,
  PROP_PEER_QUEUE_TIME,
  PROP_OFFLINE_MESSAGES,
  PROP_OFFLINE_BYTES,
  PROP_RESUME_TIME,
  N_PROPERTIES
};

/* Where each property's value is kept. One more setting is a field, a number above, its place here,
 * and what it means in _ismb_listener_settings_install (): a string, a list of strings, a boolean,
 * an int, a guint or a guint64. */
#define IN(field) G_STRUCT_OFFSET (IsmbListenerSettings, field)
static const gsize offsets[N_PROPERTIES] = {
  [PROP_VIRTUAL_ROUTER] = IN (virtual_router),
  [PROP_DOMAIN] = IN (domain),
  [PROP_LISTEN] = IN (listen),
  [PROP_S2S_PORT] = IN (s2s_port),
  [PROP_C2S_PATH] = IN (c2s_path),
  [PROP_REQUIRE_TLS] = IN (require_tls),
  [PROP_REGISTRATION] = IN (registration),
  [PROP_MAX_STANZA] = IN (max_stanza),
  [PROP_PEER_QUEUE] = IN (peer_queue),
  [PROP_PEER_QUEUE_TIME] = IN (peer_queue_time),
  [PROP_OFFLINE_MESSAGES] = IN (offline_messages),
  [PROP_OFFLINE_BYTES] = IN (offline_bytes),
  [PROP_RESUME_TIME] = IN (resume_time),
};

/* What NULL means. */
static const char *const fallbacks[N_PROPERTIES] = {
  [PROP_VIRTUAL_ROUTER] = "VR-Default",
  [PROP_DOMAIN] = "localhost",
};

#define PEER_QUEUE (1 << 20)
#define PEER_QUEUE_TIME 60
#define OFFLINE_MESSAGES 1000
#define OFFLINE_BYTES (4 * 1024 * 1024)
#define RESUME_TIME 300

/* GObject leaves a property that is set to a value beyond its bounds as it was. */
void
_ismb_listener_settings_init (IsmbListenerSettings *self)
{
  static const char *const loopback[] = { "127.0.0.1", NULL };

  *self = (IsmbListenerSettings){
    .listen = g_strdupv ((char **) loopback),
    .s2s_port = -1,
    .max_stanza = ISMB_SESSION_LIMIT_ACCOUNT,
    .peer_queue = PEER_QUEUE,
    .peer_queue_time = PEER_QUEUE_TIME,
    .offline_messages = OFFLINE_MESSAGES,
    .offline_bytes = OFFLINE_BYTES,
    .resume_time = RESUME_TIME,
  };
}

void
_ismb_listener_settings_clear (IsmbListenerSettings *self)
{
  g_free (self->virtual_router);
  g_free (self->domain);
  g_strfreev (self->listen);
  g_free (self->c2s_path);
  g_free (self->require_tls);
  g_free (self->registration);
  g_free (self->federate);
  g_free (self->federate_ca);
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
  properties[PROP_VIRTUAL_ROUTER] = g_param_spec_string ("virtual-router", NULL, NULL,
                                                         fallbacks[PROP_VIRTUAL_ROUTER],
                                                         flags | G_PARAM_CONSTRUCT_ONLY);
  /**
   * IsmbListener:domain:
   *
   * Our domain-part, what stands behind the `@` of each of its accounts. Set it before
   * [method@Ismb.Listener.start] and before the first account is made.
   */
  properties[PROP_DOMAIN] =
      g_param_spec_string ("domain", NULL, NULL, fallbacks[PROP_DOMAIN], flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:listen:
   *
   * The numeric addresses to listen on, for clients and for other listeners; `127.0.0.1` by
   * default. With none there are no TCP ports. Set before [method@Ismb.Listener.start].
   *
   * Without a fabric the listener has no certificate, and so no TLS: clients of other hosts are
   * turned away unless [property@Ismb.Listener:require-tls] is `never`, which is for networks that
   * nobody else is on.
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
   * The path of a unix socket for clients on this host, at most 107 bytes, or %NULL for none. Any
   * user of the host may connect; who may come in is said by the accounts. A socket that nobody
   * listens on any more is replaced, any other file is left alone. Set before
   * [method@Ismb.Listener.start].
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
   * IsmbListener:registration:
   *
   * Who may make himself an account in band (XEP-0077): `closed`, the default, nobody; `local`
   * those on the unix socket; `open` those on the TCP port, too. Set before
   * [method@Ismb.Listener.start].
   */
  properties[PROP_REGISTRATION] =
      g_param_spec_string ("registration", NULL, NULL, "closed", flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:max-stanza:
   *
   * The most bytes of a stanza that an account sends, from 10,000 to 1,048,576; 262,144 by default. A
   * longer one ends the stream. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_MAX_STANZA] =
      g_param_spec_uint ("max-stanza", NULL, NULL, ISMB_SESSION_LIMIT_STRANGER,
                         ISMB_SESSION_LIMIT_MOST, ISMB_SESSION_LIMIT_ACCOUNT,
                         flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:peer-queue:
   *
   * The most bytes that wait for another listener that cannot be reached, at most 1 GiB; 1 MiB
   * by default. More comes back with `resource-constraint`. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_PEER_QUEUE] =
      g_param_spec_uint ("peer-queue", NULL, NULL, 0, 1 << 30, PEER_QUEUE, flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:peer-queue-time:
   *
   * The seconds for which a message waits for another listener that cannot be reached, before it
   * comes back with `remote-server-timeout`: from 1 to 86,400, 60 by default. For as long a stream
   * between the two that broke can be resumed. Set before [method@Ismb.Listener.start].
   */
  properties[PROP_PEER_QUEUE_TIME] =
      g_param_spec_uint ("peer-queue-time", NULL, NULL, 1, 86400, PEER_QUEUE_TIME,
                         flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:offline-messages:
   *
   * How many messages wait for an account until a client of it comes (XEP-0160), at most
   * 1,000,000; 1,000 by default, 0 for none. One more is sent back. Set before the first account
   * is made.
   */
  properties[PROP_OFFLINE_MESSAGES] = g_param_spec_uint ("offline-messages", NULL, NULL, 0, 1000000,
                                                         OFFLINE_MESSAGES, flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:offline-bytes:
   *
   * How many bytes of messages wait for an account, at most 1 GiB; 4 MiB by default, 0 for none.
   * Set before the first account is made.
   */
  properties[PROP_OFFLINE_BYTES] =
      g_param_spec_uint ("offline-bytes", NULL, NULL, 0, 1024 * 1024 * 1024, OFFLINE_BYTES,
                         flags | G_PARAM_CONSTRUCT);
  /**
   * IsmbListener:resume-time:
   *
   * The seconds for which a client that acknowledges what it gets (XEP-0198) may come back to its
   * session when its stream broke, at most 86,400; 300 by default, 0 for not at all.
   * Meanwhile it is present, and what is sent to it waits. Set before
   * [method@Ismb.Listener.start].
   */
  properties[PROP_RESUME_TIME] =
      g_param_spec_uint ("resume-time", NULL, NULL, 0, 86400, RESUME_TIME, flags | G_PARAM_CONSTRUCT);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

gboolean
_ismb_listener_settings_get (const IsmbListenerSettings *self, guint id, GValue *value)
{
  gconstpointer field = id < N_PROPERTIES ? (const char *) self + offsets[id] : NULL;

  if (field == NULL)
    return FALSE;
  if (G_VALUE_HOLDS_STRING (value))
    g_value_set_string (value, *(char *const *) field);
  else if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    g_value_set_boxed (value, *(char **const *) field);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, *(const gboolean *) field);
  else if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, *(const guint *) field);
  else if (G_VALUE_HOLDS_UINT64 (value))
    g_value_set_uint64 (value, *(const guint64 *) field);
  else
    g_value_set_int (value, *(const int *) field);
  return TRUE;
}

static void
replace_string (char **place, const GValue *value, const char *fallback)
{
  const char *string = g_value_get_string (value);

  g_free (*place);
  *place = g_strdup (string != NULL ? string : fallback);
}

static void
replace_list (char ***place, const GValue *value)
{
  g_strfreev (*place);
  *place = g_value_dup_boxed (value);
}

gboolean
_ismb_listener_settings_set (IsmbListenerSettings *self, guint id, const GValue *value)
{
  gpointer field = id < N_PROPERTIES ? (char *) self + offsets[id] : NULL;

  if (field == NULL)
    return FALSE;
  if (G_VALUE_HOLDS_STRING (value))
    replace_string (field, value, fallbacks[id]);
  else if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    replace_list (field, value);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    *(gboolean *) field = g_value_get_boolean (value);
  else if (G_VALUE_HOLDS_UINT (value))
    *(guint *) field = g_value_get_uint (value);
  else if (G_VALUE_HOLDS_UINT64 (value))
    *(guint64 *) field = g_value_get_uint64 (value);
  else
    *(int *) field = g_value_get_int (value);
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

gboolean
_ismb_listener_settings_parse_registration (const IsmbListenerSettings *self,
                                            IsmbRegistrationMode *mode, GError **error)
{
  static const char *const names[] = { "closed", "local", "open" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (self->registration, names[i]) == 0)
      {
        *mode = (IsmbRegistrationMode) i;
        return TRUE;
      }
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "registration is “%s”, but must be one of closed, local, open",
               self->registration != NULL ? self->registration : "");
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

static gboolean
load_ca (IsmbForeigners *foreigners, const char *path, GError **error)
{
  IsmbForeignCa *ca;

  if (path == NULL)
    return TRUE;
  ca = ismb_foreign_ca_load (path, error);
  ismb_foreigners_set_ca (foreigners, ca);
  return ca != NULL;
}

static gboolean
check_not_us (IsmbForeigners *foreigners, const char *domain, GError **error)
{
  if (ismb_foreigners_find (foreigners, domain) == NULL)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "%s is this switch's own domain; name only others", domain);
  return FALSE;
}

gboolean
_ismb_listener_settings_parse_federation (const IsmbListenerSettings *self, const char *domain,
                                          IsmbForeigners **foreigners, GError **error)
{
  g_autoptr (IsmbForeigners) all = NULL;

  if (self->federate == NULL)
    return TRUE;
  all = ismb_foreigners_new (self->federate, error);
  if (all == NULL || !load_ca (all, self->federate_ca, error) || !check_not_us (all, domain, error))
    {
      g_prefix_error (error, "federate: ");
      return FALSE;
    }
  *foreigners = g_steal_pointer (&all);
  return TRUE;
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
