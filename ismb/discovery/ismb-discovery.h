/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One way of hearing of other switches in one virtual router. What it says is where to try, never
 * who is there or alive. A candidate is bounded: at most 4,096 domains, 8 addresses each. */
#define ISMB_TYPE_DISCOVERY (ismb_discovery_get_type ())
G_DECLARE_INTERFACE (IsmbDiscovery, ismb_discovery, ISMB, DISCOVERY, GObject)

typedef struct
{
  const char *domain;             /* prepared, the instance name */
  /* numeric, NULL-terminated; IPv6 link-local with %interface; IPv4 first */
  const char *const *addresses;
  guint16 port;
  const char *vr, *id, *fabric;   /* of the TXT record, as heard; "" where absent or malformed */
} IsmbCandidate;

/* A copy owns its strings; only copies are freed. */
IsmbCandidate *ismb_candidate_copy  (const IsmbCandidate *candidate);
void           ismb_candidate_free  (IsmbCandidate *copy);
gboolean       ismb_candidate_equal (const IsmbCandidate *a, const IsmbCandidate *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbCandidate, ismb_candidate_free)

/* Signals, in the default main context:
 *   "found"   (gpointer IsmbCandidate)  new
 *   "changed" (gpointer IsmbCandidate)  addresses, port or TXT changed
 *   "lost"    (const char *domain)      goodbye, expiry, or our link went down; no word
 *                                       about liveness */
struct _IsmbDiscoveryInterface
{
  GTypeInterface parent;
  gboolean (*start) (IsmbDiscovery *self, GError **error);
  void     (*stop)  (IsmbDiscovery *self);
};

gboolean ismb_discovery_start (IsmbDiscovery *self, GError **error);
void     ismb_discovery_stop  (IsmbDiscovery *self);   /* says goodbye */
void     ismb_discovery_emit_found   (IsmbDiscovery *self, const IsmbCandidate *candidate);
void     ismb_discovery_emit_changed (IsmbDiscovery *self, const IsmbCandidate *candidate);
void     ismb_discovery_emit_lost    (IsmbDiscovery *self, const char *domain);

/* Runs `func` with the thread inside the virtual router's namespace (layers: discovery does not
 * know net). */
typedef gboolean (*IsmbRunInside) (void (*func) (gpointer data), gpointer data, gpointer place,
                                   GError **error);

G_END_DECLS
