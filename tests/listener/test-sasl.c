/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-sasl.h"

#include <string.h>

#include "ismb/store/ismb-scram.h"

#define DOMAIN "sw1.001122"
#define INSERT "INSERT INTO account VALUES (?,?,?,?,?,?,?,?,?)"

typedef struct
{
  IsmbStore *store;
  IsmbAccounts *accounts;
} Fixture;

static GVariant *
variant (GBytes *bytes)
{
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

static void
derive (IsmbScramKeys *keys, GChecksumType hash, const char *salt_base64)
{
  gsize size = 0;
  g_autofree guchar *salt = g_base64_decode (salt_base64, &size);
  g_autoptr (GBytes) bytes = g_bytes_new (salt, size);

  ismb_scram_derive (keys, hash, 4096, bytes, "pencil");
}

/* The account of both RFCs' examples, with their salts. */
static void
write_example (IsmbStore *store)
{
  g_auto (IsmbScramKeys) sha1 = { 0 };
  g_auto (IsmbScramKeys) sha256 = { 0 };
  g_autoptr (GError) error = NULL;

  derive (&sha1, G_CHECKSUM_SHA1, "QSXCR+Q6sek8bf92");
  derive (&sha256, G_CHECKSUM_SHA256, "W22ZaJ0SNY7soEsUEjb6gQ==");
  ismb_store_write_now (store, INSERT,
                        g_variant_new ("(ssx@ay@ay@ay@ay@ay@ay)", "user", "client", (gint64) 4096,
                                       variant (sha1.salt), variant (sha1.stored_key),
                                       variant (sha1.server_key), variant (sha256.salt),
                                       variant (sha256.stored_key), variant (sha256.server_key)),
                        &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (NULL, &error);
  g_assert_no_error (error);
  write_example (fixture->store);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->accounts);
  g_assert_finalize_object (fixture->store);
}

static IsmbSasl *
sasl_new (Fixture *fixture, gboolean encrypted, GBytes *exporter, const char *external)
{
  IsmbSaslContext context = { DOMAIN, encrypted, exporter, external, NULL };

  return ismb_sasl_new (fixture->accounts, &context);
}

static IsmbSaslResult
start (IsmbSasl *sasl, const char *mechanism, const void *message, gssize size)
{
  g_autofree char *text = g_base64_encode (message, size < 0 ? strlen (message) : (gsize) size);

  return ismb_sasl_start (sasl, mechanism, text);
}

static IsmbSaslResult
respond (IsmbSasl *sasl, const char *message)
{
  g_autofree char *text = g_base64_encode ((const guchar *) message, strlen (message));

  return ismb_sasl_respond (sasl, text);
}

static char *
dup_reply (IsmbSasl *sasl)
{
  gsize size = 0;
  char *text = NULL;

  if (ismb_sasl_get_reply (sasl) == NULL)
    return NULL;
  text = (char *) g_base64_decode (ismb_sasl_get_reply (sasl), &size);
  text = g_realloc (text, size + 1);
  text[size] = '\0';
  return text;
}

static void
assert_reply (IsmbSasl *sasl, const char *wanted)
{
  g_autofree char *reply = dup_reply (sasl);

  g_assert_cmpstr (reply, ==, wanted);
}

static void
assert_failure (IsmbSasl *sasl, IsmbSaslResult result, const char *condition)
{
  g_assert_cmpint (result, ==, ISMB_SASL_FAILURE);
  g_assert_cmpstr (ismb_sasl_get_condition (sasl), ==, condition);
  g_assert_null (ismb_sasl_get_account (sasl));
}

static void
test_rfc_5802 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);

  ismb_sasl_set_nonce (sasl, "3rfcNHYJY1ZVvWVs7j");
  g_assert_cmpint (start (sasl, "SCRAM-SHA-1", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", -1), ==,
                   ISMB_SASL_CONTINUE);
  assert_reply (sasl, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  g_assert_cmpint (respond (sasl, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                                  "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
                   ==, ISMB_SASL_SUCCESS);
  assert_reply (sasl, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
  g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "user");
  g_assert_cmpstr (ismb_sasl_get_mechanism (sasl), ==, "SCRAM-SHA-1");
}

static void
test_rfc_7677 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);

  ismb_sasl_set_nonce (sasl, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  g_assert_cmpint (start (sasl, "SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", -1), ==,
                   ISMB_SASL_CONTINUE);
  assert_reply (sasl, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  g_assert_cmpint (respond (sasl, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                  "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                   ==, ISMB_SASL_SUCCESS);
  assert_reply (sasl, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

/* A client, from RFC 5802, section 3, for what the examples do not show. */
typedef struct
{
  GChecksumType hash;
  const char *header; /* gs2 */
  GBytes *binding;    /* or NULL */
  const char *name;   /* escaped */
  const char *password;
} Client;

static char *
client_first (const Client *client)
{
  return g_strdup_printf ("%sn=%s,r=clientnonce", client->header, client->name);
}

static char *
client_binding (const Client *client)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) client->header, strlen (client->header));
  if (client->binding != NULL)
    g_byte_array_append (bytes, g_bytes_get_data (client->binding, NULL),
                         g_bytes_get_size (client->binding));
  return g_base64_encode (bytes->data, bytes->len);
}

static char *
client_proof (const Client *client, const char *challenge, const char *last)
{
  g_auto (GStrv) parts = g_strsplit (challenge, ",", -1);
  gsize size = ismb_scram_size (client->hash), salt_size = 0;
  g_autofree guchar *salt = g_base64_decode (parts[1] + 2, &salt_size);
  g_autofree char *text = g_strdup_printf ("n=%s,r=clientnonce,%s,%s", client->name, challenge,
                                           last);
  g_autoptr (GHmac) salted = g_hmac_new (client->hash, (const guchar *) client->password,
                                         strlen (client->password));
  guint8 block[4] = { 0, 0, 0, 1 }, round[32], sum[32], key[32], stored[32], signature[32];
  gsize length = size;

  g_hmac_update (salted, salt, salt_size);
  g_hmac_update (salted, block, sizeof block);
  g_hmac_get_digest (salted, round, &length);
  memcpy (sum, round, size);
  for (guint i = 1; i < 4096; i++)
    {
      ismb_scram_hmac (client->hash, client->password, strlen (client->password), round, size,
                       round);
      for (gsize j = 0; j < size; j++)
        sum[j] ^= round[j];
    }
  ismb_scram_hmac (client->hash, sum, size, "Client Key", 10, key);
  ismb_scram_hash (client->hash, key, size, stored);
  ismb_scram_hmac (client->hash, stored, size, text, strlen (text), signature);
  for (gsize j = 0; j < size; j++)
    key[j] ^= signature[j];
  return g_base64_encode (key, size);
}

static IsmbSaslResult
sign_in (IsmbSasl *sasl, const char *mechanism, const Client *client)
{
  g_autofree char *first = client_first (client);
  g_autofree char *challenge = NULL;
  g_autofree char *binding = client_binding (client);
  g_autofree char *nonce = NULL;
  g_autofree char *last = NULL;
  g_autofree char *proof = NULL;
  g_autofree char *message = NULL;

  if (start (sasl, mechanism, first, -1) != ISMB_SASL_CONTINUE)
    return ISMB_SASL_FAILURE;
  challenge = dup_reply (sasl);
  nonce = g_strndup (challenge, strcspn (challenge, ","));
  last = g_strdup_printf ("c=%s,%s", binding, nonce);
  proof = client_proof (client, challenge, last);
  message = g_strdup_printf ("%s,p=%s", last, proof);
  return respond (sasl, message);
}

static void
create (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, name, "secret", ISMB_ROLE_CLIENT, TRUE, &error);
  g_assert_no_error (error);
}

static void
test_signs_in (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
  const Client sha256 = { G_CHECKSUM_SHA256, "n,,", NULL, "alice", "secret" };
  const Client sha1 = { G_CHECKSUM_SHA1, "y,,", NULL, "Alice", "secret" };
  const Client itself = { G_CHECKSUM_SHA256, "n,a=alice@" DOMAIN ",", NULL, "alice", "secret" };
  const Client escaped = { G_CHECKSUM_SHA256, "n,,", NULL, "a=2Cb=3Dc", "secret" };

  create (fixture, "alice");
  create (fixture, "a,b=c");
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256", &sha256), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-1", &sha1), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "alice");
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256", &itself), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256", &escaped), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "a,b=c");
}

