/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.offer"
#include "config.h"
#include "ismb/transfer/ismb-offer.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/core/ismb-stanza-private.h"

#define STREAM_METHOD "stream-method"
#define SID_MAX 64
#define PATH_MAX_BYTES 4095
#define SHA256_BYTES 32

IsmbOffer *
ismb_offer_new (const char *path, guint64 size, const char *sha256, gboolean overwrite)
{
  IsmbOffer *self = g_new0 (IsmbOffer, 1);

  self->sid = ismb_random_token ();
  self->path = g_strdup (path);
  self->size = size;
  self->sha256 = g_strdup (sha256);
  self->overwrite = overwrite;
  return self;
}

void
ismb_offer_free (IsmbOffer *self)
{
  g_free (self->sid);
  g_free (self->path);
  g_free (self->sha256);
  g_free (self);
}

static char *
base64_of_hex (const char *hex)
{
  guchar bytes[SHA256_BYTES];

  for (gsize i = 0; i < SHA256_BYTES; i++)
    bytes[i]
      = (guchar) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return g_base64_encode (bytes, sizeof bytes);
}

/* NULL where `base64` is not exactly a SHA-256. */
static char *
hex_of_base64 (const char *base64)
{
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (base64, &length);
  g_autofree char *again = g_base64_encode (bytes, length);
  GString *hex;

  if (length != SHA256_BYTES || !g_str_equal (again, base64))
    return NULL;
  hex = g_string_sized_new (2 * SHA256_BYTES);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_string_free (hex, FALSE);
}

/* The part of a path that XEP-0096's `name` shows to clients that know nothing of folders. */
static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static void
add_file (IsmbOffer *self, IsmbTree *tree, IsmbNode *si)
{
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, self->size);
  g_autofree char *hash = base64_of_hex (self->sha256);
  IsmbNode *file = ismb_tree_add (tree, si, "file", ISMB_NS_SI_FILE);

  ismb_tree_set (tree, file, "name", last_part (self->path));
  ismb_tree_set (tree, file, "size", size);
  ismb_tree_set (tree, ismb_tree_add_leaf (tree, file, "hash", ISMB_NS_HASHES, hash), "algo",
                 "sha-256");
  ismb_tree_add_leaf (tree, file, "path", ISMB_NS_FILE, self->path);
  if (self->overwrite)
    ismb_tree_add (tree, file, "overwrite", ISMB_NS_FILE);
}

/* <feature/> with a form of one field, and that field. */
static IsmbNode *
add_stream_method (IsmbTree *tree, IsmbNode *si, const char *form_type)
{
  IsmbNode *feature = ismb_tree_add (tree, si, "feature", ISMB_NS_FEATURE_NEG);
  IsmbNode *form = ismb_tree_add (tree, feature, "x", ISMB_NS_DATA);
  IsmbNode *field = ismb_tree_add (tree, form, "field", ISMB_NS_DATA);

  ismb_tree_set (tree, form, "type", form_type);
  ismb_tree_set (tree, field, "var", STREAM_METHOD);
  return field;
}

IsmbIq *
ismb_offer_to_iq (IsmbOffer *self, IsmbJid *to)
{
  IsmbIq *iq = ismb_iq_new (to, "set");
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *si = ismb_tree_add (tree, ismb_tree_root (tree), "si", ISMB_NS_SI);
  IsmbNode *field, *option;

  ismb_tree_set (tree, si, "id", self->sid);
  ismb_tree_set (tree, si, "profile", ISMB_NS_SI_FILE);
  add_file (self, tree, si);
  field = add_stream_method (tree, si, "form");
  ismb_tree_set (tree, field, "type", "list-single");
  option = ismb_tree_add (tree, field, "option", ISMB_NS_DATA);
  ismb_tree_add_leaf (tree, option, "value", ISMB_NS_DATA, ISMB_NS_IBB);
  return iq;
}

static IsmbNode *
payload (IsmbIq *iq, const char *name, const char *ns)
{
  return ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (iq))), name, ns);
}

