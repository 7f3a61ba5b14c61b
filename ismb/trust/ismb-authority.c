/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.authority"

#include "config.h"
#include "ismb/trust/ismb-authority.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-ca.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-ledger.h"
#include "ismb/trust/ismb-request.h"

#define LIFETIME (90LL * 24 * 60 * 60) /* seconds, unless set */

struct _IsmbAuthority
{
  GObject parent_instance;
  char *state_dir;
  IsmbCa *ca;
  char *ca_pem; /* as it was last asked for */
  IsmbLedger *ledger;
  IsmbAdmissions *admissions;
  IsmbClock *clock;             /* borrowed, or NULL */
  IsmbRevocations *revocations; /* borrowed, or NULL */
  gint64 lifetime;
};

G_DEFINE_FINAL_TYPE (IsmbAuthority, ismb_authority, G_TYPE_OBJECT)

static void
ismb_authority_finalize (GObject *object)
{
  IsmbAuthority *self = ISMB_AUTHORITY (object);

  g_clear_pointer (&self->ca, ismb_ca_free);
  g_clear_pointer (&self->ledger, ismb_ledger_free);
  g_clear_pointer (&self->admissions, ismb_admissions_free);
  g_free (self->ca_pem);
  g_free (self->state_dir);
  G_OBJECT_CLASS (ismb_authority_parent_class)->finalize (object);
}

static void
ismb_authority_class_init (IsmbAuthorityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_authority_finalize;
}

static void
ismb_authority_init (IsmbAuthority *self)
{
  self->lifetime = LIFETIME;
}

static gint64
get_now (IsmbAuthority *self)
{
  return self->clock != NULL ? ismb_clock_now (self->clock) : g_get_real_time () / G_USEC_PER_SEC;
}

/* Takes `ca`, which may be NULL. */
static IsmbAuthority *
authority_new (const char *state_dir, IsmbCa *ca, GError **error)
{
  g_autoptr (IsmbAuthority) self = g_object_new (ISMB_TYPE_AUTHORITY, NULL);
  g_autofree char *ledger_path = g_build_filename (state_dir, "issued", NULL);
  g_autofree char *admissions_path = g_build_filename (state_dir, "admissions", NULL);

  self->state_dir = g_strdup (state_dir);
  self->ca = ca;
  if (ca == NULL)
    return NULL;
  self->ledger = ismb_ledger_load (ledger_path, error);
  if (self->ledger == NULL)
    return NULL;
  self->admissions = ismb_admissions_load (admissions_path, error);
  return self->admissions != NULL ? g_steal_pointer (&self) : NULL;
}

static gboolean
remove_file (const char *state_dir, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, name, NULL);

  if (g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot remove %s: %s", path,
               g_strerror (errno));
  return FALSE;
}

/* A new CA has signed nothing and invited nobody, whatever a former one has left here. */
IsmbAuthority *
ismb_authority_create (const char *state_dir, const char *fabric_name, GError **error)
{
  IsmbCa *ca = ismb_ca_create (state_dir, fabric_name, error);

  if (ca != NULL && remove_file (state_dir, "issued", error) &&
      remove_file (state_dir, "admissions", error))
    return authority_new (state_dir, ca, error);
  g_clear_pointer (&ca, ismb_ca_free);
  return NULL;
}

IsmbAuthority *
ismb_authority_load (const char *state_dir, GError **error)
{
  return authority_new (state_dir, ismb_ca_load (state_dir, error), error);
}

void
ismb_authority_discard (const char *state_dir)
{
  g_autoptr (GError) error = NULL;

  if (!remove_file (state_dir, "ca.pem", &error))
    g_warning ("%s", error->message);
}

gboolean
ismb_authority_destroy (IsmbAuthority *self, GError **error)
{
  return ismb_ca_destroy (self->state_dir, error) &&
         remove_file (self->state_dir, "issued", error) &&
         remove_file (self->state_dir, "admissions", error);
}

const char *
ismb_authority_get_ca_pem (IsmbAuthority *self)
{
  g_free (self->ca_pem);
  self->ca_pem = ismb_ca_dup_pem (self->ca, get_now (self), NULL);
  return self->ca_pem;
}

const char *
ismb_authority_get_ca_hash (IsmbAuthority *self)
{
  return ismb_ca_get_hash (self->ca);
}

IsmbAdmissions *
ismb_authority_get_admissions (IsmbAuthority *self)
{
  return self->admissions;
}