static void
test_binds_the_channel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) exporter = g_bytes_new ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr (GBytes) other = g_bytes_new ("0123456789abcdef0123456789abcdeX", 32);
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, exporter, NULL);
  Client client = { G_CHECKSUM_SHA256, "p=tls-exporter,,", exporter, "alice", "secret" };

  create (fixture, "alice");
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), ==, ISMB_SASL_SUCCESS);
  client.hash = G_CHECKSUM_SHA1;
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-1-PLUS", &client), ==, ISMB_SASL_SUCCESS);

  client.binding = other; /* somebody sits between, with a TLS session to each side */
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-1-PLUS", &client), "not-authorized");
  client = (Client){ G_CHECKSUM_SHA256, "y,,", NULL, "alice",
                     "secret" }; /* and hid what we offer */
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256", &client), "not-authorized");
  client.header = "n,,"; /* a client that knows no binding is fine */
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256", &client), ==, ISMB_SASL_SUCCESS);
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), "not-authorized");
  client.header = "p=tls-unique,,";
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), "not-authorized");
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256", &client), "not-authorized");
}

/* RFC 5929: for clients whose TLS has no exporter. */
static void
test_binds_to_the_certificate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) exporter = g_bytes_new ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr (GBytes) end_point = g_bytes_new ("fedcba9876543210fedcba9876543210", 32);
  const IsmbSaslContext both = { DOMAIN, TRUE, exporter, NULL, end_point };
  const IsmbSaslContext one = { DOMAIN, TRUE, NULL, NULL, end_point };
  g_autoptr (IsmbSasl) sasl = ismb_sasl_new (fixture->accounts, &both);
  g_autoptr (IsmbSasl) old = ismb_sasl_new (fixture->accounts, &one);
  Client client = { G_CHECKSUM_SHA256, "p=tls-server-end-point,,", end_point, "alice", "secret" };

  create (fixture, "alice");
  g_assert_cmpstr (ismb_sasl_get_bindings (sasl)[0], ==, "tls-exporter");
  g_assert_cmpstr (ismb_sasl_get_bindings (sasl)[1], ==, "tls-server-end-point");
  g_assert_null (ismb_sasl_get_bindings (sasl)[2]);
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpint (sign_in (old, "SCRAM-SHA-256-PLUS", &client), ==, ISMB_SASL_SUCCESS);

  client.binding = exporter; /* the one's value in the other's name */
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), "not-authorized");
  client.header = "p=tls-exporter,,";
  g_assert_cmpint (sign_in (sasl, "SCRAM-SHA-256-PLUS", &client), ==, ISMB_SASL_SUCCESS);
  assert_failure (old, sign_in (old, "SCRAM-SHA-256-PLUS", &client), "not-authorized");
  client = (Client){ G_CHECKSUM_SHA256, "y,,", NULL, "alice", "secret" };
  assert_failure (old, sign_in (old, "SCRAM-SHA-256", &client), "not-authorized");
}

