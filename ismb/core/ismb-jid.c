/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.jid"
#include "config.h"
#include "ismb/core/ismb-jid.h"

#include <string.h>

#include "ismb/core/ismb-address.h"

/**
 * IsmbJid:
 *
 * An address on the bus, `local@domain/resource` (RFC 7622), as it travels: local part and domain
 * folded to lower case, every part normalised. Two addresses mean the same entity exactly if their
 * full forms are the same string.
 *
 * The domain names a switch (or a virtual router of it), the local part an account there, and the
 * resource one of the programs that are logged in to the account. Local part and resource may be
 * absent. A JID never changes once made, so it may be kept, shared and used as a key with
 * [method@Ismb.Jid.hash] and [method@Ismb.Jid.equal].
 */
#define RECENT 8 /* addresses, of the last that were read */

struct _IsmbJid
{
  GObject parent_instance;
  char *full;
  char *bare;           /* ends where the resource began, so its tail is the domain */
  char *local;          /* NULL where absent */
  const char *domain;   /* into bare */
  const char *resource; /* into full; NULL where absent */
};

G_DEFINE_FINAL_TYPE (IsmbJid, ismb_jid, G_TYPE_OBJECT)

static void
ismb_jid_finalize (GObject *object)
{
  IsmbJid *self = ISMB_JID (object);

  g_free (self->full);
  g_free (self->bare);
  g_free (self->local);
  G_OBJECT_CLASS (ismb_jid_parent_class)->finalize (object);
}

static void
ismb_jid_class_init (IsmbJidClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_jid_finalize;
}

static void
ismb_jid_init (IsmbJid *self)
{
}

static IsmbJid *
jid_from_prepared (const char *prepared, const IsmbAddressParts *parts)
{
  IsmbJid *self = g_object_new (ISMB_TYPE_JID, NULL);
  gsize bare_length = ismb_address_bare_length (parts);

  self->full = g_strdup (prepared);
  self->bare = g_strndup (prepared, bare_length);
  self->local = parts->local > 0 ? g_strndup (prepared, parts->local) : NULL;
  self->domain = self->bare + ismb_address_domain_offset (parts);
  self->resource = parts->resource > 0 ? self->full + bare_length + 1 : NULL;
  return self;
}

/* A session's stanzas bear its own address and those of the few it talks with: one that was read of
 * late, and is written as it is here, is had again. */
typedef struct
{
  IsmbJid *jids[RECENT]; /* NULL: none yet */
  guint next;
} Recent;

static void
free_recent (gpointer data)
{
  Recent *recent = data;

  for (guint i = 0; i < RECENT; i++)
    g_clear_object (&recent->jids[i]);
  g_free (recent);
}

/* This thread's. */
static Recent *
get_recent (void)
{
  static GPrivate own = G_PRIVATE_INIT (free_recent);
  Recent *recent = g_private_get (&own);

  if (recent == NULL)
    g_private_set (&own, recent = g_new0 (Recent, 1));
  return recent;
}

static IsmbJid *
find_recent (const Recent *recent, const char *text)
{
  for (guint i = 0; i < RECENT && recent->jids[i] != NULL; i++)
    if (strcmp (recent->jids[i]->full, text) == 0)
      return g_object_ref (recent->jids[i]);
  return NULL;
}

static IsmbJid *
remember (Recent *recent, IsmbJid *jid)
{
  g_set_object (&recent->jids[recent->next++ % RECENT], jid);
  return jid;
}

/**
 * ismb_jid_new:
 * @text: an address, `local@domain/resource`; UTF-8, at most 3071 bytes
 * @error: return location for a #GError
 *
 * Parses and normalises an address. Local part and domain are folded to lower case; the resource
 * keeps its case. A dot at the end of the domain is dropped, and an IPv6 address in brackets is a
 * domain too.
 *
 * Fails with [error@Ismb.Error.BAD_ADDRESS] if a part is empty, longer than 1023 bytes or forbidden
 * by its stringprep profile (Nodeprep, Nameprep, Resourceprep).
 *
 * Returns: (transfer full): the address
 */
IsmbJid *
ismb_jid_new (const char *text, GError **error)
{
  Recent *recent = get_recent ();
  g_autoptr (GString) prepared = NULL;
  IsmbAddressParts parts;
  IsmbJid *known;

  g_return_val_if_fail (text != NULL, NULL);
  known = find_recent (recent, text);
  if (known != NULL)
    return known;
  prepared = g_string_new (NULL);
  if (!ismb_address_prepare (text, strlen (text), prepared, &parts, error))
    return NULL;
  return remember (recent, jid_from_prepared (prepared->str, &parts));
}