void
ismb_authority_set_clock (IsmbAuthority *self, IsmbClock *clock)
{
  self->clock = clock;
}

static GPtrArray *
list_statements_of_others (IsmbAuthority *self)
{
  g_autoptr (GPtrArray) all = ismb_revocations_list (self->revocations, NULL, ISMB_REVOCATIONS_MAX);
  GPtrArray *others = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++)
    if (!g_str_equal (((IsmbRevocation *) all->pdata[i])->ca_hash, ismb_ca_get_hash (self->ca)))
      g_ptr_array_add (others, all->pdata[i]);
  return others;
}

/* Once the former CA is believed no more, nobody could check what it has said. */
static gboolean
say_again (IsmbAuthority *self, GError **error)
{
  g_autoptr (GPtrArray) others = list_statements_of_others (self);
  g_autoptr (GPtrArray) again =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);
  g_autoptr (GPtrArray) added = NULL;

  for (guint i = 0; i < others->len; i++)
    {
      const IsmbRevocation *former = others->pdata[i];
      IsmbRevocation *revocation =
          ismb_ca_revoke (self->ca, former->device_id, former->time, error);
      if (revocation == NULL)
        return FALSE;
      g_ptr_array_add (again, revocation);
    }
  if (again->len == 0)
    return TRUE;
  added = ismb_revocations_add (self->revocations, again, error);
  return added != NULL;
}

static void
catch_up (IsmbAuthority *self)
{
  g_autoptr (GError) error = NULL;

  if (self->revocations != NULL && !say_again (self, &error))
    g_warning ("revocations of the former CA are not signed by this one yet: %s", error->message);
}

void
ismb_authority_set_revocations (IsmbAuthority *self, IsmbRevocations *revocations)
{
  self->revocations = revocations;
  catch_up (self);
}

void
ismb_authority_set_lifetime (IsmbAuthority *self, gint64 seconds)
{
  self->lifetime = seconds;
}

static gboolean
is_revoked (IsmbAuthority *self, const char *device_id)
{
  return self->revocations != NULL && ismb_revocations_has (self->revocations, device_id);
}

/* What is signed by a clock in 1970 has ended before it is read. */
static gboolean
check_clock (IsmbAuthority *self, GError **error)
{
  g_autoptr (GDateTime) host = NULL;
  g_autofree char *text = NULL;

  if (self->clock == NULL || !ismb_clock_is_behind (self->clock))
    return TRUE;
  host = g_date_time_new_from_unix_utc (ismb_clock_get_host (self->clock));
  text = host != NULL ? g_date_time_format_iso8601 (host) : g_strdup ("a time that is none");
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "the registrar signs nothing, as the clock there says %s: set it first", text);
  return FALSE;
}

static gboolean
check_not_revoked (IsmbAuthority *self, const char *device_id, GError **error)
{
  if (!is_revoked (self, device_id))
    return TRUE;
  g_set_error (
      error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
      "device %s is revoked, and that is for ever; with `switchctl fabric leave --new-key` "
      "the switch becomes another device, which may join",
      device_id);
  return FALSE;
}

/* Who is revoked holds nothing, even if a crash left him in the ledger. */
static const char *
get_holder (IsmbAuthority *self, const char *domain)
{
  const char *holder = ismb_ledger_get_holder (self->ledger, domain, get_now (self));

  return holder != NULL && !is_revoked (self, holder) ? holder : NULL;
}