static void
test_refuses_the_wrong_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, NULL, NULL);
  const Client client = { G_CHECKSUM_SHA256, "n,,", NULL, "alice", "Secret" };

  create (fixture, "alice");
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256", &client), "not-authorized");
  assert_failure (sasl, start (sasl, "PLAIN", "\0alice\0Secret", 13), "not-authorized");
}

static char *
salt_of (Fixture *fixture, const char *first)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
  g_autofree char *challenge = NULL;

  g_assert_cmpint (start (sasl, "SCRAM-SHA-256", first, -1), ==, ISMB_SASL_CONTINUE);
  challenge = dup_reply (sasl);
  return g_strdup (strchr (challenge, ','));
}

/* Salt and iterations of a name that does not exist look as a real one's do, each time. */
static void
test_tells_nobody_who_exists (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, NULL, NULL);
  const Client nobody = { G_CHECKSUM_SHA256, "n,,", NULL, "nobody", "secret" };
  const Client impossible = { G_CHECKSUM_SHA256, "n,,", NULL, "no body", "secret" };
  g_autofree char *real = salt_of (fixture, "n,,n=user,r=abc");
  g_autofree char *invented = salt_of (fixture, "n,,n=nobody,r=abc");
  g_autofree char *again = salt_of (fixture, "n,,n=NoBody,r=xyz");
  g_autofree char *another = salt_of (fixture, "n,,n=nobody2,r=abc");
  g_autofree char *later = NULL;

  /* a restart makes no difference either, as it makes none to an account's */
  g_set_object (&fixture->accounts, NULL);
  fixture->accounts = ismb_accounts_load (fixture->store, NULL);
  later = salt_of (fixture, "n,,n=nobody,r=abc");
  g_assert_cmpstr (later, ==, invented);
  g_assert_cmpuint (strlen (real), ==, strlen (invented));
  g_assert_cmpstr (strrchr (invented, ','), ==, strrchr (real, ','));
  g_assert_cmpstr (invented, ==, again);
  g_assert_cmpstr (invented, !=, another);
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256", &nobody), "not-authorized");
  assert_failure (sasl, sign_in (sasl, "SCRAM-SHA-256", &impossible), "not-authorized");
  assert_failure (sasl, start (sasl, "PLAIN", "\0nobody\0secret", 14), "not-authorized");
  assert_failure (sasl, start (sasl, "PLAIN", "\0no body\0secret", 15), "not-authorized");
}

