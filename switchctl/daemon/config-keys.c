/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.config"

#include "config.h"
#include "switchctl/daemon/config-keys.h"

#include <net/if.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"
#include "ismb/listener/ismb-foreigners.h"
#include "switchctl/control/duration.h"
#include "switchctl/control/size.h"
#include "switchctl/daemon/log.h"

#define VR_NAME_MAX 32 /* it is a part of a socket's path */
#define DOMAIN_MAX 63  /* it is an mDNS label */
#define GUESS_DISTANCE 3
#define RESUME_SECONDS_MAX 86400
#define LIFETIME_MIN 10 /* seconds */
#define QUEUE_MIN (16 * 1024)
#define QUEUE_MAX (1024 * 1024 * 1024)
#define QUEUE_SECONDS_MAX 86400
#define STANZA_MIN 10000 /* bytes; RFC 6120, 13.12 */
#define OFFLINE_BYTES_MAX (1024 * 1024 * 1024)
#define STANZA_MAX (1024 * 1024) /* what switches take of each other */

/* A setter: FALSE with an error that goes on where `key=value` ended. */
typedef gboolean (*Setter) (gpointer field, const char *value, GError **error);

typedef struct
{
  SwitchGroup group;
  const char *name;
  gsize offset;
  Setter set;
} Key;

static gboolean
expected (GError **error, const char *what)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, ": expected %s", what);
  return FALSE;
}

static gboolean
not_built (GError **error, const char *instead)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, " is not available in this build: %s",
               instead);
  return FALSE;
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = *value != '\0' ? g_strdup (value) : NULL;
}

static char **
split_list (const char *value)
{
  g_auto (GStrv) raw = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; raw[i] != NULL; i++)
    if (*g_strstrip (raw[i]) != '\0')
      g_strv_builder_add (builder, raw[i]);
  return g_strv_builder_end (builder);
}

static gboolean
set_boolean (gpointer field, const char *value, GError **error)
{
  if (!g_str_equal (value, "true") && !g_str_equal (value, "false"))
    return expected (error, "true or false");
  *(gboolean *) field = g_str_equal (value, "true");
  return TRUE;
}

static gboolean
set_port (gpointer field, const char *value, GError **error)
{
  guint64 port;

  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT16, &port, NULL))
    return expected (error, "a port number from 0 (any free one) to 65535");
  *(guint *) field = (guint) port;
  return TRUE;
}

static gboolean
set_path (gpointer field, const char *value, GError **error)
{
  if (!g_path_is_absolute (value))
    return expected (error, "an absolute path");
  replace (field, value);
  return TRUE;
}

static gboolean
set_path_list (gpointer field, const char *value, GError **error)
{
  g_auto (GStrv) list = split_list (value);

  for (guint i = 0; list[i] != NULL; i++)
    if (!g_path_is_absolute (list[i]))
      return expected (error, "absolute paths, separated by ;");
  g_strfreev (*(char ***) field);
  *(char ***) field = g_steal_pointer (&list);
  return TRUE;
}

static gboolean
set_bind_device (gpointer field, const char *value, GError **error)
{
  if (strlen (value) >= IFNAMSIZ || strpbrk (value, "/; ") != NULL)
    return expected (error, "one interface, by a name of at most 15 bytes, or nothing");
  replace (field, value);
  return TRUE;
}

/* A namespace: a name in /run/netns, or a path. */
static gboolean
set_netns (gpointer field, const char *value, GError **error)
{
  if (*value != '\0' && !g_path_is_absolute (value) && strchr (value, '/') != NULL)
    return expected (error, "a name in /run/netns, an absolute path, or nothing");
  replace (field, value);
  return TRUE;
}

static gboolean
set_domain (gpointer field, const char *value, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;
  g_autoptr (GError) cause = NULL;

  if (*value != '\0')
    {
      jid = ismb_jid_new_from_parts (NULL, value, NULL, &cause);
      if (jid == NULL)
        {
          g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, ": %s", cause->message);
          return FALSE;
        }
      if (strlen (ismb_jid_get_domain (jid)) > DOMAIN_MAX)
        return expected (error, "a domain of at most 63 bytes");
    }
  replace (field, jid != NULL ? ismb_jid_get_domain (jid) : "");
  return TRUE;
}

static gboolean
set_trust (gpointer field, const char *value, GError **error)
{
  if (!g_str_equal (value, "fabric") && !g_str_equal (value, "open"))
    return expected (error, "fabric or open");
  *(gboolean *) field = g_str_equal (value, "open");
  return TRUE;
}

