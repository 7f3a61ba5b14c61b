/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.names"

#include "config.h"
#include "ismb/trust/ismb-names.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-error.h"

#define ID_PREFIX "ismb:id:"
#define VR_PREFIX "ismb:vr:"
#define REGISTRAR_URI "ismb:registrar"
#define DEVICE_ID_SIZE 52
#define BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define DOMAIN_MAX 63
#define VR_MAX 63
#define FABRIC_MAX 64 /* bytes; what X.520 allows a common name */
#define VRS_MAX 64
#define OID_SAN "2.5.29.17"
#define OID_XMPP_ADDR "1.3.6.1.5.5.7.8.5"

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_subject_alt_names_t, gnutls_subject_alt_names_deinit, NULL)

IsmbNames *
ismb_names_new (const char *domain, const char *device_id, const char *const *vrs)
{
  IsmbNames *self = g_new0 (IsmbNames, 1);

  self->domain = g_strdup (domain);
  self->device_id = g_strdup (device_id);
  self->vrs = vrs != NULL ? g_strdupv ((char **) vrs) : g_new0 (char *, 1);
  return self;
}

IsmbNames *
ismb_names_copy (const IsmbNames *self)
{
  IsmbNames *copy
      = ismb_names_new (self->domain, self->device_id, (const char *const *) self->vrs);

  copy->local = g_strdup (self->local);
  copy->registrar = self->registrar;
  return copy;
}

void
ismb_names_free (IsmbNames *self)
{
  g_free (self->domain);
  g_free (self->local);
  g_free (self->device_id);
  g_strfreev (self->vrs);
  g_free (self);
}

gboolean
ismb_names_has_vr (const IsmbNames *self, const char *vr)
{
  return g_strv_contains ((const char *const *) self->vrs, vr);
}

gboolean
ismb_names_check_domain (const char *domain, gsize size, GError **error)
{
  gboolean good = size > 0 && size <= DOMAIN_MAX && domain[0] != '.' && domain[0] != '-' &&
                  domain[size - 1] != '.' && domain[size - 1] != '-';

  for (gsize i = 0; good && i < size; i++)
    good = (g_ascii_islower (domain[i]) || g_ascii_isdigit (domain[i]) || domain[i] == '-' ||
            domain[i] == '.') &&
           !(i > 0 && domain[i] == '.' && domain[i - 1] == '.');
  if (!good)
    {
      /* It came from a stranger, and may hold a NUL or worse. */
      g_autofree char *shown = g_strndup (domain, MIN (size, DOMAIN_MAX));
      g_autofree char *escaped = g_strescape (shown, NULL);
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                   "“%s” is no domain: 1 to %d lower case letters, digits, dashes and dots",
                   escaped, DOMAIN_MAX);
    }
  return good;
}

static gboolean
is_plain (const char *text, gsize max)
{
  gsize size = strlen (text);
  gboolean good = size > 0 && size <= max && g_utf8_validate (text, size, NULL);

  for (const char *at = text; good && *at != '\0'; at = g_utf8_next_char (at))
    good = !g_unichar_iscntrl (g_utf8_get_char (at));
  return good;
}

gboolean
ismb_names_check_vr (const char *vr, GError **error)
{
  gboolean good = is_plain (vr, VR_MAX);

  if (!good)
    g_set_error (
      error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
      "a virtual router's name must be 1 to %d bytes of UTF-8 without control characters", VR_MAX);
  return good;
}

gboolean
ismb_names_check_fabric (const char *fabric, GError **error)
{
  gboolean good = is_plain (fabric, FABRIC_MAX);

  if (!good)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "a fabric's name must be 1 to %d bytes of UTF-8 without control characters",
                 FABRIC_MAX);
  return good;
}

gboolean
ismb_names_is_device_id (const char *text)
{
  return strlen (text) == DEVICE_ID_SIZE && text[strspn (text, BASE32)] == '\0';
}

static int
add (gnutls_subject_alt_names_t names, gnutls_x509_subject_alt_name_t type, const char *text)
{
  gnutls_datum_t datum = { (guint8 *) text, strlen (text) };

  return gnutls_subject_alt_names_set (names, type, &datum, NULL);
}

static int
add_uri (gnutls_subject_alt_names_t names, const char *prefix, const char *text)
{
  g_autofree char *escaped = g_uri_escape_string (text, NULL, FALSE);
  g_autofree char *uri = g_strconcat (prefix, escaped, NULL);

  return add (names, GNUTLS_SAN_URI, uri);
}

static int
add_all (IsmbNames *self, gnutls_subject_alt_names_t names)
{
  int result = add (names, GNUTLS_SAN_DNSNAME, self->domain);

  if (result >= 0)
    result = add (names, GNUTLS_SAN_OTHERNAME_XMPP, self->domain);
  if (result >= 0)
    result = add_uri (names, ID_PREFIX, self->device_id);
  for (guint i = 0; self->vrs[i] != NULL && result >= 0; i++)
    result = add_uri (names, VR_PREFIX, self->vrs[i]);
  if (result >= 0 && self->registrar)
    result = add (names, GNUTLS_SAN_URI, REGISTRAR_URI);
  return result;
}

