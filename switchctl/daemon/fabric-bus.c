/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.fabric-bus"

#include "config.h"
#include "switchctl/daemon/fabric-bus.h"

#include "ismb/core/ismb-error.h"
#include "switchctl/daemon/census.h"
#include "switchctl/daemon/fabric-call.h"
#include "switchctl/daemon/registrar-bus.h"

#define JOIN_SECONDS 30
#define WAIT_MAX 3600 /* seconds a call may take */

/* A call that is answered later. */
typedef struct
{
  SwitchManager *manager;
  IsmbDBusFabric1 *object;
  GDBusMethodInvocation *invocation; /* the answer takes it */
  char *what;                        /* for the audit table */
} Call;

static Call *
call_new (SwitchManager *manager, IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation,
          char *what)
{
  Call *call = g_new0 (Call, 1);

  call->manager = g_object_ref (manager);
  call->object = g_object_ref (object);
  call->invocation = invocation;
  call->what = what;
  return call;
}

static void
call_free (Call *call)
{
  g_object_unref (call->manager);
  g_object_unref (call->object);
  g_free (call->what);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

/* --- by hand --- */

static gboolean
on_init (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *name,
         SwitchManager *manager)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  g_autofree char *what = g_strconcat ("init ", name, NULL);
  g_autoptr (GError) error = NULL;

  ismb_fabric_establish (fabric, name, &error);
  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_init (object, invocation, ismb_fabric_get_id (fabric));
  return TRUE;
}

static gboolean
on_request (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, SwitchManager *manager)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (switch_manager_get_fabric (manager), &error);

  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_request (object, invocation, request);
  return TRUE;
}

static void
note_signed (SwitchManager *manager, GDBusMethodInvocation *invocation, const char *certificate,
             gboolean replace, const GError *error)
{
  g_autoptr (IsmbNames) holder
    = certificate != NULL ? ismb_fabric_holder_of (certificate, NULL) : NULL;
  g_autofree char *what = g_strdup_printf ("sign%s %s %s", replace ? " --replace" : "",
                                           holder != NULL ? holder->domain : "",
                                           holder != NULL ? holder->device_id : "");

  switch_fabric_call_note (manager, invocation, g_strchomp (what), error);
}

static gboolean
on_sign (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *request,
         GVariant *options, SwitchManager *manager)
{
  gboolean replace = switch_fabric_call_get_boolean (options, "replace");
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL;

  if (switch_fabric_call_find_authority (manager, "sign", &error) != NULL)
    certificate = ismb_fabric_sign (switch_manager_get_fabric (manager), request, replace, &error);
  note_signed (manager, invocation, certificate, replace, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_sign (object, invocation, certificate);
  return TRUE;
}

static gboolean
on_install (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *certificate,
            const char *ca_hash, SwitchManager *manager)
{
  g_autofree char *what = g_strconcat ("install, CA ", ca_hash, NULL);
  g_autoptr (GError) error = NULL;

  ismb_fabric_install (switch_manager_get_fabric (manager), certificate, ca_hash, &error);
  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_install (object, invocation);
  return TRUE;
}

/* --- what there is --- */

static const char *
name_state (SwitchManager *manager)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  const char *id = ismb_identity_get_full_id (ismb_fabric_get_identity (fabric));

  if (ismb_fabric_get_mode (fabric) == ISMB_FABRIC_OPEN)
    return "none";
  if (ismb_fabric_is_revoked (fabric, id))
    return "revoked";
  if (ismb_fabric_is_member (fabric))
    return "member";
  switch (switch_joining_get_state (switch_manager_get_joining (manager)))
    {
    case SWITCH_JOINING_LOOKING:
      return "looking";
    case SWITCH_JOINING_WAITING:
      return "waiting";
    case SWITCH_JOINING_NONE:
      break;
    }
  return ismb_fabric_get_expiry (fabric) > 0 ? "expired" : "none";
}

