/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.sasl"

#include "config.h"
#include "ismb/listener/ismb-sasl.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/listener/ismb-scram-exchange.h"

#define MESSAGE_MAX 4096 /* bytes of base64 */

typedef enum
{
  EXPECT_NOTHING,
  EXPECT_INITIAL,
  EXPECT_SCRAM_FINAL,
} Expectation;

typedef struct
{
  const char *name;
  gboolean (*offered) (IsmbSasl *self);
  IsmbSaslResult (*initial) (IsmbSasl *self, const char *message, gsize size);
  GChecksumType hash;
  gboolean plus;
} Mechanism;

struct _IsmbSasl
{
  IsmbAccounts *accounts;
  char *domain;
  char *external;
  GBytes *exporter, *end_point;
  gboolean encrypted;
  GPtrArray *offered;      /* of static strings, NULL at the end */
  const char *bindings[3]; /* the same */

  const Mechanism *mechanism; /* of the running or the finished exchange */
  Expectation expected;
  IsmbScramExchange *scram;
  char *nonce; /* set by a test */
  char *reply;
  char *account;
  const char *condition;
};

static IsmbSaslResult
fail (IsmbSasl *self, const char *condition)
{
  self->expected = EXPECT_NOTHING;
  self->condition = condition;
  g_clear_pointer (&self->scram, ismb_scram_exchange_free);
  return ISMB_SASL_FAILURE;
}

static IsmbSaslResult
succeed (IsmbSasl *self, const char *account)
{
  self->expected = EXPECT_NOTHING;
  self->account = g_strdup (account);
  return ISMB_SASL_SUCCESS;
}

static void
set_reply (IsmbSasl *self, const char *message)
{
  g_free (self->reply);
  self->reply = g_base64_encode ((const guchar *) message, strlen (message));
}

/* The local part that a user name stands for; NULL where it cannot be one. */
static char *
prepare_name (const char *name)
{
  g_autofree char *address = g_strconcat (name, "@localhost", NULL);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts = { 0 };

  if (!ismb_address_prepare (address, strlen (address), prepared, &parts, NULL) ||
      parts.resource > 0 || parts.local == 0 ||
      !g_str_equal (prepared->str + parts.local, "@localhost"))
    return NULL;
  return g_strndup (prepared->str, parts.local);
}

/* Whom the client wants to be: nobody else than who it is (RFC 6120, 6.3.8). */
static gboolean
authzid_fits (IsmbSasl *self, const char *authzid, const char *account)
{
  g_autofree char *bare = g_strconcat (account, "@", self->domain, NULL);
  g_autoptr (GString) prepared = g_string_new (NULL);
  IsmbAddressParts parts = { 0 };

  if (authzid[0] == '\0')
    return TRUE;
  return ismb_address_prepare (authzid, strlen (authzid), prepared, &parts, NULL) &&
         g_str_equal (prepared->str, bare);
}

/* Keys are invented in any case: to look an account up must not be quicker. */
static const char *
challenge (IsmbSasl *self, IsmbScramExchange *scram, const char *name)
{
  GChecksumType hash = self->mechanism->hash;
  g_auto (IsmbScramKeys) invented = { 0 };
  const IsmbScramKeys *keys =
      name != NULL ? ismb_accounts_get_keys (self->accounts, name, hash) : NULL;

  ismb_accounts_invent_keys (self->accounts,
                             name != NULL ? name : ismb_scram_exchange_get_name (scram), hash,
                             &invented);
  return ismb_scram_exchange_challenge (scram, name, keys != NULL ? keys : &invented, keys != NULL,
                                        self->nonce);
}

static IsmbSaslResult
start_scram (IsmbSasl *self, const char *message, gsize size)
{
  const Mechanism *mechanism = self->mechanism;
  IsmbScramBinding binding = { mechanism->plus, self->exporter, self->end_point };
  g_autoptr (IsmbScramExchange) scram = NULL;
  g_autofree char *name = NULL;
  const char *condition = NULL;

  scram = ismb_scram_exchange_new (mechanism->hash, &binding, message, &condition);
  if (scram == NULL)
    return fail (self, condition);
  name = prepare_name (ismb_scram_exchange_get_name (scram));
  if (name != NULL && !authzid_fits (self, ismb_scram_exchange_get_authzid (scram), name))
    return fail (self, "invalid-authzid");
  set_reply (self, challenge (self, scram, name));
  self->scram = g_steal_pointer (&scram);
  self->expected = EXPECT_SCRAM_FINAL;
  return ISMB_SASL_CONTINUE;
}