static gboolean
set_ca_hash (gpointer field, const char *value, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (value, -1);

  if (*value != '\0' && (strlen (value) != 64 || strspn (lower, "0123456789abcdef") != 64))
    return expected (error, "64 hex digits, as `switchctl fabric status` shows them on a member, "
                            "or nothing");
  replace (field, lower);
  return TRUE;
}

static gboolean
set_lifetime (gpointer field, const char *value, GError **error)
{
  gint64 seconds;

  if (!switch_duration_parse (value, &seconds) || seconds < LIFETIME_MIN)
    return expected (error, SWITCH_DURATION_EXPECTED ", from 10s to 3650d");
  *(gint64 *) field = seconds;
  return TRUE;
}

static gboolean
set_audit_rows (gpointer field, const char *value, GError **error)
{
  guint64 rows;

  if (!g_ascii_string_to_unsigned (value, 10, 1000, 10000000, &rows, NULL))
    return expected (error, "a number from 1000 to 10000000");
  *(guint *) field = (guint) rows;
  return TRUE;
}

static gboolean
set_durability (gpointer field, const char *value, GError **error)
{
  if (!g_str_equal (value, "normal") && !g_str_equal (value, "power"))
    return expected (error, "normal or power");
  *(gboolean *) field = g_str_equal (value, "power");
  return TRUE;
}

static gboolean
set_max_stanza (gpointer field, const char *value, GError **error)
{
  guint64 bytes;

  if (!switch_size_parse (value, &bytes) || bytes < STANZA_MIN || bytes > STANZA_MAX)
    return expected (error, "bytes, such as 10000, 256k or 1M, from 10000 to 1M");
  *(guint *) field = (guint) bytes;
  return TRUE;
}

static gboolean
set_peer_queue (gpointer field, const char *value, GError **error)
{
  guint64 bytes;

  if (!switch_size_parse (value, &bytes) || bytes < QUEUE_MIN || bytes > QUEUE_MAX)
    return expected (error, "bytes, such as 64k or 1M, from 16k to 1024M");
  *(guint *) field = (guint) bytes;
  return TRUE;
}

static gboolean
set_peer_queue_time (gpointer field, const char *value, GError **error)
{
  gint64 seconds;

  if (!switch_duration_parse (value, &seconds) || seconds < 1 || seconds > QUEUE_SECONDS_MAX)
    return expected (error, SWITCH_DURATION_EXPECTED ", from 1s to 1d");
  *(gint64 *) field = seconds;
  return TRUE;
}

static gboolean
set_resume_time (gpointer field, const char *value, GError **error)
{
  gint64 seconds;

  if (!switch_duration_parse (value, &seconds) || seconds > RESUME_SECONDS_MAX)
    return expected (error, SWITCH_DURATION_EXPECTED ", up to 1d");
  *(gint64 *) field = seconds;
  return TRUE;
}

static gboolean
set_offline_messages (gpointer field, const char *value, GError **error)
{
  guint64 messages;

  if (!g_ascii_string_to_unsigned (value, 10, 0, 1000000, &messages, NULL))
    return expected (error, "a number from 0 to 1000000");
  *(guint *) field = (guint) messages;
  return TRUE;
}

static gboolean
set_offline_bytes (gpointer field, const char *value, GError **error)
{
  guint64 bytes;

  if (!switch_size_parse (value, &bytes) || bytes > OFFLINE_BYTES_MAX)
    return expected (error, "bytes, such as 0, 256k or 4M, up to 1024M");
  *(guint *) field = (guint) bytes;
  return TRUE;
}

static gboolean
set_engine (gpointer field, const char *value, GError **error)
{
  if (g_str_equal (value, "frr") || g_str_equal (value, "program"))
    return not_built (error, "use exec");
  return g_str_equal (value, "exec") || expected (error, "exec, frr or program");
}

static gboolean
set_policy (gpointer field, const char *value, GError **error)
{
  if (*value != '\0' && !g_path_is_absolute (value))
    return expected (error, "an absolute path, or nothing");
  replace (field, value);
  return TRUE;
}

static gboolean
set_listen (gpointer field, const char *value, GError **error)
{
  g_auto (GStrv) list = split_list (value);

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (list[i], 0);

      if (address == NULL)
        return expected (error, "numeric addresses, separated by ; such as 0.0.0.0;::");
    }
  if (list[0] == NULL)
    return expected (error, "at least one address, such as 127.0.0.1");
  g_strfreev (*(char ***) field);
  *(char ***) field = g_steal_pointer (&list);
  return TRUE;
}

