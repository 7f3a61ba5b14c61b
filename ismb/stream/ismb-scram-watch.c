/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.scram-watch"

#include "config.h"
#include "ismb/stream/ismb-scram-watch.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

#define DIGEST_MAX 64
#define CONDITION_MAX 64 /* bytes */

struct _IsmbScramWatch
{
  char *password;
  gboolean secret;
  const char *mechanism;          /* one of ours below, NULL: none asked for */
  gnutls_mac_algorithm_t mac;     /* UNKNOWN: PLAIN */
  char *client_first;             /* without the GS2 header */
  char *server_first;
  char *client_final;             /* without the proof */
  char *failure;
};

static const struct
{
  const char *name;
  gnutls_mac_algorithm_t mac;
} mechanisms[] = {
  { "SCRAM-SHA-512", GNUTLS_MAC_SHA512 },
  { "SCRAM-SHA-256", GNUTLS_MAC_SHA256 },
  { "SCRAM-SHA-1", GNUTLS_MAC_SHA1 },
  { "PLAIN", GNUTLS_MAC_UNKNOWN },
};

static IsmbScramWatchVerdict
refuse (GError **error, const char *what)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the server did not prove that it knows the password: %s", what);
  return ISMB_SCRAM_WATCH_REFUSED;
}

/* What is read of an element: its local name and the text before its first child. Entities and
 * other ways to write a letter differently have no place here. */

static char *
dup_local_name (const char *element, gsize length)
{
  gsize end = 1;
  gsize start = 1;

  while (end < length && strchr (" \t\r\n/>", element[end]) == NULL)
    if (element[end++] == ':')
      start = end;
  return g_strndup (element + start, end - start);
}

static char *
dup_text (const char *element, gsize length)
{
  const char *start = memchr (element, '>', length);
  const char *end;

  if (start == NULL || start[-1] == '/')
    return g_strdup ("");
  end = memchr (start, '<', length - (start - element));
  return end != NULL ? g_strstrip (g_strndup (start + 1, end - start - 1)) : g_strdup ("");
}

/* NULL: there is none. */
static const char *
find_child (const char *element, gsize length)
{
  const char *end = memchr (element, '>', length);
  const char *child = end != NULL ? memchr (end, '<', length - (end - element)) : NULL;

  return child != NULL && child[1] != '/' ? child : NULL;
}

static char *
dup_first_child_name (const char *element, gsize length)
{
  const char *child = find_child (element, length);

  return child != NULL ? dup_local_name (child, length - (child - element)) : g_strdup ("");
}

/* base64 to text; NULL where it is none, or holds a NUL. Padding stands at the end, or libstrophe
 * would read something else there. */
static char *
decode (const char *text)
{
  gsize length = strlen (text);
  gsize known = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  gsize padding = strspn (text + known, "=");
  g_autofree guchar *bytes = NULL;

  if (length % 4 != 0 || known + padding != length || padding > 2)
    return NULL;
  bytes = g_base64_decode (text, &length);
  return memchr (bytes, '\0', length) == NULL ? g_strndup ((const char *) bytes, length) : NULL;
}

/* RFC 5802, 7: server-first-message, in which each field has its place. libstrophe takes the last of
 * those that are there twice. */
static gboolean
is_server_first (const char *fields)
{
  g_auto (GStrv) parts = g_strsplit (fields, ",", -1);
  static const char order[] = "rsi";
  guint count = g_strv_length (parts);

  for (guint i = 0; i < count; i++)
    if (i < 3 ? parts[i][0] != order[i] || parts[i][1] != '='
              : parts[i][0] == '\0' || strchr (order, parts[i][0]) != NULL)
      return FALSE;
  return count >= 3;
}

