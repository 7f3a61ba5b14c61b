/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversations whose every message arrives in two pieces, cut at each of its bytes, and byte by
 * byte: the answers are those that the whole message gets. In the normal run of those inside TLS
 * only each eleventh place is cut; with -m slow each one. */
#include "config.h"

#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "ismb/store/ismb-scram.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define TLS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define HEADER                                                                                     \
  "<?xml version='1.0'?>\n<stream:stream xmlns='jabber:client' to='" DOMAIN "' version='1.0'\n"    \
  " xmlns:stream='http://etherx.jabber.org/streams' xml:lang='cs'>"
#define REST                                                                                       \
  HEADER "<iq type='set' id='1'><bind " BIND "><resource>r&amp;d</resource></bind></iq>\n"         \
         "<message to='ada@" DOMAIN "/r&amp;d' id='2'><body>\303\244 &lt; \342\202\254 ]]&gt; "    \
         "<![CDATA[<x/>]]></body><x xmlns='urn:x' xmlns:p='urn:p' p:a='&#10;'/></message> \n"      \
         "<iq type='get' id='3' to='" DOMAIN "'><ping xmlns='urn:xmpp:ping'/></iq>"
#define COARSE 11 /* bytes from one cut to the next */
#define WHOLE G_MAXSIZE
#define BYTEWISE (G_MAXSIZE - 1)
#define SKIP 10000 /* more than any message has */

typedef struct
{
  IsmbListener *listener;
  IsmbFabric *fabric;
  char *folder, *path;
  guint16 port;
  guint cuts;
} Fixture;

typedef enum
{
  CLEAR,
  UNIX,
  DIRECT_TLS, /* as after STARTTLS */
} Way;

typedef struct
{
  Way way;
  const char *mechanism; /* NULL: the messages are what there is to say */
  const char *header;    /* gs2 */
  const char *messages[4];
  const char *wanted; /* in the answers */
} Script;

/* One conversation: which of its messages is cut, and where. */
typedef struct
{
  XmppClient *client;
  const Script *script;
  guint message;
  gsize at;
  guint said;   /* messages */
  gsize length; /* of the one that is cut */
  GString *heard;
} Talk;

static const Script scripts[] = {
  { CLEAR, "SCRAM-SHA-1", "n,,", { NULL }, "xml:lang='cs'" },
  { CLEAR, "SCRAM-SHA-256", "n,a=ada@" DOMAIN ",", { NULL }, "type='result'" },
  { UNIX, "EXTERNAL", NULL, { NULL }, "type='result'" },
  { DIRECT_TLS, "SCRAM-SHA-256-PLUS", "p=tls-exporter,,", { NULL }, "type='result'" },
  { DIRECT_TLS, "SCRAM-SHA-1-PLUS", "p=tls-server-end-point,,", { NULL }, "type='result'" },
  { DIRECT_TLS, "PLAIN", NULL, { NULL }, "type='result'" },
  { CLEAR, NULL, NULL, { HEADER "<starttls " TLS "/>", NULL }, "<proceed " TLS "/>" },
  { CLEAR, NULL, NULL, { HEADER "<message to='x@y'/>", NULL }, "not-authorized" },
  { CLEAR, NULL, NULL, { HEADER "<a xmlns='\303('>", NULL }, "unsupported-encoding" },
  { CLEAR, NULL, NULL, { HEADER "<a><![CDATA[]]></b>", NULL }, "not-well-formed" },
  { CLEAR, NULL, NULL, { HEADER "<a>&amp;&lol;</a>", NULL }, "restricted-xml" },
  { CLEAR, NULL, NULL, { "<?xml version='1.0'?><!DOCTYPE stream>", NULL }, "restricted-xml" },
};

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStore) store = ismb_store_open (NULL, &error);
  g_autoptr (IsmbAccounts) accounts = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "c2s", NULL);
  fixture->fabric = ismb_fabric_load (fixture->folder, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, "c2s-path", fixture->path, NULL);
  _ismb_listener_set_fabric (fixture->listener, fixture->fabric);
  _ismb_listener_set_store (fixture->listener, store);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), g_get_user_name (),
                        "secret", ISMB_ROLE_OPERATOR, FALSE, &error);
  g_assert_no_error (error);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_test_message ("%u cuts", fixture->cuts);
  g_assert_finalize_object (fixture->listener);
  g_assert_finalize_object (fixture->fabric);
  scratch_remove (fixture->folder);
  g_free (fixture->path);
}

