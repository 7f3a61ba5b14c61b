/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.fabric"

#include "config.h"
#include "ismb/listener/ismb-renewal-desk.h"

#include <string.h>

#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"

#define PEM_MAX 65536   /* bytes of a chain or a request */
#define SENTENCE_MAX 300
#define RENEWAL_PAUSE G_USEC_PER_SEC /* between two of one member */

struct _IsmbRenewalDesk
{
  IsmbFabric *fabric;
  IsmbPeers *peers;
  char *vr;
  GHashTable *served; /* domain, owned, to when its last renewal was, monotonic, owned */
};

IsmbRenewalDesk *
ismb_renewal_desk_new (IsmbFabric *fabric, IsmbPeers *peers, const char *vr)
{
  IsmbRenewalDesk *self = g_new0 (IsmbRenewalDesk, 1);

  self->fabric = g_object_ref (fabric);
  self->peers = peers;
  self->vr = g_strdup (vr);
  self->served = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
ismb_renewal_desk_free (IsmbRenewalDesk *self)
{
  g_object_unref (self->fabric);
  g_free (self->vr);
  g_hash_table_unref (self->served);
  g_free (self);
}

static void
report (IsmbRenewalDesk *self, const char *domain, gboolean allowed, const char *outcome)
{
  const IsmbReport line = {
    .what = "renew",
    .who = domain,
    .device = ismb_peers_get_proof (self->peers, domain)->names->device_id,
    .allowed = allowed,
    .rule = "certificate",
    .outcome = outcome,
  };

  ismb_link_context_report (ismb_peers_get_context (self->peers), &line);
}

const char *
ismb_renewal_desk_believe (IsmbRenewalDesk *self, const char *domain, const IsmbNode *certificate)
{
  g_autofree char *pem = ismb_node_dup_text (certificate);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) proof = NULL;

  if (strlen (pem) > PEM_MAX)
    return "bad-request";
  proof = ismb_fabric_verify_renewed (self->fabric, pem, ismb_peers_get_proof (self->peers, domain),
                                      self->vr, &error);
  if (proof == NULL)
    {
      ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, domain, "certificate",
                         "the new certificate of %s is not believed: %s", domain, error->message);
      report (self, domain, FALSE, error->message);
      return "not-authorized";
    }
  ismb_peers_renew (self->peers, domain, proof);
  return NULL;
}

static char *
shorten (const char *sentence)
{
  return g_utf8_substring (sentence, 0, MIN (g_utf8_strlen (sentence, -1), SENTENCE_MAX));
}

/* Each costs a signature and a write to the disk, and nobody has use for more. */
static gboolean
was_just_served (IsmbRenewalDesk *self, const char *domain)
{
  const gint64 *last = g_hash_table_lookup (self->served, domain);

  return last != NULL && g_get_monotonic_time () - *last < RENEWAL_PAUSE;
}

static void
note_served (IsmbRenewalDesk *self, const char *domain)
{
  gint64 now = g_get_monotonic_time ();

  g_hash_table_insert (self->served, g_strdup (domain), g_memdup2 (&now, sizeof now));
}

static const char *
refuse (IsmbRenewalDesk *self, const char *domain, const GError *error, char **text)
{
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, domain, "renew",
                     "%s gets no new certificate: %s", domain, error->message);
  report (self, domain, FALSE, error->message);
  *text = shorten (error->message);
  return "not-authorized";
}

const char *
ismb_renewal_desk_serve (IsmbRenewalDesk *self, const char *domain, const IsmbNode *renew,
                         IsmbTree *reply, char **text)
{
  IsmbAuthority *authority = ismb_fabric_get_authority (self->fabric);
  g_autofree char *request = ismb_node_dup_child_text (renew, "request", ISMB_NS_FABRIC);
  const IsmbProof *proof = ismb_peers_get_proof (self->peers, domain);
  g_autoptr (GError) error = NULL;
  g_autofree char *bundle = NULL;
  IsmbNode *node;

  if (authority == NULL)
    return "item-not-found";
  if (request == NULL || strlen (request) > PEM_MAX)
    return "bad-request";
  if (was_just_served (self, domain))
    {
      *text = g_strdup ("a member gets one certificate a second at most");
      return "resource-constraint";
    }
  bundle = ismb_authority_renew (authority, request, proof, &error);
  if (bundle == NULL)
    return refuse (self, domain, error, text);
  note_served (self, domain);
  g_info ("%s has a new certificate", domain);
  report (self, domain, TRUE, "has a new certificate");
  node = ismb_tree_add (reply, ismb_tree_root (reply), "renew", ISMB_NS_FABRIC);
  ismb_tree_add_leaf (reply, node, "bundle", ISMB_NS_FABRIC, bundle);
  return NULL;
}
