/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-peer.h"
#include "switchctl/tool/output.h"

static GVariant *
peer_to_json (IsmbPeer *peer)
{
  GVariantBuilder object;

  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "domain",
                         g_variant_new_string (ismb_peer_get_domain (peer)));
  g_variant_builder_add (&object, "{sv}", "addresses",
                         g_variant_new_strv (ismb_peer_get_addresses (peer), -1));
  g_variant_builder_add (&object, "{sv}", "vr", g_variant_new_string (ismb_peer_get_vr (peer)));
  g_variant_builder_add (&object, "{sv}", "id", g_variant_new_string (ismb_peer_get_id (peer)));
  g_variant_builder_add (&object, "{sv}", "trust",
                         g_variant_new_string (ismb_trust_to_string (ismb_peer_get_trust (peer))));
  g_variant_builder_add (
      &object, "{sv}", "link",
      g_variant_new_string (ismb_link_state_to_string (ismb_peer_get_link (peer))));
  g_variant_builder_add (&object, "{sv}", "local",
                         g_variant_new_boolean (ismb_peer_get_local (peer)));
  g_variant_builder_add (&object, "{sv}", "round_trip",
                         g_variant_new_uint32 (ismb_peer_get_round_trip (peer)));
  return g_variant_builder_end (&object);
}

static char *
write_round_trip (guint microseconds)
{
  if (microseconds == 0)
    return g_strdup ("-");
  return microseconds < 1000 ? g_strdup_printf ("%u µs", microseconds)
                             : g_strdup_printf ("%.1f ms", microseconds / 1000.0);
}

static void
add_row (OutputTable *table, IsmbPeer *peer)
{
  g_autofree char *addresses = g_strjoinv (" ", (char **) ismb_peer_get_addresses (peer));
  g_autofree char *id = output_short_id (ismb_peer_get_id (peer));
  g_autofree char *round_trip = write_round_trip (ismb_peer_get_round_trip (peer));

  output_table_add (
      table, ismb_peer_get_domain (peer), ismb_trust_to_string (ismb_peer_get_trust (peer)),
      ismb_peer_get_local (peer) ? "this one"
                                 : ismb_link_state_to_string (ismb_peer_get_link (peer)),
      round_trip, id, addresses, NULL);
}

/* This switch first, then by name. */
static int
compare (gconstpointer a, gconstpointer b)
{
  IsmbPeer *one = (IsmbPeer *) a;
  IsmbPeer *other = (IsmbPeer *) b;

  if (ismb_peer_get_local (one) != ismb_peer_get_local (other))
    return ismb_peer_get_local (one) ? -1 : 1;
  return strcmp (ismb_peer_get_domain (one), ismb_peer_get_domain (other));
}

static GList *
read_peers (GVariant *list)
{
  GList *peers = NULL;
  gsize i;

  for (i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
      IsmbPeer *peer = ismb_peer_new_from_variant (child);

      if (peer != NULL)
        peers = g_list_insert_sorted (peers, peer, compare);
    }
  return peers;
}

static void
print_json (GList *peers)
{
  GVariantBuilder array;
  GList *at;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (at = peers; at != NULL; at = at->next)
    g_variant_builder_add_value (&array, peer_to_json (at->data));
  output_json (g_variant_builder_end (&array), TRUE);
}

static void
print_text (GList *peers)
{
  OutputTable *table = output_table_new ("DOMAIN", "TRUST", "LINK", "ROUND TRIP", "DEVICE",
                                         "ADDRESSES", NULL);
  GList *at;

  for (at = peers; at != NULL; at = at->next)
    add_row (table, at->data);
  output_table_print (table);
}

ToolExit
tool_verb_peers (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) router = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autolist (IsmbPeer) peers = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Lists the switches known in the virtual router. TRUST: a member belongs to the "
                   "fabric; one that\n"
                   "is pending is only seen, and can do nothing. LINK: idle means known, with no "
                   "stream open. ROUND TRIP\nis what was measured of late on a stream that was "
                   "quiet."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage ("peers", "");
  router = tool_virtual_router (tool, tool->vr, &error);
  if (router == NULL ||
      !ismb_dbus_virtual_router1_call_list_peers_sync (router, &list, NULL, &error))
    return tool_fail (error);
  tool_note_waiting (router);
  peers = read_peers (list);
  if (tool->json)
    print_json (peers);
  else
    print_text (peers);
  return TOOL_EXIT_OK;
}
