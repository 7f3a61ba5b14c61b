/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-answer.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

gboolean
ismb_answer_send (IsmbClient *client, IsmbStanza *request, IsmbPayload *payload, GError **error)
{
  if (ismb_iq_reply (ISMB_IQ (request)) == NULL)
    return FALSE;
  if (payload != NULL)
    ismb_stanza_add_payload (request, payload);
  return ismb_client_send (client, request, error);
}

void
ismb_answer_fail (IsmbClient *client, IsmbStanza *request, const GError *error,
                  const char *own_condition, const char *ns)
{
  gboolean known = error->domain == ISMB_STANZA_ERROR;
  IsmbIq *reply = ismb_iq_reply_error (
      ISMB_IQ (request),
      known ? ismb_stanza_error_to_condition (error->code) : "undefined-condition",
      known ? error->message : NULL);
  IsmbTree *tree = reply != NULL ? _ismb_stanza_get_tree (ISMB_STANZA (reply)) : NULL;

  if (reply == NULL)
    return;
  if (own_condition != NULL)
    ismb_tree_add (tree, ismb_node_find (ismb_tree_root (tree), "error", ISMB_NS_CLIENT),
                   own_condition, ns);
  ismb_client_send (client, ISMB_STANZA (reply), NULL);
}
