/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-join-answer.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-bulletin.h"
#include "ismb/trust/ismb-names.h"

#define SENTENCE_MAX 200 /* bytes */
#define ADDRESS_MAX 45   /* bytes of a numeric one */

typedef struct
{
  const char *word;
  IsmbError code;
  gboolean final;
  const char *sentence; /* where none came */
} Reason;

static const Reason reasons[] = {
  [ISMB_JOIN_EXPIRED] = { "expired", ISMB_ERROR_TIMEOUT, TRUE, "the token has expired" },
  [ISMB_JOIN_USED_UP] = { "used-up", ISMB_ERROR_NOT_ALLOWED, TRUE, "the token is used up" },
  [ISMB_JOIN_UNKNOWN_TOKEN] = { "unknown-token", ISMB_ERROR_AUTH_FAILED, FALSE,
                                "the registrar knows no such token" },
  [ISMB_JOIN_WRONG_PROOF] = { "wrong-proof", ISMB_ERROR_AUTH_FAILED, TRUE,
                              "the proof of the token does not hold" },
  [ISMB_JOIN_NAME_TAKEN] = { "name-taken", ISMB_ERROR_EXISTS, TRUE,
                             "another device has this switch's name" },
  [ISMB_JOIN_REVOKED] = { "revoked", ISMB_ERROR_NOT_ALLOWED, TRUE, "this device was revoked" },
  [ISMB_JOIN_BAD_REQUEST] = { "bad-request", ISMB_ERROR_BAD_STANZA, TRUE,
                              "the registrar cannot read the request" },
  [ISMB_JOIN_TOO_MANY_TRIES] = { "too-many-tries", ISMB_ERROR_NOT_ALLOWED, FALSE,
                                 "too many wrong tries from here; wait a while" },
  [ISMB_JOIN_INTERNAL] = { "internal", ISMB_ERROR_FAILED, FALSE, "the registrar has failed" },
};

static IsmbJoinAnswer *
answer_new (IsmbJoinVerdict verdict)
{
  IsmbJoinAnswer *self = g_new0 (IsmbJoinAnswer, 1);

  self->verdict = verdict;
  return self;
}

IsmbJoinAnswer *
ismb_join_answer_refer (GList *registrars)
{
  IsmbJoinAnswer *self = answer_new (ISMB_JOIN_REFERRED);

  self->registrars = g_list_copy_deep (registrars, (GCopyFunc) g_object_ref, NULL);
  return self;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const IsmbRevocation *one = *(IsmbRevocation *const *) a;
  const IsmbRevocation *other = *(IsmbRevocation *const *) b;

  return one->time > other->time ? -1 : one->time < other->time;
}

/* The rest is asked of the first member that is met, as by everybody. */
static GPtrArray *
choose_latest (GPtrArray *revocations)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  GPtrArray *latest = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);

  g_ptr_array_extend (all, revocations, NULL, NULL);
  g_ptr_array_sort (all, compare_times);
  for (guint i = 0; i < MIN (all->len, ISMB_JOIN_REVOCATIONS_MAX); i++)
    g_ptr_array_add (latest, ismb_revocation_copy (g_ptr_array_index (all, i)));
  return latest;
}

IsmbJoinAnswer *
ismb_join_answer_grant (const char *bundle, GPtrArray *revocations)
{
  IsmbJoinAnswer *self = answer_new (ISMB_JOIN_JOINED);

  self->bundle = g_strdup (bundle);
  self->revocations = revocations != NULL ? choose_latest (revocations) : NULL;
  return self;
}

IsmbJoinAnswer *
ismb_join_answer_wait (void)
{
  return answer_new (ISMB_JOIN_WAITS);
}

IsmbJoinAnswer *
ismb_join_answer_refuse (IsmbJoinReason reason, const char *sentence)
{
  IsmbJoinAnswer *self = answer_new (ISMB_JOIN_REFUSED);

  self->reason = reason;
  self->sentence = g_strdup (sentence != NULL ? sentence : reasons[reason].sentence);
  return self;
}

