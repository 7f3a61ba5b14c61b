/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.admissions"

#include "config.h"
#include "ismb/trust/ismb-admissions.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-names.h"
#include "ismb/trust/ismb-state-file.h"

#define INVITATION "invitation " /* and the token's id */
#define APPROVAL "approval "     /* and what was given of the device's id */
#define USES_MAX 10000
#define EXPIRY_MAX G_GINT64_CONSTANT (253402300799) /* the year 9999 */
#define KEPT_SECONDS (7 * 24 * 60 * 60)
#define ID_MIN 16 /* digits of a device id that nobody makes a second key for: 80 bits */
#define ID_MAX 52
#define TOKEN_ID_DIGITS 16
#define VERIFIER_DIGITS 64

struct _IsmbAdmissions
{
  char *path;
  GKeyFile *file; /* what is on disk; every group of it was checked */
};

static gboolean
is_made_of (const char *text, gsize min, gsize max, const char *digits)
{
  gsize size = strspn (text, digits);

  return text[size] == '\0' && size >= min && size <= max;
}

static gboolean
is_hex (const char *text, gsize digits)
{
  return is_made_of (text, digits, digits, "0123456789abcdef");
}

static gboolean
is_id (const char *text)
{
  return is_made_of (text, ID_MIN, ID_MAX, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

static gboolean
has_number (GKeyFile *file, const char *group, const char *key, gint64 min, gint64 max)
{
  g_autofree char *text = g_key_file_get_string (file, group, key, NULL);

  return text != NULL && g_ascii_string_to_signed (text, 10, min, max, NULL, NULL);
}

static gint64
get_expiry (GKeyFile *file, const char *group)
{
  return g_key_file_get_int64 (file, group, "expires", NULL);
}

static guint
get_uses (GKeyFile *file, const char *group)
{
  return g_key_file_get_integer (file, group, "uses", NULL);
}

static char **
get_devices (GKeyFile *file, const char *group)
{
  return g_key_file_get_string_list (file, group, "devices", NULL, NULL);
}

static gboolean
has_devices (GKeyFile *file, const char *group)
{
  g_auto (GStrv) devices = get_devices (file, group);

  for (guint i = 0; devices != NULL && devices[i] != NULL; i++)
    if (!ismb_names_is_device_id (devices[i]))
      return FALSE;
  return devices != NULL;
}

static gboolean
is_invitation (GKeyFile *file, const char *group)
{
  g_autofree char *verifier = g_key_file_get_string (file, group, "verifier", NULL);

  return is_hex (group + strlen (INVITATION), TOKEN_ID_DIGITS) && verifier != NULL
         && is_hex (verifier, VERIFIER_DIGITS) && has_number (file, group, "uses", 1, USES_MAX)
         && has_devices (file, group);
}

/* A key that we do not know may be a condition, and must not be passed over either. */
static gboolean
is_readable (GKeyFile *file, const char *group)
{
  gsize keys = 0, expected = 1;

  g_strfreev (g_key_file_get_keys (file, group, &keys, NULL));
  if (g_str_has_prefix (group, INVITATION) && is_invitation (file, group))
    expected = 4;
  else if (!g_str_has_prefix (group, APPROVAL) || !is_id (group + strlen (APPROVAL)))
    return FALSE;
  return keys == expected && has_number (file, group, "expires", 0, EXPIRY_MAX);
}

static gboolean
check (IsmbAdmissions *self, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (self->file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    if (!is_readable (self->file, groups[i]))
      {
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                     "%s: [%s] is no invitation or approval that can be read; remove it, and "
                     "invite or approve anew",
                     self->path, groups[i]);
        return FALSE;
      }
  return TRUE;
}

static gboolean
load_text (IsmbAdmissions *self, const char *text, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  /* To GKeyFile an empty text is a fault. */
  if (text[0] == '\0'
      || g_key_file_load_from_data (self->file, text, strlen (text), G_KEY_FILE_NONE, &local_error))
    return check (self, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "%s cannot be read: %s; restore it from a copy", self->path, local_error->message);
  return FALSE;
}

IsmbAdmissions *
ismb_admissions_load (const char *path, GError **error)
{
  g_autoptr (IsmbAdmissions) self = g_new0 (IsmbAdmissions, 1);
  g_autofree char *text = NULL;

  self->path = g_strdup (path);
  self->file = g_key_file_new ();
  text = ismb_state_file_read (path, error);
  return text != NULL && load_text (self, text, error) ? g_steal_pointer (&self) : NULL;
}

void
ismb_admissions_free (IsmbAdmissions *self)
{
  g_free (self->path);
  g_key_file_unref (self->file);
  g_free (self);
}

/* Every change is made to a copy, which takes our file's place when it is on disk. */
static GKeyFile *
copy_file (IsmbAdmissions *self)
{
  g_autofree char *text = g_key_file_to_data (self->file, NULL, NULL);
  GKeyFile *copy = g_key_file_new ();

  g_key_file_load_from_data (copy, text, strlen (text), G_KEY_FILE_NONE, NULL);
  return copy;
}

static gboolean
adopt (IsmbAdmissions *self, GKeyFile *file, GError **error)
{
  g_autofree char *text = g_key_file_to_data (file, NULL, NULL);

  if (!ismb_state_file_write (self->path, text, error))
    return FALSE;
  g_key_file_unref (self->file);
  self->file = g_key_file_ref (file);
  return TRUE;
}

static gboolean
is_expired (GKeyFile *file, const char *group, gint64 now)
{
  return get_expiry (file, group) <= now;
}

/* Nobody needs to be told any more that it has ended. */
static gboolean
is_over (GKeyFile *file, const char *group, gint64 now)
{
  return get_expiry (file, group) + KEPT_SECONDS <= now;
}

static gboolean
is_used_up (GKeyFile *file, const char *group)
{
  g_auto (GStrv) devices = get_devices (file, group);

  return devices != NULL && g_strv_length (devices) >= get_uses (file, group);
}

static void
forget_old (GKeyFile *file, gint64 now)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    if (is_over (file, groups[i], now))
      g_key_file_remove_group (file, groups[i], NULL);
}

/* How many there are of the kind; and the one to do without, if one has to go. */
static guint
count_kind (GKeyFile *file, const char *kind, gint64 now, char **ended)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  const char *oldest = NULL;
  guint count = 0;

  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (!g_str_has_prefix (groups[i], kind))
        continue;
      count++;
      if ((is_expired (file, groups[i], now) || is_used_up (file, groups[i]))
          && (oldest == NULL || get_expiry (file, groups[i]) < get_expiry (file, oldest)))
        oldest = groups[i];
    }
  *ended = g_strdup (oldest);
  return count;
}