static void
test_is_nobody_else (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, NULL, "alice");
  const char plain[] = "user@" DOMAIN "\0alice\0secret";

  create (fixture, "alice");
  assert_failure (sasl, start (sasl, "SCRAM-SHA-256", "n,a=user@" DOMAIN ",n=alice,r=abc", -1),
                  "invalid-authzid");
  assert_failure (sasl, start (sasl, "SCRAM-SHA-256", "n,a=alice@else.where,n=alice,r=abc", -1),
                  "invalid-authzid");
  assert_failure (sasl, start (sasl, "PLAIN", plain, sizeof plain - 1), "invalid-authzid");
  assert_failure (sasl, start (sasl, "EXTERNAL", "user@" DOMAIN, -1), "invalid-authzid");
}

static void
test_plain (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, NULL, NULL);

  create (fixture, "alice");
  g_assert_cmpint (start (sasl, "PLAIN", "\0alice\0secret", 13), ==, ISMB_SASL_SUCCESS);
  g_assert_null (ismb_sasl_get_reply (sasl));
  g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "alice");
  ismb_accounts_create (fixture->accounts, "rene", "caf\303\251", ISMB_ROLE_CLIENT, TRUE, NULL);
  g_assert_cmpint (start (sasl, "PLAIN", "\0rene\0cafe\314\201", 12), ==, ISMB_SASL_SUCCESS);
  assert_failure (sasl, start (sasl, "PLAIN", "alice\0secret", 12), "malformed-request");
  assert_failure (sasl, start (sasl, "PLAIN", "\0alice\0secret\0", 14), "malformed-request");
  assert_failure (sasl, start (sasl, "PLAIN", "\0alice\0\xff", 8), "malformed-request");
  assert_failure (sasl, ismb_sasl_start (sasl, "PLAIN", "="), "malformed-request");
}