void
ismb_join_answer_free (IsmbJoinAnswer *self)
{
  g_list_free_full (self->registrars, g_object_unref);
  g_free (self->bundle);
  g_clear_pointer (&self->revocations, g_ptr_array_unref);
  g_free (self->sentence);
  g_free (self);
}

/* Reading */

/* A scope says nothing on another host. */
static gboolean
is_address (const char *text)
{
  return strlen (text) <= ADDRESS_MAX && strchr (text, '%') == NULL &&
         g_hostname_is_ip_address (text);
}

static char **
read_addresses (const IsmbNode *registrar)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const IsmbNode *node = ismb_node_find (registrar, "address", ISMB_NS_JOIN);

  for (guint n = 0; node != NULL && n < ISMB_JOIN_ADDRESSES_MAX; n++)
    {
      g_autofree char *address = ismb_node_dup_text (node);

      if (is_address (address))
        g_strv_builder_add (builder, address);
      node = ismb_node_find_next (node, "address", ISMB_NS_JOIN);
    }
  return g_strv_builder_end (builder);
}

/* NULL where it cannot be true. */
static IsmbPeer *
read_registrar (const IsmbNode *node)
{
  const char *domain = ismb_node_get (node, "domain"), *port = ismb_node_get (node, "port");
  g_auto (GStrv) addresses = read_addresses (node);
  guint64 number = 0;

  if (domain == NULL || !ismb_names_check_domain (domain, strlen (domain), NULL) || port == NULL ||
      !g_ascii_string_to_unsigned (port, 10, 1, G_MAXUINT16, &number, NULL) || addresses[0] == NULL)
    return NULL;
  return ismb_peer_new (domain, "", NULL, (const char *const *) addresses, (guint16) number,
                        ISMB_TRUST_PENDING, ISMB_LINK_STATE_IDLE, FALSE);
}

static IsmbJoinAnswer *
read_referral (const IsmbNode *refer)
{
  IsmbJoinAnswer *self = answer_new (ISMB_JOIN_REFERRED);
  const IsmbNode *node = ismb_node_find (refer, "registrar", ISMB_NS_JOIN);

  for (guint n = 0; node != NULL && n < ISMB_JOIN_REGISTRARS_MAX; n++)
    {
      IsmbPeer *registrar = read_registrar (node);

      if (registrar != NULL)
        self->registrars = g_list_append (self->registrars, registrar);
      node = ismb_node_find_next (node, "registrar", ISMB_NS_JOIN);
    }
  return self;
}

static IsmbJoinReason
find_reason (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_strcmp0 (word, reasons[i].word) == 0)
      return i;
  return ISMB_JOIN_INTERNAL;
}

static gboolean
is_plain (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return g_unichar_isdefined (c) && type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
         type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR &&
         type != G_UNICODE_PRIVATE_USE && type != G_UNICODE_SURROGATE;
}

/* It is shown on a terminal: nothing that moves the cursor or turns the writing round. NULL where
 * nothing is left. */
static char *
clean_sentence (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gsize length = g_utf8_next_char (at) - at;

      if (out->len + length > SENTENCE_MAX)
        break;
      if (is_plain (g_utf8_get_char (at)))
        g_string_append_len (out, at, length);
      else
        g_string_append_c (out, ' ');
    }
  g_strstrip (out->str);
  return out->str[0] != '\0' ? g_strdup (out->str) : NULL;
}

static IsmbJoinAnswer *
read_refusal (const IsmbNode *refused)
{
  g_autofree char *text = ismb_node_dup_text (refused);
  g_autofree char *sentence = clean_sentence (text);

  return ismb_join_answer_refuse (find_reason (ismb_node_get (refused, "reason")), sentence);
}

static IsmbJoinAnswer *
read_grant (const IsmbNode *joined, GError **error)
{
  g_autofree char *bundle = ismb_node_dup_child_text (joined, "bundle", ISMB_NS_JOIN);
  const IsmbNode *node = ismb_node_find (joined, "revocations", ISMB_NS_FABRIC);
  g_autoptr (GPtrArray) revocations = node != NULL ? ismb_bulletin_read (node) : NULL;

  if (bundle != NULL)
    return ismb_join_answer_grant (bundle, revocations);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                       "says that we have joined, and sends no certificate");
  return NULL;
}

