/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-join-request.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define TOKEN_ID_DIGITS 16
#define PROOF_MAX 64 /* bytes */

IsmbJoinRequest *
ismb_join_request_new (const char *token_id, const char *proof, const char *request_pem)
{
  IsmbJoinRequest *self = g_new0 (IsmbJoinRequest, 1);

  self->token_id = g_strdup (token_id);
  self->proof = g_strdup (proof);
  self->request_pem = g_strdup (request_pem);
  return self;
}

void
ismb_join_request_free (IsmbJoinRequest *self)
{
  g_free (self->token_id);
  g_free (self->proof);
  g_free (self->request_pem);
  g_free (self);
}

static gboolean
bad (GError **error, const char *message)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, message);
  return FALSE;
}

static gboolean
is_token_id (const char *text)
{
  return strlen (text) == TOKEN_ID_DIGITS && strspn (text, "0123456789abcdef") == TOKEN_ID_DIGITS;
}

static gboolean
read_token (IsmbJoinRequest *self, const IsmbNode *join, GError **error)
{
  const char *token_id = ismb_node_get (join, "token"), *proof = ismb_node_get (join, "proof");

  if (token_id == NULL && proof == NULL)
    return TRUE;
  if (token_id == NULL || proof == NULL)
    return bad (error, "a token's id and its proof come together");
  if (!is_token_id (token_id))
    return bad (error, "the token's id is not 16 hex digits");
  if (strlen (proof) > PROOF_MAX)
    return bad (error, "the proof is too long");
  self->token_id = g_strdup (token_id);
  self->proof = g_strdup (proof);
  return TRUE;
}

/* Nothing but one <request/>, or nothing at all. */
static gboolean
read_request (IsmbJoinRequest *self, const IsmbNode *join, GError **error)
{
  const IsmbNode *request = ismb_node_find (join, NULL, NULL);

  if (request == NULL)
    return self->token_id == NULL || bad (error, "a token without a certificate request");
  if (!ismb_node_is (request, "request", ISMB_NS_JOIN) ||
      ismb_node_find_next (request, NULL, NULL) != NULL)
    return bad (error, "there is more in it than one certificate request");
  if (ismb_node_find (request, NULL, NULL) != NULL)
    return bad (error, "a certificate request is text");
  self->request_pem = ismb_node_dup_text (request);
  return self->request_pem[0] != '\0' || bad (error, "the certificate request is empty");
}

IsmbJoinRequest *
ismb_join_request_parse (const IsmbFrame *frame, GError **error)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  g_autoptr (IsmbJoinRequest) self = ismb_join_request_new (NULL, NULL, NULL);
  const IsmbNode *join = ismb_tree_root (tree);

  if (!read_token (self, join, error) || !read_request (self, join, error))
    return NULL;
  return g_steal_pointer (&self);
}

IsmbFrame *
ismb_join_request_to_frame (const IsmbJoinRequest *self)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("join", ISMB_NS_JOIN);
  IsmbNode *join = ismb_tree_root (tree);

  ismb_tree_set (tree, join, "token", self->token_id);
  ismb_tree_set (tree, join, "proof", self->proof);
  if (self->request_pem != NULL)
    ismb_tree_add_leaf (tree, join, "request", ISMB_NS_JOIN, self->request_pem);
  return ismb_frame_new_from_tree (tree);
}