/* Configured, and not in the certificate: others let us talk nowhere else. */
static GVariant *
list_missing_vrs (SwitchManager *manager)
{
  IsmbNames *names = (IsmbNames *) ismb_fabric_get_names (switch_manager_get_fabric (manager));
  GPtrArray *vrs = switch_manager_get_vrs (manager);
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; names != NULL && i < vrs->len; i++)
    {
      const char *name = switch_vr_get_name (g_ptr_array_index (vrs, i));

      if (!ismb_names_has_vr (names, name))
        g_variant_builder_add (&list, "s", name);
    }
  return g_variant_builder_end (&list);
}

static void
describe_clock (GVariantDict *status, IsmbClock *clock)
{
  g_variant_dict_insert (status, "clock_behind", "b", ismb_clock_is_behind (clock));
  g_variant_dict_insert (status, "host_time", "x", ismb_clock_get_host (clock));
  g_variant_dict_insert (status, "clock_floor", "x", ismb_clock_get_floor (clock));
}

static gboolean
on_status (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, SwitchManager *manager)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  SwitchJoining *joining = switch_manager_get_joining (manager);
  gboolean open = ismb_fabric_get_mode (fabric) == ISMB_FABRIC_OPEN;
  GVariantDict status;

  g_variant_dict_init (&status, NULL);
  g_variant_dict_insert (&status, "trust", "s", open ? "open" : "fabric");
  g_variant_dict_insert (&status, "member", "b", ismb_fabric_is_member (fabric));
  g_variant_dict_insert (&status, "registrar", "b", ismb_fabric_get_authority (fabric) != NULL);
  g_variant_dict_insert (&status, "name", "s", or_empty (ismb_fabric_get_name (fabric)));
  g_variant_dict_insert (&status, "fabric_id", "s", or_empty (ismb_fabric_get_id (fabric)));
  /* The fabric's id is the hash of its CA's key: two words for one number. */
  g_variant_dict_insert (&status, "ca_hash", "s", or_empty (ismb_fabric_get_id (fabric)));
  g_variant_dict_insert (&status, "expires", "x", ismb_fabric_get_expiry (fabric));
  g_variant_dict_insert (&status, "id", "s",
                         ismb_identity_get_full_id (ismb_fabric_get_identity (fabric)));
  g_variant_dict_insert (&status, "domain", "s", switch_manager_get_domain (manager));
  g_variant_dict_insert (&status, "state", "s", name_state (manager));
  g_variant_dict_insert (&status, "accepted", "s",
                         or_empty (switch_joining_get_accepted (joining)));
  g_variant_dict_insert (&status, "why_not", "s",
                         or_empty (switch_joining_get_why_not (joining)));
  describe_clock (&status, ismb_fabric_get_clock (fabric));
  g_variant_dict_insert_value (&status, "vrs_missing", list_missing_vrs (manager));
  ismb_dbus_fabric1_complete_status (object, invocation, g_variant_dict_end (&status));
  return TRUE;
}

static gboolean
on_get_authority (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation,
                  SwitchManager *manager)
{
  const char *pem = ismb_fabric_get_ca_pem (switch_manager_get_fabric (manager));

  if (pem != NULL)
    ismb_dbus_fabric1_complete_get_authority (object, invocation, pem);
  else
    g_dbus_method_invocation_return_error (invocation, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                                           "this switch is in no fabric, so there is no CA to show: "
                                           "`switchctl fabric join` or `fabric init` first");
  return TRUE;
}

static gboolean
on_list (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, SwitchManager *manager)
{
  ismb_dbus_fabric1_complete_list (object, invocation,
                                   switch_census_list (switch_manager_get_fabric (manager),
                                                       switch_manager_get_vrs (manager)));
  return TRUE;
}

/* --- on who joins and leaves --- */

static char *
describe_join (const IsmbToken *token)
{
  g_autofree char *id = ismb_token_dup_id (token);

  return g_strdup_printf ("join “%s”, CA %s, token %s", token->fabric, token->ca_hash, id);
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  g_autoptr (GError) error = NULL;

  switch_joining_finish (SWITCH_JOINING (source), result, &error);
  switch_fabric_call_note (call->manager, call->invocation, call->what, error);
  if (!switch_fabric_call_answer_error (call->invocation, error))
    ismb_dbus_fabric1_complete_join (call->object, call->invocation);
}