/* The value of `key` in "r=...,s=...", NULL if there is none. */
static char *
dup_field (const char *fields, char key)
{
  g_auto (GStrv) parts = g_strsplit (fields, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    if ((*part)[0] == key && (*part)[1] == '=')
      return g_strdup (*part + 2);
  return NULL;
}

static void
forget_exchange (IsmbScramWatch *self)
{
  self->mechanism = NULL;
  g_clear_pointer (&self->client_first, g_free);
  g_clear_pointer (&self->server_first, g_free);
  g_clear_pointer (&self->client_final, g_free);
}

/* The server's side */

static IsmbScramWatchVerdict
check_challenge (IsmbScramWatch *self, const char *text, GError **error)
{
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;
  g_autofree char *count = NULL;
  guint64 iterations = 0;

  if (self->client_first == NULL || self->server_first != NULL)
    return refuse (error, "a challenge came that nobody asked for");
  self->server_first = decode (text);
  if (self->server_first == NULL || !is_server_first (self->server_first))
    return refuse (error, "its challenge is malformed or wants an unknown extension");
  ours = dup_field (self->client_first, 'r');
  theirs = dup_field (self->server_first, 'r');
  count = dup_field (self->server_first, 'i');
  if (theirs == NULL || !g_str_has_prefix (theirs, ours) || strlen (theirs) == strlen (ours))
    return refuse (error, "its nonce does not extend ours");
  if (count == NULL || !g_ascii_string_to_unsigned (count, 10, 1, G_MAXUINT32, &iterations, NULL)
      || iterations < ISMB_SCRAM_ITERATIONS_MIN || iterations > ISMB_SCRAM_ITERATIONS_MAX)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                   "the server wants %s iterations of SCRAM; %d to %d are accepted",
                   count != NULL ? count : "no", ISMB_SCRAM_ITERATIONS_MIN,
                   ISMB_SCRAM_ITERATIONS_MAX);
      return ISMB_SCRAM_WATCH_REFUSED;
    }
  return ISMB_SCRAM_WATCH_GO_ON;
}

/* RFC 5802, 3: ServerSignature. */
static gboolean
compute_signature (IsmbScramWatch *self, guint8 *signature)
{
  g_autofree char *salt_text = dup_field (self->server_first, 's');
  g_autofree char *count = dup_field (self->server_first, 'i');
  g_autofree char *auth_message =
      g_strjoin (",", self->client_first, self->server_first, self->client_final, NULL);
  g_autofree guchar *salt_bytes = NULL;
  gnutls_datum_t password = { (guchar *) self->password, strlen (self->password) };
  gnutls_datum_t salt = { NULL, 0 };
  guint8 salted[DIGEST_MAX], server_key[DIGEST_MAX];
  guint size = gnutls_hmac_get_len (self->mac);
  gsize salt_length = 0;
  gboolean done;

  if (salt_text == NULL || *salt_text == '\0')
    return FALSE;
  salt_bytes = g_base64_decode (salt_text, &salt_length);
  salt.data = salt_bytes;
  salt.size = salt_length;
  done = gnutls_pbkdf2 (self->mac, &password, &salt, atoi (count), salted, size) == 0 &&
         gnutls_hmac_fast (self->mac, salted, size, "Server Key", 10, server_key) == 0 &&
         gnutls_hmac_fast (self->mac, server_key, size, auth_message, strlen (auth_message),
                           signature) == 0;
  gnutls_memset (salted, 0, sizeof salted);
  gnutls_memset (server_key, 0, sizeof server_key);
  return done;
}

static IsmbScramWatchVerdict
check_success (IsmbScramWatch *self, const char *text, GError **error)
{
  g_autofree char *fields = NULL;
  g_autofree char *value = NULL;
  g_autofree guchar *theirs = NULL;
  guint8 ours[DIGEST_MAX];
  gsize length = 0;

  if (self->mechanism == NULL)
    return refuse (error, "success came without an exchange");
  if (self->mac == GNUTLS_MAC_UNKNOWN)
    return ISMB_SCRAM_WATCH_SIGNED_IN;
  if (self->client_final == NULL)
    return refuse (error, "success came in the middle of the exchange");
  fields = decode (text);
  value = fields != NULL ? dup_field (fields, 'v') : NULL;
  if (value == NULL)
    return refuse (error, "its signature is missing");
  theirs = g_base64_decode (value, &length);
  if (length != gnutls_hmac_get_len (self->mac) || !compute_signature (self, ours)
      || gnutls_memcmp (ours, theirs, length) != 0)
    return refuse (error, "its signature is wrong");
  return ISMB_SCRAM_WATCH_SIGNED_IN;
}

