/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.auditor"

#include "config.h"
#include "switchctl/daemon/auditor.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-peer.h"

struct _SwitchAuditor
{
  GObject parent_instance;
  SwitchVr *vr;
  IsmbAudit *audit; /* stays when the virtual router goes down */
};

static void switch_auditor_witness_init (SwitchWitnessInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SwitchAuditor, switch_auditor, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SWITCH_TYPE_WITNESS,
                                                      switch_auditor_witness_init))

static void
switch_auditor_finalize (GObject *object)
{
  SwitchAuditor *self = SWITCH_AUDITOR (object);

  g_clear_object (&self->audit);
  g_clear_object (&self->vr);
  G_OBJECT_CLASS (switch_auditor_parent_class)->finalize (object);
}

static void
switch_auditor_class_init (SwitchAuditorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = switch_auditor_finalize;
}

static void
switch_auditor_init (SwitchAuditor *self)
{
}

/* A peer's id is proven while it is a member and its link is up: it showed the certificate there.
 */
static char *
proven_device (SwitchVr *vr, const char *domain)
{
  IsmbListener *listener = switch_vr_get_listener (vr);
  GList *peers = listener != NULL ? ismb_listener_list_peers (listener) : NULL;
  char *device = NULL;

  for (GList *each = peers; each != NULL && device == NULL; each = each->next)
    {
      IsmbPeer *peer = each->data;

      if (g_str_equal (ismb_peer_get_domain (peer), domain)
          && (ismb_peer_get_local (peer)
              || (ismb_peer_get_trust (peer) == ISMB_TRUST_MEMBER
                  && ismb_peer_get_link (peer) == ISMB_LINK_STATE_UP)))
        device = g_strdup (ismb_peer_get_id (peer));
    }
  g_list_free_full (peers, g_object_unref);
  return device;
}

static gint64
switch_auditor_decided (SwitchWitness *witness, const SwitchTestimony *testimony,
                        SwitchWitnessed done, gpointer user_data)
{
  SwitchAuditor *self = SWITCH_AUDITOR (witness);
  const char *domain = ismb_jid_get_domain (testimony->from);
  g_autofree char *device = proven_device (self->vr, domain);
  const IsmbAuditEntry entry = {
    .kind = testimony->kind,
    .who = ismb_jid_get_full (testimony->from),
    .role = testimony->role,
    .origin = domain,
    .device = device,
    .what = testimony->what,
    .size = testimony->size,
    .sha256 = testimony->sha256,
    .verdict = testimony->allowed ? "allowed" : "refused",
    .rule = testimony->rule,
  };

  return ismb_audit_append (self->audit, &entry, done, user_data);
}

static void
switch_auditor_ended (SwitchWitness *witness, gint64 record, const char *outcome)
{
  const IsmbAuditEntry entry = {
    .about = record,
    .kind = "outcome",
    .size = -1,
    .outcome = outcome,
  };

  ismb_audit_append (SWITCH_AUDITOR (witness)->audit, &entry, NULL, NULL);
}

static void
switch_auditor_witness_init (SwitchWitnessInterface *iface)
{
  iface->decided = switch_auditor_decided;
  iface->ended = switch_auditor_ended;
}

SwitchAuditor *
switch_auditor_new (SwitchVr *vr)
{
  SwitchAuditor *self = g_object_new (SWITCH_TYPE_AUDITOR, NULL);

  self->vr = g_object_ref (vr);
  self->audit = g_object_ref (switch_vr_get_audit (vr));
  return self;
}

/* The control bus lets nobody in of whom the kernel tells no user. */
static char *
name_caller (GDBusConnection *caller)
{
  GCredentials *credentials
    = caller != NULL ? g_dbus_connection_get_peer_credentials (caller) : NULL;
  uid_t uid = credentials != NULL ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;

  if (caller == NULL)
    return g_strdup ("switchctld");
  return g_strdup_printf ("uid:%" G_GINT64_FORMAT, uid != (uid_t) -1 ? (gint64) uid : -1);
}

void
switch_auditor_note (SwitchVr *vr, GDBusConnection *caller, const char *kind, const char *what,
                     const GError *error)
{
  g_autofree char *who = name_caller (caller);
  g_autofree char *device = proven_device (vr, switch_vr_get_domain (vr));
  gboolean refused = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
  const IsmbAuditEntry entry = {
    .kind = kind,
    .who = who,
    .role = "manager",
    .origin = switch_vr_get_domain (vr),
    .device = device,
    .what = what,
    .size = -1,
    .verdict = refused ? "refused" : "allowed",
    .rule = "built-in",
    .outcome = error != NULL ? error->message : "done",
  };

  if (switch_vr_get_audit (vr) != NULL)
    ismb_audit_append (switch_vr_get_audit (vr), &entry, NULL, NULL);
  else
    g_warning ("%s: %s %s stands in no audit table: the virtual router %s is down", who, kind, what,
               switch_vr_get_name (vr));
}