static void
test_external (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, TRUE, NULL, "root");
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, "root", "unused", ISMB_ROLE_OPERATOR, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ismb_sasl_start (sasl, "EXTERNAL", "="), ==, ISMB_SASL_SUCCESS);
  g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "root");
  g_assert_cmpint (start (sasl, "EXTERNAL", "root@" DOMAIN, -1), ==, ISMB_SASL_SUCCESS);
  /* without initial response: an empty challenge, and an empty response to it */
  g_assert_cmpint (ismb_sasl_start (sasl, "EXTERNAL", NULL), ==, ISMB_SASL_CONTINUE);
  g_assert_null (ismb_sasl_get_reply (sasl));
  g_assert_cmpint (ismb_sasl_respond (sasl, NULL), ==, ISMB_SASL_SUCCESS);
  /* removed since the connection came */
  g_assert_true (ismb_accounts_remove (fixture->accounts, "root", &error));
  assert_failure (sasl, ismb_sasl_start (sasl, "EXTERNAL", "="), "not-authorized");
}

static void
assert_offered (IsmbSasl *sasl, const char *wanted)
{
  g_autofree char *offered = g_strjoinv (" ", (char **) ismb_sasl_get_mechanisms (sasl));

  g_assert_cmpstr (offered, ==, wanted);
}

static void
test_offers_what_the_stream_allows (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) exporter = g_bytes_new ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr (IsmbSasl) bare = sasl_new (fixture, FALSE, NULL, NULL);
  g_autoptr (IsmbSasl) local = sasl_new (fixture, TRUE, NULL, "root");
  g_autoptr (IsmbSasl) tls = sasl_new (fixture, TRUE, exporter, NULL);

  assert_offered (bare, "SCRAM-SHA-256 SCRAM-SHA-1");
  assert_offered (local, "EXTERNAL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN");
  assert_offered (tls, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN");
  assert_failure (bare, start (bare, "PLAIN", "\0user\0pencil", 12), "encryption-required");
  assert_failure (bare, ismb_sasl_start (bare, "EXTERNAL", "="), "invalid-mechanism");
  assert_failure (bare, ismb_sasl_start (bare, "SCRAM-SHA-256-PLUS", NULL), "encryption-required");
  assert_failure (local, ismb_sasl_start (local, "SCRAM-SHA-256-PLUS", NULL), "invalid-mechanism");
  assert_failure (bare, ismb_sasl_start (bare, "", NULL), "invalid-mechanism");
}

static void
test_refuses_bad_first_messages (Fixture *fixture, gconstpointer data)
{
  static const char *const messages[] = {
    "",
    "n",
    "n,",
    "n,,",
    ",,n=user,r=abc",
    "n,n=user,r=abc",
    "n,,n=user",
    "n,,r=abc,n=user",
    "n,,n=,r=abc",
    "n,,n=user,r=",
    "n,,n=us=er,r=abc",
    "n,,n=us=2cer,r=abc",
    "n,,m=x,n=user,r=abc",
    "n,a=,n=user,r=abc",
    "n,b=x,n=user,r=abc",
    "n,,n=user,r=a c",
    "n,,n=user,r=\xc3\xa4",
    "n,,n=user,r=abc,",
    "n,,n=user,r=abc,m=x",
    "n,,n=user,r=abc,x=y,m=x",
    "n,,n=user,r=abc,xy",
    "n,,n=user,r=abc,x=,y=z",
    "F,n,,n=user,r=abc",
    "n,,n=\xff,r=abc",
  };
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
  g_autofree char *nonce = g_strnfill (513, 'a');
  g_autofree char *long_nonce = g_strconcat ("n,,n=user,r=", nonce, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      IsmbSaslResult result = start (sasl, "SCRAM-SHA-256", messages[i], -1);
      g_test_message ("message %u", i);
      assert_failure (sasl, result, "malformed-request");
    }
  assert_failure (sasl, start (sasl, "SCRAM-SHA-256", long_nonce, -1), "malformed-request");
  assert_failure (sasl, start (sasl, "SCRAM-SHA-256", "n,,n=user\0,r=abc", 16),
                  "malformed-request");
  /* an extension that we do not know is no harm */
  g_assert_cmpint (start (sasl, "SCRAM-SHA-256", "n,,n=user,r=abc,x=y", -1), ==,
                   ISMB_SASL_CONTINUE);
}