/* All that can happen of what has been said so far. */
static void
let_it_happen (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
say (Talk *talk, const char *text)
{
  gsize length = strlen (text);
  gboolean cut = talk->said++ == talk->message && talk->at != WHOLE;
  gsize piece = talk->at == BYTEWISE ? 1 : MIN (talk->at, length);

  if (cut)
    talk->length = length;
  for (gsize at = 0; cut && at < length && (talk->at == BYTEWISE || at == 0); at += piece)
    {
      xmpp_client_try_send (talk->client, text + at, piece);
      let_it_happen ();
      if (talk->at != BYTEWISE)
        xmpp_client_try_send (talk->client, text + piece, length - piece);
    }
  if (!cut)
    xmpp_client_try_send (talk->client, text, length);
}

static void
hear (Talk *talk, const char *text)
{
  g_autofree char *heard = xmpp_client_expect (talk->client, text);

  g_string_append (talk->heard, heard);
}

static void
say_sasl (Talk *talk, const char *start, const char *message, gsize size, const char *end)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) message, size);
  g_autofree char *xml = g_strconcat (start, encoded, end, NULL);

  say (talk, xml);
}

static char *
begin (Talk *talk, const char *message, gsize size)
{
  g_autofree char *start = g_strdup_printf ("<auth mechanism='%s' " SASL ">", talk->script->mechanism);

  say_sasl (talk, start, message, size, "</auth>");
  return NULL;
}

/* Computed once for each salt: it is most of the work. */
static const guint8 *
salt_password (GChecksumType hash, const char *salt64)
{
  static GHashTable *known;
  g_autofree char *key = g_strdup_printf ("%d%s", hash, salt64);
  guint8 *salted;

  if (known == NULL)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  salted = g_hash_table_lookup (known, key);
  if (salted == NULL)
    {
      gsize size;
      g_autofree guchar *salt = g_base64_decode (salt64, &size);
      const gnutls_datum_t password = { (guchar *) "secret", 6 }, salt_datum = { salt, size };

      salted = g_malloc (32);
      g_assert_cmpint (gnutls_pbkdf2 (hash == G_CHECKSUM_SHA1 ? GNUTLS_MAC_SHA1 : GNUTLS_MAC_SHA256,
                                      &password, &salt_datum, 4096, salted, ismb_scram_size (hash)),
                       ==, 0);
      g_hash_table_insert (known, g_steal_pointer (&key), salted);
    }
  return salted;
}

static char *
make_proof (GChecksumType hash, const guint8 *salted, const char *text)
{
  gsize size = ismb_scram_size (hash);
  guint8 key[32], stored[32], signature[32];

  ismb_scram_hmac (hash, salted, size, "Client Key", 10, key);
  ismb_scram_hash (hash, key, size, stored);
  ismb_scram_hmac (hash, stored, size, text, strlen (text), signature);
  for (gsize i = 0; i < size; i++)
    key[i] ^= signature[i];
  return g_base64_encode (key, size);
}

static char *
encode_binding (Talk *talk)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  const char *header = talk->script->header;
  g_autoptr (GBytes) binding = NULL;

  g_byte_array_append (all, (const guint8 *) header, strlen (header));
  if (g_str_has_prefix (header, "p="))
    {
      binding = xmpp_client_dup_binding (talk->client, strstr (header, "exporter") != NULL
                                                           ? G_TLS_CHANNEL_BINDING_TLS_EXPORTER
                                                           : G_TLS_CHANNEL_BINDING_TLS_SERVER_END_POINT);
      g_byte_array_append (all, g_bytes_get_data (binding, NULL), g_bytes_get_size (binding));
    }
  return g_base64_encode (all->data, all->len);
}

/* The challenge differs each time, and is not compared. */
static char *
hear_challenge (Talk *talk)
{
  g_autofree char *heard = xmpp_client_expect (talk->client, "</challenge>");
  char *start = strchr (heard, '>') + 1;
  gsize size;

  *strchr (start, '<') = '\0';
  return (char *) g_base64_decode (start, &size);
}

