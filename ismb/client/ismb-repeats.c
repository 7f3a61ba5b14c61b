/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-repeats.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

#define KNOWN_MAX 4096

/* Of sender and id: as long as an attacker likes they may be, and nobody finds two with the
 * same. */
typedef struct
{
  guint8 bytes[16];
} Digest;

struct _IsmbRepeats
{
  GHashTable *known; /* set of Digest, in `digests` */
  Digest *digests;   /* a ring of KNOWN_MAX; NULL until the first */
  guint next;
};

static guint
hash_digest (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
equal_digests (gconstpointer one, gconstpointer other)
{
  return memcmp (one, other, sizeof (Digest)) == 0;
}

IsmbRepeats *
ismb_repeats_new (void)
{
  IsmbRepeats *self = g_new0 (IsmbRepeats, 1);

  self->known = g_hash_table_new (hash_digest, equal_digests);
  return self;
}

void
ismb_repeats_free (IsmbRepeats *self)
{
  g_hash_table_unref (self->known);
  g_free (self->digests);
  g_free (self);
}

/* An error may be told by any part of the receiver's server, so that its domain alone counts. */
static const char *
get_sender (IsmbMessage *message)
{
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (message));

  if (from == NULL)
    return "";
  return ismb_stanza_is_error (ISMB_STANZA (message)) ? ismb_jid_get_domain (from)
                                                      : ismb_jid_get_full (from);
}

/* With the end of each part, so that none passes for two. */
static void
add_part (GString *text, const char *part)
{
  g_string_append_len (text, part, strlen (part) + 1);
}

static Digest
digest_of (IsmbMessage *message, const char *id)
{
  g_autoptr (GString) text = g_string_sized_new (256);
  guint8 whole[32];
  Digest digest;

  add_part (text, ismb_stanza_is_error (ISMB_STANZA (message)) ? "error" : "message");
  add_part (text, get_sender (message));
  add_part (text, id);
  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, text->str, text->len, whole) != 0)
    g_error ("GnuTLS has no SHA-256");
  memcpy (digest.bytes, whole, sizeof digest.bytes);
  return digest;
}

static void
remember (IsmbRepeats *self, const Digest *digest)
{
  Digest *place;

  if (self->digests == NULL)
    self->digests = g_new0 (Digest, KNOWN_MAX);
  place = &self->digests[self->next++ % KNOWN_MAX];
  g_hash_table_remove (self->known, place); /* the oldest */
  *place = *digest;
  g_hash_table_add (self->known, place);
}

gboolean
ismb_repeats_note (IsmbRepeats *self, IsmbMessage *message)
{
  const IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (message)));
  const IsmbNode *origin = ismb_node_find (root, "origin-id", ISMB_NS_STANZA_ID);
  const char *id = origin != NULL ? ismb_node_get (origin, "id") : NULL;
  Digest digest;

  if (id == NULL || *id == '\0')
    return FALSE;
  digest = digest_of (message, id);
  if (g_hash_table_contains (self->known, &digest))
    return TRUE;
  remember (self, &digest);
  return FALSE;
}
