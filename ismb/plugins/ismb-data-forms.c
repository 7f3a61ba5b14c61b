/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.data-forms"

#include "config.h"
#include "ismb/plugins/ismb-data-forms.h"

#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbDataForms:
 *
 * Data Forms (XEP-0004), `xep_0004`: says that the client knows forms, and makes them
 * ([class@Ismb.Form]). A message with a form in it is also the event `message_xform`.
 */
struct _IsmbDataForms
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDataForms, ismb_data_forms, ISMB_TYPE_PLUGIN)

static void
ismb_data_forms_enabled (IsmbPlugin *plugin)
{
  ismb_plugin_add_feature (plugin, ISMB_NS_DATA);
}

static void
ismb_data_forms_class_init (IsmbDataFormsClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_data_forms_enabled;
  ismb_payload_register (ISMB_TYPE_FORM, "form");
}

static void
ismb_data_forms_init (IsmbDataForms *self)
{
}

/**
 * ismb_data_forms_make_form:
 * @self: the plugin
 * @kind: `form`, `submit`, `cancel` or `result`
 * @title: (nullable): what stands above it
 * @instructions: (nullable): what to do with it
 *
 * Makes a form; SleekXMPP's `make_form`.
 *
 * Returns: (transfer full): the form
 */
IsmbForm *
ismb_data_forms_make_form (IsmbDataForms *self, const char *kind, const char *title,
                           const char *instructions)
{
  IsmbForm *form;

  g_return_val_if_fail (ISMB_IS_DATA_FORMS (self), NULL);
  form = ismb_form_new (kind);
  g_return_val_if_fail (form != NULL, NULL);
  ismb_form_set_title (form, title);
  ismb_form_set_instructions (form, instructions);
  return form;
}