static void
test_refuses_bad_last_messages (Fixture *fixture, gconstpointer data)
{
#define NONCE "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
  static const char *const messages[] = {
    "",
    "c=biws",
    "c=biws," NONCE,
    PROOF,
    "c=biws," PROOF,
    NONCE ",c=biws," PROOF,
    "c=eSws," NONCE "," PROOF,
    "c=biws,r=rOprNGfwEbeRWgbNEkqO," PROOF,
    "c=biws," NONCE "x," PROOF,
    "c=biws," NONCE "," PROOF "=",
    "c=biws," NONCE "," PROOF ",x=y",
    "c=biws," NONCE ",p=dHzb",
    "c=biws," NONCE ",p=",
    "c=biws," NONCE ",p",
    "c=biws," NONCE ",x=y," PROOF,
    "c=biws," NONCE ",m=y," PROOF,
    "c=biws," NONCE ",," PROOF,
    "c=biws,,",
    ",,,,",
    "c=,r=,p=",
    "c=biws\n," NONCE "," PROOF,
  };

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
      IsmbSaslResult result = ISMB_SASL_SUCCESS;

      ismb_sasl_set_nonce (sasl, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
      start (sasl, "SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", -1);
      result = respond (sasl, messages[i]);
      g_test_message ("%s", messages[i]);
      g_assert_cmpint (result, ==, ISMB_SASL_FAILURE);
      /* and there is no second try within the exchange */
      assert_failure (sasl, respond (sasl, "c=biws," NONCE "," PROOF), "malformed-request");
    }
}

static void
test_is_strict_about_base64 (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "====", "biws biws", "biws\n", "biw", "bi=s",
                                       "b",    "biws=",     "bix=",   "!" };
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
  g_autofree char *endless = g_strnfill (8192, 'A');

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_failure (sasl, ismb_sasl_start (sasl, "SCRAM-SHA-1", texts[i]), "incorrect-encoding");
  assert_failure (sasl, ismb_sasl_start (sasl, "SCRAM-SHA-1", endless), "malformed-request");
}

static void
test_the_account_may_go (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbSasl) sasl = sasl_new (fixture, FALSE, NULL, NULL);
  g_autoptr (GError) error = NULL;

  ismb_sasl_set_nonce (sasl, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  start (sasl, "SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", -1);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "user", &error));
  assert_failure (sasl, respond (sasl, "c=biws," NONCE "," PROOF), "not-authorized");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/sasl/rfc-5802", test_rfc_5802);
  ADD ("/sasl/rfc-7677", test_rfc_7677);
  ADD ("/sasl/signs-in", test_signs_in);
  ADD ("/sasl/binds-the-channel", test_binds_the_channel);
  ADD ("/sasl/binds-to-the-certificate", test_binds_to_the_certificate);
  ADD ("/sasl/refuses-the-wrong-password", test_refuses_the_wrong_password);
  ADD ("/sasl/tells-nobody-who-exists", test_tells_nobody_who_exists);
  ADD ("/sasl/is-nobody-else", test_is_nobody_else);
  ADD ("/sasl/plain", test_plain);
  ADD ("/sasl/external", test_external);
  ADD ("/sasl/offers-what-the-stream-allows", test_offers_what_the_stream_allows);
  ADD ("/sasl/refuses-bad-first-messages", test_refuses_bad_first_messages);
  ADD ("/sasl/refuses-bad-last-messages", test_refuses_bad_last_messages);
  ADD ("/sasl/is-strict-about-base64", test_is_strict_about_base64);
  ADD ("/sasl/the-account-may-go", test_the_account_may_go);
#undef ADD
  return g_test_run ();
}