/* A joiner is shown 200 bytes of it: what to do fits into them, whatever the domain. */
static gboolean
check_name (IsmbAuthority *self, const IsmbNames *names, GError **error)
{
  const char *holder = get_holder (self, names->domain);

  if (holder == NULL || g_str_equal (holder, names->device_id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "%s is held by device %.16s: where the new one replaces it, first `switchctl fabric "
               "revoke %.16s` on the registrar, or `switchctl fabric sign --replace`",
               names->domain, holder, holder);
  return FALSE;
}

/* What is not in the ledger was not signed: it is written before the certificate is let out. */
static char *
certify (IsmbAuthority *self, IsmbNames *names, gnutls_pubkey_t key, GError **error)
{
  gint64 now = get_now (self);
  gint64 until = now + self->lifetime;
  g_autofree char *pem = NULL;

  if (!check_clock (self, error) || !check_not_revoked (self, names->device_id, error))
    return NULL;
  pem = ismb_ca_certify (self->ca, names, key, now - ISMB_CERTIFICATE_LEEWAY, &until, error);
  if (pem == NULL ||
      !ismb_ledger_enter (self->ledger, names->domain, names->device_id, until, now, error))
    return NULL;
  g_message ("certified %s, device %s", names->domain, names->device_id);
  return g_strconcat (pem, ismb_authority_get_ca_pem (self), NULL);
}

char *
ismb_authority_sign (IsmbAuthority *self, const char *request_pem, GError **error)
{
  g_autoptr (IsmbRequest) request = ismb_request_parse (request_pem, error);

  return request != NULL && check_name (self, request->names, error)
             ? certify (self, request->names, request->key, error)
             : NULL;
}

char *
ismb_authority_replace (IsmbAuthority *self, const char *request_pem, GError **error)
{
  g_autoptr (IsmbRequest) request = ismb_request_parse (request_pem, error);

  return request != NULL ? certify (self, request->names, request->key, error) : NULL;
}

char *
ismb_authority_dup_holder (IsmbAuthority *self, const char *domain)
{
  return g_strdup (get_holder (self, domain));
}

/* Nobody else can say that a registrar's own name is another's, and a key of its own that was lost
 * must not keep it from starting. */
char *
ismb_authority_certify_registrar (IsmbAuthority *self, const char *request_pem, GError **error)
{
  g_autoptr (IsmbRequest) request = ismb_request_parse (request_pem, error);

  if (request == NULL)
    return NULL;
  request->names->registrar = TRUE;
  return certify (self, request->names, request->key, error);
}

static gboolean
check_same (const IsmbNames *names, const IsmbProof *member, GError **error)
{
  if (g_str_equal (names->domain, member->names->domain) &&
      g_str_equal (names->device_id, member->names->device_id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the request is for %s, device %s, and whoever sends it is %s, device %s",
               names->domain, names->device_id, member->names->domain, member->names->device_id);
  return FALSE;
}

/* Nobody gets into a virtual router by asking: that takes somebody who signs. */
static IsmbNames *
restrict_names (const IsmbNames *asked, const IsmbNames *former)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) vrs = NULL;

  for (guint i = 0; asked->vrs[i] != NULL; i++)
    if (ismb_names_has_vr (former, asked->vrs[i]))
      g_strv_builder_add (builder, asked->vrs[i]);
  vrs = g_strv_builder_end (builder);
  return ismb_names_new (asked->domain, asked->device_id, (const char *const *) vrs);
}

char *
ismb_authority_renew (IsmbAuthority *self, const char *request_pem, const IsmbProof *member,
                      GError **error)
{
  g_autoptr (IsmbRequest) request = ismb_request_parse (request_pem, error);
  g_autoptr (IsmbNames) names = NULL;

  if (request == NULL || !check_same (request->names, member, error) ||
      !check_name (self, request->names, error))
    return NULL;
  names = restrict_names (request->names, member->names);
  return certify (self, names, request->key, error);
}

static gboolean
check_applicant (IsmbAuthority *self, const IsmbNames *names, const IsmbApplication *application,
                 GError **error)
{
  if (g_str_equal (names->device_id, application->device_id))
    return check_not_revoked (self, names->device_id, error) && check_name (self, names, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the request is of device %s, and device %s sent it", names->device_id,
               application->device_id);
  return FALSE;
}

/* By a token, or by its id? Whatever costs an invitation's use comes last. */
static IsmbAdmission
judge (IsmbAuthority *self, const IsmbApplication *application, const char *domain, char **rule,
       GError **error)
{
  gint64 now = get_now (self);
  gboolean renamed = ismb_ledger_has_other (self->ledger, application->device_id, domain, now);

  if (application->token_id == NULL)
    {
      if (!ismb_admissions_is_approved (self->admissions, application->device_id, now))
        return ISMB_ADMISSION_WAITS;
      *rule = g_strdup ("approved");
      return ISMB_ADMISSION_GRANTED;
    }
  if (!ismb_admissions_use (self->admissions, application->token_id,
                            application->proof != NULL ? application->proof : "",
                            application->exporter, application->request_pem, application->device_id,
                            renamed, now, error))
    return ISMB_ADMISSION_REFUSED;
  *rule = g_strconcat ("token ", application->token_id, NULL);
  return ISMB_ADMISSION_GRANTED;
}

/* That the device is in stands in the ledger; an approval that stays is only untidy. */
static void
settle (IsmbAuthority *self, const char *device_id)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_admissions_settle (self->admissions, device_id, &error))
    g_warning ("the approval of device %s stays: %s", device_id, error->message);
}