static gboolean
make_room (GKeyFile *file, const char *kind, gint64 now, GError **error)
{
  g_autofree char *ended = NULL;

  forget_old (file, now);
  if (count_kind (file, kind, now, &ended) < ISMB_ADMISSIONS_MAX)
    return TRUE;
  if (ended != NULL)
    return g_key_file_remove_group (file, ended, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
               "%d are out already and none has ended, which is the limit; withdraw one, or wait "
               "until one ends",
               ISMB_ADMISSIONS_MAX);
  return FALSE;
}

static gboolean
check_expiry (gint64 expiry, gint64 now, GError **error)
{
  if (expiry > now && expiry <= EXPIRY_MAX)
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "this would have ended already, or never: say how long it is to hold");
  return FALSE;
}

static gboolean
check_uses (guint uses, GError **error)
{
  if (uses >= 1 && uses <= USES_MAX)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "an invitation is for 1 to %d devices",
               USES_MAX);
  return FALSE;
}

static char *
make_invitation_group (const IsmbToken *token)
{
  g_autofree char *id = ismb_token_dup_id (token);

  return g_strconcat (INVITATION, id, NULL);
}

static void
set_devices (GKeyFile *file, const char *group, const char *const *devices)
{
  g_key_file_set_string_list (file, group, "devices", devices, g_strv_length ((char **) devices));
}