/* The condition is shown to people: nothing but what RFC 6120's are made of (6.5). */
static IsmbScramWatchVerdict
note_failure (IsmbScramWatch *self, const char *element, gsize length, GError **error)
{
  g_autofree char *condition = dup_first_child_name (element, length);
  gsize known = strspn (condition, "abcdefghijklmnopqrstuvwxyz-");
  gboolean good = known > 0 && known <= CONDITION_MAX && condition[known] == '\0';

  if (self->mechanism == NULL)
    return refuse (error, "a refusal came without an exchange");
  g_free (self->failure);
  self->failure = g_strdup (good ? condition : "not-authorized");
  forget_exchange (self);
  return ISMB_SCRAM_WATCH_NEXT;
}

IsmbScramWatchVerdict
ismb_scram_watch_came (IsmbScramWatch *self, const char *element, gsize length, GError **error)
{
  g_autofree char *name = dup_local_name (element, length);
  g_autofree char *text = dup_text (element, length);

  /* libstrophe would join the texts around a child. */
  if (g_str_equal (name, "challenge") && find_child (element, length) != NULL)
    return refuse (error, "its challenge is malformed");
  if (g_str_equal (name, "challenge"))
    return check_challenge (self, text, error);
  /* libstrophe goes by the name alone once a child is in SASL's namespace; so do we. */
  if (g_str_equal (name, "success"))
    return check_success (self, text, error);
  if (g_str_equal (name, "failure"))
    return note_failure (self, element, length, error);
  if (g_str_equal (name, "features") || g_str_equal (name, "error"))
    return ISMB_SCRAM_WATCH_GO_ON;
  return refuse (error, "it sent something else before the end of the exchange");
}

/* Our side: libstrophe's writing, so the form is known. */

static IsmbScramWatchVerdict
note_auth (IsmbScramWatch *self, const char *element, gsize length, const char *text,
           GError **error)
{
  g_autofree char *head =
      g_strndup (element, (const char *) memchr (element, '>', length) - element);
  g_autofree char *initial = NULL;

  forget_exchange (self);
  for (gsize i = 0; i < G_N_ELEMENTS (mechanisms) && self->mechanism == NULL; i++)
    {
      g_autofree char *attribute = g_strdup_printf ("mechanism=\"%s\"", mechanisms[i].name);

      if (strstr (head, attribute) == NULL)
        continue;
      self->mechanism = mechanisms[i].name;
      self->mac = mechanisms[i].mac;
    }
  if (self->mechanism == NULL || (self->mac == GNUTLS_MAC_UNKNOWN && !self->secret))
    {
      g_set_error_literal (
          error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
          "the server offers no way to sign in that keeps the password safe: SCRAM is needed, "
          "or PLAIN inside TLS");
      return ISMB_SCRAM_WATCH_REFUSED;
    }
  if (self->mac == GNUTLS_MAC_UNKNOWN)
    return ISMB_SCRAM_WATCH_GO_ON;
  initial = decode (text);
  if (initial == NULL || !g_str_has_prefix (initial, "n,,"))
    return refuse (error, "our own first message is malformed");
  self->client_first = g_strdup (initial + 3);
  return ISMB_SCRAM_WATCH_GO_ON;
}

IsmbScramWatchVerdict
ismb_scram_watch_sent (IsmbScramWatch *self, const char *element, gsize length, GError **error)
{
  g_autofree char *name = dup_local_name (element, length);
  g_autofree char *text = dup_text (element, length);
  char *proof;

  if (g_str_equal (name, "auth"))
    return note_auth (self, element, length, text, error);
  if (g_str_equal (name, "response"))
    {
      g_free (self->client_final);
      self->client_final = decode (text);
      proof = self->client_final != NULL ? strstr (self->client_final, ",p=") : NULL;
      if (proof == NULL)
        return refuse (error, "our own answer is malformed");
      *proof = '\0';
    }
  return ISMB_SCRAM_WATCH_GO_ON;
}

const char *
ismb_scram_watch_get_failure (IsmbScramWatch *self)
{
  return self->failure;
}

IsmbScramWatch *
ismb_scram_watch_new (const char *password, gboolean secret)
{
  IsmbScramWatch *self = g_new0 (IsmbScramWatch, 1);

  self->password = g_strdup (password);
  self->secret = secret;
  return self;
}

void
ismb_scram_watch_free (IsmbScramWatch *self)
{
  forget_exchange (self);
  gnutls_memset (self->password, 0, strlen (self->password));
  g_free (self->password);
  g_free (self->failure);
  g_free (self);
}