static gboolean
check_vrs (IsmbNames *self, GError **error)
{
  if (g_strv_length (self->vrs) > VRS_MAX)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                   "more than %d virtual routers in one certificate", VRS_MAX);
      return FALSE;
    }
  for (guint i = 0; self->vrs[i] != NULL; i++)
    if (!ismb_names_check_vr (self->vrs[i], error))
      return FALSE;
  return TRUE;
}

gboolean
ismb_names_export (IsmbNames *self, gnutls_datum_t *extension, GError **error)
{
  g_auto (gnutls_subject_alt_names_t) names = NULL;
  int result = gnutls_subject_alt_names_init (&names);

  if (!ismb_names_check_domain (self->domain, strlen (self->domain), error) ||
      !check_vrs (self, error))
    return FALSE;
  if (result >= 0)
    result = add_all (self, names);
  if (result >= 0)
    result = gnutls_x509_ext_export_subject_alt_names (names, extension);
  if (result < 0)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                 "cannot write the names of %s into a certificate: %s", self->domain,
                 gnutls_strerror (result));
  return result >= 0;
}

/* What is gathered while reading; each may be there once. */
typedef struct
{
  char *dns;
  char *xmpp;
  char *local;
  gboolean account; /* is it to be an account's? */
  char *device_id;
  GStrvBuilder *vrs;
  gboolean registrar;
} Reading;

static void
reading_clear (Reading *reading)
{
  g_free (reading->dns);
  g_free (reading->xmpp);
  g_free (reading->local);
  g_free (reading->device_id);
  g_clear_pointer (&reading->vrs, g_strv_builder_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gboolean
untrusted (GError **error, const char *message)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, message);
  return FALSE;
}

static gboolean
take_domain (char **place, const gnutls_datum_t *value, GError **error)
{
  if (*place != NULL)
    return untrusted (error, "a certificate may name one domain, and this one names several");
  if (!ismb_names_check_domain ((const char *) value->data, value->size, error))
    return FALSE;
  *place = g_strndup ((const char *) value->data, value->size);
  return TRUE;
}

static gboolean
take_device_id (Reading *reading, const char *id, GError **error)
{
  if (reading->device_id != NULL || !ismb_names_is_device_id (id))
    return untrusted (error, "a certificate must have one device id, of 52 base32 digits");
  reading->device_id = g_strdup (id);
  return TRUE;
}

/* Only the one way to write a name is taken, so that equal names are equal URIs. */
static gboolean
take_vr (Reading *reading, const char *escaped, GError **error)
{
  g_autofree char *vr = g_uri_unescape_string (escaped, NULL);
  g_autofree char *again = vr != NULL && g_utf8_validate (vr, -1, NULL)
                             ? g_uri_escape_string (vr, NULL, FALSE)
                             : NULL;

  if (again == NULL || !g_str_equal (again, escaped) || !ismb_names_check_vr (vr, NULL))
    return untrusted (error, "a URI ismb:vr: in the certificate names no virtual router");
  g_strv_builder_add (reading->vrs, vr);
  return TRUE;
}

static gboolean
take_uri (Reading *reading, const gnutls_datum_t *value, GError **error)
{
  g_autofree char *uri = g_strndup ((const char *) value->data, value->size);

  if (strlen (uri) == value->size && g_str_has_prefix (uri, ID_PREFIX))
    return take_device_id (reading, uri + strlen (ID_PREFIX), error);
  if (strlen (uri) == value->size && g_str_has_prefix (uri, VR_PREFIX))
    return take_vr (reading, uri + strlen (VR_PREFIX), error);
  if (strlen (uri) != value->size || reading->registrar || reading->account ||
      !g_str_equal (uri, REGISTRAR_URI))
    return untrusted (error, "the certificate has a URI that no switch has");
  reading->registrar = TRUE;
  return TRUE;
}

/* A bare address as it is once it is prepared, and no other way to write it. */
static gboolean
take_address (Reading *reading, const gnutls_datum_t *value, GError **error)
{
  g_autofree char *text = g_strndup ((const char *) value->data, value->size);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts;

  if (reading->xmpp != NULL)
    return untrusted (error, "a certificate may name one account, and this one names several");
  if (strlen (text) != value->size ||
      !ismb_address_prepare (text, value->size, prepared, &parts, NULL) || parts.local == 0 ||
      parts.resource > 0 || !g_str_equal (prepared->str, text))
    return untrusted (error, "the xmppAddr of an account's certificate must be its bare address");
  reading->local = g_strndup (text, parts.local);
  reading->xmpp = g_strdup (text + parts.local + 1);
  return TRUE;
}