IsmbJoinAnswer *
ismb_join_answer_parse (const IsmbFrame *frame, GError **error)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  const IsmbNode *root = ismb_tree_root (tree);

  if (ismb_node_is (root, "refer", ISMB_NS_JOIN))
    return read_referral (root);
  if (ismb_node_is (root, "joined", ISMB_NS_JOIN))
    return read_grant (root, error);
  if (ismb_node_is (root, "wait", ISMB_NS_JOIN))
    return ismb_join_answer_wait ();
  if (ismb_node_is (root, "refused", ISMB_NS_JOIN))
    return read_refusal (root);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                       "sends what is no answer to who wants to join");
  return NULL;
}

/* Writing */

static void
write_registrar (IsmbTree *tree, IsmbPeer *registrar)
{
  const char *const *addresses = ismb_peer_get_addresses (registrar);
  g_autofree char *port = g_strdup_printf ("%u", ismb_peer_get_port (registrar));
  IsmbNode *node = ismb_tree_add (tree, ismb_tree_root (tree), "registrar", ISMB_NS_JOIN);

  ismb_tree_set (tree, node, "domain", ismb_peer_get_domain (registrar));
  ismb_tree_set (tree, node, "port", port);
  for (guint n = 0; *addresses != NULL && n < ISMB_JOIN_ADDRESSES_MAX; addresses++)
    if (is_address (*addresses))
      {
        ismb_tree_add_leaf (tree, node, "address", ISMB_NS_JOIN, *addresses);
        n++;
      }
}

static IsmbTree *
write_referral (const IsmbJoinAnswer *self)
{
  IsmbTree *tree = ismb_tree_new ("refer", ISMB_NS_JOIN);
  guint n = 0;

  for (GList *each = self->registrars; each != NULL && n < ISMB_JOIN_REGISTRARS_MAX;
       each = each->next, n++)
    write_registrar (tree, each->data);
  return tree;
}

static IsmbTree *
write_grant (const IsmbJoinAnswer *self)
{
  IsmbTree *tree = ismb_tree_new ("joined", ISMB_NS_JOIN);

  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "bundle", ISMB_NS_JOIN, self->bundle);
  if (self->revocations != NULL && self->revocations->len > 0)
    ismb_bulletin_write (self->revocations, tree,
                         ismb_tree_add (tree, ismb_tree_root (tree), "revocations",
                                        ISMB_NS_FABRIC));
  return tree;
}

static IsmbTree *
write_refusal (const IsmbJoinAnswer *self)
{
  IsmbTree *tree = ismb_tree_new ("refused", ISMB_NS_JOIN);

  ismb_tree_set (tree, ismb_tree_root (tree), "reason", reasons[self->reason].word);
  ismb_tree_add_text (tree, ismb_tree_root (tree), self->sentence, -1);
  return tree;
}

static IsmbTree *
write_tree (const IsmbJoinAnswer *self)
{
  switch (self->verdict)
    {
    case ISMB_JOIN_REFERRED:
      return write_referral (self);
    case ISMB_JOIN_JOINED:
      return write_grant (self);
    case ISMB_JOIN_WAITS:
      return ismb_tree_new ("wait", ISMB_NS_JOIN);
    case ISMB_JOIN_REFUSED:
      return write_refusal (self);
    }
  g_assert_not_reached ();
}

IsmbFrame *
ismb_join_answer_to_frame (const IsmbJoinAnswer *self)
{
  g_autoptr (IsmbTree) tree = write_tree (self);

  return ismb_frame_new_from_tree (tree);
}

const char *
ismb_join_reason_to_string (IsmbJoinReason reason)
{
  return reasons[reason].word;
}

GError *
ismb_join_answer_to_error (const IsmbJoinAnswer *self)
{
  return g_error_new_literal (ISMB_ERROR, (int) reasons[self->reason].code, self->sentence);
}

gboolean
ismb_join_answer_is_final (const IsmbJoinAnswer *self)
{
  return self->verdict == ISMB_JOIN_JOINED ||
         (self->verdict == ISMB_JOIN_REFUSED && reasons[self->reason].final);
}