/* The one field there is to talk about, of an offer or of its answer; NULL where there is none. */
static IsmbNode *
find_stream_method (IsmbNode *si)
{
  IsmbNode *feature = ismb_node_find (si, "feature", ISMB_NS_FEATURE_NEG);
  IsmbNode *form = feature != NULL ? ismb_node_find (feature, "x", ISMB_NS_DATA) : NULL;
  IsmbNode *field = form != NULL ? ismb_node_find (form, "field", ISMB_NS_DATA) : NULL;

  while (field != NULL && g_strcmp0 (ismb_node_get (field, "var"), STREAM_METHOD) != 0)
    field = ismb_node_find_next (field, "field", ISMB_NS_DATA);
  return field;
}

static gboolean
has_inband_value (IsmbNode *parent)
{
  g_autofree char *value = ismb_node_dup_child_text (parent, "value", ISMB_NS_DATA);

  return g_strcmp0 (value, ISMB_NS_IBB) == 0;
}

static gboolean
offers_inband (IsmbNode *si)
{
  IsmbNode *field = find_stream_method (si);
  IsmbNode *option = field != NULL ? ismb_node_find (field, "option", ISMB_NS_DATA) : NULL;

  for (; option != NULL; option = ismb_node_find_next (option, "option", ISMB_NS_DATA))
    if (has_inband_value (option))
      return TRUE;
  return FALSE;
}

static gboolean
is_sid (const char *sid)
{
  gsize length = sid != NULL ? strlen (sid) : 0;

  if (length == 0 || length > SID_MAX)
    return FALSE;
  for (; *sid != '\0'; sid++)
    if (!g_ascii_isgraph (*sid))
      return FALSE;
  return TRUE;
}

static char *
parse_sha256 (IsmbNode *file)
{
  IsmbNode *hash = ismb_node_find (file, "hash", ISMB_NS_HASHES);
  g_autofree char *text = NULL;

  while (hash != NULL && g_strcmp0 (ismb_node_get (hash, "algo"), "sha-256") != 0)
    hash = ismb_node_find_next (hash, "hash", ISMB_NS_HASHES);
  if (hash == NULL)
    return NULL;
  text = ismb_node_dup_text (hash);
  return hex_of_base64 (g_strstrip (text));
}

static gboolean
fill_from_file (IsmbOffer *self, IsmbNode *file)
{
  const char *size = ismb_node_get (file, "size");

  self->path = ismb_node_dup_child_text (file, "path", ISMB_NS_FILE);
  if (self->path == NULL)
    self->path = g_strdup (ismb_node_get (file, "name"));
  self->overwrite = ismb_node_find (file, "overwrite", ISMB_NS_FILE) != NULL;
  self->sha256 = parse_sha256 (file);
  return self->path != NULL && strlen (self->path) <= PATH_MAX_BYTES && self->sha256 != NULL
         && size != NULL && g_ascii_string_to_unsigned (size, 10, 0, G_MAXINT64, &self->size, NULL);
}

IsmbOffer *
ismb_offer_parse (IsmbIq *iq, GError **error)
{
  g_autoptr (IsmbOffer) self = g_new0 (IsmbOffer, 1);
  IsmbNode *si = payload (iq, "si", ISMB_NS_SI);
  IsmbNode *file = si != NULL ? ismb_node_find (si, "file", ISMB_NS_SI_FILE) : NULL;

  if (file == NULL || g_strcmp0 (ismb_node_get (si, "profile"), ISMB_NS_SI_FILE) != 0)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "only files can be offered");
  else if (!is_sid (ismb_node_get (si, "id")))
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "the offer has no usable id");
  else if (!offers_inband (si))
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "no in-band stream is offered");
  else if (!fill_from_file (self, file))
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                         "a file is offered by its name, its size and its SHA-256");
  else
    {
      self->sid = g_strdup (ismb_node_get (si, "id"));
      return g_steal_pointer (&self);
    }
  return NULL;
}

IsmbIq *
ismb_offer_accept (IsmbIq *offer)
{
  IsmbIq *reply = ismb_iq_reply (offer);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (reply));
  IsmbNode *si = ismb_tree_add (tree, ismb_tree_root (tree), "si", ISMB_NS_SI);
  IsmbNode *field = add_stream_method (tree, si, "submit");

  ismb_tree_add_leaf (tree, field, "value", ISMB_NS_DATA, ISMB_NS_IBB);
  return reply;
}

gboolean
ismb_offer_is_accepted (IsmbIq *answer)
{
  IsmbNode *si = payload (answer, "si", ISMB_NS_SI);
  IsmbNode *field = si != NULL ? find_stream_method (si) : NULL;

  return field != NULL && has_inband_value (field);
}
