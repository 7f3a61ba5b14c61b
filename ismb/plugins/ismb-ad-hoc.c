/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.ad-hoc"

#include "config.h"
#include "ismb/plugins/ismb-ad-hoc.h"

#include "ismb/client/ismb-authorize.h"
#include "ismb/client/ismb-client-parts.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-answer.h"
#include "ismb/plugins/ismb-command-sessions.h"
#include "ismb/plugins/ismb-disco.h"

#define TASK "xep_0050 expiry"

/**
 * IsmbAdHoc:
 *
 * Ad-Hoc Commands (XEP-0050), `xep_0050`: commands that others find and run with whatever client
 * they have, step by step, in forms; and those of others.
 *
 * ```c
 * static gboolean
 * blink (IsmbCommandSession *session, gpointer data, GError **error)
 * {
 *   g_autofree char *port = ismb_form_get_value (ismb_command_session_get_answer (session), "port");
 *
 *   lights_blink (data, port);
 *   ismb_command_session_add_note (session, "info", "It blinks.");
 *   return TRUE;
 * }
 *
 * static gboolean
 * ask_which (IsmbCommandSession *session, gpointer data, GError **error)
 * {
 *   ismb_command_session_set_form (session, port_form);
 *   ismb_command_session_set_next (session, blink, data, NULL);
 *   return TRUE;
 * }
 *
 * ismb_ad_hoc_add_command (ad_hoc, "blink", "Blink a light", ask_which, lights, NULL);
 * ```
 *
 * and whoever runs it:
 *
 * ```c
 * ismb_ad_hoc_start_async (ad_hoc, jid, "blink", NULL, on_started, NULL);
 * ```
 *
 * Who may run them, and is told of them, says [property@Ismb.AdHoc:access]: unlike in SleekXMPP not
 * everybody, but the members of the fabric and the client's own account. A run in which nothing is
 * done for long expires, and there are 128 at a time at most, and 16 of one account.
 *
 * Each order of somebody who may give it is also the event `command_execute`, `command_next`,
 * `command_prev`, `command_complete` or `command_cancel`, with the [class@Ismb.Iq], whose payload is
 * an [class@Ismb.Command].
 */