/**
 * ismb_jid_new_from_parts:
 * @local: (nullable): the local part, an account's name; %NULL for none
 * @domain: the domain
 * @resource: (nullable): the resource; %NULL for none
 * @error: return location for a #GError
 *
 * Makes an address from its parts, which are normalised as by [ctor@Ismb.Jid.new]. A separator
 * inside a part does not split it: an `@` in @local is refused, not misread.
 *
 * Fails with [error@Ismb.Error.BAD_ADDRESS] if a part that is given is empty, too long or
 * forbidden.
 *
 * Returns: (transfer full): the address
 */
IsmbJid *
ismb_jid_new_from_parts (const char *local, const char *domain, const char *resource,
                         GError **error)
{
  g_autoptr (GString) prepared = NULL;
  IsmbAddressParts parts;

  g_return_val_if_fail (domain != NULL, NULL);
  prepared = g_string_new (NULL);
  if (!ismb_address_join (local, domain, resource, prepared, &parts, error))
    return NULL;
  return jid_from_prepared (prepared->str, &parts);
}

/**
 * ismb_jid_to_bare:
 * @self: an address
 *
 * The address without its resource, `local@domain`.
 *
 * Returns: (transfer full): the bare address; @self itself where there is no resource
 */
IsmbJid *
ismb_jid_to_bare (IsmbJid *self)
{
  IsmbAddressParts parts;

  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  if (self->resource == NULL)
    return g_object_ref (self);
  ismb_address_split (self->bare, &parts);
  return jid_from_prepared (self->bare, &parts);
}

/**
 * ismb_jid_with_resource:
 * @self: an address
 * @resource: (nullable): the resource, UTF-8, 1 to 1023 bytes; %NULL for none
 * @error: return location for a #GError
 *
 * The same local part and domain with another resource.
 *
 * Fails with [error@Ismb.Error.BAD_ADDRESS] if @resource is empty, too long or forbidden.
 *
 * Returns: (transfer full): the address
 */
IsmbJid *
ismb_jid_with_resource (IsmbJid *self, const char *resource, GError **error)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  if (resource == NULL)
    return ismb_jid_to_bare (self);
  return ismb_jid_new_from_parts (self->local, self->domain, resource, error);
}

/**
 * ismb_jid_get_local:
 * @self: an address
 *
 * The local part, what stands before the `@`.
 *
 * Returns: (transfer none) (nullable): the local part, or %NULL where there is none
 */
const char *
ismb_jid_get_local (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  return self->local;
}

/**
 * ismb_jid_get_domain:
 * @self: an address
 *
 * The domain: of a switch, or of one of its virtual routers.
 *
 * Returns: (transfer none): the domain
 */
const char *
ismb_jid_get_domain (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  return self->domain;
}

/**
 * ismb_jid_get_resource:
 * @self: an address
 *
 * The resource, what stands after the first `/`.
 *
 * Returns: (transfer none) (nullable): the resource, or %NULL where there is none
 */
const char *
ismb_jid_get_resource (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  return self->resource;
}

/**
 * ismb_jid_get_bare:
 * @self: an address
 *
 * The text of the address without the resource, `local@domain`.
 *
 * Returns: (transfer none): the bare form
 */
const char *
ismb_jid_get_bare (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  return self->bare;
}

/**
 * ismb_jid_get_full:
 * @self: an address
 *
 * The text of the whole address, `local@domain/resource`.
 *
 * Returns: (transfer none): the full form
 */
const char *
ismb_jid_get_full (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), NULL);
  return self->full;
}

/**
 * ismb_jid_equal:
 * @a: an address
 * @b: another
 *
 * Whether both are the same address, resource included.
 *
 * Returns: %TRUE if they are
 */
gboolean
ismb_jid_equal (IsmbJid *a, IsmbJid *b)
{
  g_return_val_if_fail (ISMB_IS_JID (a) && ISMB_IS_JID (b), FALSE);
  return a == b || g_str_equal (a->full, b->full);
}

/**
 * ismb_jid_hash:
 * @self: an address
 *
 * A hash over the full form, for a #GHashTable whose keys [method@Ismb.Jid.equal] compares.
 *
 * Returns: the hash
 */
guint
ismb_jid_hash (IsmbJid *self)
{
  g_return_val_if_fail (ISMB_IS_JID (self), 0);
  return g_str_hash (self->full);
}
