/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.discovery"

#include "config.h"
#include "ismb/discovery/ismb-discovery.h"

G_DEFINE_INTERFACE (IsmbDiscovery, ismb_discovery, G_TYPE_OBJECT)

enum
{
  FOUND,
  CHANGED,
  LOST,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
ismb_discovery_default_init (IsmbDiscoveryInterface *iface)
{
  GType type = G_TYPE_FROM_INTERFACE (iface);

  signals[FOUND] = g_signal_new ("found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_POINTER);
  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);
}

IsmbCandidate *
ismb_candidate_copy (const IsmbCandidate *candidate)
{
  IsmbCandidate *copy = g_new0 (IsmbCandidate, 1);

  copy->domain = g_strdup (candidate->domain);
  copy->addresses = (const char *const *) g_strdupv ((char **) candidate->addresses);
  copy->port = candidate->port;
  copy->vr = g_strdup (candidate->vr);
  copy->id = g_strdup (candidate->id);
  copy->fabric = g_strdup (candidate->fabric);
  return copy;
}

void
ismb_candidate_free (IsmbCandidate *copy)
{
  if (copy == NULL)
    return;
  g_free ((char *) copy->domain);
  g_strfreev ((char **) copy->addresses);
  g_free ((char *) copy->vr);
  g_free ((char *) copy->id);
  g_free ((char *) copy->fabric);
  g_free (copy);
}

gboolean
ismb_candidate_equal (const IsmbCandidate *a, const IsmbCandidate *b)
{
  return g_str_equal (a->domain, b->domain) && a->port == b->port && g_str_equal (a->vr, b->vr)
         && g_str_equal (a->id, b->id) && g_str_equal (a->fabric, b->fabric)
         && g_strv_equal (a->addresses, b->addresses);
}

gboolean
ismb_discovery_start (IsmbDiscovery *self, GError **error)
{
  return ISMB_DISCOVERY_GET_IFACE (self)->start (self, error);
}

void
ismb_discovery_stop (IsmbDiscovery *self)
{
  ISMB_DISCOVERY_GET_IFACE (self)->stop (self);
}

void
ismb_discovery_emit_found (IsmbDiscovery *self, const IsmbCandidate *candidate)
{
  g_signal_emit (self, signals[FOUND], 0, candidate);
}

void
ismb_discovery_emit_changed (IsmbDiscovery *self, const IsmbCandidate *candidate)
{
  g_signal_emit (self, signals[CHANGED], 0, candidate);
}

void
ismb_discovery_emit_lost (IsmbDiscovery *self, const char *domain)
{
  g_signal_emit (self, signals[LOST], 0, domain);
}
