/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.extended-info"

#include "config.h"
#include "ismb/plugins/ismb-extended-info.h"

#include "ismb/plugins/ismb-disco.h"

/**
 * IsmbExtendedInfo:
 *
 * Service Discovery Extensions (XEP-0128), `xep_0128`: tells more of the client than names, in forms
 * beside what `xep_0030` answers, e.g. its model and serial number.
 *
 * ```c
 * g_autoptr (IsmbForm) form = ismb_form_new ("result");
 * ismb_form_set_form_type (form, "urn:example:chassis");
 * ismb_form_set_value (form, "model", "leaf 48");
 * ismb_extended_info_set_extended_info (info, NULL, form);
 * ```
 *
 * Others find them by [method@Ismb.DiscoInfo.get_form].
 */
struct _IsmbExtendedInfo
{
  IsmbPlugin parent_instance;
  GPtrArray *told; /* of char *: node, or "", and FORM_TYPE, one behind the other */
};

G_DEFINE_FINAL_TYPE (IsmbExtendedInfo, ismb_extended_info, ISMB_TYPE_PLUGIN)

static void
ismb_extended_info_finalize (GObject *object)
{
  g_ptr_array_unref (ISMB_EXTENDED_INFO (object)->told);
  G_OBJECT_CLASS (ismb_extended_info_parent_class)->finalize (object);
}

static IsmbDisco *
get_disco (IsmbExtendedInfo *self)
{
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));

  return client != NULL ? ISMB_DISCO (ismb_client_get_plugin (client, "xep_0030")) : NULL;
}

static const char *
node_of (const char *name)
{
  return name[0] != '\0' ? name : NULL;
}

static void
ismb_extended_info_disabled (IsmbPlugin *plugin)
{
  IsmbExtendedInfo *self = ISMB_EXTENDED_INFO (plugin);
  IsmbDisco *disco = get_disco (self);

  for (guint i = 0; disco != NULL && i < self->told->len; i += 2)
    ismb_disco_remove_form (disco, node_of (self->told->pdata[i]), self->told->pdata[i + 1]);
  g_ptr_array_set_size (self->told, 0);
}

static void
ismb_extended_info_class_init (IsmbExtendedInfoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_extended_info_finalize;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_extended_info_disabled;
}

static void
ismb_extended_info_init (IsmbExtendedInfo *self)
{
  self->told = g_ptr_array_new_with_free_func (g_free);
}

static void
forget (IsmbExtendedInfo *self, const char *node, const char *form_type)
{
  for (guint i = 0; i < self->told->len; i += 2)
    if (g_strcmp0 (node_of (self->told->pdata[i]), node) == 0
        && g_str_equal (self->told->pdata[i + 1], form_type))
      {
        g_ptr_array_remove_range (self->told, i, 2);
        return;
      }
}

/**
 * ismb_extended_info_set_extended_info:
 * @self: the plugin, enabled
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @form: a form of the kind `result` with a `FORM_TYPE`; it is copied
 *
 * Tells more of the client until the plugin is disabled. A form of that `FORM_TYPE` is replaced.
 */
void
ismb_extended_info_set_extended_info (IsmbExtendedInfo *self, const char *node, IsmbForm *form)
{
  g_autofree char *form_type = NULL;

  g_return_if_fail (ISMB_IS_EXTENDED_INFO (self) && get_disco (self) != NULL);
  g_return_if_fail (ISMB_IS_FORM (form));
  form_type = ismb_form_get_form_type (form);
  g_return_if_fail (form_type != NULL);
  forget (self, node, form_type);
  g_ptr_array_add (self->told, g_strdup (node != NULL ? node : ""));
  g_ptr_array_add (self->told, g_steal_pointer (&form_type));
  ismb_disco_add_form (get_disco (self), node, form);
}

/**
 * ismb_extended_info_remove_extended_info:
 * @self: the plugin, enabled
 * @node: (nullable): of which node; %NULL for the client as a whole
 * @form_type: the `FORM_TYPE` of a form that was set
 *
 * Tells that no more.
 */
void
ismb_extended_info_remove_extended_info (IsmbExtendedInfo *self, const char *node,
                                         const char *form_type)
{
  g_return_if_fail (ISMB_IS_EXTENDED_INFO (self) && get_disco (self) != NULL);
  g_return_if_fail (form_type != NULL);
  forget (self, node, form_type);
  ismb_disco_remove_form (get_disco (self), node, form_type);
}