/* The account may have gone since the first message. */
static IsmbSaslResult
finish_scram (IsmbSasl *self, const char *message)
{
  const char *condition = NULL;
  const char *name = NULL;
  g_autofree char *last = ismb_scram_exchange_finish (self->scram, message, &condition);

  if (last == NULL)
    return fail (self, condition);
  name = ismb_scram_exchange_get_account (self->scram);
  if (!ismb_accounts_has (self->accounts, name))
    return fail (self, "not-authorized");
  set_reply (self, last);
  succeed (self, name);
  g_clear_pointer (&self->scram, ismb_scram_exchange_free);
  return ISMB_SASL_SUCCESS;
}

/* authzid NUL authcid NUL password (RFC 4616); decoded messages have one more NUL at the end. */
static IsmbSaslResult
start_plain (IsmbSasl *self, const char *message, gsize size)
{
  const char *end = message + size;
  const char *authcid = memchr (message, '\0', size);
  const char *password = authcid != NULL ? memchr (authcid + 1, '\0', end - authcid - 1) : NULL;
  g_autofree char *name = NULL;

  if (password == NULL || memchr (password + 1, '\0', end - password - 1) != NULL ||
      !g_utf8_validate (authcid + 1, -1, NULL) || !g_utf8_validate (message, -1, NULL) ||
      !g_utf8_validate (password + 1, -1, NULL))
    return fail (self, "malformed-request");
  name = prepare_name (authcid + 1);
  /* An impossible name takes as long as a wrong password. */
  if (!ismb_accounts_check (self->accounts, name != NULL ? name : "", password + 1) || name == NULL)
    return fail (self, "not-authorized");
  if (!authzid_fits (self, message, name))
    return fail (self, "invalid-authzid");
  return succeed (self, name);
}

/* The account may have gone since the connection came. */
static IsmbSaslResult
start_external (IsmbSasl *self, const char *message, gsize size)
{
  if (strlen (message) != size || !g_utf8_validate (message, size, NULL))
    return fail (self, "malformed-request");
  if (!ismb_accounts_has (self->accounts, self->external))
    return fail (self, "not-authorized");
  if (!authzid_fits (self, message, self->external))
    return fail (self, "invalid-authzid");
  return succeed (self, self->external);
}

static gboolean
is_offered_always (IsmbSasl *self)
{
  return TRUE;
}

static gboolean
has_binding (IsmbSasl *self)
{
  return self->exporter != NULL || self->end_point != NULL;
}

static gboolean
is_encrypted (IsmbSasl *self)
{
  return self->encrypted;
}

static gboolean
has_external (IsmbSasl *self)
{
  return self->external != NULL;
}

static const Mechanism mechanisms[] = {
  { "EXTERNAL", has_external, start_external },
  { "SCRAM-SHA-256-PLUS", has_binding, start_scram, G_CHECKSUM_SHA256, TRUE },
  { "SCRAM-SHA-256", is_offered_always, start_scram, G_CHECKSUM_SHA256, FALSE },
  { "SCRAM-SHA-1-PLUS", has_binding, start_scram, G_CHECKSUM_SHA1, TRUE },
  { "SCRAM-SHA-1", is_offered_always, start_scram, G_CHECKSUM_SHA1, FALSE },
  { "PLAIN", is_encrypted, start_plain },
};

static GBytes *
ref_bytes (GBytes *bytes)
{
  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

/* RFC 9266's first: the other is the same for all sessions with this certificate. */
static void
list_bindings (IsmbSasl *self)
{
  guint n = 0;

  if (self->exporter != NULL)
    self->bindings[n++] = ISMB_SCRAM_TLS_EXPORTER;
  if (self->end_point != NULL)
    self->bindings[n] = ISMB_SCRAM_TLS_SERVER_END_POINT;
}

IsmbSasl *
ismb_sasl_new (IsmbAccounts *accounts, const IsmbSaslContext *context)
{
  IsmbSasl *self = g_new0 (IsmbSasl, 1);

  self->accounts = g_object_ref (accounts);
  self->domain = g_strdup (context->domain);
  self->external = g_strdup (context->external);
  self->exporter = ref_bytes (context->exporter);
  self->end_point = ref_bytes (context->end_point);
  list_bindings (self);
  self->encrypted = context->encrypted;
  self->offered = g_ptr_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (mechanisms); i++)
    if (mechanisms[i].offered (self))
      g_ptr_array_add (self->offered, (gpointer) mechanisms[i].name);
  g_ptr_array_add (self->offered, NULL);
  return self;
}