static IsmbAdmission
admit (IsmbAuthority *self, const IsmbApplication *application, char **bundle, char **rule,
       GError **error)
{
  g_autoptr (IsmbRequest) request = ismb_request_parse (application->request_pem, error);
  IsmbAdmission admission = ISMB_ADMISSION_REFUSED;

  if (request == NULL || !check_applicant (self, request->names, application, error) ||
      !check_clock (self, error))
    return ISMB_ADMISSION_REFUSED;
  admission = judge (self, application, request->names->domain, rule, error);
  if (admission != ISMB_ADMISSION_GRANTED)
    return admission;
  *bundle = certify (self, request->names, request->key, error);
  if (*bundle == NULL)
    return ISMB_ADMISSION_REFUSED;
  settle (self, request->names->device_id);
  return ISMB_ADMISSION_GRANTED;
}

/* A disk that is full is a matter of the registrar's, and no stranger's to read about in detail. */
IsmbAdmission
ismb_authority_admit (IsmbAuthority *self, const IsmbApplication *application, char **bundle,
                      char **rule, GError **error)
{
  g_autoptr (GError) reason = NULL;
  IsmbAdmission admission = ISMB_ADMISSION_REFUSED;

  *bundle = *rule = NULL;
  admission = admit (self, application, bundle, rule, &reason);
  if (admission != ISMB_ADMISSION_REFUSED)
    return admission;
  g_clear_pointer (rule, g_free);
  if (reason->domain == ISMB_ERROR)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    {
      g_warning ("device %s could not be let in: %s", application->device_id, reason->message);
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                           "the registrar cannot keep what it signs: its log says why");
    }
  return ISMB_ADMISSION_REFUSED;
}

static gboolean
keep_revocation (IsmbAuthority *self, const IsmbRevocation *revocation, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autoptr (GPtrArray) added = NULL;

  if (self->revocations == NULL)
    return TRUE;
  g_ptr_array_add (list, (gpointer) revocation);
  added = ismb_revocations_add (self->revocations, list, error);
  return added != NULL;
}

/* The statement first: with it the device is out, whatever comes after. It is made with a clock
 * that is behind, too: being out has no end that could be wrong. */
IsmbRevocation *
ismb_authority_revoke (IsmbAuthority *self, const char *device_id, GError **error)
{
  g_autoptr (IsmbRevocation) revocation =
      ismb_ca_revoke (self->ca, device_id, get_now (self), error);
  g_autoptr (GError) ledger_error = NULL;

  if (revocation == NULL || !keep_revocation (self, revocation, error))
    return NULL;
  if (!ismb_ledger_forget (self->ledger, device_id, get_now (self), &ledger_error))
    g_warning ("device %s stays in the ledger: %s", device_id, ledger_error->message);
  settle (self, device_id);
  g_message ("revoked device %s", device_id);
  return g_steal_pointer (&revocation);
}

gboolean
ismb_authority_roll_over (IsmbAuthority *self, gint64 overlap, GError **error)
{
  if (!check_clock (self, error) || !ismb_ca_roll_over (self->ca, get_now (self), overlap, error))
    return FALSE;
  g_message ("the fabric has a new CA, %s", ismb_ca_get_hash (self->ca));
  catch_up (self);
  return TRUE;
}

typedef struct
{
  IsmbAuthority *authority;
  GVariantBuilder builder;
} Listing;

static void
add_issued (const char *domain, const char *device_id, gint64 expiry, gpointer user_data)
{
  Listing *listing = user_data;

  if (is_revoked (listing->authority, device_id))
    return;
  g_variant_builder_open (&listing->builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&listing->builder, "{sv}", "domain", g_variant_new_string (domain));
  g_variant_builder_add (&listing->builder, "{sv}", "id", g_variant_new_string (device_id));
  g_variant_builder_add (&listing->builder, "{sv}", "expires", g_variant_new_int64 (expiry));
  g_variant_builder_close (&listing->builder);
}

GVariant *
ismb_authority_list_issued (IsmbAuthority *self)
{
  Listing listing = { .authority = self };

  g_variant_builder_init (&listing.builder, G_VARIANT_TYPE ("aa{sv}"));
  ismb_ledger_foreach (self->ledger, get_now (self), add_issued, &listing);
  return g_variant_builder_end (&listing.builder);
}
