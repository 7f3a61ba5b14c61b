/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-matcher-private.h"

#include "ismb/client/ismb-mask.h"
#include "ismb/client/ismb-path.h"
#include "ismb/client/ismb-xpath.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbMatcher:
 *
 * Says which stanzas somebody wants: for [method@Ismb.Client.add_stanza_handler] and
 * [method@Ismb.Client.wait_stanza_async]. SleekXMPP's `MatcherId`, `StanzaPath`,
 * `MatchXPath`, `MatchXMLMask` and `MatchMany`.
 *
 * It never changes, and one may serve many handlers and clients. Its expression is read once, when
 * it is made; to match costs no memory.
 */
struct _IsmbMatcher
{
  GObject parent_instance;
  /* One of these: */
  char *id;
  IsmbPath *path;
  IsmbXPath *xpath;
  IsmbMask *mask;
  GPtrArray *any; /* of IsmbMatcher */
  GArray *keys; /* of IsmbMatcherKey; their strings are those of the above */
};

G_DEFINE_FINAL_TYPE (IsmbMatcher, ismb_matcher, G_TYPE_OBJECT)

static void
ismb_matcher_finalize (GObject *object)
{
  IsmbMatcher *self = ISMB_MATCHER (object);

  g_free (self->id);
  g_clear_pointer (&self->path, ismb_path_free);
  g_clear_pointer (&self->xpath, ismb_xpath_free);
  g_clear_pointer (&self->mask, ismb_mask_free);
  g_clear_pointer (&self->any, g_ptr_array_unref);
  g_array_unref (self->keys);
  G_OBJECT_CLASS (ismb_matcher_parent_class)->finalize (object);
}

static void
ismb_matcher_class_init (IsmbMatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_matcher_finalize;
}

static void
ismb_matcher_init (IsmbMatcher *self)
{
  self->keys = g_array_new (FALSE, FALSE, sizeof (IsmbMatcherKey));
}

static IsmbMatcher *
make (void)
{
  return g_object_new (ISMB_TYPE_MATCHER, NULL);
}

/**
 * ismb_matcher_new_id:
 * @id: an id, e.g. that of a stanza that was sent
 *
 * Matches stanzas of that id, of whatever kind and sender.
 *
 * Returns: (transfer full): the matcher
 */
IsmbMatcher *
ismb_matcher_new_id (const char *id)
{
  IsmbMatcher *self;
  IsmbMatcherKey key = { NULL };

  g_return_val_if_fail (id != NULL, NULL);
  self = make ();
  self->id = g_strdup (id);
  key.id = self->id;
  g_array_append_val (self->keys, key);
  return self;
}

/**
 * ismb_matcher_new_path:
 * @path: what to match, e.g. `iq@type=set/{jabber:iq:roster}query`
 * @error: return location for a #GError
 *
 * Matches by names and values: SleekXMPP's `StanzaPath`.
 *
 * A path has steps separated by `/`: the first is `message`, `presence`, `iq` or `*`, each further
 * one an element directly in that before. A step is a name, or `*` for any, with its namespace in
 * front, `{urn:xmpp:ping}ping`; a namespace holds for the steps behind it as well. A bare name is
 * that of a payload ([func@Ismb.Payload.register]), if there is one when the matcher is made:
 * `iq@type=set/roster`. Else it is an element's, of any namespace.
 *
 * Conditions follow a step, all of which must hold: `message@type=chat@lang=en`. Their names are
 * attributes, or children of which the text counts; on the stanza `type` is what
 * [method@Ismb.Stanza.get_stanza_type] says, and `from` and `to` are whole addresses. What is not
 * there has an empty value. A value with `@` or `/` in it goes into quotes.
 *
 * Fails with [error@Ismb.Error.BAD_EXPRESSION].
 *
 * Returns: (transfer full): the matcher
 */
IsmbMatcher *
ismb_matcher_new_path (const char *path, GError **error)
{
  g_autoptr (IsmbPath) read = NULL;
  IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX];
  IsmbMatcher *self;

  g_return_val_if_fail (path != NULL, NULL);
  read = ismb_path_new (path, error);
  if (read == NULL)
    return NULL;
  self = make ();
  self->path = g_steal_pointer (&read);
  g_array_append_vals (self->keys, keys, ismb_path_get_keys (self->path, keys));
  return self;
}