static gboolean
on_join (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *text,
         GVariant *options, SwitchManager *manager)
{
  guint timeout = CLAMP (switch_fabric_call_get_number (options, "timeout", JOIN_SECONDS), 1, WAIT_MAX);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbToken) token = ismb_token_parse (text, &error);

  if (token == NULL)
    {
      switch_fabric_call_note (manager, invocation, "join", error);
      switch_fabric_call_answer_error (invocation, error);
      return TRUE;
    }
  switch_joining_join_async (switch_manager_get_joining (manager), token, timeout, on_joined,
                             call_new (manager, object, invocation, describe_join (token)));
  return TRUE;
}

/* The way in may have been a matter of a moment. */
static const char *
name_progress (SwitchManager *manager)
{
  const char *state = name_state (manager);

  return g_str_equal (state, "member") ? "joined" : state;
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  g_autoptr (GError) error = NULL;

  switch_joining_finish (SWITCH_JOINING (source), result, &error);
  if (!switch_fabric_call_answer_error (call->invocation, error))
    ismb_dbus_fabric1_complete_accept (call->object, call->invocation,
                                       name_progress (call->manager));
}

static gboolean
on_accept (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *ca_hash,
           GVariant *options, SwitchManager *manager)
{
  SwitchJoining *joining = switch_manager_get_joining (manager);
  guint wait = MIN (switch_fabric_call_get_number (options, "wait", 0), WAIT_MAX);
  g_autofree char *what = *ca_hash != '\0' ? g_strconcat ("accept CA ", ca_hash, NULL)
                                           : g_strdup ("accept no CA any more");
  g_autoptr (GError) error = NULL;

  switch_joining_accept (joining, ca_hash, &error);
  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    switch_joining_wait_async (joining, wait, on_waited,
                               call_new (manager, object, invocation, NULL));
  return TRUE;
}

static char *
describe_leave (IsmbFabric *fabric, gboolean destroy, gboolean new_key)
{
  return g_strdup_printf ("leave “%s”%s%s", or_empty (ismb_fabric_get_name (fabric)),
                          destroy ? " --destroy" : "", new_key ? " --new-key" : "");
}

static gboolean
on_leave (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, GVariant *options,
          SwitchManager *manager)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  gboolean destroy = switch_fabric_call_get_boolean (options, "destroy");
  gboolean new_key = switch_fabric_call_get_boolean (options, "new_key");
  g_autofree char *what = describe_leave (fabric, destroy, new_key);
  g_autoptr (GError) error = NULL;

  if (ismb_fabric_get_id (fabric) != NULL)
    switch_joining_forget (switch_manager_get_joining (manager));
  ismb_fabric_leave (fabric, destroy, new_key, &error);
  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_leave (object, invocation);
  return TRUE;
}

IsmbDBusFabric1 *
switch_fabric_bus_new (SwitchManager *manager)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } handlers[] = {
    { "handle-init", G_CALLBACK (on_init) },
    { "handle-request", G_CALLBACK (on_request) },
    { "handle-sign", G_CALLBACK (on_sign) },
    { "handle-install", G_CALLBACK (on_install) },
    { "handle-status", G_CALLBACK (on_status) },
    { "handle-get-authority", G_CALLBACK (on_get_authority) },
    { "handle-join", G_CALLBACK (on_join) },
    { "handle-accept", G_CALLBACK (on_accept) },
    { "handle-list", G_CALLBACK (on_list) },
    { "handle-leave", G_CALLBACK (on_leave) },
  };
  IsmbDBusFabric1 *object = ismb_dbus_fabric1_skeleton_new ();

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (object, handlers[i].signal, handlers[i].handler, manager, 0);
  switch_registrar_bus_serve (object, manager);
  return object;
}