static void
authenticate_by_scram (Talk *talk)
{
  GChecksumType hash = strstr (talk->script->mechanism, "256") != NULL ? G_CHECKSUM_SHA256 : G_CHECKSUM_SHA1;
  g_autofree char *first = g_strconcat (talk->script->header, "n=ada,r=abc", NULL);
  g_autofree char *binding = encode_binding (talk);
  g_autofree char *challenge = NULL, *last = NULL, *text = NULL, *proof = NULL, *message = NULL;
  g_auto (GStrv) parts = NULL;

  g_free (begin (talk, first, strlen (first)));
  challenge = hear_challenge (talk);
  parts = g_strsplit (challenge, ",", 3);
  last = g_strdup_printf ("c=%s,%s", binding, parts[0]);
  text = g_strdup_printf ("n=ada,r=abc,%s,%s", challenge, last);
  proof = make_proof (hash, salt_password (hash, parts[1] + 2), text);
  message = g_strdup_printf ("%s,p=%s", last, proof);
  say_sasl (talk, "<response " SASL ">", message, strlen (message), "</response>");
  g_free (xmpp_client_expect (talk->client, "</success>"));
}

static void
authenticate (Talk *talk)
{
  if (g_str_has_prefix (talk->script->mechanism, "SCRAM"))
    {
      authenticate_by_scram (talk);
      return;
    }
  if (strcmp (talk->script->mechanism, "PLAIN") == 0)
    g_free (begin (talk, "\0ada\0secret", 11));
  else
    say (talk, "<auth mechanism='EXTERNAL' " SASL ">=</auth>");
  hear (talk, "<success " SASL "/>");
}

/* Two headers' ids are not the same. */
static char *
normalise (const char *heard)
{
  g_autoptr (GRegex) id = g_regex_new (" id='[0-9a-zA-Z+/=_-]{16,}'", 0, 0, NULL);

  return g_regex_replace_literal (id, heard, -1, 0, " id='?'", 0, NULL);
}

/* Returns what was heard. */
static char *
hold (Fixture *fixture, Talk *talk)
{
  const Script *script = talk->script;
  g_autofree char *end = NULL;

  talk->heard = g_string_new (NULL);
  talk->client = script->way == UNIX ? xmpp_client_new_unix (fixture->path)
                                     : xmpp_client_new (fixture->port);
  if (script->way == DIRECT_TLS)
    xmpp_client_secure (talk->client);
  if (script->mechanism != NULL)
    {
      say (talk, HEADER);
      hear (talk, "</stream:features>");
      authenticate (talk);
      say (talk, REST);
      hear (talk, " id='3'/>");
      say (talk, "</stream:stream>");
    }
  for (guint i = 0; script->messages[i] != NULL; i++)
    say (talk, script->messages[i]);
  if (strstr (script->wanted, "proceed") != NULL)
    hear (talk, script->wanted);
  else
    end = xmpp_client_expect_end (talk->client);
  g_string_append (talk->heard, end != NULL ? end : "");
  xmpp_client_free (talk->client);
  end = (g_free (end), normalise (talk->heard->str));
  g_string_free (talk->heard, TRUE);
  return g_steal_pointer (&end);
}

/* The length of that message, or SKIP where the conversation has no such one. */
static gsize
compare (Fixture *fixture, const Script *script, guint message, gsize at, const char *wanted)
{
  Talk talk = { .script = script, .message = message, .at = at, .length = SKIP };
  g_autofree char *heard = hold (fixture, &talk);

  g_test_message ("message %u cut at %" G_GSIZE_FORMAT, message, at);
  g_assert_cmpstr (heard, ==, wanted);
  fixture->cuts++;
  return talk.length;
}

static void
test_script (Fixture *fixture, gconstpointer data)
{
  const Script *script = data;
  guint step = script->way == DIRECT_TLS && !g_test_slow () ? COARSE : 1;
  Talk whole = { .script = script, .at = WHOLE };
  g_autofree char *wanted = hold (fixture, &whole);

  g_assert_nonnull (strstr (wanted, script->wanted));
  for (guint message = 0; message < whole.said; message++)
    {
      gsize length = compare (fixture, script, message, BYTEWISE, wanted);

      for (gsize at = 1; at < length; at += step)
        compare (fixture, script, message, at, wanted);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *path = g_strdup_printf (
          "/torn/%u-%s", i, scripts[i].mechanism != NULL ? scripts[i].mechanism : "words");

      g_test_add (path, Fixture, &scripts[i], set_up, test_script, tear_down);
    }
  return g_test_run ();
}