gboolean
ismb_admissions_invite (IsmbAdmissions *self, const IsmbToken *token, guint uses, gint64 expiry,
                        gint64 now, GError **error)
{
  g_autoptr (GKeyFile) file = copy_file (self);
  g_autofree char *group = make_invitation_group (token);
  g_autofree char *verifier = ismb_token_dup_verifier (token);
  static const char *const nobody[] = { NULL };

  if (!check_uses (uses, error) || !check_expiry (expiry, now, error)
      || !make_room (file, INVITATION, now, error))
    return FALSE;
  g_key_file_set_string (file, group, "verifier", verifier);
  g_key_file_set_integer (file, group, "uses", uses);
  g_key_file_set_int64 (file, group, "expires", expiry);
  set_devices (file, group, nobody);
  return adopt (self, file, error);
}

/* Its group, where there is one. */
static char *
find_invitation (IsmbAdmissions *self, const char *token_id, GError **error)
{
  g_autofree char *group = g_strconcat (INVITATION, token_id, NULL);

  if (g_key_file_has_group (self->file, group))
    return g_steal_pointer (&group);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                       "there is no such invitation, or it was withdrawn; ask for another one");
  return NULL;
}

gboolean
ismb_admissions_withdraw (IsmbAdmissions *self, const char *token_id, GError **error)
{
  g_autofree char *group = find_invitation (self, token_id, error);
  g_autoptr (GKeyFile) file = NULL;

  if (group == NULL)
    return FALSE;
  file = copy_file (self);
  return g_key_file_remove_group (file, group, error) && adopt (self, file, error);
}

static gboolean
check_proof (IsmbAdmissions *self, const char *group, const char *proof, GBytes *exporter,
             const char *request_pem, GError **error)
{
  g_autofree char *verifier = g_key_file_get_string (self->file, group, "verifier", NULL);

  if (proof != NULL && ismb_token_check (verifier, proof, exporter, request_pem))
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
                       "the proof of the invitation's secret does not hold");
  return FALSE;
}

static gboolean
check_not_expired (IsmbAdmissions *self, const char *group, gint64 now, GError **error)
{
  g_autoptr (GDateTime) expiry = g_date_time_new_from_unix_utc (get_expiry (self->file, group));
  g_autofree char *text = g_date_time_format_iso8601 (expiry);

  if (!is_expired (self->file, group, now))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT,
               "the invitation expired at %s; ask for another one", text);
  return FALSE;
}

static gboolean
count_use (IsmbAdmissions *self, const char *group, char **devices, const char *device_id,
           GError **error)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_autoptr (GKeyFile) file = copy_file (self);
  g_auto (GStrv) list = NULL;

  g_strv_builder_addv (all, (const char **) devices);
  g_strv_builder_add (all, device_id);
  list = g_strv_builder_end (all);
  set_devices (file, group, (const char *const *) list);
  return adopt (self, file, error);
}

static gboolean
let_in (IsmbAdmissions *self, const char *group, const char *device_id, gboolean renamed,
        GError **error)
{
  g_auto (GStrv) devices = get_devices (self->file, group);

  if (!renamed && g_strv_contains ((const char *const *) devices, device_id))
    return TRUE;
  if (!is_used_up (self->file, group))
    return count_use (self, group, devices, device_id, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
               "the invitation is used up: it was for %u; ask for another one",
               get_uses (self->file, group));
  return FALSE;
}