static gboolean
set_require_tls (gpointer field, const char *value, GError **error)
{
  static const char *const words[] = { "always", "remote", "never", NULL };

  if (!g_strv_contains (words, value))
    return expected (error, "always, remote or never");
  replace (field, value);
  return TRUE;
}

static gboolean
set_registration (gpointer field, const char *value, GError **error)
{
  static const char *const words[] = { "local", "open", "closed", NULL };

  if (!g_strv_contains (words, value))
    return expected (error, "local, open or closed");
  replace (field, value);
  return TRUE;
}

static gboolean
set_discovery (gpointer field, const char *value, GError **error)
{
  g_auto (GStrv) words = split_list (value);

  *(gboolean *) field = FALSE;
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], "static") || g_str_equal (words[i], "avahi-daemon"))
        return not_built (error, "use mdns or off");
      if (g_str_equal (words[i], "mdns"))
        *(gboolean *) field = TRUE;
      else if (!g_str_equal (words[i], "off") || words[1] != NULL)
        return expected (error, words[1] != NULL ? "mdns, or off alone" : "mdns or off");
    }
  return words[0] != NULL || expected (error, "mdns or off");
}

static gboolean
adopt_cause (GError **error, const GError *cause)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, ": %s", cause->message);
  return FALSE;
}

static gboolean
set_federate (gpointer field, const char *value, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (IsmbForeigners) foreigners = ismb_foreigners_new (value, &cause);

  if (foreigners == NULL)
    return adopt_cause (error, cause);
  replace (field, ismb_foreigners_get_count (foreigners) > 0 ? value : "");
  return TRUE;
}

static gboolean
set_federate_ca (gpointer field, const char *value, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (IsmbForeignCa) ca = NULL;

  if (*value != '\0' && !g_path_is_absolute (value))
    return expected (error, "an absolute path, or nothing");
  ca = *value != '\0' ? ismb_foreign_ca_load (value, &cause) : NULL;
  if (cause != NULL)
    return adopt_cause (error, cause);
  replace (field, value);
  return TRUE;
}

static gboolean
set_log_level (gpointer field, const char *value, GError **error)
{
  if (*value == '\0')
    return expected (error, "a level, such as info, or info;ismb.listener=debug");
  if (!switch_log_check (value, error))
    {
      g_prefix_error (error, ": ");
      return FALSE;
    }
  replace (field, value);
  return TRUE;
}

#define IN_CONFIG(field) G_STRUCT_OFFSET (SwitchConfig, field)
#define IN_VR(field) G_STRUCT_OFFSET (SwitchVrConfig, field)

static const Key keys[] = {
  { SWITCH_GROUP_DAEMON, "domain", IN_CONFIG (domain), set_domain },
  { SWITCH_GROUP_DAEMON, "state-dir", IN_CONFIG (state_dir), set_path },
  { SWITCH_GROUP_DAEMON, "runtime-dir", IN_CONFIG (runtime_dir), set_path },
  { SWITCH_GROUP_DAEMON, "log-level", IN_CONFIG (log_level), set_log_level },
  { SWITCH_GROUP_DAEMON, "audit-rows", IN_CONFIG (audit_rows), set_audit_rows },
  { SWITCH_GROUP_DAEMON, "durability", IN_CONFIG (durable), set_durability },
  { SWITCH_GROUP_FABRIC, "trust", IN_CONFIG (trust_open), set_trust },
  { SWITCH_GROUP_FABRIC, "ca-hash", IN_CONFIG (ca_hash), set_ca_hash },
  { SWITCH_GROUP_FABRIC, "certificate-lifetime", IN_CONFIG (certificate_lifetime), set_lifetime },
  { SWITCH_GROUP_CONTROL, "enabled", IN_CONFIG (control_enabled), set_boolean },
  { SWITCH_GROUP_CONTROL, "engine", 0, set_engine },
  { SWITCH_GROUP_CONTROL, "engine-netns", IN_CONFIG (engine_netns), set_netns },
  { SWITCH_GROUP_CONTROL, "exec-allow", IN_CONFIG (exec_allow), set_path_list },
  { SWITCH_GROUP_CONTROL, "files-root", IN_CONFIG (files_root), set_path },
  { SWITCH_GROUP_CONTROL, "policy", IN_CONFIG (policy), set_policy },
  { SWITCH_GROUP_VR, "enabled", IN_VR (enabled), set_boolean },
  { SWITCH_GROUP_VR, "netns", IN_VR (netns), set_netns },
  { SWITCH_GROUP_VR, "bind-device", IN_VR (bind_device), set_bind_device },
  { SWITCH_GROUP_VR, "listen", IN_VR (listen), set_listen },
  { SWITCH_GROUP_VR, "c2s-port", IN_VR (c2s_port), set_port },
  { SWITCH_GROUP_VR, "s2s-port", IN_VR (s2s_port), set_port },
  { SWITCH_GROUP_VR, "require-tls", IN_VR (require_tls), set_require_tls },
  { SWITCH_GROUP_VR, "registration", IN_VR (registration), set_registration },
  { SWITCH_GROUP_VR, "max-stanza", IN_VR (max_stanza), set_max_stanza },
  { SWITCH_GROUP_VR, "peer-queue", IN_VR (peer_queue), set_peer_queue },
  { SWITCH_GROUP_VR, "peer-queue-time", IN_VR (peer_queue_time), set_peer_queue_time },
  { SWITCH_GROUP_VR, "resume-time", IN_VR (resume_time), set_resume_time },
  { SWITCH_GROUP_VR, "offline-messages", IN_VR (offline_messages), set_offline_messages },
  { SWITCH_GROUP_VR, "offline-bytes", IN_VR (offline_bytes), set_offline_bytes },
  { SWITCH_GROUP_VR, "discovery", IN_VR (mdns), set_discovery },
  { SWITCH_GROUP_VR, "federate", IN_VR (federate), set_federate },
  { SWITCH_GROUP_VR, "federate-ca", IN_VR (federate_ca), set_federate_ca },
};