static void
forget (IsmbSasl *self)
{
  g_clear_pointer (&self->scram, ismb_scram_exchange_free);
  g_clear_pointer (&self->reply, g_free);
  g_clear_pointer (&self->account, g_free);
  self->condition = NULL;
  self->mechanism = NULL;
  self->expected = EXPECT_NOTHING;
}

void
ismb_sasl_free (IsmbSasl *self)
{
  forget (self);
  g_object_unref (self->accounts);
  g_free (self->domain);
  g_free (self->external);
  g_free (self->nonce);
  g_clear_pointer (&self->exporter, g_bytes_unref);
  g_clear_pointer (&self->end_point, g_bytes_unref);
  g_ptr_array_unref (self->offered);
  g_free (self);
}

const char *const *
ismb_sasl_get_mechanisms (IsmbSasl *self)
{
  return (const char *const *) self->offered->pdata;
}

const char *const *
ismb_sasl_get_bindings (IsmbSasl *self)
{
  return self->bindings;
}

static const Mechanism *
find_mechanism (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (mechanisms); i++)
    if (g_str_equal (mechanisms[i].name, name))
      return &mechanisms[i];
  return NULL;
}

/* RFC 6120, 6.5.4: what would be offered inside TLS. */
static gboolean
needs_encryption (IsmbSasl *self, const Mechanism *mechanism)
{
  return !self->encrypted && (mechanism->plus || mechanism->offered == is_encrypted);
}

static IsmbSaslResult
take_message (IsmbSasl *self, const char *message, gsize size)
{
  if (self->expected == EXPECT_INITIAL)
    return self->mechanism->initial (self, message, size);
  /* What SCRAM says is text. */
  if (strlen (message) != size)
    return fail (self, "malformed-request");
  return finish_scram (self, message);
}

static IsmbSaslResult
take (IsmbSasl *self, const char *text)
{
  g_autofree char *message = NULL;
  IsmbSaslResult result = ISMB_SASL_FAILURE;
  gsize size = 0;

  if (strlen (text) > MESSAGE_MAX)
    return fail (self, "malformed-request");
  message = ismb_scram_decode_base64 (text, &size);
  if (message == NULL)
    return fail (self, "incorrect-encoding");
  result = take_message (self, message, size);
  gnutls_memset (message, 0, size); /* it may hold a password */
  return result;
}

IsmbSaslResult
ismb_sasl_start (IsmbSasl *self, const char *mechanism, const char *initial)
{
  const Mechanism *wanted = find_mechanism (mechanism);

  forget (self);
  if (wanted == NULL || !wanted->offered (self))
    return fail (self, wanted != NULL && needs_encryption (self, wanted) ? "encryption-required"
                                                                         : "invalid-mechanism");
  self->mechanism = wanted;
  self->expected = EXPECT_INITIAL;
  return initial != NULL ? take (self, initial) : ISMB_SASL_CONTINUE;
}

IsmbSaslResult
ismb_sasl_respond (IsmbSasl *self, const char *response)
{
  g_clear_pointer (&self->reply, g_free);
  if (self->expected == EXPECT_NOTHING)
    return fail (self, "malformed-request");
  return take (self, response != NULL ? response : "=");
}

const char *
ismb_sasl_get_reply (IsmbSasl *self)
{
  return self->reply;
}

const char *
ismb_sasl_get_account (IsmbSasl *self)
{
  return self->account;
}

const char *
ismb_sasl_get_condition (IsmbSasl *self)
{
  return self->condition;
}

const char *
ismb_sasl_get_mechanism (IsmbSasl *self)
{
  return self->mechanism != NULL ? self->mechanism->name : NULL;
}

void
ismb_sasl_set_nonce (IsmbSasl *self, const char *nonce)
{
  g_free (self->nonce);
  self->nonce = g_strdup (nonce);
}