typedef struct
{
  char *name;
  IsmbCommandFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Offer;

struct _IsmbAdHoc
{
  IsmbPlugin parent_instance;
  GHashTable *offers; /* by node */
  IsmbCommandSessions *sessions;
  IsmbAuthorize access;
  guint session_timeout; /* seconds */
  IsmbCommandAccessFunc access_func;
  gpointer access_data;
  GDestroyNotify access_destroy;
  gulong info_handler, items_handler;
};

G_DEFINE_FINAL_TYPE (IsmbAdHoc, ismb_ad_hoc, ISMB_TYPE_PLUGIN)

enum
{
  PROP_ACCESS = 1,
  PROP_SESSION_TIMEOUT,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

/* A run may still be in the function of a command that is taken back. */
static void
offer_clear (gpointer data)
{
  Offer *offer = data;

  if (offer->destroy != NULL)
    offer->destroy (offer->data);
  g_free (offer->name);
}

static void
offer_unref (gpointer data)
{
  g_rc_box_release_full (data, offer_clear);
}

static void
ismb_ad_hoc_dispose (GObject *object)
{
  IsmbAdHoc *self = ISMB_AD_HOC (object);

  g_hash_table_remove_all (self->offers);
  ismb_ad_hoc_set_access_func (self, NULL, NULL, NULL);
  G_OBJECT_CLASS (ismb_ad_hoc_parent_class)->dispose (object);
}

static void
ismb_ad_hoc_finalize (GObject *object)
{
  IsmbAdHoc *self = ISMB_AD_HOC (object);

  ismb_command_sessions_free (self->sessions);
  g_hash_table_unref (self->offers);
  G_OBJECT_CLASS (ismb_ad_hoc_parent_class)->finalize (object);
}

static IsmbClient *
get_client (IsmbAdHoc *self)
{
  return ismb_plugin_get_client (ISMB_PLUGIN (self));
}

static IsmbDisco *
get_disco (IsmbAdHoc *self)
{
  return ISMB_DISCO (ismb_client_get_plugin (get_client (self), "xep_0030"));
}

/* Who may */

static gboolean
is_member (IsmbAdHoc *self, IsmbJid *from)
{
  IsmbJid *own = ismb_client_get_bound_jid (get_client (self));

  return (own != NULL && g_str_equal (ismb_jid_get_bare (own), ismb_jid_get_bare (from)))
         || _ismb_client_is_member (get_client (self), from);
}

static gboolean
may_run (IsmbAdHoc *self, IsmbJid *from, const char *node)
{
  if (from == NULL)
    return FALSE;
  if (self->access_func != NULL)
    return self->access_func (self, from, node, self->access_data);
  return self->access == ISMB_AUTHORIZE_EVERYBODY
         || (self->access == ISMB_AUTHORIZE_MEMBERS && is_member (self, from));
}

/* What is told of them (XEP-0050, 2) */

static gboolean
describe_list (IsmbDiscoInfo *info)
{
  ismb_disco_info_add_identity (info, "automation", "command-list", "Commands", NULL);
  ismb_disco_info_add_feature (info, ISMB_NS_COMMANDS);
  return TRUE;
}

static gboolean
on_info_requested (IsmbDisco *disco, const char *node, IsmbIq *request, IsmbDiscoInfo *info,
                   gpointer user_data)
{
  IsmbAdHoc *self = user_data;
  Offer *offer;

  if (g_strcmp0 (node, ISMB_NS_COMMANDS) == 0)
    return describe_list (info);
  offer = node != NULL ? g_hash_table_lookup (self->offers, node) : NULL;
  if (offer == NULL || !may_run (self, ismb_stanza_get_from_jid (ISMB_STANZA (request)), node))
    return FALSE;
  ismb_disco_info_add_identity (info, "automation", "command-node", offer->name, NULL);
  ismb_disco_info_add_feature (info, ISMB_NS_COMMANDS);
  ismb_disco_info_add_feature (info, ISMB_NS_DATA);
  return TRUE;
}

static gboolean
on_items_requested (IsmbDisco *disco, const char *node, IsmbIq *request, IsmbDiscoItems *items,
                    gpointer user_data)
{
  IsmbAdHoc *self = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (request));
  IsmbJid *own = ismb_client_get_bound_jid (get_client (self));
  g_autoptr (GList) nodes = NULL;

  if (g_strcmp0 (node, ISMB_NS_COMMANDS) != 0 || own == NULL)
    return FALSE;
  nodes = g_list_sort (g_hash_table_get_keys (self->offers), (GCompareFunc) g_strcmp0);
  for (GList *at = nodes; at != NULL; at = at->next)
    if (may_run (self, from, at->data))
      {
        Offer *offer = g_hash_table_lookup (self->offers, at->data);

        ismb_disco_items_add_item (items, own, at->data, offer->name);
      }
  return TRUE;
}

/* Running them */

static void watch (IsmbAdHoc *self);

static void
expire (IsmbClient *client, gpointer user_data)
{
  IsmbAdHoc *self = user_data;

  ismb_command_sessions_expire (self->sessions, self->session_timeout * G_USEC_PER_SEC);
  if (ismb_command_sessions_is_empty (self->sessions))
    watch (self);
}

/* Nothing wakes up where nothing runs. */
static void
watch (IsmbAdHoc *self)
{
  IsmbClient *client = get_client (self);

  if (client == NULL)
    return;
  ismb_client_unschedule (client, TASK);
  if (!ismb_command_sessions_is_empty (self->sessions))
    ismb_client_schedule (client, TASK, self->session_timeout * 250, TRUE, expire, self, NULL,
                          NULL);
}

static void
on_answer (gpointer owner, IsmbStanza *request, IsmbElement *command)
{
  IsmbAdHoc *self = owner;
  g_autoptr (IsmbPayload) payload = g_object_new (ISMB_TYPE_COMMAND, "element", command, NULL);
  g_autoptr (GError) error = NULL;

  if (get_client (self) != NULL
      && !ismb_answer_send (get_client (self), request, payload, &error))
    g_info ("a command is not answered: %s", error != NULL ? error->message : "nobody asked");
}

static void
on_fail (gpointer owner, IsmbStanza *request, const GError *error, const char *condition)
{
  IsmbAdHoc *self = owner;

  if (get_client (self) != NULL)
    ismb_answer_fail (get_client (self), request, error, condition, ISMB_NS_COMMANDS);
}

static void
on_over (gpointer owner, IsmbCommandSession *session)
{
  IsmbAdHoc *self = owner;

  ismb_command_sessions_remove (self->sessions, session);
  if (ismb_command_sessions_is_empty (self->sessions))
    watch (self);
}

static void
refuse (IsmbAdHoc *self, IsmbIq *request, int code, const char *condition, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (ISMB_STANZA_ERROR, code, text);

  on_fail (self, ISMB_STANZA (request), error, condition);
}

static void
begin (IsmbAdHoc *self, IsmbIq *request, const char *node)
{
  static const IsmbCommandSessionCallbacks callbacks = { on_answer, on_fail, on_over };
  gboolean first = ismb_command_sessions_is_empty (self->sessions);
  Offer *offer = g_hash_table_lookup (self->offers, node);
  g_autoptr (IsmbCommandSession) session = NULL;

  if (offer == NULL)
    {
      refuse (self, request, ISMB_STANZA_ERROR_ITEM_NOT_FOUND, NULL, "there is no such command");
      return;
    }
  session = _ismb_command_session_new (self, &callbacks, node,
                                       ismb_stanza_get_from_jid (ISMB_STANZA (request)));
  if (!ismb_command_sessions_add (self->sessions, session))
    {
      _ismb_command_session_let_go (session);
      refuse (self, request, ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT, NULL,
              "too many commands are being run");
      return;
    }
  if (first)
    watch (self);
  g_rc_box_acquire (offer);
  _ismb_command_session_begin (session, request, offer->func, offer->data);
  offer_unref (offer);
}

static void
go_on (IsmbAdHoc *self, IsmbIq *request, IsmbCommand *command)
{
  const char *id = ismb_command_get_session_id (command);
  IsmbCommandSession *session =
      ismb_command_sessions_find (self->sessions, id, ismb_stanza_get_from_jid (ISMB_STANZA (request)),
                                  ismb_command_get_node (command));

  if (session == NULL && ismb_command_sessions_expired (self->sessions, id))
    refuse (self, request, ISMB_STANZA_ERROR_NOT_ALLOWED, "session-expired",
            "nothing was done in it for too long");
  else if (session == NULL)
    refuse (self, request, ISMB_STANZA_ERROR_BAD_REQUEST, "bad-sessionid",
            "it is not known, or not yours");
  else if (_ismb_command_session_is_busy (session)
           && !g_str_equal (ismb_command_get_action (command), "cancel"))
    refuse (self, request, ISMB_STANZA_ERROR_UNEXPECTED_REQUEST, NULL,
            "the step before is not done yet");
  else
    _ismb_command_session_take (session, request, command);
}

/* A copy: what its handlers make of it is no matter of the run. */
static void
tell (IsmbClient *client, IsmbIq *request, const char *action)
{
  g_autofree char *event = g_strconcat ("command_", action, NULL);
  g_autoptr (IsmbStanza) copy = NULL;

  if (!_ismb_client_is_heard (client, event))
    return;
  copy = ismb_stanza_copy (ISMB_STANZA (request));
  ismb_client_emit_event (client, event, G_OBJECT (copy));
}

static gboolean
is_action (const char *action)
{
  static const char *const actions[] = { "execute", "next", "prev", "complete", "cancel", NULL };

  return g_strv_contains (actions, action);
}

static void
take (IsmbAdHoc *self, IsmbIq *request, IsmbCommand *command)
{
  const char *node = ismb_command_get_node (command);
  const char *id = ismb_command_get_session_id (command);
  const char *action = ismb_command_get_action (command);

  if (node == NULL || !is_action (action))
    refuse (self, request, ISMB_STANZA_ERROR_BAD_REQUEST, "malformed-action",
            node == NULL ? "it names no command" : "there is no such action");
  else if (!may_run (self, ismb_stanza_get_from_jid (ISMB_STANZA (request)), node))
    refuse (self, request, ISMB_STANZA_ERROR_FORBIDDEN, NULL, "you may not run that command");
  else if (id == NULL && !g_str_equal (action, "execute"))
    refuse (self, request, ISMB_STANZA_ERROR_BAD_REQUEST, "bad-sessionid", "it names no session");
  else
    {
      tell (get_client (self), request, action);
      if (get_client (self) != NULL && id == NULL)
        begin (self, request, node);
      else if (get_client (self) != NULL)
        go_on (self, request, command);
    }
}

static gboolean
on_command (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autoptr (IsmbAdHoc) self = g_object_ref (user_data);
  g_autoptr (IsmbPayload) command = ismb_stanza_get_payload (stanza, ISMB_TYPE_COMMAND);

  take (self, ISMB_IQ (stanza), ISMB_COMMAND (command));
  return TRUE;
}

static void
ismb_ad_hoc_enabled (IsmbPlugin *plugin)
{
  IsmbAdHoc *self = ISMB_AD_HOC (plugin);
  g_autoptr (IsmbMatcher) matcher =
      ismb_matcher_new_path ("iq@type=set/{" ISMB_NS_COMMANDS "}command", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_command, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_COMMANDS);
  self->info_handler = g_signal_connect (get_disco (self), "info-requested",
                                         G_CALLBACK (on_info_requested), self);
  self->items_handler = g_signal_connect (get_disco (self), "items-requested",
                                          G_CALLBACK (on_items_requested), self);
}

static void
ismb_ad_hoc_disabled (IsmbPlugin *plugin)
{
  IsmbAdHoc *self = ISMB_AD_HOC (plugin);

  g_signal_handler_disconnect (get_disco (self), self->info_handler);
  g_signal_handler_disconnect (get_disco (self), self->items_handler);
  ismb_client_unschedule (get_client (self), TASK);
  ismb_command_sessions_drop (self->sessions, NULL);
}

static void
ismb_ad_hoc_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbAdHoc *self = ISMB_AD_HOC (object);

  switch (id)
    {
    case PROP_ACCESS: g_value_set_enum (value, self->access); break;
    case PROP_SESSION_TIMEOUT: g_value_set_uint (value, self->session_timeout); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_ad_hoc_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbAdHoc *self = ISMB_AD_HOC (object);

  switch (id)
    {
    case PROP_ACCESS: self->access = g_value_get_enum (value); break;
    case PROP_SESSION_TIMEOUT:
      self->session_timeout = g_value_get_uint (value);
      watch (self);
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_ad_hoc_class_init (IsmbAdHocClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = ismb_ad_hoc_dispose;
  object_class->finalize = ismb_ad_hoc_finalize;
  object_class->get_property = ismb_ad_hoc_get_property;
  object_class->set_property = ismb_ad_hoc_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_ad_hoc_enabled;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_ad_hoc_disabled;
  ismb_payload_register (ISMB_TYPE_COMMAND, "command");

  /**
   * IsmbAdHoc:access:
   *
   * Who may run the client's commands: %ISMB_AUTHORIZE_MEMBERS, who are those of this switch and of
   * members of its fabric, not of a fabric with open trust, and the client's own account;
   * %ISMB_AUTHORIZE_EVERYBODY, as in SleekXMPP; or nobody. A function
   * ([method@Ismb.AdHoc.set_access_func]) is asked in its place.
   */
  properties[PROP_ACCESS] = g_param_spec_enum ("access", NULL, NULL, ISMB_TYPE_AUTHORIZE,
                                               ISMB_AUTHORIZE_MEMBERS, flags);
  /**
   * IsmbAdHoc:session-timeout:
   *
   * After how long a run expires in which nothing is done, in seconds.
   */
  properties[PROP_SESSION_TIMEOUT] =
      g_param_spec_uint ("session-timeout", NULL, NULL, 1, 24 * 3600, 600, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_ad_hoc_init (IsmbAdHoc *self)
{
  self->offers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, offer_unref);
  self->sessions = ismb_command_sessions_new ();
  self->access = ISMB_AUTHORIZE_MEMBERS;
  self->session_timeout = 600;
}

/**
 * ismb_ad_hoc_add_command:
 * @self: the plugin
 * @node: by which the command is run; one of that node is replaced
 * @name: what a person reads
 * @callback: (scope notified) (closure user_data) (destroy destroy): does the first step
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Offers a command. SleekXMPP's `add_command`.
 */
void
ismb_ad_hoc_add_command (IsmbAdHoc *self, const char *node, const char *name,
                         IsmbCommandFunc callback, gpointer user_data, GDestroyNotify destroy)
{
  Offer *offer;

  g_return_if_fail (ISMB_IS_AD_HOC (self) && node != NULL && name != NULL && callback != NULL);
  offer = g_rc_box_new0 (Offer);
  offer->name = g_strdup (name);
  offer->func = callback;
  offer->data = user_data;
  offer->destroy = destroy;
  g_hash_table_replace (self->offers, g_strdup (node), offer);
}

/**
 * ismb_ad_hoc_remove_command:
 * @self: the plugin
 * @node: the command's node
 *
 * Offers a command no more. Its runs are over.
 *
 * Returns: whether it was offered
 */
gboolean
ismb_ad_hoc_remove_command (IsmbAdHoc *self, const char *node)
{
  g_return_val_if_fail (ISMB_IS_AD_HOC (self) && node != NULL, FALSE);
  ismb_command_sessions_drop (self->sessions, node);
  return g_hash_table_remove (self->offers, node);
}

/**
 * ismb_ad_hoc_set_access_func:
 * @self: the plugin
 * @callback: (nullable) (scope notified) (closure user_data) (destroy destroy): says who may run
 *   which command; %NULL to leave it to [property@Ismb.AdHoc:access]
 * @user_data: for @callback
 * @destroy: (nullable): frees @user_data
 *
 * Has a function decide who may run the client's commands. It is asked before each step, and before
 * somebody is told of them.
 */
void
ismb_ad_hoc_set_access_func (IsmbAdHoc *self, IsmbCommandAccessFunc callback, gpointer user_data,
                             GDestroyNotify destroy)
{
  GDestroyNotify old_destroy;
  gpointer old_data;

  g_return_if_fail (ISMB_IS_AD_HOC (self));
  old_destroy = self->access_destroy;
  old_data = self->access_data;
  self->access_func = callback;
  self->access_data = user_data;
  self->access_destroy = destroy;
  if (old_destroy != NULL)
    old_destroy (old_data);
}
