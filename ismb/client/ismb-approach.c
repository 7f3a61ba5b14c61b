/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-approach.h"

#include <string.h>

#include "ismb/client/ismb-targets.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"

/* What is under way holds it too, and finds it without callbacks when its owner let it go. */
struct _IsmbApproach
{
  IsmbHome *home;
  const IsmbConnectionConfig *config;
  char *via;
  IsmbApproachCallbacks callbacks;
  gpointer user_data;
  GCancellable *cancellable;
  gboolean given_up;
};

static void
clear (gpointer data)
{
  IsmbApproach *self = data;

  g_object_unref (self->cancellable);
  g_free (self->via);
}

static void
release (IsmbApproach *self)
{
  g_rc_box_release_full (self, clear);
}

typedef IsmbApproach IsmbApproachHold;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbApproachHold, release)

static void
end (IsmbApproach *self, GIOStream *stream, const IsmbDialOutcome *outcome, const GError *error)
{
  static const IsmbDialOutcome none = { FALSE };

  if (!self->given_up)
    self->callbacks.done (stream, outcome != NULL ? outcome : &none, error, self->user_data);
}

/* libstrophe 0.12 writes the name into SCRAM unescaped (RFC 5802, 5.1). */
static IsmbJid *
parse_account (const char *text, GError **error)
{
  g_autoptr (IsmbJid) jid = ismb_jid_new (text, error);
  const char *local = jid != NULL ? ismb_jid_get_local (jid) : NULL;

  if (jid == NULL)
    return NULL;
  if (local == NULL || strpbrk (local, ",=") != NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
                   "cannot sign in as %s: the name is missing, or has a comma or an equals sign",
                   text);
      return NULL;
    }
  return g_steal_pointer (&jid);
}

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (IsmbApproachHold) self = user_data;
  IsmbDialOutcome outcome;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = ismb_dial_finish (result, &outcome, &error);
  g_autoptr (GTlsCertificate) certificate G_GNUC_UNUSED = outcome.certificate;

  end (self, stream, &outcome, error);
}

static gboolean
take_via (IsmbApproach *self, IsmbDialPlan *plan, GSocketConnectable **address)
{
  guint16 usual = plan->direct ? ISMB_TARGET_DIRECT_PORT : ISMB_TARGET_PORT;

  *address = self->via != NULL ? g_network_address_parse (self->via, usual, NULL) : NULL;
  if (*address == NULL)
    return FALSE;
  plan->host = g_network_address_get_hostname (G_NETWORK_ADDRESS (*address));
  plan->port = g_network_address_get_port (G_NETWORK_ADDRESS (*address));
  return TRUE;
}

static void
dial (IsmbApproach *self, const char *account)
{
  const IsmbConnectionConfig *config = self->config;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJid) jid = parse_account (account, &error);
  g_autoptr (GSocketConnectable) address = NULL;
  IsmbDialPlan plan = { NULL };

  if (jid == NULL)
    {
      end (self, NULL, NULL, error);
      return;
    }
  plan.unix_path = config->server_jid == NULL ? ismb_home_get_c2s_path (self->home) : NULL;
  plan.domain = ismb_jid_get_domain (jid);
  plan.ca_file = config->ca_file;
  plan.clear = !config->require_tls;
  plan.direct = config->direct_tls;
  plan.deadline = config->connect_timeout;
  if (!take_via (self, &plan, &address))
    {
      plan.host = config->server_host;
      plan.port = config->server_port;
    }
  ismb_dial_async (&plan, self->cancellable, on_dialled, g_rc_box_acquire (self));
}

static void
proceed (IsmbApproach *self, const char *account)
{
  g_autofree char *name = g_strdup (account);

  if (!self->given_up)
    self->callbacks.account (name, self->user_data);
  if (!self->given_up)
    dial (self, name);
}

static void
on_home (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (IsmbApproachHold) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ismb_home_enter_finish (source, result, &error))
    end (self, NULL, NULL, error);
  else if (!self->given_up)
    proceed (self, ismb_home_get_account (self->home));
}

static gboolean
begin (gpointer user_data)
{
  IsmbApproach *self = user_data;

  proceed (self, self->config->server_jid);
  return G_SOURCE_REMOVE;
}

/* Never calls back from inside: the owner has yet to note what it has got. */
static void
begin_soon (IsmbApproach *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, begin, g_rc_box_acquire (self), (GDestroyNotify) release);
  g_source_attach (source, context);
}

IsmbApproach *
ismb_approach_new (GObject *owner, IsmbHome *home, const IsmbConnectionConfig *config,
                   const char *via, const IsmbApproachCallbacks *callbacks, gpointer user_data)
{
  IsmbApproach *self = g_rc_box_new0 (IsmbApproach);

  self->home = home;
  self->config = config;
  self->via = g_strdup (via);
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  if (config->server_jid != NULL)
    begin_soon (self);
  else
    ismb_home_enter_async (home, owner, config->runtime_dir, config->vr, config->name,
                           config->password, self->cancellable, on_home, g_rc_box_acquire (self));
  return self;
}

void
ismb_approach_free (IsmbApproach *self)
{
  self->given_up = TRUE;
  g_cancellable_cancel (self->cancellable);
  release (self);
}