gboolean
ismb_admissions_use (IsmbAdmissions *self, const char *token_id, const char *proof,
                     GBytes *exporter, const char *request_pem, const char *device_id,
                     gboolean renamed, gint64 now, GError **error)
{
  g_autofree char *group = NULL;

  g_return_val_if_fail (ismb_names_is_device_id (device_id), FALSE);
  group = find_invitation (self, token_id, error);
  return group != NULL && check_proof (self, group, proof, exporter, request_pem, error)
         && check_not_expired (self, group, now, error)
         && let_in (self, group, device_id, renamed, error);
}

gboolean
ismb_admissions_approve (IsmbAdmissions *self, const char *id, gint64 expiry, gint64 now,
                         GError **error)
{
  g_autofree char *group = g_strconcat (APPROVAL, id, NULL);
  g_autoptr (GKeyFile) file = copy_file (self);

  if (!is_id (id))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                   "a device id is %d letters and digits from 2 to 7, of which the first %d and "
                   "more will do",
                   ID_MAX, ID_MIN);
      return FALSE;
    }
  if (!check_expiry (expiry, now, error)
      || (!g_key_file_has_group (file, group) && !make_room (file, APPROVAL, now, error)))
    return FALSE;
  g_key_file_set_int64 (file, group, "expires", expiry);
  return adopt (self, file, error);
}

/* The group of an approval that gave so many digits of the id. */
static char *
make_approval_group (const char *device_id, int digits)
{
  return g_strdup_printf (APPROVAL "%.*s", digits, device_id);
}

gboolean
ismb_admissions_is_approved (IsmbAdmissions *self, const char *device_id, gint64 now)
{
  g_return_val_if_fail (ismb_names_is_device_id (device_id), FALSE);
  for (int digits = ID_MIN; digits <= ID_MAX; digits++)
    {
      g_autofree char *group = make_approval_group (device_id, digits);

      if (g_key_file_has_group (self->file, group) && !is_expired (self->file, group, now))
        return TRUE;
    }
  return FALSE;
}

gboolean
ismb_admissions_settle (IsmbAdmissions *self, const char *device_id, GError **error)
{
  g_autoptr (GKeyFile) file = copy_file (self);
  gboolean changed = FALSE;

  g_return_val_if_fail (ismb_names_is_device_id (device_id), FALSE);
  for (int digits = ID_MIN; digits <= ID_MAX; digits++)
    {
      g_autofree char *group = make_approval_group (device_id, digits);

      if (g_key_file_remove_group (file, group, NULL))
        changed = TRUE;
    }
  return !changed || adopt (self, file, error);
}

static void
describe_invitation (GKeyFile *file, const char *group, GVariantDict *about)
{
  g_auto (GStrv) devices = get_devices (file, group);

  g_variant_dict_insert (about, "uses", "u", get_uses (file, group));
  g_variant_dict_insert (about, "used", "u", g_strv_length (devices));
  g_variant_dict_insert (about, "devices", "^as", devices);
}

static GVariant *
describe (GKeyFile *file, const char *group, const char *kind, gint64 now)
{
  g_auto (GVariantDict) about = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&about, "id", "s", group + strlen (kind));
  g_variant_dict_insert (&about, "expires", "x", get_expiry (file, group));
  g_variant_dict_insert (&about, "expired", "b", is_expired (file, group, now));
  if (g_str_equal (kind, INVITATION))
    describe_invitation (file, group, &about);
  return g_variant_dict_end (&about);
}

static GVariant *
list (IsmbAdmissions *self, const char *kind, gint64 now)
{
  g_auto (GStrv) groups = g_key_file_get_groups (self->file, NULL);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; groups[i] != NULL; i++)
    if (g_str_has_prefix (groups[i], kind) && !is_over (self->file, groups[i], now))
      g_variant_builder_add_value (&builder, describe (self->file, groups[i], kind, now));
  return g_variant_builder_end (&builder);
}

GVariant *
ismb_admissions_list_invitations (IsmbAdmissions *self, gint64 now)
{
  return list (self, INVITATION, now);
}

GVariant *
ismb_admissions_list_approvals (IsmbAdmissions *self, gint64 now)
{
  return list (self, APPROVAL, now);
}
