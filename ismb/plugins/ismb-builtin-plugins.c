/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugins that the library brings along. A client enables them by name and stands below them,
 * so it is they who make themselves known, before main (). */
#include "config.h"

#include "ismb/client/ismb-plugin-registry.h"
#include "ismb/plugins/ismb-acknowledgements.h"
#include "ismb/plugins/ismb-ad-hoc.h"
#include "ismb/plugins/ismb-block-list.h"
#include "ismb/plugins/ismb-bytestreams.h"
#include "ismb/plugins/ismb-capabilities.h"
#include "ismb/plugins/ismb-chat-states.h"
#include "ismb/plugins/ismb-delay.h"
#include "ismb/plugins/ismb-data-forms.h"
#include "ismb/plugins/ismb-disco.h"
#include "ismb/plugins/ismb-entity-time.h"
#include "ismb/plugins/ismb-extended-info.h"
#include "ismb/plugins/ismb-hash.h"
#include "ismb/plugins/ismb-out-of-band.h"
#include "ismb/plugins/ismb-ping.h"
#include "ismb/plugins/ismb-receipts.h"
#include "ismb/plugins/ismb-result-sets.h"
#include "ismb/plugins/ismb-software-version.h"
#include "ismb/plugins/ismb-vcards.h"

static const char *const needs_disco[] = { "xep_0030", NULL };
static const char *const needs_disco_and_forms[] = { "xep_0030", "xep_0004", NULL };

static const IsmbBuiltinPlugin plugins[] = {
  { "xep_0004", "Data Forms", ismb_data_forms_get_type, NULL },
  { "xep_0030", "Service Discovery", ismb_disco_get_type, NULL },
  { "xep_0047", "In-Band Bytestreams", ismb_bytestreams_get_type, NULL },
  { "xep_0050", "Ad-Hoc Commands", ismb_ad_hoc_get_type, needs_disco_and_forms },
  { "xep_0054", "vcard-temp", ismb_vcards_get_type, NULL },
  { "xep_0059", "Result Set Management", ismb_result_sets_get_type, NULL },
  { "xep_0066", "Out-of-Band Data", ismb_out_of_band_get_type, NULL },
  { "xep_0085", "Chat State Notifications", ismb_chat_states_get_type, NULL },
  { "xep_0092", "Software Version", ismb_software_version_get_type, NULL },
  { "xep_0115", "Entity Capabilities", ismb_capabilities_get_type, needs_disco },
  { "xep_0128", "Service Discovery Extensions", ismb_extended_info_get_type,
    needs_disco_and_forms },
  { "xep_0184", "Message Delivery Receipts", ismb_receipts_get_type, NULL },
  { "xep_0191", "Blocking Command", ismb_block_list_get_type, NULL },
  { "xep_0198", "Stream Management", ismb_acknowledgements_get_type, NULL },
  { "xep_0199", "XMPP Ping", ismb_ping_get_type, NULL },
  { "xep_0202", "Entity Time", ismb_entity_time_get_type, NULL },
  { "xep_0203", "Delayed Delivery", ismb_delayed_delivery_get_type, NULL },
  { "xep_0300", "Cryptographic Hash Functions", ismb_hashes_get_type, NULL },
};

static void
equip (gpointer client)
{
  static const char *const each[] = { "xep_0030", "xep_0092", "xep_0199" };

  for (gsize i = 0; i < G_N_ELEMENTS (each); i++)
    ismb_client_enable_plugin (client, each[i], NULL, NULL);
}

__attribute__ ((constructor)) static void
make_known (void)
{
  _ismb_plugin_registry_set_builtin (plugins, G_N_ELEMENTS (plugins), equip);
}