static const char *const group_names[] = { "daemon", "fabric", "switch-control" };

/* How many letters differ (Levenshtein). */
static guint
distance (const char *a, const char *b)
{
  gsize length = strlen (b);
  g_autofree guint *row = g_new (guint, length + 1);

  for (gsize j = 0; j <= length; j++)
    row[j] = (guint) j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint) i;
      for (gsize j = 1; j <= length; j++)
        {
          guint above = row[j];
          guint changed = diagonal + (a[i - 1] != b[j - 1]);

          row[j] = MIN (MIN (above, row[j - 1]) + 1, changed);
          diagonal = above;
        }
    }
  return row[length];
}

/* The nearest word, or NULL if none is near. */
static const char *
guess (const char *word, const char *const *words, guint count)
{
  const char *best = NULL;
  guint best_distance = GUESS_DISTANCE + 1;

  for (guint i = 0; i < count && strlen (word) < 64; i++)
    {
      guint d = distance (word, words[i]);

      if (d < best_distance)
        {
          best_distance = d;
          best = words[i];
        }
    }
  return best;
}

static gboolean
is_vr_name (const char *name)
{
  gsize length = strlen (name);

  if (length == 0 || length > VR_NAME_MAX || name[0] == '.')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("-_.", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

gboolean
switch_config_find_group (const char *header, SwitchGroup *group, char **vr, GError **error)
{
  const char *near;

  for (guint i = 0; i < G_N_ELEMENTS (group_names); i++)
    if (g_str_equal (header, group_names[i]))
      {
        *group = (SwitchGroup) i;
        return TRUE;
      }
  if (g_str_has_prefix (header, "vr "))
    {
      *group = SWITCH_GROUP_VR;
      *vr = g_strstrip (g_strdup (header + 3));
      if (is_vr_name (*vr))
        return TRUE;
      g_clear_pointer (vr, g_free);
      g_set_error (
          error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
          "[%s]: expected a virtual router's name: at most 32 letters, digits, dots, dashes and "
          "underscores, no dot first",
          header);
      return FALSE;
    }
  near = guess (header, group_names, G_N_ELEMENTS (group_names));
  if (near != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "unknown group [%s], did you mean [%s]?",
                 header, near);
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "unknown group [%s]: there are [daemon], [fabric], [switch-control] and [vr NAME]",
                 header);
  return FALSE;
}

static gboolean
unknown_key (SwitchGroup group, const char *name, GError **error)
{
  const char *names[G_N_ELEMENTS (keys) + 1] = { NULL };
  g_autofree char *all = NULL;
  const char *near;
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].group == group)
      names[count++] = keys[i].name;
  near = guess (name, names, count);
  all = g_strjoinv (", ", (char **) names);
  if (near != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "unknown key %s, did you mean %s?", name,
                 near);
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "unknown key %s: this group has %s",
                 name, all);
  return FALSE;
}

gboolean
switch_config_set (SwitchGroup group, gpointer target, const char *key, const char *value,
                   GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].group == group && g_str_equal (keys[i].name, key))
      {
        if (keys[i].set (G_STRUCT_MEMBER_P (target, keys[i].offset), value, error))
          return TRUE;
        g_prefix_error (error, "%s=%s", key, value);
        return FALSE;
      }
  return unknown_key (group, key, error);
}