/**
 * ismb_matcher_new_xpath:
 * @xpath: what to match, e.g. `{jabber:client}message/{jabber:x:oob}x`
 * @error: return location for a #GError
 *
 * Matches stanzas in which there is such an element: SleekXMPP's `MatchXPath`.
 *
 * The path begins above the stanza, so its first step names the stanza. It knows what Python's
 * ElementTree does: `{namespace}name`, `{*}name`, `*`, `.`, `..`, `//` in front of an element at
 * any depth, though not at the start (that is `.//`), and behind a step `[@name]`,
 * `[@name='value']`, `[child]`, `[child='text']`, `[.='text']`, `[1]`, `[last()]`, `[last()-1]`,
 * with `!=` for `=` as well. A namespace holds for the names behind it; in front of the first one
 * it is `jabber:client`.
 *
 * A stanza of which more than 100,000 elements would have to be looked at does not match.
 *
 * Fails with [error@Ismb.Error.BAD_EXPRESSION].
 *
 * Returns: (transfer full): the matcher
 */
IsmbMatcher *
ismb_matcher_new_xpath (const char *xpath, GError **error)
{
  g_autoptr (IsmbXPath) read = NULL;
  IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX];
  IsmbMatcher *self;

  g_return_val_if_fail (xpath != NULL, NULL);
  read = ismb_xpath_new (xpath, error);
  if (read == NULL)
    return NULL;
  self = make ();
  self->xpath = g_steal_pointer (&read);
  g_array_append_vals (self->keys, keys, ismb_xpath_get_keys (self->xpath, keys));
  return self;
}

/**
 * ismb_matcher_new_mask:
 * @xml: a sample, e.g. `<message type='chat'><thread>7</thread></message>`
 * @error: return location for a #GError
 *
 * Matches stanzas that have all that the sample has: its name, its attributes, its texts (space
 * around them does not count) and each of its children, likewise. They may have more. SleekXMPP's
 * `MatchXMLMask`.
 *
 * The sample is in `jabber:client` unless it states a namespace; 1 MiB, 10,000 elements and 64
 * levels are the most.
 *
 * Fails with [error@Ismb.Error.BAD_EXPRESSION].
 *
 * Returns: (transfer full): the matcher
 */
IsmbMatcher *
ismb_matcher_new_mask (const char *xml, GError **error)
{
  IsmbMask *read;
  IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX];
  IsmbMatcher *self;

  g_return_val_if_fail (xml != NULL, NULL);
  read = ismb_mask_new (xml, error);
  if (read == NULL)
    return NULL;
  self = make ();
  self->mask = read;
  g_array_append_vals (self->keys, keys, ismb_mask_get_keys (self->mask, keys));
  return self;
}

/**
 * ismb_matcher_new_any:
 * @matchers: (array length=n_matchers): what to match
 * @n_matchers: how many
 *
 * Matches what at least one of @matchers matches: SleekXMPP's `MatchMany`.
 *
 * Returns: (transfer full): the matcher
 */
IsmbMatcher *
ismb_matcher_new_any (IsmbMatcher **matchers, gsize n_matchers)
{
  IsmbMatcher *self;

  g_return_val_if_fail (matchers != NULL || n_matchers == 0, NULL);
  self = make ();
  self->any = g_ptr_array_new_with_free_func (g_object_unref);
  for (gsize i = 0; i < n_matchers; i++)
    {
      g_return_val_if_fail (ISMB_IS_MATCHER (matchers[i]), self);
      g_ptr_array_add (self->any, g_object_ref (matchers[i]));
      g_array_append_vals (self->keys, matchers[i]->keys->data, matchers[i]->keys->len);
    }
  return self;
}

static gboolean
match_any (const GPtrArray *matchers, IsmbStanza *stanza)
{
  for (guint i = 0; i < matchers->len; i++)
    if (ismb_matcher_match (matchers->pdata[i], stanza))
      return TRUE;
  return FALSE;
}

/**
 * ismb_matcher_match:
 * @self: a matcher
 * @stanza: a stanza
 *
 * Whether the stanza is one of those.
 *
 * Returns: %TRUE if it is
 */
gboolean
ismb_matcher_match (IsmbMatcher *self, IsmbStanza *stanza)
{
  g_return_val_if_fail (ISMB_IS_MATCHER (self) && ISMB_IS_STANZA (stanza), FALSE);
  if (self->id != NULL)
    return g_strcmp0 (ismb_stanza_get_id (stanza), self->id) == 0;
  if (self->path != NULL)
    return ismb_path_match (self->path, stanza);
  if (self->xpath != NULL)
    return ismb_xpath_match (self->xpath, _ismb_stanza_get_tree (stanza));
  if (self->mask != NULL)
    return ismb_mask_match (self->mask, _ismb_stanza_get_tree (stanza));
  return match_any (self->any, stanza);
}

const IsmbMatcherKey *
_ismb_matcher_get_keys (IsmbMatcher *self, guint *count)
{
  *count = self->keys->len;
  return (const IsmbMatcherKey *) self->keys->data;
}