static gboolean
take_other_name (Reading *reading, const gnutls_datum_t *value, const gnutls_datum_t *oid,
                 GError **error)
{
  gnutls_datum_t text = { NULL, 0 };
  unsigned int type = 0;
  gboolean taken = FALSE;

  if (oid->data == NULL || !g_str_equal ((const char *) oid->data, OID_XMPP_ADDR) ||
      gnutls_x509_othername_to_virtual ((const char *) oid->data, value, &type, &text) < 0)
    return untrusted (error, "the certificate has a name of a kind that no switch has");
  taken = reading->account ? take_address (reading, &text, error)
                           : take_domain (&reading->xmpp, &text, error);
  gnutls_free (text.data);
  return taken;
}

static gboolean
take (Reading *reading, unsigned int type, const gnutls_datum_t *value, const gnutls_datum_t *oid,
      GError **error)
{
  switch (type)
    {
    case GNUTLS_SAN_DNSNAME:
      return take_domain (&reading->dns, value, error);
    case GNUTLS_SAN_URI:
      return take_uri (reading, value, error);
    case GNUTLS_SAN_OTHERNAME:
      return take_other_name (reading, value, oid, error);
    default:
      return untrusted (error, "the certificate has a name of a kind that no switch has");
    }
}

static IsmbNames *
finish (Reading *reading, GError **error)
{
  g_auto (GStrv) vrs = g_strv_builder_end (reading->vrs);
  IsmbNames *names = NULL;

  if (reading->account && (reading->dns != NULL || reading->xmpp == NULL))
    {
      untrusted (error, "an account's certificate must have an xmppAddr, and no dNSName");
      return NULL;
    }
  if (!reading->account &&
      (reading->dns == NULL || reading->xmpp == NULL || !g_str_equal (reading->dns, reading->xmpp)))
    {
      untrusted (error, "the certificate must name one domain, as dNSName and as xmppAddr");
      return NULL;
    }
  if (reading->device_id == NULL)
    {
      untrusted (error, "the certificate has no device id (URI ismb:id:)");
      return NULL;
    }
  names = ismb_names_new (reading->xmpp, reading->device_id, (const char *const *) vrs);
  names->local = g_strdup (reading->local);
  names->registrar = reading->registrar;
  return names;
}

static IsmbNames *
read_names (gnutls_subject_alt_names_t names, gboolean account, GError **error)
{
  g_auto (Reading) reading = { .vrs = g_strv_builder_new (), .account = account };

  for (guint i = 0;; i++)
    {
      unsigned int type = 0;
      gnutls_datum_t value = { NULL, 0 };
      gnutls_datum_t oid = { NULL, 0 };
      int result = gnutls_subject_alt_names_get (names, i, &type, &value, &oid);

      if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return finish (&reading, error);
      if (result < 0 || i >= VRS_MAX + 4)
        {
          untrusted (error, "the names in the certificate cannot be read, or are too many");
          return NULL;
        }
      if (!take (&reading, type, &value, &oid, error))
        return NULL;
    }
}

/* `result` is what fetching the extension's bytes returned. */
static IsmbNames *
read_extension (int result, gnutls_datum_t *extension, gboolean account, GError **error)
{
  g_auto (gnutls_subject_alt_names_t) names = NULL;

  if (result < 0)
    {
      untrusted (error, "the certificate has no subjectAltName, so it names nobody");
      return NULL;
    }
  result = gnutls_subject_alt_names_init (&names);
  if (result >= 0)
    result = gnutls_x509_ext_import_subject_alt_names (extension, names, 0);
  gnutls_free (extension->data);
  if (result >= 0)
    return read_names (names, account, error);
  untrusted (error, "the names in the certificate cannot be read");
  return NULL;
}

IsmbNames *
ismb_names_of_certificate (gnutls_x509_crt_t certificate, GError **error)
{
  gnutls_datum_t extension = { NULL, 0 };
  int result = gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_SAN, 0, &extension, NULL);

  return read_extension (result, &extension, FALSE, error);
}

IsmbNames *
ismb_names_of_account (gnutls_x509_crt_t certificate, GError **error)
{
  gnutls_datum_t extension = { NULL, 0 };
  int result = gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_SAN, 0, &extension, NULL);

  return read_extension (result, &extension, TRUE, error);
}

/* Who asks for a certificate cannot ask to be a registrar: that is whoever has the CA. */
IsmbNames *
ismb_names_of_request (gnutls_x509_crq_t request, GError **error)
{
  gnutls_datum_t extension = { NULL, 0 };
  int result = gnutls_x509_crq_get_extension_by_oid2 (request, OID_SAN, 0, &extension, NULL);
  g_autoptr (IsmbNames) names = read_extension (result, &extension, FALSE, error);

  if (names == NULL || !names->registrar)
    return g_steal_pointer (&names);
  untrusted (error, "the request asks for a registrar's certificate, which nobody is given");
  return NULL;
}
