/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dialback.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-namespaces.h"

#define HASH_SIZE 32
#define HEX_SIZE (2 * HASH_SIZE)
#define SECRET_SIZE 32

typedef char Hex[HEX_SIZE + 1];

static void
write_hex (Hex out, const guint8 *hash)
{
  for (gsize i = 0; i < HASH_SIZE; i++)
    g_snprintf (out + 2 * i, 3, "%02x", hash[i]);
}

/* The secret's hash, as hex digits, is the key of the HMAC (XEP-0185, 2). */
static void
hash_secret (const void *secret, gsize size, Hex out)
{
  guint8 hash[HASH_SIZE];

  gnutls_hash_fast (GNUTLS_DIG_SHA256, secret, size, hash);
  write_hex (out, hash);
  gnutls_memset (hash, 0, sizeof hash);
}

static char *
derive (const Hex secret, const char *receiving, const char *originating, const char *id)
{
  g_autofree char *text = g_strdup_printf ("%s %s %s", receiving, originating, id);
  char *key = g_malloc (sizeof (Hex));
  guint8 hash[HASH_SIZE];

  gnutls_hmac_fast (GNUTLS_MAC_SHA256, secret, HEX_SIZE, text, strlen (text), hash);
  write_hex (key, hash);
  return key;
}

char *
ismb_dialback_derive_key (const char *secret, const char *receiving, const char *originating,
                          const char *id)
{
  Hex hashed;

  hash_secret (secret, strlen (secret), hashed);
  return derive (hashed, receiving, originating, id);
}

/* Made once; nothing of it is ever written down. */
static const char *
own_secret (void)
{
  static Hex hashed;
  static gsize made = 0;

  if (g_once_init_enter (&made))
    {
      guint8 secret[SECRET_SIZE];

      if (gnutls_rnd (GNUTLS_RND_KEY, secret, sizeof secret) < 0)
        g_error ("the system has no random numbers for dialback");
      hash_secret (secret, sizeof secret, hashed);
      gnutls_memset (secret, 0, sizeof secret);
      g_once_init_leave (&made, 1);
    }
  return hashed;
}

char *
ismb_dialback_make_key (const char *receiving, const char *originating, const char *id)
{
  return derive (own_secret (), receiving, originating, id);
}

gboolean
ismb_dialback_check_key (const char *key, const char *receiving, const char *originating,
                         const char *id)
{
  g_autofree char *right = ismb_dialback_make_key (receiving, originating, id);

  return strlen (key) == HEX_SIZE && gnutls_memcmp (key, right, HEX_SIZE) == 0;
}

static gboolean
is_word (const IsmbFrame *frame, const char *name)
{
  return frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_DIALBACK) == 0 &&
         g_str_equal (frame->name, name);
}

gboolean
ismb_dialback_is_request (const IsmbFrame *frame, const char *name)
{
  return is_word (frame, name) && frame->type == NULL;
}

gboolean
ismb_dialback_is_answer (const IsmbFrame *frame, const char *name)
{
  return is_word (frame, name) && frame->type != NULL;
}

char *
ismb_dialback_dup_key (const IsmbFrame *request)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (request);

  return g_strstrip (ismb_node_dup_text (ismb_tree_root (tree)));
}

char *
ismb_dialback_dup_condition (const IsmbFrame *answer)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (answer);
  const IsmbNode *error = ismb_node_find (ismb_tree_root (tree), "error", NULL);
  const IsmbNode *condition = error != NULL ? ismb_node_find (error, NULL, ISMB_NS_STANZAS) : NULL;

  return condition != NULL ? g_strdup (ismb_node_name (condition)) : NULL;
}

static void
append (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (out, " %s='", name);
  ismb_xml_escape (out, value, -1, TRUE);
  g_string_append_c (out, '\'');
}

/* With the prefix that the stream's header declares: some know the words by that alone (XEP-0220,
 * 2). */
static GString *
begin (const char *name, const char *from, const char *to, const char *id, const char *type)
{
  GString *out = g_string_new ("<db:");

  g_string_append (out, name);
  append (out, "from", from);
  append (out, "to", to);
  append (out, "id", id);
  append (out, "type", type);
  g_string_append_c (out, '>');
  return out;
}

/* Takes `out`. */
static void
finish (GString *out, const char *name, IsmbStream *stream)
{
  g_string_append_printf (out, "</db:%s>", name);
  ismb_stream_send_text (stream, out->str, (gssize) out->len);
  g_string_free (out, TRUE);
}

void
ismb_dialback_ask (IsmbStream *stream, const char *name, const char *from, const char *to,
                   const char *id, const char *key)
{
  GString *out = begin (name, from, to, id, NULL);

  ismb_xml_escape (out, key, -1, FALSE);
  finish (out, name, stream);
}

void
ismb_dialback_answer (IsmbStream *stream, const IsmbFrame *request, gboolean valid)
{
  GString *out = begin (request->name, request->to, request->from, request->id,
                        valid ? "valid" : "invalid");

  finish (out, request->name, stream);
}

void
ismb_dialback_fail (IsmbStream *stream, const IsmbFrame *request, const char *condition)
{
  GString *out = begin (request->name, request->to, request->from, request->id, "error");

  g_string_append_printf (out, "<error type='cancel'><%s xmlns='" ISMB_NS_STANZAS "'/></error>",
                          condition);
  finish (out, request->name, stream);
}
